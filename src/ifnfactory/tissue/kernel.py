"""Compiled kernels of cell models, kept on disk by the hash of all that determines them."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import sys
import tempfile
from functools import lru_cache
from importlib import metadata
from pathlib import Path
from types import ModuleType
from typing import Final

from ifnfactory.foundation.kernel_cache import kernels_home, prune, used
from ifnfactory.foundation.progress import Progress, Silent
from ifnfactory.tissue.codegen import write_kernel
from ifnfactory.tissue.layout import Layout

_HERE: Final = Path(__file__).parent


@lru_cache(maxsize=32)
def load_kernel(layout: Layout, progress: Progress | None = None) -> ModuleType:
    """Return the kernel of a model; Numba compiles it at its first call, once on this machine."""
    text = write_kernel(layout)
    digest = hashlib.sha256(text.encode())
    for part in ("ahead.py", "blood.py", "counter.py"):
        digest.update((_HERE / part).read_bytes())
    for library in ("numba", "llvmlite", "numpy"):
        digest.update(metadata.version(library).encode())
    key = digest.hexdigest()[:20]
    path = _folder() / f"tissue_{key}.py"
    if not path.is_file():
        (progress or Silent()).begin("compiling the cell model (once on this machine)", 0)
        _write(path, text)
        prune(path.parent)
    used(path)
    name = f"ifnfactory_{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise ImportError(f"no kernel at {path}")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def _folder() -> Path:
    """Return a folder for generated kernels: the user's cache, or one of this process."""
    wanted = kernels_home()
    try:
        wanted.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=wanted):
            return wanted
    except OSError:
        return Path(tempfile.mkdtemp(prefix="ifnfactory-kernels-"))


def _write(path: Path, text: str) -> None:
    """Write a file in one move, so that several processes may do it at once."""
    handle, name = tempfile.mkstemp(dir=path.parent, suffix=".making")
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
    Path(name).replace(path)
