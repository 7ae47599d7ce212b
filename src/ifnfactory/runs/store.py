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
from pathlib import Path
from typing import Any, Final

from ifnfactory.foundation.errors import Problem, UserInputError
from ifnfactory.runs.destination import name_problem
from ifnfactory.runs.port import HALF, Store, safe_name
from ifnfactory.runs.remote import RemoteStore

_LOCAL: Final = ("file://", "local://")


def open_store(place: str) -> Store:
    """Return the folder that a path or a URL names; it need not exist.

    Raises
    ------
    UserInputError
        If the name leads out of its folder, holds control characters, or names a storage that
        there is no library for.
    """
    problem = name_problem(place)
    if problem is None and "::" in place:
        told, fix = "chains of storages are not followed", "name one storage"
        problem = Problem(told, f"--out {place}", fix)
    if problem is not None:
        raise UserInputError([problem])
    for prefix in _LOCAL:
        place = place.removeprefix(prefix)
    return RemoteStore(*_file_system(place)) if "://" in place else LocalStore(Path(place))


def open_run(place: str) -> Store:
    """Return the folder of a run that is only read: on this machine ``..`` may lead to it.

    Raises
    ------
    UserInputError
        As `open_store` does, for a URL.
    """
    return open_store(place) if "://" in place else LocalStore(Path(place).resolve())


def as_store(place: Path | Store) -> Store:
    """Return a folder of this machine as a store."""
    return LocalStore(place) if isinstance(place, Path) else place


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
