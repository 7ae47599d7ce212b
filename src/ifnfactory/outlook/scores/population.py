"""Whether a score holds for a patient, and what that rests on."""

from __future__ import annotations

from ifnfactory.outlook.scores.catalogue import Score
from ifnfactory.outlook.scores.inputs import Findings


def misfits(score: Score, findings: Findings) -> tuple[tuple[str, str], ...]:
    """Return why the patient is outside the population: (input, reason), nothing if inside.

    Only what is known counts: what nobody said is listed by `assumptions`.
    """
    population = score.population
    found: list[tuple[str, str]] = []
    age = findings.age
    if age is not None:
        low, high = population.min_age, population.max_age
        if low is not None and age < low:
            found.append(("age", f"holds from the age of {low:g}, not at {age:g}"))
        if high is not None and age > high:
            found.append(("age", f"holds up to the age of {high:g}, not at {age:g}"))
    for name, told, allowed in (
        ("treatment", findings.treatment, population.treatment),
        ("ancestry", findings.ancestry, population.ancestry),
    ):
        if told is not None and allowed is not None and told not in allowed:
            wanted = " or ".join(allowed)
            found.append((name, f"holds for {name} {wanted}, not {told}"))
    for name, told, wanted in (
        ("cirrhosis", findings.cirrhosis, population.cirrhosis),
        ("hbeag", findings.hbeag_positive, population.hbeag_positive),
    ):
        if told is not None and wanted is not None and told != wanted:
            found.append((name, f"does not hold for patients {_with(name, told)}"))
    return tuple(found)


def assumptions(score: Score, findings: Findings) -> tuple[str, ...]:
    """Return the conditions of the population that nobody said anything about."""
    population = score.population
    told: list[str] = []
    if findings.age is None and population.min_age is not None:
        told.append(f"an age from {population.min_age:g}")
    if findings.treatment is None and population.treatment is not None:
        told.append(f"treatment: {' or '.join(population.treatment)}")
    if findings.ancestry is None and population.ancestry is not None:
        told.append(f"ancestry: {' or '.join(population.ancestry)}")
    if findings.cirrhosis is None and population.cirrhosis is not None:
        told.append(f"patients {_with('cirrhosis', population.cirrhosis)}")
    if findings.hbeag_positive is None and population.hbeag_positive is not None:
        told.append(f"patients {_with('hbeag', population.hbeag_positive)}")
    return tuple(told)


def _with(name: str, present: bool) -> str:
    label = {"cirrhosis": "cirrhosis", "hbeag": "HBeAg"}[name]
    return f"{'with' if present else 'without'} {label}"
