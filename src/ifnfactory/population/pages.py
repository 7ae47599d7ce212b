"""Writes the documentation's generated pages: ``python -m ifnfactory.population.pages docs``."""

from __future__ import annotations

import sys
from pathlib import Path

from ifnfactory.network.page import render_glossary, render_page
from ifnfactory.population.page import population_tables
from ifnfactory.population.released import shipped_population


def pages() -> tuple[tuple[str, str], ...]:
    """Return file name and text of every generated page."""
    network = shipped_population().network  # with the numbers that every run uses
    return (("model.md", render_page(network)), ("glossary.md", render_glossary(network)))


def write_pages(folder: Path) -> None:
    """Write the pages into `folder`, and renew the tables of a population page that is there."""
    for name, text in pages():
        (folder / name).write_text(text, encoding="utf-8")
    page, tables = folder / "population.md", population_tables()
    if page.is_file():  # the tables end the page
        before, _, _ = page.read_text(encoding="utf-8").partition(tables.splitlines()[0])
        page.write_text(before + tables, encoding="utf-8")


if __name__ == "__main__":
    write_pages(Path(sys.argv[1] if len(sys.argv) > 1 else "docs"))
