"""How a long computation keeps what it has finished, without knowing where."""

from __future__ import annotations

from typing import Protocol


class Keep(Protocol):
    """Where a computation leaves each part that is done, and finds it after an interruption."""

    def read(self, name: str) -> bytes | None:
        """Return what was kept under a name, None if there is nothing."""
        ...

    def write(self, name: str, content: bytes) -> None:
        """Keep something under a name, words with "/" between them."""
        ...


class Forgetful:
    """Keeps nothing."""

    def read(self, name: str) -> bytes | None:
        """Return None."""

    def write(self, name: str, content: bytes) -> None:
        """Ignore it."""
