"""Column tables survive Parquet with values, types, units and absences."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from ifnfactory.foundation.table import ColumnTable
from ifnfactory.runs.tables import read_parquet, to_arrow, write_parquet


def example() -> ColumnTable:
    return ColumnTable(
        names=("arm", "patient", "female", "alt", "n_published"),
        units=("", "", "", "U/L", ""),
        columns=(
            np.array(["peg", "lam"]),
            np.array([0, 1]),
            np.array([True, False]),
            np.array([80.0, np.nan]),
            np.ma.MaskedArray(np.array([271, 0]), mask=[False, True]),
        ),
    )


def test_types_units_and_nulls(tmp_path: Path) -> None:
    write_parquet(tmp_path / "t.parquet", [example()])
    schema = pq.read_schema(tmp_path / "t.parquet")
    assert [str(schema.field(name).type) for name in schema.names] == [
        "string",
        "int64",
        "bool",
        "double",
        "int64",
    ]
    assert schema.field("alt").metadata[b"unit"] == b"U/L"
    assert b"unit" not in (schema.field("arm").metadata or {})
    rows = pq.read_table(tmp_path / "t.parquet").to_pylist()
    assert rows[1] == {
        "arm": "lam",
        "patient": 1,
        "female": False,
        "alt": None,
        "n_published": None,
    }


def test_reading_gives_back_what_was_written(tmp_path: Path) -> None:
    write_parquet(tmp_path / "t.parquet", [example()])
    read = read_parquet(tmp_path / "t.parquet")
    assert read.units == example().units
    assert read.column("arm").tolist() == ["peg", "lam"]
    assert read.column("female").dtype == np.bool_
    assert np.ma.getmaskarray(read.column("n_published")).tolist() == [False, True]
    assert read.column("n_published")[0] == 271


def test_parts_are_written_one_below_the_other(tmp_path: Path) -> None:
    def parts() -> Iterator[ColumnTable]:
        for first in (0.0, 2.0, 4.0):
            yield ColumnTable(("x",), ("day",), (np.array([first, first + 1.0]),))

    assert write_parquet(tmp_path / "t.parquet", parts()) == 6
    assert read_parquet(tmp_path / "t.parquet").column("x").tolist() == [0, 1, 2, 3, 4, 5]


@given(hnp.arrays(np.float64, st.integers(0, 30), elements=st.floats(allow_nan=False)))
def test_floats_keep_every_bit(values: np.ndarray) -> None:
    arrow: pa.Table = to_arrow(ColumnTable(("x",), ("day",), (values,)))
    assert arrow.column("x").to_numpy().tobytes() == values.tobytes()


def test_columns_of_unequal_length_are_refused() -> None:
    with pytest.raises(ValueError, match="one common length"):
        ColumnTable(("a", "b"), ("", ""), (np.zeros(2), np.zeros(3)))


def test_columns_of_the_same_name_are_refused() -> None:
    with pytest.raises(ValueError, match="used twice: a"):
        ColumnTable(("a", "a"), ("", ""), (np.zeros(2), np.zeros(2)))


def test_a_missing_unit_is_refused() -> None:
    with pytest.raises(ValueError, match="2 names, 1 units and 2 columns"):
        ColumnTable(("a", "b"), ("",), (np.zeros(2), np.zeros(2)))


def test_unknown_column_says_which_there_are() -> None:
    with pytest.raises(KeyError, match="no column 'dna'; the table has arm"):
        ColumnTable(("arm",), ("",), (np.array(["peg"]),)).column("dna")
