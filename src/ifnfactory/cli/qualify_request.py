"""Checking everything that a qualification needs before the first patient is simulated."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ifnfactory.cli.faults import Faults
from ifnfactory.evidence.matching import NO_PROTOCOL, match_targets
from ifnfactory.evidence.natural_history import FOLLOWED
from ifnfactory.evidence.targets import Target, load_targets
from ifnfactory.foundation.provenance import memory_bytes
from ifnfactory.population.released import CURRENT, Release, load_release
from ifnfactory.runs.destination import check_destination
from ifnfactory.trial.catalogue import protocol_names
from ifnfactory.trial.protocol import Protocol, load_protocol
from ifnfactory.trial.size import memory_needed

_ENOUGH: Final = "give 1 or more"


@dataclass(frozen=True)
class QualifyRequest:
    """The options of ``ifn qualify``, as they were typed."""

    patients: int
    seed: int
    threads: int | None
    targets: Path | None
    population: str | None
    out: Path | None
    overwrite: bool

    def checked(self) -> tuple[tuple[Target, ...] | None, Release]:
        """Return the targets of the user's file (None: those of the package) and the population.

        Raises
        ------
        UserInputError
            With every problem of the options, the destination, the file and the protocols.
        """
        faults = Faults()
        faults.unless(self.patients >= 1, "no patients", f"--patients {self.patients}", _ENOUGH)
        idle = self.threads is not None and self.threads < 1
        faults.unless(not idle, "no threads", f"--threads {self.threads}", _ENOUGH)
        aimless = self.overwrite and self.out is None
        faults.unless(not aimless, "nothing to replace", "--overwrite", "name a folder with --out")
        out = self.out
        if out is not None:
            faults.of(lambda: check_destination(out, self.overwrite))
        loaded = [faults.of(lambda name=name: load_protocol(name)) for name in protocol_names()]
        protocols = [protocol for protocol in loaded if protocol is not None]
        self._fits(protocols, faults)
        chosen = None
        if self.targets is not None:
            path = self.targets
            chosen = faults.of(lambda: load_targets(path))
            _each_has_a_protocol(chosen or (), protocols, path, faults)
        release = faults.of(
            lambda: load_release(CURRENT if self.population is None else self.population)
        )
        if faults.problems or release is None:
            raise faults.error()
        return chosen, release

    def _fits(self, protocols: Sequence[Protocol], faults: Faults) -> None:
        """Note a problem if the patients of the largest run do not fit into the memory."""
        there = memory_bytes()
        largest = FOLLOWED * max(memory_needed(each, self.patients) for each in protocols)
        if there is not None and self.patients >= 1:
            told = f"they need about {largest / 1e9:,.0f} GB of memory"
            most = self.patients * there // largest
            fix = f"this machine has {there / 1e9:,.0f} GB: give {most:,} or fewer"
            faults.unless(largest <= there, told, f"--patients {self.patients}", fix)


def _each_has_a_protocol(
    targets: Sequence[Target], protocols: Sequence[Protocol], path: Path, faults: Faults
) -> None:
    """Note every target of a user's file whose trial is not built in; all, if none can be run."""
    matches, not_run = match_targets(targets, protocols)
    left = {each.target_id: each.why for each in not_run}
    for target in targets:
        why = left.get(target.target_id)
        where = f"{path}:{target.line}"
        if why == NO_PROTOCOL:
            told = f"no protocol for the trial {target.trial}"
            fix = "take the line out, or name one of the trials of: ifn trial list"
            faults.unless(False, told, where, fix)
        elif why is not None and not matches:
            fix = "give one that a built-in trial can be held against: ifn trial show TRIAL"
            faults.unless(False, f"nothing to compare it with: {why}", where, fix)
