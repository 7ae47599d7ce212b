"""Advice on the screen: guidelines side by side, then every criterion with its evidence."""

from __future__ import annotations

from typing import Final

from rich.table import Table
from rich.text import Text

from ifnfactory.cli.screen import console
from ifnfactory.cli.views import plain_table
from ifnfactory.foundation.notice import NOT_FOR_CARE
from ifnfactory.rules.advice import NOT_KNOWN, QUESTIONS, UNDECIDED, Advice, Answer, Judged

_OTHERS: Final = ("safety", "label", "study")
_DIM: Final = {UNDECIDED: "yellow", NOT_KNOWN: "dim"}


def advice_view(advice: Advice) -> None:
    """Print the answers to every question, and the tests to repeat."""
    screen = console()
    screen.print(Text(NOT_FOR_CARE, style="yellow"))
    disagreements = advice.disagreements()
    for topic, question in QUESTIONS.items():
        answers = advice.of(topic)
        others = [answer for answer in advice.of(topic, _OTHERS) if _worth_showing(answer)]
        if not answers and not others:
            continue
        screen.print()
        screen.print(Text(question.capitalize(), style="bold"))
        if topic in disagreements:
            screen.print(Text("The guidelines disagree.", style="red"))
        screen.print(_answers([*answers, *others]))
    screen.print()
    screen.print(Text("What to watch on peginterferon", style="bold"))
    screen.print(_monitoring(advice))
    for title, why in advice.silent:
        screen.print(Text(f"{title}: {why}", style="dim"))
    screen.print()
    screen.print(Text("Sources", style="bold"))
    screen.print(_sources(advice))
    screen.print(Text(NOT_FOR_CARE, style="yellow"))


def _sources(advice: Advice) -> Table:
    """Return every document that answered, with its year and version."""
    table = plain_table(("source", False), ("year", True), ("version", True), ("citation", False))
    documents = [answer.document for answer in advice.answers]
    documents += [each.document for each in advice.monitoring]
    for name in dict.fromkeys(document.name for document in documents):
        each = next(document for document in documents if document.name == name)
        version = str(each.transcription)
        table.add_row(Text(each.title), str(each.year), version, Text(each.citation))
    return table


def _worth_showing(answer: Answer) -> bool:
    """Tell whether a label or study says something; a label also where it cannot be decided."""
    return bool(answer.fired) or (answer.document.kind == "label" and answer.answer == UNDECIDED)


def _answers(answers: list[Answer]) -> Table:
    table = plain_table(("source", False), ("answer", False), ("criterion and evidence", False))
    for answer in answers:
        source = Text(f"{answer.document.title}\n")
        source.append(f"ALT limit {answer.alt_limit.text}", style="dim")
        word = answer.answer
        if answer.at_least:
            word += f"\n(at least: {answer.at_least})"
        table.add_row(source, Text(word, style=_DIM.get(answer.answer, "bold")), _why(answer))
    return table


def _why(answer: Answer) -> Text:
    own = answer.document.name
    lines = [_fired(judged) for judged in answer.fired]
    # Open questions matter while there is no answer; later, they are noise.
    if answer.answer == UNDECIDED:
        lines += [_open(judged) for judged in answer.undecided]
    if not lines and not answer.note:
        lines += [_not_met(judged) for judged in answer.not_met if judged.document == own]
    lines += [f"in week {judged.rule.week:g}: {judged.rule.criterion}" for judged in answer.later]
    if answer.note:
        lines.append(answer.note)
    return Text("\n".join(lines) or "–")


def _fired(judged: Judged) -> str:
    because = f" — {', '.join(judged.because)}" if judged.because else ""
    tag = "; ".join(part for part in (judged.rule.source.tag, judged.rule.reading) if part)
    return f"{judged.rule.says}: {judged.rule.criterion}{because} [{tag}]"


def _not_met(judged: Judged) -> str:
    return f"not met: {judged.rule.criterion} — {', '.join(judged.because)}"


def _open(judged: Judged) -> str:
    needs = judged.rule.undecidable or f"needs {', '.join(judged.missing)}"
    return f"open: {judged.rule.criterion} — {needs} [{judged.rule.source.tag}]"


def _monitoring(advice: Advice) -> Table:
    table = plain_table(("source", False), ("test", False), ("when", False), ("next week", True))
    for each in advice.monitoring:
        due = "" if each.next_week is None else f"{each.next_week:g}"
        note = f"; {each.note}" if each.note else ""
        when = f"{each.item.when} [{each.item.source.tag}{note}]"
        table.add_row(Text(each.document.title), Text(each.item.test), Text(when), due)
    return table
