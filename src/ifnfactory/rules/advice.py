"""Records of what documents say about one patient."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from ifnfactory.foundation.evidence import Source
from ifnfactory.foundation.notice import NOT_FOR_CARE
from ifnfactory.rules.document import Document, MonitorItem, Rule

UNDECIDED: Final = "undecided"
NOT_KNOWN: Final = "not in the evidence base"

QUESTIONS: Final[dict[str, str]] = {
    "treat": "should this patient be treated?",
    "peginterferon": "may this patient receive peginterferon?",
    "stop": "should peginterferon be stopped?",
    "dose": "should the dose be changed?",
}
"""Topic -> the question that it answers."""


@dataclass(frozen=True)
class Judged:
    """One rule beside one patient.

    Attributes
    ----------
    document
        Name of the document that owns the rule.
    because
        The patient's facts that decided it, in words.
    missing
        Keys of the patient file that would decide it.
    """

    rule: Rule
    document: str
    because: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return the rule as a JSON object."""
        return {
            "rule": f"{self.document}/{self.rule.name}",
            "says": self.rule.says,
            "criterion": self.rule.criterion,
            "because": list(self.because),
            "missing": list(self.missing),
            "source": self.rule.source.text,
            "tag": self.rule.source.tag,
            "reading": self.rule.reading,
            "undecidable": self.rule.undecidable,
        }


@dataclass(frozen=True)
class UsedLimit:
    """The upper limit of normal ALT behind an answer [U/L]; value None where nobody gave one."""

    value: float | None
    source: Source | None

    @property
    def text(self) -> str:
        """The limit and whose it is, in words."""
        if self.value is None:
            return "no upper limit of normal: give the laboratory's as alt_uln"
        whose = "the laboratory's" if self.source is None else "its own"
        return f"{self.value:g} U/L, {whose}"


@dataclass(frozen=True)
class Answer:
    """What one document answers to one question.

    Attributes
    ----------
    answer
        What its strongest rule says, or why there is no answer.
    at_least
        Where undecided: what is already certain.
    fired, undecided, later, not_met
        Rules that hold, cannot be decided, are looked at in a later week, or do not hold.
    note
        An assumption or the reason of a silence.
    """

    document: Document
    topic: str
    answer: str
    alt_limit: UsedLimit
    at_least: str | None = None
    fired: tuple[Judged, ...] = ()
    undecided: tuple[Judged, ...] = ()
    later: tuple[Judged, ...] = ()
    not_met: tuple[Judged, ...] = ()
    note: str = ""

    @property
    def missing(self) -> tuple[str, ...]:
        """Keys of the patient file that would decide the question."""
        keys = [key for judged in self.undecided for key in judged.missing]
        return tuple(dict.fromkeys(keys))

    def to_json(self) -> dict[str, Any]:
        """Return the answer as a JSON object."""
        source = self.alt_limit.source
        return {
            "document": self.document.name,
            "kind": self.document.kind,
            "title": self.document.title,
            "year": self.document.year,
            "transcription": self.document.transcription,
            "citation": self.document.citation,
            "topic": self.topic,
            "question": QUESTIONS[self.topic],
            "answer": self.answer,
            "at_least": self.at_least,
            "fired": [judged.to_json() for judged in self.fired],
            "undecided": [judged.to_json() for judged in self.undecided],
            "later": [judged.to_json() for judged in self.later],
            "not_met": [judged.to_json() for judged in self.not_met],
            "missing": list(self.missing),
            "alt_limit": {
                "value": self.alt_limit.value,
                "own": source is not None,
                "source": None if source is None else source.text,
                "tag": None if source is None else source.tag,
            },
            "note": self.note,
        }


@dataclass(frozen=True)
class Monitoring:
    """One test to repeat: who says so, and when it is due next (week of peginterferon)."""

    document: Document
    item: MonitorItem
    next_week: float | None
    note: str = ""

    def to_json(self) -> dict[str, Any]:
        """Return the test as a JSON object."""
        return {
            "document": self.document.name,
            "year": self.document.year,
            "test": self.item.test,
            "when": self.item.when,
            "next_week": self.next_week,
            "source": self.item.source.text,
            "tag": self.item.source.tag,
            "reading": self.item.reading,
            "note": self.note,
        }


@dataclass(frozen=True)
class Advice:
    """Everything that the documents say about one patient.

    Attributes
    ----------
    silent
        Guidelines without a monitoring schedule, with the reason.
    """

    answers: tuple[Answer, ...]
    monitoring: tuple[Monitoring, ...]
    silent: tuple[tuple[str, str], ...]

    def disagreements(self) -> dict[str, dict[str, str]]:
        """Return topic -> guideline -> answer, where guidelines that answer do not agree."""
        found: dict[str, dict[str, str]] = {}
        for topic in QUESTIONS:
            said = {
                answer.document.title: answer.answer
                for answer in self.answers
                if answer.topic == topic and answer.document.kind == "guideline"
            }
            real = {answer for answer in said.values() if answer not in {UNDECIDED, NOT_KNOWN}}
            if len(real) > 1:
                found[topic] = said
        return found

    def of(self, topic: str, kinds: Sequence[str] = ("guideline",)) -> list[Answer]:
        """Return the answers to one question from documents of some kinds."""
        return [
            answer
            for answer in self.answers
            if answer.topic == topic and answer.document.kind in kinds
        ]

    def to_json(self) -> dict[str, Any]:
        """Return the advice as a JSON object."""
        return {
            "answers": [answer.to_json() for answer in self.answers],
            "disagreements": self.disagreements(),
            "monitoring": [each.to_json() for each in self.monitoring],
            "no_monitoring": dict(self.silent),
            "notice": NOT_FOR_CARE,
        }
