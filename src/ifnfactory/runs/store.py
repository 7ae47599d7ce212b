"""Where a run folder can stand: a folder of this machine, or any URL that fsspec knows.

A file appears whole or not at all. On a disk it is written beside its place, flushed and renamed.
An object store (S3, GCS, Azure) shows an object only when all of it has arrived. Other storages
(SFTP, SMB, ...) get it under another name, which is then changed; whether that is atomic is theirs
to say, and checksums tell when it was not.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterable
from pathlib import Path, PurePosixPath
from typing import Any, Final, Protocol

from ifnfactory.foundation.errors import Problem, UserInputError

OBJECT_STORES: Final = frozenset({"s3", "s3a", "gs", "gcs", "abfs", "abfss", "az", "oci", "oss"})
"""Storages that show a file only when all of it is there."""
HALF: Final = ".part"
"""How the name of a file ends that is being written; a killed process leaves it behind."""
_LOCAL: Final = ("file://", "local://")


class Store(Protocol):
    """A folder that files are written to and read from; names have "/" between folders."""

    @property
    def url(self) -> str:
        """What a person would type."""
        ...

    @property
    def local(self) -> Path | None:
        """The folder on this machine, None where it is elsewhere."""
        ...

    def write(self, name: str, content: bytes) -> None:
        """Write a file, which appears whole or not at all."""
        ...

    def read(self, name: str) -> bytes:
        """Return the content of a file; raises FileNotFoundError if there is none."""
        ...

    def names(self) -> tuple[str, ...]:
        """Return the names of all files, in order; none if the folder does not exist."""
        ...

    def remove(self, names: Iterable[str]) -> None:
        """Remove files, as far as they exist."""
        ...

    def clear(self) -> None:
        """Remove the folder with everything in it."""
        ...

    def beside(self, suffix: str) -> Store:
        """Return the folder whose name is this one's with a suffix."""
        ...

    def inside(self, name: str) -> Store:
        """Return a folder inside this one."""
        ...

    def bytes(self) -> int:
        """Return the size of all files."""
        ...

    def become(self, other: Store) -> None:
        """Give this folder the name of another, which does not exist."""
        ...


def safe_name(name: str) -> str:
    """Return a file's name if it stays in its folder.

    Raises
    ------
    ValueError
        If it leads elsewhere: manifests come from other people.
    """
    parts = name.split("/")
    if not name or "\\" in name or ":" in name or any(part in {"", ".", ".."} for part in parts):
        raise ValueError(f"{name!r} is no name of a file in this folder")
    return name


def open_store(place: str) -> Store:
    """Return the folder that a path or a URL names; it need not exist.

    Raises
    ------
    UserInputError
        If the name leads out of its folder, holds control characters, or names a storage that
        there is no library for.
    """
    problem = _problem(place)
    if problem is not None:
        raise UserInputError([problem])
    for prefix in _LOCAL:
        place = place.removeprefix(prefix)
    return RemoteStore(*_file_system(place)) if "://" in place else LocalStore(Path(place))


def as_store(place: Path | Store) -> Store:
    """Return a folder of this machine as a store."""
    return LocalStore(place) if isinstance(place, Path) else place


def _problem(place: str) -> Problem | None:
    where = f"--out {place!r}" if not place.isprintable() else f"--out {place}"
    if not place.isprintable():
        return Problem("this name holds control characters", where, "choose another --out")
    path = place.partition("://")[2] if "://" in place else place
    if ".." in PurePosixPath(path.replace("\\", "/")).parts:
        return Problem("'..' leads out of its folder", where, "write the path without '..'")
    if "::" in place:
        return Problem("chains of storages are not followed", where, "name one storage")
    return None


def _file_system(place: str) -> tuple[Any, str]:
    import fsspec  # noqa: PLC0415 -- only for storage that is elsewhere

    protocol = place.partition("://")[0]
    try:
        return fsspec.core.url_to_fs(place)
    except ImportError as error:
        problem = Problem(f"{protocol}:// needs a library: {error}", f"--out {place}", "install it")
    except ValueError:
        problem = Problem(
            f"no storage is called {protocol}://", f"--out {place}", "choose one that fsspec knows"
        )
    raise UserInputError([problem]) from None


class LocalStore:
    """A folder of this machine."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder.absolute()

    @property
    def url(self) -> str:
        """The path."""
        return str(self.folder)

    @property
    def local(self) -> Path | None:
        """The folder."""
        return self.folder

    def write(self, name: str, content: bytes) -> None:
        """Write beside the place, flush, rename."""
        path = self.folder / safe_name(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(prefix=".", suffix=HALF, dir=path.parent)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            os.chmod(temporary, 0o666 & ~umask())
            os.replace(temporary, path)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise
        flush(path.parent)

    def read(self, name: str) -> bytes:
        """Return the content of a file."""
        return (self.folder / safe_name(name)).read_bytes()

    def names(self) -> tuple[str, ...]:
        """Return the names of all files."""
        files = (path for path in self.folder.rglob("*") if path.is_file())
        return tuple(sorted(path.relative_to(self.folder).as_posix() for path in files))

    def remove(self, names: Iterable[str]) -> None:
        """Remove files, and folders that are empty then."""
        for name in names:
            path = self.folder / safe_name(name)
            path.unlink(missing_ok=True)
            for parent in path.parents:
                if parent == self.folder or not parent.is_dir() or any(parent.iterdir()):
                    break
                parent.rmdir()

    def clear(self) -> None:
        """Remove the folder."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def beside(self, suffix: str) -> LocalStore:
        """Return the folder beside this one."""
        return LocalStore(self.folder.with_name(self.folder.name + suffix))

    def inside(self, name: str) -> LocalStore:
        """Return a folder inside this one."""
        return LocalStore(self.folder / safe_name(name))

    def bytes(self) -> int:
        """Return the size of all files."""
        return sum(path.stat().st_size for path in self.folder.rglob("*") if path.is_file())

    def become(self, other: Store) -> None:
        """Rename the folder, all of it at once."""
        if other.local is None:
            raise ValueError("a folder of this machine cannot become one elsewhere")
        self.folder.rename(other.local)
        flush(self.folder.parent)


class RemoteStore:
    """A folder on any file system of fsspec."""

    def __init__(self, file_system: Any, root: str) -> None:
        self._fs = file_system
        self._root = root.rstrip("/")

    @property
    def url(self) -> str:
        """The URL."""
        return str(self._fs.unstrip_protocol(self._root))

    @property
    def local(self) -> Path | None:
        """None: it is elsewhere."""
        return None

    def _path(self, name: str) -> str:
        return f"{self._root}/{safe_name(name)}"

    def write(self, name: str, content: bytes) -> None:
        """Put the file, under another name first where a half of it could be seen."""
        path = self._path(name)
        self._fs.makedirs(path.rpartition("/")[0], exist_ok=True)
        kind = self._fs.protocol
        if OBJECT_STORES.intersection((kind,) if isinstance(kind, str) else kind):
            self._fs.pipe_file(path, content)
            return
        self._fs.pipe_file(f"{path}{HALF}", content)
        self._fs.mv(f"{path}{HALF}", path)

    def read(self, name: str) -> bytes:
        """Return the content of a file."""
        return bytes(self._fs.cat_file(self._path(name)))

    def names(self) -> tuple[str, ...]:
        """Return the names of all files."""
        self._fs.invalidate_cache()
        if not self._fs.exists(self._root):
            return ()
        prefix = self._fs._strip_protocol(self._root).rstrip("/") + "/"
        found = (str(path).removeprefix(prefix) for path in self._fs.find(self._root))
        return tuple(sorted(found))

    def remove(self, names: Iterable[str]) -> None:
        """Remove files."""
        for path in map(self._path, names):
            if self._fs.exists(path):
                self._fs.rm_file(path)

    def clear(self) -> None:
        """Remove the folder."""
        if self._fs.exists(self._root):
            self._fs.rm(self._root, recursive=True)

    def beside(self, suffix: str) -> RemoteStore:
        """Return the folder beside this one."""
        return RemoteStore(self._fs, self._root + suffix)

    def inside(self, name: str) -> RemoteStore:
        """Return a folder inside this one."""
        return RemoteStore(self._fs, self._path(name))

    def bytes(self) -> int:
        """Return the size of all files."""
        return int(self._fs.du(self._root))

    def become(self, other: Store) -> None:
        """Move file after file, the manifest last: without it, a folder is no run."""
        if not isinstance(other, RemoteStore):
            raise ValueError("a folder elsewhere cannot become one of this machine")
        for name in sorted(self.names(), key=lambda name: (name == "manifest.json", name)):
            target = other._path(name)
            self._fs.makedirs(target.rpartition("/")[0], exist_ok=True)
            self._fs.mv(self._path(name), target)
        self.clear()


def umask() -> int:
    """Return the process's umask, which can only be read by setting it."""
    mask = os.umask(0o022)
    os.umask(mask)
    return mask


def flush(path: Path) -> None:
    """Make sure that a file or a directory has reached the disk."""
    if path.is_dir() and os.name == "nt":
        return  # Windows cannot open a directory, and does not need it
    handle = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
