"""From a qualification to the page that a person reads."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from ifnfactory.evidence.misses import misses, patterns
from ifnfactory.evidence.natural_history import load_rates
from ifnfactory.evidence.qualification import Qualification, Row, share_inside
from ifnfactory.evidence.reasons import explain
from ifnfactory.evidence.shapes import ArmShape
from ifnfactory.foundation.provenance import platform_record, versions
from ifnfactory.report.calibration_plot import calibration_figure
from ifnfactory.report.genotype_plot import genotype_figure
from ifnfactory.report.group_lines import group_lines, published_words
from ifnfactory.report.html import environment
from ifnfactory.report.miss_words import (
    miss_sentence,
    miss_what,
    pattern_sentence,
    why_sentence,
)
from ifnfactory.report.page import FigureBlock
from ifnfactory.report.qualification_page import (
    MissLine,
    NotRunGroup,
    QualificationPage,
    ShareBar,
)
from ifnfactory.report.ratio_lines import ratio_axis, ratio_blocks
from ifnfactory.report.robustness_lines import ablation_heads, ablation_lines, ensemble_note
from ifnfactory.report.small_multiples import PANELS, course_check_figure, waterfall_figure
from ifnfactory.report.trial_forest import ArmNames, trial_block

MISSES: Final = 15
"""Misses that are told at once; the smaller ones unfold."""


def qualification_report(found: Qualification, command: str, started: str) -> str:
    """Return the report as one HTML document that loads nothing from anywhere."""
    page = compose_qualification(found, command, started)
    return environment().get_template("qualification.html.j2").render(page=page)


def compose_qualification(found: Qualification, command: str, started: str) -> QualificationPage:
    """Return the report's content."""
    rows = found.rows
    names = ArmNames(found.trials)
    classes = list(dict.fromkeys(row.endpoint_class for row in rows))
    parents = list(dict.fromkeys(row.trial for row in rows))
    told = tuple(
        MissLine(
            miss.row.trial,
            miss_what(miss.row, names.label(miss.row)),
            miss_sentence(miss),
            why_sentence(explain(miss.row, rows), names.label),
        )
        for miss in misses(rows)
    )
    return QualificationPage(
        version=found.version,
        percent=share_inside(rows),
        inside=sum(row.inside for row in rows),
        rows=len(rows),
        trials=len(parents),
        patients=found.patients,
        seed=found.seed,
        parameter_set=found.parameter_set,
        classes=tuple(
            _bar(name.replace("_", " "), [row for row in rows if row.endpoint_class == name])
            for name in classes
        ),
        by_trial=tuple(_bar(name, [row for row in rows if row.trial == name]) for name in parents),
        patterns=tuple(map(pattern_sentence, patterns(rows))),
        misses=told[:MISSES],
        smaller_misses=told[MISSES:],
        calibration=calibration_figure(rows, classes),
        genotypes=_genotypes(found),
        order=found.predictors.order if found.predictors else (),
        ratio_axis=ratio_axis(),
        ratios=ratio_blocks(found.predictors),
        waterfalls=_waterfalls(found.shapes),
        hbsag_groups=group_lines(found.shapes),
        hbsag_published=published_words(),
        courses=_courses(found),
        blocks=tuple(
            trial_block(
                name, _sources(found, name), [row for row in rows if row.trial == name], names
            )
            for name in parents
        ),
        not_run=_not_run(found),
        ablations=ablation_lines(found),
        ablation_heads=ablation_heads(found),
        ensemble=ensemble_note(found),
        methods=_methods(found, command, started),
    )


def _bar(name: str, rows: Sequence[Row]) -> ShareBar:
    return ShareBar(name, sum(row.inside for row in rows), len(rows), share_inside(rows))


def _sources(found: Qualification, parent: str) -> tuple[str, ...]:
    """Return the papers of a parent trial."""
    rows = [row for row in found.rows if row.trial == parent]
    rates = {rate.name: str(rate.source) for rate in load_rates()[0]}
    citations = {trial.protocol: trial.citation for trial in found.trials}
    return tuple(dict.fromkeys(rates.get(row.target_id) or citations[row.protocol] for row in rows))


def _genotypes(found: Qualification) -> str:
    rows = found.predictors.genotypes if found.predictors else ()
    return genotype_figure(rows) if rows else ""


def _panels(shapes: Sequence[ArmShape]) -> list[list[ArmShape]]:
    """Return the arms of each protocol."""
    return [
        [shape for shape in shapes if shape.protocol == name]
        for name in dict.fromkeys(shape.protocol for shape in shapes)
    ]


def _waterfalls(shapes: Sequence[ArmShape]) -> tuple[FigureBlock, ...]:
    """Return the trials of interferons, those of HBeAg-positive patients first."""
    trials = [arms for arms in _panels(shapes) if any(arm.interferon for arm in arms)]
    blocks: list[FigureBlock] = []
    for title, low, high in (
        ("HBeAg-positive", 1.0, 1.0),
        ("HBeAg-positive and HBeAg-negative", 0.001, 0.999),
        ("HBeAg-negative", 0.0, 0.0),
    ):
        kind = [arms for arms in trials if low <= arms[0].hbeag_positive_share <= high]
        for start in range(0, len(kind), PANELS):
            svg = waterfall_figure(f"fall{len(blocks)}", kind[start : start + PANELS])
            blocks.append(FigureBlock(title if start == 0 else "", "", svg))
    return tuple(blocks)


def _courses(found: Qualification) -> tuple[FigureBlock, ...]:
    """Return the trials whose mean changes were published."""
    blocks: list[FigureBlock] = []
    for title, marker, endpoint in (
        ("HBV DNA", "hbv_dna", "mean_log10_dna_change"),
        ("HBsAg", "hbsag", "mean_log10_hbsag_change"),
    ):
        rows = [row for row in found.rows if row.endpoint == endpoint]
        told = {row.protocol for row in rows}
        trials = [arms for arms in _panels(found.shapes) if arms[0].protocol in told]
        for start in range(0, len(trials), PANELS):
            part = trials[start : start + PANELS]
            svg = course_check_figure(f"check{len(blocks)}", marker, part, rows)
            blocks.append(FigureBlock(title if start == 0 else "", "", svg))
    return tuple(blocks)


def _not_run(found: Qualification) -> tuple[NotRunGroup, ...]:
    groups: dict[str, list[str]] = {}
    for each in found.not_run:
        groups.setdefault(each.why, []).append(each.target_id)
    ordered = sorted(groups.items(), key=lambda pair: -len(pair[1]))
    return tuple(NotRunGroup(why, tuple(targets)) for why, targets in ordered)


def _methods(found: Qualification, command: str, started: str) -> tuple[tuple[str, str], ...]:
    machine = platform_record()
    status = ", ".join(f"{count:,} {word}" for word, count in found.status_counts if count)
    return (
        (
            "Inside",
            "A percentage: the simulated expected value lies in the published 95 % interval. "
            "A mean: it lies within 0.5 log10 (HBV DNA) or 0.3 log10 (HBsAg) of the published one.",
        ),
        (
            "Weights",
            "1 for a number seen at its source or known with high confidence, 0.5 for medium "
            "confidence. Patients count once: no pooled arms, no subgroups beside their trial.",
        ),
        (
            "Intervals",
            "Those of simulated values cover the random choice of virtual patients, not the "
            "uncertainty of the model.",
        ),
        ("Command", command),
        ("Started (UTC)", started),
        ("Wall time", f"{found.wall_s:.1f} s"),
        ("Patients", status),
        ("Seed", str(found.seed)),
        ("Parameter set", found.parameter_set),
        ("Versions", ", ".join(f"{name} {number}" for name, number in versions().items())),
        ("Machine", f"{machine['cpu']}, {machine['cores']} cores, {machine['system']}"),
        ("Python", machine["python"]),
    )
