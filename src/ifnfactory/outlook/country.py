"""A country's infected population, and drawing it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np

from ifnfactory.foundation.errors import UserInputError
from ifnfactory.foundation.evidence import Source
from ifnfactory.foundation.schema_faults import schema_faults
from ifnfactory.foundation.streams import stream
from ifnfactory.foundation.toml_gate import located, parse_toml, read_text
from ifnfactory.outlook.burden_file import CountryFile
from ifnfactory.outlook.cohort import Group, draw_people, group_of
from ifnfactory.outlook.cohort_file import GroupFile
from ifnfactory.outlook.parameters import Values
from ifnfactory.outlook.people import NEVER, People, join
from ifnfactory.outlook.policy import Policy, offered_month, reached_month
from ifnfactory.outlook.rate_sums import rate_faults


@dataclass(frozen=True)
class DeathEstimate:
    """A published estimate of the deaths by hepatitis B in the start year."""

    name: str
    deaths: float
    source: Source


@dataclass(frozen=True)
class Country:
    """Who is infected, and what is done about it today.

    Attributes
    ----------
    infected
        Persons with HBsAg in the start year.
    group
        What they are like.
    diagnosed, treated
        Shares: of the infected, and of the eligible.
    deaths
        One entry an estimate; they count different things and are never averaged.
    """

    title: str
    location: str
    period: str
    transplant_access: float | None
    rates: tuple[tuple[str, float], ...]
    infected: float
    start_year: int
    end_year: int
    group: Group
    diagnosed: float
    treated: float
    deaths: tuple[DeathEstimate, ...]
    source_text: str


_WHO: Final = (
    1.1e6 / 254e6,
    "1.1 of 254 million infected in 2022, WHO Global hepatitis report 2024, per infected person",
)
_GBD: Final = (
    555e3 / 316e6,
    "555,000 of 316 million infected in 2019, GBD 2019 Hepatitis B Collaborators, per infected "
    "person",
)


def load_country(path: Path) -> Country:
    """Return the country of a file.

    Raises
    ------
    UserInputError
        If anything in it is wrong: all problems at once.
    """
    text = read_text(path, "name a COUNTRY.toml")
    raw = parse_toml(text, str(path))
    faults = schema_faults(CountryFile, raw)
    given = raw.get("rates")
    if isinstance(given, dict):
        numbers = {k: float(v) for k, v in given.items() if isinstance(v, (int, float))}
        faults += rate_faults(numbers)
    if faults:
        raise UserInputError(located(faults, text, str(path)))
    return _country(CountryFile.model_validate(raw), text)


def _country(file: CountryFile, text: str) -> Country:
    keys = (
        "age", "male", "phases", "compensated", "decompensated", "hcc", "fibrosis", "hbsag",
        "genotypes",
    )  # fmt: skip
    group = GroupFile.model_validate(
        {"name": "infected", "source": file.source, "tag": file.tag}
        | {key: getattr(file, key) for key in keys}
    )
    estimates = tuple(
        DeathEstimate(each.name, each.deaths, Source(each.source, "prior")) for each in file.deaths
    )
    world = (
        DeathEstimate("WHO", _WHO[0] * file.infected, Source(_WHO[1], "D")),
        DeathEstimate("GBD", _GBD[0] * file.infected, Source(_GBD[1], "D")),
    )
    return Country(
        title=file.title,
        location=file.location,
        period=file.period,
        transplant_access=file.transplant_access,
        rates=tuple(file.rates.items()),
        infected=file.infected,
        start_year=file.start_year,
        end_year=file.end_year,
        group=group_of(group),
        diagnosed=file.diagnosed,
        treated=file.treated_of_eligible,
        deaths=estimates or world,
        source_text=text,
    )


def draw_country(
    country: Country, policies: tuple[Policy, ...], values: Values, n: int, seed: int
) -> People:
    """Draw `n` infected people once for each policy; group k lives under policy k.

    The same person meets the same luck under every policy.
    """
    people = draw_people((country.group,), values, n, seed)
    who, when, offered = (
        stream(seed, "outlook", "burden", purpose).random(n)
        for purpose in ("diagnosis", "offer time", "offer")
    )
    # Treatment follows the order of diagnosis, so that nobody is treated before it.
    parts: list[People] = []
    for index, policy in enumerate(policies):
        known = reached_month(who, country.diagnosed, policy.diagnosed, country.start_year)
        treat = reached_month(who, country.treated, policy.treated, country.start_year)
        treat = np.where(
            known == NEVER, NEVER, np.maximum(treat, np.where(treat < 0, treat, known))
        )
        cure = offered_month(offered, when, policy.cure, country.start_year)
        cure = np.where((known == NEVER) | (cure < known), NEVER, cure)
        parts.append(
            replace(
                people,
                group=np.full(n, index, dtype=np.int8),
                treat_month=treat.astype(np.int32),
                cure_month=cure.astype(np.int32),
                cure_chance=np.full(
                    n, 0.0 if policy.cure is None else policy.cure.chance, dtype=np.float32
                ),
            )
        )
    return join(parts)
