"""The number of threads is what BLAS is told, and large arrays are worked on by as many."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator

import numpy as np
import pytest

import chainrule as torch
from chainrule.backend import threads_numpy
from chainrule.backend.threads_numpy import blas, in_parallel


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


def test_what_numpy_is_told_of_errors_holds_in_all_threads() -> None:
    both = threading.Barrier(2, timeout=30)

    def work(piece: int) -> None:
        both.wait()
        np.divide(1.0, np.zeros(3))

    with np.errstate(divide="raise"), pytest.raises(FloatingPointError):
        in_parallel(work, range(2))
    with np.errstate(divide="ignore"):
        in_parallel(work, range(2))


def test_results_do_not_depend_on_the_number_of_threads() -> None:
    x = torch.linspace(-5, 5, 1_000_003)
    shared = torch.nn.functional.gelu(x)
    torch.set_num_threads(1)
    assert torch.equal(torch.nn.functional.gelu(x), shared)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no processes by fork here")
@pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork:DeprecationWarning")
def test_a_forked_process_has_threads_of_its_own() -> None:
    x = torch.linspace(-5, 5, 1_000_003)
    expected = torch.erf(x)
    child = os.fork()
    if child == 0:
        os._exit(0 if torch.equal(torch.erf(x), expected) else 1)
    assert os.waitpid(child, 0)[1] == 0
