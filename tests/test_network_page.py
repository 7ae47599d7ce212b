"""The generated pages: complete, readable, and as current as the code."""

from pathlib import Path

import pytest

from ifnfactory.bench.common_problem import common_network
from ifnfactory.biology.system import build_system
from ifnfactory.network.latex import latex_name
from ifnfactory.network.page import render_glossary, render_page
from ifnfactory.population.pages import pages, write_pages

DOCS = Path(__file__).resolve().parents[1] / "docs"


@pytest.mark.parametrize(("name", "text"), pages())
def test_committed_page_is_current(name: str, text: str) -> None:
    committed = (DOCS / name).read_text(encoding="utf-8")
    assert committed == text, "run: python -m ifnfactory.population.pages docs"


def test_pages_are_written(tmp_path: Path) -> None:
    write_pages(tmp_path)
    assert sorted(item.name for item in tmp_path.iterdir()) == ["glossary.md", "model.md"]


def test_page_has_every_equation_number_law_and_observable() -> None:
    network = build_system()
    page = render_page(network)
    assert page.count("\n$$") == len(network.species) + len(network.quantities)
    for item in (*network.species, *network.parameters, *network.inputs, *network.observables):
        assert f"| `{item.name}` |" in page or f"| `{item.name}` | " in page, item.name
    for parameter in network.parameters:
        assert parameter.source.text.replace("|", "\\|") in page
    for law in network.conservations:
        assert f"Conservation of {law.name}" in page


def test_equations_read_like_a_paper() -> None:
    page = render_page(build_system())
    assert r"\frac{d B}{dt} = k_{B} \left(G - B\right)" in page
    assert r"\frac{d P}{dt} = k_{P} \left(G - P\right)" in page
    assert r"\Delta G = \max\left(0, G - G_{0}\right)" in page


def test_strata_and_spreads_are_printed() -> None:
    page = render_page(build_system())
    (row,) = (line for line in page.splitlines() if "| `total_kill_rate` |" in line)
    assert "0.001282 (hbeag negative 0.01182)" in row
    assert "lognormal SD 1.1" in row
    assert row.rstrip(" |").endswith("| S")


def test_glossary_leads_from_every_symbol_to_one_name() -> None:
    network = build_system()
    text = render_glossary(network)
    items = (*network.species, *network.parameters, *network.inputs, *network.quantities)
    symbols = [item.symbol for item in items]
    assert len(set(symbols)) == len(symbols)
    for item in items:
        assert f"| ${latex_name(item.symbol)}$ | `{item.name}` | {item.unit} |" in text


@pytest.mark.parametrize(
    ("symbol", "latex"),
    [
        ("k_on", r"k_{\mathrm{on}}"),
        ("φ_B", r"\varphi_{B}"),
        ("ΔG", r"\Delta G"),
        ("NK", r"\mathrm{NK}"),
        ("s_ρ", r"s_{\rho}"),
    ],
)
def test_paper_symbols_become_latex(symbol: str, latex: str) -> None:
    assert latex_name(symbol) == latex


def test_any_network_has_a_page() -> None:
    page = render_page(common_network())
    assert "## Common comparison problem" in page
    assert page.count("\n$$") == 9 + 3
