"""What an interrupted look into the decades has finished, for the same command to go on from."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ifnfactory.foundation.provenance import code_fingerprint, versions
from ifnfactory.runs.making import digest
from ifnfactory.runs.manifest import MANIFEST_NAME
from ifnfactory.study.kept import Kept, kept


def kept_outlook(
    kind: str, people: int, seed: int, given: Sequence[object] = (), file: Path | None = None
) -> Kept:
    """Return what keeps the draws of a cohort, a run, a country or a validation.

    The number of draws is not part of its name: who asks for more goes on from here.

    Parameters
    ----------
    given
        What else determines a draw, as it was typed; each has a `repr` that says all.
    file
        The file of the people, or the run folder whose manifest has the hashes of its tables.
    """
    source = None if file is None else file / MANIFEST_NAME if file.is_dir() else file
    text = "" if source is None else source.read_text(encoding="utf-8")
    return kept(
        ("kind", kind),
        ("trial", kind),
        ("patients", str(people)),
        ("seed", str(seed)),
        ("given", digest(repr(tuple(given)).encode())),
        ("people", digest(text.encode())),
        ("code", code_fingerprint("outlook")),
        ("versions", repr(versions())),
    )
