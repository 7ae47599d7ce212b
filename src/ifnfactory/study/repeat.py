"""Run a folder's trial again, and say whether every bit agrees."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ifnfactory.foundation.errors import Problem, UserInputError
from ifnfactory.foundation.progress import Progress
from ifnfactory.foundation.provenance import code_fingerprint, platform_record, versions
from ifnfactory.foundation.table import Column, ColumnTable
from ifnfactory.population.release import Population
from ifnfactory.report.tables import endpoints_table
from ifnfactory.runs.executor import Executor
from ifnfactory.runs.layout import block_name, part_name
from ifnfactory.runs.making import NewFile, digest
from ifnfactory.runs.manifest_file import ManifestFile, load_manifest
from ifnfactory.runs.store import Store, safe_name
from ifnfactory.runs.tables import read_parquet, to_parquet
from ifnfactory.study.order import BLOCK, Order
from ifnfactory.study.ranges import ranged
from ifnfactory.study.tasks import (
    Answer,
    Facts,
    Planner,
    TrialTask,
    is_kept,
    total_status,
    treat,
)
from ifnfactory.trial.protocol import parse_protocol
from ifnfactory.trial.result import TrialResult
from ifnfactory.trial.rows import rows_of
from ifnfactory.trial.run import Simulator, open_simulator


@dataclass(frozen=True)
class Difference:
    """Something that came out otherwise: a file, or what the program computes with."""

    name: str
    what: str


@dataclass(frozen=True)
class Repeated:
    """A run and its repetition.

    Attributes
    ----------
    files, rows
        That were compared.
    tables
        What differs between the tables; empty: every bit agrees.
    circumstances
        What differs between the programs and the machines, and may be why.
    """

    files: int
    rows: int
    tables: tuple[Difference, ...]
    circumstances: tuple[Difference, ...]


def order_of(manifest: ManifestFile, where: str) -> Order:
    """Return the order that a run carried out.

    Raises
    ------
    UserInputError
        If it is no trial, or its protocol cannot be read any more.
    """
    sizes = set(manifest.patients.values())
    if manifest.kind != "trial" or len(sizes) != 1:
        problem = Problem(
            f"this is a run of the kind {manifest.kind!r}",
            where,
            "only trials can be repeated; run its command again",
        )
        raise UserInputError([problem])
    protocol = parse_protocol(manifest.protocol_source, manifest.trial, f"{where} protocol_source")
    block = max((task.patients for task in manifest.tasks), default=BLOCK)
    return Order(protocol, sizes.pop(), manifest.seed, block, manifest.ensemble)


def repeat(store: Store, executor: Executor, threads: int | None, progress: Progress) -> Repeated:
    """Run a folder's trial again, holding a block of patients at a time, and compare.

    Raises
    ------
    UserInputError
        If there is no run in the folder that could be repeated.
    """
    manifest = load_manifest(store)
    order = order_of(manifest, store.url)
    comparison = _Comparison(store, manifest)
    found: list[tuple[TrialTask, Facts]] = []
    with executor:
        simulator = open_simulator(threads, progress)  # while workers start
        identity = order.identity(simulator.population, manifest.started)
        threads = 1 if executor.remote else threads
        planner = Planner(order, identity, simulator, threads)
        progress.begin("treating patients", order.patients * len(order.protocol.arms))
        for task, answer in executor.answers(treat, planner.tasks(lambda _: False)):
            comparison.of(_tables(answer))
            found.append((task, Facts.of_text(answer.facts)))
            progress.advance(task.patients)
        progress.end()
        result = _result(order, found, simulator, manifest)
        if order.ensemble:
            result = ranged(result, order, executor, threads, None, progress)
    for arm in order.protocol.arms:
        table = endpoints_table([row for row in result.rows if row.arm == arm.name])
        name = part_name("endpoints", arm.name, block_name(0))
        comparison.of([NewFile(name, to_parquet(table), table.rows)])
    return Repeated(
        comparison.files,
        comparison.rows,
        tuple(sorted([*comparison.differences, *comparison.unmatched()], key=lambda d: d.name)),
        tuple(_circumstances(manifest, simulator.population)),
    )


def _result(
    order: Order,
    found: list[tuple[TrialTask, Facts]],
    simulator: Simulator,
    manifest: ManifestFile,
) -> TrialResult:
    """Return the endpoints of all tasks, without patients."""
    rows = [
        row
        for arm in order.protocol.arms
        for row in rows_of(
            order.protocol, arm, [facts.tallies for task, facts in found if task.arm == arm.name]
        )
    ]
    return TrialResult(
        protocol=order.protocol,
        seed=order.seed,
        version=manifest.version,
        parameter_set=simulator.population.fingerprint,
        wall_s=0.0,
        arms=(),
        rows=tuple(rows),
        status_counts=total_status([facts for _, facts in found]),
        laboratory=order.protocol.laboratory,
    )


def _tables(answer: Answer) -> list[NewFile]:
    return [file for file in answer.files if is_kept(file.name)]


class _Comparison:
    """Files of the repetition beside those of the run."""

    def __init__(self, store: Store, manifest: ManifestFile) -> None:
        self.files, self.rows = 0, 0
        self.differences: list[Difference] = []
        self._store = store
        self._left = {file.name: file for file in manifest.files if file.rows is not None}

    def of(self, made: list[NewFile]) -> None:
        """Compare files that the repetition has made."""
        for file in made:
            self.files, self.rows = self.files + 1, self.rows + (file.rows or 0)
            there = self._left.pop(file.name, None)
            if there is None:
                self.differences.append(Difference(file.name, "is not in the run"))
            elif there.sha256 != digest(file.content):
                self.differences += self._why(file)

    def unmatched(self) -> Iterator[Difference]:
        """Give the tables of the run that the repetition did not make."""
        for name in self._left:
            yield Difference(name, "is only in the run")

    def _why(self, file: NewFile) -> Iterator[Difference]:
        try:
            there = read_parquet(self._store.read(safe_name(file.name)))
        except (OSError, ValueError) as error:
            yield Difference(file.name, f"cannot be read: {error}")
            return
        here = read_parquet(file.content)
        differences = list(_table_differences(there, here))
        for what in differences or ["is written otherwise, but every value agrees"]:
            yield Difference(file.name, what)


def _table_differences(there: ColumnTable, here: ColumnTable) -> Iterator[str]:
    if (there.names, there.rows) != (here.names, here.rows):
        yield (
            f"has {there.rows:,} rows of {len(there.names)} columns in the run, "
            f"{here.rows:,} of {len(here.names)} in the repetition"
        )
        return
    for name in there.names:
        told = _column_difference(there.column(name), here.column(name))
        if told:
            yield f"{name}: {told}"


def _column_difference(there: Column, here: Column) -> str:
    absent = np.ma.getmaskarray(there), np.ma.getmaskarray(here)
    ours, theirs = np.ma.getdata(here), np.ma.getdata(there)
    other = (absent[0] != absent[1]) | (~absent[0] & ~absent[1] & (ours != theirs))
    count = int(np.count_nonzero(other))
    if not count:
        return ""
    told = f"{count:,} of {len(other):,} values differ"
    both = other & ~absent[0] & ~absent[1]
    if ours.dtype.kind == "f" and both.any():
        most = np.max(np.abs(ours[both] - theirs[both]) / np.maximum(np.abs(theirs[both]), 1e-300))
        told += f", by {float(most):.2g} of the value at most"
    return told


def _circumstances(manifest: ManifestFile, population: Population) -> Iterator[Difference]:
    pairs = [
        ("parameter_set", manifest.parameter_set, population.fingerprint),
        ("code", manifest.code, code_fingerprint()),
        *((n, manifest.versions.get(n, "none"), here) for n, here in versions().items()),
        *((n, manifest.platform.get(n, "none"), here) for n, here in platform_record().items()),
    ]
    for name, there, here in pairs:
        if there != here:
            yield Difference(name, f"{there or 'unknown'} in the run, {here} now")
