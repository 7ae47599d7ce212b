"""A table of constants, read and written by name."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ifnfactory.network.model import Network

Floats = NDArray[np.float64]


class PatientColumns:
    """A copy of patients' constants whose columns have names.

    Attributes
    ----------
    table
        Shape (n, len(network.constant_names)).
    """

    def __init__(self, network: Network, constants: Floats) -> None:
        self.table = np.array(constants, dtype=np.float64)
        self._column = {name: i for i, name in enumerate(network.constant_names)}

    def __getitem__(self, name: str) -> Floats:
        return self.table[:, self._column[name]]

    def __setitem__(self, name: str, value: Floats) -> None:
        self.table[:, self._column[name]] = value
