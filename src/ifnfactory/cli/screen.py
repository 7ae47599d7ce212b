"""Consoles and progress: what is read goes to stdout, what is watched to stderr."""

from __future__ import annotations

import sys
from types import TracebackType

from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    ProgressColumn,
    SpinnerColumn,
    Task,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.text import Text

PIPE_WIDTH = 140
"""Columns of a table that goes to a file or another program, where no screen sets a width."""


def console() -> Console:
    """Return the console for results."""
    return Console(width=None if sys.stdout.isatty() else PIPE_WIDTH, highlight=False)


class RateColumn(ProgressColumn):
    """How many parts a second; how many so far, where nobody knows how many there will be."""

    def render(self, task: Task) -> Text:
        """Return the rate in words."""
        if task.total is None:
            return Text(f"{task.completed:,.0f}" if task.completed else "")
        speed = task.finished_speed or task.speed
        return Text("" if speed is None else f"{speed:,.0f}/s")


class ScreenProgress:
    """A `foundation.progress.Progress` on stderr; stages that are over leave no trace.

    Where stderr is no terminal there is nothing to animate: each stage is one line.
    """

    def __init__(self) -> None:
        self._console = Console(stderr=True, highlight=False)
        self._bars = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(),
            RateColumn(),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            console=self._console,
            transient=True,
        )
        self._tasks: list[TaskID] = []

    def __enter__(self) -> ScreenProgress:
        if self._console.is_terminal:
            self._bars.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._console.is_terminal:
            self._bars.stop()

    def begin(self, label: str, total: int) -> None:
        """Show a stage of `total` parts; stages can be nested. 0 parts: nobody knows how many."""
        if not self._console.is_terminal:
            self._console.print(label, markup=False)
        self._tasks.append(self._bars.add_task(label, total=total or None))

    def advance(self, n: int = 1) -> None:
        """Move the innermost stage on by `n` parts."""
        if self._tasks:
            self._bars.advance(self._tasks[-1], n)

    def end(self) -> None:
        """Take the innermost stage off the screen."""
        if self._tasks:
            self._bars.remove_task(self._tasks.pop())
