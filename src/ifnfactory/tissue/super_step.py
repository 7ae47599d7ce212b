"""Super-time-stepping: RKL2, a step of many stages that is stable far beyond the explicit limit.

The second-order Runge-Kutta-Legendre scheme of Meyer, Balsara and Aslam (J Comput Phys 2014;257:594
[U-H]): s stages reach (s2 + s - 2)/4 explicit steps. It costs about s sweeps for s2/4 steps.
"""

from __future__ import annotations

import math

import numpy as np

from ifnfactory.foundation.errors import Problem, UserInputError
from ifnfactory.tissue.ledger import Ledger
from ifnfactory.tissue.medium import Field, Medium, rate_of_change, total
from ifnfactory.tissue.team import ALONE, Team


def stages_needed(medium: Medium, tau_s: float, uptake_max: float = 0.0) -> int:
    """Return the smallest odd number of stages from 3 on that is stable for a step of `tau_s`."""
    least = _least_stages(medium, tau_s, uptake_max)
    return least if least % 2 else least + 1


def _least_stages(medium: Medium, tau_s: float, uptake_max: float) -> int:
    """Solve tau <= (2 / fastest rate) (s2 + s - 2) / 4 for s."""
    fastest = medium.roughest + medium.decay_per_s + uptake_max
    need = 0.5 * (math.sqrt(9.0 + 8.0 * tau_s * fastest) - 1.0)
    return max(3, math.ceil(need - 1e-12))


def rkl2_step(
    medium: Medium,
    c: Field,
    tau_s: float,
    source: Field | None = None,
    uptake: Field | None = None,
    stages: int | None = None,
    team: Team = ALONE,
) -> tuple[Field, Ledger]:
    """Return the field one super-step of `tau_s` later, and where the signal went.

    Parameters
    ----------
    stages
        None for `stages_needed`.

    Raises
    ------
    UserInputError
        If that many stages do not reach so far.
    """
    largest = 0.0 if uptake is None else float(np.max(uptake))
    needed = _least_stages(medium, tau_s, largest)
    s = stages_needed(medium, tau_s, largest) if stages is None else stages
    if s < needed:
        told = f"{s} stages are unstable for a super-step of {tau_s:g} s"
        raise UserInputError([Problem(told, "stages", f"give {needed} or more")])
    kind = c.dtype.type
    decays = medium.decay_per_s

    def removal(field: Field) -> tuple[float, float]:
        there = total(field, team=team)
        return (0.0 if uptake is None else total(field, uptake, team)), decays * there

    first = rate_of_change(medium, c, source, uptake, team)
    taken0, gone0 = removal(c)
    w = 4.0 / (s * s + s - 2.0)
    b = [1.0 / 3.0] * 3 + [(j * j + j - 2.0) / (2.0 * j * (j + 1.0)) for j in range(3, s + 1)]
    older, newer = c, c + kind(b[1] * w * tau_s) * first
    # The amounts that were removed follow the same recursion as the field: nothing gets lost.
    out_older = np.zeros(2)
    out_newer = b[1] * w * tau_s * np.array([taken0, gone0])
    for j in range(2, s + 1):
        mu = (2.0 * j - 1.0) / j * b[j] / b[j - 1]
        nu = -(j - 1.0) / j * b[j] / b[j - 2]
        push = mu * w * tau_s
        pull = -(1.0 - b[j - 1]) * push
        rate = rate_of_change(medium, newer, source, uptake, team)
        removed = np.array(removal(newer))
        rest = 1.0 - mu - nu
        newest = kind(mu) * newer + kind(nu) * older + kind(rest) * c
        newest += kind(push) * rate + kind(pull) * first
        out = mu * out_newer + nu * out_older
        out += push * removed + pull * np.array([taken0, gone0])
        older, newer, out_older, out_newer = newer, newest, out_newer, out
    made = 0.0 if source is None else tau_s * total(source, team=team)
    taken, gone = (float(value) for value in out_newer)
    before, present = total(c, team=team), total(newer, team=team)
    return newer, Ledger(made, taken, gone, 0.0, before, present)
