"""A laboratory: limits of quantification, upper limit of normal ALT, and assay error."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ifnfactory.assays.panel import Floats, Panel, TrueMarkers
from ifnfactory.foundation.evidence import Source
from ifnfactory.foundation.streams import Seed, stream
from ifnfactory.foundation.units import COPIES_PER_IU

CENSORED: Final = 0.5
"""What stands for a value below the limit of quantification, in units of that limit. Endpoints
never use it as a number: means are taken of values raised to the limit."""


@dataclass(frozen=True)
class Laboratory:
    """The laboratory of a trial; `SOURCES` says where the default values come from.

    Attributes
    ----------
    dna_lloq, hbsag_lloq
        Limits of quantification [IU/mL].
    rna_lloq
        Limit of quantification [copies/mL].
    hbeag_cutoff
        Signal over cut-off from which HBeAg is called positive.
    alt_uln
        Upper limit of normal ALT [U/L].
    dna_log10_sd, hbsag_log10_sd, hbeag_log10_sd, rna_log10_sd
        Assay error, SD of log10.
    alt_cv, anc_cv, platelets_cv
        Error of one blood draw, coefficient of variation.
    """

    dna_lloq: float = 20.0
    hbsag_lloq: float = 0.05
    rna_lloq: float = 200.0
    hbeag_cutoff: float = 1.0
    alt_uln: float = 40.0
    dna_log10_sd: float = 0.15
    hbsag_log10_sd: float = 0.05
    hbeag_log10_sd: float = 0.05
    rna_log10_sd: float = 0.15
    alt_cv: float = 0.27
    anc_cv: float = 0.20
    platelets_cv: float = 0.08

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            error = name.endswith(("_sd", "_cv"))
            if not (0 <= value < 2 if error else value > 0):
                raise ValueError(f"{name} = {value} is impossible")


DNA_LLOQ_2000S: Final = 200.0 / COPIES_PER_IU
"""The PCR of the first peginterferon trials: 200 copies/mL, about 36 IU/mL
(feasibility.md: means use values floored at 200 copies/mL) [S]."""

SOURCES: Final[dict[str, Source]] = {
    "dna_lloq": Source("limit of current real-time PCR assays, 10-20 IU/mL", "prior"),
    "hbsag_lloq": Source("0.05 IU/mL, as in the definition of functional cure", "V"),
    "rna_lloq": Source("set to the HBV DNA limit of the same period, in copies", "prior"),
    "hbeag_cutoff": Source("positive from a signal over cut-off of 1, by definition", "D"),
    "alt_uln": Source("about 40 U/L unless a trial says otherwise (unit conventions)", "U-H"),
    "dna_log10_sd": Source("between-run precision of PCR is 0.1-0.2 log10 at best", "prior"),
    "hbsag_log10_sd": Source("immunoassay CV of about 10 %", "prior"),
    "hbeag_log10_sd": Source("immunoassay CV of about 10 %", "prior"),
    "rna_log10_sd": Source("set to that of HBV DNA", "prior"),
    "alt_cv": Source(
        "a patient's own variation between visits, log-SD 0.27 in the exploratory calibration "
        "(feasibility.md: sAL); the assay itself adds little",
        "S",
    ),
    "anc_cv": Source("visit noise of 20 % in the exploratory calibration (feasibility.md)", "S"),
    "platelets_cv": Source("counting error and within-day variation", "prior"),
}
"""Origin of every default of `Laboratory`."""


@dataclass(frozen=True)
class AssayErrors:
    """Standard normal errors of every measurement, each of shape (patients, visits)."""

    hbv_dna: Floats
    hbsag: Floats
    hbeag: Floats
    hbv_rna: Floats
    alt: Floats
    anc: Floats
    platelets: Floats

    def at(self, patients: slice, visits: slice) -> AssayErrors:
        """Return the errors of some patients at some visits."""
        return AssayErrors(*(getattr(self, f.name)[patients, visits] for f in fields(self)))


def draw_errors(seed: Seed, patients: int, visits: int) -> AssayErrors:
    """Draw the errors of all measurements.

    They come from one named stream a marker and are drawn patient after patient: patient 17 has
    the same errors in every arm and in a trial of any size.
    """

    def noise(marker: str) -> Floats:
        return stream(seed, "assay", marker).standard_normal((patients, visits))

    return AssayErrors(*(noise(field.name) for field in fields(AssayErrors)))


def measure(truth: TrueMarkers, laboratory: Laboratory, seed: Seed) -> Panel:
    """Return what `laboratory` reports of `truth`, with the errors of `seed`."""
    return report(truth, laboratory, draw_errors(seed, *truth.hbv_dna.shape))


def report(truth: TrueMarkers, laboratory: Laboratory, errors: AssayErrors) -> Panel:
    """Return what `laboratory` reports of `truth` with these errors.

    Error never makes an undetectable patient detectable; close above the limit it can hide a
    detectable one.
    """

    def log_assay(values: Floats, error: Floats, log10_sd: float, limit: float) -> Floats:
        return _censor(values * np.power(10.0, log10_sd * error), values, limit)

    def count(values: Floats, error: Floats, cv: float) -> Floats:
        sigma = np.sqrt(np.log1p(cv**2))  # unbiased: the mean of the log-normal factor is 1
        return values * np.exp(sigma * error - sigma**2 / 2)

    lab = laboratory
    hbsag = log_assay(truth.hbsag, errors.hbsag, lab.hbsag_log10_sd, lab.hbsag_lloq)
    hbeag = log_assay(truth.hbeag, errors.hbeag, lab.hbeag_log10_sd, lab.hbeag_cutoff)
    # Bound antigen is not seen: with the antibody in excess the assay reads below its cut-off.
    hidden = truth.hbeag_cleared & ~np.isnan(truth.hbeag)
    hbeag = np.where(hidden, CENSORED * lab.hbeag_cutoff, hbeag)
    return Panel(
        week=truth.week,
        hbv_dna=log_assay(truth.hbv_dna, errors.hbv_dna, lab.dna_log10_sd, lab.dna_lloq),
        hbsag=hbsag,
        hbeag=hbeag,
        hbv_rna=log_assay(truth.hbv_rna, errors.hbv_rna, lab.rna_log10_sd, lab.rna_lloq),
        alt=count(truth.alt, errors.alt, lab.alt_cv),
        anc=count(truth.anc, errors.anc, lab.anc_cv),
        platelets=count(truth.platelets, errors.platelets, lab.platelets_cv),
        anti_hbe=(hbeag < lab.hbeag_cutoff) & truth.anti_hbe_responder[:, None],
        anti_hbs=(hbsag < lab.hbsag_lloq) & truth.anti_hbs_responder[:, None],
    )


def _censor(reported: Floats, truth: Floats, limit: float) -> Floats:
    below: NDArray[np.bool_] = (truth < limit) | (reported < limit)
    return np.where(below, CENSORED * limit, reported)
