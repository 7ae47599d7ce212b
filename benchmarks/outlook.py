"""Measure the outlook model: one million people for fifty years in monthly steps.

Run as ``python benchmarks/outlook.py``; writes ``benchmarks/results/outlook.json``. Targets: under
20 s on two cores, under 2 GB.
"""

from __future__ import annotations

import json
import os
import resource
import time
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from ifnfactory.foundation.provenance import platform_record, versions
from ifnfactory.outlook.cohort import draw_people
from ifnfactory.outlook.parameters import central
from ifnfactory.outlook.rates import rates_of
from ifnfactory.outlook.reference import follow_reference
from ifnfactory.outlook.simulate import follow
from ifnfactory.outlook.states import State
from ifnfactory.outlook.validate import target_cohorts

PEOPLE, YEARS, THREADS = 1_000_000, 50, 2
RESULT = Path(__file__).with_name("results") / "outlook.json"


def main() -> None:
    """Measure and write."""
    values, group = central(), target_cohorts()["china_adults"].group
    rates = rates_of(values, "China")
    began = time.perf_counter()
    follow(draw_people((group,), values, 10, 1), rates, 12, 1)
    compile_s = time.perf_counter() - began
    began = time.perf_counter()
    people = draw_people((group,), values, PEOPLE, 1)
    draw_s = time.perf_counter() - began
    began, busy = time.perf_counter(), time.process_time()
    course = follow(people, rates, YEARS * 12, 1, threads=THREADS)
    wall_s, cpu_s = time.perf_counter() - began, time.process_time() - busy
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2
    few = people.take(np.arange(1_000))
    began = time.perf_counter()
    slow = follow_reference(few, rates, YEARS * 12, 1)
    reference_s = time.perf_counter() - began
    fast = follow(few, rates, YEARS * 12, 1)
    alive = course.counts[0, :-1, : State.LIVER_DEATH].sum()
    result = {
        "what": "one million people, fifty years, monthly steps",
        "people": PEOPLE,
        "years": YEARS,
        "threads": THREADS,
        "wall_s": round(wall_s, 2),
        "cpu_s": round(cpu_s, 2),
        "draw_people_s": round(draw_s, 2),
        "compile_or_load_s": round(compile_s, 2),
        "peak_memory_gib": round(memory, 3),
        "person_months_alive": int(alive),
        "ns_per_person_month_cpu": round(1e9 * cpu_s / float(alive), 1),
        "reference_1000_people_s": round(reference_s, 2),
        "reference_counts_identical": bool(
            np.array_equal(fast.counts, slow.counts) and np.array_equal(fast.events, slow.events)
        ),
        "target_wall_s": 20,
        "target_memory_gib": 2,
        "load_average_1min": round(os.getloadavg()[0], 2),
        "measured": datetime.now(UTC).isoformat(timespec="seconds"),
        "versions": versions(),
        "platform": platform_record(),
    }
    RESULT.parent.mkdir(exist_ok=True)
    RESULT.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
