"""Checking what a person asked of ``ifn tissue`` before a cell is made."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np

from ifnfactory.cli.faults import Faults
from ifnfactory.foundation.errors import Problem
from ifnfactory.foundation.provenance import memory_bytes
from ifnfactory.runs.destination import check_destination
from ifnfactory.tissue.course import Plan, bytes_a_cell
from ifnfactory.tissue.lattice import Boundary, Lattice, lattice_problems
from ifnfactory.tissue.lobule import RADIUS_CELLS, Lobules, one_lobule, sheet_of_lobules
from ifnfactory.tissue.model import Model
from ifnfactory.tissue.model_check import stack_problems
from ifnfactory.tissue.model_file import load_model, model_text
from ifnfactory.tissue.scan import Axis, parse_axes
from ifnfactory.tissue.sinusoid import sinusoids
from ifnfactory.tissue.sites import Sites

GEOMETRIES: Final = ("sheet", "lobule", "lobules")
REPLICATES_MAX: Final = 10_000


@dataclass(frozen=True)
class TissueRequest:
    """The arguments of ``ifn tissue run`` and ``scan``, as they were typed."""

    model: str
    size: int | None
    layers: int
    geometry: str
    hours: float | None
    replicates: int
    seed: int
    threads: int | None
    out: Path | None
    overwrite: bool
    movie: bool = False
    given: tuple[str, ...] = ()
    params: tuple[str, ...] | None = None

    def checked(self) -> tuple[Plan, tuple[Axis, ...]]:
        """Return what to follow, and the axes of a scan, if everything can be carried out.

        Raises
        ------
        UserInputError
            With every problem of the options, the model, its memory and the destination.
        """
        faults = Faults()
        self._counts(faults)
        out = self.out
        if out is not None:
            faults.of(lambda: check_destination(out, self.overwrite))
        faults.unless(out is not None or not self.movie, "nowhere to put it", "--movie",
                      "name a folder with --out")  # fmt: skip
        faults.unless(out is not None or not self.overwrite, "nothing to replace", "--overwrite",
                      "name a folder with --out")  # fmt: skip
        model = faults.of(lambda: load_model(self.model))
        if model is not None:
            model = self._given(model, faults)
        axes: tuple[Axis, ...] | None = ()
        sites: Sites | None = None
        if model is not None:
            sites = self._sites(model, faults)
            params = self.params
            if params is not None:
                axes = faults.of(lambda: parse_axes(params, model))
        if faults.problems or model is None or sites is None or axes is None:
            raise faults.error()
        hours = model.hours if self.hours is None else self.hours
        plan = Plan(model, sites, hours, self.replicates, self.seed, model_text(self.model))
        return plan, axes

    def _counts(self, faults: Faults) -> None:
        many = 1 <= self.replicates <= REPLICATES_MAX
        faults.unless(many, "no such number of replicates", f"--replicates {self.replicates}",
                      f"give 1 to {REPLICATES_MAX:,}")  # fmt: skip
        idle = self.threads is not None and self.threads < 1
        faults.unless(not idle, "no threads", f"--threads {self.threads}", "give 1 or more")
        if self.hours is not None:
            good = math.isfinite(self.hours) and self.hours > 0.0
            faults.unless(good, "no time to follow", f"--hours {self.hours:g}", "give more than 0")
        known = self.geometry in GEOMETRIES
        faults.unless(known, "no such geometry", f"--geometry {self.geometry}",
                      f"give one of {', '.join(GEOMETRIES)}")  # fmt: skip

    def _given(self, model: Model, faults: Faults) -> Model:
        """Return the model with the rates and inputs of ``--set``, or note what is wrong."""
        rates, inputs = dict[str, float](), dict[str, float]()
        known, driven = {r.name for r in model.rates}, {i.name for i in model.inputs}
        for text in self.given:
            name, _, number = text.partition("=")
            where = f"--set {text}"
            try:
                value = float(number)
            except ValueError:
                value = math.nan
            fix = f"names are {', '.join([*sorted(driven), *sorted(known)])}"
            good = name in known | driven
            faults.unless(good, f"{model.name} has no rate or input {name!r}", where, fix)
            real = math.isfinite(value) and value >= 0.0
            faults.unless(real, "this is no rate", where, "write NAME=NUMBER, 0 or more")
            if good and real:
                (rates if name in known else inputs)[name] = value
        changed = tuple(replace(i, value=inputs.get(i.name, i.value)) for i in model.inputs)
        return replace(model.with_rates(**rates), inputs=changed)

    def _sites(self, model: Model, faults: Faults) -> Sites | None:
        """Return the cells, or note why there cannot be so many."""
        size = model.lattice.size if self.size is None else self.size
        if self.geometry == "lobule":
            size = 2 * RADIUS_CELLS + 1
        lattice = Lattice(size, size, self.layers)
        found = lattice_problems(lattice, bytes_a_cell(model), memory_bytes())
        found += stack_problems(model, self.layers)
        curved = self.geometry in ("lobule", "lobules")
        if curved and model.lattice.kind != "hex":
            told = f"{model.name} lives on a square lattice, lobules are hexagonal"
            found.append(Problem(told, f"--geometry {self.geometry}", "leave it out"))
        unit = 3 * RADIUS_CELLS
        if self.geometry == "lobules" and size % unit:
            fix = f"give a multiple of {unit}, for example {unit * max(1, round(size / unit))}"
            found.append(Problem(f"lobules do not fit a side of {size}", "--size", fix))
        faults.problems.extend(found)
        if found or self.geometry not in GEOMETRIES:
            return None
        if self.geometry == "sheet":
            return Sites(size, size, self.layers)
        if self.geometry == "lobule":
            return _of(one_lobule(layers=self.layers), self.layers)
        return _of(sheet_of_lobules(replace(lattice, layers=1)), self.layers)


def _of(lobules: Lobules, layers: int) -> Sites:
    """Return the sites of a stack of equal slices through lobules."""
    lattice = lobules.lattice
    torus = lattice.boundary is Boundary.PERIODIC
    mask = np.empty(0, dtype=np.uint8)
    if not torus:
        mask = np.tile(lobules.inside.astype(np.uint8).ravel(), layers)
    zone = np.tile(lobules.zone.ravel(), layers)
    blood = sinusoids(lobules)
    return Sites(lattice.height, lattice.width, layers, torus, mask, zone, blood)
