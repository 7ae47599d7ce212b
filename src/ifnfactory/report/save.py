"""A trial's result as a run folder."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from ifnfactory.foundation.provenance import code_fingerprint
from ifnfactory.report.compose import compose
from ifnfactory.report.html import render_page
from ifnfactory.report.tables import trial_tables
from ifnfactory.runs.folder import write_run
from ifnfactory.runs.layout import REPORT_NAME
from ifnfactory.runs.manifest import Manifest, TaskRecord
from ifnfactory.trial.result import TrialResult


def manifest_of(
    result: TrialResult, started: datetime, command: str, tasks: tuple[TaskRecord, ...] = ()
) -> Manifest:
    """Return the provenance of a run that `command` started at `started` (UTC) and that ends now.

    Parameters
    ----------
    tasks
        What it was cut into; none where it was computed as a whole.
    """
    return Manifest(
        protocol=result.protocol.name,
        protocol_source=result.protocol.source_text,
        seed=result.seed,
        patients=tuple((arm.arm, result.patients_in(arm.arm)) for arm in result.arms),
        package_version=result.version,
        parameter_set=result.parameter_set,
        command=command,
        started=started.isoformat(timespec="seconds"),
        wall_s=result.wall_s,
        status_counts=result.status_counts,
        ended=datetime.now(UTC).isoformat(timespec="seconds"),
        code=code_fingerprint(),
        streams=result.streams,
        tasks=tasks,
        ensemble=any(row.parameter_range is not None for row in result.rows),
    )


def save_trial(
    result: TrialResult, path: Path, started: datetime, command: str, overwrite: bool = False
) -> None:
    """Write tables, manifest and report of a trial to the run folder `path`.

    Raises
    ------
    UserInputError
        If `path` cannot or must not be written.
    """
    manifest = manifest_of(result, started, command)
    report = render_page(compose(result, manifest))
    write_run(path, manifest, list(trial_tables(result)), [(REPORT_NAME, report)], overwrite)
