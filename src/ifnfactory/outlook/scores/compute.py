"""One patient, one score: the value, its class, the published risk, and whether it holds."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from ifnfactory.foundation.errors import Problem, UserInputError
from ifnfactory.foundation.evidence import Source
from ifnfactory.foundation.notice import NOT_FOR_CARE
from ifnfactory.outlook.scores.bands import look_up
from ifnfactory.outlook.scores.catalogue import Risk, Score, load_score
from ifnfactory.outlook.scores.formulas import FORMULAS, reach_b_risks
from ifnfactory.outlook.scores.inputs import INPUTS, NEEDED, Findings
from ifnfactory.outlook.scores.points import Term, sum_points
from ifnfactory.outlook.scores.population import assumptions, misfits
from ifnfactory.outlook.scores.reading import option_name

NOT_KNOWN = "not in the evidence base"


@dataclass(frozen=True)
class ScoreResult:
    """What one score says about one patient.

    Attributes
    ----------
    value
        Points, or the value of the index.
    terms
        The addends, where the score has several.
    risk_class, class_rule
        The class and its band; None where no classes are known.
    risks
        Published risks of this class or number of points; empty where none is known.
    assumed
        What the population asks for and nobody said.
    outside
        Why the score does not hold for this patient; empty unless it was told to extrapolate.
    """

    score: Score
    value: float
    terms: tuple[Term, ...]
    risk_class: str | None
    class_rule: str | None
    risks: tuple[Risk, ...]
    assumed: tuple[str, ...] = field(default=())
    outside: tuple[str, ...] = field(default=())

    def to_json(self) -> dict[str, Any]:
        """Return the result as a JSON object."""
        score = self.score
        return {
            "score": score.name,
            "title": score.title,
            "predicts": score.predicts,
            "value": round(self.value, 6),
            "unit": score.unit,
            "range": score.range,
            "terms": [vars(term) for term in self.terms],
            "class": self.risk_class,
            "class_rule": self.class_rule,
            "risks": [_risk_json(risk) for risk in self.risks],
            "population": {
                "text": score.population.text,
                "source": score.population.source.text,
                "tag": score.population.source.tag,
                "assumed": list(self.assumed),
                "outside": list(self.outside),
            },
            "extrapolated": bool(self.outside),
            "citation": score.source.text,
            "tag": score.source.tag,
            "evidence": score.evidence,
            "notes": list(score.notes),
            "notice": NOT_FOR_CARE,
        }


def compute_score(
    name: str,
    findings: Findings,
    *,
    extrapolate: bool = False,
    where: Callable[[str], str] = option_name,
) -> ScoreResult:
    """Return what the score called `name` says about a patient.

    Parameters
    ----------
    extrapolate
        Compute the score also for a patient outside its population.
    where
        Says where an input stands, for messages.

    Raises
    ------
    UserInputError
        If there is no such score, if findings are missing, or if the patient is outside the
        population: all problems at once.
    """
    score = load_score(name)
    problems = _missing(score, findings, where)
    outside = misfits(score, findings)
    if not extrapolate:
        fix = "choose another score, or extrapolate knowingly with --extrapolate"
        problems += [Problem(f"{score.title} {why}", where(name), fix) for name, why in outside]
    if problems:
        raise UserInputError(problems)
    return _result(score, findings, tuple(why for _, why in outside))


def _missing(score: Score, findings: Findings, where: Callable[[str], str]) -> list[Problem]:
    return [
        Problem(f"{score.title} needs {name.replace('-', ' ')}", where(name), f"give {words}")
        for name, words in ((name, INPUTS[name].words) for name in NEEDED[score.name])
        if getattr(findings, INPUTS[name].field) is None
    ]


def _result(score: Score, findings: Findings, outside: tuple[str, ...]) -> ScoreResult:
    if score.name in FORMULAS:
        terms = FORMULAS[score.name](findings)
    else:
        terms = sum_points(score.definition, findings)
    value = math.fsum(term.value for term in terms)
    risk_class, class_rule = _class(score, findings, value)
    return ScoreResult(
        score=score,
        value=value,
        terms=terms,
        risk_class=risk_class,
        class_rule=class_rule,
        risks=_risks(score, findings, value, risk_class),
        assumed=assumptions(score, findings),
        outside=outside,
    )


def _class(score: Score, findings: Findings, value: float) -> tuple[str | None, str | None]:
    if score.name == "gag-hcc":
        # The cut is 101 with the core promoter; without it, about 100 and not verified.
        promoter = findings.core_promoter_mutation is not None
        cut, mark = (101, "") if promoter else (100, " (cut about 100, not verified)")
        return ("high", f">{cut}{mark}") if value > cut else ("low", f"<={cut}{mark}")
    if not score.classes:
        return None, None
    # A sum of decimal terms must not fall below its band by a rounding error.
    band = look_up(score.classes, round(value, 9))
    return band.meaning, band.text


def _risks(
    score: Score, findings: Findings, value: float, risk_class: str | None
) -> tuple[Risk, ...]:
    if score.name == "reach-b":
        source = Source("REACH-B regression as coded in github.com/kgrid/knowledge-objects", "V")
        return reach_b_risks(
            findings,
            lambda percent, year: Risk((percent, percent), (year, year), "Cox regression", source),
        )
    if score.risks_by_points:
        points = round(value)
        return tuple(
            Risk((risks[points], risks[points]), (year, year), score.by_points_cohort, score.source)
            for year, risks in score.risks_by_points
        )
    return tuple(risk for name, risk in score.risks if name == risk_class)


def _risk_json(risk: Risk) -> dict[str, Any]:
    return {
        "percent": [round(value, 6) for value in risk.percent],
        "years": list(risk.years),
        "cohort": risk.cohort,
        "source": risk.source.text,
        "tag": risk.source.tag,
    }
