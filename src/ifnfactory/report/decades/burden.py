"""The report and the tables of ``ifn burden run``."""

from __future__ import annotations

from datetime import datetime
from importlib import metadata
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from ifnfactory.foundation.provenance import code_fingerprint
from ifnfactory.foundation.table import ColumnTable
from ifnfactory.outlook.burden import SERIES, SERIES_TITLES, Burden
from ifnfactory.outlook.words import thousands
from ifnfactory.report.decades.document import (
    Document,
    DocumentSection,
    DocumentTable,
    common_methods,
    render_document,
)
from ifnfactory.report.decades.figures import WIDTH_IN
from ifnfactory.report.decades.lifetime import DOCUMENTATION
from ifnfactory.report.look import arm_colour
from ifnfactory.report.svg import draw
from ifnfactory.runs.folder import write_run
from ifnfactory.runs.manifest import Manifest


def save_burden(
    burden: Burden,
    path: Path,
    started: datetime,
    command: str,
    wall_s: float,
    overwrite: bool = False,
) -> None:
    """Write tables, manifest and report of a burden to the run folder `path`.

    Raises
    ------
    UserInputError
        If `path` cannot or must not be written.
    """
    manifest = Manifest(
        protocol=burden.country.title,
        protocol_source=burden.country.source_text,
        seed=burden.seed,
        patients=tuple((policy.name, burden.people) for policy in burden.policies),
        package_version=metadata.version("ifnfactory"),
        parameter_set="outlook",
        command=command,
        started=started.isoformat(timespec="seconds"),
        wall_s=wall_s,
        status_counts=(),
        kind="burden",
        code=code_fingerprint("outlook"),
    )
    report = render_document(compose_burden(burden, command, manifest.started))
    tables = [("burden.parquet", [burden_table(burden)])]
    write_run(path, manifest, tables, [("report.html", report)], overwrite)


def burden_table(burden: Burden) -> ColumnTable:
    """Return one row a policy, series and year: persons, with their band."""
    policies, kinds, years = burden.series.shape
    band = [
        each.reshape(-1) if each.size else np.full(burden.series.size, np.nan)
        for each in (burden.low, burden.high)
    ]
    return ColumnTable(
        ("policy", "series", "year", "persons", "ci_low", "ci_high"),
        ("", "", "year", "persons", "persons", "persons"),
        (
            np.repeat(np.array([policy.name for policy in burden.policies]), kinds * years),
            np.tile(np.repeat(np.array(SERIES), years), policies),
            np.tile(burden.years, policies * kinds),
            burden.series.reshape(-1),
            *band,
        ),
    )


def compose_burden(burden: Burden, command: str, started: str) -> Document:
    """Return the report's content."""
    country = burden.country
    key = tuple((arm_colour(k), policy.label) for k, policy in enumerate(burden.policies))
    sections = (
        DocumentSection(
            "Year by year",
            "Persons under each policy; bands are 95 % of the draws of the parameters.",
            key,
            (_series_figure(burden),),
        ),
        DocumentSection(
            f"From {country.start_year} to {country.end_year}",
            "In thousands of persons, with 95 % intervals; avoided against the first policy.",
            tables=(_totals_table(burden),),
            remarks=tuple(f"{p.label}: {p.source}" for p in burden.policies),
        ),
        DocumentSection(
            "Deaths as published estimates count them",
            "The two large estimates differ by a factor of two in definition and method. Each is "
            "a scenario of its own; they are never averaged. In thousands, with 95 % intervals.",
            tables=(_scenario_table(burden),),
            remarks=tuple(f"{e.estimate.name}: {e.estimate.source}" for e in burden.scenarios),
        ),
    )
    return Document(
        eyebrow="ifnfactory · burden",
        title=country.title,
        subtitle=f"{country.location}, mortality of {country.period} · {country.group.source}",
        facts=(
            (f"infected in {country.start_year}", f"{country.infected / 1e6:,.1f} million"),
            ("diagnosed", f"{100 * country.diagnosed:.0f} %"),
            ("of the eligible treated", f"{100 * country.treated:.0f} %"),
            ("people simulated a policy", f"{burden.people:,}"),
            ("draws", str(burden.draws)),
        ),
        sections=sections,
        methods=(
            (
                "Who is followed",
                "The people infected at the start, until the end year or death. New infections "
                "and births are not part of this: their deaths come later than the horizon.",
            ),
            ("Model", DOCUMENTATION),
            *common_methods(command, started, burden.seed),
        ),
        files=(("The country file", country.source_text),),
    )


def _series_figure(burden: Burden) -> str:
    told = "Over the years and under each policy: " + ", ".join(SERIES_TITLES.values())
    return draw("series", told, lambda: _paint(burden))


def _paint(burden: Burden) -> Figure:
    figure = Figure(figsize=(WIDTH_IN, 5.1))
    grid = list(figure.subplots(2, 3, squeeze=False).flat)
    figure.subplots_adjust(left=0.06, right=0.98, top=0.94, bottom=0.09, wspace=0.22, hspace=0.4)
    panels = [
        (SERIES_TITLES[name], burden.series[:, s], burden.low, burden.high, s)
        for s, name in enumerate(SERIES)
    ]
    for axes, (title, series, low, high, s) in zip(grid, panels, strict=False):
        for k in range(len(burden.policies)):
            if burden.draws:
                band = (low[k, s], high[k, s])
                axes.fill_between(burden.years, *band, color=arm_colour(k), alpha=0.1, linewidth=0)
            axes.plot(burden.years, series[k], color=arm_colour(k), linewidth=1.7)
        _dress(axes, title)
    avoided = np.cumsum(
        burden.series[:1, SERIES.index("liver_deaths")]
        - burden.series[:, SERIES.index("liver_deaths")],
        axis=1,
    )
    for k in range(1, len(burden.policies)):
        grid[5].plot(burden.years, avoided[k], color=arm_colour(k), linewidth=1.7)
    _dress(grid[5], "Liver deaths avoided so far")
    return figure


def _dress(axes: Axes, title: str) -> None:
    axes.set_title(title, loc="left", fontweight="bold")
    axes.set_ylim(bottom=0)
    axes.xaxis.set_major_locator(MaxNLocator(5, integer=True, steps=[1, 2, 5, 10]))
    axes.yaxis.set_major_locator(MaxNLocator(5))
    axes.yaxis.set_major_formatter(FuncFormatter(_short))


def _short(value: float, position: int | None = None) -> str:
    """Return an axis label; matplotlib also tells its `position`."""
    del position
    for size, letter in ((1e6, " M"), (1e3, " k")):
        if abs(value) >= size:
            return f"{value / size:g}{letter}"
    return f"{value:g}"


def _totals_table(burden: Burden) -> DocumentTable:
    columns = (burden.total_deaths, burden.deaths_avoided, burden.total_hcc, burden.hcc_avoided)
    return DocumentTable(
        ("Policy", "liver deaths", "avoided", "HCC", "avoided"),
        tuple(
            (policy.label, *(thousands(column[k]) for column in columns))
            for k, policy in enumerate(burden.policies)
        ),
    )


def _scenario_table(burden: Burden) -> DocumentTable:
    return DocumentTable(
        ("Estimate", "deaths a year", *(f"{p.label}, total" for p in burden.policies)),
        tuple(
            (
                each.estimate.name,
                f"{each.estimate.deaths / 1e3:,.0f}",
                *(thousands(total) for total in each.total),
            )
            for each in burden.scenarios
        ),
    )
