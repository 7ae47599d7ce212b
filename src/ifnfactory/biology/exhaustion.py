"""Exhaustion of effectors: antigen drives it, clocks relieve it, and it leaves a slow scar.

Part of the chapter on immunity.
"""

from __future__ import annotations

import sympy as sp

from ifnfactory.network.module import Module


def declare_clocks(m: Module, effectors: sp.Symbol, shown: sp.Symbol) -> tuple[sp.Expr, sp.Expr]:
    """Declare the two hazard clocks; return by how much each lowers the exhaustion drive.

    Parameters
    ----------
    shown
        Core antigen that infected cells show, untreated = 1.
    """
    hazard, threshold, relief = m.parameters(
        "seroconversion_hazard", "seroconversion_threshold", "seroconversion_relief"
    )
    release_hazard, release_threshold, release_relief, half, unseen = m.parameters(
        "release_hazard",
        "release_threshold",
        "release_relief",
        "release_hbsag_half_point",
        "release_unseen_share",
    )
    resting, awakening = m.parameters("rest_rate", "awakening")
    e_antigen, hbsag = m.uses("e_antigen"), m.uses("surface_antigen")
    seroconversion = m.species(
        "seroconversion_clock",
        symbol="H_s",
        initial=0.0,
        description="cumulative hazard of HBeAg seroconversion",
    )
    release = m.species(
        "release_clock",
        symbol="H_r",
        initial=0.0,
        description="cumulative hazard of a spontaneous release from exhaustion",
    )
    accustomed = m.species(
        "accustomed",
        symbol="ζ",
        absolute_tolerance=1e-6,
        description="core antigen that T cells are used to, untreated = 1; none: they have rested",
    )
    m.relaxation(accustomed, resting, shown)
    m.reaction(
        "seroconversion_ticking", hazard * effectors * 2 / (1 + e_antigen), gives=seroconversion
    )
    # Where core antigen is no longer shown, on a nucleos(t)ide analogue, the clock slows down; when
    # it comes back after years, it meets T cells that have rested, and the clock runs faster.
    seen = unseen + (1 - unseen) * shown * (1 + awakening * (1 - accustomed))
    m.reaction(
        "release_ticking",
        release_hazard * seen * (1 + half) / (hbsag + half),
        gives=release,
    )
    reliefs: list[sp.Expr] = []
    for name, at, after, effect in (
        ("seroconverted", seroconversion, threshold, relief),
        ("released", release, release_threshold, release_relief),
    ):
        switch = m.quantity(
            name,
            (at / after) ** 8 / (1 + (at / after) ** 8),
            symbol=f"θ_{name[0]}",
            description=f"goes from 0 to 1 when the patient is {name}",
        )
        reliefs.append(1 - effect * switch)
    return reliefs[0], reliefs[1]


def declare_exhaustion(
    m: Module,
    exhaustion: sp.Symbol,
    scar: sp.Symbol,
    free: sp.Symbol,
    reliefs: tuple[sp.Expr, sp.Expr],
) -> None:
    """Declare how antigen drives exhaustion, how exhaustion scars and how the scar fades."""
    rate, by_infected, by_hbsag = m.parameters(
        "exhaustion_rate", "exhaustion_weight_infected", "exhaustion_hbsag_share"
    )
    half_hbsag, half_dna = m.parameters("hbsag_half_saturation", "dna_half_saturation")
    scarring, fading = m.parameters("scar_rate", "scar_fading_rate")
    baseline = m.derived(
        "exhaustion_baseline", symbol="X_0", unit="1", description="untreated exhaustion drive"
    )
    infected, infected_0 = m.uses("infected_hepatocytes"), m.uses("infected_baseline")
    transcription = m.uses("translation")
    hbsag, hbsag_0 = m.uses("surface_antigen"), m.uses("hbsag_baseline", "IU/mL")
    virions, dna_0 = m.uses("virions"), m.uses("hbv_dna_baseline", "IU/mL")
    load = m.quantity(
        "exhausting_antigen",
        by_infected * infected / infected_0 * transcription
        + (1 - by_infected)
        * (
            by_hbsag * hbsag * (hbsag_0 + half_hbsag) / (hbsag * hbsag_0 + half_hbsag)
            + (1 - by_hbsag) * virions * (dna_0 + half_dna) / (virions * dna_0 + half_dna)
        ),
        symbol="a_X",
        description="antigen that exhausts effectors, untreated = 1",
    )
    unblocked = m.uses("exhaustion_left")
    m.relaxation(exhaustion, rate, baseline * reliefs[0] * reliefs[1] * load * unblocked)
    m.reaction("scarring", scarring * (1 - free) * (1 - scar), gives=scar)
    m.reaction("scar_fading", fading * scar, takes=scar)
