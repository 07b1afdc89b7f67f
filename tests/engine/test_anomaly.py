"""Anomaly mode: the forward call behind a failing backward, and the NaN check."""

from __future__ import annotations

import warnings

import pytest

import chainrule as torch
from chainrule.autograd import detect_anomaly, set_detect_anomaly


class Failing(torch.autograd.Function):
    @staticmethod
    def forward(ctx, value):
        return value * 1

    @staticmethod
    def backward(ctx, g):
        raise RuntimeError("the backward failed")


def leaf(*values: float) -> torch.Tensor:
    return torch.tensor(values, requires_grad=True)


@pytest.fixture(autouse=True)
def quiet():
    """Entering the mode warns that it is slow; the filters that a test sets end with it."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*Anomaly Detection has been enabled")
        yield


def test_off_by_default() -> None:
    assert not torch.is_anomaly_enabled()
    x = leaf(0.0)
    (x.sqrt() * 0).sum().backward()
    assert str(x.grad.item()) == "nan"


def test_nan_is_an_error_that_names_the_function_and_the_output() -> None:
    x = leaf(0.0)
    with detect_anomaly():
        h = (x.sqrt() * 0).sum()
        warnings.simplefilter("ignore")
        with pytest.raises(RuntimeError, match="Function 'SqrtBackward0' returned nan values in its 0th output"):
            h.backward()
    assert x.grad is None


def test_nan_shows_the_forward_call() -> None:
    x = leaf(0.0)
    with detect_anomaly():
        h = (x.sqrt() * 0).sum()
        with pytest.warns(UserWarning, match="SqrtBackward0") as caught, pytest.raises(RuntimeError, match="nan"):
            h.backward()
    text = "".join(str(w.message) for w in caught)
    assert "h = (x.sqrt() * 0).sum()" in text
    assert "test_anomaly.py" in text


@pytest.mark.chainrule_only
def test_the_nan_error_itself_names_the_expression() -> None:
    x = leaf(0.0)
    with detect_anomaly():
        warnings.simplefilter("ignore")
        h = (x.sqrt() * 0).sum()
        with pytest.raises(RuntimeError, match="nan") as caught:
            h.backward()
    assert "x.sqrt()" in str(caught.value)


def test_the_nan_check_may_be_off() -> None:
    x = leaf(0.0)
    with detect_anomaly(check_nan=False):
        assert torch.is_anomaly_enabled()
        assert not torch.is_anomaly_check_nan_enabled()
        (x.sqrt() * 0).sum().backward()
    assert str(x.grad.item()) == "nan"


def test_infinity_is_no_anomaly() -> None:
    x = leaf(0.0)
    with detect_anomaly():
        x.sqrt().sum().backward()
    assert x.grad.item() == float("inf")


def test_a_failing_backward_shows_the_forward_call() -> None:
    x = leaf(1.0)
    with detect_anomaly():
        h = Failing.apply(x).sum()
        with (
            pytest.warns(UserWarning, match="FailingBackward") as caught,
            pytest.raises(RuntimeError, match="the backward failed"),
        ):
            h.backward()
    text = "".join(str(w.message) for w in caught)
    assert "h = Failing.apply(x).sum()" in text


def test_without_the_mode_there_is_no_warning() -> None:
    h = Failing.apply(leaf(1.0)).sum()
    warnings.simplefilter("error")
    with pytest.raises(RuntimeError, match="the backward failed"):
        h.backward()


def test_a_clean_backward_says_nothing_and_is_right() -> None:
    x = leaf(2.0, 3.0)
    with detect_anomaly():
        warnings.simplefilter("error")
        (x * x).sum().backward()
    assert x.grad.tolist() == [4.0, 6.0]


def test_the_mode_nests_and_is_put_back() -> None:
    with detect_anomaly():
        with detect_anomaly(check_nan=False):
            assert not torch.is_anomaly_check_nan_enabled()
        assert torch.is_anomaly_enabled()
        assert torch.is_anomaly_check_nan_enabled()
    assert not torch.is_anomaly_enabled()


def test_set_detect_anomaly() -> None:
    with set_detect_anomaly(True):
        assert torch.is_anomaly_enabled()
    assert not torch.is_anomaly_enabled()
    set_detect_anomaly(True)
    try:
        assert torch.is_anomaly_enabled()
    finally:
        set_detect_anomaly(False)
    assert not torch.is_anomaly_enabled()


def test_entering_warns_that_it_is_slow() -> None:
    with pytest.warns(UserWarning, match="Anomaly Detection has been enabled"), detect_anomaly():
        pass


def test_anomaly_mode_at_second_order() -> None:
    x = torch.tensor([0.0], requires_grad=True)
    with detect_anomaly():
        (g,) = torch.autograd.grad((x * x.abs()).sum(), x, create_graph=True)
        (gg,) = torch.autograd.grad(g.sum(), x, create_graph=True)
    assert gg.item() == 0.0
