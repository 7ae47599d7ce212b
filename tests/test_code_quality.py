"""Lint, format and types, so that the one test command covers them too."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
HERE = Path(sys.executable).parent

CHECKS = {
    "lint": ["ruff", "check", "--no-cache", "src", "tests"],
    "format": ["ruff", "format", "--check", "--no-cache", "src", "tests"],
    "types": ["pyright"],
}


@pytest.mark.parametrize("check", sorted(CHECKS))
def test_code_is_clean(check: str) -> None:
    tool, *arguments = CHECKS[check]
    done = subprocess.run(
        [str(HERE / tool), *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
