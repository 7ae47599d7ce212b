"""What a signal meets: how fast it spreads and is lost, on which lattice.

A field holds the amount of a signal at each site. With hops at rate k to each neighbour, decay k_d,
uptake u and production s,

    dc/dt = k sum(c_neighbour - c) + k_up (c_above + c_below - 2 c) - (k_d + u) c + s.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ifnfactory.tissue.flux import rate_rows, row_sums
from ifnfactory.tissue.lattice import Kind, Lattice
from ifnfactory.tissue.team import ALONE, Team

Field = NDArray[Any]
"""Floating-point array of all sites, float32 as a rule: (height, width) or with layers first."""

_EVERYWHERE: Final = np.empty((0, 0), dtype=np.uint8)


@dataclass(frozen=True)
class Medium:
    """A lattice for one signal.

    Attributes
    ----------
    diffusion_um2_s
        Diffusion coefficient [um2/s]; uncertain by four orders of magnitude for interferon, so that
        results are given against the niche length.
    decay_per_s
        First-order loss of the signal itself [1/s].
    inside
        Sites that hold tissue, uint8 (height, width), or None for all; no flux leaves them.
    """

    lattice: Lattice
    diffusion_um2_s: float
    decay_per_s: float = 0.0
    inside: NDArray[np.uint8] | None = None

    def __post_init__(self) -> None:
        for name in ("diffusion_um2_s", "decay_per_s"):
            value = float(getattr(self, name))
            if not (math.isfinite(value) and value >= 0.0):
                raise ValueError(f"{name} = {value} is no rate: it has to be 0 or more")

    @property
    def hop(self) -> float:
        """Rate of hops to each neighbour in the sheet [1/s]."""
        return self.lattice.hop_rate(self.diffusion_um2_s)

    @property
    def up(self) -> float:
        """Rate of hops to the sheet above, or below [1/s]."""
        return self.lattice.layer_hop_rate(self.diffusion_um2_s)

    @property
    def leaving(self) -> float:
        """Rate at which a signal leaves its site by hops [1/s]."""
        return len(self.lattice.offsets) * self.hop + 2.0 * self.up

    @property
    def roughest(self) -> float:
        """Fastest decay of any pattern by diffusion alone [1/s]: 9 k on the hex lattice."""
        in_sheet = 9.0 if self.lattice.kind is Kind.HEX else 8.0
        return in_sheet * self.hop + 4.0 * self.up

    def longest_step(self, uptake: float = 0.0) -> float:
        """Return the longest explicit step that keeps every field positive [s].

        Without loss that is a2/(4 D) on a sheet of either kind, and a2/(6 D) on the cubic lattice.

        Parameters
        ----------
        uptake
            Largest uptake of any site [1/s].
        """
        rate = self.leaving + self.decay_per_s + uptake
        return math.inf if rate == 0.0 else 1.0 / rate

    def niche_length_um(self, uptake: float = 0.0) -> float:
        """Return the distance over which a signal falls e-fold, sqrt(D / loss) [um]."""
        loss = self.decay_per_s + uptake
        return math.inf if loss == 0.0 else math.sqrt(self.diffusion_um2_s / loss)

    def constants(self, kind: type[np.floating[Any]]) -> tuple[Any, Any, Any]:
        """Return decay, hop and up in the precision of the field."""
        return kind(self.decay_per_s), kind(self.hop), kind(self.up)

    @property
    def shape_flags(self) -> tuple[bool, bool]:
        """Whether the lattice is square, and whether it is a torus."""
        lattice = self.lattice
        return lattice.kind is Kind.SQUARE, lattice.torus

    @property
    def mask(self) -> NDArray[np.uint8]:
        """`inside`, empty where all sites are."""
        return _EVERYWHERE if self.inside is None else self.inside.astype(np.uint8, copy=False)


def stack(field: Field) -> Field:
    """Return a view with layers first, as the kernels want it."""
    return field if field.ndim == 3 else field[np.newaxis]


def or_none(values: Field | None, like: Field) -> Field:
    """Return `values` as a stack of the precision of `like`, or an empty array for None.

    Raises
    ------
    ValueError
        If the shapes differ.
    """
    if values is None:
        return np.empty((0, 0, 0), dtype=like.dtype)
    if values.shape != like.shape:
        raise ValueError(f"shapes {values.shape} and {like.shape} do not belong together")
    return stack(np.ascontiguousarray(values, dtype=like.dtype))


def rate_of_change(
    medium: Medium,
    c: Field,
    source: Field | None = None,
    uptake: Field | None = None,
    team: Team = ALONE,
) -> Field:
    """Return the right-hand side for a field [amount/s]; the shapes are those of `c`."""
    out = np.empty_like(c)
    decay, hop, up = medium.constants(c.dtype.type)
    square, torus = medium.shape_flags
    made, take, cells, rate = or_none(source, c), or_none(uptake, c), stack(c), stack(out)

    def work(start: int, stop: int) -> None:
        rate_rows(
            cells, medium.mask, made, take, decay, hop, up, square, torus, rate, start, stop
        )  # fmt: skip

    team.share(cells.shape[0] * cells.shape[1], cells.shape[2], work)
    return out


def total(c: Field, weight: Field | None = None, team: Team = ALONE) -> float:
    """Return the sum of a field, times `weight`, in double precision and in a fixed order."""
    cells = stack(c)
    rows = cells.shape[0] * cells.shape[1]
    sums = np.empty(rows)
    by = or_none(weight, c)
    team.share(rows, cells.shape[2], lambda start, stop: row_sums(cells, by, sums, start, stop))
    return float(np.sum(sums))
