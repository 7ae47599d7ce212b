"""The hepatitis B system of one typical patient, ready for another simulator."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ifnfactory.biology.system import build_system
from ifnfactory.biology.typical import Stratum, typical_patient
from ifnfactory.exchange.sbml import write_sbml
from ifnfactory.pharmacology.coupling import Deviations, couple
from ifnfactory.pharmacology.regimen import Regimen, course

WEIGHT_KG = 70.0
PEG_2A = ("peginterferon_alfa_2a", "180 ug", "1 week")


def export_system(path: Path, stratum: Stratum) -> None:
    """Write the untreated typical patient of a stratum as SBML.

    Slot a holds the kinetics of peginterferon alfa-2a, so that adding micrograms to the species
    ``depot_a`` is a dose of it; nothing is given in the file itself.

    Raises
    ------
    MissingExtraError
        If python-libsbml is not installed.
    """
    network = build_system()
    patient = typical_patient(network, stratum)
    constants = patient.constants[0].copy()
    nobody_special = Deviations(*(np.zeros(1) for _ in range(5)))
    regimen = Regimen((course(*PEG_2A, stop_week=48.0),))
    for name, values in couple(regimen, np.array([WEIGHT_KG]), nobody_special).slot_parameters:
        constants[network.constant_names.index(name)] = values[0]
    write_sbml(network, path, constants, patient.initial[0])
