"""The search: its space, its answer where one is known, and that a kill loses nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from ifnfactory.cli.app import app
from ifnfactory.cli.calibrate_request import CalibrateRequest
from ifnfactory.evidence.calibrate import Answer, Settings, Task, calibrate
from ifnfactory.evidence.calibrated import (
    candidate_release,
    identifiability,
    save_candidate,
    trades,
)
from ifnfactory.evidence.emulator import (
    BREADTH,
    CROSSING,
    misfit,
    picture,
    posterior_covariance,
    step,
)
from ifnfactory.evidence.free import Free, Space, load_free
from ifnfactory.evidence.observations import Observations
from ifnfactory.evidence.trial_task import trial_task
from ifnfactory.foundation.errors import ModelError, UserInputError
from ifnfactory.population.release import number_at, starting_population
from ifnfactory.population.released import load_release
from ifnfactory.trial.protocol import load_protocol

FREE = (
    Free("silencing_rate", "log", 0.5, "test"),
    Free("cure_at_division", "logit", 0.8, "test"),
    Free("entecavir:log10_residual", "linear", 0.5, "test"),
)
TRUTH = np.array([1.0, -1.0, 0.5])
SLOPES = np.array([[1.0, 0.2, 0.0], [0.0, 1.5, 0.3], [0.3, 0.0, 2.0], [1.0, 1.0, 1.0]])


@pytest.fixture(scope="module")
def space() -> Space:
    return Space(starting_population(), FREE)


def observed(sd: float = 0.5) -> Observations:
    n = len(SLOPES)
    return Observations(
        target_id=tuple("abcd"),
        trial=("one", "one", "two", "two"),
        is_share=np.zeros(n, dtype=np.bool_),
        value=_curved(TRUTH),
        sd=np.full(n, sd),
        weight=np.full(n, 400.0),  # so much that the priors hardly pull
    )


def _curved(point: np.ndarray) -> np.ndarray:
    """Answers that are not quite linear."""
    straight = SLOPES @ point
    return straight + 0.05 * straight**2


Asked = Sequence[tuple[np.ndarray, int, int]]


def answers(asked: Asked) -> Iterator[np.ndarray]:
    return (_answer(*each) for each in asked)


def _answer(point: np.ndarray, patients: int, seed: int) -> np.ndarray:
    """Give noisy answers: the noise falls with the patients and hangs on point and seed alone."""
    noise = np.random.default_rng([seed, int(1e6 * abs(point.sum()))]).standard_normal(4)
    return _curved(point) + 1e-3 * noise / np.sqrt(patients)


def task(start: tuple[float, ...] = ()) -> Task:
    return Task(3, observed(), answers, (("test", "1"),), start)


SETTINGS = Settings(patients=10, points=8.0, rounds=6, members=4)


@pytest.fixture(scope="module")
def answer(tmp_path_factory: pytest.TempPathFactory) -> Answer:
    return calibrate(task(), tmp_path_factory.mktemp("search") / "s", 60.0, SETTINGS)


def test_the_origin_is_the_starting_population(space: Space) -> None:
    for path, value in space.numbers([0.0, 0.0, 0.0]).items():
        assert value == pytest.approx(number_at(space.centre, path), rel=1e-12)


def test_a_step_of_one_is_one_sd_of_the_prior_and_the_way_back_is_known(space: Space) -> None:
    moved = space.population([1.0, 1.0, -1.0])
    centre = space.centre
    ratio = number_at(moved, "silencing_rate") / number_at(centre, "silencing_rate")
    assert np.log(ratio) == pytest.approx(0.5)
    old, new = (number_at(p, "cure_at_division") for p in (centre, moved))
    assert np.log(new / (1 - new)) - np.log(old / (1 - old)) == pytest.approx(0.8)
    residual = "entecavir:log10_residual"
    assert number_at(moved, residual) - number_at(centre, residual) == pytest.approx(-0.5)
    assert space.point(space.numbers([1.0, 1.0, -1.0])) == pytest.approx((1.0, 1.0, -1.0))
    assert space.point({"silencing_rate": 0.2009}) == pytest.approx((0.0, 0.0, 0.0), abs=1e-9)


def test_every_free_number_that_ships_exists_and_stays_possible_within_four_sds() -> None:
    shipped = Space(starting_population(), load_free())
    n = len(shipped.free)
    for step_ in (-4.0, 4.0):
        for item, value in zip(
            shipped.free, shipped.numbers(np.full(n, step_)).values(), strict=True
        ):
            assert np.isfinite(value)
            assert value > 0 or item.scale == "linear"


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ('[[free]]\npath = "a"\nscale = "log"\nsd = 1.0', "needs exactly"),
        ('[[free]]\npath = "a"\nscale = "cube"\nsd = 1.0\nreason = "x"', "log, logit or linear"),
        ('[[free]]\npath = "a"\nscale = "log"\nsd = 0\nreason = "x"', "sd is positive"),
        ('[[free]]\npath = "a"\nscale = "log"\nsd = 1\nreason = "x"\n' * 2, "twice"),
    ],
)
def test_a_strange_entry_is_refused(tmp_path: Path, text: str, fault: str) -> None:
    file = tmp_path / "free.toml"
    file.write_text(text)
    with pytest.raises(ModelError, match=fault):
        load_free(file)


def test_the_search_finds_a_known_answer(answer: Answer) -> None:
    np.testing.assert_allclose(answer.centre, TRUTH, atol=0.04)
    assert [each.number for each in answer.rounds] == list(range(1, 7))
    assert answer.rounds[-1].inside_percent >= 75.0
    assert answer.rounds[-1].objective < 0.01 * misfit(_curved(np.zeros(3)), observed())


def test_members_fit_about_as_well_and_are_not_all_the_same(answer: Answer) -> None:
    assert answer.members.shape == (4, 3)
    assert len({tuple(row) for row in answer.members.tolist()}) == 4
    sd = np.sqrt(np.diag(answer.covariance))
    assert (np.abs(answer.members - answer.centre) < 6 * sd).all()


def test_a_search_that_was_cut_short_anywhere_ends_where_an_unbroken_one_does(
    answer: Answer, tmp_path: Path
) -> None:
    calls = 0

    def dying(asked: Asked) -> Iterator[np.ndarray]:
        nonlocal calls
        for each in asked:
            calls += 1
            if calls % 17 == 0:
                raise KeyboardInterrupt
            yield _answer(*each)

    mortal = Task(3, observed(), dying, (("test", "1"),))
    deaths = 0
    while True:
        try:
            found = calibrate(mortal, tmp_path / "s", 60.0, SETTINGS)
            break
        except KeyboardInterrupt:
            deaths += 1
    assert deaths >= 5
    np.testing.assert_array_equal(found.centre, answer.centre)
    np.testing.assert_array_equal(found.members, answer.members)
    assert found.rounds == answer.rounds


def test_a_folder_of_another_search_is_refused(tmp_path: Path) -> None:
    calibrate(task(), tmp_path / "s", 60.0, Settings(patients=10, points=4.0, rounds=1, members=1))
    other = Task(3, observed(), answers, (("test", "2"),))
    with pytest.raises(UserInputError, match="another setting patients, test"):
        calibrate(other, tmp_path / "s", 60.0, Settings(patients=11, points=4.0, members=1))


def test_a_search_may_begin_elsewhere(tmp_path: Path) -> None:
    how = Settings(patients=10, points=4.0, rounds=0, members=1)
    centre = calibrate(task((0.5, 0.5, 0.5)), tmp_path / "s", 60.0, how).centre
    assert centre.tolist() == [0.5, 0.5, 0.5]


@given(seed=st.integers(0, 100), scatter=st.floats(0.1, 1.0))
def test_a_linear_world_is_seen_as_it_is(seed: int, scatter: float) -> None:
    points = scatter * np.random.default_rng(seed).standard_normal((200, 3))
    local = picture(points, points @ SLOPES.T + 2.0, np.zeros(3), scatter)
    np.testing.assert_allclose(local.value, 2.0, atol=0.02)
    np.testing.assert_allclose(local.slope, SLOPES, atol=0.05)


def test_a_target_nobody_could_judge_moves_nothing() -> None:
    points = np.random.default_rng(1).standard_normal((60, 3))
    predicted = points @ SLOPES.T
    predicted[3, 1] = np.nan
    local = picture(points, predicted, np.zeros(3), 1.0)
    assert np.isnan(local.value[1])
    assert not local.slope[1].any()
    assert np.isfinite(step(local, observed(), 1.0)).all()


def test_a_step_is_never_longer_than_allowed_and_goes_downhill() -> None:
    points = 0.3 * np.random.default_rng(1).standard_normal((60, 3))
    local = picture(points, _curved_rows(points), np.zeros(3), 0.3)
    move = step(local, observed(), 0.2)
    assert np.linalg.norm(move) <= 0.2
    assert misfit(_curved(move), observed()) < misfit(_curved(np.zeros(3)), observed())


def test_an_outlier_loses_its_pull() -> None:
    def slope(z: float) -> float:
        ends = [
            misfit(_curved(TRUTH) + 0.5 * np.array([x, 0.0, 0.0, 0.0]), observed()) / 400.0
            for x in (z - 0.01, z + 0.01)
        ]
        return (ends[1] - ends[0]) / 0.02

    inside = 0.3 / (1.0 + (0.3 / 1.5) ** 2) + CROSSING / BREADTH * np.exp((0.3 - 1.96) / BREADTH)
    assert slope(0.3) == pytest.approx(inside, rel=0.08)
    assert slope(20.0) < 0.15 < slope(3.0)
    # What is hardly outside is pulled hardest.
    assert slope(2.0) > 1.5 * max(slope(1.0), slope(3.0))


def test_what_the_data_do_not_touch_stays_at_its_prior(space: Space) -> None:
    blind = SLOPES.copy()
    blind[:, 2] = 0.0
    points = np.random.default_rng(1).standard_normal((200, 3))
    local = picture(points, points @ blind.T, np.zeros(3), 1.0)
    sd = np.sqrt(np.diag(posterior_covariance(local, observed())))
    assert sd[2] == pytest.approx(1.0, abs=0.05)
    assert (sd[:2] < 0.1).all()


def test_identifiability_says_what_is_decided_and_what_trades_off(
    space: Space, tmp_path: Path
) -> None:
    covariance = np.array([[0.04, 0.036, 0.0], [0.036, 0.04, 0.0], [0.0, 0.0, 1.0]])
    found = Answer(np.array([0.5, 0.0, 0.0]), covariance, np.zeros((2, 3)), ())
    rows = {row.path: row for row in identifiability(space, found)}
    assert rows["silencing_rate"].verdict == "decided by the data"
    assert rows["entecavir:log10_residual"].verdict == "left at its prior"
    pairs = trades(space.free, found)
    assert [(each.one, each.other) for each in pairs] == [("cure_at_division", "silencing_rate")]
    release = candidate_release(space, found, "test", {"command": "a test"})
    again = load_release(str(save_candidate(release, tmp_path)))
    assert again == release
    assert number_at(again.population(), "silencing_rate") == rows["silencing_rate"].value


def test_a_real_trial_is_a_task_whose_misfit_knows_a_drug_that_does_nothing() -> None:
    deaf = Space(starting_population(), (Free("isg_amplitude", "log", 3.0, "test"),))
    fitted = trial_task(deaf, threads=1, protocols=(load_protocol("lau2005"),))
    asked = [(np.array([z]), 60, 1) for z in (0.0, -3.0)]
    at = dict(zip((0.0, -3.0), fitted.predict(asked), strict=True))
    worse = misfit(at[-3.0], fitted.observed) - misfit(at[0.0], fitted.observed)
    assert worse > 0.5 * fitted.observed.weight.sum()  # half a unit for every target
    assert set(fitted.observed.trial) >= {"LAU2005"}
    alone = fitted.observed.without("LAU2005")
    assert misfit(at[0.0], alone) < misfit(at[0.0], fitted.observed)


def test_processes_side_by_side_answer_as_one_does() -> None:
    space = Space(starting_population(), (Free("isg_amplitude", "log", 0.3, "test"),))
    protocols = (load_protocol("piccolo2009"),)
    asked = [(np.array([z]), 8, 1) for z in (0.0, 1.0, -1.0)]
    alone, shared = (trial_task(space, count, protocols=protocols) for count in (1, 2))
    np.testing.assert_array_equal(list(alone.predict(asked)), list(shared.predict(asked)))


def _curved_rows(points: np.ndarray) -> np.ndarray:
    return np.array([_curved(point) for point in points])


SHORT = Settings(patients=10, points=4.0, rounds=1, members=1)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("search.json", b""),
        ("search.json", b"[]"),
        ("rounds.jsonl", b'{"number": 1, "obj'),
        ("rounds.jsonl", b"\xff\xfe"),
        ("evaluations/round-000-point-0000.json", b'{"point": [0'),
        ("evaluations/round-000-point-0000.json", b'{"point": [0, 0, 0]}'),
    ],
)
def test_a_damaged_file_of_a_search_is_named_with_its_remedy(
    name: str, content: bytes, tmp_path: Path
) -> None:
    calibrate(task(), tmp_path / "s", 60.0, SHORT)
    (tmp_path / "s" / name).write_bytes(content)
    with pytest.raises(UserInputError) as caught:
        calibrate(task(), tmp_path / "s", 60.0, replace(SHORT, rounds=2))
    (problem,) = caught.value.problems
    assert problem.where == str(tmp_path / "s" / name)
    assert "delete it" in problem.fix or "new folder" in problem.fix


def test_a_place_where_no_search_can_be_kept_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    with pytest.raises(UserInputError, match="no folder can be made there"):
        calibrate(task(), tmp_path / "file" / "s", 60.0, SHORT)


def test_an_interruption_says_how_to_go_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("ifnfactory.evidence.calibration.run_calibration", interrupted)
    said = CliRunner().invoke(app, ["calibrate", "--out", str(tmp_path / "s")])
    assert said.exit_code == 130
    assert said.stderr.strip() == (
        f"interrupted: what is finished is kept in {tmp_path / 's'}; "
        "go on with the same command and --resume"
    )


def test_no_time_is_enough_only_where_a_search_lies_already(tmp_path: Path) -> None:
    calibrate(task(), tmp_path / "s", 60.0, SHORT)
    again = CalibrateRequest(0.0, tmp_path / "s", True, 10, 1, None)
    assert again.checked() == again
    for budget, resume in ((0.0, False), (-1.0, True), (float("nan"), True)):
        with pytest.raises(UserInputError, match="no time"):
            CalibrateRequest(budget, tmp_path / "s", resume, 10, 1, None).checked()


def test_without_time_no_round_is_begun_and_the_ensemble_is_drawn(
    answer: Answer, tmp_path: Path
) -> None:
    calibrate(task(), tmp_path / "s", 60.0, SETTINGS)
    for file in (tmp_path / "s" / "evaluations").glob("*member*"):
        file.unlink()
    found = calibrate(task(), tmp_path / "s", 0.0, replace(SETTINGS, rounds=None))
    assert found.rounds == answer.rounds
    np.testing.assert_array_equal(found.members, answer.members)
