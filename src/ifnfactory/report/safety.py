"""The report's part on safety: one row for each thing that happens, one cell an arm."""

from __future__ import annotations

from ifnfactory.report.page import SafetyRow
from ifnfactory.report.words import MISSING, endpoint_title, estimate
from ifnfactory.trial.result import TrialResult
from ifnfactory.trial.safety_summary import SafetyLine, safety_lines


def safety_rows(result: TrialResult) -> tuple[SafetyRow, ...]:
    """Return the rows; what happens to nobody in any arm is left out."""
    lines = {(line.name, line.arm): line for line in safety_lines(result)}
    names = dict.fromkeys(name for name, _ in lines)
    arms = [arm.arm for arm in result.arms]
    return tuple(
        SafetyRow(endpoint_title(name), tuple(_cell(lines.get((name, arm))) for arm in arms))
        for name in names
        if any(line.value > 0 for (each, _), line in lines.items() if each == name)
    )


def _cell(line: SafetyLine | None) -> tuple[str, str]:
    if line is None:
        return MISSING, ""
    if line.onset_week is None or line.severe is None or line.over is None:
        return estimate(line.value, line.ci, "%"), ""
    course = f"week {line.onset_week:.0f}, severe {line.severe:.0f} %, over {line.over:.0f} %"
    return estimate(line.value, line.ci, "%"), course.replace(" %", "\N{NO-BREAK SPACE}%")
