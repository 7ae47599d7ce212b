"""``ifn score``: published risk scores, one command each, and a whole table at once."""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from ifnfactory.cli.faults import door
from ifnfactory.foundation.errors import Problem, UserInputError
from ifnfactory.foundation.notice import NOT_FOR_CARE
from ifnfactory.outlook.scores.inputs import INPUTS, NEEDED, OPTIONAL

app = typer.Typer(
    help=f"Published risk scores. {NOT_FOR_CARE}", no_args_is_help=True, rich_markup_mode=None
)

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
Extrapolate = Annotated[
    bool, typer.Option("--extrapolate", help="Compute it outside its population as well.")
]


@app.callback(invoke_without_command=True)
@door
def whole_table(
    context: typer.Context,
    *,
    table: Annotated[
        Path | None, typer.Option("--all", help="CSV file: every score for every patient.")
    ] = None,
    extrapolate: Extrapolate = False,
    as_json: Json = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print CSV, one line a score.")] = False,
) -> None:
    """Compute published risk scores. For research and education, not for a patient's care."""
    stray = extrapolate or as_json or as_csv or table is not None
    if context.invoked_subcommand is not None:
        if stray:
            fix = "put them after the name of the score; --all goes without one"
            raise UserInputError([Problem("options before the name of a score", "ifn score", fix)])
        return
    if table is None:
        fix = "name one (see: ifn score list), or give a table with --all FILE.csv"
        raise UserInputError([Problem("no score is named", "ifn score", fix)])
    from ifnfactory.cli.score_view import table_view
    from ifnfactory.outlook.scores.table import read_patients, score_table

    scored = score_table(read_patients(table), extrapolate=extrapolate)
    if as_json:
        print(json.dumps(scored.to_json(), allow_nan=False))
    elif as_csv:
        print(scored.to_csv(), end="")
    else:
        table_view(scored)


@app.command("list")
@door
def list_scores(as_json: Json = False) -> None:
    """List the scores: what they need and whom they hold for."""
    from ifnfactory.cli.score_view import scores_json, scores_view

    if as_json:
        print(json.dumps(scores_json()))
    else:
        scores_view()


def _command(score: str) -> Callable[..., None]:
    """Return the command of one score, with an option for each of its inputs."""

    @door
    def compute(**typed: Any) -> None:
        from ifnfactory.cli.score_view import score_view
        from ifnfactory.outlook.scores.request import score_of_texts

        as_json, extrapolate = typed.pop("as_json"), typed.pop("extrapolate")
        texts = {name.replace("_", "-"): text for name, text in typed.items() if text is not None}
        result = score_of_texts(score, texts, extrapolate=extrapolate)
        if as_json:
            print(json.dumps(result.to_json(), allow_nan=False))
        else:
            score_view(result)

    parameters = [
        _parameter(name.replace("-", "_"), _text_option(name, needed))
        for needed, names in ((True, NEEDED[score]), (False, OPTIONAL[score]))
        for name in names
    ]
    parameters.append(_parameter("extrapolate", Extrapolate, False))
    parameters.append(_parameter("as_json", Json, False))
    # Typer reads a command's options from its signature.
    vars(compute)["__signature__"] = inspect.Signature(parameters)
    compute.__annotations__ = {each.name: each.annotation for each in parameters}
    return compute


def _parameter(name: str, annotation: Any, default: object = None) -> inspect.Parameter:
    kind = inspect.Parameter.KEYWORD_ONLY
    return inspect.Parameter(name, kind, default=default, annotation=annotation)


def _text_option(name: str, needed: bool) -> Any:
    # Texts, not numbers: the reader of findings then tells of all problems at once.
    words = INPUTS[name].words
    option = typer.Option(f"--{name}", help=words if needed else f"{words} (optional)")
    return Annotated[str | None, option]


for _score in NEEDED:
    app.command(_score, help=f"Compute {_score} for one patient. {NOT_FOR_CARE}")(_command(_score))
