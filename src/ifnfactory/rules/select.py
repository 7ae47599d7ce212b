"""Rules that a trial follows, by name: ``peg2a_label``, or one of them: ``peg2a_label/renal``.

Contraindications that it screens for are named in the same way.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from ifnfactory.pharmacology.drug import Drug, Interferon, Nucleoside
from ifnfactory.rules.action import Action
from ifnfactory.rules.cohort import SCREENED_FACTS
from ifnfactory.rules.document import Document, Rule, all_documents

NUCLEOSIDE = "nucleoside"


@dataclass(frozen=True)
class Order:
    """A rule, and what it does to which drugs.

    Attributes
    ----------
    drug
        Name of the drug; "nucleoside" for all nucleos(t)ide analogues; None for every interferon.
    """

    document: str
    rule: Rule
    action: Action
    drug: str | None

    @property
    def name(self) -> str:
        """Name of document and rule."""
        return f"{self.document}/{self.rule.name}"

    def concerns(self, drug: Drug) -> bool:
        """Return whether the order is about `drug`."""
        if self.drug is None:
            return isinstance(drug, Interferon)
        if self.drug == NUCLEOSIDE:
            return isinstance(drug, Nucleoside)
        return drug.name == self.drug


@dataclass(frozen=True)
class OrderFault:
    """What is wrong with the name of a rule."""

    what: str
    fix: str


def followable() -> tuple[Document, ...]:
    """Return the documents that a trial can follow."""
    return tuple(each for each in all_documents() if any(rule.act for rule in each.rules))


def select_orders(names: Sequence[str]) -> tuple[Order, ...]:
    """Return the orders that `names` select, each once, in their order.

    Raises
    ------
    LookupError
        If a name selects nothing; `order_faults` says it in words.
    """
    found: dict[str, Order] = {}
    for name in names:
        for order in _orders(name):
            found.setdefault(order.name, order)
    return tuple(found.values())


def order_faults(name: str, drugs: Sequence[Drug]) -> OrderFault | None:
    """Return what is wrong with `name` for an arm that is given `drugs`; None if nothing is."""
    try:
        orders = _orders(name)
    except LookupError:
        known = [each.name for each in followable()]
        known += [f"{each.name}/{rule.name}" for each in followable() for rule in each.rules]
        near = get_close_matches(_plain(name), known, n=1)
        hint = f"did you mean {near[0]!r}? " if near else ""
        documents = ", ".join(each.name for each in followable())
        return OrderFault(
            f"there are no rules {name!r} that a trial can follow",
            f"{hint}write one of {documents}, or document/rule for one rule of a document",
        )
    if not any(order.concerns(drug) for order in orders for drug in drugs):
        about = orders[0].drug or "an interferon"
        return OrderFault(
            f"the rules {name!r} are about {about}, which this arm is not given",
            "leave them out, or give the drug",
        )
    return None


def contraindicating() -> tuple[Document, ...]:
    """Return the documents that name contraindications to peginterferon."""
    return tuple(
        each for each in all_documents() if any(_contraindicates(rule) for rule in each.rules)
    )


def select_contraindications(names: Sequence[str]) -> tuple[Rule, ...]:
    """Return the contraindications of the documents, or of the one rule, that `names` select.

    Raises
    ------
    LookupError
        If a name selects nothing; `contraindication_faults` says it in words.
    """
    found: dict[tuple[str, str], Rule] = {}
    for name in names:
        for document, rule in _contraindications(name):
            found.setdefault((document, rule.name), rule)
    return tuple(found.values())


def contraindication_faults(name: str) -> OrderFault | None:
    """Return what is wrong with the name of contraindications; None if nothing is."""
    try:
        rules = _contraindications(name)
    except LookupError:
        known = [each.name for each in contraindicating()]
        near = get_close_matches(_plain(name), known, n=1)
        hint = f"did you mean {near[0]!r}? " if near else ""
        return OrderFault(
            f"no document {name!r} names contraindications",
            f"{hint}write one of {', '.join(known)}, or document/rule for one of its rules",
        )
    if not any(is_screened(rule) for _, rule in rules):
        return OrderFault(
            f"nothing of {name!r} is known of virtual patients, so it keeps nobody out",
            "leave it out, and say it in words under criteria",
        )
    return None


def is_screened(rule: Rule) -> bool:
    """Return whether all that a rule asks for is known of virtual patients at screening."""
    return rule.condition.facts() <= SCREENED_FACTS


def _contraindicates(rule: Rule) -> bool:
    return rule.topic == "peginterferon" and rule.says == "contraindicated"


def _contraindications(name: str) -> list[tuple[str, Rule]]:
    document_name, _, rule_name = _plain(name).partition("/")
    found = [
        (document.name, rule)
        for document in contraindicating()
        if document.name == document_name
        for rule in document.rules
        if _contraindicates(rule) and rule_name in ("", _plain(rule.name))
    ]
    if not found:
        raise LookupError(name)
    return found


def _plain(name: str) -> str:
    return name.strip().lower().replace("_", "-")


def _orders(name: str) -> list[Order]:
    document_name, _, rule_name = _plain(name).partition("/")
    orders = [
        Order(document.name, rule, rule.act, document.drug)
        for document in followable()
        if document.name == document_name
        for rule in document.rules
        if rule.act is not None and rule_name in ("", rule.name)
    ]
    if not orders:
        raise LookupError(name)
    return orders
