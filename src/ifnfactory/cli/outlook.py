"""``ifn outlook``: the decades after therapy, and how the model stands to what was observed."""

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
    help="Decades after therapy: lifetimes, validation.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@app.command()
@door
def run(
    cohort: Annotated[
        Path | None,
        typer.Argument(metavar="[COHORT.toml]", help="People to follow, or a run folder."),
    ] = None,
    *,
    trial: Annotated[
        Path | None, typer.Option("--from", help="Run folder of a trial, or a COHORT.toml.")
    ] = None,
    years: Annotated[int, typer.Option(help="Years to follow.")] = 40,
    people: Annotated[int, typer.Option(help="People in each group.")] = 20_000,
    seed: Annotated[int, typer.Option(help="Seed of every random number.")] = 1,
    draws: Annotated[int, typer.Option(help="Draws of the parameters, for intervals.")] = 40,
    location: Annotated[
        str | None, typer.Option(help="With a run folder: whose life table; World if not given.")
    ] = None,
    rescue_years: Annotated[
        float | None,
        typer.Option(
            help="With a run folder: years until active disease is treated; never if absent."
        ),
    ] = None,
    interferon_hcc_ratio: Annotated[
        float, typer.Option(help="With a run folder: own effect of interferon on HCC, 0.15 to 1.")
    ] = 1.0,
    against: Annotated[
        str | None, typer.Option(help="Group or arm to compare with; the first if not given.")
    ] = None,
    costs: Annotated[Path | None, typer.Option(help="COSTS.toml with your prices.")] = None,
    out: Annotated[Path | None, typer.Option(help="Folder to write: tables and report.")] = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace an older run at --out.")
    ] = False,
    threads: Annotated[
        int | None, typer.Option(help="Threads; one for each core if not given.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Follow a cohort, or the arms of a trial, for decades."""
    from ifnfactory.cli.outlook_request import OutlookRequest
    from ifnfactory.cli.screen import ScreenProgress

    asked = OutlookRequest(
        cohort, trial, years, people, seed, draws, location, rescue_years,
        interferon_hcc_ratio, against, costs, out, overwrite, threads,
    ).checked()  # fmt: skip
    from ifnfactory.cli.outlook_view import outlook_view
    from ifnfactory.outlook.lifetime import look_ahead
    from ifnfactory.study.outlook import kept_outlook

    started = datetime.now(UTC)
    given = (years, location, rescue_years, interferon_hcc_ratio, against, asked.prices)
    keeps = kept_outlook("outlook", people, seed, given, cohort or trial)
    with ScreenProgress() as progress, keeps as kept:
        kept.tell(progress)
        found = look_ahead(
            asked.question, years, people, seed, draws, asked.prices, threads, progress, kept
        )
        wall = (datetime.now(UTC) - started).total_seconds()
        if out is not None:
            from ifnfactory.report.decades.lifetime import save_outlook

            command = shlex.join(["ifn", *sys.argv[1:]])
            save_outlook(found, out, started, command, wall, overwrite)
        kept.forget()
    if as_json:
        print(json.dumps(found.to_json(), allow_nan=False))
    else:
        outlook_view(found, out, wall)


@app.command()
@door
def validate(
    seed: Annotated[int, typer.Option(help="Seed of every random number.")] = 1,
    draws: Annotated[int, typer.Option(help="Draws of the parameters, for intervals.")] = 0,
    people: Annotated[int, typer.Option(help="People in the cohort of each target.")] = 300_000,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Set what the model says beside what cohorts and trials observed."""
    from ifnfactory.cli.outlook_request import check_validation
    from ifnfactory.cli.screen import ScreenProgress

    check_validation(draws, people)
    from ifnfactory.cli.outlook_view import validation_view
    from ifnfactory.outlook.validate import validate as compare
    from ifnfactory.study.outlook import kept_outlook

    with ScreenProgress() as progress, kept_outlook("validation", people, seed) as kept:
        kept.tell(progress)
        found = compare(seed, draws, people, progress, kept)
        kept.forget()
    if as_json:
        print(json.dumps(found.to_json(), allow_nan=False))
    else:
        validation_view(found)
