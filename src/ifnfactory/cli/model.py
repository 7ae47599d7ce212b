"""``ifn model``: the equations, their checks and their export."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from ifnfactory.cli.faults import Faults, door

app = typer.Typer(
    help="The model: equations, checks, export.", no_args_is_help=True, rich_markup_mode=None
)


@app.command()
@door
def show() -> None:
    """Print equations, parameters and their sources as Markdown."""
    from ifnfactory.network.page import render_page
    from ifnfactory.population.released import shipped_population

    print(render_page(shipped_population().network))


@app.command()
@door
def check() -> None:
    """Check units, mass balance and steady states; exit code 1 if any check fails."""
    from ifnfactory.biology.check import check_system
    from ifnfactory.cli.views import check_table

    rows = check_system()
    check_table(rows)
    if not all(row.passed for row in rows):
        raise typer.Exit(1)


class Patient(StrEnum):
    """Typical patients whose numbers an export carries."""

    POSITIVE = "hbeag-positive"
    NEGATIVE = "hbeag-negative"


@app.command()
@door
def export(
    sbml: Annotated[Path, typer.Option("--sbml", help="SBML Level 3 file to write.")],
    patient: Annotated[
        Patient, typer.Option(help="Typical patient whose numbers the file carries.")
    ] = Patient.POSITIVE,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace the file.")] = False,
) -> None:
    """Write the model for other simulators."""
    from ifnfactory.exchange.sbml import write_sbml
    from ifnfactory.population.exemplar import exemplar

    faults, where = Faults(), f"--sbml {sbml}"
    faults.unless(sbml.absolute().parent.is_dir(), "its directory does not exist", where, "make it")
    faults.unless(not sbml.is_dir(), "this is a directory", where, "name a file")
    free = overwrite or sbml.is_dir() or not sbml.exists()
    faults.unless(free, "this file exists already", where, "choose another or pass --overwrite")
    if faults.problems:
        raise faults.error()
    positive = patient is Patient.POSITIVE
    typical = exemplar("hbeag_positive" if positive else "hbeag_negative")
    write_sbml(typical.network, sbml, typical.constants, typical.initial)
