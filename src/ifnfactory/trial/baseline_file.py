"""The ``[baseline]`` part of a protocol file, and tables that carry their source.

A field's description completes the sentence "write ...".
"""

from __future__ import annotations

from typing import Final, Literal

from pydantic import Field, model_validator

from ifnfactory.foundation.sections import (
    Finite,
    NotNegative,
    Positive,
    Section,
    Share,
    Tag,
    Text,
    fault,
)

_SUM_TOLERANCE: Final = 0.005


class Sourced(Section):
    """A table of numbers with their origin."""

    source: Text = Field(description="the citation or reason of the numbers")
    tag: Tag = Field(description="an evidence tag: V, U-H, U-M, U-L, D, S or prior")
    default: bool = Field(
        False, description="true where the trial gives no value and a default is used"
    )
    note: str = Field("", description="arithmetic or reservation")


class ShareFile(Sourced):
    """A share of patients."""

    value: Share = Field(description="a share between 0 and 1")


class GenotypeFile(Sourced):
    """Shares of the HBV genotypes; `other` is left out of the simulated trial."""

    A: Share = Field(description="a share between 0 and 1")
    B: Share = Field(description="a share between 0 and 1")
    C: Share = Field(description="a share between 0 and 1")
    D: Share = Field(description="a share between 0 and 1")
    other: Share = Field(0.0, description="the share with other or unknown genotypes")

    @model_validator(mode="after")
    def _sum_is_one(self) -> GenotypeFile:
        total = self.A + self.B + self.C + self.D + self.other
        if abs(total - 1) > _SUM_TOLERANCE:
            raise fault(
                f"the genotype shares sum to {total:.3g}, not 1",
                "correct them, or put the rest into other = ...",
            )
        if self.A + self.B + self.C + self.D <= 0:
            raise fault("nobody has genotype A to D", "give at least one of A, B, C, D a share")
        return self


class _Spread(Sourced):
    sd: NotNegative = Field(description="a standard deviation of 0 or more")
    sd_source: str = Field("", description="the origin of the SD, where it differs from source")
    sd_tag: Tag | None = Field(None, description="the evidence tag of the SD, where it differs")


class AgeFile(_Spread):
    """Age at entry."""

    mean: Positive = Field(le=100, description="a mean age in years")
    unit: Literal["year"] = Field(description='"year"')


class WeightFile(_Spread):
    """Body weight at entry."""

    mean: Positive = Field(ge=20, le=250, description="a mean weight in kg")
    unit: Literal["kg"] = Field(description='"kg"')


class DnaFile(_Spread):
    """log10 of serum HBV DNA at entry."""

    mean: Finite = Field(ge=0, le=13, description="a mean of log10 HBV DNA between 0 and 13")
    unit: Literal["IU/mL", "copies/mL"] = Field(description='"IU/mL" or "copies/mL"')


class HbsagFile(_Spread):
    """log10 of HBsAg at entry."""

    mean: Finite = Field(ge=-2, le=7, description="a mean of log10 HBsAg between -2 and 7")
    unit: Literal["IU/mL"] = Field(description='"IU/mL"')


class AltFile(Sourced):
    """ALT at entry: mean and SD as printed, or median and SD of the natural logarithm."""

    mean: Positive | None = Field(None, description="a mean above 0, together with sd")
    sd: NotNegative | None = Field(None, description="an SD of 0 or more, together with mean")
    median: Positive | None = Field(None, description="a median above 0, together with log_sd")
    log_sd: NotNegative | None = Field(None, description="an SD of ln ALT, together with median")
    unit: Literal["U/L", "xULN"] = Field(description='"U/L" or "xULN"')
    sd_source: str = Field("", description="the origin of the SD, where it differs from source")
    sd_tag: Tag | None = Field(None, description="the evidence tag of the SD, where it differs")

    @model_validator(mode="after")
    def _one_pair(self) -> AltFile:
        moments = (self.mean is not None, self.sd is not None)
        quantiles = (self.median is not None, self.log_sd is not None)
        if (moments, quantiles) not in (
            ((True, True), (False, False)),
            ((False, False), (True, True)),
        ):
            raise fault(
                "ALT is given incompletely or twice", "give mean and sd, or median and log_sd"
            )
        return self


class YearsFile(Sourced):
    """Years on a nucleos(t)ide analogue up to the first visit, the same for all."""

    value: NotNegative = Field(le=60, description="years between 0 and 60")
    unit: Literal["year"] = Field(description='"year"')


class BaselineFile(Section):
    """The baseline table of the trial."""

    hbeag_positive_share: ShareFile = Field(description="a table with value, source and tag")
    genotype: GenotypeFile = Field(description="a table with A, B, C, D, source and tag")
    age: AgeFile = Field(description="a table with mean, sd, unit, source and tag")
    male_share: ShareFile = Field(description="a table with value, source and tag")
    weight: WeightFile = Field(description="a table with mean, sd, unit, source and tag")
    log10_hbv_dna: DnaFile = Field(description="a table with mean, sd, unit, source and tag")
    log10_hbsag: HbsagFile = Field(description="a table with mean, sd, unit, source and tag")
    alt: AltFile = Field(description="a table with mean, sd, unit, source and tag")
    cirrhosis_share: ShareFile = Field(description="a table with value, source and tag")
    prior_na_years: YearsFile = Field(description="a table with value, unit, source and tag")
    prior_interferon_share: ShareFile | None = Field(
        None, description="a table with value, source and tag"
    )
