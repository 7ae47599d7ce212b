"""Odds ratios, simulated beside published, on a logarithmic scale."""

from __future__ import annotations

import math
from dataclasses import dataclass

from ifnfactory.evidence.odds_ratios import RatioRow
from ifnfactory.evidence.predictors import Predictors
from ifnfactory.report.forest import MARGIN, WIDTH, Scale, axis, dot_plot
from ifnfactory.report.look import arm_colour
from ifnfactory.report.qualification_page import RatioBlock, RatioLine
from ifnfactory.report.words import MISSING


@dataclass(frozen=True)
class LogScale(Scale):
    """A logarithmic scale."""

    def x(self, value: float) -> float:
        """Return the horizontal place of `value`, kept inside the plot."""
        inside = min(self.high, max(self.low, value))
        share = math.log(inside / self.low) / math.log(self.high / self.low)
        return MARGIN + share * (WIDTH - 2 * MARGIN)


SCALE = LogScale(0.1, 10.0, (0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0))


def ratio_axis() -> str:
    """Return the labels of the scale."""
    return axis(SCALE)


def ratio_blocks(predictors: Predictors | None) -> tuple[RatioBlock, ...]:
    """Return a block for each regression."""
    if predictors is None:
        return ()
    return tuple(
        RatioBlock(
            title=title,
            source=source,
            lines=tuple(_line(row) for row in predictors.ratios if row.regression == name),
        )
        for name, title, source in predictors.regressions
    )


def _line(row: RatioRow) -> RatioLine:
    return RatioLine(
        name=row.name,
        simulated=_words(row.simulated, row.simulated_ci),
        published="above 1" if row.published is None else _words(row.published, row.published_ci),
        direction=row.direction,
        within_factor_two=row.within_factor_two,
        plot=dot_plot(
            SCALE,
            (row.simulated, row.simulated_ci),
            (row.published, row.published_ci),
            arm_colour(0),
        ),
    )


def _words(value: float, ci: tuple[float, float] | None) -> str:
    if not math.isfinite(value):
        return MISSING
    return f"{value:.2f}" if ci is None else f"{value:.2f} ({ci[0]:.2f} to {ci[1]:.2f})"
