"""The command line starts at once: nothing heavy is imported to show help."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from importlib import metadata
from pathlib import Path

import pytest

HEAVY = (
    "numpy",
    "scipy",
    "sympy",
    "numba",
    "pint",
    "matplotlib",
    "pyarrow",
    "pydantic",
    "jinja2",
    "rich",
)
HELP = [
    ["--help"],
    ["trial", "--help"],
    ["trial", "run", "--help"],
    ["model", "--help"],
    ["bench", "--help"],
]


@pytest.mark.parametrize("arguments", HELP, ids=" ".join)
def test_help_imports_nothing_heavy(arguments: list[str]) -> None:
    # Typer itself reads the name of a command with pydantic, in a few hundredths of a second.
    unwanted = [name for name in HEAVY if name != "pydantic" or arguments == ["--help"]]
    program = (
        "import atexit, sys\n"
        f"sys.argv = ['ifn', *{arguments!r}]\n"
        f"heavy = {unwanted!r}\n"
        "atexit.register(lambda: print('HEAVY', [m for m in heavy if m in sys.modules]))\n"
        "from ifnfactory.cli.app import main\n"
        "main()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.startswith("Usage: ifn")
    assert done.stdout.splitlines()[-1] == "HEAVY []"


def script(name: str) -> str:
    return str(Path(sys.executable).with_name(name))


def test_help_appears_within_half_a_second() -> None:
    def seconds() -> float:
        before = os.times()
        began = time.perf_counter()
        subprocess.run([script("ifn"), "--help"], capture_output=True, check=True)
        after = os.times()
        work = after.children_user + after.children_system
        work -= before.children_user + before.children_system
        # Time at work, where the system tells it: other processes of the machine are not ours.
        return work or time.perf_counter() - began

    assert min(seconds() for _ in range(5)) < 0.5


@pytest.mark.parametrize("name", ["ifn", "ifnfactory"])
def test_both_names_print_the_version(name: str) -> None:
    done = subprocess.run([script(name), "--version"], capture_output=True, text=True, check=True)
    assert done.stdout == f"ifnfactory {metadata.version('ifnfactory')}\n"


def test_looking_at_a_run_does_not_read_the_model() -> None:
    program = (
        "import sys, ifnfactory.cli.runs_view, ifnfactory.runs.verify, ifnfactory.runs.listing\n"
        "print([m for m in ('sympy', 'numba', 'pint', 'ifnfactory.biology') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout == "[]\n"


READING = """
class Stop:
    def find_spec(self, name, *rest):
        if name == "typer":
            raise KeyboardInterrupt
sys.meta_path.insert(0, Stop())
"""
PARSING = """
import typer.core
def stop(*given, **named):
    raise KeyboardInterrupt
typer.core.TyperGroup.make_context = stop
"""


@pytest.mark.parametrize("moment", [READING, PARSING], ids=["reading", "parsing"])
def test_an_interruption_at_the_start_is_one_line(moment: str) -> None:
    program = f"import sys\n{moment}\nfrom ifnfactory.cli.start import main\nmain()\n"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert done.returncode == 130
    assert done.stderr == "interrupted: nothing was begun\n"


def test_unknown_command_is_a_usage_error() -> None:
    done = subprocess.run([script("ifn"), "trail"], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "trail" in done.stderr
    assert "Traceback" not in done.stderr
