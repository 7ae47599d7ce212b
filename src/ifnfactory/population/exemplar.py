"""One typical patient with a drug at hand, for other simulators and for examples."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ifnfactory.biology.typical import Stratum, typical_patient
from ifnfactory.network.model import Network
from ifnfactory.pharmacology.coupling import Deviations, couple
from ifnfactory.pharmacology.regimen import Regimen, course
from ifnfactory.population.released import shipped_population

Floats = NDArray[np.float64]
WEIGHT_KG: Final = 70.0
PEG_2A: Final = ("peginterferon_alfa_2a", "180 ug", "1 week")


@dataclass(frozen=True)
class Exemplar:
    """A model with the numbers of one patient.

    Attributes
    ----------
    constants
        Shape (len(network.constant_names),).
    initial
        Shape (len(network.species_names),).
    """

    network: Network
    constants: Floats
    initial: Floats


def exemplar(stratum: Stratum) -> Exemplar:
    """Return the untreated typical patient of a stratum.

    Slot a holds the kinetics of peginterferon alfa-2a, so that adding micrograms to the species
    ``depot_a`` is a dose of it; nothing has been given.
    """
    network = shipped_population().network
    patient = typical_patient(network, stratum)
    constants = patient.constants[0].copy()
    nobody_special = Deviations.typical(1)
    regimen = Regimen((course(*PEG_2A, stop_week=48.0),))
    for name, values in couple(regimen, np.array([WEIGHT_KG]), nobody_special).slot_parameters:
        constants[network.constant_names.index(name)] = values[0]
    return Exemplar(network, constants, patient.initial[0])
