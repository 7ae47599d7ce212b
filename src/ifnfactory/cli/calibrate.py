"""``ifn calibrate``: fit the population to all published trials at once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ifnfactory.cli.faults import door


@door
def calibrate(
    *,
    budget: Annotated[
        float,
        typer.Option(help="Minutes in which rounds may begin; the last, and the ensemble, end."),
    ] = 60.0,
    out: Annotated[
        Path, typer.Option(help="Folder of the search; holds population.json at the end.")
    ] = Path("calibration"),
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with the search that lies in --out.")
    ] = False,
    patients: Annotated[
        int, typer.Option(help="Virtual patients in each arm of an evaluation.")
    ] = 120,
    seed: Annotated[int, typer.Option(help="Seed of every random stream.")] = 1,
    threads: Annotated[
        int | None, typer.Option(help="Threads; one for each core if not given.")
    ] = None,
    leave_out: Annotated[
        bool,
        typer.Option("--cross-validate", help="Leave out six trials in turn and predict them."),
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Fit the free numbers of the population to all weighted targets; resumable after a kill."""
    from ifnfactory.cli.calibrate_request import CalibrateRequest
    from ifnfactory.cli.screen import ScreenProgress

    request = CalibrateRequest(budget, out, resume, patients, seed, threads).checked()
    from ifnfactory.cli.calibrate_view import calibration_json, calibration_view
    from ifnfactory.evidence.calibration import run_calibration
    from ifnfactory.foundation.errors import KeptError

    try:
        with ScreenProgress() as progress:
            found = run_calibration(
                request.out, budget, patients, seed, threads, progress, leave_out=leave_out
            )
    except KeyboardInterrupt:
        how = "go on with the same command and --resume"
        raise KeptError(f"interrupted: what is finished is kept in {out}; {how}") from None
    print(calibration_json(found)) if as_json else calibration_view(found)
