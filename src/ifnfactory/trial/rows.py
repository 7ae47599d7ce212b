"""Which endpoints a trial tells of, their tallies in some patients, and the rows that come of them.

Tallies of blocks add up, so that the rows need no more than a block of patients at a time.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from operator import add
from typing import Final

from ifnfactory.foundation.errors import UserInputError
from ifnfactory.trial.endpoints import (
    Endpoint,
    EndpointContext,
    evaluate,
    parse_endpoint,
    timing_fault,
)
from ifnfactory.trial.protocol import Arm, Protocol, PublishedResult
from ifnfactory.trial.result import ArmOutcome, ResultRow
from ifnfactory.trial.tally import Tally, tally

UNPUBLISHED: Final = (
    "hbeag_loss",
    "hbeag_seroconversion",
    "hbsag_loss",
    "hbv_dna_lt_2000iu",
    "alt_normal",
    "mean_log10_dna_change",
    "mean_log10_hbsag_change",
    "mean_log10_rna_change",
    "functional_cure",
    "partial_cure",
    "relapse",
    "any_treatment_related_ae",
    "serious_adverse_event",
    "dose_reduction_any",
    "discontinuation_ae",
    "discontinuation_any",
)
"""Endpoints that are always told at the end of treatment and of follow-up, published or not."""


@dataclass(frozen=True)
class Told:
    """An endpoint that an arm tells of.

    Attributes
    ----------
    published
        What was published of it in this week; None: nothing.
    unit
        In which its value is given.
    """

    endpoint: Endpoint
    week: float
    published: PublishedResult | None
    unit: str


def told_of(protocol: Protocol, arm: Arm) -> tuple[Told, ...]:
    """Return what an arm tells of: published endpoints in the order of the file, then the others.

    An endpoint is told in the unit in which the trial's arms were published.
    """
    units = {published.endpoint: published.unit for published in protocol.published}
    told = [
        Told(parse_endpoint(each.endpoint), each.week, each, each.unit)
        for each in protocol.published
        if each.arm == arm.name
    ]
    done = {(each.endpoint.name, each.week) for each in told}
    end = arm_end(arm)
    for week in sorted({end, protocol.visit_weeks[-1]}):
        for name in UNPUBLISHED:
            endpoint = parse_endpoint(name)
            known = (name, week) in done or week not in protocol.visit_weeks
            if not known and not timing_fault(endpoint, week, end):
                told.append(Told(endpoint, week, None, units.get(name, endpoint.unit)))
    return tuple(told)


def arm_end(arm: Arm) -> float:
    """Return the week in which an arm's therapy ends."""
    return arm.regimen.end_of_treatment_week


def tallies(protocol: Protocol, outcome: ArmOutcome) -> tuple[Tally, ...]:
    """Return a tally of each endpoint of `told_of`, over the patients of one outcome.

    Raises
    ------
    UserInputError
        If a published endpoint cannot be judged.
    """
    arm = protocol.arm(outcome.arm)
    judged = outcome.integrated()
    context = judged.context(protocol.laboratory, arm_end(arm))
    return tuple(_tally(told, judged, context) for told in told_of(protocol, arm))


def _tally(told: Told, judged: ArmOutcome, context: EndpointContext) -> Tally:
    try:
        return tally(evaluate(told.endpoint, judged.panel, told.week, context))
    except UserInputError:
        if told.published is None:  # not every endpoint can be judged at every arm's own weeks
            return Tally(told.endpoint.kind, 0, 0, 0)
        raise


def rows_of(protocol: Protocol, arm: Arm, blocks: Sequence[Sequence[Tally]]) -> Iterator[ResultRow]:
    """Give the rows of an arm from the tallies of its blocks of patients."""
    for told, *parts in zip(told_of(protocol, arm), *blocks, strict=True):
        row = _row(arm, told, reduce(add, parts))
        if row.patients or told.published is not None:
            yield row


def _row(arm: Arm, told: Told, sums: Tally) -> ResultRow:
    found, published = sums.estimate(), told.published
    interval = published.ci if published else None
    known = found.patients > 0
    row = ResultRow(
        arm=arm.name,
        endpoint=told.endpoint.name,
        week=told.week,
        n_published=None,
        patients=found.patients,
        value=found.value if known else None,
        ci=(found.low, found.high) if known else None,
        published=None,
        published_ci=None,
        inside=None,
        unit=told.unit,
    )
    if published is None:
        return row
    return replace(
        row,
        n_published=published.n,
        published=published.value,
        published_ci=interval,
        inside=interval[0] <= found.value <= interval[1] if interval and known else None,
    )
