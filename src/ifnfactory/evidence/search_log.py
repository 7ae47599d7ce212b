"""What a calibration has done so far, on disk, so that a kill loses one evaluation at most.

Every evaluation is a small file of its own, written beside its place and renamed; every finished
round is one line. Which points a round wants follows from the seed alone, so that a search that
goes on takes up exactly the points that are missing.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ifnfactory.foundation.errors import Problem, UserInputError

Floats = NDArray[np.float64]
ROUNDS: Final = "rounds.jsonl"
SEARCH: Final = "search.json"
EVALUATIONS: Final = "evaluations"


@dataclass(frozen=True)
class Round:
    """A finished round.

    Attributes
    ----------
    objective
        Loss of the targets and of the distance from the priors, at the new centre.
    inside_percent
        Weighted share of targets inside there.
    centre
        Where the next round begins, in SDs of the priors.
    """

    number: int
    objective: float
    inside_percent: float
    moved: float
    centre: list[float]


class SearchLog:
    """The folder of one search.

    Parameters
    ----------
    folder
        Made if it does not exist.
    about
        What the search rests on; a folder of another search is refused.

    Raises
    ------
    UserInputError
        If the folder holds a search that rests on something else.
    """

    def __init__(self, folder: Path, about: dict[str, Any]) -> None:
        self.folder = folder
        try:
            (folder / EVALUATIONS).mkdir(parents=True, exist_ok=True)
        except OSError as error:
            told = f"no folder can be made there ({error.strerror})"
            raise UserInputError([Problem(told, f"--out {folder}", "choose another")]) from error
        known = folder / SEARCH
        if not known.is_file():
            _write(known, json.dumps(about, indent=1, sort_keys=True))
        elif (there := _read(known, "search in a new folder")) != about:
            other = ", ".join(key for key in sorted(about) if there.get(key) != about[key])
            raise UserInputError(
                [
                    Problem(
                        f"the search in {folder} rests on another {other}",
                        str(known),
                        "go on with the program and options it was begun with, "
                        "or search in a new folder",
                    )
                ]
            )

    def rounds(self) -> list[Round]:
        """Return the finished rounds."""
        file = self.folder / ROUNDS
        if not file.is_file():
            return []
        try:
            return [Round(**json.loads(line)) for line in _text(file).splitlines()]
        except (ValueError, TypeError) as error:
            told = f"this is no list of finished rounds ({error})"
            raise UserInputError([Problem(told, str(file), "delete it and go on")]) from error

    def finish(self, done: Round) -> None:
        """Add a finished round."""
        lines = [json.dumps(asdict(each)) + "\n" for each in (*self.rounds(), done)]
        _write(self.folder / ROUNDS, "".join(lines))

    def find(self, name: str) -> Floats | None:
        """Return the predictions of an evaluation, or None if it has not been made."""
        file = self.folder / EVALUATIONS / f"{name}.json"
        if not file.is_file():
            return None
        return _array(file, "predicted")

    def keep(self, name: str, point: Floats, predicted: Floats) -> None:
        """Keep an evaluation, whole or not at all."""
        values = [None if np.isnan(value) else float(value) for value in predicted]
        text = json.dumps({"point": point.tolist(), "predicted": values})
        _write(self.folder / EVALUATIONS / f"{name}.json", text)

    def evaluations(self, wanted: Callable[[str], bool]) -> tuple[Floats, Floats]:
        """Return points and predictions of some names, shapes (n, numbers) and (n, targets)."""
        found = [file for file in self._files() if wanted(file.stem)]
        points = np.array([_array(file, "point") for file in found])
        return points, np.array([_array(file, "predicted") for file in found])

    def _files(self) -> Iterator[Path]:
        yield from sorted((self.folder / EVALUATIONS).glob("*.json"))


def _write(place: Path, text: str) -> None:
    fresh = place.with_name(f".{place.name}.new")
    try:
        fresh.write_text(text, encoding="utf-8")
        fresh.replace(place)
    except OSError as error:
        told = f"the file could not be written ({error.strerror})"
        fix = "make room, and go on with the same command and --resume"
        raise UserInputError([Problem(told, str(place), fix)]) from error


def _array(file: Path, key: str) -> Floats:
    """Return numbers of an evaluation's file; what is missing is NaN."""
    again = "delete it: it is computed again"
    try:
        return np.array(_read(file, again)[key], dtype=float)
    except (KeyError, TypeError, ValueError) as error:
        told = f"this is no evaluation of a search ({error})"
        raise UserInputError([Problem(told, str(file), again)]) from error


def _read(file: Path, fix: str) -> dict[str, Any]:
    """Return the object in a file of the search."""
    try:
        found = json.loads(_text(file))
    except ValueError as error:
        raise UserInputError([Problem(f"the file is damaged ({error})", str(file), fix)]) from error
    if not isinstance(found, dict):
        raise UserInputError([Problem("the file is damaged (no object)", str(file), fix)])
    return found


def _text(file: Path) -> str:
    """Return the text; one that is none ends as a broken JSON does."""
    return file.read_bytes().decode("utf-8")
