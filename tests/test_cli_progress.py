"""Progress is shown to people, on stderr, and is never part of the result."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import pytest

from ifnfactory.cli.screen import ScreenProgress
from ifnfactory.foundation.errors import KeptError
from ifnfactory.foundation.progress import Silent
from ifnfactory.runs.ask_watch import watched
from ifnfactory.runs.remnants import Remnant, clear_away
from ifnfactory.runs.store import LocalStore


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


class Stopping(Silent):
    """Presses Ctrl-C when it has been told of so many steps."""

    def __init__(self, after: int) -> None:
        self.steps, self._after = 0, after

    def advance(self, n: int = 1) -> None:
        self.steps += 1
        if self.steps > self._after:
            raise KeyboardInterrupt


LONG = "select sum(sqrt(a.i * b.i)) from range(1000000) a(i), range(1000000) b(i)"


def test_a_question_that_takes_long_is_watched_and_stops_at_once() -> None:
    connection: Any = duckdb.connect(":memory:")
    connection.execute("SET enable_progress_bar = true; SET enable_progress_bar_print = false")
    stopping = Stopping(2)
    with pytest.raises(KeyboardInterrupt):  # days before it would be answered
        watched(connection, lambda: connection.execute(LONG), "asking", 100, stopping)
    assert stopping.steps == 3
    short = watched(connection, lambda: connection.execute("select 1"), "", 1, Silent())
    assert short.fetchall() == [(1,)]


def test_removing_that_is_interrupted_says_how_far_it_came(tmp_path: Path) -> None:
    found: list[Remnant] = []
    for name in ("a", "b", "c"):
        (tmp_path / name).mkdir()
        found.append(Remnant(name, LocalStore(tmp_path / name), "left", 0, 0.0))

    class Busy(Remnant):
        def remove(self) -> None:
            raise KeyboardInterrupt

    found[1] = Busy("b", found[1].store, "left", 0, 0.0)
    with pytest.raises(KeptError, match=r"1 of 3 removed — the same command removes the rest"):
        clear_away(found, Silent())
    assert {path.name for path in tmp_path.iterdir()} == {"b", "c"}
