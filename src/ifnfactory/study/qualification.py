"""What an interrupted qualification has finished, for the same command to go on from."""

from __future__ import annotations

from collections.abc import Sequence

from ifnfactory.evidence.targets import Target
from ifnfactory.population.released import Release
from ifnfactory.study.kept import Kept, kept
from ifnfactory.study.order import hash_of, program_facts


def kept_qualification(
    release: Release, patients: int, seed: int, targets: Sequence[Target] | None
) -> Kept:
    """Return what keeps a qualification.

    Its ensemble and ablations are not part of its name: who asks for them later goes on from here.
    """
    return kept(
        ("kind", "qualification"),
        ("trial", "qualification"),
        ("patients", str(patients)),
        ("seed", str(seed)),
        ("release", hash_of(repr(release))),
        ("targets", "built in" if targets is None else hash_of(repr(tuple(targets)))),
        *program_facts(release.population(), "evidence"),
    )
