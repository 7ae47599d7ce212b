"""Run a folder's trial again, and say whether every bit agrees."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass

from ifnfactory.foundation.errors import Problem, UserInputError
from ifnfactory.foundation.progress import Progress
from ifnfactory.foundation.provenance import code_fingerprint, platform_record, versions
from ifnfactory.population.release import Population
from ifnfactory.report.tables import endpoints_table
from ifnfactory.runs.executor import Executor
from ifnfactory.runs.layout import block_name, part_name
from ifnfactory.runs.making import NewFile
from ifnfactory.runs.manifest_file import ManifestFile, load_manifest
from ifnfactory.runs.store import Store
from ifnfactory.runs.tables import to_parquet
from ifnfactory.study.agreement import Comparison, Difference
from ifnfactory.study.keeping import Keeping
from ifnfactory.study.order import BLOCK, Order
from ifnfactory.study.ranges import ranged
from ifnfactory.study.tasks import Facts, Planner, is_kept, total_status, treat
from ifnfactory.trial.protocol import parse_protocol
from ifnfactory.trial.result import TrialResult
from ifnfactory.trial.rows import rows_of
from ifnfactory.trial.run import Simulator, open_simulator


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
    KeptError
        If it was interrupted: the tasks that are finished are kept, for the same call.
    """
    manifest = load_manifest(store)
    order = order_of(manifest, store.url)
    comparison = Comparison(store, manifest)
    with executor, ExitStack() as held:
        simulator = open_simulator(threads, progress)  # while workers start
        threads = 1 if executor.remote else threads
        identity = order.identity(simulator.population, manifest.started)
        keeping = held.enter_context(Keeping(identity, manifest))
        found: list[tuple[str, Facts]] = []
        for arm, compared, facts in keeping.kept():
            comparison.count(compared)
            found.append((arm, Facts.of_text(facts)))
        planner = Planner(order, identity, simulator, threads)
        progress.begin("treating patients", order.patients * len(order.protocol.arms))
        progress.advance(keeping.patients)
        for task, answer in executor.answers(treat, planner.tasks(keeping.done)):
            compared = comparison.of([file for file in answer.files if is_kept(file.name)])
            keeping.add(task, compared, answer.facts)
            found.append((task.arm, Facts.of_text(answer.facts)))
            progress.advance(task.patients)
        progress.end()
        result = _result(order, found, simulator, manifest)
        if order.ensemble:
            result = ranged(result, order, executor, threads, keeping.store, progress)
        keeping.forget()
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
    found: list[tuple[str, Facts]],
    simulator: Simulator,
    manifest: ManifestFile,
) -> TrialResult:
    """Return the endpoints of all tasks, without patients."""
    rows = [
        row
        for arm in order.protocol.arms
        for row in rows_of(
            order.protocol, arm, [facts.tallies for name, facts in found if name == arm.name]
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
