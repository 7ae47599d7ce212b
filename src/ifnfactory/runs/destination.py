"""Whether a run may be written to a place, and how an older one makes way for it."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from ifnfactory.foundation.errors import Problem, UserInputError
from ifnfactory.runs.manifest import MANIFEST_NAME, parse_manifest, read_manifest
from ifnfactory.runs.port import HALF, PLAN, Store


def check_store(out: Store, overwrite: bool) -> None:
    """Say before any work is done whether a run can be written there; see `check_destination`."""
    if out.local is not None:
        check_destination(out.local, overwrite)
        return
    where = f"--out {out.url}"
    names = [name for name in out.names() if name != f"{PLAN}{HALF}"]
    if MANIFEST_NAME in names and not overwrite:
        raise UserInputError([_exists(where)])
    if MANIFEST_NAME in names and parse_manifest(out.read(MANIFEST_NAME)) is not None:
        return
    if names and (MANIFEST_NAME in names or PLAN not in names):
        raise UserInputError([_foreign(where)])


def check_destination(path: Path, overwrite: bool) -> None:
    """Say before any work is done whether a run can be written to `path`.

    Parameters
    ----------
    path
        The run folder to be.
    overwrite
        Whether an older run at `path` may be replaced.

    Raises
    ------
    UserInputError
        If `path` exists and may not be replaced, is not a run folder, lies in another run, leads
        out of its folder by ``..``, is a URL, or cannot be made.
    """
    problem = _name_of_path_problem(path) or _destination_problem(path, overwrite)
    if problem is not None:
        raise UserInputError([problem])


def name_problem(place: str) -> Problem | None:
    """Return what is wrong with the name of a place, a path or a URL, that somebody typed."""
    where = f"--out {place!r}" if not place.isprintable() else f"--out {place}"
    if not place.isprintable():
        return Problem("this name holds control characters", where, "choose another --out")
    path = place.partition("://")[2] if "://" in place else place
    if ".." in PurePosixPath(path.replace("\\", "/")).parts:
        return Problem("'..' leads out of its folder", where, "write the path without '..'")
    return None


def _name_of_path_problem(path: Path) -> Problem | None:
    first = path.parts[0] if path.parts else ""
    if len(first) > 2 and first.endswith(":"):  # what is left of a URL; C: is a drive
        fix = "give a folder of this machine, and copy it there"
        return Problem("this command writes to no URL", f"--out {path}", fix)
    return name_problem(str(path))


def _destination_problem(path: Path, overwrite: bool) -> Problem | None:
    where = f"--out {path}"
    if path.is_symlink() or path.exists():
        if not path.is_dir() or path.is_symlink():
            return Problem("this is not a directory", where, "choose another --out")
        if not overwrite:
            return _exists(where)
        # Never delete what this program has not written, whatever the user typed.
        if read_manifest(path) is None and any(path.iterdir()):
            return _foreign(where)
    inside = next((up for up in path.absolute().parents if _is_run(up)), None)
    if inside is not None:
        return Problem(f"this lies inside the run {inside}", where, "choose another --out")
    parent = _existing_ancestor(path)
    if not parent.is_dir():
        return Problem(f"{parent} is not a directory", where, "choose another --out")
    if not os.access(parent, os.W_OK | os.X_OK) or not _takes_folders(parent):
        return Problem(f"no permission to write in {parent}", where, "choose another --out")
    return None


def _takes_folders(parent: Path) -> bool:
    """Return whether a folder can be made there: rights alone do not tell (/proc, a full disk)."""
    try:
        Path(tempfile.mkdtemp(prefix=".ifn.", dir=parent)).rmdir()
    except OSError:
        return False
    return True


def _exists(where: str) -> Problem:
    return Problem("this folder exists already", where, "choose another --out or pass --overwrite")


def _foreign(where: str) -> Problem:
    return Problem(
        "this folder holds something else than a run, it will not be replaced",
        where,
        "choose another --out",
    )


def _is_run(folder: Path) -> bool:
    """Return whether a folder is a run, finished or in the making, in which nothing else may be."""
    return read_manifest(folder) is not None or (folder / PLAN).is_file()


def _existing_ancestor(path: Path) -> Path:
    """Return the nearest parent directory of `path` that exists."""
    parent = path.absolute().parent
    while not parent.exists():
        parent = parent.parent
    return parent


@contextmanager
def step_aside(out: Store) -> Generator[None]:
    """Make way for a new run at `out`; an older one comes back if the body fails.

    Elsewhere than on this machine there is no way back: the older run is removed, its manifest
    first.
    """
    path = out.local
    if path is None:
        out.remove([MANIFEST_NAME])
        out.clear()
        yield
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        yield
        return
    aside = Path(tempfile.mkdtemp(prefix=f".{path.name}.", suffix=".old", dir=path.parent))
    older = aside / path.name
    path.rename(older)
    try:
        yield
    except BaseException:
        older.rename(path)
        aside.rmdir()
        raise
    shutil.rmtree(aside, ignore_errors=True)
