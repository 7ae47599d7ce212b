"""From finished tasks to a complete run folder: endpoints, report, manifest."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from ifnfactory.foundation.progress import Progress
from ifnfactory.foundation.provenance import versions
from ifnfactory.foundation.records import unpack
from ifnfactory.foundation.streams import Streams
from ifnfactory.population.release import Population
from ifnfactory.report.compose import compose
from ifnfactory.report.html import render_page
from ifnfactory.report.save import manifest_of
from ifnfactory.report.tables import endpoints_table
from ifnfactory.runs.folder import write_contents
from ifnfactory.runs.layout import REPORT_NAME, block_name, part_name
from ifnfactory.runs.making import Making, Shard
from ifnfactory.runs.manifest import TaskRecord
from ifnfactory.runs.port import WORK
from ifnfactory.study.order import Order
from ifnfactory.study.tasks import SAMPLE, Facts, scratch_name, total_status
from ifnfactory.trial.result import ArmOutcome, TrialResult, join_outcomes
from ifnfactory.trial.rows import rows_of


@dataclass(frozen=True)
class Circumstances:
    """How a run came about.

    Attributes
    ----------
    command
        The command line, or the function call.
    started
        UTC, ISO 8601.
    wall_s
        Wall time of the simulation [s].
    """

    command: str
    started: str
    wall_s: float


def result_of(
    order: Order, making: Making, population: Population, streams: Streams, how: Circumstances
) -> TrialResult:
    """Return the result of a run whose tasks are all done; its arms hold the report's sample."""
    shards = making.shards()
    facts = {shard.key: Facts.of_text(shard.facts) for shard in shards}
    rows = [
        row
        for arm in order.protocol.arms
        for row in rows_of(
            order.protocol, arm, [facts[s.key].tallies for s in shards if s.arm == arm.name]
        )
    ]
    return TrialResult(
        protocol=order.protocol,
        seed=order.seed,
        version=versions()["ifnfactory"],
        parameter_set=population.fingerprint,
        wall_s=how.wall_s,
        arms=tuple(_sample(arm.name, making, shards) for arm in order.protocol.arms),
        rows=tuple(rows),
        status_counts=total_status(list(facts.values())),
        laboratory=order.protocol.laboratory,
        sizes=tuple((arm.name, order.patients) for arm in order.protocol.arms),
        streams=streams.names(),
    )


def _sample(arm: str, making: Making, shards: tuple[Shard, ...]) -> ArmOutcome:
    firsts = [shard.first for shard in shards if shard.arm == arm and shard.first < SAMPLE]
    parts = [unpack(ArmOutcome, making.store.read(scratch_name(arm, first))) for first in firsts]
    return join_outcomes(parts)


def write_ending(
    result: TrialResult, making: Making, how: Circumstances, progress: Progress
) -> None:
    """Write endpoints, report and manifest; after that the folder can be completed."""
    kept = [
        file for shard in making.shards() for file in shard.files if not file.name.startswith(WORK)
    ]
    tables = [
        (
            part_name("endpoints", arm.name, block_name(0)),
            endpoints_table([row for row in result.rows if row.arm == arm.name]),
        )
        for arm in result.protocol.arms
    ]
    tasks = tuple(_record(shard) for shard in making.shards())
    manifest = manifest_of(result, datetime.fromisoformat(how.started), how.command, tasks)
    report = render_page(compose(result, manifest, progress))
    write_contents(making.store, manifest, tables, [(REPORT_NAME, report)], kept)


def _record(shard: Shard) -> TaskRecord:
    files = tuple(file.name for file in shard.files if not file.name.startswith(WORK))
    return TaskRecord(shard.key, shard.arm, shard.first, shard.patients, files)
