"""Why results are missed: the file names what exists, and a slip in it is told."""

from dataclasses import replace
from fnmatch import fnmatchcase
from pathlib import Path

import pytest
from evidence_cases import ROW

from ifnfactory.evidence.matching import TOLERANCES, Match, match_targets
from ifnfactory.evidence.reasons import Reason, Side, explain, load_reasons
from ifnfactory.evidence.targets import Target, load_targets
from ifnfactory.foundation.errors import ModelError
from ifnfactory.trial.catalogue import protocol_names
from ifnfactory.trial.endpoints import parse_endpoint
from ifnfactory.trial.protocol import load_protocol


def test_every_pattern_names_a_target_and_every_witness_is_one() -> None:
    known = {target.target_id for target in load_targets()}
    for reason in load_reasons():
        for pattern in reason.targets:
            assert any(fnmatchcase(name, pattern) for name in known), pattern
        assert set(reason.against) <= known, reason.why


def test_a_result_is_no_witness_against_itself() -> None:
    for reason in load_reasons():
        assert not any(map(reason.names, reason.against)), reason.why


POTENT = {"entecavir", "tenofovir_df", "tenofovir_alafenamide"}
COMPARED, _ = match_targets(load_targets(), [load_protocol(name) for name in protocol_names()])
MATCHES = {match.target.target_id: match for match in COMPARED}
CONTRADICTED = [reason for reason in load_reasons() if reason.kind == "contradicted"]


def drugs(match: Match) -> set[str]:
    """Return what an arm is given; peginterferons are one, and so are equally potent analogues."""
    names = {
        course.drug.name
        for course in load_protocol(match.protocol).arm(match.arm).regimen.courses
        if course.start_week < match.week
    }
    return {
        "potent" if n in POTENT else n.replace("alfa_2b", "alfa_2a") if "peg" in n else n
        for n in names
    }


def limits(target: Target) -> tuple[float, float]:
    tolerance = TOLERANCES.get(target.endpoint, 0.0)
    return target.ci or (target.value - tolerance, target.value + tolerance)


def hbeag(match: Match) -> set[bool]:
    share = load_protocol(match.protocol).baseline.hbeag_positive_share
    return {True, False} if 0.0 < share < 1.0 else {share == 1.0}


def asks_as_much(one: Target, other: Target, side: str) -> bool:
    """Return whether two endpoints are one, or the witness's limit of HBV DNA is the harder."""
    if one.endpoint == other.endpoint:
        return True
    mine, theirs = (parse_endpoint(each.endpoint).dna_below for each in (one, other))
    return side == "high" and mine is not None and theirs is not None and theirs <= mine


@pytest.mark.parametrize("reason", CONTRADICTED, ids=lambda reason: reason.targets[0])
def test_what_is_called_contradicted_cannot_be_met_together_with_its_witnesses(
    reason: Reason,
) -> None:
    missed = [match for name, match in MATCHES.items() if reason.names(name)]
    witnesses = [MATCHES[name] for name in reason.against]
    assert missed
    assert witnesses
    assert reason.side != "any"
    for match in missed:
        target = match.target
        low, high = limits(target)
        seen: set[bool] = set()
        for witness in witnesses:
            other = witness.target
            assert asks_as_much(target, other, reason.side), (target, other)
            # A change is negative: what is missed on the high side is too deep a fall.
            deeper = target.endpoint.startswith("mean_") == (reason.side == "high")
            below, above = limits(other)
            assert above < low if deeper else below > high, (target.target_id, other.target_id)
            fewer, more = sorted((drugs(match), drugs(witness)), key=len)
            assert fewer <= more, (drugs(match), drugs(witness))
            assert len(drugs(witness)) <= len(drugs(match))
            seen |= hbeag(witness)
        if target.endpoint_class != "safety":
            assert seen == hbeag(match), target.target_id


def test_a_reason_holds_on_its_own_side_alone() -> None:
    low = replace(ROW, simulated=ROW.published - 20.0, inside=False)
    high = replace(ROW, simulated=ROW.published + 20.0, inside=False)
    cases: tuple[tuple[Side, list[bool]], ...] = (
        ("low", [True, False]),
        ("high", [False, True]),
        ("any", [True, True]),
    )
    for side, told in cases:
        reason = Reason((ROW.target_id,), "mechanism", side, "so it is")
        assert [explain(row, [], [reason]) is not None for row in (low, high)] == told


def test_slips_in_the_file_are_told_all_at_once(tmp_path: Path) -> None:
    file = tmp_path / "reasons.toml"
    file.write_text(
        '[[reason]]\ntargets = ["A"]\nkind = "guess"\nside = "low"\nwhy = "so"\n'
        '[[reason]]\ntargets = ["A"]\nkind = "unstated"\n',
        encoding="utf-8",
    )
    with pytest.raises(ModelError) as caught:
        load_reasons(file)
    assert "entry 1: the kind is one of" in str(caught.value)
    assert "entry 2 needs" in str(caught.value)
