"""Watching DuckDB while it answers, and stopping it at once on Ctrl-C."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from typing import Any, Final, TypeVar

from ifnfactory.foundation.progress import Progress

Found = TypeVar("Found")
_LOOK_S: Final = 0.1


def watched(
    connection: Any, work: Callable[[], Found], label: str, parts: int, progress: Progress
) -> Found:
    """Return what `work` finds, which asks the connection, and tell how far DuckDB has come.

    Parameters
    ----------
    parts
        Files to be read: DuckDB tells a percentage, of which they make something to count.
    """
    told = 0
    progress.begin(label, parts)
    with ThreadPoolExecutor(1) as thread:
        found = thread.submit(work)
        try:
            while not wait([found], timeout=_LOOK_S).done:
                now = int(parts * connection.query_progress() / 100.0)  # below 0: not known yet
                progress.advance(max(0, now - told))
                told = max(told, now)
        except BaseException:
            connection.interrupt()
            raise
    progress.end()
    return found.result()
