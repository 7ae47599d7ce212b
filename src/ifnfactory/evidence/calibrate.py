"""Calibration: all weighted targets at once, informative priors, a search that survives a kill.

The objective is the loss of all targets (`evidence.emulator.misfit`: Cauchy's, and a step where a
target leaves its interval) plus half the squared distance from the priors. Each round scatters
points around the present centre, lets them all be qualified with the same draw of patients, fits
the slopes of every target (`evidence.emulator`), simulates the centre itself with more patients,
and takes a damped Gauss-Newton step, as long as real simulation finds best. The draw changes with
the round, so that none is fitted.

At the end the numbers have a covariance (Laplace), and vectors drawn from it are judged by
simulation, too; those that fit about as well as the centre are the ensemble.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ifnfactory.evidence.emulator import (
    BREADTH,
    CROSSING,
    OUTLIER,
    LocalPicture,
    anchored,
    misfit,
    picture,
    posterior_covariance,
    step,
)
from ifnfactory.evidence.observations import Observations
from ifnfactory.evidence.search_log import Round, SearchLog
from ifnfactory.foundation.progress import Progress, Silent
from ifnfactory.foundation.streams import stream

Floats = NDArray[np.float64]
LENGTHS: Final = (0.0, 0.4, 0.8, 1.3)
"""Lengths of the proposed step that are judged by simulation; none at all is one of them, since a
step that makes things worse is not taken."""
LONGEST: Final = 0.55
"""Longest step, in units of scatter times the root of the number of numbers."""
JUDGED: Final = 5.0
"""A centre is judged with so many times the patients of a scattered point."""
DRAWN: Final = 2
"""Vectors that are drawn for each member of the ensemble; the better half is kept."""
PULLED_IN: Final = 0.5
"""Drawn vectors are pulled towards the centre by so much. The ridge hides slopes, so the covariance
of the picture is too wide: whole draws of 96 numbers cost 180 to 260 units where a posterior
allows 48 (half the number of numbers); it grows with the square of the distance."""
MEMBER_JUDGED: Final = 2.5
"""A drawn vector is judged with so many times the patients of a scattered point."""


@dataclass(frozen=True)
class Settings:
    """How to search.

    Attributes
    ----------
    patients
        Virtual patients in each arm of a scattered point.
    scatter
        SD of the points around the centre, in SDs of the priors.
    points
        Points of the first round over the number of numbers; later rounds take half as many.
    members
        Vectors of the ensemble.
    rounds
        At most so many in all; None: as many as the time allows.
    """

    patients: int = 120
    scatter: float = 0.35
    points: float = 1.5
    members: int = 12
    seed: int = 1
    rounds: int | None = None


@dataclass(frozen=True)
class Task:
    """What is to be fitted.

    Attributes
    ----------
    numbers
        How many.
    observed
        The targets.
    predict
        [(point, patients in each arm, seed), …] → scaled predictions of each in turn, shape
        (targets,).
    about
        Name and value of everything that the answer rests on; a search in a folder refuses to go
        on with anything else.
    start
        Where the search begins, shape (numbers,); empty: at the priors.
    """

    numbers: int
    observed: Observations
    predict: Callable[[Sequence[tuple[Floats, int, int]]], Iterable[Floats]]
    about: tuple[tuple[str, str], ...] = ()
    start: tuple[float, ...] = ()


@dataclass(frozen=True)
class Answer:
    """What a search found, in SDs of the priors.

    Attributes
    ----------
    centre
        Shape (numbers,).
    covariance
        Shape (numbers, numbers), of the numbers given the targets.
    members
        Shape (vectors, numbers): vectors that fit about as well as the centre.
    rounds
        How the search went.
    local
        The picture around the last centre but one; None before the first round.
    """

    centre: Floats
    covariance: Floats
    members: Floats
    rounds: tuple[Round, ...]
    local: LocalPicture | None = None


def calibrate(
    task: Task,
    folder: Path,
    minutes: float,
    settings: Settings | None = None,
    progress: Progress | None = None,
) -> Answer:
    """Search for so many minutes, or go on with the search that lies in `folder`.

    The minutes bound the rounds; a round that has begun is not cut short, and the ensemble is drawn
    after the last one.

    Raises
    ------
    UserInputError
        If `folder` holds a search that rests on something else.
    """
    search = _Search(task, folder, settings or Settings(), progress or Silent())
    until = time.monotonic() + 60.0 * minutes
    while search.wants_a_round() and time.monotonic() < until:
        search.round()
    return search.answer()


class _Search:
    """One search: its rounds and, at the end, its ensemble."""

    def __init__(self, task: Task, folder: Path, how: Settings, progress: Progress) -> None:
        settings = {name: value for name, value in vars(how).items() if name != "rounds"}
        about = dict(task.about) | {f"setting {name}": value for name, value in settings.items()}
        about |= {"loss": [OUTLIER, CROSSING, BREADTH], "pulled in": PULLED_IN}
        self._task, self._how, self._progress = task, how, progress
        self._log = SearchLog(folder, about)
        self._rounds = self._log.rounds()

    @property
    def centre(self) -> Floats:
        """Where the search stands."""
        if self._rounds:
            return np.array(self._rounds[-1].centre)
        return np.array(self._task.start or (0.0,) * self._task.numbers)

    def wants_a_round(self) -> bool:
        """Return whether the settings ask for another one."""
        return self._how.rounds is None or len(self._rounds) < self._how.rounds

    def round(self) -> None:
        """Scatter, fit, step."""
        number, how, task = len(self._rounds), self._how, self._task
        seed = how.seed + number
        points = self._scatter(number)
        self._progress.begin(f"round {number + 1}", len(points) + len(LENGTHS))
        names = [f"round-{number:03d}-point-{place:04d}" for place in range(len(points))]
        self._evaluate(names, points, how.patients, seed)
        many = int(JUDGED * how.patients)
        [here] = self._evaluate([f"round-{number:03d}-step-0"], [self.centre], many, seed)
        local = anchored(self._picture(number), here)
        longest = LONGEST * how.scatter * math.sqrt(task.numbers)
        move = step(local, task.observed, longest)
        candidates = [self.centre + length * move for length in LENGTHS]
        names = [f"round-{number:03d}-step-{place}" for place in range(1, len(candidates))]
        judged = [here, *self._evaluate(names, candidates[1:], many, seed)]
        self._progress.end()
        values = [self.objective(p, y) for p, y in zip(candidates, judged, strict=True)]
        best = int(np.argmin(values))
        moved = float(np.linalg.norm(candidates[best] - self.centre))
        inside = inside_percent(judged[best], task.observed)
        done = Round(number + 1, values[best], inside, moved, candidates[best].tolist())
        self._log.finish(done)
        self._rounds.append(done)

    def answer(self) -> Answer:
        """Return centre, covariance and ensemble."""
        how, task = self._how, self._task
        local = self._last_picture() if self._rounds else None
        covariance = posterior_covariance(local, task.observed) if local else np.eye(task.numbers)
        root = np.linalg.cholesky(covariance)
        number, patients = len(self._rounds), int(MEMBER_JUDGED * how.patients)
        self._progress.begin("ensemble", DRAWN * how.members)
        places = range(DRAWN * how.members)
        normal = [
            stream(how.seed, "ensemble", number, place).standard_normal(task.numbers)
            for place in places
        ]
        points = [self.centre + PULLED_IN * root @ each for each in normal]
        names = [f"round-{number:03d}-member-{place:03d}" for place in places]
        predicted = self._evaluate(names, points, patients, how.seed)
        found = [(self.objective(p, y), p) for p, y in zip(points, predicted, strict=True)]
        self._progress.end()
        found.sort(key=lambda pair: pair[0])
        members = np.array([point for _, point in found[: how.members]])
        return Answer(self.centre, covariance, members, tuple(self._rounds), local)

    def _last_picture(self) -> LocalPicture:
        """Return the picture around the present centre, which was judged as a step of its round."""
        number = len(self._rounds) - 1
        points, judged = self._log.evaluations(lambda n: n.startswith(f"round-{number:03d}-step"))
        here = np.flatnonzero((points == self.centre).all(axis=1))
        return anchored(self._picture(number), judged[here[0]])

    def objective(self, point: Floats, predicted: Floats) -> float:
        """Return the loss of the targets and of the distance from the priors."""
        return misfit(predicted, self._task.observed) + 0.5 * float(np.sum(point**2))

    def _picture(self, number: int) -> LocalPicture:
        """Fit what is known once the points of a round are evaluated, and nothing of later.

        A search that was cut short may hold more; the picture must be the same.
        """

        def wanted(name: str) -> bool:
            _, round_, kind, *_ = name.split("-")
            earlier = int(round_) < number and kind != "member"
            return earlier or (int(round_) == number and kind == "point")

        return picture(*self._log.evaluations(wanted), self.centre, self._how.scatter)

    def _scatter(self, number: int) -> list[Floats]:
        """Return the points of a round, in mirrored pairs."""
        how, n = self._how, self._task.numbers
        pairs = math.ceil(how.points * n / (2 if number == 0 else 4))
        away = [
            how.scatter * stream(how.seed, "scatter", number, pair).standard_normal(n)
            for pair in range(pairs)
        ]
        return [self.centre + sign * each for each in away for sign in (1.0, -1.0)]

    def _evaluate(
        self, names: Sequence[str], points: Sequence[Floats], patients: int, seed: int
    ) -> list[Floats]:
        """Return the predictions at some points, from the folder where it has been there before."""
        known = {name: self._log.find(name) for name in names}
        self._progress.advance(sum(each is not None for each in known.values()))
        missing = [at for at, name in enumerate(names) if known[name] is None]
        fresh = self._task.predict([(points[at], patients, seed) for at in missing])
        for at, predicted in zip(missing, fresh, strict=True):
            self._log.keep(names[at], points[at], predicted)
            known[names[at]] = predicted
            self._progress.advance()
        return [predicted for predicted in known.values() if predicted is not None]


def inside_percent(predicted: Floats, observed: Observations) -> float:
    """Return the weighted share of targets within their 95 % intervals, by the scaled errors."""
    reached = np.abs(predicted - observed.value) <= 1.96 * observed.sd
    return 100.0 * float(np.sum(observed.weight * reached) / np.sum(observed.weight))


def moved_numbers(answer: Answer, names: Sequence[str]) -> tuple[tuple[str, float, float], ...]:
    """Return (name, shift, remaining SD) of each number, in SDs of its prior, most moved first."""
    sd = np.sqrt(np.diag(answer.covariance))
    rows = zip(names, answer.centre.tolist(), sd.tolist(), strict=True)
    return tuple(sorted(rows, key=lambda row: row[2]))
