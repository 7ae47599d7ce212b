"""Writing a run folder: all of it, or nothing.

Everything is written into a hidden sibling directory, flushed to the disk and only then renamed,
so that a reader never meets a folder in the making and a failure leaves no trace. What takes long
is made piece by piece instead (`runs.making`), and `write_contents` ends it.
"""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path

from ifnfactory.foundation.errors import Problem, UserInputError
from ifnfactory.foundation.table import ColumnTable
from ifnfactory.runs.destination import check_destination, step_aside
from ifnfactory.runs.manifest import MANIFEST_NAME, FileRecord, Manifest
from ifnfactory.runs.store import LocalStore, Store, flush, umask
from ifnfactory.runs.tables import to_parquet, write_parquet

Asset = tuple[str, bytes | Path]
"""Name, and content or the file or directory that is copied there."""


def write_run(
    path: Path,
    manifest: Manifest,
    tables: Sequence[tuple[str, Iterable[ColumnTable]]],
    documents: Sequence[tuple[str, str]],
    overwrite: bool = False,
    assets: Sequence[Asset] = (),
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
    assets
        Pictures and the like; a directory is recorded file by file.

    Raises
    ------
    UserInputError
        If `path` must not be written, or the system refuses to (a full disk).
    """
    check_destination(path, overwrite)
    try:
        _write(path.absolute(), manifest, tables, documents, overwrite, assets)
    except OSError as error:
        raise UserInputError(
            [Problem(f"could not be written: {error}", f"--out {path}", "choose another --out")]
        ) from error


def write_contents(
    store: Store,
    manifest: Manifest,
    tables: Sequence[tuple[str, ColumnTable]],
    documents: Sequence[tuple[str, str]],
    there: Sequence[FileRecord] = (),
) -> None:
    """Write tables, documents and, last, the manifest into a folder in the making.

    Parameters
    ----------
    there
        Files that the folder holds already and keeps.
    """
    files = [(name, to_parquet(table), table.rows) for name, table in tables]
    files += [(name, text.encode(), None) for name, text in documents]
    records = list(there)
    for name, content, rows in files:
        store.write(name, content)
        digest = hashlib.sha256(content).hexdigest()
        records.append(FileRecord(name, len(content), digest, rows))
    store.write(MANIFEST_NAME, manifest.to_json(records).encode())


def _write(
    path: Path,
    manifest: Manifest,
    tables: Sequence[tuple[str, Iterable[ColumnTable]]],
    documents: Sequence[tuple[str, str]],
    overwrite: bool,
    assets: Sequence[Asset],
) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    making = Path(tempfile.mkdtemp(prefix=f".{path.name}.", suffix=".making", dir=path.parent))
    try:
        _fill(making, manifest, tables, documents, assets)
        making.chmod(0o777 & ~umask())
        _put_in_place(making, path, overwrite)
    finally:
        shutil.rmtree(making, ignore_errors=True)
    flush(path.parent)


def _fill(
    folder: Path,
    manifest: Manifest,
    tables: Sequence[tuple[str, Iterable[ColumnTable]]],
    documents: Sequence[tuple[str, str]],
    assets: Sequence[Asset],
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
    for name, content in assets:
        records += _place(folder, name, content)
    (folder / MANIFEST_NAME).write_text(manifest.to_json(tuple(records)), encoding="utf-8")
    for entry in folder.rglob("*"):
        flush(entry)
    flush(folder)


def _place(folder: Path, name: str, content: bytes | Path) -> list[FileRecord]:
    """Put an asset into the folder and return a record of each of its files."""
    target = folder / name
    if isinstance(content, bytes):
        target.write_bytes(content)
        return [_record(folder, name, None)]
    if content.is_dir():
        shutil.copytree(content, target)
    else:
        shutil.copy2(content, target)
    files = sorted(target.rglob("*")) if target.is_dir() else [target]
    names = [file.relative_to(folder).as_posix() for file in files if file.is_file()]
    return [_record(folder, name, None) for name in names]


def _record(folder: Path, name: str, rows: int | None) -> FileRecord:
    path = folder / name
    with path.open("rb") as handle:
        digest = hashlib.file_digest(handle, "sha256").hexdigest()
    return FileRecord(name, path.stat().st_size, digest, rows)


def _put_in_place(new: Path, path: Path, overwrite: bool) -> None:
    """Rename `new` to `path`; an older run steps aside first and comes back if that fails."""
    check_destination(path, overwrite)  # again: it may have appeared while the run was computed
    with step_aside(LocalStore(path)):
        new.rename(path)
