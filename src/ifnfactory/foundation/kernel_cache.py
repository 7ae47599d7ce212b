"""Bounding the cache of compiled kernels: those that nobody has used for long go.

A kernel is a folder named by its key, or a source file ``KIND_KEY.py`` whose machine code Numba
keeps beside it. Safe while other processes work: a kernel in use stands in their memory, one that
vanishes while it is being loaded is made again, and what goes is renamed before it is removed, so
that nobody meets half of it. Every step may lose the race against another process that does the
same.
"""

from __future__ import annotations

import os
import re
import shutil
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import Final

CACHE_VARIABLE: Final = "IFNFACTORY_CACHE_DIR"
"""Variable of the environment that names another cache than the user's."""
MOST: Final = 32
"""Kernels that are kept: a version of the program has some ten, of 1 to 5 MB."""
SPARED_S: Final = 86_400.0
"""What was used so lately [s] stays, however many there are."""
_SOURCE: Final = re.compile(r"(?:[0-9a-f]{20}|[a-z]+_[0-9a-f]{20}\.py)")
_MAKING: Final = ".making."


def cache_home() -> Path:
    """Return the program's folder in the user's cache; `CACHE_VARIABLE` names another."""
    override = os.environ.get(CACHE_VARIABLE)
    if override:
        return Path(override)
    import platformdirs  # noqa: PLC0415 -- only this line needs it

    return Path(platformdirs.user_cache_dir("ifnfactory"))


def kernels_home() -> Path:
    """Return the folder of compiled kernels: all of the folder that `CACHE_VARIABLE` names."""
    home = cache_home()
    return home if os.environ.get(CACHE_VARIABLE) else home / "kernels"


def used(kernel: Path) -> None:
    """Note that a kernel, a folder or a source file, has been used now."""
    # Numba goes by the time of a file of Python: it must not change, so its folder's entry does.
    note = kernel if kernel.is_dir() else _note(kernel)
    with suppress(OSError):  # somebody else's cache may be read and not written
        if kernel.exists():
            note.touch()


def prune(folder: Path, most: int = MOST, spared_s: float = SPARED_S) -> int:
    """Remove the kernels that were used longest ago, and what killed compilations left.

    Parameters
    ----------
    folder
        The cache.
    most
        Kernels that are kept.
    spared_s
        Nothing is removed that was used in the last so many seconds.

    Returns
    -------
    int
        Kernels removed.
    """
    ages = _ages(folder)
    kernels = sorted((age, path) for path, age in ages.items() if _SOURCE.fullmatch(path.name))
    for path, age in ages.items():
        if path.name.startswith(_MAKING) and age > spared_s:
            shutil.rmtree(path, ignore_errors=True)
    return sum(_remove(path) for age, path in kernels[most:] if age > spared_s)


def _note(source: Path) -> Path:
    return source.with_suffix(".used")


def _ages(folder: Path) -> dict[Path, float]:
    now, found = time.time(), dict[Path, float]()
    with suppress(OSError):
        for path in folder.iterdir():
            with suppress(OSError):  # another process was quicker
                if path.is_symlink() or path.suffix == ".used":
                    continue
                latest = path.stat().st_mtime
                with suppress(OSError):
                    latest = max(latest, _note(path).stat().st_mtime)
                found[path] = now - latest
    return found


def _remove(kernel: Path) -> bool:
    """Take a kernel away with all that belongs to it; return whether it was there."""
    try:
        apart = Path(tempfile.mkdtemp(prefix=_MAKING, dir=kernel.parent))
    except OSError:
        return False
    with suppress(OSError):
        kernel.rename(apart / kernel.name)
    gone = (apart / kernel.name).exists()
    if gone and kernel.suffix:
        _note(kernel).unlink(missing_ok=True)
        for code in (kernel.parent / "__pycache__").glob(f"{kernel.stem}.*"):
            code.unlink(missing_ok=True)
    shutil.rmtree(apart, ignore_errors=True)
    return gone
