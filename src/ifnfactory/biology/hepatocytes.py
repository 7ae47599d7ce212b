"""Hepatocytes: uninfected, infected, cured and refractory, with integrated HBsAg only.

All are fractions of the normal liver mass and regenerate alike when mass is missing.
"""

from __future__ import annotations

from typing import Final

from ifnfactory.biology.tables import chapter_table
from ifnfactory.network.module import Module, positive_part

ONE_CELL: Final = 1e-11
"""One of the about 1e11 hepatocytes of a liver; without a reservoir, too, the share is finite."""


def hepatocytes() -> Module:
    """Return the chapter on hepatocytes."""
    m = Module("hepatocytes", "Hepatocytes", chapter_table("hepatocytes"))
    loss, regeneration, cured_at_division = m.parameters(
        "hepatocyte_loss_rate", "regeneration_rate", "cure_at_division"
    )
    back, reservoir, cytolytic = m.parameters(
        "refractory_return_rate", "reservoir_import", "cytolytic_share"
    )
    # What only the untreated state asks for.
    m.parameters(
        "infected_fraction", "integrated_fraction", "susceptible_excess", "susceptible_pool_scale"
    )
    m.derived("infected_baseline", symbol="I_b", unit="1", description="untreated infected share")
    m.derived(
        "integrated_baseline",
        symbol="J_b",
        unit="1",
        description="untreated share with integrated HBsAg only",
    )
    m.derived("cytolysis_baseline", symbol="D_0", unit="1/day", description="untreated cytolysis")
    infection_rate = m.derived(
        "infection_rate", symbol="β", unit="1/day", description="infection rate at baseline virions"
    )
    refractory = m.derived(
        "refractory_uninfected",
        symbol="T_r",
        unit="1",
        description="uninfected hepatocytes that cannot be infected",
    )
    integration = m.derived(
        "integration_rate",
        symbol="k_int",
        unit="1/day",
        description="infected cells that keep only integrated DNA",
    )
    silenced = m.derived(
        "integrant_silencing_rate",
        symbol="k_off",
        unit="1/day",
        description="integrated cells that stop making HBsAg",
    )
    virions = m.uses("virions")
    entered, established = m.uses("entry_left"), m.uses("cccdna_formation_left")
    kill, kill_integrated = (
        m.uses("infected_kill_rate", "1/day"),
        m.uses("integrated_kill_rate", "1/day"),
    )
    presented = m.uses("cytolytic_presentation")

    T = m.species(
        "uninfected_hepatocytes",
        symbol="T",
        initial=None,
        absolute_tolerance=1e-9,
        description="uninfected hepatocytes, fraction of liver mass",
    )
    I = m.species(  # noqa: E741
        "infected_hepatocytes",
        symbol="I",
        initial=None,
        absolute_tolerance=1e-14,
        description="hepatocytes with cccDNA, fraction of liver mass",
    )
    R = m.species(
        "cured_hepatocytes",
        symbol="R",
        initial=None,
        absolute_tolerance=1e-9,
        description="cured, still refractory hepatocytes, fraction of liver mass",
    )
    J = m.species(
        "integrated_hepatocytes",
        symbol="J",
        initial=None,
        absolute_tolerance=1e-10,
        description="hepatocytes with integrated HBsAg only, fraction of liver mass",
    )

    regrowth = m.quantity(
        "regrowth_rate",
        loss + regeneration * positive_part(1 - (T + I + R + J)),
        unit="1/day",
        symbol="g_H",
        description="division rate of every hepatocyte",
    )
    killed_share = m.quantity(
        "cytolytic_share_now",
        cytolytic * presented,
        symbol="f_d",
        description="share of killed infected cells that die rather than lose the virus",
    )
    m.quantity(
        "cytolysis",
        killed_share * kill * I + cytolytic * kill_integrated * J,
        unit="1/day",
        symbol="D",
        description="liver mass that dies of the immune attack",
    )

    m.reaction("regeneration_uninfected", regrowth * T, gives=T)
    m.reaction(
        "regeneration_infected",
        regrowth * I,
        gives={T: cured_at_division, I: 1 - cured_at_division},
    )
    m.reaction("regeneration_cured", regrowth * R, gives=R)
    m.reaction("regeneration_integrated", regrowth * J, gives=J)
    for name, cells in (("uninfected", T), ("infected", I), ("cured", R), ("integrated", J)):
        m.reaction(f"natural_death_{name}", loss * cells, takes=cells)
    m.reaction(
        "infection",
        infection_rate * entered * established * virions * positive_part(T - refractory),
        takes=T,
        gives=I,
    )
    m.reaction("reservoir", reservoir, gives=I)
    # Never above the rate at which the liver regenerates, however few infected cells are left.
    m.quantity(
        "woken_share",
        reservoir / (positive_part(I) + reservoir / regeneration + ONE_CELL),
        unit="1/day",
        symbol="w_ι",
        description="infected cells that have just woken from the reservoir, a day",
    )
    m.reaction("cytolysis_infected", killed_share * kill * I, takes=I)
    m.reaction("cure", (1 - killed_share) * kill * I, takes=I, gives=R)
    m.reaction("refractory_return", back * R, takes=R, gives=T)
    m.reaction("integration", integration * I, takes=I, gives=J)
    m.reaction("integrant_silencing", silenced * J, takes=J, gives=T)
    m.reaction("cytolysis_integrated", cytolytic * kill_integrated * J, takes=J)
    m.reaction("cure_integrated", (1 - cytolytic) * kill_integrated * J, takes=J, gives=T)

    kinds = ("uninfected", "infected", "cured", "integrated")
    m.conserves(
        "hepatocyte mass",
        (T, I, R, J),
        open_to=(
            *(f"regeneration_{kind}" for kind in kinds),
            *(f"natural_death_{kind}" for kind in kinds),
            "cytolysis_infected",
            "cytolysis_integrated",
            "reservoir",
        ),
    )
    m.observable(
        "liver_mass", T + I + R + J, unit="1", description="hepatocytes over the normal number"
    )
    return m
