"""The whole system, one patient at a time: what drugs do, and that the exhaustion switch is one."""

from collections.abc import Mapping

import numpy as np
import pytest
import sympy as sp
from solo import Solo

from ifnfactory.biology.steady_state import untreated_state
from ifnfactory.biology.system import build_system, chapters
from ifnfactory.biology.typical import STRATA, Stratum, typical_baseline, typical_patient

PEGINTERFERON = {
    "absorption_rate_a": 0.333,
    "elimination_rate_a": 2.1 / 9.5,
    "volume_a": 9.5,
    "ec50_a": 5.166,
    "marrow_ec50_a": 8.0,
}
"""Peginterferon alfa-2a, typical patient: models.md 3.1 and the feasibility study."""


def patient(stratum: Stratum, **changed: float) -> Solo:
    network = build_system()
    constants = typical_patient(network, stratum).constants
    values: Mapping[str, float] = PEGINTERFERON | changed
    for name, value in values.items():
        constants[:, network.constant_names.index(name)] = value
    state = untreated_state(network, constants, typical_baseline(stratum))
    return Solo(
        network,
        dict(zip(network.constant_names, map(float, state.constants[0]), strict=True)),
        dict(zip(network.species_names, map(float, state.initial[0]), strict=True)),
    )


def peginterferon(person: Solo, weeks: int, dose: float = 180.0) -> list[dict[str, float]]:
    """Give weekly doses; return log10 changes of virions and HBsAg at the end of every week."""
    seen: list[dict[str, float]] = []
    for _ in range(weeks):
        person.add("depot_a", dose)
        course = person.run([0.0, 7.0], rtol=1e-6)
        seen.append({name: float(course[name][-1]) for name in ("virions", "surface_antigen")})
    return seen


def test_every_port_is_joined_and_names_are_the_published_ones() -> None:
    network = build_system()
    assert len(network.species) == 48
    assert [m.name for m in chapters()] == [name for name, _ in network.titles]
    assert [item.name for item in network.inputs] == [
        "na_block_target",
        "lamivudine_block_target",
        "lamivudine_on",
        "targeted_dosing_1",
        "targeted_dosing_2",
        "targeted_dosing_3",
    ]


def test_rates_are_rational_functions_so_that_kernels_vectorise() -> None:
    network = build_system()
    sides = [*network.equations.values(), *(q.expression for q in network.quantities)]
    for side in sides:
        for part in sp.preorder_traversal(side):
            assert not isinstance(part, sp.Function), part
            assert not isinstance(part, sp.Pow) or part.exp.is_Integer, part


@pytest.mark.parametrize("stratum", STRATA)
def test_one_week_of_peginterferon_lowers_dna_by_one_log(stratum: Stratum) -> None:
    """1.14 log10 (Colombatto 2006), 82.6 % (Sypsa 2005): models.md."""
    (week,) = peginterferon(patient(stratum), 1)
    assert np.log10(week["virions"]) == pytest.approx(-1.05, abs=0.25)


@pytest.mark.parametrize("stratum", STRATA)
def test_twelve_weeks_of_entecavir_lower_dna_by_six_logs(stratum: Stratum) -> None:
    """-6.23 log10 in HBeAg-positive patients: Hepatology, doi 10.1002/hep.22658."""
    course = patient(stratum, na_block_target=1e9).run([0, 84])
    assert np.log10(course["virions"][-1]) == pytest.approx(-6.23, abs=0.6)


@pytest.mark.parametrize("stratum", STRATA)
def test_dna_rebounds_and_hbsag_holds_after_peginterferon(stratum: Stratum) -> None:
    person = patient(stratum)
    end = peginterferon(person, 48)[-1]
    later = person.run([0, 168])
    assert later["virions"][-1] > 30 * end["virions"]
    assert later["virions"][-1] < 1.0
    assert later["surface_antigen"][-1] < 10**0.15 * end["surface_antigen"]


def test_doubling_the_dose_does_little() -> None:
    """The interferon response is near its plateau at 180 µg weekly."""
    one, two = (peginterferon(patient("hbeag_positive"), 4, dose)[-1] for dose in (180.0, 360.0))
    assert 0.5 < two["virions"] / one["virions"] < 1.0


def test_the_same_patient_has_two_stable_states() -> None:
    """Exhausted and controlled: parameters alike, history different."""
    parameters = {"immune_margin": 0.1, "seroconversion_hazard": 0.0, "release_hazard": 0.0}
    chronic = patient("hbeag_positive", **parameters).run([0, 3650], rtol=1e-8)
    awake = patient("hbeag_positive", **parameters)
    awake.add("effectors", 100.0)
    awake.add("exhaustion", -awake.x[awake.network.species_names.index("exhaustion")])
    controlled = awake.run([0, 3650], rtol=1e-8)
    assert chronic["virions"][-1] == pytest.approx(1.0, abs=1e-3)
    assert controlled["virions"][-1] < 1e-6
    assert controlled["exhaustion"][-1] < 1.0


def test_peginterferon_leaves_control_in_a_patient_with_a_large_margin_alone() -> None:
    """Control without therapy: below a thousandth and falling; silent cells keep it from zero."""
    large, typical = patient("hbeag_positive", immune_margin=0.3), patient("hbeag_positive")
    peginterferon(large, 48)
    peginterferon(typical, 48)
    virions = large.run([0, 84, 168, 336])["virions"]
    assert virions[2] < 1e-3
    assert virions[1] > virions[2] > virions[3]
    assert typical.run([0, 168])["virions"][-1] > 0.01


def test_a_flare_feeds_the_interferon_factory() -> None:
    person = patient("hbeag_negative", release_threshold=1e-6, release_hazard=1e-4)
    course = person.run(np.linspace(0, 365, 366))
    peak = int(np.argmax(course["alt"]))
    assert course["alt"][peak] > 200.0
    assert course["interferon_amplification"].max() > 3.0
    assert course["virions"][-1] < 1e-6
    assert course["surface_antigen"][-1] < 0.05


def test_no_state_goes_negative_on_both_drugs() -> None:
    person = patient("hbeag_negative", na_block_target=1e9, immune_margin=0.3)
    for _ in range(48):
        person.add("depot_a", 180.0)
        course = person.run(np.linspace(0, 7, 8), rtol=1e-7)
        floor = -10 * np.array([s.absolute_tolerance for s in person.network.species])
        assert np.all(course.states >= floor[:, None])
        person.x = np.maximum(person.x, 0.0)
