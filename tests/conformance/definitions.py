"""The transforms by their definitions: a batch is a loop, a derivative finite differences. Slow, and of first principles."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np

import chainrule
from tests.finite import STEP

Function = Callable[..., Any]


def vmap(function: Function, in_dims: Any = 0) -> Function:
    def looped(*batches: Any) -> Any:
        dims = in_dims if isinstance(in_dims, tuple) else (in_dims,) * len(batches)
        size = next(x.shape[dim] for x, dim in zip(batches, dims, strict=True) if dim is not None)
        results = [
            function(*[x if dim is None else x.select(dim, at) for x, dim in zip(batches, dims, strict=True)])
            for at in range(size)
        ]
        return stacked(results)

    return looped


def stacked(results: list[Any]) -> Any:
    if isinstance(results[0], chainrule.Tensor):
        return chainrule.stack(results)
    return tuple(stacked(list(parts)) for parts in zip(*results, strict=True))


def jacobian(function: Function, argnums: tuple[int, ...]) -> Function:
    def at(*args: Any) -> Any:
        result = function(*args)
        columns = [columns_of(function, args, number) for number in argnums]
        inputs = [args[number] for number in argnums]
        if isinstance(result, tuple):
            return tuple(
                tuple(shaped([one[number] for one in column], y, x) for column, x in zip(columns, inputs, strict=True))
                for number, y in enumerate(result)
            )
        return tuple(shaped(column, result, x) for column, x in zip(columns, inputs, strict=True))

    return at


def columns_of(function: Function, args: tuple[Any, ...], number: int) -> list[Any]:
    """The derivative by each element of one argument; by a complex one, that by the real part plus i times the other."""
    x = args[number].numpy()
    columns = []
    for place in np.ndindex(x.shape):
        found = []
        for unit in (1, 1j) if x.dtype.kind == "c" else (1,):
            values = []
            for far in (-2, -1, 1, 2):
                moved = np.array(x)
                moved[place] += far * STEP * unit
                values.append(function(*args[:number], chainrule.from_numpy(moved), *args[number + 1 :]))
            found.append(slope(values))
        columns.append(found[0] if len(found) == 1 else found[0] + 1j * found[1])
    return columns


def jvp(function: Function, primals: tuple[Any, ...], tangents: tuple[Any, ...]) -> tuple[Any, Any]:
    values = [function(*[x + far * STEP * t for x, t in zip(primals, tangents, strict=True)]) for far in (-2, -1, 1, 2)]
    return function(*primals), slope(values)


def slope(values: list[Any]) -> Any:
    if isinstance(values[0], tuple):
        return tuple(slope(list(parts)) for parts in zip(*values, strict=True))
    a, b, c, d = values
    return (8 * (c - b) - (d - a)) / (12 * STEP)


def shaped(columns: list[Any], y: Any, x: Any) -> Any:
    shape = (*y.shape, *x.shape)
    return chainrule.stack(columns, -1).reshape(shape) if columns else chainrule.zeros(shape, dtype=y.dtype)


def hessian(function: Function, argnums: tuple[int, ...]) -> Function:
    return jacobian(jacobian(function, argnums), argnums)


class Definitions:
    """chainrule, with the transforms above for its own."""

    func = SimpleNamespace(vmap=vmap, jvp=jvp, grad=jacobian, jacrev=jacobian, jacfwd=jacobian, hessian=hessian)

    def __getattr__(self, name: str) -> Any:
        return getattr(chainrule, name)
