"""What a run has to record so that it can be found again, trusted and repeated."""

from __future__ import annotations

import os
import platform
from importlib import metadata
from pathlib import Path
from typing import Final

NUMERIC_DEPENDENCIES: Final = ("numpy", "numba", "llvmlite", "scipy", "sympy", "pint", "pyarrow")
"""Distributions that touch a number on its way from the protocol to the table."""


def versions() -> dict[str, str]:
    """Return the versions of the package and of every dependency that touches a number."""
    found: dict[str, str] = {}
    for name in ("ifnfactory", *NUMERIC_DEPENDENCIES):
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            found[name] = "not installed"
    return found


def cpu_model() -> str:
    """Return the processor's own name where the system tells it."""
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.is_file():
        for line in cpuinfo.read_text(encoding="utf-8", errors="replace").splitlines():
            if line.lower().startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()


def platform_record() -> dict[str, str]:
    """Return interpreter, operating system and processor."""
    return {
        "python": platform.python_version(),
        "system": platform.platform(),
        "cpu": cpu_model(),
        "cores": str(os.cpu_count() or 1),
    }


def memory_bytes() -> int | None:
    """Return the memory of this machine, None where the system does not tell."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, OSError, ValueError):  # not every system has it, or all of it
        return None
