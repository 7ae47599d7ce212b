"""Where the program starts: Ctrl-C is one line and exit code 130 from the first moment on."""

from __future__ import annotations

import sys


def main() -> None:
    """Read the commands and run one."""
    try:
        from ifnfactory.cli.app import main as run

        run()
    except KeyboardInterrupt:  # while the commands were read
        sys.exit(_nothing_begun())
    except SystemExit as end:
        from ifnfactory.cli import faults

        if end.code == faults.EXIT_INTERRUPTED and not faults.told:
            _nothing_begun()  # while the options were read
        raise


def _nothing_begun() -> int:
    print("interrupted: nothing was begun", file=sys.stderr)
    return 130
