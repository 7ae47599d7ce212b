"""A checkpoint beside a run to be: who goes on from it, and who throws it away."""

from pathlib import Path

import numpy as np
import pytest

from ifnfactory.foundation.errors import UserInputError
from ifnfactory.foundation.progress import Silent
from ifnfactory.runs import lock
from ifnfactory.runs.remnants import clear_away, remnants
from ifnfactory.runs.unfinished import Unfinished


@pytest.fixture
def waiting(tmp_path: Path) -> Path:
    """Return where a run of request "one" was interrupted."""
    out = tmp_path / "run"
    with Unfinished(out, "one") as mine:
        assert mine.begin(anew=False) is None
        mine.save({"points": np.arange(3)})
    return out


def begun(out: Path, request: str, anew: bool = False) -> dict | None:
    """Return what a process of this request would go on from."""
    with Unfinished(out, request) as unfinished:
        return unfinished.begin(anew)


@pytest.mark.parametrize("anew", [False, True])
def test_the_same_request_goes_on_also_where_it_may_replace(waiting: Path, anew: bool) -> None:
    kept = begun(waiting, "one", anew)
    assert kept is not None
    assert kept["points"].tolist() == [0, 1, 2]


def test_another_request_is_refused_unless_it_may_replace(waiting: Path) -> None:
    with pytest.raises(UserInputError, match="another request or version waits"):
        begun(waiting, "two")
    assert begun(waiting, "one") is not None  # nothing was lost
    assert begun(waiting, "two", anew=True) is None
    assert begun(waiting, "two") is None


def test_one_process_at_a_time(waiting: Path) -> None:
    with Unfinished(waiting, "one") as first:
        for request, anew in (("one", False), ("two", True)):
            with pytest.raises(UserInputError, match=f"--out {waiting}: another process is"):
                begun(waiting, request, anew)
        assert first.begin(anew=False) is not None  # nothing was lost
        first.remove()
    # What the first has completed and taken away no longer counts: the next has its own folder.
    with Unfinished(waiting, "one") as second:
        assert second.begin(anew=False) is None
        with pytest.raises(UserInputError, match="another process is"):
            begun(waiting, "one")


def test_a_lock_that_was_taken_away_is_taken_anew(waiting: Path, monkeypatch) -> None:
    """The first completes its run between the moments the second opens and locks its file."""
    monkeypatch.setattr(lock, "_lock", lambda handle: (first.remove(), monkeypatch.undo()))
    first = Unfinished(waiting, "one")
    with first, pytest.raises(UserInputError, match="another process is"):
        begun(waiting, "one")


def test_nothing_is_left_where_nothing_was_begun(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    with pytest.raises(UserInputError, match="exists already"):
        begun(tmp_path / "run", "one")
    assert [path.name for path in tmp_path.iterdir()] == ["run"]


def test_a_full_disk_is_told_and_leaves_the_older_checkpoint(waiting: Path, monkeypatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    unfinished = Unfinished(waiting, "one")
    with pytest.raises(UserInputError, match="could not be written: No space left"), unfinished:
        unfinished.save({"points": np.arange(9)})
    monkeypatch.undo()
    assert not list(unfinished.folder.glob("*.making"))
    kept = begun(waiting, "one")
    assert kept is not None
    assert kept["points"].tolist() == [0, 1, 2]


def test_what_waits_can_be_pruned_unless_it_is_being_written(waiting: Path) -> None:
    with Unfinished(waiting, "one") as unfinished:
        assert remnants([str(waiting.parent)]) == ()
    (found,) = remnants([str(waiting.parent)])
    assert found.what == "unfinished run of a tissue"
    clear_away([found], Silent())
    assert not unfinished.folder.exists()
