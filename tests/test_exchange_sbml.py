"""SBML: valid, complete, and the same numbers in another simulator."""

from __future__ import annotations

import builtins
from collections.abc import Callable
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import libsbml
import numpy as np
import pytest
import roadrunner
import sympy as sp
from numpy.typing import NDArray
from scipy.integrate import solve_ivp

from ifnfactory.bench.common_problem import common_network, common_patients
from ifnfactory.biology.steady_state import untreated_state
from ifnfactory.biology.system import build_system
from ifnfactory.biology.typical import typical_baseline, typical_patient
from ifnfactory.exchange.formula import infix
from ifnfactory.exchange.sbml import sbml_text, write_sbml
from ifnfactory.exchange.sbml_units import sbml_units
from ifnfactory.foundation.errors import MissingExtraError, ModelError
from ifnfactory.network.evaluate import changes
from ifnfactory.network.model import Network

Floats = NDArray[np.float64]
Case = tuple[Network, Floats, Floats, str]
"""Network, constants, initial values, and the depot that a dose goes into."""

PEGINTERFERON = {
    "absorption_rate_a": 0.333,
    "elimination_rate_a": 2.1 / 9.5,
    "volume_a": 9.5,
    "ec50_a": 5.166,
    "marrow_ec50_a": 8.0,
}


def common() -> Case:
    network = common_network()
    people = common_patients(network, 1)
    return network, people.constants[0], people.initial[0], "DEP"


def hbv(stratum: str = "hbeag_positive") -> Case:
    network = build_system()
    which = "hbeag_positive" if stratum == "hbeag_positive" else "hbeag_negative"
    constants = typical_patient(network, which).constants
    for name, value in PEGINTERFERON.items():
        constants[:, network.constant_names.index(name)] = value
    state = untreated_state(network, constants, typical_baseline(which))
    return network, state.constants[0], state.initial[0], "depot_a"


def read(text: str) -> Any:
    document = libsbml.readSBMLFromString(text)
    document.checkConsistency()
    return document


CASES: list[Callable[[], Case]] = [common, hbv]


@pytest.mark.parametrize("case", CASES)
def test_libsbml_finds_no_error(case: Callable[[], Case]) -> None:
    network, constants, initial, _ = case()
    document = read(sbml_text(network, constants, initial))
    faults = [document.getError(i) for i in range(document.getNumErrors())]
    severe = [f.getMessage() for f in faults if f.getSeverity() >= libsbml.LIBSBML_SEV_ERROR]
    assert severe == []


@pytest.mark.parametrize("case", CASES)
def test_everything_is_there(case: Callable[[], Case]) -> None:
    network, constants, initial, _ = case()
    model = read(sbml_text(network, constants, initial)).getModel()
    species = [model.getSpecies(i).getId() for i in range(model.getNumSpecies())]
    assert tuple(species) == network.species_names
    for item in (*network.parameters, *network.inputs, *network.quantities, *network.observables):
        assert model.getParameter(item.name) is not None, item.name
    for item in network.inputs:
        assert not model.getParameter(item.name).getConstant()
    for item in network.parameters:
        assert model.getParameter(item.name).getConstant()
        assert item.source.tag in model.getParameter(item.name).getNotesString()
    assert model.getNumRules() == len(network.quantities) + len(network.observables)


def lsoda(case: Case, days: Floats, dose: float) -> Floats:
    network, constants, initial, depot = case
    start = initial.copy()
    start[network.species_names.index(depot)] += dose
    f = changes(network)
    scale = np.array([s.absolute_tolerance for s in network.species])
    solution = solve_ivp(
        lambda _t, x: f(x, constants),
        (0.0, days[-1]),
        start,
        method="LSODA",
        t_eval=days,
        rtol=1e-10,
        atol=scale * 1e-4,
    )
    assert solution.success
    return solution.y.T


def elsewhere(case: Case, days: Floats, dose: float) -> Floats:
    """Solve with CVODE in libRoadRunner, from our SBML alone."""
    network, constants, initial, depot = case
    runner = roadrunner.RoadRunner(sbml_text(network, constants, initial))
    runner.integrator.relative_tolerance = 1e-10
    runner.integrator.absolute_tolerance = 1e-16
    runner.integrator.maximum_num_steps = 200_000
    runner[depot] = float(runner[depot]) + dose
    runner.timeCourseSelections = ["time", *network.species_names]
    rows = [
        np.asarray(runner.simulate(float(start), float(stop), 2))[-1, 1:]
        for start, stop in pairwise(days)
    ]
    return np.array(rows)


@lru_cache(maxsize=8)
def both(which: str, dose: float) -> tuple[Network, Floats, Floats]:
    case = common() if which == "common" else hbv(which)
    days = np.array([0.0, 1.0, 7.0, 28.0, 84.0])
    return case[0], elsewhere(case, days, dose), lsoda(case, days, dose)[1:]


@pytest.mark.parametrize("dose", [0.0, 180.0])
@pytest.mark.parametrize("which", ["common", "hbeag_positive", "hbeag_negative"])
def test_libroadrunner_agrees_to_one_in_ten_thousand(which: str, dose: float) -> None:
    network, theirs, ours = both(which, dose)
    floor = np.array([s.absolute_tolerance for s in network.species])
    error = np.abs(theirs - ours) / np.maximum(np.abs(ours), floor)
    worst = np.unravel_index(int(np.argmax(error)), error.shape)
    assert error.max() < 1e-4, network.species_names[worst[1]]


def test_a_dose_reaches_the_virus_in_the_other_simulator() -> None:
    network, untreated, _ = both("hbeag_positive", 0.0)
    _, treated, _ = both("hbeag_positive", 180.0)
    virions = network.species_names.index("virions")
    assert untreated[1, virions] == pytest.approx(1.0, abs=1e-6)
    assert np.log10(treated[1, virions]) < -0.7


def test_nucleosides_are_inputs_that_can_be_set() -> None:
    network, constants, initial, _ = hbv()
    runner = roadrunner.RoadRunner(sbml_text(network, constants, initial))
    runner["na_block_target"] = 1e9
    runner.timeCourseSelections = ["time", "hbv_dna"]
    course = np.asarray(runner.simulate(0, 84, 3))
    assert -7.0 < np.log10(course[-1, 1] / course[0, 1]) < -5.5


def test_symbolic_coefficients_become_reactions_of_their_own() -> None:
    network, constants, initial, _ = common()
    model = read(sbml_text(network, constants, initial)).getModel()
    part = model.getReaction("absorption_of_CEN")
    assert model.getReaction("absorption").getNumProducts() == 0
    assert part.getProduct(0).getSpecies() == "CEN"
    assert {part.getModifier(i).getSpecies() for i in range(part.getNumModifiers())} == {"DEP"}


def test_without_values_it_is_the_typical_model_with_gaps() -> None:
    model = read(sbml_text(build_system())).getModel()
    assert model.getParameter("isg_rate").getValue() == 1.0
    assert not model.getParameter("infection_rate").isSetValue()
    assert not model.getSpecies("infected_hepatocytes").isSetInitialAmount()


def test_units_are_declared_as_far_as_sbml_can() -> None:
    model = read(sbml_text(build_system())).getModel()
    assert model.getSpecies("depot_a").getSubstanceUnits() == "unit_ug"
    assert model.getSpecies("serum_alt").getSubstanceUnits() == "dimensionless"
    assert "SBML has no such unit" in model.getSpecies("serum_alt").getNotesString()
    concentration = sbml_units("ug/L")
    assert concentration.complete
    assert [(u.kind, u.exponent) for u in concentration.factors] == [("gram", 1), ("litre", -1)]
    assert concentration.factors[0].multiplier == pytest.approx(1e-6)
    assert concentration.factors[1].multiplier == pytest.approx(1.0)
    assert sbml_units("1/day").factors[0].multiplier == pytest.approx(86400.0)
    assert not sbml_units("IU/mL").complete


@pytest.mark.parametrize(
    "text", ["x*(1 + y)/2", "Max(0, x - y)", "Min(x, y, 1/3)", "x**(-3) - 2.5"]
)
def test_formulas_keep_their_value(text: str) -> None:
    x, y = sp.symbols("x y", real=True)
    expression = sp.sympify(text, locals={"x": x, "y": y})
    tree = libsbml.parseL3Formula(infix(expression))
    assert tree is not None
    back = sp.sympify(
        infix(expression).replace("^", "**"),
        locals={"x": x, "y": y, "piecewise": lambda a, c, b: sp.Piecewise((a, c), (b, True))},
    )
    for point in ({x: 0.3, y: 1.7}, {x: 2.0, y: 0.5}):
        assert float(back.subs(point)) == pytest.approx(float(expression.subs(point)))


def test_a_function_without_a_form_is_refused() -> None:
    with pytest.raises(ModelError, match="no SBML form for"):
        infix(sp.sin(sp.Symbol("x", real=True)))


def test_wrong_shapes_are_refused() -> None:
    network = common_network()
    with pytest.raises(ValueError, match="constants of one patient"):
        sbml_text(network, np.zeros((2, len(network.constant_names))))
    with pytest.raises(ValueError, match="initial values of one patient"):
        sbml_text(network, None, np.zeros(3))


def test_file_is_written_whole_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "model.xml"
    write_sbml(common_network(), path)
    write_sbml(common_network(), path)
    assert [item.name for item in tmp_path.iterdir()] == ["model.xml"]
    assert read(path.read_text(encoding="utf-8")).getModel().getId() == "common"


def test_missing_libsbml_names_the_extra(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    honest = builtins.__import__

    def without(name: str, *rest: Any, **options: Any) -> Any:
        if name == "libsbml":
            raise ImportError(name)
        return honest(name, *rest, **options)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(MissingExtraError, match=r"ifnfactory\[sbml\]"):
        write_sbml(common_network(), tmp_path / "model.xml")
    assert list(tmp_path.iterdir()) == []
