"""Run folders as groups that can be compared."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ifnfactory.assays.panel import Panel
from ifnfactory.engine.status import Status, integrated
from ifnfactory.foundation.errors import Problem, UserInputError
from ifnfactory.foundation.progress import Progress, Silent
from ifnfactory.foundation.table import ColumnTable
from ifnfactory.population.patients import PatientTable
from ifnfactory.runs.find import FoundRun
from ifnfactory.runs.layout import PARTITIONED, Partitioned, arms_of, read_table
from ifnfactory.trial.contrasts.groups import Group
from ifnfactory.trial.endpoints import EndpointContext, parse_endpoint
from ifnfactory.trial.protocol import Protocol, parse_protocol

INTEGRATED: Final = tuple(s.word for s in Status if integrated(np.array([s]))[0])
"""What the table says of patients whose course is known: a rule may have ended their therapy."""


_READ: Final[tuple[Partitioned, Partitioned]] = ("patients", "visits")


@dataclass(frozen=True)
class LoadedRun:
    """A run with its groups, arm by arm, and the endpoints and weeks that it tells of."""

    run: FoundRun
    protocol: Protocol
    groups: tuple[Group, ...]
    endpoints: tuple[tuple[str, float], ...]


def load_runs(runs: Sequence[FoundRun], progress: Progress | None = None) -> tuple[LoadedRun, ...]:
    """Read runs of trials, and tell `progress` of every byte of their tables.

    Raises
    ------
    UserInputError
        With everything that keeps runs from being compared.
    """
    problems: list[Problem] = []
    loaded: list[LoadedRun] = []
    watch = progress or Silent()
    watch.begin(
        "reading tables", sum(bytes_of(run, f"{table}/") for run in runs for table in _READ)
    )
    for run in runs:
        try:
            loaded.append(_load(run, several=len(runs) > 1, progress=watch))
        except UserInputError as error:
            problems.extend(error.problems)
        except (OSError, KeyError, ValueError) as error:
            fix = "see: ifn runs verify, or run the trial again"
            problems.append(Problem(f"its tables cannot be read: {error}", run.name, fix))
    watch.end()
    if problems:
        raise UserInputError(problems)
    return tuple(loaded)


def bytes_of(run: FoundRun, folder: str) -> int:
    """Return the size of a run's files in a folder of it, as its manifest says."""
    files: list[Any] = run.manifest.get("files") or []
    sizes = [
        each.get("bytes", 0)
        for each in files
        if isinstance(each, dict) and str(each.get("name", "")).startswith(folder)
    ]
    return sum(size for size in sizes if isinstance(size, int))


def _load(run: FoundRun, several: bool, progress: Progress) -> LoadedRun:
    absent = [table for table in PARTITIONED if not arms_of(run.store, table)]
    if absent:
        fix = "name a folder that ifn trial run --out wrote"
        what = f"this is no run of a trial: there is no table {' or '.join(absent)}"
        raise UserInputError([Problem(what, run.name, fix)])
    protocol = parse_protocol(
        str(run.manifest.get("protocol_source", "")),
        str(run.manifest.get("trial", run.store.url.rpartition("/")[2])),
        f"{run.name}/manifest.json",
    )
    there = set(arms_of(run.store, "visits"))
    groups = tuple(
        _group(run, protocol, arm.name, several, progress)
        for arm in protocol.arms
        if arm.name in there
    )
    told = read_table(run.store, "endpoints")
    keys = zip(told.column("endpoint").tolist(), told.column("week").tolist(), strict=True)
    return LoadedRun(run, protocol, groups, tuple(dict.fromkeys(_known(keys))))


def _known(keys: Any) -> list[tuple[str, float]]:
    """Return endpoints that are judged from visits; others (side effects) have no column there."""
    found: list[tuple[str, float]] = []
    for name, week in keys:
        try:
            parse_endpoint(str(name))
        except UserInputError:
            continue
        found.append((str(name), float(week)))
    return found


def _group(run: FoundRun, protocol: Protocol, arm: str, several: bool, progress: Progress) -> Group:
    patients, visits = (_read(run, table, arm, progress) for table in _READ)
    table = PatientTable(
        **{field.name: _filled(patients, field.name) for field in fields(PatientTable)}
    )
    last = np.ma.filled(np.ma.asarray(patients.column("last_week")).astype(np.float64), np.inf)
    stop = protocol.arm(arm).regimen.end_of_treatment_week
    return Group(
        name=f"{run.name}: {arm}" if several else arm,
        run=run.name,
        arm=arm,
        seed=int(run.manifest.get("seed", 0)),
        patients=table,
        panel=_panel(visits, len(table)),
        known=np.isin(patients.column("status"), INTEGRATED),
        last_week=last,
        context=EndpointContext(protocol.laboratory, stop, table.female),
    )


def _read(run: FoundRun, table: Partitioned, arm: str, progress: Progress) -> ColumnTable:
    found = read_table(run.store, table, [arm])
    progress.advance(bytes_of(run, f"{table}/arm={arm}/"))
    return found


def _panel(visits: ColumnTable, patients: int) -> Panel:
    """Return the laboratory sheet; rows are patient after patient, visit after visit."""
    shape = (patients, -1)
    weeks = _filled(visits, "week").reshape(shape)
    if not np.all(weeks == weeks[0]):
        raise ValueError("patients do not have the same visits")
    columns = {
        field.name: _filled(visits, field.name).reshape(shape)
        for field in fields(Panel)
        if field.name != "week"
    }
    return Panel(week=weeks[0], **columns)


def _filled(table: ColumnTable, name: str) -> NDArray[Any]:
    """Return a column with NaN, or False, where a value is absent."""
    column = table.column(name)
    if not isinstance(column, np.ma.MaskedArray):
        return column
    return np.asarray(column.filled(np.nan if column.dtype.kind == "f" else False))
