"""What guidelines, labels and studies say about one patient: a pure function of the findings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from ifnfactory.rules.advice import (
    NOT_KNOWN,
    UNDECIDED,
    Advice,
    Answer,
    Judged,
    Monitoring,
    UsedLimit,
)
from ifnfactory.rules.document import PRECEDENCE, Document, Rule, all_documents, load_document
from ifnfactory.rules.facts import LABELS, Fact, facts_of, say_fact
from ifnfactory.rules.findings import CONDITIONS, NOT_COVERED, PatientFindings

WEEK_WINDOW: Final = 2.0
"""How many weeks before or after its week a stopping rule may be looked at: an engineering choice
(`prior`), half of a visit interval of four weeks."""

STATES: Final = ("fired", "not met", "undecided", "later", "past")
"""What a rule can be for a patient; a rule of a week is "later" or "past" outside its window."""

_NONE: Final = {
    "treat": "no criterion met",
    "peginterferon": "no criterion met",
    "stop": "no rule met",
    "dose": "no rule met",
}


def advise(findings: PatientFindings, guidelines: Sequence[str] | None = None) -> Advice:
    """Return what every document says about a patient.

    Parameters
    ----------
    guidelines
        Names of guidelines; None for all. Contraindications, labels and studies always answer.

    Raises
    ------
    UserInputError
        If a guideline is not known.
    """
    chosen = None if guidelines is None else [load_document(name) for name in guidelines]
    documents = [
        document
        for document in all_documents()
        if document.kind != "trial"
        and (document.kind != "guideline" or chosen is None or document in chosen)
    ]
    answers = [answer for document in documents for answer in _answers(document, findings)]
    monitoring = [each for document in documents for each in _monitoring(document, findings)]
    watched = {each.document.name for each in monitoring}
    silent = [
        (document.title, document.silent.get("monitor", NOT_KNOWN))
        for document in documents
        if document.kind == "guideline" and document.name not in watched
    ]
    return Advice(tuple(answers), tuple(monitoring), tuple(silent))


def _answers(document: Document, findings: PatientFindings) -> list[Answer]:
    facts = dict(facts_of(findings, document.alt_limit))
    peginterferon = findings.treatment.peginterferon
    if document.kind == "guideline":
        treat = _answer(document, "treat", findings, facts)
        facts["treatment_indicated"] = _indicated(treat)
        started = _answer(document, "peginterferon", findings, facts, instead=treat.missing)
        if findings.treatment.drugs:
            note = "criteria are for starting: the patient is treated already"
            limit = _limit(document, findings)
            treat = Answer(document, "treat", "treated already", limit, note=note)
        on_drug = _answer(document, "stop", findings, facts) if peginterferon else None
        return [treat, started, *([] if on_drug is None else [on_drug])]
    if document.kind == "label" and document.drug != peginterferon:
        return []
    topics = {rule.topic for rule in document.rules}
    if peginterferon is None:
        topics -= {"stop", "dose"}
    return [_answer(document, topic, findings, facts) for topic in PRECEDENCE if topic in topics]


def _indicated(treat: Answer) -> bool | None:
    if treat.at_least or treat.answer in PRECEDENCE["treat"]:
        return True
    return None if treat.answer == UNDECIDED else False


def _answer(
    document: Document,
    topic: str,
    findings: PatientFindings,
    facts: Mapping[str, Fact],
    instead: tuple[str, ...] = (),
) -> Answer:
    """Return the answer of one document; `instead` stands for a missing treatment indication."""
    rules, note = _rules_on(document, topic)
    limit = _limit(document, findings)
    if not any(owner is document for owner, _ in rules) and not note:
        why = document.silent.get(topic, "")
        return Answer(document, topic, NOT_KNOWN, limit, note=why)
    found: dict[str, list[Judged]] = {state: [] for state in STATES}
    for owner, rule in rules:
        state, judged = _judge(owner, rule, facts, instead)
        found[state].append(judged)
    fired, undecided = found["fired"], found["undecided"]
    word, at_least = _strongest(topic, fired, undecided)
    if topic == "peginterferon" and facts["on_peginterferon"] and not fired:
        word, at_least, note = "given already", None, "criteria are for starting"
    uncovered = _not_covered(document, findings, fired)
    if uncovered:
        word, at_least = NOT_KNOWN, None
        note = f"the evidence base does not cover patients with {' or '.join(uncovered)}"
    return Answer(
        document=document,
        topic=topic,
        answer=word,
        alt_limit=limit,
        at_least=at_least,
        fired=tuple(fired),
        undecided=tuple(undecided),
        later=tuple(found["later"]),
        not_met=tuple(found["not met"]),
        note=note,
    )


def _judge(
    owner: Document, rule: Rule, facts: Mapping[str, Fact], instead: tuple[str, ...]
) -> tuple[str, Judged]:
    """Return one of `STATES`, and the rule beside the patient's facts."""
    week = facts["week"]
    known_week = isinstance(week, (int, float))
    if rule.week is not None and known_week:
        if week < rule.week - WEEK_WINDOW:
            return "later", Judged(rule, owner.name)
        if week > rule.week + WEEK_WINDOW:
            return "past", Judged(rule, owner.name)
    outcome = rule.condition.check(facts)
    because = tuple(say_fact(name, facts[name]) for name in outcome.because)
    if outcome.holds is False:
        return "not met", Judged(rule, owner.name, because)
    missing = _keys(outcome.missing, instead)
    if rule.week is not None and not known_week:
        missing = (*missing, LABELS["week"][2])
    certain = outcome.holds and not missing and not rule.undecidable
    return "fired" if certain else "undecided", Judged(rule, owner.name, because, missing)


def _rules_on(document: Document, topic: str) -> tuple[list[tuple[Document, Rule]], str]:
    """Return the rules on a topic with their owners, and a note on those that are assumed."""
    owners, note = [document], ""
    assumption = document.assumption(topic)
    if assumption is not None:
        name, source = assumption
        owners, note = [load_document(name)], f"assumed as in {name}: {source}"
    if document.kind == "guideline" and topic == "peginterferon":
        owners += [each for each in all_documents() if each.kind == "safety"]
    return [(owner, rule) for owner in owners for rule in owner.rules if rule.topic == topic], note


def _strongest(
    topic: str, fired: Sequence[Judged], undecided: Sequence[Judged]
) -> tuple[str, str | None]:
    """Return the answer, and what is certain where it is undecided."""
    said = {judged.rule.says for judged in fired}
    open_ = {judged.rule.says for judged in undecided}
    certain = next((word for word in PRECEDENCE[topic] if word in said), None)
    for word in PRECEDENCE[topic]:
        if word in said:
            return word, None
        if word in open_:
            return UNDECIDED, certain
    return _NONE[topic], None


def _not_covered(
    document: Document, findings: PatientFindings, fired: Sequence[Judged]
) -> list[str]:
    """Return conditions that the evidence base covers only in rules that name them."""
    if document.kind != "guideline":
        return []
    present = {name for name in NOT_COVERED if name in (findings.conditions or ())}
    named = frozenset[str]().union(*(judged.rule.condition.facts() for judged in fired))
    if not present or present & named:
        return []
    return [CONDITIONS[name] for name in sorted(present)]


def _keys(facts: Sequence[str], instead: tuple[str, ...]) -> tuple[str, ...]:
    keys: list[str] = []
    for name in facts:
        keys += instead if name == "treatment_indicated" else (LABELS[name][2],)
    return tuple(dict.fromkeys(keys))


def _limit(document: Document, findings: PatientFindings) -> UsedLimit:
    if document.alt_limit is None:
        return UsedLimit(findings.alt_uln, None)
    return UsedLimit(document.alt_limit.of(findings.female), document.alt_limit.source)


def _monitoring(document: Document, findings: PatientFindings) -> list[Monitoring]:
    assumption = document.assumption("monitor")
    owner, note = document, ""
    if assumption is not None:
        owner, note = load_document(assumption[0]), f"assumed as in {assumption[0]}"
    facts = facts_of(findings, document.alt_limit)
    week = findings.treatment.week
    found: list[Monitoring] = []
    for item in owner.monitors:
        # A test whose reason is not known to be absent is shown.
        if item.only_if is not None and item.only_if.check(facts).holds is False:
            continue
        due = None if week is None else item.next_week(week)
        found.append(Monitoring(document, item, due, note))
    return found
