"""Explicit Euler steps: the reference of the other schemes, and the one that refuses."""

from __future__ import annotations

import math

import numpy as np

from ifnfactory.foundation.errors import Problem, UserInputError
from ifnfactory.tissue.flux import explicit_rows
from ifnfactory.tissue.ledger import Ledger
from ifnfactory.tissue.medium import Field, Medium, or_none, stack, total
from ifnfactory.tissue.team import ALONE, Team


def check_step(medium: Medium, dt_s: float, uptake_max: float = 0.0) -> None:
    """Refuse a step that could make a field negative.

    Raises
    ------
    UserInputError
        With the longest step that is possible.
    """
    longest = medium.longest_step(uptake_max)
    if not 0.0 < dt_s <= longest * (1.0 + 1e-12):
        told = (
            f"an explicit step of {dt_s:g} s is unstable at D = {medium.diffusion_um2_s:g} um2/s "
            f"and a pitch of {medium.lattice.pitch_um:g} um"
        )
        most = math.floor(longest * 1000) / 1000
        fix = f"give more than 0 and at most {most:g} s, or another scheme"
        raise UserInputError([Problem(told, "dt_s", fix)])


def explicit_step(
    medium: Medium,
    c: Field,
    dt_s: float,
    source: Field | None = None,
    uptake: Field | None = None,
    team: Team = ALONE,
) -> tuple[Field, Ledger]:
    """Return the field one explicit step of `dt_s` later, and where the signal went.

    Parameters
    ----------
    c
        Amounts, float array of the lattice's shape.
    source, uptake
        Production [amount/s] and first-order uptake [1/s] of each site; None for none.

    Raises
    ------
    UserInputError
        If the step is longer than `Medium.longest_step`.
    """
    check_step(medium, dt_s, 0.0 if uptake is None else float(np.max(uptake)))
    out = np.empty_like(c)
    decay, hop, up = medium.constants(c.dtype.type)
    square, torus = medium.shape_flags
    made, take, cells, later = or_none(source, c), or_none(uptake, c), stack(c), stack(out)
    dt = c.dtype.type(dt_s)

    def work(start: int, stop: int) -> None:
        explicit_rows(
            cells, medium.mask, made, take, decay, hop, up, square, torus, later, dt, start, stop
        )  # fmt: skip

    team.share(cells.shape[0] * cells.shape[1], cells.shape[2], work)
    before = total(c, team=team)
    ledger = Ledger(
        made=0.0 if source is None else dt_s * total(source, team=team),
        taken_up=0.0 if uptake is None else dt_s * total(c, uptake, team),
        decayed=dt_s * medium.decay_per_s * before,
        carried_away=0.0,
        before=before,
        present=total(out, team=team),
    )
    return out, ledger


def explicit_advance(
    medium: Medium,
    c: Field,
    time_s: float,
    source: Field | None = None,
    uptake: Field | None = None,
    share_of_limit: float = 0.9,
    team: Team = ALONE,
) -> tuple[Field, int]:
    """Return the field `time_s` later after equal steps, and their number."""
    limit = medium.longest_step(0.0 if uptake is None else float(np.max(uptake)))
    steps = max(1, math.ceil(time_s / (share_of_limit * limit)))
    for _ in range(steps):
        c, _ledger = explicit_step(medium, c, time_s / steps, source, uptake, team)
    return c, steps
