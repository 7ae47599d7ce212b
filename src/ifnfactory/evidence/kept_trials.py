"""The trials of a qualification, treated or read back: an interruption loses none of them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from ifnfactory.evidence.qualification import Row
from ifnfactory.evidence.qualify_population import qualify_population
from ifnfactory.foundation.keep import Keep
from ifnfactory.foundation.progress import Progress
from ifnfactory.foundation.records import pack, unpack
from ifnfactory.population.release import Population
from ifnfactory.trial.protocol import Protocol
from ifnfactory.trial.result import ArmOutcome, TrialResult
from ifnfactory.trial.run import Simulator


class KeptTrials:
    """Treats the patients of one trial after the other, or reads what became of them.

    A trial is told by its number: a qualification runs the same ones in the same order.
    """

    def __init__(self, simulator: Simulator, keep: Keep) -> None:
        self._simulator, self._keep = simulator, keep
        self._number = 0

    def run(
        self, protocol: Protocol, patients: int, seed: int, _: int | None, watch: Progress | None
    ) -> TrialResult:
        """Return a trial's result; see `evidence.qualify.Run`."""
        self._number += 1
        names = [f"trials/{self._number:03d}/{arm.name}" for arm in protocol.arms]
        streams = f"trials/{self._number:03d}.json"
        kept = [self._keep.read(name) for name in (streams, *names)]
        found = [content for content in kept if content is not None]
        if len(found) == len(kept):
            arms = [unpack(ArmOutcome, content) for content in found[1:]]
            if watch is not None:
                watch.advance(patients * len(arms))
            return self._simulator.result(protocol, seed, arms, tuple(json.loads(found[0])))
        result = self._simulator.run(protocol, patients, seed, watch)
        for name, outcome in zip(names, result.arms, strict=True):
            self._keep.write(name, pack(outcome))
        self._keep.write(streams, json.dumps(result.streams).encode())
        return result


def kept_rows(
    keep: Keep,
    name: str,
    simulator: Simulator,
    population: Population,
    patients: int,
    seed: int,
    protocols: Sequence[Protocol],
) -> tuple[Row, ...]:
    """Return the rows of another population's qualification, kept under a name."""
    content = keep.read(name)
    if content is not None:
        found: Any = json.loads(content)
        return tuple(_row(each) for each in found)
    rows = qualify_population(simulator, population, patients, seed, protocols).rows
    keep.write(name, json.dumps([asdict(row) for row in rows], default=_plain).encode())
    return rows


def _plain(value: Any) -> Any:
    """Return a number of NumPy as one of Python."""
    return value.item()


def _row(found: dict[str, Any]) -> Row:
    pairs: dict[str, Any] = {k: _tuple(v) if isinstance(v, list) else v for k, v in found.items()}
    return Row(**pairs)


def _tuple(values: Any) -> tuple[Any, ...]:
    return tuple(values)
