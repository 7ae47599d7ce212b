"""Replicated trials as a page and as a run folder."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import numpy as np

from ifnfactory.design.operating import Characteristics, Rate
from ifnfactory.design.replicate import SHUFFLES, Replication
from ifnfactory.design.statistic import patients_at
from ifnfactory.foundation.provenance import code_fingerprint, platform_record, versions
from ifnfactory.foundation.table import ColumnTable
from ifnfactory.report.decades.document import (
    Document,
    DocumentSection,
    DocumentTable,
    render_document,
)
from ifnfactory.report.replication_figures import WITH, WITHOUT, boundary_figure, effect_figure
from ifnfactory.report.words import MISSING, endpoint_title, number
from ifnfactory.runs.layout import REPORT_NAME
from ifnfactory.runs.manifest import Manifest


def replication_contents(
    found: Replication, started: str, command: str
) -> tuple[Manifest, list[tuple[str, ColumnTable]], list[tuple[str, str]]]:
    """Return manifest, tables and documents of the run folder of replicated trials."""
    question = found.question
    arms = (question.treatment.name, question.control.name)
    manifest = Manifest(
        protocol=question.protocol.name,
        protocol_source=question.protocol.source_text,
        seed=found.seed,
        patients=tuple(zip(arms, question.sizes, strict=True)),
        package_version=found.version,
        parameter_set=found.parameter_set,
        command=command,
        started=started,
        wall_s=found.wall_s,
        status_counts=(("not_integrated", found.failed),),
        kind="replication",
        ended=datetime.now(UTC).isoformat(timespec="seconds"),
        code=code_fingerprint("design"),
    )
    documents = [
        ("replication.json", json.dumps(found.to_json(), indent=1, allow_nan=False) + "\n"),
        (REPORT_NAME, render_document(compose_replication(found, command, started))),
    ]
    return manifest, [("replicates.parquet", replicates_table(found))], documents


def replicates_table(found: Replication) -> ColumnTable:
    """Return one row a replicate and look."""
    replicates, looks = found.tested.z.shape
    seen = [
        sum(patients_at(size, float(share)) for size in found.question.sizes)
        for share in found.plan.information
    ]
    return ColumnTable(
        (
            "replicate",
            "look",
            "information",
            "patients",
            "critical",
            "z",
            "effect",
            "z_no_effect",
            "effect_no_effect",
        ),
        ("", "", "", "", "", "", found.question.unit, "", found.question.unit),
        (
            np.repeat(np.arange(replicates), looks),
            np.tile(np.arange(1, looks + 1), replicates),
            np.tile(found.plan.information, replicates),
            np.tile(np.array(seen), replicates),
            np.tile(found.plan.critical, replicates),
            found.tested.z.reshape(-1),
            found.tested.effect.reshape(-1),
            found.no_effect.z.reshape(-1),
            found.no_effect.effect.reshape(-1),
        ),
    )


def compose_replication(found: Replication, command: str, started: str) -> Document:
    """Return the report's content."""
    question = found.question
    arms = f"{question.treatment.label} against {question.control.label}"
    key = ((WITH, "as the model has it"), (WITHOUT, "without effect"))
    mean, quantiles = found.effect
    spread = ", ".join(number(q, "") for q in quantiles)
    sections = [
        DocumentSection(
            "The effect that trials find",
            f"Mean {number(mean, '')} {question.unit}; 2.5, 25, 50, 75 and 97.5 % of the trials "
            f"lie below {spread}.",
            key,
            (effect_figure(found),),
        ),
        DocumentSection(
            "The boundary and the way to it",
            "Above the upper line the treatment is called better, below the lower one worse. Thin: "
            "trials one by one; thick and dashed: their median, 5 and 95 %.",
            (),
            (boundary_figure(found),),
            (_looks_table(found),),
        ),
        DocumentSection("How the plan behaves", "", tables=(_behaviour_table(found),)),
    ]
    if len(found.members) > 1:
        sections.append(_members_section(found))
    if found.rules:
        sections.append(_rules_section(found))
    return Document(
        eyebrow="ifnfactory · replicated trials",
        title=f"{question.protocol.title}: {found.replicates} times",
        subtitle=f"{arms}, {question.sizes[0]} and {question.sizes[1]} patients · "
        f"{endpoint_title(question.endpoint.name)}, week {question.week:g}",
        facts=(
            ("power", percent(found.plan_behaviour.rejected)),
            ("type-I error", percent(found.type_1_error)),
            ("assurance", percent(found.assurance)),
            ("patients expected", f"{found.plan_behaviour.expected_patients:.0f}"),
            ("of at most", str(sum(question.sizes))),
        ),
        sections=tuple(sections),
        methods=_methods(found, command, started),
        files=(("The protocol", question.protocol.source_text),),
    )


def percent(rate: Rate) -> str:
    """Return a rate with its Monte Carlo interval."""
    return f"{rate.value:.1f} % ({rate.low:.1f} to {rate.high:.1f})"


def _looks_table(found: Replication) -> DocumentTable:
    plan = found.plan
    rows: list[tuple[str, ...]] = []
    for k, look in enumerate(found.plan_behaviour.looks):
        seen = sum(patients_at(size, float(plan.information[k])) for size in found.question.sizes)
        null = found.null_behaviour.looks[k]
        futility = plan.futility[k]
        rows.append(
            (
                f"{k + 1}",
                f"{seen}",
                f"±{plan.critical[k]:.3f}",
                f"{futility:.2f}" if np.isfinite(futility) else MISSING,
                f"{look.better:.1f}",
                f"{look.worse:.1f}",
                f"{look.futile:.1f}",
                f"{null.better + null.worse:.1f}",
            )
        )
    head = ("Look", "patients", "critical", "futility", "better %", "worse %", "given up %")
    return DocumentTable((*head, "without effect, claimed %"), tuple(rows))


def _behaviour_table(found: Replication) -> DocumentTable:
    def line(title: str, read: str) -> tuple[str, ...]:
        both = (found.plan_behaviour, found.null_behaviour)
        return (title, *(percent(getattr(each, read)) for each in both))

    def patients(each: Characteristics) -> str:
        return f"{each.expected_patients:.1f}"

    return DocumentTable(
        ("", "as the model has it", "without effect"),
        (
            line("Any difference claimed", "rejected"),
            line("Treatment called better", "better"),
            line("Treatment called worse", "worse"),
            line("Given up at an interim look", "futile"),
            ("Patients", patients(found.plan_behaviour), patients(found.null_behaviour)),
        ),
    )


def _members_section(found: Replication) -> DocumentSection:
    rows = tuple(
        (f"{index + 1}", f"{m.weight:.3f}", f"{m.replicates}", f"{m.power:.1f}", f"{m.effect:.2f}")
        for index, m in enumerate(found.members)
    )
    return DocumentSection(
        "Parameter vectors",
        "Assurance is the power of as many trials again, spread over the population's ensemble "
        "by weight.",
        tables=(DocumentTable(("Vector", "weight", "trials", "power %", "effect"), rows),),
    )


def _rules_section(found: Replication) -> DocumentSection:
    shown = [rule for rule in found.rules if rule.fired]
    rows = tuple(
        (
            f"{rule.document}: {rule.criterion}",
            "any" if rule.week is None else f"{rule.week:g}",
            rule.says,
            f"{100.0 * rule.fired / rule.patients:.1f} %",
        )
        for rule in shown
    )
    silent = len(found.rules) - len(shown)
    return DocumentSection(
        "Published stopping rules",
        "Patients of the treatment arm at whom a rule would fire; nobody is stopped by it here. "
        f"{silent} further rules never fired.",
        tables=(DocumentTable(("Rule", "week", "says", "fires in"), rows),),
    )


def _methods(found: Replication, command: str, started: str) -> tuple[tuple[str, str], ...]:
    machine = platform_record()
    proportion = found.question.endpoint.kind == "proportion"
    test = "pooled two-sample z (its square is chi-squared)" if proportion else "Welch's t"
    return (
        (
            "Sampling",
            "Every replicate treats other virtual patients, and so do its two arms: no patient is "
            "used twice. In the trials without effect both arms are given the control's regimen.",
        ),
        (
            "Type-I error",
            f"Each trial without effect is allocated anew {SHUFFLES} times; the interval is over "
            "trials. Futility does not bind: nobody stops for it here.",
        ),
        (
            "Test",
            f"{test}, two-sided at {found.plan.alpha:g}; boundary {found.plan.name}. A look sees "
            "the outcomes of the first patients of each arm.",
        ),
        ("Intervals", "95 % Monte Carlo intervals of the number of replicates."),
        (
            "Assurance",
            "; ".join(found.notes) or "power of as many trials again, spread over the ensemble",
        ),
        ("Not integrated", f"{found.failed} patients, left out"),
        ("Command", command),
        ("Started (UTC)", started),
        ("Wall time", f"{found.wall_s:.1f} s"),
        ("Seed", str(found.seed)),
        ("Parameter set", found.parameter_set),
        ("Versions", ", ".join(f"{name} {text}" for name, text in versions().items())),
        ("Machine", f"{machine['cpu']}, {machine['cores']} cores, {machine['system']}"),
    )
