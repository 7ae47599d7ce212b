"""``COHORT.toml`` as its schema: every key, its unit and its limits.

A field's description completes the sentence "write ...".
"""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import Field, field_validator, model_validator

from ifnfactory.foundation.sections import Finite, NotNegative, Section, Share, Tag, Text, fault
from ifnfactory.outlook.life_table import (
    DEFAULT_PERIOD,
    PERIODS,
    location_fix,
    locations,
)

GENOTYPES: Final = ("A", "B", "C", "D", "E", "F", "G", "H")
MAX_START_AGE: Final = 110
_SUM_TOLERANCE: Final = 0.005
_SPREAD_FIX: Final = "write mean = ..., sd = ... or low = ..., high = ..."

Age = Annotated[float, Field(ge=0, le=MAX_START_AGE)]


class SpreadFile(Section):
    """A normal distribution cut off at its limits; without `sd`, even between the limits."""

    mean: Finite | None = Field(None, description="the mean")
    sd: NotNegative | None = Field(None, description="a standard deviation of 0 or more")
    low: Finite | None = Field(None, description="the lowest value")
    high: Finite | None = Field(None, description="the highest value")

    @model_validator(mode="after")
    def _is_complete(self) -> SpreadFile:
        if (self.mean is None) != (self.sd is None):
            raise fault("a mean goes with an SD", _SPREAD_FIX)
        if self.mean is None and (self.low is None or self.high is None):
            raise fault("a spread without numbers", _SPREAD_FIX)
        if self.low is not None and self.high is not None and self.low > self.high:
            raise fault(f"low = {self.low:g} is above high = {self.high:g}", "exchange them")
        return self


class AgeFile(SpreadFile):
    """Ages; who is older than a life table reaches cannot be followed."""

    mean: Age | None = Field(None, description="a mean age between 0 and 110 years")
    low: Age | None = Field(None, description="an age between 0 and 110 years")
    high: Age | None = Field(None, description="an age between 0 and 110 years")


PhaseName = Literal[
    "positive_infection", "positive_hepatitis", "negative_infection", "negative_hepatitis", "cured"
]
Dna = Annotated[float, Field(ge=-2, le=11)]
Hbsag = Annotated[float, Field(ge=-3, le=6)]
Alt = Annotated[float, Field(ge=5, le=5_000)]
_DNA_FIX: Final = "HBV DNA in log10 IU/mL, -2 to 11 (20,000 IU/mL is 4.3)"
_HBSAG_FIX: Final = "HBsAg in log10 IU/mL, -3 to 6 (1,000 IU/mL is 3)"
_ALT_FIX: Final = "ALT in U/L, 5 to 5,000 (1 ukat/L is 60 U/L)"


class DnaFile(SpreadFile):
    """HBV DNA as a logarithm; a number of IU/mL lies beyond the limits."""

    mean: Dna | None = Field(None, description=_DNA_FIX)
    low: Dna | None = Field(None, description=_DNA_FIX)
    high: Dna | None = Field(None, description=_DNA_FIX)


class HbsagFile(SpreadFile):
    """HBsAg as a logarithm; a number of IU/mL lies beyond the limits."""

    mean: Hbsag | None = Field(None, description=_HBSAG_FIX)
    low: Hbsag | None = Field(None, description=_HBSAG_FIX)
    high: Hbsag | None = Field(None, description=_HBSAG_FIX)


class AltFile(SpreadFile):
    """ALT in U/L; a number of ukat/L lies below the limits."""

    mean: Alt | None = Field(None, description=_ALT_FIX)
    low: Alt | None = Field(None, description=_ALT_FIX)
    high: Alt | None = Field(None, description=_ALT_FIX)


class PhasesFile(Section):
    """Shares of the phases of the infection."""

    positive_infection: Share = Field(0.0, description="a share between 0 and 1")
    positive_hepatitis: Share = Field(0.0, description="a share between 0 and 1")
    negative_infection: Share = Field(0.0, description="a share between 0 and 1")
    negative_hepatitis: Share = Field(0.0, description="a share between 0 and 1")
    cured: Share = Field(0.0, description="a share between 0 and 1")

    @model_validator(mode="after")
    def _sum_is_one(self) -> PhasesFile:
        total = sum(getattr(self, name) for name in PhasesFile.model_fields)
        if abs(total - 1) > _SUM_TOLERANCE:
            raise fault(f"the phases sum to {total:.3g}, not 1", "correct the shares")
        return self


class FibrosisFile(Section):
    """Shares of the stages of fibrosis (METAVIR) among people without cirrhosis."""

    F0: Share = Field(0.0, description="a share between 0 and 1")
    F1: Share = Field(0.0, description="a share between 0 and 1")
    F2: Share = Field(0.0, description="a share between 0 and 1")
    F3: Share = Field(0.0, description="a share between 0 and 1")

    @model_validator(mode="after")
    def _sum_is_one(self) -> FibrosisFile:
        total = sum(getattr(self, name) for name in FibrosisFile.model_fields)
        if abs(total - 1) > _SUM_TOLERANCE:
            raise fault(
                f"the stages of fibrosis sum to {total:.3g}, not 1",
                "give the shares of who has no cirrhosis; cirrhosis has its own keys",
            )
        return self


class GroupFile(Section):
    """One group of people, by its distributions or by a table of persons."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$", description="a short name in lower case")
    label: str = Field("", description="the name of the group in words")
    table: Text | None = Field(None, description="a CSV file with one person a line")
    age: AgeFile | None = Field(None, description="e.g. {mean = 45, sd = 10, low = 18, high = 80}")
    male: Share = Field(0.5, description="the share of men between 0 and 1")
    phases: PhasesFile | None = Field(None, description="e.g. {negative_infection = 1.0}")
    compensated: Share = Field(0.0, description="the share with compensated cirrhosis")
    decompensated: Share = Field(0.0, description="the share with decompensated cirrhosis")
    hcc: Share = Field(0.0, description="the share with hepatocellular carcinoma")
    fibrosis: FibrosisFile | None = Field(None, description="e.g. {F0 = 0.2, F1 = 0.8}")
    fibrosis_as: PhaseName | None = Field(
        None, description='the phase that they have just left, e.g. "positive_hepatitis"'
    )
    treated: Share = Field(0.0, description="the share on a nucleos(t)ide analogue")
    reached: Share = Field(0.0, description="the share treated as soon as disease is active")
    hbv_dna: DnaFile | None = Field(None, description="HBV DNA in log10 IU/mL")
    hbsag: HbsagFile | None = Field(None, description="HBsAg in log10 IU/mL")
    alt: AltFile | None = Field(None, description="ALT in U/L, e.g. {mean = 60, sd = 30}")
    genotypes: dict[str, Share] = Field({}, description="shares, e.g. {B = 0.3, C = 0.7}")
    interferon_weeks: NotNegative = Field(
        0.0, description="weeks on an interferon before the start, e.g. 48"
    )
    source: str = Field("", description="where the numbers come from")
    tag: Tag = Field("prior", description="an evidence tag: V, U-H, U-M, U-L, D, S or prior")

    @field_validator("genotypes")
    @classmethod
    def _known(cls, shares: dict[str, float]) -> dict[str, float]:
        if strange := [name for name in shares if name not in GENOTYPES]:
            raise fault(f"unknown genotype {', '.join(strange)}", f"use {', '.join(GENOTYPES)}")
        if shares and abs(sum(shares.values()) - 1) > _SUM_TOLERANCE:
            total = sum(shares.values())
            raise fault(f"the genotypes sum to {total:.3g}, not 1", "correct the shares")
        return shares

    @model_validator(mode="after")
    def _one_way(self) -> GroupFile:
        if self.table is None and (self.age is None or self.phases is None):
            raise fault(
                f"group {self.name!r} has neither a table nor both age and phases",
                "add age = {...} and phases = {...}, or table = ...",
            )
        if self.table is not None and (self.age is not None or self.phases is not None):
            raise fault(f"group {self.name!r} has a table and distributions", "keep one of them")
        if self.fibrosis is not None and self.fibrosis_as is not None:
            raise fault(f"group {self.name!r} has two sets of stages", "keep one of them")
        if self.compensated + self.decompensated + self.hcc > 1:
            raise fault(
                f"more than everybody of {self.name!r} has cirrhosis or HCC", "correct the shares"
            )
        return self


class WorldFile(Section):
    """Where people live, and what is assumed about it."""

    location: Text = Field(description="a location with a life table, e.g. China")
    period: str = Field(DEFAULT_PERIOD, description=f"one of {', '.join(PERIODS)}")
    transplant_access: Share | None = Field(None, description="a share between 0 and 1")
    rates: dict[str, NotNegative] = Field({}, description="parameters with numbers of your own")

    @field_validator("location")
    @classmethod
    def _has_a_table(cls, name: str) -> str:
        if name not in locations():
            raise fault(f"unknown location {name!r}", location_fix(name))
        return name

    @field_validator("period")
    @classmethod
    def _is_a_period(cls, name: str) -> str:
        if name not in PERIODS:
            raise fault(f"unknown period {name!r}", f"use one of {', '.join(PERIODS)}")
        return name


class CohortFile(WorldFile):
    """People to follow."""

    title: Text = Field(description="a title")
    group: list[GroupFile] = Field(min_length=1, description="one [[group]] for each group")

    @field_validator("group")
    @classmethod
    def _different(cls, groups: list[GroupFile]) -> list[GroupFile]:
        names = [group.name for group in groups]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise fault(f"groups of the same name: {', '.join(twice)}", "give each its own name")
        if len(names) > 100:
            raise fault(f"{len(names)} groups", "use at most 100")
        return groups
