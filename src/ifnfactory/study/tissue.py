"""What an interrupted validation of the tissue has finished, for the same command to go on from."""

from __future__ import annotations

from ifnfactory.foundation.provenance import code_fingerprint, versions
from ifnfactory.study.kept import Kept, kept


def kept_validation(seed: int) -> Kept:
    """Return what keeps the answers of a validation; each has its replicates in its name."""
    return kept(
        ("kind", "tissue validation"),
        ("trial", "tissue validation"),
        ("seed", str(seed)),
        ("code", code_fingerprint("tissue")),
        ("versions", repr(versions())),
    )
