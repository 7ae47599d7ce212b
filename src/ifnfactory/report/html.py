"""Setting the report's page."""

from __future__ import annotations

from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from ifnfactory.report.look import HAIRLINE, INK, QUIET, SHADE, arm_colour, arm_glyph
from ifnfactory.report.page import Page
from ifnfactory.report.scene import ArmScene


def render_page(page: Page) -> str:
    """Return the report as one HTML document that loads nothing from anywhere."""
    return (
        environment()
        .get_template("page.html.j2")
        .render(
            page=page,
            colours=[arm_colour(index) for index in range(len(page.arms))],
            arm_key=_arm_key(page.arms),
        )
    )


def environment() -> Environment:
    """Return the templates of the reports, which all have the same look."""
    made = Environment(
        loader=PackageLoader("ifnfactory.report", package_path=""),
        autoescape=True,  # titles and arm names come from a user's file
        undefined=StrictUndefined,
        trim_blocks=True,
        keep_trailing_newline=True,
    )
    look: dict[str, Any] = {"ink": INK, "quiet": QUIET, "hairline": HAIRLINE, "shade": SHADE}
    made.globals.update(look)
    return made


def _arm_key(arms: tuple[ArmScene, ...]) -> Markup:
    """Return the legend that the figures share."""
    entries = Markup("").join(
        Markup('<span><span class="swatch" style="background:{}"></span>{} {}</span>').format(
            arm_colour(index), arm.label, arm_glyph(index)
        )
        for index, arm in enumerate(arms)
    )
    return Markup('<p class="key">{}</p>').format(entries)
