"""A trial can be cut into blocks anywhere: same patients, same course, same estimate."""

from __future__ import annotations

import pickle
from dataclasses import fields

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ifnfactory.foundation.progress import Silent
from ifnfactory.foundation.records import pack, unpack
from ifnfactory.foundation.streams import Streams, stream
from ifnfactory.trial.endpoints import Evaluation, parse_endpoint
from ifnfactory.trial.estimates import estimate
from ifnfactory.trial.protocol import Protocol, load_protocol
from ifnfactory.trial.result import ArmOutcome, join_outcomes
from ifnfactory.trial.rows import rows_of, tallies
from ifnfactory.trial.run import Simulator, open_simulator
from ifnfactory.trial.tally import tally

CUTS = ((0, 7), (7, 1), (8, 25), (33, 7))
WHOLE = 40


@pytest.fixture(scope="module")
def simulator() -> Simulator:
    return open_simulator(threads=1)


def treated(
    simulator: Simulator, protocol: Protocol, streams: Streams, first: int, n: int
) -> ArmOutcome:
    cohort = simulator.gather(protocol, n, streams, first)
    return simulator.treat(protocol, protocol.arms[0], cohort, Silent())


def same_patients(whole: ArmOutcome, part: ArmOutcome, first: int, n: int) -> None:
    rows = slice(first, first + n)
    for name in ("status", "last_week"):
        np.testing.assert_array_equal(getattr(whole, name)[rows], getattr(part, name))
    for field in fields(whole.patients):
        column = getattr(whole.patients, field.name)[rows]
        np.testing.assert_array_equal(column, getattr(part.patients, field.name), field.name)
    for field in fields(whole.panel):
        column = getattr(whole.panel, field.name)
        wanted = column if field.name == "week" else column[rows]
        np.testing.assert_array_equal(wanted, getattr(part.panel, field.name), field.name)


# Patients as drawn, and patients who have to pass years of therapy before they enter.
@pytest.mark.parametrize("name", ["lau2005", "osst"])
def test_blocks_are_the_same_patients_with_the_same_course(simulator: Simulator, name: str) -> None:
    protocol = load_protocol(name)
    whole = treated(simulator, protocol, Streams(5), 0, WHOLE)
    streams = Streams(5)
    for first, n in CUTS:
        there = pickle.loads(pickle.dumps(streams.positions()))
        part = treated(simulator, protocol, streams, first, n)
        same_patients(whole, part, first, n)
        # Another process, that knows nothing but where the streams stand.
        same_patients(whole, treated(simulator, protocol, Streams(5, there), first, n), first, n)


def test_rows_of_blocks_in_any_order_are_those_of_the_whole(simulator: Simulator) -> None:
    protocol = load_protocol("lau2005")
    arm = protocol.arms[0]
    whole = treated(simulator, protocol, Streams(5), 0, WHOLE)
    parts = [tallies(protocol, whole.rows(slice(a, a + n))) for a, n in CUTS]
    rows = list(rows_of(protocol, arm, [tallies(protocol, whole)]))
    assert list(rows_of(protocol, arm, parts)) == rows
    assert list(rows_of(protocol, arm, parts[::-1])) == rows
    assert len(rows) > 10
    again = join_outcomes([unpack(ArmOutcome, pack(whole.rows(slice(a, a + n)))) for a, n in CUTS])
    assert pack(again) == pack(whole)
    assert again.safety is not None
    assert whole.safety is not None
    assert again.safety.conduct.rules == whole.safety.conduct.rules


@given(
    st.lists(st.floats(-30.0, 30.0), max_size=40),
    st.integers(0, 40),
    st.sampled_from(["mean_log10_dna_change", "hbsag_loss"]),
)
def test_tallies_add_up_exactly_to_the_estimate(values: list[float], cut: int, name: str) -> None:
    endpoint = parse_endpoint(name)
    numbers = np.array(values) if endpoint.kind == "mean" else np.array(values) > 0.0

    def of(part: np.ndarray) -> Evaluation:
        return Evaluation(endpoint, part, np.ones(len(part), dtype=np.bool_))

    whole = tally(of(numbers))
    assert tally(of(numbers[cut:])) + tally(of(numbers[:cut])) == whole
    found, wanted = whole.estimate(), estimate(of(numbers))
    assert found.patients == wanted.patients
    for ours, theirs in zip(
        (found.value, found.low, found.high), (wanted.value, wanted.low, wanted.high), strict=True
    ):
        # A spread of nothing is a difference of squares, known to a root of 64-bit precision.
        assert ours == pytest.approx(theirs, abs=1e-5, rel=1e-9, nan_ok=True)
    assert found.value == pytest.approx(wanted.value, abs=1e-12, nan_ok=True)


def test_two_kinds_of_tallies_do_not_add_up() -> None:
    nobody = np.zeros(0, dtype=np.bool_)
    one, other = (
        tally(Evaluation(parse_endpoint(name), nobody, nobody))
        for name in ("hbsag_loss", "mean_log10_dna_change")
    )
    with pytest.raises(ValueError, match="do not add up"):
        _ = one + other


def test_streams_go_on_where_they_were_left() -> None:
    whole = stream(3, "a", 1).standard_normal(30)
    streams = Streams(3)
    first = streams.at("a", 1).standard_normal(11)
    ahead = streams.fork()
    ahead.at("a", 1).standard_normal(5)
    then = Streams(3, streams.positions()).at("a", 1).standard_normal(19)
    np.testing.assert_array_equal(np.concatenate([first, then]), whole)
    np.testing.assert_array_equal(streams.at("a", 1).standard_normal(19), whole[11:])
    np.testing.assert_array_equal(ahead.at("a", 1).standard_normal(14), whole[16:])
    assert [position.names for position in streams.positions()] == [("a", 1)]


def test_a_stream_read_in_halves_of_a_draw_goes_on_with_the_other_half() -> None:
    whole = stream(3, "coin").integers(0, 2**31, 3, dtype=np.uint32)
    streams = Streams(3)
    streams.at("coin").integers(0, 2**31, 1, dtype=np.uint32)
    rest = Streams(3, streams.positions()).at("coin").integers(0, 2**31, 2, dtype=np.uint32)
    np.testing.assert_array_equal(rest, whole[1:])
