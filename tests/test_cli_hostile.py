"""The real command in a process of its own, in bad hands and on bad days.

What a person can do to it: bad files, bad options, interruption. What a machine can: a full disk,
a closed pipe, a terminal without Unicode, no home.
"""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ifnfactory.trial.catalogue import protocol_text

IFN = str(Path(sys.executable).with_name("ifn"))
RUN = ("trial", "run", "lau2005", "--patients", "2")
Done = subprocess.CompletedProcess[str]


def ifn(
    *arguments: str, limit: Callable[[], None] | None = None, **environment: str | None
) -> Done:
    """Run the command; an environment variable set to None is taken away."""
    merged = {**os.environ, **environment}
    return subprocess.run(
        [IFN, *arguments],
        env={name: value for name, value in merged.items() if value is not None},
        capture_output=True,
        encoding="utf-8",
        preexec_fn=limit,
        check=False,
        timeout=300,
    )


def refused(done: Done, problems: int = 1) -> list[str]:
    """Return the lines of a refusal after checking that it is one, and a polite one."""
    assert done.returncode == 2, done.stderr
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
    lines = done.stderr.splitlines()
    assert len(lines) == problems
    assert all(" — " in line for line in lines)
    return lines


FILES = {
    "empty": (b"", 7, ":1: 'title' is missing"),
    "binary": (bytes(range(256)) * 20, 1, "not text in UTF-8"),
    "zeros": (bytes(5000), 1, ":1: this is not TOML"),
    "huge": (b"# no end\n" * 6_000_000, 1, "larger than 2 MB"),
    "unfinished": (b'title = "a trial\n', 1, ":1: this is not TOML"),
    "abyss": (b"title = " + b"[" * 100_000, 1, "nested too deeply"),
}


@pytest.mark.parametrize("kind", FILES)
def test_a_strange_file_is_refused(kind: str, tmp_path: Path) -> None:
    content, problems, told = FILES[kind]
    file = tmp_path / "mine.toml"
    file.write_bytes(content)
    lines = refused(ifn("trial", "run", str(file), "--out", str(tmp_path / "run")), problems)
    assert lines[0].startswith(str(file))
    assert told in lines[0]
    assert not (tmp_path / "run").exists()


def test_a_folder_and_a_device_are_no_protocols(tmp_path: Path) -> None:
    (line,) = refused(ifn("trial", "run", f"{tmp_path}/"))
    assert "Is a directory" in line
    if Path("/dev/zero").exists():
        (line,) = refused(ifn("trial", "run", "/dev/zero"))
        assert "larger than 2 MB" in line


def test_a_byte_order_mark_is_no_fault(tmp_path: Path) -> None:
    file = tmp_path / "notepad.toml"
    file.write_bytes(b"\xef\xbb\xbf" + protocol_text("lau2005").replace("\n", "\r\n").encode())
    assert ifn("trial", "show", str(file)).returncode == 0


SLIPS = {
    "wrong unit": ("500000 copies/mL", "500000 mg", "500000 mg"),
    "wrong key": ("sd = 10.0", "sd = 10.0\nmeen = 3", "meen = 3"),
    "impossible baseline": ("value = 0.783", "value = 78.3", "value = 78.3"),
    "visit before baseline": ("    0, 1, 2, 4,", "    -2, 0, 1, 2, 4,", "visits = ["),
    "negative dose": ('dose = "180 ug"', 'dose = "-180 ug"', "-180 ug"),
    "unknown arm": ('arm = "peg_lam"', 'arm = "peglam"', '"peglam"'),
}


def test_all_slips_of_a_file_and_of_the_options_are_told_at_once(tmp_path: Path) -> None:
    text = protocol_text("lau2005")
    for old, new, _ in SLIPS.values():
        assert old in text
        text = text.replace(old, new, 1)
    text += '\n[[arm]]\nname = "without_regimen"\nn = 5\n'
    file = tmp_path / "mine.toml"
    file.write_text(text, encoding="utf-8")
    (tmp_path / "run").mkdir()
    done = ifn(
        *("trial", "run", str(file), "--patients", "-1", "--threads", "0"),
        *("--out", str(tmp_path / "run")),
    )
    lines = refused(done, len(SLIPS) + 1 + 3)
    found = [int(line.split(":")[1]) for line in lines if line.startswith(f"{file}:")]
    marks = [mark for *_, mark in SLIPS.values()] + ['[[arm]]\nname = "without_regimen"']
    assert found == sorted(text[: text.index(mark)].count("\n") + 1 for mark in marks)
    assert list((tmp_path / "run").iterdir()) == []


@pytest.mark.parametrize(
    ("patients", "told"),
    [("1000000000", "GB of memory"), ("1" + "0" * 30, "GB of memory"), ("0", "no patients")],
)
def test_numbers_of_patients_that_cannot_be_are_refused(patients: str, told: str) -> None:
    (line,) = refused(ifn("trial", "run", "lau2005", "--patients", patients))
    assert line.startswith(f"--patients {patients}: ")
    assert told in line


@pytest.mark.parametrize("number", ["many", "1e3", "2.5"])
def test_what_is_no_number_of_patients_is_a_usage_error(number: str) -> None:
    done = ifn("trial", "run", "lau2005", "--patients", number)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert "--patients" in done.stderr


def test_any_seed_and_number_of_threads_will_do() -> None:
    one = ifn(*RUN, "--json", "--seed", "-1", "--threads", "1")
    many = ifn(*RUN, "--json", "--seed", "-1", "--threads", "1000")
    assert (one.returncode, many.returncode) == (0, 0)
    assert json.loads(one.stdout)["results"] == json.loads(many.stdout)["results"]
    large = ifn(*RUN, "--json", "--seed", "9" * 40)
    assert json.loads(large.stdout)["seed"] == int("9" * 40)


@pytest.mark.parametrize("place", ["file", "file/run", "", ".", "/"])
def test_places_where_no_run_can_be_put(place: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    out = str(tmp_path / place) if place.startswith("file") else place
    (line,) = refused(ifn(*RUN, "--out", out))
    assert line.startswith("--out ")
    assert (tmp_path / "file").read_text() == "mine"


def test_a_nested_place_with_a_slash_is_made(tmp_path: Path) -> None:
    out = tmp_path / "to" / "be" / "made"
    done = ifn(*RUN, "--out", f"{out}/", "--json")
    assert done.returncode == 0
    assert json.loads(done.stdout)["trial"] == "lau2005"
    assert {path.name for path in out.iterdir()} == {
        "manifest.json",
        "patients",
        "visits",
        "endpoints",
        "report.html",
    }
    assert [path.name for path in out.parent.iterdir()] == ["made"]


def test_a_full_disk_is_one_line_and_what_is_finished_is_kept(tmp_path: Path) -> None:
    def little_room() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))

    assert ifn(*RUN).returncode == 0  # so that the kernel is in the cache
    done = ifn(*RUN, "--out", str(tmp_path / "run"), limit=little_room, MPLCONFIGDIR=str(tmp_path))
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert "could not be written" in done.stderr.splitlines()[-1]
    assert "go on with the same command and --resume" in done.stderr.splitlines()[-1]
    assert [path.name for path in tmp_path.iterdir() if "run" in path.name] == ["run.unfinished"]
    assert ifn(*RUN, "--out", str(tmp_path / "run"), "--resume").returncode == 0
    assert [path.name for path in tmp_path.iterdir() if "run" in path.name] == ["run"]


@pytest.fixture
def heeds_interruptions() -> Iterator[None]:
    """Undo what a shell does to programs it starts in the background: they ignore the signal."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("heeds_interruptions")
@pytest.mark.parametrize("after", ["reading the model", "treating patients"])
def test_an_interruption_is_one_line_and_keeps_what_is_finished(after: str, tmp_path: Path) -> None:
    assert ifn(*RUN).returncode == 0
    command = (IFN, "trial", "run", "lau2005", "--patients", "30000")
    with subprocess.Popen(
        [*command, "--out", str(tmp_path / "run")],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    ) as running:
        assert running.stderr is not None
        for line in running.stderr:
            if line.startswith(after):
                break
        time.sleep(0.2)
        running.send_signal(signal.SIGINT)
        out, error = running.communicate(timeout=60)
    assert running.returncode == 130
    assert out == ""
    assert "Traceback" not in error
    last, left = error.splitlines()[-1], [path.name for path in tmp_path.iterdir()]
    if left:
        assert left == ["run.unfinished"]
        assert last.startswith("interrupted: ")
        assert last.endswith("go on with the same command and --resume")
    else:
        assert last in {
            "interrupted: nothing was written",
            "interrupted: nothing was finished",
        }


@pytest.mark.parametrize("options", [(), ("--json",)], ids=["table", "json"])
def test_a_reader_that_leaves_early_is_no_fault_of_ours(options: tuple[str, ...]) -> None:
    with subprocess.Popen(
        [IFN, *RUN, *options], stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8"
    ) as running:
        assert running.stdout is not None
        assert running.stderr is not None
        running.stdout.close()
        assert "Traceback" not in running.stderr.read()


@pytest.mark.parametrize(
    "terminal",
    [{"PYTHONIOENCODING": "ascii"}, {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}],
    ids=["ascii", "C"],
)
def test_a_terminal_without_unicode_is_told_in_its_own_letters(terminal: dict[str, str]) -> None:
    ran = ifn(*RUN, **terminal)
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.isascii()
    assert {"yes", "no"} & set(ran.stdout.split())
    assert "(95 %)" in ran.stdout
    assert ifn("trial", "show", "lau2005", **terminal).stdout.count(" x peginterferon") > 3
    told = ifn("trial", "run", "lau205", **terminal).stderr
    assert " -- did you mean lau2005?" in told
    assert told.isascii()
    assert ifn("model", "show", **terminal).returncode == 0


def test_a_narrow_terminal_loses_no_name() -> None:
    leader, follower = os.openpty()
    running = subprocess.Popen(
        [IFN, *RUN],
        stdin=follower,
        stdout=follower,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "COLUMNS": "60", "NO_COLOR": "1", "TERM": "xterm"},
    )
    os.close(follower)
    shown = b""
    try:
        while part := os.read(leader, 65536):
            shown += part
    except OSError:  # Linux says so when the other end is closed
        pass
    os.close(leader)
    assert running.wait(timeout=60) == 0
    text = shown.decode()
    assert "…" not in text
    assert "\x1b[3" not in text  # no colours
    assert max(len(line) for line in text.splitlines() if "\x1b" not in line) <= 60


def test_a_machine_without_home_runs() -> None:
    nowhere: dict[str, str | None] = {
        "HOME": None,
        "XDG_CACHE_HOME": None,
        "IFNFACTORY_CACHE_DIR": None,
    }
    assert ifn(*RUN, **nowhere).returncode == 0
