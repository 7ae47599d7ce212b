"""Drugs as data: one TOML file a drug, every number with its unit, source and evidence tag."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import lru_cache
from importlib.resources import files
from typing import Any, Final

from ifnfactory.foundation.errors import ModelError, Problem, UserInputError
from ifnfactory.foundation.evidence import Source
from ifnfactory.pharmacology.processes import PROCESSES

_FOLDER: Final = files("ifnfactory.pharmacology") / "drugs"


@dataclass(frozen=True)
class Quantity:
    """A drug's number.

    Attributes
    ----------
    value
        Typical value.
    unit
        Unit text; ``"/kg"`` at the end means per kilogram of body weight.
    source
        Origin of the typical value.
    spread
        Between-patient standard deviation: of the natural logarithm, or (for a value that is
        itself a log10) of the value. Zero where the number does not vary.
    spread_source
        Origin of the spread; None where there is none.
    note
        Arithmetic or reservation behind the number.
    """

    value: float
    unit: str
    source: Source
    spread: float = 0.0
    spread_source: Source | None = None
    note: str = ""

    @property
    def per_kg(self) -> bool:
        """Whether the value has to be multiplied by the body weight."""
        return self.unit.endswith("/kg")


@dataclass(frozen=True)
class Interferon:
    """An interferon: one compartment, first-order absorption, saturable effects.

    Attributes
    ----------
    absorption_rate
        First-order absorption from the injection site [1/day].
    clearance, volume
        Apparent clearance CL/F [L/day] and volume V/F [L], flat or per kilogram.
    ec50
        Concentration of half-maximal hepatic ISG drive [ng/mL].
    marrow_ec50
        Concentration of half-maximal marrow effect [ng/mL].
    specific_activity
        Million international units a milligram [MIU/mg]; None where doses are never in units.
    steady_state_average
        Published average concentration at the usual dose [ng/mL]; None where there is none.
    hepatic_only
        Whether only hepatocytes have its receptor: then NK cells and T cells do not feel it, and
        USP18 does not silence it.
    """

    name: str
    label: str
    aliases: tuple[str, ...]
    usual_dose: str
    usual_interval: str
    absorption_rate: Quantity
    clearance: Quantity
    volume: Quantity
    ec50: Quantity
    marrow_ec50: Quantity
    specific_activity: Quantity | None = None
    steady_state_average: Quantity | None = None
    hepatic_only: bool = False


@dataclass(frozen=True)
class Nucleoside:
    """A nucleos(t)ide analogue: blocks the formation of HBV DNA inside capsids.

    Attributes
    ----------
    log10_residual
        log10 of the formation that remains; the block ``u = 10 ** -log10_residual`` is added to
        the denominator of rcDNA formation.
    onset_rate
        Rate at which the intracellular block follows the tablets [1/day].
    """

    name: str
    label: str
    aliases: tuple[str, ...]
    usual_dose: str
    usual_interval: str
    log10_residual: Quantity
    onset_rate: Quantity


@dataclass(frozen=True)
class TargetedDrug:
    """Any other drug: a depot, a site of action, and processes that it blocks or adds to.

    Attributes
    ----------
    family, mechanism
        What kind of drug it is, and what it does, in words.
    half_amount
        Amount at the site of action that takes half of the drug's targets [ug, mg or doses].
    absorption_rate
        From the injection or the gut to the site of action [1/day].
    loss_rate
        From the site of action [1/day].
    effects
        Name of a process and the drug's number for it at saturation, in the order of `PROCESSES`:
        log10 of what is left of it, or what is added to it.
    """

    name: str
    label: str
    aliases: tuple[str, ...]
    family: str
    mechanism: str
    usual_dose: str
    usual_interval: str
    half_amount: Quantity
    absorption_rate: Quantity
    loss_rate: Quantity
    effects: tuple[tuple[str, Quantity], ...]


Drug = Interferon | Nucleoside | TargetedDrug


def drug_names() -> tuple[str, ...]:
    """Return the names of all drugs that ship with the package, in alphabetical order."""
    return tuple(sorted(drug.name for drug in _catalogue()))


def load_drug(name: str) -> Drug:
    """Return the drug called `name`, by its name or one of its aliases.

    Raises
    ------
    UserInputError
        If no drug has that name; the message lists the nearest and all names.
    """
    wanted = name.strip().lower().replace(" ", "_").replace("-", "_")
    known: dict[str, Drug] = {}
    for drug in _catalogue():
        for spelling in (drug.name, drug.label, *drug.aliases):
            known[spelling.lower().replace(" ", "_").replace("-", "_")] = drug
    if wanted in known:
        return known[wanted]
    near = [known[key].name for key in get_close_matches(wanted, known, n=3, cutoff=0.5)]
    hint = f"did you mean {' or '.join(dict.fromkeys(near))}? " if near else ""
    raise UserInputError(
        [
            Problem(
                what=f"unknown drug {name!r}",
                where="drug",
                fix=f"{hint}the drugs are {', '.join(drug_names())}",
            )
        ]
    )


def load_interferon(name: str) -> Interferon:
    """Return the interferon called `name`.

    Raises
    ------
    UserInputError
        If no drug has that name, or it is no interferon.
    """
    drug = load_drug(name)
    if isinstance(drug, Interferon):
        return drug
    interferons = ", ".join(each.name for each in _catalogue() if isinstance(each, Interferon))
    raise UserInputError(
        [Problem(f"{drug.label} is no interferon", "drug", f"the interferons are {interferons}")]
    )


@lru_cache(maxsize=1)
def _catalogue() -> tuple[Drug, ...]:
    found: list[Drug] = []
    for entry in sorted(_FOLDER.iterdir(), key=lambda path: path.name):
        if entry.name.endswith(".toml"):
            found.append(_drug(tomllib.loads(entry.read_text(encoding="utf-8"))))
    return tuple(found)


def _quantity(table: Mapping[str, Any]) -> Quantity:
    spread = float(table.get("log_sd", table.get("sd", 0.0)))
    origin = table.get("spread_source")
    return Quantity(
        value=float(table["value"]),
        unit=str(table["unit"]),
        source=Source(str(table["source"]), str(table["tag"])),
        spread=spread,
        spread_source=None if origin is None else Source(str(origin), str(table["spread_tag"])),
        note=str(table.get("note", "")),
    )


def _optional(table: Mapping[str, Any], key: str) -> Quantity | None:
    return _quantity(table[key]) if key in table else None


def _drug(table: Mapping[str, Any]) -> Drug:
    name, label = str(table["name"]), str(table["label"])
    aliases = tuple(str(alias) for alias in table["aliases"])
    usual_dose, usual_interval = str(table["usual_dose"]), str(table["usual_interval"])
    if table["kind"] == "interferon":
        return Interferon(
            name=name,
            label=label,
            aliases=aliases,
            usual_dose=usual_dose,
            usual_interval=usual_interval,
            absorption_rate=_quantity(table["absorption_rate"]),
            clearance=_quantity(table["clearance"]),
            volume=_quantity(table["volume"]),
            ec50=_quantity(table["ec50"]),
            marrow_ec50=_quantity(table["marrow_ec50"]),
            specific_activity=_optional(table, "specific_activity"),
            steady_state_average=_optional(table, "steady_state_average"),
            hepatic_only=bool(table.get("hepatic_only", False)),
        )
    if table["kind"] == "targeted":
        return TargetedDrug(
            name=name,
            label=label,
            aliases=aliases,
            family=str(table["family"]),
            mechanism=str(table["mechanism"]),
            usual_dose=usual_dose,
            usual_interval=usual_interval,
            half_amount=_quantity(table["half_amount"]),
            absorption_rate=_quantity(table["absorption_rate"]),
            loss_rate=_quantity(table["loss_rate"]),
            effects=_effects(name, table["effects"]),
        )
    return Nucleoside(
        name=name,
        label=label,
        aliases=aliases,
        usual_dose=usual_dose,
        usual_interval=usual_interval,
        log10_residual=_quantity(table["log10_residual"]),
        onset_rate=_quantity(table["onset_rate"]),
    )


def _effects(drug: str, table: Mapping[str, Any]) -> tuple[tuple[str, Quantity], ...]:
    known = tuple(process.name for process in PROCESSES)
    if strange := set(table) - set(known):
        raise ModelError(
            f"{drug}: no process is called {', '.join(sorted(strange))}; there are {known}"
        )
    return tuple((name, _quantity(table[name])) for name in known if name in table)
