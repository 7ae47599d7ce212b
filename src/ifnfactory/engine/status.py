"""How the integration of one patient ended: a value, never an exception."""

from __future__ import annotations

from enum import IntEnum


class Status(IntEnum):
    """Outcome of one patient, in order of precedence: the highest that applies is reported."""

    COMPLETED = 0
    STEP_LIMIT = 1
    NON_FINITE = 2

    @property
    def word(self) -> str:
        """The name that files and tables use."""
        return self.name.lower()

    @property
    def sentence(self) -> str:
        """What a reader is told."""
        return _SENTENCES[self]


_SENTENCES = {
    Status.COMPLETED: "integrated to the end of the protocol",
    Status.STEP_LIMIT: "needed more or smaller steps than the limit allows",
    Status.NON_FINITE: "a rate became infinite or undefined",
}
