"""The whole of a calibration, from the shipped numbers to a population that can be released."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from ifnfactory.evidence.calibrate import Answer, Settings, calibrate
from ifnfactory.evidence.calibrated import (
    Identified,
    Trade,
    candidate_release,
    identifiability,
    save_candidate,
    trades,
)
from ifnfactory.evidence.cross_validation import cross_validate
from ifnfactory.evidence.free import Space, load_free
from ifnfactory.evidence.robustness import Prediction
from ifnfactory.evidence.trial_task import trial_task
from ifnfactory.foundation.errors import UserInputError
from ifnfactory.foundation.progress import Progress
from ifnfactory.foundation.provenance import versions
from ifnfactory.population.release import starting_population
from ifnfactory.population.released import load_release
from ifnfactory.trial.run import open_simulator


@dataclass(frozen=True)
class Calibration:
    """What a calibration found.

    Attributes
    ----------
    file
        The population, as it can be given to other commands.
    targets
        Number of targets fitted.
    predictions
        Trials predicted by fits that did not see them, where asked for.
    """

    answer: Answer
    file: Path
    targets: int
    identified: tuple[Identified, ...]
    trades: tuple[Trade, ...]
    predictions: tuple[Prediction, ...] = ()


def run_calibration(
    folder: Path,
    minutes: float,
    patients: int,
    seed: int,
    threads: int | None,
    progress: Progress,
    *,
    leave_out: bool = False,
) -> Calibration:
    """Search around the starting population, beginning at the current release.

    Raises
    ------
    UserInputError
        If `folder` holds a search that rests on something else.
    """
    space = Space(starting_population(), load_free())
    settings = Settings(patients=patients, seed=seed)
    task = trial_task(space, threads, progress, start=_current(space))
    answer = calibrate(task, folder, minutes, settings, progress)
    last = answer.rounds[-1] if answer.rounds else None
    provenance = {
        "command": f"ifn calibrate --patients {patients} --seed {seed}",
        "version": versions()["ifnfactory"],
        "finished": datetime.now(UTC).date().isoformat(),
        "targets": str(len(task.observed)),
        "rounds": str(len(answer.rounds)),
        "objective": "" if last is None else f"{last.objective:.1f}",
    }
    release = candidate_release(space, answer, folder.name, provenance)
    predictions: tuple[Prediction, ...] = ()
    if leave_out and answer.local is not None:
        frame = open_simulator(threads, progress, space.centre)
        predictions = cross_validate(
            frame, space, answer.local, task.observed, settings.scatter, 500, seed, progress
        )
    return Calibration(
        answer,
        save_candidate(release, folder),
        len(task.observed),
        identifiability(space, answer),
        trades(space.free, answer),
        predictions,
    )


def _current(space: Space) -> tuple[float, ...]:
    """Return the current release as a point; on another structure, the priors."""
    try:
        return space.point(load_release().reference)
    except UserInputError:
        return ()
