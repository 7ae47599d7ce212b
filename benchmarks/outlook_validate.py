"""Validate the outlook model with several seeds: how much of the answer is luck.

Run as ``python benchmarks/outlook_validate.py``. Writes
``benchmarks/results/outlook_validation.json``: for every seed how many targets lie inside, and for
every target the lowest and highest modelled value over the seeds.
"""

from __future__ import annotations

import argparse
import json
import time
from datetime import UTC, datetime
from pathlib import Path

from ifnfactory.foundation.provenance import versions
from ifnfactory.outlook.validate import PEOPLE, Validation, validate

RESULT = Path(__file__).with_name("results") / "outlook_validation.json"


def main() -> None:
    """Validate with each seed and write what came out."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seeds", type=int, default=5)
    asked = parser.parse_args()
    began = time.process_time()
    found = [validate(seed) for seed in range(1, asked.seeds + 1)]
    result = {
        "what": "every target of outlook/targets.toml, with several seeds",
        "people_a_cohort": PEOPLE,
        "cpu_s_a_seed": round((time.process_time() - began) / asked.seeds, 1),
        "seeds": [_seed(each) for each in found],
        "rows": _rows(found),
        "measured": datetime.now(UTC).isoformat(timespec="seconds"),
        "versions": versions(),
    }
    RESULT.write_text(json.dumps(result, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    print(json.dumps(result["seeds"], indent=2))


def _seed(found: Validation) -> dict[str, float]:
    return {
        "seed": found.seed,
        "inside": found.inside()[0],
        "targets": found.inside()[1],
        "inside_percent": round(found.inside_percent(), 1),
        "inside_percent_fitted": round(found.inside_percent(fitted=True), 1),
        "inside_percent_independent": round(found.inside_percent(fitted=False), 1),
    }


def _rows(found: list[Validation]) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = []
    for same in zip(*(each.rows for each in found), strict=True):
        modelled = [row.modelled for row in same]
        inside = sum(row.inside for row in same)
        rows.append(
            {
                "target_id": same[0].target.target_id,
                "role": same[0].target.role,
                "observed": same[0].target.observed,
                "low": same[0].target.low,
                "high": same[0].target.high,
                "modelled_lowest": round(min(modelled), 4),
                "modelled_highest": round(max(modelled), 4),
                "seeds_inside": inside,
            }
        )
    return rows


if __name__ == "__main__":
    main()
