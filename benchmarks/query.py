"""How long questions to many runs take: ``python benchmarks/query.py [RUNS] [PATIENTS]``.

Simulates one run of PATIENTS in all, copies it RUNS times, and asks. Prints one JSON object: for
each question wall and processor seconds of the whole process, medians of three, and how busy the
machine was with other work (load over the last minute, before the questions).
"""

from __future__ import annotations

import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from ifnfactory.foundation.provenance import platform_record, versions

QUESTIONS = {
    "one endpoint of every run": "select run, arm, value from endpoints "
    "where endpoint = 'hbeag_seroconversion' and week = 72",
    "patients by genotype": "select genotype, count(*), avg(log10(hbsag0)) from patients "
    "group by genotype",
    "mean HBV DNA at each visit": "select arm, week, avg(log10(hbv_dna)) from visits "
    "group by arm, week",
    "HBsAg loss by genotype": "select genotype, v.arm, avg((v.hbsag < 0.05)::int) from visits v "
    "join patients p using (run, arm, patient) where week = 72 group by all",
}
ARMS = 3


def main() -> None:
    """Print the median of three whole processes for each question."""
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 100
    patients = int(sys.argv[2]) if len(sys.argv) > 2 else 10_000
    ifn = str(Path(sys.executable).with_name("ifn"))
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # it would compile every import at each start
    with tempfile.TemporaryDirectory() as text:
        place = Path(text)
        each = -(-patients // ARMS)
        command = [ifn, "trial", "run", "lau2005", "--patients", str(each)]
        subprocess.run([*command, "--out", str(place / "0000")], check=True, capture_output=True)
        for index in range(1, runs):
            shutil.copytree(place / "0000", place / f"{index:04d}")
        load = os.getloadavg()[0]
        found = {
            name: _seconds([ifn, "runs", "query", sql, text, "--json"])
            for name, sql in QUESTIONS.items()
        }
    record = {
        "runs": runs,
        "patients_a_run": each * ARMS,
        "load_before": round(load, 1),
        "wall_s": {name: wall for name, (wall, _) in found.items()},
        "cpu_s": {name: cpu for name, (_, cpu) in found.items()},
        "versions": versions(),
        "platform": platform_record(),
    }
    print(json.dumps(record, indent=1))


def _seconds(command: list[str]) -> tuple[float, float]:
    wall: list[float] = []
    cpu: list[float] = []
    for _ in range(3):
        before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
        subprocess.run(command, check=True, capture_output=True)
        wall.append(time.perf_counter() - began)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        cpu.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return round(statistics.median(wall), 3), round(statistics.median(cpu), 3)


if __name__ == "__main__":
    main()
