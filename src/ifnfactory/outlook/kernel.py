"""The compiled month: many people, one after the other, for as long as they live.

Inside a month all that can happen competes: the rates are summed, something happens with
probability 1 - exp(-sum / 12), and which it is follows the shares of the sum. Rates are looked up
anew after every event and once a year.

Random numbers are counted, not drawn: the number of a person, month and purpose is a hash of the
three and of the seed, so that it depends neither on the order of the work nor on what happened
before. Results are the same for any number of threads, and people who differ in one thing only
meet the same luck.
"""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np
from numba import njit

from ifnfactory.outlook.fibrosis import STEP_CELLS, STEP_LOW, STEP_WIDTH
from ifnfactory.outlook.rates import DNA_CELLS, DNA_LOW, DNA_STEP, Rates
from ifnfactory.outlook.states import EVENTS, STAGES

Array = Any
"""Numba compiles for the arrays that it is given."""


REFRESH: Final = 12
"""Months after which rates are looked up anew."""

MONTHS_MAX: Final = 120 * 12
HBSAG_FLOOR: Final = -1.301
"""log10 of 0.05 IU/mL, where HBsAg ends."""

CURE_HBSAG_MAX: Final = 3.1761
"""log10 of 1,500 IU/mL: above, peginterferon is not offered for cure (China 2022 [U-M])."""

_GOLDEN: Final = np.uint64(0x9E3779B97F4A7C15)
_MIX_A: Final = np.uint64(0xBF58476D1CE4E5B9)
_MIX_B: Final = np.uint64(0x94D049BB133111EB)
_PURPOSES: Final = np.uint64(4)
_TO_UNIT: Final = 1.0 / 9007199254740992.0

# Codes of states.py as plain numbers, which is what Numba freezes best.
_POS_INF, _POS_HEP, _NEG_INF, _NEG_HEP, _CURED = 0, 1, 2, 3, 4
_NONE, _REGRESSED, _COMP, _DECOMP, _HCC, _TRANSPLANT, _LIVER_DEATH, _OTHER_DEATH = range(8)
(
    _E_NONE, _E_ACTIVATION, _E_LOSS_INACTIVE, _E_LOSS_ACTIVE, _E_REACTIVATION, _E_REMISSION,
    _E_HBSAG_LOSS, _E_REVERSION, _E_STAGE_UP, _E_STAGE_DOWN, _E_CIRRHOSIS, _E_REGRESSION,
    _E_DECOMPENSATION, _E_HCC, _E_TRANSPLANT, _E_LIVER_DEATH, _E_OTHER_DEATH,
) = range(17)  # fmt: skip
_F3 = STAGES - 1


@njit(cache=True, nogil=True)
def _mix(x: Any) -> Any:
    """Scramble 64 bits (the finaliser of SplitMix64)."""
    x = (x ^ (x >> np.uint64(30))) * _MIX_A
    x = (x ^ (x >> np.uint64(27))) * _MIX_B
    return x ^ (x >> np.uint64(31))


@njit(cache=True, nogil=True)
def person_key(seed: int, person: int) -> Any:
    """Return the key of all random numbers of a person."""
    return _mix(_mix(np.uint64(seed) + _GOLDEN) + np.uint64(person) * _GOLDEN)


@njit(cache=True, nogil=True)
def uniform(key: Any, month: int, purpose: int) -> float:
    """Return the number in [0, 1) of a person, month and purpose (0 event, 1 anti-HBs, 2 cure)."""
    count = np.uint64(month) * _PURPOSES + np.uint64(purpose) + np.uint64(1)
    return float(_mix(key + count * _GOLDEN) >> np.uint64(11)) * _TO_UNIT


@njit(cache=True, nogil=True)
def _dna_cell(dna: float) -> int:
    cell = int((dna - DNA_LOW) / DNA_STEP + 0.5)
    return min(max(cell, 0), DNA_CELLS - 1)


@njit(cache=True, nogil=True)
def _step_cell(onset: float) -> int:
    cell = int((math.log(onset) - STEP_LOW) / STEP_WIDTH + 0.5)
    return min(max(cell, 0), STEP_CELLS - 1)


@njit(cache=True, nogil=True, inline="always")
def _dna_ratio(r: Rates, table: Array, phase: int, dna_rank: float) -> float:
    """Return the table at a person's HBV DNA over the table at what is typical of the phase."""
    typical = r.dna_mean[phase]
    own = typical + r.dna_sd[phase] * dna_rank
    return table[_dna_cell(own)] / table[_dna_cell(typical)]


@njit(cache=True, nogil=True, inline="always")
def _hbsag(r: Rates, phase: int, year: int, hbsag_rank: float) -> float:
    """Return log10 HBsAg at an age: without HBeAg it falls through life."""
    level = r.hbsag_mean[phase] + r.hbsag_sd[phase] * hbsag_rank
    return level - r.hbsag_fall[year] if phase >= _NEG_INF else level


@njit(cache=True, nogil=True, inline="always")
def _phase_rates(
    r: Rates, rate: Array, phase: int, treated: int, year: int, hbsag_rank: float,
    cured_years: float, anti_hbs: int,
) -> None:  # fmt: skip
    """Put the rates of the infection's course into `rate`."""
    if phase == _CURED:
        back = r.reversion_start * math.exp(-cured_years / r.reversion_time)
        rate[_E_REVERSION] = back * (r.anti_hbs_ratio if anti_hbs else 1.0)
        return
    if phase <= _POS_HEP:
        kind = 0
        if treated:
            rate[_E_LOSS_INACTIVE] = r.hbeag_loss_treated * (1.0 - r.active_share)
            rate[_E_LOSS_ACTIVE] = r.hbeag_loss_treated * r.active_share
        elif phase == _POS_INF:
            rate[_E_ACTIVATION] = r.activation
        else:
            rate[_E_LOSS_INACTIVE] = r.hbeag_loss * (1.0 - r.active_share)
            rate[_E_LOSS_ACTIVE] = r.hbeag_loss * r.active_share
    else:
        kind = 1
        if not treated:
            if phase == _NEG_INF:
                rate[_E_REACTIVATION] = r.reactivation
            else:
                rate[_E_REMISSION] = r.remission
    if treated:
        kind = 2
    hbsag = max(_hbsag(r, phase, year, hbsag_rank), HBSAG_FLOOR)
    ratio = math.exp(-r.hbsag_per_log10 * (hbsag - r.hbsag_reference[kind]))
    age = r.age_hbsag[year] if phase <= _POS_HEP else 1.0
    rate[_E_HBSAG_LOSS] = r.hbsag_loss[kind] * ratio * age


@njit(cache=True, nogil=True, inline="always")
def _fibrosis_rates(
    r: Rates, rate: Array, phase: int, liver: int, stage: int, treated: int, year: int, male: int,
    dna_rank: float,
) -> None:  # fmt: skip
    """Put the rates of the stages of fibrosis, of cirrhosis and of the way back into `rate`."""
    cured = phase == _CURED
    heals = treated or cured
    if liver <= _REGRESSED:
        onset = r.cirrhosis[phase]
        if treated and not cured:
            onset = min(onset, r.cirrhosis_treated)
        elif not cured:
            onset *= _dna_ratio(r, r.dna_cirrhosis, phase, dna_rank)
        onset *= r.age_cirrhosis[year] * r.sex_cirrhosis[male]
        step = r.step[phase, _step_cell(onset)] if onset > 0.0 else 0.0
        rate[_E_STAGE_UP if stage < _F3 else _E_CIRRHOSIS] = step
        if heals and stage > 0:
            rate[_E_STAGE_DOWN] = r.stage_down
    elif liver == _COMP and heals:
        rate[_E_REGRESSION] = r.regression


@njit(cache=True, nogil=True, inline="always")
def _cancer_rate(
    r: Rates, phase: int, liver: int, treated: int, year: int, male: int, dna_rank: float,
    hcc_ratio: float, alt_ratio: float,
) -> float:  # fmt: skip
    """Return the rate of HCC of a liver without HCC."""
    cured = phase == _CURED
    if liver == _NONE:
        cancer = r.hcc[phase] * r.age_hcc[year]
        if not cured:
            cancer *= alt_ratio * _dna_ratio(r, r.dna_hcc, phase, dna_rank)
            cancer *= r.hcc_treated_ratio if treated else 1.0
    else:
        cancer = r.hcc_decompensated if liver == _DECOMP else r.hcc_compensated
        cancer *= r.age_hcc_cirrhosis[year]
        if cured:
            cancer *= r.hcc_cured_ratio
        elif treated or phase == _NEG_INF:
            cancer *= r.hcc_treated_ratio
    return cancer * hcc_ratio * r.sex_hcc[male]


@njit(cache=True, nogil=True, inline="always")
def _failure_rates(
    r: Rates, rate: Array, phase: int, liver: int, treated: int, in_state_years: float
) -> None:
    """Put the rates of decompensation, transplant and liver death into `rate`."""
    cured = phase == _CURED
    relief = r.death_cured_ratio if cured else 1.0
    if liver == _COMP:
        worse = r.decompensation
        if cured:
            worse *= r.decompensation_cured_ratio
        elif treated or phase == _NEG_INF:
            worse *= r.decompensation_treated_ratio
        rate[_E_DECOMPENSATION] = worse
        rate[_E_LIVER_DEATH] = r.death_compensated * relief
    elif liver == _DECOMP:
        eased = r.death_decompensated_treated_ratio if treated and not cured else relief
        rate[_E_LIVER_DEATH] = r.death_decompensated * eased
        rate[_E_TRANSPLANT] = r.transplant_decompensated
    elif liver == _HCC:
        rate[_E_LIVER_DEATH] = r.death_hcc
        rate[_E_TRANSPLANT] = r.transplant_hcc
    elif liver == _TRANSPLANT:
        first = in_state_years < 1.0
        rate[_E_LIVER_DEATH] = r.death_transplant_first if first else r.death_transplant_later


@njit(cache=True, nogil=True)
def _pick(rate: Array, total: float, share: float) -> int:
    """Return the event that holds the point at `share` of the summed rates."""
    target, reached, last = share * total, 0.0, _E_NONE
    for event in range(1, EVENTS):
        if rate[event] > 0.0:
            reached += rate[event]
            last = event
            if target < reached:
                return event
    return last


@njit(cache=True, nogil=True)
def _after(event: int, phase: int, liver: int, stage: int) -> Any:
    """Return phase, liver and stage after an event."""
    if event == _E_ACTIVATION:
        phase = _POS_HEP
    elif event in (_E_LOSS_INACTIVE, _E_REMISSION, _E_REVERSION):
        phase = _NEG_INF
    elif event in (_E_LOSS_ACTIVE, _E_REACTIVATION):
        phase = _NEG_HEP
    elif event == _E_HBSAG_LOSS:
        phase = _CURED
    elif event == _E_CIRRHOSIS:
        liver = _COMP
    elif event == _E_STAGE_UP:
        stage += 1
    elif event == _E_STAGE_DOWN:
        stage -= 1
    elif event == _E_REGRESSION:
        liver, stage = _REGRESSED, _F3
    elif event >= _E_DECOMPENSATION:
        # Decompensation to other death stand in one order among events and livers.
        liver = event - _E_DECOMPENSATION + _DECOMP
    return phase, liver, stage


@njit(cache=True, nogil=True)
def _is_treatable(phase: int, liver: int) -> bool:
    """Return whether treatment is started: active disease or cirrhosis, HBsAg still there."""
    active = phase in (_POS_HEP, _NEG_HEP)
    return phase != _CURED and (active or liver in (_COMP, _DECOMP))


@njit(cache=True, nogil=True, inline="always")
def _therapy_cures(
    r: Rates, phase: int, liver: int, hbsag_rank: float, month: int, year: int, chance: float,
    own: Any,
) -> bool:  # fmt: skip
    """Return whether a therapy that can cure, offered in this month, is fit and works."""
    if phase == _CURED or liver > _COMP:
        return False
    level = _hbsag(r, phase, year, hbsag_rank)
    return level <= CURE_HBSAG_MAX and uniform(own, month, 2) < chance


@njit(cache=True, nogil=True)
def _count(
    g: int, month: int, phase: int, liver: int, stage: int, counts: Array, staged: Array
) -> None:
    if liver <= _REGRESSED:
        counts[g, month, phase] += 1
        staged[g, month, stage] += 1
    else:
        counts[g, month, liver + 3] += 1


@njit(cache=True, nogil=True)
def _note(i: int, g: int, month: int, event: int, happened: Array, firsts: Array) -> None:
    happened[g, month, event] += 1
    if firsts[i, event] < 0:
        firsts[i, event] = month


@njit(cache=True, nogil=True)
def advance(
    r: Rates, seed: int, first: int, last: int, months: int,
    key: Array, group: Array, age: Array, male: Array, phase0: Array, liver0: Array,
    stage0: Array, treated0: Array, dna_rank: Array, hbsag_rank: Array, hcc_ratio: Array,
    alt_ratio: Array, anti_hbs0: Array, treat_month: Array, cure_month: Array, cure_chance: Array,
    counts: Array, staged: Array, happened: Array, firsts: Array, end_phase: Array,
    end_liver: Array, end_stage: Array, treated_from: Array,
) -> None:  # fmt: skip
    """Follow people `first` to `last` for `months` months.

    Parameters
    ----------
    r, seed
        The world, and the seed of the random numbers.
    key, ..., cure_chance
        The columns of `People`.
    counts, staged, happened
        Filled: shapes (groups, months + 1, states), (groups, months + 1, stages) and
        (groups, months, events).
    firsts, end_phase, end_liver, end_stage, treated_from
        Filled: shapes (people, events) and (people,): month of each person's first event of a
        kind, state at the end, and month from which treated, -1 where never.
    """
    rate = np.zeros(EVENTS)
    for i in range(first, last):
        own, g = person_key(seed, key[i]), group[i]
        phase, liver, treated = int(phase0[i]), int(liver0[i]), int(treated0[i])
        stage = int(stage0[i])
        anti_hbs, alt = int(anti_hbs0[i]), float(alt_ratio[i])
        treated_from[i] = 0 if treated else -1
        cured_since, since, total, chance, stale = 0, 0, 0.0, 0.0, True
        for month in range(months):
            _count(g, month, phase, liver, stage, counts, staged)
            if liver >= _LIVER_DEATH:
                continue
            if not treated and 0 <= treat_month[i] <= month and _is_treatable(phase, liver):
                treated, alt, stale, treated_from[i] = 1, 1.0, True, month
            at = min(age[i] + month, MONTHS_MAX)
            if month == cure_month[i] and _therapy_cures(
                r, phase, liver, hbsag_rank[i], month, at // 12, cure_chance[i], own
            ):
                phase, alt, stale, cured_since = _CURED, 1.0, True, month
                anti_hbs = 1 if uniform(own, month, 1) < r.anti_hbs_share else 0
                _note(i, g, month, _E_HBSAG_LOSS, happened, firsts)
            if stale or month % REFRESH == 0:
                stale = False
                rate[:] = 0.0
                if liver <= _COMP:
                    _phase_rates(
                        r, rate, phase, treated, at // 12, hbsag_rank[i],
                        (month - cured_since) / 12.0, anti_hbs,
                    )  # fmt: skip
                    _fibrosis_rates(
                        r, rate, phase, liver, stage, treated, at // 12, male[i], dna_rank[i]
                    )
                if liver <= _DECOMP:
                    rate[_E_HCC] = _cancer_rate(
                        r, phase, liver, treated, at // 12, male[i], dna_rank[i],
                        hcc_ratio[i], alt,
                    )  # fmt: skip
                _failure_rates(r, rate, phase, liver, treated, (month - since) / 12.0)
                rate[_E_OTHER_DEATH] = r.background[male[i], at]
                total = rate.sum()
                chance = -math.expm1(-total / 12.0)
            u = uniform(own, month, 0)
            if u >= chance:
                continue
            event = _pick(rate, total, u / chance)
            _note(i, g, month, event, happened, firsts)
            phase, liver, stage = _after(event, phase, liver, stage)
            stale = True
            if event <= _E_REVERSION:
                alt = 1.0
            else:
                since = month
            if event == _E_HBSAG_LOSS:
                cured_since = month
                anti_hbs = 1 if uniform(own, month, 1) < r.anti_hbs_share else 0
        _count(g, months, phase, liver, stage, counts, staged)
        end_phase[i], end_liver[i], end_stage[i] = phase, liver, stage
