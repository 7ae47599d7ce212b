"""Names, numbers and intervals as a reader meets them."""

from __future__ import annotations

import math
import re
from typing import Final

_TITLES: Final = {
    "alt_normal": "Normal ALT",
    "alt_normal_aasld": "Normal ALT (AASLD limits)",
    "alt_normal_central": "Normal ALT (central laboratory)",
    "functional_cure": "Functional cure",
    "functional_cure_composite": "Functional cure (composite)",
    "hbeag_loss": "HBeAg loss",
    "hbeag_seroconversion": "HBeAg seroconversion",
    "hbsag_loss": "HBsAg loss",
    "hbsag_loss_cumulative": "HBsAg loss at any visit",
    "hbsag_seroconversion": "HBsAg seroconversion",
    "partial_cure": "Partial cure",
    "relapse": "Relapse",
    "mean_log10_dna_change": "Mean change of HBV DNA",
    "mean_log10_hbsag_change": "Mean change of HBsAg",
    "mean_log10_rna_change": "Mean change of HBV RNA",
    "alt_dose_mod": "Dose change, ALT",
    "alt_increased_ae": "ALT above 5 x ULN and twice baseline",
    "alt_flare": "ALT flare",
    "alt_flare_5_10xuln_on_treatment": "ALT 5 to 10 x ULN on treatment",
    "alt_flare_5_10xuln_post_treatment": "ALT 5 to 10 x ULN after treatment",
    "alt_flare_gt10xuln_on_treatment": "ALT > 10 x ULN on treatment",
    "alt_flare_gt10xuln_post_treatment": "ALT > 10 x ULN after treatment",
    "alt_flare_host_induced": "ALT flare, host-induced",
    "alt_flare_undetermined": "ALT flare, undetermined",
    "alt_flare_virus_induced": "ALT flare, virus-induced",
    "any_treatment_related_ae": "Any treatment-related event",
    "discontinuation_any": "Stopped for any reason",
    "discontinuation_ae": "Stopped for a side effect",
    "dose_reduction_any": "Any change of dose",
    "neutropenia_dose_mod": "Dose change, neutrophils",
    "serious_adverse_event": "Serious adverse event",
    "thrombocytopenia_dose_mod": "Dose change, platelets",
}
_DNA_BELOW: Final = re.compile(r"^hbv_dna_lt_([\d.]+)(log_)?(cp|iu)$")
MISSING: Final = "–"


def endpoint_title(name: str) -> str:
    """Return words for an endpoint's name; an incidence is called by what occurs."""
    if match := _DNA_BELOW.match(name):
        number, log, kind = match.groups()
        unit = "copies/mL" if kind == "cp" else "IU/mL"
        level = f"{number} log10" if log else f"{float(number):,.0f}"
        return f"HBV DNA < {level} {unit}"
    if name.endswith("_incidence"):
        return name.removesuffix("_incidence").replace("_", " ").capitalize()
    if "_doses_" in name:
        drug, _, what = name.partition("_doses_")
        return f"{drug.capitalize()} doses {what}"
    return _TITLES.get(name, name)


def number(value: float, unit: str) -> str:
    """Return a value with the decimals that its unit deserves, and a true minus sign."""
    if not math.isfinite(value):
        return MISSING
    text = f"{value:.1f}" if unit == "%" else f"{value:.2f}"
    return text.replace("-", "−")


def estimate(value: float | None, ci: tuple[float, float] | None, unit: str) -> str:
    """Return ``"31.0 (29.0 to 33.1)"``, or a dash where there is nothing to report."""
    if value is None or not math.isfinite(value):
        return MISSING
    if ci is None or not all(math.isfinite(end) for end in ci):
        return number(value, unit)
    return f"{number(value, unit)} ({number(ci[0], unit)} to {number(ci[1], unit)})"


def span(ends: tuple[float, float] | None, unit: str) -> str:
    """Return ``"29.0 to 33.1"``, or a dash where the two are one."""
    if ends is None or ends[0] == ends[1]:
        return MISSING
    return " to ".join(number(end, unit) for end in ends)
