"""The slow, obvious twin of the kernel: NumPy only, all people at once, month by month.

It is written from the equations of docs/outlook.md, not from the kernel, and shares nothing with
it but the rates and the recipe of the random numbers. Kept for ever, to test the kernel against.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ifnfactory.outlook.fibrosis import STEP_CELLS, STEP_LOW, STEP_WIDTH
from ifnfactory.outlook.people import People
from ifnfactory.outlook.rates import DNA_CELLS, DNA_LOW, DNA_STEP, Rates
from ifnfactory.outlook.simulate import Course
from ifnfactory.outlook.states import EVENTS, STAGES, STATES, Event, Liver, Phase, state_of

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Words = NDArray[np.uint64]

_REFRESH = 12
_HBSAG_FLOOR = -1.301
_CURE_HBSAG_MAX = 3.1761
_OLDEST = 120 * 12
_F3 = 3

_AFTER_PHASE = {
    Event.ACTIVATION: Phase.POSITIVE_HEPATITIS,
    Event.HBEAG_LOSS_INACTIVE: Phase.NEGATIVE_INFECTION,
    Event.HBEAG_LOSS_ACTIVE: Phase.NEGATIVE_HEPATITIS,
    Event.REACTIVATION: Phase.NEGATIVE_HEPATITIS,
    Event.REMISSION: Phase.NEGATIVE_INFECTION,
    Event.HBSAG_LOSS: Phase.CURED,
    Event.REVERSION: Phase.NEGATIVE_INFECTION,
}
_AFTER_LIVER = {
    Event.CIRRHOSIS: Liver.COMPENSATED,
    Event.REGRESSION: Liver.REGRESSED,
    Event.DECOMPENSATION: Liver.DECOMPENSATED,
    Event.HCC: Liver.HCC,
    Event.TRANSPLANT: Liver.TRANSPLANT,
    Event.LIVER_DEATH: Liver.LIVER_DEATH,
    Event.OTHER_DEATH: Liver.OTHER_DEATH,
}


def counted_uniforms(seed: int, key: NDArray[np.int64], month: int, purpose: int) -> Floats:
    """Return each person's number in [0, 1) for a month and a purpose.

    Parameters
    ----------
    key
        Shape (people,).
    """
    with np.errstate(over="ignore"):
        golden = np.uint64(0x9E3779B97F4A7C15)
        start = _mix(np.array([seed], dtype=np.int64).astype(np.uint64) + golden)
        own = _mix(start + key.astype(np.uint64) * golden)
        count = np.uint64(4 * month + purpose + 1)
        return (_mix(own + count * golden) >> np.uint64(11)).astype(np.float64) / 2.0**53


def _mix(x: Words) -> Words:
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))


class _Crowd:
    """Where everybody stands; every array of shape (people,)."""

    def __init__(self, people: People) -> None:
        n = len(people)
        self.people = people
        self.phase = people.phase.astype(np.int64)
        self.liver = people.liver.astype(np.int64)
        self.stage = people.stage.astype(np.int64)
        self.treated = people.treated > 0
        self.anti_hbs = people.anti_hbs > 0
        self.alt_ratio = people.alt_ratio.astype(np.float64)
        self.cured_since = np.zeros(n, dtype=np.int64)
        self.since = np.zeros(n, dtype=np.int64)
        self.treated_from = np.where(self.treated, 0, -1)

    @property
    def cured(self) -> Flags:
        """Who has lost HBsAg."""
        return self.phase == Phase.CURED

    @property
    def alive(self) -> Flags:
        """Who lives."""
        return self.liver < Liver.LIVER_DEATH


def all_rates(crowd: _Crowd, r: Rates, month: int) -> Floats:
    """Return the rate of every event for everybody [1/year], shape (people, events)."""
    rate = np.zeros((len(crowd.people), EVENTS))
    months = np.minimum(crowd.people.age_months + month, _OLDEST)
    _course(crowd, r, month, months // 12, rate)
    _fibrosis(crowd, r, months // 12, rate)
    _cancer(crowd, r, months // 12, rate)
    _failure(crowd, r, month, rate)
    rate[:, Event.OTHER_DEATH] = r.background[crowd.people.male, months]
    rate[~crowd.alive] = 0.0
    return rate


def _course(crowd: _Crowd, r: Rates, month: int, year: NDArray[np.int64], rate: Floats) -> None:
    phase, treated, cured = crowd.phase, crowd.treated, crowd.cured
    early = crowd.liver <= Liver.COMPENSATED
    positive = phase <= Phase.POSITIVE_HEPATITIS
    rate[:, Event.ACTIVATION] = np.where(
        early & ~treated & (phase == Phase.POSITIVE_INFECTION), r.activation, 0.0
    )
    loss = np.where(treated, r.hbeag_loss_treated, r.hbeag_loss)
    loss = np.where(early & positive & (treated | (phase == Phase.POSITIVE_HEPATITIS)), loss, 0.0)
    rate[:, Event.HBEAG_LOSS_INACTIVE] = loss * (1.0 - r.active_share)
    rate[:, Event.HBEAG_LOSS_ACTIVE] = loss * r.active_share
    free = early & ~treated
    for event, start, value in (
        (Event.REACTIVATION, Phase.NEGATIVE_INFECTION, r.reactivation),
        (Event.REMISSION, Phase.NEGATIVE_HEPATITIS, r.remission),
    ):
        rate[:, event] = np.where(free & (phase == start), value, 0.0)
    hbsag = np.maximum(hbsag_level(crowd, r, month), _HBSAG_FLOOR)
    kind = np.where(treated, 2, np.where(positive, 0, 1))
    ratio = np.exp(-r.hbsag_per_log10 * (hbsag - r.hbsag_reference[kind]))
    clearance = r.hbsag_loss[kind] * ratio * np.where(positive, r.age_hbsag[year], 1.0)
    rate[:, Event.HBSAG_LOSS] = np.where(early & ~cured, clearance, 0.0)
    time = (month - crowd.cured_since) / 12.0
    back = r.reversion_start * np.exp(-time / r.reversion_time)
    back = back * np.where(crowd.anti_hbs, r.anti_hbs_ratio, 1.0)
    rate[:, Event.REVERSION] = np.where(early & cured, back, 0.0)


def hbsag_level(crowd: _Crowd, r: Rates, month: int) -> Floats:
    """Return log10 HBsAg [IU/mL], shape (people,); meaningless after cure."""
    level = r.hbsag_mean[crowd.phase] + r.hbsag_sd[crowd.phase] * crowd.people.hbsag_rank
    year = np.minimum(crowd.people.age_months + month, _OLDEST) // 12
    return level - np.where(crowd.phase >= Phase.NEGATIVE_INFECTION, r.hbsag_fall[year], 0.0)


def _dna_ratio(crowd: _Crowd, r: Rates, table: Floats) -> Floats:
    """Return the table at each person's HBV DNA over the table at what is typical of the phase."""
    typical = r.dna_mean[crowd.phase]
    own = typical + r.dna_sd[crowd.phase] * crowd.people.dna_rank
    cells = [
        np.clip(((level - DNA_LOW) / DNA_STEP + 0.5).astype(np.int64), 0, DNA_CELLS - 1)
        for level in (own, typical)
    ]
    return table[cells[0]] / table[cells[1]]


def _fibrosis(crowd: _Crowd, r: Rates, year: NDArray[np.int64], rate: Floats) -> None:
    cured, suppressed = crowd.cured, crowd.treated & ~crowd.cured
    onset = r.cirrhosis[crowd.phase] * np.where(cured, 1.0, _dna_ratio(crowd, r, r.dna_cirrhosis))
    slow = np.minimum(r.cirrhosis[crowd.phase], r.cirrhosis_treated)
    onset = np.where(suppressed, slow, onset)
    onset = onset * r.age_cirrhosis[year] * r.sex_cirrhosis[crowd.people.male]
    place = (np.log(np.maximum(onset, 1e-300)) - STEP_LOW) / STEP_WIDTH + 0.5
    cell = np.clip(place, 0, STEP_CELLS - 1).astype(np.int64)
    step = np.where(onset > 0.0, r.step[crowd.phase, cell], 0.0)
    staged, healing = crowd.liver <= Liver.REGRESSED, crowd.treated | cured
    rate[:, Event.STAGE_UP] = np.where(staged & (crowd.stage < _F3), step, 0.0)
    rate[:, Event.CIRRHOSIS] = np.where(staged & (crowd.stage == _F3), step, 0.0)
    lower = staged & healing & (crowd.stage > 0)
    rate[:, Event.STAGE_DOWN] = np.where(lower, r.stage_down, 0.0)
    scarred = healing & (crowd.liver == Liver.COMPENSATED)
    rate[:, Event.REGRESSION] = np.where(scarred, r.regression, 0.0)


def _cancer(crowd: _Crowd, r: Rates, year: NDArray[np.int64], rate: Floats) -> None:
    people, cured, liver = crowd.people, crowd.cured, crowd.liver
    untouched = r.hcc[crowd.phase] * r.age_hcc[year]
    viraemic = crowd.alt_ratio * _dna_ratio(crowd, r, r.dna_hcc)
    viraemic = viraemic * np.where(crowd.treated, r.hcc_treated_ratio, 1.0)
    untouched = untouched * np.where(cured, 1.0, viraemic)
    scarred = np.where(liver == Liver.DECOMPENSATED, r.hcc_decompensated, r.hcc_compensated)
    calm = crowd.treated | (crowd.phase == Phase.NEGATIVE_INFECTION)
    relief = np.where(cured, r.hcc_cured_ratio, np.where(calm, r.hcc_treated_ratio, 1.0))
    scarred = scarred * r.age_hcc_cirrhosis[year] * relief
    hazard = np.where(liver == Liver.NO_CIRRHOSIS, untouched, scarred)
    hazard = hazard * people.hcc_ratio * r.sex_hcc[people.male]
    rate[:, Event.HCC] = np.where(liver <= Liver.DECOMPENSATED, hazard, 0.0)


def _failure(crowd: _Crowd, r: Rates, month: int, rate: Floats) -> None:
    cured, treated, liver = crowd.cured, crowd.treated, crowd.liver
    calm = treated | (crowd.phase == Phase.NEGATIVE_INFECTION)
    worse = np.where(calm, r.decompensation_treated_ratio, 1.0)
    worse = r.decompensation * np.where(cured, r.decompensation_cured_ratio, worse)
    rate[:, Event.DECOMPENSATION] = np.where(liver == Liver.COMPENSATED, worse, 0.0)
    relief = np.where(cured, r.death_cured_ratio, 1.0)
    eased = np.where(treated & ~cured, r.death_decompensated_treated_ratio, relief)
    first_year = (month - crowd.since) < _REFRESH
    grafted = np.where(first_year, r.death_transplant_first, r.death_transplant_later)
    rate[:, Event.LIVER_DEATH] = np.select(
        [
            liver == Liver.COMPENSATED,
            liver == Liver.DECOMPENSATED,
            liver == Liver.HCC,
            liver == Liver.TRANSPLANT,
        ],
        [r.death_compensated * relief, r.death_decompensated * eased, r.death_hcc, grafted],
        0.0,
    )
    rate[:, Event.TRANSPLANT] = np.select(
        [liver == Liver.DECOMPENSATED, liver == Liver.HCC],
        [r.transplant_decompensated, r.transplant_hcc],
        0.0,
    )


def follow_reference(people: People, rates: Rates, months: int, seed: int) -> Course:
    """Follow people; same arguments and result as `simulate.follow`, a thousand times slower."""
    crowd = _Crowd(people)
    n, groups = len(people), people.groups
    counts = np.zeros((groups, months + 1, STATES), dtype=np.int64)
    stages = np.zeros((groups, months + 1, STAGES), dtype=np.int64)
    events = np.zeros((groups, months, EVENTS), dtype=np.int64)
    firsts = np.full((n, EVENTS), -1, dtype=np.int16)
    rate = np.zeros((n, EVENTS))
    for month in range(months):
        _count(crowd, counts[:, month], stages[:, month])
        changed = _offer(crowd, rates, month, seed, events, firsts)
        if month % _REFRESH == 0:
            changed[:] = True
        rate[changed] = all_rates(crowd, rates, month)[changed]
        happened = _competing(rate, counted_uniforms(seed, people.key, month, 0))
        _apply(crowd, happened, rates, month, seed)
        _note(people, happened, month, events, firsts)
        moved = happened > 0
        rate[moved] = all_rates(crowd, rates, month + 1)[moved]
    _count(crowd, counts[:, months], stages[:, months])
    return Course(
        counts,
        stages,
        events,
        firsts,
        crowd.phase.astype(np.int8),
        crowd.liver.astype(np.int8),
        crowd.stage.astype(np.int8),
        crowd.treated_from.astype(np.int16),
        people.group,
    )


def _count(crowd: _Crowd, counts: NDArray[np.int64], stages: NDArray[np.int64]) -> None:
    staged = np.flatnonzero(crowd.liver <= Liver.REGRESSED)
    np.add.at(stages, (crowd.people.group[staged], crowd.stage[staged]), 1)
    state = state_of(crowd.phase.astype(np.int8), crowd.liver.astype(np.int8))
    np.add.at(counts, (crowd.people.group, state), 1)


def _competing(rate: Floats, uniform: Floats) -> NDArray[np.int64]:
    """Return what happens to everybody this month, 0 for nothing."""
    total = rate.sum(axis=1)
    chance = -np.expm1(-total / 12.0)
    hit = uniform < chance
    share = np.where(hit, uniform / np.where(chance > 0, chance, 1.0), 0.0)
    reached = np.cumsum(rate, axis=1)
    return np.where(hit, (reached <= (share * total)[:, None]).sum(axis=1), 0)


def _apply(crowd: _Crowd, happened: NDArray[np.int64], r: Rates, month: int, seed: int) -> None:
    for event, phase in _AFTER_PHASE.items():
        crowd.phase[happened == event] = phase
    for event, liver in _AFTER_LIVER.items():
        crowd.liver[happened == event] = liver
    crowd.stage[happened == Event.STAGE_UP] += 1
    crowd.stage[happened == Event.STAGE_DOWN] -= 1
    crowd.stage[happened == Event.REGRESSION] = _F3
    of_phase = (happened > 0) & (happened <= Event.REVERSION)
    crowd.alt_ratio[of_phase] = 1.0
    crowd.since[happened > Event.REVERSION] = month
    _begin_cure(crowd, happened == Event.HBSAG_LOSS, r, month, seed)


def _begin_cure(crowd: _Crowd, who: Flags, r: Rates, month: int, seed: int) -> None:
    crowd.cured_since[who] = month
    protected = counted_uniforms(seed, crowd.people.key, month, 1) < r.anti_hbs_share
    crowd.anti_hbs[who] = protected[who]


def _offer(
    crowd: _Crowd,
    r: Rates,
    month: int,
    seed: int,
    events: NDArray[np.int64],
    firsts: NDArray[np.int16],
) -> Flags:
    """Start the treatments that are due, and return whom that changed."""
    people = crowd.people
    reached = (people.treat_month >= 0) & (people.treat_month <= month) & ~crowd.treated
    active = np.isin(crowd.phase, (Phase.POSITIVE_HEPATITIS, Phase.NEGATIVE_HEPATITIS))
    scarred = np.isin(crowd.liver, (Liver.COMPENSATED, Liver.DECOMPENSATED))
    starts = reached & crowd.alive & ~crowd.cured & (active | scarred)
    crowd.treated[starts] = True
    crowd.alt_ratio[starts] = 1.0
    crowd.treated_from[starts] = month
    fit = (people.cure_month == month) & ~crowd.cured & (crowd.liver <= Liver.COMPENSATED)
    fit &= hbsag_level(crowd, r, month) <= _CURE_HBSAG_MAX
    cures = fit & (counted_uniforms(seed, people.key, month, 2) < people.cure_chance)
    crowd.phase[cures] = Phase.CURED
    crowd.alt_ratio[cures] = 1.0
    _begin_cure(crowd, cures, r, month, seed)
    _note(people, np.where(cures, int(Event.HBSAG_LOSS), 0), month, events, firsts)
    return starts | cures


def _note(
    people: People,
    happened: NDArray[np.int64],
    month: int,
    events: NDArray[np.int64],
    firsts: NDArray[np.int16],
) -> None:
    who = np.flatnonzero(happened > 0)
    np.add.at(events[:, month], (people.group[who], happened[who]), 1)
    new = who[firsts[who, happened[who]] < 0]
    firsts[new, happened[new]] = month
