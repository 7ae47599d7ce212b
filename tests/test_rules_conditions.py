"""Three-valued conditions, and the documents that are made of them."""

import itertools

import pytest
from docs_pages import DOCS, cells, marked

from ifnfactory.foundation.errors import UserInputError
from ifnfactory.rules.conditions import Outcome, read_condition
from ifnfactory.rules.document import (
    PRECEDENCE,
    all_documents,
    guideline_names,
    load_document,
)
from ifnfactory.rules.facts import LABELS, facts_of, say_fact
from ifnfactory.rules.findings import CONDITIONS, PatientFindings

PATIENT = PatientFindings(age=40, female=False, hbeag_positive=True, platelets=200, alt=50)


def holds(table: dict[str, object], **facts: object) -> bool | None:
    known = dict.fromkeys(LABELS) | facts
    return read_condition(table).check(known).holds


@pytest.mark.parametrize(
    ("operator", "limit", "value", "expected"),
    [
        ("above", 2000, 2000, False),
        ("above", 2000, 2001, True),
        ("at_least", 2000, 2000, True),
        ("below", 90, 90, False),
        ("below", 90, 89.9, True),
        ("at_most", 0, 0, True),
        ("above", 2000, None, None),
        ("in", ["A", "D"], "D", True),
        ("in", ["A", "D"], "B", False),
        ("is", True, False, False),
    ],
)
def test_comparisons(operator: str, limit: object, value: object, expected: object) -> None:
    assert holds({"fact": "hbv_dna", operator: limit}, hbv_dna=value) is expected


def test_a_rounding_error_does_not_decide() -> None:
    ratio = 3 * (0.1 + 0.2) / 0.45  # 2.0000000000000004
    assert holds({"fact": "alt_xuln", "above": 2}, alt_xuln=ratio) is False
    assert holds({"fact": "alt_xuln", "at_least": 2}, alt_xuln=2 - 1e-12) is True


def test_joined_conditions_are_kleene_logic() -> None:
    values = (True, False, None)
    for a, b in itertools.product(values, values):
        facts = {"cirrhosis": a, "family_history": b}
        parts = [{"fact": name, "is": True} for name in facts]
        every = False if False in (a, b) else None if None in (a, b) else True
        some = True if True in (a, b) else None if None in (a, b) else False
        assert holds({"all": parts}, **facts) is every
        assert holds({"any": parts}, **facts) is some
        assert holds({"not": parts[0]}, **facts) is (None if a is None else not a)


def test_what_is_missing_is_named_only_where_it_matters() -> None:
    condition = read_condition(
        {"all": [{"fact": "hbv_dna", "above": 2000}, {"fact": "alt_xuln", "above": 1}]}
    )
    facts = dict.fromkeys(LABELS)
    assert condition.check(facts | {"hbv_dna": 100.0}) == Outcome(False, because=("hbv_dna",))
    assert condition.check(facts | {"hbv_dna": 3000.0}).missing == ("alt_xuln",)


@pytest.mark.parametrize(
    "table",
    [
        {},
        {"fact": "hbv_dna"},
        {"fact": "shoe_size", "above": 40},
        {"fact": "age", "over": 40},
        {"fact": "age", "above": 1, "below": 2},
        {"all": [], "any": []},
    ],
)
def test_no_condition(table: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="no "):
        read_condition(table)


def test_every_fact_is_computed_and_can_be_said() -> None:
    facts = facts_of(PATIENT, None)
    assert set(facts) == set(LABELS)
    assert all(say_fact(name, value) for name, value in facts.items())


def test_guidelines_of_the_issue_are_there() -> None:
    assert set(guideline_names()) == {
        "easl-2017",
        "easl-2025",
        "aasld-2018",
        "apasl-2015",
        "china-2022",
        "who-2024",
    }


@pytest.mark.parametrize("document", all_documents(), ids=lambda each: each.name)
def test_documents_are_whole(document) -> None:
    assert document.citation
    assert document.rules or document.monitors
    assert all(rule.says in PRECEDENCE[rule.topic] for rule in document.rules)
    published = {"V", "U-H", "U-M", "U-L"}
    if document.name == "trial-conduct":  # says of itself that nobody has published it
        published = {"prior"}
    assert all(rule.source.tag in published for rule in document.rules)
    names = [rule.name for rule in document.rules]
    assert len(names) == len(set(names))
    for _, name, _ in document.assumed_from:
        assert load_document(name)
    if document.kind == "guideline":
        topics = {rule.topic for rule in document.rules}
        assert {"treat", "peginterferon"} <= topics


def test_conditions_that_no_rule_asks_for_do_not_exist() -> None:
    asked: set[str] = set()
    for document in all_documents():
        for rule in document.rules:
            asked |= rule.condition.facts()
        for item in document.monitors:
            asked |= item.only_if.facts() if item.only_if else set()
    assert set(CONDITIONS) <= asked


@pytest.mark.parametrize(
    ("name", "male", "female"),
    [("easl-2017", 40, 40), ("aasld-2018", 35, 25), ("apasl-2015", 40, 40), ("china-2022", 30, 19)],
)
def test_limits_of_normal_are_never_mixed(name: str, male: float, female: float) -> None:
    limit = load_document(name).alt_limit
    assert limit is not None
    assert (limit.male, limit.female) == (male, female)


@pytest.mark.parametrize("name", ["easl-2025", "who-2024"])
def test_a_limit_that_is_not_known_is_not_invented(name: str) -> None:
    assert load_document(name).alt_limit is None


def test_unknown_guideline() -> None:
    with pytest.raises(UserInputError, match="did you mean easl-2017"):
        load_document("easl-2016")


@pytest.mark.parametrize(
    ("week", "due"), [(0, 2), (2, 2), (3, 4), (4, 4), (5, 8), (12, 12), (13, 16)]
)
def test_next_blood_count(week: float, due: float) -> None:
    (item,) = (
        each
        for each in load_document("safety-schedule").monitors
        if each.test == "full blood count, ALT"
    )
    assert item.next_week(week) == due


def test_the_page_lists_every_document() -> None:
    rows = [cells(row) for row in marked(DOCS / "clinic.md", "table of documents")[2:]]
    told = [[f"`{each.name}`", each.kind, str(each.year)] for each in all_documents()]
    assert [row[:3] for row in rows] == told
    assert [row[-1] for row in rows] == [each.citation for each in all_documents()]
