"""The cache of kernels is bounded, and nobody who works with it notices."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

from ifnfactory.foundation.kernel_cache import MOST, SPARED_S, prune, used

DAY = 86_400.0


def kernel(cache: Path, number: int, days: float, kind: str = "") -> Path:
    """Make a kernel that was used so many days ago."""
    key = f"{number:020x}"
    if kind:
        path = cache / f"{kind}_{key}.py"
        (cache / "__pycache__").mkdir(parents=True, exist_ok=True)
        path.write_text("source")
        (cache / "__pycache__" / f"{path.stem}.cells-1.py311.nbi").write_text("index")
        (cache / "__pycache__" / f"{path.stem}.cells-1.py311.1.nbc").write_text("code")
    else:
        path = cache / key
        path.mkdir(parents=True)
        (path / "kernel.py").write_text("source")
    os.utime(path, (time.time() - days * DAY,) * 2)
    return path


def test_the_longest_unused_go_with_all_that_is_theirs(tmp_path: Path) -> None:
    old = kernel(tmp_path, 1, 90.0)
    older = kernel(tmp_path, 2, 95.0, "tissue")
    kept = [kernel(tmp_path, 10 + i, 2.0 + i, "tissue" if i % 2 else "") for i in range(5)]
    assert prune(tmp_path, most=5) == 2
    assert not old.exists()
    left = {path.name for path in tmp_path.iterdir()}
    assert left == {*(path.name for path in kept), "__pycache__"}
    assert not list((tmp_path / "__pycache__").glob(f"{older.stem}.*"))
    assert len(list((tmp_path / "__pycache__").iterdir())) == 4
    assert prune(tmp_path, most=5) == 0


def test_use_keeps_a_kernel_and_does_not_touch_its_source(tmp_path: Path) -> None:
    folder, source = kernel(tmp_path, 1, 90.0), kernel(tmp_path, 2, 91.0, "tissue")
    before = source.stat().st_mtime_ns  # Numba throws machine code away when this changes
    other = kernel(tmp_path, 3, 89.0)
    used(folder)
    used(source)
    assert source.stat().st_mtime_ns == before
    assert prune(tmp_path, most=2) == 1
    assert folder.exists()
    assert source.exists()
    assert not other.exists()


def test_what_was_used_lately_or_is_none_of_ours_stays(tmp_path: Path) -> None:
    many = [kernel(tmp_path, i, 0.5) for i in range(MOST + 3)]
    (tmp_path / "thesis").mkdir()
    (tmp_path / "notes_about_kernels.py").write_text("mine")
    (tmp_path / f"{99:020x}").symlink_to(tmp_path / "thesis")
    making = tmp_path / ".making.abc"
    making.mkdir()
    os.utime(making, (time.time() - 0.5 * SPARED_S,) * 2)
    assert prune(tmp_path) == 0
    assert all(path.exists() for path in many)
    os.utime(making, (time.time() - 2 * SPARED_S,) * 2)
    assert prune(tmp_path, most=0) == 0
    assert not making.exists()
    assert (tmp_path / "thesis").is_dir()
    assert (tmp_path / "notes_about_kernels.py").exists()


def test_a_cache_that_is_not_there_or_cannot_be_written_is_left_alone(tmp_path: Path) -> None:
    assert prune(tmp_path / "none") == 0
    used(tmp_path / "none")
    assert list(tmp_path.iterdir()) == []


def test_processes_that_clear_the_same_cache_at_once_all_succeed(tmp_path: Path) -> None:
    for number in range(60):
        kernel(tmp_path, number, 10.0 + number, "tissue" if number % 2 else "")
    code = (
        "import sys; from pathlib import Path\n"
        "from ifnfactory.foundation.kernel_cache import prune\n"
        "print(prune(Path(sys.argv[1]), most=10))"
    )
    at_once = [
        subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE,
                         stderr=subprocess.PIPE, text=True)
        for _ in range(4)
    ]  # fmt: skip
    ends = [(*process.communicate(), process.returncode) for process in at_once]
    assert all((error, code) == ("", 0) for _, error, code in ends)
    assert sum(int(output) for output, _, _ in ends) == 50
    left = [path.name for path in tmp_path.iterdir() if path.name != "__pycache__"]
    assert len(left) == 10
