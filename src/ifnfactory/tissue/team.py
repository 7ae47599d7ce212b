"""Threads that share the rows of a lattice."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType
from typing import Final

_WORTH_SHARING: Final = 30_000
"""Sites below which starting the others costs more than they save."""


_PIECES: Final = 2
"""Pieces for each thread."""


class Team:
    """A number of threads; the work that they share has the same result for any number.

    Parameters
    ----------
    threads
        None for one a core.
    """

    def __init__(self, threads: int | None = 1) -> None:
        self.threads = threads or os.cpu_count() or 1
        self._pool = ThreadPoolExecutor(self.threads - 1) if self.threads > 1 else None

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
        """Call ``work(thread, start, stop)`` until all rows are worked on; this thread helps.

        Whoever is free takes the next piece: a core with something else to do holds up none.
        """
        if self._pool is None:
            work(0, 0, rows)
            return
        pieces = min(rows, _PIECES * self.threads)
        cuts = [rows * piece // pieces for piece in range(pieces + 1)] if rows else [0]
        turns = itertools.count()

        def take(thread: int) -> None:
            while (piece := next(turns)) < pieces:
                work(thread, cuts[piece], cuts[piece + 1])

        others = [self._pool.submit(take, thread) for thread in range(1, self.threads)]
        take(0)
        for other in others:
            other.result()  # exceptions of a thread are raised here


ALONE: Final = Team(1)
"""The calling thread."""
