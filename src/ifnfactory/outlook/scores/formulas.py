"""Scores that are formulas. Each function stands for one formula of ``scores.json``.

The tests evaluate the text of the formula beside the function, and demand the same number.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Final, TypeVar

from ifnfactory.outlook.scores.bands import look_up, read_band
from ifnfactory.outlook.scores.catalogue import Risk, definitions
from ifnfactory.outlook.scores.inputs import Findings
from ifnfactory.outlook.scores.points import Term

Known = TypeVar("Known")


def known(value: Known | None) -> Known:
    """Return a finding that was checked to be there."""
    if value is None:
        raise ValueError("a finding that the score needs was not checked before computing it")
    return value


def gag_hcc(f: Findings) -> tuple[Term, ...]:
    """Return the terms of GAG-HCC, with or without the core promoter mutation."""
    log10_dna = math.log10(known(f.hbv_dna_copies))
    with_promoter = f.core_promoter_mutation is not None
    male, cirrhosis = (16, 30) if with_promoter else (14, 33)
    terms = [
        Term("male", _yes(f.male), male * known(f.male)),
        Term("age", "per year", known(f.age)),
        Term("log10 HBV DNA copies/mL", f"{log10_dna:.2f}", 3 * log10_dna),
        Term("cirrhosis", _yes(f.cirrhosis), cirrhosis * known(f.cirrhosis)),
    ]
    if f.core_promoter_mutation is not None:
        mutated = f.core_promoter_mutation
        terms.append(Term("core promoter mutation", _yes(mutated), 19 * mutated))
    return tuple(terms)


def cu_hcc(f: Findings) -> tuple[Term, ...]:
    """Return the terms of CU-HCC."""
    log10_dna = math.log10(known(f.hbv_dna_copies))
    older, low_albumin = known(f.age) > 50, known(f.albumin) <= 35
    high_bilirubin = known(f.bilirubin) > 18
    dna = look_up([read_band("<4", 0.0), read_band("4-6", 1.0), read_band(">6", 4.0)], log10_dna)
    return (
        Term("age above 50", _yes(older), 3.0 * older),
        Term("albumin at most 35 g/L", _yes(low_albumin), 20.0 * low_albumin),
        Term("bilirubin above 18 umol/L", _yes(high_bilirubin), 1.5 * high_bilirubin),
        Term("log10 HBV DNA copies/mL", dna.text, dna.meaning),
        Term("cirrhosis", _yes(f.cirrhosis), 15.0 * known(f.cirrhosis)),
    )


def amap(f: Findings) -> tuple[Term, ...]:
    """Return aMAP: age, male, albumin-bilirubin, platelets, scaled to 0-100."""
    albi = 0.66 * math.log10(known(f.bilirubin)) - 0.085 * known(f.albumin)
    linear = 0.06 * known(f.age) + 0.89 * known(f.male) + 0.48 * albi - 0.01 * known(f.platelets)
    return (Term("aMAP", "formula", (linear + 7.4) / 14.77 * 100),)


def fib_4(f: Findings) -> tuple[Term, ...]:
    """Return FIB-4."""
    value = known(f.age) * known(f.ast) / (known(f.platelets) * math.sqrt(known(f.alt)))
    return (Term("FIB-4", "formula", value),)


def apri(f: Findings) -> tuple[Term, ...]:
    """Return APRI, with AST in multiples of the laboratory's own limit."""
    return (Term("APRI", "formula", known(f.ast) / known(f.ast_uln) * 100 / known(f.platelets)),)


def gpr(f: Findings) -> tuple[Term, ...]:
    """Return GPR, with GGT in multiples of the laboratory's own limit."""
    return (Term("GPR", "formula", known(f.ggt) / known(f.ggt_uln) * 100 / known(f.platelets)),)


def scale_b(f: Findings) -> tuple[Term, ...]:
    """Return the terms of SCALE-B."""
    log10_hbsag = math.log10(known(f.hbsag))
    return (
        Term("log10 HBsAg IU/mL", f"{log10_hbsag:.2f}", 35 * log10_hbsag),
        Term("log10 HBcrAg U/mL", f"{known(f.log10_hbcrag):.2f}", 20 * known(f.log10_hbcrag)),
        Term("age", "per year", 2 * known(f.age)),
        Term("ALT", "per U/L", known(f.alt)),
        Term("tenofovir", _yes(f.tenofovir), 40.0 * known(f.tenofovir)),
    )


FORMULAS: Final[dict[str, Callable[[Findings], tuple[Term, ...]]]] = {
    "gag-hcc": gag_hcc,
    "cu-hcc": cu_hcc,
    "amap": amap,
    "fib-4": fib_4,
    "apri": apri,
    "gpr": gpr,
    "scale-b": scale_b,
}
"""Every score that is not a sum of a point table."""


def reach_b_risks(f: Findings, risk: Callable[[float, float], Risk]) -> tuple[Risk, ...]:
    """Return the risk of HCC after 3, 5 and 10 years by the Cox regression behind REACH-B.

    risk_t = 1 - S0_t ** exp(0.78798 male + 0.09859 age + ALT + 0.81308 hbeag + DNA - 6.12796)

    Parameters
    ----------
    risk
        Makes the record of a risk [%] at a horizon [year].
    """
    regression = definitions()["REACH-B-regression"]
    alt = look_up([read_band(*row) for row in regression["ALT"]], known(f.alt))
    dna_bands = [read_band(*row) for row in regression["DNA_copies_mL"]]
    dna = look_up(dna_bands, known(f.hbv_dna_copies))
    hbeag = known(f.hbeag_positive)
    linear = 0.78798 * known(f.male) + 0.09859 * known(f.age) + 0.81308 * hbeag - 6.12796
    linear += alt.meaning + dna.meaning
    return tuple(
        risk(100 * (1 - survival ** math.exp(linear)), float(horizon.removesuffix("y")))
        for horizon, survival in regression["S0"].items()
    )


def _yes(flag: bool | None) -> str:
    return "yes" if flag else "no"
