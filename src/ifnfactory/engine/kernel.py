"""Compiled kernels and their cache on disk.

A kernel is a Python module, written once into the user's cache folder under the hash of all that
determines it (network, generator, library versions) and compiled there by Numba, whose own cache of
machine code lies beside it. The first use of a network on a machine takes tens of seconds; every
later one loads in a fraction of a second.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import ModuleType
from typing import Any

from ifnfactory.foundation.progress import Progress, Silent
from ifnfactory.network.model import Network

_SOURCES = ("vector_math", "symbolic", "emit", "lanes", "sparse_lu", "rosenbrock", "codegen")
_TEMPLATE = Path(__file__).with_name("_advance_template.py")
CACHE_VARIABLE = "IFNFACTORY_CACHE_DIR"


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


def cache_folder() -> Path:
    """Return the folder of compiled kernels; `IFNFACTORY_CACHE_DIR` overrides the user's cache."""
    override = os.environ.get(CACHE_VARIABLE)
    if override:
        return Path(override)
    import platformdirs  # noqa: PLC0415 -- only this line needs it

    return Path(platformdirs.user_cache_dir("ifnfactory")) / "kernels"


def kernel_key(network: Network) -> str:
    """Return the hash of everything that determines the machine code, but for the processor.

    Numba keeps code for each processor apart by itself.
    """
    import numba  # noqa: PLC0415 -- heavy: not before a kernel is wanted
    import numpy  # noqa: PLC0415
    import sympy  # noqa: PLC0415

    digest = hashlib.sha256(network.fingerprint.encode())
    for name in _SOURCES:
        digest.update(Path(__file__).with_name(f"{name}.py").read_bytes())
    digest.update(_TEMPLATE.read_bytes())
    for library in (numba, numpy, sympy):
        digest.update(library.__version__.encode())
    return digest.hexdigest()[:20]


def is_cached(network: Network) -> bool:
    """Return whether the kernel's source stands in the cache, so that loading is quick."""
    return (cache_folder() / kernel_key(network) / "ready").is_file()


@lru_cache(maxsize=16)
def _loaded(key: str, folder: Path) -> ModuleType:
    path = folder / key / f"kernel_{key}.py"
    name = f"ifnfactory_kernel_{key}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise ImportError(f"no kernel at {path}")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


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
    folder = _writable(cache_folder())
    fresh = not (folder / key / "ready").is_file()
    if fresh:
        watcher.begin("compiling the kernel (once for this model on this machine)", 3)
        _write_source(network, key, folder)
        watcher.advance()
    module = _loaded(key, folder)
    if fresh:
        _compile(module)
        watcher.advance()
        (folder / key / "ready").write_text("compiled\n", encoding="utf-8")
        watcher.advance()
        watcher.end()
    return Kernel(module.advance, module, key, fresh, time.perf_counter() - began)


def _write_source(network: Network, key: str, folder: Path) -> None:
    from ifnfactory.engine.codegen import write_kernel  # noqa: PLC0415 -- SymPy is heavy
    from ifnfactory.engine.symbolic import flatten  # noqa: PLC0415

    target = folder / key / f"kernel_{key}.py"
    if target.is_file():
        return
    source = write_kernel(flatten(network), _TEMPLATE.read_text(encoding="utf-8"))
    target.parent.mkdir(parents=True, exist_ok=True)
    _replace(target.with_suffix(".lanes"), source.lanes)
    _replace(target, source.loop)


def _replace(target: Path, text: str) -> None:
    """Write, then rename: another process may be doing the same."""
    handle, name = tempfile.mkstemp(dir=target.parent, suffix=".tmp")
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
    Path(name).replace(target)


def _compile(module: Any) -> None:
    """Run the kernel on no patients, with the types of every real call."""
    import numpy as np  # noqa: PLC0415

    n, constants = int(module.N), int(module.NP)
    floats, ints = np.zeros(1), np.zeros(1, dtype=np.int64)
    module.advance(
        0, 0, 0.0, 1.0, np.zeros((1, n)), np.zeros((1, constants)),
        floats.copy(), floats.copy(), floats.copy(), ints.copy(), ints.copy(), ints.copy(),
        floats, ints, np.zeros(1, dtype=np.bool_), np.zeros((1, 1)),
        floats, np.zeros((1, 1, n)), 1e-6, np.ones(n), 1,
    )  # fmt: skip


def _writable(folder: Path) -> Path:
    """Return the folder, or a temporary one where it cannot be written."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return folder
    except OSError:
        return Path(tempfile.gettempdir()) / f"ifnfactory-kernels-{os.getuid()}"
