"""A repetition that is interrupted keeps what it has compared, and the same command goes on."""

from __future__ import annotations

from pathlib import Path

import pytest
from study_cases import carry_out, order, without_figures
from typer.testing import CliRunner

from ifnfactory.cli.app import app
from ifnfactory.foundation.kernel_cache import CACHE_VARIABLE, kernels_home
from ifnfactory.runs.lock import Lock
from ifnfactory.runs.making import Making
from ifnfactory.runs.store import LocalStore
from ifnfactory.study import finish, keeping, repeat
from ifnfactory.study.keeping import repeats_folder
from ifnfactory.study.tasks import Answer, TrialTask, treat


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a run of five blocks in three arms: 15 tasks."""
    folder = tmp_path_factory.mktemp("runs") / "run"
    with pytest.MonkeyPatch.context() as patch:
        for name in ("compose", "render_page"):
            patch.setattr(finish, name, getattr(finish, name))
        without_figures()
        carry_out(order(8), folder)
    return folder


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return where this test's repetitions are kept; the kernel stays where it is."""
    monkeypatch.setenv(CACHE_VARIABLE, str(kernels_home()))
    monkeypatch.setattr(keeping, "repeats_folder", lambda: tmp_path / "repeats")
    return tmp_path / "repeats"


class Treating:
    """Treats patients and counts; the task after `most` is interrupted."""

    def __init__(self, most: int = 1000) -> None:
        self.done, self._most = 0, most

    def __call__(self, task: TrialTask) -> Answer:
        if self.done >= self._most:
            raise KeyboardInterrupt
        self.done += 1
        return treat(task)


def repeated(run: Path, treating: Treating, patch: pytest.MonkeyPatch) -> tuple[int, str]:
    patch.setattr(repeat, "treat", treating)
    said = CliRunner().invoke(app, ["runs", "repeat", str(run), "--threads", "1"])
    return said.exit_code, said.output


def test_the_same_command_goes_on(run: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    code, said = repeated(run, Treating(7), monkeypatch)
    (place,) = home.iterdir()
    records = list((place / ".work" / "tasks").iterdir())
    kept = len(records)
    assert code == 130
    assert 6 <= kept <= 7  # two tasks are at work at a time
    assert f"interrupted: {kept} finished tasks are kept in {place}" in said
    assert said.rstrip().endswith("go on with the same command")
    records[0].write_bytes(records[0].read_bytes()[:40])  # a damaged one is done again
    rest = Treating()
    code, said = repeated(run, rest, monkeypatch)
    assert code == 0
    assert "Every bit agrees" in said
    assert rest.done == 15 - kept + 1
    assert not list(home.iterdir())
    whole = Treating()
    assert repeated(run, whole, monkeypatch) == (0, said)  # nothing was counted twice
    assert whole.done == 15


def test_differences_are_kept_too(run: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    manifest = run / "manifest.json"
    text = manifest.read_text(encoding="utf-8")
    for shard in run.glob("visits/arm=*/000000000.parquet"):
        text = text.replace(_sha(text, shard.relative_to(run).as_posix()), "0" * 64)
    with monkeypatch.context() as patch:
        patch.setattr(Path, "read_bytes", _reading(manifest, text))
        assert repeated(run, Treating(7), patch)[0] == 130
        code, said = repeated(run, Treating(), patch)
    assert code == 1
    assert said.count("is written otherwise, but every value agrees") == 3


def _sha(text: str, name: str) -> str:
    return text.partition(f'"name": "{name}"')[2].partition('"sha256": "')[2][:64]


def _reading(changed: Path, text: str):
    read = Path.read_bytes
    return lambda path: text.encode() if path == changed else read(path)


def test_two_at_a_time_are_one_too_many(
    run: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    repeated(run, Treating(7), monkeypatch)
    (place,) = home.iterdir()
    with Lock(LocalStore(place)):
        code, said = repeated(run, Treating(), monkeypatch)
    assert code == 2
    assert "another process is repeating this run" in said


def test_another_seed_or_program_is_another_place(
    run: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    repeated(run, Treating(7), monkeypatch)
    monkeypatch.setattr(keeping, "platform_record", lambda: {"cpu": "another"})
    repeated(run, Treating(7), monkeypatch)
    assert len(list(home.iterdir())) == 2


def test_nothing_finished_leaves_nothing(
    run: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    code, said = repeated(run, Treating(0), monkeypatch)
    assert code == 130
    assert "nothing was finished" in said
    assert not list(home.iterdir())


@pytest.mark.parametrize("when", ["open", "add"])
def test_a_cache_that_cannot_be_written_stops_nothing(
    run: Path, home: Path, monkeypatch: pytest.MonkeyPatch, when: str
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Making, when, full)
    code, said = repeated(run, Treating(), monkeypatch)
    assert code == 0
    assert "Every bit agrees" in said


def test_where_repetitions_are_kept(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(CACHE_VARIABLE, str(tmp_path))
    assert repeats_folder() == tmp_path / "repeats"
    monkeypatch.delenv(CACHE_VARIABLE)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    assert repeats_folder().name == "repeats"
    assert "ifnfactory" in repeats_folder().parts
