"""Checking everything that replicated trials need before the first patient is simulated."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeVar

import numpy as np

from ifnfactory.cli.faults import Faults
from ifnfactory.design.boundaries import Plan, plan
from ifnfactory.design.question import Asked, Question, choose
from ifnfactory.foundation.errors import Problem, UserInputError
from ifnfactory.population.released import CURRENT, Release, load_release
from ifnfactory.runs.destination import check_store
from ifnfactory.runs.store import Store, open_store
from ifnfactory.trial.protocol import load_protocol

Number = TypeVar("Number", int, float)

MOST_LOOKS: Final = 20
MOST_OUTCOMES: Final = 200_000_000
"""Outcomes of all replicates that are held at once: a gigabyte and a half."""


@dataclass(frozen=True)
class Request:
    """A request that can be carried out."""

    question: Question
    plan: Plan
    release: Release
    store: Store | None


@dataclass(frozen=True)
class ReplicateRequest:
    """The options of ``ifn trial replicate``, as they were typed."""

    name: str
    replicates: int
    n: str | None
    arms: str | None
    endpoint: str | None
    week: float | None
    looks: str
    boundary: str
    futility: float | None
    alpha: float
    population: str | None
    threads: int | None
    out: str | None
    overwrite: bool
    resume: bool = False

    def checked(self) -> Request:
        """Return what is to be done.

        Raises
        ------
        UserInputError
            With every problem of the options, the destination and the files.
        """
        faults = Faults()
        enough = "give 2 or more"
        faults.unless(self.replicates >= 2, "too few", f"--replicates {self.replicates}", enough)
        idle = self.threads is not None and self.threads < 1
        faults.unless(not idle, "no threads", f"--threads {self.threads}", "give 1 or more")
        for option, given in (("--overwrite", self.overwrite), ("--resume", self.resume)):
            aimless = given and self.out is None
            faults.unless(not aimless, "no run folder", option, "name a folder with --out")
        both = self.overwrite and self.resume
        faults.unless(not both, "begin again and go on", "--overwrite --resume", "choose one")
        store = faults.of(self._store)
        made = faults.of(self._plan)
        release = faults.of(
            lambda: load_release(CURRENT if self.population is None else self.population)
        )
        question = faults.of(self._question)
        if question is not None:
            there = self.replicates * sum(question.sizes)
            most = f"give {MOST_OUTCOMES // sum(question.sizes):,} or fewer"
            where = f"--replicates {self.replicates}"
            faults.unless(there <= MOST_OUTCOMES, "too many to hold in memory", where, most)
        if faults.problems or made is None or release is None or question is None:
            raise faults.error()
        return Request(question, made, release, store)

    def _store(self) -> Store | None:
        if self.out is None:
            return None
        store = open_store(self.out)
        check_store(store, self.overwrite)
        return store

    def _question(self) -> Question:
        faults = Faults()
        sizes = faults.of(lambda: _numbers(self.n, int, "--n", "120,60"))
        protocol = faults.of(lambda: load_protocol(self.name))
        arms = None if self.arms is None else tuple(x.strip() for x in self.arms.split(","))
        question = None
        if protocol is not None:
            asked = Asked(arms, self.endpoint, self.week, sizes if sizes else None)
            needed = sizes is not None or self.n is None
            question = faults.of(lambda: choose(protocol, asked)) if needed else None
        if question is None or faults.problems:
            raise faults.error()
        return question

    def _plan(self) -> Plan:
        faults = Faults()
        good = 0.0001 <= self.alpha <= 0.5
        faults.unless(good, "no type-I error", f"--alpha {self.alpha:g}", "give 0.0001 to 0.5")
        sane = self.futility is None or math.isfinite(self.futility)
        faults.unless(sane, "no number", f"--futility {self.futility}", "give for example 0")
        shares = faults.of(self._shares)
        alpha = self.alpha if good else 0.05
        one = np.ones(1) if shares is None else shares
        made = faults.of(lambda: plan(self.boundary, one, alpha, self.futility))
        if made is None or faults.problems:
            raise faults.error()
        return made

    def _shares(self) -> np.ndarray:
        fix = f"give 1 to {MOST_LOOKS}, or increasing shares that end with 1, as 0.5,0.75,1"
        shares = np.array(_numbers(self.looks, float, "--looks", "2") or (1.0,))
        if len(shares) == 1 and shares[0] == round(shares[0]) and 1 <= shares[0] <= MOST_LOOKS:
            return np.arange(1, shares[0] + 1) / shares[0]
        rising = bool(np.all(np.diff(shares) > 0.0)) and shares[0] >= 0.01 and shares[-1] == 1.0
        if not rising or len(shares) > MOST_LOOKS:
            raise UserInputError([Problem("these are no looks", f"--looks {self.looks}", fix)])
        return shares


def _numbers(
    text: str | None, kind: Callable[[str], Number], option: str, example: str
) -> tuple[Number, ...]:
    """Return the numbers of a list; none where nothing was said."""
    if text is None:
        return ()
    try:
        return tuple(kind(part) for part in text.split(","))
    except ValueError:
        fix = f"give numbers with commas between them, as {option} {example}"
        raise UserInputError([Problem("not numbers", f"{option} {text}", fix)]) from None
