"""The Rosenbrock method RODAS: order 4 with an embedded order 3, six stages, stiffly accurate.

Coefficients: Hairer and Wanner, Solving Ordinary Differential Equations II, 2nd ed. (1996),
section IV.7, in the form without matrix-vector products: for stages i = 1..6

    (I/(γh) - J) k_i = f(y + Σ_j a_ij k_j) + Σ_j (c_ij/h) k_j,   y_new = u_6 + k_6,   error = k_6

where u_6 = u_5 + k_5 is the argument of the last stage.
"""

from __future__ import annotations

from typing import Final

GAMMA: Final = 0.25
STAGES: Final = 6
ORDER: Final = 4

A: Final[dict[tuple[int, int], float]] = {
    (2, 1): 1.544000000000000,
    (3, 1): 0.9466785280815826,
    (3, 2): 0.2557011698983284,
    (4, 1): 3.314825187068521,
    (4, 2): 2.896124015972201,
    (4, 3): 0.9986419139977817,
    (5, 1): 1.221224509226641,
    (5, 2): 6.019134481288629,
    (5, 3): 12.53708332932087,
    (5, 4): -0.6878860361058950,
    (6, 1): 1.221224509226641,
    (6, 2): 6.019134481288629,
    (6, 3): 12.53708332932087,
    (6, 4): -0.6878860361058950,
    (6, 5): 1.0,
}

C: Final[dict[tuple[int, int], float]] = {
    (2, 1): -5.668800000000000,
    (3, 1): -2.430093356833875,
    (3, 2): -0.2063599157091915,
    (4, 1): -0.1073529058151375,
    (4, 2): -9.594562251023355,
    (4, 3): -20.47028614809616,
    (5, 1): 7.496443313967647,
    (5, 2): -10.24680431464352,
    (5, 3): -33.99990352819905,
    (5, 4): 11.70890893206160,
    (6, 1): 8.083246795921522,
    (6, 2): -7.981132988064893,
    (6, 3): -31.52159432874371,
    (6, 4): 16.31930543123136,
    (6, 5): -6.058818238834054,
}
