"""Safety line by line: the same numbers as endpoints and tables, with onset, grade and end."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from synthetic import trial_result
from typer.testing import CliRunner

from ifnfactory.biology.adverse_events import AdverseEvents
from ifnfactory.biology.tolerability import load_tolerability
from ifnfactory.cli.app import app
from ifnfactory.report.safety import safety_rows
from ifnfactory.report.words import endpoint_title
from ifnfactory.trial.adherence import CLASSES
from ifnfactory.trial.endpoints import parse_endpoint
from ifnfactory.trial.intake import Missed
from ifnfactory.trial.result import TrialResult
from ifnfactory.trial.safety_summary import SafetyLine, safety_lines

N = 10


@pytest.fixture(scope="module")
def result() -> TrialResult:
    """Nobody suffers anything in two arms; in the first, three have fever and some forget."""
    whole = trial_result(patients=N, failed=0)
    arm = whole.arms[0]
    assert arm.safety is not None
    events, fever = AdverseEvents.none(N), load_tolerability().names.index("pyrexia")
    onset, end = events.onset.copy(), events.end.copy()
    onset[:3, fever], end[:2, fever] = (7.0, 14.0, 70.0), (21.0, 28.0)
    grade = np.ones_like(arm.safety.grade)
    grade[2, fever] = 3
    missed = Missed.none(N, len(whole.protocol.visit_weeks))
    missed.due[:, :4, 0] = 2
    missed.forgotten[:5, 0, 0] = 1
    missed.paused[0, 1, 0] = 2
    safety = replace(
        arm.safety,
        events=replace(events, onset=onset, end=end),
        grade=grade,
        conduct=replace(arm.safety.conduct, missed=missed),
    )
    return replace(whole, arms=(replace(arm, safety=safety), *whole.arms[1:]))


def line(result: TrialResult, name: str, arm: str = "peg") -> SafetyLine:
    (found,) = [each for each in safety_lines(result) if (each.arm, each.name) == (arm, name)]
    return found


def test_an_effect_has_onset_grade_and_end(result: TrialResult) -> None:
    fever = line(result, "pyrexia_incidence")
    assert (fever.value, fever.onset_week) == (30.0, 2.0)
    assert fever.severe == pytest.approx(100 / 3)
    assert fever.over == pytest.approx(200 / 3)
    nobody = line(result, "pyrexia_incidence", "lam")
    assert (nobody.value, nobody.onset_week, nobody.over) == (0.0, None, None)


def test_what_was_published_is_counted_up_to_its_week(result: TrialResult) -> None:
    printed = {(p.arm, p.endpoint): p for p in result.protocol.published}
    told = [each for each in safety_lines(result) if each.published is not None]
    assert told
    for each in told:
        row = printed[each.arm, each.name]
        assert (each.week, each.published) == (row.week, row.value)


def test_doses_are_counted_with_their_reasons(result: TrialResult) -> None:
    shares = {
        what: line(result, f"interferon_doses_{what}").value
        for what in ("taken", "forgotten", "paused")
    }
    assert shares == pytest.approx({"taken": 100 * 73 / 80, "forgotten": 6.25, "paused": 2.5})
    names = {each.name for each in safety_lines(result) if "_doses_" in each.name}
    assert names == {f"interferon_doses_{what}" for what in shares}  # no tablet was due
    assert "nucleoside" in CLASSES


def test_every_line_is_an_endpoint_in_words_and_json_without_nan(result: TrialResult) -> None:
    for each in safety_lines(result):
        if "_doses_" not in each.name:
            assert parse_endpoint(each.name).is_safety
        assert endpoint_title(each.name)[0].isupper()
        assert "_" not in endpoint_title(each.name)
        json.dumps(each.to_json(), allow_nan=False)


def test_the_report_leaves_out_what_happens_to_nobody(result: TrialResult) -> None:
    rows = {row.title: row.cells for row in safety_rows(result)}
    course = rows["Pyrexia"][0][1].replace("\N{NO-BREAK SPACE}", " ")
    assert course == "week 2, severe 33 %, over 67 %"
    assert rows["Pyrexia"][1] == ("0.0 (0.0 to 27.8)", "")
    assert rows["Interferon doses taken"][1] == ("–", "")
    assert "Nausea" not in rows


def test_the_command_prints_lines_or_one_json_object() -> None:
    asked = ["trial", "safety", "lau2005", "--patients", "8"]
    told = CliRunner().invoke(app, [*asked, "--json"])
    assert told.exit_code == 0, told.output
    found = json.loads(told.stdout)
    assert (found["trial"], found["patients"]) == ("lau2005", 8)
    assert {each["arm"] for each in found["safety"]} == {"peg", "peg_lam", "lam"}
    shown = CliRunner().invoke(app, asked)
    assert shown.exit_code == 0
    assert "host-induced" in shown.stdout
    refused = CliRunner().invoke(app, ["trial", "safety", "lau2006", "--patients", "0"])
    assert refused.exit_code == 2
    assert "no patients" in refused.output
    assert "unknown trial" in refused.output
