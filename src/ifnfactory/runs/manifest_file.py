"""A manifest as it is read: checked against the published JSON schema."""

from __future__ import annotations

import json
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ifnfactory.foundation.errors import Problem, StorageError, UserInputError
from ifnfactory.runs.manifest import MANIFEST_NAME, SCHEMA_VERSION, Kind
from ifnfactory.runs.store import Store

Sha256 = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
Count = Annotated[int, Field(ge=0)]
SCHEMA_TITLE: Final = "ifnfactory run manifest"


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class FileEntry(_Part):
    """A file of the folder."""

    name: str = Field(description='name inside the folder, with "/" between folders')
    bytes: Count = Field(description="size")
    sha256: Sha256 = Field(description="hash of the content")
    rows: Count | None = Field(None, description="rows of a table; absent for a document")


class TaskEntry(_Part):
    """A task that the run was cut into: a block of patients of an arm."""

    key: str = Field(description="hash of everything that determines the task")
    arm: str
    first: Count = Field(description="number of the first patient")
    patients: Count
    files: tuple[str, ...] = Field(description="names of the files that the task wrote")


class ManifestFile(_Part):
    """What has to be known to find a run again, trust it and repeat it."""

    schema_version: Literal[2] = Field(description="version of this schema")
    program: Literal["ifnfactory"]
    kind: Kind = Field(description="what was run")
    version: str = Field(description="version of ifnfactory")
    code: str = Field(description="hash of the program's files that touch a number; may be empty")
    parameter_set: str = Field(description="hash of the model's parameters")
    trial: str = Field(description="name of the protocol")
    seed: int
    streams: tuple[str, ...] = Field(
        description="names of the random streams that were read; noted by trials and qualifications"
    )
    patients: dict[str, Count] = Field(description="patients in each arm")
    command: str = Field(description="the command line that made the run")
    started: str = Field(description="UTC, ISO 8601")
    ended: str = Field(description="UTC, ISO 8601; may be empty")
    wall_s: float = Field(ge=0, description="wall time of the simulation [s]")
    status: dict[str, Count] = Field(description="patients by how their computation ended")
    versions: dict[str, str] = Field(description="of every library that touches a number")
    platform: dict[str, str] = Field(description="interpreter, operating system, processor")
    ensemble: bool = Field(
        False, description="endpoints have a range over the released ensemble of parameters"
    )
    tasks: tuple[TaskEntry, ...] = Field(description="what the run was cut into")
    files: tuple[FileEntry, ...] = Field(description="every other file of the folder")
    protocol_source: str = Field(description="the protocol file, word for word")
    seal: Sha256 | None = Field(
        None, description="hash of the other fields, as JSON with sorted names and no line breaks"
    )


def manifest_schema() -> dict[str, Any]:
    """Return the JSON schema of ``manifest.json``."""
    return ManifestFile.model_json_schema() | {"title": SCHEMA_TITLE}


def load_manifest(store: Store) -> ManifestFile:
    """Return the manifest of a run folder.

    Raises
    ------
    UserInputError
        If there is none, or it does not fit the schema: every fault at once.
    """
    where = f"{store.url}/{MANIFEST_NAME}"
    try:
        content = store.read(MANIFEST_NAME)
    except (FileNotFoundError, NotADirectoryError, ValueError):
        problem = Problem("this is no run folder", store.url, "name the folder of a finished run")
        raise UserInputError([problem]) from None
    except StorageError:
        raise
    except OSError as error:
        told = f"this cannot be read: {error.strerror or error}"
        raise UserInputError([Problem(told, where, "check your rights there")]) from None
    try:
        found: Any = json.loads(content)
    except ValueError as error:
        problem = Problem(f"this is no JSON: {error}", where, "take the folder from a backup")
        raise UserInputError([problem]) from None
    version = found.get("schema_version") if isinstance(found, dict) else None
    if version != SCHEMA_VERSION:
        problem = Problem(
            f"its schema has version {version}, this program reads {SCHEMA_VERSION}",
            where,
            "use the version of ifnfactory that wrote it, or run it again",
        )
        raise UserInputError([problem])
    try:
        return ManifestFile.model_validate(found)
    except ValidationError as error:
        raise UserInputError(
            [
                Problem(
                    str(fault["msg"]),
                    f"{where}: {'.'.join(map(str, fault['loc']))}",
                    "take the folder from a backup, or run it again",
                )
                for fault in error.errors()
            ]
        ) from None
