"""What the documentation says is true: snippets run, links lead somewhere, lists are complete."""

from __future__ import annotations

import configparser
import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from docs_pages import (
    DOCS,
    PAGES,
    ROOT,
    Ran,
    anchors,
    blocks,
    cells,
    links,
    marked,
    run,
    runnable,
    words,
)

from ifnfactory.pharmacology.drug import drug_names, load_drug
from ifnfactory.runs.layout import PARTITIONED, Partitioned, read_table
from ifnfactory.trial.endpoints import MEANS, PROPORTIONS
from ifnfactory.trial.protocol import load_protocol, protocol_schema

README, TRIALS, RESULTS = ROOT / "README.md", DOCS / "trials.md", DOCS / "results.md"
ARCHITECTURE = DOCS / "architecture.md"
RUNNING = [page for page in PAGES if runnable(page)]
EXAMPLES = sorted((DOCS / "examples").glob("*.toml"))


def name(page: Path) -> str:
    return page.stem


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory):
    """Run the marked blocks of a page once, in order, in one folder."""
    known: dict[Path, tuple[Path, list[Ran]]] = {}

    def of(page: Path) -> tuple[Path, list[Ran]]:
        if page not in known:
            folder = tmp_path_factory.mktemp(page.stem)
            known[page] = folder, [run(block, folder) for block in runnable(page)]
        return known[page]

    return of


@pytest.mark.parametrize("page", RUNNING, ids=name)
def test_snippets_run(page: Path, ran) -> None:
    for each in ran(page)[1]:
        code = re.search(r"exit code (\d+)", each.block.mark)
        assert each.code == (int(code[1]) if code else 0), f"{each.block.text}\n{each.said}"
        assert "Traceback" not in each.said


@pytest.mark.parametrize("page", RUNNING, ids=name)
def test_snippets_print_what_the_page_shows(page: Path, ran) -> None:
    said = ""
    outputs = iter(ran(page)[1])
    for block in blocks(page):
        if block.mark.startswith("runs"):
            said = next(outputs).said
        elif block.mark == "prints":
            assert block.text in said


def test_first_result_is_about_what_a_run_says(ran) -> None:
    # Not to the last digit, which may differ between processors, but within a run's own interval.
    folder, _ = ran(README)
    table = read_table(folder / "runs" / "lau2005", "endpoints")
    keys = ("arm", "endpoint", "week")
    found = {key: i for i, key in enumerate(zip(*map(table.column, keys), strict=True))}
    (shown,) = (b for b in blocks(README) if b.mark == "result of: ifn trial run lau2005")
    rows = shown.text.replace("−", "-").splitlines()[1:]
    assert len(rows) >= 3
    for row in rows:
        arm, endpoint, week, *numbers = re.split(r"\s{2,}", row.strip())
        i = found[arm, endpoint, float(week)]
        value = float(numbers[0].split()[0])
        assert table.column("ci_low")[i] <= value <= table.column("ci_high")[i], row
        if numbers[1] != "–":
            assert float(numbers[1].split()[0]) == pytest.approx(table.column("published")[i])


def test_picture_can_be_drawn(tmp_path: Path) -> None:
    target = tmp_path / "picture.png"
    make = [sys.executable, "-W", "error", str(DOCS / "images" / "make.py"), str(target), "20"]
    subprocess.run(make, check=True)
    assert target.read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_links_lead_somewhere(page: Path) -> None:
    for target in links(page):
        file, _, anchor = target.partition("#")
        place = (page.parent / file).resolve() if file else page
        assert place.exists(), f"{page.name}: {target}"
        assert not anchor or anchor in anchors(place), f"{page.name}: {target}"


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_named_files_exist(page: Path, ran) -> None:
    folder, _ = ran(RESULTS)
    made = {f"{f.name}/" if f.is_dir() else f.name for f in (folder / "runs" / "lau2005").iterdir()}
    homes = (ROOT, DOCS, ROOT / "src" / "ifnfactory", ROOT / "tests")
    for text in words(page.read_text(encoding="utf-8")):
        if not re.fullmatch(r"[\w./-]+(\.(py|toml|md|json|html|parquet|png|cff|lock)|/)", text):
            continue
        assert text in made or any((home / text).exists() for home in homes), f"{page.name}: {text}"


def test_every_page_is_in_the_index() -> None:
    there = {(DOCS / target.partition("#")[0]).resolve() for target in links(DOCS / "index.md")}
    assert {page for page in PAGES if page != DOCS / "index.md"} - there <= {ROOT / "CHANGELOG.md"}


def test_ci_runs_exactly_the_test_command_of_the_readme() -> None:
    commands = re.findall(r"^    (python3 .*)$", README.read_text(encoding="utf-8"), re.MULTILINE)
    (test,) = (command for command in commands if command.endswith("pytest"))
    last = (ROOT / ".ci" / "run").read_text(encoding="utf-8").strip().splitlines()[-1]
    assert last == test


def test_pages_are_short_enough_to_be_read() -> None:
    for page, most in ((ROOT / "CONTRIBUTING.md", 60), (README, 120)):
        assert len(page.read_text(encoding="utf-8").splitlines()) < most


@pytest.mark.parametrize("page", [*PAGES, *EXAMPLES, DOCS / "images" / "make.py"], ids=name)
def test_no_path_of_a_machine(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert not re.search(r"(?<![\w.])/(work|tmp|home|root|Users)\b|\.\./shared", text)


@pytest.mark.parametrize("file", EXAMPLES, ids=name)
def test_examples_are_valid(file: Path) -> None:
    load_protocol(file)


def test_rooms_and_contracts_are_those_of_the_linter() -> None:
    parser = configparser.ConfigParser()
    parser.read(ROOT / ".importlinter", encoding="utf-8")
    (layers,) = (b.text for b in blocks(ARCHITECTURE) if b.mark == "layers")
    order = parser["importlinter:contract:order"]["layers"]
    assert layers.split("\n")[:-1] == order.strip().split("\n")
    only = [parser[section]["name"] for section in parser.sections() if "name" in parser[section]]
    told = [line.removeprefix("* ") for line in marked(ARCHITECTURE, "contracts")]
    kept = [text for text in only if " imports only foundation" in text]
    assert told == kept, "docs/architecture.md lists the contracts in the linter's order"
    rooms = {p.parent.name for p in (ROOT / "src" / "ifnfactory").glob("*/__init__.py")}
    assert rooms <= set(re.findall(r"\w+", ARCHITECTURE.read_text(encoding="utf-8")))


def test_every_dependency_has_its_line() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    optional = [item for extra in project["optional-dependencies"].values() for item in extra]
    wanted = {re.split(r"[^\w-]", item)[0] for item in [*project["dependencies"], *optional]}
    rows = marked(ARCHITECTURE, "dependencies")[2:]
    assert {cells(row)[0].split()[0] for row in rows} == wanted


def test_table_of_drugs_is_complete() -> None:
    rows = [cells(row) for row in marked(TRIALS, "table of drugs")[2:]]
    for row, drug in zip(rows, map(load_drug, sorted(drug_names())), strict=True):
        usual = f"{drug.usual_dose} per {drug.usual_interval}"
        assert row == [f"`{drug.name}`", ", ".join(f"`{a}`" for a in drug.aliases), usual]


def test_every_endpoint_and_every_key_is_explained() -> None:
    told = {
        part
        for text in words(TRIALS.read_text(encoding="utf-8"))
        for part in re.split("[.= ]", text)
    }
    assert {*PROPORTIONS, *MEANS} <= told
    text = TRIALS.read_text(encoding="utf-8")
    schema = protocol_schema()
    for section in (schema, *schema["$defs"].values()):
        for key in section["properties"]:
            assert re.search(rf"\b{key}\b", text), f"{section['title']}: {key}"


@pytest.mark.parametrize("table", PARTITIONED)
def test_columns_of_the_run_folder_are_explained(table: Partitioned, ran) -> None:
    folder, _ = ran(RESULTS)
    made = read_table(folder / "runs" / "lau2005", table)
    units = dict(zip(made.names, made.units, strict=True))
    told: dict[str, str] = {}
    for row in marked(RESULTS, f"columns of {table}")[2:]:
        names, unit, _ = cells(row)
        told |= dict.fromkeys(words(names), unit)
    assert told == units


def test_keys_of_the_json_are_explained(ran) -> None:
    folder, _ = ran(RESULTS)
    made = json.loads((folder / "lau2005.json").read_text(encoding="utf-8"))
    rows = marked(RESULTS, "keys of the JSON")[2:]
    assert [key for row in rows for key in words(cells(row)[0])] == list(made)
    text = RESULTS.read_text(encoding="utf-8")
    entry = text[text.index("Each entry of `results`") :].split("\n\n")[0]
    assert set(made["results"][0]) <= set(words(entry))


def test_code_of_the_docs_is_clean() -> None:
    tool = str(Path(sys.executable).with_name("ruff"))
    for command in (["check"], ["format", "--check"]):
        done = subprocess.run(
            [tool, *command, "--no-cache", str(DOCS)],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
