"""Geometry: neighbours, distances, lobules, blood."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tissue_cases import built_in

from ifnfactory.tissue.clusters import clusters, size_classes
from ifnfactory.tissue.course import Plan, follow
from ifnfactory.tissue.lattice import Boundary, Kind, Lattice
from ifnfactory.tissue.lobule import one_lobule, sheet_of_lobules
from ifnfactory.tissue.model import Model
from ifnfactory.tissue.room import bytes_needed, room_problems
from ifnfactory.tissue.simulation import Simulation
from ifnfactory.tissue.sinusoid import sinusoids
from ifnfactory.tissue.sites import Sites


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


def test_clusters_are_counted_by_size() -> None:
    cells = np.zeros((9, 9), dtype=bool)
    cells[1, 1] = cells[3, 1:4] = cells[6, 0:4] = True
    found = clusters(cells, Lattice(9, 9, boundary=Boundary.CLOSED))
    assert size_classes(found.sizes) == (("1", 1), ("2-3", 1), ("4-7", 1))
    assert found.typical == (1 + 9 + 16) / 8
    assert size_classes(np.empty(0, dtype=np.int64)) == ()


def test_a_column_crosses_and_an_empty_sheet_does_not() -> None:
    lattice = Lattice(9, 9, boundary=Boundary.CLOSED)
    column = np.zeros(lattice.shape, dtype=bool)
    column[:, 4] = True
    assert clusters(column, lattice).crosses
    column[5, 4] = False
    assert not clusters(column, lattice).crosses
    assert clusters(np.zeros_like(column), lattice).largest_share == 0.0


def test_a_tissue_that_does_not_fit_says_what_it_needs() -> None:
    model, memory = built_in("hbv-liver"), 16_000_000_000
    (problem,) = room_problems(model, 100_000, 1, memory)
    assert "590.0 GB" in problem.what
    assert "16,4" in problem.fix
    assert len(room_problems(model, 2, 0, None)) == 2
    assert room_problems(model, 64, 1, memory) == []
    assert room_problems(model, 64, 10**9, memory)[0].where == "--layers 1000000000"


def test_lobules_need_room_for_their_vessels() -> None:
    model, memory = built_in("hbv-liver"), 16_000_000_000
    assert room_problems(model, 12_000, 1, memory) == []
    (problem,) = room_problems(model, 12_000, 1, memory, lobule=60)
    assert "with their vessels" in problem.what
    assert "49.7 GB" in problem.what
    assert problem.fix == "give 6,780 or less"
    # In a stack all sheets share one network: it is no longer what counts.
    more = [bytes_needed(model, 600, layers, True) for layers in (40, 41)]
    assert more[1] - more[0] == 65 * 600 * 600


def laid_and_followed(model: Model, side: int, lobule: int) -> Sites:
    sites = Sites(side, side)
    if lobule:
        laid = sheet_of_lobules(Lattice(side, side))
        sites = Sites(side, side, zone=laid.zone.ravel(), blood=sinusoids(laid))
        del laid
    follow(Plan(model, sites, 0.3, 1, 1))
    return sites


@pytest.mark.parametrize(("lobule", "name"), [(0, "hbv-liver"), (0, "visavis"), (60, "hbv-liver")])
def test_a_run_needs_no_more_memory_than_it_says(lobule: int, name: str) -> None:
    model, side = built_in(name), 240
    laid_and_followed(model, side // 2, lobule)  # what is compiled and loaded once does not count
    tracemalloc.start()
    sites = laid_and_followed(model, side, lobule)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    # The buffers of the tile under way and the program's own, whatever the size of the sheet.
    rooms = 8 * 4 * Simulation(model, sites).plan.room + 1_000_000
    said = bytes_needed(model, side, 1, lobule > 0)
    assert 0.6 * said < peak < said + rooms
