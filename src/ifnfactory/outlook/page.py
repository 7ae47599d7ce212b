"""The tables of docs/outlook.md that are written from the data: parameters and validation."""

from __future__ import annotations

from typing import Final

from ifnfactory.outlook.parameters import CHAPTERS, Parameter, parameters
from ifnfactory.outlook.validate import Validation
from ifnfactory.outlook.words import inside_in_words

START: Final = "<!-- {} start: written by ifnfactory.outlook.page -->"
END: Final = "<!-- {} end -->"

_ROLES: Final = {"input": "taken", "calibration": "fitted", "validation": "**independent**"}

_CHAPTER_TITLES: Final = {
    "phases": "Course of the infection",
    "cirrhosis": "Fibrosis and cirrhosis",
    "cancer": "Hepatocellular carcinoma",
    "liver": "Decompensation, transplant, liver death",
    "treatment": "Treatment and cure",
    "markers": "HBV DNA and HBsAg",
    "utilities": "Quality of life",
}


def parameter_tables() -> str:
    """Return one Markdown table a chapter, every parameter with interval, source and tag."""
    parts: list[str] = []
    for chapter in CHAPTERS:
        parts += [f"### {_CHAPTER_TITLES[chapter]}", ""]
        parts += ["| parameter | published | interval | used | unit | source | tag |"]
        parts += ["|---|--:|--:|--:|---|---|---|"]
        parts += [_line(each) for each in parameters() if each.chapter == chapter]
        parts.append("")
    return "\n".join(parts)


def _line(parameter: Parameter) -> str:
    low, high = parameter.low, parameter.high
    interval = "fixed" if low is None or high is None else f"{low:g}–{high:g}"
    used = "=" if parameter.used == parameter.value else f"**{parameter.used:g}**"
    source = parameter.source.text.replace("|", "/")
    cells = (
        f"`{parameter.name}`", f"{parameter.value:g}", interval, used, parameter.unit, source,
        parameter.source.tag,
    )  # fmt: skip
    return f"| {' | '.join(cells)} |"


def validation_table(validation: Validation) -> str:
    """Return a Markdown table of every target, observed and modelled."""
    lines = [
        "| target | observed | interval | modelled | unit | the model was | |",
        "|---|--:|--:|--:|---|---|---|",
    ]
    for row in validation.rows:
        target = row.target
        star = "" if target.interval == "published" else " \\*"
        cells = (
            target.title, f"{target.observed:g}", f"{target.low:g}–{target.high:g}{star}",
            f"{row.modelled:.2f}", target.unit, _ROLES[target.role], "✓" if row.inside else "✗",
        )  # fmt: skip
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join([*lines, "", inside_in_words(validation)])


def with_block(page: str, name: str, text: str) -> str:
    """Return the page with the block called `name` replaced by `text`.

    Raises
    ------
    ValueError
        If the page has no such block.
    """
    start, end = START.format(name), END.format(name)
    first, last = page.index(start), page.index(end)
    return f"{page[: first + len(start)]}\n\n{text.strip()}\n\n{page[last:]}"
