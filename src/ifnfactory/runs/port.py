"""The port to a folder of files, wherever it stands, and the names that files may have in it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Final, Protocol

HALF: Final = ".part"
"""How the name of a file ends that is being written; a killed process leaves it behind."""
WORK: Final = ".work/"
"""Where everything stands that only the making of a run needs."""
PLAN: Final = f"{WORK}plan.json"
"""What is made. A folder without a manifest that has it is a run which was taking its place."""


class Store(Protocol):
    """A folder that files are written to and read from; names have "/" between folders.

    Where a folder elsewhere does not answer, or refuses, every method raises `StorageError`, which
    is an OSError.
    """

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
