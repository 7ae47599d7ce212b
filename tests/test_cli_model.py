"""``ifn model`` and ``ifn bench``: exit codes, refusals and what is printed.

The computations behind them have their own tests; here they are replaced, so that only the door
is tested.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest
from typer.testing import CliRunner, Result

from ifnfactory.bench.engine import BenchReport, BenchRow
from ifnfactory.cli.app import app
from ifnfactory.foundation.errors import MissingExtraError


def ifn(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


Replace = Callable[..., None]


@pytest.fixture
def replace(monkeypatch: pytest.MonkeyPatch) -> Replace:
    def put(name: str, **functions: Callable[..., object]) -> None:
        module = ModuleType(f"ifnfactory.{name}")
        vars(module).update(functions)
        monkeypatch.setitem(sys.modules, module.__name__, module)

    put("biology.system", build_system=lambda: "the network")
    return put


@dataclass(frozen=True)
class Row:
    name: str
    passed: bool
    detail: str


def test_show_prints_the_page(replace: Replace) -> None:
    replace("network.page", render_page=lambda network: f"# {network}")
    replace("population.released", shipped_population=lambda: SimpleNamespace(network="released"))
    said = ifn("model", "show")
    assert (said.exit_code, said.stdout) == (0, "# released\n")


def test_check_passes_when_every_check_does(replace: Replace) -> None:
    replace("biology.check", check_system=lambda: [Row("units", True, "41 reactions")])
    said = ifn("model", "check")
    assert said.exit_code == 0
    assert "✓  units  41 reactions" in said.stdout


def test_check_fails_when_one_check_does(replace: Replace) -> None:
    rows = [Row("units", True, ""), Row("steady state", False, "[drifts] by 3 %")]
    replace("biology.check", check_system=lambda: rows)
    said = ifn("model", "check")
    assert said.exit_code == 1
    assert "✗  steady state  [drifts] by 3 %" in said.stdout


PARTS = {"constants": (), "initial": ()}


@pytest.fixture
def exporter(replace: Replace) -> None:
    replace(
        "population.exemplar", exemplar=lambda stratum: SimpleNamespace(**PARTS, network=stratum)
    )
    replace("exchange.sbml", write_sbml=lambda network, path, *_numbers: path.write_text(network))


@pytest.mark.usefixtures("exporter")
def test_export_writes_the_file_and_does_not_replace_it_unasked(tmp_path: Path) -> None:
    file = tmp_path / "model.xml"
    assert ifn("model", "export", "--sbml", str(file)).exit_code == 0
    assert file.read_text() == "hbeag_positive"
    file.write_text("older")
    said = ifn("model", "export", "--sbml", str(file))
    assert said.exit_code == 2
    assert "exists already" in said.stderr
    assert file.read_text() == "older"
    again = ifn(
        "model", "export", "--sbml", str(file), "--overwrite", "--patient", "hbeag-negative"
    )
    assert again.exit_code == 0
    assert file.read_text() == "hbeag_negative"


@pytest.mark.usefixtures("exporter")
@pytest.mark.parametrize("place", ["nowhere/model.xml", "."])
def test_export_refuses_impossible_files(tmp_path: Path, place: str) -> None:
    said = ifn("model", "export", "--sbml", str(tmp_path / place))
    assert said.exit_code == 2
    assert len(said.stderr.splitlines()) == 1


@pytest.mark.usefixtures("exporter")
def test_missing_library_names_the_extra(replace: Replace, tmp_path: Path) -> None:
    def write_sbml(*_arguments: object) -> None:
        raise MissingExtraError("python-libsbml", "sbml")

    replace("exchange.sbml", write_sbml=write_sbml)
    said = ifn("model", "export", "--sbml", str(tmp_path / "model.xml"))
    assert said.exit_code == 2
    assert "pip install 'ifnfactory[sbml]'" in said.stderr
    assert "Traceback" not in said.stderr


REPORT = BenchReport(
    problem="common",
    patients=1000,
    repeats=3,
    cpu="a processor",
    reference="a reference",
    rows=(BenchRow("ifnfactory", 1, 1e-5, 2345.6, 4.5e-5, 0.1),),
    missing=(("numbalsoda", "bench-lsoda"),),
)


def test_benchmark_prints_error_beside_speed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ifnfactory.bench.engine.run_engine_benchmark", lambda progress: REPORT)
    said = ifn("bench", "engine")
    assert said.exit_code == 0
    assert "2,346" in said.stdout
    assert "4.5e-05" in said.stdout
    assert "pip install 'ifnfactory[bench-lsoda]'" in said.stdout


def test_benchmark_json_is_one_object(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ifnfactory.bench.engine.run_engine_benchmark", lambda progress: REPORT)
    said = ifn("bench", "engine", "--json")
    assert said.exit_code == 0
    found = json.loads(said.stdout)
    assert found["problem"] == "common"
    assert found["rows"][0]["patients_per_second"] == 2345.6
