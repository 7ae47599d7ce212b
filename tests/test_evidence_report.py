"""The report of a qualification, and its run folder."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from evidence_cases import ROW, TARGET, Runner, qualification, rows
from test_report_page import Reader

from ifnfactory.evidence.misses import Miss, Pattern
from ifnfactory.evidence.odds_ratios import RatioRow
from ifnfactory.evidence.qualification import Qualification, Trial
from ifnfactory.evidence.qualify import qualify
from ifnfactory.evidence.reasons import Reason, explain
from ifnfactory.report.calibration_plot import stretched
from ifnfactory.report.miss_words import (
    miss_sentence,
    miss_what,
    pattern_sentence,
    why_sentence,
)
from ifnfactory.report.qualification import compose_qualification, qualification_report
from ifnfactory.report.qualification_save import save_qualification
from ifnfactory.report.ratio_lines import SCALE
from ifnfactory.runs.tables import read_parquet
from ifnfactory.trial.protocol import load_protocol

STARTED = datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC)
THREE = tuple(load_protocol(name) for name in ("janssen2005", "lau2005", "marcellin2004"))


@pytest.fixture(scope="module")
def found() -> Qualification:
    return qualify(60, 1, protocols=THREE, run=Runner())


@pytest.fixture(scope="module")
def html(found: Qualification) -> str:
    return qualification_report(found, "ifn qualify --patients 60", STARTED.isoformat())


class WithColumns(Reader):
    VOID = Reader.VOID | {"col"}


def test_page_is_well_formed_and_loads_nothing(html: str) -> None:
    reader = WithColumns()
    reader.feed(html)
    assert reader.open == []
    assert reader.loads == []
    assert len(set(reader.identifiers)) == len(reader.identifiers)
    assert "<script" not in html


def test_page_says_what_it_is(found: Qualification, html: str) -> None:
    assert "For research, not for patient care." in html
    assert "ifn qualify --patients 60" in html
    assert found.parameter_set in html
    inside = sum(row.inside for row in found.rows)
    assert f"{inside} of {len(found.rows)}" in html
    for name in ("LAU2005", "MARCELLIN2004", "JANSSEN2005", "MOHAREB2024", "YEO2019"):
        assert name in html
    assert "NEJMoa043470" in html
    assert "Mohareb AM, BMJ Open" in html


def test_every_row_and_every_reason_is_there(found: Qualification) -> None:
    page = compose_qualification(found, "command", "now")
    lines = [line for trial in page.blocks for block in trial.blocks for line in block.lines]
    assert len(lines) == len(found.rows)
    assert sum(line.inside for line in lines) == page.inside
    assert sum(len(group.targets) for group in page.not_run) == len(found.not_run)
    outside = sum(not row.inside for row in found.rows)
    assert len(page.misses) + len(page.smaller_misses) == outside
    assert all(line.why for line in (*page.misses, *page.smaller_misses))
    assert {bar.name for bar in page.classes} >= {"serology", "natural history"}
    # Arms of interferon by HBeAg; made-up patients are all positive.
    assert [block.title for block in page.waterfalls] == ["HBeAg-positive"]
    assert [block.title for block in page.courses] == ["HBV DNA", "HBsAg"]


def test_a_page_without_misses_predictors_and_shapes() -> None:
    plain = replace(
        qualification((ROW,)), trials=(Trial("a", "title", "citation <b>", (("peg", "peg"),)),)
    )
    html = qualification_report(plain, "command", "now")
    assert "Nothing that was compared is outside." in html
    assert "Who responds" not in html
    assert "citation &lt;b&gt;" in html
    assert "What was not compared" not in html


def test_why_in_words() -> None:
    low, high = rows()[3], rows()[1]
    reason = Reason((low.target_id,), "contradicted", "low", "so it is", (high.target_id,))
    explained = explain(low, rows(), [reason])
    assert why_sentence(explained, lambda row: f"the {row.arm}") == (
        "Published results contradict each other: so it is (A, the peg, week 72: 30.0 %)."
    )
    assert (
        why_sentence(explain(high, rows(), [reason]), lambda row: row.arm) == "No reason is known."
    )


def test_a_miss_in_words() -> None:
    low, high = rows()[3], rows()[1]
    assert miss_what(low, "peginterferon") == "HBeAg loss, week 72, peginterferon"
    assert miss_sentence(Miss(low, -2.5)) == (
        "5.0 % simulated, 30.0 % published (20.0 to 45.0 would be inside): too low, "
        "2.5 times as far off as allowed."
    )
    assert miss_sentence(Miss(high, 4 / 3)).endswith("too high, just outside.")
    fall = replace(
        ROW,
        endpoint="mean_log10_hbsag_change",
        unit="log10 IU/mL",
        published=-0.5,
        simulated=-1.4,
        reach=(0.3, 0.3),
    )
    assert miss_sentence(Miss(fall, -3.0)) == (
        "−1.40 log10 IU/mL simulated, −0.50 log10 IU/mL published (−0.80 to −0.20 would be "
        "inside): too deep a fall, 3.0 times as far off as allowed."
    )
    rate = replace(ROW, endpoint_class="natural_history", week=364.0)
    assert miss_what(rate, "no treatment") == "HBeAg loss, 7 years, no treatment"


def test_a_pattern_in_words() -> None:
    assert pattern_sentence(Pattern("normal ALT", "on treatment", 9, 4, 1)) == (
        "Normal ALT, on treatment: too low in 4 and too high in 1 of 9 results"
    )
    assert pattern_sentence(Pattern("fall of HBsAg", "on treatment", 5, 0, 3)) == (
        "Fall of HBsAg, on treatment: too deep in 3 of 5 results"
    )


def test_scales() -> None:
    assert SCALE.x(1.0) == pytest.approx((SCALE.x(0.1) + SCALE.x(10.0)) / 2)
    assert SCALE.x(1000.0) == SCALE.x(10.0)
    assert float(stretched(50.0)) == pytest.approx(float(stretched(100.0)) / 2)


def test_an_odds_ratio_on_the_other_side_is_marked(found: Qualification) -> None:
    assert found.predictors is not None
    row = RatioRow("bonino2007", "women", 1.9, (1.1, 3.4), 0.5, (0.4, 0.6), False, False)
    other = replace(found.predictors, ratios=(row,), regressions=(("bonino2007", "t", "s"),))
    html = qualification_report(replace(found, predictors=other), "command", "now")
    assert "✗ other side" in html


def test_the_run_folder(tmp_path: Path) -> None:
    few = qualify(10, 1, targets=[TARGET], protocols=THREE, with_predictors=False, run=Runner())
    save_qualification(few, tmp_path / "run", STARTED, "ifn qualify")
    files = {path.name for path in (tmp_path / "run").iterdir()}
    assert files == {"manifest.json", "targets.parquet", "qualification.json", "report.html"}
    manifest = json.loads((tmp_path / "run" / "manifest.json").read_text("utf-8"))
    assert manifest["trial"] == "qualification"
    assert manifest["patients"] == {"lau2005": 10}
    assert json.loads((tmp_path / "run" / "qualification.json").read_text("utf-8")) == few.to_json()
    table = read_parquet(tmp_path / "run" / "targets.parquet")
    assert table.column("target_id").tolist() == [TARGET.target_id]
    assert table.column("published").tolist() == [34.0]
    assert table.units[table.names.index("week")] == "week"
