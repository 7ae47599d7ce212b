"""``ifn tissue``: a living sheet of liver, watched, scanned and checked."""

from __future__ import annotations

import json
import shlex
import sys
from pathlib import Path
from typing import Annotated

import typer

from ifnfactory.cli.faults import EXIT_NO_ANSWER, door

app = typer.Typer(
    help="A living sheet of liver: watch it, scan it, check it.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

Model = Annotated[str, typer.Argument(metavar="MODEL|FILE.toml", help="See: ifn tissue list.")]
Size = Annotated[int | None, typer.Option(help="Cells a side; the model's own if not given.")]
Hours = Annotated[float | None, typer.Option(help="Hours to follow; the model's own otherwise.")]
Seed = Annotated[int, typer.Option(help="Seed of every random number.")]
Threads = Annotated[int | None, typer.Option(help="Threads; one for each core if not given.")]
Layers = Annotated[int, typer.Option(help="Sheets in a stack.")]
Geometry = Annotated[
    str, typer.Option(help="sheet, lobule (one of 1,200 cells) or lobules (a sheet of them).")
]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace an older run at --out.")]
Given = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="NAME=VALUE", help="A rate or input of the model, anew."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]


@app.command("list")
@door
def list_models(as_json: AsJson = False) -> None:
    """Name the built-in cell models."""
    from ifnfactory.cli.tissue_view import models_view
    from ifnfactory.tissue.model_file import BUILT_IN, load_model

    models = [load_model(name) for name in BUILT_IN]
    if as_json:
        print(json.dumps([{"model": model.name, "title": model.title} for model in models]))
    else:
        models_view(models)


@app.command()
@door
def run(
    model: Model,
    *,
    size: Size = None,
    layers: Layers = 1,
    geometry: Geometry = "sheet",
    given: Given = None,
    hours: Hours = None,
    replicates: Annotated[int, typer.Option(help="Times to follow it.")] = 1,
    seed: Seed = 1,
    threads: Threads = None,
    out: Annotated[Path | None, typer.Option(help="Run folder to write.")] = None,
    overwrite: Overwrite = False,
    movie: Annotated[bool, typer.Option("--movie", help="Add a GIF to the run folder.")] = False,
    factory: Annotated[
        bool, typer.Option("--factory", help="Follow it also without interferon and its loop.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Follow a sheet of cells; a run with --out that was killed goes on when asked for again.

    Exit code 1 if no replicate reached its end.
    """
    from ifnfactory.cli.tissue_request import TissueRequest

    asked = TissueRequest(model, size, layers, geometry, hours, replicates, seed, threads,
                          out, overwrite, movie, tuple(given or ()))  # fmt: skip
    plan, _ = asked.checked()
    from ifnfactory.cli.screen import ScreenProgress
    from ifnfactory.cli.tissue_view import course_json, course_view
    from ifnfactory.report.tissue.keep import Asked, follow_and_keep

    command = shlex.join(["ifn", *sys.argv[1:]])
    with ScreenProgress() as progress:
        how = Asked(threads, out, overwrite, movie, factory, command)
        found = follow_and_keep(plan, how, progress)
    if as_json:
        print(json.dumps(course_json(found), allow_nan=False))
    else:
        course_view(found, out)
    raise typer.Exit(EXIT_NO_ANSWER if found.course.stopped.all() else 0)


@app.command()
@door
def scan(
    model: Model,
    *,
    param: Annotated[list[str], typer.Option(help="name=low:high:count; once or twice.")],
    size: Size = 64,
    given: Given = None,
    hours: Hours = None,
    replicates: Annotated[int, typer.Option(help="Runs at each point.")] = 1,
    seed: Seed = 1,
    threads: Threads = None,
    out: Annotated[Path | None, typer.Option(help="Run folder to write.")] = None,
    overwrite: Overwrite = False,
    as_json: AsJson = False,
) -> None:
    """Draw the phase diagram: contained, endemic, overrun against one or two parameters.

    Exit code 1 if no run of any point reached its end.
    """
    from ifnfactory.cli.tissue_request import TissueRequest

    asked = TissueRequest(model, size, 1, "sheet", hours, replicates, seed, threads, out,
                          overwrite, given=tuple(given or ()), params=tuple(param))  # fmt: skip
    plan, axes = asked.checked()
    from ifnfactory.cli.screen import ScreenProgress
    from ifnfactory.cli.tissue_view import scan_json, scan_view
    from ifnfactory.report.tissue.keep import scan_and_keep

    command = shlex.join(["ifn", *sys.argv[1:]])
    with ScreenProgress() as progress:
        found = scan_and_keep(plan, axes, threads, out, overwrite, command, progress)
    if as_json:
        print(json.dumps(scan_json(found), allow_nan=False))
    else:
        scan_view(found, out)
    raise typer.Exit(EXIT_NO_ANSWER if found.stopped.all() else 0)


@app.command()
@door
def validate(
    seed: Seed = 1,
    replicates: Annotated[int, typer.Option(help="Runs of each case of a published model.")] = 10,
    only: Annotated[
        str | None, typer.Option(help="analytic, plaque, visavis or hbv_kinetics; all otherwise.")
    ] = None,
    threads: Threads = None,
    as_json: AsJson = False,
) -> None:
    """Set the tissue beside analytic limits, published models and hepatitis B."""
    from ifnfactory.cli.screen import ScreenProgress
    from ifnfactory.cli.tissue_view import validation_view
    from ifnfactory.study.tissue import kept_validation
    from ifnfactory.tissue.validate import check_request
    from ifnfactory.tissue.validate import validate as compare

    check_request(only, replicates, threads)
    with ScreenProgress() as progress, kept_validation(seed) as kept:
        kept.tell(progress)
        found = compare(only, replicates, seed, threads, progress, keep=kept)
        kept.forget()
    if as_json:
        print(json.dumps(found.to_json(), allow_nan=False))
    else:
        validation_view(found)
