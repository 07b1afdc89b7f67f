"""The number of threads is what BLAS is told, and large arrays are worked on by as many."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import weakref
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

import chainrule as torch
from chainrule.backend import helpers_numpy, linalg_numpy, threads_numpy
from chainrule.backend.threads_numpy import (
    blas,
    by_items,
    in_parallel,
    one_blas_thread,
    set_threads,
    threads,
)


@pytest.fixture(autouse=True)
def _two_threads() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(before)


@pytest.mark.skipif(blas() is None, reason="another BLAS than that of NumPy's wheels")
def test_the_number_of_threads_is_that_of_blas() -> None:
    library = blas()
    assert library is not None
    for number in (1, 2):
        torch.set_num_threads(number)
        assert library.threads() == torch.get_num_threads() == number


def test_a_number_that_is_none_is_refused() -> None:
    for number, error in ((0, RuntimeError), (1.5, TypeError), (True, TypeError)):
        with pytest.raises(error):
            torch.set_num_threads(number)
    assert torch.get_num_threads() == 2


def test_two_threads_work_side_by_side() -> None:
    both = threading.Barrier(2, timeout=30)
    done = []

    def work(piece: int) -> None:
        both.wait()
        done.append(piece)

    in_parallel(work, range(4))
    assert sorted(done) == [0, 1, 2, 3]


@pytest.mark.parametrize("in_browser", [False, True])
def test_one_thread_works_alone(in_browser: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if in_browser:
        monkeypatch.setattr(threads_numpy, "CAN_START", False)
    else:
        torch.set_num_threads(1)
    workers = set()
    in_parallel(lambda piece: workers.add(threading.get_ident()), range(8))
    assert workers == {threading.get_ident()}


def test_pieces_may_be_shared_out_within_pieces() -> None:
    done = []
    in_parallel(lambda outer: in_parallel(lambda inner: done.append((outer, inner)), range(3)), range(3))
    assert sorted(done) == [(outer, inner) for outer in range(3) for inner in range(3)]


@pytest.mark.parametrize("of_the_caller", [True, False])
def test_an_error_of_any_thread_is_raised(of_the_caller: bool) -> None:
    both, caller = threading.Barrier(2, timeout=30), threading.get_ident()

    def work(piece: int) -> None:
        both.wait()
        if (threading.get_ident() == caller) == of_the_caller:
            raise ValueError("of one thread")

    with pytest.raises(ValueError, match="of one thread"):
        in_parallel(work, range(2))


@pytest.mark.skipif(blas() is None, reason="another BLAS than that of NumPy's wheels")
def test_blas_takes_one_thread_while_work_is_shared_out() -> None:
    library = blas()
    assert library is not None
    found = []

    def work(piece: int) -> None:
        found.append((library.threads(), threads()))
        if piece == 3:
            raise ValueError("of a piece")

    in_parallel(work, range(3))
    with one_blas_thread, pytest.raises(ValueError, match="of a piece"):
        in_parallel(work, range(4))
    assert set(found) == {(1, 2)}
    assert library.threads() == 2
    with one_blas_thread:
        set_threads(3)
        assert (library.threads(), threads()) == (1, 3)
    assert library.threads() == threads() == 3


@pytest.mark.skipif(blas() is None or not hasattr(os, "fork"), reason="no processes by fork here, or another BLAS")
@pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork:DeprecationWarning")
def test_a_process_forked_meanwhile_has_all_threads_of_blas() -> None:
    library = blas()
    assert library is not None
    in_parallel(len, ["a", "b"])
    with one_blas_thread:
        child = os.fork()
        if child == 0:
            os._exit(0 if library.threads() == threads() == 2 else 1)
    assert os.waitpid(child, 0)[1] == 0


@pytest.mark.parametrize("shape", [(700, 300, 200), (200, 300, 700)])
def test_products_are_shared_out_where_helpers_are(
    shape: tuple[int, int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    in_parallel(len, ["a", "b"])
    shared: list[slice] = []

    def share(work: Callable[[slice], None], pieces: list[slice], is_product: bool) -> None:
        shared.extend(pieces)
        in_parallel(work, pieces, is_product)

    monkeypatch.setattr(linalg_numpy, "in_parallel", share)
    m, k, n = shape
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((m, k)), rng.standard_normal((n, k)).T
    np.testing.assert_allclose(linalg_numpy.matmul(x, y), x.dot(y), rtol=1e-12, atol=1e-12)
    assert [part.stop for part in shared] == [350, 700]
    stack = rng.standard_normal((2, m, k))
    np.testing.assert_allclose(linalg_numpy.matmul(stack, y), np.matmul(stack, y), rtol=1e-12, atol=1e-12)
    for _ in range(threads_numpy.LATELY):
        linalg_numpy.matmul(x, y)
    shared.clear()
    linalg_numpy.matmul(x, y)
    assert not shared, "nothing else has been shared out for many products"
    in_parallel(len, ["a", "b"])
    linalg_numpy.matmul(x, y)
    assert shared


def test_what_numpy_is_told_of_errors_holds_in_all_threads() -> None:
    both = threading.Barrier(2, timeout=30)

    def work(piece: int) -> None:
        both.wait()
        np.divide(1.0, np.zeros(3))

    with np.errstate(divide="raise"), pytest.raises(FloatingPointError):
        in_parallel(work, range(2))
    with np.errstate(divide="ignore"):
        in_parallel(work, range(2))


ROWS: dict[str, Callable[[Any], Any]] = {
    "gelu": torch.nn.functional.gelu,
    "erf": torch.erf,
    "softmax": lambda x: x.softmax(-1),
    "log_softmax of planes": lambda x: x.view(20, -1, 50).log_softmax(1),
    "logsumexp": lambda x: x.logsumexp(-1),
    "sort": lambda x: x.sort(-1).values,
    "topk": lambda x: x.topk(2, -1).indices,
    "median": lambda x: x.median(-1).indices,
    "cummax": lambda x: x.cummax(-1).indices,
    "cumprod": lambda x: x.cumprod(-1),
    "det": lambda x: torch.linalg.det(x.view(-1, 5, 5)),
    "solve": lambda x: torch.linalg.solve(x.view(2, -1, 5, 5), x.view(2, -1, 5, 5).mT),
    "svd": lambda x: torch.linalg.svdvals(x.view(-1, 5, 5)),
    "cholesky": lambda x: torch.linalg.cholesky(x.view(-1, 5, 5) @ x.view(-1, 5, 5).mT + torch.eye(5)),
    "eig": lambda x: torch.linalg.eigvals(x.view(-1, 5, 5)).abs(),
}


@pytest.mark.parametrize("name", ROWS)
def test_results_do_not_depend_on_the_number_of_threads(name: str) -> None:
    torch.manual_seed(0)
    x = torch.randn(6000, 50).requires_grad_()
    found = []
    for number in (2, 1):
        torch.set_num_threads(number)
        y = ROWS[name](x)
        assert y.dtype in (torch.float32, torch.int64)
        g = torch.autograd.grad(y, x, torch.ones_like(y))[0] if y.requires_grad and name != "eig" else y
        found.append((y, g))
    for shared, alone in zip(*found, strict=True):
        np.testing.assert_array_equal(shared.detach().numpy(), alone.detach().numpy())


def test_some_items_at_a_time_give_what_all_give() -> None:
    x, y = np.ones((400, 20, 50), np.float32), np.arange(8000).reshape(400, 20)
    seen = []

    def function(x: Any, y: Any) -> Any:
        seen.append(len(x))
        return x * y[..., None], None, x.sum(-1)

    scaled, nothing, sums = by_items(function, x, y, axes=2)
    assert len(seen) > 2
    np.testing.assert_array_equal(scaled, x * y[..., None])
    assert nothing is None
    np.testing.assert_array_equal(sums, np.full((400, 20), 50))
    one_number = np.broadcast_to(np.float32(3), x.shape)
    np.testing.assert_array_equal(by_items(np.multiply, x, one_number, axes=1), x * 3)
    assert by_items(lambda x: x.shape, x.T, axes=2) == x.T.shape  # lies otherwise: all at once


def test_an_error_of_one_item_is_raised() -> None:
    x = torch.eye(8).repeat(8000, 1, 1)
    x[7000] = 0
    with pytest.raises(torch.linalg.LinAlgError):
        torch.linalg.solve(x, torch.ones(8000, 8, 1))
    assert torch.linalg.cholesky_ex(x).info.tolist() == [0] * 7000 + [1] + [0] * 999


def test_convolutions_do_not_depend_on_the_number_of_threads() -> None:
    torch.manual_seed(0)
    x, w = torch.randn(40, 16, 30, 30, requires_grad=True), torch.randn(32, 16, 3, 3, requires_grad=True)

    def computed() -> list[torch.Tensor]:
        y = torch.nn.functional.max_pool2d(torch.nn.functional.conv2d(x, w).relu(), 2)
        return [y, *torch.autograd.grad(y.sin().sum(), [x, w])]

    shared = computed()
    torch.set_num_threads(1)
    assert all(torch.equal(a, b) for a, b in zip(computed(), shared, strict=True))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no processes by fork here")
@pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork:DeprecationWarning")
def test_a_forked_process_has_threads_of_its_own() -> None:
    x = torch.linspace(-5, 5, 1_000_003)
    expected = torch.erf(x)
    child = os.fork()
    if child == 0:
        os._exit(0 if torch.equal(torch.erf(x), expected) else 1)
    assert os.waitpid(child, 0)[1] == 0


def test_a_program_computes_until_its_end() -> None:
    """Where Python no longer starts threads: in what ``atexit`` calls."""
    program = """
import atexit
import chainrule as torch
torch.set_num_threads(2)
x = torch.linspace(-5, 5, 1_000_003)
@atexit.register
def last():
    assert torch.equal(torch.erf(x)[:100], torch.erf(x[:100]))
    print("done")
"""
    for started in ("", "torch.erf(x)"):
        done = subprocess.run([sys.executable, "-c", program + started], capture_output=True, text=True, check=True)
        assert (done.stdout, done.stderr) == ("done\n", "")


def test_work_that_has_not_begun_is_not_waited_for() -> None:
    """As when a helper waits for the interpreter's lock: the caller does what it would have done, and may ask it again."""
    helper, done = helpers_numpy.idle(), []
    assert helper is not None
    late = helpers_numpy.Task(lambda: done.append("late"), helper)
    assert late.end() is None
    assert helper in helpers_numpy.IDLE
    late.begin()
    assert not done
    in_parallel(done.append, range(4))
    assert sorted(done) == [0, 1, 2, 3]


def test_what_work_refers_to_lives_no_longer_than_it() -> None:
    both, array = threading.Barrier(2, timeout=30), np.ones(3)

    def work(piece: int, array: Any = array) -> None:
        both.wait()

    in_parallel(work, range(2))
    lives = weakref.ref(array)
    del array, work
    assert lives() is None


def test_where_the_system_has_no_more_threads_the_caller_works_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: object, **settings: object) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(helpers_numpy, "Thread", refuse)
    monkeypatch.setattr(helpers_numpy, "HELPERS", [])
    monkeypatch.setattr(helpers_numpy, "IDLE", [])
    done: list[int] = []
    in_parallel(done.append, range(4))
    assert done == [0, 1, 2, 3]
