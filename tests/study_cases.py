"""Small runs that tests of run folders share."""

from __future__ import annotations

from pathlib import Path

from ifnfactory.foundation.progress import Progress, Silent
from ifnfactory.runs.executor import Executor, ThreadExecutor
from ifnfactory.runs.store import LocalStore, Store
from ifnfactory.study import finish
from ifnfactory.study.manner import Manner
from ifnfactory.study.order import Order
from ifnfactory.study.run import run_study
from ifnfactory.trial.protocol import load_protocol
from ifnfactory.trial.result import TrialResult

PATIENTS = 40
ONE_THREAD = Manner(threads=1)


def order(block: int = 8, seed: int = 1, patients: int = PATIENTS, ensemble: bool = False) -> Order:
    return Order(load_protocol("lau2005"), patients, seed, block, ensemble)


def carry_out(
    what: Order,
    out: Path | Store,
    manner: Manner = ONE_THREAD,
    executor: Executor | None = None,
    progress: Progress | None = None,
) -> TrialResult:
    store = LocalStore(out) if isinstance(out, Path) else out
    return run_study(what, store, executor or ThreadExecutor(1), manner, progress or Silent())


def without_figures() -> None:
    """Leave the drawing of the report out, which takes most of a small run's time."""
    vars(finish)["compose"] = lambda *_: None
    vars(finish)["render_page"] = lambda _: "a report"


def tables_of(folder: Path) -> dict[str, bytes]:
    """Return the content of every table of a run folder."""
    files = folder.rglob("*.parquet")
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}
