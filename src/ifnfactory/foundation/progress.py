"""How a long computation tells a door how far it has come, without knowing the door."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """What a computation calls while it works."""

    def begin(self, label: str, total: int) -> None:
        """Start a stage of `total` equal parts."""
        ...

    def advance(self, n: int = 1) -> None:
        """Say that `n` more parts of the stage are done."""
        ...

    def end(self) -> None:
        """Close the stage."""
        ...


class Silent:
    """A progress that nobody watches."""

    def begin(self, label: str, total: int) -> None:
        """Ignore the start of a stage."""

    def advance(self, n: int = 1) -> None:
        """Ignore a step."""

    def end(self) -> None:
        """Ignore the end of a stage."""
