"""Lane functions: straight-line Python over eight patients, compiled to vector instructions.

A generated lane function is one loop ``for l in range(8)`` over lines of arithmetic on the work
array, or a list of calls of other lane functions. It is plain Python and would run as such; here
its syntax tree becomes LLVM vectors of eight doubles, one lane each, in a function that code
compiled by Numba can call. Numba itself could compile it, but its type inference, which has nothing
to infer here, took four fifths of a compilation; and now no lane can depend on another, or on
whether a loop was found fit for vector instructions.
"""

from __future__ import annotations

import ast
import inspect
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from llvmlite import ir
from numba import types
from numba.core.typing.templates import Signature
from numba.extending import intrinsic

from ifnfactory.engine import vector_math
from ifnfactory.engine.emit import LANES

_NUMBERS: Final = ir.VectorType(ir.DoubleType(), LANES)
_BITS: Final = ir.VectorType(ir.IntType(64), LANES)
_KIND: Final = ir.FunctionType(ir.VoidType(), [ir.PointerType(ir.DoubleType())])
_FREEDOMS: Final = ("contract", "arcp", "nsz")
"""What the compiler may do with sums and products; the same in every lane."""
_ON_NUMBERS: Final[Mapping[type[ast.operator], str]] = {
    ast.Add: "fadd",
    ast.Sub: "fsub",
    ast.Mult: "fmul",
    ast.Div: "fdiv",
}
_ON_BITS: Final[Mapping[type[ast.operator], str]] = {
    ast.Add: "add",
    ast.Sub: "sub",
    ast.BitAnd: "and_",
    ast.BitOr: "or_",
    ast.LShift: "shl",
    ast.RShift: "ashr",
}
_ORDER: Final[Mapping[type[ast.cmpop], str]] = {ast.Gt: ">", ast.Lt: "<"}


def lane_function(file: Path, name: str) -> Any:
    """Return the lane function `name` of a generated file, to be called from compiled code.

    It takes the work array and returns nothing. The file is read only when code is compiled.
    """

    @intrinsic
    def call(typingctx: Any, w: Any) -> tuple[Signature, Any]:
        def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            prefix = file.parent.name  # the kernel's hash: functions of kernels must not mix
            module = lane_module(file.read_text(encoding="utf-8"), name, prefix)
            context.active_code_library.add_ir_module(module)
            symbol = f"{prefix}.{name}"
            known = builder.module.globals.get(symbol)
            function = known or ir.Function(builder.module, _KIND, symbol)
            work = context.make_array(signature.args[0])(context, builder, args[0]).data
            builder.call(function, [work])
            return context.get_dummy_value()

        return types.void(w), codegen

    return call


def lane_module(source: str, name: str, prefix: str) -> Any:
    """Return an LLVM module with the lane function `name` of `source` and all that it calls.

    Parameters
    ----------
    prefix
        Put before each function's name, with a dot.
    """
    trees = _functions(source)
    module = ir.Module(f"{prefix}.{name}")
    made: dict[str, Any] = {}

    def function(wanted: str) -> Any:
        if wanted not in made:
            made[wanted] = ir.Function(module, _KIND, f"{prefix}.{wanted}")
            # Every library that calls it brings its own copy along; the linker keeps one.
            made[wanted].linkage = "weak_odr"
            made[wanted].args[0].add_attribute("noalias")
            _fill(made[wanted], trees[wanted].body, function)
        return made[wanted]

    function(name)
    return module


def _functions(source: str) -> dict[str, ast.FunctionDef]:
    return {item.name: item for item in ast.parse(source).body if isinstance(item, ast.FunctionDef)}


def _fill(function: Any, body: Sequence[ast.stmt], others: Callable[[str], Any]) -> None:
    builder = ir.IRBuilder(function.append_basic_block())
    work = function.args[0]
    for item in body:
        match item:
            case ast.For(body=lines):
                _Lanes(builder, work).run(lines)
            case ast.Expr(value=ast.Call(func=ast.Name(id=name))):
                builder.call(others(name), [work])
            case _:
                raise _strange(item)
    builder.ret_void()


class _Lanes:
    """Writes the lines of one loop, every name a vector with one number a lane.

    Parameters
    ----------
    builder
        Where instructions go.
    work
        Pointer to the work array.
    """

    def __init__(self, builder: Any, work: Any) -> None:
        self.builder = builder
        self.work = work
        self.names: dict[str, Any] = {}

    def run(self, lines: Sequence[ast.stmt]) -> Any:
        """Write lines; return what they return, if anything."""
        for line in lines:
            match line:
                case ast.Assign(targets=[ast.Name(id=name)], value=value):
                    self.names[name] = self.value(value)
                case ast.AugAssign(target=ast.Name(id=name), op=operator, value=value):
                    self.names[name] = self._operation(
                        operator, self.names[name], self.value(value)
                    )
                case ast.Assign(targets=[ast.Subscript() as place], value=value):
                    stored = self.builder.store(
                        _lift(self.value(value), _NUMBERS), self._address(place)
                    )
                    stored.align = 8
                case ast.Return(value=ast.expr() as value):
                    return self.value(value)
                case ast.Pass() | ast.Expr(value=ast.Constant()):
                    pass
                case _:
                    raise _strange(line)
        return None

    def value(self, tree: ast.expr) -> Any:
        """Return the value of an expression: a vector, or a Python number if it is constant."""
        match tree:
            case ast.Constant(value=int() | float() as number):
                return number
            case ast.Name(id=name):
                if name not in self.names and name not in vars(vector_math):
                    raise _strange(tree)
                return self.names.get(name, vars(vector_math).get(name))
            case ast.Subscript():
                loaded = self.builder.load(self._address(tree))
                loaded.align = 8
                return loaded
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                inner = self.value(operand)
                return -inner if isinstance(inner, int | float) else self.builder.fneg(inner)
            case ast.BinOp(left=left, op=operator, right=right):
                return self._operation(operator, self.value(left), self.value(right))
            case ast.IfExp(test=test, body=body, orelse=other):
                one, two = self._alike(self.value(body), self.value(other))
                return self.builder.select(self.value(test), one, two)
            case ast.Compare():
                return self._comparison(tree)
            case ast.Call(func=called, args=arguments):
                return self._call(ast.unparse(called), [self.value(item) for item in arguments])
            case _:
                raise _strange(tree)

    def _operation(self, operator: ast.operator, left: Any, right: Any) -> Any:
        if isinstance(left, int | float) and isinstance(right, int | float):
            return _fold(operator, left, right)
        left, right = self._alike(left, right)
        if left.type == _BITS:
            return getattr(self.builder, _ON_BITS[type(operator)])(left, right)
        return getattr(self.builder, _ON_NUMBERS[type(operator)])(left, right, flags=_FREEDOMS)

    def _comparison(self, tree: ast.Compare) -> Any:
        left, right = self._alike(self.value(tree.left), self.value(tree.comparators[0]))
        return self.builder.fcmp_ordered(_ORDER[type(tree.ops[0])], left, right)

    def _call(self, name: str, arguments: list[Any]) -> Any:
        if name == "math.sqrt":
            kind = ir.FunctionType(_NUMBERS, [_NUMBERS])
            root = self.builder.module.declare_intrinsic(f"llvm.sqrt.v{LANES}f64", (), kind)
            return self.builder.call(root, arguments)
        if name == "_bits":
            return self.builder.bitcast(arguments[0], _BITS)
        if name == "_double":
            return self.builder.bitcast(arguments[0], _NUMBERS)
        tree = _vector_functions().get(name)
        if tree is None:
            raise TypeError(f"a lane function cannot call {name}")
        inside = _Lanes(self.builder, self.work)
        inside.names = dict(zip((item.arg for item in tree.args.args), arguments, strict=True))
        return inside.run(tree.body)

    def _address(self, place: ast.Subscript) -> Any:
        """Return the address of the first lane of ``w[first + l]``."""
        match place:
            case ast.Subscript(
                value=ast.Name(id="w"),
                slice=ast.BinOp(left=ast.Constant(value=int() as first), right=ast.Name(id="l")),
            ):
                start = self.builder.gep(self.work, [ir.Constant(ir.IntType(64), first)])
                return self.builder.bitcast(start, ir.PointerType(_NUMBERS))
            case _:
                raise _strange(place)

    def _alike(self, left: Any, right: Any) -> tuple[Any, Any]:
        vectors: list[Any] = [v for v in (left, right) if isinstance(v, ir.Value)]
        kind = vectors[0].type if vectors else _NUMBERS
        return _lift(left, kind), _lift(right, kind)


@lru_cache(maxsize=1)
def _vector_functions() -> dict[str, ast.FunctionDef]:
    return _functions(inspect.getsource(vector_math))


def _lift(value: Any, kind: Any) -> Any:
    """Return a Python number as a vector of equal lanes; a vector as it is."""
    if isinstance(value, ir.Value):
        return value
    number = int(value) if kind == _BITS else float(value)
    return ir.Constant(kind, [ir.Constant(kind.element, number)] * LANES)


def _fold(operator: ast.operator, left: float, right: float) -> float:
    tree = ast.Expression(ast.BinOp(ast.Constant(left), operator, ast.Constant(right)))
    return eval(compile(ast.fix_missing_locations(tree), "<constant>", "eval"))


def _strange(tree: ast.AST) -> TypeError:
    return TypeError(f"a lane function cannot contain: {ast.unparse(tree)}")
