"""``ifn runs query``: SQL over one run or a thousand."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ifnfactory.cli.faults import door


@door
def query(
    question: Annotated[str, typer.Argument(metavar="SELECT", help="One SELECT, in quotes.")],
    places: Annotated[
        list[str] | None,
        typer.Argument(metavar="[FOLDER]...", help="Runs, or places with runs in them: runs."),
    ] = None,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print a list of objects.")] = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print comma-separated values.")] = False,
    parquet: Annotated[Path | None, typer.Option(help="New Parquet file to write.")] = None,
) -> None:
    """Ask runs in SQL. The views are runs, patients, visits and endpoints; nothing is changed."""
    from ifnfactory.cli.query_view import check_form, print_answer
    from ifnfactory.cli.screen import ScreenProgress
    from ifnfactory.runs.ask import Archive
    from ifnfactory.runs.find import USUAL, find_runs

    form = check_form(as_json, as_csv, parquet)
    with (
        ScreenProgress() as progress,
        Archive(find_runs(places or [USUAL], progress), progress) as archive,
    ):
        if parquet is None:
            print_answer(archive.ask(question), form)
        else:
            print(f"{archive.save(question, parquet):,} rows in {parquet}")
