"""``ifn burden``: a country's infected people under policies."""

from __future__ import annotations

import json
import shlex
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from ifnfactory.cli.faults import door

app = typer.Typer(
    help="A country's burden under policies.", no_args_is_help=True, rich_markup_mode=None
)


@app.callback()
def keep_group() -> None:
    """Keep ``burden`` a group although it has one command."""


@app.command()
@door
def run(
    country: Annotated[Path, typer.Argument(metavar="COUNTRY.toml", help="Who is infected.")],
    *,
    policy: Annotated[
        Path | None, typer.Option(help="Policy file; the built-in policies if not given.")
    ] = None,
    people: Annotated[int, typer.Option(help="People simulated under each policy.")] = 100_000,
    seed: Annotated[int, typer.Option(help="Seed of every random number.")] = 1,
    draws: Annotated[int, typer.Option(help="Draws of the parameters, for bands.")] = 20,
    out: Annotated[Path | None, typer.Option(help="Folder to write: tables and report.")] = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace an older run at --out.")
    ] = False,
    threads: Annotated[
        int | None, typer.Option(help="Threads; one for each core if not given.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Follow a country's infected people year by year under every policy."""
    from ifnfactory.cli.burden_request import checked_burden
    from ifnfactory.cli.screen import ScreenProgress

    place, policies = checked_burden(country, policy, people, draws, out, overwrite, threads)
    from ifnfactory.cli.burden_view import burden_view
    from ifnfactory.outlook.burden import follow_country
    from ifnfactory.study.outlook import kept_outlook

    started = datetime.now(UTC)
    keeps = kept_outlook("burden", people, seed, (policies,), country)
    with ScreenProgress() as progress, keeps as kept:
        kept.tell(progress)
        found = follow_country(place, policies, people, seed, draws, threads, progress, kept)
        wall = (datetime.now(UTC) - started).total_seconds()
        if out is not None:
            from ifnfactory.report.decades.burden import save_burden

            command = shlex.join(["ifn", *sys.argv[1:]])
            save_burden(found, out, started, command, wall, overwrite)
        kept.forget()
    if as_json:
        print(json.dumps(found.to_json(), allow_nan=False))
    else:
        burden_view(found, out, wall)
