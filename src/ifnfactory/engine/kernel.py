"""Compiled kernels and their cache on disk.

A kernel is a folder in the user's cache, named by the hash of all that determines it (network,
generator, library versions): generated source, and beside it the machine code that Numba made of
it. It is made in a hidden sibling and then renamed, so that several processes may make the same
kernel at once; one that is damaged is made again.
"""

from __future__ import annotations

import atexit
import hashlib
import importlib.util
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from importlib import metadata
from pathlib import Path
from types import ModuleType
from typing import Any, Final

from ifnfactory.foundation.kernel_cache import kernels_home, prune, used
from ifnfactory.foundation.progress import Progress, Silent
from ifnfactory.network.model import Network

_SOURCES = ("vector_math", "symbolic", "emit", "lanes", "sparse_lu", "rosenbrock", "codegen")
_LIBRARIES: Final = ("numba", "llvmlite", "numpy", "sympy")
_FILE: Final = "kernel.py"
_TEMPLATE = Path(__file__).with_name("_advance_template.py")


@dataclass(frozen=True)
class Kernel:
    """The compiled functions of one network.

    Attributes
    ----------
    advance
        Integrates a range of patients; releases the interpreter lock.
    key
        Name of the kernel in the cache.
    freshly_compiled
        Whether this process had to compile it.
    load_seconds
        Time to find, or to generate and compile, the kernel.
    """

    advance: Callable[..., None]
    module: ModuleType
    key: str
    freshly_compiled: bool
    load_seconds: float


def kernel_key(network: Network) -> str:
    """Return the hash of everything that determines the machine code, but for the processor.

    Numba keeps code for each processor apart by itself.
    """
    digest = hashlib.sha256(network.fingerprint.encode())
    for name in _SOURCES:
        digest.update(Path(__file__).with_name(f"{name}.py").read_bytes())
    digest.update(_TEMPLATE.read_bytes())
    for library in _LIBRARIES:
        digest.update(metadata.version(library).encode())
    return digest.hexdigest()[:20]


def is_cached(network: Network) -> bool:
    """Return whether the kernel stands in the cache, so that loading is quick."""
    return (kernels_home() / kernel_key(network) / _FILE).is_file()


def load_kernel(network: Network, progress: Progress | None = None) -> Kernel:
    """Return the kernel of a network, compiling it if this machine has not seen it.

    Parameters
    ----------
    progress
        Told, in words for the screen, when a compilation starts.
    """
    began = time.perf_counter()
    watcher = progress or Silent()
    key = kernel_key(network)
    folder = kernels_home()
    home = folder / key
    module = _usable(home)
    fresh = module is None
    if module is None:
        kept = _is_writable(folder)
        if not kept:
            home = _folder_of_this_process() / key
        how_often = "once for this model on this machine" if kept else f"{folder} is not writable"
        watcher.begin(f"compiling the kernel ({how_often})", 0)
        module = _usable(home) or _made(network, home)
        if kept:
            prune(folder)
        watcher.end()
    used(home)
    return Kernel(module.advance, module, key, fresh, time.perf_counter() - began)


def _usable(home: Path) -> ModuleType | None:
    """Return the kernel of a folder, None if there is none; one that does not run is removed."""
    if not home.is_dir():
        return None
    try:
        return _started(home)
    except Exception:  # damaged files make Python and Numba raise anything
        shutil.rmtree(home, ignore_errors=True)
        return None


def _made(network: Network, home: Path) -> ModuleType:
    """Generate and compile the kernel, and put it in its place unless somebody else has."""
    from ifnfactory.engine.codegen import write_kernel  # noqa: PLC0415 -- SymPy is heavy
    from ifnfactory.engine.symbolic import flatten  # noqa: PLC0415

    source = write_kernel(flatten(network), _TEMPLATE.read_text(encoding="utf-8"))
    apart = Path(tempfile.mkdtemp(prefix=".making.", dir=home.parent))
    making = apart / home.name
    try:
        making.mkdir()
        (making / _FILE).with_suffix(".lanes").write_text(source.lanes, encoding="utf-8")
        (making / _FILE).write_text(source.loop, encoding="utf-8")
        _started(making)
        try:
            making.rename(home)
        except OSError:  # another process was quicker, and its kernel is the same
            if not home.is_dir():
                raise
    finally:
        shutil.rmtree(apart, ignore_errors=True)
    return _started(home)


@lru_cache(maxsize=16)
def _started(home: Path) -> ModuleType:
    """Import the kernel of a folder and run it on no patients, with the types of every call."""
    import numpy as np  # noqa: PLC0415 -- heavy: not before a kernel is wanted

    module: Any = _imported(home / _FILE)
    n, constants = int(module.N), int(module.NP)
    floats, ints = np.zeros(1), np.zeros(1, dtype=np.int64)
    module.advance(
        0, 0, 0.0, 1.0, np.zeros((1, n)), np.zeros((1, constants)),
        floats.copy(), floats.copy(), floats.copy(), ints.copy(), ints.copy(), ints.copy(),
        floats, ints, np.zeros(1, dtype=np.bool_), np.zeros((1, 1)),
        floats, np.zeros((1, 1, n)), 1e-6, np.ones(n), 1,
    )  # fmt: skip
    return module


def _imported(path: Path) -> ModuleType:
    name = f"ifnfactory_kernel_{path.parent.name}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise ImportError(f"no kernel at {path}")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def _is_writable(folder: Path) -> bool:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return True
    except OSError:
        return False


@lru_cache(maxsize=1)
def _folder_of_this_process() -> Path:
    """Return a folder that nobody else can write to and that goes with the process."""
    folder = Path(tempfile.mkdtemp(prefix="ifnfactory-kernels-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder
