"""Simulated beside published, as two dots with their intervals on a common scale."""

from __future__ import annotations

from dataclasses import dataclass

from ifnfactory.report.look import HAIRLINE, INK, QUIET

WIDTH = 240.0
HEIGHT = 26.0
MARGIN = 6.0


@dataclass(frozen=True)
class Scale:
    """A linear scale from `low` to `high` over the width of the plot, with ticks."""

    low: float
    high: float
    ticks: tuple[float, ...]

    def x(self, value: float) -> float:
        """Return the horizontal place of `value`, kept inside the plot."""
        share = (value - self.low) / (self.high - self.low)
        return MARGIN + min(1.0, max(0.0, share)) * (WIDTH - 2 * MARGIN)


PERCENT = Scale(0.0, 100.0, (0.0, 25.0, 50.0, 75.0, 100.0))
RARE = Scale(0.0, 20.0, (0.0, 5.0, 10.0, 15.0, 20.0))


def scale_of(unit: str, values: list[float]) -> Scale:
    """Return the scale for an endpoint, given every value and end of an interval to be shown.

    Percentages share one of two scales, so that the eye learns them; means get what they need.
    """
    if unit == "%":
        return RARE if max(values, default=100.0) <= RARE.high else PERCENT
    low, high = min([*values, 0.0]), max([*values, 0.0])
    if high == low:  # all of them zero
        return Scale(-1.0, 1.0, (-1.0, 0.0, 1.0))
    reach = high - low
    step = next(s for s in (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 1e3, 1e9) if reach / s <= 6)
    first, last = int(low // step), int(-(-high // step))
    ticks = tuple(round(i * step, 6) for i in range(first, last + 1))
    return Scale(ticks[0], ticks[-1], ticks)


Interval = tuple[float, float]


def dot_plot(
    scale: Scale,
    simulated: tuple[float | None, Interval | None],
    published: tuple[float | None, Interval | None],
    colour: str,
    parameters: Interval | None = None,
) -> str:
    """Return a small SVG: simulated full and above, published hollow and below.

    Parameters
    ----------
    scale
        The common scale of the endpoint.
    simulated, published
        Value and interval, None where there is none.
    colour
        Colour of the arm.
    parameters
        Range that the parameters leave open: pale and broad, behind the simulated value.
    """
    parts = [
        f'<line x1="{scale.x(tick):.1f}" x2="{scale.x(tick):.1f}" y1="2" y2="{HEIGHT - 2}" '
        f'stroke="{HAIRLINE}" stroke-width="1"/>'
        for tick in scale.ticks
    ]
    if parameters is not None:
        low, high = (scale.x(end) for end in parameters)
        parts.append(
            f'<line x1="{low:.1f}" x2="{high:.1f}" y1="8.5" y2="8.5" stroke="{colour}" '
            'stroke-width="9" opacity="0.22"/>'
        )
    full = f'r="4.2" fill="{colour}"'
    hollow = f'r="3.6" fill="#fff" stroke="{INK}" stroke-width="1.4"'
    said: list[str] = []
    for name, (value, ci), y, line, dot in (
        ("simulated", simulated, 8.5, f'stroke="{colour}" stroke-width="2.6"', full),
        ("published", published, 18.5, f'stroke="{INK}" stroke-width="1.3"', hollow),
    ):
        if value is None:
            continue
        said.append(f"{name} {value:.3g}")
        if ci is not None:
            parts.append(
                f'<line x1="{scale.x(ci[0]):.1f}" x2="{scale.x(ci[1]):.1f}" y1="{y}" y2="{y}" '
                f'{line} stroke-linecap="round" opacity="0.75"/>'
            )
        parts.append(f'<circle cx="{scale.x(value):.1f}" cy="{y}" {dot}/>')
    return (
        f'<svg class="dots" viewBox="0 0 {WIDTH:.0f} {HEIGHT:.0f}" role="img">'
        f"<title>{', '.join(said)}</title>{''.join(parts)}</svg>"
    )


def axis(scale: Scale) -> str:
    """Return the scale's labels, to stand above a column of dot plots."""
    labels = "".join(
        f'<text x="{scale.x(tick):.1f}" y="11" text-anchor="{_anchor(scale, tick)}" '
        f'font-size="10" fill="{QUIET}">{tick:g}</text>'
        for tick in scale.ticks
    )
    return f'<svg class="dots" viewBox="0 0 {WIDTH:.0f} 14" aria-hidden="true">{labels}</svg>'


def _anchor(scale: Scale, tick: float) -> str:
    return {scale.low: "start", scale.high: "end"}.get(tick, "middle")
