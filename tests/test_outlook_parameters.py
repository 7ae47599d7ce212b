"""Every hazard: an interval, a source, and draws that stay inside."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from ifnfactory.outlook.page import parameter_tables, with_block
from ifnfactory.outlook.parameters import Parameter, central, drawn, parameters
from ifnfactory.outlook.rate_sums import WAYS_OUT, rate_faults

DOCS = Path(__file__).resolve().parents[1] / "docs" / "outlook.md"


@pytest.mark.parametrize("parameter", parameters(), ids=lambda p: p.name)
def test_value_and_use_lie_in_the_published_interval(parameter: Parameter) -> None:
    p = parameter
    if p.low is not None and p.high is not None:
        assert p.low <= p.value <= p.high
        assert p.low <= p.used <= p.high
        ends = [p.at(quantile) for quantile in (1e-9, 0.25, 0.5, 0.75, 1 - 1e-9)]
        assert ends == sorted(ends)
        assert p.at(0.5) == pytest.approx(p.used)  # the central run is the median of the draws
        assert p.low <= ends[0]
        assert ends[-1] <= p.high
    else:
        assert p.used == p.value


def test_names_are_unique_and_draws_are_repeatable() -> None:
    names = central().names
    assert len(set(names)) == len(names)
    assert np.array_equal(drawn(3, 5).numbers, drawn(3, 5).numbers)
    assert not np.array_equal(drawn(3, 5).numbers, drawn(3, 6).numbers)


def test_the_documentation_carries_the_current_tables() -> None:
    page = DOCS.read_text(encoding="utf-8")
    assert parameter_tables().strip() in page
    assert with_block(page, "parameters", parameter_tables()) == page


def test_the_documentation_lists_every_parameter() -> None:
    listed = set(re.findall(r"`([a-z_0-9]+)`", DOCS.read_text(encoding="utf-8")))
    assert set(central().names) <= listed


def test_shipped_rates_out_of_a_state_sum_below_one() -> None:
    values = central()
    for names in WAYS_OUT.values():
        assert sum(values[name] for name in names) <= 1.0


def test_rates_that_sum_beyond_one_are_refused() -> None:
    faults = rate_faults({"death_hcc": 1.2, "decompensation": 0.9, "decompensatoin": 0.1})
    told = [fault.what for fault in faults]
    assert any("hepatocellular carcinoma sum to" in text for text in told)
    assert any("compensated cirrhosis sum to" in text for text in told)
    assert any("unknown parameter" in text for text in told)
