"""Facts: what rules ask about a patient, each with what a user has to write to answer it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from ifnfactory.foundation.evidence import Source
from ifnfactory.rules.findings import CONDITIONS, OTHER_MEDICINES, PatientFindings

Fact = float | bool | str | None
"""None where it is not known."""

LABELS: Final[dict[str, tuple[str, str, str]]] = {
    "age": ("age", "years", "age"),
    "female": ("female", "", "sex"),
    "hbeag_positive": ("HBeAg-positive", "", "hbeag"),
    "hbv_dna": ("HBV DNA", "IU/mL", "hbv_dna"),
    "hbv_dna_known": ("HBV DNA measured", "", "hbv_dna"),
    "hbv_dna_detectable": ("HBV DNA detectable", "", "hbv_dna"),
    "alt_xuln": ("ALT", "x the upper limit of normal", "alt_uln"),
    "alt_earlier_xuln": ("earlier ALT", "x the upper limit of normal", "alt_earlier"),
    "alt_earlier_months": ("months between the two ALT", "", "alt_earlier_months"),
    "alt_lab_xuln": ("ALT", "x the laboratory's upper limit", "alt_uln"),
    "bilirubin_rising": ("bilirubin rising with ALT", "", "bilirubin_rising"),
    "platelets": ("platelets", "1e9/L", "platelets"),
    "neutrophils": ("neutrophils", "1e9/L", "neutrophils"),
    "creatinine_clearance": ("creatinine clearance", "mL/min", "creatinine_clearance"),
    "child_pugh": ("Child-Pugh score", "points", "child_pugh"),
    "apri": ("APRI", "", "ast and ast_uln"),
    "liver_stiffness": ("liver stiffness", "kPa", "liver_stiffness"),
    "fibrosis": ("fibrosis stage F", "", "fibrosis"),
    "inflammation": ("inflammation grade", "", "inflammation"),
    "cirrhosis": ("cirrhosis", "", "cirrhosis"),
    "decompensated": ("decompensated cirrhosis", "", "cirrhosis"),
    "family_history": ("family history of HCC or cirrhosis", "", "family_history"),
    "genotype": ("HBV genotype", "", "genotype"),
    "hbsag": ("HBsAg", "IU/mL", "hbsag"),
    "hbsag_log10_decline": ("HBsAg decline", "log10", "hbsag and treatment.hbsag_start"),
    "hbsag_percent_decline": ("HBsAg decline", "%", "hbsag and treatment.hbsag_start"),
    "hbv_dna_log10_decline": ("HBV DNA decline", "log10", "hbv_dna and treatment.hbv_dna_start"),
    "untreated": ("untreated", "", "treatment.drugs"),
    "on_peginterferon": ("on peginterferon", "", "treatment.drugs"),
    "on_nucleoside": ("on a nucleos(t)ide analogue", "", "treatment.drugs"),
    "peginterferon": ("peginterferon", "", "treatment.drugs"),
    "telbivudine": ("telbivudine", "", "treatment.drugs"),
    "week": ("week of peginterferon", "", "treatment.week"),
    "treatment_indicated": ("treatment indicated by this guideline", "", ""),
    "symptom_grade": ("worst grade of side effects", "", ""),
    "weeks_undetectable": ("weeks of undetectable HBV DNA", "", ""),
    "weeks_without_hbeag": ("weeks since HBeAg was lost", "", ""),
    "hbsag_lost": ("HBsAg lost", "", ""),
    **{name: (label, "", "conditions") for name, label in CONDITIONS.items()},
    **{name: (name, "", "other_medicines") for name in OTHER_MEDICINES},
}
"""Fact -> label, unit, and the key of the patient file that would answer it."""

_DENIED: Final[dict[str, str]] = {
    "female": "male",
    "hbeag_positive": "HBeAg-negative",
    "hbv_dna_known": "HBV DNA not measured",
    "hbv_dna_detectable": "HBV DNA undetectable",
    "untreated": "treated already",
    "on_peginterferon": "not on peginterferon",
    "on_nucleoside": "not on a nucleos(t)ide analogue",
    "treatment_indicated": "treatment not indicated by this guideline",
}
"""What to say of a fact that is false, where "no" in front of its label is no English."""

DNA_FLOOR: Final = 10.0
"""What an undetectable HBV DNA counts as in a decline [IU/mL]: the limit of detection that the
evidence base gives for the response to a nucleos(t)ide analogue [U-H]."""

HBSAG_FLOOR: Final = 0.05
"""What a negative HBsAg counts as in a decline [IU/mL]: the limit of functional cure [V]."""


@dataclass(frozen=True)
class AltLimit:
    """An upper limit of normal ALT [U/L], and whose it is."""

    male: float
    female: float
    source: Source

    def of(self, female: bool) -> float:
        """Return the limit for a patient [U/L]."""
        return self.female if female else self.male


def facts_of(findings: PatientFindings, limit: AltLimit | None) -> Mapping[str, Fact]:
    """Return every fact about a patient, with ALT in multiples of `limit`.

    Where a document has no limit of its own (None), the laboratory's is used.
    """
    uln = findings.alt_uln if limit is None else limit.of(findings.female)
    dna, treatment, cirrhosis = findings.hbv_dna, findings.treatment, findings.cirrhosis
    start, dna_start = treatment.hbsag_start, treatment.hbv_dna_start
    return {
        "age": findings.age,
        "female": findings.female,
        "hbeag_positive": findings.hbeag_positive,
        "hbv_dna": dna,
        "hbv_dna_known": dna is not None,
        "hbv_dna_detectable": None if dna is None else dna > 0,
        "alt_xuln": _ratio(findings.alt, uln),
        "alt_earlier_xuln": _ratio(findings.alt_earlier, uln),
        "alt_earlier_months": findings.alt_earlier_months,
        "alt_lab_xuln": _ratio(findings.alt, findings.alt_uln),
        "bilirubin_rising": findings.bilirubin_rising,
        "platelets": findings.platelets,
        "neutrophils": findings.neutrophils,
        "creatinine_clearance": findings.creatinine_clearance,
        "child_pugh": findings.child_pugh,
        "apri": _apri(findings),
        "liver_stiffness": findings.liver_stiffness,
        "fibrosis": _fibrosis(findings),
        "inflammation": findings.inflammation,
        "cirrhosis": _cirrhosis(findings),
        "decompensated": None if cirrhosis is None else cirrhosis == "decompensated",
        "family_history": findings.family_history,
        "genotype": findings.genotype,
        "hbsag": findings.hbsag,
        "hbsag_log10_decline": _log10_decline(start, findings.hbsag, HBSAG_FLOOR),
        "hbsag_percent_decline": _percent_decline(start, findings.hbsag),
        "hbv_dna_log10_decline": _log10_decline(dna_start, dna, DNA_FLOOR),
        "untreated": not treatment.drugs,
        "on_peginterferon": treatment.peginterferon is not None,
        "on_nucleoside": treatment.nucleoside,
        "peginterferon": treatment.peginterferon or "none",
        "telbivudine": "telbivudine" in treatment.drugs,
        "week": treatment.week,
        "treatment_indicated": None,
        # A course of visits, which a patient file does not describe.
        "symptom_grade": None,
        "weeks_undetectable": None,
        "weeks_without_hbeag": None,
        "hbsag_lost": None,
        **{
            name: None if findings.conditions is None else name in findings.conditions
            for name in CONDITIONS
        },
        **{name: name in findings.other_medicines for name in OTHER_MEDICINES},
    }


def say_fact(name: str, value: Fact) -> str:
    """Return a fact in words, for example "HBV DNA 24,000 IU/mL"."""
    label, unit, _ = LABELS[name]
    if isinstance(value, bool):
        return label if value else _DENIED.get(name, f"no {label}")
    if isinstance(value, str):
        return f"{label} {value}"
    if value is None:
        return f"{label} unknown"
    number = f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
    return f"{label} {number} {unit}".rstrip()


def _ratio(value: float | None, limit: float | None) -> float | None:
    return None if value is None or limit is None else value / limit


def _apri(findings: PatientFindings) -> float | None:
    """Return APRI = (AST / upper limit of AST) x 100 / platelets."""
    ratio = _ratio(findings.ast, findings.ast_uln)
    return None if ratio is None else 100 * ratio / findings.platelets


def _cirrhosis(findings: PatientFindings) -> bool | None:
    if findings.cirrhosis is not None:
        return findings.cirrhosis != "none"
    return None if findings.fibrosis is None else findings.fibrosis == 4


def _fibrosis(findings: PatientFindings) -> float | None:
    if findings.fibrosis is None and findings.cirrhosis in {"compensated", "decompensated"}:
        return 4
    return findings.fibrosis


def _log10_decline(start: float | None, now: float | None, floor: float) -> float | None:
    if start is None or now is None:
        return None
    return math.log10(max(start, floor) / max(now, floor))


def _percent_decline(start: float | None, now: float | None) -> float | None:
    if start is None or now is None or start <= 0:
        return None
    return 100 * (start - now) / start
