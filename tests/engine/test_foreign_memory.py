"""Memory shared with NumPy: a change from outside of what the graph needs is an error, never a wrong gradient."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import chainrule as torch
from chainrule.autograd import grad

STALE = "one of the variables needed for gradient computation has been modified"


def leaf(*values: float) -> torch.Tensor:
    return torch.tensor(values, requires_grad=True)


def ones(*shape: int) -> np.ndarray[Any, Any]:
    return np.ones(shape, dtype=np.float32)


def refused(h: torch.Tensor, *facts: str) -> None:
    """The backward of ``h`` is refused with both sides named, and stays refused."""
    for _ in range(2):
        with pytest.raises(RuntimeError, match=STALE) as caught:
            h.sum().backward()
    message = str(caught.value)
    assert "numpy" in message.lower()
    assert "test_foreign_memory.py" in message
    for fact in facts:
        assert fact in message, message


# -- changed while the graph needs it ---------------------------------------------------------------------------------


@pytest.mark.chainrule_only
def test_an_array_given_by_from_numpy() -> None:
    a = ones(3)
    x, c = leaf(1.0, 2.0, 3.0), torch.from_numpy(a)
    h = x * c
    a[0] = 5.0
    refused(h, "x * c")
    assert x.grad is None


@pytest.mark.chainrule_only
def test_an_array_got_by_numpy_before_saving() -> None:
    x, c = leaf(1.0, 2.0, 3.0), torch.ones(3)
    a = c.numpy()
    h = x.mul(c)
    a += 1
    refused(h, "x.mul(c)")


@pytest.mark.chainrule_only
def test_an_array_got_by_numpy_after_saving() -> None:
    x, c = leaf(1.0, 2.0, 3.0), torch.ones(3)
    h = x * c
    c.numpy()[1] = 0.0
    refused(h, "x * c")


@pytest.mark.chainrule_only
def test_an_output_exposed_after_saving() -> None:
    x = leaf(1.0, 2.0, 3.0)
    h = x.exp()
    h.detach().numpy()[:] = 0.0
    refused(h, "x.exp()")


@pytest.mark.chainrule_only
def test_the_result_of_a_write_exposed_after_saving() -> None:
    x = leaf(1.0, 2.0, 3.0)
    h = x * 1
    h.exp_()
    h.detach().numpy()[0] = 0.0
    refused(h, "h.exp_()")


@pytest.mark.chainrule_only
def test_a_result_written_into_shared_memory() -> None:
    a = ones(3)
    x, c = leaf(1.0, 2.0, 3.0), torch.from_numpy(a)
    c.mul_(x)
    h = c * c
    a[0] = 5.0
    refused(h, "c * c")


@pytest.mark.chainrule_only
def test_an_output_exposed_by_data() -> None:
    x = leaf(1.0, 2.0, 3.0)
    h = x.exp()
    h.data.numpy()[0] = 0.0
    refused(h, "x.exp()")


@pytest.mark.parametrize(
    "view",
    [
        np.asarray,
        lambda c: np.array(c, copy=False),
        lambda c: c.__array__(),
        np.from_dlpack,
        lambda c: c.detach().numpy(),
        lambda c: c[:].numpy(),
        lambda c: c.view(3, 1).numpy(),
        lambda c: c.numpy(force=True),
        lambda c: c.untyped_storage(),
        lambda c: c[1:].untyped_storage(),
    ],
    ids=["asarray", "array", "__array__", "dlpack", "detach", "slice", "view", "force", "storage", "storage_of_a_view"],
)
@pytest.mark.chainrule_only
@pytest.mark.filterwarnings("ignore:TypedStorage is deprecated")
def test_every_way_to_get_at_the_memory(view: Callable[[Any], Any]) -> None:
    x, c = leaf(1.0, 2.0, 3.0), torch.ones(3)
    h = x * c
    a = view(c)
    try:
        a[0] = 5.0
    except ValueError:  # a read-only array is as good an answer
        assert c.tolist() == [1.0, 1.0, 1.0]
        return
    refused(h)


@pytest.mark.parametrize(
    "make",
    [torch.from_numpy, torch.as_tensor, torch.asarray],
    ids=["from_numpy", "as_tensor", "asarray"],
)
@pytest.mark.chainrule_only
def test_every_way_to_give_memory(make: Callable[[Any], Any]) -> None:
    a = ones(3)
    x, c = leaf(1.0, 2.0, 3.0), make(a)
    h = x * c
    a[2] = 0.0
    refused(h)


@pytest.mark.chainrule_only
def test_a_slice_of_the_array() -> None:
    a = ones(10)
    x, c = leaf(1.0, 2.0), torch.from_numpy(a)
    h = x * c[4:6]
    a[5] = 7.0
    refused(h, "x * c[4:6]")


@pytest.mark.chainrule_only
def test_a_strided_part_of_the_array() -> None:
    a = np.zeros((4, 6), dtype=np.float32)
    x, c = torch.ones(2, 3, requires_grad=True), torch.from_numpy(a[::2, ::2])
    h = x * c
    a[2, 4] = 1.0
    refused(h)


@pytest.mark.chainrule_only
def test_a_transposed_part_of_the_array() -> None:
    a = ones(3, 2)
    x, c = torch.ones(2, 3, requires_grad=True), torch.from_numpy(a).t()
    h = x @ c.t()
    a[1, 1] = 9.0
    refused(h)


@pytest.mark.chainrule_only
def test_an_array_over_the_array() -> None:
    """The owner writes through a view of its own."""
    a = ones(4)
    x, c = leaf(1.0, 2.0, 3.0, 4.0), torch.from_numpy(a)
    h = x * c
    a.reshape(2, 2)[1, 1] = 5.0
    refused(h)


@pytest.mark.parametrize("dtype", [np.float64, np.float16, np.complex64])
@pytest.mark.chainrule_only
def test_every_kind_of_number(dtype: type) -> None:
    a = np.ones(3, dtype=dtype)
    x = torch.ones(3, dtype=torch.from_numpy(a).dtype, requires_grad=True)
    h = (x * torch.from_numpy(a)).abs()
    a[1] = 2.0
    refused(h)


@pytest.mark.chainrule_only
def test_masks_and_indices() -> None:
    mask = np.array([True, False, True])
    x = leaf(1.0, 2.0, 3.0)
    h = torch.where(torch.from_numpy(mask), x, torch.zeros(3))
    mask[1] = True
    refused(h)
    index = np.array([0, 1])
    k = x[torch.from_numpy(index)]
    index[0] = 2
    refused(k)


@pytest.mark.parametrize("place", [0, 1, 999_999, 500_000, 123_457])
@pytest.mark.chainrule_only
def test_one_element_of_a_big_array(place: int) -> None:
    a = ones(1_000_000)
    x, c = torch.tensor(2.0, requires_grad=True), torch.from_numpy(a)
    h = (x * c).sum()
    a[place] += 1e-3
    with pytest.raises(RuntimeError, match=STALE):
        h.backward()
    assert x.grad is None


@pytest.mark.parametrize(("i", "j"), [(0, 1), (100_000, 100_002), (123_456, 765_432), (3, 999_998)])
@pytest.mark.chainrule_only
def test_two_elements_of_a_big_array_exchanged(i: int, j: int) -> None:
    """A sum of the values would not see it."""
    a = np.arange(1_000_000, dtype=np.float64)
    x, c = torch.ones(1_000_000, dtype=torch.float64, requires_grad=True), torch.from_numpy(a)
    h = (x * c).sum()
    a[[i, j]] = a[[j, i]]
    with pytest.raises(RuntimeError, match=STALE):
        h.backward()


@pytest.mark.parametrize(("i", "j"), [(0, 1), (100_000, 100_001), (123_456, 765_432)])
@pytest.mark.chainrule_only
def test_a_change_that_keeps_the_sum_of_a_big_array(i: int, j: int) -> None:
    a = np.full(1_000_000, 5, dtype=np.int64)
    x = torch.arange(10.0, requires_grad=True)
    h = x[torch.from_numpy(a)].sum()
    a[i] += 1
    a[j] -= 1
    with pytest.raises(RuntimeError, match=STALE):
        h.backward()


@pytest.mark.chainrule_only
def test_the_sign_of_zero_and_the_kind_of_nan() -> None:
    a = np.zeros(3, dtype=np.float32)
    x, c = leaf(1.0, 2.0, 3.0), torch.from_numpy(a)
    h = x * c
    a[1] = -0.0
    refused(h)


@pytest.mark.chainrule_only
def test_rows_of_a_batch_shuffled_between_forward_and_backward() -> None:
    batch = np.random.default_rng(0).standard_normal((64, 32)).astype(np.float32)
    w = torch.ones(32, requires_grad=True)
    h = (torch.from_numpy(batch) @ w).sum()
    np.random.default_rng(1).shuffle(batch)
    refused(h)


@pytest.mark.chainrule_only
def test_a_batch_buffer_filled_again_before_the_backward() -> None:
    """The usual accident: one buffer for all batches, and a loss that is summed over two of them."""
    buffer = np.zeros(3, dtype=np.float32)
    w = leaf(1.0, 2.0, 3.0)
    loss = torch.tensor(0.0)
    for step in range(2):
        buffer[:] = step + 1
        loss = loss + (torch.from_numpy(buffer) * w).sum()
    refused(loss)


@pytest.mark.chainrule_only
def test_autograd_grad_refuses_too() -> None:
    a = ones(3)
    x = leaf(1.0, 2.0, 3.0)
    h = (x * torch.from_numpy(a)).sum()
    a[0] = 5.0
    with pytest.raises(RuntimeError, match=STALE):
        grad(h, x)
    with pytest.raises(RuntimeError, match=STALE):
        grad(h, x, create_graph=True)


@pytest.mark.chainrule_only
def test_a_custom_function_is_covered() -> None:
    class Times(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x, c):
            ctx.save_for_backward(c)
            return x * c

        @staticmethod
        def backward(ctx, g):
            return g * ctx.saved_tensors[0], None

    a = ones(3)
    x = leaf(1.0, 2.0, 3.0)
    h = Times.apply(x, torch.from_numpy(a))
    a[0] = 5.0
    refused(h)


@pytest.mark.chainrule_only
def test_a_leaf_made_from_an_array() -> None:
    a = ones(3)
    x = torch.from_numpy(a).requires_grad_()
    h = x * x
    a[0] = 5.0
    refused(h, "x * x")


@pytest.mark.chainrule_only
def test_a_memory_map(tmp_path: Path) -> None:
    a = np.memmap(tmp_path / "values", dtype=np.float32, mode="w+", shape=(3,))
    x = leaf(1.0, 2.0, 3.0)
    h = x * torch.from_numpy(a)
    a[1] = 5.0
    refused(h)


@pytest.mark.filterwarnings("ignore:.*not writable")
@pytest.mark.chainrule_only
def test_an_array_with_zero_strides() -> None:
    a = ones(1)
    x = leaf(1.0, 2.0, 3.0)
    h = x * torch.from_numpy(np.broadcast_to(a, (3,)))
    a[0] = 5.0
    refused(h)


@pytest.mark.chainrule_only
def test_a_window_that_slides_over_the_array() -> None:
    a = np.arange(5, dtype=np.float32)
    windows = np.lib.stride_tricks.as_strided(a, (3, 3), (4, 4))
    x = leaf(1.0, 2.0, 3.0)
    h = torch.from_numpy(windows) @ x
    a[4] = 9.0
    refused(h)


@pytest.mark.chainrule_only
def test_a_write_of_ours_and_one_from_outside() -> None:
    a = ones(3)
    x, c = leaf(1.0, 2.0, 3.0), torch.from_numpy(a)
    c.add_(1)
    h = x * c
    assert grad(h.sum(), x, retain_graph=True)[0].tolist() == [2.0, 2.0, 2.0]
    a[0] = 9.0
    refused(h)


@pytest.mark.chainrule_only
def test_reading_a_saved_value_is_refused_too() -> None:
    a = ones(3)
    x = leaf(1.0, 2.0, 3.0)
    h = x * torch.from_numpy(a)
    a[0] = 5.0
    with pytest.raises(RuntimeError, match=STALE):
        _ = h.grad_fn._saved_other


# -- changed when nobody needs it -------------------------------------------------------------------------------------


def test_a_change_before_the_forward() -> None:
    a = ones(3)
    x, c = leaf(1.0, 2.0, 3.0), torch.from_numpy(a)
    a[0] = 5.0
    assert grad((x * c).sum(), x)[0].tolist() == [5.0, 1.0, 1.0]


def test_a_value_that_was_not_saved() -> None:
    a = ones(3)
    x, c = leaf(1.0, 2.0, 3.0), torch.from_numpy(a)
    h = x + c
    a[:] = 7.0
    assert grad(h.sum(), x)[0].tolist() == [1.0, 1.0, 1.0]


def test_a_change_after_the_backward() -> None:
    a = ones(3)
    x, c = leaf(1.0, 2.0, 3.0), torch.from_numpy(a)
    h = (x * c).sum()
    h.backward()
    a[:] = 7.0
    assert x.grad.tolist() == [1.0, 1.0, 1.0]
    (x * c).sum().backward()
    assert x.grad.tolist() == [8.0, 8.0, 8.0]


def test_a_training_loop_over_one_buffer() -> None:
    buffer = ones(3)
    w, batch = leaf(0.0, 0.0, 0.0), torch.from_numpy(buffer)
    for step in range(3):
        buffer[:] = step
        (w * batch).sum().backward()
    assert w.grad.tolist() == [3.0, 3.0, 3.0]


def test_under_no_grad_nothing_is_saved() -> None:
    a = ones(3)
    x, c = leaf(1.0, 2.0, 3.0), torch.from_numpy(a)
    with torch.no_grad():
        h = x * c
    a[:] = 7.0
    assert h.tolist() == [1.0, 2.0, 3.0]


def test_a_detached_part_does_not_matter() -> None:
    a = ones(3)
    x, c = leaf(1.0, 2.0, 3.0), torch.from_numpy(a)
    h = (x.detach() * c).sum() + (x * 2).sum()
    a[:] = 7.0
    assert grad(h, x)[0].tolist() == [2.0, 2.0, 2.0]


def test_a_copy_does_not_matter() -> None:
    a = ones(3)
    x = leaf(1.0, 2.0, 3.0)
    for c in (torch.tensor(a), torch.from_numpy(a).clone(), torch.from_numpy(a.copy())):
        h = (x * c).sum()
        a[:] = 7.0
        assert grad(h, x)[0].tolist() == [1.0, 1.0, 1.0]
        a[:] = 1.0


def test_an_array_taken_and_only_read() -> None:
    x, c = leaf(1.0, 2.0, 3.0), torch.ones(3)
    h = x * c
    assert c.numpy().sum() == 3.0
    assert h.detach().numpy().tolist() == [1.0, 2.0, 3.0]
    assert grad(h.sum(), x)[0].tolist() == [1.0, 1.0, 1.0]


def test_writes_of_ours_to_shared_memory_keep_the_count() -> None:
    a = ones(3)
    c = torch.from_numpy(a)
    c.add_(1)
    c[0] = 5.0
    assert a.tolist() == [5.0, 2.0, 2.0]
    assert c._version == 2


def test_part_of_an_array_that_is_not_saved() -> None:
    """The tensor is the slice: the rest of the array is none of its business."""
    a = ones(6)
    x, c = leaf(1.0, 2.0), torch.from_numpy(a[:2])
    h = x * c
    a[4] = 9.0
    assert grad(h.sum(), x)[0].tolist() == [1.0, 1.0]


def test_many_readers_in_a_long_graph() -> None:
    a = ones(3)
    x, c = leaf(1.0, 2.0, 3.0), torch.from_numpy(a)
    h = x
    for _ in range(50):
        h = h * c
    assert grad(h.sum(), x)[0].tolist() == [1.0, 1.0, 1.0]


# -- sharing ----------------------------------------------------------------------------------------------------------


def test_memory_is_shared_both_ways() -> None:
    a = ones(2, 3)
    c = torch.from_numpy(a)
    a[0, 0] = 5.0
    assert c[0, 0].item() == 5.0
    c[1, 2] = 7.0
    assert a[1, 2] == 7.0
    b = c.numpy()
    b[0, 1] = 9.0
    assert a[0, 1] == 9.0
    assert np.shares_memory(a, b)


def test_strides_are_kept() -> None:
    a = np.arange(12.0).reshape(3, 4)[::2, 1:3]
    c = torch.from_numpy(a)
    assert c.tolist() == a.tolist()
    assert c.stride() == (8, 1)
    c.zero_()
    assert a.tolist() == [[0.0, 0.0], [0.0, 0.0]]


def test_numpy_needs_a_tensor_without_gradient() -> None:
    x = leaf(1.0, 2.0)
    with pytest.raises(RuntimeError, match=r"Can't call numpy\(\) on Tensor that requires grad"):
        x.numpy()
    assert x.detach().numpy().tolist() == [1.0, 2.0]
    assert x.numpy(force=True).tolist() == [1.0, 2.0]


def test_negative_strides_are_refused() -> None:
    with pytest.raises(ValueError, match="negative"):
        torch.from_numpy(np.arange(3.0)[::-1])
    assert torch.from_numpy(np.arange(3.0)[::-1].copy()).tolist() == [2.0, 1.0, 0.0]


def test_another_byte_order_is_refused() -> None:
    with pytest.raises(ValueError, match="byte order"):
        torch.from_numpy(np.array([1.0, 2.0], dtype=">f8"))


def test_zero_dimensional_arrays() -> None:
    a = np.array(2.0)
    c = torch.from_numpy(a)
    c.add_(1)
    assert a.item() == 3.0
    a[()] = 5.0
    assert c.item() == 5.0


def test_the_array_lives_as_long_as_the_tensor() -> None:
    c = torch.from_numpy(np.full(1000, 3.0))
    d = c.numpy()
    del c
    assert d.sum() == 3000.0


# -- read-only arrays -------------------------------------------------------------------------------------------------


def read_only(*shape: int) -> np.ndarray[Any, Any]:
    a = ones(*shape)
    a.flags.writeable = False
    return a


@pytest.mark.parametrize(
    "write",
    [
        lambda c: c.add_(1),
        lambda c: c.__setitem__(0, 5.0),
        lambda c: c.__setitem__([0], 5.0),
        lambda c: c[1:].zero_(),
        lambda c: c.view(3, 1).mul_(2),
        lambda c: c.detach().fill_(2),
        lambda c: c.data.fill_(2),
        lambda c: c.copy_(torch.zeros(3)),
        lambda c: torch.exp(c, out=c),
        lambda c: c.masked_fill_(c > 0, 0.0),
    ],
)
@pytest.mark.filterwarnings("ignore:.*not writable")
@pytest.mark.chainrule_only
def test_read_only_arrays_are_not_written(write: Callable[[Any], Any]) -> None:
    """PyTorch warns when the tensor is made, and then writes."""
    a = read_only(3)
    c = torch.from_numpy(a)
    with pytest.raises(RuntimeError, match="read-only"):
        write(c)
    assert a.tolist() == [1.0, 1.0, 1.0]
    assert c._version == 0


@pytest.mark.filterwarnings("ignore:.*not writable")
def test_read_only_arrays_can_be_used() -> None:
    a = read_only(3)
    x, c = leaf(1.0, 2.0, 3.0), torch.from_numpy(a)
    assert grad((x * c).sum(), x)[0].tolist() == [1.0, 1.0, 1.0]
    d = c.clone()
    d.add_(1)
    assert d.tolist() == [2.0, 2.0, 2.0]
    assert torch.tensor(a).add_(1).tolist() == [2.0, 2.0, 2.0]


@pytest.mark.filterwarnings("ignore:.*not writable")
@pytest.mark.chainrule_only
def test_a_read_only_view_of_memory_that_its_owner_changes() -> None:
    a = ones(3)
    view = a.view()
    view.flags.writeable = False
    x = leaf(1.0, 2.0, 3.0)
    h = x * torch.from_numpy(view)
    a[0] = 5.0
    refused(h)


@pytest.mark.chainrule_only
def test_rows_that_are_handed_out_again_are_kept_once() -> None:
    """A loader asks for each row of a data set, in each epoch."""
    data = torch.arange(12.0).reshape(4, 3)
    w = torch.ones(3, requires_grad=True)
    y = (data * w).sum()
    rows = [data[at].numpy() for _ in range(3) for at in range(4)]
    assert data._cell is not None
    assert len(data._cell.exposures) == 4
    rows[-1][0] = 5.0
    with pytest.raises(RuntimeError, match=STALE):
        y.backward()
