"""Tensors among NumPy arrays: shared memory, NumPy functions that are recorded, DLPack, copies, pickles."""

from __future__ import annotations

import copy
import gc
import math
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from finite import assert_near, derivative, direction

import chainrule as torch
from chainrule import once

RNG = np.random.default_rng(3)
X = RNG.uniform(0.5, 2, (3, 3))
A = RNG.uniform(0.5, 2, (3, 3))
V = RNG.uniform(0.5, 2, 3)
B = RNG.uniform(0.5, 2, (2, 3, 4))
M = X > 1


# -- shared memory ------------------------------------------------------------------------------------------------------


def test_memory_is_shared_both_ways() -> None:
    a = np.zeros(3)
    t = torch.from_numpy(a)
    a[0] = 5
    t[1] = 7
    assert t.tolist() == a.tolist() == [5, 7, 0]
    b = t.numpy()
    b[2] = 9
    assert a.tolist() == t.tolist() == [5, 7, 9]
    assert np.shares_memory(a, b)
    assert np.shares_memory(np.asarray(t[1:]), a)


def test_the_array_is_not_the_tensors_own_object() -> None:
    t = torch.ones(2, 3)
    a = t.numpy()
    a.flags.writeable = False
    a.shape = (3, 2)
    t.add_(1)
    assert t.shape == (2, 3)
    assert a.shape == (3, 2)


def test_a_tensor_with_history_is_not_handed_out() -> None:
    w = torch.ones(3, requires_grad=True)
    for call in (
        w.numpy,
        (w * 2).numpy,
        lambda: np.asarray(w),
        lambda: np.array(w * 2),
        lambda: np.array(w, np.float64),
    ):
        with pytest.raises(RuntimeError, match=r"Can't call numpy\(\) on Tensor that requires grad. Use tensor.detach"):
            call()
    assert w.numpy(force=True).tolist() == [1, 1, 1]
    with torch.no_grad():
        assert w.numpy().tolist() == [1, 1, 1]  # nothing would be recorded of it anyway


def test_asarray_and_array() -> None:
    t = torch.ones(2)
    assert np.shares_memory(np.asarray(t), t.numpy())
    assert not np.shares_memory(np.array(t), t.numpy())
    assert np.asarray(t, np.float64).dtype == np.float64
    assert np.shares_memory(np.asarray(t, copy=False), t.numpy())
    with pytest.raises(ValueError, match="Unable to avoid copy"):
        np.asarray(t, np.float64, copy=False)
    assert np.asarray(torch.tensor(3.0)).shape == ()
    assert np.array([torch.tensor(1.0), torch.tensor(2.0)]).tolist() == [1, 2]
    assert float(np.float64(torch.tensor(3.0))) == 3
    with pytest.raises(TypeError, match="unsupported ScalarType BFloat16"):
        np.asarray(t.bfloat16())


def lost(t: Any, a: Any) -> Any:
    w = torch.ones(3, dtype=torch.float64, requires_grad=True)
    y = (w * t).sum()
    a[0] = 100.0
    return y


@pytest.mark.parametrize(
    "share", ["numpy", "asarray", "dlpack", "from_numpy", "as_tensor", "from_dlpack", "asarray of"]
)
def test_a_saved_value_changed_from_outside_is_found_out(share: str) -> None:
    if share in ("numpy", "asarray", "dlpack"):
        t = torch.ones(3, dtype=torch.float64)
        a = {"numpy": t.numpy, "asarray": lambda: np.asarray(t), "dlpack": lambda: np.from_dlpack(t)}[share]()
        if not a.flags.writeable:
            pytest.skip("this NumPy imports read-only memory")
    else:
        a = np.ones(3)
        make = {
            "from_numpy": torch.from_numpy,
            "as_tensor": torch.as_tensor,
            "from_dlpack": torch.from_dlpack,
            "asarray of": torch.asarray,
        }
        t = make[share](a)
    with pytest.raises(RuntimeError, match="from outside, through a NumPy array that shares its memory"):
        lost(t, a).backward()


def test_an_array_handed_out_after_the_value_was_saved() -> None:
    w, t = torch.ones(3, requires_grad=True), torch.ones(3)
    y = (w * t).sum()
    t.numpy()[0] = 5
    with pytest.raises(RuntimeError, match="from outside"):
        y.backward()


def test_read_only_arrays_are_read_and_never_written() -> None:
    a = np.ones(3)
    a.flags.writeable = False
    t = torch.from_numpy(a)
    assert (t * 2).tolist() == [2, 2, 2]
    for write in (lambda: t.add_(1), lambda: t.__setitem__(0, 5.0), t[1:].zero_, lambda: torch.exp(t, out=t)):
        with pytest.raises(RuntimeError, match="read-only"):
            write()
    assert a.tolist() == [1, 1, 1]
    assert not t.numpy().flags.writeable
    with pytest.raises(RuntimeError, match=r"read-only|single memory"):
        torch.from_numpy(np.broadcast_to(np.ones(1), 3)).fill_(2)


def test_memory_mapped_files(tmp_path: Path) -> None:
    written = np.memmap(tmp_path / "data", np.float32, "w+", shape=(4,))
    written[:] = [1, 2, 3, 4]
    t = torch.from_numpy(written)
    assert type(t.numpy()) is np.ndarray
    t[0] = 9
    written.flush()
    read = np.memmap(tmp_path / "data", np.float32, "r", shape=(4,))
    assert read.tolist() == [9, 2, 3, 4]
    with pytest.raises(RuntimeError, match="read-only"):
        torch.from_numpy(read).add_(1)
    del t, written, read
    gc.collect()


def test_foreign_kinds_of_arrays() -> None:
    masked = np.ma.array([1.0, 2.0], mask=[True, False])
    for make in (torch.from_numpy, torch.tensor, torch.as_tensor):
        assert make(masked).tolist() == [1, 2]
    assert torch.from_numpy(np.array(3.0)).shape == ()
    assert torch.from_numpy(np.ones((0, 3))).shape == (0, 3)
    assert torch.from_numpy(np.asfortranarray(np.ones((2, 3)))).stride() == (1, 2)
    assert torch.from_numpy(np.ones((4, 4))[::2, 1::2]).stride() == (8, 2)
    big_endian = np.array([1.0, 2.0], ">f8")
    for make in (torch.from_numpy, torch.tensor, torch.as_tensor):
        with pytest.raises(ValueError, match="byte order"):
            make(big_endian)
        for strange in (np.array([object()]), np.array(["a"]), np.zeros(1, [("a", "f4")]), np.array([0], "M8[D]")):
            with pytest.raises(TypeError, match=r"can't convert np.ndarray of type"):
                make(strange)
        with pytest.raises(ValueError, match="negative"):
            make(np.arange(3)[::-1])
    with pytest.raises(TypeError, match=r"expected np.ndarray"):
        torch.from_numpy([1.0])


def test_a_length_1_axis_may_have_a_negative_stride() -> None:
    a = np.arange(3.0)[::-1][:1]
    assert torch.tensor(a.copy()).tolist() == [2.0]


# -- NumPy functions on tensors that require grad -----------------------------------------------------------------------


def called(call: str, arrays: list[Any]) -> Any:
    names = dict(zip("xvb", arrays, strict=True))
    return eval(call, {"np": np, "a": A, "m": M, **names})


@pytest.mark.parametrize(
    "call",
    """
    np.float64(2) + x | np.float64(2) - x | np.float64(2) * x | np.float64(2) / x | np.float64(2) ** x | np.float64(2) // x
    np.float64(2) % x | np.float64(1) < x | np.float64(1) >= x | np.float64(1) == x | np.int64(1) != x | x + np.float64(2)
    np.arctan2(1.0, x) | np.copysign(1.0, x) | np.fmod(5.0, x) | np.int64(3) * x | np.float32(3) - x | np.logical_and(1, x)
    """.replace("\n", "|")
    .strip(" |")
    .split("|"),
)
def test_numpy_scalars_are_numbers(call: str) -> None:
    want = called(call.strip(), [X, V, B])
    for requires_grad in (True, False):
        got = called(call.strip(), [torch.tensor(a, requires_grad=requires_grad) for a in (X, V, B)])
        assert isinstance(got, torch.Tensor)
        np.testing.assert_allclose(got.detach().numpy(), want, rtol=1e-14)
    assert called(call.strip(), [torch.tensor(a).float() for a in (X, V, B)]).dtype in (torch.float32, torch.bool)


def test_the_refusal_of_what_nobody_knows_names_it() -> None:
    x = torch.tensor(X, requires_grad=True)
    with pytest.raises(TypeError, match=r"numpy\.exp\.at is not covered.*numpy\.add\.at and numpy\.subtract\.at are"):
        np.exp.at(x, 0)
    unknown = np.frompyfunc(abs, 1, 1)
    with pytest.raises(TypeError, match=r"numpy\.abs \(vectorized\) is not covered.*detach"):
        unknown(x)


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        ("np.add(x, x, where=m)", TypeError, "'where' without 'out' leaves the other values undefined"),
        ("np.matmul(x, x, axes=[0, 1, 2])", TypeError, r"numpy\.matmul: the argument 'axes' is not covered"),
        ("np.add(x, x, dtype=np.int64)", TypeError, "cannot cast an operand"),
        ("np.multiply.at(x * 1, 0, 2.0)", TypeError, r"numpy\.multiply\.at is not covered"),
        ("np.power.reduce(x, where=m)", ValueError, "no identity"),
        ("np.quantile(v, 0.5, weights=v)", TypeError, r"numpy\.quantile: the argument 'weights' is not covered"),
        ("np.quantile(v, 0.5, method='none')", ValueError, "'none' is not a valid method"),
        ("np.pad(x, 1, 'linear_ramp')", TypeError, r"numpy\.pad: mode='linear_ramp' is not covered.*concatenate"),
        ("np.pad(x, 1, 'reflect', reflect_type='odd')", TypeError, r"numpy\.pad: mode='reflect'.*odd.* is not covered"),
        ("np.poly(x)", TypeError, r"numpy\.poly of a matrix is not covered.*eigenvalues"),
        ("np.reshape(x, -1, order='F')", TypeError, r"numpy\.reshape: the argument 'order' is not covered"),
        ("np.max(x, where=m)", ValueError, "specify 'initial'"),
        ("np.subtract.reduce(x, axis=(0, 1))", ValueError, "not reorderable"),
        ("np.fmax.reduce(x[:0])", ValueError, "no identity"),
        ("np.exp.reduce(x)", ValueError, "only supported for binary functions"),
        ("np.split(x, 2)", ValueError, "equal division"),
        ("np.take(x, 9)", IndexError, "out of bounds"),
        ("np.sum(x, axis=2)", np.exceptions.AxisError, "out of bounds"),
        ("np.average(x, axis=0, weights=v - v)", ZeroDivisionError, "sum to zero"),
        ("np.average(x, weights=v)", ValueError, "Shape of weights"),
        ("np.geomspace(-v[0], 1.0)", ValueError, "cannot include zero"),
        ("np.gradient(v[:1])", ValueError, "Shape of array too small"),
        ("np.gradient(v, edge_order=3)", ValueError, "edge_order"),
        ("np.gradient(x, 1.0, 2.0, 3.0)", TypeError, "invalid number of arguments"),
        ("np.convolve(x, v)", ValueError, "of vectors"),
        ("np.piecewise(x, [x > 1], [1.0, 2.0, 3.0])", ValueError, "functions are expected"),
    ],
)
def test_what_a_covered_function_does_not_do_is_said(call: str, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        called(call, [torch.tensor(a, requires_grad=True) for a in (X, V, B)])


def test_nothing_is_written_to_an_array_that_would_lose_its_history() -> None:
    x, a = torch.tensor(X, requires_grad=True), A.copy()

    def augmented() -> None:
        nonlocal a
        a += x

    writes = (
        lambda: np.add(a, x, out=a),
        augmented,
        lambda: np.sum(x, axis=0, out=a[0]),
        lambda: np.add.at(a, 0, x),
        lambda: np.copyto(a, x),
        lambda: np.copyto(src=x, dst=a),
        lambda: np.put(a, [0], x),
        lambda: np.putmask(a, M, x),
        lambda: np.place(a, M, x),
        lambda: np.put_along_axis(a, np.zeros((3, 1), int), x[:, :1], 1),
    )
    for write in writes:
        with pytest.raises(TypeError, match="would write values that require grad into an array"):
            write()
    np.testing.assert_array_equal(a, A)


WAYS_IN = """
np.array(w) | np.array([s, s]) | np.array([w, w]) | np.asarray([[s, 1.0], [2.0, s]]) | np.asanyarray(w) | np.float32(w)
np.sum([s, s]) | np.stack([[s], [s]]) | np.add([s, s], a) | np.full(2, s) | np.arange(s) | np.vectorize(abs)(w) | np.ma.array(w)
np.random.default_rng(0).normal(w) | np.nditer(w) | np.broadcast(w, a) | a.dot(w) | a.take(w) | a.searchsorted(w) | np.r_[w, w]
np.polynomial.Polynomial(w) | np.require(w) | np.asarray_chkfinite(w) | np.ascontiguousarray(w) | np.take(a, w) | a.__setitem__(slice(None), w)
np.fill_diagonal(np.eye(2), s) | np.ndenumerate(w) | np.kaiser(3, s) | np.random.default_rng(0).permutation(w)
"""


@pytest.mark.parametrize("call", WAYS_IN.strip().replace("\n", " | ").split(" | "))
def test_no_way_into_an_array_loses_the_history(call: str) -> None:
    """What asks no tensor gets no array of one that requires grad."""
    w = torch.tensor([1.0, 2.0], dtype=torch.float64, requires_grad=True)
    with pytest.raises(RuntimeError, match=r"Can't call numpy\(\) on Tensor that requires grad. Use tensor.detach"):
        eval(call, {"np": np, "w": w, "s": w[0] * 2, "a": np.zeros(2)})


def test_a_number_without_history_is_warned_of() -> None:
    """As by PyTorch: these ask a tensor of one element for a number."""
    w = torch.tensor([1.0, 2.0], dtype=torch.float64, requires_grad=True)
    array = np.zeros(2)
    ways = (float, complex, math.sin, np.float64, "%f".__mod__, lambda t: array.__setitem__(0, t))
    for way in ways:
        once.forget()
        with pytest.warns(UserWarning, match=r"requires_grad=True to a scalar.*\n.*tensor.detach\(\)") as caught:
            way(w[1])
        assert caught[0].filename == __file__
        way(w[1].detach())
    assert array[0] == 2
    assert (int(w[1]), w[1].item(), bool(w[1])) == (2, 2.0, True)


def test_questions_without_a_gradient_are_answered() -> None:
    x = torch.tensor(X, requires_grad=True)
    assert np.shape(x) == (3, 3)
    assert np.ndim(x) == 2
    assert np.size(x) == 9
    assert np.allclose(x, X)
    assert np.array_equal(x, X)
    assert not np.iscomplexobj(x)
    assert np.result_type(x, np.float32) == np.float64
    assert np.count_nonzero(x) == 9
    assert np.argmax(x).item() == np.argmax(X)
    assert np.isfinite(x).all()


@pytest.mark.skipif(np.lib.NumpyVersion(np.__version__) < "2.1.0", reason="this NumPy lacks it")
def test_what_newer_versions_of_numpy_take() -> None:
    x = torch.tensor(X, requires_grad=True)
    got = np.clip(x, min=0.9, max=V)
    np.testing.assert_array_equal(got.detach().numpy(), np.clip(X, min=0.9, max=V))
    assert got.requires_grad
    with pytest.raises(ValueError, match="axis"):
        np.cumulative_sum(x)


def test_out_of_a_ufunc_may_be_a_tensor() -> None:
    out = torch.zeros(3, 3, dtype=torch.float64)
    assert np.add(A, torch.tensor(X), out=out) is out
    np.testing.assert_array_equal(out.numpy(), A + X)
    assert out._version == 1
    x = torch.tensor(X, requires_grad=True)
    assert np.add(A, x, out=out) is out
    assert out._version == 2
    assert torch.autograd.grad(out.sum(), x)[0].tolist() == [[1.0] * 3] * 3
    leaf = torch.zeros(3, 3, dtype=torch.float64, requires_grad=True)
    for call, error, words in (
        (lambda: np.add(A, X, out=leaf), RuntimeError, "leaf Variable"),
        (lambda: np.add(A, x, out=leaf[:2]), ValueError, "output parameter of shape"),
        (lambda: np.sum(x, axis=0, out=out), ValueError, "output parameter of shape"),
        (lambda: np.add(A, x, out=torch.zeros(3, 3, dtype=torch.int64)), TypeError, "casting rule 'same_kind'"),
    ):
        with pytest.raises(error, match=words):
            call()
    assert out._version == 2
    assert np.add(A, x[0], out=(out,)) is out
    first, second = (torch.zeros(3, 3, dtype=torch.float64) for _ in range(2))
    assert np.modf(torch.tensor(X), out=(first, second))[1] is second
    np.testing.assert_array_equal(first.numpy(), np.modf(X)[0])


def test_a_recorded_call_tells_the_users_line() -> None:
    x = torch.tensor(X, requires_grad=True)
    y = np.sin(x)
    assert y.grad_fn.origin().expression == "np.sin(x)"


def test_a_numpy_program_is_differentiable() -> None:
    def loss(w: Any, b: Any) -> Any:
        hidden = np.tanh(A @ w + b)
        return np.mean((hidden - np.sin(A)) ** 2) + 0.1 * np.sum(np.abs(w))

    w, b = (torch.tensor(a, requires_grad=True) for a in (X, V))
    y = loss(w, b)
    y.backward()
    np.testing.assert_allclose(y.item(), loss(X, V), rtol=1e-14)
    d = direction(np.random.default_rng(0), X)
    (slope,) = derivative(lambda m: [np.asarray(loss(m[0], V))], [X], [d])
    assert_near(np.sum(w.grad.numpy() * d), slope, abs(slope), "w")


# -- NumPy functions on tensors that do not -----------------------------------------------------------------------------


def test_a_numpy_program_that_assigns_is_differentiable() -> None:
    def heat(start: Any) -> Any:
        """Five steps of the heat equation, with ends and places that are set."""
        u = np.copy(start)
        steps = np.zeros_like(start, shape=(5, len(start)))
        for step in range(5):
            change = np.zeros_like(u)
            change[1:-1] = u[2:] - 2 * u[1:-1] + u[:-2]
            u = u + 0.1 * change
            u[0], u[-1] = 0.0, np.float64(1)
            u[np.array([2, 3])] *= 0.9
            u[np.arange(len(start)) > 5] = np.array([0.1, 0.2])
            steps[step] = u
        return np.sum(steps**2) + np.linalg.norm(u)

    start = np.linspace(0.2, 1, 8)
    t = torch.tensor(start, requires_grad=True)
    y = heat(t)
    assert y.item() == heat(start)
    (grad,) = torch.autograd.grad(y, t)
    along = direction(np.random.default_rng(0), start)
    (slope,) = derivative(lambda moved: [heat(moved[0])], [start], [along])
    assert_near(np.sum(grad.numpy() * along), slope, abs(slope), "heat", 1e-9)


def test_ufuncs_of_plain_tensors_give_tensors() -> None:
    t = torch.ones(2, 3)
    for result, dtype in (
        (np.sin(t), torch.float32),
        (np.add(t, np.ones(3)), torch.float64),
        (np.ones(3) * t, torch.float64),
        (np.float64(2) * t, torch.float32),
        (np.isnan(t), torch.bool),
        (np.spacing(t), torch.float32),
        (np.add.reduce(t), torch.float32),
        (np.modf(t)[0], torch.float32),
    ):
        assert isinstance(result, torch.Tensor)
        assert result.dtype == dtype
    assert (np.sum(t).item(), np.max(t).item(), np.argmax(t).item()) == (6, 1, 0)
    assert np.reshape(t, (3, 2)).shape == (3, 2)


def test_other_functions_of_plain_tensors_give_arrays() -> None:
    t = torch.tensor([3.0, 1.0, 3.0])
    for result in (np.unique(t), np.concatenate([t, t]), np.where(t > 2, t, 0), np.median(t), np.fft.fft(t)):
        assert isinstance(result, (np.ndarray, np.generic))
    assert np.linalg.norm(t) == np.linalg.norm(t.numpy())
    assert np.interp(1.0, [0, 1, 2], t) == 1
    w = torch.ones(3, requires_grad=True)
    y = (w * t).sum()
    np.atleast_2d(t)[0, 0] = 7  # a view of the tensor's memory
    with pytest.raises(RuntimeError, match="from outside"):
        y.backward()


def test_numpy_writes_to_plain_arrays_and_tensors() -> None:
    t, a = torch.ones(2), np.zeros(2)
    np.copyto(a, t)
    assert a.tolist() == [1, 1]
    np.put(t, [1], 5)
    np.add.at(t, [0, 0], 2)
    assert t.tolist() == [5, 5]
    assert t._version == 2
    np.add.at(a, [0, 0], t)
    assert a.tolist() == [11, 1]


def test_other_kinds_of_arrays_keep_their_say() -> None:
    class Unit(np.ndarray):
        def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
            return "unit's"

    assert np.concatenate([torch.ones(2), np.ones(2).view(Unit)]) == "unit's"

    class Other:
        def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
            return "other's"

    assert np.concatenate([torch.ones(2), Other()]) == "other's"


# -- DLPack -------------------------------------------------------------------------------------------------------------


def test_dlpack_both_ways() -> None:
    t = torch.arange(6.0).reshape(2, 3)
    assert np.from_dlpack(t).tolist() == t.tolist()
    assert np.shares_memory(np.from_dlpack(t), t.numpy())
    assert t.__dlpack_device__() == (1, 0)
    a = np.arange(3.0)
    shared = torch.from_dlpack(a)
    a[0] = 5
    assert shared.tolist() == [5, 1, 2]
    own = torch.from_dlpack(a, copy=True)
    a[0] = 7
    assert own.tolist() == [5, 1, 2]
    again = torch.from_dlpack(t)
    t[0, 0] = 9
    assert again[0, 0] == 9
    assert again._version == 1


def test_dlpack_refusals() -> None:
    with pytest.raises(BufferError, match=r"Can't export tensors that require gradient, use tensor.detach"):
        np.from_dlpack(torch.ones(1, requires_grad=True))
    with pytest.raises(BufferError, match="require gradient"):
        torch.from_dlpack(torch.ones(1, requires_grad=True))
    with pytest.raises(TypeError, match="expected an object with __dlpack__, got int"):
        torch.from_dlpack(3)
    assert torch.from_dlpack(torch.ones(2).__dlpack__()).tolist() == [1, 1]


# -- copies -------------------------------------------------------------------------------------------------------------


def test_deepcopy_of_leaves() -> None:
    w = torch.ones(2, requires_grad=True)
    (w * 3).sum().backward()
    w.note = ["kept"]
    made = copy.deepcopy(w)
    assert made.requires_grad
    assert made.is_leaf
    assert made.grad.tolist() == [3, 3]
    assert made.grad is not w.grad
    assert made.note == ["kept"]
    assert made.note is not w.note
    made.data[0] = 7
    made.grad[0] = 7
    assert w.tolist() == [1, 1]
    assert w.grad.tolist() == [3, 3]


def test_deepcopy_keeps_what_is_shared_shared() -> None:
    t = torch.arange(4.0)
    first, second, part = copy.deepcopy([t, t, t[1:3]])
    assert first is second
    first[1] = 9
    assert part.tolist() == [9, 2]
    assert t[1] == 1
    assert copy.deepcopy(t.reshape(2, 2).t()).stride() == (1, 2)
    array = np.arange(3.0)
    tensor, copied = copy.deepcopy([torch.from_numpy(array), array])
    assert tensor.tolist() == copied.tolist()
    assert copied.shape == (3,)


def test_deepcopy_of_a_nonleaf_is_refused() -> None:
    y = torch.ones(1, requires_grad=True) * 2
    for value in (y, [y], {"y": y}):
        with pytest.raises(RuntimeError, match=r"graph leaves.* support the deepcopy protocol.*MulBackward0.*detach"):
            copy.deepcopy(value)


def test_shallow_copies_share_memory() -> None:
    w = torch.ones(2, requires_grad=True)
    made = copy.copy(w)
    assert made is not w
    assert made.requires_grad
    assert made.is_leaf
    with torch.no_grad():
        made[0] = 5
    assert w.tolist() == [5, 1]


# -- pickles ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
def test_pickles_of_leaves(protocol: int) -> None:
    for t in (
        torch.ones(2, 3, requires_grad=True),
        torch.arange(6).reshape(2, 3).t(),
        torch.tensor(3.5),
        torch.ones(0, 2),
        torch.tensor([1 + 2j]),
        torch.tensor([True]),
        torch.ones(2, dtype=torch.bfloat16),
    ):
        back = pickle.loads(pickle.dumps(t, protocol))
        assert type(back) is type(t)
        assert (back.dtype, back.shape, back.requires_grad) == (t.dtype, t.shape, t.requires_grad)
        assert back.tolist() == t.tolist()
        assert t.numel() == 0 or back.data_ptr() != t.data_ptr()


def test_a_pickle_of_a_nonleaf_is_refused() -> None:
    with pytest.raises(RuntimeError, match=r"a pickle holds no graph.*MulBackward0.*detach"):
        pickle.dumps(torch.ones(1, requires_grad=True) * 2)
    assert pickle.loads(pickle.dumps((torch.ones(1, requires_grad=True) * 2).detach())).tolist() == [2]


def test_a_pickle_names_nothing_but_the_function_that_makes_tensors() -> None:
    import pickletools

    data = pickle.dumps(torch.ones(2, requires_grad=True), 2)
    names = {arg for op, arg, _ in pickletools.genops(data) if op.name == "GLOBAL"}
    assert names == {"chainrule.functions.interop rebuild", "chainrule._tensor Tensor", "_codecs encode"}


def test_attributes_and_shared_objects_survive_a_pickle() -> None:
    w = torch.ones(1)
    w.note = {"a": 1}
    first, second = pickle.loads(pickle.dumps([w, w]))
    assert first is second
    assert first.note == {"a": 1}


def test_a_pickle_from_elsewhere_with_a_wrong_dtype_is_refused() -> None:
    from chainrule.functions.interop import rebuild

    with pytest.raises(ValueError, match=r"a dtype that there is not: 'os.system'"):
        rebuild(torch.Tensor, "os.system", (1,), b"\0", False, None)
