"""``ifn bench``: how fast, and how exact, beside others."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from ifnfactory.cli.faults import door

app = typer.Typer(
    help="Benchmarks against other tools.", no_args_is_help=True, rich_markup_mode=None
)


@app.command()
@door
def engine(
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Integrate the common problem with this engine and with every peer that is installed."""
    from ifnfactory.bench.engine import run_engine_benchmark
    from ifnfactory.cli.screen import ScreenProgress
    from ifnfactory.cli.views import bench_table

    with ScreenProgress() as progress:
        report = run_engine_benchmark(progress)
    if as_json:
        print(json.dumps(report.to_json()))
    else:
        bench_table(report)


@app.command()
@door
def tissue(
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    quick: Annotated[
        bool, typer.Option(help="Small lattices: seconds, but no fair figures.")
    ] = False,
) -> None:
    """Time the tissue's kernels, beside what a plain copy of memory does on this machine."""
    from ifnfactory.bench.tissue import CASES, QUICK, run_tissue_benchmark
    from ifnfactory.cli.screen import ScreenProgress
    from ifnfactory.cli.views import tissue_bench_table

    with ScreenProgress() as progress:
        report = run_tissue_benchmark(progress, QUICK if quick else CASES)
    if as_json:
        print(json.dumps(report.to_json()))
    else:
        tissue_bench_table(report)
