"""Runs on the screen, and as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from rich.markup import escape
from rich.text import Text

from ifnfactory.cli.screen import console
from ifnfactory.cli.views import plain_table
from ifnfactory.runs.listing import Entry
from ifnfactory.runs.manifest_file import ManifestFile
from ifnfactory.runs.remnants import Remnant
from ifnfactory.runs.verify import Verified

if TYPE_CHECKING:  # it reads the model
    from ifnfactory.study.repeat import Repeated


def entries_view(entries: Sequence[Entry]) -> None:
    """Print one line a run."""
    table = plain_table(
        ("run", False), ("state", False), ("trial", False), ("seed", True), ("patients", True),
        ("MB", True), ("started", False), ("parameter set", False),
    )  # fmt: skip
    for each in entries:
        table.add_row(
            Text(each.path),
            Text(each.state, style="" if each.state == "finished" else "yellow"),
            Text(each.trial or each.kind),
            "" if each.seed is None else str(each.seed),
            f"{each.patients:,}",
            f"{each.bytes / 1e6:,.1f}",
            each.started[:16].replace("T", " "),
            Text(each.parameter_set),
        )
    screen = console()
    if entries:
        screen.print(table)
    screen.print(f"{len(entries):,} runs." if len(entries) != 1 else "1 run.")


def entries_json(entries: Sequence[Entry]) -> list[dict[str, Any]]:
    """Return the runs as JSON."""
    return [vars(each) for each in entries]


def manifest_view(run: str, manifest: ManifestFile) -> None:
    """Print what a run was."""
    arms = ", ".join(f"{arm} {patients:,}" for arm, patients in manifest.patients.items())
    status = ", ".join(f"{count:,} {word}" for word, count in manifest.status.items() if count)
    libraries = ", ".join(f"{name} {number}" for name, number in manifest.versions.items())
    size = sum(file.bytes for file in manifest.files) / 1e6
    lines = (
        ("run", run),
        (manifest.kind, manifest.trial),
        ("patients", arms),
        ("ended as", status),
        ("seed", str(manifest.seed)),
        ("parameter set", manifest.parameter_set),
        ("command", manifest.command),
        ("started, ended", f"{manifest.started}, {manifest.ended or 'unknown'}"),
        ("wall time", f"{manifest.wall_s:.1f} s"),
        ("versions", libraries),
        ("machine", ", ".join(manifest.platform.values())),
        ("streams", f"{len(manifest.streams)} random streams"),
        (
            "files",
            f"{len(manifest.files):,} of {size:,.1f} MB, {len(manifest.tasks):,} tasks",
        ),
    )
    table = plain_table(("", False), ("", False))
    table.show_header = False
    for name, value in lines:
        table.add_row(Text(name, style="bold"), Text(value))
    console().print(table)


def verified_view(run: str, found: Verified) -> None:
    """Print what is wrong with a run, or that nothing is."""
    screen = console()
    for fault in found.faults:
        screen.print(f"{escape(fault.name)} {escape(fault.what)}", style="red")
    if found.faults:
        screen.print(f"{len(found.faults):,} faults: {escape(run)} is not what its manifest says.")
        return
    size = found.bytes / 1e6
    screen.print(f"Whole: {found.files:,} files of {size:,.1f} MB are as the manifest says.")


def verified_json(found: Verified) -> dict[str, Any]:
    """Return what was looked at as JSON."""
    return vars(found) | {"faults": [vars(fault) for fault in found.faults]}


def repeated_view(run: str, found: Repeated) -> None:
    """Print whether a repetition agrees, what differs, and what may be why."""
    screen = console()
    if not found.tables:
        told = f"Every bit agrees: {found.rows:,} rows in {found.files:,} files."
        screen.print(told, style="green")
    for each in found.tables:
        screen.print(f"{escape(each.name)} {escape(each.what)}", style="red")
    if found.tables:
        screen.print(f"{escape(run)} comes out otherwise.")
    for each in found.circumstances:
        screen.print(f"other circumstances: {escape(each.name)}: {escape(each.what)}", style="dim")


def repeated_json(found: Repeated) -> dict[str, Any]:
    """Return what was compared as JSON."""
    return {
        "files": found.files,
        "rows": found.rows,
        "tables": [vars(each) for each in found.tables],
        "circumstances": [vars(each) for each in found.circumstances],
    }


def remnants_view(found: Sequence[Remnant], removed: bool) -> None:
    """Print what was, or would be, removed."""
    screen = console()
    for each in found:
        size, age = f"{each.bytes / 1e6:,.1f} MB", f"{each.age_days:.1f} days"
        screen.print(f"{escape(each.path)}: {each.what}, {size}, untouched for {age}")
    if removed or not found:
        screen.print(f"{len(found):,} removed.")
    else:
        screen.print(f"{len(found):,} would be removed: add --yes.")
