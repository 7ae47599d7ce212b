"""Parameter vectors that a prediction is spread over."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ifnfactory.foundation.errors import ModelError, Problem, UserInputError
from ifnfactory.population.release import Population, changed
from ifnfactory.population.released import shipped_population

_GOLDEN: Final = 0.6180339887498949
_FIX: Final = 'write a JSON list of objects, each {"path of a number": value, ...}'


@dataclass(frozen=True)
class Ensemble:
    """Populations that differ in their parameters, with weights that add up to 1."""

    populations: tuple[Population, ...]
    weights: tuple[float, ...]

    def __len__(self) -> int:
        return len(self.populations)

    def members_of(self, replicates: int) -> NDArray[np.int64]:
        """Return the member that each replicate is drawn from, shape (replicates,).

        The fractional parts of multiples of the golden ratio fill the weights evenly, whatever
        the number of replicates; the first hundred stay as they are when there are a thousand.
        """
        places = np.mod((np.arange(replicates) + 0.5) * _GOLDEN, 1.0)
        found = np.searchsorted(np.cumsum(self.weights), places, side="right")
        return np.minimum(found, len(self) - 1).astype(np.int64)


def single(population: Population | None = None) -> Ensemble:
    """Return one population alone; None: the one that the package ships."""
    return Ensemble((population or shipped_population(),), (1.0,))


def load_ensemble(path: Path) -> Ensemble:
    """Return the shipped population with each of the vectors of a JSON file, equally weighted.

    Raises
    ------
    UserInputError
        If the file is no list of vectors, or names numbers that the model does not have.
    """
    where = f"--ensemble {path}"
    try:
        content: Any = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UserInputError([Problem(f"cannot be read: {error}", where, _FIX)]) from error
    if not isinstance(content, list) or not content:
        raise UserInputError([Problem("this is no list of parameter vectors", where, _FIX)])
    problems: list[Problem] = []
    made = [_member(vector, i, where, problems) for i, vector in enumerate(content)]
    if problems:
        raise UserInputError(problems)
    populations = tuple(each for each in made if each is not None)
    return Ensemble(populations, (1.0 / len(populations),) * len(populations))


def _member(vector: object, index: int, where: str, problems: list[Problem]) -> Population | None:
    place = f"{where}, vector {index + 1}"
    if not isinstance(vector, Mapping):
        problems.append(Problem("this is no parameter vector", place, _FIX))
        return None
    numbers: dict[str, float] = {}
    before = len(problems)
    for name, value in vector.items():
        try:
            numbers[str(name)] = float(value)
            changed(shipped_population(), {str(name): float(value)})
        except (TypeError, ValueError):
            problems.append(Problem(f"{name} = {value!r} is no number", place, "write a number"))
        except ModelError as error:
            problems.append(Problem(str(error), place, "see: ifn model show"))
    return changed(shipped_population(), numbers) if len(problems) == before else None
