"""The whole system: every chapter, joined."""

from __future__ import annotations

from functools import lru_cache

from ifnfactory.biology.drug_exposure import drug_exposure
from ifnfactory.biology.hepatocytes import hepatocytes
from ifnfactory.biology.immunity import immunity
from ifnfactory.biology.injury import injury
from ifnfactory.biology.interferon import interferon
from ifnfactory.biology.marrow import marrow
from ifnfactory.biology.targeted_drugs import targeted_drugs
from ifnfactory.biology.virus import virus
from ifnfactory.network.compose import compose
from ifnfactory.network.model import Network
from ifnfactory.network.module import Module

NAME = "hepatitis_b_interferon_factory"


def chapters() -> tuple[Module, ...]:
    """Return the chapters in the order in which the model page prints them."""
    return (
        drug_exposure(),
        targeted_drugs(),
        interferon(),
        hepatocytes(),
        virus(),
        immunity(),
        injury(),
        marrow(),
    )


@lru_cache(maxsize=1)
def build_system() -> Network:
    """Return the hepatitis B system."""
    return compose(NAME, chapters())
