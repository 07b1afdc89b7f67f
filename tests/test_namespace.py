"""The contract of ``xp``: the NumPy backend, the recorded namespace ``ops``, and the written list agree."""

from __future__ import annotations

import dis
from collections.abc import Iterator
from types import CodeType, FunctionType
from typing import Any

import pytest

from chainrule import ops
from chainrule.backend import numpy as numpy_namespace
from chainrule.backend.namespace import CROSSINGS, EXTRAS, STANDARD
from chainrule.core.op import OPS, Op, parameter_names


def names_after_xp(code: CodeType) -> Iterator[str]:
    """The attributes of ``xp`` that a function's code reads."""
    instructions = list(dis.get_instructions(code))
    for at, instruction in enumerate(instructions):
        # Newer versions of Python load two variables by one instruction.
        loaded = instruction.argval if isinstance(instruction.argval, tuple) else (instruction.argval,)
        if loaded[-1:] == ("xp",) and "LOAD" in instruction.opname:
            following = instructions[at + 1]
            if following.opname in ("LOAD_ATTR", "LOAD_METHOD"):
                yield following.argval
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from names_after_xp(constant)


def functions_in(function: Any, seen: set[Any]) -> Iterator[FunctionType]:
    """A rule, and the functions taking ``xp`` that it calls: globals, enclosed variables, defaults."""
    if not isinstance(function, FunctionType) or function in seen:
        return
    seen.add(function)
    yield function
    codes = [function.__code__]
    for code in codes:  # grows as it goes
        codes += [constant for constant in code.co_consts if isinstance(constant, CodeType)]
    names = {name for code in codes for name in code.co_names}
    reached = [function.__globals__.get(name) for name in names]
    reached += [cell.cell_contents for cell in function.__closure__ or ()]
    for one in reached:
        if isinstance(one, FunctionType) and "xp" in parameter_names(one):
            yield from functions_in(one, seen)


def used(*functions: Any) -> set[str]:
    return {
        name for one in functions for function in functions_in(one, set()) for name in names_after_xp(function.__code__)
    }


def rules_of(op: Op) -> list[Any]:
    return [rule for rule in (op.all_rule, op.jvp, op.batch, *op.rules.values()) if rule is not None]


def test_reading_the_names_that_a_function_uses() -> None:
    def helper(xp: Any, x: Any) -> Any:
        return [xp.cos(one) for one in x]

    def rule(xp: Any, g: Any) -> Any:
        return helper(g, xp.sin(g).real) if g else helper(xp, max(g, xp.tan))

    assert used(rule) == {"sin", "cos", "tan"}


@pytest.mark.parametrize("name", OPS)
def test_an_op_uses_names_of_the_contract(name: str) -> None:
    op = OPS[name]
    forward = used(op.forward) if op.forward is not None else {op.name}
    assert sorted((forward | used(*rules_of(op))) - STANDARD - CROSSINGS - EXTRAS.keys()) == []


@pytest.mark.parametrize("name", OPS)
def test_the_recorded_namespace_has_what_rules_use(name: str) -> None:
    assert not [wanted for wanted in sorted(used(*rules_of(OPS[name]))) if not hasattr(ops, wanted)]


@pytest.mark.parametrize("name", sorted(STANDARD | EXTRAS.keys()))
def test_the_backend_has_every_name(name: str) -> None:
    assert callable(getattr(numpy_namespace, name))


def test_every_extra_is_used() -> None:
    uses = {name for op in OPS.values() for name in used(op.forward, *rules_of(op))}
    uses |= {op.name for op in OPS.values() if op.forward is None}
    assert sorted(EXTRAS.keys() - uses) == []


def test_the_extras_are_in_order_and_not_in_the_standard() -> None:
    assert list(EXTRAS) == sorted(EXTRAS)
    assert not STANDARD & EXTRAS.keys()


def test_the_core_uses_names_of_the_contract() -> None:
    from chainrule.core import batching, engine, forward

    functions = [
        f
        for module in (batching, engine, forward)
        for owner in (
            module,
            *[c for c in vars(module).values() if isinstance(c, type) and c.__module__ == module.__name__],
        )
        for f in vars(owner).values()
        if isinstance(f, FunctionType)
    ]
    names = {name for f in functions for name in names_after_xp(f.__code__)}
    assert {"broadcast_to", "astype"} <= names
    assert not names - STANDARD - EXTRAS.keys()
    assert not [name for name in names if not hasattr(ops, name)]
