"""Ablations: one mechanism taken out of the frozen population, and what that breaks."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ifnfactory.evidence.kept_trials import kept_rows
from ifnfactory.evidence.qualification import Qualification, Row, by_class, share_inside
from ifnfactory.evidence.robustness import Ablated
from ifnfactory.foundation.errors import ModelError
from ifnfactory.foundation.keep import Forgetful, Keep
from ifnfactory.foundation.progress import Progress
from ifnfactory.population.release import changed
from ifnfactory.trial.protocol import Protocol
from ifnfactory.trial.run import Simulator

FILE: Final = Path(__file__).with_name("data") / "ablations.toml"
HEADLINES: Final = (
    (
        "HBeAg seroconversion on peginterferon, week 72 (%)",
        "LAU2005.peg_mono.hbeag_seroconversion.w72",
    ),
    ("HBV DNA on peginterferon, week 48 (log10)", "LAU2005.peg_mono.mean_log10_dna_change.w48"),
    (
        "HBV DNA < 20,000 copies/mL after peginterferon, HBeAg-, week 72 (%)",
        "MARCELLIN2004.peg_mono.hbv_dna_lt_20000cp.w72",
    ),
    (
        "HBsAg on peginterferon, HBeAg-, week 48 (log10)",
        "BRUNETTO2009.peg_mono.mean_log10_hbsag_change.w48",
    ),
    (
        "HBsAg loss after peginterferon, HBeAg-, week 72 (%)",
        "MARCELLIN2004.peg_mono.hbsag_loss.w72",
    ),
    ("HBsAg loss after peginterferon, HBeAg+, week 78 (%)", "JANSSEN2005.peg_mono.hbsag_loss.w78"),
    (
        "HBsAg loss after stopping an analogue, 4 years (%)",
        "RETRACTB.stop.hbsag_loss_cumulative.w208",
    ),
)
"""What the report shows of every ablation, in a reader's words."""
_KEYS: Final = {"name", "title", "meaning", "numbers"}


@dataclass(frozen=True)
class Ablation:
    """A mechanism to take out.

    Attributes
    ----------
    numbers
        Path and value of the numbers that take it out.
    """

    name: str
    title: str
    meaning: str
    numbers: Mapping[str, float]


def load_ablations(path: Path = FILE) -> tuple[Ablation, ...]:
    """Read the ablations.

    Raises
    ------
    ModelError
        If an entry is incomplete or strange.
    """
    found: list[Ablation] = []
    for place, body in enumerate(tomllib.loads(path.read_text(encoding="utf-8"))["ablation"], 1):
        if set(body) != _KEYS or not body["numbers"]:
            keys = ", ".join(sorted(_KEYS))
            raise ModelError(f"{path.name}: entry {place} needs exactly {keys}")
        numbers = {str(name): float(value) for name, value in body["numbers"].items()}
        found.append(Ablation(body["name"], body["title"], body["meaning"], numbers))
    return tuple(found)


def ablate(
    simulator: Simulator,
    whole: Qualification,
    progress: Progress,
    ablations: Sequence[Ablation] | None = None,
    protocols: Sequence[Protocol] = (),
    keep: Keep | None = None,
) -> tuple[Ablated, ...]:
    """Qualify the simulator's population without each mechanism, as `whole` was with all."""
    kept, size = keep or Forgetful(), (whole.patients, whole.seed)
    with_all = {row.target_id: row for row in whole.rows}
    chosen = load_ablations() if ablations is None else tuple(ablations)
    progress.begin("ablations", len(chosen))
    found: list[Ablated] = []
    for each in chosen:
        without = changed(simulator.population, each.numbers)
        rows = kept_rows(kept, f"without/{each.name}.json", simulator, without, *size, protocols)
        pairs = [(with_all[r.target_id], r) for r in rows if r.target_id in with_all]
        found.append(
            Ablated(
                each.name,
                each.title,
                each.meaning,
                share_inside(rows) or 0.0,
                by_class(rows),
                broken=tuple(r.target_id for w, r in pairs if w.inside and not r.inside),
                mended=tuple(r.target_id for w, r in pairs if r.inside and not w.inside),
                lost=_headline(pairs),
            )
        )
        progress.advance()
    progress.end()
    return tuple(found)


def _headline(pairs: Sequence[tuple[Row, Row]]) -> tuple[tuple[str, float, float], ...]:
    """Return the endpoints that a reader knows, with the mechanism and without it."""
    by_target = {w.target_id: (w.simulated, r.simulated) for w, r in pairs}
    return tuple((words, *by_target[target]) for words, target in HEADLINES if target in by_target)
