"""Conditions over many patients at once, with what a trial's visit has shown of them.

The same documents and the same three-valued logic as for one patient; what nobody knows never makes
a rule fire.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ifnfactory.rules.conditions import Comparison, Condition, Negation

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

_TOLERANCE: Final = 1e-9
_COMPARISONS: Final[dict[str, Callable[[Any, Any], Any]]] = {
    "above": lambda values, limit: values > limit,
    "at_least": lambda values, limit: values >= limit,
    "below": lambda values, limit: values < limit,
    "at_most": lambda values, limit: values <= limit,
    "is": lambda values, wanted: values == wanted,
    "in": np.isin,
}


@dataclass(frozen=True)
class CohortFindings:
    """What is known of patients at one visit, shape (patients,); NaN where it is not.

    The names are those of facts; facts that are not here are unknown.

    Attributes
    ----------
    neutrophils, platelets
        [1e9/L].
    alt_lab_xuln
        ALT over the laboratory's upper limit of normal.
    hbv_dna, hbsag
        [IU/mL].
    hbv_dna_log10_decline, hbsag_log10_decline, hbsag_percent_decline
        Since interferon began.
    hbeag_positive
        When interferon began.
    symptom_grade
        Highest grade of the side effects that a patient complains of; 0 for none.
    creatinine_clearance
        At entry [mL/min].
    weeks_undetectable, weeks_without_hbeag
        For how long, up to now; 0 where not.
    hbsag_lost
        HBsAg below the laboratory's limit.
    """

    neutrophils: Floats
    platelets: Floats
    alt_lab_xuln: Floats
    hbv_dna: Floats
    hbsag: Floats
    hbv_dna_log10_decline: Floats
    hbsag_log10_decline: Floats
    hbsag_percent_decline: Floats
    hbeag_positive: Bools
    genotype: NDArray[np.str_]
    cirrhosis: Bools
    mild_depression: Bools
    moderate_depression: Bools
    severe_depression: Bools
    uncontrolled_thyroid_disease: Bools
    symptom_grade: Floats
    creatinine_clearance: Floats
    weeks_undetectable: Floats
    weeks_without_hbeag: Floats
    hbsag_lost: Bools


@dataclass(frozen=True)
class ScreeningFindings:
    """What is known of candidates before a trial, shape (patients,).

    The names are those of facts; facts that are not here are unknown.

    Attributes
    ----------
    neutrophils, platelets
        [1e9/L].
    creatinine_clearance
        [mL/min].
    on_peginterferon
        False: it has not begun.
    """

    age: Floats
    female: Bools
    genotype: NDArray[np.str_]
    hbeag_positive: Bools
    cirrhosis: Bools
    neutrophils: Floats
    platelets: Floats
    creatinine_clearance: Floats
    on_peginterferon: Bools


Findings = CohortFindings | ScreeningFindings
SCREENED_FACTS: Final = frozenset(field.name for field in fields(ScreeningFindings))


def holds(condition: Condition, findings: Findings) -> Bools:
    """Return for whom a condition certainly holds, shape (patients,)."""
    return _decide(condition, findings)[0]


def _decide(condition: Condition, findings: Findings) -> tuple[Bools, Bools]:
    """Return for whom a condition certainly holds, and for whom it certainly does not."""
    if isinstance(condition, Comparison):
        return _compare(condition, findings)
    if isinstance(condition, Negation):
        yes, no = _decide(condition.part, findings)
        return no, yes
    parts = [_decide(part, findings) for part in condition.parts]
    none = np.zeros_like(findings.hbeag_positive)
    yes = np.stack([part[0] for part in parts] or [~none])
    no = np.stack([part[1] for part in parts] or [none])
    if condition.every:
        return np.logical_and.reduce(yes), np.logical_or.reduce(no)
    return np.logical_or.reduce(yes), np.logical_and.reduce(no)


def _compare(comparison: Comparison, findings: Findings) -> tuple[Bools, Bools]:
    values: NDArray[Any] | None = getattr(findings, comparison.fact, None)
    if values is None:
        unknown = np.zeros_like(findings.hbeag_positive)
        return unknown, unknown
    limit = comparison.limit
    known = np.ones(len(values), dtype=np.bool_)
    if values.dtype == np.float64:
        known = ~np.isnan(values)
        close = np.abs(values - limit) <= _TOLERANCE * np.maximum(1.0, np.abs(values))
        values = np.where(close, limit, values)
    met: Bools = _COMPARISONS[comparison.operator](values, limit)
    return np.logical_and(met, known), np.logical_and(~met, known)
