"""Scores on the screen."""

from __future__ import annotations

from typing import Any, Final

from rich.text import Text

from ifnfactory.cli.screen import console
from ifnfactory.cli.views import plain_table
from ifnfactory.foundation.notice import NOT_FOR_CARE
from ifnfactory.outlook.scores.catalogue import all_scores
from ifnfactory.outlook.scores.compute import NOT_KNOWN, ScoreResult
from ifnfactory.outlook.scores.inputs import NEEDED
from ifnfactory.outlook.scores.table import ScoreTable, Status, TableCell

_NOT_COMPUTED: Final = {
    Status.IMPOSSIBLE: "invalid",
    Status.MISSING: "–",
    Status.OUTSIDE: "outside",
    Status.COMPUTED: "",
}
_CLASS_STYLE: Final = {"low": "green", "mid": "yellow", "high": "red"}


def score_view(result: ScoreResult) -> None:
    """Print the value, what it is made of, the risk, and whom it holds for."""
    score, screen = result.score, console()
    screen.print(Text(f"{score.title}: {_value(result)}", style="bold"))
    shown = NOT_KNOWN if result.risk_class is None else f"{result.risk_class} ({result.class_rule})"
    table = plain_table(("", False), ("", False))
    table.show_header = False
    table.add_row("class", Text(shown, style=_CLASS_STYLE.get(result.risk_class or "", "")))
    risks = "\n".join(risk.text for risk in result.risks) or NOT_KNOWN
    table.add_row("published risk", Text(f"{score.predicts}\n{risks}"))
    if len(result.terms) > 1:
        terms = "\n".join(f"{term.value:g}  {term.name} ({term.band})" for term in result.terms)
        table.add_row("made of", Text(terms))
    population = score.population
    table.add_row("holds for", Text(f"{population.text} [{population.source.tag}]"))
    if result.assumed:
        table.add_row("assumed", Text("\n".join(result.assumed)))
    if result.outside:
        told = "\n".join(f"{score.title} {why}" for why in result.outside)
        table.add_row(Text("EXTRAPOLATED", style="red"), Text(told, style="red"))
    table.add_row("source", Text(f"{score.source} ; definition: {score.evidence}"))
    for note in score.notes:
        table.add_row("note", Text(note))
    screen.print(table)
    screen.print(Text(NOT_FOR_CARE, style="yellow"))


def scores_json() -> list[dict[str, Any]]:
    """Return the list of scores as JSON."""
    return [
        {
            "score": score.name,
            "title": score.title,
            "predicts": score.predicts,
            "needs": list(NEEDED[score.name]),
            "population": score.population.text,
            "citation": score.source.text,
            "tag": score.source.tag,
        }
        for score in all_scores()
    ]


def scores_view() -> None:
    """Print every score with what it needs and whom it holds for."""
    table = plain_table(("score", False), ("needs", False), ("holds for", False), ("", False))
    for score in all_scores():
        needs, population = ", ".join(NEEDED[score.name]), score.population.text
        table.add_row(Text(score.name, style="bold"), needs, population, Text(score.source.tag))
    screen = console()
    screen.print(table)
    screen.print(Text(NOT_FOR_CARE, style="yellow"))


def table_view(scored: ScoreTable) -> None:
    """Print one line a patient, then how many could not be computed, and why."""
    counts = scored.counts()
    patients = len(scored.patients)
    shown = [name for name in NEEDED if counts[name][Status.MISSING.value] < patients]
    table = plain_table(("patient", False), *((name, False) for name in shown))
    for cells in scored.by_patient():
        row = [_cell(cell) for cell in cells if cell.score in shown]
        table.add_row(Text(cells[0].patient), *row)
    screen = console()
    screen.print(table)
    screen.print()
    tally = plain_table(("score", False), *((status.value, True) for status in Status))
    for name, found in counts.items():
        tally.add_row(name, *(str(found[status.value]) for status in Status))
    screen.print(tally)
    screen.print(Text(NOT_FOR_CARE, style="yellow"))


def _cell(cell: TableCell) -> Text:
    result = cell.result
    if result is None:
        return Text(_NOT_COMPUTED[cell.status], style="dim")
    mark = "!" if result.outside else ""
    text = f"{result.value:.4g}{mark} {result.risk_class or ''}".rstrip()
    return Text(text, style=_CLASS_STYLE.get(result.risk_class or "", ""))


def _value(result: ScoreResult) -> str:
    limits = result.score.range
    of = "" if limits is None else f" of {limits[0]:g} to {limits[1]:g}"
    return f"{result.value:.4g} {result.score.unit}{of}".replace("  ", " ").rstrip()
