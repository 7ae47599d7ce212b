"""Column tables as Parquet files."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from ifnfactory.foundation.table import Column, ColumnTable

UNIT_KEY = b"unit"
"""Key of a column's unit in the metadata of its Parquet field."""

ArrowArray = Any
ArrowTable = Any
"""pyarrow ships no types."""


def _to_arrow(column: Column) -> ArrowArray:
    """Convert one column; what is masked or not a number becomes null.

    Null and not NaN, because a query engine averages over nulls and is poisoned by NaN.
    """
    absent = np.ma.getmaskarray(column)
    values = np.ma.getdata(column)
    if values.dtype.kind == "f":
        absent = absent | np.isnan(values)
    if values.dtype.kind == "U":
        values = values.astype(object)
        return pa.array(values, mask=absent, type=pa.string())
    return pa.array(values, mask=absent)


def to_arrow(table: ColumnTable) -> ArrowTable:
    """Return the table as an Arrow table whose fields carry their unit."""
    arrays = [_to_arrow(column) for column in table.columns]
    fields = [
        pa.field(name, array.type, metadata={UNIT_KEY: unit.encode()} if unit else None)
        for name, unit, array in zip(table.names, table.units, arrays, strict=True)
    ]
    return pa.Table.from_arrays(arrays, schema=pa.schema(fields))


def _options(schema: Any) -> dict[str, Any]:
    """Return how a table is packed: measured numbers repeat so rarely that looking costs more."""
    repeating = [field.name for field in schema if not pa.types.is_floating(field.type)]
    return {"compression": "zstd", "compression_level": 1, "use_dictionary": repeating}


def to_parquet(table: ColumnTable) -> bytes:
    """Return a table as the content of a Parquet file; the same table gives the same bytes."""
    arrow = to_arrow(table)
    sink = pa.BufferOutputStream()
    pq.write_table(arrow, sink, **_options(arrow.schema))
    return sink.getvalue().to_pybytes()


def write_parquet(path: Path, parts: Iterable[ColumnTable]) -> int:
    """Write the parts of a table to a new Parquet file at `path`; return the number of rows.

    Only one part is converted at a time. Parts have the same columns; there is at least one.
    """
    rows = 0
    with ExitStack() as opened:
        writer: Any = None
        for part in parts:
            table = to_arrow(part)
            if writer is None:
                new = pq.ParquetWriter(path, table.schema, **_options(table.schema))
                writer = opened.enter_context(new)
            writer.write_table(table)
            rows += part.rows
    return rows


def read_parquet(source: Path | bytes) -> ColumnTable:
    """Read a table from a file or its content; nulls come back masked."""
    # Not pq.read_table, which makes columns of folder names that look like "arm=...".
    read = pq.ParquetFile(pa.BufferReader(source) if isinstance(source, bytes) else source).read()
    names = tuple(str(name) for name in read.column_names)
    metadata = [read.schema.field(name).metadata or {} for name in names]
    columns = tuple(_to_numpy(read.column(name).combine_chunks()) for name in names)
    return ColumnTable(
        names=names,
        units=tuple(entry.get(UNIT_KEY, b"").decode() for entry in metadata),
        columns=columns,
    )


def _to_numpy(array: ArrowArray) -> Column:
    """Convert an Arrow array; the result is masked only if a value is absent."""
    absent = array.is_null().to_numpy(zero_copy_only=False)
    if pa.types.is_string(array.type):
        values = np.array(["" if text is None else text for text in array.to_pylist()], dtype=str)
    else:
        filled = array.fill_null(False if pa.types.is_boolean(array.type) else 0)
        values = filled.to_numpy(zero_copy_only=False)
    return np.ma.MaskedArray(values, mask=absent) if absent.any() else values


def join_tables(parts: Sequence[ColumnTable]) -> ColumnTable:
    """Return the parts of a table one below the other; there is at least one."""
    columns = zip(*(part.columns for part in parts), strict=True)
    joined = tuple(_joined(column) for column in columns)
    return ColumnTable(parts[0].names, parts[0].units, joined)


def _joined(columns: Sequence[Column]) -> Column:
    if any(isinstance(column, np.ma.MaskedArray) for column in columns):
        return np.ma.concatenate(columns)
    return np.concatenate(columns)
