"""`ifn bench tissue`: cell updates a second, beside what the memory of this machine can do.

A cell update is one cell carried over one cell step of its model, with its share of all fields. The
liver is timed lit by an agonist, and driven by peginterferon through the blood of its lobules: in a
dark sheet nothing happens to most cells, which is faster.
"""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from typing import Any, Final

import numpy as np

from ifnfactory.foundation.progress import Progress, Silent
from ifnfactory.foundation.provenance import cpu_model
from ifnfactory.tissue.lattice import Lattice
from ifnfactory.tissue.lobule import one_lobule, sheet_of_lobules
from ifnfactory.tissue.model import Model
from ifnfactory.tissue.model_file import load_model
from ifnfactory.tissue.plan import plan_fields
from ifnfactory.tissue.simulation import Simulation
from ifnfactory.tissue.sinusoid import sinusoids
from ifnfactory.tissue.sites import Sites

COPY_BYTES: Final = 1 << 28
"""Large enough for no cache to help."""
REPEATS: Final = 3
LIT, DRIVEN, ITSELF = "lit", "driven", ""
CASES: Final = (
    ("hbv-liver", 8192, 2, 1, LIT),
    ("hbv-liver", 1024, 2, 12, LIT),
    ("hbv-liver", 1024, 1, 6, LIT),
    ("hbv-liver", 480, 2, 12, DRIVEN),
    ("visavis", 100, 1, 2000, ITSELF),
    ("plaque", 167, 1, 60, ITSELF),
)
"""Model, cells along a side, threads, macro steps of one timing, exposure of the tissue."""
QUICK: Final = (
    ("hbv-liver", 300, 2, 1, LIT),
    ("hbv-liver", 60, 1, 1, DRIVEN),
    ("visavis", 40, 1, 50, ITSELF),
)
"""The same for a look at whether it runs at all."""
INPUTS: Final = {LIT: {"tlr": 1.0}, DRIVEN: {"peg": 100.0}, ITSELF: {}}
WARM_STEPS: Final = 12
"""Macro steps before the first timing: they compile the kernel, touch the memory, and light up."""


@dataclass(frozen=True)
class TissueRow:
    """One timing.

    Attributes
    ----------
    updates_per_second
        Cells times cell steps a second; for ``visavis`` times its interferon steps of 0.1 min, as
        its authors count.
    bandwidth_fraction
        Bytes of a cell, read and written once a macro step, as a share of what a plain copy moves.
    hours_per_second
        Hours of the tissue that pass in a second.
    exposure
        What the tissue is exposed to: ``lit``, ``driven``, or nothing.
    """

    model: str
    size: int
    threads: int
    updates_per_second: float
    bytes_per_cell: float
    bandwidth_fraction: float
    hours_per_second: float
    exposure: str


@dataclass(frozen=True)
class TissueReport:
    """What the benchmark found.

    Attributes
    ----------
    sweep_error
        Root mean square by which the sweeps of the fields miss the exact solution of each implicit
        step in a lit sheet, as a share of the root mean square of type I interferon.
    """

    cpu: str
    copy_gb_per_s: float
    lobule_30_days_s: float
    sweep_error: float
    rows: tuple[TissueRow, ...]

    def to_json(self) -> dict[str, Any]:
        """Return the report as one JSON object."""
        return asdict(self) | {"rows": [asdict(row) for row in self.rows]}


def copy_speed(threads: int = 2, size: int = COPY_BYTES) -> float:
    """Return what a plain copy reads and writes, best of five [GB/s]."""
    source = np.ones(size // 8)
    target = np.zeros(size // 8)
    cuts = [source.size * part // threads for part in range(threads + 1)]
    best = np.inf

    def copy(first: int, last: int) -> None:
        np.copyto(target[first:last], source[first:last])

    with ThreadPoolExecutor(threads) as pool:
        for _ in range(5):
            began = time.perf_counter()
            jobs = pool.map(copy, cuts[:-1], cuts[1:])
            for done in jobs:
                del done
            best = min(best, time.perf_counter() - began)
    return 2.0 * size / best / 1e9


def run_tissue_benchmark(
    progress: Progress | None = None, cases: tuple[tuple[str, int, int, int, str], ...] = CASES
) -> TissueReport:
    """Time every case, and a copy of memory in the same run."""
    watcher = progress or Silent()
    watcher.begin("tissue benchmark", len(cases) + 2)
    bandwidth = copy_speed()
    rows: list[TissueRow] = []
    for name, size, threads, steps, exposure in cases:
        rows.append(_row(exposed(name, exposure), size, threads, steps, exposure, bandwidth))
        watcher.advance()
    lobule = _lobule_seconds()
    watcher.advance()
    error = sweep_error()
    watcher.advance()
    watcher.end()
    return TissueReport(cpu_model(), bandwidth, lobule, error, tuple(rows))


def exposed(name: str, exposure: str) -> Model:
    """Return a built-in model with the inputs of an exposure."""
    model, given = load_model(name), INPUTS[exposure]
    inputs = tuple(replace(item, value=given.get(item.name, item.value)) for item in model.inputs)
    return replace(model, inputs=inputs)


def _sites(size: int, exposure: str) -> Sites:
    """Return a sheet of cells; where the blood brings what drives it, one of lobules."""
    if exposure != DRIVEN:
        return Sites(size, size)
    of = sheet_of_lobules(Lattice(size, size))
    return Sites(size, size, zone=of.zone.ravel(), blood=sinusoids(of))


def sweep_error(size: int = 96, hours: float = 6.0) -> float:
    """Return by how much sweeps miss the exact solution of each step in a lit sheet."""
    model, sites = exposed("hbv-liver", LIT), Sites(size, size)
    usual, exact = Simulation(model, sites), Simulation(model, sites)
    exact.scene = replace(exact.scene, plan=plan_fields(model, sites, left=1e-5))
    ends = [item.advance(item.init(), hours)[0].fields[0] for item in (usual, exact)]
    here, there = (np.asarray(field, dtype=np.float64) for field in ends)
    return float(np.linalg.norm(here - there) / np.linalg.norm(there))


def _row(
    model: Model, size: int, threads: int, steps: int, exposure: str, bandwidth: float
) -> TissueRow:
    simulation = Simulation(model, _sites(size, exposure), threads=threads)
    hours = model.macro_step / 60.0
    state, _ = simulation.advance(simulation.init(), WARM_STEPS * hours, reuse=True)
    best = np.inf
    for _ in range(REPEATS):
        until = (state.step + steps) * hours
        began = time.perf_counter()
        state, _ = simulation.advance(state, until, reuse=True, throw=True)
        best = min(best, time.perf_counter() - began)
    fine = model.cell_substeps
    if model.name == "visavis":
        fine = max(field.substeps for field in model.fields)
    moved = 2.0 * simulation.bytes_per_cell * size * size * steps / best / 1e9
    return TissueRow(
        model.name, size, threads, size * size * steps * fine / best, simulation.bytes_per_cell,
        moved / bandwidth, hours * steps / best, exposure,
    )  # fmt: skip


def _lobule_seconds() -> float:
    """Return how long a slice of a lobule, 1,200 cells with their blood, takes for 30 days [s]."""
    of = one_lobule()
    height, width = of.inside.shape
    mask = of.inside.astype(np.uint8).ravel()
    sites = Sites(height, width, 1, False, mask, of.zone.ravel(), sinusoids(of))
    simulation = Simulation(load_model("hbv-liver"), sites)
    state, _ = simulation.advance(simulation.init(), 1.0)
    began = time.perf_counter()
    simulation.advance(state, 720.0, throw=True)
    return time.perf_counter() - began
