"""From what a person typed to `Findings`, with all problems at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from ifnfactory.assays import quantities
from ifnfactory.assays.quantities import LabTest, ReadingError, read_age, read_lab
from ifnfactory.foundation.errors import Problem, UserInputError
from ifnfactory.outlook.scores.inputs import INPUTS, Findings

_LABS: Final[dict[str, LabTest]] = {
    "platelets": quantities.PLATELETS,
    "albumin": quantities.ALBUMIN,
    "bilirubin": quantities.BILIRUBIN,
    "alt": quantities.ALT,
    "ast": quantities.AST,
    "ast-uln": quantities.UPPER_LIMIT,
    "ggt": quantities.GGT,
    "ggt-uln": quantities.UPPER_LIMIT,
    "hbv-dna": quantities.HBV_DNA_COPIES,
    "hbsag": quantities.HBSAG,
    "log10-hbcrag": quantities.LOG10_HBCRAG,
}

_YES_NO: Final[dict[str, bool | str]] = {"yes": True, "no": False}
_WORDS: Final[dict[str, dict[str, bool | str]]] = {
    "sex": {"male": True, "female": False},
    "hbeag": {"positive": True, "negative": False},
    "treatment": {"none": "none", "nucleoside": "nucleoside"},
    "ancestry": {word: word for word in ("asian", "caucasian", "other")},
}


def option_name(name: str) -> str:
    """Return the option of the command line that means the input `name`."""
    return f"--{name}"


def read_findings(
    written: Mapping[str, str], where: Callable[[str], str] = option_name
) -> Findings:
    """Return the findings that were written down.

    Parameters
    ----------
    written
        Input name -> text. Empty texts count as not given.
    where
        Says where an input stands, for messages.

    Raises
    ------
    UserInputError
        With every text that cannot be read.
    """
    values: dict[str, Any] = {}
    problems: list[Problem] = []
    for name, text in written.items():
        if not text.strip():
            continue
        try:
            values[INPUTS[name].field] = _read(name, text)
        except ReadingError as error:
            problems.append(Problem(error.what, where(name), error.fix))
    if problems:
        raise UserInputError(problems)
    return Findings(**values)


def _read(name: str, text: str) -> float | bool | str:
    if name == "age":
        return read_age(text)
    if name in _LABS:
        value = read_lab(_LABS[name], text)
        if value == 0 and name == "hbsag":
            fix = "give the limit of detection itself, for example 0.05"
            raise ReadingError("the score takes the logarithm of HBsAg", fix)
        return value
    words = _WORDS.get(name, _YES_NO)
    word = text.strip().lower()
    if word not in words:
        label = name.replace("-", " ")
        raise ReadingError(f"unknown {label} {text.strip()!r}", f"write {' or '.join(words)}")
    return words[word]
