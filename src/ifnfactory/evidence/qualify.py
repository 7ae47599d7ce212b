"""Run every protocol with one frozen population, and compare with what was published."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

from ifnfactory.evidence.genotypes import GenotypeRow, falls, genotype_rows
from ifnfactory.evidence.judge import judge
from ifnfactory.evidence.matching import Match, NotRun, match_targets
from ifnfactory.evidence.natural_history import FOLLOWED, judge_cohort, load_cohorts, load_rates
from ifnfactory.evidence.odds_ratios import ratio_rows
from ifnfactory.evidence.predictor_file import load_predictors
from ifnfactory.evidence.predictors import Predictors
from ifnfactory.evidence.qualification import Qualification, Row, Trial
from ifnfactory.evidence.shapes import ArmShape, shape_of
from ifnfactory.evidence.targets import Target, load_targets
from ifnfactory.foundation.errors import Problem, UserInputError
from ifnfactory.foundation.progress import Progress, Silent
from ifnfactory.trial.catalogue import protocol_names
from ifnfactory.trial.protocol import Protocol, load_protocol
from ifnfactory.trial.result import TrialResult
from ifnfactory.trial.run import open_simulator

GENOTYPE_PATIENTS: Final = 2
"""The trial of equal genotype shares has this many times the patients of an arm: four strata."""
REGRESSED: Final = 4
"""So have the trials behind the regressions: with 1,000 patients in each arm the odds ratio of ALT
came out at 1.4 to 2.5 by chance alone."""


Run = Callable[[Protocol, int, int, int | None, Progress | None], TrialResult]
"""What treats virtual patients: protocol, patients, seed, threads, progress; as `run_trial`."""


def qualify(
    patients: int,
    seed: int,
    threads: int | None = None,
    progress: Progress | None = None,
    *,
    targets: Sequence[Target] | None = None,
    protocols: Sequence[Protocol] | None = None,
    with_predictors: bool = True,
    run: Run | None = None,
) -> Qualification:
    """Run the protocols and hold them against the targets.

    Parameters
    ----------
    patients
        Virtual patients in each arm.
    seed
        Seed of every random stream.
    threads
        None: one for each core. No result depends on it.
    targets
        Default: those that the package ships, and untreated natural history with them.
    protocols
        Default: every built-in one.
    with_predictors
        Whether to ask who responds: a trial more, and some regressions.
    run
        What treats the patients; default: the shipped population.

    Raises
    ------
    UserInputError
        If the runs do not share one parameter set, or nobody fits a protocol's baseline.
    """
    began = time.perf_counter()
    published = load_targets() if targets is None else tuple(targets)
    trials = tuple(map(load_protocol, protocol_names())) if protocols is None else tuple(protocols)
    cohorts = load_cohorts() if targets is None else ()
    matches, not_run = match_targets(published, trials)
    by_protocol = {
        trial.name: [match for match in matches if match.protocol == trial.name] for trial in trials
    }
    used = [trial for trial in trials if by_protocol[trial.name]]
    if not used:
        problem = Problem("no target has a protocol", "qualify", "see: ifn trial list")
        raise UserInputError([problem])
    bench = _Bench(run or _shipped(threads, progress), seed, threads, progress or Silent())
    asked = bench.regressed(used) if with_predictors else ()
    bench.expected = len(used) + len(cohorts) + len(asked) + int(with_predictors)
    for trial in used:
        bench.treat(trial, patients, by_protocol[trial.name])
    for cohort in cohorts:
        bench.follow(cohort, patients * FOLLOWED)
    predictors = bench.predictors(trials, asked, patients) if with_predictors else None
    left = {each.target_id: each for each in (*not_run, *bench.left)}
    places = {target.target_id: place for place, target in enumerate(published)}
    return Qualification(
        parameter_set=bench.parameter_set,
        version=bench.version,
        seed=seed,
        patients=patients,
        wall_s=time.perf_counter() - began,
        rows=tuple(sorted(bench.rows, key=lambda row: places.get(row.target_id, len(places)))),
        not_run=(
            *(left[target.target_id] for target in published if target.target_id in left),
            *(load_rates()[1] if cohorts else ()),
        ),
        trials=tuple(_trial(protocol) for protocol in (*used, *cohorts)),
        shapes=tuple(bench.shapes),
        status_counts=tuple(bench.status.items()),
        predictors=predictors,
        streams=tuple(sorted(bench.streams)),
    )


def _shipped(threads: int | None, progress: Progress | None) -> Run:
    """Return what treats patients of the shipped population; its model is read only once."""
    simulator = open_simulator(threads, progress)

    def run(
        protocol: Protocol, patients: int, seed: int, _: int | None, watcher: Progress | None
    ) -> TrialResult:
        return simulator.run(protocol, patients, seed, watcher)

    return run


def _trial(protocol: Protocol) -> Trial:
    arms = tuple((arm.name, arm.label) for arm in protocol.arms)
    return Trial(protocol.name, protocol.title, protocol.citation, arms)


class _Bench:
    """Runs one protocol after the other and keeps what the record needs of each.

    Attributes
    ----------
    expected
        How many runs there will be; told to whoever watches.
    """

    def __init__(self, run: Run, seed: int, threads: int | None, progress: Progress) -> None:
        self._run = run
        self._seed = seed
        self._threads = threads
        self._progress = progress
        self._runs = 0
        self.expected = 0
        self.parameter_set = ""
        self.version = ""
        self.rows: list[Row] = []
        self.left: list[NotRun] = []
        self.shapes: list[ArmShape] = []
        self.status: dict[str, int] = {}
        self.streams: set[str] = set()

    def treat(self, protocol: Protocol, patients: int, matches: Sequence[Match]) -> None:
        """Run a trial and judge its targets."""
        result = self._result(protocol, patients)
        rows, left = judge(result, matches)
        self.rows += rows
        self.left += left
        self.shapes += [shape_of(result, outcome) for outcome in result.arms]

    def follow(self, cohort: Protocol, patients: int) -> None:
        """Follow an untreated cohort and judge its rates."""
        self.rows += judge_cohort(self._result(cohort, patients), load_rates()[0])

    def regressed(self, protocols: Sequence[Protocol]) -> tuple[Protocol, ...]:
        """Return the protocols whose patients the regressions are about."""
        wanted = {protocol for asked in load_predictors()[1] for protocol, _ in asked.arms}
        return tuple(protocol for protocol in protocols if protocol.name in wanted)

    def predictors(
        self, protocols: Sequence[Protocol], regressed: Sequence[Protocol], patients: int
    ) -> Predictors:
        """Return who responds, as far as the trials behind that question are there."""
        trial, regressions = load_predictors()
        genotypes: tuple[GenotypeRow, ...] = ()
        for protocol in protocols:
            if protocol.name == trial.protocol:
                equal = replace(protocol.baseline, genotype_shares=(0.25, 0.25, 0.25, 0.25))
                mixed = replace(protocol, baseline=equal)
                result = self._result(mixed, patients * GENOTYPE_PATIENTS)
                genotypes = genotype_rows(result, trial)
        many = {each.name: self._result(each, patients * REGRESSED) for each in regressed}
        ratios = {asked.name: ratio_rows(many, asked) for asked in regressions}
        return Predictors(
            genotypes=genotypes,
            order=falls(genotypes),
            regressions=tuple(
                (asked.name, asked.title, str(asked.source))
                for asked in regressions
                if ratios[asked.name]
            ),
            ratios=tuple(row for rows in ratios.values() for row in rows),
        )

    def _result(self, protocol: Protocol, patients: int) -> TrialResult:
        """Run a protocol, and make sure that all runs belong together."""
        self._runs += 1
        label = f"{protocol.name} ({self._runs} of {self.expected})"
        self._progress.begin(label, patients * len(protocol.arms))
        steps = _OnlySteps(self._progress)
        result = self._run(protocol, patients, self._seed, self._threads, steps)
        self._progress.end()
        first = self.parameter_set or result.parameter_set
        if result.parameter_set != first:
            what = f"{protocol.name} was run with {result.parameter_set}, others with {first}"
            fix = "do not change parameters while a qualification runs; start it again"
            raise UserInputError([Problem(what, "parameter set", fix)])
        self.parameter_set, self.version = first, result.version
        self.streams.update(result.streams)
        for word, count in result.status_counts:
            self.status[word] = self.status.get(word, 0) + count
        return result


class _OnlySteps:
    """Passes on steps, and keeps the stages of a run to itself."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress

    def begin(self, label: str, total: int) -> None:
        """Ignore the start of a stage."""

    def advance(self, n: int = 1) -> None:
        """Pass on a step."""
        self._progress.advance(n)

    def end(self) -> None:
        """Ignore the end of a stage."""
