"""Progress is shown to people, on stderr, and is never part of the result."""

from __future__ import annotations

import pytest

from ifnfactory.cli.screen import ScreenProgress


def test_without_a_terminal_each_stage_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    with ScreenProgress() as progress:
        progress.begin("Compiling the kernel [first time only]", 0)
        progress.end()
        progress.begin("Simulating", 3)
        progress.advance()
        progress.advance(2)
        progress.end()
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.splitlines() == ["Compiling the kernel [first time only]", "Simulating"]


def test_stages_can_be_nested_and_closed_once_too_often() -> None:
    with ScreenProgress() as progress:
        progress.begin("outer", 2)
        progress.begin("inner", 2)
        progress.advance()
        progress.end()
        progress.advance()
        progress.end()
        progress.end()
        progress.advance()
