"""What the command line says when something goes wrong, and with which exit code.

A user's mistake is one line per problem and exit code 2. An interruption is one line and exit
code 130, as shells expect. A command that did what was asked, and has no answer or a bad one (a
check that fails, runs that were all stopped), tells it and has exit code 1. Anything else is our
mistake and keeps its traceback.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable, Mapping
from typing import Final, ParamSpec, TypeVar

import typer

from ifnfactory.foundation.errors import (
    KeptError,
    MissingExtraError,
    Problem,
    StorageError,
    UserInputError,
)

Arguments = ParamSpec("Arguments")
Answer = TypeVar("Answer")

EXIT_NO_ANSWER = 1
EXIT_USER_ERROR = 2
EXIT_INTERRUPTED = 130
told: Final[set[str]] = set()
"""What a command has said about its interruption."""


def door(command: Callable[Arguments, Answer]) -> Callable[Arguments, Answer]:
    """Make `command` speak to a person when it fails."""

    @functools.wraps(command)
    def answer(*args: Arguments.args, **kwargs: Arguments.kwargs) -> Answer:
        try:
            return command(*args, **kwargs)
        except (UserInputError, MissingExtraError) as error:
            print(error, file=sys.stderr)
            raise typer.Exit(EXIT_USER_ERROR) from None
        except StorageError as error:
            print(f"{error} — check its name, your rights there and the network", file=sys.stderr)
            raise typer.Exit(EXIT_USER_ERROR) from None
        except KeptError as error:
            raise _interrupted(str(error)) from None
        except KeyboardInterrupt:
            raise _interrupted(f"interrupted: nothing was written{_how_to_keep(kwargs)}") from None

    return answer


def _interrupted(text: str) -> typer.Exit:
    print(text, file=sys.stderr)
    told.add(text)
    return typer.Exit(EXIT_INTERRUPTED)


def _how_to_keep(options: Mapping[str, object]) -> str:
    """Return what would have kept the finished part, where the command has something for it."""
    keeps = "resume" in options and options.get("out") is None
    return "; with --out FOLDER what is finished is kept, for --resume" if keeps else ""


class Faults:
    """Collects the problems of several checks, so that a user hears of all of them at once."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []

    def unless(self, good: bool, what: str, where: str, fix: str) -> None:
        """Note a problem unless things are `good`."""
        if not good:
            self.problems.append(Problem(what, where, fix))

    def of(self, check: Callable[[], Answer]) -> Answer | None:
        """Return what `check` returns, or None after noting what it complains about."""
        try:
            return check()
        except UserInputError as error:
            self.problems.extend(error.problems)
            return None

    def error(self) -> UserInputError:
        """Return everything that was noted, ready to be raised."""
        return UserInputError(self.problems)
