"""Targets: the shipped ones, and what a user is told about a file of his own."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from ifnfactory.evidence.targets import load_targets, parse_targets
from ifnfactory.foundation.errors import UserInputError

HEADER = (
    "target_id,trial_id,parent_trial,arm_id,level,endpoint,endpoint_class,time_basis,week,"
    "weeks_after_eot,value,unit,k_used,n_used,ci_low,ci_high,weight_hint,note"
)
GOOD = "A.x,A,A,peg,arm,hbeag_loss,serology,start,72,,30,%,30,100,21.2,40,1,a note"


def problems(*lines: str) -> list[str]:
    with pytest.raises(UserInputError) as caught:
        parse_targets("\n".join((HEADER, *lines)), "mine.csv")
    return [str(problem) for problem in caught.value.problems]


def test_the_shipped_targets_are_those_of_the_evidence_base() -> None:
    targets = load_targets()
    assert len(targets) == 536
    levels = Counter(target.level for target in targets)
    assert levels == {
        "arm": 404,
        "pooled_arms": 71,
        "baseline_subgroup": 28,
        "response_subgroup": 18,
        "on_treatment_subgroup": 15,
    }
    assert sum(target.level == "arm" and target.weight > 0 for target in targets) == 385
    assert sum(target.time_basis == "eot" for target in targets) == 15
    first = targets[0]
    assert first.target_id == "LAU2005.peg_mono.hbeag_seroconversion.w72"
    assert (first.value, first.k, first.n, first.ci) == (32.0, 87, 271, (26.58, 38.02))
    assert (first.week, first.weeks_after_treatment, first.weight) == (72.0, None, 1.0)


def test_a_file_of_ones_own() -> None:
    (target,) = parse_targets(f"{HEADER}\n{GOOD}\n", "mine.csv")
    assert target.line == 2
    assert (target.trial, target.arm, target.week, target.ci) == ("A", "peg", 72.0, (21.2, 40.0))


def test_a_time_after_treatment_and_a_whole_study() -> None:
    text = "\n".join(
        (
            HEADER,
            "A.x,A,A,peg,arm,hbsag_loss,serology,eot,,52,3,%,3,100,0.6,8.5,1,",
            "A.y,A,A,peg,arm,hbsag_loss,serology,whole_study,,,3,%,,,,,0.5,",
        )
    )
    after, whole = parse_targets(text, "mine.csv")
    assert (after.week, after.weeks_after_treatment) == (None, 52.0)
    assert (whole.week, whole.weeks_after_treatment, whole.ci, whole.k) == (None, None, None, None)


def test_every_problem_is_told_with_its_line() -> None:
    told = problems(
        GOOD,
        "A.x,A,A,peg,arm,hbeag_loss,serology,start,soon,,30,%,,,,,1,",
        "A.z,A,A,peg,both,hbeag_loss,serology,start,72,,50,%,101,100,21.2,40,2,",
    )
    assert told == [
        "mine.csv:3: week 'soon' is no number — write a week, where time_basis is start",
        "mine.csv:3: target_id 'A.x' is that of line 2 too — write a name of its own",
        "mine.csv:4: value '50' lies outside its interval 21.2 to 40 — write a number",
        "mine.csv:4: k_used '101' of n_used '100' cannot be counted — "
        "write patients who reached it, or nothing",
        "mine.csv:4: weight_hint '2' is no weight — write a weight between 0 and 1",
        "mine.csv:4: level 'both' is unknown — write arm or pooled_arms or baseline_subgroup or "
        "on_treatment_subgroup or response_subgroup",
    ]


def test_half_an_interval_is_none() -> None:
    (told,) = problems("A.x,A,A,peg,arm,hbeag_loss,serology,start,72,,30,%,,,21.2,,1,")
    assert told.startswith("mine.csv:2: ci_high '' has no partner")


def test_a_missing_column_is_named() -> None:
    with pytest.raises(UserInputError, match="no column 'weight_hint' — add it: a weight"):
        parse_targets(HEADER.replace("weight_hint", "weight"), "mine.csv")


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UserInputError, match=r"none\.csv: there is no such file"):
        load_targets(tmp_path / "none.csv")


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", ":1: no column 'target_id'"),
        (bytes(300), ":1: no column 'target_id'"),
        (HEADER.encode(), ": no target stands in the file"),
        (f"{HEADER}\n{GOOD}".replace(",", ";").encode(), ":1: the columns are separated by semi"),
        (HEADER.replace("unit", "week").encode(), ":1: the column 'week' stands twice"),
        (f"{HEADER}\n{GOOD},more".encode(), ":2: the line has more cells than there are columns"),
        (f"{HEADER}\nA{'x' * 200_000}".encode(), ":2: this is not CSV: field larger"),
        (f"{HEADER}\n{GOOD}".encode("utf-16"), ": the file is not text in UTF-8"),
        (f"{HEADER}\n{GOOD}\n".encode() * 30_000, ": the file is larger than 2 MB"),
    ],
)
def test_what_is_no_such_file_is_one_message_with_file_and_remedy(
    content: bytes, told: str, tmp_path: Path
) -> None:
    file = tmp_path / "mine.csv"
    file.write_bytes(content)
    with pytest.raises(UserInputError) as caught:
        load_targets(file)
    messages = [str(problem) for problem in caught.value.problems]
    assert any(message.startswith(f"{file}{told}") for message in messages), messages
    assert all(problem.fix for problem in caught.value.problems)


def test_a_folder_and_a_byte_order_mark(tmp_path: Path) -> None:
    with pytest.raises(UserInputError, match="Is a directory"):
        load_targets(tmp_path)
    file = tmp_path / "notepad.csv"
    file.write_bytes(b"\xef\xbb\xbf" + f"{HEADER}\r\n{GOOD}\r\n".encode())
    assert [target.target_id for target in load_targets(file)] == ["A.x"]


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (",72,", ",-4,", "week '-4' lies before the start"),
        (",30,%,30,100,21.2,40", ",130,%,30,100,120,140", "value '130' is, with its interval, no"),
        (",%,", ",furlong,", "unit 'furlong' is unknown"),
        ("serology", "magic", "endpoint_class 'magic' is unknown"),
        (",30,100,", ",0,0,", "k_used '0' of n_used '0' cannot be counted"),
        (",30,%", ",nan,%", "value 'nan' is no number"),
        (",100,", ",inf,", "n_used 'inf' is no number"),
    ],
)
def test_cells_that_cannot_be(old: str, new: str, told: str) -> None:
    assert old in GOOD
    assert any(f"mine.csv:2: {told}" in each for each in problems(GOOD.replace(old, new, 1)))
