"""Every endpoint of a group beside the same endpoint of a control group, overall or by subgroup."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from ifnfactory.assays.panel import Bools
from ifnfactory.foundation.errors import UserInputError
from ifnfactory.trial.contrasts.groups import Group, Pairing, Rows, pair
from ifnfactory.trial.contrasts.means import mean_difference
from ifnfactory.trial.contrasts.proportions import Interval, contrast
from ifnfactory.trial.contrasts.subgroups import subgroups
from ifnfactory.trial.endpoints import Evaluation, evaluate, parse_endpoint

EVERYBODY = ("all", "all patients")
_NONE = Interval(math.nan, math.nan, math.nan)


@dataclass(frozen=True)
class Row:
    """One endpoint of one group beside its control.

    Attributes
    ----------
    factor, subgroup
        What divides the patients and which of them these are; `EVERYBODY` for all.
    patients
        Who counts: group, control.
    levels
        Percentages or means: group, control.
    paired
        Whether the interval is that of the same persons in both groups.
    difference
        In percentage points or the unit of the mean.
    risk_ratio, odds_ratio
        NaN for a mean.
    """

    group: str
    control: str
    endpoint: str
    week: float
    unit: str
    factor: str
    subgroup: str
    patients: tuple[int, int]
    levels: tuple[float, float]
    paired: bool
    difference: Interval
    risk_ratio: Interval
    odds_ratio: Interval


def compare(
    group: Group,
    control: Group,
    endpoints: Sequence[tuple[str, float]],
    factors: Sequence[str] = (),
) -> Iterator[Row]:
    """Give one row an endpoint and week for all patients, and one for each subgroup.

    Parameters
    ----------
    endpoints
        Names and weeks.
    factors
        Keys of `subgroups.FACTORS`.
    """
    pairing = pair(group, control)
    everybody = [(*EVERYBODY, _all(group), _all(control))]
    parts = [*everybody, *(part for factor in factors for part in _parts(factor, group, control))]
    for name, week in endpoints:
        try:
            found = tuple(evaluate(name, g.panel, week, g.context) for g in (group, control))
        except UserInputError:  # not every endpoint can be judged in every arm's weeks
            continue
        for factor, label, ours, theirs in parts:
            row = _row(group, control, found, pairing, (ours, theirs))
            yield Row(group.name, control.name, name, week, _unit(name), factor, label, *row)


def _unit(endpoint: str) -> str:
    wanted = parse_endpoint(endpoint)
    return "percentage points" if wanted.kind == "proportion" else wanted.unit


def _all(group: Group) -> Bools:
    return np.ones(len(group.patients), dtype=np.bool_)


def _parts(factor: str, group: Group, control: Group) -> list[tuple[str, str, Bools, Bools]]:
    both = [subgroups(factor, g.patients, g.context.laboratory.alt_uln) for g in (group, control)]
    return [
        (factor, one.label, one.members, two.members)
        for one, two in zip(*both, strict=True)
        if one.members.any() or two.members.any()
    ]


_Tail = tuple[tuple[int, int], tuple[float, float], bool, Interval, Interval, Interval]


def _row(
    group: Group,
    control: Group,
    found: tuple[Evaluation, ...],
    pairing: Pairing,
    members: tuple[Bools, Bools],
) -> _Tail:
    counts = [
        each.evaluable & g.known & mine
        for each, g, mine in zip(found, (group, control), members, strict=True)
    ]
    rows = _pairs(pairing, (group, control), counts)
    paired = rows is not None
    if rows is None:
        rows = np.flatnonzero(counts[0]), np.flatnonzero(counts[1])
    one, two = found[0].values[rows[0]], found[1].values[rows[1]]
    n = len(one), len(two)
    scale = 100.0 if found[0].endpoint.kind == "proportion" else 1.0
    levels = tuple(scale * float(np.mean(v)) if len(v) else math.nan for v in (one, two))
    if found[0].endpoint.kind == "mean":
        gap = mean_difference(one.astype(np.float64), two.astype(np.float64), paired)
        return n, (levels[0], levels[1]), paired, gap, _NONE, _NONE
    made = contrast(one.astype(np.bool_), two.astype(np.bool_), paired)
    ends = made.difference, made.risk_ratio, made.odds_ratio
    return n, (levels[0], levels[1]), paired, *ends


def _pairs(
    pairing: Pairing, groups: tuple[Group, Group], counts: Sequence[Bools]
) -> tuple[Rows, Rows] | None:
    """Return the rows of persons who count in both groups; None where pairs would be a selection.

    Relapse, for example, counts among patients controlled at the end of treatment, who are not the
    same ones in both arms: then the groups are compared as different persons.
    """
    if pairing.rows is None:
        return None
    ours, theirs = pairing.rows
    one, two = counts[0][ours], counts[1][theirs]
    lost = ~(groups[0].known[ours] & groups[1].known[theirs])
    if np.any((one != two) & ~lost):
        return None
    both = one & two
    return ours[both], theirs[both]
