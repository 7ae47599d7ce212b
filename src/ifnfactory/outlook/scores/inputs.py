"""What the scores ask for: every input by name, with what to write. Imports nothing heavy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Input:
    """One thing to know about a patient.

    Attributes
    ----------
    field
        The field of `Findings` that holds it.
    words
        What to write, as the end of the sentence "give ...".
    """

    field: str
    words: str


INPUTS: Final[dict[str, Input]] = {
    "age": Input("age", "the age in years"),
    "sex": Input("male", "male or female"),
    "platelets": Input("platelets", "platelets in 1e9/L"),
    "albumin": Input("albumin", "albumin in g/L"),
    "bilirubin": Input("bilirubin", "bilirubin in umol/L"),
    "alt": Input("alt", "ALT in U/L"),
    "ast": Input("ast", "AST in U/L"),
    "ast-uln": Input("ast_uln", "the laboratory's upper limit of normal AST, in U/L"),
    "ggt": Input("ggt", "GGT in U/L"),
    "ggt-uln": Input("ggt_uln", "the laboratory's upper limit of normal GGT, in U/L"),
    "hbeag": Input("hbeag_positive", "positive or negative"),
    "hbv-dna": Input("hbv_dna_copies", 'with its unit, for example "50000 copies/mL"'),
    "hbsag": Input("hbsag", "HBsAg in IU/mL"),
    "log10-hbcrag": Input("log10_hbcrag", "HBcrAg in log10 U/mL"),
    "cirrhosis": Input("cirrhosis", "cirrhosis: yes or no"),
    "diabetes": Input("diabetes", "diabetes: yes or no"),
    "family-history": Input("family_history_hcc", "family history of HCC: yes or no"),
    "alcohol": Input("alcohol", "regular alcohol: yes or no"),
    "core-promoter": Input("core_promoter_mutation", "core promoter mutation: yes or no"),
    "tenofovir": Input("tenofovir", "stopped tenofovir rather than entecavir: yes or no"),
    "treatment": Input("treatment", "none or nucleoside"),
    "ancestry": Input("ancestry", "asian, caucasian or other"),
}
"""Every input by the name of its option; a column of a table may use ``_`` for ``-``."""

NEEDED: Final[dict[str, tuple[str, ...]]] = {
    "page-b": ("age", "sex", "platelets"),
    "mpage-b": ("age", "sex", "platelets", "albumin"),
    "reach-b": ("age", "sex", "alt", "hbeag", "hbv-dna"),
    "yang-2010": ("age", "sex", "alt", "hbeag", "hbv-dna", "family-history", "alcohol"),
    "gag-hcc": ("age", "sex", "hbv-dna", "cirrhosis"),
    "cu-hcc": ("age", "albumin", "bilirubin", "hbv-dna", "cirrhosis"),
    "amap": ("age", "sex", "platelets", "albumin", "bilirubin"),
    "camd": ("age", "sex", "cirrhosis", "diabetes"),
    "fib-4": ("age", "platelets", "alt", "ast"),
    "apri": ("platelets", "ast", "ast-uln"),
    "gpr": ("platelets", "ggt", "ggt-uln"),
    "scale-b": ("age", "alt", "hbsag", "log10-hbcrag", "tenofovir"),
}
"""What each score cannot be computed without."""

OPTIONAL: Final[dict[str, tuple[str, ...]]] = {
    "page-b": ("treatment", "ancestry"),
    "mpage-b": ("treatment", "ancestry"),
    "reach-b": ("treatment", "ancestry", "cirrhosis"),
    "yang-2010": ("treatment", "ancestry"),
    "gag-hcc": ("core-promoter", "ancestry"),
    "cu-hcc": ("ancestry",),
    "amap": ("treatment",),
    "camd": ("treatment", "ancestry"),
    "fib-4": (),
    "apri": ("age",),
    "gpr": ("age",),
    "scale-b": ("treatment", "hbeag"),
}
"""What tells whether a score holds for the patient, or chooses its variant."""


@dataclass(frozen=True)
class Findings:
    """What is known about one patient; None where nothing is.

    Attributes
    ----------
    age
        [year].
    platelets
        [1e9/L].
    albumin
        [g/L].
    bilirubin
        [umol/L].
    alt, ast, ggt, ast_uln, ggt_uln
        [U/L].
    hbv_dna_copies
        [copies/mL], the unit in which every one of these scores was published.
    hbsag
        [IU/mL].
    log10_hbcrag
        log10 of U/mL.
    treatment
        "none" or "nucleoside".
    ancestry
        "asian", "caucasian" or "other".
    """

    age: float | None = None
    male: bool | None = None
    platelets: float | None = None
    albumin: float | None = None
    bilirubin: float | None = None
    alt: float | None = None
    ast: float | None = None
    ast_uln: float | None = None
    ggt: float | None = None
    ggt_uln: float | None = None
    hbeag_positive: bool | None = None
    hbv_dna_copies: float | None = None
    hbsag: float | None = None
    log10_hbcrag: float | None = None
    cirrhosis: bool | None = None
    diabetes: bool | None = None
    family_history_hcc: bool | None = None
    alcohol: bool | None = None
    core_promoter_mutation: bool | None = None
    tenofovir: bool | None = None
    treatment: str | None = None
    ancestry: str | None = None
