"""NumPy functions under the transforms: every covered name, what asks for values, and whole programs."""

from __future__ import annotations

import math
import re
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from finite import inner
from numpy_calls import OPERANDS, SAMPLES, STEPS, available, called, direction_of, tensors
from numpy_programs import PROGRAMS, Program

import chainrule as torch
import chainrule.autograd.forward_ad as fwAD
from chainrule.functions.numpy_protocol.calls import COVERED, OF_SHAPES, WITHOUT_GRADIENT
from chainrule.functions.numpy_protocol.registry import NEEDS_VALUES
from chainrule.functions.numpy_protocol.ufuncs import NAMES

CALLS = [(name, call) for name, call in SAMPLES if available(name)]
ANSWERS = [(name, call) for name, call in STEPS if available(name)]


def function_of(call: str) -> Callable[..., Any]:
    def function(*operands: Any) -> Any:
        result = called(call, dict(zip(OPERANDS, operands, strict=True)))
        return torch.as_tensor(
            np.array(result) if isinstance(result, tuple) and isinstance(result[0], np.ndarray) else result
        )

    return function


def plain() -> tuple[Any, ...]:
    return tuple([torch.tensor(a) for a in OPERANDS.values()])


def batches() -> tuple[Any, ...]:
    return tuple([torch.stack([x, 1.01 * x, 0.97 * x]) for x in plain()])


# -- every name ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "call"), CALLS)
def test_forward_mode_agrees_with_reverse_mode(name: str, call: str) -> None:
    along = [torch.tensor(direction_of(a)) for a in OPERANDS.values()]
    value, change = torch.func.jvp(function_of(call), plain(), tuple(along))
    got = called(call, leaves := tensors())
    np.testing.assert_array_equal(value.numpy(), got.detach().numpy())
    seed = direction_of(got.detach().numpy())
    grads = torch.autograd.grad(got, list(leaves.values()), torch.tensor(seed), allow_unused=True)
    terms = [inner(g.numpy(), d.numpy()) for g, d in zip(grads, along, strict=True) if g is not None]
    scale = 1 + sum(map(abs, terms)) + float(np.nansum(np.abs(change.numpy())))
    assert abs(inner(seed, change.numpy()) - sum(terms)) <= 1e-11 * scale


@pytest.mark.parametrize(("name", "call"), CALLS + [c for c in ANSWERS if c[0] not in OF_SHAPES])
def test_a_batch_is_a_loop_or_the_name_is_named(name: str, call: str) -> None:
    """What asks for values says so, and is listed; all else gives what a loop over the elements does."""
    f = function_of(call)
    try:
        got = torch.func.vmap(f)(*batches())
    except RuntimeError as error:
        assert name in NEEDS_VALUES or name in WITHOUT_GRADIENT
        (asked,) = re.findall(r"^vmap: It looks like you're calling (?:numpy)?(\.[\w.]+)", str(error))
        assert f"np{asked}(" in call or (asked == ".numpy" and "kept" in call)
        return
    assert NEEDS_VALUES.get(name, "all"), "it is said to need values"
    want = [f(*[x[at].requires_grad_() for x in batches()]).detach().numpy() for at in range(3)]
    np.testing.assert_allclose(got.numpy(), np.stack(want), rtol=1e-10, atol=1e-13)


@pytest.mark.parametrize(("name", "call"), [c for c in ANSWERS if c[0] in OF_SHAPES])
def test_shapes_and_dtypes_are_known_inside_transforms(name: str, call: str) -> None:
    seen = []

    def f(*operands: Any) -> Any:
        seen.append(called(call, dict(zip(OPERANDS, operands, strict=True))))
        return operands[0]

    torch.func.vmap(f)(*batches())
    torch.func.jvp(f, plain(), plain())
    want = called(call, OPERANDS)
    for got in seen:
        np.testing.assert_equal(got, want)


def test_every_name_that_needs_values_is_a_name() -> None:
    assert NEEDS_VALUES.keys() <= {*COVERED, *NAMES}


SMOOTH = """
np.sum(np.sin(x) @ v) | np.prod(np.stack([v, v * v])) | np.linalg.det(x) + np.linalg.norm(b) | np.var(np.linalg.solve(x, v))
np.sum(np.where(m, x ** 3, 0.0)) | np.sum(np.sort(x, axis=None)[3:] ** 2) | np.quantile(u, 0.3) ** 2 | np.sum(np.pad(v, 1, 'wrap') ** 3)
np.sum(np.cumsum(x, 0) ** 2) | np.interp(v[0], [0.0, 3.0], w[:2]) * v[0] | np.sum(np.einsum('ij,jk->ik', x, x) ** 2)
np.sum(into('z[1] = x[0] * x[2]', x=x) ** 2) | np.sum(into('np.add.at(z, [0, 0], v)', v=v) ** 2) | np.sum(np.nanmean(n, 0) ** 3)
np.sum(np.multiply.outer(v, u) ** 2) | np.median(x) ** 3 | np.sum(np.convolve(u, v) ** 2) | np.sum(np.gradient(u) ** 3)
"""


@pytest.mark.parametrize("call", SMOOTH.strip().replace("\n", " | ").split(" | "))
def test_second_derivatives(call: str) -> None:
    """The Hessian along a direction is the change of the gradient."""
    f = function_of(call)
    names = list(OPERANDS)
    at = next(at for at, name in enumerate(names) if re.search(rf"\b{name}\b", call))
    operands = list(plain())

    def gradient(moved: Any) -> Any:
        return torch.func.grad(f, argnums=at)(*operands[:at], moved, *operands[at + 1 :])

    along, step = torch.tensor(0.1 * direction_of(OPERANDS[names[at]])), 2.0**-9
    hessian = torch.func.hessian(f, argnums=at)(*operands)
    got = torch.tensordot(hessian, along, dims=along.ndim)
    ends = [gradient(operands[at] + k * step * along) for k in (-2, -1, 1, 2)]
    want = (8 * (ends[2] - ends[1]) - (ends[3] - ends[0])) / (12 * step)
    np.testing.assert_allclose(got.numpy(), want.numpy(), rtol=1e-7, atol=1e-8)


PLACES = (
    """
np.take(x, i) | np.take(x, i, axis=1, mode='wrap') | np.take(x, 5 * i, mode='clip') | np.take_along_axis(x, i[:, None] - 1, 1)
np.choose(i, [x, 2 * x, x * x]) | np.choose(i - 1, [x, x * x], mode='wrap') | np.choose(2 * i, [x, x * x], mode='clip') | x[i] | x[x > 1.5].sum()
np.where(x > 1, x, i) | np.select([x > 1.5, x > 1], [x, i]) | np.sum(x, where=x > 1) | np.max(x, 1, initial=0, where=x > 1)
np.mean(x, axis=0, where=x > 0) | np.var(x, where=x > 0) | np.logaddexp.reduce(x, 1, where=x > 1, initial=0.0) | np.full_like(x, i[0])
np.digitize(x, [0.8, 1.2]) | np.digitize(x, [1.2, 0.8]) | np.isin(i, [1, 2]) | np.searchsorted(np.sort(x[0]), x)
np.argmax(x, 1) | np.nanargmin(x) | np.lexsort((x[0], i)) | np.argsort(x)[:, i] | np.extract(x > 1, x) | np.repeat(x, i) | np.bincount(i, x[0])
np.bincount(i, x[0], minlength=3) | np.take(x, x > 1) | np.average(x, weights=x) | np.interp(x, np.sort(x[0]), x[1]) | np.spacing(x)
np.count_nonzero(x > 1, axis=0, keepdims=True) | np.any(x > 1.9, (0, 1)) | np.all(x, 0, where=x > 1) | np.quantile(x, x[0] / 3)
into('np.put(z, i, x[0])', i=i, x=x) | into('np.put(z, i - 1, x[0], "wrap")', i=i, x=x) | into('z[i] = x', i=i, x=x)
into('np.add.at(z, i, x)', i=i, x=x) | into('np.subtract.at(z, (slice(None), i), x)', i=i, x=x) | into('np.putmask(z, x > 1, x[0])', x=x)
into('np.place(z, x > 1, x[0])', x=x) | into('np.put_along_axis(z, i[:, None], x[:, :1], 1)', i=i, x=x) | into('np.copyto(z, 0.5, where=x > 1)', x=x)
into('np.log(x - 1, out=z, where=x > 1)', x=x) | into('np.put_along_axis(z, i, x[0], None)', i=i, x=x)
""".strip()
    .replace("\n", " | ")
    .split(" | ")
)
ASKING = ("x[x > 1.5", "np.extract", "np.repeat", "np.bincount(i, x[0])")


@pytest.mark.parametrize("call", PLACES)
def test_places_and_masks_may_differ_between_elements(call: str) -> None:
    places = np.array([[0, 2, 1], [1, 1, 0]])
    values = np.stack([OPERANDS["x"], OPERANDS["x"].T * 0.9])

    def into(statement: str, **given: Any) -> Any:
        z = np.zeros_like(given["x"])
        exec(statement, {"np": np, "z": z, **given})
        return z

    def f(x: Any, i: Any) -> Any:
        return eval(call, {"np": np, "x": x, "i": i, "into": into})

    batch = (torch.tensor(values), torch.tensor(places))
    if call.startswith(ASKING):
        with pytest.raises(RuntimeError, match=r"vmap: (It looks like you're |We do not support batching)"):
            torch.func.vmap(f)(*batch)
        return
    got = torch.func.vmap(f)(*batch)
    want = np.stack([f(x, i) for x, i in zip(values, places, strict=True)])
    np.testing.assert_allclose(got.numpy(), want, rtol=1e-12)
    assert (got.dtype.is_floating_point, got.shape) == (want.dtype.kind == "f", want.shape)


# -- arrays and numbers of tensors inside a transform --------------------------------------------------------------------

X = torch.tensor([1.0, 2.0], dtype=torch.float64)
ARRAYS = """
np.asarray(x) | np.array(x) | x.numpy() | np.array([x[0], x[1]]) | np.random.default_rng(0).normal(x) | np.full(2, x[0])
""".strip().split(" | ")
NUMBERS = "float(s) | s.item() | math.sin(s) | x.tolist() | np.float64(s) | int(s) | complex(s) | bool(s > 0)".split(
    " | "
)


def inside(transform: str, call: str) -> Any:
    """The value of a call on x, and on s, its sum, inside of a transform."""
    seen = []

    def f(x: Any) -> Any:
        seen.append(eval(call, {"np": np, "math": math, "x": x, "s": x.sum()}))
        return x.sum()

    if transform == "dual":
        with fwAD.dual_level():
            f(fwAD.make_dual(X, X))
    elif transform == "jvp":
        torch.func.jvp(f, (X,), (X,))
    elif transform == "vmap":
        torch.func.vmap(f)(torch.stack([X, X]))
    else:
        torch.func.grad(f)(X)
    return seen[0]


@pytest.mark.parametrize("call", ARRAYS)
def test_no_array_is_made_of_a_tensor_inside_a_transform(call: str) -> None:
    """PyTorch's errors. A dual level of the user's own gives the primal, as PyTorch's does."""
    for transform, words in (
        ("grad", r"Can't call numpy\(\) on Tensor that requires grad"),
        ("jvp", r"Can't call numpy\(\) on Tensor inside of jvp: the array would lose the tangent"),
        ("vmap", r"vmap: It looks like you're calling .numpy\(\) on a Tensor"),
    ):
        with pytest.raises(RuntimeError, match=words):
            inside(transform, call)
    np.testing.assert_array_equal(inside("dual", call), eval(call, {"np": np, "x": X}))


@pytest.mark.parametrize("call", NUMBERS)
def test_numbers_of_tensors_inside_transforms_are_pytorchs(call: str) -> None:
    """Values without a derivative; under vmap there are none."""
    want = eval(call, {"np": np, "math": math, "x": X, "s": X.sum()})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # grad's, about lost history: tested in test_interop
        assert [inside(transform, call) for transform in ("grad", "jvp", "dual")] == [want] * 3
    with pytest.raises(RuntimeError, match="vmap: It looks like you're "):
        inside("vmap", call)


def test_force_gives_the_primal() -> None:
    assert inside("jvp", "x.numpy(force=True)").tolist() == [1, 2]


# -- constants -----------------------------------------------------------------------------------------------------------


def with_constants(x: Any) -> Any:
    """What NumPy computes of constants stays an array, and meets tensors as any array does."""
    both = np.concatenate([np.ones(1), np.array([2.0])])
    assert type(both) is np.ndarray
    order = np.argsort(np.array([3.0, 1.0]))
    y = both + x * both - both / x
    y = np.stack([both, y])[:, order] + np.where(both > 1, x, both)
    y = np.add(both, y) @ both
    y[order] = both * x
    return np.sum(np.append(y, both) ** 2) + both[0] * x[order][0]


@pytest.mark.parametrize("transform", ["grad", "jvp", "hessian", "vmap"])
def test_constants_meet_tensors(transform: str) -> None:
    want = with_constants(X.numpy())
    slope = [(with_constants(X.numpy() + h) - with_constants(X.numpy() - h)) / 2e-6 for h in 1e-6 * np.eye(2)]
    if transform == "grad":
        np.testing.assert_allclose(torch.func.grad(with_constants)(X).numpy(), slope, rtol=1e-7)
    elif transform == "jvp":
        value, change = torch.func.jvp(with_constants, (X,), (torch.ones_like(X),))
        np.testing.assert_allclose([value.item(), change.item()], [want, sum(slope)], rtol=1e-7)
    elif transform == "vmap":
        np.testing.assert_allclose(torch.func.vmap(with_constants)(torch.stack([X, X])).numpy(), [want] * 2)
    else:
        hessian = torch.func.hessian(with_constants)(X)
        rows = [
            torch.func.grad(with_constants)(X + h) - torch.func.grad(with_constants)(X - h) for h in 1e-5 * torch.eye(2)
        ]
        np.testing.assert_allclose(hessian.numpy(), (torch.stack(rows) / 2e-5).numpy(), rtol=1e-6)


def test_out_of_a_method_may_be_an_array_where_nothing_follows() -> None:
    array = np.zeros(())
    assert np.sum(X, out=array) is array
    assert array == 3


# -- programs ------------------------------------------------------------------------------------------------------------


def jacobian(function: Any, at: Any) -> Any:
    """By differences of the five-point rule, column by column."""
    columns = []
    for along in 2.0**-10 * np.eye(len(at)):
        far_back, back, ahead, far_ahead = (np.asarray(function(at + k * along)) for k in (-2, -1, 1, 2))
        columns.append((8 * (ahead - back) - (far_ahead - far_back)) / 12 * 2.0**10)
    return np.stack(columns, -1)


@pytest.fixture(params=PROGRAMS)
def program(request: Any) -> Program:
    return PROGRAMS[request.param]


def total(program: Program) -> Any:
    """The program as a function with one number for its value."""
    return lambda x: np.sum(np.sin(program.function(x)))


def test_programs_give_the_same_values(program: Program) -> None:
    value, change = torch.func.jvp(program.function, (torch.tensor(program.at),), (torch.tensor(program.at),))
    want = program.function(program.at)
    np.testing.assert_allclose(value.numpy(), want, rtol=1e-14, atol=1e-15)
    np.testing.assert_allclose(
        change.numpy(), jacobian(program.function, program.at) @ program.at, rtol=1e-8, atol=1e-9
    )


def test_gradients_of_programs(program: Program) -> None:
    got = torch.func.grad(total(program))(torch.tensor(program.at))
    np.testing.assert_allclose(got.numpy(), jacobian(total(program), program.at), rtol=1e-8, atol=1e-9)


def test_jacobians_of_programs(program: Program) -> None:
    want = jacobian(program.function, program.at)
    for transform in (torch.func.jacfwd, torch.func.jacrev):
        np.testing.assert_allclose(
            transform(program.function)(torch.tensor(program.at)).numpy(), want, rtol=1e-8, atol=1e-9
        )


def test_hessians_of_programs(program: Program) -> None:
    def gradient(at: Any) -> Any:
        return torch.func.grad(total(program))(torch.tensor(at)).numpy()

    got = torch.func.hessian(total(program))(torch.tensor(program.at))
    np.testing.assert_allclose(got.numpy(), jacobian(gradient, program.at), rtol=1e-7, atol=1e-8)


def test_batches_of_programs(program: Program) -> None:
    several = np.stack([program.at, 1.1 * program.at, 0.9 * program.at])
    got = torch.func.vmap(program.function)(torch.tensor(several))
    np.testing.assert_allclose(
        got.numpy(), np.stack([program.function(one) for one in several]), rtol=1e-13, atol=1e-14
    )
    slopes = torch.func.vmap(torch.func.grad(total(program)))(torch.tensor(several))
    want = [torch.func.grad(total(program))(torch.tensor(one)).numpy() for one in several]
    np.testing.assert_allclose(slopes.numpy(), np.stack(want), rtol=1e-12, atol=1e-13)
