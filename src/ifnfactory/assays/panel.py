"""The laboratory sheet of an arm, and the true markers behind it."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

_WEEK_TOLERANCE = 1e-6


@dataclass(frozen=True)
class TrueMarkers:
    """What flows in the patients' blood, before any assay.

    All arrays have shape (patients, visits) unless said otherwise.

    Attributes
    ----------
    week
        Time of the visits, shape (visits,), increasing [week].
    hbv_dna, hbsag
        [IU/mL].
    hbeag
        Signal over cut-off.
    hbv_rna
        [copies/mL].
    alt
        [U/L].
    anc, platelets
        [1e9/L].
    hbeag_cleared
        True once the model says that anti-HBe has bound the antigen.
    anti_hbe_responder, anti_hbs_responder
        Whether a patient makes the antibody once the antigen is gone, shape (patients,).
    """

    week: Floats
    hbv_dna: Floats
    hbsag: Floats
    hbeag: Floats
    hbv_rna: Floats
    alt: Floats
    anc: Floats
    platelets: Floats
    hbeag_cleared: Bools
    anti_hbe_responder: Bools
    anti_hbs_responder: Bools

    def __post_init__(self) -> None:
        _check_shapes(self, ("anti_hbe_responder", "anti_hbs_responder"))


@dataclass(frozen=True)
class Panel:
    """What the laboratory reports, shape (patients, visits).

    A value below an assay's limit of quantification stands as half the limit
    (`assays.laboratory.CENSORED`), whatever the true value is. NaN is a missing value.

    Attributes
    ----------
    week
        Time of the visits, shape (visits,), increasing [week].
    hbv_dna, hbsag
        [IU/mL].
    hbeag
        Signal over cut-off.
    hbv_rna
        [copies/mL].
    alt
        [U/L].
    anc, platelets
        [1e9/L].
    anti_hbe, anti_hbs
        Antibody found.
    """

    week: Floats
    hbv_dna: Floats
    hbsag: Floats
    hbeag: Floats
    hbv_rna: Floats
    alt: Floats
    anc: Floats
    platelets: Floats
    anti_hbe: Bools
    anti_hbs: Bools

    def __post_init__(self) -> None:
        _check_shapes(self, ())

    @property
    def patients(self) -> int:
        """Number of patients."""
        return self.hbv_dna.shape[0]

    def visit(self, week: float) -> int:
        """Return the column of the visit at `week`.

        Raises
        ------
        LookupError
            If there is no visit in that week.
        """
        found = np.flatnonzero(np.abs(self.week - week) <= _WEEK_TOLERANCE)
        if len(found) == 0:
            weeks = ", ".join(f"{each:g}" for each in self.week)
            raise LookupError(f"no visit in week {week:g}; the visits are in weeks {weeks}")
        return int(found[0])


def _check_shapes(record: TrueMarkers | Panel, per_patient: tuple[str, ...]) -> None:
    patients, visits = record.hbv_dna.shape
    for field in fields(record):
        shape = np.shape(getattr(record, field.name))
        expected = (patients, visits)
        if field.name == "week":
            expected = (visits,)
        elif field.name in per_patient:
            expected = (patients,)
        if shape != expected:
            raise ValueError(f"{field.name} has shape {shape}, but {expected} is expected")
