"""The parts of a cell model: what is in a cell and around it, what happens, what is measured.

They only say; `model` puts them together. Times are minutes inside.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from ifnfactory.foundation.evidence import Source


class QuantityKind(StrEnum):
    """What a quantity may be."""

    PHASE = "phase"  # one of named phases
    LEVEL = "level"  # a whole number from 0 to a maximum
    AMOUNT = "amount"  # continuous


@dataclass(frozen=True)
class Rate:
    """A named number of the model.

    Attributes
    ----------
    value
        In `unit`.
    factor
        Turns the value into the units of the kernel (minutes and micrometres).
    """

    name: str
    value: float
    unit: str
    source: Source
    description: str
    factor: float

    @property
    def canonical(self) -> float:
        """The value per minute and micrometre."""
        return self.value * self.factor


@dataclass(frozen=True)
class Quantity:
    """Something inside a cell.

    Attributes
    ----------
    phases
        Names of the phases in the order of their numbers; empty for other kinds.
    maximum
        Largest level, or the amount that the largest stored number stands for.
    bits
        8, 16 or 32 (a float). Amounts in 8 or 16 bits are rounded up or down at random so that the
        mean is right.
    initial
        In every cell at the start: a number; for a phase its index.
    """

    name: str
    kind: QuantityKind
    bits: int
    maximum: float
    phases: tuple[str, ...] = ()
    initial: float = 0.0
    description: str = ""

    @property
    def unit_step(self) -> float:
        """What the stored number 1 stands for."""
        if self.kind is QuantityKind.AMOUNT and self.bits < 32:
            return self.maximum / (2**self.bits - 1)
        return 1.0


@dataclass(frozen=True)
class FieldSpec:
    """A signal between cells.

    Attributes
    ----------
    diffusion
        Expression over rates [um2/min].
    losses
        Expressions over rates [1/min]: taken up by receptors, decayed, carried away by the blood.
    secretion
        Expression over a cell's quantities [unit/min].
    pulse
        Whether secretion is put into the field at once before cells act, not during transport.
    solver
        ``explicit`` (with equal sub-steps) or ``implicit`` (Chebyshev sweeps).
    partner, to_partner
        A second layer that exchanges with this one, and the rate of leaving for it; explicit only.
    exchange, arriving
        Where there are vessels: exchange with the blood [1/min], over rates, and what the blood
        holds at the portal triads [unit], over rates, inputs and pools; implicit only.
    """

    name: str
    unit: str
    diffusion: str
    uptake: str
    decay: str
    washout: str
    secretion: str
    solver: str
    substeps: int
    pulse: bool
    partner: str
    to_partner: str
    exchange: str = "0"
    arriving: str = "0"
    description: str = ""


@dataclass(frozen=True)
class Pool:
    """A well-mixed amount that all cells share, such as virions in the blood.

    Attributes
    ----------
    secretion
        What a cell adds [unit/min]; the pool holds the mean over cells.
    """

    name: str
    unit: str
    secretion: str
    decay: str
    initial: float
    description: str = ""


@dataclass(frozen=True)
class Input:
    """A number that drives the tissue from outside and may change with time."""

    name: str
    unit: str
    value: float
    description: str


@dataclass(frozen=True)
class Resident:
    """A lasting property of a random share of the sites, such as a Kupffer cell there."""

    name: str
    fraction: str
    description: str


@dataclass(frozen=True)
class Neighbours:
    """The number of touching cells for which a condition holds."""

    name: str
    when: str


@dataclass(frozen=True)
class Transition:
    """A random change of one quantity.

    Attributes
    ----------
    change
        Added to the quantity; None where `to` is given.
    to
        New value; None where `change` is given.
    sets
        Other quantities that get a new value then: (name, expression).
    """

    name: str
    quantity: str
    when: str
    rate: str
    change: int | None
    to: float | None
    sets: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Relaxation:
    """An amount that approaches a target: dx/dt = rate (target - x), exact over a step."""

    quantity: str
    rate: str
    target: str


@dataclass(frozen=True)
class OdeBlock:
    """Amounts that change together by differential equations [1/min], Runge-Kutta of order 4.

    Quantities of other blocks keep the value that they had before any block.
    """

    name: str
    substeps: int
    equations: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Deed:
    """What an agent does to the cell where it is, at a rate.

    Attributes
    ----------
    sets
        Quantities of the cell that get a new value: (name, expression).
    """

    name: str
    when: str
    rate: str
    sets: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class AgentKind:
    """Sparse cells that walk over the lattice.

    Attributes
    ----------
    density
        Agents a site, expression over rates.
    motility
        Rate of a step to a random neighbour [1/min].
    lights, rests
        Rates of becoming active and inactive [1/min], over the quantities of the site.
    """

    name: str
    density: str
    motility: str
    lights: str
    rests: str
    deeds: tuple[Deed, ...]
    description: str = ""


@dataclass(frozen=True)
class Measure:
    """A condition whose share of all cells is a result."""

    name: str
    when: str
    description: str


@dataclass(frozen=True)
class Seeding:
    """How the infection starts.

    Attributes
    ----------
    pattern
        ``poisson`` (each cell draws, at mean `amount`), ``centre`` (one cell), ``none``.
    when
        Cells that can be infected.
    """

    pattern: str
    amount: float
    when: str
    sets: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class FactorySpec:
    """How to look at the interferon factory from outside: what to switch off, and when.

    Attributes
    ----------
    without_interferon
        Rates and inputs that are 0 where there is no interferon.
    without_loop
        Rates that are 0 where interferon does not call for more of itself.
    generation
        From the infection of a cell to those that it infects [min], over rates; "0" if unknown.
    """

    without_interferon: tuple[str, ...] = ()
    without_loop: tuple[str, ...] = ()
    generation: str = "0"


@dataclass(frozen=True)
class LatticeSpec:
    """Where cells sit: ``hex``, or square ``blocks`` of `block` x `block` voxels."""

    kind: str
    pitch_um: float
    block: int
    size: int
