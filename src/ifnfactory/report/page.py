"""The report's content, ready to be set."""

from __future__ import annotations

from dataclasses import dataclass

from ifnfactory.report.scene import ArmScene


@dataclass(frozen=True)
class ComparisonRow:
    """One arm's line below an endpoint."""

    arm: str
    colour: str
    simulated: str
    parameters: str
    published: str
    n_published: str
    inside: bool | None
    plot: str


@dataclass(frozen=True)
class ComparisonGroup:
    """An endpoint at a week, with a line per arm."""

    title: str
    name: str
    week: float
    unit: str
    axis: str
    rows: tuple[ComparisonRow, ...]


@dataclass(frozen=True)
class FigureBlock:
    """A figure with its heading, and a remark beside the heading."""

    title: str
    remark: str
    svg: str


@dataclass(frozen=True)
class StatusLine:
    """How many patients ended in a way, and what that means."""

    word: str
    count: int
    meaning: str


@dataclass(frozen=True)
class SafetyRow:
    """One thing that happens to patients.

    Attributes
    ----------
    cells
        For each arm: percent with its interval, and how it went.
    """

    title: str
    cells: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Page:
    """Everything that the template sets."""

    title: str
    name: str
    citation: str
    patients: int
    compared: int
    inside: int
    seed: int
    version: str
    started: str
    arms: tuple[ArmScene, ...]
    timeline: str
    ranged: bool
    groups: tuple[ComparisonGroup, ...]
    courses: tuple[FigureBlock, ...]
    markers: tuple[FigureBlock, ...]
    safety: tuple[SafetyRow, ...]
    baseline: tuple[tuple[str, ...], ...]
    status: tuple[StatusLine, ...]
    methods: tuple[tuple[str, str], ...]
    protocol_source: str
