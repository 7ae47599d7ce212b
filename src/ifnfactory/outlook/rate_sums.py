"""Whether the yearly rates out of a state can be meant: they must not sum beyond one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from ifnfactory.foundation.schema_faults import Fault
from ifnfactory.outlook.parameters import Values, central, parameters, unknown_fix

WAYS_OUT: Final[Mapping[str, tuple[str, ...]]] = {
    "HBeAg-positive infection": (
        "activation",
        "cirrhosis_positive_infection",
        "hcc_positive_infection",
        "hbsag_loss_positive",
    ),
    "HBeAg-positive hepatitis": (
        "hbeag_loss",
        "hbsag_loss_positive",
        "cirrhosis_positive_hepatitis",
        "hcc_positive_hepatitis",
    ),
    "HBeAg-negative infection": (
        "reactivation",
        "hbsag_loss_negative",
        "cirrhosis_negative_infection",
        "hcc_negative_infection",
    ),
    "HBeAg-negative hepatitis": (
        "remission",
        "hbsag_loss_negative",
        "cirrhosis_negative_hepatitis",
        "hcc_negative_hepatitis",
    ),
    "functional cure": ("cirrhosis_cured", "hcc_cured"),
    "compensated cirrhosis": (
        "decompensation",
        "hcc_compensated",
        "death_compensated",
        "regression",
    ),
    "decompensated cirrhosis": (
        "hcc_decompensated",
        "death_decompensated",
        "transplant_decompensated",
    ),
    "hepatocellular carcinoma": ("death_hcc", "transplant_hcc"),
    "transplant": ("death_transplant_first",),
}
"""Parameters that are yearly rates out of a state."""


def rate_faults(rates: Mapping[str, float], key: str = "rates") -> list[Fault]:
    """Return what is wrong with the parameters that a user set.

    Parameters
    ----------
    rates
        Parameter name to value.
    key
        Name of the table in the user's file.
    """
    known = {parameter.name: parameter for parameter in parameters()}
    faults = [
        Fault((key, name), f"unknown parameter {name!r}", unknown_fix(name))
        for name in rates
        if name not in known
    ]
    values = central().with_changes({n: v for n, v in rates.items() if n in known})
    faults += [
        Fault((key, name), f"{name} = {rates[name]:g} is no share", "write a number from 0 to 1")
        for name in rates
        if name.endswith("_share") and rates[name] > 1
    ]
    return faults + _sums(values, rates, key)


def _sums(values: Values, rates: Mapping[str, float], key: str) -> list[Fault]:
    faults: list[Fault] = []
    for state, names in WAYS_OUT.items():
        own = [name for name in names if name in rates]
        total = sum(values[name] for name in names)
        if own and total > 1.0:
            told = " + ".join(f"{name} {values[name]:g}" for name in names)
            what = f"the rates out of {state} sum to {total:.3g} a year, beyond one: {told}"
            faults.append(Fault((key, own[0]), what, "lower one of them"))
    return faults
