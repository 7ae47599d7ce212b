"""Policies: what is done about diagnosis, treatment and cure, and when it reaches whom."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ifnfactory.foundation.errors import Problem, UserInputError
from ifnfactory.foundation.evidence import Source
from ifnfactory.foundation.schema_faults import schema_faults
from ifnfactory.foundation.toml_gate import located, parse_toml, read_text
from ifnfactory.outlook.burden_file import PolicyFile, PolicyListFile, RampFile
from ifnfactory.outlook.people import NEVER

Floats = NDArray[np.float64]

BUILT_IN: Final = ("status_quo", "who_2030", "peg_cure")
POLICIES_MAX: Final = 8


@dataclass(frozen=True)
class Ramp:
    """A share that is reached by a year, in even steps."""

    share: float
    by: int


@dataclass(frozen=True)
class Cure:
    """A finite therapy that is offered between two years."""

    coverage: float
    from_year: int
    by: int
    chance: float


@dataclass(frozen=True)
class Policy:
    """What is done; None where things stay as they are."""

    name: str
    label: str
    diagnosed: Ramp | None
    treated: Ramp | None
    cure: Cure | None
    source: Source


def load_policies(path: Path | None) -> tuple[Policy, ...]:
    """Return the status quo and the policies of a file, or all that are built in.

    Raises
    ------
    UserInputError
        If anything in the file is wrong: all problems at once.
    """
    own = [_built_in(name) for name in (BUILT_IN if path is None else BUILT_IN[:1])]
    if path is None:
        return tuple(own)
    text = read_text(path, "name a policy file")
    raw = parse_toml(text, str(path))
    several = "policy" in raw
    faults = schema_faults(PolicyListFile if several else PolicyFile, raw)
    if faults:
        raise UserInputError(located(faults, text, str(path)))
    listed = (
        PolicyListFile.model_validate(raw).policy if several else [PolicyFile.model_validate(raw)]
    )
    policies = [*own, *(_policy(file) for file in listed)]
    _check_names(policies, path)
    return tuple(policies)


def _check_names(policies: list[Policy], path: Path) -> None:
    names = [policy.name for policy in policies]
    twice = sorted({name for name in names if names.count(name) > 1})
    problems = [
        Problem(f"two policies are called {name!r}", str(path), "give each its own name")
        for name in twice
    ]
    if len(names) > POLICIES_MAX:
        fix = f"use at most {POLICIES_MAX - 1} beside the status quo"
        problems.append(Problem(f"{len(names)} policies", str(path), fix))
    if problems:
        raise UserInputError(problems)


def _built_in(name: str) -> Policy:
    text = files("ifnfactory.outlook").joinpath("policies", f"{name}.toml").read_text("utf-8")
    return _policy(PolicyFile.model_validate(tomllib.loads(text)))


def _policy(file: PolicyFile) -> Policy:
    cure = file.cure
    return Policy(
        name=file.name,
        label=file.label,
        diagnosed=_ramp(file.diagnosed),
        treated=_ramp(file.treated),
        cure=None if cure is None else Cure(cure.coverage, cure.from_year, cure.by, cure.chance),
        source=Source(file.source or "the user's file", file.tag),
    )


def _ramp(file: RampFile | None) -> Ramp | None:
    return None if file is None else Ramp(file.share, file.by)


def reached_month(
    quantile: Floats, now: float, ramp: Ramp | None, start_year: int
) -> NDArray[np.int32]:
    """Return the month in which each person is reached, `NEVER` for who is not.

    Parameters
    ----------
    quantile
        Shape (people,): the lowest are reached first.
    now
        Share that is reached at the start.
    ramp
        Share by a year, in even steps; the share stays at `now` without it, and never falls.
    start_year
        Year of month 0.
    """
    share = now if ramp is None else max(now, ramp.share)
    months = 0 if ramp is None else max(0, 12 * (ramp.by - start_year))
    late = (quantile - now) / max(share - now, 1e-12) * months
    month = np.where(quantile < now, 0.0, np.where(quantile < share, np.ceil(late), NEVER))
    return month.astype(np.int32)


def offered_month(
    quantile: Floats, time: Floats, cure: Cure | None, start_year: int
) -> NDArray[np.int32]:
    """Return the month in which each person is offered the cure, `NEVER` for who is not.

    Parameters
    ----------
    quantile, time
        Shape (people,): whether and when, each even between 0 and 1.
    """
    if cure is None:
        return np.full(quantile.size, NEVER, dtype=np.int32)
    first = 12 * (cure.from_year - start_year)
    span = 12 * (cure.by - cure.from_year + 1)
    month = np.maximum(first + np.floor(time * span), 0)
    return np.where(quantile < cure.coverage, month, NEVER).astype(np.int32)
