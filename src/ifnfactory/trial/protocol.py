"""A protocol: what a trial file says, in canonical units, after every check."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from ifnfactory.assays.laboratory import Laboratory
from ifnfactory.foundation.errors import Problem, UserInputError
from ifnfactory.foundation.evidence import Source
from ifnfactory.foundation.schema_faults import schema_faults
from ifnfactory.foundation.toml_gate import located, parse_toml, read_text
from ifnfactory.pharmacology.regimen import Regimen
from ifnfactory.population.baseline import BaselineDistribution, Eligibility
from ifnfactory.rules.document import Rule
from ifnfactory.rules.select import Order, select_contraindications, select_orders
from ifnfactory.trial import attendance as attendances
from ifnfactory.trial.adherence import Adherence
from ifnfactory.trial.attendance import Attendance
from ifnfactory.trial.baseline_file import BaselineFile, Sourced
from ifnfactory.trial.catalogue import list_protocols, protocol_names, protocol_text
from ifnfactory.trial.convert import (
    adherence_of,
    baseline_of,
    courses_of,
    eligibility_of,
    laboratory_of,
)
from ifnfactory.trial.protocol_checks import agreement_faults
from ifnfactory.trial.protocol_file import ArmFile, AttendanceFile, ProtocolFile, PublishedFile

__all__ = [
    "Arm",
    "BaselineSource",
    "Protocol",
    "PublishedResult",
    "list_protocols",
    "load_protocol",
    "protocol_schema",
]


@dataclass(frozen=True)
class Arm:
    """One arm.

    Attributes
    ----------
    n
        Published number of patients; None where it is not known.
    regimen
        What they are given; without any course for an untreated arm.
    rules
        Names of the rules that the arm follows, as in the file.
    orders
        What these rules do.
    """

    name: str
    label: str
    n: int | None
    regimen: Regimen
    rules: tuple[str, ...] = ()
    orders: tuple[Order, ...] = ()

    @property
    def treated_weeks(self) -> tuple[float, float]:
        """First and last week of therapy; (0, 0) for an untreated arm."""
        courses = self.regimen.courses
        first = min((course.start_week for course in courses), default=0.0)
        return first, self.regimen.end_of_treatment_week


@dataclass(frozen=True)
class PublishedResult:
    """One published number.

    Attributes
    ----------
    k, n
        Patients who reached the endpoint, and patients counted; None where not published.
    ci
        95 % interval; None where there is none.
    weight
        Weight in a calibration, 0 to 1.
    citation
        The paper that printed it.
    """

    arm: str
    endpoint: str
    week: float
    value: float
    unit: str
    k: int | None
    n: int | None
    ci: tuple[float, float] | None
    tag: str
    confidence: str
    weight: float
    citation: str
    note: str


@dataclass(frozen=True)
class BaselineSource:
    """Where one line of the baseline table comes from.

    Attributes
    ----------
    quantity
        Key in the file, for example ``"log10_hbsag"``.
    default
        True where the trial gives no value and a default is used instead.
    """

    quantity: str
    source: Source
    default: bool
    note: str


@dataclass(frozen=True)
class Protocol:
    """A trial, ready to be simulated.

    Attributes
    ----------
    name
        Name of the file without its ending.
    criteria
        Entry criteria in words that are not simulated.
    visit_weeks
        Weeks of the visits from 0 on, increasing.
    follow_up_weeks
        Weeks seen after the end of treatment.
    attendance
        How fast patients stop coming.
    source_text
        The file, word for word.
    adherence
        How patients take their drugs; None: every dose is taken.
    contraindications
        Rules that keep candidates out, as far as anything is known of them.
    """

    name: str
    title: str
    citation: str
    registration: str
    eligibility: Eligibility
    criteria: tuple[str, ...]
    baseline: BaselineDistribution
    baseline_sources: tuple[BaselineSource, ...]
    laboratory: Laboratory
    visit_weeks: tuple[float, ...]
    follow_up_weeks: float
    attendance: Attendance
    arms: tuple[Arm, ...]
    published: tuple[PublishedResult, ...]
    source_text: str
    adherence: Adherence | None = None
    contraindications: tuple[Rule, ...] = ()

    def arm(self, name: str) -> Arm:
        """Return the arm called `name`.

        Raises
        ------
        KeyError
            If the trial has no such arm.
        """
        for arm in self.arms:
            if arm.name == name:
                return arm
        raise KeyError(name)


def load_protocol(name_or_path: str | Path) -> Protocol:
    """Return a built-in trial by its name, or the trial of a file by its path.

    Raises
    ------
    UserInputError
        If there is no such trial, the file cannot be read, or anything in it is wrong: all
        problems at once, each with file and line.
    """
    wanted = str(name_or_path)
    if wanted in protocol_names():
        return parse_protocol(protocol_text(wanted), wanted, f"{wanted}.toml")
    path = Path(name_or_path)
    if path.suffix != ".toml" and len(path.parts) <= 1 and not path.exists():
        raise _unknown(wanted)
    if not path.stem.isprintable():
        what, fix = "the name of this file holds control characters", "rename the file"
        raise UserInputError([Problem(what, repr(wanted), fix)])
    return parse_protocol(read_text(path, "see: ifn trial list"), path.stem, wanted)


def parse_protocol(text: str, name: str, file: str) -> Protocol:
    """Return the protocol that `text` describes.

    Parameters
    ----------
    text
        TOML.
    name
        What to call the trial.
    file
        What to call the file in messages.

    Raises
    ------
    UserInputError
        If anything is wrong: all problems at once.
    """
    raw = parse_toml(text, file)
    faults = [*schema_faults(ProtocolFile, raw), *agreement_faults(raw)]
    if faults:
        raise UserInputError(located(faults, text, file))
    return _protocol(ProtocolFile.model_validate(raw), name, text)


def protocol_schema() -> dict[str, Any]:
    """Return the JSON schema of a protocol file."""
    schema = ProtocolFile.model_json_schema()
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **schema,
        "title": "ifnfactory protocol",
    }


def _unknown(name: str) -> UserInputError:
    names = protocol_names()
    near = get_close_matches(name.lower(), names, n=1, cutoff=0.5)
    hint = f"did you mean {near[0]}? " if near else ""
    fix = f"{hint}built in are {', '.join(names)}; a file of your own ends in .toml"
    return UserInputError([Problem(f"unknown trial {name!r}", "trial", fix)])


def _protocol(file: ProtocolFile, name: str, text: str) -> Protocol:
    laboratory = laboratory_of(file.laboratory)
    return Protocol(
        name=name,
        title=file.title,
        citation=file.citation,
        registration=file.registration,
        eligibility=eligibility_of(file.population, laboratory),
        criteria=tuple(file.population.criteria),
        baseline=baseline_of(file.baseline, laboratory),
        baseline_sources=_sources(file.baseline),
        laboratory=laboratory,
        visit_weeks=tuple(file.schedule.visits),
        follow_up_weeks=file.schedule.follow_up_weeks,
        attendance=_attendance(file.attendance),
        arms=tuple(_arm(arm) for arm in file.arm),
        published=tuple(_result(row, file.citation) for row in file.published),
        source_text=text,
        adherence=None if file.adherence is None else adherence_of(file.adherence),
        contraindications=select_contraindications(file.population.contraindications),
    )


def _attendance(file: AttendanceFile | None) -> Attendance:
    if file is None:
        return attendances.DEFAULT
    return Attendance(file.lost_per_year, Source(file.source, file.tag), file.default)


def _arm(file: ArmFile) -> Arm:
    regimen = Regimen(tuple(courses_of(file.course)))
    orders = select_orders(file.rules)
    return Arm(file.name, file.label or file.name, file.n, regimen, tuple(file.rules), orders)


def _result(file: PublishedFile, citation: str) -> PublishedResult:
    interval = None
    if file.ci_low is not None and file.ci_high is not None:
        interval = (file.ci_low, file.ci_high)
    return PublishedResult(
        arm=file.arm,
        endpoint=file.endpoint,
        week=file.week,
        value=file.value,
        unit=file.unit,
        k=file.k,
        n=file.n,
        ci=interval,
        tag=file.tag,
        confidence=file.confidence,
        weight=file.weight,
        citation=file.citation or citation,
        note=file.note,
    )


def _sources(file: BaselineFile) -> tuple[BaselineSource, ...]:
    sections: Mapping[str, object] = {key: getattr(file, key) for key in type(file).model_fields}
    return tuple(
        BaselineSource(key, Source(part.source, part.tag), part.default, part.note)
        for key, part in sections.items()
        if isinstance(part, Sourced)
    )
