"""`ifn bench tissue --json` says what it promises to say."""

from __future__ import annotations

import json

from typer.testing import CliRunner

from ifnfactory.bench.tissue import CASES, QUICK
from ifnfactory.cli.app import app

ROW = {
    "model": str, "size": int, "threads": int, "updates_per_second": float,
    "bytes_per_cell": float, "bandwidth_fraction": float, "hours_per_second": float,
    "exposure": str,
}  # fmt: skip


def test_the_benchmark_prints_one_json_object_of_the_promised_shape() -> None:
    result = CliRunner().invoke(app, ["bench", "tissue", "--json", "--quick"])
    assert result.exit_code == 0, result.output
    report = json.loads(result.stdout)
    assert set(report) == {
        *("cpu", "copy_gb_per_s", "lobule_30_days_s", "sweep_error", "rows"),
    }
    assert report["cpu"]
    assert report["copy_gb_per_s"] > 0.1
    assert 0.0 < report["lobule_30_days_s"] < 60.0
    # Sweeps are not exact, and near enough.
    assert 1e-6 < report["sweep_error"] < 0.02
    assert [(row["model"], row["size"], row["threads"]) for row in report["rows"]] == [
        case[:3] for case in QUICK
    ]
    for row in report["rows"]:
        assert {key: type(value) for key, value in row.items()} == ROW
        assert row["updates_per_second"] > 0.0
        assert 0.0 < row["bandwidth_fraction"] < 1.0
    liver = report["rows"][0]
    assert liver["bytes_per_cell"] <= 24.0
    # The fraction is what its own row says: bytes read and written once a macro step of 10 steps.
    moved = 2.0 * liver["bytes_per_cell"] * liver["updates_per_second"] / 10.0 / 1e9
    assert abs(liver["bandwidth_fraction"] - moved / report["copy_gb_per_s"]) < 1e-6


def test_the_full_benchmark_times_what_the_targets_are_about() -> None:
    sizes = {(name, size, threads, exposure) for name, size, threads, _, exposure in CASES}
    assert {
        ("hbv-liver", 8192, 2, "lit"), ("hbv-liver", 1024, 2, "lit"),
        ("hbv-liver", 480, 2, "driven"), ("visavis", 100, 1, ""),
    } <= sizes  # fmt: skip
