"""Marrow: neutrophils and platelets under interferon.

Interferon divides production by 1 + s·e, so that no dose makes a count negative.
"""

from __future__ import annotations

import sympy as sp

from ifnfactory.biology.tables import chapter_table
from ifnfactory.network.module import Module


def marrow() -> Module:
    """Return the chapter on blood counts."""
    m = Module("marrow", "Marrow", chapter_table("marrow"))
    exposure = m.uses("marrow_exposure")
    effect = m.quantity(
        "marrow_effect",
        exposure / (1 + exposure),
        symbol="e_m",
        description="occupancy of the marrow's interferon response",
    )
    _neutrophils(m, effect)
    _platelets(m, effect)
    return m


def _count(m: Module, name: str, symbol: str, description: str) -> sp.Symbol:
    return m.species(
        name,
        symbol=symbol,
        absolute_tolerance=1e-6,
        description=f"{description}, untreated = 1",
    )


def _neutrophils(m: Module, effect: sp.Symbol) -> None:
    passage, loss, feedback, sensitivity, baseline = m.parameters(
        "neutrophil_maturation_rate",
        "neutrophil_loss_rate",
        "neutrophil_feedback",
        "neutrophil_sensitivity",
        "anc_baseline",
    )
    precursors = _count(m, "neutrophil_precursors", "N_0", "neutrophil precursors")
    transit = _count(m, "neutrophil_transit", "N_1", "maturing neutrophils")
    blood = _count(m, "circulating_neutrophils", "N_2", "circulating neutrophils")
    m.relaxation(precursors, passage, (1 + feedback * (1 - blood)) / (1 + sensitivity * effect))
    m.relaxation(transit, passage, precursors)
    m.relaxation(blood, loss, transit)
    m.observable(
        "anc", baseline * blood, unit="gigacells/L", description="absolute neutrophil count"
    )


def _platelets(m: Module, effect: sp.Symbol) -> None:
    passage, loss, feedback, sensitivity, baseline = m.parameters(
        "platelet_maturation_rate",
        "platelet_loss_rate",
        "platelet_feedback",
        "platelet_sensitivity",
        "platelets_baseline",
    )
    precursors = _count(m, "platelet_precursors", "P_0", "platelet precursors")
    blood = _count(m, "circulating_platelets", "P_1", "circulating platelets")
    m.relaxation(precursors, passage, (1 + feedback * (1 - blood)) / (1 + sensitivity * effect))
    m.relaxation(blood, loss, precursors)
    m.observable("platelets", baseline * blood, unit="gigacells/L", description="platelet count")
