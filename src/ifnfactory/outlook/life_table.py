"""Background mortality: United Nations life tables by age, sex, location and period.

Values: United Nations, Department of Economic and Social Affairs, Population Division,
*World Population Prospects 2024*, CC BY 3.0 IGO, https://github.com/PPgp/wpp2024 [V].
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from difflib import get_close_matches
from functools import lru_cache
from importlib.resources import files
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ifnfactory.foundation.errors import Problem, UserInputError

Floats = NDArray[np.float64]

ATTRIBUTION: Final = (
    "Background mortality: United Nations, Department of Economic and Social Affairs, Population "
    "Division, World Population Prospects 2024 (CC BY 3.0 IGO)"
)
SEXES: Final = ("female", "male")
PERIODS: Final = ("2015-2020", "2020-2025", "2025-2030")
DEFAULT_PERIOD: Final = "2015-2020"
"""Before COVID-19, as the evidence base advises; 2025-2030 is the other good choice."""

MAX_AGE: Final = 120
"""Years of age up to which hazards are tabulated; nobody is followed beyond."""

_FILE: Final = "life_table_wpp2024.csv"


@dataclass(frozen=True)
class LifeTable:
    """Mortality of one population.

    Attributes
    ----------
    location, sex, period
        Which population; `sex` is ``"female"`` or ``"male"``.
    age
        Shape (groups,): first year of age of each group [year].
    rate
        Shape (groups,): central death rate of each group [1/year].
    """

    location: str
    sex: str
    period: str
    age: Floats
    rate: Floats

    def monthly(self) -> Floats:
        """Return the hazard of death by month of age, from birth to `MAX_AGE` [1/year].

        The rate is constant inside an age group, as the table has it. A rate that rises inside
        the group would look smoother and live up to 0.3 years longer than the table says.

        Returns
        -------
        ndarray
            Shape (MAX_AGE * 12 + 1,), each value the hazard in the month that begins there.
        """
        month = np.arange(MAX_AGE * 12 + 1) / 12
        return self.rate[np.searchsorted(self.age, month, side="right") - 1]

    def life_expectancy(self, age: float = 0.0) -> float:
        """Return the remaining years at `age` from the table itself [year].

        The textbook abridged table in closed form: what a simulation is checked against.
        """
        alive, years = 1.0, 0.0
        for start, end, rate in zip(self.age, [*self.age[1:], np.inf], self.rate, strict=True):
            if end <= age:
                continue
            span = end - max(start, age)
            years += alive * -np.expm1(-rate * span) / rate
            alive *= float(np.exp(-rate * span))
        return float(years)


@lru_cache(maxsize=1)
def _tables() -> dict[tuple[str, str, str], tuple[Floats, Floats]]:
    text = files("ifnfactory.outlook").joinpath("data", _FILE).read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    groups: dict[tuple[str, str, str], list[tuple[float, float]]] = {}
    for row in csv.DictReader(lines):
        key = (row["location"], row["sex"], row["period"])
        age = float(row["age_start"].removesuffix("+"))
        groups.setdefault(key, []).append((age, float(row["mx_per_year"])))
    sorted_groups = {key: sorted(pairs) for key, pairs in groups.items()}
    return {
        key: (np.array([age for age, _ in pairs]), np.array([rate for _, rate in pairs]))
        for key, pairs in sorted_groups.items()
    }


@lru_cache(maxsize=1)
def locations() -> tuple[str, ...]:
    """Return the names of the locations that the package has life tables of."""
    return tuple(sorted({location for location, _, _ in _tables()}))


def location_fix(name: str) -> str:
    """Return what to tell somebody who named an unknown location."""
    near = get_close_matches(name, locations(), n=1, cutoff=0.5)
    hint = f"did you mean {near[0]}? " if near else ""
    return f"{hint}there are {', '.join(locations())}"


def load_life_table(location: str, sex: str, period: str = DEFAULT_PERIOD) -> LifeTable:
    """Return the life table of one population.

    Raises
    ------
    UserInputError
        If there is no such location, sex or period: all that is wrong at once.
    """
    problems: list[Problem] = []
    if location not in locations():
        what = f"unknown location {location!r}"
        problems.append(Problem(what, "location", location_fix(location)))
    if sex not in SEXES:
        problems.append(Problem(f"unknown sex {sex!r}", "sex", 'write "female" or "male"'))
    if period not in PERIODS:
        fix = f"there are {', '.join(PERIODS)}"
        problems.append(Problem(f"unknown period {period!r}", "period", fix))
    if problems:
        raise UserInputError(problems)
    age, rate = _tables()[location, sex, period]
    return LifeTable(location, sex, period, age, rate)


def monthly_hazards(location: str, period: str = DEFAULT_PERIOD) -> Floats:
    """Return the background hazard by sex and month of age [1/year].

    Returns
    -------
    ndarray
        Shape (2, MAX_AGE * 12 + 1): women, then men.
    """
    return np.stack([load_life_table(location, sex, period).monthly() for sex in SEXES])
