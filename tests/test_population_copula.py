"""Correlated scores and covariate effects: files that explain their mistakes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from ifnfactory.foundation.errors import ModelError
from ifnfactory.foundation.evidence import Source
from ifnfactory.population.correlations import (
    Correlation,
    correlate,
    draw_own_scores,
    load_correlations,
    make_copula,
)
from ifnfactory.population.covariates import load_effects

PRIOR = Source("a test", "prior")


def pair(one: str, other: str, rho: float) -> Correlation:
    return Correlation(one, other, rho, PRIOR)


def test_scores_have_the_declared_correlation() -> None:
    copula = make_copula([pair("a", "b", 0.55), pair("c", "b", -0.3)], ["a", "b", "c", "d"])
    scores = correlate(draw_own_scores(["a", "b", "c", "d"], 40_000, 7), copula)
    found = np.corrcoef([scores[name] for name in "abcd"])
    wanted = np.eye(4)
    wanted[0, 1] = wanted[1, 0] = 0.55
    wanted[1, 2] = wanted[2, 1] = -0.3
    np.testing.assert_allclose(found, wanted, atol=0.03)  # six standard errors
    np.testing.assert_allclose([scores[name].std() for name in "abcd"], 1.0, atol=0.025)


def test_the_first_scores_stay_when_more_are_drawn() -> None:
    few, many = draw_own_scores(["a"], 100, 7), draw_own_scores(["z", "a"], 5_000, 7)
    np.testing.assert_array_equal(few["a"], many["a"][:100])


def test_contradicting_correlations_are_a_model_error() -> None:
    pairs = [pair("a", "b", 0.9), pair("b", "c", 0.9), pair("a", "c", -0.9)]
    with pytest.raises(ModelError, match="contradict each other"):
        make_copula(pairs, ["a", "b", "c"])


def test_a_correlation_with_something_constant_is_a_model_error() -> None:
    with pytest.raises(ModelError, match="nothing_like_it"):
        make_copula([pair("a", "nothing_like_it", 0.2)], ["a", "b"])


def test_screened_markers_cannot_be_correlated() -> None:
    with pytest.raises(ModelError, match="both screened"):
        make_copula([pair("a", "b", 0.2)], ["a", "b"], independent=["a", "b"])


def test_every_shipped_correlation_and_effect_has_a_source() -> None:
    for item in (*load_correlations(), *load_effects()):
        assert item.source.text
        assert item.source.tag


def test_all_faults_of_a_correlation_file_are_told_at_once(tmp_path: Path) -> None:
    path = tmp_path / "pairs.toml"
    path.write_text(
        '[[pair]]\nbetween = ["a", "b"]\nrho = 1.5\nsource = "x"\ntag = "V"\n'
        '[[pair]]\nbetween = ["a", "c"]\nrho = 0.5\nsource = "x"\ntag = "W"\n'
        '[[pair]]\nbetween = ["a", "d"]\nsource = "x"\ntag = "V"\n',
        encoding="utf-8",
    )
    with pytest.raises(ModelError) as caught:
        load_correlations(path)
    assert str(caught.value).count("pairs.toml: pair") == 3


def test_an_unknown_covariate_is_a_model_error(tmp_path: Path) -> None:
    path = tmp_path / "effects.toml"
    path.write_text(
        '[[effect]]\nparameter = "a"\ncovariate = "shoe_size"\nsource = "x"\ntag = "V"\n',
        encoding="utf-8",
    )
    with pytest.raises(ModelError, match="shoe_size"):
        load_effects(path)
