"""The modelling language: what it refuses, and how well it says so."""

from pathlib import Path

import numpy as np
import pytest
import sympy as sp

from ifnfactory.foundation.errors import ModelError
from ifnfactory.foundation.evidence import Source
from ifnfactory.foundation.units import parse_unit
from ifnfactory.network.compose import compose
from ifnfactory.network.evaluate import changes, number_function, observables, turnovers
from ifnfactory.network.model import Network, Spread
from ifnfactory.network.module import Module, positive_part
from ifnfactory.network.table import load_table
from ifnfactory.network.units_check import UnitError, unit_of

SOURCE = Source("made up for a test", "prior")


def module(name: str = "drug") -> Module:
    return Module(name, name.title())


def rate(m: Module, name: str = "k", unit: str = "1/day", value: float = 0.5) -> sp.Symbol:
    return m.constant(name, symbol=name, unit=unit, value=value, source=SOURCE, description="")


def one_drug() -> Module:
    m = module()
    k = rate(m)
    depot = m.species("depot", symbol="A_d", unit="ug", initial=10.0)
    central = m.species("central", symbol="A_c", unit="ug", initial=0.0)
    m.reaction("absorption", k * depot, takes=depot, gives=central)
    m.conserves("drug", (depot, central))
    return m


def faults(*modules: Module) -> list[str]:
    with pytest.raises(ModelError) as caught:
        compose("test", modules)
    return str(caught.value).splitlines()


def test_equations_follow_from_reactions() -> None:
    network = compose("test", [one_drug()])
    k, depot = sp.symbols("k depot", real=True)
    assert network.equations["depot"] == -k * depot
    assert network.equations["central"] == k * depot


def test_wrong_unit_names_reaction_both_units_and_line() -> None:
    m = module()
    k = rate(m, unit="1/hour")
    depot = m.species("depot", symbol="A", unit="ug")
    m.reaction("elimination", k * depot, takes=depot)
    (fault,) = faults(m)
    line = _line_of("elimination")
    assert f"test_network_language.py:{line}:" in fault
    assert "reaction 'elimination' of species 'depot'" in fault
    assert "ug/h" in fault.replace("µ", "u")
    assert "ug/d" in fault.replace("µ", "u")


def _line_of(name: str) -> int:
    text = Path(__file__).read_text(encoding="utf-8").splitlines()
    return next(i for i, line in enumerate(text, 1) if f'm.reaction("{name}", k * depot, t' in line)


def test_adding_apples_to_pears_is_a_fault() -> None:
    m = module()
    depot = m.species("depot", symbol="A", unit="ug")
    volume = rate(m, "volume", "L")
    m.quantity("nonsense", depot + volume, unit="ug")
    (fault,) = faults(m)
    assert "quantity 'nonsense'" in fault
    assert "stand in one sum" in fault


def test_observables_and_quantities_are_checked_too() -> None:
    m = one_drug()
    depot = sp.Symbol("depot", real=True)
    m.observable("amount", depot, unit="L", description="")
    m.quantity("half", depot / 2, unit="1")
    found = faults(m)
    assert any("observable 'amount'" in fault for fault in found)
    assert any("quantity 'half'" in fault for fault in found)


def test_an_unknown_unit_is_a_fault_with_its_line() -> None:
    m = module()
    rate(m, unit="furlongs/moon")
    assert any("'furlongs/moon' is not a unit" in fault for fault in faults(m))


def test_zero_fits_every_unit_and_one_does_not() -> None:
    m = module()
    depot = m.species("depot", symbol="A", unit="ug")
    m.quantity("present", positive_part(depot), unit="ug")
    compose("test", [m])
    m.quantity("wrong", sp.Max(1, depot), unit="ug")
    assert "quantity 'wrong'" in faults(m)[0]


def test_powers_keep_units_and_refuse_unit_exponents() -> None:
    units = {"a": parse_unit("ug"), "b": parse_unit("1")}
    a, b = sp.symbols("a b", real=True)
    assert unit_of(a**2 / a, units) == parse_unit("ug")
    assert unit_of(b**b, units) == parse_unit("1")
    with pytest.raises(UnitError):
        unit_of(a**b, units)
    with pytest.raises(UnitError):
        unit_of(b**a, units)


def test_broken_conservation_names_reaction_and_law() -> None:
    m = one_drug()
    k, depot = sp.symbols("k depot", real=True)
    m.reaction("leak", k * depot, takes=depot)
    (fault,) = faults(m)
    assert "'leak' changes 'drug' by -1" in fault


def test_a_law_may_be_open_to_named_reactions_only() -> None:
    m = module()
    k = rate(m)
    depot = m.species("depot", symbol="A", unit="ug")
    m.reaction("elimination", k * depot, takes=depot)
    m.conserves("drug", (depot,), open_to=("elimination",))
    compose("test", [m])
    m.conserves("other", (depot,), open_to=("elimination", "exit"))
    assert "open to unknown reaction 'exit'" in faults(m)[0]


def test_symbolic_coefficients_are_balanced() -> None:
    m = module()
    k, share = rate(m), rate(m, "share", "1")
    x, y, z = (m.species(name, symbol=name) for name in ("x", "y", "z"))
    m.reaction("split", k * x, takes=x, gives={y: share, z: 1 - share})
    m.conserves("mass", (x, y, z))
    compose("test", [m])


def other_with_port(unit: str) -> Module:
    m = module("liver")
    k, central = rate(m, "k_g"), m.uses("central", unit)
    response = m.species("response", symbol="G", unit="ug")
    m.reaction("stimulation", k * central, gives=response)
    return m


def test_ports_are_joined_by_name_and_unit() -> None:
    network = compose("test", [other_with_port("ug"), one_drug()])
    assert network.species_names == ("response", "depot", "central")
    assert any(
        "uses 'central' in L, but it is declared in ug" in fault
        for fault in faults(other_with_port("L"), one_drug())
    )


def test_an_open_port_is_a_fault() -> None:
    (fault,) = faults(other_with_port("ug"))
    assert "module 'liver' uses 'central', which no module declares" in fault


def test_strays_are_faults() -> None:
    m = module()
    m.species("depot", symbol="A")
    m.quantity("stray", sp.Symbol("elsewhere", real=True) * 2)
    (fault,) = faults(m)
    assert "names 'elsewhere', which its module neither declares nor uses" in fault


def test_reactions_change_species_only() -> None:
    m = module()
    k = rate(m)
    m.reaction("odd", k, gives=k)
    assert any("changes 'k', which is no species" in fault for fault in faults(m))


def test_doubled_names_are_faults() -> None:
    found = faults(one_drug(), one_drug())
    assert any("'depot' is declared twice" in fault for fault in found)
    assert any("reaction 'absorption' is declared twice" in fault for fault in found)


def test_circular_quantities_are_faults() -> None:
    m = module()
    a, b = sp.symbols("a b", real=True)
    m.quantity("a", b + 1)
    m.quantity("b", a + 1)
    assert [fault.split("quantity ")[1] for fault in faults(m)] == [
        "'a' depends on itself",
        "'b' depends on itself",
    ]


def test_quantities_stand_after_what_they_are_made_of() -> None:
    m = module()
    x = m.species("x", symbol="x")
    second = sp.Symbol("second", real=True)
    m.quantity("first", second + 1)
    m.quantity("second", x + 1)
    network = compose("test", [m])
    assert [q.name for q in network.quantities] == ["second", "first"]


TABLE = """
[k]
value = 0.5
by = { hbeag_negative = 0.7 }
unit = "1/day"
spread = "lognormal"
sd = 0.3
source = "made up"
tag = "prior"
description = "a rate"
"""


def table_file(folder: Path, text: str) -> Path:
    path = folder / "drug.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_table_gives_value_strata_spread_and_source(tmp_path: Path) -> None:
    m = Module("drug", "Drug", load_table(table_file(tmp_path, TABLE)))
    m.parameter("k")
    (parameter,) = m.parameter_list
    assert parameter.typical() == 0.5
    assert parameter.typical("hbeag_negative") == 0.7
    assert parameter.spread == Spread("lognormal", 0.3)
    assert str(parameter.source) == "made up [prior]"
    with pytest.raises(ModelError, match="no parameter is called 'missing'"):
        m.parameter("missing")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('unit = "1/day"\n', "", "unit"),
        ('source = "made up"\n', "", "source"),
        ('source = "made up"', 'source = " "', "a source needs a text"),
        ('tag = "prior"', 'tag = "sure"', "evidence tag 'sure'"),
        ("sd = 0.3", "sigma = 0.3", "unknown keys sigma"),
        ('"lognormal"', '"weird"', "spread 'weird' is none of"),
        ("value = 0.5\n", "", "value"),
    ],
)
def test_a_faulty_table_is_refused(tmp_path: Path, old: str, new: str, said: str) -> None:
    with pytest.raises(ModelError) as caught:
        load_table(table_file(tmp_path, TABLE.replace(old, new)))
    assert "drug.toml: [k]" in str(caught.value)
    assert said in str(caught.value)


def test_all_faults_of_a_table_are_listed(tmp_path: Path) -> None:
    second = TABLE.replace("[k]", "[q]").replace("sd = 0.3", "sigma = 0.3")
    first = TABLE.replace('unit = "1/day"\n', "")
    with pytest.raises(ModelError) as caught:
        load_table(table_file(tmp_path, first + second))
    assert len(str(caught.value).splitlines()) == 2


def test_a_module_without_a_table_has_no_parameters() -> None:
    with pytest.raises(ModelError, match="has no parameter table"):
        module().parameter("k")


def test_a_derived_parameter_has_no_typical_value() -> None:
    m = module()
    m.derived("beta", symbol="β", unit="1/day", description="")
    with pytest.raises(ValueError, match="derived for each patient"):
        m.parameter_list[0].typical()


def with_value(value: float) -> Network:
    m = module()
    k = rate(m, value=value)
    x = m.species("x", symbol="x")
    m.reaction("loss", k * x, takes=x)
    return compose("test", [m])


def test_fingerprint_is_of_equations_and_parameter_set_of_numbers_too() -> None:
    one, two = with_value(0.5), with_value(0.6)
    assert one.fingerprint == two.fingerprint
    assert one.parameter_set != two.parameter_set
    assert one.parameter_set == with_value(0.5).parameter_set


def test_relaxation_declares_a_gain_and_a_loss() -> None:
    m = module()
    k = rate(m)
    x = m.species("x", symbol="x")
    m.relaxation(x, k, 1 + k / k)
    network = compose("test", [m])
    assert [r.name for r in network.reactions] == ["x_gain", "x_loss"]
    assert sp.expand(network.equations["x"] - k * (2 - x)) == 0


def test_numbers_of_a_network_for_one_patient_and_for_many() -> None:
    m = one_drug()
    k, depot = sp.symbols("k depot", real=True)
    m.quantity("flow", k * depot, unit="ug/day")
    m.observable("outflow", sp.Symbol("flow", real=True), unit="ug/day")
    network = compose("test", [m])
    states, constants = np.array([10.0, 1.0]), np.array([0.5])
    assert changes(network)(states, constants) == pytest.approx([-5.0, 5.0])
    assert turnovers(network)(states, constants) == pytest.approx([5.0, 5.0])
    many = np.array([[10.0, 4.0, 0.0], [1.0, 1.0, 1.0]]), np.full((1, 3), 0.5)
    assert observables(network)(*many) == pytest.approx(np.array([[5.0, 2.0, 0.0]]))
    part = number_function(network, [positive_part(depot - 4), sp.Min(depot, 4)])
    assert part(*many) == pytest.approx(np.array([[6.0, 0.0, 0.0], [4.0, 4.0, 0.0]]))
