"""Where a number comes from, and how far it may be trusted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

TAGS: Final[dict[str, str]] = {
    "V": "verified: seen at the cited source, usually its abstract or one table",
    "U-H": "known citation, not checked against the paper, high confidence",
    "U-M": "known citation, not checked against the paper, medium confidence",
    "U-L": "known citation, not checked against the paper, low confidence",
    "D": "derived by arithmetic from verified or unverified numbers",
    "fit": "calibrated to all published trials together, from the starting value it names",
    "S": "from an exploratory simulation or calibration: a hint, not a measurement",
    "prior": "an engineering choice, with its reason; to be calibrated",
}
"""Evidence tags, weakest last."""


@dataclass(frozen=True)
class Source:
    """A number's origin.

    Attributes
    ----------
    text
        Citation or reason.
    tag
        One of `TAGS`.
    """

    text: str
    tag: str

    def __post_init__(self) -> None:
        if self.tag not in TAGS:
            raise ValueError(f"evidence tag {self.tag!r} is none of {', '.join(TAGS)}")
        if not self.text.strip():
            raise ValueError("a source needs a text")

    def __str__(self) -> str:
        return f"{self.text} [{self.tag}]"
