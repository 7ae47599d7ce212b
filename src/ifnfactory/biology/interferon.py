"""The interferon factory: infected cells that are hardly seen, sensing, priming, response, brakes.

A given dose is amplified by the liver's own interferon F; priming P (IRF7, IRF9, STAT2) raises
what a sensing cell makes; SOCS1 brakes within hours and USP18 within days.
"""

from __future__ import annotations

from typing import Final

from ifnfactory.biology.tables import chapter_table
from ifnfactory.network.module import Module, positive_part

_TRACE: Final = 1e-9  # of an EC50: a share of no interferon at all is zero, not undefined


def interferon() -> Module:
    """Return the chapter on the interferon loop."""
    m = Module("interferon", "The interferon factory", chapter_table("interferon"))
    leak, damp, primed_gain = m.parameters("stealth_leak", "damp_sensing", "priming_gain")
    k_f, k_p, k_s = m.parameters("endogenous_interferon_rate", "priming_rate", "socs1_rate")
    half_socs1, k_g, amplitude = m.parameters("socs1_half_inhibition", "isg_rate", "isg_amplitude")
    k_u, basal, gain, half_usp18 = m.parameters(
        "usp18_rate", "usp18_basal", "usp18_gain", "usp18_half_inhibition"
    )
    k_b = m.parameter("antiviral_state_rate")
    baseline = m.derived(
        "isg_baseline", symbol="G_0", unit="1", description="untreated interferon response"
    )
    given, hepatic_only = m.uses("interferon_exposure"), m.uses("hepatic_only_exposure")
    innate, innate_immunity = m.uses("innate_interferon_added"), m.uses("innate_immunity_added")
    infected, infected_0 = m.uses("infected_hepatocytes"), m.uses("infected_baseline")
    cytolysis, cytolysis_0 = m.uses("cytolysis", "1/day"), m.uses("cytolysis_baseline", "1/day")

    own = m.species(
        "endogenous_interferon", symbol="F", initial=None, description="the liver's own interferon"
    )
    primed = m.species(
        "priming", symbol="P", initial=None, description="priming by STAT2, IRF9 and IRF7"
    )
    socs1 = m.species("socs1", symbol="S_1", initial=None, description="SOCS1, the fast brake")
    response = m.species(
        "isg", symbol="G", initial=None, description="interferon-stimulated response"
    )
    usp18 = m.species("usp18", symbol="U", initial=None, description="USP18, the lasting brake")
    state = m.species(
        "antiviral_state",
        symbol="B",
        initial=None,
        description="slow intracellular antiviral state",
    )

    drive = m.quantity(
        "interferon_drive",
        given + own,
        symbol="x",
        description="given and own interferon in units of EC50",
    )
    sensing = m.quantity(
        "sensing",
        leak * infected / infected_0 + damp * cytolysis / cytolysis_0 + innate,
        symbol="σ",
        description="what leaking infected cells, dying cells and agonists let the liver sense",
    )
    occupied = drive / (1 + drive)
    m.relaxation(own, k_f, sensing * (1 + primed_gain * primed))
    m.relaxation(primed, k_p, response)
    m.relaxation(socs1, k_s, occupied)
    # USP18 sits on the receptor of alfa and beta, and spares that of lambda.
    braked = (occupied - hepatic_only / (1 + drive)) / (1 + (usp18 / half_usp18) ** 2)
    signal = (braked + hepatic_only / (1 + drive)) / (1 + socs1 / half_socs1)
    m.relaxation(response, k_g, amplitude * signal)
    m.relaxation(usp18, k_u, basal + gain * response)
    m.relaxation(state, k_b, response)

    excess = m.quantity(
        "interferon_excess",
        positive_part(response - baseline),
        symbol="ΔG",
        description="interferon response above the untreated one; never negative after a cure",
    )
    m.quantity(
        "immune_excess",
        excess * (1 - hepatic_only / (drive + _TRACE)) + innate_immunity,
        symbol="ΔN",
        description="the part of it that immune cells share, and what agonists give them",
    )
    untreated_own = (leak + damp) * (1 + primed_gain * baseline)
    m.observable(
        "interferon_amplification",
        drive / (given + untreated_own),
        unit="1",
        description="interferon drive over the drive without amplification in the liver",
    )
    return m
