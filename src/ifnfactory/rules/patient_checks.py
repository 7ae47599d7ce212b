"""What the keys of a patient file disagree about."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ifnfactory.foundation.errors import UserInputError
from ifnfactory.foundation.schema_faults import Fault
from ifnfactory.pharmacology.drug import load_drug
from ifnfactory.rules.findings import is_peginterferon


def contradictions(raw: Mapping[str, Any]) -> list[Fault]:
    """Return what the keys of the file disagree about, also where the schema found slips."""
    faults: list[Fault] = []

    def unless(good: bool, key: str, what: str, fix: str) -> None:
        if not good:
            faults.append(Fault((key,), what, fix))

    conditions = raw.get("conditions")
    listed: list[Any] = conditions if isinstance(conditions, list) else []
    stage, cirrhosis = raw.get("fibrosis"), raw.get("cirrhosis")
    unless(
        not (stage == "F4" and cirrhosis == "none"),
        "cirrhosis",
        "stage F4 is cirrhosis, but cirrhosis is said to be absent",
        'write cirrhosis = "compensated" or "decompensated", or correct the stage',
    )
    unless(
        not (stage in {"F0", "F1"} and cirrhosis in {"compensated", "decompensated"}),
        "fibrosis",
        f"stage {stage} does not go with cirrhosis",
        "correct one of the two",
    )
    unless(
        not (raw.get("sex") == "male" and "pregnancy" in listed),
        "conditions",
        "a man cannot be pregnant",
        "correct sex or conditions",
    )
    unless(
        ("alt_earlier" in raw) == ("alt_earlier_months" in raw),
        "alt_earlier" if "alt_earlier" in raw else "alt_earlier_months",
        "an earlier ALT needs its value and its time",
        "give alt_earlier and alt_earlier_months, or neither",
    )
    unless(
        not ("ast" in raw and "ast_uln" not in raw),
        "ast",
        "AST without the laboratory's upper limit of normal says nothing",
        "add ast_uln, or leave ast out",
    )
    return [*faults, *_treatment_faults(raw.get("treatment"))]


def _treatment_faults(table: Any) -> list[Fault]:
    given: Mapping[str, Any] = table if isinstance(table, dict) else {}
    drugs = given.get("drugs")
    try:
        names = [load_drug(str(name)).name for name in drugs] if isinstance(drugs, list) else []
    except UserInputError:
        return []  # the schema tells of unknown drugs
    pegylated = [name for name in names if is_peginterferon(name)]
    if len(pegylated) > 1:
        what = "two peginterferons at once"
        return [Fault(("treatment", "drugs"), what, "leave one of them out")]
    if not pegylated and names and {"week", "hbsag_start", "hbv_dna_start"} & set(given):
        what = "a week or a starting level of peginterferon, which is not given"
        return [Fault(("treatment", "drugs"), what, "add the peginterferon, or leave them out")]
    return []
