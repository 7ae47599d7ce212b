"""``COUNTRY.toml`` and policy files as their schemas.

A field's description completes the sentence "write ...".
"""

from __future__ import annotations

from typing import Final

from pydantic import Field, model_validator

from ifnfactory.foundation.sections import Positive, Section, Share, Tag, Text, fault
from ifnfactory.outlook.cohort_file import (
    AgeFile,
    FibrosisFile,
    HbsagFile,
    PhasesFile,
    WorldFile,
)

FIRST_YEAR: Final = 1990
LAST_YEAR: Final = 2100


class DeathsFile(Section):
    """One published estimate of the deaths by hepatitis B in the start year."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$", description='a short name, e.g. "who"')
    deaths: Positive = Field(description="deaths in the start year")
    source: Text = Field(description="who estimated them, and what is counted")


class CountryFile(WorldFile):
    """A country's infected population in the start year."""

    title: Text = Field(description="a title")
    infected: Positive = Field(description="people with HBsAg in the start year")
    start_year: int = Field(2025, ge=FIRST_YEAR, le=LAST_YEAR, description="a year")
    end_year: int = Field(2050, ge=FIRST_YEAR, le=LAST_YEAR, description="a later year")
    age: AgeFile = Field(description="e.g. {mean = 45, sd = 15, low = 0, high = 95}")
    male: Share = Field(description="the share of men between 0 and 1")
    phases: PhasesFile = Field(description="e.g. {negative_infection = 0.7, ...}")
    compensated: Share = Field(0.0, description="the share with compensated cirrhosis")
    decompensated: Share = Field(0.0, description="the share with decompensated cirrhosis")
    hcc: Share = Field(0.0, description="the share with hepatocellular carcinoma")
    fibrosis: FibrosisFile | None = Field(None, description="e.g. {F0 = 0.2, F1 = 0.8}")
    hbsag: HbsagFile | None = Field(None, description="HBsAg in log10 IU/mL")
    genotypes: dict[str, Share] = Field({}, description="shares, e.g. {B = 0.3, C = 0.7}")
    diagnosed: Share = Field(description="the share of the infected who know it")
    treated_of_eligible: Share = Field(description="the share of the eligible on treatment")
    deaths: list[DeathsFile] = Field(
        [], description="one [[deaths]] for each published estimate; the world's if absent"
    )
    source: str = Field("", description="where the numbers come from")
    tag: Tag = Field("prior", description="an evidence tag: V, U-H, U-M, U-L, D, S or prior")

    @model_validator(mode="after")
    def _agrees(self) -> CountryFile:
        if self.end_year <= self.start_year:
            raise fault(
                f"end_year {self.end_year} is not after start_year {self.start_year}",
                "write a later year",
            )
        if self.treated_of_eligible > self.diagnosed:
            raise fault(
                f"more are treated ({self.treated_of_eligible:g}) than diagnosed "
                f"({self.diagnosed:g})",
                "treated_of_eligible cannot be above diagnosed",
            )
        if self.compensated + self.decompensated + self.hcc > 1:
            raise fault("more than everybody has cirrhosis or HCC", "correct the shares")
        return self


class RampFile(Section):
    """A share that is reached by a year, in even steps from today's."""

    share: Share = Field(description="a share between 0 and 1")
    by: int = Field(ge=FIRST_YEAR, le=LAST_YEAR, description="the year in which it is reached")


class CureFile(Section):
    """A finite therapy that can end in functional cure."""

    coverage: Share = Field(description="the share of the diagnosed to whom it is offered")
    from_year: int = Field(ge=FIRST_YEAR, le=LAST_YEAR, description="the year of the first offer")
    by: int = Field(ge=FIRST_YEAR, le=LAST_YEAR, description="the year of the last offer")
    chance: Share = Field(description="the chance of functional cure of who is fit for it")

    @model_validator(mode="after")
    def _in_order(self) -> CureFile:
        if self.by < self.from_year:
            raise fault("the last offer comes before the first", "write by after from_year")
        return self


class PolicyFile(Section):
    """What is done; what is left out stays as it is."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$", description="a short name in lower case")
    label: Text = Field(description="the name in words")
    diagnosed: RampFile | None = Field(None, description="a table [diagnosed]")
    treated: RampFile | None = Field(None, description="a table [treated], of the eligible")
    cure: CureFile | None = Field(None, description="a table [cure]")
    source: str = Field("", description="where the numbers come from")
    tag: Tag = Field("prior", description="an evidence tag: V, U-H, U-M, U-L, D, S or prior")


class PolicyListFile(Section):
    """Several policies in one file, or the keys of one."""

    policy: list[PolicyFile] = Field(min_length=1, description="one [[policy]] for each policy")
