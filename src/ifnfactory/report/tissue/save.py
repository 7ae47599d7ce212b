"""The run folder of a tissue: numbers, snapshots, pictures, report."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib import metadata
from pathlib import Path

import numpy as np

from ifnfactory.foundation.provenance import code_fingerprint, platform_record, versions
from ifnfactory.foundation.table import ColumnTable
from ifnfactory.report.decades.document import (
    Document,
    DocumentSection,
    DocumentTable,
    render_document,
)
from ifnfactory.report.tissue.figures import diagram_figure, shares_figure
from ifnfactory.report.tissue.film import film_gif
from ifnfactory.report.tissue.panels import Moment, as_image, panels_png
from ifnfactory.runs.folder import Asset, write_run
from ifnfactory.runs.manifest import Manifest
from ifnfactory.tissue.clusters import size_classes
from ifnfactory.tissue.course import Course, Plan
from ifnfactory.tissue.factory import Found
from ifnfactory.tissue.niche import NICHE, niche_length_um
from ifnfactory.tissue.outcome import commonest, contained
from ifnfactory.tissue.scan import Scan
from ifnfactory.tissue.simulation import Simulation
from ifnfactory.tissue.state import Status, endings

CAUTION = (
    "These cells are simulated. Nothing on this page is a recommendation for treating anybody."
)


@dataclass(frozen=True)
class Circumstances:
    """How a run came about."""

    command: str
    started: datetime
    wall_s: float


def save_course(
    found: Found,
    simulation: Simulation,
    moments: list[Moment],
    path: Path,
    how: Circumstances,
    snapshots: Path | None,
    movie: bool,
    overwrite: bool,
) -> None:
    """Write everything about a course to the run folder `path`.

    Raises
    ------
    UserInputError
        If `path` cannot or must not be written.
    """
    course, png = found.course, panels_png(simulation, moments)
    assets: list[Asset] = [("panels.png", png)]
    if snapshots is not None:
        assets.append(("snapshots.zarr", snapshots))
    if movie:
        assets.append(("movie.gif", film_gif(simulation, moments)))
    report = render_document(_course_page(found, png, how))
    tables = [("measures.parquet", [course.table]), ("outcomes.parquet", [found.table()])]
    manifest = _manifest(course.plan, how, tuple(s.word for s in course.statuses))
    write_run(path, manifest, tables, [("report.html", report)], overwrite, assets)


def save_scan(found: Scan, path: Path, how: Circumstances, png: bytes, overwrite: bool) -> None:
    """Write a scan's table, diagram and report to the run folder `path`.

    Raises
    ------
    UserInputError
        If `path` cannot or must not be written.
    """
    report = render_document(_scan_page(found, how))
    words = tuple(status.word for status in found.statuses)
    tables = [("diagram.parquet", [found.table()])]
    write_run(path, _manifest(found.plan, how, words), tables, [("report.html", report)],
              overwrite, [("diagram.png", png)])  # fmt: skip


def _manifest(plan: Plan, how: Circumstances, words: tuple[str, ...]) -> Manifest:
    return Manifest(
        protocol=plan.model.name,
        protocol_source=plan.source_text,
        seed=plan.seed,
        patients=(),
        package_version=metadata.version("ifnfactory"),
        parameter_set=plan.fingerprint,
        command=how.command,
        started=how.started.isoformat(timespec="seconds"),
        wall_s=how.wall_s,
        status_counts=tuple((word, words.count(word)) for word in dict.fromkeys(words)),
        kind="tissue",
        code=code_fingerprint("tissue"),
    )


def _facts(plan: Plan) -> tuple[tuple[str, str], ...]:
    cells = f"{plan.sites.open_cells:,}"
    return (("cells", cells), ("hours", f"{plan.hours:g}"), ("replicates", str(plan.replicates)))


def _course_page(found: Found, png: bytes, how: Circumstances) -> Document:
    course = found.course
    plan, model = course.plan, course.plan.model
    share = contained(course.outcomes)
    low, high = share.interval
    ending = commonest(course.outcomes).value
    told = f"{ending}: {share.count} of {share.of} replicates contained " \
           f"(95 % interval {100 * low:.0f} to {100 * high:.0f} %)"  # fmt: skip
    if not share.of:
        told = "No replicate reached its end: these numbers are from where each was stopped."
    niche = niche_length_um(model)
    facts = (*_facts(plan), ("how it ended", ending))
    if np.isfinite(niche):
        facts = (*facts, ("niche length, µm", f"{niche:.0f}"))
    sections = (
        DocumentSection(
            "The sheet",
            "Cells above, interferon below on a logarithmic scale, first replicate.",
            figures=(as_image(png, f"{model.name}: the sheet at four moments"),),
        ),
        DocumentSection(
            "Over time",
            "Shares of all cells; one line a replicate, the first one strong.",
            figures=(shares_figure(course),),
        ),
        DocumentSection(
            "At the end",
            told,
            tables=(_final_table(course), _sizes_table(course)),
            remarks=_endings(course.statuses),
        ),
        DocumentSection("Each replicate", _factory_words(found), tables=(_table(found.table()),)),
    )
    return Document(
        "Tissue", f"{model.name}: {model.title}", model.reference, facts, sections,
        (*_rates(plan), *_methods(plan, how)), (("The model", plan.source_text),),
        caution=CAUTION,
    )  # fmt: skip


def _final_table(course: Course) -> DocumentTable:
    which, hours = (np.asarray(course.table.column(name)) for name in ("replicate", "hour"))
    ends = [np.flatnonzero(which == replicate)[-1] for replicate in np.unique(which)]
    rows: list[tuple[str, ...]] = [("hour", *(f"{hours[end]:g}" for end in ends[:6]))]
    for name, unit in zip(course.table.names[2:], course.table.units[2:], strict=True):
        values = np.asarray(course.table.column(name))
        label = f"{name.replace('_', ' ')} [{unit}]"
        rows.append((label, *(_cell(values[end]) for end in ends[:6])))
    return DocumentTable(("", *(f"replicate {k}" for k in range(len(ends[:6])))), tuple(rows))


def _scan_page(found: Scan, how: Circumstances) -> Document:
    plan = found.plan
    axes = " and ".join(axis.label for axis in found.axes)
    lead = (
        "Contained: spread has stopped before half of the cells. Endemic: below half, still "
        "spreading. Overrun: half or more. Numbers are the percentage of cells reached."
    )
    remarks = _endings(found.statuses)
    own = any(rate.name == NICHE for rate in plan.model.rates)
    if not own and any(axis.name == NICHE for axis in found.axes):
        remarks = (
            "The niche length is set through the diffusion of interferon, at the losses given.",
            *remarks,
        )
    sections = (
        DocumentSection("Phase diagram", lead, figures=(diagram_figure(found),),
                        remarks=remarks),
        DocumentSection("Every point", f"Against {axes}.",
                        tables=(_table(found.table()),)),
    )  # fmt: skip
    return Document(
        "Tissue", f"{plan.model.name}: how the infection ends", plan.model.title,
        _facts(plan), sections, (*_rates(plan), *_methods(plan, how)),
        (("The model", plan.source_text),), caution=CAUTION,
    )  # fmt: skip


def _endings(statuses: Sequence[Status]) -> tuple[str, ...]:
    """Return what a reader has to know of runs that did not reach their end."""
    if all(status is Status.COMPLETED for status in statuses):
        return ()
    return tuple(f"{told}." for _, told in endings(statuses))


def _table(table: ColumnTable) -> DocumentTable:
    rows = tuple(tuple(_cell(column[k]) for column in table.columns) for k in range(table.rows))
    return DocumentTable(tuple(name.replace("_", " ") for name in table.names), rows)


def _sizes_table(course: Course) -> DocumentTable:
    """Return how many clusters of infected cells there are of each size, last replicate."""
    classes = size_classes(course.cluster_sizes)
    head = ("cells in a cluster of infected ones", *(name for name, _ in classes))
    return DocumentTable(head, (("clusters, last replicate", *(str(n) for _, n in classes)),))


def _factory_words(found: Found) -> str:
    if found.factory is None:
        return "Amplification and spread numbers are measured with --factory."
    return (
        "Amplification: further interferon, in first producers' worth, that each producer calls "
        "for. Spread number: cells that an infected cell infects in a generation of "
        f"{found.factory.generation_h:.3g} h, with interferon and without."
    )


def _cell(value: object) -> str:
    if isinstance(value, str):
        return value
    number = float(str(value))
    return "–" if math.isnan(number) else f"{number:.4g}"


def _rates(plan: Plan) -> tuple[tuple[str, str], ...]:
    return tuple(
        (rate.name, f"{rate.value:g}{'' if rate.unit == '1' else f' {rate.unit}'} — "
                    f"{rate.description} ({rate.source})")
        for rate in plan.model.rates
    )  # fmt: skip


def _methods(plan: Plan, how: Circumstances) -> tuple[tuple[str, str], ...]:
    machine = platform_record()
    return (
        ("Steps", f"cells every {plan.model.cell_step:g} min, fields every "
                  f"{plan.model.field_step:g} min; chances are 1 − exp(−rate × step)"),
        ("Command", how.command),
        ("Started (UTC)", how.started.isoformat(timespec="seconds")),
        ("Seed", str(plan.seed)),
        ("Versions", ", ".join(f"{name} {number}" for name, number in versions().items())),
        ("Machine", f"{machine['cpu']}, {machine['cores']} cores, {machine['system']}"),
    )  # fmt: skip
