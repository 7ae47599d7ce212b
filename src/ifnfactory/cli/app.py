"""``ifnfactory``, or ``ifn`` for short: the commands' names and nothing else."""

from __future__ import annotations

from typing import Annotated

import typer

from ifnfactory.cli import (
    bench,
    burden,
    calibrate,
    clinic,
    compare,
    model,
    outlook,
    qualify,
    replicate,
    runs,
    score,
    tissue,
    trial,
)
from ifnfactory.cli.encoding import adapt
from ifnfactory.cli.group import NOTICE, group

app = group(f"Virtual peginterferon trials in chronic hepatitis B. {NOTICE}")
trial.app.command()(replicate.replicate)
app.add_typer(trial.app, name="trial")
app.add_typer(runs.app, name="runs")
app.add_typer(model.app, name="model")
app.add_typer(bench.app, name="bench")
app.add_typer(score.app, name="score")
app.add_typer(clinic.app, name="clinic")
app.add_typer(outlook.app, name="outlook")
app.add_typer(burden.app, name="burden")
app.add_typer(tissue.app, name="tissue")
app.command()(qualify.qualify)
app.command()(compare.compare)
app.command()(calibrate.calibrate)


def _print_version(wanted: bool) -> None:
    if wanted:
        from importlib import metadata

        print(f"ifnfactory {metadata.version('ifnfactory')}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print the version and stop."
        ),
    ] = False,
) -> None:
    """Hold the options of the program itself."""


def main() -> None:
    """Run the command line."""
    adapt()
    app()
