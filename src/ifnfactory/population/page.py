"""The tables of the page that says how a virtual patient is drawn."""

from __future__ import annotations

from collections.abc import Iterator

from ifnfactory.population.baseline import GENOTYPES
from ifnfactory.population.correlations import load_correlations
from ifnfactory.population.covariates import Effect
from ifnfactory.population.markers import MARKERS, STRATA
from ifnfactory.population.released import shipped_population


def population_tables() -> str:
    """Return covariate effects, correlations and marker numbers as Markdown, with sources."""
    return "\n".join([*_effects(), "", *_correlations(), "", *_markers(), ""])


def _effects() -> Iterator[str]:
    yield "### Covariate effects"
    yield ""
    yield "| parameter | covariate | effect on the parameter's own scale | stratum | source | tag |"
    yield "|---|---|---|---|---|---|"
    for effect in shipped_population().declared.effects:
        stratum = "both" if effect.stratum is None else STRATA[effect.stratum]
        yield (
            f"| `{effect.parameter}` | {effect.covariate} | {_size(effect)} | {stratum} | "
            f"{effect.source.text} | {effect.source.tag} |"
        )


def _size(effect: Effect) -> str:
    if effect.levels is not None:
        return ", ".join(
            f"{name} {value:+g}" for name, value in zip(GENOTYPES, effect.levels, strict=True)
        )
    negative, positive = effect.centre
    centre = f"{negative:g}" if negative == positive else f"{negative:g} / {positive:g}"
    return f"{effect.slope:+g} per unit above {centre}"


def _correlations() -> Iterator[str]:
    yield "### Correlations between normal scores"
    yield ""
    yield "| one | other | correlation | source | tag |"
    yield "|---|---|---|---|---|"
    for pair in load_correlations():
        yield (
            f"| `{pair.one}` | `{pair.other}` | {pair.rho:+g} | "
            f"{pair.source.text} | {pair.source.tag} |"
        )


def _markers() -> Iterator[str]:
    yield "### Numbers about markers"
    yield ""
    yield "| name | meaning | value | by stratum | spread | source | tag |"
    yield "|---|---|---|---|---|---|---|"
    for entry in MARKERS:
        strata = ", ".join(f"{name} {value:g}" for name, value in entry.by) or "–"
        yield (
            f"| `{entry.name}` | {entry.description} | {entry.value:g} | {strata} | "
            f"{entry.spread} | {entry.source.text} | {entry.source.tag} |"
        )
