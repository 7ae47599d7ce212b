"""From the end of a trial to the start of a lifetime: every virtual patient of a run folder.

The last laboratory values of a patient say the phase: HBsAg below 0.05 IU/mL with HBV DNA below
its limit is functional cure; HBeAg decides between positive and negative; HBV DNA and ALT between
infection and hepatitis (EASL table of phases [V]). Who is still on a nucleos(t)ide analogue at the
last visit stays on it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ifnfactory.foundation.errors import Problem, UserInputError
from ifnfactory.foundation.streams import stream
from ifnfactory.foundation.toml_gate import parse_toml
from ifnfactory.outlook.fibrosis import stages_of
from ifnfactory.outlook.findings import people_of
from ifnfactory.outlook.parameters import Values
from ifnfactory.outlook.people import WEEKS_PER_YEAR, People, join
from ifnfactory.outlook.states import Liver, Phase
from ifnfactory.pharmacology.drug import Interferon, Nucleoside, load_drug

Floats = NDArray[np.float64]

FILES: Final = ("manifest.json", "patients", "visits")
"""A file and two folders of Parquet files, one folder an arm."""
PATIENT_COLUMNS: Final = ("arm", "patient", "age", "female", "genotype", "cirrhosis")
VISIT_COLUMNS: Final = ("arm", "patient", "week", "hbv_dna", "hbsag", "hbeag", "alt", "anti_hbs")

HBSAG_LIMIT: Final = 0.05
DNA_LIMIT: Final = 36.0
"""Below this [IU/mL] HBV DNA counts as not detected: the highest limit of the trials' assays."""

HBEAG_LIMIT: Final = 1.0
DNA_ACTIVE: Final = 2_000.0
DNA_TOLERANT: Final = 1e7
ALT_NORMAL: Final = 40.0
"""Limits of the EASL phases [IU/mL, U/L]; HBeAg is positive from a signal of 1 S/CO."""


@dataclass(frozen=True)
class ArmEnd:
    """Where the patients of one arm stood at their last visit.

    Attributes
    ----------
    name, label
        As in the protocol.
    patient
        Shape (patients,): number of the patient; the same patient has it in every arm.
    age
        At the last visit [year].
    first_phase
        Phase at the first visit: what is typical of it says the stage of fibrosis, which a trial
        run does not follow, so that a patient has the same stage in every arm.
    dna, hbsag
        [log10 IU/mL]
    alt
        [U/L]
    interferon_weeks
        Planned weeks on an interferon, 0 without.
    excluded
        Patients of the arm without any laboratory value, who cannot be followed.
    """

    name: str
    label: str
    patient: NDArray[np.int64]
    age: Floats
    male: NDArray[np.bool_]
    phase: NDArray[np.int8]
    first_phase: NDArray[np.int8]
    liver: NDArray[np.int8]
    treated: NDArray[np.bool_]
    anti_hbs: NDArray[np.bool_]
    dna: Floats
    hbsag: Floats
    alt: Floats
    genotype: NDArray[np.str_]
    interferon_weeks: float
    excluded: int


@dataclass(frozen=True)
class TrialEnd:
    """The end of a trial.

    Attributes
    ----------
    trial, seed, version
        Which run.
    week
        Week of the last visit.
    arms
        One entry an arm.
    """

    trial: str
    title: str
    seed: int
    version: str
    week: float
    arms: tuple[ArmEnd, ...]


def read_trial_end(folder: Path) -> TrialEnd:
    """Return where the patients of a run folder ended.

    Raises
    ------
    UserInputError
        If this is no run folder, or a table lacks what is needed: all problems at once.
    """
    problems = [
        Problem("this is missing", str(folder / name), "name a folder of ifn trial run --out")
        for name in FILES
        if not (folder / name).exists()
    ]
    if problems:
        raise UserInputError(problems)
    manifest = _manifest(folder / FILES[0])
    patients = _table(folder / FILES[1], PATIENT_COLUMNS, problems)
    visits = _table(folder / FILES[2], VISIT_COLUMNS, problems)
    if problems:
        raise UserInputError(problems)
    source = str(manifest.get("protocol_source", ""))
    protocol = parse_toml(source, f"{folder / FILES[0]} protocol_source") if source else {}
    week = float(np.nanmax(visits["week"]))
    told = [str(arm.get("name")) for arm in protocol.get("arm", [])]
    arms = [str(arm) for arm in np.unique(patients["arm"])]
    arms.sort(key=lambda arm: told.index(arm) if arm in told else len(told))
    ends = tuple(_arm_end(arm, patients, visits, protocol, week) for arm in arms)
    if empty := [end.name for end in ends if end.patient.size == 0]:
        what = f"nobody in {', '.join(empty)} has laboratory values"
        raise UserInputError([Problem(what, str(folder), "run the trial with more patients")])
    return TrialEnd(
        trial=str(manifest.get("trial", folder.name)),
        title=str(protocol.get("title", manifest.get("trial", folder.name))),
        seed=int(manifest.get("seed", 0)),
        version=str(manifest.get("version", "")),
        week=week,
        arms=ends,
    )


def _manifest(path: Path) -> dict[str, Any]:
    try:
        content: Any = json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        content = None
    if isinstance(content, dict) and content.get("program") == "ifnfactory":
        return content
    problem = Problem("this is no manifest of a run", str(path), "name a folder of ifn trial run")
    raise UserInputError([problem])


def _table(path: Path, wanted: Sequence[str], problems: list[Problem]) -> dict[str, Any]:
    import pyarrow as pa  # noqa: PLC0415 -- heavy, and only needed here
    import pyarrow.parquet as pq  # noqa: PLC0415

    try:
        table = pq.read_table(path)  # the arms are folders, and become a column
    except (pa.ArrowInvalid, OSError) as error:
        problems.append(Problem(f"this is no Parquet table: {error}", str(path), "run it again"))
        return {}
    missing = [name for name in wanted if name not in table.column_names]
    problems.extend(
        Problem(f"the column {name!r} is missing", str(path), "run the trial again")
        for name in missing
    )
    if missing:
        return {}
    return {name: _column(table.column(name)) for name in wanted}


def _column(column: Any) -> NDArray[Any]:
    """Return an Arrow column as NumPy: nulls of numbers as not a number, of flags as False."""
    import pyarrow as pa  # noqa: PLC0415

    if pa.types.is_dictionary(column.type):
        column = column.cast(pa.string())
    if pa.types.is_boolean(column.type):
        return column.fill_null(False).to_numpy().astype(np.bool_)
    if pa.types.is_string(column.type):
        return np.array([value or "" for value in column.to_pylist()], dtype=str)
    return column.cast(pa.float64()).fill_null(np.nan).to_numpy()


def _arm_end(
    arm: str,
    patients: dict[str, Any],
    visits: dict[str, Any],
    protocol: dict[str, Any],
    last_week: float,
) -> ArmEnd:
    own = patients["arm"] == arm
    seen = (visits["arm"] == arm) & ~np.isnan(visits["hbv_dna"]) & ~np.isnan(visits["hbsag"])
    order = np.lexsort((visits["week"][seen], visits["patient"][seen]))
    rows = np.flatnonzero(seen)[order]
    number = visits["patient"][rows]
    last = rows[np.append(np.diff(number) != 0, True)] if rows.size else rows
    first = rows[np.append(True, np.diff(number) != 0)] if rows.size else rows
    index = {int(p): i for i, p in enumerate(patients["patient"][own])}
    place = np.array([index[int(p)] for p in visits["patient"][last]], dtype=np.int64)

    def of(name: str) -> NDArray[Any]:
        return patients[name][own][place]

    def at(name: str) -> NDArray[Any]:
        return visits[name][last]

    phase, first_phase = (
        phase_of(*(visits[name][row] for name in ("hbv_dna", "hbsag", "hbeag", "alt")))
        for row in (last, first)
    )
    section = next((a for a in protocol.get("arm", []) if a.get("name") == arm), {})
    treated = _on_nucleoside(section, last_week) & (phase != Phase.CURED)
    with np.errstate(divide="ignore"):
        dna, hbsag = np.log10(at("hbv_dna")), np.log10(at("hbsag"))
    # Under treatment the measured DNA is that of the drug, not of the phase.
    return ArmEnd(
        name=arm,
        label=str(section.get("label") or arm.replace("_", " ")),
        patient=at("patient").astype(np.int64),
        age=of("age") + at("week") / WEEKS_PER_YEAR,
        male=~of("female").astype(np.bool_),
        phase=phase,
        first_phase=first_phase,
        liver=np.where(of("cirrhosis"), Liver.COMPENSATED, Liver.NO_CIRRHOSIS).astype(np.int8),
        treated=treated,
        anti_hbs=at("anti_hbs").astype(np.bool_),
        dna=np.where(treated | ~np.isfinite(dna), np.nan, dna),
        hbsag=np.where(np.isfinite(hbsag), hbsag, np.nan),
        alt=at("alt"),
        genotype=of("genotype"),
        interferon_weeks=_interferon_weeks(section),
        excluded=int(np.count_nonzero(own)) - int(last.size),
    )


def phase_of(dna: Floats, hbsag: Floats, hbeag: Floats, alt: Floats) -> NDArray[np.int8]:
    """Return the phase that laboratory values speak for; every array of shape (patients,).

    Parameters
    ----------
    dna, hbsag
        [IU/mL]
    hbeag
        [S/CO]
    alt
        [U/L]
    """
    cured = (hbsag < HBSAG_LIMIT) & (dna < DNA_LIMIT)
    positive = hbeag >= HBEAG_LIMIT
    tolerant = (alt <= ALT_NORMAL) & (dna >= DNA_TOLERANT)
    high = np.where(tolerant, Phase.POSITIVE_INFECTION, Phase.POSITIVE_HEPATITIS)
    low = np.where(dna >= DNA_ACTIVE, Phase.NEGATIVE_HEPATITIS, Phase.NEGATIVE_INFECTION)
    return np.where(cured, Phase.CURED, np.where(positive, high, low)).astype(np.int8)


def _on_nucleoside(arm: dict[str, Any], last_week: float) -> bool:
    """Return whether a nucleos(t)ide analogue of the arm goes on at the last visit."""
    return any(
        isinstance(load_drug(str(course["drug"])), Nucleoside)
        and float(course["stop_week"]) >= last_week
        for course in arm.get("course", [])
    )


def _interferon_weeks(arm: dict[str, Any]) -> float:
    """Return the planned weeks on an interferon: of the longest course, as they overlap."""
    weeks = [
        float(course["stop_week"]) - float(course.get("start_week", 0.0))
        for course in arm.get("course", [])
        if isinstance(load_drug(str(course["drug"])), Interferon)
    ]
    return max(weeks, default=0.0)


def people_at_end(
    end: TrialEnd, values: Values, n: int, seed: int, treat_month: int, draw: int | None = None
) -> People:
    """Return `n` people for each arm: its patients over and over, each time with other luck.

    Copies of one patient in different arms have one key, and so meet the same luck.

    Parameters
    ----------
    treat_month
        From this month on, who has active disease or cirrhosis is treated; -1 for never.
    draw
        Number of a draw of the parameters: the patients are then drawn anew as well, with
        replacement and the same ones in every arm, as few of them make the trial itself uncertain.
    """
    numbers = np.unique(np.concatenate([arm.patient for arm in end.arms]))
    if draw is not None:
        again = stream(seed, "outlook", "bridge", "patients", draw)
        numbers = again.choice(numbers, numbers.size)
    parts = [
        _people(arm, i, numbers, values, n, seed, treat_month) for i, arm in enumerate(end.arms)
    ]
    return join(parts)


def _people(
    arm: ArmEnd,
    group: int,
    numbers: NDArray[np.int64],
    values: Values,
    n: int,
    seed: int,
    treat_month: int,
) -> People:
    order = np.argsort(arm.patient)
    known = np.flatnonzero(np.isin(numbers, arm.patient))
    if known.size == 0:
        # The few patients of this arm are not among those drawn: all of them stand for it.
        numbers, known = arm.patient, np.arange(arm.patient.size)
    seat = known[np.arange(n) % known.size]
    copy = np.arange(n) // known.size
    row = order[np.searchsorted(arm.patient[order], numbers[seat])]
    # A place in the list and a copy say a person's luck, in every arm.
    own = copy * numbers.size + seat
    draws = stream(seed, "outlook", "bridge", "ranks").standard_normal((own.max() + 1, 2))[own]
    place = stream(seed, "outlook", "bridge", "fibrosis").random(own.max() + 1)[own]
    people = people_of(
        values,
        key=own,
        group=group,
        age=arm.age[row],
        male=arm.male[row],
        phase=arm.phase[row],
        liver=arm.liver[row],
        stage=stages_of(values, arm.first_phase[row], arm.age[row], place),
        treated=arm.treated[row],
        dna=arm.dna[row],
        hbsag=arm.hbsag[row],
        ranks=(draws[:, 0], draws[:, 1]),
        alt=arm.alt[row],
        genotype=arm.genotype[row],
        anti_hbs=arm.anti_hbs[row],
    )
    people.treat_month[:] = treat_month
    if arm.interferon_weeks > 0:
        people.hcc_ratio[:] *= values["peginterferon_hcc_ratio"]
    return people
