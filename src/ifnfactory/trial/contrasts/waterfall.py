"""HBsAg patient by patient: who fell how far."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ifnfactory.assays import primitives
from ifnfactory.assays.panel import Floats
from ifnfactory.trial.contrasts.groups import Group


@dataclass(frozen=True)
class Waterfall:
    """Changes of log10 HBsAg of a group's patients, shape (patients seen,), the deepest last."""

    group: str
    week: float
    change: Floats


def waterfall(group: Group, week: float) -> Waterfall:
    """Return the change since week 0 of everybody who is seen in `week`, which is a visit."""
    hbsag, visit = group.panel.hbsag, group.panel.visit(week)
    limit = group.context.laboratory.hbsag_lloq
    change = primitives.log10_change(hbsag[:, group.panel.visit(0)], hbsag[:, visit], limit)
    seen = change[np.isfinite(change) & group.known]
    return Waterfall(group.name, week, np.sort(seen)[::-1])
