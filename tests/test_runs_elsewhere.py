"""Storages elsewhere: what is not ours stays, and what was stopped goes on."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Iterator
from typing import Any

import fsspec
import pytest
from study_cases import order
from typer.testing import CliRunner

from ifnfactory.cli.app import app
from ifnfactory.foundation.errors import StorageError, UserInputError
from ifnfactory.population.released import shipped_population
from ifnfactory.runs.destination import check_store
from ifnfactory.runs.find import look
from ifnfactory.runs.lock import LOCK_NAME, Lock
from ifnfactory.runs.making import Identity, Making, NewFile
from ifnfactory.runs.manifest import MANIFEST_NAME
from ifnfactory.runs.store import open_store

SHARD = NewFile("patients/arm=peg/000000000.parquet", b"a table", 1)


@pytest.fixture
def memory() -> Iterator[Any]:
    found = fsspec.filesystem("memory")
    found.store.clear()
    yield found
    found.store.clear()


def identity() -> Identity:
    return order().identity(shipped_population(), "2026-01-02T03:04:05+00:00")


def begun() -> Making:
    """Return a run with one shard, its manifest written: all but its name."""
    making = Making(open_store("memory://runs/far"))
    making.open(identity(), False, False)
    making.add("key", "peg", 0, 8, [SHARD], "{}")
    making.store.write(MANIFEST_NAME, b'{"program": "ifnfactory"}')
    return making


@pytest.mark.parametrize("overwrite", [False, True])
def test_a_place_with_something_else_is_left_as_it_is(memory: Any, overwrite: bool) -> None:
    memory.pipe_file("/mine/notes.txt", b"precious")
    with pytest.raises(UserInputError, match="something else than a run"):
        check_store(open_store("memory://mine"), overwrite)
    making = Making(open_store("memory://mine"))
    making.open(identity(), False, False)
    with pytest.raises(UserInputError, match="something else than a run"):
        making.complete(overwrite)
    assert memory.cat_file("/mine/notes.txt") == b"precious"


@pytest.mark.parametrize("after", [0, 1, 2])
def test_stopped_while_it_takes_its_place_it_goes_on(
    memory: Any, monkeypatch: pytest.MonkeyPatch, after: int
) -> None:
    making, moved = begun(), list[str]()
    move = memory.mv

    def stopped(source: str, target: str) -> None:
        if len(moved) == after:
            raise KeyboardInterrupt
        moved.append(source)
        move(source, target)

    with monkeypatch.context() as patch:
        patch.setattr(type(memory), "mv", staticmethod(stopped))
        with pytest.raises(KeyboardInterrupt):
            making.complete(False)
    # Nobody takes the half of it for a run, and it is still there to be gone on with.
    assert [each.name for each in look(["memory://runs"])] == ["memory:///runs/far.unfinished"]
    again = Making(open_store("memory://runs/far"))
    again.open(identity(), True, False)
    if not again.done("key"):  # its file had been moved: it is made again
        again.add("key", "peg", 0, 8, [SHARD], "{}")
    again.store.write(MANIFEST_NAME, b'{"program": "ifnfactory"}')
    again.complete(False)
    assert set(again.out.names()) == {SHARD.name, MANIFEST_NAME}
    assert not again.store.names()


def test_the_lock_of_a_process_that_has_died_here_is_free(memory: Any) -> None:
    store = open_store("memory://runs/locked")
    with Lock(store):
        found = json.loads(store.read(LOCK_NAME))
    child = os.fork()
    if not child:
        os._exit(0)
    os.waitpid(child, 0)
    dead = f"process {child} on {platform.node()}"
    store.write(LOCK_NAME, json.dumps(found | {"owner": dead}).encode())
    with Lock(store):
        assert json.loads(store.read(LOCK_NAME))["owner"] != dead
    living = f"process {os.getppid()} on {platform.node()}"
    store.write(LOCK_NAME, json.dumps(found | {"owner": living}).encode())
    with pytest.raises(UserInputError, match="another process is writing"), Lock(store):
        pass


@pytest.mark.parametrize("command", ["show", "verify", "repeat"])
def test_a_storage_that_does_not_answer_is_one_line(
    memory: Any, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    def silent(*_: object, **__: object) -> None:
        raise RuntimeError("no route\nto host")

    monkeypatch.setattr(type(memory), "cat_file", silent)
    said = CliRunner().invoke(app, ["runs", command, "memory://runs/far"])
    assert said.exit_code == 2
    (line,) = said.output.strip().splitlines()
    assert line.startswith("memory:///runs/far: the storage refuses or does not answer: ")
    assert "RuntimeError: no route to host — check its name" in line


def test_a_file_that_cannot_be_put_anywhere_is_no_absent_file(
    memory: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nowhere(*_: object, **__: object) -> None:
        raise FileNotFoundError("no such bucket")

    monkeypatch.setattr(type(memory), "pipe_file", nowhere)
    with pytest.raises(StorageError, match="no such bucket"):
        open_store("memory://typo/run").write("manifest.json", b"{}")
    with pytest.raises(FileNotFoundError):
        open_store("memory://typo/run").read("manifest.json")
