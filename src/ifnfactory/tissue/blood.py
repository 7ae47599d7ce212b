"""What the blood of the sinusoids brings to the cords: compiled, for the kernel and the reference.

The blood is steady: with ``b`` its concentration at a site, ``Q`` the blood that passes and ``e``
the exchange, Q b = sum(Q_up b_up) + e (c - b). Its ``c`` is that at the start of a field step; the
field step then loses e c and gains e b, implicitly like every other loss. A steady field is so the
exact one for any step, and what the cords gain and lose is booked as it is.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit


@njit(cache=True, nogil=True, error_model="numpy")
def bring(
    order: Any, upstream: Any, flow: Any, supply: Any, exchange: float, arriving: float, c: Any,
    vein: Any, gain: Any,
) -> float:  # fmt: skip
    """Fill what the blood brings to each site of a sheet [amount/min]; return the sum.

    Parameters
    ----------
    order, upstream, flow, supply
        Of `sinusoid.Sinusoids`, flows in site volumes/min.
    exchange, arriving
        Exchange [1/min], and the concentration at the portal triads.
    c
        Amounts in the cords (sites of a sheet).
    vein
        Room for the concentration of the blood at each site, float64.
    """
    total = 0.0
    for k in range(order.size):
        site = order[k]
        passing, content = supply[k], supply[k] * arriving
        for side in range(upstream.shape[1]):
            if flow[k, side] > 0.0:
                passing += flow[k, side]
                content += flow[k, side] * vein[upstream[k, side]]
        content += exchange * np.float64(c[site])
        vein[site] = content / (passing + exchange)
        gain[site] = np.float32(exchange * vein[site])
        total += np.float64(gain[site])
    return total
