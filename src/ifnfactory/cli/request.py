"""Checking everything that a person asked for before the first patient is simulated."""

from __future__ import annotations

import shutil
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from ifnfactory.cli.faults import Faults
from ifnfactory.foundation.progress import Progress
from ifnfactory.foundation.provenance import memory_bytes
from ifnfactory.runs.cluster import executor_of
from ifnfactory.runs.destination import check_store
from ifnfactory.runs.executor import Executor
from ifnfactory.runs.store import Store, open_store
from ifnfactory.trial.protocol import Protocol, load_protocol
from ifnfactory.trial.size import disk_needed, memory_needed

if TYPE_CHECKING:
    from ifnfactory.study.order import Order
    from ifnfactory.trial.result import TrialResult


@dataclass(frozen=True)
class RunRequest:
    """The options of ``ifn trial run``, as they were typed."""

    name: str
    patients: int
    seed: int
    out: str | None
    overwrite: bool
    threads: int | None
    resume: bool = False
    scheduler: str | None = None
    block: int = 2048
    ensemble: bool = False

    def checked(self) -> Asked:
        """Return what can be carried out.

        Raises
        ------
        UserInputError
            With every problem of the options, the destination and the protocol file.
        """
        faults = Faults()
        enough = "give 1 or more"
        faults.unless(self.patients >= 1, "no patients", f"--patients {self.patients}", enough)
        faults.unless(self.block >= 1, "no patients", f"--block {self.block}", enough)
        idle = self.threads is not None and self.threads < 1
        faults.unless(not idle, "no threads", f"--threads {self.threads}", enough)
        for option, given in (
            ("--overwrite", self.overwrite),
            ("--resume", self.resume),
            ("--scheduler", self.scheduler is not None),
        ):
            aimless = given and self.out is None
            faults.unless(not aimless, "no run folder", option, "name a folder with --out")
        both = self.overwrite and self.resume
        faults.unless(not both, "begin again and go on", "--overwrite --resume", "choose one")
        store = self._store(faults)
        executor = faults.of(lambda: executor_of(self.scheduler))
        protocol = faults.of(lambda: load_protocol(self.name))
        if protocol is not None:
            self._fits(protocol, store, faults)
        if protocol is None or executor is None or faults.problems:
            raise faults.error()
        return Asked(self, protocol, store, executor)

    def _store(self, faults: Faults) -> Store | None:
        out = self.out
        store = faults.of(lambda: open_store(out)) if out is not None else None
        if store is not None:
            faults.of(lambda: check_store(store, self.overwrite))
        return store

    def _fits(self, protocol: Protocol, store: Store | None, faults: Faults) -> None:
        """Note a problem if the patients cannot be held: in memory, or on the disk of --out."""
        given = f"--patients {self.patients}"
        there = memory_bytes()
        if self.out is None and there is not None:
            faults.unless(
                memory_needed(protocol, self.patients) <= there,
                f"they need about {memory_needed(protocol, self.patients) / 1e9:,.0f} GB of memory",
                given,
                f"this machine has {there / 1e9:,.0f} GB: "
                f"give {there // memory_needed(protocol, 1):,} or fewer, or --out FOLDER",
            )
        if store is not None and store.local is not None and not faults.problems:
            free = _free(store.local)
            faults.unless(
                disk_needed(protocol, self.patients) <= free,
                f"they need about {_size(disk_needed(protocol, self.patients))} on the disk",
                given,
                f"{_size(free)} are free there: give fewer, or another --out",
            )


@dataclass(frozen=True)
class Asked:
    """A run that can be carried out."""

    request: RunRequest
    protocol: Protocol
    store: Store | None
    executor: Executor

    def carry_out(self, command: str, progress: Progress) -> TrialResult:
        """Run the trial: into its folder, or in memory where nobody wants one."""
        asked = self.request
        from ifnfactory.study.order import Order

        order = Order(self.protocol, asked.patients, asked.seed, asked.block, asked.ensemble)
        if self.store is None:
            return self._in_memory(order, progress)
        from ifnfactory.study.manner import Manner
        from ifnfactory.study.run import run_study

        manner = Manner(asked.threads, asked.resume, asked.overwrite, command)
        return run_study(order, self.store, self.executor, manner, progress)

    def _in_memory(self, order: Order, progress: Progress) -> TrialResult:
        from ifnfactory.trial.run import open_simulator

        began = time.perf_counter()
        simulator = open_simulator(self.request.threads, progress)
        result = simulator.run(order.protocol, order.patients, order.seed, progress)
        result = replace(result, wall_s=time.perf_counter() - began)
        if order.ensemble:
            from ifnfactory.study.ranges import ranged

            result = ranged(result, order, self.executor, self.request.threads, None, progress)
        return result


def _size(count: int) -> str:
    """Return a number of bytes in words."""
    return f"{count / 1e9:,.0f} GB" if count >= 1e10 else f"{count / 1e6:,.1f} MB"


def _free(folder: Path) -> int:
    """Return how many bytes are free where a folder is to be made."""
    while not folder.exists():
        folder = folder.parent
    return shutil.disk_usage(folder).free
