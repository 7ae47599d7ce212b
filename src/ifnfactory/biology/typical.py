"""The typical HBeAg-positive and HBeAg-negative patient: for checks, pages and examples."""

from __future__ import annotations

from typing import Final, Literal

import numpy as np

from ifnfactory.biology.drug_exposure import DRUG_CONSTANTS
from ifnfactory.biology.steady_state import Baseline, SteadyState, untreated_state
from ifnfactory.biology.targeted_drugs import TARGETED_CONSTANTS
from ifnfactory.network.model import Network

Stratum = Literal["hbeag_positive", "hbeag_negative"]
STRATA: Final[tuple[Stratum, ...]] = ("hbeag_positive", "hbeag_negative")

# log10 HBV DNA and HBsAg [IU/mL], log10 HBeAg [S/CO], log10 HBV RNA [copies/mL], ALT [U/L].
# DNA: 10.1 and 7.1 log10 copies/mL, means of Lau 2005 and Marcellin 2004 [U-M]; HBsAg and ALT:
# medians of the exploratory calibration [S]; RNA 5.9 (PMC6505123 [V]) and 4.0 [U-M]; HBeAg 2.6 [V],
# and below the cut-off without it.
_MARKERS: Final = {
    "hbeag_positive": (9.35, 4.25, 2.6, 5.9, 90.0),
    "hbeag_negative": (6.35, 3.4, -0.5, 4.0, 69.0),
}


def typical_baseline(stratum: Stratum) -> Baseline:
    """Return the untreated markers of one typical patient, shape (1,) each."""
    dna, hbsag, hbeag, rna, alt = _MARKERS[stratum]
    return Baseline(
        hbv_dna=np.array([10.0**dna]),
        hbsag=np.array([10.0**hbsag]),
        hbeag=np.array([10.0**hbeag]),
        hbv_rna=np.array([10.0**rna]),
        alt=np.array([alt]),
        hbeag_positive=np.array([stratum == "hbeag_positive"]),
    )


def typical_patient(network: Network, stratum: Stratum) -> SteadyState:
    """Return one patient at the typical values of `stratum`, shapes (1, ·).

    The drug slots are empty and their constants stand at one.
    """
    constants = [
        1.0
        if p.name in (*DRUG_CONSTANTS, *TARGETED_CONSTANTS)
        else np.nan
        if p.value is None
        else p.typical(stratum)
        for p in network.parameters
    ] + [item.default for item in network.inputs]
    return untreated_state(network, np.array([constants]), typical_baseline(stratum))
