"""Every published input and output pair of the evidence base."""

import csv
import json
import math
from pathlib import Path

import pytest

from ifnfactory.outlook.scores.catalogue import definitions
from ifnfactory.outlook.scores.compute import compute_score
from ifnfactory.outlook.scores.inputs import Findings

FILE = Path(__file__).parent / "data" / "score_test_vectors.csv"
with FILE.open(encoding="utf-8") as stream:
    VECTORS = list(csv.DictReader(stream))

NAMES = {
    "PAGE-B": "page-b",
    "mPAGE-B": "mpage-b",
    "REACH-B points": "reach-b",
    "REACH-B regression 3/5/10y %": "reach-b",
    "GAG-HCC": "gag-hcc",
    "CU-HCC": "cu-hcc",
    "aMAP": "amap",
    "CAMD": "camd",
    "FIB-4": "fib-4",
    "APRI": "apri",
    "GPR": "gpr",
    "SCALE-B": "scale-b",
}
FIELDS = {
    "plt_e9L": "platelets",
    "plt": "platelets",
    "albumin_gL": "albumin",
    "bili_umolL": "bilirubin",
    "hbeag": "hbeag_positive",
    "dna_copies_mL": "hbv_dna_copies",
    "cp_mutation": "core_promoter_mutation",
    "hbsag_IU": "hbsag",
    "log10_hbcrag_U": "log10_hbcrag",
}
YES_NO = {
    "male",
    "hbeag_positive",
    "cirrhosis",
    "diabetes",
    "tenofovir",
    "core_promoter_mutation",
}


def findings(score: str, inputs: dict[str, float | None]) -> Findings:
    known: dict[str, object] = {}
    for key, value in inputs.items():
        if key == "log10_dna_copies":
            known["hbv_dna_copies"] = None if value is None else 10.0**value
        elif key == "uln":
            known["ast_uln" if score == "apri" else "ggt_uln"] = value
        else:
            field = FIELDS.get(key, key)
            known[field] = bool(value) if field in YES_NO and value is not None else value
    return Findings(**known)


@pytest.mark.parametrize("vector", VECTORS, ids=lambda row: f"{row['score']} {row['expected']}")
def test_vector(vector: dict[str, str]) -> None:
    name = NAMES[vector["score"]]
    patient = findings(name, json.loads(vector["inputs_json"]))
    result = compute_score(name, patient)
    if "regression" in vector["score"]:
        expected = [float(part) for part in vector["expected"].split("/")]
        assert [risk.years[0] for risk in result.risks] == [3, 5, 10]
        found = [risk.percent[0] for risk in result.risks]
        assert found == pytest.approx(expected, abs=6e-4)
        return
    digits = len(vector["expected"].partition(".")[2])
    assert result.value == pytest.approx(float(vector["expected"]), abs=0.51 * 10.0**-digits)
    if result.score.unit == "points" and name not in {"gag-hcc", "scale-b"}:
        assert result.value == float(vector["expected"])


def test_all_vectors_are_there() -> None:
    assert len(VECTORS) == 46
    assert {row["score"] for row in VECTORS} == set(NAMES)


SYMBOLS = {
    "log10": math.log10,
    "sqrt": math.sqrt,
    "exp": math.exp,
    "age": 47.0,
    "male": 1,
    "bili_umolL": 21.0,
    "albumin_gL": 37.5,
    "plt_e9L": 133.0,
    "AST": 71.0,
    "ALT": 64.0,
    "ALT_U_L": 64.0,
    "ULN_AST": 35.0,
    "GGT": 90.0,
    "ULN_GGT": 45.0,
    "HBsAg_IU": 820.0,
    "HBcrAg_U": 4700.0,
    "tenofovir": 1,
}
PATIENT = Findings(
    age=47.0,
    male=True,
    bilirubin=21.0,
    albumin=37.5,
    platelets=133.0,
    ast=71.0,
    alt=64.0,
    ast_uln=35.0,
    ggt=90.0,
    ggt_uln=45.0,
    hbsag=820.0,
    log10_hbcrag=math.log10(4700.0),
    tenofovir=True,
)


@pytest.mark.parametrize(
    ("entry", "name"),
    [
        ("aMAP", "amap"),
        ("FIB-4", "fib-4"),
        ("APRI", "apri"),
        ("GPR", "gpr"),
        ("SCALE-B", "scale-b"),
    ],
)
def test_function_is_the_printed_formula(entry: str, name: str) -> None:
    printed = eval(definitions()[entry]["formula"], {"__builtins__": {}}, SYMBOLS)
    assert compute_score(name, PATIENT).value == pytest.approx(printed, rel=1e-12)


def test_formulas_in_words_are_those_that_were_coded() -> None:
    raw = definitions()
    assert raw["GAG-HCC"]["with_core_promoter"] == (
        "16*male + age + 3*log10(copies/mL) + 19*CP_mutation + 30*cirrhosis; cut >101"
    )
    assert raw["GAG-HCC"]["without"] == (
        "14*male + age + 3*log10(copies/mL) + 33*cirrhosis; cut ~100 (unverified)"
    )
    assert raw["CU-HCC"]["formula"] == (
        "3*(age>50) + 20*(albumin_gL<=35) + 1.5*(bili_umolL>18) "
        "+ DNA(<4:0, 4-6:1, >6:4 log10 copies/mL) + 15*cirrhosis"
    )
    assert raw["REACH-B-regression"]["formula"] == (
        "risk_t = 1 - S0_t ** exp(0.78798*male + 0.09859*age + ALT + 0.81308*hbeag + DNA - 6.12796)"
    )
