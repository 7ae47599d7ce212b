"""What all groups of commands have in common."""

from __future__ import annotations

from typing import Final

import typer

NOTICE: Final = "For research, not for patient care."


def group(help_text: str) -> typer.Typer:
    """Return an empty group of commands.

    Help is plain text, because it then appears three times faster than in frames and colours.
    Errors that we did not foresee keep Python's own traceback.
    """
    return typer.Typer(
        help=help_text,
        no_args_is_help=True,
        add_completion=False,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
    )
