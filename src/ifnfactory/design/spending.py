"""Alpha spending: how much type-I error a trial may have used up at each share of its information.

Lan KKG, DeMets DL, Biometrika 1983;70:659-63 (the idea and the first two functions); Kim K, DeMets
DL, Biometrika 1987;74:149-54 (the power family).
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

Floats = NDArray[np.float64]
Spending = Callable[[Floats, float], Floats]
"""Information fractions between 0 and 1, and the alpha of one side → alpha spent by then."""


def obrien_fleming_like(information: Floats, alpha: float) -> Floats:
    """Return 2 − 2 Φ(z(1 − alpha/2) / √t): next to nothing early, nearly all at the end."""
    return 2.0 * ndtr(ndtri(alpha / 2.0) / np.sqrt(information))


def pocock_like(information: Floats, alpha: float) -> Floats:
    """Return alpha ln(1 + (e − 1) t): about as much at each look."""
    return alpha * np.log1p((math.e - 1.0) * information)


def power_family(exponent: float) -> Spending:
    """Return the function alpha t^exponent; 1 spends evenly, 3 is close to O'Brien and Fleming.

    Raises
    ------
    ValueError
        If the exponent is not above 0.
    """
    if not exponent > 0.0:
        raise ValueError(f"the exponent of the power family has to be above 0, not {exponent:g}")

    def spend(information: Floats, alpha: float) -> Floats:
        return alpha * information**exponent

    return spend
