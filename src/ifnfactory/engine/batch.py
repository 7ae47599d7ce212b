"""A batch of patients: init, advance, finish.

State is what the next step needs; Info is what a human needs. Patients do not interact, so the
work is cut into blocks and handed to threads; every patient's arithmetic depends on that patient
alone, so the result is the same to the last bit for any number of threads and any cut.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any, Final, Protocol

import numpy as np
from numpy.typing import NDArray

from ifnfactory.engine.kernel import Kernel
from ifnfactory.engine.status import Status
from ifnfactory.foundation.errors import IntegrationError
from ifnfactory.network.model import Network

Floats = NDArray[np.float64]
BLOCK: Final = 64
"""Patients that a thread takes at a time: small enough to balance, large enough to fill lanes."""


@dataclass(frozen=True)
class Tolerances:
    """Error control.

    Attributes
    ----------
    relative
        Relative tolerance of every state.
    max_steps
        Trial steps for one patient in one call, after which the patient is given up.
    """

    relative: float = 1e-4
    max_steps: int = 200_000


@dataclass(frozen=True)
class Events:
    """Doses and switches, in order of time.

    Attributes
    ----------
    day
        Shape (events,), ascending.
    target
        Names: a species that a dose is added to, or an input that is set.
    add
        Shape (events,): True adds to a species, False sets an input.
    value
        Shape (patients, events): what each patient gets; a missed dose is 0.
    """

    day: Floats
    target: tuple[str, ...]
    add: NDArray[np.bool_]
    value: Floats

    @staticmethod
    def none(patients: int) -> Events:
        """Return no events for so many patients."""
        return Events(np.zeros(0), (), np.zeros(0, dtype=np.bool_), np.zeros((patients, 0)))

    def between(self, start: float, until: float) -> Events:
        """Return the events with start <= day < until."""
        keep = (self.day >= start) & (self.day < until)
        return Events(
            self.day[keep],
            tuple(t for t, k in zip(self.target, keep, strict=True) if k),
            self.add[keep],
            np.ascontiguousarray(self.value[:, keep]),
        )


@dataclass(frozen=True)
class State:
    """Where every patient stands.

    Attributes
    ----------
    day
        Common time of all patients.
    values
        Shape (patients, species).
    constants
        Shape (patients, constants): parameters, then the inputs as last set.
    step, after_dose, previous_error
        Shape (patients,): what the step control remembers.
    status
        Shape (patients,): codes of `Status`.
    """

    day: float
    values: Floats
    constants: Floats
    step: Floats
    after_dose: Floats
    previous_error: Floats
    status: NDArray[np.int64]

    @property
    def patients(self) -> int:
        """Number of patients."""
        return int(self.values.shape[0])


@dataclass(frozen=True)
class Info:
    """What happened on the way.

    Attributes
    ----------
    output_day
        Shape (outputs,).
    output
        Shape (patients, outputs, species); NaN from where a patient could not be integrated.
    accepted, rejected
        Shape (patients,): steps.
    """

    output_day: Floats
    output: Floats
    accepted: NDArray[np.int64]
    rejected: NDArray[np.int64]


class Integrator(Protocol):
    """Anything that advances a batch: the compiled kernel or the reference."""

    def __call__(
        self, state: State, until: float, events: Events, outputs: Sequence[float] | Floats
    ) -> tuple[State, Info]:
        """Advance all patients of `state` to `until`."""
        ...


def init(network: Network, constants: Floats, initial: Floats, day: float = 0.0) -> State:
    """Return the state of patients with these constants and initial values.

    Parameters
    ----------
    constants
        Shape (patients, len(network.constant_names)).
    initial
        Shape (patients, len(network.species_names)).
    """
    n = initial.shape[0]
    wanted = ((n, len(network.constant_names)), (n, len(network.species_names)))
    if (constants.shape, initial.shape) != wanted:
        raise ValueError(
            f"constants and initial have shapes {constants.shape} and {initial.shape}; "
            f"{network.name} needs {wanted[0]} and {wanted[1]}"
        )
    return State(
        day=day,
        values=np.array(initial, dtype=np.float64, order="C"),
        constants=np.array(constants, dtype=np.float64, order="C"),
        step=np.zeros(n),
        after_dose=np.zeros(n),
        previous_error=np.zeros(n),
        status=np.zeros(n, dtype=np.int64),
    )


def compiled(
    network: Network,
    kernel: Kernel,
    tolerances: Tolerances | None = None,
    threads: int | None = None,
) -> Integrator:
    """Return the integrator that runs the compiled kernel."""
    limits = tolerances or Tolerances()
    atol = np.array([item.absolute_tolerance for item in network.species])
    workers = threads or os.cpu_count() or 1

    def advance(
        state: State, until: float, events: Events, outputs: Sequence[float] | Floats
    ) -> tuple[State, Info]:
        moved = _copy(state)
        n = moved.patients
        due = events.between(state.day, until)
        output_day = np.ascontiguousarray(outputs, dtype=np.float64)
        output = np.full((n, output_day.size, len(network.species)), np.nan)
        accepted, rejected = np.zeros(n, dtype=np.int64), np.zeros(n, dtype=np.int64)
        targets = target_codes(network, due)

        def block(first: int) -> None:
            kernel.advance(
                first, min(first + BLOCK, n), float(state.day), float(until),
                moved.values, moved.constants, moved.step, moved.after_dose,
                moved.previous_error, moved.status, accepted, rejected,
                due.day, targets, due.add, due.value, output_day, output,
                limits.relative, atol, limits.max_steps,
            )  # fmt: skip

        run_blocks(block, range(0, n, BLOCK), workers)
        return replace(moved, day=float(until)), Info(output_day, output, accepted, rejected)

    return advance


def target_codes(network: Network, events: Events) -> NDArray[np.int64]:
    """Return the column of each event's target among species or constants."""
    codes: list[int] = []
    for name, add in zip(events.target, events.add, strict=True):
        names = network.species_names if add else network.constant_names
        if name not in names:
            raise ValueError(f"an event is aimed at {name!r}, which {network.name} does not have")
        codes.append(names.index(name))
    return np.array(codes, dtype=np.int64)


def run_blocks(block: Callable[[int], Any], starts: Sequence[int], workers: int) -> None:
    """Run every block, on threads where more than one is wanted."""
    if workers == 1 or len(starts) < 2:
        for start in starts:
            block(start)
        return
    with ThreadPoolExecutor(max_workers=workers) as pool:
        for _ in pool.map(block, starts):
            pass


def finish(state: State, *, throw: bool = False) -> tuple[tuple[str, int], ...]:
    """Count how the patients ended, as (word, number) pairs over every status.

    Raises
    ------
    IntegrationError
        If `throw` and any patient did not complete.
    """
    counts = tuple((s.word, int(np.count_nonzero(state.status == s))) for s in Status)
    if throw and any(number for word, number in counts if word != Status.COMPLETED.word):
        text = ", ".join(f"{number} {word}" for word, number in counts if number)
        raise IntegrationError(f"not every patient could be integrated: {text}")
    return counts


def _copy(state: State) -> State:
    return State(
        state.day,
        *(
            np.array(getattr(state, name), order="C")
            for name in (
                "values", "constants", "step", "after_dose", "previous_error", "status",
            )
        ),
    )  # fmt: skip
