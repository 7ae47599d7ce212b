"""Write the tables of docs/outlook.md anew: parameters, and the validation with seed 1.

Run as ``python benchmarks/outlook_page.py``.
"""

from __future__ import annotations

from pathlib import Path

from ifnfactory.outlook.page import parameter_tables, validation_table, with_block
from ifnfactory.outlook.validate import validate

PAGE = Path(__file__).parents[1] / "docs" / "outlook.md"


def main() -> None:
    """Replace both blocks."""
    page = with_block(PAGE.read_text(encoding="utf-8"), "parameters", parameter_tables())
    page = with_block(page, "validation", validation_table(validate(seed=1)))
    PAGE.write_text(page, encoding="utf-8")


if __name__ == "__main__":
    main()
