"""A figure as SVG that can stand among others in one page."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from typing import Any

import matplotlib as mpl
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

from ifnfactory.report.look import FIGURE_STYLE


def draw(name: str, description: str, paint: Callable[[], Figure]) -> str:
    """Return the figure that `paint` makes as an ``<svg>`` element.

    Parameters
    ----------
    name
        Prefix that keeps the element's identifiers apart from those of its neighbours.
    description
        What is to be seen, for those who cannot see it.
    paint
        Makes the figure; called with the report's style in force.
    """
    with mpl.rc_context(rc=dict[Any, Any](FIGURE_STYLE)):
        figure = paint()
        FigureCanvasSVG(figure)
        text = io.StringIO()
        figure.savefig(text, format="svg", metadata={"Date": None, "Creator": None})
    return _embed(text.getvalue(), name, description)


def _embed(document: str, name: str, description: str) -> str:
    """Cut the element out of an SVG document and make it fit for a page."""
    element = document[document.index("<svg") :]
    element = re.sub(r"<metadata>.*?</metadata>", "", element, flags=re.DOTALL)
    element = re.sub(r'\bid="([^"]+)"', rf'id="{name}-\1"', element)
    element = re.sub(r"url\(#([^)]+)\)", rf"url(#{name}-\1)", element)
    element = re.sub(r'href="#([^"]+)"', rf'href="#{name}-\1"', element)
    # The page decides on the font and the width, the viewBox keeps the proportions.
    element = re.sub(r"font-family: [^;\"]+;?\s*", "", element)
    head, body = element.split(">", 1)
    head = re.sub(r'\s(?:width|height)="[^"]*"', "", head)
    title = description.replace("&", "&amp;").replace("<", "&lt;")
    return f'{head} role="img" class="figure"><title>{title}</title>{body}'
