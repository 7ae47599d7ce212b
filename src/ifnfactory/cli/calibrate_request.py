"""Checking what a calibration is asked before anything is simulated."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ifnfactory.cli.faults import Faults


@dataclass(frozen=True)
class CalibrateRequest:
    """The options of ``ifn calibrate``, as they were typed."""

    budget: float
    out: Path
    resume: bool
    patients: int
    seed: int
    threads: int | None

    def checked(self) -> CalibrateRequest:
        """Return itself.

        Raises
        ------
        UserInputError
            With every problem of the options.
        """
        faults, enough = Faults(), "give 1 or more"
        some = self.budget > 0 or (self.resume and self.budget == 0)
        told = "give minutes; 0 with --resume, where only the ensemble is missing"
        faults.unless(some, "no time", f"--budget {self.budget:g}", told)
        faults.unless(self.patients >= 1, "no patients", f"--patients {self.patients}", enough)
        idle = self.threads is not None and self.threads < 1
        faults.unless(not idle, "no threads", f"--threads {self.threads}", enough)
        faults.unless(self.seed >= 0, "no seed", f"--seed {self.seed}", "give 0 or more")
        where, begun = f"--out {self.out}", (self.out / "search.json").is_file()
        if self.resume:
            faults.unless(begun, "no search lies there", where, "leave --resume out to begin one")
        elif begun:
            faults.unless(
                False, "a search lies there", where, "go on with --resume, or choose another folder"
            )
        else:
            strange = self.out.exists() and (not self.out.is_dir() or any(self.out.iterdir()))
            faults.unless(not strange, "this is no empty folder", where, "choose another")
        if faults.problems:
            raise faults.error()
        return self
