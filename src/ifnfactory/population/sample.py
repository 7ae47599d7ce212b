"""Draw virtual patients: who they are, what their parameters are, and where they start.

Order of a draw: candidates and entry criteria, correlated scores, markers, individual parameters
with covariate effects, untreated steady state.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ifnfactory.biology.steady_state import Baseline, untreated_state
from ifnfactory.foundation.streams import Seed, streams_of
from ifnfactory.network.model import Network
from ifnfactory.population.baseline import BaselineDistribution, Eligibility
from ifnfactory.population.candidates import Enrolled, enrol, log10_hbsag_level
from ifnfactory.population.correlations import (
    Correlation,
    correlate,
    draw_own_scores,
    load_correlations,
    make_copula,
)
from ifnfactory.population.covariates import Effect, covariates_of, load_effects
from ifnfactory.population.individuals import individual_constants, spread_names
from ifnfactory.population.markers import draw_antibodies, hbeag_level, hbv_rna_level, phase
from ifnfactory.population.patients import Bools, Floats, PatientTable

SCREENED_MARKERS = ("log10_hbv_dna", "ln_alt")
"""Markers that entry criteria cut; they are drawn first and independently of each other."""

DRAWN_MARKERS = ("log10_hbsag", "log10_hbv_rna", "log10_hbeag")
"""Markers that are drawn given the screened ones."""


@dataclass(frozen=True)
class Declared:
    """What files declare about patients: correlated pairs of scores and covariate effects."""

    pairs: tuple[Correlation, ...]
    effects: tuple[Effect, ...]


@dataclass(frozen=True)
class Individuals:
    """Patients before their untreated state is computed.

    Attributes
    ----------
    table
        Who they are.
    constants
        Shape (n, constants); derived parameters are NaN.
    baseline
        Serum markers of the untreated state.
    anti_hbe_responder, anti_hbs_responder
        Shape (n,): who makes the antibody once the antigen is lost.
    viraemia_excursion
        Shape (n,): how far HBV DNA is from the untreated level at entry, log10.
    """

    table: PatientTable
    constants: Floats
    baseline: Baseline
    anti_hbe_responder: Bools
    anti_hbs_responder: Bools
    viraemia_excursion: Floats


@dataclass(frozen=True)
class VirtualPatients:
    """Patients at the moment before anything is done to them.

    Attributes
    ----------
    table
        Who they are.
    constants
        Shape (n, len(network.constant_names)).
    initial
        Shape (n, len(network.species_names)): the untreated steady state.
    anti_hbe_responder, anti_hbs_responder
        Shape (n,): who makes the antibody once the antigen is lost.
    viraemia_excursion
        Shape (n,): how far HBV DNA is from the untreated level at entry, log10.
    """

    table: PatientTable
    constants: Floats
    initial: Floats
    anti_hbe_responder: Bools
    anti_hbs_responder: Bools
    viraemia_excursion: Floats

    def __len__(self) -> int:
        return len(self.table)

    def take(self, rows: NDArray[np.int64]) -> VirtualPatients:
        """Return the patients of these rows, numbered anew from 0."""
        columns: dict[str, Any] = {name: each[rows] for name, each in vars(self.table).items()}
        return VirtualPatients(
            table=replace(PatientTable(**columns), patient=np.arange(len(rows))),
            constants=self.constants[rows],
            initial=self.initial[rows],
            anti_hbe_responder=self.anti_hbe_responder[rows],
            anti_hbs_responder=self.anti_hbs_responder[rows],
            viraemia_excursion=self.viraemia_excursion[rows],
        )


def draw_patients(
    network: Network,
    baseline: BaselineDistribution,
    eligibility: Eligibility,
    n: int,
    seed: Seed,
    declared: Declared | None = None,
) -> VirtualPatients:
    """Draw `n` patients of the hepatitis B system in their untreated state.

    The same seed gives the same bits, and patient i is the same for every `n` above i. Streams give
    the next `n` patients, and are left behind the last of them.
    `declared` is what ties patients together; None: what the package ships.

    Raises
    ------
    UserInputError
        If the entry criteria contradict the baseline distribution.
    ModelError
        If correlations or covariate effects do not fit the network.
    """
    what = declared or shipped()
    drawn = draw_individuals(network, baseline, eligibility, n, seed, declared=what)
    state = untreated_state(network, drawn.constants, drawn.baseline)
    return VirtualPatients(
        table=drawn.table,
        constants=state.constants,
        initial=state.initial,
        anti_hbe_responder=drawn.anti_hbe_responder,
        anti_hbs_responder=drawn.anti_hbs_responder,
        viraemia_excursion=drawn.viraemia_excursion,
    )


def draw_individuals(
    network: Network,
    baseline: BaselineDistribution,
    eligibility: Eligibility,
    n: int,
    seed: Seed,
    *,
    declared: Declared,
) -> Individuals:
    """Draw `n` patients of any network, up to their untreated state.

    Every random number belongs to a candidate and has a stream of its own, so neither a new
    parameter nor a changed correlation nor one patient more moves any other draw.
    """
    free = (*DRAWN_MARKERS, *spread_names(network))
    copula = make_copula(declared.pairs, (*SCREENED_MARKERS, *free), independent=SCREENED_MARKERS)
    streams = streams_of(seed)
    enrolled = enrol(baseline, eligibility, n, streams)
    own = {
        name: score[enrolled.candidate]
        for name, score in draw_own_scores(free, enrolled.screened, streams).items()
    }
    own |= {"log10_hbv_dna": enrolled.dna_score, "ln_alt": enrolled.alt_score}
    scores = correlate(own, copula)
    log10_hbsag = log10_hbsag_level(baseline, eligibility, scores["log10_hbsag"])
    covariates = covariates_of(enrolled, log10_hbsag)
    antibodies = draw_antibodies(enrolled.candidate, enrolled.screened, streams)
    alt = np.exp(enrolled.ln_alt)
    phases = phase(enrolled.log10_dna, alt, enrolled.hbeag_positive)
    table = _table(baseline, enrolled, log10_hbsag)
    return Individuals(
        table=table,
        constants=individual_constants(network, declared.effects, covariates, scores),
        baseline=Baseline(
            hbv_dna=table.hbv_dna0,
            hbsag=table.hbsag0,
            hbeag=hbeag_level(scores["log10_hbeag"], enrolled.hbeag_positive),
            hbv_rna=hbv_rna_level(scores["log10_hbv_rna"], phases),
            alt=alt,
            hbeag_positive=enrolled.hbeag_positive,
        ),
        anti_hbe_responder=antibodies.anti_hbe,
        anti_hbs_responder=antibodies.anti_hbs,
        viraemia_excursion=enrolled.dna_excursion,
    )


def _table(baseline: BaselineDistribution, enrolled: Enrolled, log10_hbsag: Floats) -> PatientTable:
    n = len(enrolled.candidate)
    return PatientTable(
        patient=np.arange(n),
        age=enrolled.age,
        female=enrolled.female,
        weight=enrolled.weight,
        genotype=enrolled.genotype,
        hbeag_positive=enrolled.hbeag_positive,
        prior_na_years=np.full(n, baseline.prior_na_years),
        prior_interferon=enrolled.prior_interferon,
        cirrhosis=enrolled.cirrhosis,
        hbv_dna0=10.0**enrolled.log10_dna,
        hbsag0=10.0**log10_hbsag,
        alt0=np.exp(enrolled.ln_alt),
    )


@lru_cache(maxsize=1)
def shipped() -> Declared:
    """Return the correlations and covariate effects that the package ships."""
    return Declared(load_correlations(), load_effects())
