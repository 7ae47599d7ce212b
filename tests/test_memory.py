"""The memory of a run grows with what its folder holds, and with nothing else."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from ifnfactory.trial.protocol import load_protocol
from ifnfactory.trial.size import memory_needed

FEW, MANY = 1_000, 9_000

PROGRAM = """
import resource, sys
from datetime import UTC, datetime
from pathlib import Path
from ifnfactory.report.save import save_trial
from ifnfactory.trial.protocol import load_protocol
from ifnfactory.trial.run import run_trial
result = run_trial(load_protocol("lau2005"), int(sys.argv[1]), 1)
save_trial(result, Path(sys.argv[2]), datetime.now(UTC), "")
unit = 1 if sys.platform == "darwin" else 1024
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit)
"""


def peak(patients: int, out: Path) -> int:
    """Return the largest resident memory of a process that runs and writes a trial [byte]."""
    command = [sys.executable, "-c", PROGRAM, str(patients), str(out)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return int(done.stdout)


def test_memory_grows_by_what_the_folder_holds(tmp_path: Path) -> None:
    peak(10, tmp_path / "warm")  # compiling takes memory, too
    grown = peak(MANY, tmp_path / "many") - peak(FEW, tmp_path / "few")
    protocol = load_protocol("lau2005")
    # Seven markers and two antibodies of every visit are in visits.parquet, and are held until it
    # is written. Beside them a run needs what all arms share (a thousand bytes of parameters and a
    # state a patient) and the true values of one arm: together less than the visits once more.
    held = len(protocol.arms) * len(protocol.visit_weeks) * (7 * 8 + 2)
    assert grown / (MANY - FEW) < 3 * held
    assert grown < memory_needed(protocol, MANY - FEW)
