"""Where a course stands, as arrays that a file can hold."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ifnfactory.tissue.state import Agents, State


@dataclass(frozen=True)
class Checkpoint:
    """Where a course stands: enough to go on from.

    Attributes
    ----------
    replicate, sampled
        The replicate that is under way, and how many of its samples are taken.
    rows
        All samples so far, float64 (samples, 1 + columns), the replicate first.
    endings
        Status of each replicate that has ended, int64.
    """

    replicate: int
    sampled: int
    state: State
    rows: NDArray[np.float64]
    endings: NDArray[np.int64]

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return everything as named arrays, for a file."""
        state = self.state
        return {
            "place": np.array([self.replicate, self.sampled, state.step]),
            "rows": self.rows,
            "endings": self.endings,
            "pools": state.pools,
            "ledger": state.ledger,
            "agent_kind": state.agents.kind,
            "agent_site": state.agents.site,
            "agent_lit": state.agents.lit,
            **{f"quantity_{i}": values for i, values in enumerate(state.quantities)},
            **{f"field_{i}": values for i, values in enumerate(state.fields)},
        }

    @staticmethod
    def of(arrays: dict[str, NDArray[Any]]) -> Checkpoint:
        """Return the checkpoint that `arrays` came from."""
        replicate, sampled, step = (int(value) for value in arrays["place"])

        def numbered(name: str) -> tuple[NDArray[Any], ...]:
            count = sum(key.startswith(name) for key in arrays)
            return tuple(arrays[f"{name}{i}"] for i in range(count))

        agents = Agents(arrays["agent_kind"], arrays["agent_site"], arrays["agent_lit"])
        state = State(
            step,
            numbered("quantity_"),
            numbered("field_"),
            arrays["pools"],
            agents,
            arrays["ledger"],
        )
        return Checkpoint(replicate, sampled, state, arrays["rows"], arrays["endings"])
