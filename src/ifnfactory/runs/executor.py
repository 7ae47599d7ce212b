"""The port through which work reaches processors, and the executor that every machine has.

An executor gives each task to `work` and hands back the answers in the order in which they come.
It takes tasks as it goes, so that neither tasks nor answers pile up. What a task answers must
depend on the task alone: an executor may do it elsewhere, twice, or in any order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from itertools import islice
from types import TracebackType
from typing import Any, Protocol, TypeVar

Task = TypeVar("Task")
Answer = TypeVar("Answer")


class Executor(Protocol):
    """Anything that does tasks."""

    @property
    def remote(self) -> bool:
        """Whether tasks are done in other processes, to which they have to travel."""
        ...

    def answers(
        self, work: Callable[[Task], Answer], tasks: Iterable[Task]
    ) -> Iterator[tuple[Task, Answer]]:
        """Give every task with its answer, in the order in which they are done."""
        ...

    def __enter__(self) -> Any:
        """Start what has to be started."""
        ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Stop what was started."""
        ...


class ThreadExecutor:
    """Threads of this process: nothing to install, nothing to start.

    Parameters
    ----------
    at_once
        Tasks at a time. Two overlap one task's Python with the other's compiled code; tasks use
        all cores by themselves.
    """

    remote = False

    def __init__(self, at_once: int = 2) -> None:
        self._at_once = at_once

    def answers(
        self, work: Callable[[Task], Answer], tasks: Iterable[Task]
    ) -> Iterator[tuple[Task, Answer]]:
        """Give every task with its answer, in the order in which they are done."""
        waiting = iter(tasks)
        with ThreadPoolExecutor(self._at_once) as pool:
            running: dict[Future[Answer], Task] = {}
            try:
                while True:
                    for task in islice(waiting, self._at_once - len(running)):
                        running[pool.submit(work, task)] = task
                    if not running:
                        return
                    for future in wait(running, return_when=FIRST_COMPLETED).done:
                        yield running.pop(future), future.result()
            finally:
                for future in running:
                    future.cancel()

    def __enter__(self) -> ThreadExecutor:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Nothing was started that outlives `answers`."""
