"""What ``vmap`` asks of its arguments, hands through, refuses and writes back: as PyTorch's."""

from __future__ import annotations

import copy
import sys
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

import chainrule as torch
from chainrule.core.op import OPS, declare
from chainrule.core.value import new_tensor
from chainrule.func import grad, jacrev, jvp, vmap

X = torch.arange(24.0).reshape(2, 3, 4)


def matrix() -> Any:
    return torch.tensor([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])


# -- where the batch is -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("in_dim", [0, 1, 2, -1, -3])
@pytest.mark.parametrize("out_dim", [0, 1, 2, -1, -3])
def test_the_batch_may_be_any_dimension(in_dim: int, out_dim: int) -> None:
    found = vmap(lambda x: x.cumsum(0), in_dims=in_dim, out_dims=out_dim)(X)
    want = torch.stack([x.cumsum(0) for x in X.unbind(in_dim)], out_dim)
    assert torch.equal(found, want)


def test_arguments_in_containers() -> None:
    def f(parameters: dict[str, Any], pair: tuple[Any, Any], scale: float) -> dict[str, Any]:
        return {"sum": parameters["w"] @ pair[0] + parameters["b"], "rest": [pair[1] * scale, pair[1]]}

    parameters = {"w": torch.ones(2, 2), "b": torch.arange(6.0).reshape(2, 3)}
    dims = ({"w": None, "b": 1}, (0, None), None)
    found = vmap(f, in_dims=dims, out_dims={"sum": 1, "rest": 0})(parameters, (matrix(), torch.tensor(2.0)), 3.0)
    want = torch.stack([matrix()[at].sum() + parameters["b"][:, at] for at in range(3)], 1)
    assert torch.equal(found["sum"], want)
    assert torch.equal(found["rest"][0], torch.full((3,), 6.0))
    assert torch.equal(found["rest"][1], torch.full((3,), 2.0))


def test_keyword_arguments_are_shared_and_none_is_handed_through() -> None:
    def f(x: Any, *, shift: Any) -> Any:
        return x + shift, shift

    found, shared = vmap(f, out_dims=(0, None))(matrix(), shift=torch.tensor([10.0, 20.0]))
    assert torch.equal(found, matrix() + torch.tensor([10.0, 20.0]))
    assert torch.equal(shared, torch.tensor([10.0, 20.0]))


def test_batches_of_batches() -> None:
    outer = vmap(vmap(lambda x, y: x * y, in_dims=(0, None)), in_dims=(None, 0))
    assert torch.equal(outer(torch.arange(2.0), torch.arange(3.0)), torch.outer(torch.arange(3.0), torch.arange(2.0)))
    mixed = vmap(lambda row: vmap(lambda x: (x * row).sum())(matrix()))
    assert torch.equal(mixed(matrix()), matrix() @ matrix().T)


@pytest.mark.parametrize("chunk_size", [1, 2, 3, 5])
def test_chunks_change_nothing(chunk_size: int) -> None:
    sizes = []

    def f(x: Any, y: Any) -> tuple[Any, Any]:
        sizes.append(x.shape)
        return x * y, x.sum()

    whole = vmap(f, in_dims=(1, None), out_dims=(1, 0))(X, torch.tensor(2.0))
    sizes.clear()
    parts = vmap(f, in_dims=(1, None), out_dims=(1, 0), chunk_size=chunk_size)(X, torch.tensor(2.0))
    assert [torch.equal(a, b) for a, b in zip(whole, parts, strict=True)] == [True, True]
    assert len(sizes) == -(-3 // chunk_size)
    rows = jacrev(torch.sin, chunk_size=chunk_size)(torch.arange(4.0))
    assert torch.equal(rows, torch.diag(torch.cos(torch.arange(4.0))))


REFUSED_CALLS: list[tuple[type[Exception], str, Callable[[], Any]]] = [
    (ValueError, "got no inputs", vmap(lambda: 1)),
    (ValueError, "expected `in_dims` to be int", lambda: vmap(torch.sin, in_dims="x")(X)),
    (ValueError, "at least one input", lambda: vmap(torch.sin, in_dims=(None,))(X)),
    (ValueError, "in_dims is not compatible", lambda: vmap(torch.add, in_dims=(0,))(X, X)),
    (ValueError, "Got in_dim=3 for some input", lambda: vmap(torch.sin, in_dims=3)(X)),
    (ValueError, "of type <class 'int'>", lambda: vmap(torch.add)(X, 1)),
    (ValueError, "same size in the mapped dimension", lambda: vmap(torch.add)(X, matrix())),
    (ValueError, "must only return Tensors", lambda: vmap(lambda x: 1)(X)),
    (ValueError, "out_dims is not compatible", lambda: vmap(torch.sin, out_dims=(0, 0))(X)),
    (ValueError, "can not return a BatchedTensor when out_dim is None", lambda: vmap(torch.sin, out_dims=None)(X)),
    (IndexError, "Dimension out of range", lambda: vmap(torch.sin, out_dims=3)(X)),
    (ValueError, "chunk_size should be None or greater than 0", lambda: vmap(torch.sin, chunk_size=0)),
    (RuntimeError, "Only allowed values for randomness", lambda: vmap(torch.sin, randomness="other")),
]


@pytest.mark.parametrize(("kind", "words", "call"), REFUSED_CALLS, ids=[words for _, words, _ in REFUSED_CALLS])
def test_calls_that_do_not_fit(kind: type[Exception], words: str, call: Callable[[], Any]) -> None:
    with pytest.raises(kind, match=words):
        call()


# -- what depends on values ---------------------------------------------------------------------------------------------

DATA_DEPENDENT: dict[str, Callable[[Any], Any]] = {
    "item": lambda x: x.sum().item(),
    "float": lambda x: float(x.sum()),
    "if": lambda x: x if x.sum() > 0 else -x,
    "any": lambda x: x if x.any() else -x,
    "in": lambda x: x * (1.0 in x),
    "tolist": lambda x: x.tolist(),
    "numpy": lambda x: x.numpy(),
    "range": lambda x: sum(x for _ in range(x[0].int())),
    "slice": lambda x: x[: x[0].int()],
    "format": lambda x: f"{x[0]:.1f}",
    "data": lambda x: x.data,
    "data_ptr": lambda x: x.data_ptr(),
    "storage": lambda x: x.untyped_storage(),
    "nonzero": lambda x: x.nonzero(),
    "where": lambda x: torch.where(x > 1),
    "masked_select": lambda x: x.masked_select(x > 1),
    "mask": lambda x: x[x > 1],
    "0-d mask": lambda x: x[x[0] > 1],
    "write of several at a mask": lambda x: x.clone().index_put_((x > 1,), x[:1]),
    "unique": lambda x: x.unique(),
    "unique_consecutive": lambda x: x.unique_consecutive(),
    "repeat_interleave": lambda x: x.repeat_interleave(x.int()),
    "bincount": lambda x: torch.bincount(x.int()),
    "equal": lambda x: torch.equal(x, x),
    "allclose": lambda x: torch.allclose(x, x),
    "arange": lambda x: torch.arange(x[0]),
    "full": lambda x: torch.full((2,), x[0]),
    "alpha": lambda x: torch.add(x, 1, alpha=x[0]),
    "multinomial": lambda x: torch.multinomial(x, 1),
    "unbatched target": lambda x: torch.zeros(2).add_(x),
    "unbatched target of a part": lambda x: torch.zeros(2, 2)[0].copy_(x * 2),
    "unbatched target at an index": lambda x: torch.zeros(2).index_put_((x.long() % 2,), torch.ones(2)),
    "unbatched out": lambda x: torch.add(x, x, out=torch.zeros(2)),
    "expanded target": lambda x: x[:, None].expand(2, 3).add_(1),
}


@pytest.mark.parametrize("name", DATA_DEPENDENT)
def test_what_has_no_one_value_is_refused(name: str) -> None:
    for transform in (vmap, lambda f: vmap(vmap(f))):
        given = matrix() if transform is vmap else torch.stack([matrix(), matrix()])
        with pytest.raises(RuntimeError):
            transform(DATA_DEPENDENT[name])(given)


def test_alike_shapes_do_not_slip_through() -> None:
    alike = torch.tensor([[1.0, 2.0], [3.0, 4.0]])
    for name in ("unique", "masked_select", "mask", "nonzero"):
        with pytest.raises(RuntimeError, match="vmap"):
            vmap(DATA_DEPENDENT[name])(alike + 5)


# -- writes and views inside --------------------------------------------------------------------------------------------


def all_of(*statements: str) -> Callable[[Any], Any]:
    """A function of x that runs the statements and returns y, made from x."""
    code = compile("\n".join(statements), "<writes>", "exec")

    def f(x: Any) -> Any:
        names = {"x": x, "torch": torch, "i": (x[0] * 0).long(), "j": (x[:1] * 0 + 1).long()}
        exec(code, names)
        return names["y"]

    return f


WRITES = {
    "add_": ("y = x * 2", "y.add_(x)"),
    "a view": ("y = x * 2", "y[0].mul_(x[1])"),
    "a view of a view": ("y = x * 2", "y[1:][0] = x[0]"),
    "the base, then a view": ("y = x * 2", "v = y[0]", "y.mul_(3)", "v.add_(1)", "y = y + v"),
    "two views": ("z = x * 2", "a, b = z[0], z[1]", "a.add_(1)", "b.mul_(2)", "y = z + b"),
    "a reshape": ("z = x * 2", "z.reshape(1, 2)[0, 1].mul_(5)", "y = z"),
    "a reshape that copies": ("z = (x[:, None] * x).t()", "c = z.reshape(-1)", "c.mul_(5)", "y = z.sum() + c"),
    "a contiguous copy": ("z = (x[:, None] * x).t()", "z.contiguous().mul_(5)", "y = z"),
    "at a batched index": ("y = x * 2", "y[i] = x[1]"),
    "at batched indices": ("y = x * 2", "y[j] = x[:1]"),
    "at a batched mask": ("y = x * 2", "y[y > 3] = x[0]"),
    "a number at a batched mask": ("y = x * 2", "y[y > 3] = 1.5"),
    "rows at a batched mask": ("y = x[:, None] * x", "y[x > 1.5] = x"),
    "masked_fill_": ("y = x * 2", "y.masked_fill_(x > 2, 0.5)"),
    "masked_scatter_": ("y = x * 2", "y.masked_scatter_(x > 2, x + 1)"),
    "scatter_add_": ("y = x * 2", "y.scatter_add_(0, j, x)"),
    "index_add_": ("y = x * 2", "y.index_add_(0, j, x[:1])"),
    "index_fill_": ("y = x * 2", "y.index_fill_(0, j, 7.0)"),
    "zeros_like": ("y = torch.zeros_like(x)", "y[0] = x[1]"),
    "new_zeros": ("y = x.new_zeros(3)", "y[1:] = x"),
    "new_full": ("y = x.new_full((3,), 2.0)", "y[1:] *= x"),
    "empty_like": ("y = torch.empty_like(x)", "y.copy_(x)"),
    "detach": ("z = x * 2", "z.detach().mul_(3)", "y = z + 0"),
    "no_grad": ("y = x * 2", "with torch.no_grad():", "    y.mul_(3)"),
    "unsqueeze_": ("y = x * 2", "y.unsqueeze_(0)", "y.mul_(x)"),
    "fill_diagonal_": ("y = x[:, None] * x", "y.fill_diagonal_(5.0)"),
    "as_strided": ("y = x * 2", "y.as_strided((1,), (1,), 1).mul_(3)"),
    "complex parts": ("y = torch.complex(x, x)", "y.imag.mul_(2)", "torch.view_as_real(y)[..., 0].add_(x)"),
}


@pytest.mark.parametrize("name", WRITES)
def test_writes_inside(name: str) -> None:
    f = all_of(*WRITES[name])
    given = matrix()
    assert torch.equal(vmap(f)(given), torch.stack([f(row) for row in given.clone()]))

    def total(x: Any) -> Any:
        return torch.real(f(x) * f(x)).sum()

    each = torch.stack([grad(total)(row) for row in given])
    assert torch.equal(vmap(grad(total))(given), each)
    assert torch.equal(grad(lambda x: vmap(total)(x).sum())(given), each)


def test_forward_mode_over_writes() -> None:
    x, t = torch.tensor([1.1, 2.3]), torch.tensor([0.5, -1.0])  # where no mask changes
    for name, statements in WRITES.items():
        if name in ("detach", "no_grad"):
            continue  # their point is that a derivative does not see all
        f = all_of(*statements)
        step = 1e-3
        found = jvp(f, (x.double(),), (t.double(),))[1]
        want = (f((x + step * t).double()) - f((x - step * t).double())) / (2 * step)
        assert torch.allclose(found, want, rtol=1e-3, atol=1e-3), name


def test_a_write_to_an_argument_is_seen_outside() -> None:
    x = matrix()
    result = vmap(lambda row: row.mul_(2), in_dims=1, out_dims=1)(x)
    assert torch.equal(x, matrix() * 2)
    assert torch.equal(result, x)
    moved = matrix()
    vmap(lambda row: row.unsqueeze_(0))(moved)
    assert moved.shape == (3, 2)


def test_results_have_memory_of_their_own() -> None:
    x = matrix()
    same = vmap(lambda row: row)(x)
    same.zero_()
    assert torch.equal(x, matrix())
    w = torch.ones(3, requires_grad=True)
    y = vmap(torch.exp)(w)
    with torch.no_grad():
        y.zero_()
    (gradient,) = torch.autograd.grad(y, w, torch.ones(3))
    assert torch.allclose(gradient, torch.exp(torch.ones(3)))
    first, second = vmap(lambda row: ((row * 2).sum(),) * 2)(x)
    first.zero_()
    assert torch.equal(second, (matrix() * 2).sum(1))
    value, change = jvp(lambda x: x * 2, (x,), (x,))
    value.zero_()
    assert torch.equal(change, matrix() * 2)


def test_an_error_inside_leaves_no_batch_running() -> None:
    with pytest.raises(ZeroDivisionError):
        vmap(lambda x: x / 0 if x.ndim else 1 // 0)(torch.ones(2))
    torch.rand(1)


# -- the way of last resort ---------------------------------------------------------------------------------------------


@pytest.fixture
def unruly() -> Iterator[Any]:
    """An op of kind general that says nothing about batches."""
    yield declare("general", "unruly(x)", forward=lambda xp, x: xp.multiply(x, x), x=lambda g, x: 2 * g * x)
    del OPS["unruly"]


def test_an_op_without_batching_rule_warns_and_is_named(unruly: Any) -> None:
    with pytest.warns(UserWarning, match="There is a performance drop because op unruly has no batching rule"):
        found = vmap(grad(lambda x: unruly(x).sum()))(matrix())
    assert torch.equal(found, matrix() * 2)


def test_no_function_of_a_network_loops() -> None:
    """An MLP's gradients, one for each sample: no more is called for 20 of them than for 3."""
    rng = np.random.default_rng(0)
    layers = [new_tensor(rng.standard_normal(shape)) for shape in [(6, 5), (5, 4), (4, 3)]]

    def loss(layers: list[Any], x: Any, label: Any) -> Any:
        for layer in layers:
            x = torch.tanh(x @ layer)
        return -torch.log_softmax(x, -1).gather(-1, label[None]).mean()

    per_sample = vmap(grad(loss), in_dims=(None, 0, 0))

    def calls(size: int) -> int:
        x, label, count = new_tensor(rng.standard_normal((size, 6))), torch.zeros(size, dtype=torch.int64), 0

        def note(frame: Any, event: str, argument: Any) -> None:
            nonlocal count
            count += event in ("call", "c_call")

        sys.setprofile(note)
        try:
            per_sample(layers, x, label)
        finally:
            sys.setprofile(None)
        return count

    for size in (3, 20):  # what is worked out once, or once for a shape, is worked out now
        calls(size)
    assert calls(3) == calls(20)


def test_a_batched_tensor_may_be_copied_and_shown() -> None:
    seen = []

    def f(x: Any) -> Any:
        seen.append(repr(x))
        return copy.copy(x) + copy.deepcopy(x)

    assert torch.equal(vmap(f)(matrix()), matrix() * 2)
    assert seen[0].startswith("BatchedTensor(lvl=1, bdim=0, value=")
