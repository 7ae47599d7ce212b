"""Fit the hazards of the outlook model inside their published intervals, and hold studies out.

Run as ``python benchmarks/outlook_calibrate.py --write``: with ``--write`` the values go
to ``src/ifnfactory/outlook/hazards/``. Writes ``benchmarks/results/outlook_calibration.json``.
"""

from __future__ import annotations

import argparse
import json
import re
import time
from pathlib import Path

import numpy as np

import ifnfactory.outlook
from ifnfactory.foundation.provenance import versions
from ifnfactory.foundation.streams import stream
from ifnfactory.outlook.calibrate import (
    END,
    at_place,
    fit,
    free_parameters,
    held_out,
    loss,
    places_used,
    study_of,
)
from ifnfactory.outlook.validate import targets

RESULT = Path(__file__).with_name("results") / "outlook_calibration.json"
HAZARDS = Path(ifnfactory.outlook.__file__).with_name("hazards")


def write(values: dict[str, float]) -> None:
    """Put the values in force into the files of the hazards."""
    for path in HAZARDS.glob("*.toml"):
        blocks = re.split(r"(?m)^(?=\[)", path.read_text(encoding="utf-8"))
        for i, block in enumerate(blocks):
            name = re.match(r"\[([a-z_0-9]+)\]", block)
            if name is None or name[1] not in values:
                continue
            bare = re.sub(r"(?m)^used = .*\n", "", block)
            used = f"used = {values[name[1]]:.3g}\n"
            blocks[i] = re.sub(r"(?m)^(unit = )", used + r"\1", bare, count=1)
        path.write_text("".join(blocks), encoding="utf-8")


def told(text: str) -> None:
    """Say what a round did."""
    print(text, flush=True)


def begins(starts: int) -> list[np.ndarray]:
    """Return the values in force, and places drawn around the published ones."""
    used = places_used()
    drawn = [
        np.clip(stream(k, "outlook", "fit").standard_normal(used.size), -END, END)
        for k in range(1, starts)
    ]
    return [used, *drawn]


def main() -> None:
    """Fit, hold out, write."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--people", type=int, default=15_000)
    parser.add_argument("--starts", type=int, default=1)
    parser.add_argument("--write", action="store_true")
    asked = parser.parse_args()
    began = time.process_time()
    fits = [fit(begin, asked.rounds, asked.people, 1, told) for begin in begins(asked.starts)]
    found = min(fits, key=lambda each: loss(each.place, each.modelled))
    values = {
        p.name: at_place(p, float(z)) for p, z in zip(free_parameters(), found.place, strict=True)
    }
    kept_out = held_out(found, asked.people // 3, 1)
    by_id = {target.target_id: target for target in targets()}
    rows = [
        {
            "target_id": name,
            "study": study_of(by_id[name]),
            "low": by_id[name].low,
            "high": by_id[name].high,
            "modelled": round(value, 4),
            "inside": by_id[name].low <= value <= by_id[name].high,
        }
        for name, value in kept_out.items()
    ]
    result = {
        "what": "hazards fitted inside their intervals; calibration targets held out by study",
        "rounds": asked.rounds,
        "people": asked.people,
        "cpu_s": round(time.process_time() - began, 1),
        "loss": round(loss(found.place, found.modelled), 2),
        "held_out_inside": sum(bool(row["inside"]) for row in rows),
        "held_out": len(rows),
        "at_an_end": sorted(
            p.name for p, z in zip(free_parameters(), np.abs(found.place), strict=True) if z > 1.9
        ),
        "rows": rows,
        "places": {
            p.name: round(float(z), 3) for p, z in zip(free_parameters(), found.place, strict=True)
        },
        "versions": versions(),
    }
    RESULT.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    print(json.dumps({k: v for k, v in result.items() if k not in ("rows", "places")}, indent=2))
    if asked.write:
        write(values)


if __name__ == "__main__":
    main()
