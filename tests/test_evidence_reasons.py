"""Why results are missed: the file names what exists, and a slip in it is told."""

from dataclasses import replace
from fnmatch import fnmatchcase
from pathlib import Path

import pytest
from evidence_cases import ROW

from ifnfactory.evidence.reasons import Reason, explain, load_reasons
from ifnfactory.evidence.targets import load_targets
from ifnfactory.foundation.errors import ModelError


def test_every_pattern_names_a_target_and_every_witness_is_one() -> None:
    known = {target.target_id for target in load_targets()}
    for reason in load_reasons():
        for pattern in reason.targets:
            assert any(fnmatchcase(name, pattern) for name in known), pattern
        assert set(reason.against) <= known, reason.why


def test_a_result_is_no_witness_against_itself() -> None:
    for reason in load_reasons():
        assert not any(map(reason.names, reason.against)), reason.why


def test_a_reason_holds_on_its_own_side_alone() -> None:
    low = replace(ROW, simulated=ROW.published - 20.0, inside=False)
    high = replace(ROW, simulated=ROW.published + 20.0, inside=False)
    for side, told in (("low", [True, False]), ("high", [False, True]), ("any", [True, True])):
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
