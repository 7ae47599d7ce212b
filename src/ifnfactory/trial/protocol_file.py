"""The protocol file as its schema: every key, its unit and its limits.

The models say what one section may hold. What sections must agree on is in `protocol_checks`.
A field's description completes the sentence "write ...".
"""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Annotated, Final, Literal

from pydantic import Field, ValidationInfo, field_validator, model_validator

from ifnfactory.foundation.errors import UserInputError
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
from ifnfactory.foundation.units import parse_quantity
from ifnfactory.pharmacology.dose import parse_dose, parse_interval
from ifnfactory.pharmacology.drug import load_drug
from ifnfactory.trial.baseline_file import BaselineFile, Sourced
from ifnfactory.trial.endpoints import parse_endpoint

LAST_WEEK: Final = 5_218.0
"""A hundred years: nobody is followed longer, and integrating longer ends in overflow."""
DNA_UNITS: Final = ("IU/mL", "copies/mL")
CELL_UNITS: Final = {"x10^9/L": 1.0, "/uL": 1e-3, "/mm3": 1e-3}
"""Units of blood counts, in 1e9/L."""
_COUNT_TOLERANCE: Final = 1.0
"""How far a published percentage may lie from k of n, in points: some are rounded twice."""


def _quantity(text: str, units: tuple[str, ...], example: str) -> str:
    try:
        value, unit = parse_quantity(text)
    except ValueError as error:
        raise fault(str(error), f'write for example "{example}"') from error
    if unit not in units:
        raise fault(
            f"{text!r} has the unit {unit!r}",
            f'use {" or ".join(units)}, for example "{example}"',
        )
    if not 0 <= value < math.inf:
        raise fault(f"{text!r} cannot be negative or infinite", f'write for example "{example}"')
    return text


def _count(text: str, example: str, highest: float) -> str:
    _quantity(text, tuple(CELL_UNITS), example)
    if (value := cells(text)) > highest:
        raise fault(f"{text!r} is {value:g} x10^9/L, which nobody has", "look at the unit")
    return text


def cells(text: str) -> float:
    """Return a blood count in 1e9/L."""
    value, unit = parse_quantity(text)
    return value * CELL_UNITS[unit]


class PopulationFile(Sourced):
    """Whom the trial let in."""

    hbeag: Literal["positive", "negative", "any"] = Field(
        description='"positive", "negative" or "any"'
    )
    hbv_dna_min: str | None = Field(None, description='e.g. "500000 copies/mL"')
    hbv_dna_max: str | None = Field(None, description='e.g. "2000 IU/mL"')
    hbsag_min: str | None = Field(None, description='e.g. "100 IU/mL"')
    hbsag_max: str | None = Field(None, description='e.g. "1500 IU/mL"')
    alt_min: str | None = Field(None, description='e.g. "1 xULN"')
    alt_max: str | None = Field(None, description='e.g. "10 xULN"')
    age_min: float = Field(18.0, ge=18, le=100, description="an age of 18 years or more")
    age_max: float | None = Field(None, gt=18, description="an age above age_min")
    neutrophils_min: str | None = Field(None, description='e.g. "1500 /uL" or "1.5 x10^9/L"')
    neutrophils_max: str | None = Field(None, description='e.g. "8 x10^9/L"')
    platelets_min: str | None = Field(None, description='e.g. "90000 /uL" or "90 x10^9/L"')
    platelets_max: str | None = Field(None, description='e.g. "400 x10^9/L"')
    creatinine_clearance_min: str | None = Field(None, description='e.g. "50 mL/min"')
    creatinine_clearance_max: str | None = Field(None, description='e.g. "150 mL/min"')
    contraindications: list[str] = Field(
        [], description='documents whose contraindications hold, e.g. ["contraindications_2016"]'
    )
    criteria: list[str] = Field([], description="other criteria in words, which are not simulated")

    @field_validator("hbv_dna_min", "hbv_dna_max")
    @classmethod
    def _dna(cls, text: str | None) -> str | None:
        return text if text is None else _quantity(text, DNA_UNITS, "500000 copies/mL")

    @field_validator("hbsag_min", "hbsag_max")
    @classmethod
    def _hbsag(cls, text: str | None) -> str | None:
        return text if text is None else _quantity(text, ("IU/mL",), "1500 IU/mL")

    @field_validator("alt_min", "alt_max")
    @classmethod
    def _alt(cls, text: str | None) -> str | None:
        return text if text is None else _quantity(text, ("U/L", "xULN"), "1 xULN")

    @field_validator("neutrophils_min", "neutrophils_max")
    @classmethod
    def _neutrophils(cls, text: str | None) -> str | None:
        return text if text is None else _count(text, "1.5 x10^9/L", 50.0)

    @field_validator("platelets_min", "platelets_max")
    @classmethod
    def _platelets(cls, text: str | None) -> str | None:
        return text if text is None else _count(text, "90 x10^9/L", 2000.0)

    @field_validator("creatinine_clearance_min", "creatinine_clearance_max")
    @classmethod
    def _clearance(cls, text: str | None) -> str | None:
        return text if text is None else _quantity(text, ("mL/min",), "50 mL/min")


class LaboratoryFile(Sourced):
    """Limits of the trial's laboratory; what is left out is the program's default."""

    hbv_dna_lloq: str | None = Field(None, description='e.g. "200 copies/mL"')
    hbsag_lloq: str | None = Field(None, description='e.g. "0.05 IU/mL"')
    hbv_rna_lloq: str | None = Field(None, description='e.g. "200 copies/mL"')
    alt_uln: str | None = Field(None, description='e.g. "40 U/L"')

    @field_validator("hbv_dna_lloq", "hbsag_lloq", "hbv_rna_lloq", "alt_uln")
    @classmethod
    def _limit(cls, text: str | None, info: ValidationInfo) -> str | None:
        if text is None:
            return None
        units, example = {
            "hbv_dna_lloq": (DNA_UNITS, "200 copies/mL"),
            "hbsag_lloq": (("IU/mL",), "0.05 IU/mL"),
            "hbv_rna_lloq": (("copies/mL",), "200 copies/mL"),
            "alt_uln": (("U/L",), "40 U/L"),
        }[str(info.field_name)]
        _quantity(text, units, example)
        if parse_quantity(text)[0] <= 0:
            raise fault(f"{text!r} is not above zero", f'write for example "{example}"')
        return text


class AttendanceFile(Sourced):
    """How fast patients are lost to follow-up."""

    lost_per_year: float = Field(
        ge=0, lt=1, description="the hazard of leaving per year, between 0 and 1"
    )


class HabitFile(Section):
    """How patients take one class of drugs."""

    taken: Share = Field(description="the mean share of doses taken, between 0 and 1")
    spread: NotNegative = Field(0.0, description="the SD of that share between patients")
    pauses_per_year: NotNegative = Field(
        0.0, le=52, description="how often a patient stops taking it for a while, 0 to 52 a year"
    )
    pause_weeks: Positive | None = Field(None, description="the mean length of a pause in weeks")

    @model_validator(mode="after")
    def _agrees_with_itself(self) -> HabitFile:
        if self.spread and self.spread**2 >= self.taken * (1 - self.taken):
            raise fault(
                f"shares with a mean of {self.taken:g} cannot have an SD of {self.spread:g}",
                f"give a spread below {math.sqrt(self.taken * (1 - self.taken)):.2g}, or 0",
            )
        if (self.pauses_per_year > 0) != (self.pause_weeks is not None):
            raise fault(
                "pauses have a number and a length",
                "give pauses_per_year above 0 and pause_weeks, or neither",
            )
        return self


class AdherenceFile(Sourced):
    """How patients take their drugs; a class that is left out is taken as it is given."""

    interferon: HabitFile | None = Field(None, description="a table [adherence.interferon]")
    nucleoside: HabitFile | None = Field(None, description="a table [adherence.nucleoside]")
    other: HabitFile | None = Field(
        None, description="a table [adherence.other], for drugs that are neither"
    )

    @model_validator(mode="after")
    def _says_something(self) -> AdherenceFile:
        if self.interferon is None and self.nucleoside is None and self.other is None:
            raise fault(
                "no class of drugs is named",
                "add [adherence.interferon], [adherence.nucleoside] or [adherence.other]",
            )
        return self


class ScheduleFile(Section):
    """When patients are seen."""

    visits: list[float] = Field(
        min_length=1, description="a list of weeks, from 0, each later than the one before"
    )
    follow_up_weeks: NotNegative = Field(description="weeks seen after the end of treatment")

    @field_validator("visits")
    @classmethod
    def _in_order(cls, visits: list[float]) -> list[float]:
        if any(not math.isfinite(week) for week in visits):
            raise fault("a visit has no finite week", "write weeks as numbers")
        if early := [week for week in visits if week < 0]:
            weeks = ", ".join(f"{week:g}" for week in early)
            raise fault(f"visit before baseline (week {weeks})", "begin with the visit in week 0")
        if max(visits) > LAST_WEEK:
            told = f"the visit in week {max(visits):g} is more than 100 years after baseline"
            raise fault(told, "give weeks, not days or hours")
        if visits[0] != 0:
            raise fault("there is no baseline visit", "begin with the visit in week 0")
        for before, after in pairwise(visits):
            if after <= before:
                raise fault(
                    f"the visit in week {after:g} follows the one in week {before:g}",
                    "put each week once, in the order of time",
                )
        return visits


class CourseFile(Section):
    """One drug from one week to another."""

    drug: Text = Field(description='a drug, e.g. "peginterferon_alfa_2a"')
    dose: Text = Field(description='a dose, e.g. "180 ug" or "1.5 ug/kg"')
    every: Text = Field(description='an interval, e.g. "1 week" or "3 per week"')
    start_week: Finite = Field(0.0, description="the week of the first dose")
    stop_week: Finite = Field(description="the week from which no dose is given")

    @field_validator("drug")
    @classmethod
    def _known(cls, name: str) -> str:
        try:
            load_drug(name)
        except UserInputError as error:
            raise fault(error.problems[0].what, error.problems[0].fix) from error
        return name

    @field_validator("dose")
    @classmethod
    def _dose(cls, text: str) -> str:
        try:
            parse_dose(text)
        except ValueError as error:
            raise fault(str(error), 'write for example "180 ug" or "1.5 ug/kg"') from error
        return text

    @field_validator("every")
    @classmethod
    def _interval(cls, text: str) -> str:
        try:
            parse_interval(text)
        except ValueError as error:
            raise fault(str(error), 'write for example "1 week"') from error
        return text


class ArmFile(Section):
    """One arm; a placebo is not listed, an untreated arm says so."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$", description="a short name in lower case")
    label: str = Field("", description="the name of the arm in words")
    n: Annotated[int, Field(gt=0)] | None = Field(
        None, description="the number of patients in the published arm, where it is known"
    )
    untreated: bool = Field(False, description="true for an arm that is given nothing")
    rules: list[str] = Field(
        [], description='rules that the arm follows, e.g. ["peg2a_label", "trial_conduct"]'
    )
    course: list[CourseFile] = Field([], description="one [[arm.course]] for each course")


class PublishedFile(Section):
    """One published result of one arm."""

    arm: Text = Field(description="the name of an arm of this file")
    endpoint: Text = Field(description='an endpoint, e.g. "hbeag_seroconversion"')
    week: NotNegative = Field(description="the week since baseline, which has to be a visit")
    value: Finite = Field(description="the published value")
    unit: Literal["%", "log10 IU/mL", "log10 copies/mL"] = Field(
        description='"%", "log10 IU/mL" or "log10 copies/mL"'
    )
    k: Annotated[int, Field(ge=0)] | None = Field(None, description="patients who reached it")
    n: Annotated[int, Field(gt=0)] | None = Field(None, description="patients who were counted")
    ci_low: Finite | None = Field(None, description="the lower end of the 95 % interval")
    ci_high: Finite | None = Field(None, description="the upper end of the 95 % interval")
    tag: Tag = Field(description="an evidence tag: V, U-H, U-M, U-L, D, S or prior")
    confidence: Literal["high", "medium", "low"] = Field(description="high, medium or low")
    weight: Share = Field(1.0, description="the weight in a calibration, between 0 and 1")
    citation: str = Field("", description="the paper, where it is not that of the trial")
    note: str = Field("", description="a reservation")

    @field_validator("endpoint")
    @classmethod
    def _endpoint(cls, name: str) -> str:
        try:
            parse_endpoint(name)
        except UserInputError as error:
            raise fault(error.problems[0].what, error.problems[0].fix) from error
        return name

    @model_validator(mode="after")
    def _agrees_with_itself(self) -> PublishedFile:
        endpoint = parse_endpoint(self.endpoint)
        if self.unit not in endpoint.units:
            raise fault(
                f"{self.endpoint} is not in {self.unit!r}", f"use {' or '.join(endpoint.units)}"
            )
        if endpoint.kind == "proportion" and not 0 <= self.value <= 100:
            raise fault(f"{self.value:g} % of patients is impossible", "give a percentage 0-100")
        if (self.ci_low is None) != (self.ci_high is None):
            raise fault("an interval has two ends", "give ci_low and ci_high, or neither")
        low, high = self.ci_low, self.ci_high
        if low is not None and high is not None and not low <= self.value <= high:
            raise fault(
                f"{self.value:g} is outside its interval {low:g} to {high:g}",
                "correct the value or the interval",
            )
        if self.k is not None and (self.n is None or self.k > self.n):
            raise fault("k patients of n cannot be counted", "give n, and k not above n")
        if self.k is not None and self.n is not None:
            counted = 100 * self.k / self.n
            if endpoint.kind == "mean" or abs(counted - self.value) > _COUNT_TOLERANCE:
                raise fault(
                    f"k = {self.k} of n = {self.n} is {counted:.1f} %, not {self.value:g}",
                    "correct k, n or value",
                )
        return self


class ProtocolFile(Section):
    """A trial in one file."""

    title: Text = Field(description="the title of the trial")
    citation: Text = Field(description="the paper that published it")
    registration: str = Field("", description="the registration, e.g. an NCT number")
    population: PopulationFile = Field(description="a table [population]")
    baseline: BaselineFile = Field(description="tables [baseline.age], [baseline.weight], ...")
    laboratory: LaboratoryFile = Field(description="a table [laboratory]")
    schedule: ScheduleFile = Field(description="a table [schedule]")
    attendance: AttendanceFile | None = Field(
        None, description="a table [attendance]; left out: 5.5 % of patients leave a year"
    )
    adherence: AdherenceFile | None = Field(
        None, description="tables [adherence], [adherence.interferon], ...; left out: all is taken"
    )
    arm: list[ArmFile] = Field(min_length=1, description="one [[arm]] for each arm")
    published: list[PublishedFile] = Field([], description="one [[published]] for each result")
