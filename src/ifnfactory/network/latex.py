"""Paper symbols and expressions in LaTeX."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import sympy as sp

_GREEK: Final = {
    "α": "\\alpha ",
    "β": "\\beta ",
    "γ": "\\gamma ",
    "δ": "\\delta ",
    "ε": "\\varepsilon ",
    "η": "\\eta ",
    "θ": "\\theta ",
    "ι": "\\iota ",
    "κ": "\\kappa ",
    "λ": "\\lambda ",
    "μ": "\\mu ",
    "ξ": "\\xi ",
    "ρ": "\\rho ",
    "σ": "\\sigma ",
    "τ": "\\tau ",
    "φ": "\\varphi ",
    "ψ": "\\psi ",
    "Δ": "\\Delta ",
}


def latex_name(symbol: str) -> str:
    """Return LaTeX for a paper symbol such as ``"k_on"`` or ``"φ_B"``."""
    base, _, index = symbol.partition("_")
    text = _word(base)
    return f"{text}_{{{_word(index)}}}" if index else text


def _word(text: str) -> str:
    spelled = "".join(_GREEK.get(letter, letter) for letter in text).strip()
    plain = text.isascii() and text.isalnum() and len(text) > 1
    return f"\\mathrm{{{spelled}}}" if plain else spelled


def latex_of(expression: Any, names: Mapping[sp.Symbol, str]) -> str:
    """Return LaTeX for an expression, with `names` for its symbols."""
    return sp.latex(expression, symbol_names=dict(names), order="none", mul_symbol=" ")
