"""What writes no run folder keeps what it has finished too, and the same command goes on."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from ifnfactory.cli.app import app
from ifnfactory.evidence import ablation, ensemble
from ifnfactory.evidence import full_qualification as full
from ifnfactory.foundation.errors import KeptError
from ifnfactory.foundation.keep import Forgetful
from ifnfactory.outlook import burden, lifetime, validate
from ifnfactory.outlook.parameters import Values, drawn
from ifnfactory.runs.making import Making
from ifnfactory.study import kept as module
from ifnfactory.study.kept import kept
from ifnfactory.study.tissue import kept_validation
from ifnfactory.tissue import validate as tissue
from ifnfactory.tissue.limits.answers import Effort
from ifnfactory.tissue.targets import Target
from ifnfactory.trial.protocol import Protocol, load_protocol
from ifnfactory.trial.run import Simulator

EXAMPLES = Path(__file__).parents[1] / "docs" / "examples" / "outlook"
TWO = tuple(load_protocol(name) for name in ("lau2005", "marcellin2004"))
COMMAND = ("qualify", "--patients", "6", "--ensemble", "--ablations", "--threads", "1", "--json")
MEMBERS, ABLATIONS = 2, 1


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return where this test's work is kept."""
    monkeypatch.setattr(module, "cache_home", lambda: tmp_path)
    return tmp_path / "unfinished"


class Treating:
    """Counts the trials that are really treated; the one after `most` is interrupted."""

    def __init__(self, most: int = 1000) -> None:
        self.done: list[str] = []
        self._most, self._run = most, Simulator.run

    def method(self) -> Any:
        """Return what stands in for `Simulator.run`."""

        def run(simulator: Simulator, protocol: Protocol, *rest: Any) -> Any:
            if len(self.done) >= self._most:
                raise KeyboardInterrupt
            self.done.append(protocol.name)
            return self._run(simulator, protocol, *rest)

        return run


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make a qualification two trials, with two members and one ablation."""
    qualify, members, chosen = full.qualify, full.Release.ensemble, ablation.load_ablations()

    def few(*given: Any, **named: Any) -> Any:
        return qualify(*given, **named, protocols=TWO, with_predictors=False)

    monkeypatch.setattr(full, "qualify", few)
    monkeypatch.setattr(full.Release, "ensemble", lambda release: members(release)[:MEMBERS])
    monkeypatch.setattr(ablation, "load_ablations", lambda: chosen[:ABLATIONS])
    for there in (ensemble, ablation):
        rows = there.kept_rows
        monkeypatch.setattr(there, "kept_rows", lambda *each, of=rows: of(*each[:-1], TWO))


def qualified(treating: Treating, patch: pytest.MonkeyPatch) -> tuple[int, str, dict[str, Any]]:
    with patch.context() as patched:
        patched.setattr(Simulator, "run", treating.method())
        said = CliRunner().invoke(app, COMMAND)
    return said.exit_code, said.stderr, json.loads(said.stdout) if said.exit_code == 0 else {}


def without_time(found: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in found.items() if name != "wall_s"}


def test_the_same_command_goes_on_with_the_same_bits(
    home: Path, small: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = Treating()
    code, said, wanted = qualified(whole, monkeypatch)
    assert (code, "going on" in said) == (0, False)
    assert not list(home.iterdir())
    every = len(whole.done)  # two trials, two cohorts; and these again for members and ablation
    assert every == 4 * (1 + MEMBERS + ABLATIONS)
    treated = 0
    for most, parts in ((3, 3), (1 + 4 + 2, 4 + 1), (4 + 1, 4 + 2), (100, 0)):
        part = Treating(most)
        code, said, found = qualified(part, monkeypatch)
        treated += len(part.done)
        if code == 130:
            (place,) = home.iterdir()
            assert f"kept in {place} — go on with the same command" in said
            kept_parts = {p.with_suffix("") for p in place.rglob("scratch/*/*")}
            assert len(kept_parts) == parts
    assert code == 0
    assert "going on: " in said
    assert without_time(found) == without_time(wanted)
    assert treated == every + 2 + 1  # only what was at work is treated again
    assert not list(home.iterdir())


def test_what_is_damaged_is_done_again_and_another_question_has_another_place(home: Path) -> None:
    def interrupted() -> None:
        with kept(("seed", "1")) as one:
            one.write("a/b", b"found")
            assert one.read("a/b") == b"found"
            raise KeyboardInterrupt

    with pytest.raises(KeptError, match="1 finished task is kept"):
        interrupted()
    (file,) = home.rglob("b")
    file.write_bytes(b"fount")
    with kept(("seed", "1")) as again:
        assert again.read("a/b") is None
        again.write("a/b", b"found")
        assert again.read("a/b") == b"found"
    with kept(("seed", "2")) as other:
        assert other.read("a/b") is None
        other.forget()
    assert len(list(home.iterdir())) == 1


def test_a_second_process_and_a_full_disk_keep_nothing_and_stop_nothing(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with kept(("seed", "1")) as one, kept(("seed", "1")) as two:
        one.write("a", b"found")
        two.write("b", b"found")
        assert two.read("b") is None
        two.forget()
        assert one.read("a") == b"found"

        def full_disk(*_: Any, **__: Any) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(Making, "add", full_disk)
        one.write("c", b"found")
        assert one.read("c") is None


def test_whoever_keeps_nothing_finds_nothing() -> None:
    nothing = Forgetful()
    nothing.write("a", b"found")
    assert nothing.read("a") is None


OUTLOOKS = {
    "outlook": ("outlook", "run", str(EXAMPLES / "cohort.toml"), "--people", "400"),
    "validation": ("outlook", "validate", "--people", "8000"),
    "burden": ("burden", "run", str(EXAMPLES / "country.toml"), "--people", "400"),
}


class Drawing:
    """Draws values of the parameters; the draw with the number `most` is interrupted."""

    def __init__(self, most: int = 1000) -> None:
        self.done: list[int] = []
        self._most = most

    def __call__(self, seed: int, number: int) -> Values:
        if number >= self._most:
            raise KeyboardInterrupt
        self.done.append(number)
        return drawn(seed, number)


@pytest.mark.parametrize("kind", OUTLOOKS)
def test_draws_of_the_decades_are_kept(
    home: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    def asked(drawing: Drawing, draws: int) -> Result:
        for there in (lifetime, validate, burden):
            monkeypatch.setattr(there, "drawn", drawing)
        return CliRunner().invoke(app, [*OUTLOOKS[kind], "--draws", str(draws), "--json"])

    wanted = asked(Drawing(), 4)
    assert wanted.exit_code == 0
    stopped = asked(Drawing(2), 3)
    assert stopped.exit_code == 130
    (place,) = home.iterdir()
    assert f"kept in {place} — go on with the same command" in stopped.stderr
    rest = Drawing()
    found = asked(rest, 4)  # more draws begin with the same ones
    assert found.stdout == wanted.stdout
    assert rest.done == [2, 3]
    assert "going on: " in found.stderr
    assert not list(home.iterdir())


def test_an_interrupted_validation_of_the_tissue_goes_on(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    few = [target for target in tissue.targets() if target.model == "analytic"][:3]
    real = tissue.analytic_answers
    monkeypatch.setattr(tissue, "targets", lambda: few)
    whole, answered, most = tissue.validate("analytic"), list[str](), 2

    def counted(asked: tuple[Target, ...], effort: Effort, seed: int) -> Any:
        if len(answered) == most:
            raise KeyboardInterrupt
        answered.extend(target.target_id for target in asked)
        return real(asked, effort, seed)

    monkeypatch.setattr(tissue, "analytic_answers", counted)
    with pytest.raises(KeptError, match="2 finished tasks are kept"), kept_validation(1) as keep:
        tissue.validate("analytic", keep=keep)
    most = 3
    with kept_validation(1) as keep:
        found = tissue.validate("analytic", keep=keep)
        keep.forget()
    assert answered == [target.target_id for target in few]  # none of them twice
    assert found.to_json() == whole.to_json()
    assert not [*home.glob("*/*")]
