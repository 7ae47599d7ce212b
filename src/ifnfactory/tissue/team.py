"""Threads that share the rows of a lattice."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType
from typing import Final

_WORTH_SHARING: Final = 30_000
"""Sites below which starting the others costs more than they save."""


class Team:
    """A number of threads; the work that they share has the same result for any number.

    Parameters
    ----------
    threads
        None for one a core.
    """

    def __init__(self, threads: int | None = 1) -> None:
        self.threads = threads or os.cpu_count() or 1
        self._pool = ThreadPoolExecutor(self.threads) if self.threads > 1 else None

    def __enter__(self) -> Team:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._pool is not None:
            self._pool.shutdown()

    def share(self, rows: int, width: int, work: Callable[[int, int], None]) -> None:
        """Call ``work(start, stop)`` so that all of `rows` rows of `width` sites are worked on."""
        if self._pool is None or rows * width < _WORTH_SHARING:
            work(0, rows)
            return
        self.each(rows, lambda part, start, stop: work(start, stop))

    def each(self, rows: int, work: Callable[[int, int, int], None]) -> None:
        """Call ``work(part, start, stop)`` for each thread's part of the rows."""
        cuts = [rows * part // self.threads for part in range(self.threads + 1)]
        if self._pool is None:
            work(0, 0, rows)
            return
        for done in self._pool.map(work, range(self.threads), cuts[:-1], cuts[1:]):
            del done  # exceptions of a thread are raised here


ALONE: Final = Team(1)
"""The calling thread."""
