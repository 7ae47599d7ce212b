from __future__ import annotations

import numpy as np
import pytest

from ifnfactory.foundation.errors import ModelError, UserInputError
from ifnfactory.tissue.model_check import hop_rate
from ifnfactory.tissue.model_file import load_model, model_of
from ifnfactory.tissue.units import canonical_factor

GOOD = """
name = "mine"
title = "susceptible, infected, gone"

[lattice]
size = 32

[time]
cell_step_min = 10.0
field_step_min = 10.0

[rates]
spread = { value = 5.0, unit = "um2/s", source = "mine", tag = "prior" }
loss = { value = 1.0, unit = "1/h", source = "mine", tag = "prior" }
catch = { value = 0.1, unit = "1/h", source = "mine", tag = "prior" }

[quantities.phase]
phases = ["healthy", "ill", "gone"]

[fields.virus]
unit = "1"
diffusion = "spread"
decay = "loss"
secretion = "loss * (phase == ill)"

[[transitions]]
name = "infection"
quantity = "phase"
when = "phase == healthy"
rate = "catch * virus"
to = "ill"

[[transitions]]
name = "death"
quantity = "phase"
when = "phase == ill"
rate = "0.1 * loss"
to = "gone"

[seeding]
pattern = "centre"
sets = { phase = "ill" }

[measures]
ill = { when = "phase == ill" }
"""

STEPS = "cell_step_min = 10.0\nfield_step_min = 10.0"
MANY = "".join(f', "p{k}"' for k in range(300))
LEVEL = """
[quantities.dose]
kind = "level"
maximum = 3
[[transitions]]
name = "more"
quantity = "dose"
rate = "catch"
change = 1
[seeding]"""
TWICE = """
[quantities.amount]
kind = "amount"
[[relax]]
quantity = "amount"
rate = "catch"
target = "1"
[[relax]]
quantity = "amount"
rate = "catch"
target = "2"
[seeding]"""


def problems(text: str) -> list[str]:
    with pytest.raises(UserInputError) as caught:
        model_of(text, "mine.toml")
    return [str(problem) for problem in caught.value.problems]


def test_a_reader_adds_a_model_without_touching_the_kernel() -> None:
    model = model_of(GOOD, "mine.toml")
    assert model.name == "mine"
    assert hop_rate(model, "spread") == pytest.approx(5.0 * 60.0 * (2.0 / 3.0) / 625.0)
    assert model.constants == {"healthy": 0.0, "ill": 1.0, "gone": 2.0}
    assert model.with_rates(catch=0.5).rate_value("catch") == 0.5
    assert model.with_rates(catch=0.5).fingerprint == model.fingerprint


def test_everything_wrong_is_told_at_once_with_its_line() -> None:
    text = (
        GOOD.replace("value = 1.0", "value = -1.0")
        .replace('"catch * virus"', '"catsh * virus"')
        .replace('to = "gone"', 'to = "gonne"')
        .replace('unit = "um2/s"', 'unit = "um2/splash"')
    )
    told = problems(text)
    assert any("mine.toml:14" in line and "negative" in line for line in told)
    assert any("'gonne'" in line for line in told)
    assert any("no unit" in line for line in told)
    assert any("'catsh'" in line for line in told)
    assert len(told) == 4


@pytest.mark.parametrize(
    ("old", "new", "word"),
    [
        ('"catch * virus"', '"catch * viruss"', "virus"),
        ('"catch * virus"', '"catch * open(virus)"', "unknown function"),
        ('"catch * virus"', '"catch ** 0.5"', "exponent"),
        ('"catch * virus"', '"catch *"', "no arithmetic expression"),
        ('"catch * virus"', '"[catch]"', "cannot be used"),
        ('quantity = "phase"', 'quantity = "phaze"', "no quantity 'phaze'"),
        ("field_step_min = 10.0", "field_step_min = 7.0", "do not fit together"),
        ('unit = "1"\ndiffusion', 'solver = "explicit"\nunit = "1"\ndiffusion', "unstable"),
        ('decay = "loss"', 'decay = "loss"\nmood = "good"', "unknown key 'mood'"),
        ('"healthy", "ill", "gone"', '"healthy", "ill", "ill", "gone"', "the same name"),
        ("cell_step_min = 10.0", "cell_step_min = -1.0", "cell_step_min"),
        ("cell_step_min = 10.0", "cell_step_min = 1e-9", "too far apart"),
        (STEPS, STEPS.replace("10.0", "1e9"), "longer than the run"),
        (STEPS, f"{STEPS}\nhours = 1e300", "too many steps"),
        ("value = 5.0", "value = 1e300", "too large to compute with"),
        ("value = 5.0", "value = 1e20", "more than can be solved"),
        ("value = 5.0", "value = nan", "write a number"),
        ('unit = "um2/s"', 'unit = "um2/s**99999"', "no unit"),
        ('unit = "um2/s"', 'unit = "1/h"', "diffusion of virus does not fit its unit"),
        ("catch = {", "Catch = {", "'Catch' is no name"),
        ('"spread"', '"spread / 0"', "no number (inf)"),
        ('"spread"', '"-spread"', "diffusion of virus is negative"),
        ('decay = "loss"', 'decay = "-loss"', "decay of virus is negative"),
        ('decay = "loss"', 'decay = "loss"\nto_partner = "loss"', "into nothing but itself"),
        ('"loss * (phase == ill)"', '"-loss * (phase == ill)"', "negative in a cell at rest"),
        ('"catch * virus"', '"catch * virus / virus"', "no number in a cell at rest"),
        ('"catch * virus"', '"1e400 * catch"', "too large to compute with"),
        ('"catch * virus"', f'"{"9" * 400}"', "too large to compute with"),
        ('"catch * virus"', f'"catch{" + catch" * 900}"', "too long"),
        ('to = "gone"', "to = 7", "cannot become 7"),
        ('to = "gone"', "change = 1000", "cannot change by 1000"),
        ('when = "phase == ill"\nrate', 'when = "phase > 0"\nchange = 1\nrate', "either to or"),
        ('sets = { phase = "ill" }', 'sets = { phase = "77" }', "sets phase to 77"),
        ('sets = { phase = "ill" }', 'sets = { fase = "1" }', "no quantity 'fase'"),
        ('"gone"]', f'"gone"{MANY}]', "do not fit into 8 bits"),
        ('"gone"]', '"gone"]\ninitial = 7', "cannot start at 7"),
        ("ill = { when", "hour = { when", "another column"),
        ("size = 32", "size = 32\nblock = 3", "not a hexagon"),
        ("[lattice]", 'agents.nk = { density = "3", motility = "-1" }\n[lattice]', "is negative"),
        ("[lattice]", 'agents.nk = { density = "3" }\n[lattice]', "not sparse"),
        (
            "[lattice]",
            'agent_step_min = 7.0\nagents.nk = { density = "0.1" }\n[lattice]',
            "whole multiple of the step",
        ),
        ('title = "', 'title = "\\u001b[31m', "holds control characters"),
        ('"gone"]', '"gone", "\\u001b[31m"]', "holds control characters"),
        ("[seeding]", LEVEL, "dose would become 4"),
        ("[seeding]", TWICE, "amount has two equations"),
    ],
)
def test_each_guard_fires(old: str, new: str, word: str) -> None:
    assert old in GOOD
    told = problems(GOOD.replace(old, new))
    assert any(word in line for line in told), told


@pytest.mark.parametrize("name", ["hbv-liver", "plaque", "visavis"])
def test_every_number_of_a_built_in_model_has_unit_source_and_tag(name: str) -> None:
    model = load_model(name)
    assert all(rate.unit and rate.source.text and rate.description for rate in model.rates)
    assert np.all([np.isfinite(rate.canonical) for rate in model.rates])


def test_a_rate_that_is_not_there_cannot_be_changed() -> None:
    with pytest.raises(ModelError, match="no rate colour"):
        load_model("plaque").with_rates(colour=1.0)


@pytest.mark.parametrize(
    ("unit", "factor"), [("1/day", 1 / 1440), ("um2/s", 60.0), ("mm", 1000.0), ("uM/h", 1 / 60)]
)
def test_rates_become_minutes_and_micrometres(unit: str, factor: float) -> None:
    assert canonical_factor(unit) == pytest.approx(factor)
