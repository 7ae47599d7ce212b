"""Writes the page of drugs: ``python -m ifnfactory.pharmacology.pages docs``."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from ifnfactory.pharmacology.drug import (
    Drug,
    Interferon,
    Nucleoside,
    Quantity,
    TargetedDrug,
    drug_names,
    load_drug,
)
from ifnfactory.pharmacology.processes import PROCESSES

FILE: Final = "drugs.md"
HEAD: Final = """# Drugs

Which drugs there are, what each does to the model, and where every number comes from. How an arm
is given a drug is on [Write a trial](trials.md); a protocol with one of each kind, alone and
with peginterferon and entecavir, is [new_drugs.toml](examples/new_drugs.toml).

Tags: `V` seen at the source, `U-H`, `U-M`, `U-L` cited but not checked (confidence high, medium,
low), `D` derived, `S` from an exploratory simulation, `prior` an assumption with its reason.
Where the evidence base says "no calibration value supplied", the mechanism is there and its
strength is a prior: such a drug says what would follow if it were as strong as that, not how
strong it is.

A drug is a file in [pharmacology/drugs](../src/ifnfactory/pharmacology/drugs). Another one is
another file: no equation changes and nothing is compiled.

This page is written by `python -m ifnfactory.pharmacology.pages docs`, and a test keeps it
current.
"""
INTERFERONS: Final = """
## Interferons

One compartment with first-order absorption; concentration over EC50 drives the response of the
liver, and over another EC50 the marrow. At most two in one arm.
"""
NUCLEOSIDES: Final = """
## Nucleos(t)ide analogues

They block the formation of DNA inside capsids. What is left is 1/(1 + u) with u = 10^-(log10
residual) times the daily amount over the usual one; analogues taken together add their u.
"""
TARGETED: Final = """
## All others

A depot and an amount A at the site of action, in half-saturating amounts: the drug has taken o =
A/(1 + A) of its targets. It leaves 1/(1 + u·o) of a process, with u = 10^-(log10 left) - 1, which
is a saturable block of at most u/(1 + u) that is half there at A = 1/(1 + u); or it adds w·o.
Blocks by several drugs add their u·o. What is taken daily flows in steadily, the rest are
injections. Doubling a saturating dose therefore does little, and without a drug nothing is
blocked or added. At most three in one arm. Half-saturating amounts differ between patients.

The processes, each of which any drug file may name:

| process | kind | unit | acts on |
|---|---|---|---|
"""


def drugs_page() -> str:
    """Return the page as Markdown."""
    drugs = [load_drug(name) for name in drug_names()]
    lines: list[str] = [INTERFERONS]
    for drug in drugs:
        if isinstance(drug, Interferon):
            lines += _section(drug, _hepatic(drug))
    lines.append(NUCLEOSIDES)
    for drug in drugs:
        if isinstance(drug, Nucleoside):
            lines += _section(drug, "")
    lines.append(TARGETED.rstrip("\n"))
    for process in PROCESSES:
        kind = "log10 of what is left" if process.block else "added"
        lines.append(f"| `{process.name}` | {kind} | {process.unit} | {process.what} |")
    lines.append("")
    for drug in sorted(
        (each for each in drugs if isinstance(each, TargetedDrug)),
        key=lambda each: (each.family, each.name),
    ):
        lines += _section(drug, f"{drug.family}: {drug.mechanism}.")
    return HEAD + "\n".join(lines) + "\n"


def _hepatic(drug: Interferon) -> str:
    return (
        "Its receptor sits on hepatocytes, not on immune cells; USP18 does not silence it."
        if drug.hepatic_only
        else ""
    )


def _section(drug: Drug, words: str) -> Iterator[str]:
    yield f"### {drug.label}\n"
    yield f"`{drug.name}`, usually {drug.usual_dose} per {drug.usual_interval}. {words}".rstrip()
    yield "\n| number | value | unit | between patients | source | tag |\n|---|---|---|---|---|---|"
    for name, number in _numbers(drug):
        spread = f"SD {number.spread:g}" if number.spread else "–"
        note = f". {number.note}" if number.note else ""
        yield (
            f"| {name} | {number.value:g} | {number.unit} | {spread} | "
            f"{number.source.text}{note} | {number.source.tag} |"
        )
    yield ""


def _numbers(drug: Drug) -> Iterator[tuple[str, Quantity]]:
    for name, value in vars(drug).items():
        if isinstance(value, Quantity):
            yield name.replace("_", " "), value
    if isinstance(drug, TargetedDrug):
        for process, effect in drug.effects:
            yield f"`{process}`", effect


if __name__ == "__main__":
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else "docs")
    (folder / FILE).write_text(drugs_page(), encoding="utf-8")
