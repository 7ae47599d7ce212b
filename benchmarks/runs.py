"""Time and memory of run folders: large runs, workers, and what keeping costs.

    python benchmarks/runs.py --out benchmarks/results/runs.json
    python benchmarks/runs.py --only workers store

Each measurement is the real program in a process of its own, with the kernel in its cache; what was
measured before and is not asked for stays in the file.
Processor seconds are those of the process, so that another process on the machine weighs little;
the speed of workers is wall time, and wants a quiet machine with at least as many cores.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from ifnfactory.foundation.provenance import platform_record

TRIAL: Final = "lau2005"
ARMS: Final = 3
_CHILD: Final = """
import json, os, resource, sys, time
from ifnfactory.foundation.progress import Silent
from ifnfactory.runs.cluster import executor_of
from ifnfactory.runs.store import open_store
from ifnfactory.study.order import Order
from ifnfactory.study.manner import Manner
from ifnfactory.study.run import run_study
from ifnfactory.trial.protocol import load_protocol

if __name__ == "__main__":
    asked = json.loads(sys.argv[1])
    order = Order(load_protocol(asked["trial"]), asked["patients"], 1)
    began, busy = time.perf_counter(), time.process_time()
    executor = executor_of(asked["scheduler"])
    run_study(order, open_store(asked["out"]), executor, Manner(asked["threads"]), Silent())
    unit = 1 if sys.platform == "darwin" else 1024
    print(json.dumps({
        "wall_s": time.perf_counter() - began,
        "processor_s": time.process_time() - busy,
        "resident_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6,
    }))
"""


@dataclass(frozen=True)
class Cost:
    """What one run took."""

    patients: int
    wall_s: float
    processor_s: float
    resident_mb: float
    folder_mb: float


def run(patients: int, scheduler: str | None = None, threads: int | None = None) -> Cost:
    """Run the trial with so many patients in each arm into a folder that is then removed."""
    with tempfile.TemporaryDirectory() as home:
        out = Path(home) / "run"
        asked = {
            "trial": TRIAL, "patients": patients, "scheduler": scheduler, "out": str(out),
            "threads": threads,
        }  # fmt: skip
        # A file, since Dask's workers import the main program.
        program = Path(home) / "child.py"
        program.write_text(_CHILD, encoding="utf-8")
        done = subprocess.run(
            [sys.executable, str(program), json.dumps(asked)],
            check=True, capture_output=True, text=True,
        )  # fmt: skip
        size = sum(path.stat().st_size for path in out.rglob("*") if path.is_file())
        return Cost(patients * ARMS, **json.loads(done.stdout), folder_mb=size / 1e6)


def large(patients: int) -> dict[str, Any]:
    """Compare a large run with a thirtieth of it."""
    run(10)
    few, many = run(patients // 30), run(patients)
    start = run(10)  # what every run takes, however few its patients
    cost = [(each.processor_s - start.processor_s) / each.patients for each in (few, many)]
    return {
        "patients": many.patients,
        "wall_s": many.wall_s,
        "resident_mb": many.resident_mb,
        "folder_mb": many.folder_mb,
        "processor_us_a_patient": [1e6 * each for each in cost],
        "cost_ratio": cost[1] / cost[0],
    }


def workers(patients: int, repeats: int) -> dict[str, Any]:
    """Compare two Dask workers of one thread with one; `speed_of_two` holds start and end, too.

    Each time is that of the whole study: reading the model, starting and stopping the workers,
    writing the folder and its report. What a run of ten patients takes is all of that and no
    treatment, so that the rest is the speed of the workers alone.
    """
    starts = {
        number: statistics.median(run(10, f"local:{number}").wall_s for _ in range(repeats))
        for number in (1, 2)
    }
    times = {number: run(patients, f"local:{number}").wall_s for number in (1, 2)}
    return {
        "patients": patients * ARMS,
        "wall_s": times,
        "start_and_end_s": starts,
        "speed_of_two": times[1] / times[2],
        "speed_of_two_without_start": (times[1] - starts[1]) / (times[2] - starts[2]),
    }


def store(patients: int, repeats: int) -> dict[str, Any]:
    """Compare making and writing shards with simulating them, on one thread."""
    from ifnfactory.foundation.progress import Silent  # noqa: PLC0415
    from ifnfactory.foundation.streams import Streams  # noqa: PLC0415
    from ifnfactory.runs.making import Identity, Making  # noqa: PLC0415
    from ifnfactory.runs.store import open_store  # noqa: PLC0415
    from ifnfactory.study.tasks import answer_of  # noqa: PLC0415
    from ifnfactory.trial.protocol import load_protocol  # noqa: PLC0415
    from ifnfactory.trial.run import open_simulator  # noqa: PLC0415

    protocol, simulator = load_protocol(TRIAL), open_simulator(1)
    simulated: list[float] = []
    kept: list[float] = []
    for number in range(repeats + 1):
        streams, home = Streams(number), Path(tempfile.mkdtemp())
        making = Making(open_store(str(home / "run")))
        making.open(Identity((), datetime.now(UTC).isoformat()), False, False)
        busy = time.process_time()
        cohort = simulator.gather(protocol, patients, streams)
        outcomes = [simulator.treat(protocol, arm, cohort, Silent()) for arm in protocol.arms]
        simulated.append(time.process_time() - busy)
        busy = time.process_time()
        for outcome in outcomes:
            answer = answer_of(protocol, outcome, 0)
            making.add(outcome.arm, outcome.arm, 0, patients, answer.files, answer.facts)
        kept.append(time.process_time() - busy)
        shutil.rmtree(home)
    del simulated[0], kept[0]  # the first imports and compiles
    shares = [k / s for k, s in zip(kept, simulated, strict=True)]
    return {
        "patients": patients * ARMS,
        "simulation_s": simulated,
        "store_s": kept,
        "store_share": statistics.median(shares),
    }


def main() -> None:
    """Measure what was asked for and write it down."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else "")
    parser.add_argument("--patients", type=int, default=100_000, help="in each arm")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--only", nargs="*", choices=("large", "workers", "store"))
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    measurements: dict[str, Callable[[], dict[str, Any]]] = {
        "large": lambda: large(options.patients),
        "workers": lambda: workers(max(6 * options.patients // 10, 100), options.repeats),
        "store": lambda: store(2048, options.repeats),
    }
    known: dict[str, Any] = {}
    if options.out and options.out.is_file():
        known = json.loads(options.out.read_text(encoding="utf-8"))
    for name in options.only or measurements:
        circumstances = {
            "trial": TRIAL,
            "when": datetime.now(UTC).isoformat(timespec="seconds"),
            "platform": platform_record(),
            "load_before": round(os.getloadavg()[0], 2),
        }
        known[name] = circumstances | measurements[name]()
        print(json.dumps({name: known[name]}, indent=1))
        if options.out:
            options.out.write_text(json.dumps(known, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
