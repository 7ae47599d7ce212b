"""Checking what a person asked of ``ifn tissue`` before a cell is made."""

from __future__ import annotations

import math
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Final

import numpy as np

from ifnfactory.cli.faults import Faults
from ifnfactory.foundation.errors import Problem
from ifnfactory.foundation.provenance import memory_bytes
from ifnfactory.runs.destination import check_destination
from ifnfactory.tissue.course import Plan
from ifnfactory.tissue.lattice import Lattice
from ifnfactory.tissue.lobule import RADIUS_CELLS, Lobules, one_lobule, sheet_of_lobules
from ifnfactory.tissue.model import Model
from ifnfactory.tissue.model_file import load_model, model_text
from ifnfactory.tissue.room import room_problems
from ifnfactory.tissue.scan import Axis, parse_axes
from ifnfactory.tissue.sinusoid import sinusoids
from ifnfactory.tissue.sites import Sites
from ifnfactory.tissue.value_check import stack_problems, too_long, value_faults

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
            params = self.params
            if params is not None:
                axes = faults.of(lambda: parse_axes(params, model))
            hours = model.hours if self.hours is None else self.hours
            faults.problems += too_long(model, hours) if math.isfinite(hours) else []
            sites = self._sites(model, faults)
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
        values = dict[str, float]()
        known = {item.name for item in (*model.rates, *model.inputs)}
        for text in self.given:
            name, _, number = text.partition("=")
            where = f"--set {text}"
            try:
                value = float(number)
            except ValueError:
                value = math.nan
            near = get_close_matches(name, sorted(known), n=1, cutoff=0.6)
            fix = f"did you mean {near[0]!r}?" if near else f"names are {', '.join(sorted(known))}"
            good = name in known
            faults.unless(good, f"{model.name} has no rate or input {name!r}", where, fix)
            faults.unless(name not in values, f"{name} is given twice", where, "give it once")
            real = math.isfinite(value) and value >= 0.0
            faults.unless(real, "this is no number of 0 or more", where, "write NAME=NUMBER")
            if good and real:
                values[name] = value
        changed = model.with_values(values)
        if values:
            told = f"--set {' --set '.join(self.given)}"
            faults.problems += [Problem(f.what, told, f.fix) for f in value_faults(changed)]
        return changed

    def _sites(self, model: Model, faults: Faults) -> Sites | None:
        """Return the cells, or note why there cannot be so many."""
        size = model.lattice.size if self.size is None else self.size
        if self.geometry == "lobule":
            size = 2 * RADIUS_CELLS + 1
            free = self.size in (None, size)
            faults.unless(free, f"one lobule has {size} cells a side", f"--size {self.size}",
                          "leave it out, or take --geometry lobules")  # fmt: skip
        unit = {"lobule": size, "lobules": 3 * RADIUS_CELLS}.get(self.geometry, 0)
        found = room_problems(model, size, self.layers, memory_bytes(), unit)
        found += stack_problems(model, self.layers)
        if unit and model.lattice.kind != "hex":
            told = f"{model.name} lives on a square lattice, lobules are hexagonal"
            found.append(Problem(told, f"--geometry {self.geometry}", "leave it out"))
        faults.problems.extend(found)
        if faults.problems:
            return None
        if self.geometry == "sheet":
            return Sites(size, size, self.layers)
        if self.geometry == "lobule":
            return _of(one_lobule(layers=self.layers), self.layers)
        return _of(sheet_of_lobules(Lattice(size, size)), self.layers)


def _of(lobules: Lobules, layers: int) -> Sites:
    """Return the sites of a stack of equal slices through lobules."""
    lattice = lobules.lattice
    torus = lattice.torus
    mask = np.empty(0, dtype=np.uint8)
    if not torus:
        mask = np.tile(lobules.inside.astype(np.uint8).ravel(), layers)
    zone = np.tile(lobules.zone.ravel(), layers)
    blood = sinusoids(lobules)
    return Sites(lattice.height, lattice.width, layers, torus, mask, zone, blood)
