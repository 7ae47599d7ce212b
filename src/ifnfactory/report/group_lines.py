"""The table of HBsAg in responders and others."""

from __future__ import annotations

from collections.abc import Sequence

from ifnfactory.evidence.hbsag_groups import HbsagGroups, published_groups
from ifnfactory.evidence.shapes import ArmShape
from ifnfactory.report.qualification_page import GroupLine
from ifnfactory.report.words import number


def group_lines(shapes: Sequence[ArmShape]) -> tuple[GroupLine, ...]:
    """Return a line for each arm of interferon and HBeAg status, HBeAg-positive patients first."""
    return tuple(
        GroupLine(
            shape.protocol.upper(),
            shape.label,
            "positive" if positive else "negative",
            _cells(groups),
        )
        for positive in (True, False)
        for shape in shapes
        for groups in shape.hbsag_groups
        if groups.hbeag_positive == positive
    )


def published_words() -> str:
    """Return what is published about both groups."""
    yes, no = published_groups()
    return (
        f"Published for HBeAg-positive patients of {yes.parent} ({yes.trial}, week {yes.week:g}): "
        f"{number(yes.value, yes.unit)} in those who responded, "
        f"{number(no.value, no.unit)} in the others."
    )


def _cells(groups: HbsagGroups) -> tuple[str, ...]:
    return (
        f"{groups.responders:.0f} %",
        number(groups.responders_mean, "log10"),
        number(groups.others_mean, "log10"),
        f"{groups.deep:.0f} %",
        f"{groups.between:.0f} %",
        f"{groups.shallow:.0f} %",
        number(groups.deep_mean, "log10"),
    )
