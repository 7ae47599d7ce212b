"""Drugs on their way to the liver: two interferon slots, nucleoside blocks, lamivudine resistance.

The kinetics of an interferon belong to the drug that an arm puts into a slot, so that the slots'
constants are filled in for each patient by the pharmacology.
"""

from __future__ import annotations

from typing import Final

import sympy as sp

from ifnfactory.biology.tables import chapter_table
from ifnfactory.network.module import Module

SLOTS: Final = ("a", "b")
"""An arm has at most two distinct interferons."""

DRUG_CONSTANTS: Final = (
    *(
        f"{name}_{slot}"
        for slot in SLOTS
        for name in (
            "absorption_rate",
            "elimination_rate",
            "volume",
            "ec50",
            "marrow_ec50",
            "hepatic_only",
        )
    ),
    "nucleoside_onset_rate",
)
"""Constants that the drugs of an arm decide."""

_BLOCK_TOLERANCE: Final = 1.0  # blocks are 10^7 to 10^9; below one nothing is blocked


def drug_exposure() -> Module:
    """Return the chapter on drug exposure."""
    m = Module("drug_exposure", "Drug exposure", chapter_table("drug_exposure"))
    slots = [_slot(m, slot) for slot in SLOTS]
    m.quantity(
        "interferon_exposure",
        sp.Add(*(concentration / ec50 for concentration, ec50, *_ in slots)),
        symbol="y",
        description="given interferon in units of its liver EC50",
    )
    m.quantity(
        "hepatic_only_exposure",
        sp.Add(*(only * concentration / ec50 for concentration, ec50, _, only in slots)),
        symbol="y_h",
        description="the part of it whose receptor only hepatocytes have",
    )
    m.quantity(
        "marrow_exposure",
        sp.Add(*(concentration / ec50 for concentration, _, ec50, _ in slots)),
        symbol="y_m",
        description="given interferon in units of its marrow EC50",
    )
    m.observable(
        "interferon_concentration",
        sp.Add(*(concentration for concentration, *_ in slots)),
        unit="ug/L",
        description="serum interferon, both slots (µg/L = ng/mL)",
    )
    _nucleosides(m)
    return m


def _slot(m: Module, slot: str) -> tuple[sp.Symbol, sp.Symbol, sp.Symbol, sp.Symbol]:
    """Declare one slot; return concentration, liver and marrow EC50, and whether hepatic only."""

    def own(name: str, symbol: str, unit: str, description: str) -> sp.Symbol:
        return m.derived(
            f"{name}_{slot}",
            symbol=f"{symbol}{slot}",
            unit=unit,
            description=f"{description} of the interferon in slot {slot}",
        )

    ka = own("absorption_rate", "k_a", "1/day", "absorption rate")
    ke = own("elimination_rate", "k_e", "1/day", "elimination rate")
    volume = own("volume", "V_", "L", "apparent volume")
    ec50 = own("ec50", "EC_50", "ug/L", "liver EC50")
    marrow_ec50 = own("marrow_ec50", "EC_m", "ug/L", "marrow EC50")
    only = own("hepatic_only", "h_", "1", "1 if only hepatocytes have the receptor, else 0,")
    depot, central = (
        m.species(
            f"{name}_{slot}",
            symbol=f"{symbol}{slot}",
            unit="ug",
            initial=0.0,
            absolute_tolerance=1e-6,
            description=f"interferon {where}",
        )
        for name, symbol, where in (
            ("depot", "A_d", "under the skin"),
            ("central", "A_c", "in the body"),
        )
    )
    m.reaction(f"absorption_{slot}", ka * depot, takes=depot, gives=central)
    m.reaction(f"elimination_{slot}", ke * central, takes=central)
    m.conserves(f"interferon in slot {slot}", (depot, central), open_to=(f"elimination_{slot}",))
    concentration = m.quantity(
        f"concentration_{slot}",
        central / volume,
        unit="ug/L",
        symbol=f"C_{slot}",
        description=f"serum concentration of the interferon in slot {slot}",
    )
    return concentration, ec50, marrow_ec50, only


def _nucleosides(m: Module) -> None:
    onset = m.derived(
        "nucleoside_onset_rate",
        symbol="k_n",
        unit="1/day",
        description="rate at which a nucleoside block follows the tablets",
    )
    selection = m.parameter("lamivudine_selection_rate")
    m.parameter("lamivudine_resistant_share_initial")
    slowing = m.parameter("interferon_on_selection")
    m.parameter("block_after_resistance")
    excess = m.uses("interferon_excess")
    target = m.input(
        "na_block_target",
        symbol="u_n",
        unit="1",
        description="block 1/residual - 1 of the nucleosides taken, lamivudine apart",
    )
    lamivudine_target = m.input(
        "lamivudine_block_target",
        symbol="u_l",
        unit="1",
        description="block 1/residual - 1 of lamivudine",
    )
    taken = m.input(
        "lamivudine_on",
        symbol="l",
        unit="1",
        description="1 while lamivudine is taken, else 0",
    )
    block = m.species(
        "na_block",
        symbol="N",
        initial=0.0,
        absolute_tolerance=_BLOCK_TOLERANCE,
        description="block of DNA synthesis by nucleosides other than lamivudine",
    )
    lamivudine = m.species(
        "lamivudine_block",
        symbol="L",
        initial=0.0,
        absolute_tolerance=_BLOCK_TOLERANCE,
        description="block of DNA synthesis by lamivudine in sensitive virus",
    )
    resistant = m.species(
        "lamivudine_resistant_share",
        symbol="ρ",
        initial=None,
        absolute_tolerance=1e-15,
        description="share of lamivudine-resistant virus",
    )
    m.relaxation(block, onset, target)
    m.relaxation(lamivudine, onset, lamivudine_target)
    m.reaction(
        "resistance",
        selection * taken * resistant * (1 - resistant) / (1 + slowing * excess),
        gives=resistant,
    )
