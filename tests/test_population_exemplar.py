"""The exported system, run and dosed by libRoadRunner, agrees with our own kernel."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import roadrunner
from engine_problems import kernel_integrator

from ifnfactory.biology.typical import STRATA
from ifnfactory.engine.batch import Events, init
from ifnfactory.exchange.sbml import write_sbml
from ifnfactory.population.exemplar import exemplar

WEEKS = 24
DOSE_UG = 180.0


@pytest.mark.parametrize("stratum", STRATA)
def test_libroadrunner_given_our_file_agrees_to_1e_4_under_treatment(
    tmp_path: Path, stratum: str
) -> None:
    file = tmp_path / "system.xml"
    typical = exemplar(stratum)
    write_sbml(typical.network, file, typical.constants, typical.initial)
    outside = roadrunner.RoadRunner(str(file))
    outside.integrator.relative_tolerance = 1e-9
    outside.integrator.absolute_tolerance = 1e-18
    outside.integrator.maximum_num_steps = 1_000_000
    network = typical.network
    names = list(network.species_names)
    outside.timeCourseSelections = names
    theirs = np.empty((WEEKS, len(names)))
    for week in range(WEEKS):
        outside["depot_a"] = outside["depot_a"] + DOSE_UG
        theirs[week] = outside.simulate(7.0 * week, 7.0 * (week + 1), 2)[-1]

    days = 7.0 * np.arange(WEEKS)
    doses = Events(days, ("depot_a",) * WEEKS, np.ones(WEEKS, bool), np.full((1, WEEKS), DOSE_UG))
    state = init(network, typical.constants[None], typical.initial[None])
    _, info = kernel_integrator(network, 1e-8)(state, 7.0 * WEEKS, doses, days + 7.0)
    ours = info.output[0]
    floor = 1e4 * np.array([s.absolute_tolerance for s in network.species])
    error = np.abs(ours - theirs) / np.maximum(np.abs(theirs), floor)
    worst = np.unravel_index(np.argmax(error), error.shape)
    assert error.max() < 1e-4, (names[worst[1]], worst[0])
    # and it was a treatment: one log of HBV DNA within the first week
    assert np.log10(ours[0, names.index("virions")]) < -0.8
