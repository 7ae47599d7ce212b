"""Terminals that know fewer characters than we print are given others, never an error."""

from __future__ import annotations

import codecs
import sys
import unicodedata
from collections.abc import Iterable
from io import TextIOWrapper
from typing import Final

_NAME: Final = "ifnfactory_plain"
_PLAIN: Final = str.maketrans(
    {
        "✓": "yes",
        "✗": "no",
        "–": "-",
        "—": "--",
        "−": "-",
        "×": "x",
        "…": "~",
        "≥": ">=",
        "≤": "<=",
        "±": "+-",
        "→": "->",
        "µ": "u",
        "μ": "u",
        "·": ".",
    }
)


def adapt(streams: Iterable[object] = ()) -> None:
    """Make the standard streams, or others, replace what their encoding cannot express."""
    codecs.register_error(_NAME, _replace)
    for stream in streams or (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors=_NAME)


def _replace(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return plain(error.object[error.start : error.end]), error.end


def plain(text: str) -> str:
    """Return the text in ASCII: known signs in words, letters without accents, else ``?``."""
    bare = unicodedata.normalize("NFKD", text.translate(_PLAIN))
    kept = "".join(letter for letter in bare if not unicodedata.combining(letter))
    return kept.encode("ascii", errors="replace").decode("ascii")
