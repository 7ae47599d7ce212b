"""The report and the tables of ``ifn outlook run``."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from importlib import metadata
from pathlib import Path

import numpy as np

from ifnfactory.foundation.provenance import code_fingerprint
from ifnfactory.foundation.table import ColumnTable
from ifnfactory.outlook.comparisons import Row
from ifnfactory.outlook.lifetime import CURVES, Outlook
from ifnfactory.outlook.states import STAGES, State
from ifnfactory.outlook.words import in_words
from ifnfactory.report.decades.document import (
    Document,
    DocumentSection,
    DocumentTable,
    common_methods,
    render_document,
)
from ifnfactory.report.decades.figures import (
    STAGE_COLOURS,
    STATE_COLOURS,
    avoided_figure,
    fibrosis_figure,
    incidence_figure,
    occupancy_figure,
    plane_figure,
    survival_figure,
)
from ifnfactory.report.look import arm_colour
from ifnfactory.report.words import MISSING
from ifnfactory.runs.folder import write_run
from ifnfactory.runs.manifest import Manifest

DOCUMENTATION = "docs/outlook.md lists every hazard with its source, and what the model gets wrong."


def save_outlook(
    outlook: Outlook,
    path: Path,
    started: datetime,
    command: str,
    wall_s: float,
    overwrite: bool = False,
) -> None:
    """Write tables, manifest and report of an outlook to the run folder `path`.

    Raises
    ------
    UserInputError
        If `path` cannot or must not be written.
    """
    question = outlook.question
    manifest = Manifest(
        protocol=question.title,
        protocol_source=question.source_text,
        seed=outlook.seed,
        patients=tuple((name, outlook.people) for name in question.names),
        package_version=metadata.version("ifnfactory"),
        parameter_set="outlook",
        command=command,
        started=started.isoformat(timespec="seconds"),
        wall_s=wall_s,
        status_counts=(),
        kind="outlook",
        code=code_fingerprint("outlook"),
    )
    report = render_document(compose_outlook(outlook, command, manifest.started))
    tables = [(name, [table]) for name, table in outlook_tables(outlook)]
    write_run(path, manifest, tables, [("report.html", report)], overwrite)


def outlook_tables(outlook: Outlook) -> list[tuple[str, ColumnTable]]:
    """Return file name and table for everything that the folder keeps as numbers."""
    return [
        ("estimates.parquet", _estimates([*outlook.rows, *outlook.comparisons])),
        ("states.parquet", _states(outlook)),
        ("incidence.parquet", _incidence(outlook)),
    ]


def _estimates(rows: Sequence[Row]) -> ColumnTable:
    def text(values: Sequence[str | None]) -> np.ma.MaskedArray[tuple[int], np.dtype[np.str_]]:
        filled = np.array([value or "" for value in values], dtype=str)
        return np.ma.MaskedArray(filled, mask=[value is None for value in values])

    def number(values: Sequence[float | None]) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
        return np.array([np.nan if value is None else value for value in values], dtype=np.float64)

    columns = (
        text([row.group for row in rows]),
        text([row.against for row in rows]),
        text([row.measure for row in rows]),
        text([row.unit for row in rows]),
        number([row.estimate.value for row in rows]),
        number([row.estimate.low for row in rows]),
        number([row.estimate.high for row in rows]),
    )
    names = ("group", "against", "measure", "unit", "value", "ci_low", "ci_high")
    return ColumnTable(names, ("",) * len(names), columns)


def _states(outlook: Outlook) -> ColumnTable:
    """Return one row a group and month: people in each state, and at each stage, at its start."""
    groups, months, _ = outlook.course.counts.shape
    names = np.array(outlook.question.names)
    counts = [outlook.course.counts[:, :, state].reshape(-1) for state in State]
    stages = [outlook.course.stages[:, :, stage].reshape(-1) for stage in range(STAGES)]
    fibrosis = [f"fibrosis_f{stage}" for stage in range(STAGES)]
    return ColumnTable(
        ("group", "month", *(state.name.lower() for state in State), *fibrosis),
        ("", "month", *(["people"] * (len(State) + STAGES))),
        (np.repeat(names, months), np.tile(np.arange(months), groups), *counts, *stages),
    )


def _incidence(outlook: Outlook) -> ColumnTable:
    """Return one row a group, event and year: cumulative incidence with its band."""
    groups, kinds, years = outlook.curves.shape
    band = [
        each.reshape(-1) if each.size else np.full(outlook.curves.size, np.nan)
        for each in (outlook.curve_low, outlook.curve_high)
    ]
    return ColumnTable(
        ("group", "event", "year", "share", "ci_low", "ci_high"),
        ("", "", "year", "", "", ""),
        (
            np.repeat(np.array(outlook.question.names), kinds * years),
            np.tile(np.repeat(np.array(CURVES), years), groups),
            np.tile(np.arange(years), groups * kinds),
            outlook.curves.reshape(-1),
            *band,
        ),
    )


def compose_outlook(outlook: Outlook, command: str, started: str) -> Document:
    """Return the report's content."""
    question = outlook.question
    key = tuple((arm_colour(g), label) for g, label in enumerate(question.labels))
    states = tuple((colour, state.title) for state, colour in STATE_COLOURS.items())
    sections = [
        DocumentSection(
            "Where people are",
            "The share of people in each state, from functional cure below to death above.",
            states,
            (occupancy_figure(outlook),),
        ),
        DocumentSection(
            "Fibrosis",
            "The share of people at each stage: it rises with untreated hepatitis and falls on "
            "suppression and after cure.",
            tuple((colour, name) for name, colour in STAGE_COLOURS.items()),
            (fibrosis_figure(outlook),),
        ),
        DocumentSection(
            "What happens to them",
            "Cumulative incidence with competing risks: the share of everybody whom it has "
            "happened to. Bands: 95 % of the draws of the parameters.",
            key,
            (incidence_figure(outlook),),
        ),
        DocumentSection(
            "Who lives", "Survival with 95 % bands, and the number of people at risk.", key,
            (survival_figure(outlook),),
        ),
        *_comparison_sections(outlook, key),
        DocumentSection(
            "All estimates",
            f"After {outlook.years} years, with 95 % intervals from the draws of the parameters.",
            tables=(_groups_table(outlook),),
            remarks=question.remarks,
        ),
    ]  # fmt: skip
    return Document(
        eyebrow="ifnfactory · outlook",
        title=question.title,
        subtitle=f"{question.subtitle} · {question.location}, mortality of {question.period}",
        facts=(
            ("years", str(outlook.years)),
            ("people a group", f"{outlook.people:,}"),
            ("draws of the parameters", str(outlook.draws)),
            ("seed", str(outlook.seed)),
        ),
        sections=tuple(sections),
        methods=(
            (
                "Intervals",
                "2.5 and 97.5 % of the draws, each with every parameter drawn from its published "
                "interval and fewer people than the central run: Monte Carlo error widens them.",
            ),
            ("Model", DOCUMENTATION),
            *common_methods(command, started, outlook.seed),
        ),
        files=(("The file that asked", question.source_text),) if question.source_text else (),
    )


def _comparison_sections(
    outlook: Outlook, key: tuple[tuple[str, str], ...]
) -> list[DocumentSection]:
    question = outlook.question
    if not outlook.comparisons:
        return []
    labels = dict(zip(question.names, question.labels, strict=True))
    sections = [
        DocumentSection(
            "What difference it makes",
            f"Against {question.labels[0]}; people of all groups meet the same luck.",
            key[1:],
            (avoided_figure(outlook.comparisons, labels),),
            (_comparison_table(outlook),),
        )
    ]
    if outlook.plane.size:
        sections.append(
            DocumentSection(
                "Cost and effect",
                f"Against {question.labels[0]}, one point a draw, the mean as a diamond; prices "
                "are the user's.",
                key[1:],
                (plane_figure(outlook),),
            )
        )
    return sections


def _groups_table(outlook: Outlook) -> DocumentTable:
    return _pivot(outlook.rows, outlook.question.names, outlook.question.labels)


def _comparison_table(outlook: Outlook) -> DocumentTable:
    question = outlook.question
    return _pivot(outlook.comparisons, question.names[1:], question.labels[1:])


def _pivot(rows: Sequence[Row], names: Sequence[str], labels: Sequence[str]) -> DocumentTable:
    lines = list(dict.fromkeys((row.measure, row.unit) for row in rows))
    titles = {row.measure: row.title.split(":")[0] for row in rows}
    found = {(row.measure, row.group): row for row in rows}
    return DocumentTable(
        ("", *labels),
        tuple(
            (f"{titles[measure]} [{unit}]", *(_cell(found.get((measure, n))) for n in names))
            for measure, unit in lines
        ),
    )


def _cell(row: Row | None) -> str:
    return MISSING if row is None else in_words(row)
