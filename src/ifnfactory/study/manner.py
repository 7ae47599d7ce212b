"""How something that takes long is carried out, and what is said when it is stopped."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass

from ifnfactory.foundation.errors import KeptError, Problem, UserInputError
from ifnfactory.runs.making import Making


@dataclass(frozen=True)
class Manner:
    """How an order is carried out; no result depends on it.

    Attributes
    ----------
    threads
        Of each task; None: one for each core. On a scheduler's workers each task has one.
    resume
        Go on with an unfinished run.
    overwrite
        Replace an older run.
    command
        The command line, or the function call, for the manifest.
    """

    threads: int | None = None
    resume: bool = False
    overwrite: bool = False
    command: str = ""


@contextmanager
def speaking(making: Making) -> Generator[None]:
    """Turn what stops a run into words that say what is kept and how to go on."""
    try:
        yield
    except KeyboardInterrupt:
        raise KeptError(f"interrupted: {_kept(making)}") from None
    except OSError as error:
        problem = Problem(
            f"could not be written: {error.strerror or error}",
            f"--out {making.out.url}",
            f"mend that; {_kept(making)}",
        )
        raise UserInputError([problem]) from error


def _kept(making: Making) -> str:
    done = making.finished()
    if not done:
        return "nothing was finished"
    tasks = "task is" if done == 1 else "tasks are"
    return (
        f"{done:,} finished {tasks} kept in {making.store.url} — "
        "go on with the same command and --resume"
    )
