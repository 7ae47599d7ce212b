"""``ifn runs``: what to do with runs that are there."""

from __future__ import annotations

from ifnfactory.cli import query
from ifnfactory.cli.group import group

app = group("Runs that are there: ask them.")
app.command()(query.query)


@app.callback()
def runs() -> None:
    """Keep `query` a command of its own, also while it is the only one."""
