"""No process outlives the one that started it."""

from __future__ import annotations

import os
import threading
from multiprocessing import parent_process


def leave_with_parent() -> None:
    """Make this process end as soon as its parent is gone.

    A parent that was killed cannot tell its workers, and they would wait for it for ever.
    """
    threading.Thread(target=_leave, daemon=True).start()


def _leave() -> None:
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
