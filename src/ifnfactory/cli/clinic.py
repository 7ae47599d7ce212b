"""``ifn clinic``: what guidelines say about one patient, side by side."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from ifnfactory.cli.faults import Faults, door
from ifnfactory.foundation.notice import NOT_FOR_CARE

app = typer.Typer(
    help=f"Guideline rules for one patient. {NOT_FOR_CARE}",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@app.callback()
def keep_group() -> None:
    """Keep ``clinic`` a group although it has one command."""


@app.command(
    help="Say who should be treated, who may receive peginterferon, when to stop and what to "
    f"watch, under every guideline. {NOT_FOR_CARE}"
)
@door
def advise(
    patient: Annotated[Path, typer.Argument(metavar="PATIENT.toml", help="Findings.")],
    guideline: Annotated[
        list[str] | None, typer.Option(help="Only this guideline; may be repeated.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Print what the documents say about the patient of a file."""
    from ifnfactory.cli.clinic_view import advice_view
    from ifnfactory.rules.advise import advise as answers
    from ifnfactory.rules.document import load_document
    from ifnfactory.rules.patient_file import load_patient

    faults = Faults()
    for name in guideline or []:
        faults.of(lambda name=name: load_document(name))
    findings = faults.of(lambda: load_patient(patient))
    if findings is None or faults.problems:
        raise faults.error()
    advice = answers(findings, guideline or None)
    if as_json:
        print(json.dumps(advice.to_json(), allow_nan=False))
    else:
        advice_view(advice)
