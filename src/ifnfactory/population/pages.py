"""Writes the documentation's generated pages: ``python -m ifnfactory.population.pages docs``."""

from __future__ import annotations

import sys
from pathlib import Path

from ifnfactory.network.page import render_glossary, render_page
from ifnfactory.population.released import shipped_population


def pages() -> tuple[tuple[str, str], ...]:
    """Return file name and text of every generated page."""
    network = shipped_population().network  # with the numbers that every run uses
    return (("model.md", render_page(network)), ("glossary.md", render_glossary(network)))


def write_pages(folder: Path) -> None:
    """Write the pages into `folder`."""
    for name, text in pages():
        (folder / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    write_pages(Path(sys.argv[1] if len(sys.argv) > 1 else "docs"))
