"""Checking what a person asked of ``ifn burden`` before anybody is followed."""

from __future__ import annotations

from pathlib import Path

from ifnfactory.cli.faults import Faults
from ifnfactory.cli.outlook_request import PEOPLE_MAX
from ifnfactory.outlook.country import Country, load_country
from ifnfactory.outlook.policy import Policy, load_policies
from ifnfactory.runs.destination import check_destination


def checked_burden(
    country: Path,
    policy: Path | None,
    people: int,
    draws: int,
    out: Path | None,
    overwrite: bool,
    threads: int | None,
) -> tuple[Country, tuple[Policy, ...]]:
    """Return country and policies if everything that was asked can be carried out.

    Raises
    ------
    UserInputError
        With every problem of the options, the files and the destination.
    """
    faults = Faults()
    many = 1 <= people <= PEOPLE_MAX
    fix = f"give 1 to {PEOPLE_MAX:,}"
    faults.unless(many, "no such number of people", f"--people {people}", fix)
    faults.unless(draws >= 0, "less than none", f"--draws {draws}", "give 0 or more")
    idle = threads is not None and threads < 1
    faults.unless(not idle, "no threads", f"--threads {threads}", "give 1 or more")
    aimless = overwrite and out is None
    faults.unless(not aimless, "nothing to replace", "--overwrite", "name a folder with --out")
    if out is not None:
        faults.of(lambda: check_destination(out, overwrite))
    place = faults.of(lambda: load_country(country))
    policies = faults.of(lambda: load_policies(policy))
    if faults.problems or place is None or policies is None:
        raise faults.error()
    return place, policies
