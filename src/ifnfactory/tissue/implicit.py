"""Steady fields and long steps: the screened Poisson equation, relaxed from the last field.

Interferon finds its balance within lambda2/D, minutes, while cells change over hours: the field may
be taken as steady, or stepped implicitly with any step. Both are the same equation,

    (loss + 1/dt) c - diffusion c = source + c_before / dt,      1/dt = 0 for the steady field,

and with a short step it is well conditioned: a few sweeps from the last field are enough.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from ifnfactory.tissue.ledger import Ledger
from ifnfactory.tissue.medium import Field, Medium, or_none, stack, total
from ifnfactory.tissue.relaxation import (
    chebyshev,
    imbalance_rows,
    relax_rows,
    sweeps_needed,
    tile_rows,
)
from ifnfactory.tissue.team import ALONE, Team

SWEEPS: Final = 8
"""Sweeps of a pass: more make the margins of a tile too wide."""

_PASSES: Final = 400


@dataclass(frozen=True)
class Relaxed:
    """How a relaxation ended.

    Attributes
    ----------
    sweeps
        That were made.
    imbalance
        Largest imbalance of any site as a share of the largest source, or of the largest flow.
    lifted
        Amount by which small negative values were raised to zero.
    converged
        Whether the imbalance is within the tolerance.
    """

    sweeps: int
    imbalance: float
    lifted: float
    converged: bool


def steady_field(
    medium: Medium,
    source: Field,
    uptake: Field | None = None,
    start: Field | None = None,
    tolerance: float = 1e-5,
    team: Team = ALONE,
) -> tuple[Field, Relaxed]:
    """Return the field in which every site is in balance.

    Parameters
    ----------
    source, uptake
        Production [amount/s] and first-order uptake [1/s] of each site.
    start
        A field to begin with, for example that of the last step; None for zero.
    tolerance
        Largest imbalance of a site as a share of the largest source.

    Raises
    ------
    ValueError
        If nothing is lost anywhere, neither by decay nor by uptake.
    """
    c = np.zeros_like(source) if start is None else start
    return _solve(medium, c, None, 0.0, source, uptake, tolerance, team)


def implicit_step(
    medium: Medium,
    c: Field,
    dt_s: float,
    source: Field | None = None,
    uptake: Field | None = None,
    tolerance: float = 1e-5,
    team: Team = ALONE,
) -> tuple[Field, Relaxed, Ledger]:
    """Return the field one implicit Euler step later; stable and positive for any `dt_s`.

    Raises
    ------
    ValueError
        If `dt_s` is no positive number.
    """
    if not dt_s > 0.0:
        raise ValueError(f"a step of {dt_s} s leads nowhere")
    later, info = _solve(medium, c, c, 1.0 / dt_s, source, uptake, tolerance, team)
    _conserve(medium, later, c, dt_s, source, uptake, team)
    there = total(later, team=team)
    ledger = Ledger(
        made=0.0 if source is None else dt_s * total(source, team=team),
        taken_up=0.0 if uptake is None else dt_s * total(later, uptake, team),
        decayed=dt_s * medium.decay_per_s * there,
        carried_away=0.0,
        before=total(c, team=team),
        present=there,
    )
    return later, info, ledger


def _conserve(
    medium: Medium,
    later: Field,
    before: Field,
    dt_s: float,
    source: Field | None,
    uptake: Field | None,
    team: Team,
) -> None:
    """Scale the field by the few parts in a million that the sweeps left, so that none is lost.

    Summed over all sites the equation says (loss + 1/dt) c = source + c_before/dt exactly.
    """
    there = total(later, team=team)
    spent = there + dt_s * medium.decay_per_s * there
    spent += 0.0 if uptake is None else dt_s * total(later, uptake, team)
    given = total(before, team=team) + (0.0 if source is None else dt_s * total(source, team=team))
    if spent > 0.0:
        later *= later.dtype.type(given / spent)


def _solve(
    medium: Medium,
    c: Field,
    older: Field | None,
    keep: float,
    source: Field | None,
    uptake: Field | None,
    tolerance: float,
    team: Team,
) -> tuple[Field, Relaxed]:
    loss = medium.decay_per_s + keep + (0.0 if uptake is None else _slowest(medium, uptake))
    if loss <= 0.0:
        raise ValueError("without any decay or uptake there is no steady field")
    lowest = loss / (medium.leaving + loss)
    highest = 1.0 if medium.leaving == 0.0 else medium.roughest / medium.leaving
    highest = max(highest, 1.0) * (1.0 + 1e-9)
    lowest = min(0.999 * highest, lowest)
    kind = c.dtype.type
    made, take, before = or_none(source, c), or_none(uptake, c), or_none(older, c)
    square, torus = medium.shape_flags
    torus = torus and medium.inside is None
    decay, hop, up = kind(medium.decay_per_s + keep), kind(medium.hop), kind(medium.up)
    inside, leaving, layers = medium.mask, kind(medium.leaving), medium.lattice.layers
    now = stack(np.ascontiguousarray(c))
    rows, width = now.shape[1], now.shape[2]
    diagonal = medium.leaving + loss
    scale = _scale(source, older, keep)
    allowed = tolerance * scale
    # A long polynomial gains more a sweep than a short one repeated; its tiles are only larger.
    sweeps = min(max(sweeps_needed(lowest, highest, 0.05), SWEEPS), 4 * SWEEPS)
    weights = chebyshev(lowest, highest, sweeps).astype(c.dtype)
    tile = tile_rows(width, layers, sweeps, c.dtype.itemsize)
    worst, least, done = np.inf, 0.0, 0
    for _ in range(_PASSES + 1):
        worst, least, top = _worst(now, before, kind(keep), inside, made, take, decay, hop, up,
                                   square, torus, team)  # fmt: skip
        # Below this the rounding of the field itself is all that can be seen.
        allowed = max(allowed, 8.0 * float(np.finfo(c.dtype).eps) * diagonal * top)
        if worst <= allowed or done >= _PASSES * sweeps:
            break
        later = np.empty_like(now)

        def work(start: int, stop: int, now: Field = now, later: Field = later) -> None:
            relax_rows(now, before, kind(keep), inside, made, take, decay, hop, up, leaving,
                       square, torus, weights, tile, later, start, stop)  # fmt: skip

        team.share(rows, width * layers, work)
        now, done = later, done + sweeps
    lifted = 0.0
    if least < 0.0:
        now = now.copy() if done == 0 else now
        lifted = -total(np.minimum(now, 0.0), team=team)
        np.maximum(now, 0.0, out=now)
    share = worst / scale if scale > 0.0 else 0.0
    return now.reshape(c.shape), Relaxed(done, share, lifted, worst <= allowed)


def _slowest(medium: Medium, uptake: Field) -> float:
    """Return an uptake at which the slowest pattern is about lost [1/s].

    Neighbours share what they take up, so that patches without uptake slow nothing down. Too high a
    guess costs sweeps, never the result.
    """
    some = uptake if medium.inside is None else uptake[..., medium.inside.astype(np.bool_)]
    return max(float(np.min(some)), 0.3 * float(np.mean(some, dtype=np.float64)))


def _scale(source: Field | None, older: Field | None, keep: float) -> float:
    """Return the largest inflow of any site that is not diffusion [amount/s]."""
    made = 0.0 if source is None else float(np.max(np.abs(source)))
    kept = 0.0 if older is None else keep * float(np.max(np.abs(older)))
    return made + kept


def _worst(
    c: Field, older: Field, keep: object, inside: Field, source: Field, uptake: Field,
    decay: object, hop: object, up: object, square: bool, torus: bool, team: Team,
) -> tuple[float, float, float]:  # fmt: skip
    rows = c.shape[0] * c.shape[1]
    found = np.empty((rows, 3), dtype=c.dtype)

    def work(start: int, stop: int) -> None:
        imbalance_rows(c, older, keep, inside, source, uptake, decay, hop, up, square, torus,
                       found, start, stop)  # fmt: skip

    team.share(rows, c.shape[2], work)
    return float(np.max(found[:, 0])), float(np.min(found[:, 1])), float(np.max(found[:, 2]))
