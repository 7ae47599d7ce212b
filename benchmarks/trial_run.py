"""Time ``ifn trial run lau2005 --patients N --out DIR`` as whole processes, first and later ones.

    python benchmarks/trial_run.py [--patients 2000] [--repeats 5] [--json FILE]

``first``: nothing has ever run here, neither kernel nor Python's bytecode is in any cache.
``new model``: only the kernel has to be compiled. ``warm``: every later run. Wall time, processor
time and peak memory are those of the whole process, the run folder included.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from ifnfactory.foundation.provenance import platform_record, versions

IFN = str(Path(sys.executable).with_name("ifn"))


@dataclass(frozen=True)
class Process:
    """What one process took."""

    wall_s: float
    cpu_s: float
    peak_mb: float


@dataclass(frozen=True)
class Row:
    """Medians over the runs of one kind."""

    kind: str
    patients: int
    runs: int
    wall_s: float
    cpu_s: float
    peak_mb: float


def run(patients: int, out: Path, kernels: Path, bytecode: Path) -> Process:
    """Run the command once with these caches."""
    environment = {
        **os.environ,
        "IFNFACTORY_CACHE_DIR": str(kernels),
        "PYTHONPYCACHEPREFIX": str(bytecode),
    }
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    began = time.perf_counter()
    child = subprocess.Popen(
        [IFN, "trial", "run", "lau2005", "--patients", str(patients), "--out", str(out)],
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    _, status, used = os.wait4(child.pid, 0)
    wall = time.perf_counter() - began
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise SystemExit(f"the command failed with exit code {child.returncode}")
    unit = 1e6 if sys.platform == "darwin" else 1e6 / 1024
    return Process(wall, used.ru_utime + used.ru_stime, used.ru_maxrss / unit)


def median(kind: str, patients: int, runs: list[Process]) -> Row:
    """Return the medians of the runs."""
    return Row(
        kind,
        patients,
        len(runs),
        wall_s=round(statistics.median(each.wall_s for each in runs), 2),
        cpu_s=round(statistics.median(each.cpu_s for each in runs), 2),
        peak_mb=round(statistics.median(each.peak_mb for each in runs), 1),
    )


def measure(patients: int, repeats: int) -> list[Row]:
    """Return a row for every kind of run."""
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        warm = (place / "kernels", place / "bytecode")
        rows = [median("first", patients, [run(patients, place / "0", *warm)])]
        again = [
            run(patients, place / f"a{i}", place / f"kernels{i}", warm[1]) for i in range(repeats)
        ]
        rows.append(median("new model", patients, again))
        for size in (patients, 10 * patients):
            later = [run(size, place / f"{size}_{i}", *warm) for i in range(repeats)]
            rows.append(median("warm", size, later))
    return rows


def main() -> None:
    """Measure, print, and write the file that was asked for."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--patients", type=int, default=2000, help="patients in each of 3 arms")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--json", type=Path, help="file to write")
    options = parser.parse_args()
    load_before = os.getloadavg()[0]
    rows = measure(options.patients, options.repeats)
    machine = platform_record()
    report: dict[str, object] = {
        "command": "ifn trial run lau2005 --patients N --out DIR",
        "platform": machine,
        "versions": versions(),
        "load_before": round(load_before, 2),
        "load_after": round(os.getloadavg()[0], 2),
        "rows": [asdict(row) for row in rows],
    }
    if options.json:
        options.json.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    print(f"{machine['cpu']}, {machine['cores']} cores, load {load_before:.1f}")
    print(f"{'run':<12}{'patients':>10}{'runs':>6}{'wall s':>9}{'cpu s':>9}{'peak MB':>9}")
    for row in rows:
        print(
            f"{row.kind:<12}{3 * row.patients:>10,}{row.runs:>6}"
            f"{row.wall_s:>9.2f}{row.cpu_s:>9.2f}{row.peak_mb:>9.0f}"
        )


if __name__ == "__main__":
    main()
