"""What a run has to record so that it can be found again, trusted and repeated."""

from __future__ import annotations

import hashlib
import os
import platform
from functools import lru_cache
from importlib import metadata
from pathlib import Path
from typing import Final

NUMERIC_DEPENDENCIES: Final = (
    "numpy", "numba", "llvmlite", "scipy", "sympy", "pint", "pydantic", "pyarrow",
)  # fmt: skip
"""Distributions that touch a number on its way from the protocol to the table."""
NUMERIC_ROOMS: Final = (
    "foundation", "network", "engine", "biology", "pharmacology", "assays", "rules", "population",
    "trial",
)  # fmt: skip
"""Rooms of the package that do."""


def versions() -> dict[str, str]:
    """Return the versions of the package and of every dependency that touches a number."""
    found: dict[str, str] = {}
    for name in ("ifnfactory", *NUMERIC_DEPENDENCIES):
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            found[name] = "not installed"
    return found


@lru_cache(maxsize=4)
def code_fingerprint(*more: str) -> str:
    """Return a hash of the program's own files that touch a number.

    Parameters
    ----------
    more
        Rooms that also do, in what is run.
    """
    digest = hashlib.sha256()
    home = Path(__file__).parents[1]
    for room in (*NUMERIC_ROOMS, *more):
        files = (*(home / room).rglob("*.py"), *(home / room).rglob("*.toml"))
        for path in sorted(files):
            digest.update(path.relative_to(home).as_posix().encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


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
