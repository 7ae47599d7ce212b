"""Endpoints by name: what a published row means, evaluated patient by patient.

The names are those of the evidence base. A threshold of HBV DNA is part of its name:
``hbv_dna_lt_400cp``, ``hbv_dna_lt_2000iu``, ``hbv_dna_lt_4.3log_cp``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Final, Literal

import numpy as np

from ifnfactory.assays import primitives
from ifnfactory.assays.laboratory import Laboratory
from ifnfactory.assays.panel import Bools, Floats, Panel
from ifnfactory.foundation.errors import Problem, UserInputError
from ifnfactory.trial.safety import Safety
from ifnfactory.trial.safety_endpoints import count_safety, safety_names

Kind = Literal["proportion", "mean"]

PERCENT: Final = "%"
LOG_IU: Final = "log10 IU/mL"
LOG_COPIES: Final = "log10 copies/mL"

PROPORTIONS: Final = (
    "alt_normal",
    "alt_normal_aasld",
    "alt_normal_central",
    "functional_cure",
    "functional_cure_composite",
    "hbeag_loss",
    "hbeag_seroconversion",
    "hbsag_loss",
    "hbsag_loss_cumulative",
    "hbsag_seroconversion",
    "partial_cure",
    "relapse",
)
"""Endpoints that a patient reaches or not."""
MEANS: Final[dict[str, tuple[str, ...]]] = {
    "mean_log10_dna_change": (LOG_IU, LOG_COPIES),
    "mean_log10_hbsag_change": (LOG_IU,),
    "mean_log10_rna_change": (LOG_COPIES,),
}
"""Endpoints that are averaged, with the units in which they are published; a change of log10 is
the same number in all of them."""
_CURES: Final = frozenset({"functional_cure", "partial_cure"})
"""Judged without any therapy. The composite of trials of new drugs is not: a nucleos(t)ide analogue
that patients took before may go on, and the protocol names the week."""
_DNA_BELOW: Final = re.compile(r"^hbv_dna_lt_(\d+(?:\.\d+)?)(log_)?(cp|iu)$")
_MAX_LOG: Final = 20.0  # more virus than there are particles in the blood: a slip of the pen


@dataclass(frozen=True)
class Endpoint:
    """What is counted or averaged.

    Attributes
    ----------
    name
        Name in the evidence base.
    kind
        ``"proportion"`` or ``"mean"``.
    units
        Units in which the endpoint may be published, the preferred one first.
    dna_below
        Threshold of HBV DNA [IU/mL] of a ``hbv_dna_lt_...`` endpoint, else None.
    """

    name: str
    kind: Kind
    units: tuple[str, ...]
    dna_below: float | None = None

    @property
    def unit(self) -> str:
        """Preferred unit."""
        return self.units[0]

    @property
    def is_cure(self) -> bool:
        """Whether the endpoint asks for 24 weeks without any therapy."""
        return self.name in _CURES

    @property
    def is_safety(self) -> bool:
        """Whether the endpoint counts side effects or changes of therapy."""
        return self.name in safety_names()

    @property
    def needs_hbeag(self) -> bool:
        """Whether only patients with HBeAg at baseline count."""
        return self.name.startswith("hbeag_")


@dataclass(frozen=True)
class EndpointContext:
    """What an endpoint needs beside the laboratory sheet.

    Attributes
    ----------
    laboratory
        Limits and upper limit of normal.
    end_of_treatment_week
        Week of the arm's last stop; 0 for an untreated arm.
    female
        Shape (patients,); needed where a limit of normal differs by sex.
    safety
        What patients suffered; None where nobody wrote it down.
    """

    laboratory: Laboratory
    end_of_treatment_week: float
    female: Bools
    safety: Safety | None = None


@dataclass(frozen=True)
class Evaluation:
    """An endpoint, patient by patient.

    Attributes
    ----------
    values
        Shape (patients,): reached or not (bool) for a proportion, the change (float) for a mean.
    evaluable
        Shape (patients,): who counts. A missing value counts as a failure in a proportion (the
        rule of most trials) and not at all in a mean.
    """

    endpoint: Endpoint
    values: Bools | Floats
    evaluable: Bools


def parse_endpoint(name: str) -> Endpoint:
    """Return the endpoint called `name`.

    Raises
    ------
    UserInputError
        If there is none.
    """
    if name in PROPORTIONS or name in safety_names():
        return Endpoint(name, "proportion", (PERCENT,))
    if name in MEANS:
        return Endpoint(name, "mean", MEANS[name])
    if match := _DNA_BELOW.match(name):
        number = float(match.group(1))
        threshold = 10.0 ** min(number, _MAX_LOG) if match.group(2) else number
        if 0 < threshold < 10.0**_MAX_LOG:
            unit = "copies/mL" if match.group(3) == "cp" else "IU/mL"
            limit = primitives.to_iu(threshold, unit)
            return Endpoint(name, "proportion", (PERCENT,), limit)
    near = get_close_matches(name, (*PROPORTIONS, *MEANS, *safety_names()), n=2, cutoff=0.6)
    hint = f"did you mean {' or '.join(near)}? " if near else ""
    names = ", ".join((*PROPORTIONS, *MEANS))
    problem = Problem(
        what=f"unknown endpoint {name!r}",
        where="endpoint",
        fix=f"{hint}the endpoints are {names}, hbv_dna_lt_<number>cp, iu, log_cp or log_iu, and "
        "those of safety (docs/safety.md)",
    )
    raise UserInputError([problem])


def timing_fault(endpoint: Endpoint, week: float, end_of_treatment_week: float) -> str | None:
    """Return why `endpoint` makes no sense at `week`; None if it does."""
    earliest = end_of_treatment_week + primitives.CURE_OFF_TREATMENT_WEEKS
    if endpoint.is_cure and week < earliest:
        return f"{endpoint.name} needs 24 weeks after all therapy, so week {earliest:g} or later"
    if endpoint.name == "relapse" and week <= end_of_treatment_week:
        return f"relapse is judged after the end of treatment in week {end_of_treatment_week:g}"
    return None


def evaluate(
    endpoint: Endpoint | str, panel: Panel, week: float, context: EndpointContext
) -> Evaluation:
    """Return who reached `endpoint`, or by how much a marker changed, at `week`.

    Raises
    ------
    UserInputError
        If there is no visit in that week or at a week that the endpoint looks back to, or the
        laboratory cannot tell.
    """
    wanted = parse_endpoint(endpoint) if isinstance(endpoint, str) else endpoint
    if fault := timing_fault(wanted, week, context.end_of_treatment_week):
        raise UserInputError([Problem(fault, f"endpoint {wanted.name}", "choose a later week")])
    try:
        if wanted.kind == "mean":
            return _mean(wanted, panel, week, context)
        return _proportion(wanted, panel, week, context)
    except (LookupError, ValueError) as error:
        raise UserInputError(
            [Problem(str(error), f"endpoint {wanted.name}", "choose another week or threshold")]
        ) from error


def _mean(endpoint: Endpoint, panel: Panel, week: float, context: EndpointContext) -> Evaluation:
    laboratory = context.laboratory
    marker, limit = {
        "mean_log10_dna_change": (panel.hbv_dna, laboratory.dna_lloq),
        "mean_log10_hbsag_change": (panel.hbsag, laboratory.hbsag_lloq),
        "mean_log10_rna_change": (panel.hbv_rna, laboratory.rna_lloq),
    }[endpoint.name]
    before, after = marker[:, panel.visit(0)], marker[:, panel.visit(week)]
    change = primitives.log10_change(before, after, limit)
    return Evaluation(endpoint, change, np.isfinite(change))


def _proportion(
    endpoint: Endpoint, panel: Panel, week: float, context: EndpointContext
) -> Evaluation:
    everybody = np.ones(panel.patients, dtype=np.bool_)
    visit, laboratory = panel.visit(week), context.laboratory
    if endpoint.is_safety:
        if context.safety is None:
            raise ValueError("side effects of these patients were not written down")
        stop = context.end_of_treatment_week
        found = count_safety(endpoint.name, panel, context.safety, week, stop, laboratory)
        return Evaluation(endpoint, found, everybody)
    if endpoint.needs_hbeag:
        positive = panel.hbeag[:, panel.visit(0)] >= laboratory.hbeag_cutoff
        hbeag, antibody = panel.hbeag[:, visit], panel.anti_hbe[:, visit]
        if endpoint.name == "hbeag_loss":
            reached = primitives.hbeag_lost(hbeag, laboratory)
        else:
            reached = primitives.hbeag_seroconverted(hbeag, antibody, laboratory)
        return Evaluation(endpoint, reached & positive, positive)
    if endpoint.name == "relapse":
        stop = panel.visit(context.end_of_treatment_week)
        at_stop = panel.hbv_dna[:, stop]
        reached = primitives.relapse(at_stop, panel.hbv_dna[:, stop + 1 : visit + 1])
        return Evaluation(endpoint, reached, primitives.controlled(at_stop))
    return Evaluation(endpoint, _reached(endpoint, panel, visit, context), everybody)


def _reached(endpoint: Endpoint, panel: Panel, visit: int, context: EndpointContext) -> Bools:
    laboratory = context.laboratory
    dna, hbsag, alt = panel.hbv_dna[:, visit], panel.hbsag[:, visit], panel.alt[:, visit]
    if endpoint.dna_below is not None:
        return primitives.below_limit(dna, endpoint.dna_below, "IU/mL", laboratory)
    match endpoint.name:
        case "hbsag_loss":
            reached = primitives.hbsag_lost(hbsag, laboratory)
        case "hbsag_loss_cumulative":
            reached = np.any(primitives.hbsag_lost(panel.hbsag[:, : visit + 1], laboratory), axis=1)
        case "hbsag_seroconversion":
            reached = primitives.hbsag_seroconverted(hbsag, panel.anti_hbs[:, visit], laboratory)
        case "functional_cure" | "functional_cure_composite":
            reached = primitives.functional_cure(hbsag, dna, laboratory)
        case "partial_cure":
            reached = primitives.partial_cure(hbsag, dna, alt, laboratory)
        case "alt_normal_aasld":
            men, women = primitives.AASLD_ULN
            reached = primitives.alt_normal(alt, np.where(context.female, women, men))
        case "alt_normal" | "alt_normal_central":
            # The central laboratory's limit is the one that the protocol states.
            reached = primitives.alt_normal(alt, laboratory.alt_uln)
        case _:
            raise ValueError(f"nobody has said how to evaluate {endpoint.name}")
    return reached
