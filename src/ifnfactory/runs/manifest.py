"""The manifest: what has to be known to find a run again, trust it and repeat it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, Literal

from ifnfactory.foundation.provenance import platform_record, versions

SCHEMA_VERSION: Final = 2
"""Raised whenever a reader of an older manifest would misunderstand a newer one."""

MANIFEST_NAME: Final = "manifest.json"
SEAL: Final = "seal"
"""Field of the manifest that holds the hash of all the others."""


Kind = Literal["trial", "qualification", "replication", "comparison", "outlook", "burden", "tissue"]
"""What can be run into a folder."""


@dataclass(frozen=True)
class FileRecord:
    """A file of the run folder.

    Attributes
    ----------
    name
        Name inside the folder, with "/" between folders.
    bytes
        Its size.
    sha256
        Its hash, in hexadecimal digits.
    rows
        Number of rows of a table, None for a document.
    """

    name: str
    bytes: int
    sha256: str
    rows: int | None


@dataclass(frozen=True)
class TaskRecord:
    """A task that a run was cut into.

    Attributes
    ----------
    key
        Hash of everything that determines it.
    arm, first, patients
        Which patients it treated.
    files
        Names of the files that it wrote.
    """

    key: str
    arm: str
    first: int
    patients: int
    files: tuple[str, ...]


@dataclass(frozen=True)
class Manifest:
    """A run's provenance, without the list of files, which the folder adds.

    Attributes
    ----------
    protocol
        Name of the protocol.
    protocol_source
        Full text of the protocol file, so that the folder needs no other file to be repeated.
    seed, patients
        The run's seed and the number of patients in each arm.
    package_version, parameter_set
        Version of ifnfactory and hash of the model's parameters.
    command
        The command line, or the function call, that made the run.
    started
        Start of the run, UTC, ISO 8601.
    wall_s
        Wall time of the simulation [s].
    status_counts
        Pairs of status word and number of patients.
    kind
        What was run.
    ended
        End of the run, UTC, ISO 8601; empty: when the manifest is written.
    code
        Hash of the program's own files that touch a number; empty where nobody noted it.
    streams
        Names of the random streams that were read, where the kind of run notes them.
    tasks
        What a run in the making was cut into.
    ensemble
        Whether endpoints have a range over the released ensemble of parameters.
    """

    protocol: str
    protocol_source: str
    seed: int
    patients: tuple[tuple[str, int], ...]
    package_version: str
    parameter_set: str
    command: str
    started: str
    wall_s: float
    status_counts: tuple[tuple[str, int], ...]
    kind: Kind = "trial"
    ended: str = ""
    code: str = ""
    streams: tuple[str, ...] = ()
    tasks: tuple[TaskRecord, ...] = ()
    ensemble: bool = False

    def to_json(self, files: Sequence[FileRecord]) -> str:
        """Return the text of ``manifest.json`` for a folder that holds `files`."""
        content = {
            "schema_version": SCHEMA_VERSION,
            "program": "ifnfactory",
            "kind": self.kind,
            "version": self.package_version,
            "code": self.code,
            "parameter_set": self.parameter_set,
            "trial": self.protocol,
            "seed": self.seed,
            "streams": list(self.streams),
            "patients": dict(self.patients),
            "command": self.command,
            "started": self.started,
            "ended": self.ended or datetime.now(UTC).isoformat(timespec="seconds"),
            "wall_s": round(self.wall_s, 3),
            "status": dict(self.status_counts),
            "versions": versions(),
            "platform": platform_record(),
            **({"ensemble": True} if self.ensemble else {}),
            "tasks": [vars(task) | {"files": list(task.files)} for task in self.tasks],
            "files": [
                {"name": file.name, "bytes": file.bytes, "sha256": file.sha256}
                | ({} if file.rows is None else {"rows": file.rows})
                for file in files
            ],
            "protocol_source": self.protocol_source,
        }
        return json.dumps(content | {SEAL: seal(content)}, indent=2, ensure_ascii=False) + "\n"


def seal(content: dict[str, Any]) -> str:
    """Return the SHA-256 of a manifest's content, so that a change of the manifest shows, too."""
    rest = {name: value for name, value in content.items() if name != SEAL}
    return hashlib.sha256(json.dumps(rest, sort_keys=True).encode()).hexdigest()


def read_manifest(folder: Path) -> dict[str, Any] | None:
    """Return the manifest of a run folder, or None if `folder` is not one of ours."""
    try:
        return parse_manifest((folder / MANIFEST_NAME).read_bytes())
    except OSError:
        return None


def parse_manifest(content: bytes) -> dict[str, Any] | None:
    """Return a manifest, or None if this is none of ours."""
    try:
        found: Any = json.loads(content.decode("utf-8"))
    except ValueError:
        return None
    if isinstance(found, dict) and found.get("program") == "ifnfactory":
        return found
    return None
