"""From the parameters to what the kernel looks up: one record of numbers and tables.

Ratios by HBV DNA, age and sex stand relative to a reference (the typical DNA of the phase, 45 or
50 years, a cohort with 60 % men), so that a base rate is what a published cohort reported.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ifnfactory.outlook.fibrosis import OLDEST, YOUNGEST, step_tables
from ifnfactory.outlook.life_table import DEFAULT_PERIOD, MAX_AGE, monthly_hazards
from ifnfactory.outlook.parameters import Values

Floats = NDArray[np.float64]

EAST_ASIA: Final = frozenset(
    {
        "China",
        "Eastern Asia",
        "Japan",
        "Mongolia",
        "Republic of Korea",
        "South-Eastern Asia",
        "Viet Nam",
    }
)
AFRICA: Final = frozenset({"Africa", "Ghana", "Nigeria", "Sub-Saharan Africa"})
WEST: Final = frozenset(
    {"Europe", "Germany", "Italy", "Türkiye", "United Kingdom", "United States of America"}
)

DNA_LOW: Final = -2.0
DNA_STEP: Final = 0.05
DNA_CELLS: Final = 261
"""Grid of log10 HBV DNA in IU/mL: -2 to 11."""

_COPIES: Final = 0.75
"""log10 copies per IU."""

_DNA_KNOTS: Final = np.array([2.5, 3.5, 4.5, 5.5, 6.5, 7.5]) - _COPIES
"""Middles of the strata of REVEAL-HBV [log10 IU/mL]; the first is the limit, 300 copies/mL."""

_MEN: Final = 0.6
_REFERENCE_AGE: Final = 45.0
_REFERENCE_AGE_CIRRHOSIS: Final = 50.0
_PHASES: Final = (
    "positive_infection",
    "positive_hepatitis",
    "negative_infection",
    "negative_hepatitis",
)


class Rates(NamedTuple):
    """What the kernel needs to know of the world.

    Rates are per year. Arrays of five go by `Phase`; of two by sex, women first; of three by the
    infection that HBsAg is lost from (HBeAg-positive, -negative, on treatment); tables by year
    of age have `MAX_AGE` + 1 entries; tables by DNA have `DNA_CELLS`; `background` has shape
    (2, months), the mean hazard over the twelve months from an age in months; `step` has shape
    (phases, `fibrosis.STEP_CELLS`), the rate of one stage of fibrosis by the rate of cirrhosis.
    """

    activation: float
    hbeag_loss: float
    hbeag_loss_treated: float
    active_share: float
    reactivation: float
    remission: float
    hbsag_loss: Floats
    hbsag_reference: Floats
    hbsag_per_log10: float
    hbsag_fall: Floats
    hbsag_mean: Floats
    hbsag_sd: Floats
    reversion_start: float
    reversion_time: float
    anti_hbs_ratio: float
    anti_hbs_share: float
    cirrhosis: Floats
    cirrhosis_treated: float
    step: Floats
    regression: float
    stage_down: float
    hcc: Floats
    hcc_compensated: float
    hcc_decompensated: float
    hcc_treated_ratio: float
    hcc_cured_ratio: float
    decompensation: float
    decompensation_treated_ratio: float
    decompensation_cured_ratio: float
    death_compensated: float
    death_decompensated: float
    death_decompensated_treated_ratio: float
    death_cured_ratio: float
    death_hcc: float
    death_transplant_first: float
    death_transplant_later: float
    transplant_decompensated: float
    transplant_hcc: float
    dna_mean: Floats
    dna_sd: Floats
    dna_cirrhosis: Floats
    dna_hcc: Floats
    age_hbsag: Floats
    age_cirrhosis: Floats
    age_hcc: Floats
    age_hcc_cirrhosis: Floats
    sex_cirrhosis: Floats
    sex_hcc: Floats
    background: Floats


def rates_of(
    values: Values,
    location: str,
    period: str = DEFAULT_PERIOD,
    transplant_access: float | None = None,
) -> Rates:
    """Return the rates of one population under one set of values.

    Parameters
    ----------
    values
        One value a parameter.
    location, period
        Which life table; the location also says which published regional ratios hold.
    transplant_access
        Share of the published transplant rates that is reached; the parameter if None.

    Raises
    ------
    UserInputError
        If there is no such location or period.
    """
    v = values
    hcc = _regional(location, v["hcc_east_asia_ratio"], 1.0, v["hcc_west_ratio"])
    inactive = _regional(location, v["hcc_east_asia_ratio"], 1.0, v["hcc_inactive_west_ratio"])
    hbsag = _regional(location, v["hbsag_loss_east_asia_ratio"], v["hbsag_loss_africa_ratio"], 1.0)
    hbeag = _regional(location, 1.0, v["hbeag_loss_africa_ratio"], 1.0)
    access = v["transplant_access"] if transplant_access is None else transplant_access
    anti_hbs = v["anti_hbs_share"]
    unprotected = 1.0 - anti_hbs * (1.0 - v["reversion_anti_hbs_ratio"])
    early = v["reversion_time"] * -np.expm1(-4.74 / v["reversion_time"])
    years = np.arange(MAX_AGE + 1, dtype=np.float64)
    within = np.clip(years, YOUNGEST, OLDEST) - _REFERENCE_AGE
    cohort = np.clip(years, 30.0, 65.0)
    return Rates(
        activation=v["activation"],
        hbeag_loss=v["hbeag_loss"] * hbeag,
        hbeag_loss_treated=v["hbeag_loss_treated"],
        active_share=v["hbeag_loss_active_share"],
        reactivation=v["reactivation"],
        remission=v["remission"],
        hbsag_loss=np.array(
            [v["hbsag_loss_positive"], v["hbsag_loss_negative"] * hbsag, v["hbsag_loss_treated"]]
        ),
        hbsag_reference=np.array(
            [
                _mean_ratio_one(v, phase)
                for phase in ("positive_hepatitis", "negative_infection", "negative_hepatitis")
            ]
        ),
        hbsag_per_log10=v["hbsag_loss_per_log10"],
        hbsag_fall=hbsag_fall(v, years),
        hbsag_mean=_by_phase(v, "hbsag_mean", 0.0),
        hbsag_sd=_by_phase(v, "hbsag_sd", 1.0),
        reversion_start=-np.log1p(-v["reversion_cumulative"]) / early / unprotected,
        reversion_time=v["reversion_time"],
        anti_hbs_ratio=v["reversion_anti_hbs_ratio"],
        anti_hbs_share=anti_hbs,
        cirrhosis=_by_phase(v, "cirrhosis", _at_most_inactive(v, "cirrhosis")),
        cirrhosis_treated=v["cirrhosis_treated"],
        step=step_tables(v),
        regression=v["regression"],
        stage_down=v["fibrosis_regression"],
        hcc=_cancer(v, hcc, inactive),
        hcc_compensated=v["hcc_compensated"] * hcc,
        hcc_decompensated=v["hcc_decompensated"] * hcc,
        hcc_treated_ratio=v["hcc_treated_ratio"],
        hcc_cured_ratio=v["hcc_cured_ratio"],
        decompensation=v["decompensation"],
        decompensation_treated_ratio=v["decompensation_treated_ratio"],
        decompensation_cured_ratio=v["decompensation_cured_ratio"],
        death_compensated=v["death_compensated"],
        death_decompensated=v["death_decompensated"],
        death_decompensated_treated_ratio=v["death_decompensated_treated_ratio"],
        death_cured_ratio=v["death_cured_ratio"],
        death_hcc=v["death_hcc"],
        death_transplant_first=v["death_transplant_first"],
        death_transplant_later=v["death_transplant_later"],
        transplant_decompensated=v["transplant_decompensated"] * access,
        transplant_hcc=v["transplant_hcc"] * access,
        dna_mean=_by_phase(v, "dna_mean", DNA_LOW),
        dna_sd=_by_phase(v, "dna_sd", 0.0),
        dna_cirrhosis=_dna_table(v, "cirrhosis", ("300", "1e4", "1e5", "1e6", "1e6")),
        dna_hcc=_dna_table(v, "hcc", ("300", "1e4", "1e5", "1e6", "1e7")),
        age_hbsag=np.exp(v["hbsag_loss_age"] * (np.clip(years, 15.0, 75.0) - _REFERENCE_AGE)),
        age_cirrhosis=np.exp(v["cirrhosis_age"] * within),
        age_hcc=np.exp(v["hcc_age"] * (cohort - _REFERENCE_AGE)),
        age_hcc_cirrhosis=np.exp(v["hcc_age_cirrhosis"] * (cohort - _REFERENCE_AGE_CIRRHOSIS)),
        sex_cirrhosis=_sexes(v["cirrhosis_male"]),
        sex_hcc=_sexes(v["hcc_male"]),
        background=_yearly_means(monthly_hazards(location, period)),
    )


def without_hbv(rates: Rates) -> Rates:
    """Return the same world without any harm by hepatitis B: only the life table is left."""
    return rates._replace(
        cirrhosis=np.zeros(5),
        cirrhosis_treated=0.0,
        hcc=np.zeros(5),
        hcc_compensated=0.0,
        hcc_decompensated=0.0,
        decompensation=0.0,
        death_compensated=0.0,
        death_decompensated=0.0,
        death_hcc=0.0,
        death_transplant_first=0.0,
        death_transplant_later=0.0,
        transplant_decompensated=0.0,
        transplant_hcc=0.0,
    )


def genotype_ratio(values: Values) -> Mapping[str, float]:
    """Return the ratio of the HCC hazard for genotypes B and C; 1 for every other genotype.

    Relative to the mix that the base rates were seen in: 30 % B and 68 % C of East Asian patients.
    """
    c = values["hcc_genotype_c"]
    mean = (0.30 + 0.68 * c) / 0.98
    return {"B": 1.0 / mean, "C": c / mean}


def alt_ratio(values: Values, alt: Floats, phase: NDArray[np.int8]) -> Floats:
    """Return the ratio of the HCC hazard by ALT, relative to what is typical of the phase.

    Parameters
    ----------
    alt
        Shape (people,) [U/L]; not a number where unknown, which gives 1.
    phase
        Shape (people,): codes of `Phase`; infection has ALT 15-44, hepatitis 45 and more.
    """
    steps = np.array([0.0, values["hcc_alt_15"], values["hcc_alt_45"]])
    own = steps[np.digitize(np.nan_to_num(alt), [15.0, 45.0])]
    typical = steps[np.array([1, 2, 1, 2, 1])[phase]]
    return np.where(np.isnan(alt), 1.0, np.exp(own - typical))


def _regional(location: str, east_asia: float, africa: float, west: float) -> float:
    if location in EAST_ASIA:
        return east_asia
    if location in AFRICA:
        return africa
    return west if location in WEST else 1.0


def _by_phase(values: Values, prefix: str, cured: float) -> Floats:
    return np.array([*(values[f"{prefix}_{phase}"] for phase in _PHASES), cured])


def _at_most_inactive(values: Values, kind: str, region: float = 1.0) -> float:
    """Return the rate after cure: as published, but never above that of inactive infection.

    The published rates come from cohorts that were cured late, after years of hepatitis.
    """
    return min(values[f"{kind}_cured"], values[f"{kind}_negative_infection"] * region)


def _cancer(values: Values, region: float, inactive: float) -> Floats:
    """Return the rates of HCC by phase; `region` and `inactive` are ratios of the region."""
    rates = _by_phase(values, "hcc", _at_most_inactive(values, "hcc", inactive))
    return rates * np.array([region, region, inactive, region, 1.0])


def hbsag_fall(values: Values, age: Floats) -> Floats:
    """Return how much lower log10 HBsAg is at an age than at 45, without HBeAg; any shape.

    Whoever enters older enters lower: a cohort of 36 years, followed for ten, is then the cohort
    of 46 years that somebody else saw.
    """
    return values["hbsag_decline"] * (np.clip(age, 15.0, 75.0) - _REFERENCE_AGE)


def _mean_ratio_one(values: Values, phase: str) -> float:
    """Return the log10 HBsAg at which the ratio is 1, so that it is 1 on average in `phase`."""
    spread = values[f"hbsag_sd_{phase}"]
    return values[f"hbsag_mean_{phase}"] - values["hbsag_loss_per_log10"] * spread**2 / 2.0


def _sexes(male: float) -> Floats:
    mean = _MEN * male + (1.0 - _MEN)
    return np.array([1.0 / mean, male / mean])


def _dna_table(values: Values, kind: str, names: tuple[str, ...]) -> Floats:
    """Return the hazard ratio by DNA over <300 copies/mL, log-linear between the strata."""
    knots = np.log([1.0, *(values[f"{kind}_dna_{name}"] for name in names)])
    grid = DNA_LOW + DNA_STEP * np.arange(DNA_CELLS)
    return np.exp(np.interp(grid, _DNA_KNOTS, knots))


def _yearly_means(monthly: Floats) -> Floats:
    """Return the mean of each month's hazard and the eleven after it; the last is repeated."""
    padded = np.concatenate([monthly, np.repeat(monthly[:, -1:], 12, axis=1)], axis=1)
    total = np.concatenate([np.zeros((2, 1)), np.cumsum(padded, axis=1)], axis=1)
    return np.ascontiguousarray((total[:, 12:-1] - total[:, :-13]) / 12.0)
