"""The one gate of cell models: a file becomes a `Model`, or every problem is told at once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from importlib import resources
from pathlib import Path
from typing import Any, Final

from ifnfactory.biology.tables import chapter_table
from ifnfactory.foundation.errors import ModelError, UserInputError
from ifnfactory.foundation.evidence import Source
from ifnfactory.foundation.schema_faults import Fault, schema_faults
from ifnfactory.foundation.toml_gate import located, parse_toml, read_text
from ifnfactory.tissue import parts as p
from ifnfactory.tissue.model import Model
from ifnfactory.tissue.model_check import model_faults
from ifnfactory.tissue.model_schema import ModelSection, QuantitySection, RateSection
from ifnfactory.tissue.units import canonical_factor
from ifnfactory.tissue.value_check import value_faults

BUILT_IN: Final = ("hbv-liver", "plaque", "visavis")
CHAPTERS: Final = (
    "virus", "hepatocytes", "interferon", "immunity", "injury", "marrow", "drug_exposure",
)  # fmt: skip


def load_model(name_or_path: str) -> Model:
    """Return a built-in model, or that of a file.

    Raises
    ------
    UserInputError
        With everything that is wrong.
    """
    file = f"{name_or_path}.toml" if name_or_path in BUILT_IN else name_or_path
    return model_of(model_text(name_or_path), file)


def model_text(name_or_path: str) -> str:
    """Return the text of a built-in model, or of a file.

    Raises
    ------
    UserInputError
        If the file cannot be read.
    """
    if name_or_path in BUILT_IN:
        home = resources.files("ifnfactory.tissue") / "models"
        return (home / f"{name_or_path}.toml").read_text(encoding="utf-8")
    hint = f"use a built-in model: {', '.join(BUILT_IN)}"
    return read_text(Path(name_or_path), hint)


def model_of(text: str, file: str) -> Model:
    """Return the model that a text describes.

    Raises
    ------
    UserInputError
        With everything that is wrong, each with its line.
    """
    raw = parse_toml(text, file)
    faults = schema_faults(ModelSection, raw)
    if faults:
        raise UserInputError(located(faults, text, file))
    section = ModelSection.model_validate(raw)
    # What is wrong with a rate or a phase stands in for a good one, so that names are judged too.
    model = _built(section)
    faults = [*_rate_faults(section), *_phase_faults(section), *model_faults(model)]
    faults = faults or value_faults(model)
    if faults:
        raise UserInputError(located(faults, text, file))
    return model


def _rate_faults(section: ModelSection) -> Iterator[Fault]:
    for name, rate in section.rates.items():
        path = ("rates", name)
        if rate.from_ is not None:
            given = [key for key in ("value", "unit", "source", "tag") if getattr(rate, key)]
            if given:
                yield Fault((*path, given[0]), "a rate taken over has its own value and source",
                            f"leave out {', '.join(given)}")  # fmt: skip
            if _taken_over(rate.from_) is None:
                yield Fault((*path, "from"), f"the patient model has no parameter {rate.from_!r}",
                            f'write "chapter.name" with one of {", ".join(CHAPTERS)}')  # fmt: skip
            continue
        missing = [k for k in ("value", "unit", "source", "tag") if getattr(rate, k) is None]
        if missing:
            yield Fault(path, f"rate {name} lacks {', '.join(missing)}", "say it: every number has "
                        "a unit, a source and an evidence tag")  # fmt: skip
            continue
        if rate.unit is not None and not _is_unit(rate.unit):
            yield Fault((*path, "unit"), f"{rate.unit!r} is no unit", 'write for example "1/h"')
        if rate.value is not None and rate.value < 0.0:
            yield Fault((*path, "value"), f"rate {name} = {rate.value:g} is negative",
                        "write 0 or more")  # fmt: skip


def _phase_faults(section: ModelSection) -> Iterator[Fault]:
    phases = [phase for quantity in section.quantities.values() for phase in quantity.phases]
    for name, quantity in section.quantities.items():
        path = ("quantities", name)
        if (quantity.kind == "phase") != bool(quantity.phases):
            yield Fault(path, f"{name}: phases are named for a quantity of the kind phase only",
                        "give phases = [...], or kind = \"level\" or \"amount\"")  # fmt: skip
        if isinstance(quantity.initial, str) and quantity.initial not in quantity.phases:
            yield Fault((*path, "initial"), f"{name} has no phase {quantity.initial!r}",
                        f"its phases are {', '.join(quantity.phases)}")  # fmt: skip
        if len(set(phases)) != len(phases):
            yield Fault(path, "two phases have the same name", "rename one of them")
    for index, item in enumerate(section.transitions):
        if isinstance(item.to, str) and item.to not in phases:
            yield Fault(("transitions", index, "to"), f"there is no phase {item.to!r}",
                        f"the phases are {', '.join(phases)}")  # fmt: skip
        if (item.to is None) == (item.change is None):
            yield Fault(("transitions", index), f"{item.name}: give either to or change",
                        "keep one of the two")  # fmt: skip


def _is_unit(unit: str) -> bool:
    try:
        canonical_factor(unit)
    except ValueError:
        return False
    return True


def _taken_over(place: str) -> Any:
    chapter, _, name = place.partition(".")
    if chapter not in CHAPTERS:
        return None
    try:
        return chapter_table(chapter)[name]
    except ModelError:
        return None


def _rate(name: str, rate: RateSection) -> p.Rate:
    entry = None if rate.from_ is None else _taken_over(rate.from_)
    if entry is not None:
        source, value = entry.source, entry.value * rate.times
        if rate.times != 1.0:
            source = replace(source, text=f"{rate.times:g} x {rate.from_}: {source.text}", tag="D")
        told = rate.description or entry.description
        return p.Rate(name, value, entry.unit, source, told, canonical_factor(entry.unit))
    unit = rate.unit if rate.unit is not None and _is_unit(rate.unit) else "1"
    source = Source(rate.source or "not given", rate.tag or "prior")
    value = 0.0 if rate.value is None else rate.value
    return p.Rate(name, value, unit, source, rate.description, canonical_factor(unit))


def _quantity(name: str, q: QuantitySection) -> p.Quantity:
    initial = q.initial
    if isinstance(initial, str):
        initial = q.phases.index(initial) if initial in q.phases else 0.0
    maximum = float(len(q.phases) - 1) if q.phases else q.maximum
    return p.Quantity(
        name,
        p.QuantityKind(q.kind),
        q.bits,
        maximum,
        tuple(q.phases),
        float(initial),
        q.description,
    )


def _built(s: ModelSection) -> Model:
    numbers = {
        phase: float(index) for q in s.quantities.values() for index, phase in enumerate(q.phases)
    }

    def target(to: float | str | None) -> float | None:
        return numbers.get(to, 0.0) if isinstance(to, str) else to

    return Model(
        name=s.name,
        title=s.title,
        reference=s.reference,
        lattice=p.LatticeSpec(**s.lattice.model_dump()),
        cell_step=s.time.cell_step_min,
        field_step=s.time.field_step_min,
        hours=s.time.hours,
        rates=tuple(_rate(name, rate) for name, rate in s.rates.items()),
        inputs=tuple(p.Input(name, i.unit, i.value, i.description) for name, i in s.inputs.items()),
        quantities=tuple(_quantity(name, q) for name, q in s.quantities.items()),
        fields=tuple(p.FieldSpec(name=name, **f.model_dump()) for name, f in s.fields.items()),
        pools=tuple(p.Pool(name=n, **pool.model_dump()) for n, pool in s.pools.items()),
        residents=tuple(p.Resident(n, r.fraction, r.description) for n, r in s.residents.items()),
        neighbours=tuple(p.Neighbours(name, when) for name, when in s.neighbours.items()),
        lets=tuple(s.let.items()),
        transitions=tuple(
            p.Transition(
                t.name, t.quantity, t.when, t.rate, t.change, target(t.to), tuple(t.sets.items())
            )
            for t in s.transitions
        ),
        relaxations=tuple(p.Relaxation(r.quantity, r.rate, r.target) for r in s.relax),
        odes=tuple(p.OdeBlock(o.name, o.substeps, tuple(o.equations.items())) for o in s.ode),
        agents=tuple(
            p.AgentKind(
                name, a.density, a.motility, a.lights, a.rests,
                tuple(p.Deed(d.name, d.when, d.rate, tuple(d.sets.items())) for d in a.deeds),
                a.description,
            )
            for name, a in s.agents.items()
        ),
        agent_step=s.agent_step_min,
        seeding=p.Seeding(
            s.seeding.pattern, s.seeding.amount, s.seeding.when, tuple(s.seeding.sets.items())
        ),
        transit=s.sinusoid.transit,
        factory=p.FactorySpec(
            tuple(s.factory.without_interferon), tuple(s.factory.without_loop), s.factory.generation
        ),
        measures=tuple(p.Measure(n, k.when, k.description) for n, k in s.measures.items()),
    )  # fmt: skip
