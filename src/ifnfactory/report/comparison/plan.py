"""Which groups of the loaded runs are set beside which, by which endpoints."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ifnfactory.foundation.errors import Problem, UserInputError
from ifnfactory.report.comparison.load import LoadedRun
from ifnfactory.trial.contrasts.groups import Group
from ifnfactory.trial.endpoints import parse_endpoint


@dataclass(frozen=True)
class Plan:
    """What is compared.

    Attributes
    ----------
    groups
        All groups, in the order of their colours.
    pairs
        Group and control.
    endpoints
        Names and weeks that all runs tell of.
    primary
        The endpoint of the forest.
    """

    groups: tuple[Group, ...]
    pairs: tuple[tuple[Group, Group], ...]
    endpoints: tuple[tuple[str, float], ...]
    primary: tuple[str, float]


def plan(
    runs: Sequence[LoadedRun], against: str | None, endpoint: str | None, week: float | None
) -> Plan:
    """Return what is compared.

    One run: its arms with its last one. Several runs: each arm with the same arm of the first run,
    or, where the runs have no arm in common, every group with the first. `against` names another
    control: an arm, or "run: arm".

    Raises
    ------
    UserInputError
        With everything that leaves nothing to compare.
    """
    problems: list[Problem] = []
    groups = tuple(group for run in runs for group in run.groups)
    pairs = _pairs(runs, groups, against, problems)
    common = set(runs[0].endpoints).intersection(*(run.endpoints for run in runs))
    endpoints = tuple(key for key in runs[0].endpoints if key in common)
    if not endpoints:
        what, fix = "the runs have no endpoint and week in common", "compare runs of one trial"
        problems.append(Problem(what, "compare", fix))
    primary = _primary(endpoints, endpoint, week, problems)
    if problems or primary is None:
        raise UserInputError(problems)
    return Plan(groups, pairs, endpoints, primary)


def _pairs(
    runs: Sequence[LoadedRun],
    groups: Sequence[Group],
    against: str | None,
    problems: list[Problem],
) -> tuple[tuple[Group, Group], ...]:
    if against is not None:
        controls = [group for group in groups if against in (group.name, group.arm)]
        if not controls:
            names = ", ".join(group.name for group in groups)
            fix = f"choose one of {names}"
            problems.append(Problem("there is no such group", f"--against {against}", fix))
            return ()
        return tuple((group, controls[0]) for group in groups if group is not controls[0])
    if len(runs) == 1:
        if len(groups) < 2:
            what = "this run has one arm, and there is nothing to compare it with"
            problems.append(Problem(what, runs[0].run.name, "name a second run"))
        return tuple((group, groups[-1]) for group in groups[:-1])
    first = {group.arm: group for group in runs[0].groups}
    same = [(g, first[g.arm]) for run in runs[1:] for g in run.groups if g.arm in first]
    return tuple(same) or tuple((group, groups[0]) for group in groups[1:])


def _primary(
    endpoints: Sequence[tuple[str, float]],
    endpoint: str | None,
    week: float | None,
    problems: list[Problem],
) -> tuple[str, float] | None:
    able = [
        (name, when)
        for name, when in endpoints
        if parse_endpoint(name).kind == "proportion"
        and endpoint in (None, name)
        and week in (None, when)
    ]
    if able:
        return able[0]
    told = ", ".join(f"{name} ({when:g})" for name, when in endpoints)
    asked = f"--endpoint {endpoint or 'any'} --week {'any' if week is None else f'{week:g}'}"
    problems.append(Problem("the runs do not tell of it", asked, f"choose a percentage of {told}"))
    return None
