"""Targets find their protocol, arm and visit by rule, and say why when they do not."""

from __future__ import annotations

from dataclasses import replace

import pytest
from evidence_cases import TARGET

from ifnfactory.evidence.matching import NO_PROTOCOL, Match, Matching, match_targets
from ifnfactory.evidence.targets import Target, load_targets
from ifnfactory.trial.catalogue import protocol_names
from ifnfactory.trial.protocol import Protocol, load_protocol

LAU = load_protocol("lau2005")
RULES = Matching(aliases={"peg_mono": ("peg",)}, cannot={"OTHER": "it is another disease"})


def why(target: Target, *protocols: Protocol) -> str:
    (left,) = match_targets([target], protocols or (LAU,), RULES)[1]
    assert left.target_id == target.target_id
    return left.why


def found(target: Target, *protocols: Protocol) -> Match:
    (match,) = match_targets([target], protocols or (LAU,), RULES)[0]
    return match


def renamed(protocol: Protocol, name: str, **arms: str) -> Protocol:
    """Return the protocol with another name and other names of arms."""
    return replace(
        protocol,
        name=name,
        arms=tuple(replace(arm, name=arms.get(arm.name, arm.name)) for arm in protocol.arms),
        published=tuple(replace(row, arm=arms.get(row.arm, row.arm)) for row in protocol.published),
    )


def test_an_arm_is_found_by_its_alias_and_by_its_name() -> None:
    match = found(TARGET)
    assert (match.protocol, match.arm, match.week) == ("lau2005", "peg", 72.0)
    assert found(replace(TARGET, arm="peg_lam")).arm == "peg_lam"
    assert found(replace(TARGET, arm="Peg-Lam")).arm == "peg_lam"


def test_a_cohort_is_found_under_its_parent() -> None:
    assert found(replace(TARGET, trial="LATER2013")).protocol == "lau2005"


@pytest.mark.parametrize("name", ["lau2005", "lau2005_asian", "LAU2005"])
def test_a_protocol_serves_the_trial_that_it_is_named_after(name: str) -> None:
    assert found(TARGET, renamed(LAU, name)).protocol == name


@pytest.mark.parametrize("name", ["lau20051", "my_lau2005", "marcellin2004"])
def test_and_no_other(name: str) -> None:
    assert why(TARGET, renamed(LAU, name)) == NO_PROTOCOL


def test_an_arm_with_another_name_is_found_by_its_numbers() -> None:
    other = renamed(LAU, "lau2005", peg="first", lam="third")
    targets = [target for target in load_targets() if target.trial == "LAU2005"]
    matches, _ = match_targets(targets, [other], RULES)
    arms = {(match.target.arm, match.arm) for match in matches}
    assert arms == {("peg_mono", "first"), ("peg_lam", "peg_lam"), ("lam", "third")}


def test_one_number_in_common_is_no_proof_of_an_arm() -> None:
    other = renamed(LAU, "lau2005", peg="first")
    targets = [
        TARGET,
        replace(TARGET, target_id="x", endpoint="alt_normal", value=99.0, ci=(90.0, 100.0)),
    ]
    matches, left = match_targets(targets, [other], RULES)
    assert not matches
    assert left[0].why == "the protocol lau2005 has no arm peg_mono"


def test_weeks_after_treatment_count_from_the_arms_last_stop() -> None:
    after = replace(TARGET, time_basis="eot", week=None, weeks_after_treatment=24.0)
    assert found(after).week == 72.0
    whole = replace(TARGET, time_basis="whole_study", week=None)
    assert found(whole).week == 72.0


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"level": "pooled_arms"}, "pools arms: repeats the patients of rows of single arms"),
        ({"level": "baseline_subgroup"}, "subgroup by baseline: repeats patients of its trial"),
        ({"weight": 0.0}, "weight 0: the source is too weak"),
        ({"trial": "OTHER", "parent": "OTHER"}, "it is another disease"),
        ({"trial": "NONE", "parent": "NONE"}, NO_PROTOCOL),
        ({"endpoint": "hbv_rna_happy"}, "unknown endpoint 'hbv_rna_happy'"),
        ({"unit": "IU/mL"}, "published in IU/mL, simulated in %"),
        (
            {"ci": None},
            "no interval: the number of patients behind the percentage is unknown",
        ),
        (
            {"endpoint": "mean_log10_rna_change", "unit": "log10 copies/mL", "ci": None},
            "no tolerance is stated for this mean",
        ),
        ({"arm": "adefovir"}, "the protocol lau2005 has no arm adefovir"),
        ({"week": 71.0}, "the protocol lau2005 has no visit in week 71"),
        ({"week": 96.0}, "the protocol lau2005 ends in week 96"),
        (
            {"endpoint": "hbv_dna_lt_10iu"},
            "the laboratory of lau2005 cannot tell: its limit of HBV DNA is higher",
        ),
        (
            {"endpoint": "functional_cure", "week": 48.0},
            "functional_cure needs 24 weeks after all therapy, so week 72 or later",
        ),
    ],
)
def test_what_is_not_run_says_why(changes: dict[str, object], told: str) -> None:
    expected = told.replace("ends in week 96", "ends in week 72")
    assert why(replace(TARGET, **changes)) == expected


def test_the_same_patients_count_once() -> None:
    later = replace(TARGET, target_id="later", trial="LATER2013", n=60)
    matches, left = match_targets([later, TARGET], [LAU], RULES)
    assert [match.target.target_id for match in matches] == [TARGET.target_id]
    assert [(each.target_id, each.why) for each in left] == [
        ("later", f"repeats the patients of {TARGET.target_id}")
    ]
    assert match_targets([TARGET, later], [LAU], RULES)[0] == matches


def test_every_shipped_target_is_either_matched_or_has_a_reason() -> None:
    targets = load_targets()
    protocols = [load_protocol(name) for name in protocol_names()]
    matches, left = match_targets(targets, protocols)
    ids = [match.target.target_id for match in matches] + [each.target_id for each in left]
    assert sorted(ids) == sorted(target.target_id for target in targets)
    assert all(each.why for each in left)
    # The file may grow; what the three first trials published stays matched.
    assert sum(match.target.parent == "LAU2005" for match in matches) >= 36


def test_protocol_and_evidence_print_the_same_numbers() -> None:
    protocols = {name: load_protocol(name) for name in protocol_names()}
    compared = 0
    for match in match_targets(load_targets(), list(protocols.values()))[0]:
        for row in protocols[match.protocol].published:
            if (row.arm, row.endpoint, row.week) == (match.arm, match.target.endpoint, match.week):
                compared += 1
                assert (row.value, row.ci) == (match.target.value, match.target.ci), match
                assert row.weight == match.target.weight, match
    assert compared >= 80
