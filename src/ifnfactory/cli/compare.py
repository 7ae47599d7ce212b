"""``ifn compare``: arms and runs beside each other."""

from __future__ import annotations

import json
import shlex
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from ifnfactory.cli.faults import door


@door
def compare(
    runs: Annotated[
        list[str], typer.Argument(metavar="RUN...", help="Run folders, paths or URLs.")
    ],
    *,
    by: Annotated[
        str | None,
        typer.Option(help="Subgroups of every endpoint: genotype, hbeag, hbsag, alt, age, sex."),
    ] = None,
    against: Annotated[
        str | None, typer.Option(help="Control: an arm, or 'RUN: ARM'. Chosen if not given.")
    ] = None,
    endpoint: Annotated[
        str | None, typer.Option(help="Endpoint of the forest; the first if not given.")
    ] = None,
    week: Annotated[float | None, typer.Option(help="Week of the forest.")] = None,
    out: Annotated[
        Path | None, typer.Option(help="Folder to write: page, CSV, Parquet, JSON.")
    ] = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace an older folder at --out.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Differences, ratios, survival curves and subgroups of arms or runs."""
    from ifnfactory.cli.compare_request import CompareRequest
    from ifnfactory.cli.screen import ScreenProgress

    began, started = time.perf_counter(), datetime.now(UTC)
    with ScreenProgress() as progress:
        typed = CompareRequest(tuple(runs), by, against, endpoint, week, out, overwrite)
        asked = typed.checked(progress)
        from ifnfactory.report.comparison.found import find

        found = find(asked.runs, asked.plan, asked.factors, progress)
        if out is not None:
            progress.begin("writing the folder", 0)
            from ifnfactory.report.comparison.save import save_comparison

            command = shlex.join(["ifn", *sys.argv[1:]])
            save_comparison(found, out, started, command, time.perf_counter() - began, overwrite)
            progress.end()
    if as_json:
        print(json.dumps(found.to_json(), allow_nan=False))
    else:
        from ifnfactory.cli.compare_view import compare_view

        compare_view(found, out)
