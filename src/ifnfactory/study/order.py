"""What is to be run, and everything that determines it."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Final

from ifnfactory.engine.kernel import kernel_key
from ifnfactory.foundation.provenance import code_fingerprint, versions
from ifnfactory.population.release import Population
from ifnfactory.population.released import CURRENT
from ifnfactory.runs.making import Identity
from ifnfactory.trial.protocol import Protocol

BLOCK: Final = 2048
"""Patients of a task: some megabytes, and a second or so of work."""


@dataclass(frozen=True)
class Order:
    """A run that somebody wants.

    Attributes
    ----------
    protocol
        What is done to the patients.
    patients
        In each arm.
    seed
        Of every random stream.
    block
        Patients of a task. No result depends on it.
    ensemble
        Whether endpoints get the range over the released ensemble of parameters.
    """

    protocol: Protocol
    patients: int
    seed: int
    block: int = BLOCK
    ensemble: bool = False

    def identity(self, population: Population, started: str) -> Identity:
        """Return everything that determines the run's tables."""
        return Identity(
            facts=(
                ("trial", self.protocol.name),
                ("protocol", hash_of(self.protocol.source_text)),
                ("patients", str(self.patients)),
                ("patients of all arms", str(self.patients * len(self.protocol.arms))),
                ("seed", str(self.seed)),
                ("block", str(self.block)),
                *([("ensemble", CURRENT)] if self.ensemble else []),
                *program_facts(population),
            ),
            started=started,
        )


def program_facts(population: Population, *rooms: str) -> tuple[tuple[str, str], ...]:
    """Return what a program with this population would compute with: pairs of name and value.

    Parameters
    ----------
    rooms
        Rooms of the program that are needed besides those of every trial.
    """
    libraries = ", ".join(f"{name} {version}" for name, version in versions().items())
    return (
        ("parameter_set", population.fingerprint),
        ("kernel", kernel_key(population.network)),
        ("code", code_fingerprint(*rooms)),
        ("versions", libraries),
    )


def task_key(identity: Identity, arm: str, first: int, patients: int) -> str:
    """Return the hash of everything that determines a task."""
    return hash_of(json.dumps([identity.facts, arm, first, patients]))


def hash_of(text: str) -> str:
    """Return the SHA-256 of a text."""
    return hashlib.sha256(text.encode()).hexdigest()
