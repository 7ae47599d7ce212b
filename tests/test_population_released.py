"""Released populations: kept, complete, with an origin, and refused where they do not fit."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from ifnfactory.biology.system import build_system
from ifnfactory.foundation.errors import UserInputError
from ifnfactory.population.release import number_at, starting_population
from ifnfactory.population.released import (
    CURRENT,
    load_release,
    read_release,
    release_names,
    shipped_population,
    write_release,
)


def text(**changes: object) -> str:
    body = {
        "name": "test",
        "structure": build_system().fingerprint,
        "provenance": {"command": "a test"},
        "reference": {"silencing_rate": 0.3, "lamivudine:log10_residual": -6.0},
        "members": [
            {"weight": 0.5, "numbers": {"silencing_rate": 0.3}},
            {"weight": 0.5, "numbers": {"silencing_rate": 0.2}},
        ],
    }
    return json.dumps(body | changes)


def test_the_current_release_belongs_to_this_model_and_has_an_ensemble() -> None:
    release = load_release()
    assert CURRENT in release_names()
    assert release.structure == build_system().fingerprint
    assert len(release.members) >= 10
    assert sum(member.weight for member in release.members) == pytest.approx(1.0)
    assert dict(release.provenance)["command"].startswith("ifn calibrate")
    for path, value in release.reference.items():
        assert number_at(shipped_population(), path) == pytest.approx(value, rel=1e-12)


def test_members_differ_from_each_other() -> None:
    ensemble = load_release().ensemble()
    assert len({population.fingerprint for _, population in ensemble}) == len(ensemble)


def test_calibrated_numbers_say_so_and_name_their_start() -> None:
    population = read_release(text(), "test").population()
    silencing = next(p for p in population.network.parameters if p.name == "silencing_rate")
    assert silencing.value == 0.3
    assert silencing.source.tag == "fit"
    assert "release test, from 0.2009" in silencing.source.text
    start = next(p for p in starting_population().network.parameters if p.name == "silencing_rate")
    assert str(start.source) in silencing.source.text
    untouched = next(p for p in population.network.parameters if p.name == "rna_capsid_rate")
    assert untouched.source.tag != "fit"


def test_what_is_written_is_read_again() -> None:
    release = read_release(text(), "test")
    assert read_release(write_release(release), "again") == release


def one(path: str, value: object) -> dict[str, object]:
    return {"reference": {path: value}}


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"structure": "f00"}, "another version of the model"),
        ({"structure": ""}, "structure: "),
        ({"name": 3}, "name: "),
        ({"members": [{"weight": 0.4, "numbers": {}}]}, "add up to 0.4"),
        ({"members": [{"weight": -1.0, "numbers": {}}]}, "members.0.weight"),
        ({"members": [{"weight": 1.0, "numbers": {"nk_share": -1}}]}, "members.0.numbers.nk_share"),
        ({"reference": {"nothing": 1.0}}, "nothing"),
        ({"reference": {"silencing_rate@moon": 1.0}}, "the strata are"),
        ({"reference": []}, "reference: "),
        ({"members": []}, "members"),
        ({"colour": "red"}, "colour"),
        (one("silencing_rate", float("nan")), "silencing_rate is nan — write a finite number"),
        (one("silencing_rate", float("inf")), "silencing_rate is inf"),
        (one("silencing_rate", -0.3), "is -0.3 — write a number above 0"),
        (one("silencing_rate", 0), "is 0 — write a number above 0"),
        (one("silencing_rate", 1e300), "write a number within"),
        (one("silencing_rate", "0.3"), "silencing_rate: Input should be a valid number"),
        (one("silencing_rate", True), "silencing_rate: Input should be a valid number"),
        (one("silencing_rate~sd", -0.1), "write an SD from 0 to 10"),
        (one("cytolytic_share~sd", 0.1), "this parameter has no SD"),
        (one("cytolytic_share", 1.5), "write a number of at most 1"),
        (one("infected_fraction", 1.0), "write a number below 1"),
        (one("lamivudine:log10_residual", 2.0), "write 0 or less"),
        (one("interferon_alfa:ec50", -2.0), "write a number above 0"),
        (one("aspirin:ec50", 2.0), "no drug has this number"),
        (one("immune_margin~ln_alt", 1e9), "write -50 to 50"),
    ],
)
def test_what_does_not_fit_is_refused_with_file_and_remedy(
    tmp_path: Path, changes: dict[str, object], fault: str
) -> None:
    file = tmp_path / "mine.json"
    file.write_text(text(**changes))
    with pytest.raises(UserInputError, match=re.escape(fault)) as caught:
        load_release(str(file))
    for problem in caught.value.problems:
        assert problem.where == str(file)
        assert problem.fix


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (b"", "not JSON"),
        (bytes(100), "not JSON"),
        (text().encode()[:80], "not JSON"),
        (b"[1, 2]", "no object"),
        (b"[" * 100_000, "nested too deeply"),
        (text().encode("utf-16"), "not text in UTF-8"),
        (text().replace('"name"', '"name": "a", "name"', 1).encode(), "'name' stands twice"),
        (b" " * 3_000_000, "larger than 2 MB"),
    ],
)
def test_what_is_no_such_file_is_one_message(tmp_path: Path, content: bytes, fault: str) -> None:
    file = tmp_path / "mine.json"
    file.write_bytes(content)
    with pytest.raises(UserInputError, match=fault) as caught:
        load_release(str(file))
    (problem,) = caught.value.problems
    assert problem.where.startswith(str(file))
    assert problem.fix


def test_a_folder_is_no_population_and_a_byte_order_mark_no_fault(tmp_path: Path) -> None:
    with pytest.raises(UserInputError, match="Is a directory"):
        load_release(str(tmp_path))
    file = tmp_path / "notepad.json"
    file.write_bytes(b"\xef\xbb\xbf" + text().encode())
    assert load_release(str(file)).name == "test"


def test_all_problems_come_at_once() -> None:
    wrong = text(
        structure="f00",
        colour="red",
        reference={"nothing": 1.0, "silencing_rate": -1.0},
        members=[{"weight": 0.5, "numbers": {"silencing_rate": float("nan")}}],
    )
    with pytest.raises(UserInputError) as caught:
        read_release(wrong, "mine.json")
    assert len(caught.value.problems) == 6


def test_an_unknown_population_is_refused_with_those_that_exist() -> None:
    with pytest.raises(UserInputError, match=CURRENT):
        load_release("nowhere")


def test_no_json_is_refused() -> None:
    with pytest.raises(UserInputError, match="JSON"):
        read_release("not a population", "mine.json")
