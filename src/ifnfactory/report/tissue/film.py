"""A film of a sheet: cells to the left, interferon to the right, what colours mean below."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any, Final

import matplotlib as mpl
import numpy as np
from matplotlib.colors import to_rgb

from ifnfactory.report.tissue.panels import Moment, laid
from ifnfactory.report.tissue.picture import (
    RESTING,
    Pixels,
    field_colours,
    field_range,
    interferon_of,
    paints,
)
from ifnfactory.tissue.simulation import Simulation

WIDTH_PX: Final = 360
"""Width of a sheet."""
_GAP, _LINE, _SWATCH = 12, 18, 10
_INK: Final = (28, 39, 51)
_FRAME: Final = "#9aa1a8"
Mark = tuple[int, int, str, str]


def film_gif(simulation: Simulation, moments: list[Moment]) -> bytes:
    """Return all moments as a GIF that repeats."""
    from PIL import Image  # noqa: PLC0415 -- comes with matplotlib, only for films

    span = field_range([item.field for item in moments if item.field is not None])
    bodies = [_body(simulation, item, span) for item in moments]
    font = _font()
    marks, height = _marks(simulation, bodies[0].shape[1], font)
    palette, frames = _palette(simulation), list[Any]()
    for item, body in zip(moments, bodies, strict=True):
        whole = np.full((_LINE + 6 + body.shape[0] + height, body.shape[1], 3), 255, dtype=np.uint8)
        whole[_LINE + 6 : _LINE + 6 + body.shape[0]] = body
        frame = Image.fromarray(whole)
        _write(frame, font, f"{item.hour:.1f} h", _told(simulation, item, span), marks)
        frames.append(frame.quantize(palette=palette, dither=Image.Dither.NONE))
    data = io.BytesIO()
    more = frames[1:]
    frames[0].save(data, format="GIF", save_all=True, append_images=more, duration=180, loop=0)
    return data.getvalue()


def _palette(simulation: Simulation) -> Any:
    """Return the colours of all frames: cells exactly, letters in greys, the rest for fields."""
    from PIL import Image  # noqa: PLC0415 -- as above

    cells = [RESTING, _FRAME, *(paint.colour for paint in paints(simulation.model))]
    exact = [to_rgb(colour) for colour in cells]
    letters = np.linspace(np.array(_INK) / 255.0, 1.0, 24)
    field = mpl.colormaps["cividis"](np.linspace(0.0, 1.0, 256 - len(exact) - len(letters)))
    colours = np.concatenate([exact, letters, field[:, :3]])
    palette = Image.new("P", (1, 1))
    palette.putpalette(np.rint(255.0 * colours).astype(np.uint8).ravel().tolist())
    return palette


def _body(simulation: Simulation, item: Moment, span: tuple[float, float]) -> Pixels:
    parts = [laid(simulation, item.cells, WIDTH_PX)]
    if item.field is not None:
        gap = np.full((parts[0].shape[0], _GAP, 3), 255, dtype=np.uint8)
        parts += [gap, laid(simulation, field_colours(item.field, *span), WIDTH_PX)]
    return np.concatenate(parts, axis=1)


def _told(simulation: Simulation, item: Moment, span: tuple[float, float]) -> str:
    """Return what the right half shows; nothing where there is no signal."""
    spec = interferon_of(simulation.model)
    if spec is None or item.field is None or not span[1] > 0.0:
        return ""
    return f"{spec.name}, {span[0]:.2g} to {span[1]:.2g} {spec.unit} per cell, logarithmic"


def _font() -> Any:
    from PIL import ImageFont  # noqa: PLC0415 -- as above

    return ImageFont.truetype(str(Path(mpl.get_data_path()) / "fonts/ttf/DejaVuSans.ttf"), 11)


def _marks(simulation: Simulation, width: int, font: Any) -> tuple[list[Mark], int]:
    """Return column, row, colour and words of each mark below the sheets, and their height."""
    named = [(RESTING, "other cells"), *((p.colour, p.words) for p in paints(simulation.model))]
    found: list[Mark] = []
    x, y = 6, 8
    for colour, words in named:
        wide = _SWATCH + 6 + round(font.getlength(words)) + 18
        if x > 6 and x + wide > width:
            x, y = 6, y + _LINE
        found.append((x, y, colour, words))
        x += wide
    return found, y + _LINE


def _write(frame: Any, font: Any, when: str, told: str, marks: list[Mark]) -> None:
    from PIL import ImageDraw  # noqa: PLC0415 -- as above

    pen = ImageDraw.Draw(frame)
    below = frame.size[1] - max(y for _, y, _, _ in marks) - _LINE
    pen.text((6, 5), when, fill=_INK, font=font)
    pen.text((WIDTH_PX + _GAP, 5), told, fill=_INK, font=font)
    for x, y, colour, words in marks:
        box = (x, below + y, x + _SWATCH, below + y + _SWATCH)
        pen.rectangle(box, fill=colour, outline=_FRAME)
        pen.text((x + _SWATCH + 6, below + y - 2), words, fill=_INK, font=font)
