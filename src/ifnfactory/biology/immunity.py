"""Immunity: natural killer cells, HBV-specific CD8 effectors, exhaustion, memory and scar.

Exhaustion is a bistable switch: antigen holds X up, X shuts expansion off, and where antigen falls
far enough, or interferon expands the few that are left, the effectors escape and antigen follows.
"""

from __future__ import annotations

import sympy as sp

from ifnfactory.biology.exhaustion import declare_clocks, declare_exhaustion
from ifnfactory.biology.tables import chapter_table
from ifnfactory.network.module import Module


def immunity() -> Module:
    """Return the chapter on immunity."""
    m = Module("immunity", "Immunity", chapter_table("immunity"))
    nk = m.species(
        "activated_nk",
        symbol="NK",
        absolute_tolerance=1e-6,
        description="activated NK cells, untreated = 1",
    )
    effectors = m.species(
        "effectors",
        symbol="E",
        absolute_tolerance=1e-6,
        description="functional HBV-specific CD8 cells, untreated = 1",
    )
    memory = m.species(
        "memory",
        symbol="M",
        initial=None,
        absolute_tolerance=1e-8,
        description="HBV-specific memory cells",
    )
    exhaustion = m.species(
        "exhaustion",
        symbol="X",
        initial=None,
        absolute_tolerance=1e-6,
        description="exhaustion drive",
    )
    scar = m.species(
        "scar", symbol="Z", initial=None, absolute_tolerance=1e-6, description="epigenetic scar"
    )
    excess = m.uses("immune_excess")
    seen, presented = _killing(m, nk, effectors, excess)
    _natural_killers(m, nk, excess)
    free = m.quantity(
        "unexhausted",
        1 / (1 + exhaustion**4),
        symbol="b",
        description="share of effectors that are not exhausted",
    )
    _effectors(m, effectors, memory, scar, free=free, excess=excess, presented=presented)
    declare_exhaustion(m, exhaustion, scar, free, declare_clocks(m, effectors, seen))
    return m


def _killing(
    m: Module, nk: sp.Symbol, effectors: sp.Symbol, excess: sp.Symbol
) -> tuple[sp.Symbol, sp.Symbol]:
    """Declare the attack on hepatocytes; return the core antigen shown and what T cells see."""
    total, nk_share, nk_boost, mhc_boost = m.parameters(
        "total_kill_rate", "nk_share", "nk_interferon_boost", "mhc_interferon_boost"
    )
    floor, cytolytic_floor, half = m.parameters(
        "presentation_floor", "cytolytic_presentation_floor", "presentation_half_point"
    )
    relative, unaided, half_interferon = m.parameters(
        "integrated_killing", "integrated_presentation", "integrated_presentation_half_point"
    )
    # Interferon gamma, which agonists of innate immunity bring, raises presentation as well.
    in_liver = m.uses("interferon_excess") + m.uses("innate_immunity_added")
    capsids = m.uses("dna_capsids")
    seen = m.quantity(
        "core_presentation",
        (1 + half) * capsids / (half + capsids),
        symbol="p",
        description="core antigen shown by infected cells",
    )
    presented = m.quantity(
        "presentation",
        floor + (1 - floor) * seen,
        symbol="p_k",
        description="presentation that kills or cures",
    )
    m.quantity(
        "cytolytic_presentation",
        cytolytic_floor + (1 - cytolytic_floor) * seen,
        symbol="p_c",
        description="presentation that decides how much of the kill is cell death",
    )
    pressure = m.quantity(
        "kill_pressure",
        total
        * ((1 - nk_share) * effectors + nk_share * nk * (1 + nk_boost * excess))
        * (1 + mhc_boost * in_liver),
        unit="1/day",
        symbol="κ",
        description="kill and cure rate at full presentation",
    )
    m.quantity(
        "infected_kill_rate",
        pressure * presented,
        unit="1/day",
        symbol="κ_I",
        description="kill and cure rate of an infected cell",
    )
    m.quantity(
        "integrated_kill_rate",
        relative * pressure * (unaided + (1 - unaided) * in_liver / (half_interferon + in_liver)),
        unit="1/day",
        symbol="κ_J",
        description="kill and cure rate of a cell with integrated HBsAg only",
    )
    return seen, presented


def _natural_killers(m: Module, nk: sp.Symbol, excess: sp.Symbol) -> None:
    rate, expansion, half = m.parameters("nk_rate", "nk_expansion", "nk_half_point")
    m.relaxation(nk, rate, 1 + expansion * excess / (half + excess))


def _effectors(
    m: Module,
    effectors: sp.Symbol,
    memory: sp.Symbol,
    scar: sp.Symbol,
    *,
    free: sp.Symbol,
    excess: sp.Symbol,
    presented: sp.Symbol,
) -> None:
    loss, expansion, boost, most = m.parameters(
        "effector_loss_rate",
        "effector_expansion_rate",
        "effector_interferon_boost",
        "effector_maximum",
    )
    half, infected_share = m.parameters("stimulation_half_point", "infected_antigen_share")
    formation, memory_loss = m.parameters("memory_formation_rate", "memory_loss_rate")
    scar_effect, primed_share = m.parameters("scar_effect", "primed_supply_share")
    m.parameters("immune_margin", "immune_margin_cap")  # for the untreated state
    supply = m.derived(
        "effector_supply", symbol="λ_E", unit="1/day", description="effectors from outside"
    )
    scar_0 = m.derived("scar_baseline", symbol="Z_0", unit="1", description="untreated scar")
    infected, infected_0 = m.uses("infected_hepatocytes"), m.uses("infected_baseline")
    # What is made is shown, also where a drug keeps it from leaving the cell.
    transcription, hbsag = m.uses("translation"), m.uses("hbsag_made")
    antigen = m.quantity(
        "stimulating_antigen",
        infected_share * infected / infected_0 * transcription * presented
        + (1 - infected_share) * hbsag,
        symbol="Ag",
        description="antigen that effectors are shown, untreated = 1",
    )
    stimulation = m.quantity(
        "stimulation",
        (1 + half) * antigen / (half + antigen),
        symbol="s_E",
        description="stimulation of effectors, untreated = 1",
    )
    unscarred = (1 - scar_effect * scar) / (1 - scar_effect * scar_0)
    added = m.uses("effector_priming_added")
    m.reaction(
        "effector_supply_of_thymus",
        supply * (1 - primed_share + primed_share * stimulation) * (1 + added),
        gives=effectors,
    )
    m.reaction("effectors_from_memory", loss * memory, gives=effectors)
    m.reaction("effector_loss", loss * effectors, takes=effectors)
    m.reaction(
        "effector_expansion",
        expansion
        * (1 + boost * excess)
        * stimulation
        * free
        * effectors
        * (1 - effectors / most)
        * unscarred,
        gives=effectors,
    )
    m.reaction("memory_formation", formation * free * effectors, gives=memory)
    m.reaction("memory_loss", memory_loss * memory, takes=memory)
