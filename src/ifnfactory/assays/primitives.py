"""From laboratory values to the words of a trial: lost, seroconverted, normal, relapsed, cured.

Pure functions of arrays of any common shape. A missing value (NaN) is never a success.
"""

from __future__ import annotations

from typing import Final, Literal

import numpy as np

from ifnfactory.assays.laboratory import Laboratory
from ifnfactory.assays.panel import Bools, Floats
from ifnfactory.foundation.evidence import Source
from ifnfactory.foundation.units import COPIES_PER_IU

DnaUnit = Literal["IU/mL", "copies/mL"]

RELAPSE_DNA_IU: Final = 2000.0
RELAPSE_SOURCE: Final = Source(
    "virological relapse: HBV DNA above 2,000 IU/mL after stopping (APASL and EASL definitions)",
    "U-H",
)
CURE_OFF_TREATMENT_WEEKS: Final = 24.0
FUNCTIONAL_CURE_SOURCE: Final = Source(
    "HBsAg below 0.05 IU/mL and HBV DNA below quantification at least 24 weeks after all therapy, "
    "with or without anti-HBs (review JCH250103; 2022 AASLD-EASL consensus)",
    "V",
)
PARTIAL_CURE_DNA_IU: Final = 2000.0
PARTIAL_CURE_SOURCE: Final = Source(
    "HBsAg positive, HBV DNA below 2,000 IU/mL and normal ALT at least 24 weeks after all therapy: "
    "the sustained response of peginterferon trials in HBeAg-negative patients [V], used for all; "
    "the 2022 AASLD-EASL consensus asks for HBsAg < 100 IU/mL and undetectable DNA instead [U-H]",
    "prior",
)
AASLD_ULN: Final = (30.0, 19.0)
"""Upper limits of normal ALT for men and women in the older AASLD guidance [U/L] [U-M]."""


def to_iu(threshold: float, unit: DnaUnit) -> float:
    """Return a threshold of HBV DNA in IU/mL."""
    return threshold / COPIES_PER_IU if unit == "copies/mL" else threshold


def below_limit(dna: Floats, threshold: float, unit: DnaUnit, laboratory: Laboratory) -> Bools:
    """Return whether HBV DNA is reported below `threshold`.

    Raises
    ------
    ValueError
        If the laboratory cannot tell: the threshold lies below its limit of quantification.
    """
    limit = to_iu(threshold, unit)
    # Thresholds in round copies and limits in round IU may be the same number, rounded.
    if limit < laboratory.dna_lloq * (1 - 1e-6):
        raise ValueError(
            f"the laboratory quantifies HBV DNA from {laboratory.dna_lloq:.3g} IU/mL "
            f"and cannot tell whether it is below {limit:.3g} IU/mL"
        )
    return dna < limit


def dna_undetectable(dna: Floats, laboratory: Laboratory) -> Bools:
    """Return whether HBV DNA is below quantification."""
    return dna < laboratory.dna_lloq


def hbsag_lost(hbsag: Floats, laboratory: Laboratory) -> Bools:
    """Return whether HBsAg is below its limit (0.05 IU/mL unless the protocol says otherwise)."""
    return hbsag < laboratory.hbsag_lloq


def hbsag_seroconverted(hbsag: Floats, anti_hbs: Bools, laboratory: Laboratory) -> Bools:
    """Return whether HBsAg is lost and anti-HBs is found."""
    return hbsag_lost(hbsag, laboratory) & anti_hbs


def hbeag_lost(hbeag: Floats, laboratory: Laboratory) -> Bools:
    """Return whether HBeAg is below its cut-off."""
    return hbeag < laboratory.hbeag_cutoff


def hbeag_seroconverted(hbeag: Floats, anti_hbe: Bools, laboratory: Laboratory) -> Bools:
    """Return whether HBeAg is lost and anti-HBe is found."""
    return hbeag_lost(hbeag, laboratory) & anti_hbe


def alt_normal(alt: Floats, uln: float | Floats) -> Bools:
    """Return whether ALT is at or below the upper limit of normal [U/L]."""
    return alt <= uln


def log10_change(before: Floats, after: Floats, limit: float) -> Floats:
    """Return the change of log10 of values that are first raised to the assay's `limit`."""
    return np.log10(np.maximum(after, limit)) - np.log10(np.maximum(before, limit))


def controlled(dna: Floats) -> Bools:
    """Return whether HBV DNA is at or below the level whose crossing is a relapse."""
    return dna <= RELAPSE_DNA_IU


def relapse(dna_at_stop: Floats, dna_after: Floats) -> Bools:
    """Return whether patients controlled at the end of treatment relapsed.

    Parameters
    ----------
    dna_at_stop
        HBV DNA at the end of treatment, shape (patients,) [IU/mL].
    dna_after
        HBV DNA at the later visits, shape (patients, visits) [IU/mL].
    """
    return controlled(dna_at_stop) & np.any(dna_after > RELAPSE_DNA_IU, axis=1)


def functional_cure(hbsag: Floats, dna: Floats, laboratory: Laboratory) -> Bools:
    """Return whether HBsAg and HBV DNA are both below their limits.

    That the visit lies at least `CURE_OFF_TREATMENT_WEEKS` after all therapy is the caller's part.
    """
    return hbsag_lost(hbsag, laboratory) & dna_undetectable(dna, laboratory)


def partial_cure(hbsag: Floats, dna: Floats, alt: Floats, laboratory: Laboratory) -> Bools:
    """Return whether the virus is controlled while HBsAg stays; see `PARTIAL_CURE_SOURCE`.

    That the visit lies at least `CURE_OFF_TREATMENT_WEEKS` after all therapy is the caller's part.
    """
    positive = hbsag >= laboratory.hbsag_lloq
    return positive & (dna < PARTIAL_CURE_DNA_IU) & alt_normal(alt, laboratory.alt_uln)
