"""Questions from what a user names: a cohort file, or the run folder of a trial."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Final, Protocol, TypeVar

from ifnfactory.foundation.errors import Problem, UserInputError
from ifnfactory.outlook.bridge import people_at_end, read_trial_end
from ifnfactory.outlook.cohort import draw_people, load_cohort
from ifnfactory.outlook.life_table import DEFAULT_PERIOD, location_fix, locations
from ifnfactory.outlook.lifetime import Question
from ifnfactory.outlook.people import NEVER, WEEKS_PER_YEAR

DEFAULT_LOCATION: Final = "World"


class _Named(Protocol):
    @property
    def name(self) -> str: ...


_Kind = TypeVar("_Kind", bound=_Named)


def _put_first(groups: tuple[_Kind, ...], name: str | None) -> tuple[_Kind, ...]:
    """Return the groups with the one called `name` first."""
    names = [group.name for group in groups]
    if name is not None and name not in names:
        problem = Problem(f"no group {name!r}", "--against", f"there are {', '.join(names)}")
        raise UserInputError([problem])
    return tuple(sorted(groups, key=lambda group: group.name != name))


def question_of_cohort(path: Path, against: str | None = None) -> Question:
    """Return the question of a ``COHORT.toml``.

    Parameters
    ----------
    against
        Name of the group that the others are compared with; the first if None.

    Raises
    ------
    UserInputError
        If anything in it is wrong: all problems at once.
    """
    cohort = load_cohort(path)
    groups = _put_first(cohort.groups, against)
    return Question(
        title=cohort.title,
        subtitle=f"{len(groups)} groups of {path.name}",
        names=tuple(group.name for group in groups),
        labels=tuple(group.label for group in groups),
        draw=lambda values, n, seed, _: draw_people(groups, values, n, seed),
        location=cohort.location,
        period=cohort.period,
        transplant_access=cohort.transplant_access,
        rates=cohort.rates,
        interferon_years=tuple(group.interferon_weeks / WEEKS_PER_YEAR for group in groups),
        source_text=cohort.source_text,
        remarks=tuple(f"{group.label}: {group.source}" for group in groups),
    )


def question_of_run(
    folder: Path,
    location: str,
    rescue_years: float | None,
    against: str | None = None,
    interferon_hcc_ratio: float = 1.0,
) -> Question:
    """Return the question of a trial's run folder: its arms over a lifetime.

    Parameters
    ----------
    location
        Whose life table and regional ratios hold.
    rescue_years
        From this time on, who has active disease or cirrhosis is treated; None for never.
    against
        Name of the arm that the others are compared with; the first if None.
    interferon_hcc_ratio
        Effect of an interferon on HCC beyond the response, for a sensitivity analysis.

    Raises
    ------
    UserInputError
        If there is no such location, or this is no run folder: all problems at once.
    """
    problems: list[Problem] = []
    if location not in locations():
        what = f"unknown location {location!r}"
        problems.append(Problem(what, "--location", location_fix(location)))
    if rescue_years is not None and rescue_years < 0:
        problem = Problem("a time before the end of the trial", "--rescue-years", "give 0 or more")
        problems.append(problem)
    if not 0 < interferon_hcc_ratio <= 1:
        where = f"--interferon-hcc-ratio {interferon_hcc_ratio:g}"
        problems.append(Problem("no ratio of protection", where, "give a number from 0.15 to 1"))
    try:
        end = read_trial_end(folder)
    except UserInputError as error:
        raise UserInputError([*problems, *error.problems]) from error
    try:
        arms = _put_first(end.arms, against)
    except UserInputError as error:
        raise UserInputError([*problems, *error.problems]) from error
    if problems:
        raise UserInputError(problems)
    end = replace(end, arms=arms)
    month = NEVER if rescue_years is None else round(rescue_years * 12)
    left_out = ", ".join(f"{a.excluded} of {a.label}" for a in end.arms if a.excluded)
    then = (
        "nobody is treated after the trial"
        if rescue_years is None
        else f"who has active disease or cirrhosis is treated from year {rescue_years:g}"
    )
    return Question(
        title=f"After the trial: {end.title}",
        subtitle=f"from week {end.week:g} of {end.trial}, seed {end.seed}, version {end.version}",
        names=tuple(arm.name for arm in end.arms),
        labels=tuple(arm.label for arm in end.arms),
        draw=lambda values, n, seed, draw: people_at_end(end, values, n, seed, month, draw),
        location=location,
        period=DEFAULT_PERIOD,
        transplant_access=None,
        rates=(("peginterferon_hcc_ratio", interferon_hcc_ratio),),
        interferon_years=tuple(arm.interferon_weeks / WEEKS_PER_YEAR for arm in arms),
        source_text="",
        remarks=(
            f"People start where the patients of the trial stood at their last visit; {then}.",
            "Intervals hold the parameters and the number of the trial's patients, who are drawn "
            "anew for every draw of the parameters.",
            _own_effect(interferon_hcc_ratio),
            *([f"Without laboratory values, not followed: {left_out}."] if left_out else []),
        ),
    )


def _own_effect(ratio: float) -> str:
    if ratio == 1.0:
        return "The response alone carries a benefit: interferon has no effect of its own on HCC."
    return (
        f"Sensitivity analysis: interferon multiplies the hazard of HCC by {ratio:g} beyond the "
        "response; the observation behind that is confounded by indication."
    )
