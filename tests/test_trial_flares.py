"""ALT flares: when, how high, and whether HBV DNA rose before or fell after."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from ifnfactory.assays.laboratory import Laboratory
from ifnfactory.assays.panel import Panel
from ifnfactory.report.tables import patients_table, visits_table
from ifnfactory.trial.endpoints import EndpointContext, evaluate
from ifnfactory.trial.flares import (
    HOST,
    KINDS,
    TIMES_NADIR,
    TIMES_ULN,
    UNDETERMINED,
    VIRUS,
    Flares,
    find_flares,
)
from ifnfactory.trial.protocol import load_protocol
from ifnfactory.trial.result import TrialResult
from ifnfactory.trial.run import Simulator, open_simulator

LAB = Laboratory()
WEEKS = np.array([0.0, 4.0, 8.0, 12.0, 16.0, 20.0, 24.0])
NAN = float("nan")


def panel(alt: np.ndarray, dna: np.ndarray) -> Panel:
    """Return a sheet of ALT [x ULN] and HBV DNA [IU/mL]."""
    whole = np.ones(alt.shape)
    return Panel(
        week=WEEKS,
        hbv_dna=np.where(np.isnan(alt), NAN, dna),
        hbsag=1e3 * whole,
        hbeag=whole,
        hbv_rna=whole,
        alt=alt * LAB.alt_uln,
        anc=whole,
        platelets=whole,
        anti_hbe=np.zeros(alt.shape, dtype=np.bool_),
        anti_hbs=np.zeros(alt.shape, dtype=np.bool_),
    )


def one(alt: list[float], log10_dna: list[float]) -> Flares:
    return find_flares(panel(np.array([alt]), 10.0 ** np.array([log10_dna])), LAB)


# --- when, and how high -------------------------------------------------------------------------


def test_a_flare_begins_peaks_and_ends_at_visits() -> None:
    found = one([1, 1, 6, 9, 4, 2, 1], [8] * 7)
    assert (found.start[0], found.peak[0], found.end[0]) == (8, 12, 20)
    assert found.times_uln[0] == pytest.approx(9)
    assert found.grade.tolist() == [3]


def test_above_20_times_the_limit_is_grade_4() -> None:
    assert one([1, 21, 1, 1, 1, 1, 1], [8] * 7).grade.tolist() == [4]


@pytest.mark.parametrize(
    ("why", "alt"),
    [
        ("high at entry is no flare", [9, 9, 9, 9, 9, 9, 9]),
        ("5 x ULN exactly is not above", [1, 5, 1, 1, 1, 1, 1]),
        ("less than twice the lowest value", [4, 7.9, 4, 4, 4, 4, 4]),
        ("nobody was seen", [1, NAN, NAN, NAN, NAN, NAN, NAN]),
    ],
)
def test_what_is_no_flare(why: str, alt: list[float]) -> None:
    assert one(alt, [8] * 7).patient.size == 0, why


def test_noise_at_the_threshold_is_one_flare_and_a_second_rise_another() -> None:
    assert one([1, 6, 4.5, 6, 4.5, 6, 1], [8] * 7).start.tolist() == [4]
    assert one([1, 6, 1, 1, 6, 1, 1], [8] * 7).start.tolist() == [4, 16]


def test_a_flare_without_a_later_visit_has_no_end() -> None:
    found = one([1, 1, 6, NAN, NAN, NAN, NAN], [8] * 7)
    assert np.isinf(found.end).all()
    assert found.grades(UNDETERMINED, WEEKS)[0].tolist() == [0, 0, 3, 3, 3, 3, 3]


# --- which kind ---------------------------------------------------------------------------------

ALT = [1.0, 1.0, 6.0, 9.0, 2.0, 1.0, 1.0]


@pytest.mark.parametrize(
    ("why", "log10_dna", "kind"),
    [
        ("falls by a log after the peak", [8, 8, 8, 8, 6.9, 6, 5], HOST),
        ("falls from the first visit of the flare on", [8, 8, 8, 7.2, 6.9, 6.9, 6.9], HOST),
        ("controlled throughout", [8, 3, 3, 3, 3, 3, 3], HOST),
        ("rose by a log before the peak", [8, 5, 6.5, 6.5, 6.5, 6.5, 6.5], VIRUS),
        ("rose first and fell afterwards", [8, 5, 8, 8, 5, 4, 4], VIRUS),
        ("nothing happens", [8, 8, 8, 8, 8, 8, 8], UNDETERMINED),
        ("falls, but more than 8 weeks after the peak", [8, 8, 8, 8, 8, 8, 5], UNDETERMINED),
        ("rose, but long before", [5, 8, 8, 8, 8, 8, 8], VIRUS),
        ("below the limit it cannot rise", [8, 0, 1, 1.2, 1.2, 1.2, 1.2], HOST),
    ],
)
def test_kinds(why: str, log10_dna: list[float], kind: int) -> None:
    assert one(ALT, log10_dna).kind.tolist() == [kind], why


def test_the_window_reaches_to_the_next_visit_however_far_it_is() -> None:
    found = one([1.0, 1.0, 6.0, 9.0, NAN, NAN, 1.0], [8, 8, 8, 8, 8, 8, 5])
    assert found.kind.tolist() == [HOST]


# --- always -------------------------------------------------------------------------------------

SHEETS = st.tuples(
    arrays(np.float64, (4, len(WEEKS)), elements=st.floats(0.2, 40.0)),
    arrays(np.float64, (4, len(WEEKS)), elements=st.floats(0.0, 10.0)),
    arrays(np.bool_, (4, len(WEEKS))),
)


@given(SHEETS)
def test_flares_of_any_sheet(sheet: tuple[np.ndarray, np.ndarray, np.ndarray]) -> None:
    times, log10_dna, missing = sheet
    alt = np.where(missing, NAN, times)
    found = find_flares(panel(alt, 10.0**log10_dna), LAB)
    assert (found.start <= found.peak).all()
    assert (found.peak < found.end).all()
    assert (found.times_uln > TIMES_ULN).all()
    same = found.patient[1:] == found.patient[:-1]
    assert (found.end[:-1][same] < found.start[1:][same]).all()
    for patient, start, peak, times_uln in zip(
        found.patient, found.start, found.peak, found.times_uln, strict=True
    ):
        earlier = alt[patient, start > WEEKS]
        assert alt[patient, start == WEEKS] > TIMES_NADIR * np.nanmin(earlier)
        assert alt[patient, peak == WEEKS] == pytest.approx(times_uln)
    shown = np.sum([found.grades(kind, WEEKS) for kind in range(len(KINDS))], axis=0)
    assert set(shown.ravel().tolist()) <= {0, 3, 4}


@given(SHEETS, st.integers(0, len(WEEKS) - 1))
def test_what_comes_later_never_makes_or_unmakes_a_flare(
    sheet: tuple[np.ndarray, np.ndarray, np.ndarray], cut: int
) -> None:
    times, log10_dna, missing = sheet
    alt = np.where(missing, NAN, times)
    whole = find_flares(panel(alt, 10.0**log10_dna), LAB)
    alt = np.where(np.arange(len(WEEKS)) > cut, NAN, alt)
    part = find_flares(panel(alt, 10.0**log10_dna), LAB)
    early = whole.start <= WEEKS[cut]
    np.testing.assert_array_equal(part.patient, whole.patient[early])
    np.testing.assert_array_equal(part.start, whole.start[early])


@given(SHEETS, st.integers(0, 9))
def test_alt_counts_in_units_of_the_laboratorys_limit(
    sheet: tuple[np.ndarray, np.ndarray, np.ndarray], power: int
) -> None:
    times, log10_dna, _ = sheet
    times = np.round(times * 8) / 8  # multiples that survive the change of unit
    here = panel(times, 10.0**log10_dna)
    there = replace(here, alt=times * 2.0**power)
    one_way = find_flares(here, LAB)
    other = find_flares(there, Laboratory(alt_uln=2.0**power))
    np.testing.assert_array_equal(one_way.start, other.start)
    np.testing.assert_array_equal(one_way.kind, other.kind)


# --- in a trial ---------------------------------------------------------------------------------


@lru_cache
def simulator() -> Simulator:
    return open_simulator(2)


@lru_cache
def trial(name: str) -> TrialResult:
    protocol = load_protocol(name)
    return simulator().run(replace(protocol, arms=protocol.arms[:1]), 250, 1)


def test_kinds_are_endpoints_and_columns() -> None:
    result = trial("lau2005")
    arm = result.arms[0].integrated()
    flares = find_flares(arm.panel, result.laboratory)
    context: EndpointContext = arm.context(result.laboratory, 48.0)
    people = patients_table(arm, result.laboratory)
    visits = visits_table(arm, result.laboratory)
    for index, kind in enumerate(KINDS):
        onset, _ = flares.first(index)
        for week in (24.0, 72.0):
            counted = evaluate(f"alt_flare_{kind}", arm.panel, week, context).values
            np.testing.assert_array_equal(counted, onset <= week)
        column = people.column(f"alt_flare_{kind}_onset_week").astype(float)
        np.testing.assert_array_equal(np.isfinite(column), np.isfinite(onset))
        shown = visits.column(f"alt_flare_{kind}_grade").reshape(len(onset), -1)
        np.testing.assert_array_equal(shown.any(axis=1), np.isfinite(onset))
    assert {"host_induced", "virus_induced"} <= {KINDS[kind] for kind in flares.kind}


@pytest.mark.parametrize(
    ("name", "marker"), [("lau2005", "hbeag"), ("lau2005", "hbsag"), ("marcellin2004", "hbsag")]
)
def test_antigen_is_lost_after_host_induced_flares(name: str, marker: str) -> None:
    """CID 2013;56:100: HBsAg was lost after host-induced flares alone [V]."""
    result = trial(name)
    sheet, laboratory = result.arms[0].panel, result.laboratory
    flares = find_flares(sheet, laboratory)
    cutoff = {"hbeag": laboratory.hbeag_cutoff, "hbsag": laboratory.hbsag_lloq}[marker]
    gone = getattr(sheet, marker) < cutoff
    week = np.where(gone.any(axis=1), sheet.week[gone.argmax(axis=1)], np.inf)

    lost = np.isfinite(week)

    def lost_after(kind: int, who: np.ndarray) -> float:
        onset, _ = flares.first(kind)
        before = np.isfinite(onset) & (onset <= week)
        return float(np.mean(who[before]))

    host = lost_after(HOST, lost)
    rng = np.random.default_rng(1)
    assert host > max(lost_after(HOST, rng.permutation(lost)) for _ in range(1000))
    assert host > 2 * lost_after(VIRUS, lost)
