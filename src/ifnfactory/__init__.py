"""Virtual peginterferon trials in chronic hepatitis B: for research, not for patient care.

The few names that a notebook needs; everything else is imported from the file that owns it.

    from ifnfactory import load_protocol, run_trial
    result = run_trial(load_protocol("lau2005"), patients=500, seed=1)
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ifnfactory.biology.system import build_system
    from ifnfactory.foundation.errors import IfnError, UserInputError
    from ifnfactory.pharmacology.drug import load_drug
    from ifnfactory.report.save import save_trial
    from ifnfactory.trial.protocol import list_protocols, load_protocol
    from ifnfactory.trial.run import run_trial

__version__ = "0.1.0"

__all__ = [
    "IfnError",
    "UserInputError",
    "build_system",
    "list_protocols",
    "load_drug",
    "load_protocol",
    "run_trial",
    "save_trial",
]

_OWNERS = {
    "IfnError": "foundation.errors",
    "UserInputError": "foundation.errors",
    "build_system": "biology.system",
    "list_protocols": "trial.protocol",
    "load_drug": "pharmacology.drug",
    "load_protocol": "trial.protocol",
    "run_trial": "trial.run",
    "save_trial": "report.save",
}


def __getattr__(name: str) -> Any:
    """Fetch a name from its owner at its first use, so that ``import ifnfactory`` costs nothing."""
    if name not in _OWNERS:
        raise AttributeError(f"module 'ifnfactory' has no attribute {name!r}")
    return getattr(import_module(f"ifnfactory.{_OWNERS[name]}"), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
