"""The viral life cycle: cccDNA amount and activity, capsids, virions, RNA, HBsAg and HBeAg.

States are relative to the patient's own untreated level; observables are in laboratory units.
Interferon blocks are written in the absolute response G with the untreated factor in front, never
in G - G0, whose denominator could reach zero after a cure.
"""

from __future__ import annotations

import sympy as sp

from ifnfactory.biology.tables import chapter_table
from ifnfactory.network.module import Module, positive_part


def virus() -> Module:
    """Return the chapter on the virus."""
    m = Module("virus", "Viral life cycle", chapter_table("virus"))
    capsids = m.species(
        "dna_capsids",
        symbol="d",
        absolute_tolerance=1e-13,
        description="DNA capsids of an infected cell, untreated = 1",
    )
    transcription = _cccdna(m, capsids)
    rna_capsids = _capsids(m, transcription, capsids)
    _serum(m, transcription, rna_capsids, capsids)
    return m


def _cccdna(m: Module, capsids: sp.Symbol) -> sp.Symbol:
    turnover, recycled, degradation, half = m.parameters(
        "cccdna_turnover_rate",
        "recycling_share",
        "cccdna_degradation_rate",
        "degradation_half_point",
    )
    activation, silencing, converted_silencing = m.parameters(
        "activation_rate", "silencing_rate", "seroconversion_silencing"
    )
    response, baseline = m.uses("isg"), m.uses("isg_baseline")
    excess = m.uses("interferon_excess")
    amount = m.species(
        "cccdna", symbol="m", description="cccDNA of an infected cell, untreated = 1"
    )
    active = m.species(
        "cccdna_activity", symbol="a", description="active share of cccDNA, untreated = 1"
    )
    formed = m.uses("cccdna_formation_left")
    supply = 1 - recycled + recycled * formed * 2 * capsids / (1 + capsids)
    m.relaxation(amount, turnover, supply)
    above = m.quantity(
        "degradation",
        positive_part(
            response**2 / (response**2 + half**2) - baseline**2 / (baseline**2 + half**2)
        ),
        symbol="G_2",
        description="interferon-driven degradation of cccDNA above the untreated one",
    )
    m.reaction("cccdna_degraded", degradation * above * amount, takes=amount)
    # What a seroconversion has silenced stays so when therapy ends; cells that wake from the
    # reservoir, nearly all there are where the virus is under control, bring active cccDNA.
    m.relaxation(active, activation, 1 - converted_silencing * m.uses("seroconverted"))
    m.reaction("woken_active", m.uses("woken_share", "1/day") * (1 - active), gives=active)
    m.reaction("silencing", silencing * excess * active, takes=active)
    return m.quantity(
        "transcription",
        amount * active,
        symbol="Tx",
        description="transcription of cccDNA in an infected cell, untreated = 1",
    )


def _capsids(m: Module, transcription: sp.Symbol, capsids: sp.Symbol) -> sp.Symbol:
    k_r, k_d, use = m.parameters("rna_capsid_rate", "dna_capsid_rate", "reverse_transcription_use")
    rna_block, dna_block, slow = m.parameters("rna_block", "dna_block", "slow_block")
    response, baseline = m.uses("isg"), m.uses("isg_baseline")
    state = m.uses("antiviral_state")
    nucleoside, lamivudine = m.uses("na_block"), m.uses("lamivudine_block")
    resistant = m.uses("lamivudine_resistant_share")
    taken, kept = m.uses("lamivudine_on"), m.uses("block_after_resistance")
    transcripts, packed = m.uses("transcript_left"), m.uses("encapsidation_left")
    rna_capsids = m.species(
        "rna_capsids",
        symbol="r",
        absolute_tolerance=1e-8,
        description="RNA capsids of an infected cell, untreated = 1",
    )
    by_interferon = m.quantity(
        "interferon_block",
        response * (1 + slow * state),
        symbol="g",
        description="interferon response, amplified by the slow antiviral state",
    )
    untreated = baseline * (1 + slow * baseline)
    blocked = 1 + nucleoside
    spared = m.quantity(
        "nucleoside_residual",
        (1 - resistant) / (blocked + lamivudine) + resistant / (blocked + kept * taken),
        symbol="q_n",
        description="reverse transcription left by nucleosides, untreated = 1",
    )
    open_ = blocked + dna_block * by_interferon
    residual = m.quantity(
        "reverse_transcription_residual",
        (1 + dna_block * untreated)
        * ((1 - resistant) / (open_ + lamivudine) + resistant / (open_ + kept * taken)),
        symbol="q",
        description="DNA capsid formation left by interferon and nucleosides, untreated = 1",
    )
    m.reaction(
        "rna_capsid_assembly",
        k_r
        * (1 + rna_block * untreated)
        * transcription**2
        * transcripts
        * packed
        / (1 + rna_block * by_interferon),
        gives=rna_capsids,
    )
    m.reaction(
        "rna_capsid_loss",
        k_r * rna_capsids * (1 + use * spared) / (1 + use),
        takes=rna_capsids,
    )
    m.relaxation(capsids, k_d, residual * rna_capsids)
    return rna_capsids


def _serum(m: Module, transcription: sp.Symbol, rna_capsids: sp.Symbol, capsids: sp.Symbol) -> None:
    k_q, slow_share, odds, k_f = m.parameters(
        "slow_pool_rate", "slow_pool_share", "insensitive_share", "insensitive_pool_rate"
    )
    free_share = odds / (1 + odds)  # a wide log-normal spread must not make a share above one
    c_v, c_r, c_s, c_e = m.parameters(
        "virion_clearance_rate",
        "rna_clearance_rate",
        "hbsag_clearance_rate",
        "hbeag_clearance_rate",
    )
    integrated_share, hbsag_block = m.parameters("integrated_hbsag_share", "hbsag_block")
    infected = m.uses("infected_hepatocytes") / m.uses("infected_baseline")
    integrated = m.uses("integrated_hepatocytes") / m.uses("integrated_baseline")
    excess = m.uses("interferon_excess")
    transcripts, integrants = m.uses("transcript_left"), m.uses("integrant_transcript_left")
    released, secreted = m.uses("virion_release_left"), m.uses("hbsag_release_left")
    removal, hbsag_removal = (
        m.uses("virion_removal_added", "1/day"),
        m.uses("hbsag_removal_added", "1/day"),
    )

    def marker(name: str, symbol: str, tolerance: float, description: str) -> sp.Symbol:
        return m.species(
            name,
            symbol=symbol,
            absolute_tolerance=tolerance,
            description=f"{description}, untreated = 1",
        )

    slow = marker("slow_producers", "d_s", 1e-13, "virion output of slow producers")
    late = marker(
        "insensitive_producers", "d_f", 1e-13, "virion output that nucleosides reach late"
    )
    virions = marker("virions", "V", 1e-13, "serum virions")
    rna = marker("rna_particles", "V_r", 1e-9, "serum HBV RNA particles")
    hbsag = marker("surface_antigen", "S", 1e-9, "serum HBsAg")
    hbeag = marker("e_antigen", "E_g", 1e-7, "serum HBeAg")
    m.relaxation(slow, k_q, capsids)
    m.relaxation(late, k_f, capsids)
    m.relaxation(
        virions,
        c_v,
        released
        * infected
        * ((1 - slow_share - free_share) * capsids + slow_share * slow + free_share * late),
    )
    m.relaxation(rna, c_r, released * infected * rna_capsids)
    translation = m.quantity(
        "translation",
        transcription * transcripts,
        symbol="Tl",
        description="viral proteins that an infected cell makes from cccDNA, untreated = 1",
    )
    made = m.quantity(
        "hbsag_made",
        (1 - integrated_share) * infected * translation
        + integrated_share * integrated * integrants,
        symbol="S_m",
        description="HBsAg that hepatocytes make, released or not, untreated = 1",
    )
    m.relaxation(hbsag, c_s, secreted * made / (1 + hbsag_block * excess))
    m.relaxation(hbeag, c_e, infected * translation)
    for state, name, rate in (
        (virions, "virions_bound", removal),
        (rna, "rna_particles_bound", removal),
        (hbsag, "hbsag_bound", hbsag_removal),
    ):
        m.reaction(name, rate * state, takes=state)
    for name, state, symbol, unit, description in (
        ("hbv_dna", virions, "V_0", "IU/mL", "serum HBV DNA"),
        ("hbsag", hbsag, "S_0", "IU/mL", "serum HBsAg"),
        ("hbeag", hbeag, "E_g0", "S_CO", "serum HBeAg, signal over cut-off"),
        ("hbv_rna", rna, "V_r0", "copies/mL", "serum HBV RNA"),
    ):
        level = m.derived(
            f"{name}_baseline", symbol=symbol, unit=unit, description=f"untreated {description}"
        )
        m.observable(name, level * state, unit=unit, description=description)
