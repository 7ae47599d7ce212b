"""From the words of a protocol file to canonical units: IU/mL, U/L, weeks, log-normal medians."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace

from ifnfactory.assays.laboratory import Laboratory
from ifnfactory.assays.primitives import DnaUnit, to_iu
from ifnfactory.foundation.evidence import Source
from ifnfactory.foundation.units import COPIES_PER_IU, parse_quantity
from ifnfactory.pharmacology.dose import parse_dose, parse_interval
from ifnfactory.pharmacology.drug import load_drug
from ifnfactory.pharmacology.regimen import Course
from ifnfactory.population.baseline import (
    BaselineDistribution,
    Eligibility,
    lognormal_from_moments,
)
from ifnfactory.trial.adherence import CLASSES, Adherence, DrugClass, Habit
from ifnfactory.trial.baseline_file import AltFile, BaselineFile
from ifnfactory.trial.protocol_file import (
    AdherenceFile,
    CourseFile,
    HabitFile,
    LaboratoryFile,
    PopulationFile,
    cells,
)


def courses_of(files: Sequence[CourseFile]) -> list[Course]:
    """Return the courses of an arm, in the order of the file."""
    return [
        Course(
            drug=load_drug(file.drug),
            dose=parse_dose(file.dose),
            every=parse_interval(file.every),
            start_week=file.start_week,
            stop_week=file.stop_week,
        )
        for file in files
    ]


def adherence_of(file: AdherenceFile) -> Adherence:
    """Return how patients take their drugs; a class that the file leaves out is always taken."""
    habits: list[tuple[DrugClass, Habit]] = []
    for name in CLASSES:
        each: HabitFile | None = getattr(file, name)
        if each is not None:
            length = each.pause_weeks or 0.0
            habits.append((name, Habit(each.taken, each.spread, each.pauses_per_year, length)))
    return Adherence(tuple(habits), Source(file.source, file.tag), file.default)


def laboratory_of(file: LaboratoryFile) -> Laboratory:
    """Return the laboratory; what the file leaves out keeps its default."""
    limits: dict[str, float] = {}
    if file.hbv_dna_lloq is not None:
        limits["dna_lloq"] = _dna(file.hbv_dna_lloq)
    if file.hbsag_lloq is not None:
        limits["hbsag_lloq"] = parse_quantity(file.hbsag_lloq)[0]
    if file.hbv_rna_lloq is not None:
        limits["rna_lloq"] = parse_quantity(file.hbv_rna_lloq)[0]
    if file.alt_uln is not None:
        limits["alt_uln"] = parse_quantity(file.alt_uln)[0]
    return replace(Laboratory(), **limits)


def eligibility_of(file: PopulationFile, laboratory: Laboratory) -> Eligibility:
    """Return the entry criteria.

    Raises
    ------
    ValueError
        If a minimum lies above its maximum.
    """
    limits = {
        f"{name}_{end}": value
        for name, pair in limits_of(file, laboratory).items()
        for end, value in zip(("min", "max"), pair, strict=True)
    }
    hbeag = {"positive": True, "negative": False, "any": None}[file.hbeag]
    return Eligibility(**limits, hbeag_positive=hbeag)


def limits_of(file: PopulationFile, laboratory: Laboratory) -> dict[str, tuple[float, float]]:
    """Return lowest and highest value of whatever is limited, by the names of `Eligibility`."""

    def pair(
        low: str | None, high: str | None, read: Callable[[str], float]
    ) -> tuple[float, float]:
        return 0.0 if low is None else read(low), math.inf if high is None else read(high)

    def plain(text: str) -> float:
        return parse_quantity(text)[0]

    return {
        "dna": pair(file.hbv_dna_min, file.hbv_dna_max, _dna),
        "hbsag": pair(file.hbsag_min, file.hbsag_max, plain),
        "alt": pair(file.alt_min, file.alt_max, lambda text: _alt(text, laboratory.alt_uln)),
        "age": (file.age_min, math.inf if file.age_max is None else file.age_max),
        "neutrophils": pair(file.neutrophils_min, file.neutrophils_max, cells),
        "platelets": pair(file.platelets_min, file.platelets_max, cells),
        "creatinine_clearance": pair(
            file.creatinine_clearance_min, file.creatinine_clearance_max, plain
        ),
    }


def baseline_of(file: BaselineFile, laboratory: Laboratory) -> BaselineDistribution:
    """Return the baseline table."""
    median, log_sd = _alt_median(file.alt, laboratory.alt_uln)
    genotype = file.genotype
    interferon = file.prior_interferon_share
    return BaselineDistribution(
        hbeag_positive_share=file.hbeag_positive_share.value,
        genotype_shares=(genotype.A, genotype.B, genotype.C, genotype.D),
        age_mean=file.age.mean,
        age_sd=file.age.sd,
        male_share=file.male_share.value,
        weight_mean=file.weight.mean,
        weight_sd=file.weight.sd,
        log10_dna_mean=log10_dna_iu(file.log10_hbv_dna.mean, file.log10_hbv_dna.unit),
        log10_dna_sd=file.log10_hbv_dna.sd,
        log10_hbsag_mean=file.log10_hbsag.mean,
        log10_hbsag_sd=file.log10_hbsag.sd,
        alt_median=median,
        alt_log_sd=log_sd,
        cirrhosis_share=file.cirrhosis_share.value,
        prior_na_years=file.prior_na_years.value,
        prior_interferon_share=0.0 if interferon is None else interferon.value,
    )


def log10_dna_iu(log10_value: float, unit: DnaUnit) -> float:
    """Return log10 of HBV DNA in IU/mL."""
    return log10_value - (math.log10(COPIES_PER_IU) if unit == "copies/mL" else 0.0)


def mean_alt(file: AltFile, uln: float) -> float:
    """Return the mean ALT of the baseline table [U/L]."""
    median, log_sd = _alt_median(file, uln)
    return median * math.exp(log_sd**2 / 2)


def _alt_median(file: AltFile, uln: float) -> tuple[float, float]:
    scale = uln if file.unit == "xULN" else 1.0
    if file.mean is not None and file.sd is not None:
        return lognormal_from_moments(file.mean * scale, file.sd * scale)
    if file.median is not None and file.log_sd is not None:
        return file.median * scale, file.log_sd
    raise ValueError("ALT needs mean and sd, or median and log_sd")  # the schema sees to it


def _dna(text: str) -> float:
    value, unit = parse_quantity(text)
    return to_iu(value, "copies/mL" if unit == "copies/mL" else "IU/mL")


def _alt(text: str, uln: float) -> float:
    value, unit = parse_quantity(text)
    return value * uln if unit == "xULN" else value
