"""One score from what a person typed: every problem of the texts and of the patient together."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ifnfactory.foundation.errors import UserInputError
from ifnfactory.outlook.scores.compute import ScoreResult, compute_score
from ifnfactory.outlook.scores.reading import option_name, read_findings


def score_of_texts(
    name: str,
    written: Mapping[str, str],
    *,
    extrapolate: bool = False,
    where: Callable[[str], str] = option_name,
) -> ScoreResult:
    """Return the score of a patient whose findings are texts (input name -> text).

    Raises
    ------
    UserInputError
        With everything that cannot be read, is missing, or lies outside the population.
    """
    try:
        findings = read_findings(written, where)
    except UserInputError as error:
        problems = list(error.problems)
        told = {problem.where for problem in problems}
        readable = {key: text for key, text in written.items() if where(key) not in told}
        try:
            compute_score(
                name, read_findings(readable, where), extrapolate=extrapolate, where=where
            )
        except UserInputError as more:
            # What cannot be read is not missing as well.
            problems += [problem for problem in more.problems if problem.where not in told]
        raise UserInputError(problems) from error
    return compute_score(name, findings, extrapolate=extrapolate, where=where)
