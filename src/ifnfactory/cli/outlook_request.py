"""Checking what a person asked of ``ifn outlook`` before anybody is followed."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from ifnfactory.cli.faults import Faults
from ifnfactory.outlook.economics import Prices, load_prices
from ifnfactory.outlook.questions import DEFAULT_LOCATION, question_of_cohort, question_of_run
from ifnfactory.runs.destination import check_destination

if TYPE_CHECKING:
    from ifnfactory.outlook.lifetime import Question

YEARS_MAX: Final = 100
PEOPLE_MAX: Final = 5_000_000


@dataclass(frozen=True)
class Asked:
    """What can be carried out."""

    question: Question
    prices: Prices | None


@dataclass(frozen=True)
class OutlookRequest:
    """The arguments of ``ifn outlook run``, as they were typed."""

    cohort: Path | None
    trial: Path | None
    years: int
    people: int
    seed: int
    draws: int
    location: str | None
    rescue_years: float | None
    interferon_hcc_ratio: float
    against: str | None
    costs: Path | None
    out: Path | None
    overwrite: bool
    threads: int | None

    def checked(self) -> Asked:
        """Return the question if everything that was asked can be carried out.

        Raises
        ------
        UserInputError
            With every problem of the options, the files and the destination.
        """
        faults = Faults()
        between = f"give 1 to {YEARS_MAX}"
        good = 1 <= self.years <= YEARS_MAX
        faults.unless(good, "nobody is followed so long", f"--years {self.years}", between)
        many = 1 <= self.people <= PEOPLE_MAX
        fix = f"give 1 to {PEOPLE_MAX:,}"
        faults.unless(many, "no such number of people", f"--people {self.people}", fix)
        faults.unless(self.draws >= 0, "less than none", f"--draws {self.draws}", "give 0 or more")
        idle = self.threads is not None and self.threads < 1
        faults.unless(not idle, "no threads", f"--threads {self.threads}", "give 1 or more")
        aimless = self.overwrite and self.out is None
        faults.unless(not aimless, "nothing to replace", "--overwrite", "name a folder with --out")
        out, costs = self.out, self.costs
        if out is not None:
            faults.of(lambda: check_destination(out, self.overwrite))
        prices = faults.of(lambda: load_prices(costs)) if costs is not None else None
        question = self._question(faults)
        if prices is not None and question is not None:
            faults.of(lambda: prices.check_groups(question.names, str(costs)))
        if faults.problems or question is None:
            raise faults.error()
        return Asked(question, prices)

    def _question(self, faults: Faults) -> Question | None:
        cohort, trial = self.cohort, self.trial
        one = (cohort is None) != (trial is None)
        fix = "name a COHORT.toml, or a run folder with --from"
        faults.unless(one, "nobody, or two kinds of people, to follow", "outlook run", fix)
        if not one:
            return None
        # What it is decides, not which way it was named.
        people = cohort or trial or Path()
        if people.is_file() or (people.suffix == ".toml" and not people.is_dir()):
            self._check_cohort_only(faults)
            return faults.of(lambda: question_of_cohort(people, self.against))
        return faults.of(
            lambda: question_of_run(
                people,
                self.location or DEFAULT_LOCATION,
                self.rescue_years,
                self.against,
                self.interferon_hcc_ratio,
            )
        )

    def _check_cohort_only(self, faults: Faults) -> None:
        """Note the options that only mean something for a run folder."""
        fix, what = "leave it away; the cohort file says it", "this goes with a run folder only"
        faults.unless(self.location is None, what, "--location", fix)
        faults.unless(self.rescue_years is None, what, "--rescue-years", "set reached in the file")
        alone = self.interferon_hcc_ratio == 1.0
        faults.unless(alone, what, "--interferon-hcc-ratio", "leave it away")


def check_validation(draws: int, people: int) -> None:
    """Raise a `UserInputError` if the options of ``ifn outlook validate`` cannot be meant."""
    faults = Faults()
    faults.unless(draws >= 0, "less than none", f"--draws {draws}", "give 0 or more")
    many, fix = 1 <= people <= PEOPLE_MAX, f"give 1 to {PEOPLE_MAX:,}"
    faults.unless(many, "no such number of people", f"--people {people}", fix)
    if faults.problems:
        raise faults.error()
