"""What the sections of a protocol file must agree on with each other.

Each check looks only at sections that the schema accepts, so that one slip does not hide another
and no check repeats what the schema has said.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from ifnfactory.assays.laboratory import Laboratory
from ifnfactory.foundation.schema_faults import Fault
from ifnfactory.pharmacology.regimen import regimen_faults
from ifnfactory.rules.select import contraindication_faults, order_faults
from ifnfactory.trial.adherence import drug_class
from ifnfactory.trial.baseline_file import AgeFile, AltFile, DnaFile, HbsagFile, ShareFile
from ifnfactory.trial.convert import (
    adherence_of,
    courses_of,
    eligibility_of,
    laboratory_of,
    limits_of,
    log10_dna_iu,
    mean_alt,
)
from ifnfactory.trial.endpoints import parse_endpoint, timing_fault
from ifnfactory.trial.protocol_file import (
    AdherenceFile,
    ArmFile,
    CourseFile,
    LaboratoryFile,
    PopulationFile,
    PublishedFile,
    ScheduleFile,
)

_Model = TypeVar("_Model", bound=BaseModel)


@dataclass(frozen=True)
class _Sections:
    """The sections that the schema accepts, with their index where there are several."""

    population: PopulationFile | None
    schedule: ScheduleFile | None
    laboratory: Laboratory
    arms: Mapping[int, ArmFile]
    arm_names: Sequence[str]
    published: Mapping[int, PublishedFile]
    hbeag_positive_share: float | None
    mean_log10_dna: float | None
    mean_log10_hbsag: float | None
    mean_alt: float | None
    mean_age: float | None


def agreement_faults(raw: Mapping[str, Any]) -> list[Fault]:
    """Return everything in which the sections of the parsed file disagree."""
    sections = _read(raw)
    return [
        *_arm_faults(raw, sections),
        *_adherence_faults(raw, sections),
        *_baseline_faults(sections),
        *_schedule_faults(sections),
        *_published_faults(sections),
    ]


def _try(model: type[_Model], value: object) -> _Model | None:
    try:
        return model.model_validate(value)
    except ValidationError:
        return None


def _several(model: type[_Model], value: object) -> dict[int, _Model]:
    found: dict[int, _Model] = {}
    for index, entry in enumerate(value if isinstance(value, list) else []):
        if (section := _try(model, entry)) is not None:
            found[index] = section
    return found


def _read(raw: Mapping[str, Any]) -> _Sections:
    laboratory_file = _try(LaboratoryFile, raw.get("laboratory"))
    laboratory = Laboratory() if laboratory_file is None else laboratory_of(laboratory_file)
    table = raw.get("baseline")
    baseline: Mapping[str, Any] = table if isinstance(table, dict) else {}
    share = _try(ShareFile, baseline.get("hbeag_positive_share"))
    dna = _try(DnaFile, baseline.get("log10_hbv_dna"))
    hbsag = _try(HbsagFile, baseline.get("log10_hbsag"))
    alt = _try(AltFile, baseline.get("alt"))
    age = _try(AgeFile, baseline.get("age"))
    arms = raw.get("arm")
    return _Sections(
        population=_try(PopulationFile, raw.get("population")),
        schedule=_try(ScheduleFile, raw.get("schedule")),
        laboratory=laboratory,
        arms=_several(ArmFile, arms),
        # Names are read even from arms that have a fault elsewhere: their results are not unknown.
        arm_names=[
            arm["name"]
            for arm in (arms if isinstance(arms, list) else [])
            if isinstance(arm, dict) and isinstance(arm.get("name"), str)
        ],
        published=_several(PublishedFile, raw.get("published")),
        hbeag_positive_share=None if share is None else share.value,
        mean_log10_dna=None if dna is None else log10_dna_iu(dna.mean, dna.unit),
        mean_log10_hbsag=None if hbsag is None else hbsag.mean,
        mean_alt=None if alt is None else mean_alt(alt, laboratory.alt_uln),
        mean_age=None if age is None else age.mean,
    )


def _arm_faults(raw: Mapping[str, Any], sections: _Sections) -> list[Fault]:
    faults: list[Fault] = []
    for index, name in enumerate(sections.arm_names):
        if name in sections.arm_names[:index]:
            faults.append(
                Fault(("arm", index, "name"), f"two arms are called {name!r}", "rename one of them")
            )
    arms = raw.get("arm")
    for index, arm in enumerate(arms if isinstance(arms, list) else []):
        if isinstance(arm, dict):
            faults.extend(_regimen_faults(index, arm))
            faults.extend(_rule_faults(index, arm))
    return faults


def _adherence_faults(raw: Mapping[str, Any], sections: _Sections) -> list[Fault]:
    file, arms = _try(AdherenceFile, raw.get("adherence")), raw.get("arm")
    if file is None or len(sections.arms) != len(arms if isinstance(arms, list) else []):
        return []  # what is wrong with an arm comes first: its drug may be the one
    given = {
        drug_class(course.drug)
        for arm in sections.arms.values()
        for course in courses_of(arm.course)
    }
    return [
        Fault(
            ("adherence", name),
            f"nobody is given a drug of the class {name!r}",
            "leave the table out, or give the drug",
        )
        for name, _ in adherence_of(file).habits
        if name not in given
    ]


def _regimen_faults(index: int, arm: Mapping[str, Any]) -> list[Fault]:
    # Read from the raw table: a wrong number of patients must not hide a missing regimen.
    courses, untreated, name = arm.get("course"), arm.get("untreated"), arm.get("name")
    path = ("arm", index)
    if not courses and untreated is not True:
        fix = "add an [[arm.course]], or say untreated = true"
        return [Fault(path, f"arm {name!r} has no regimen", fix)]
    if courses and untreated is True:
        fix = "leave out one of the two"
        return [Fault(path, f"arm {name!r} is called untreated but has courses", fix)]
    files = _several(CourseFile, courses)
    positions = list(files)
    return [
        Fault(
            (*path, "course")
            if fault.course is None
            else (*path, "course", positions[fault.course], fault.key),
            fault.what,
            fault.fix,
        )
        for fault in regimen_faults(courses_of(list(files.values())))
    ]


def _rule_faults(index: int, arm: Mapping[str, Any]) -> list[Fault]:
    names, listed = arm.get("rules"), arm.get("course")
    files = list(_several(CourseFile, listed).values())
    if len(files) != len(listed or ()):
        return []  # what is wrong with a course comes first: its drug may be the one
    drugs = [course.drug for course in courses_of(files)]
    return [
        Fault(("arm", index, "rules"), fault.what, fault.fix)
        for name in (names if isinstance(names, list) else [])
        if isinstance(name, str) and (fault := order_faults(name, drugs))
    ]


def _baseline_faults(sections: _Sections) -> list[Fault]:
    population = sections.population
    if population is None:
        return []
    faults = _contraindication_faults(population)
    for name, (low, high) in limits_of(population, sections.laboratory).items():
        if not low < high:
            key = "hbv_dna" if name == "dna" else name
            faults.append(
                Fault(
                    ("population", f"{key}_min"),
                    f"{key}: nobody lies between {low:g} and {high:g}",
                    "give a minimum below the maximum",
                )
            )
    if faults:
        return faults
    window = eligibility_of(population, sections.laboratory)
    share = sections.hbeag_positive_share
    expected = {"positive": 1.0, "negative": 0.0, "any": share}[population.hbeag]
    if share != expected and share is not None:
        faults.append(
            Fault(
                ("baseline", "hbeag_positive_share", "value"),
                f"impossible baseline: only HBeAg-{population.hbeag} patients are let in, "
                f"but a share of {share:g} is HBeAg-positive",
                f'write {expected}, or let in hbeag = "any"',
            )
        )
    dna = None if sections.mean_log10_dna is None else 10.0**sections.mean_log10_dna
    hbsag = None if sections.mean_log10_hbsag is None else 10.0**sections.mean_log10_hbsag
    for key, value, low, high, unit in (
        ("log10_hbv_dna", dna, window.dna_min, window.dna_max, "IU/mL of HBV DNA"),
        ("log10_hbsag", hbsag, window.hbsag_min, window.hbsag_max, "IU/mL of HBsAg"),
        ("alt", sections.mean_alt, window.alt_min, window.alt_max, "U/L of ALT"),
        ("age", sections.mean_age, window.age_min, window.age_max, "years"),
    ):
        if value is not None and not low <= value <= high:
            faults.append(
                Fault(
                    ("baseline", key),
                    f"impossible baseline: the average patient has {value:.3g} {unit}, "
                    f"but patients are let in from {low:.3g} to {high:.3g}",
                    "correct the baseline or the limits of [population]",
                )
            )
    return faults


def _contraindication_faults(population: PopulationFile) -> list[Fault]:
    return [
        Fault(("population", "contraindications"), fault.what, fault.fix)
        for name in population.contraindications
        if (fault := contraindication_faults(name))
    ]


def _schedule_faults(sections: _Sections) -> list[Fault]:
    schedule = sections.schedule
    if schedule is None:
        return []
    faults: list[Fault] = []
    last = schedule.visits[-1]
    for arm in sections.arms.values():
        stop = max((course.stop_week for course in arm.course), default=0.0)
        if last < stop + schedule.follow_up_weeks:
            faults.append(
                Fault(
                    ("schedule", "visits"),
                    f"the last visit is in week {last:g}, but arm {arm.name!r} is treated to week "
                    f"{stop:g} and followed for {schedule.follow_up_weeks:g} weeks",
                    f"add visits up to week {stop + schedule.follow_up_weeks:g}",
                )
            )
    return faults


def _published_faults(sections: _Sections) -> list[Fault]:
    faults: list[Fault] = []
    stops = {
        arm.name: max((course.stop_week for course in arm.course), default=0.0)
        for arm in sections.arms.values()
    }
    seen: set[tuple[str, str, float]] = set()
    for index, row in sections.published.items():
        path = ("published", index)
        if row.arm not in sections.arm_names:
            near = get_close_matches(row.arm, sections.arm_names, n=1)
            hint = f"did you mean {near[0]!r}? " if near else ""
            names = ", ".join(sections.arm_names) or "none"
            faults.append(
                Fault(
                    (*path, "arm"),
                    f"unknown arm {row.arm!r}",
                    f"{hint}the arms of this file are {names}",
                )
            )
        key = (row.arm, row.endpoint, row.week)
        if key in seen:
            faults.append(
                Fault(
                    path,
                    f"{row.endpoint} of arm {row.arm!r} in week {row.week:g} is published twice",
                    "leave one of them out",
                )
            )
        seen.add(key)
        faults.extend(_row_faults(path, row, stops.get(row.arm), sections))
    return faults


def _row_faults(
    path: tuple[str, int], row: PublishedFile, stop: float | None, sections: _Sections
) -> list[Fault]:
    faults: list[Fault] = []
    endpoint = parse_endpoint(row.endpoint)
    schedule = sections.schedule
    if schedule is not None:
        needed = [row.week]
        if row.endpoint == "relapse" and stop is not None:
            needed.append(stop)
        for week in needed:
            if week not in schedule.visits:
                faults.append(
                    Fault(
                        (*path, "week"),
                        f"{row.endpoint} needs a visit in week {week:g}",
                        f"add {week:g} to the visits of [schedule], or correct the week",
                    )
                )
    if stop is not None and (told := timing_fault(endpoint, row.week, stop)):
        faults.append(Fault((*path, "week"), told, "choose a later week"))
    limit = sections.laboratory.dna_lloq
    if endpoint.dna_below is not None and endpoint.dna_below < limit * (1 - 1e-6):
        faults.append(
            Fault(
                (*path, "endpoint"),
                f"{row.endpoint} lies below the laboratory's limit of {limit:.3g} IU/mL",
                "lower hbv_dna_lloq of [laboratory], or leave the row out",
            )
        )
    if endpoint.needs_hbeag and sections.hbeag_positive_share == 0:
        faults.append(
            Fault(
                (*path, "endpoint"),
                f"{row.endpoint} needs patients with HBeAg, and nobody has it at baseline",
                "correct hbeag_positive_share, or leave the row out",
            )
        )
    return faults
