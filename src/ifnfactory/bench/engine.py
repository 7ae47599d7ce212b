"""`ifn bench engine`: ours and the peers on the common problem, error beside speed, in one run."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ifnfactory.bench.common_problem import (
    DOSE_DAYS,
    DOSE_UG,
    OUTPUT_DAYS,
    CommonPatients,
    common_network,
    common_patients,
)
from ifnfactory.bench.peers import PEERS, Solve, numbalsoda_solver, timed
from ifnfactory.engine.batch import Events, Tolerances, compiled, init
from ifnfactory.engine.kernel import Kernel, load_kernel
from ifnfactory.foundation.progress import Progress, Silent
from ifnfactory.foundation.provenance import cpu_model
from ifnfactory.network.model import Network

Floats = NDArray[np.float64]
PATIENTS: Final = 1000
REPEATS: Final = 3
OURS: Final = 1e-5
"""Our relative tolerance: chosen so that our worst error is below that of every peer at 1e-6."""
OUR_REPEATS: Final = 5
"""Times as many repeats as a peer: one takes a fraction of a second, and noise is as long."""
THEIRS: Final = 1e-6
REFERENCE: Final = 1e-12
FLOOR: Final = 1e-6
FLOOR_OF_FAST_STATES: Final = 1e-3
FAST_STATES: Final = ("CEN", "RO", "ISG")


@dataclass(frozen=True)
class BenchRow:
    """One tool's result."""

    tool: str
    threads: int
    relative_tolerance: float
    patients_per_second: float
    worst_relative_error: float
    compile_s: float


@dataclass(frozen=True)
class BenchReport:
    """What the benchmark found.

    Attributes
    ----------
    reference
        What the errors are measured against.
    missing
        Peers that are not installed here, with the extra that installs them.
    """

    problem: str
    patients: int
    repeats: int
    cpu: str
    reference: str
    rows: tuple[BenchRow, ...]
    missing: tuple[tuple[str, str], ...]

    def to_json(self) -> dict[str, Any]:
        """Return the report as one JSON object."""
        return {
            "problem": self.problem,
            "patients": self.patients,
            "repeats": self.repeats,
            "cpu": self.cpu,
            "reference": self.reference,
            "rows": [asdict(row) for row in self.rows],
            "missing": [{"tool": tool, "extra": extra} for tool, extra in self.missing],
        }


def run_engine_benchmark(
    progress: Progress | None = None, patients: int = PATIENTS, repeats: int = REPEATS
) -> BenchReport:
    """Time every engine that is installed on the same patients, and measure its error."""
    watcher = progress or Silent()
    network = common_network()
    people = common_patients(network, patients)
    present = [peer for peer in PEERS if peer.installed()]
    kernel = load_kernel(network, watcher)
    watcher.begin("engine benchmark", 3 + len(present))
    text, truth = _reference(network, kernel, people)
    watcher.advance()
    rows = _our_rows(network, kernel, people, truth, OUR_REPEATS * repeats)
    watcher.advance(2)
    for peer in present:
        began = time.perf_counter()
        solve = peer.build(network, THEIRS)
        compile_s = time.perf_counter() - began
        seconds, found = timed(solve, people, repeats)
        error = worst_error(network, found, truth)
        rows.append(BenchRow(peer.name, 1, THEIRS, patients / seconds, error, compile_s))
        watcher.advance()
    watcher.end()
    missing = tuple((peer.name, peer.extra) for peer in PEERS if peer not in present)
    return BenchReport("common", patients, repeats, cpu_model(), text, tuple(rows), missing)


def _our_rows(
    network: Network, kernel: Kernel, people: CommonPatients, truth: Floats, repeats: int
) -> list[BenchRow]:
    """Time one and two threads in turn, so that their ratio outlives a machine that drifts."""
    solvers = {threads: our_solver(network, kernel, OURS, threads) for threads in (1, 2)}
    seconds: dict[int, list[float]] = {threads: [] for threads in solvers}
    errors = {
        threads: worst_error(network, solve(people), truth) for threads, solve in solvers.items()
    }
    for _ in range(repeats):
        for threads, solve in solvers.items():
            seconds[threads].append(timed(solve, people, 1)[0])
    n = people.initial.shape[0]
    return [
        BenchRow(
            "ifnfactory",
            threads,
            OURS,
            n / float(np.median(seconds[threads])),
            errors[threads],
            kernel.load_seconds,
        )
        for threads in solvers
    ]


def our_solver(network: Network, kernel: Kernel, relative: float, threads: int) -> Solve:
    """Return our engine as a solver of the common problem."""
    advance = compiled(network, kernel, Tolerances(relative), threads)

    def solve(people: CommonPatients) -> Floats:
        n = people.initial.shape[0]
        doses = Events(
            DOSE_DAYS,
            ("DEP",) * DOSE_DAYS.size,
            np.ones(DOSE_DAYS.size, dtype=np.bool_),
            np.full((n, DOSE_DAYS.size), DOSE_UG),
        )
        state = init(network, people.constants, people.initial)
        return advance(state, float(OUTPUT_DAYS[-1]), doses, OUTPUT_DAYS)[1].output

    return solve


def worst_error(network: Network, found: Floats, truth: Floats) -> float:
    """Return the largest relative error over patients, times and states but the depot.

    The error is relative to the reference value, or to a floor where that is small: 1e-6 of the
    patient's largest value of that state, 1e-3 for drug, receptor and gene.
    """
    names = network.species_names
    floor = np.array([FLOOR_OF_FAST_STATES if x in FAST_STATES else FLOOR for x in names])
    scale = np.maximum(np.abs(truth), floor * np.abs(truth).max(axis=1, keepdims=True))
    keep = [i for i, x in enumerate(names) if x != "DEP"]
    return float((np.abs(found - truth) / scale)[:, :, keep].max())


def _reference(network: Network, kernel: Kernel, people: CommonPatients) -> tuple[str, Floats]:
    """Return the reference solution: another engine's at 1e-12 where one is installed."""
    if PEERS[0].installed():
        return f"numbalsoda (LSODA), rtol {REFERENCE:g}", numbalsoda_solver(
            network, REFERENCE, REFERENCE
        )(people)
    tight = 1e-11
    return f"ifnfactory, rtol {tight:g}", our_solver(network, kernel, tight, 2)(people)
