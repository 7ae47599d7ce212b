"""The error tree.

IfnError
├── UserInputError      a user's mistake: one message per problem, exit code 2
├── MissingExtraError   an optional dependency is absent: names the extra, exit code 2
├── StorageError        a storage elsewhere refuses or does not answer, an OSError, exit code 2
├── KeptError           interrupted, and what is finished is kept, exit code 130
├── ModelError          a network is declared wrongly (units, balance, names)
└── IntegrationError    raised only where a caller asked for ``throw=True``
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


class IfnError(Exception):
    """Base of every error that the package raises on purpose."""


@dataclass(frozen=True)
class Problem:
    """One thing that a user has to mend.

    Attributes
    ----------
    what
        What is wrong, in one sentence without a full stop.
    where
        File and line ("trial.toml:12"), or the option or command that is meant.
    fix
        What to write instead.
    """

    what: str
    where: str
    fix: str

    def __str__(self) -> str:
        text = f"{self.where}: {self.what} — {self.fix}"
        # Names and texts come from files of others: none of them moves the cursor of a terminal.
        return "".join(
            sign if sign.isprintable() else sign.encode("unicode_escape").decode() for sign in text
        )


class UserInputError(IfnError):
    """Everything that is wrong with what the user gave, all at once."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))

    def __reduce__(self) -> tuple[type[UserInputError], tuple[tuple[Problem, ...]]]:
        """Travel between processes with the problems, not with their text."""
        return (UserInputError, (self.problems,))


class MissingExtraError(IfnError):
    """A library of an optional extra is not installed."""

    def __init__(self, package: str, extra: str) -> None:
        self.package = package
        self.extra = extra
        super().__init__(
            f"{package} is not installed: it belongs to the extra '{extra}' — "
            f"install it with: pip install 'ifnfactory[{extra}]'"
        )


class StorageError(IfnError, OSError):
    """A storage elsewhere refuses, or does not answer; the message names it and says why."""


class ModelError(IfnError):
    """A network contradicts itself; the message lists every fault with its line."""


class KeptError(IfnError):
    """An interruption of something whose finished part is kept; the message says how to go on."""


class IntegrationError(IfnError):
    """At least one patient could not be integrated and the caller asked to be told."""
