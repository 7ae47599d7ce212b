"""Dask: a real scheduler and two worker processes, one of which is killed in the middle."""

from __future__ import annotations

import json
import os
import pickle
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from distributed import Client
from study_cases import carry_out, order, without_figures

from ifnfactory.foundation.errors import MissingExtraError, Problem, UserInputError
from ifnfactory.runs import cluster
from ifnfactory.runs.cluster import executor_of
from ifnfactory.runs.executor import ThreadExecutor
from ifnfactory.runs.layout import PARTITIONED, read_table
from ifnfactory.study import finish
from ifnfactory.study.tasks import TrialTask, treat

IFN = str(Path(sys.executable).with_name("ifn"))
SORTED_BY = {"patients": ("patient",), "visits": ("week", "patient"), "endpoints": ("week",)}


def dask(role: str, *options: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", f"distributed.cli.dask_{role}", *options]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def stop(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.wait()


@pytest.fixture
def scheduler(tmp_path: Path) -> Iterator[tuple[str, list[subprocess.Popen[bytes]]]]:
    """Start a scheduler with two workers of one thread each; give address and workers."""
    file = tmp_path / "scheduler.json"
    started = [
        dask("scheduler", "--port", "0", "--no-dashboard", "--scheduler-file", str(file),
             "--host", "127.0.0.1")
    ]  # fmt: skip
    try:
        for _ in range(2):
            started.append(
                dask("worker", "--scheduler-file", str(file), "--nthreads", "1", "--no-nanny",
                     "--no-dashboard", "--local-directory", str(tmp_path))
            )  # fmt: skip
        while not file.exists():
            assert started[0].poll() is None
            time.sleep(0.1)
        yield json.loads(file.read_text())["address"], started[1:]
    finally:
        for process in started:
            stop(process)


def sorted_table(folder: Path, table: str) -> dict[str, bytes]:
    """Return the bytes of every column, in the order of arm and patient."""
    read = read_table(folder, table)
    rows = np.lexsort([*(read.column(name) for name in SORTED_BY[table]), read.column("arm")])
    columns = {name: np.ma.filled(read.column(name), 0)[rows] for name in read.names}
    absent = {f"{n} is null": np.ma.getmaskarray(read.column(n))[rows] for n in read.names}
    return {name: values.tobytes() for name, values in (columns | absent).items()}


def test_a_run_whose_worker_is_killed_has_the_tables_of_one_thread(
    tmp_path: Path, scheduler: tuple[str, list[subprocess.Popen[bytes]]]
) -> None:
    address, workers = scheduler
    out = tmp_path / "cluster"
    command = (IFN, "trial", "run", "lau2005", "--patients", "60", "--block", "3", "--json",
               "--ensemble")  # fmt: skip
    running = subprocess.Popen(
        [*command, "--scheduler", address, "--out", str(out)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    tasks = out.with_name("cluster.unfinished") / ".work" / "tasks"
    while len(list(tasks.glob("*.json"))) < 2:
        assert running.poll() is None, running.communicate()[1].decode()
        time.sleep(0.02)
    stop(workers[0])
    killed_after = len(list(tasks.glob("*.json")))
    said, complaint = running.communicate(timeout=300)
    assert running.returncode == 0, complaint.decode()
    assert 2 <= killed_after < 60  # in the middle
    status = json.loads(said)["status"]
    assert status["completed"] + status["stopped_by_rule"] == 180
    carry_out(order(60, 1, 60, True), tmp_path / "thread", executor=ThreadExecutor(1))
    ranges = read_table(out, "endpoints").column("parameters_high")  # by the workers, too
    assert np.count_nonzero(~np.ma.getmaskarray(ranges)) > 20
    for table in PARTITIONED:
        assert sorted_table(out, table) == sorted_table(tmp_path / "thread", table)


def test_the_slurm_example_makes_workers_that_do_a_trial(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # All but sbatch: the example of the page keeps running, and one worker is started here by the
    # command that its job script would run on a node.
    for name in ("compose", "render_page"):
        monkeypatch.setattr(finish, name, getattr(finish, name))
    without_figures()
    page = (Path(__file__).parents[1] / "docs" / "runs.md").read_text(encoding="utf-8")
    (example,) = [
        text.partition("```")[0]
        for text in page.split("```python\n")[1:]
        if "SLURMCluster(" in text.partition("```")[0]
    ]
    example = example.replace('"port": 8786', '"port": 0, "dashboard": False')
    example = example.replace("cluster.scale(jobs=8)", "print(cluster.job_script())")
    (tmp_path / "example.py").write_text(example, encoding="utf-8")
    running = subprocess.Popen(
        [sys.executable, "-u", str(tmp_path / "example.py")],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    workers: list[subprocess.Popen[bytes]] = []
    try:
        assert running.stdout is not None
        told: list[str] = []
        while not told or not told[-1].startswith("tcp://"):
            told.append(running.stdout.readline().strip())
            assert running.poll() is None
        assert {"#SBATCH -p compute", "#SBATCH --cpus-per-task=32", "#SBATCH -t 04:00:00"} <= {
            *told
        }
        (command,) = [line for line in told if "dask_worker" in line]
        words = command.split()
        assert words[words.index("--nthreads") + 1] == "1"
        assert words[words.index("--nworkers") + 1] == "32"
        words[words.index("--nworkers") + 1] = "1"
        words[words.index("--memory-limit") + 1] = "0"
        words += ["--local-directory", str(tmp_path), "--no-dashboard"]
        workers.append(
            subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        )
        carry_out(order(3, patients=5), tmp_path / "slurm", executor=executor_of(told[-1]))
    finally:
        for process in (*workers, running):
            process.terminate()
            process.communicate(timeout=30)
    carry_out(order(5, patients=5), tmp_path / "thread")
    for table in PARTITIONED:
        assert sorted_table(tmp_path / "slurm", table) == sorted_table(tmp_path / "thread", table)


def test_the_image_has_the_commands_that_clouds_call(tmp_path: Path) -> None:
    # The words that dask-kubernetes 2026.3.0 and dask-cloudprovider 2025.9.0 make of the examples.
    scheduler_words = ["--host", "127.0.0.1", "--idle-timeout", "8 hours"]
    kubernetes = ["--name", "w", "--dashboard", "--dashboard-address", "0"]
    fargate = ["--nthreads", "1", "--memory-limit", "2048MB", "--death-timeout", "60"]
    page = (Path(__file__).parents[1] / "docs" / "runs.md").read_text(encoding="utf-8")
    made = page.partition("```dockerfile\n")[2].partition("```")[0]
    (line,) = [each for each in made.replace("\\\n", "").splitlines() if "printf" in each]
    script = line.removeprefix("RUN ").replace("/usr/local/bin", str(tmp_path))
    subprocess.run(["/bin/sh", "-c", script], check=True)
    path = f"{tmp_path}:{Path(sys.executable).parent}:{os.environ['PATH']}"
    file = tmp_path / "scheduler.json"
    words = ["--port", "0", "--dashboard-address", "127.0.0.1:0", "--scheduler-file", str(file)]
    started = [_shell(["dask-scheduler", *scheduler_words, *words], {"PATH": path})]
    try:
        while not file.exists():
            assert started[0].poll() is None
            time.sleep(0.1)
        address = json.loads(file.read_text())["address"]
        told = {"PATH": path, "DASK_SCHEDULER_ADDRESS": address}
        words = ["--no-nanny", "--local-directory", str(tmp_path)]
        for worker_words in (kubernetes, fargate):
            started.append(_shell(["dask-worker", *worker_words, *words], told))
        with Client(address, timeout=60, set_as_default=False) as client:
            client.wait_for_workers(2, timeout=60)
            assert len(client.nthreads()) == 2
    finally:
        for process in started:
            stop(process)


def _shell(words: list[str], told: dict[str, str]) -> subprocess.Popen[bytes]:
    environment = os.environ | told
    return subprocess.Popen(
        words, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )


HEEDS_CTRL_C = (
    "import os, signal, sys; signal.signal(signal.SIGINT, signal.SIG_DFL); "
    "os.execv(sys.argv[1], sys.argv[1:])"
)
"""A shell makes what it starts in the background deaf to Ctrl-C; this undoes it."""


def test_ctrl_c_in_a_terminal_stops_workers_without_a_word_of_theirs(tmp_path: Path) -> None:
    out = tmp_path / "run"
    running = subprocess.Popen(
        [sys.executable, "-c", HEEDS_CTRL_C,
         IFN, "trial", "run", "lau2005", "--patients", "3000", "--block", "20",
         "--out", str(out), "--scheduler", "local:2"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip
    tasks = out.with_name("run.unfinished") / ".work" / "tasks"
    while len(list(tasks.glob("*.json"))) < 1:
        assert running.poll() is None, running.communicate()[1]
        time.sleep(0.02)
    os.killpg(running.pid, signal.SIGINT)  # a terminal sends it to all of them
    said, complaint = running.communicate(timeout=120)
    assert running.returncode == 130
    assert "Traceback" not in complaint
    assert "go on with the same command and --resume" in complaint.splitlines()[-1]
    assert said == ""


@pytest.mark.parametrize(
    "scheduler", ["local", "local:", "local:0", "local:two", "tcp:host", "tcp://", "http://x", ""]
)
def test_what_is_no_scheduler_is_refused(scheduler: str) -> None:
    with pytest.raises(UserInputError, match="give local:N"):
        executor_of(scheduler)


def test_a_scheduler_that_does_not_answer_is_one_sentence(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(cluster, "CONNECT_S", 0.3)
    with pytest.raises(UserInputError, match="no scheduler with workers answers"):
        carry_out(order(), tmp_path / "run", executor=executor_of("tcp://127.0.0.1:9"))
    assert list(tmp_path.iterdir()) == []


def test_dask_that_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(name: str) -> None:
        raise ImportError(name)

    monkeypatch.setattr(cluster, "import_module", absent)
    with pytest.raises(MissingExtraError, match=r"ifnfactory\[cluster\]"):
        executor_of("local:2")


def test_a_worker_with_another_program_says_so() -> None:
    what = order()
    task = TrialTask("key", (("parameter_set", "another"),), what.protocol, "peg", 0, 8, 1, (), 1)
    with pytest.raises(UserInputError, match="a worker has parameter_set") as caught:
        treat(task)
    assert "install the same version" in str(caught.value)


def test_a_users_mistake_travels_between_processes() -> None:
    error = UserInputError([Problem("what", "where", "fix")])
    there = pickle.loads(pickle.dumps(error))
    assert there.problems == error.problems
    assert str(there) == str(error)
