"""The content of the qualification's report, ready to be set."""

from __future__ import annotations

from dataclasses import dataclass

from ifnfactory.report.page import FigureBlock


@dataclass(frozen=True)
class ShareBar:
    """A share inside, as a bar.

    Attributes
    ----------
    inside, rows
        Rows inside, and all rows; their weights are in `percent`.
    percent
        Weighted; None where no row has a weight.
    """

    name: str
    inside: int
    rows: int
    percent: float | None


@dataclass(frozen=True)
class ForestLine:
    """One row of a trial; `endpoint` is empty where it is that of the line above."""

    endpoint: str
    arm: str
    colour: str
    simulated: str
    published: str
    inside: bool
    plot: str


@dataclass(frozen=True)
class ForestBlock:
    """Rows of a trial that share a scale."""

    unit: str
    axis: str
    lines: tuple[ForestLine, ...]


@dataclass(frozen=True)
class TrialBlock:
    """A parent trial.

    Attributes
    ----------
    sources
        Papers, or what else the numbers are from.
    """

    name: str
    sources: tuple[str, ...]
    inside: int
    rows: int
    blocks: tuple[ForestBlock, ...]


@dataclass(frozen=True)
class MissLine:
    """A miss in words: what, the sentence with the numbers, and why."""

    trial: str
    what: str
    sentence: str
    why: str


@dataclass(frozen=True)
class NotRunGroup:
    """Targets that are not run for one reason."""

    why: str
    targets: tuple[str, ...]


@dataclass(frozen=True)
class RatioLine:
    """One odds ratio."""

    name: str
    simulated: str
    published: str
    direction: bool | None
    within_factor_two: bool | None
    plot: str


@dataclass(frozen=True)
class RatioBlock:
    """A regression."""

    title: str
    source: str
    lines: tuple[RatioLine, ...]


@dataclass(frozen=True)
class AblationLine:
    """A row of the table of ablations; the whole population comes first.

    Attributes
    ----------
    shares
        Inside in all and by class, in words.
    headline
        The headline endpoints without the mechanism, in words.
    changed
        Which of them differ from the whole population's by enough to be marked.
    """

    title: str
    meaning: str
    shares: tuple[str, ...]
    headline: tuple[str, ...]
    changed: tuple[bool, ...]
    broken: int
    mended: int


@dataclass(frozen=True)
class GroupLine:
    """How far HBsAg falls in two groups of an arm's patients, in words."""

    trial: str
    arm: str
    hbeag: str
    cells: tuple[str, ...]


@dataclass(frozen=True)
class EnsembleNote:
    """What the members of an ensemble do, in words."""

    members: int
    lowest: str
    highest: str
    mean_inside: str
    widest: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class QualificationPage:
    """Everything that the template sets."""

    version: str
    percent: float | None
    inside: int
    rows: int
    trials: int
    patients: int
    seed: int
    parameter_set: str
    classes: tuple[ShareBar, ...]
    by_trial: tuple[ShareBar, ...]
    patterns: tuple[str, ...]
    misses: tuple[MissLine, ...]
    smaller_misses: tuple[MissLine, ...]
    calibration: str
    genotypes: str
    order: tuple[tuple[str, bool], ...]
    ratio_axis: str
    ratios: tuple[RatioBlock, ...]
    waterfalls: tuple[FigureBlock, ...]
    hbsag_groups: tuple[GroupLine, ...]
    hbsag_published: str
    courses: tuple[FigureBlock, ...]
    blocks: tuple[TrialBlock, ...]
    not_run: tuple[NotRunGroup, ...]
    ablations: tuple[AblationLine, ...]
    ablation_heads: tuple[str, ...]
    ensemble: EnsembleNote | None
    methods: tuple[tuple[str, str], ...]
