"""How one patient ended: a value, never an exception.

The integrator knows only whether it could go on; that a rule ended therapy is what a trial adds.
"""

from __future__ import annotations

from enum import IntEnum

import numpy as np
from numpy.typing import NDArray


class Status(IntEnum):
    """Outcome of one patient, in order of precedence: the highest that applies is reported."""

    COMPLETED = 0
    STOPPED_BY_RULE = 1
    STEP_LIMIT = 2
    NON_FINITE = 3

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
    Status.STOPPED_BY_RULE: "integrated to the end, and a rule ended therapy before its time",
    Status.STEP_LIMIT: "needed more or smaller steps than the limit allows",
    Status.NON_FINITE: "a rate became infinite or undefined",
}


def integrated(codes: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Return who could be integrated to the end, whatever became of therapy."""
    return codes <= Status.STOPPED_BY_RULE
