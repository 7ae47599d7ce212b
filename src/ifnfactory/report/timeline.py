"""Treatment of every arm as bars over the weeks of the trial."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from ifnfactory.report.look import HAIRLINE, QUIET, arm_colour
from ifnfactory.report.scene import ArmScene

RIGHT, BAR, GAP, PAD = 1030.0, 18.0, 5.0, 12.0
CHARACTER = 7.2  # about the width of a letter of an arm's name


def timeline(arms: Sequence[ArmScene], last_week: float) -> str:
    """Return an SVG with one bar a course, arm under arm, and an axis in weeks.

    Parameters
    ----------
    arms
        The trial's arms.
    last_week
        Last visit of the trial [week].
    """
    left = min(400.0, max(160.0, 24.0 + CHARACTER * max(len(arm.label) for arm in arms)))

    def x(week: float) -> float:
        return left + (RIGHT - left) * week / last_week

    step = 12 if last_week <= 110 else 24 if last_week <= 220 else 52
    parts: list[str] = []
    y = PAD
    for index, arm in enumerate(arms):
        lines = max(1, len(arm.spells))
        middle = y + (lines * (BAR + GAP) - GAP) / 2
        parts.append(
            f'<text x="0" y="{middle + 4:.1f}" font-size="13" font-weight="600" '
            f'fill="{arm_colour(index)}">{escape(arm.label)}</text>'
        )
        if not arm.spells:
            parts.append(_word(x(0) + 6, middle + 4, "no treatment", QUIET))
        for spell in arm.spells:
            width = max(2.0, x(min(spell.stop_week, last_week)) - x(spell.start_week))
            parts.append(
                f'<rect x="{x(spell.start_week):.1f}" y="{y:.1f}" width="{width:.1f}" '
                f'height="{BAR}" rx="3" fill="{arm_colour(index)}" opacity="0.88"/>'
            )
            # White on the bar where the words fit, dark behind it where they do not.
            if width > 6.6 * len(spell.label) + 12:
                parts.append(_word(x(spell.start_week) + 7, y + 13, spell.label, "#fff"))
            else:
                parts.append(_word(x(spell.stop_week) + 6, y + 13, spell.label, QUIET))
            y += BAR + GAP
        y += PAD + (0 if arm.spells else BAR + GAP)
    ticks = "".join(
        f'<line x1="{x(week):.1f}" x2="{x(week):.1f}" y1="4" y2="{y:.1f}" stroke="{HAIRLINE}"/>'
        f'<text x="{x(week):.1f}" y="{y + 14:.1f}" text-anchor="middle" font-size="11" '
        f'fill="{QUIET}">{week}</text>'
        for week in range(0, int(last_week) + 1, step)
    )
    return (
        f'<svg class="figure" viewBox="0 0 1040 {y + 20:.0f}" role="img">'
        f"<title>Treatment of each arm over {last_week:g} weeks</title>{ticks}{''.join(parts)}"
        f'<text x="0" y="{y + 14:.1f}" font-size="11" fill="{QUIET}">week</text></svg>'
    )


def _word(x: float, y: float, text: str, colour: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" font-size="11.5" fill="{colour}">{escape(text)}</text>'
