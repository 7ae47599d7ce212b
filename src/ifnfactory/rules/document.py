"""Guidelines, safety tables, labels and studies as data: one TOML file each."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches
from functools import lru_cache
from importlib.resources import files
from typing import Any, Final

from ifnfactory.foundation.errors import Problem, UserInputError
from ifnfactory.foundation.evidence import Source
from ifnfactory.rules.action import Action, read_action
from ifnfactory.rules.conditions import Comparison, Condition, read_condition
from ifnfactory.rules.facts import AltLimit
from ifnfactory.rules.findings import CONDITIONS

_FOLDER: Final = files("ifnfactory.rules") / "documents"

PRECEDENCE: Final[dict[str, tuple[str, ...]]] = {
    "treat": ("treat", "may treat"),
    "peginterferon": (
        "not used",
        "contraindicated",
        "poor candidate",
        "good candidate",
        "may be given",
    ),
    "stop": ("stop", "hold", "consider stopping", "continue"),
    "dose": ("reduce",),
}
"""Topic -> what its rules can say, the strongest first."""


@dataclass(frozen=True)
class Rule:
    """One rule.

    Attributes
    ----------
    topic, says
        What it is about and what it says: a key and a value of `PRECEDENCE`.
    criterion
        The criterion in words, as exactly as the evidence base gives it.
    condition
        The criterion over facts.
    week
        Week of peginterferon at which it is looked at; None for any.
    reading
        How words without numbers were turned into numbers: an engineering choice.
    undecidable
        Why the rule cannot be decided even where its condition holds; "" for most.
    act
        What a trial does where the rule holds; None: it cannot follow the rule.
    """

    name: str
    topic: str
    says: str
    criterion: str
    condition: Condition
    source: Source
    week: float | None = None
    reading: str = ""
    undecidable: str = ""
    act: Action | None = None


@dataclass(frozen=True)
class MonitorItem:
    """One test to repeat.

    Attributes
    ----------
    when
        The schedule in words.
    weeks
        Weeks of peginterferon.
    every_weeks
        Interval after the last of `weeks`; None where nothing repeats.
    only_if
        Whom it is for; None for everybody.
    """

    test: str
    when: str
    weeks: tuple[float, ...]
    every_weeks: float | None
    only_if: Condition | None
    source: Source
    reading: str = ""

    def next_week(self, week: float) -> float | None:
        """Return when the test is due next, in `week` or later; None where no week is named."""
        listed = [each for each in self.weeks if each >= week]
        if listed:
            return min(listed)
        if self.every_weeks is None:
            return None
        return self.every_weeks * -(-week // self.every_weeks)


@dataclass(frozen=True)
class Document:
    """A published source of rules.

    Attributes
    ----------
    kind
        "guideline", "safety" (holds under every guideline), "label" (of one drug), "study", or
        "trial" (needs a course of visits, so that only trials can follow it).
    transcription
        Version of this transcription: grows when a rule is corrected.
    alt_limit
        Its own upper limit of normal ALT; None where the evidence base gives none.
    assumed_from
        Topic -> document whose rules are assumed, with the reason.
    silent
        Topic (or "alt_limit") -> why there is nothing.
    drug
        The drug of a label; "nucleoside" for rules on stopping any nucleos(t)ide analogue; None:
        any interferon.
    """

    name: str
    kind: str
    title: str
    year: int
    transcription: int
    citation: str
    alt_limit: AltLimit | None
    rules: tuple[Rule, ...]
    monitors: tuple[MonitorItem, ...]
    assumed_from: tuple[tuple[str, str, Source], ...]
    silent: Mapping[str, str]
    drug: str | None

    def assumption(self, topic: str) -> tuple[str, Source] | None:
        """Return the document whose rules are assumed for a topic, and why."""
        for assumed, name, source in self.assumed_from:
            if assumed == topic:
                return name, source
        return None


@lru_cache(maxsize=1)
def all_documents() -> tuple[Document, ...]:
    """Return every document; guidelines first, in the order of their years."""
    kinds = ("guideline", "safety", "label", "study", "trial")
    found = [
        _document(tomllib.loads(entry.read_text(encoding="utf-8")))
        for entry in _FOLDER.iterdir()
        if entry.name.endswith(".toml")
    ]
    return tuple(sorted(found, key=lambda each: (kinds.index(each.kind), each.year, each.name)))


def guideline_names() -> tuple[str, ...]:
    """Return the names of all guidelines."""
    return tuple(each.name for each in all_documents() if each.kind == "guideline")


def load_document(name: str) -> Document:
    """Return the document called `name`.

    Raises
    ------
    UserInputError
        If there is no such guideline.
    """
    for document in all_documents():
        if document.name == name.strip().lower():
            return document
    near = get_close_matches(name.lower(), guideline_names(), n=1)
    hint = f"did you mean {near[0]}? " if near else ""
    fix = f"{hint}the guidelines are {', '.join(guideline_names())}"
    raise UserInputError([Problem(f"unknown guideline {name!r}", "--guideline", fix)])


def _document(table: Mapping[str, Any]) -> Document:
    citation = table["citation"]
    limit = table.get("alt_limit")
    assumed = table.get("assumed", {"topics": []})
    return Document(
        name=table["id"],
        kind=table["kind"],
        title=table["title"],
        year=table["year"],
        transcription=table["transcription"],
        citation=citation,
        alt_limit=None
        if limit is None
        else AltLimit(limit["male"], limit["female"], Source(limit["source"], limit["tag"])),
        rules=tuple(rule for row in table.get("rule", []) for rule in _rules(row, citation)),
        monitors=tuple(_monitor(row, citation) for row in table.get("monitor", [])),
        assumed_from=tuple(
            (topic, assumed["from"], Source(assumed["source"], assumed["tag"]))
            for topic in assumed["topics"]
        ),
        silent=table.get("silent", {}),
        drug=table.get("drug"),
    )


def _rules(row: Mapping[str, Any], citation: str) -> Iterator[Rule]:
    if row["says"] not in PRECEDENCE[row["topic"]]:
        raise ValueError(f"a rule on {row['topic']} cannot say {row['says']!r}")
    names = row.get("for_each")
    rule = Rule(
        name=row["id"],
        topic=row["topic"],
        says=row["says"],
        criterion=row["criterion"],
        condition=read_condition({"all": []} if names else row["when"]),
        source=Source(row.get("source", citation), row["tag"]),
        week=row.get("week"),
        reading=row.get("reading", ""),
        undecidable=row.get("undecidable", ""),
        act=_action(row),
    )
    if not names:
        yield rule
        return
    for name in names:
        # One criterion for each condition, so that the one that fired can be named.
        criterion = rule.criterion.format(CONDITIONS[name])
        condition = Comparison(name, "is", True)
        yield replace(rule, name=name, criterion=criterion, condition=condition)


def _action(row: Mapping[str, Any]) -> Action | None:
    if "act" in row:
        return read_action(row["act"])
    stops = row["topic"] == "stop" and row["says"] in ("stop", "consider stopping")
    return Action("stop", "futility") if stops else None


def _monitor(row: Mapping[str, Any], citation: str) -> MonitorItem:
    only_if = row.get("only_if")
    return MonitorItem(
        test=row["test"],
        when=row["when"],
        weeks=tuple(float(week) for week in row.get("weeks", [])),
        every_weeks=row.get("every_weeks"),
        only_if=None if only_if is None else read_condition(only_if),
        source=Source(row.get("source", citation), row["tag"]),
        reading=row.get("reading", ""),
    )
