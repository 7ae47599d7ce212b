"""Where a key stands in a TOML file: the standard reader forgets the lines, a user needs them."""

from __future__ import annotations

import re
from typing import Final

Path = tuple[str | int, ...]

_HEADER: Final = re.compile(r"^\s*(\[\[?)\s*([^\]]+?)\s*\]\]?\s*(?:#.*)?$")
_KEY: Final = re.compile(
    r"""^\s*((?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*')(?:\s*\.\s*(?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*'))*)\s*="""
)
_PART: Final = re.compile(r"""[A-Za-z0-9_-]+|"[^"]*"|'[^']*'""")


class TomlLines:
    """Line numbers of the tables and keys of a TOML text that has already been read without error.

    Tables of arrays count from 0, as in the parsed document: ``("arm", 1, "course", 0, "dose")``.
    Values inside an inline table or a list have the line of their key.
    """

    def __init__(self, text: str) -> None:
        self._lines: dict[Path, int] = {}
        self._last: dict[Path, int] = {}  # index of the newest element of each array of tables
        table: Path = ()
        value = _OpenValue()
        for number, line in enumerate(text.split("\n"), start=1):
            if value.open:
                value.read(line)
            elif header := _HEADER.match(line):
                table = self._enter(header.group(2), header.group(1) == "[[")
                self._note(table, number)
            elif key := _KEY.match(line):
                self._note((*table, *_parts(key.group(1))), number)
                value.read(line[key.end() :])

    def line(self, path: Path) -> int:
        """Return the line of `path`, or of the nearest table around it; 1 for the whole file."""
        while path and path not in self._lines:
            path = path[:-1]
        return self._lines.get(path, 1)

    def _note(self, path: Path, number: int) -> None:
        for length in range(1, len(path) + 1):
            self._lines.setdefault(path[:length], number)

    def _enter(self, dotted: str, is_array: bool) -> Path:
        path: Path = ()
        parts = _parts(dotted)
        for position, part in enumerate(parts):
            path = (*path, part)
            if is_array and position == len(parts) - 1:
                self._last[path] = self._last.get(path, -1) + 1
            if path in self._last:
                path = (*path, self._last[path])
        return path


class _OpenValue:
    """Whether the value of a key goes on in the next line."""

    def __init__(self) -> None:
        self._depth = 0
        self._quote = ""  # closing mark of the multi-line string that is open

    @property
    def open(self) -> bool:
        return self._depth > 0 or self._quote != ""

    def read(self, text: str) -> None:
        position = 0
        while position < len(text):
            if self._quote:
                end = _closing(text, position, self._quote)
                if end < 0:
                    return
                position, self._quote = end, ""
                continue
            character = text[position]
            if character == "#":
                return
            if text.startswith(('"""', "'''"), position):
                self._quote = text[position : position + 3]
                position += 3
                continue
            if character in "\"'":
                end = _closing(text, position + 1, character)
                position = len(text) if end < 0 else end
                continue
            self._depth += (character in "[{") - (character in "]}")
            position += 1


def _closing(text: str, start: int, quote: str) -> int:
    """Return the position after the closing `quote`, or -1; basic strings know escapes."""
    position = start
    while position < len(text):
        if text[position] == "\\" and quote[0] == '"':
            position += 2
        elif text.startswith(quote, position):
            return position + len(quote)
        else:
            position += 1
    return -1


def _parts(dotted: str) -> tuple[str, ...]:
    return tuple(part.strip("\"'") for part in _PART.findall(dotted))
