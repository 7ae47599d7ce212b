"""Dask distributed as an executor: workers on this machine, or a scheduler that runs anywhere.

Who starts the workers is Dask's business (dask-jobqueue for Slurm, dask-kubernetes,
dask-cloudprovider ...); all that is needed here is the scheduler's address. Dask gives the task of
a worker that has died to another one.
"""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from importlib import import_module
from itertools import islice
from multiprocessing import resource_tracker
from queue import Queue
from types import TracebackType
from typing import Any, Final

from ifnfactory.foundation.errors import MissingExtraError, Problem, UserInputError
from ifnfactory.runs.executor import Answer, Executor, Task, ThreadExecutor

CONNECT_S: Final = 20
"""How long a scheduler may take to answer, and a first worker to be there [s]."""
_AHEAD: Final = 2
"""Tasks in flight for each processor: one at work, one waiting there."""


def executor_of(scheduler: str | None) -> Executor:
    """Return the executor that ``--scheduler`` names; None: threads of this process.

    Raises
    ------
    UserInputError
        If it is neither ``local:N`` nor an address.
    MissingExtraError
        If Dask is wanted and not installed.
    """
    if scheduler is None:
        return ThreadExecutor()
    kind, _, rest = scheduler.partition(":")
    good = (kind == "local" and rest.isdecimal() and int(rest) >= 1) or (
        kind in {"tcp", "tls", "ucx", "ws", "wss"} and rest.startswith("//") and len(rest) > 2
    )
    if not good or not scheduler.isprintable():
        raise UserInputError(
            [
                Problem(
                    "this is no scheduler",
                    f"--scheduler {scheduler!r}",
                    "give local:N for N workers on this machine, or an address like tcp://host:8786",
                )
            ]
        )
    _distributed()
    return DaskExecutor(scheduler)


def _distributed() -> Any:
    try:
        return import_module("distributed")
    except ImportError:
        raise MissingExtraError("distributed", "cluster") from None


def _leave_interruptions_to_the_program() -> None:
    """Block Ctrl-C in this thread and all that it starts: workers stop when they are told to.

    A terminal sends it to every process of the program, and each worker would tell of it.
    """
    if hasattr(signal, "pthread_sigmask"):
        resource_tracker.ensure_running()  # at its start it would unblock what is blocked here
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})


class DaskExecutor:
    """Workers of a Dask scheduler; they start while the program goes on with other things."""

    remote = True

    def __init__(self, scheduler: str) -> None:
        self._scheduler = scheduler
        self._starter = ThreadPoolExecutor(1)
        self._started: Future[None] | None = None
        self._cluster: Any = None
        self._client: Any = None

    def __enter__(self) -> DaskExecutor:
        self._started = self._starter.submit(self._start)
        return self

    def _start(self) -> None:
        dask = _distributed()
        if self._scheduler.startswith("local:"):
            _leave_interruptions_to_the_program()
            # Processes, since tasks hold the interpreter; one thread each, so that N is N cores.
            self._cluster = dask.LocalCluster(
                n_workers=int(self._scheduler.partition(":")[2]),
                threads_per_worker=1,
                processes=True,
                dashboard_address=None,
                silence_logs=50,
            )
        address = self._scheduler if self._cluster is None else self._cluster
        self._client = dask.Client(address, timeout=CONNECT_S, set_as_default=False)
        self._client.wait_for_workers(1, timeout=CONNECT_S)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Leave the scheduler; stop the workers that were started here."""
        if self._started is not None:
            with suppress(Exception):  # `answers` has told it, or nobody asked for answers
                self._started.result()
        for each in (self._client, self._cluster):
            if each is not None:
                each.close()
        self._started = self._client = self._cluster = None

    def answers(
        self, work: Callable[[Task], Answer], tasks: Iterable[Task]
    ) -> Iterator[tuple[Task, Answer]]:
        """Give every task with its answer, in the order in which they are done.

        Raises
        ------
        UserInputError
            If the scheduler has no workers, or loses them.
        """
        self._await_workers()
        waiting, running, done = iter(tasks), dict[Any, Task](), Queue[Any]()
        try:
            while True:
                room = _AHEAD * max(1, sum(self._client.nthreads().values())) - len(running)
                for task in islice(waiting, max(0, room)):
                    future = self._client.submit(work, task, pure=False)
                    running[future] = task
                    future.add_done_callback(done.put)
                if not running:
                    return
                future = done.get()
                yield running.pop(future), self._answer(future)
        finally:
            self._client.cancel(list(running))

    def _await_workers(self) -> None:
        try:
            if self._started is not None:
                self._started.result()
        except (OSError, TimeoutError) as error:
            raise UserInputError([_nobody(self._scheduler, error)]) from None

    def _answer(self, future: Any) -> Any:
        dask = _distributed()
        try:
            return future.result()
        except dask.KilledWorker as error:
            problem = Problem(
                f"a task has brought down several workers: {error}",
                f"--scheduler {self._scheduler}",
                "look into the workers' logs; what is finished is kept, go on with --resume",
            )
            raise UserInputError([problem]) from None
        except dask.CancelledError:
            raise UserInputError([_nobody(self._scheduler, "it has gone away")]) from None


def _nobody(scheduler: str, error: object) -> Problem:
    return Problem(
        f"no scheduler with workers answers ({error or 'time is up'})",
        f"--scheduler {scheduler}",
        "start scheduler and workers first: see docs/runs.md",
    )
