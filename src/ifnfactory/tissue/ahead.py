"""Asking memory for what a kernel will need soon: it changes no number, only how long one waits."""

from __future__ import annotations

from typing import Any, Final

from llvmlite import ir
from numba import njit, types
from numba.core import cgutils
from numba.extending import intrinsic

LINE_BYTES: Final = 64
_TO_READ, _NEAREST, _DATA = 0, 3, 1


def _touch(typing: Any, array: Any, place: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        data = context.make_array(signature.args[0])(context, builder, values[0]).data
        whole, byte = ir.IntType(32), ir.IntType(8).as_pointer()
        kind = ir.FunctionType(ir.VoidType(), [byte, whole, whole, whole])
        prefetch = cgutils.get_or_insert_function(builder.module, kind, "llvm.prefetch.p0")
        where = builder.bitcast(builder.gep(data, [values[1]]), byte)
        builder.call(prefetch, [where, whole(_TO_READ), whole(_NEAREST), whole(_DATA)])
        return context.get_dummy_value()

    return types.void(array, types.intp), generate


_ask_for: Any = intrinsic(_touch)


@njit(nogil=True, cache=True)
def ask(array: Any, first: int, last: int) -> None:
    """Ask for the cache lines of a run of an array (sites,), as far as the array goes."""
    for place in range(first, min(last, array.size), LINE_BYTES // array.itemsize):
        _ask_for(array, place)
