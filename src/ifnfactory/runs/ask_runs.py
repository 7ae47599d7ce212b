"""The view `runs`: what each manifest says, in one row."""

from __future__ import annotations

from typing import Any, Final

from ifnfactory.runs.find import FoundRun

RUN_COLUMNS: Final = (
    ("run", "VARCHAR"),
    ("trial", "VARCHAR"),
    ("seed", "BIGINT"),
    ("version", "VARCHAR"),
    ("parameter_set", "VARCHAR"),
    ("started", "TIMESTAMP"),
    ("wall_s", "DOUBLE"),
    ("patients", "BIGINT"),
    ("not_completed", "BIGINT"),
    ("command", "VARCHAR"),
)
_COMPUTED: Final = ("completed", "stopped_by_rule")
"""Words of a manifest's status for patients whose course is known to its end."""


def run_row(run: FoundRun) -> list[Any]:
    """Return the row of a run."""
    manifest = run.manifest
    status = {str(word): int(count) for word, count in dict(manifest.get("status") or {}).items()}
    patients = sum(int(count) for count in dict(manifest.get("patients") or {}).values())
    computed = sum(status.get(word, 0) for word in _COMPUTED)
    return [
        run.name,
        manifest.get("trial"),
        manifest.get("seed"),
        manifest.get("version"),
        manifest.get("parameter_set"),
        _utc(manifest.get("started")),
        manifest.get("wall_s"),
        patients,
        sum(status.values()) - computed if status else None,
        manifest.get("command"),
    ]


def _utc(started: object) -> str | None:
    """Return the start without its zone, which is UTC."""
    return str(started).replace("+00:00", "") if started else None
