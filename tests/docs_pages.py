"""Reads the documentation: pages, fenced blocks with the comment before them, tables, links."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
PAGES = (
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    ROOT / "CHANGELOG.md",
    *sorted(DOCS.glob("*.md")),
)

_FENCE = re.compile(
    r"(?:^<!-- (?P<mark>[^\n]*) -->\n)?^```(?P<kind>\w*)[^\n]*\n(?P<text>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)


@dataclass(frozen=True)
class Block:
    """A fenced block, and the words of the comment on the line before it."""

    mark: str
    kind: str
    text: str


@dataclass(frozen=True)
class Ran:
    """A block that was run."""

    block: Block
    code: int
    said: str


def blocks(page: Path) -> list[Block]:
    return [
        Block(m["mark"] or "", m["kind"], m["text"])
        for m in _FENCE.finditer(page.read_text(encoding="utf-8"))
    ]


def runnable(page: Path) -> list[Block]:
    return [block for block in blocks(page) if block.mark.startswith("runs")]


def run(block: Block, folder: Path) -> Ran:
    """Run a block as a reader would: beside the repository's docs, with the program on the path."""
    if not (folder / "docs").exists():
        (folder / "docs").symlink_to(DOCS)
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    command = {
        "sh": ["bash", "-euo", "pipefail", "-c", block.text],
        "python": [sys.executable, "-W", "error", "-c", block.text],
    }[block.kind]
    done = subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, "PATH": path},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return Ran(block, done.returncode, done.stdout)


def marked(page: Path, mark: str) -> list[str]:
    """Return the lines between a comment and the next empty line: a table, a list, a fence."""
    lines = page.read_text(encoding="utf-8").splitlines()
    start = lines.index(f"<!-- {mark} -->") + 1
    return lines[start : next((i for i in range(start, len(lines)) if not lines[i]), len(lines))]


def cells(row: str) -> list[str]:
    return [cell.strip() for cell in row.strip().strip("|").split("|")]


def words(text: str) -> list[str]:
    """Return everything in backticks."""
    return re.findall(r"`([^`\n]+)`", text)


def outside_fences(text: str) -> str:
    return re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)


def links(page: Path) -> list[str]:
    """Return the targets of relative links and pictures."""
    text = outside_fences(page.read_text(encoding="utf-8"))
    targets = re.findall(r"\]\(([^()\s]+)\)", text)
    return [target for target in targets if not re.match(r"[a-z]+:", target)]


def anchors(page: Path) -> set[str]:
    """Return the anchors of a page's headings, as GitHub makes them."""
    text = outside_fences(page.read_text(encoding="utf-8"))
    headings = re.findall(r"^#+ (.+)$", text, flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", h.lower()).replace(" ", "-") for h in headings}
