"""Checking everything that a comparison needs."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ifnfactory.cli.faults import Faults
from ifnfactory.foundation.progress import Progress
from ifnfactory.report.comparison.load import LoadedRun, load_runs
from ifnfactory.report.comparison.plan import Plan, plan
from ifnfactory.runs.find import FoundRun, find_runs
from ifnfactory.runs.folder import check_destination
from ifnfactory.trial.contrasts.subgroups import FACTORS


@dataclass(frozen=True)
class Request:
    """A comparison that can be made."""

    runs: tuple[LoadedRun, ...]
    plan: Plan
    factors: tuple[str, ...]


@dataclass(frozen=True)
class CompareRequest:
    """The options of ``ifn compare``, as they were typed."""

    places: tuple[str, ...]
    by: str | None
    against: str | None
    endpoint: str | None
    week: float | None
    out: Path | None
    overwrite: bool

    def checked(self, progress: Progress) -> Request:
        """Read what is to be compared.

        Raises
        ------
        UserInputError
            With every problem of the options, the destination and the runs.
        """
        faults = Faults()
        factors = tuple(part.strip() for part in self.by.split(",")) if self.by else ()
        for factor in factors:
            fix = f"choose of {', '.join(FACTORS)}, with commas between several"
            faults.unless(factor in FACTORS, f"no subgroups {factor!r}", f"--by {self.by}", fix)
        aimless = self.overwrite and self.out is None
        faults.unless(not aimless, "nothing to replace", "--overwrite", "name a folder with --out")
        if (out := self.out) is not None:
            faults.of(lambda: check_destination(out, self.overwrite))
        runs = self._runs(faults, progress)
        made = None
        if runs:
            made = faults.of(lambda: plan(runs, self.against, self.endpoint, self.week))
        if made is None or runs is None or faults.problems:
            raise faults.error()
        return Request(runs, made, factors)

    def _runs(self, faults: Faults, progress: Progress) -> tuple[LoadedRun, ...] | None:
        """Return the runs in the order in which they were named."""
        found: dict[str, FoundRun] = {}
        for place in self.places:
            for run in faults.of(lambda place=place: find_runs([place], progress)) or ():
                found.setdefault(run.store.url, run)
        if not found:
            return None
        return faults.of(lambda: load_runs(tuple(found.values()), progress))
