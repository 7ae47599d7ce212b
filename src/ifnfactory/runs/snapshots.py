"""Snapshots of a lattice in time as a Zarr group: one array a name, time first."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Group = Any
"""Zarr's types say little."""


class Snapshots:
    """A Zarr group that is filled snapshot by snapshot; writing one again changes nothing.

    Parameters
    ----------
    path
        The group's folder; made at the first snapshot.
    hours
        Times of all snapshots that there will be [h].
    """

    def __init__(self, path: Path, hours: Sequence[float]) -> None:
        self.path = path
        self._hours = np.array(hours, dtype=np.float64)

    def write(self, index: int, arrays: Sequence[tuple[str, str, NDArray[Any]]]) -> None:
        """Write snapshot `index`: name, unit and values of each array, the same at every call."""
        import zarr  # noqa: PLC0415 -- takes a second, and only runs that keep snapshots need it

        group: Group = zarr.open_group(str(self.path), mode="a")
        if "hour" not in group:
            hour = group.create_array("hour", shape=self._hours.shape, dtype="float64")
            hour[:] = self._hours
            hour.attrs["unit"] = "h"
        for name, unit, values in arrays:
            if name not in group:
                made = group.create_array(
                    name,
                    shape=(self._hours.size, *values.shape),
                    chunks=(1, *(min(side, 1024) for side in values.shape)),
                    dtype=values.dtype,
                )
                made.attrs["unit"] = unit
            group[name][index] = values

    def end(self, count: int) -> None:
        """Leave no room for snapshots from number `count` on: there will be no more."""
        import zarr  # noqa: PLC0415 -- as above

        group: Group = zarr.open_group(str(self.path), mode="a")
        for name in group.array_keys():
            group[name].resize((count, *group[name].shape[1:]))

    def read(self, index: int) -> dict[str, NDArray[Any]]:
        """Return the arrays of snapshot `index`."""
        import zarr  # noqa: PLC0415 -- as above

        group: Group = zarr.open_group(str(self.path), mode="r")
        return {
            name: np.asarray(group[name][index]) for name in group.array_keys() if name != "hour"
        }
