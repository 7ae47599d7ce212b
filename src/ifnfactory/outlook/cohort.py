"""A cohort: groups of people as distributions or as a table, and drawing people from them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from ifnfactory.foundation.errors import Problem, UserInputError
from ifnfactory.foundation.evidence import Source
from ifnfactory.foundation.schema_faults import schema_faults
from ifnfactory.foundation.streams import stream
from ifnfactory.foundation.toml_gate import located, parse_toml, read_text
from ifnfactory.outlook.cohort_file import MAX_START_AGE, CohortFile, GroupFile, SpreadFile
from ifnfactory.outlook.fibrosis import stages_of
from ifnfactory.outlook.findings import people_of
from ifnfactory.outlook.parameters import Values
from ifnfactory.outlook.people import People, join
from ifnfactory.outlook.person_table import PersonTable, read_persons
from ifnfactory.outlook.rate_sums import rate_faults
from ifnfactory.outlook.states import Liver, Phase

Floats = NDArray[np.float64]

RANK_CORRELATION: Final = 0.5
"""Between HBV DNA and HBsAg inside a phase [prior: positive in every cohort, size not verified]."""


@dataclass(frozen=True)
class Spread:
    """A normal distribution cut off at `low` and `high`; even between them where `sd` is None."""

    mean: float
    sd: float | None
    low: float
    high: float

    def at(self, quantile: Floats) -> Floats:
        """Return the values at quantiles, any shape."""
        if self.sd is None:
            return self.low + (self.high - self.low) * quantile
        if self.sd == 0:
            return np.full_like(quantile, np.clip(self.mean, self.low, self.high))
        first, last = (ndtr((end - self.mean) / self.sd) for end in (self.low, self.high))
        drawn = self.mean + self.sd * ndtri(first + (last - first) * quantile)
        return np.clip(drawn, self.low, self.high)


@dataclass(frozen=True)
class Group:
    """People of one kind.

    Attributes
    ----------
    name, label
        Identifier, and words.
    age
        [year]
    male, compensated, decompensated, hcc, treated
        Shares.
    fibrosis
        Four shares, F0 to F3, of who has no cirrhosis; None for what is typical of the phase.
    fibrosis_as
        The phase whose stages they have instead of their own: that which they have just left.
    reached
        Share of the untreated who are treated as soon as the disease is active.
    phases
        Five shares, by `Phase`.
    hbv_dna, hbsag
        [log10 IU/mL]; None for what is typical of the phase.
    alt
        [U/L]; None for what is typical of the phase.
    genotypes
        Pairs of genotype and share; empty for a mix on which no ratio is put.
    interferon_weeks
        Weeks on an interferon before the start.
    persons
        A table of persons instead of all that.
    source
        Where the description comes from.
    """

    name: str
    label: str
    age: Spread
    male: float
    phases: tuple[float, ...]
    compensated: float
    decompensated: float
    hcc: float
    fibrosis: tuple[float, ...] | None
    fibrosis_as: Phase | None
    treated: float
    reached: float
    hbv_dna: Spread | None
    hbsag: Spread | None
    alt: Spread | None
    genotypes: tuple[tuple[str, float], ...]
    interferon_weeks: float
    persons: PersonTable | None
    source: Source


@dataclass(frozen=True)
class Cohort:
    """People to follow, and the world they live in.

    Attributes
    ----------
    rates
        Pairs of parameter and the user's own number.
    source_text
        The file.
    """

    title: str
    location: str
    period: str
    transplant_access: float | None
    groups: tuple[Group, ...]
    rates: tuple[tuple[str, float], ...]
    source_text: str


def load_cohort(path: Path) -> Cohort:
    """Return the cohort of a file.

    Raises
    ------
    UserInputError
        If anything in it, or in the tables that it names, is wrong: all problems at once.
    """
    text = read_text(path, "name a COHORT.toml or a run folder")
    return parse_cohort(text, str(path), path.parent)


def parse_cohort(text: str, file: str, folder: Path) -> Cohort:
    """Return the cohort that `text` describes; tables of persons lie in `folder`."""
    raw = parse_toml(text, file)
    faults = schema_faults(CohortFile, raw)
    given = raw.get("rates")
    if isinstance(given, dict):
        numbers = {k: v for k, v in given.items() if isinstance(v, (int, float))}
        faults += rate_faults({name: float(value) for name, value in numbers.items()})
    problems = located(faults, text, file)
    tables = _tables(raw, folder, problems)
    if problems:
        raise UserInputError(problems)
    model = CohortFile.model_validate(raw)
    return Cohort(
        title=model.title,
        location=model.location,
        period=model.period,
        transplant_access=model.transplant_access,
        groups=tuple(group_of(group, tables.get(group.name)) for group in model.group),
        rates=tuple(model.rates.items()),
        source_text=text,
    )


def _tables(
    raw: Mapping[str, object], folder: Path, problems: list[Problem]
) -> dict[str, PersonTable]:
    """Read every table that the groups name; what is wrong with it goes to `problems`."""
    found: dict[str, PersonTable] = {}
    groups = raw.get("group")
    for group in groups if isinstance(groups, list) else []:
        if isinstance(group, dict) and isinstance(group.get("table"), str):
            try:
                found[str(group.get("name"))] = read_persons(folder / group["table"])
            except UserInputError as error:
                problems.extend(error.problems)
    return found


def group_of(file: GroupFile, persons: PersonTable | None = None) -> Group:
    """Return the group that one section describes."""
    phases = file.phases
    shares = (0.0,) * 5 if phases is None else tuple(float(s) for _, s in phases)
    return Group(
        name=file.name,
        label=file.label or file.name.replace("_", " "),
        age=_spread(file.age, 0.0, MAX_START_AGE) or Spread(0.0, 0.0, 0.0, MAX_START_AGE),
        male=file.male,
        phases=shares,
        compensated=file.compensated,
        decompensated=file.decompensated,
        hcc=file.hcc,
        fibrosis=None if file.fibrosis is None else tuple(float(s) for _, s in file.fibrosis),
        fibrosis_as=None if file.fibrosis_as is None else Phase[file.fibrosis_as.upper()],
        treated=file.treated,
        reached=file.reached,
        hbv_dna=_spread(file.hbv_dna, -2.0, 11.0),
        hbsag=_spread(file.hbsag, -1.301, 6.0),
        alt=_spread(file.alt, 5.0, 5_000.0),
        genotypes=tuple(file.genotypes.items()),
        interferon_weeks=file.interferon_weeks,
        persons=persons,
        source=Source(file.source or "the user's file", file.tag),
    )


def _spread(file: SpreadFile | None, low: float, high: float) -> Spread | None:
    if file is None:
        return None
    ends = (low if file.low is None else file.low, high if file.high is None else file.high)
    middle = sum(ends) / 2 if file.mean is None else file.mean
    return Spread(middle, file.sd, *ends)


def draw_people(groups: tuple[Group, ...], values: Values, n: int, seed: int) -> People:
    """Draw `n` people of each group.

    Person i of a group is the same for any `n`, and person i of every group meets the same luck.

    Parameters
    ----------
    values
        Parameters in force: they say what HBV DNA and HBsAg are typical of a phase.
    seed
        Of the draws.
    """
    return join([_draw(group, values, n, seed, index) for index, group in enumerate(groups)])


def _draw(group: Group, values: Values, n: int, seed: int, index: int) -> People:
    def quantile(purpose: str) -> Floats:
        return stream(seed, "outlook", "cohort", purpose).random(n)

    ranks = _ranks(quantile("dna"), quantile("hbsag"))
    place, age = quantile("fibrosis"), group.age.at(quantile("age"))
    if group.persons is not None:
        return group.persons.people(values, n, index, ranks, place)
    phase = _choose(group.phases, quantile("phase")).astype(np.int8)
    cirrhosis = quantile("cirrhosis")
    edges = np.cumsum([group.hcc, group.decompensated, group.compensated])
    livers = (Liver.HCC, Liver.DECOMPENSATED, Liver.COMPENSATED, Liver.NO_CIRRHOSIS)
    liver = np.array(livers)[np.searchsorted(edges, cirrhosis, side="right")]
    alt = np.full(n, np.nan) if group.alt is None else group.alt.at(quantile("alt"))
    letters = np.array([name for name, _ in group.genotypes] or ["-"])
    shares = tuple(share for _, share in group.genotypes) or (1.0,)
    genotype = letters[_choose(shares, quantile("genotype"))]
    markers = [
        None if spread is None else spread.at(ndtr(rank))
        for spread, rank in zip((group.hbv_dna, group.hbsag), ranks, strict=True)
    ]
    people = people_of(
        values,
        key=np.arange(n, dtype=np.int64),
        group=index,
        age=age,
        male=quantile("sex") < group.male,
        phase=phase,
        liver=liver.astype(np.int8),
        stage=_stages(group, values, phase, age, place),
        treated=(quantile("treated") < group.treated) & (phase != Phase.CURED),
        dna=markers[0],
        hbsag=markers[1],
        ranks=ranks,
        alt=alt,
        genotype=genotype,
        anti_hbs=quantile("anti_hbs") < values["anti_hbs_share"],
    )
    people.treat_month[quantile("reached") < group.reached] = 0
    return people


def _stages(
    group: Group, values: Values, phase: NDArray[np.int8], age: Floats, place: Floats
) -> NDArray[np.int8]:
    if group.fibrosis is None:
        like = phase if group.fibrosis_as is None else np.full_like(phase, group.fibrosis_as)
        return stages_of(values, like, age, place)
    return _choose(group.fibrosis, place).astype(np.int8)


def _ranks(first: Floats, second: Floats) -> tuple[Floats, Floats]:
    """Return two standard normal columns with the correlation of HBV DNA and HBsAg."""
    dna, free = ndtri(first), ndtri(second)
    return dna, RANK_CORRELATION * dna + np.sqrt(1.0 - RANK_CORRELATION**2) * free


def _choose(shares: tuple[float, ...], quantile: Floats) -> NDArray[np.int64]:
    edges = np.cumsum(shares) / sum(shares)
    return np.minimum(np.searchsorted(edges, quantile, side="right"), len(shares) - 1)
