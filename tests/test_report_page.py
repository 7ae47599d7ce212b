"""The report is one file that says everything and loads nothing."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path

import pytest
from synthetic import trial_result

from ifnfactory.foundation.progress import Silent
from ifnfactory.report.compose import compose
from ifnfactory.report.html import render_page
from ifnfactory.report.save import manifest_of, save_trial
from ifnfactory.report.words import endpoint_title
from ifnfactory.trial.result import TrialResult

STARTED = datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC)
COMMAND = "ifn trial run lau2005 --patients 20"


@pytest.fixture(scope="module")
def result() -> TrialResult:
    return trial_result(patients=20, failed=1)


@pytest.fixture(scope="module")
def html(result: TrialResult) -> str:
    return render_page(compose(result, manifest_of(result, STARTED, COMMAND)))


class Reader(HTMLParser):
    """Notes what a browser would load, and whether every element is closed."""

    VOID = frozenset({"meta", "br", "link", "img", "input", "hr"})

    def __init__(self) -> None:
        super().__init__()
        self.loads: list[str] = []
        self.open: list[str] = []
        self.identifiers: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in self.VOID:
            self.open.append(tag)
        for name, value in attrs:
            if name in {"src", "href", "xlink:href"} and not (value or "").startswith("#"):
                self.loads.append(f"{tag} {name}={value}")
            if name == "id" and value:
                self.identifiers.append(value)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in self.VOID:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_page_is_well_formed_and_loads_nothing(html: str) -> None:
    reader = Reader()
    reader.feed(html)
    assert reader.open == []
    assert reader.loads == []
    assert len(set(reader.identifiers)) == len(reader.identifiers)
    assert "<script" not in html
    assert "@import" not in html


def test_page_says_what_it_is(result: TrialResult, html: str) -> None:
    assert "For research, not for patient care." in html
    assert "NEJMoa043470" in html
    assert "0123456789ab" in html
    assert COMMAND in html
    assert "2024-01-02T03:04:05+00:00" in html
    for row in result.rows:
        assert endpoint_title(row.endpoint).replace("<", "&lt;") in html
    judged = [row for row in result.rows if row.inside is not None]
    assert f"{sum(bool(row.inside) for row in judged)} of {len(judged)}" in html


def test_page_counts_the_patients_that_could_not_be_computed(html: str) -> None:
    line = re.search(r"<td>step_limit</td><td class=\"n\">(\d+)</td>", html)
    assert line is not None
    assert line.group(1) == "1"


def test_page_shows_a_figure_for_every_marker(html: str) -> None:
    for title in ("HBV DNA", "HBsAg", "HBV RNA", "ALT", "Platelets", "Neutrophils"):
        assert re.search(rf"<h3>{title}( <span class=\"remark\">[^<]+</span>)?</h3><svg", html)
    assert "dashed: limit of quantification 0.05 IU/mL" in html


def test_a_users_words_cannot_become_markup(result: TrialResult) -> None:
    hostile = replace(
        result,
        protocol=replace(
            result.protocol,
            title="<script>alert(1)</script>",
            arms=tuple(
                replace(arm, label="<img src=x onerror=alert(1)>") for arm in result.protocol.arms
            ),
        ),
    )
    html = render_page(compose(hostile, manifest_of(hostile, STARTED, "ifn <b>")))
    assert "<script" not in html
    assert "<img" not in html
    reader = Reader()
    reader.feed(html)
    assert reader.open == []


def test_a_trial_without_published_results_has_a_report(result: TrialResult) -> None:
    bare = replace(result, rows=(), protocol=replace(result.protocol, published=()))
    html = render_page(compose(bare, manifest_of(bare, STARTED, COMMAND)))
    assert "inside the published" not in html
    assert "<h3>HBV DNA " in html


def test_run_folder_of_a_trial(result: TrialResult, tmp_path: Path) -> None:
    save_trial(result, tmp_path / "run", STARTED, COMMAND)
    assert sorted(path.name for path in (tmp_path / "run").iterdir()) == [
        "endpoints",
        "manifest.json",
        "patients",
        "report.html",
        "visits",
    ]
    manifest = json.loads((tmp_path / "run" / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["trial"] == "lau2005"
    assert manifest["protocol_source"] == result.protocol.source_text
    assert manifest["parameter_set"] == "0123456789ab"
    assert manifest["started"] == "2024-01-02T03:04:05+00:00"
    assert manifest["patients"] == {"peg": 20, "peg_lam": 20, "lam": 20}
    assert manifest["status"]["step_limit"] == 1


class Counting(Silent):
    def __init__(self) -> None:
        self.stages: list[tuple[str, int]] = []
        self.steps = 0

    def begin(self, label: str, total: int) -> None:
        self.stages.append((label, total))

    def advance(self, n: int = 1) -> None:
        self.steps += n


def test_whoever_watches_is_told_of_every_figure(result: TrialResult) -> None:
    watch = Counting()
    page = compose(result, manifest_of(result, STARTED, COMMAND), watch)
    figures = len(page.courses) + len(page.markers)
    assert figures > 5
    assert watch.stages == [("drawing the report", figures)]
    assert watch.steps == figures
