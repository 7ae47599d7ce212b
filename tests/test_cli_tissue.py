"""``ifn tissue``: what a person sees, what a program reads, mistakes, and a run that was killed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageColor
from tissue_cases import lively
from typer.testing import CliRunner, Result

from ifnfactory.cli import tissue as door
from ifnfactory.cli.app import app
from ifnfactory.report.tissue import keep
from ifnfactory.report.tissue.picture import (
    PAINTS,
    RESTING,
    field_colours,
    field_of,
    field_range,
    laid_out,
)
from ifnfactory.runs.tables import read_parquet
from ifnfactory.runs.unfinished import Unfinished
from ifnfactory.tissue import scan as scanning
from ifnfactory.tissue.columns import BOOKS
from ifnfactory.tissue.course import Course, Plan, follow
from ifnfactory.tissue.lobule import one_lobule
from ifnfactory.tissue.model_file import load_model
from ifnfactory.tissue.niche import at_point, niche_length_um
from ifnfactory.tissue.scan import parse_axes
from ifnfactory.tissue.sites import Sites
from ifnfactory.tissue.targets import targets
from ifnfactory.tissue.validate import Row, Validation

EXAMPLE = Path(__file__).resolve().parents[1] / "docs" / "examples" / "tissue" / "warned.toml"
RUN = ["run", str(EXAMPLE), "--size", "24", "--hours", "24", "--replicates", "2", "--threads", "1"]
PROGRAM = [sys.executable, "-c", "from ifnfactory.cli.app import main; main()", "tissue"]


def ifn(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["tissue", *arguments])


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict]:
    """Run the example to its end, once."""
    out = tmp_path_factory.mktemp("tissue") / "run"
    said = ifn(*RUN, "--out", str(out), "--movie", "--factory", "--json")
    assert said.exit_code == 0, said.output
    return out, json.loads(said.stdout)


def test_models_are_listed() -> None:
    said = ifn("list")
    assert said.exit_code == 0
    assert all(name in said.stdout for name in ("hbv-liver", "plaque", "visavis"))


def test_a_run_leaves_numbers_pictures_snapshots_and_a_report(finished) -> None:
    out, told = finished
    manifest = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
    names = {file["name"] for file in manifest["files"]}
    assert {"measures.parquet", "panels.png", "movie.gif", "report.html"} <= names
    assert any(name.startswith("snapshots.zarr/") for name in names)
    assert (out / "panels.png").read_bytes().startswith(b"\x89PNG")
    with Image.open(out / "movie.gif") as film:
        assert film.n_frames > 20
        film.seek(film.n_frames - 1)
        shown = {colour for _, colour in film.convert("RGB").getcolors(10_000)}
    cells = RESTING, PAINTS["infected"][0], PAINTS["dead"][0]
    assert {ImageColor.getrgb(colour) for colour in cells} < shown
    page = (out / "report.html").read_text(encoding="utf-8")
    assert 'src="data:image/png' in page
    assert "http://" not in page.replace("http://www.w3.org", "")
    table = read_parquet(out / "measures.parquet")
    assert set(np.unique(table.column("replicate"))) == {0, 1}
    assert told["status"] == {"completed": 2}
    assert told["end"]["plaque"][0] == table.column("plaque")[table.rows // 2 - 1]
    assert np.all(np.abs(table.column("imbalance")) < 1e-5)


def test_every_measure_is_written_down(finished) -> None:
    out, told = finished
    table, ends = (read_parquet(out / name) for name in ("measures.parquet", "outcomes.parquet"))
    books = [np.asarray(table.column(f"ifn_{what}")) for what in BOOKS]
    made = books[0]
    assert np.all(np.diff(made[: table.rows // 2]) >= 0.0)
    assert made[-1] == pytest.approx(sum(book[-1] for book in books[1:]), rel=1e-5)
    assert books[BOOKS.index("present")] == pytest.approx(np.asarray(table.column("ifn_mean")))
    assert told["niche_length"] == pytest.approx(100.0)
    clusters = np.asarray(table.column("infected_clusters"))[-1]
    assert sum(told["infected_cluster_sizes"].values()) == clusters
    typical = np.asarray(table.column("typical_infected_cluster"))
    assert np.all(typical <= np.asarray(table.column("largest_infected_cluster")))
    factory = told["factory"]
    assert factory["generation_hours"] == pytest.approx(1.0 / 0.12)
    assert factory["amplification"] == [None, None]  # its interferon primes nobody
    # With warned neighbours a cell infects fewer, with the same random numbers.
    pairs = zip(factory["spread_number"], factory["spread_number_without_interferon"], strict=True)
    assert all(0.0 <= less < more for less, more in pairs)
    assert np.asarray(ends.column("spread_number")).tolist() == factory["spread_number"]
    assert set(np.asarray(ends.column("status"))) == {"completed"}


def test_snapshots_are_zarr_and_hold_the_last_state(finished) -> None:
    import zarr

    out, told = finished
    group = zarr.open_group(str(out / "snapshots.zarr"), mode="r")
    assert group["hour"][-1] == pytest.approx(24.0)
    phase, ifn_field = np.asarray(group["phase"][-1]), np.asarray(group["ifn"][-1])
    assert phase.shape == ifn_field.shape == (24, 24)
    assert np.isin(phase, (1, 3)).mean() == pytest.approx(told["end"]["plaque"][0])
    assert ifn_field.mean() == pytest.approx(told["end"]["ifn_mean"][0], rel=1e-6)


def test_a_killed_run_goes_on_and_ends_the_same(finished, tmp_path: Path) -> None:
    whole, told = finished
    out = tmp_path / "run"
    checkpoint = tmp_path / ".run.unfinished" / "checkpoint.npz"
    command = [*PROGRAM, *RUN, "--out", str(out), "--movie", "--factory", "--json"]
    killed = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while not checkpoint.exists() and killed.poll() is None:
        time.sleep(0.01)
    killed.send_signal(signal.SIGSTOP)
    second = ifn(*RUN, "--out", str(out), "--movie", "--overwrite")
    assert second.exit_code == 2
    assert second.stderr.startswith(f"--out {out}: another process is writing this run")
    assert len(second.stderr.splitlines()) == 1
    killed.send_signal(signal.SIGKILL)
    assert killed.wait() == -signal.SIGKILL
    assert not out.exists()
    other = ifn(*RUN, "--out", str(out), "--movie", "--seed", "2")
    assert other.exit_code == 2
    assert "unfinished run of another request or version" in other.stderr
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == told
    assert not checkpoint.exists()
    for name in ("measures.parquet", "outcomes.parquet", "panels.png", "movie.gif"):
        assert (out / name).read_bytes() == (whole / name).read_bytes(), name
    for file in (whole / "snapshots.zarr").rglob("*"):
        if file.is_file():
            assert file.read_bytes() == (out / file.relative_to(whole)).read_bytes()


def test_a_damaged_checkpoint_is_a_fresh_start(tmp_path: Path) -> None:
    with Unfinished(tmp_path / "run", "asked") as waiting:
        assert waiting.begin(False) is None
        waiting.save({"points": np.arange(1000.0)})
        again = waiting.begin(False)
        assert again is not None
        assert again["points"][-1] == 999.0
        file = waiting.folder / "checkpoint.npz"
        for damaged in (file.read_bytes()[:3000], b"", b"nonsense"):
            file.write_bytes(damaged)
            assert waiting.begin(False) is None


def test_an_interruption_says_how_to_go_on(tmp_path: Path, monkeypatch) -> None:
    def stop(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(keep, "follow", stop)
    said = ifn(*RUN, "--out", str(tmp_path / "run"))
    assert said.exit_code == 130
    assert "give the same command again to go on" in said.stderr


def test_any_seed_will_do() -> None:
    large = [*RUN[:6], "--threads", "1", "--json", "--seed"]
    one, other = (json.loads(ifn(*large, seed).stdout) for seed in ("9" * 30, "8" * 30))
    assert (one["seed"], one["end"]) != (other["seed"], other["end"])


def test_bits_do_not_depend_on_threads_or_on_sampling() -> None:
    plan = Plan(load_model(str(EXAMPLE)), Sites(300, 260), 2.0, 1, 3)
    one, two = follow(plan, 1), follow(plan, 2)
    for a, b in zip(one.last.quantities + one.last.fields, two.last.quantities + two.last.fields,
                    strict=True):  # fmt: skip
        assert a.tobytes() == b.tobytes()


def test_a_scan_draws_the_diagram(tmp_path: Path) -> None:
    out = tmp_path / "scan"
    said = ifn("scan", str(EXAMPLE), "--param", "niche_length=25:250:2", "--param",
               "producer_fraction=0:0.3:2", "--size", "16", "--hours", "48", "--threads", "1",
               "--out", str(out), "--json")  # fmt: skip
    assert said.exit_code == 0, said.output
    points = json.loads(said.stdout)["points"]
    assert [p["producer_fraction"] for p in points] == [0.0, 0.3, 0.0, 0.3]
    # Without a producer the virus takes the sheet, whatever the length.
    assert {p["ending"] for p in points if p["producer_fraction"] == 0.0} == {"overrun"}
    assert {p["ending"] for p in points if p["niche_length"] > 200} > {"overrun"}
    assert (out / "diagram.png").read_bytes().startswith(b"\x89PNG")
    assert read_parquet(out / "diagram.parquet").rows == 4


def test_a_scan_that_was_stopped_keeps_its_points(tmp_path: Path, monkeypatch) -> None:
    asked = ["scan", str(EXAMPLE), "--param", "producer_fraction=0:0.3:3", "--size", "16",
             "--hours", "24", "--threads", "1", "--json", "--out"]  # fmt: skip
    whole = ifn(*asked, str(tmp_path / "whole"))
    out = tmp_path / "scan"
    followed: list[float] = []

    def until_the_third(plan: Plan, threads: int) -> Course:
        if len(followed) == 2:
            raise KeyboardInterrupt
        followed.append(plan.model.rate_value("producer_fraction"))
        return follow(plan, threads)

    monkeypatch.setattr(scanning, "follow", until_the_third)
    stopped = ifn(*asked, str(out))
    assert stopped.exit_code == 130
    assert "give the same command again to go on" in stopped.stderr
    assert not out.exists()
    assert (tmp_path / ".scan.unfinished" / "checkpoint.npz").is_file()
    other = ifn(*asked, str(out), "--seed", "2")
    assert other.exit_code == 2
    assert "unfinished run of another request or version" in other.stderr
    del followed[:]
    rest = ifn(*asked, str(out))
    assert rest.exit_code == 0, rest.output
    assert len(followed) == 1
    assert json.loads(rest.stdout) == json.loads(whole.stdout)
    for name in ("diagram.parquet", "diagram.png"):
        assert (out / name).read_bytes() == (tmp_path / "whole" / name).read_bytes(), name
    assert not (tmp_path / ".scan.unfinished").exists()


def test_the_niche_length_is_set_through_diffusion() -> None:
    model = load_model(str(EXAMPLE))
    assert niche_length_um(model) == pytest.approx(100.0)
    changed = at_point(model, {"niche_length": 50.0})
    assert niche_length_um(changed) == pytest.approx(50.0)
    assert changed.rate_value("diffusion") == pytest.approx(12.5)
    (axis,) = parse_axes(["touch=0.01:1:3"], model)
    assert axis.values == pytest.approx((0.01, 0.1, 1.0))


@pytest.mark.parametrize(
    ("arguments", "wanted"),
    [
        (
            ["run", "nosuch.toml", "--replicates", "0", "--hours", "-3", "--threads", "0",
             "--geometry", "cube", "--movie"],
            ["no such number of replicates", "no time", "no threads", "no such geometry",
             "nowhere to put it", "there is no such file"],
        ),
        (["run", str(EXAMPLE), "--size", "900000"], ["need", "GB of memory", "or less"]),
        (["run", str(EXAMPLE), "--size", "2"], ["sheet of 2 x 2 cells", "give 3 or more"]),
        (
            ["run", str(EXAMPLE), "--set", "nosuch=1", "--set", "touch=-1", "--set", "half"],
            ["no rate or input 'nosuch'", "--set touch=-1", "--set half: this is no number"],
        ),
        (["run", "hbv-liver", "--geometry", "lobules", "--size", "100"], ["multiple of 60"]),
        (["run", "plaque", "--geometry", "lobule"], ["lobules are hexagonal"]),
        (
            ["scan", str(EXAMPLE), "--param", "nosuch=1:2:3", "--param", "touch=3"],
            ["no rate 'nosuch'", "no range"],
        ),
        (["run", str(EXAMPLE), "--size", "0", "--layers", "0"], ["--size 0", "--layers 0"]),
        (["run", "hbv-liver", "--geometry", "lobule", "--size", "8"], ["leave it out"]),
        (["run", "hbv-liver", "--geometry", "lobules", "--size", "36000"], ["with their vessels"]),
        (["run", str(EXAMPLE), "--hours", "1e300"], ["too many steps", "give 1.66667e+06"]),
        (["run", str(EXAMPLE), "--set", "tuch=1", "--set", "half=1", "--set", "half=2"],
         ["did you mean 'touch'?", "half is given twice"]),
        (["run", "plaque", "--set", "d_f=1e9", "--set", "d_x=1e9"],
         ["unstable for interferon", "unstable for virus"]),
        (["run", str(EXAMPLE), "--set", "diffusion=1e20", "--set", "producer_fraction=2"],
         ["more than can be solved", "no share of the sites"]),
        (["run", "hbv-liver", "--set", "niche_length=0"], ["uptake of type1 is no number"]),
        (["run", "hbv-liver", "--set", "pdc_density=2", "--set", "sinusoid_transit=0"],
         ["agents a site are not sparse", "takes no time to pass"]),
        (["scan", str(EXAMPLE), "--param", "touch=0:1:nan", "--param", "half=0:1:1e18"],
         ["--param touch=0:1:nan: this is no range", "--param half=0:1:1e18"]),
        (["scan", str(EXAMPLE), "--param", "half=0:1:2"], ["at half=0", "is no number"]),
        (["scan", "plaque", "--param", "niche_length=0:1000:3"], ["niche_length=500", "unstable"]),
        (["scan", str(EXAMPLE), "--param", "touch=1:2:3000"], ["2 to 2,500 values"]),
        (["run", str(EXAMPLE.parent)], ["Is a directory"]),
        (["run", str(EXAMPLE), "--out", "/proc/run"], ["--out /proc/run"]),
        (["validate", "--only", "liver", "--replicates", "0"], ["no such targets", "no such n"]),
    ],
)  # fmt: skip
def test_all_mistakes_are_told_at_once(arguments: list[str], wanted: list[str]) -> None:
    said = ifn(*arguments)
    assert said.exit_code == 2, said.exception
    for words in wanted:
        assert words in said.stderr, words


@pytest.mark.parametrize(
    ("before", "after", "wanted"),
    [
        ("touch = { value = 0.12", "touch = { value = -0.12", "negative"),
        ('rate = "touch * sick"', 'rate = "nosuch * sick"', "nosuch"),
        (
            'secretion = "secretion * producer * (phase == infected)"',
            'secretion = "secretion"\nsolver = "explicit"\nsubsteps = 1',
            "unstable",
        ),
    ],
)
def test_a_wrong_model_is_refused_with_its_line(tmp_path, before, after, wanted) -> None:
    text = EXAMPLE.read_text(encoding="utf-8")
    assert before in text
    file = tmp_path / "wrong.toml"
    file.write_text(text.replace(before, after), encoding="utf-8")
    said = ifn("run", str(file))
    assert said.exit_code == 2
    assert wanted in said.stderr
    assert "wrong.toml:" in said.stderr


def test_validation_prints_its_object(monkeypatch) -> None:
    made = Validation(tuple(Row(target, target.value) for target in targets()[:3]))
    monkeypatch.setattr("ifnfactory.tissue.validate.validate", lambda *_, **__: made)
    assert json.loads(ifn("validate", "--json").stdout)["inside_percent"] == 100.0
    assert "plaque: 3 of 3 inside" in ifn("validate").stdout


def test_a_torus_is_laid_out_with_its_middle_in_the_middle() -> None:
    sheet = np.zeros((40, 40, 3), dtype=np.uint8)
    sheet[20, 20] = 255
    picture = laid_out(sheet, hexagonal=True, torus=True, width=160)
    rows, columns = np.nonzero(picture[..., 0])
    assert rows.mean() / picture.shape[0] == pytest.approx(0.5, abs=0.02)
    assert columns.mean() / picture.shape[1] == pytest.approx(0.5, abs=0.02)
    assert picture.shape[0] / picture.shape[1] == pytest.approx(np.sqrt(3) / 2, rel=0.02)


def test_nothing_is_painted_outside_a_lobule() -> None:
    lobule = one_lobule(4)
    mask = lobule.inside.astype(np.uint8).ravel()
    simulation = lively("hbv-liver", 9, sites=Sites(9, 9, torus=False, mask=mask))
    state = simulation.init()
    state.fields[0][:] = 1.0
    field = field_of(simulation, state)
    assert field is not None
    low, high = field_range([field])
    assert high == 1.0
    colours = field_colours(field, low, high)
    white = np.all(colours == 255, axis=-1)
    assert np.array_equal(white, ~lobule.inside)


def test_the_door_imports_nothing_heavy() -> None:
    assert not hasattr(door, "numpy")
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    program = (
        "import sys; from ifnfactory.cli import tissue; "
        "print([m for m in ('numpy', 'numba', 'zarr', 'matplotlib') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True,
                          text=True, check=True)  # fmt: skip
    assert done.stdout.strip() == "[]"
