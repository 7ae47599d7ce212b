"""Cohort Markov chains: published models, to hold our own bookkeeping against theirs.

A cohort moves through states in cycles by a matrix of transition probabilities. The individual
model needs none of this; it is how most published models of hepatitis B are written.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ifnfactory.foundation.errors import Problem, UserInputError

Floats = NDArray[np.float64]

_TOLERANCE = 1e-9


def checked_matrix(matrix: Floats, states: Sequence[str]) -> Floats:
    """Return the matrix if it can be meant.

    Parameters
    ----------
    matrix
        Shape (states, states): probability of moving from row to column in a cycle.
    states
        Their names.

    Raises
    ------
    UserInputError
        With every row that holds a negative probability or does not sum to one.
    """
    if matrix.shape != (len(states), len(states)):
        what = f"the matrix has shape {matrix.shape}, there are {len(states)} states"
        raise UserInputError([Problem(what, "transition matrix", "give one row a state")])
    problems: list[Problem] = []
    for name, row in zip(states, matrix, strict=True):
        total = float(row.sum())
        if (row < 0).any():
            what = f"a probability out of {name} is negative"
            problems.append(Problem(what, f"row {name}", "write a number from 0 to 1"))
        if abs(total - 1.0) > _TOLERANCE:
            how = "beyond" if total > 1.0 else "below"
            what = f"the probabilities out of {name} sum to {total:.6g}, {how} one"
            problems.append(Problem(what, f"row {name}", "correct the row"))
    if problems:
        raise UserInputError(problems)
    return matrix


def with_relative_risk(matrix: Floats, ratio: float) -> Floats:
    """Return the matrix with every move out of a state multiplied by `ratio`; who does not, stays.

    Parameters
    ----------
    matrix
        Shape (states, states).
    """
    moved = matrix * ratio
    np.fill_diagonal(moved, 0.0)
    np.fill_diagonal(moved, 1.0 - moved.sum(axis=1))
    return moved


def occupancy(start: Floats, matrices: Sequence[Floats]) -> Floats:
    """Return the cohort after each cycle.

    Parameters
    ----------
    start
        Shape (states,): people at the start.
    matrices
        One a cycle.

    Returns
    -------
    ndarray
        Shape (cycles + 1, states), the start first.
    """
    rows = [np.asarray(start, dtype=np.float64)]
    for matrix in matrices:
        rows.append(rows[-1] @ matrix)
    return np.stack(rows)


def total(values: Floats, discount: float) -> float:
    """Return the sum of yearly values at the ends of years 1, 2, ..., discounted to the start.

    Parameters
    ----------
    values
        Shape (years,).
    discount
        A year, for example 0.06.
    """
    years = np.arange(1, values.size + 1)
    return float((values / (1.0 + discount) ** years).sum())
