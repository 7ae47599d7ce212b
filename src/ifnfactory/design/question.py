"""The question of a trial: which arm against which, by which endpoint, with how many patients."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from ifnfactory.foundation.errors import Problem, UserInputError
from ifnfactory.trial.endpoints import Endpoint, parse_endpoint, timing_fault
from ifnfactory.trial.protocol import Arm, Protocol

MOST_PATIENTS: Final = 100_000
"""Patients of an arm of a replicate; more is a slip of the pen."""
LESS_IS_BETTER: Final = frozenset(
    {"relapse", "mean_log10_dna_change", "mean_log10_hbsag_change", "mean_log10_rna_change"}
)
"""Endpoints of which a patient wants less."""
_FALLBACK: Final = "hbsag_loss"


@dataclass(frozen=True)
class Question:
    """A primary comparison.

    Attributes
    ----------
    protocol
        The trial, with the two arms alone and without published results.
    treatment, control
        The two arms.
    week
        Week of the endpoint.
    sizes
        Patients of a trial: treatment, control.
    """

    protocol: Protocol
    treatment: Arm
    control: Arm
    endpoint: Endpoint
    week: float
    sizes: tuple[int, int]

    @property
    def direction(self) -> float:
        """Return 1 where more is better, −1 where less is better."""
        return -1.0 if self.endpoint.name in LESS_IS_BETTER else 1.0

    @property
    def unit(self) -> str:
        """Return the unit of the effect."""
        return "percentage points" if self.endpoint.kind == "proportion" else self.endpoint.unit


@dataclass(frozen=True)
class Asked:
    """What a person said about the comparison; None where the protocol is to decide."""

    arms: tuple[str, ...] | None = None
    endpoint: str | None = None
    week: float | None = None
    sizes: tuple[int, ...] | None = None


def choose(protocol: Protocol, asked: Asked) -> Question:
    """Return the question that is asked of a protocol.

    Left out, the first arm is compared with the last, by the first published endpoint that both
    have, with the published numbers of patients.

    Raises
    ------
    UserInputError
        With everything that is wrong about it.
    """
    problems: list[Problem] = []
    treatment, control = _arms(protocol, asked.arms, problems)
    endpoint, week = _endpoint(protocol, treatment, control, asked, problems)
    sizes = _sizes(treatment, control, asked.sizes, problems)
    if problems or endpoint is None:
        raise UserInputError(problems)
    alone = replace(protocol, arms=(treatment, control), published=())
    return Question(alone, treatment, control, endpoint, week, sizes)


def _arms(
    protocol: Protocol, names: Sequence[str] | None, problems: list[Problem]
) -> tuple[Arm, Arm]:
    """Return the two arms; where they are named wrongly the usual ones, to go on checking."""
    known = {arm.name: arm for arm in protocol.arms}
    usual = protocol.arms[0], protocol.arms[-1]
    if len(known) < 2:
        what = f"{protocol.name} has one arm, and a comparison needs two"
        problems.append(Problem(what, "PROTOCOL", "choose a trial with two arms or more"))
        return usual
    if names is None:
        return usual
    where, fix = f"--arms {','.join(names)}", f"name two of {', '.join(known)}: treatment, control"
    strange = [name for name in names if name not in known]
    problems += [Problem(f"no arm {name!r}", where, fix) for name in strange]
    if len(names) != 2 or len(set(names)) != 2:
        problems.append(Problem("a comparison needs two different arms", where, fix))
        return usual
    return usual if strange else (known[names[0]], known[names[1]])


def _endpoint(
    protocol: Protocol, treatment: Arm, control: Arm, asked: Asked, problems: list[Problem]
) -> tuple[Endpoint | None, float]:
    name, week = _primary(protocol, treatment, control, asked)
    try:
        endpoint = parse_endpoint(name)
    except UserInputError as error:
        problems += [replace(each, where=f"--endpoint {name}") for each in error.problems]
        return None, week
    if week not in protocol.visit_weeks:
        weeks = ", ".join(f"{each:g}" for each in protocol.visit_weeks)
        problems.append(Problem("no visit in that week", f"--week {week:g}", f"visits: {weeks}"))
    for arm in dict.fromkeys((treatment.name, control.name)):
        stop = protocol.arm(arm).regimen.end_of_treatment_week
        fault = timing_fault(endpoint, week, stop)
        if fault:
            problems.append(Problem(f"arm {arm}: {fault}", f"--week {week:g}", "a later week"))
    return endpoint, week


def _primary(protocol: Protocol, treatment: Arm, control: Arm, asked: Asked) -> tuple[str, float]:
    """Return endpoint and week: as asked, as published for both arms, or HBsAg loss at the end."""
    rows = [row for row in protocol.published if asked.endpoint in (None, row.endpoint)]
    rows = [row for row in rows if asked.week in (None, row.week)]
    beside = {(row.endpoint, row.week) for row in rows if row.arm == control.name}
    for row in rows:
        if row.arm == treatment.name and (row.endpoint, row.week) in beside:
            return row.endpoint, row.week
    last = protocol.visit_weeks[-1]
    return asked.endpoint or _FALLBACK, last if asked.week is None else asked.week


def _sizes(
    treatment: Arm, control: Arm, asked: Sequence[int] | None, problems: list[Problem]
) -> tuple[int, int]:
    if asked is None:
        if treatment.n is None or control.n is None:
            what = "the protocol does not say how many patients its arms have"
            problems.append(Problem(what, "--n", "give the two numbers, for example --n 120,60"))
            return 0, 0
        return treatment.n, control.n
    text = ",".join(str(n) for n in asked)
    if len(asked) not in (1, 2) or any(not 2 <= n <= MOST_PATIENTS for n in asked):
        what = "an arm needs 2 patients or more" if len(asked) in (1, 2) else "too many numbers"
        fix = f"give one or two numbers from 2 to {MOST_PATIENTS:,}: treatment, control"
        problems.append(Problem(what, f"--n {text}", fix))
        return 0, 0
    return asked[0], asked[-1]
