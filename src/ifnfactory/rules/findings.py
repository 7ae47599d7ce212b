"""What is known about one patient of the clinic, in canonical units."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from ifnfactory.pharmacology.drug import Nucleoside, load_drug

CONDITIONS: Final[dict[str, str]] = {
    "pregnancy": "pregnancy",
    "hiv": "HIV infection",
    "hcv": "hepatitis C",
    "hdv": "hepatitis D",
    "liver_transplant": "liver transplant",
    "autoimmune_hepatitis": "autoimmune hepatitis",
    "autoimmune_disease": "autoimmune disease",
    "severe_cardiac_disease": "severe cardiac disease",
    "mild_depression": "mild depression",
    "moderate_depression": "moderate depression",
    "severe_depression": "severe depression",
    "suicidality": "suicidality",
    "uncontrolled_thyroid_disease": "uncontrolled thyroid disease",
    "chronic_respiratory_failure": "chronic respiratory failure",
    "uncontrolled_diabetes": "diabetes that is difficult to control",
    "diabetes": "diabetes",
    "steatotic_liver_disease": "metabolic steatotic liver disease",
    "hypertension": "hypertension",
    "interferon_hypersensitivity": "hypersensitivity to interferon",
    "uncontrolled_epilepsy": "uncontrolled epilepsy",
    "retinopathy": "retinopathy",
    "severe_infection": "severe infection",
    "copd": "chronic obstructive pulmonary disease",
    "immunosuppression": "immunosuppression",
    "extrahepatic_manifestations": "extrahepatic manifestations",
    "hcc_risk_factors": "other risk factors of HCC",
    "transmission_risk": "risk of transmission",
    "haemodialysis": "haemodialysis",
}
"""Every condition that a patient file may list -> what to call it."""

NOT_COVERED: Final = ("pregnancy", "hiv", "hcv", "hdv", "liver_transplant")
"""Patients whom the evidence base covers only where a rule names their condition."""

OTHER_MEDICINES: Final = ("theophylline", "methadone", "zidovudine")
"""Medicines that interact with interferon, as far as the evidence base knows."""


def is_peginterferon(drug: str) -> bool:
    """Tell whether a drug is a pegylated interferon alfa, the one that the rules are about."""
    return "peginterferon_alfa" in drug


@dataclass(frozen=True)
class Treatment:
    """What a patient is given now.

    Attributes
    ----------
    drugs
        Names of drugs; empty for an untreated patient.
    week
        Weeks since peginterferon began; None without peginterferon, or if nobody said.
    hbsag_start, hbv_dna_start
        Levels when peginterferon began [IU/mL].
    """

    drugs: tuple[str, ...] = ()
    week: float | None = None
    hbsag_start: float | None = None
    hbv_dna_start: float | None = None

    @property
    def peginterferon(self) -> str | None:
        """Name of the pegylated interferon alfa that is being given; None if none is."""
        return next((drug for drug in self.drugs if is_peginterferon(drug)), None)

    @property
    def nucleoside(self) -> bool:
        """Whether a nucleos(t)ide analogue is being taken."""
        return any(isinstance(load_drug(drug), Nucleoside) for drug in self.drugs)


@dataclass(frozen=True)
class PatientFindings:
    """Findings of one adult with chronic hepatitis B; None where nothing is known.

    Attributes
    ----------
    age
        [year].
    platelets, neutrophils
        [1e9/L].
    alt, alt_earlier, alt_uln, ast, ast_uln
        [U/L]; the limits are those of the patient's laboratory.
    alt_earlier_months
        How many months before `alt` the earlier value was measured.
    hbv_dna, hbsag
        [IU/mL]; 0 where undetectable.
    fibrosis, inflammation
        METAVIR stage 0-4 and grade 0-4.
    liver_stiffness
        [kPa].
    cirrhosis
        "none", "compensated" or "decompensated".
    conditions
        Names of `CONDITIONS` that the patient has: all others are absent. None where nobody said.
    bilirubin_rising
        Whether bilirubin rises together with ALT.
    """

    age: float
    female: bool
    hbeag_positive: bool
    platelets: float
    alt: float
    alt_uln: float | None = None
    alt_earlier: float | None = None
    alt_earlier_months: float | None = None
    ast: float | None = None
    ast_uln: float | None = None
    hbv_dna: float | None = None
    hbsag: float | None = None
    genotype: str | None = None
    fibrosis: int | None = None
    inflammation: int | None = None
    liver_stiffness: float | None = None
    cirrhosis: str | None = None
    family_history: bool | None = None
    neutrophils: float | None = None
    creatinine_clearance: float | None = None
    child_pugh: int | None = None
    bilirubin_rising: bool | None = None
    conditions: tuple[str, ...] | None = None
    other_medicines: tuple[str, ...] = ()
    treatment: Treatment = Treatment()
