"""The model check: it passes, and it is able to fail."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import sympy as sp

from ifnfactory.biology import check
from ifnfactory.biology.check import CheckRow, check_system, loop_gain
from ifnfactory.biology.system import build_system
from ifnfactory.biology.typical import typical_patient
from ifnfactory.foundation.errors import ModelError
from ifnfactory.foundation.evidence import Source
from ifnfactory.network.model import Network, Reaction


def failed(rows: tuple[CheckRow, ...]) -> list[str]:
    return [row.name for row in rows if not row.passed]


def test_the_system_passes_every_check() -> None:
    rows = check_system()
    assert failed(rows) == []
    assert len(rows) >= 10


def with_reaction(name: str, change: Callable[[Reaction], Reaction]) -> Network:
    network = build_system()
    reactions = tuple(change(r) if r.name == name else r for r in network.reactions)
    return replace(network, reactions=reactions)


def test_a_wrong_unit_is_found_and_named() -> None:
    virions = sp.Symbol("hbv_dna_baseline", real=True)
    rows = check_system(with_reaction("cure", lambda r: replace(r, rate=r.rate * virions)))
    assert "units of every right-hand side" in failed(rows)
    detail = rows[0].detail
    assert "cure" in detail
    assert "hepatocytes.py:" in detail


def test_lost_hepatocytes_are_found() -> None:
    lossy = with_reaction("cure", lambda r: replace(r, stoichiometry=r.stoichiometry[:1]))
    assert "conservation of hepatocyte mass" in failed(check_system(lossy))


def test_an_untreated_state_that_moves_is_found() -> None:
    rows = check_system(with_reaction("silencing", lambda r: replace(r, rate=r.rate + extra())))
    assert any("untreated state" in name for name in failed(rows))


def extra() -> sp.Expr:
    """A small loss of active cccDNA [1/day] that the closed form does not know."""
    return sp.Symbol("activation_rate", real=True) / 1000


def test_a_species_without_an_equation_is_found() -> None:
    network = build_system()
    kept = tuple(r for r in network.reactions if "fibrosis_pressure" not in r.name)
    assert "every species has an equation" in failed(check_system(replace(network, reactions=kept)))


def test_a_parameter_without_a_source_is_found() -> None:
    network = build_system()
    first, *rest = network.parameters
    bare = replace(first, source=Source("unknown", "prior"))
    rows = check_system(replace(network, parameters=(bare, *rest)))
    assert failed(rows) == ["every parameter is sourced"]


def test_a_self_sustaining_interferon_loop_is_found() -> None:
    network = build_system()
    hot = tuple(
        replace(p, value=60.0) if p.name == "priming_gain" else p for p in network.parameters
    )
    names = failed(check_system(replace(network, parameters=hot)))
    assert any("loop gain" in name or "stable" in name for name in names)


def test_loop_gain_grows_with_priming_and_is_below_one() -> None:
    network = build_system()
    state = typical_patient(network, "hbeag_positive")
    x, k = state.initial[0], state.constants[0]
    usual = loop_gain(network, x, k)
    primed = k.copy()
    primed[network.constant_names.index("priming_gain")] *= 5
    assert 0.0 < usual < 0.5
    assert loop_gain(network, x, primed) > 2 * usual


def test_a_system_that_does_not_compose_is_one_failed_row(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> Network:
        raise ModelError("virus.py:1: reaction 'x' has unit IU where 1 is needed")

    monkeypatch.setattr(check, "build_system", broken)
    rows = check_system()
    assert failed(rows) == ["declarations"]
    assert "virus.py:1" in rows[0].detail


def test_typical_patients_differ_between_strata() -> None:
    network = build_system()
    one, two = (typical_patient(network, s).constants for s in ("hbeag_positive", "hbeag_negative"))
    assert not np.allclose(one, two)
