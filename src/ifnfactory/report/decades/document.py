"""A report as sections of figures and tables, and its setting."""

from __future__ import annotations

from dataclasses import dataclass, field
from importlib import metadata

from jinja2 import Environment, PackageLoader, StrictUndefined

from ifnfactory.foundation.notice import NOT_FOR_CARE
from ifnfactory.foundation.provenance import platform_record, versions
from ifnfactory.outlook.life_table import ATTRIBUTION
from ifnfactory.report.look import HAIRLINE, INK, QUIET, SHADE


@dataclass(frozen=True)
class DocumentTable:
    """A table; the first column holds words, the others numbers."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class DocumentSection:
    """A heading with what stands below it.

    Attributes
    ----------
    key
        Pairs of colour and words for the figures.
    figures
        SVG elements.
    """

    title: str
    lead: str
    key: tuple[tuple[str, str], ...] = ()
    figures: tuple[str, ...] = ()
    tables: tuple[DocumentTable, ...] = ()
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True)
class Document:
    """Everything that the template sets.

    Attributes
    ----------
    facts, methods, files
        Pairs of words: name and value, or name and text.
    """

    eyebrow: str
    title: str
    subtitle: str
    facts: tuple[tuple[str, str], ...]
    sections: tuple[DocumentSection, ...]
    methods: tuple[tuple[str, str], ...]
    files: tuple[tuple[str, str], ...]
    notice: str = NOT_FOR_CARE
    caution: str = (
        "These people are simulated. Nothing on this page is a recommendation for treating anybody."
    )
    version: str = field(default_factory=lambda: metadata.version("ifnfactory"))


def render_document(page: Document) -> str:
    """Return the report as one HTML document that loads nothing from anywhere."""
    environment = Environment(
        loader=PackageLoader("ifnfactory.report", package_path=""),
        autoescape=True,  # titles and names come from a user's file
        undefined=StrictUndefined,
        trim_blocks=True,
        keep_trailing_newline=True,
    )
    return environment.get_template("decades/document.html.j2").render(
        page=page, ink=INK, quiet=QUIET, hairline=HAIRLINE, shade=SHADE
    )


def common_methods(command: str, started: str, seed: int) -> tuple[tuple[str, str], ...]:
    """Return what every report says of how it was made."""
    machine = platform_record()
    return (
        ("Background mortality", ATTRIBUTION),
        (
            "Competing risks",
            "Inside a month all that can happen competes: rates are summed, something happens "
            "with probability 1 − exp(−sum/12), and what it is follows the shares of the sum.",
        ),
        ("Command", command),
        ("Started (UTC)", started),
        ("Seed", str(seed)),
        ("Versions", ", ".join(f"{name} {number}" for name, number in versions().items())),
        ("Machine", f"{machine['cpu']}, {machine['cores']} cores, {machine['system']}"),
    )
