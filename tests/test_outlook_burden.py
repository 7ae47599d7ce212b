"""A country under policies."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from ifnfactory.foundation.errors import UserInputError
from ifnfactory.outlook.burden import SERIES, Burden, follow_country
from ifnfactory.outlook.country import load_country
from ifnfactory.outlook.policy import Ramp, load_policies, reached_month

COUNTRY = """
title = "A country"
location = "China"
period = "2025-2030"
infected = 1_000_000
start_year = 2025
end_year = 2050
age = { mean = 45, sd = 14, low = 1, high = 95 }
male = 0.58
diagnosed = 0.22
treated_of_eligible = 0.15
compensated = 0.03

[phases]
positive_infection = 0.06
positive_hepatitis = 0.08
negative_infection = 0.7
negative_hepatitis = 0.16
"""


def country(folder: Path, text: str = COUNTRY) -> Path:
    path = folder / "COUNTRY.toml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def burden(tmp_path_factory: pytest.TempPathFactory) -> Burden:
    path = country(tmp_path_factory.mktemp("country"))
    return follow_country(load_country(path), load_policies(None), 20_000, 1, draws=3)


def test_the_infected_are_all_there_and_only_grow_fewer(burden: Burden) -> None:
    infected = burden.series[:, SERIES.index("infected")]
    assert infected[:, 0] == pytest.approx(1e6)
    assert (infected[:, -1] < infected[:, 0]).all()


def test_targets_avoid_deaths_and_treatment_rises_to_them(burden: Burden) -> None:
    names = [policy.name for policy in burden.policies]
    assert names == ["status_quo", "who_2030", "peg_cure"]
    assert burden.deaths_avoided[0].value == 0
    assert burden.deaths_avoided[1].value > 0
    treated = burden.series[:, SERIES.index("treated")]
    assert (treated[1, 6:] > 2 * treated[0, 6:]).all()
    cured = burden.series[:, SERIES.index("cured")]
    assert cured[2, -1] > cured[1, -1]


def test_published_estimates_stay_apart(burden: Burden) -> None:
    who, gbd = burden.scenarios
    assert (who.estimate.name, gbd.estimate.name) == ("WHO", "GBD")
    assert who.estimate.deaths == pytest.approx(1e6 * 1.1 / 254)
    assert gbd.estimate.deaths == pytest.approx(1e6 * 0.555 / 316)
    for each in burden.scenarios:
        shares = np.array([total.value for total in each.total]) / each.total[0].value
        modelled = [e.value / burden.total_deaths[0].value for e in burden.total_deaths]
        assert shares == pytest.approx(modelled)
        for total in each.total:
            assert total.low is not None
            assert total.high is not None
            assert 0.5 * total.value < total.low < total.high < 2.0 * total.value


def test_a_ramp_reaches_its_share_in_its_year() -> None:
    quantile = np.linspace(0, 1, 1_001)[:-1]
    month = reached_month(quantile, 0.2, Ramp(0.8, 2030), 2025)
    assert (month == 0).mean() == pytest.approx(0.2, abs=0.01)
    assert ((month >= 0) & (month <= 30)).mean() == pytest.approx(0.5, abs=0.01)
    assert ((month >= 0) & (month <= 60)).mean() == pytest.approx(0.8, abs=0.01)
    assert (reached_month(quantile, 0.2, Ramp(0.1, 2030), 2025) >= 0).mean() == pytest.approx(0.2)


def test_all_mistakes_of_a_country_are_told_at_once(tmp_path: Path) -> None:
    text = COUNTRY.replace('"China"', '"Chima"').replace("0.7\n", "0.9\n")
    text += "\n[rates]\ndeath_hcc = 3\n"
    with pytest.raises(UserInputError) as caught:
        load_country(country(tmp_path, text))
    told = str(caught.value)
    for part in ("unknown location 'Chima'", "beyond one", "the phases sum to 1.2"):
        assert part in told


def test_a_policy_file_joins_the_status_quo(tmp_path: Path) -> None:
    path = tmp_path / "policy.toml"
    path.write_text('name = "mine"\nlabel = "Mine"\n[treated]\nshare = 0.5\nby = 2040\n')
    assert [policy.name for policy in load_policies(path)] == ["status_quo", "mine"]
    path.write_text('name = "status_quo"\nlabel = "Mine"\n')
    with pytest.raises(UserInputError, match="two policies are called"):
        load_policies(path)


def test_the_command_writes_a_report_and_refuses_bad_files(tmp_path: Path) -> None:
    ifn = str(Path(sys.executable).with_name("ifn"))
    arguments = ["burden", "run", str(country(tmp_path)), "--people", "2000", "--draws", "2"]
    arguments += ["--json", "--out", str(tmp_path / "out")]
    done = subprocess.run([ifn, *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    content = json.loads(done.stdout)
    assert len(content["policies"]) == 3
    assert len(content["policies"][0]["years"]) == 25
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert "never averaged" in page
    bad = country(tmp_path, "title = 3\nlocation = 'Mars'\n")
    done = subprocess.run(
        [ifn, "burden", "run", str(bad), "--people", "0"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    for part in ("unknown location 'Mars'", "'infected' is missing", "--people 0"):
        assert part in done.stderr
