"""Checking everything that a person asked for before the first patient is simulated."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ifnfactory.cli.faults import Faults
from ifnfactory.foundation.provenance import memory_bytes
from ifnfactory.runs.destination import check_destination
from ifnfactory.trial.protocol import Protocol, load_protocol
from ifnfactory.trial.size import memory_needed


@dataclass(frozen=True)
class RunRequest:
    """The options of ``ifn trial run``, as they were typed."""

    name: str
    patients: int
    seed: int
    out: Path | None
    overwrite: bool
    threads: int | None

    def checked(self) -> Protocol:
        """Return the protocol if the whole request can be carried out.

        Raises
        ------
        UserInputError
            With every problem of the options, the destination and the protocol file.
        """
        faults = Faults()
        enough = "give 1 or more"
        faults.unless(self.patients >= 1, "no patients", f"--patients {self.patients}", enough)
        idle = self.threads is not None and self.threads < 1
        faults.unless(not idle, "no threads", f"--threads {self.threads}", enough)
        aimless = self.overwrite and self.out is None
        faults.unless(not aimless, "nothing to replace", "--overwrite", "name a folder with --out")
        out = self.out
        if out is not None:
            faults.of(lambda: check_destination(out, self.overwrite))
        protocol = faults.of(lambda: load_protocol(self.name))
        if protocol is not None:
            self._fits(protocol, faults)
        if protocol is None or faults.problems:
            raise faults.error()
        return protocol

    def _fits(self, protocol: Protocol, faults: Faults) -> None:
        """Note a problem if the patients cannot be held in this machine's memory."""
        there = memory_bytes()
        if there is not None:
            faults.unless(
                memory_needed(protocol, self.patients) <= there,
                f"they need about {memory_needed(protocol, self.patients) / 1e9:,.0f} GB of memory",
                f"--patients {self.patients}",
                f"this machine has {there / 1e9:,.0f} GB: "
                f"give {there // memory_needed(protocol, 1):,} or fewer",
            )
