"""Liver injury: ALT follows cytolysis, and so, over a year, does the pressure towards fibrosis."""

from __future__ import annotations

from ifnfactory.biology.tables import chapter_table
from ifnfactory.network.module import Module


def injury() -> Module:
    """Return the chapter on liver injury."""
    m = Module("injury", "Liver injury", chapter_table("injury"))
    clearance = m.parameter("alt_clearance_rate")
    m.parameters("alt_background", "alt_background_cap")  # for the untreated state
    effect, memory = m.parameters("interferon_on_alt", "fibrosis_memory_rate")
    untreated = m.derived(
        "alt_baseline", symbol="ALT_0", unit="U/L", description="untreated serum ALT"
    )
    background = m.derived(
        "alt_background_own",
        symbol="A_b",
        unit="U/L",
        description="the patient's ALT without hepatitis",
    )
    released = m.derived(
        "alt_per_cytolysis",
        symbol="κ_A",
        unit="U*day/L",
        description="steady ALT per cytolysis",
    )
    cytolysis, cytolysis_0 = m.uses("cytolysis", "1/day"), m.uses("cytolysis_baseline", "1/day")
    excess = m.uses("interferon_excess")
    alt = m.species(
        "serum_alt",
        symbol="ALT",
        unit="U/L",
        initial=None,
        absolute_tolerance=1e-3,
        description="serum ALT",
    )
    pressure = m.species(
        "fibrosis_pressure",
        symbol="f",
        absolute_tolerance=1e-6,
        description="cytolysis over the untreated one, remembered for a year",
    )
    m.relaxation(alt, clearance, background * (1 + effect * excess) + released * cytolysis)
    m.relaxation(pressure, memory, cytolysis / cytolysis_0)
    m.observable("alt", alt, unit="U/L", description="serum ALT")
    m.observable(
        "alt_over_baseline", alt / untreated, unit="1", description="serum ALT, untreated = 1"
    )
    return m
