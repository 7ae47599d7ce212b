"""Following a tissue and keeping what is seen, so that a killed run can go on."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from ifnfactory.foundation.errors import KeptError
from ifnfactory.foundation.progress import Progress
from ifnfactory.foundation.provenance import code_fingerprint
from ifnfactory.report.tissue.figures import diagram_png
from ifnfactory.report.tissue.panels import Moment, moment
from ifnfactory.report.tissue.save import Circumstances, save_course, save_scan
from ifnfactory.runs.snapshots import Snapshots
from ifnfactory.runs.unfinished import Unfinished
from ifnfactory.tissue.checkpoint import Checkpoint
from ifnfactory.tissue.course import SNAPSHOTS, Course, Plan, follow
from ifnfactory.tissue.factory import Found, look_at_factory
from ifnfactory.tissue.scan import Axis, Scan, scan
from ifnfactory.tissue.simulation import Simulation

FILM_FRAMES = 60


@dataclass(frozen=True)
class Asked:
    """What a person wants to have done with a plan.

    Attributes
    ----------
    factory
        Whether to follow it also without interferon, and without its loop.
    """

    threads: int | None
    out: Path | None
    overwrite: bool
    movie: bool
    factory: bool
    command: str


def follow_and_keep(plan: Plan, asked: Asked, progress: Progress) -> Found:
    """Follow a plan; with `out` go on where an earlier call was killed, and write the run folder.

    Raises
    ------
    UserInputError
        If the folder cannot be written, another unfinished run waits at its place, or another
        process is writing it.
    KeptError
        If a person stopped it: says how to go on.
    """
    workers, out = asked.threads or os.cpu_count() or 1, asked.out
    if out is None:
        return _found(follow(plan, workers, progress=progress), asked, workers, progress)
    frames = FILM_FRAMES if asked.movie else SNAPSHOTS
    with Unfinished(out, f"{plan.fingerprint} {frames} {_code()}") as unfinished:
        return _kept(_Keeper(plan, unfinished, frames), out, asked, workers, progress)


def _kept(keeper: _Keeper, out: Path, asked: Asked, workers: int, progress: Progress) -> Found:
    started = datetime.now(UTC)
    start = keeper.begin(asked.overwrite)
    try:
        course = follow(keeper.plan, workers, start, keeper.keep, keeper.frames, progress)
        found = _found(course, asked, workers, progress)
    except KeyboardInterrupt:
        told = f"interrupted: give the same command again to go on: {asked.command}"
        raise KeptError(told) from None
    progress.begin("writing the run folder", 0)
    moments = keeper.moments(course.sound_samples(0))
    wall = (datetime.now(UTC) - started).total_seconds()
    how = Circumstances(asked.command, started, wall)
    save_course(found, keeper.simulation, moments, out, how, keeper.snapshots.path,
                asked.movie, asked.overwrite)  # fmt: skip
    keeper.unfinished.remove()
    progress.end()
    return found


def _found(course: Course, asked: Asked, workers: int, progress: Progress) -> Found:
    factory = look_at_factory(course, workers, progress) if asked.factory else None
    return Found(course, factory)


def _code() -> str:
    """Return a hash of the program: half a run of one version is no start for another."""
    return code_fingerprint("tissue")


class _Keeper:
    """Keeps snapshots of the first replicate, and a checkpoint of the one under way."""

    def __init__(self, plan: Plan, unfinished: Unfinished, frames: int) -> None:
        self.plan, self.frames, self.unfinished = plan, frames, unfinished
        self._marks = plan.snapshots(frames)
        hours = [plan.sample_hours[mark] for mark in self._marks]
        self.snapshots = Snapshots(unfinished.folder / "snapshots.zarr", hours)
        self.simulation = Simulation(plan.model, plan.sites, plan.seed, plan.drive)

    def begin(self, anew: bool) -> Checkpoint | None:
        found = self.unfinished.begin(anew)
        return None if found is None else Checkpoint.of(found)

    def keep(self, point: Checkpoint) -> None:
        if point.replicate == 0:
            model, state = self.plan.model, point.state
            arrays = [(q.name, "", values) for q, values in
                      zip(model.quantities, state.quantities, strict=True)]  # fmt: skip
            arrays += [(f.name, f.unit, values) for f, values in
                       zip(model.fields, state.fields, strict=True)]  # fmt: skip
            self.snapshots.write(self._marks.index(point.sampled - 1), arrays)
        # Last: what the checkpoint says is there has to be there.
        self.unfinished.save(point.arrays())

    def moments(self, samples: int) -> list[Moment]:
        """Return what the pictures need, from the snapshots: also those before an interruption.

        Parameters
        ----------
        samples
            How many of the first replicate are sound: of one that was stopped the rest is missing.
        """
        reached = [mark for mark in self._marks if mark < samples]
        if len(reached) < len(self._marks):
            self.snapshots.end(len(reached))
        model, simulation = self.plan.model, self.simulation
        first = simulation.init()
        found: list[Moment] = []
        for index, mark in enumerate(reached):
            step = round(self.plan.sample_hours[mark] * 60.0 / model.macro_step)
            arrays = self.snapshots.read(index)
            quantities = tuple(arrays[q.name] for q in model.quantities)
            fields = tuple(arrays[f.name] for f in model.fields)
            state = replace(first, step=step, quantities=quantities, fields=fields)
            found.append(moment(simulation, state))
        return found


def scan_and_keep(
    plan: Plan,
    axes: tuple[Axis, ...],
    threads: int | None,
    out: Path | None,
    overwrite: bool,
    command: str,
    progress: Progress,
) -> Scan:
    """Scan; with `out` go on where an earlier call was killed, and write the run folder.

    Raises
    ------
    UserInputError
        If the folder cannot be written, another unfinished run waits at its place, or another
        process is writing it.
    KeptError
        If a person stopped it: says how to go on.
    """
    workers = threads or os.cpu_count() or 1
    if out is None:
        return scan(plan, axes, workers, progress)
    with Unfinished(out, f"{plan.fingerprint} {axes} {_code()}") as unfinished:
        started = datetime.now(UTC)
        kept = unfinished.begin(overwrite)
        done = None if kept is None else kept["points"]
        try:
            found = scan(plan, axes, workers, progress, done,
                         lambda points: unfinished.save({"points": points}))  # fmt: skip
        except KeyboardInterrupt:
            told = f"interrupted: give the same command again to go on: {command}"
            raise KeptError(told) from None
        wall = (datetime.now(UTC) - started).total_seconds()
        how = Circumstances(command, started, wall)
        save_scan(found, out, how, diagram_png(found), overwrite)
        unfinished.remove()
    return found
