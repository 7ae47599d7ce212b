"""Rules that a trial follows, by name: ``peg2a_label``, or one of them: ``peg2a_label/renal``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from ifnfactory.pharmacology.drug import Drug, Interferon, Nucleoside
from ifnfactory.rules.action import Action
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
