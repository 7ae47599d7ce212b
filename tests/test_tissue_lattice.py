"""Geometry: neighbours, distances, lobules, blood."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ifnfactory.tissue.clusters import clusters
from ifnfactory.tissue.lattice import Boundary, Kind, Lattice, lattice_problems
from ifnfactory.tissue.lobule import one_lobule, sheet_of_lobules


@given(st.integers(0, 8), st.integers(0, 6), st.sampled_from(Boundary), st.sampled_from(Kind))
def test_neighbours_are_mutual_and_one_pitch_away(row, column, boundary, kind) -> None:
    lattice = Lattice(9, 7, boundary=boundary, kind=kind)
    near = lattice.neighbours(row, column)
    far = lattice.distances_um(row, column)
    assert all((row, column) in lattice.neighbours(*site) for site in near)
    assert all(far[site] == pytest.approx(lattice.pitch_um) for site in near)
    assert int(np.sum(far < 1.01 * lattice.pitch_um)) == 1 + len(near)


def test_a_lobule_of_500_um_has_1200_hepatocytes_a_slice() -> None:
    lobule = one_lobule()
    assert lobule.inside.sum() == 1200
    assert lobule.central.sum() == 1
    assert lobule.zone[lobule.central] == 1.0
    assert set(np.unique(lobule.zone_number()[lobule.inside])) == {1, 2, 3}


def test_a_sheet_is_tiled_by_equal_lobules() -> None:
    sheet = sheet_of_lobules(Lattice(120, 60))
    assert sheet.count == 6
    assert set(np.bincount(sheet.lobule.ravel())) == {1200}
    assert sheet.central.sum() == 6
    assert sheet.portal.sum() == 12  # two triads a lobule: six corners, each shared by three
    with pytest.raises(ValueError, match="multiples of 60"):
        sheet_of_lobules(Lattice(100, 60))


@pytest.mark.parametrize("boundary", [Boundary.CLOSED, Boundary.PERIODIC])
@pytest.mark.parametrize("kind", Kind)
def test_clusters_are_those_of_a_search(boundary: Boundary, kind: Kind) -> None:
    lattice = Lattice(17, 23, boundary=boundary, kind=kind)
    cells = np.random.default_rng(3).random(lattice.shape) < 0.45
    found = clusters(cells, lattice)
    seen = np.zeros(lattice.shape, dtype=bool)
    sizes = []
    for start in np.argwhere(cells):
        todo, size = [tuple(start)], 0
        while todo:
            site = todo.pop()
            if cells[site] and not seen[site]:
                seen[site], size = True, size + 1
                todo += lattice.neighbours(*site)
        sizes += [size] if size else []
    assert sorted(sizes) == sorted(found.sizes)
    assert found.largest_share == max(sizes) / sum(sizes)
    assert np.array_equal(found.label > 0, cells)


def test_a_column_crosses_and_an_empty_sheet_does_not() -> None:
    lattice = Lattice(9, 9, boundary=Boundary.CLOSED)
    column = np.zeros(lattice.shape, dtype=bool)
    column[:, 4] = True
    assert clusters(column, lattice).crosses
    column[5, 4] = False
    assert not clusters(column, lattice).crosses
    assert clusters(np.zeros_like(column), lattice).largest_share == 0.0


def test_a_lattice_that_does_not_fit_says_what_it_needs() -> None:
    (problem,) = lattice_problems(Lattice(100_000, 100_000), 24, 16_000_000_000)
    assert "240.0 GB" in problem.what
    assert "25,8" in problem.fix
    assert len(lattice_problems(Lattice(0, 2, 0), 24, None)) == 3
    assert lattice_problems(Lattice(64, 64), 24, 16_000_000_000) == []
