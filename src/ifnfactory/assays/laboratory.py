"""A laboratory: limits of quantification, upper limit of normal ALT, and assay error."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ifnfactory.assays.panel import Floats, Panel, TrueMarkers
from ifnfactory.foundation.evidence import Source
from ifnfactory.foundation.streams import stream
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


def measure(truth: TrueMarkers, laboratory: Laboratory, seed: int) -> Panel:
    """Return what `laboratory` reports of `truth`.

    Errors come from one named stream a marker and are drawn patient after patient: patient 17 has
    the same errors in every arm and in a trial of any size. Error never makes an undetectable
    patient detectable; close above the limit it can hide a detectable one.
    """

    def noise(marker: str) -> Floats:
        return stream(seed, "assay", marker).standard_normal(truth.hbv_dna.shape)

    def log_assay(marker: str, values: Floats, log10_sd: float, limit: float) -> Floats:
        return _censor(values * np.power(10.0, log10_sd * noise(marker)), values, limit)

    def count(marker: str, values: Floats, cv: float) -> Floats:
        sigma = np.sqrt(np.log1p(cv**2))  # unbiased: the mean of the log-normal factor is 1
        return values * np.exp(sigma * noise(marker) - sigma**2 / 2)

    hbsag = log_assay("hbsag", truth.hbsag, laboratory.hbsag_log10_sd, laboratory.hbsag_lloq)
    hbeag = log_assay("hbeag", truth.hbeag, laboratory.hbeag_log10_sd, laboratory.hbeag_cutoff)
    # Bound antigen is not seen: with the antibody in excess the assay reads below its cut-off.
    hidden = truth.hbeag_cleared & ~np.isnan(truth.hbeag)
    hbeag = np.where(hidden, CENSORED * laboratory.hbeag_cutoff, hbeag)
    return Panel(
        week=truth.week,
        hbv_dna=log_assay("hbv_dna", truth.hbv_dna, laboratory.dna_log10_sd, laboratory.dna_lloq),
        hbsag=hbsag,
        hbeag=hbeag,
        hbv_rna=log_assay("hbv_rna", truth.hbv_rna, laboratory.rna_log10_sd, laboratory.rna_lloq),
        alt=count("alt", truth.alt, laboratory.alt_cv),
        anc=count("anc", truth.anc, laboratory.anc_cv),
        platelets=count("platelets", truth.platelets, laboratory.platelets_cv),
        anti_hbe=(hbeag < laboratory.hbeag_cutoff) & truth.anti_hbe_responder[:, None],
        anti_hbs=(hbsag < laboratory.hbsag_lloq) & truth.anti_hbs_responder[:, None],
    )


def _censor(reported: Floats, truth: Floats, limit: float) -> Floats:
    below: NDArray[np.bool_] = (truth < limit) | (reported < limit)
    return np.where(below, CENSORED * limit, reported)
