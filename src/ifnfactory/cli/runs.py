"""``ifn runs``: the runs that stand in a folder; whether they are whole, and come out the same."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from ifnfactory.cli import query
from ifnfactory.cli.faults import door
from ifnfactory.cli.group import group

app = group("Runs that are there: list, ask, look at, verify, repeat, clear away.")
app.command()(query.query)

EXIT_DIFFERENT = 1
HERE = "."
Run = Annotated[str, typer.Argument(metavar="RUN", help="Run folder, a path or a URL.")]
Places = Annotated[
    list[str] | None,
    typer.Argument(metavar="[FOLDER]...", help="Paths or URLs to look in; here if absent."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]


@app.command("list")
@door
def list_runs(
    places: Places = None,
    *,
    trial: Annotated[str | None, typer.Option(help="Only runs of this trial.")] = None,
    kind: Annotated[
        str | None, typer.Option(help="Only of this kind: trial, qualification, outlook ...")
    ] = None,
    seed: Annotated[int | None, typer.Option(help="Only runs with this seed.")] = None,
    parameter_set: Annotated[
        str | None, typer.Option(help="Only runs whose parameter set begins so.")
    ] = None,
    since: Annotated[
        str | None, typer.Option(help="Only runs started then or later, e.g. 2026-11.")
    ] = None,
    state: Annotated[str | None, typer.Option(help="Only finished, or only unfinished.")] = None,
    as_json: AsJson = False,
) -> None:
    """List the runs in a folder and below it."""
    from ifnfactory.cli.runs_request import check_filters
    from ifnfactory.cli.runs_view import entries_json, entries_view
    from ifnfactory.cli.screen import ScreenProgress
    from ifnfactory.runs.listing import Filters
    from ifnfactory.runs.listing import list_runs as look

    check_filters(state, kind, since)
    filters = Filters(kind, trial, seed, parameter_set, since, state)
    with ScreenProgress() as progress:
        found = look(places or [HERE], filters, progress)
    print(json.dumps(entries_json(found))) if as_json else entries_view(found)


@app.command()
@door
def show(run: Run, *, as_json: AsJson = False) -> None:
    """Show what a run was: protocol, patients, seed, versions, files."""
    from ifnfactory.cli.runs_view import manifest_view
    from ifnfactory.runs.manifest_file import load_manifest
    from ifnfactory.runs.store import open_run

    manifest = load_manifest(open_run(run))
    print(manifest.model_dump_json(exclude_none=True)) if as_json else manifest_view(run, manifest)


@app.command()
@door
def verify(run: Run, *, as_json: AsJson = False) -> None:
    """Prove that nothing in a run folder is missing or changed."""
    from ifnfactory.cli.runs_view import verified_json, verified_view
    from ifnfactory.cli.screen import ScreenProgress
    from ifnfactory.runs.manifest_file import load_manifest
    from ifnfactory.runs.store import open_run
    from ifnfactory.runs.verify import verify as compare

    store = open_run(run)
    with ScreenProgress() as progress:
        found = compare(store, load_manifest(store), progress)
    print(json.dumps(verified_json(found))) if as_json else verified_view(run, found)
    raise typer.Exit(EXIT_DIFFERENT if found.faults else 0)


@app.command()
@door
def repeat(
    run: Run,
    *,
    scheduler: Annotated[
        str | None, typer.Option(help="local:N workers, or a Dask scheduler: tcp://HOST:PORT.")
    ] = None,
    threads: Annotated[
        int | None, typer.Option(help="Threads; one for each core if not given.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Run a trial again and say whether every bit of its tables agrees."""
    from ifnfactory.cli.runs_view import repeated_json, repeated_view
    from ifnfactory.cli.screen import ScreenProgress
    from ifnfactory.runs.cluster import executor_of
    from ifnfactory.runs.store import open_run
    from ifnfactory.study.repeat import repeat as run_again

    store, executor = open_run(run), executor_of(scheduler)
    with ScreenProgress() as progress:
        found = run_again(store, executor, threads, progress)
    print(json.dumps(repeated_json(found))) if as_json else repeated_view(run, found)
    raise typer.Exit(EXIT_DIFFERENT if found.tables else 0)


@app.command()
@door
def prune(
    places: Places = None,
    *,
    older_than: Annotated[
        float, typer.Option(help="Only what nobody has touched for so many days.")
    ] = 0.0,
    yes: Annotated[bool, typer.Option("--yes", help="Remove; without it only show.")] = False,
) -> None:
    """Show, and with --yes remove, unfinished runs and what killed processes have left."""
    from ifnfactory.cli.runs_view import remnants_view
    from ifnfactory.cli.screen import ScreenProgress
    from ifnfactory.runs.remnants import clear_away, remnants

    with ScreenProgress() as progress:
        found = remnants(places or [HERE], older_than, progress)
        if yes:
            clear_away(found, progress)
    remnants_view(found, yes)
