"""A comparison as a page."""

from __future__ import annotations

from collections.abc import Sequence

from ifnfactory.foundation.provenance import platform_record, versions
from ifnfactory.report.comparison.figures import forest_figure, survival_figure, waterfall_figure
from ifnfactory.report.comparison.found import Comparison, overall
from ifnfactory.report.comparison.words import interval, level
from ifnfactory.report.decades.document import Document, DocumentSection, DocumentTable
from ifnfactory.report.look import arm_colour
from ifnfactory.report.words import endpoint_title
from ifnfactory.trial.contrasts.compare import Row
from ifnfactory.trial.contrasts.groups import Group


def compose_comparison(found: Comparison, command: str, started: str) -> Document:
    """Return the page's content."""
    groups = found.plan.groups
    key = tuple((arm_colour(i), group.name) for i, group in enumerate(groups))
    endpoint, week = found.plan.primary
    titles = list(dict.fromkeys(run.protocol.title for run in found.runs))
    sections = [
        DocumentSection(
            "What differs",
            "With 95 % intervals; paired where both groups are the same persons.",
            tables=tuple(_table(found, pair) for pair in found.plan.pairs),
            remarks=tuple(f"{g} against {c}: {why}." for g, c, why in found.pairings),
        ),
        DocumentSection(
            f"In whom: {endpoint_title(endpoint)}, week {week:g}",
            "Subgroups by who the patients were before treatment. Columns: patients, percent "
            "(group | control), risk difference.",
            tuple(
                (arm_colour(groups.index(g)), f"{g.name} against {c.name}")
                for g, c in found.plan.pairs
            ),
            tuple(
                forest_figure(f"forest{i}", _of(found.forest, pair), groups.index(pair[0]))
                for i, pair in enumerate(found.plan.pairs)
            ),
        ),
    ]
    for event in found.events:
        if event.groups:
            colours = [groups.index(group) for group, _, _ in event.groups]
            sections.append(
                DocumentSection(
                    event.title,
                    "Kaplan-Meier, cumulative, with 95 % bands. An event is dated by the visit "
                    "that finds it.",
                    tuple(key[colour] for colour in colours),
                    (survival_figure(event.name, event.title, event.groups, colours),),
                )
            )
    if found.waterfalls:
        names = [group.name for group in groups]
        colours = [names.index(fall.group) for fall in found.waterfalls]
        weeks = ", ".join(dict.fromkeys(f"{fall.week:g}" for fall in found.waterfalls))
        sections.append(
            DocumentSection(
                "HBsAg, patient by patient",
                f"Change since week 0 in week {weeks} (the end of treatment), patients sorted; "
                "dashed: 1 log10.",
                tuple(key[colour] for colour in colours),
                (waterfall_figure("waterfall", found.waterfalls, colours),),
            )
        )
    return Document(
        eyebrow="ifnfactory · comparison",
        title=" · ".join(titles),
        subtitle=", ".join(run.run.name for run in found.runs),
        facts=(
            ("groups", str(len(groups))),
            ("patients", f"{sum(len(group.patients) for group in groups):,}"),
            ("comparisons", str(len(found.plan.pairs))),
            ("of them paired", str(len({(r.group, r.control) for r in found.rows if r.paired}))),
        ),
        sections=tuple(sections),
        methods=_methods(found, command, started),
        files=(),
    )


def _of(rows: Sequence[Row], pair: tuple[Group, Group]) -> list[Row]:
    return [row for row in rows if (row.group, row.control) == (pair[0].name, pair[1].name)]


def _table(found: Comparison, pair: tuple[Group, Group]) -> DocumentTable:
    group, control = pair
    head = (f"{group.name} against {control.name}", "week", group.name, control.name)
    return DocumentTable(
        (*head, "difference", "risk ratio", "odds ratio", ""),
        tuple(
            (
                endpoint_title(row.endpoint),
                f"{row.week:g}",
                level(row, 0),
                level(row, 1),
                interval(row.difference, row.unit),
                interval(row.risk_ratio),
                interval(row.odds_ratio),
                "paired" if row.paired else "",
            )
            for row in overall(_of(found.rows, pair))
        ),
    )


def _methods(found: Comparison, command: str, started: str) -> tuple[tuple[str, str], ...]:
    machine = platform_record()
    sets = ", ".join(
        f"{run.run.name}: {run.run.manifest.get('parameter_set')}, seed "
        f"{run.run.manifest.get('seed')}"
        for run in found.runs
    )
    return (
        (
            "Intervals",
            "95 %. Percentages: Wilson's intervals combined by square and add (Newcombe; Donner "
            "and Zou), for the same persons with the correlation of their outcomes. Means: "
            "Student's of pairs, Welch's of different persons. They cover the choice of virtual "
            "patients, not the uncertainty of the model.",
        ),
        (
            "Pairs",
            "Runs of one seed treat the same persons in every arm: same number, same age, sex, "
            "weight, genotype and untreated markers. Where an endpoint counts among other patients "
            "in each group (relapse), they are compared as different persons.",
        ),
        ("Curves", "Kaplan-Meier with Greenwood's variance, complementary log-log (SciPy)."),
        ("Runs", sets),
        ("Command", command),
        ("Started (UTC)", started),
        ("Versions", ", ".join(f"{name} {text}" for name, text in versions().items())),
        ("Machine", f"{machine['cpu']}, {machine['cores']} cores, {machine['system']}"),
    )
