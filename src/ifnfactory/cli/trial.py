"""``ifn trial``: which trials there are, what they do, and running one."""

from __future__ import annotations

import json
import shlex
import sys
from typing import Annotated

import typer

from ifnfactory.cli.faults import door

app = typer.Typer(
    help="Virtual trials: list, look at, run.", no_args_is_help=True, rich_markup_mode=None
)

Name = Annotated[str, typer.Argument(metavar="NAME|FILE.toml", help="Built-in trial, or a file.")]


@app.command("list")
@door
def list_trials() -> None:
    """List the built-in trials."""
    from ifnfactory.cli.protocol_view import protocols_view
    from ifnfactory.trial.catalogue import list_protocols

    protocols_view(list_protocols())


@app.command()
@door
def show(name: Name) -> None:
    """Show arms, doses, visits and eligibility; nothing is simulated."""
    from ifnfactory.cli.protocol_view import protocol_view
    from ifnfactory.trial.protocol import load_protocol

    protocol_view(load_protocol(name))


@app.command()
@door
def run(
    name: Name,
    *,
    patients: Annotated[int, typer.Option(help="Virtual patients in each arm.")] = 500,
    seed: Annotated[int, typer.Option(help="Seed of every random stream.")] = 1,
    out: Annotated[
        str | None, typer.Option(help="Run folder to write, a path or a URL (s3://...).")
    ] = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace an older or an unfinished run at --out.")
    ] = False,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with the unfinished run at --out.")
    ] = False,
    scheduler: Annotated[
        str | None, typer.Option(help="local:N workers, or a Dask scheduler: tcp://HOST:PORT.")
    ] = None,
    block: Annotated[
        int, typer.Option(help="Patients of a task; changes memory and files, no number.")
    ] = 2048,
    threads: Annotated[
        int | None, typer.Option(help="Threads; one for each core if not given.")
    ] = None,
    ensemble: Annotated[
        bool,
        typer.Option("--ensemble", help="Also how far the parameters leave each endpoint open."),
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object instead of a table.")
    ] = False,
) -> None:
    """Treat virtual patients and set every endpoint beside the published one."""
    from ifnfactory.cli.request import RunRequest
    from ifnfactory.cli.screen import ScreenProgress

    asked = RunRequest(
        name, patients, seed, out, overwrite, threads, resume, scheduler, block, ensemble
    ).checked()
    from ifnfactory.cli.result_view import result_view

    with ScreenProgress() as progress:
        result = asked.carry_out(shlex.join(["ifn", *sys.argv[1:]]), progress)
    if as_json:
        print(json.dumps(result.to_json(), allow_nan=False))
    else:
        result_view(result, None if asked.store is None else asked.store.url)


@app.command()
@door
def safety(
    name: Name,
    *,
    patients: Annotated[int, typer.Option(help="Virtual patients in each arm.")] = 500,
    seed: Annotated[int, typer.Option(help="Seed of every random stream.")] = 1,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object instead of a table.")
    ] = False,
) -> None:
    """Treat virtual patients and tell what they suffer, and what becomes of their doses."""
    from ifnfactory.cli.request import RunRequest
    from ifnfactory.cli.safety_view import safety_view
    from ifnfactory.cli.screen import ScreenProgress
    from ifnfactory.trial.safety_summary import safety_lines

    asked = RunRequest(name, patients, seed, None, False, None).checked()
    with ScreenProgress() as progress:
        result = asked.carry_out("", progress)
    lines = safety_lines(result)
    if as_json:
        told = {"trial": name, "seed": seed, "patients": patients}
        print(json.dumps(told | {"safety": [line.to_json() for line in lines]}, allow_nan=False))
    else:
        safety_view(result, lines)
