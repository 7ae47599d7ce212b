"""The rooms keep their order, and each contract would notice if they did not."""

from __future__ import annotations

import configparser
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
CONTRACTS = ROOT / ".importlinter"

VIOLATIONS = {
    "order": {"foundation": "from ifnfactory.cli import app"},
    "cycles": {
        "runs": "from ifnfactory.runs.planted_too import x",
        "runs/planted_too.py": "from ifnfactory.runs.planted import y",
    },
    "front_door": {"assays": "from ifnfactory import __version__"},
    "network": {"network": "from ifnfactory.engine import batch"},
    "engine": {"engine": "from ifnfactory.biology import system"},
    "biology": {"biology": "from ifnfactory.engine import batch"},
    "pharmacology": {"pharmacology": "from ifnfactory.network import model"},
    "assays": {"assays": "from ifnfactory.pharmacology import drug"},
    "population": {"population": "from ifnfactory.runs import folder"},
    "runs": {"runs": "from ifnfactory.trial import result"},
    "exchange": {"exchange": "from ifnfactory.engine import batch"},
    "evidence": {"evidence": "from ifnfactory.engine import batch"},
    "rules": {"rules": "from ifnfactory.biology import system"},
    "outlook": {"outlook": "from ifnfactory.trial import result"},
    "design": {"design": "from ifnfactory.engine import batch"},
    "tissue": {"tissue": "from ifnfactory.pharmacology import drug"},
}
"""For each contract: room (or file) and the line to plant there."""


def contracts() -> dict[str, str]:
    """Return identifier and name of every contract."""
    parser = configparser.ConfigParser()
    parser.read(CONTRACTS, encoding="utf-8")
    prefix = "importlinter:contract:"
    return {
        section.removeprefix(prefix): parser[section]["name"]
        for section in parser.sections()
        if section.startswith(prefix)
    }


def lint(source: Path) -> tuple[int, str]:
    """Run the contracts over the package below `source`."""
    command = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run(
        [str(command), "--config", str(CONTRACTS), "--no-cache"],
        cwd=source,
        env={**os.environ, "PYTHONPATH": str(source), "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def test_every_contract_is_kept() -> None:
    code, said = lint(ROOT / "src")
    assert code == 0, said
    for name in contracts().values():
        assert f"{name} KEPT" in said


def test_every_contract_has_a_violation_to_plant() -> None:
    assert set(VIOLATIONS) == set(contracts())


@pytest.mark.parametrize("contract", sorted(VIOLATIONS))
def test_planted_violation_is_caught(contract: str, tmp_path: Path) -> None:
    shutil.copytree(
        ROOT / "src", tmp_path / "src", ignore=shutil.ignore_patterns("__pycache__", "*.egg-info")
    )
    for place, line in VIOLATIONS[contract].items():
        room = tmp_path / "src" / "ifnfactory" / place
        file = room if room.suffix else room / "planted.py"
        assert file.parent.is_dir()
        file.write_text(f"{line}\n", encoding="utf-8")
    code, said = lint(tmp_path / "src")
    assert code == 1, said
    assert f"{contracts()[contract]} BROKEN" in said
