"""A comparison as a folder: page, JSON, and the same numbers as CSV and as Parquet."""

from __future__ import annotations

import csv
import io
import json
import math
from datetime import datetime
from importlib import metadata
from pathlib import Path

import numpy as np

from ifnfactory.foundation.provenance import code_fingerprint
from ifnfactory.foundation.table import Column, ColumnTable
from ifnfactory.report.comparison.found import Comparison
from ifnfactory.report.comparison.page import compose_comparison
from ifnfactory.report.decades.document import render_document
from ifnfactory.runs.folder import write_run
from ifnfactory.runs.manifest import Manifest
from ifnfactory.trial.contrasts.compare import Row


def save_comparison(
    found: Comparison,
    path: Path,
    started: datetime,
    command: str,
    wall_s: float,
    overwrite: bool = False,
) -> None:
    """Write page, tables, JSON and manifest to `path`.

    Raises
    ------
    UserInputError
        If `path` cannot or must not be written.
    """
    when = started.isoformat(timespec="seconds")
    manifest = Manifest(
        protocol="comparison",
        protocol_source="",  # each run keeps its own
        seed=found.plan.groups[0].seed,
        patients=tuple((group.name, len(group.patients)) for group in found.plan.groups),
        package_version=metadata.version("ifnfactory"),
        parameter_set=",".join(str(run.run.manifest.get("parameter_set")) for run in found.runs),
        command=command,
        started=when,
        wall_s=wall_s,
        status_counts=(),
        kind="comparison",
        code=code_fingerprint("report"),
    )
    tables = [("contrasts", contrasts_table(found)), ("curves", curves_table(found))]
    documents = [
        ("comparison.json", json.dumps(found.to_json(), indent=1, allow_nan=False) + "\n"),
        ("report.html", render_document(compose_comparison(found, command, when))),
        *((f"{name}.csv", csv_text(table)) for name, table in tables),
    ]
    files = [(f"{name}.parquet", [table]) for name, table in tables]
    write_run(path, manifest, files, documents, overwrite)


def contrasts_table(found: Comparison) -> ColumnTable:
    """Return one row a pair, endpoint, week and subgroup, those of the forest among them."""
    rows = list(dict.fromkeys((*found.rows, *found.forest)))
    words = ("group", "control", "endpoint", "unit", "factor", "subgroup")
    columns: dict[str, Column] = {name: _words(rows, name) for name in words}
    columns["week"] = np.array([row.week for row in rows])
    columns["paired"] = np.array([row.paired for row in rows], dtype=np.bool_)
    for i, side in enumerate(("group", "control")):
        columns[f"patients_{side}"] = np.array([row.patients[i] for row in rows], dtype=np.int64)
        columns[f"level_{side}"] = np.array([row.levels[i] for row in rows])
    for name in ("difference", "risk_ratio", "odds_ratio"):
        intervals = [getattr(row, name) for row in rows]
        columns[name] = np.array([each.value for each in intervals])
        columns[f"{name}_low"] = np.array([each.low for each in intervals])
        columns[f"{name}_high"] = np.array([each.high for each in intervals])
    return _table(columns)


def curves_table(found: Comparison) -> ColumnTable:
    """Return one row an event, group and step of its curve."""
    parts = [
        (event.name, group.name, curve)
        for event in found.events
        for group, _, curve in event.groups
    ]
    steps = [len(curve.week) for _, _, curve in parts]
    columns: dict[str, Column] = {
        "event": np.repeat(np.array([name for name, _, _ in parts], dtype=str), steps),
        "group": np.repeat(np.array([name for _, name, _ in parts], dtype=str), steps),
    }
    for name in ("week", "free", "low", "high", "at_risk", "events"):
        columns[name] = np.concatenate([getattr(curve, name) for _, _, curve in parts])
    return _table(columns)


def csv_text(table: ColumnTable) -> str:
    """Return the table as comma-separated values; what is no number is empty, infinity is inf."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(table.names)
    for row in zip(*(column.tolist() for column in table.columns), strict=True):
        writer.writerow(["" if _absent(value) else value for value in row])
    return text.getvalue()


def _absent(value: object) -> bool:
    return isinstance(value, float) and math.isnan(value)


def _words(rows: list[Row], name: str) -> Column:
    return np.array([getattr(row, name) for row in rows], dtype=str)


def _table(columns: dict[str, Column]) -> ColumnTable:
    units = tuple("week" if name == "week" else "" for name in columns)
    return ColumnTable(tuple(columns), units, tuple(columns.values()))
