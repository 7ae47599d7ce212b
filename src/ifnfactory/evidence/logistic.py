"""Logistic regression by Newton's method (iteratively reweighted least squares)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

Floats = NDArray[np.float64]

STEPS: Final = 60
TOLERANCE: Final = 1e-9
LARGEST_STEP: Final = 4.0
"""On the scale of standardised columns; keeps the first steps from overshooting."""
RIDGE: Final = 1e-6
"""Keeps the equations solvable when a column separates the responders; no effect otherwise."""
SEPARATED: Final = 5.0
"""Standard error of a standardised coefficient that only a separation can cause."""


@dataclass(frozen=True)
class LogisticFit:
    """Coefficients (columns,) of the log odds, and their covariance (columns, columns)."""

    coefficients: Floats
    covariance: Floats


def fit_logistic(columns: Floats, response: NDArray[np.bool_]) -> LogisticFit | None:
    """Fit the log odds of `response` to `columns` and an intercept.

    Parameters
    ----------
    columns
        Shape (patients, columns).
    response
        Shape (patients,).

    Returns
    -------
    None where there is nothing to fit: everybody responds, nobody does, a column does not vary,
    columns separate the responders from the others, or the fit does not settle.
    """
    spread = columns.std(axis=0)
    if response.all() or not response.any() or not (spread > 0.0).all():
        return None
    scaled = (columns - columns.mean(axis=0)) / spread
    design = np.column_stack([np.ones(len(scaled)), scaled])
    at = np.zeros(design.shape[1])
    penalty = RIDGE * np.eye(design.shape[1])
    for _ in range(STEPS):
        odds = expit(design @ at)
        hessian = design.T @ (design * (odds * (1.0 - odds))[:, None]) + penalty
        step = np.linalg.solve(hessian, design.T @ (response - odds) - RIDGE * at)
        at = at + np.clip(step, -LARGEST_STEP, LARGEST_STEP)
        if np.abs(step).max() < TOLERANCE:
            covariance = np.linalg.inv(hessian)[1:, 1:]
            if np.diag(covariance).max() > SEPARATED**2:
                return None
            return LogisticFit(at[1:] / spread, covariance / np.outer(spread, spread))
    return None
