"""The search: its space, its answer where one is known, and that a kill loses nothing."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from ifnfactory.evidence.calibrate import ANSWER, HISTORY, STATE, Settings, calibrate
from ifnfactory.evidence.calibrate import objective as full_objective
from ifnfactory.evidence.free import Free, Space, load_free
from ifnfactory.foundation.errors import ModelError
from ifnfactory.population.release import number_at, shipped_population
from ifnfactory.trial.protocol import load_protocol

FREE = (
    Free("silencing_rate", "log", 0.5, "test"),
    Free("cure_at_division", "logit", 0.8, "test"),
    Free("immune_margin~sd", "log", 0.25, "test"),
)


@pytest.fixture(scope="module")
def space() -> Space:
    return Space(shipped_population(), FREE)


def bowl(z: np.ndarray, seed: int) -> float:
    """A valley with its floor at (1, -1, 0.5), and noise that depends on the draw alone."""
    noise = 1e-3 * np.random.default_rng(seed).standard_normal()
    return float(np.sum((z - np.array([1.0, -1.0, 0.5])) ** 2)) + noise


def generations(folder: Path) -> int:
    return len((folder / HISTORY).read_text().splitlines())


def test_the_origin_is_the_shipped_population(space: Space) -> None:
    for path, value in space.numbers([0.0, 0.0, 0.0]).items():
        assert value == pytest.approx(number_at(space.centre, path), rel=1e-12)


def test_a_step_of_one_is_one_sd_of_the_prior(space: Space) -> None:
    moved = space.population([1.0, 1.0, -1.0])
    centre = space.centre
    ratio = number_at(moved, "silencing_rate") / number_at(centre, "silencing_rate")
    assert np.log(ratio) == pytest.approx(0.5)
    old, new = (number_at(p, "cure_at_division") for p in (centre, moved))
    assert np.log(new / (1 - new)) - np.log(old / (1 - old)) == pytest.approx(0.8)


def test_every_free_number_that_ships_exists_and_stays_possible_within_four_sds() -> None:
    shipped = Space(shipped_population(), load_free())
    n = len(shipped.free)
    for step in (-4.0, 4.0):
        for value in shipped.numbers(np.full(n, step)).values():
            assert np.isfinite(value)
            assert value > 0


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ('[[free]]\npath = "a"\nscale = "log"\nsd = 1.0', "needs exactly"),
        ('[[free]]\npath = "a"\nscale = "cube"\nsd = 1.0\nreason = "x"', "log or logit"),
        ('[[free]]\npath = "a"\nscale = "log"\nsd = 0\nreason = "x"', "sd is positive"),
        ('[[free]]\npath = "a"\nscale = "log"\nsd = 1\nreason = "x"\n' * 2, "twice"),
    ],
)
def test_a_strange_entry_is_refused(tmp_path: Path, text: str, fault: str) -> None:
    file = tmp_path / "free.toml"
    file.write_text(text)
    with pytest.raises(ModelError, match=fault):
        load_free(file)


def test_the_search_finds_a_known_answer(space: Space, tmp_path: Path) -> None:
    pytest.importorskip("cma")
    mean = calibrate(space, tmp_path, 60.0, Settings(population_size=10, generations=60), bowl)
    np.testing.assert_allclose(mean, [1.0, -1.0, 0.5], atol=0.05)
    answer = json.loads((tmp_path / ANSWER).read_text())
    assert answer["numbers"] == pytest.approx(space.numbers(mean))


def test_a_search_goes_on_where_it_was_and_not_from_the_start(space: Space, tmp_path: Path) -> None:
    pytest.importorskip("cma")
    few = Settings(population_size=6, generations=3)
    calibrate(space, tmp_path, 60.0, few, bowl)
    assert generations(tmp_path) == 3
    assert (tmp_path / STATE).is_file()
    calibrate(space, tmp_path, 60.0, few, bowl)
    lines = [json.loads(line) for line in (tmp_path / HISTORY).read_text().splitlines()]
    assert [line["generation"] for line in lines] == list(range(1, len(lines) + 1))
    assert len(lines) == 6


def test_the_objective_prefers_the_population_that_treats_at_all(space: Space) -> None:
    deaf = Space(space.centre, (Free("isg_amplitude", "log", 3.0, "test"),))
    value = full_objective(deaf, 40, 1, [load_protocol("lau2005")])
    assert value(np.array([-3.0]), 1) > value(np.array([0.0]), 1) + 20.0
