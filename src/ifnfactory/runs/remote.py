"""Run folders on any storage that fsspec knows."""

from __future__ import annotations

from collections.abc import Generator, Iterable
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from ifnfactory.foundation.errors import StorageError
from ifnfactory.runs.manifest import MANIFEST_NAME
from ifnfactory.runs.port import HALF, PLAN, WORK, Store, safe_name

OBJECT_STORES: Final = frozenset({"s3", "s3a", "gs", "gcs", "abfs", "abfss", "az", "oci", "oss"})
"""Storages that show a file only when all of it is there."""


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

    def write(self, name: str, content: bytes) -> None:
        """Put the file, under another name first where a half of it could be seen."""
        path = self._path(name)
        with self._answering(absent=False):
            if self._whole_or_not():  # it has no folders; asked to make one, s3fs makes a bucket
                self._fs.pipe_file(path, content)
                return
            self._fs.makedirs(path.rpartition("/")[0], exist_ok=True)
            self._fs.pipe_file(f"{path}{HALF}", content)
            self._fs.mv(f"{path}{HALF}", path)

    def read(self, name: str) -> bytes:
        """Return the content of a file."""
        path = self._path(name)
        with self._answering():
            return bytes(self._fs.cat_file(path))

    def names(self) -> tuple[str, ...]:
        """Return the names of all files."""
        with self._answering():
            self._fs.invalidate_cache()
            if not self._fs.exists(self._root):
                return ()
            prefix = self._fs._strip_protocol(self._root).rstrip("/") + "/"
            found = (str(path).removeprefix(prefix) for path in self._fs.find(self._root))
            return tuple(sorted(found))

    def remove(self, names: Iterable[str]) -> None:
        """Remove files."""
        for path in map(self._path, names):
            with self._answering():
                if self._fs.exists(path):
                    self._fs.rm_file(path)

    def clear(self) -> None:
        """Remove the folder."""
        with self._answering():
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
        with self._answering():
            return int(self._fs.du(self._root))

    def become(self, other: Store) -> None:
        """Bring file after file, the manifest last: without it, a folder is no run.

        What the making needs stays here until all have arrived, so that a process that is killed
        meanwhile leaves a run that can be gone on with. The plan goes ahead and says whose folder
        that is.
        """
        if not isinstance(other, RemoteStore):
            raise ValueError("a folder elsewhere cannot become one of this machine")
        other.write(PLAN, self.read(PLAN))
        names = [name for name in self.names() if not name.startswith(WORK)]
        for name in sorted(names, key=lambda name: (name == MANIFEST_NAME, name)):
            source, target = self._path(name), other._path(name)
            with self._answering(absent=False):
                if self._whole_or_not():
                    self._fs.cp_file(source, target)
                else:  # not every storage can copy
                    self._fs.makedirs(target.rpartition("/")[0], exist_ok=True)
                    self._fs.mv(source, target)
        self.clear()

    def _path(self, name: str) -> str:
        return f"{self._root}/{safe_name(name)}"

    def _whole_or_not(self) -> bool:
        kind = self._fs.protocol
        return bool(OBJECT_STORES.intersection((kind,) if isinstance(kind, str) else kind))

    @contextmanager
    def _answering(self, absent: bool = True) -> Generator[None]:
        """Say in one way what each storage's library says in its own.

        Parameters
        ----------
        absent
            Whether a file may not be there, which is then a FileNotFoundError.
        """
        try:
            yield
        except Exception as error:
            if isinstance(error, StorageError) or (absent and isinstance(error, FileNotFoundError)):
                raise
            told = " ".join(f"{type(error).__name__}: {error}".split())
            raise StorageError(f"{self.url}: the storage refuses or does not answer: {told}") from (
                error
            )
