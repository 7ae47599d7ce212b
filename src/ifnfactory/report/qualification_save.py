"""A qualification as a run folder."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import numpy as np

from ifnfactory.evidence.qualification import Qualification, Row
from ifnfactory.foundation.provenance import code_fingerprint
from ifnfactory.foundation.table import Column, ColumnTable
from ifnfactory.report.qualification import qualification_report
from ifnfactory.runs.folder import write_run
from ifnfactory.runs.manifest import Manifest


def save_qualification(
    found: Qualification, path: Path, started: datetime, command: str, overwrite: bool = False
) -> None:
    """Write manifest, ``targets.parquet``, ``qualification.json`` and report to `path`.

    Raises
    ------
    UserInputError
        If `path` cannot or must not be written.
    """
    when = started.isoformat(timespec="seconds")
    manifest = Manifest(
        protocol="qualification",
        protocol_source="",  # the protocols are those of the package version
        seed=found.seed,
        patients=tuple((trial.protocol, found.patients) for trial in found.trials),
        package_version=found.version,
        parameter_set=found.parameter_set,
        command=command,
        started=when,
        wall_s=found.wall_s,
        status_counts=found.status_counts,
        kind="qualification",
        code=code_fingerprint("evidence"),
        streams=found.streams,
    )
    documents = [
        ("qualification.json", json.dumps(found.to_json(), indent=1, allow_nan=False) + "\n"),
        ("report.html", qualification_report(found, command, when)),
    ]
    tables = [("targets.parquet", [targets_table(found.rows)])]
    write_run(path, manifest, tables, documents, overwrite)


def targets_table(rows: Sequence[Row]) -> ColumnTable:
    """Return one row a target; a value's unit is a column, since it differs from row to row."""
    columns: dict[str, Column] = {
        name: np.array([getattr(row, name) for row in rows], dtype=str)
        for name in (
            "target_id",
            "trial",
            "protocol",
            "arm",
            "endpoint",
            "endpoint_class",
            "phase",
            "unit",
        )
    }
    numbers = {
        "week": [row.week for row in rows],
        "published": [row.published for row in rows],
        "published_ci_low": [_end(row.published_ci, 0) for row in rows],
        "published_ci_high": [_end(row.published_ci, 1) for row in rows],
        "simulated": [row.simulated for row in rows],
        "simulated_ci_low": [row.simulated_ci[0] for row in rows],
        "simulated_ci_high": [row.simulated_ci[1] for row in rows],
        "standard_error": [row.standard_error for row in rows],
        "weight": [row.weight for row in rows],
    }
    columns |= {name: np.array(values, dtype=np.float64) for name, values in numbers.items()}
    columns["patients"] = np.array([row.patients for row in rows], dtype=np.int64)
    columns["inside"] = np.array([row.inside for row in rows], dtype=np.bool_)
    units = tuple("week" if name == "week" else "" for name in columns)
    return ColumnTable(tuple(columns), units, tuple(columns.values()))


def _end(interval: tuple[float, float] | None, index: int) -> float:
    """Return an end of an interval; NaN, which becomes null, where there is none."""
    return float("nan") if interval is None else interval[index]
