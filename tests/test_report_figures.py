"""What the figures are given to draw, and the marks they make."""

from __future__ import annotations

import re

import numpy as np
import pytest
from synthetic import trial_result

from ifnfactory.report.forest import PERCENT, RARE, dot_plot, scale_of
from ifnfactory.report.kinetics import marker_figure
from ifnfactory.report.scene import ArmScene, Band, MarkerScene, Point, Spell
from ifnfactory.report.scenes import arm_scenes, band, endpoint_scenes, marker_scenes
from ifnfactory.report.timeline import timeline
from ifnfactory.report.words import endpoint_title, estimate
from ifnfactory.trial.endpoints import MEANS, PROPORTIONS
from ifnfactory.trial.result import TrialResult


@pytest.fixture(scope="module")
def result() -> TrialResult:
    return trial_result(patients=60, failed=1)


def test_band_holds_the_quantiles_of_those_who_were_measured() -> None:
    values = np.column_stack([np.arange(101.0), np.full(101, np.nan)])
    values[0, 0] = np.nan
    found = band(np.array([0.0, 4.0]), values)
    assert found.median[0] == pytest.approx(50.5)
    assert found.low[0] == pytest.approx(np.quantile(np.arange(1, 101), 0.05))
    assert found.high[0] == pytest.approx(np.quantile(np.arange(1, 101), 0.95))
    assert np.isnan(found.median[1])


def test_markers_draw_the_limits_of_the_trials_laboratory(result: TrialResult) -> None:
    by_title = {marker.title: marker for marker in marker_scenes(result)}
    assert list(by_title) == ["HBV DNA", "HBsAg", "HBV RNA", "ALT", "Platelets", "Neutrophils"]
    assert by_title["HBV DNA"].limit == result.laboratory.dna_lloq
    assert by_title["HBsAg"].limit_label == "limit of quantification 0.05 IU/mL"
    assert by_title["ALT"].limit == result.laboratory.alt_uln
    assert [by_title[name].log for name in ("HBV DNA", "HBsAg", "HBV RNA")] == [True] * 3
    assert by_title["Platelets"].limit is None


def test_published_mean_change_starts_from_the_simulated_mean(result: TrialResult) -> None:
    dna = marker_scenes(result)[0]
    row = next(row for row in result.rows if row.endpoint == "mean_log10_dna_change")
    index = [arm.arm for arm in result.arms].index(row.arm)
    start = np.mean(np.log10(result.arms[index].panel.hbv_dna[:, 0]))
    point = dna.points[index][0]
    assert point.week == row.week
    assert row.published is not None
    assert np.log10(point.value) == pytest.approx(start + row.published)


def test_endpoint_curve_passes_through_the_value_of_the_table(result: TrialResult) -> None:
    scenes = {scene.title: scene for scene in endpoint_scenes(result)}
    for row in result.rows:
        index = [arm.arm for arm in result.arms].index(row.arm)
        scene = scenes[endpoint_title(row.endpoint)]
        curve = scene.curves[index]
        place = curve.week.tolist().index(row.week)
        assert curve.value[place] == row.value
        assert (row.week, row.published) in [(p.week, p.value) for p in scene.points[index]]


def test_arms_are_shown_as_prescribed(result: TrialResult) -> None:
    arms = arm_scenes(result)
    assert [arm.name for arm in arms] == [arm.name for arm in result.protocol.arms]
    assert arms[0].prescription == ("peginterferon alfa-2a 180 µg once weekly, weeks 0-48",)
    assert arms[0].end_of_treatment == 48
    assert arms[0].patients == 60
    assert arms[0].n_published == 271


def scene(*, log: bool) -> tuple[MarkerScene, tuple[ArmScene, ...]]:
    weeks = np.array([0.0, 12.0, 24.0])
    one = Band(weeks, np.array([10.0, 1, 1]), np.array([100.0, 10, 10]), np.array([1e3, 1e2, 1e2]))
    marker = MarkerScene(
        "HBV DNA", "IU/mL", log, 20.0, "limit of quantification", (one,), ((Point(12, 5, 4, 6),),)
    )
    arm = ArmScene("a", "Arm <A>", 10, None, (), (Spell("drug", 0, 12),))
    return marker, (arm,)


@pytest.mark.parametrize("log", [True, False])
def test_figure_is_one_svg_element_with_its_own_identifiers(log: bool) -> None:
    marker, arms = scene(log=log)
    svg = marker_figure("first", marker, arms)
    assert svg.startswith("<svg")
    assert svg.rstrip().endswith("</svg>")
    identifiers = re.findall(r'\bid="([^"]+)"', svg)
    assert identifiers
    assert all(name.startswith("first-") for name in identifiers)
    used = re.findall(r'href="#([^"]+)"', svg) + re.findall(r"url\(#([^)]+)\)", svg)
    assert set(used) <= set(identifiers)
    assert "<title>HBV DNA in IU/mL" in svg
    assert "Arm &lt;A&gt;" in svg
    assert re.search(r"\d{4}-\d\d-\d\dT", svg) is None


def test_figure_is_the_same_every_time() -> None:
    marker, arms = scene(log=True)
    assert marker_figure("f", marker, arms) == marker_figure("f", marker, arms)


def test_timeline_shows_untreated_arms_and_escapes_names() -> None:
    arms = (
        ArmScene("a", "A & B", 1, 1, ("x",), (Spell("peg", 0, 24), Spell("lam", 12, 48))),
        ArmScene("none", "control", 1, 1, (), ()),
    )
    svg = timeline(arms, 72)
    assert svg.count("<rect") == 2
    assert "no treatment" in svg
    assert "A &amp; B" in svg


def test_percentages_share_a_scale_and_rare_ones_another() -> None:
    assert scale_of("%", [3.0, 45.0]) is PERCENT
    assert scale_of("%", [0.0, 7.9]) is RARE


@pytest.mark.parametrize("values", [[-4.5, -7.2], [0.3], [0.0], [-0.02, -0.71], [1e6]])
def test_scale_of_means_holds_all_values_and_zero(values: list[float]) -> None:
    scale = scale_of("log10 IU/mL", values)
    assert scale.low <= min(*values, 0.0)
    assert scale.high >= max(*values, 0.0)
    assert 2 <= len(scale.ticks) <= 9


def test_dot_plot_draws_only_what_there_is() -> None:
    both = dot_plot(PERCENT, (30.0, (28.0, 32.0)), (32.0, (26.0, 38.0)), "#000")
    assert both.count("<circle") == 2
    assert "simulated 30, published 32" in both
    assert dot_plot(PERCENT, (30.0, (28.0, 32.0)), (None, None), "#000").count("<circle") == 1
    assert dot_plot(PERCENT, (None, None), (None, None), "#000").count("<circle") == 0


def test_every_simulated_endpoint_has_a_title_in_words() -> None:
    for name in (*PROPORTIONS, *MEANS):
        assert endpoint_title(name) != name
    assert endpoint_title("hbv_dna_lt_400cp") == "HBV DNA < 400 copies/mL"
    assert endpoint_title("hbv_dna_lt_2000iu") == "HBV DNA < 2,000 IU/mL"
    assert endpoint_title("hbv_dna_lt_4.3log_cp") == "HBV DNA < 4.3 log10 copies/mL"


def test_estimates_are_written_with_the_decimals_of_their_unit() -> None:
    assert estimate(31.04, (29.0, 33.1), "%") == "31.0 (29.0 to 33.1)"
    assert estimate(-4.5, None, "log10 IU/mL") == "−4.50"
    assert estimate(None, None, "%") == "–"
    assert estimate(float("nan"), (0.0, 1.0), "%") == "–"
