"""A run survives: SIGKILL at random moments, a full disk, damage, a second writer."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from study_cases import carry_out, order, tables_of, without_figures

from ifnfactory.foundation.errors import KeptError, UserInputError
from ifnfactory.foundation.progress import Silent
from ifnfactory.runs.executor import ThreadExecutor
from ifnfactory.runs.layout import PARTITIONED, read_table
from ifnfactory.runs.lock import Lock
from ifnfactory.runs.making import TASKS, Making
from ifnfactory.runs.manifest_file import load_manifest
from ifnfactory.runs.store import LocalStore
from ifnfactory.runs.verify import verify
from ifnfactory.study import finish
from ifnfactory.study.manner import Manner


@pytest.fixture(autouse=True)
def _no_figures(unbroken: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("compose", "render_page"):
        monkeypatch.setattr(finish, name, getattr(finish, name))
    without_figures()


RESUME = Manner(threads=1, resume=True)


@pytest.fixture(scope="module")
def unbroken(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("unbroken") / "run"
    carry_out(order(), out)
    return out


def whole(out: Path) -> bool:
    store = LocalStore(out)
    return not verify(store, load_manifest(store), Silent()).faults


# A process that has read everything, so that each of its children is a run's main process at once.
KILLER = """
import os, signal, sys, time
from pathlib import Path
from study_cases import carry_out, order, without_figures
from ifnfactory.foundation.streams import stream
from ifnfactory.study.manner import Manner

home, kills = Path(sys.argv[1]), int(sys.argv[2])
without_figures()
carry_out(order(), home / "unbroken")  # also reads everything
began = time.perf_counter()
carry_out(order(), home / "unbroken", Manner(threads=1, overwrite=True))
whole = time.perf_counter() - began
moments = stream(1, "test", "moments of SIGKILL")


def child(out):
    pid = os.fork()
    if pid:
        return pid
    try:
        carry_out(order(), out, Manner(threads=1, resume=True))
    except BaseException as error:
        print("failed", error, flush=True)
        os._exit(1)
    os._exit(0)


struck = 0
while struck < kills:
    out = home / f"run{len(list(home.glob('run??'))) + 10}"
    pid = child(out)
    time.sleep(moments.uniform(0.0, whole))
    os.kill(pid, signal.SIGKILL)
    struck += os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == -signal.SIGKILL
for out in [*home.glob("run??.unfinished")]:
    pid = child(out.with_suffix(""))
    print("exit", os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)
print("struck", struck, flush=True)
"""


def test_twenty_kills_lose_nothing_and_double_nothing(tmp_path: Path, unbroken: Path) -> None:
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parent)}
    done = subprocess.run(
        [sys.executable, "-c", KILLER, str(tmp_path), "20"],
        env=environment, capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    said = done.stdout.split()
    assert "failed" not in said, done.stdout
    assert said[-2:] == ["struck", "20"]  # in the middle of a run, each of them
    runs = sorted(path for path in tmp_path.iterdir() if path.name.startswith("run"))
    assert runs
    wanted = tables_of(unbroken)
    for out in runs:
        assert tables_of(out) == wanted
        assert whole(out)


def failing_after(
    monkeypatch: pytest.MonkeyPatch, number: int, error: BaseException, name: str = ".parquet"
) -> None:
    """Make the writing of a file fail from the `number`-th table on."""
    write, count = LocalStore.write, [0]

    def failing(self: LocalStore, file: str, content: bytes) -> None:
        count[0] += file.endswith(name)
        if count[0] > number and file.endswith(name):
            raise error
        write(self, file, content)

    monkeypatch.setattr(LocalStore, "write", failing)


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EROFS, errno.EIO])
def test_a_full_or_broken_disk_is_one_sentence_and_what_is_finished_is_kept(
    tmp_path: Path, unbroken: Path, code: int
) -> None:
    out = tmp_path / "run"
    with pytest.MonkeyPatch.context() as patch:
        failing_after(patch, 7, OSError(code, os.strerror(code)))
        with pytest.raises(UserInputError) as caught:
            carry_out(order(), out)
    (problem,) = caught.value.problems
    assert os.strerror(code) in problem.what
    assert "3 finished tasks are kept" in problem.fix
    assert "--resume" in problem.fix
    assert not out.exists()
    carry_out(order(), out, RESUME)
    assert tables_of(out) == tables_of(unbroken)


def test_nothing_is_left_where_nothing_was_finished(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    failing_after(monkeypatch, 0, OSError(errno.ENOSPC, "No space left on device"))
    with pytest.raises(UserInputError, match="nothing was finished"):
        carry_out(order(), tmp_path / "run")
    assert list(tmp_path.iterdir()) == []


def test_an_interruption_just_after_the_first_record_keeps_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, unbroken: Path
) -> None:
    write, out = LocalStore.write, tmp_path / "run"

    def interrupted(self: LocalStore, name: str, content: bytes) -> None:
        write(self, name, content)
        if name.startswith(TASKS):
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(LocalStore, "write", interrupted)
        with pytest.raises(KeptError, match="1 finished task is kept"):
            carry_out(order(), out)
    carry_out(order(), out, RESUME)
    assert tables_of(out) == tables_of(unbroken)


def half_done(out: Path) -> Making:
    """Leave a run unfinished by an interruption; return what is there."""
    with pytest.MonkeyPatch.context() as patch:
        failing_after(patch, 9, KeyboardInterrupt())
        with pytest.raises(KeptError, match="4 finished tasks are kept"):
            carry_out(order(), out)
    return Making(LocalStore(out))


def test_an_older_run_stays_until_the_new_one_is_complete(tmp_path: Path, unbroken: Path) -> None:
    out = tmp_path / "run"
    carry_out(order(seed=2, patients=3), out)
    before = tables_of(out)
    with pytest.MonkeyPatch.context() as patch:
        failing_after(patch, 9, KeyboardInterrupt())
        with pytest.raises(KeptError):
            carry_out(order(), out, Manner(threads=1, overwrite=True))
    assert tables_of(out) == before
    assert whole(out)
    carry_out(order(), out, Manner(threads=1, overwrite=True))
    assert tables_of(out) == tables_of(unbroken)


def test_an_unfinished_run_is_not_begun_again_unasked(tmp_path: Path) -> None:
    out = tmp_path / "run"
    half_done(out)
    with pytest.raises(UserInputError, match="go on with it by --resume"):
        carry_out(order(), out)
    assert len(list((tmp_path / "run.unfinished" / ".work" / "tasks").iterdir())) == 4


def test_another_order_does_not_go_on_with_it(tmp_path: Path) -> None:
    out = tmp_path / "run"
    half_done(out)
    with pytest.raises(UserInputError, match="has seed 1, not 2") as caught:
        carry_out(order(seed=2), out, RESUME)
    assert "block" not in str(caught.value)


@pytest.mark.parametrize("damage", ["truncated", "flipped", "gone"])
def test_a_damaged_shard_of_an_unfinished_run_is_made_again(
    tmp_path: Path, unbroken: Path, damage: str
) -> None:
    out = tmp_path / "run"
    half_done(out)
    shard = sorted((tmp_path / "run.unfinished" / "visits").rglob("*.parquet"))[0]
    content = shard.read_bytes()
    if damage == "gone":
        shard.unlink()
    elif damage == "truncated":
        shard.write_bytes(content[:-100])
    else:
        shard.write_bytes(content[:50] + bytes([content[50] ^ 1]) + content[51:])
    carry_out(order(), out, RESUME)
    assert tables_of(out) == tables_of(unbroken)
    assert whole(out)


def test_a_second_writer_is_refused_and_the_first_goes_on(tmp_path: Path) -> None:
    out = tmp_path / "run"
    with Lock(Making(LocalStore(out)).store), pytest.raises(UserInputError) as caught:
        carry_out(order(), out)
    (problem,) = caught.value.problems
    assert problem.what.startswith("another process is writing this run")
    assert problem.where == f"--out {out}"
    with Lock(Making(LocalStore(out)).store):
        pass  # and it is free again


@pytest.mark.parametrize("content", [b"{", b"[1]", b'{"facts": 3}'])
def test_an_unreadable_plan_is_not_gone_on_with(tmp_path: Path, content: bytes) -> None:
    work = tmp_path / "run.unfinished" / ".work"
    work.mkdir(parents=True)
    (work / "plan.json").write_bytes(content)
    with pytest.raises(UserInputError, match="cannot be read"):
        carry_out(order(), tmp_path / "run", RESUME)


def test_a_folder_of_somebody_else_is_not_taken_for_an_unfinished_run(tmp_path: Path) -> None:
    (tmp_path / "run.unfinished").mkdir()
    (tmp_path / "run.unfinished" / "thesis.tex").write_text("years of work")
    with pytest.raises(UserInputError, match="something else than an unfinished run"):
        carry_out(order(), tmp_path / "run", Manner(overwrite=True))
    assert (tmp_path / "run.unfinished" / "thesis.tex").read_text() == "years of work"


@pytest.mark.parametrize(("block", "threads", "at_once"), [(40, 2, 2), (7, 1, 3)])
def test_tables_do_not_depend_on_block_or_threads(
    tmp_path: Path, unbroken: Path, block: int, threads: int, at_once: int
) -> None:
    out = tmp_path / "run"
    carry_out(order(block), out, Manner(threads=threads), ThreadExecutor(at_once))
    for table in PARTITIONED:
        ours, theirs = read_table(out, table), read_table(unbroken, table)
        assert ours.names == theirs.names
        for name in ours.names:
            np.testing.assert_array_equal(ours.column(name), theirs.column(name))


def test_the_manifest_says_what_was_run(unbroken: Path) -> None:
    manifest = load_manifest(LocalStore(unbroken))
    assert (manifest.kind, manifest.trial, manifest.seed) == ("trial", "lau2005", 1)
    assert manifest.patients == {"peg": 40, "peg_lam": 40, "lam": 40}
    assert sum(manifest.status.values()) == 120
    assert len(manifest.tasks) == 15
    assert len({task.key for task in manifest.tasks}) == 15
    assert "assay/hbv_dna" in manifest.streams
    assert "population/age" in manifest.streams
    assert manifest.started <= manifest.ended
    assert {"numpy", "numba", "pyarrow"} <= set(manifest.versions)
    assert len(manifest.code) == 16
