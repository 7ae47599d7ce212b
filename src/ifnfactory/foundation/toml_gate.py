"""The gate for a user's TOML file: read it, parse it, and say at which line each fault stands."""

from __future__ import annotations

import io
import re
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from ifnfactory.foundation.errors import Problem, UserInputError
from ifnfactory.foundation.lines import TomlLines
from ifnfactory.foundation.schema_faults import Fault

_MOST_BYTES: Final = 2_000_000
"""A hundred times the largest file that makes sense; what is larger is a slip of the path."""
_SYNTAX_LINE: Final = re.compile(r"\s*\(at line (\d+), column \d+\)")


def read_text(path: Path, hint: str) -> str:
    """Return the text of the file.

    Parameters
    ----------
    hint
        What else to try where there is no such file.

    Raises
    ------
    UserInputError
        If the file is missing, unreadable or not text.
    """
    try:
        with path.open("rb") as file:
            data = file.read(_MOST_BYTES + 1)
        if len(data) <= _MOST_BYTES:
            return io.TextIOWrapper(io.BytesIO(data), encoding="utf-8-sig").read()
        told = f"the file is larger than {_MOST_BYTES // 10**6} MB"
        fix = "check the path: no file of this kind is that large"
    except FileNotFoundError:
        told, fix = "there is no such file", f"check the path, or {hint}"
    except UnicodeDecodeError:
        told, fix = "the file is not text in UTF-8", "save it as UTF-8"
    except OSError as error:
        told = f"the file cannot be read ({error.strerror or error})"
        fix = "check that it is a file and may be read"
    raise UserInputError([Problem(told, str(path), fix)])


def parse_toml(text: str, file: str) -> dict[str, Any]:
    """Return the document, or raise a `UserInputError` that names the line of the slip."""
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise UserInputError([_syntax(str(error), text, file)]) from error
    except RecursionError:
        told, fix = "brackets are nested too deeply", "no file of this kind needs that"
        raise UserInputError([Problem(told, file, fix)]) from None


def located(faults: Sequence[Fault], text: str, file: str) -> list[Problem]:
    """Return the faults as problems with file and line, in the order of the file."""
    lines = TomlLines(text)
    placed = sorted(((lines.line(fault.path), fault) for fault in faults), key=lambda pair: pair[0])
    problems = [Problem(fault.what, f"{file}:{line}", fault.fix) for line, fault in placed]
    return list(dict.fromkeys(problems))


def _syntax(message: str, text: str, file: str) -> Problem:
    found = _SYNTAX_LINE.search(message)
    line = int(found.group(1)) if found else max(len(text.splitlines()), 1)
    told = _SYNTAX_LINE.sub("", message).removesuffix(" (at end of document)")
    return Problem(f"this is not TOML: {told}", f"{file}:{line}", "see https://toml.io")
