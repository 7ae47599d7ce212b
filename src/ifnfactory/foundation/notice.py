"""The sentence that goes with everything that could be read as advice."""

from __future__ import annotations

from typing import Final

NOT_FOR_CARE: Final = "For research and education, not for deciding a patient's care."
