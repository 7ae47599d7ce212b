"""``ifn trial replicate``: whole trials of the real size, again and again."""

from __future__ import annotations

import json
import shlex
import sys
from typing import Annotated

import typer

from ifnfactory.cli.faults import door


@door
def replicate(
    name: Annotated[
        str, typer.Argument(metavar="NAME|FILE.toml", help="Built-in trial, or a file.")
    ],
    *,
    replicates: Annotated[int, typer.Option(help="Trials to simulate.")] = 500,
    n: Annotated[
        str | None,
        typer.Option(help="Patients of a trial: treatment,control. As published if not given."),
    ] = None,
    arms: Annotated[
        str | None, typer.Option(help="treatment,control. First and last arm if not given.")
    ] = None,
    endpoint: Annotated[
        str | None, typer.Option(help="Primary endpoint; the first published if not given.")
    ] = None,
    week: Annotated[float | None, typer.Option(help="Week of the primary endpoint.")] = None,
    looks: Annotated[
        str, typer.Option(help="Number of looks, or their shares of the patients: 0.5,1.")
    ] = "1",
    boundary: Annotated[
        str,
        typer.Option(
            help="obrien-fleming, pocock, spending-obrien-fleming, spending-pocock, power:EXPONENT."
        ),
    ] = "obrien-fleming",
    futility: Annotated[
        float | None, typer.Option(help="Give up at an interim look below this statistic.")
    ] = None,
    alpha: Annotated[float, typer.Option(help="Two-sided type-I error.")] = 0.05,
    population: Annotated[
        str | None,
        typer.Option(help="Released population, or a file of ifn calibrate; the current if none."),
    ] = None,
    seed: Annotated[int, typer.Option(help="Seed of every random stream.")] = 1,
    threads: Annotated[
        int | None, typer.Option(help="Threads; one for each core if not given.")
    ] = None,
    out: Annotated[
        str | None, typer.Option(help="Run folder to write, a path or a URL: table and report.")
    ] = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace an older or an unfinished run at --out.")
    ] = False,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with the unfinished run at --out.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Power, type-I error, assurance and expected size of a planned trial."""
    from ifnfactory.cli.replicate_request import ReplicateRequest
    from ifnfactory.cli.screen import ScreenProgress

    asked = ReplicateRequest(
        name, replicates, n, arms, endpoint, week, looks, boundary, futility, alpha, population,
        threads, out, overwrite, resume,
    ).checked()  # fmt: skip
    from ifnfactory.cli.replicate_view import replicate_view
    from ifnfactory.design.ensemble import ensemble_of
    from ifnfactory.runs.executor import ThreadExecutor
    from ifnfactory.study.manner import Manner
    from ifnfactory.study.replication import ReplicationOrder, run_replication
    from ifnfactory.trial.run import open_simulator

    manner = Manner(threads, resume, overwrite, shlex.join(["ifn", *sys.argv[1:]]))
    with ScreenProgress() as progress:
        simulator = open_simulator(threads, progress, asked.release.population())
        ensemble = ensemble_of(asked.release)
        order = ReplicationOrder(simulator, asked.question, asked.plan, ensemble, replicates, seed)
        found = run_replication(order, asked.store, ThreadExecutor(), manner, progress)
    if as_json:
        print(json.dumps(found.to_json(), allow_nan=False))
    else:
        replicate_view(found, None if asked.store is None else asked.store.url)
