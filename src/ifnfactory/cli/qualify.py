"""``ifn qualify``: every built-in trial with one population, beside what was published."""

from __future__ import annotations

import json
import shlex
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from ifnfactory.cli.faults import door


@door
def qualify(
    *,
    patients: Annotated[int, typer.Option(help="Virtual patients in each arm.")] = 1000,
    seed: Annotated[int, typer.Option(help="Seed of every random stream.")] = 1,
    threads: Annotated[
        int | None, typer.Option(help="Threads; one for each core if not given.")
    ] = None,
    targets: Annotated[
        Path | None, typer.Option(help="CSV of published results to use instead of our own.")
    ] = None,
    population: Annotated[
        str | None,
        typer.Option(help="Released population, or a file of ifn calibrate; the current if none."),
    ] = None,
    ensemble: Annotated[
        bool, typer.Option("--ensemble", help="Every vector of the population's ensemble as well.")
    ] = False,
    ablations: Annotated[
        bool, typer.Option("--ablations", help="The same without each of some mechanisms as well.")
    ] = False,
    out: Annotated[
        Path | None, typer.Option(help="Run folder to write: manifest, targets, report.")
    ] = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace an older run at --out.")
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object instead of tables.")
    ] = False,
) -> None:
    """Run every built-in trial with one population, and compare with what was published."""
    from ifnfactory.cli.qualify_request import QualifyRequest
    from ifnfactory.cli.screen import ScreenProgress

    request = QualifyRequest(patients, seed, threads, targets, population, out, overwrite)
    chosen, release = request.checked()
    from ifnfactory.cli.qualify_view import qualify_view
    from ifnfactory.evidence.full_qualification import qualify_release
    from ifnfactory.study.qualification import kept_qualification

    started = datetime.now(UTC)
    with ScreenProgress() as progress, kept_qualification(release, patients, seed, chosen) as kept:
        kept.tell(progress)
        found = qualify_release(
            release, patients, seed, threads, progress, chosen, ensemble, ablations, kept
        )
        if out is not None:
            progress.begin("writing the run folder", 0)
            from ifnfactory.report.qualification_save import save_qualification

            command = shlex.join(["ifn", *sys.argv[1:]])
            save_qualification(found, out, started, command, overwrite)
            progress.end()
        kept.forget()
    if as_json:
        print(json.dumps(found.to_json(), allow_nan=False))
    else:
        qualify_view(found, out)
