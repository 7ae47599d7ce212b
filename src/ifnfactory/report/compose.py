"""From a trial's result to the page that a person reads."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from ifnfactory.engine.status import Status
from ifnfactory.foundation.progress import Progress, Silent
from ifnfactory.foundation.provenance import platform_record, versions
from ifnfactory.report.baseline import baseline_lines
from ifnfactory.report.course import course_figure
from ifnfactory.report.forest import axis, dot_plot, scale_of
from ifnfactory.report.kinetics import marker_figure
from ifnfactory.report.look import arm_colour
from ifnfactory.report.page import ComparisonGroup, ComparisonRow, FigureBlock, Page, StatusLine
from ifnfactory.report.safety import safety_rows
from ifnfactory.report.scene import ArmScene, EndpointScene, MarkerScene
from ifnfactory.report.scenes import arm_scenes, endpoint_scenes, marker_scenes
from ifnfactory.report.timeline import timeline
from ifnfactory.report.words import MISSING, endpoint_title, estimate, span
from ifnfactory.runs.manifest import Manifest
from ifnfactory.trial.result import ResultRow, TrialResult

PANELS_PER_FIGURE: Final = 6
"""Two rows: a figure is not broken across printed pages."""


def compose(result: TrialResult, manifest: Manifest, progress: Progress | None = None) -> Page:
    """Return the report's content.

    Parameters
    ----------
    result
        The trial as it was simulated.
    manifest
        The same provenance that the run folder keeps.
    progress
        Is told of each figure, which take nearly all of the time.
    """
    arms, watch = arm_scenes(result), progress or Silent()
    judged = [row for row in result.rows if row.inside is not None]
    courses, markers = _course_parts(endpoint_scenes(result)), marker_scenes(result)
    watch.begin("drawing the report", len(courses) + len(markers))
    page = Page(
        title=result.protocol.title,
        name=result.protocol.name,
        citation=result.protocol.citation,
        patients=sum(arm.patients for arm in arms),
        compared=len(judged),
        inside=sum(bool(row.inside) for row in judged),
        seed=result.seed,
        version=result.version,
        started=manifest.started,
        arms=arms,
        timeline=timeline(arms, float(result.arms[0].panel.week[-1])),
        ranged=any(row.parameter_range is not None for row in result.rows),
        groups=_groups(result, arms),
        courses=_courses(courses, arms, watch),
        markers=_markers(markers, arms, watch),
        safety=safety_rows(result),
        baseline=baseline_lines(result),
        status=_status(result),
        methods=_methods(result, manifest),
        protocol_source=manifest.protocol_source,
    )
    watch.end()
    return page


def _groups(result: TrialResult, arms: Sequence[ArmScene]) -> tuple[ComparisonGroup, ...]:
    keys = dict.fromkeys((row.endpoint, row.week, row.unit) for row in result.rows)
    order = {endpoint: place for place, endpoint in enumerate(dict.fromkeys(k[0] for k in keys))}
    return tuple(
        _group([row for row in result.rows if (row.endpoint, row.week, row.unit) == key], arms)
        for key in sorted(keys, key=lambda key: (order[key[0]], key[1]))
    )


def _group(rows: Sequence[ResultRow], arms: Sequence[ArmScene]) -> ComparisonGroup:
    unit = rows[0].unit
    shown = [
        value
        for row in rows
        for value in (
            row.value,
            row.published,
            *(row.ci or ()),
            *(row.published_ci or ()),
            *(row.parameter_range or ()),
        )
        if value is not None
    ]
    scale = scale_of(unit, shown)
    places = {arm.name: index for index, arm in enumerate(arms)}
    return ComparisonGroup(
        title=endpoint_title(rows[0].endpoint),
        name=rows[0].endpoint,
        week=rows[0].week,
        unit=unit,
        axis=axis(scale),
        rows=tuple(
            ComparisonRow(
                arm=arms[places[row.arm]].label,
                colour=arm_colour(places[row.arm]),
                simulated=estimate(row.value, row.ci, unit),
                parameters=span(row.parameter_range, unit),
                published=estimate(row.published, row.published_ci, unit),
                n_published=MISSING if row.n_published is None else str(row.n_published),
                inside=row.inside,
                plot=dot_plot(
                    scale,
                    (row.value, row.ci),
                    (row.published, row.published_ci),
                    arm_colour(places[row.arm]),
                    row.parameter_range,
                ),
            )
            for row in sorted(rows, key=lambda row: places[row.arm])
        ),
    )


def _course_parts(
    scenes: Sequence[EndpointScene],
) -> tuple[tuple[str, Sequence[EndpointScene]], ...]:
    """Return what each figure of courses shows, and the heading above it, if any."""
    percent = [scene for scene in scenes if scene.unit == "%"]
    means = [scene for scene in scenes if scene.unit != "%"]
    return tuple(
        (title if start == 0 else "", kind[start : start + PANELS_PER_FIGURE])
        for title, kind in (("Percent of patients", percent), ("Mean change", means))
        for start in range(0, len(kind), PANELS_PER_FIGURE)
    )


def _courses(
    parts: Sequence[tuple[str, Sequence[EndpointScene]]], arms: Sequence[ArmScene], watch: Progress
) -> tuple[FigureBlock, ...]:
    blocks: list[FigureBlock] = []
    for title, part in parts:
        blocks.append(FigureBlock(title, "", course_figure(f"course{len(blocks)}", part, arms)))
        watch.advance()
    return tuple(blocks)


def _markers(
    scenes: Sequence[MarkerScene], arms: Sequence[ArmScene], watch: Progress
) -> tuple[FigureBlock, ...]:
    blocks: list[FigureBlock] = []
    for index, marker in enumerate(scenes):
        note = f"dashed: {marker.limit_label}" if marker.limit_label else ""
        figure = marker_figure(f"marker{index}", marker, arms)
        blocks.append(FigureBlock(marker.title, note, figure))
        watch.advance()
    return tuple(blocks)


def _status(result: TrialResult) -> tuple[StatusLine, ...]:
    meanings = {status.word: status.sentence for status in Status}
    return tuple(
        StatusLine(word, count, meanings.get(word, "")) for word, count in result.status_counts
    )


def _methods(result: TrialResult, manifest: Manifest) -> tuple[tuple[str, str], ...]:
    machine = platform_record()
    return (
        ("Command", manifest.command),
        ("Started (UTC)", manifest.started),
        ("Wall time", f"{result.wall_s:.1f} s"),
        ("Seed", str(result.seed)),
        ("Parameter set", result.parameter_set),
        ("Versions", ", ".join(f"{name} {number}" for name, number in versions().items())),
        ("Machine", f"{machine['cpu']}, {machine['cores']} cores, {machine['system']}"),
        ("Python", machine["python"]),
        (
            "Intervals",
            "95 %: Wilson for simulated proportions, Student for simulated means; published "
            "intervals as stated in the protocol file. The simulated interval covers the random "
            "choice of virtual patients, not the uncertainty of the model.",
        ),
        *(
            [("Parameters", "95 % range over the vectors of the released ensemble")]
            if manifest.ensemble
            else []
        ),
        (
            "Below quantification",
            "A value below the limit of quantification stands as half the limit in curves; mean "
            "changes use the limit itself.",
        ),
    )
