"""Writing a run folder: all of it, or nothing.

Everything is written into a hidden sibling directory, flushed to the disk and only then renamed,
so that a reader never meets a folder in the making and a failure leaves no trace.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path

from ifnfactory.foundation.errors import Problem, UserInputError
from ifnfactory.foundation.table import ColumnTable
from ifnfactory.runs.manifest import MANIFEST_NAME, FileRecord, Manifest, read_manifest
from ifnfactory.runs.tables import write_parquet


def check_destination(path: Path, overwrite: bool) -> None:
    """Say before any work is done whether a run can be written to `path`.

    Parameters
    ----------
    path
        The run folder to be.
    overwrite
        Whether an older run at `path` may be replaced.

    Raises
    ------
    UserInputError
        If `path` exists and may not be replaced, is not a run folder, or cannot be made.
    """
    problem = _destination_problem(path, overwrite)
    if problem is not None:
        raise UserInputError([problem])


def _destination_problem(path: Path, overwrite: bool) -> Problem | None:
    where = f"--out {path}"
    if path.is_symlink() or path.exists():
        if not path.is_dir() or path.is_symlink():
            return Problem("this is not a directory", where, "choose another --out")
        if not overwrite:
            return Problem(
                "this folder exists already", where, "choose another --out or pass --overwrite"
            )
        # Never delete what this program has not written, whatever the user typed.
        if read_manifest(path) is None and any(path.iterdir()):
            return Problem(
                "this folder holds something else than a run, it will not be replaced",
                where,
                "choose another --out",
            )
    parent = _existing_ancestor(path)
    if not parent.is_dir():
        return Problem(f"{parent} is not a directory", where, "choose another --out")
    if not os.access(parent, os.W_OK | os.X_OK):
        return Problem(f"no permission to write in {parent}", where, "choose another --out")
    return None


def _existing_ancestor(path: Path) -> Path:
    """Return the nearest parent directory of `path` that exists."""
    parent = path.absolute().parent
    while not parent.exists():
        parent = parent.parent
    return parent


def write_run(
    path: Path,
    manifest: Manifest,
    tables: Sequence[tuple[str, Iterable[ColumnTable]]],
    documents: Sequence[tuple[str, str]],
    overwrite: bool = False,
) -> None:
    """Write a run folder.

    Parameters
    ----------
    path
        The run folder to be; missing parents are made.
    manifest
        The run's provenance; the hashes of the files are added.
    tables
        File name ("visits/arm=peg/000000000.parquet") and the table's parts, which are written one
        by one.
    documents
        File name ("report.html") and text.
    overwrite
        Whether an older run at `path` may be replaced; it stays until the new one is complete.

    Raises
    ------
    UserInputError
        If `path` must not be written, or the system refuses to (a full disk).
    """
    check_destination(path, overwrite)
    try:
        _write(path.absolute(), manifest, tables, documents, overwrite)
    except OSError as error:
        raise UserInputError(
            [Problem(f"could not be written: {error}", f"--out {path}", "choose another --out")]
        ) from error


def _write(
    path: Path,
    manifest: Manifest,
    tables: Sequence[tuple[str, Iterable[ColumnTable]]],
    documents: Sequence[tuple[str, str]],
    overwrite: bool,
) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    making = Path(tempfile.mkdtemp(prefix=f".{path.name}.", suffix=".making", dir=path.parent))
    try:
        _fill(making, manifest, tables, documents)
        making.chmod(0o777 & ~_umask())
        _put_in_place(making, path, overwrite)
    finally:
        shutil.rmtree(making, ignore_errors=True)
    _flush(path.parent)


def _fill(
    folder: Path,
    manifest: Manifest,
    tables: Sequence[tuple[str, Iterable[ColumnTable]]],
    documents: Sequence[tuple[str, str]],
) -> None:
    """Write and flush every file; the manifest comes last because it knows the others."""
    records: list[FileRecord] = []
    for name, parts in tables:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        rows = write_parquet(folder / name, parts)
        records.append(_record(folder, name, rows))
    for name, text in documents:
        (folder / name).write_text(text, encoding="utf-8")
        records.append(_record(folder, name, None))
    (folder / MANIFEST_NAME).write_text(manifest.to_json(tuple(records)), encoding="utf-8")
    for entry in folder.rglob("*"):
        _flush(entry)
    _flush(folder)


def _record(folder: Path, name: str, rows: int | None) -> FileRecord:
    path = folder / name
    with path.open("rb") as handle:
        digest = hashlib.file_digest(handle, "sha256").hexdigest()
    return FileRecord(name, path.stat().st_size, digest, rows)


def _put_in_place(new: Path, path: Path, overwrite: bool) -> None:
    """Rename `new` to `path`; an older run steps aside first and comes back if that fails."""
    check_destination(path, overwrite)  # again: it may have appeared while the run was computed
    if not path.exists():
        new.rename(path)
        return
    aside = Path(tempfile.mkdtemp(prefix=f".{path.name}.", suffix=".old", dir=path.parent))
    older = aside / path.name
    path.rename(older)
    try:
        new.rename(path)
    except BaseException:
        older.rename(path)
        aside.rmdir()
        raise
    shutil.rmtree(aside, ignore_errors=True)


def _umask() -> int:
    """Return the process's umask, which can only be read by setting it."""
    mask = os.umask(0o022)
    os.umask(mask)
    return mask


def _flush(path: Path) -> None:
    """Make sure that a file or a directory has reached the disk."""
    if path.is_dir() and os.name == "nt":
        return  # Windows cannot open a directory, and does not need it
    handle = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
