"""Drugs that are neither interferon nor nucleoside, in three generic slots.

A slot has a depot and an amount at the site of action, both in units of the amount that takes half
of the drug's targets, so that the share taken is o = A/(1 + A). A drug blocks a process to
1/(1 + u·o), with u its block at saturation; blocks of several drugs add up in the denominator, as
those of nucleosides do. Or it adds w·o to a process. All u and w are constants that the drug in the
slot decides: without a drug nothing is blocked and nothing added, whatever they are.
"""

from __future__ import annotations

from typing import Final

import sympy as sp

from ifnfactory.network.module import Module

TARGETED_SLOTS: Final = ("1", "2", "3")
"""An arm has at most three distinct drugs of this kind."""

BLOCKS: Final = (
    ("transcript", "s", "viral transcripts of cccDNA"),
    ("integrant_transcript", "j", "HBsAg transcripts of integrated DNA"),
    ("encapsidation", "c", "packing of pregenomic RNA"),
    ("cccdna_formation", "m", "cccDNA formation"),
    ("entry", "e", "entry into hepatocytes"),
    ("hbsag_release", "r", "release of HBsAg"),
    ("virion_release", "v", "release of virions"),
    ("exhaustion", "x", "drive of exhaustion"),
)
"""Process, index and description; the model uses ``<process>_left``."""

ADDITIONS: Final = (
    ("hbsag_removal", "S", "1/day", "clearance of HBsAg"),
    ("virion_removal", "V", "1/day", "clearance of virions"),
    ("innate_interferon", "F", "1", "sensing, in EC50 of interferon"),
    ("innate_immunity", "N", "1", "interferon response that immune cells take it for"),
    ("effector_priming", "E", "1", "supply of effectors, untreated = 1"),
)
"""Process, index, unit and description; the model uses ``<process>_added``."""

TARGETED_CONSTANTS: Final = tuple(
    f"{name}_{slot}"
    for slot in TARGETED_SLOTS
    for name in (
        "targeted_absorption_rate",
        "targeted_loss_rate",
        *(f"{process}_block" for process, *_ in BLOCKS),
        *(process for process, *_ in ADDITIONS),
    )
)
"""Constants that the drugs of an arm decide."""

TARGETED_SPECIES: Final = tuple(
    f"targeted_{where}_{slot}" for slot in TARGETED_SLOTS for where in ("depot", "site")
)
TARGETED_INPUTS: Final = tuple(f"targeted_dosing_{slot}" for slot in TARGETED_SLOTS)


def targeted_drugs() -> Module:
    """Return the chapter on drugs with other targets."""
    m = Module("targeted_drugs", "Drugs with other targets")
    taken = {slot: _slot(m, slot) for slot in TARGETED_SLOTS}
    for process, index, what in BLOCKS:
        block = _sum(m, f"{process}_block", f"u_{index}", "1", f"block of {what}", taken)
        m.quantity(
            f"{process}_left",
            1 / (1 + block),
            symbol=f"q_{index}",
            description=f"share of {what} left by drugs",
        )
    for process, index, unit, what in ADDITIONS:
        m.quantity(
            f"{process}_added",
            _sum(m, process, f"w_{index}", unit, what, taken),
            unit=unit,
            symbol=f"a_{index}",
            description=f"added by drugs to {what}",
        )
    return m


def _sum(
    m: Module, name: str, symbol: str, unit: str, what: str, taken: dict[str, sp.Symbol]
) -> sp.Expr:
    """Declare the constant of every slot; return their sum over the shares taken."""
    return sp.Add(
        *(
            m.derived(
                f"{name}_{slot}",
                symbol=f"{symbol}{slot}",
                unit=unit,
                description=f"{what}, by the saturating drug in slot {slot}",
            )
            * share
            for slot, share in taken.items()
        )
    )


def _slot(m: Module, slot: str) -> sp.Symbol:
    """Declare kinetics of one slot; return the share of targets that its drug takes."""
    absorption, loss = (
        m.derived(
            f"targeted_{name}_{slot}",
            symbol=f"{symbol}{slot}",
            unit="1/day",
            description=f"{what} of the drug in slot {slot}",
        )
        for name, symbol, what in (
            ("absorption_rate", "k_a", "absorption rate"),
            ("loss_rate", "k_l", "loss rate at the site of action"),
        )
    )
    dosing = m.input(
        f"targeted_dosing_{slot}",
        symbol=f"R_{slot}",
        unit="1/day",
        description=f"steady dosing of the drug in slot {slot}, half-saturating amounts a day",
    )
    depot, site = (
        m.species(
            f"targeted_{name}_{slot}",
            symbol=f"{symbol}{slot}",
            initial=0.0,
            absolute_tolerance=1e-6,
            description=f"drug {where}, in half-saturating amounts",
        )
        for name, symbol, where in (
            ("depot", "B_d", "given and not yet absorbed"),
            ("site", "B_s", "at its site of action"),
        )
    )
    m.reaction(f"targeted_intake_{slot}", dosing, gives=depot)
    m.reaction(f"targeted_absorption_{slot}", absorption * depot, takes=depot, gives=site)
    m.reaction(f"targeted_loss_{slot}", loss * site, takes=site)
    m.conserves(
        f"drug in targeted slot {slot}",
        (depot, site),
        open_to=(f"targeted_intake_{slot}", f"targeted_loss_{slot}"),
    )
    return m.quantity(
        f"targets_taken_{slot}",
        site / (1 + site),
        symbol=f"o_{slot}",
        description=f"share of its targets that the drug in slot {slot} has taken",
    )
