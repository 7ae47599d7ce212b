"""Which protocol, arm and visit a target belongs to, or why it is not run.

Protocols are discovered, not listed: a file of the library named after a trial serves that trial.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Final

from ifnfactory.evidence.targets import Target
from ifnfactory.foundation.errors import UserInputError
from ifnfactory.trial.endpoints import Endpoint, parse_endpoint, timing_fault
from ifnfactory.trial.protocol import Arm, Protocol

TOLERANCES: Final[dict[str, float]] = {
    "mean_log10_dna_change": 0.5,
    "mean_log10_hbsag_change": 0.3,
}
"""How far a simulated mean may lie from the published one [log10]; other means are not judged."""

LEAST_NUMBERS: Final = 2
"""An arm is not recognised by a single number, which another arm may share by chance."""
NO_PROTOCOL: Final = "no built-in protocol for this trial yet"
_LEVEL_WHY: Final = {
    "pooled_arms": "pools arms: repeats the patients of rows of single arms",
    "baseline_subgroup": "subgroup by baseline: repeats patients of its trial",
    "on_treatment_subgroup": "subgroup by course on treatment: repeats patients of its trial",
    "response_subgroup": "subgroup by response: repeats patients of its trial",
}
_NOT_ALPHANUMERIC: Final = re.compile(r"[^a-z0-9]+")


@dataclass(frozen=True)
class Matching:
    """What names alone do not say.

    Attributes
    ----------
    aliases
        Arm of the evidence base and the names it may have in a protocol.
    cannot
        Trials that the model cannot express, and why.
    """

    aliases: Mapping[str, tuple[str, ...]]
    cannot: Mapping[str, str]


@dataclass(frozen=True)
class Match:
    """A target with the place where it is simulated."""

    target: Target
    protocol: str
    arm: str
    week: float


@dataclass(frozen=True)
class NotRun:
    """A target that nothing is compared with, and why."""

    target_id: str
    why: str


@lru_cache(maxsize=1)
def load_matching() -> Matching:
    """Return the rules that the package ships."""
    data = files("ifnfactory.evidence") / "data" / "matching.toml"
    raw = tomllib.loads(data.read_text(encoding="utf-8"))
    return Matching(
        aliases={str(arm): tuple(map(str, names)) for arm, names in raw["arms"].items()},
        cannot={str(trial): str(why) for trial, why in raw["cannot"].items()},
    )


def match_targets(
    targets: Sequence[Target], protocols: Sequence[Protocol], matching: Matching | None = None
) -> tuple[tuple[Match, ...], tuple[NotRun, ...]]:
    """Return where each target is simulated, and which are not; both in the order of `targets`.

    Patients count once: of two targets of one parent trial with the same arm, endpoint and week
    the one with more patients is kept.
    """
    rules = matching or load_matching()
    found: dict[tuple[str, str, str, float], Match] = {}
    reasons: dict[str, str] = {}
    for target in targets:
        match = _match(target, targets, protocols, rules)
        if isinstance(match, str):
            reasons[target.target_id] = match
            continue
        key = (match.protocol, match.arm, target.endpoint, match.week)
        other = found.get(key)
        if other is None:
            found[key] = match
            continue
        larger = (target.n or 0) > (other.target.n or 0)
        kept, left = (match, other) if larger else (other, match)
        found[key] = kept
        reasons[left.target.target_id] = f"repeats the patients of {kept.target.target_id}"
    kept_ids = {match.target.target_id: match for match in found.values()}
    return (
        tuple(kept_ids[t.target_id] for t in targets if t.target_id in kept_ids),
        tuple(NotRun(t.target_id, reasons[t.target_id]) for t in targets if t.target_id in reasons),
    )


def _match(
    target: Target, targets: Sequence[Target], protocols: Sequence[Protocol], rules: Matching
) -> Match | str:
    """Return the place of a target, or why it has none."""
    if why := _unfit(target, rules):
        return why
    serving = [
        protocol
        for trial in dict.fromkeys((target.trial, target.parent))
        for protocol in protocols
        if _serves(protocol.name, trial)
    ]
    if not serving:
        return NO_PROTOCOL
    places = _arms_by_name(target, serving, rules) or _arms_by_numbers(target, targets, serving)
    why = f"the protocol {serving[0].name} has no arm {target.arm}"
    for protocol, arm in places:
        week = _week(target, protocol, arm)
        problem = _no_visit(parse_endpoint(target.endpoint), week, protocol, arm)
        if problem is None:
            return Match(target, protocol.name, arm.name, week)
        why = problem
    return why


def _unfit(target: Target, rules: Matching) -> str | None:
    """Return why a target cannot be compared, whatever protocols there are."""
    if target.level in _LEVEL_WHY:
        return _LEVEL_WHY[target.level]
    if target.weight <= 0.0:
        return "weight 0: the source is too weak"
    for trial in (target.trial, target.parent):
        if trial in rules.cannot:
            return rules.cannot[trial]
    try:
        endpoint = parse_endpoint(target.endpoint)
    except UserInputError as error:
        return error.problems[0].what
    if target.unit not in endpoint.units:
        return f"published in {target.unit}, simulated in {endpoint.unit}"
    if endpoint.kind == "proportion" and target.ci is None:
        return "no interval: the number of patients behind the percentage is unknown"
    if endpoint.kind == "mean" and target.endpoint not in TOLERANCES:
        return "no tolerance is stated for this mean"
    return None


def _plain(name: str) -> str:
    return _NOT_ALPHANUMERIC.sub("_", name.casefold()).strip("_")


def _serves(protocol: str, trial: str) -> bool:
    """Return whether a protocol's name is that of the trial, perhaps with a part after it."""
    return f"{_plain(protocol)}_".startswith(f"{_plain(trial)}_")


def _arms_by_name(
    target: Target, serving: Sequence[Protocol], rules: Matching
) -> list[tuple[Protocol, Arm]]:
    names = {_plain(name) for name in (target.arm, *rules.aliases.get(target.arm, ()))}
    return [
        (protocol, arm)
        for protocol in serving
        for arm in protocol.arms
        if _plain(arm.name) in names
    ]


def _arms_by_numbers(
    target: Target, targets: Sequence[Target], serving: Sequence[Protocol]
) -> list[tuple[Protocol, Arm]]:
    """Return the one arm whose published rows hold every number of the target's arm, or nothing.

    Numbers of endpoints that no row of the protocol has (side effects) do not count.
    """
    arms: list[tuple[Protocol, Arm]] = []
    for protocol in serving:
        known = {row.endpoint for row in protocol.published}
        numbers = {
            (each.endpoint, each.week, each.value)
            for each in targets
            if (each.trial, each.arm, each.level) == (target.trial, target.arm, target.level)
            and each.endpoint in known
        }
        for arm in protocol.arms:
            rows = {
                (row.endpoint, row.week, row.value)
                for row in protocol.published
                if row.arm == arm.name
            }
            if len(numbers) >= LEAST_NUMBERS and numbers <= rows:
                arms.append((protocol, arm))
    return arms if len(arms) == 1 else []


def _week(target: Target, protocol: Protocol, arm: Arm) -> float:
    if target.week is not None:
        return target.week
    if target.weeks_after_treatment is not None:
        return arm.regimen.end_of_treatment_week + target.weeks_after_treatment
    return protocol.visit_weeks[-1]


def _no_visit(endpoint: Endpoint, week: float, protocol: Protocol, arm: Arm) -> str | None:
    """Return why an endpoint cannot be seen in that week, or None."""
    if week not in protocol.visit_weeks:
        last = protocol.visit_weeks[-1]
        if week > last:
            return f"the protocol {protocol.name} ends in week {last:g}"
        return f"the protocol {protocol.name} has no visit in week {week:g}"
    # A threshold and a limit given in copies and in IU may be the same number, rounded.
    limit = protocol.laboratory.dna_lloq * (1 - 1e-6)
    if endpoint.dna_below is not None and endpoint.dna_below < limit:
        return f"the laboratory of {protocol.name} cannot tell: its limit of HBV DNA is higher"
    return timing_fault(endpoint, week, arm.regimen.end_of_treatment_week)
