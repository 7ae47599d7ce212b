"""A trial's result made by hand: the shapes of a real one, without a model behind them."""

from __future__ import annotations

import numpy as np

from ifnfactory.assays.laboratory import Laboratory
from ifnfactory.assays.panel import Panel
from ifnfactory.biology.adverse_events import AdverseEvents
from ifnfactory.engine.status import Status
from ifnfactory.population.patients import PatientTable
from ifnfactory.trial.attendance import Departure
from ifnfactory.trial.conduct import NOBODY, Conduct
from ifnfactory.trial.endpoints import evaluate
from ifnfactory.trial.estimates import estimate
from ifnfactory.trial.protocol import Protocol, load_protocol
from ifnfactory.trial.result import ArmOutcome, ResultRow, TrialResult
from ifnfactory.trial.safety import Safety


def patient_table(n: int) -> PatientTable:
    rng = np.random.default_rng(1)
    return PatientTable(
        patient=np.arange(n),
        age=rng.uniform(18, 60, n),
        female=rng.random(n) < 0.25,
        weight=rng.normal(65, 8, n),
        genotype=rng.choice(["A", "B", "C", "D"], n, p=[0.1, 0.3, 0.5, 0.1]),
        hbeag_positive=np.ones(n, dtype=np.bool_),
        prior_na_years=np.zeros(n),
        prior_interferon=np.zeros(n, dtype=np.bool_),
        cirrhosis=rng.random(n) < 0.2,
        hbv_dna0=10 ** rng.normal(8.5, 0.8, n),
        hbsag0=10 ** rng.normal(4.2, 0.5, n),
        alt0=np.exp(rng.normal(4.6, 0.5, n)),
    )


def panel(people: PatientTable, weeks: np.ndarray, stop: float, depth: float) -> Panel:
    """Return an exponential fall under treatment, and a rebound after it."""
    n, visits = len(people.patient), len(weeks)
    on = 1 - np.exp(-np.minimum(weeks, stop) / 10)
    off = np.clip(1 - 0.7 * (1 - np.exp(-np.maximum(weeks - stop, 0) / 5)), 0, 1)
    depths = depth * np.random.default_rng(2).lognormal(0, 0.35, n)
    log_dna = np.log10(people.hbv_dna0)[:, None] - depths[:, None] * on * off
    log_s = np.log10(people.hbsag0)[:, None] - 0.15 * depths[:, None] * on
    hbeag = 500 * 10 ** (-0.8 * depths[:, None] * on) * np.ones((n, visits))
    flare = 1 + 1.5 * np.exp(-(((weeks - 16) / 8) ** 2))
    alt = np.where(log_dna < 5, 25.0, people.alt0[:, None]) * flare
    treated = np.where(weeks <= stop, 1 - np.exp(-weeks / 3), np.exp(-(weeks - stop) / 2))
    return Panel(
        week=weeks,
        hbv_dna=np.where(log_dna < np.log10(36), 18.0, 10**log_dna),
        hbsag=np.where(log_s < np.log10(0.05), 0.025, 10**log_s),
        hbeag=hbeag,
        hbv_rna=np.maximum(10 ** (log_dna - 1), 100.0),
        alt=alt,
        anc=4.0 * (1 - 0.35 * treated) * np.ones((n, visits)),
        platelets=190.0 * (1 - 0.3 * treated) * np.ones((n, visits)),
        anti_hbe=hbeag < 1.0,
        anti_hbs=np.zeros((n, visits), dtype=np.bool_),
    )


def no_trouble(patients: int, visits: int) -> Safety:
    """Return the record of patients to whom nothing happened."""
    never = np.full(patients, np.inf)
    nothing = AdverseEvents.none(patients)
    conduct = Conduct(
        rules=(),
        causes=(),
        stops=(),
        acted=np.full((patients, 0), np.inf),
        stopped_week=never,
        stopped_by=np.full(patients, NOBODY),
        dose_share=np.ones((patients, visits)),
    )
    departure = Departure(never, np.zeros(patients, dtype=np.int8))
    return Safety(nothing, np.ones(nothing.onset.shape, dtype=np.int8), conduct, departure)


def trial_result(patients: int = 40, failed: int = 1, name: str = "lau2005") -> TrialResult:
    """Return a result of a built-in trial; `failed` patients of its first arm are incomplete."""
    protocol = load_protocol(name)
    laboratory = protocol.laboratory
    outcomes: list[ArmOutcome] = []
    for index, arm in enumerate(protocol.arms):
        people = patient_table(patients)
        weeks = np.asarray(protocol.visit_weeks, dtype=np.float64)
        stop = arm.regimen.end_of_treatment_week
        sheet = panel(people, weeks, stop, depth=4.0 + 1.5 * index)
        status = np.full(patients, int(Status.COMPLETED))
        if index == 0 and failed:
            status[:failed] = int(Status.STEP_LIMIT)
            for marker in (sheet.hbv_dna, sheet.hbsag, sheet.alt, sheet.hbv_rna):
                marker[:failed, 3:] = np.nan
        stays = np.full(patients, np.inf)
        safety = no_trouble(patients, len(weeks))
        outcomes.append(ArmOutcome(arm.name, people, sheet, status, stays, safety))
    return TrialResult(
        protocol=protocol,
        seed=1,
        version="0.1.0",
        parameter_set="0123456789ab",
        wall_s=1.25,
        arms=tuple(outcomes),
        rows=tuple(rows(protocol, outcomes, laboratory)),
        status_counts=(
            ("completed", patients * len(outcomes) - failed),
            ("step_limit", failed),
            ("non_finite", 0),
        ),
        laboratory=laboratory,
    )


def rows(protocol: Protocol, outcomes: list[ArmOutcome], laboratory: Laboratory) -> list[ResultRow]:
    by_arm = {outcome.arm: outcome for outcome in outcomes}
    stops = {arm.name: arm.regimen.end_of_treatment_week for arm in protocol.arms}
    result: list[ResultRow] = []
    for published in protocol.published:
        outcome = by_arm[published.arm].integrated()
        context = outcome.context(laboratory, stops[published.arm])
        found = estimate(evaluate(published.endpoint, outcome.panel, published.week, context))
        ci = published.ci
        result.append(
            ResultRow(
                arm=published.arm,
                endpoint=published.endpoint,
                week=published.week,
                n_published=published.n,
                patients=found.patients,
                value=found.value,
                ci=(found.low, found.high),
                published=published.value,
                published_ci=ci,
                inside=None if ci is None else ci[0] <= found.value <= ci[1],
                unit=published.unit,
            )
        )
    return result
