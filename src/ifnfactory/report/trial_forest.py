"""The rows of one trial as a forest: simulated above, published below, on a common scale."""

from __future__ import annotations

from collections.abc import Sequence

from ifnfactory.evidence.qualification import Row, Trial
from ifnfactory.report.forest import axis, dot_plot, scale_of
from ifnfactory.report.look import arm_colour
from ifnfactory.report.miss_words import week_words
from ifnfactory.report.qualification_page import ForestBlock, ForestLine, TrialBlock
from ifnfactory.report.words import endpoint_title, estimate

_RARE = 20.0


class ArmNames:
    """Labels and colours of the arms of every protocol."""

    def __init__(self, trials: Sequence[Trial]) -> None:
        self._arms = {trial.protocol: trial.arms for trial in trials}

    def label(self, row: Row) -> str:
        """Return words for the arm of a row."""
        return dict(self._arms[row.protocol])[row.arm]

    def colour(self, row: Row) -> str:
        """Return the colour of the arm of a row."""
        names = [name for name, _ in self._arms[row.protocol]]
        return arm_colour(names.index(row.arm))


def trial_block(
    name: str, sources: tuple[str, ...], rows: Sequence[Row], arms: ArmNames
) -> TrialBlock:
    """Return a parent trial: percentages, rare ones, and means each on a scale of their own."""
    groups: dict[str, list[Row]] = {}
    for row in rows:
        groups.setdefault(_kind(row), []).append(row)
    return TrialBlock(
        name=name,
        sources=sources,
        inside=sum(row.inside for row in rows),
        rows=len(rows),
        blocks=tuple(_block(group, arms) for group in groups.values()),
    )


def _kind(row: Row) -> str:
    return f"{row.unit}{'rare' if row.unit == '%' and max(_drawn(row)) <= _RARE else ''}"


def _drawn(row: Row) -> list[float]:
    return [row.published, row.simulated, *row.simulated_ci, *(row.published_ci or ())]


def _block(rows: Sequence[Row], arms: ArmNames) -> ForestBlock:
    unit = rows[0].unit
    scale = scale_of(unit, [value for row in rows for value in _drawn(row)])
    endpoints = list(dict.fromkeys(row.endpoint for row in rows))
    ordered = sorted(rows, key=lambda row: (endpoints.index(row.endpoint), row.week))
    lines: list[ForestLine] = []
    before = ("", -1.0)
    for row in ordered:
        # The same endpoint and week are said once, so that the arms stand out.
        new = (row.endpoint, row.week) != before
        before = (row.endpoint, row.week)
        lines.append(
            ForestLine(
                endpoint=f"{endpoint_title(row.endpoint)}, {week_words(row)}" if new else "",
                arm=arms.label(row),
                colour=arms.colour(row),
                simulated=estimate(row.simulated, row.simulated_ci, unit),
                published=estimate(row.published, row.published_ci, unit),
                inside=row.inside,
                plot=dot_plot(
                    scale,
                    (row.simulated, row.simulated_ci),
                    (row.published, row.published_ci),
                    arms.colour(row),
                ),
            )
        )
    return ForestBlock(unit=unit, axis=axis(scale), lines=tuple(lines))
