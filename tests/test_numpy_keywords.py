"""``axis`` and ``keepdims``, NumPy's names of ``dim`` and ``keepdim``, wherever PyTorch takes them."""

from __future__ import annotations

from typing import Any

import pytest

import chainrule as torch

X = torch.arange(12.0).reshape(3, 4)
I = torch.tensor([0, 2])
WIDE = torch.zeros(3, 4, dtype=torch.int64)

CALLS: dict[str, tuple[tuple[Any, ...], dict[str, Any]]] = {
    "torch.cosine_similarity": ((X, X), {"dim": 0}),
    "torch.fft.fftshift": ((X,), {"dim": 0}),
    "torch.fft.ifftshift": ((X,), {"dim": 0}),
    "torch.hash_tensor": ((X,), {"dim": 0, "keepdim": True}),
    "torch.index_add": ((X,), {"dim": 0, "index": I, "source": X[:2]}),
    "torch.index_copy": ((X,), {"dim": 0, "index": I, "source": X[:2]}),
    "torch.index_fill": ((X,), {"dim": 0, "index": I, "value": 7.0}),
    "torch.index_reduce": ((X,), {"dim": 0, "index": I, "source": X[:2], "reduce": "prod"}),
    "torch.linalg.cross": ((X[:, :3], X[:, 1:]), {"dim": 0}),
    "torch.linalg.matrix_norm": ((X,), {"dim": (0, 1), "keepdim": True}),
    "torch.linalg.vecdot": ((X, X), {"dim": 0}),
    "torch.linalg.vector_norm": ((X,), {"dim": 0, "keepdim": True}),
    "torch.narrow_copy": ((X,), {"dim": 0, "start": 1, "length": 2}),
    "torch.nn.functional.pairwise_distance": ((X, X + 1), {"keepdim": True}),
    "torch.renorm": ((X,), {"p": 2, "dim": 0, "maxnorm": 1.0}),
    "torch.scatter": ((X,), {"dim": 0, "index": WIDE, "src": X}),
    "torch.scatter_add": ((X,), {"dim": 0, "index": WIDE, "src": X}),
    "torch.scatter_reduce": ((X,), {"dim": 0, "index": WIDE, "src": X, "reduce": "amax"}),
    "torch.select_copy": ((X,), {"dim": 1, "index": 1}),
    "torch.select_scatter": ((X,), {"src": X[0], "dim": 0, "index": 1}),
    "torch.slice_copy": ((X,), {"dim": 1, "start": 1}),
    "torch.slice_scatter": ((X,), {"src": X[1:], "dim": 0, "start": 1}),
    "torch.split_with_sizes": ((X,), {"split_sizes": [1, 3], "dim": 1}),
    "torch.squeeze_copy": ((X[:1],), {"dim": 0}),
    "torch.unbind_copy": ((X,), {"dim": 1}),
    "torch.unflatten": ((X,), {"dim": 1, "sizes": (2, 2)}),
    "torch.unsafe_chunk": ((X,), {"chunks": 2, "dim": 1}),
    "torch.unsafe_split": ((X,), {"split_size": 2, "dim": 1}),
    "torch.unsqueeze_copy": ((X,), {"dim": 1}),
    "torch.Tensor.index_add_": ((X,), {"dim": 0, "index": I, "source": X[:2]}),
    "torch.Tensor.index_copy_": ((X,), {"dim": 0, "index": I, "source": X[:2]}),
    "torch.Tensor.index_fill_": ((X,), {"dim": 0, "index": I, "value": 7.0}),
    "torch.Tensor.renorm_": ((X,), {"p": 2, "dim": 0, "maxnorm": 1.0}),
    "torch.Tensor.scatter_": ((X,), {"dim": 0, "index": WIDE, "value": 1.0}),
    "torch.Tensor.scatter_add_": ((X,), {"dim": 0, "index": WIDE, "src": X}),
    "torch.Tensor.scatter_reduce_": ((X,), {"dim": 0, "index": WIDE, "src": X, "reduce": "amax"}),
    "torch.Tensor.squeeze_": ((X[:1],), {"dim": 0}),
    "torch.Tensor.unsqueeze_": ((X,), {"dim": 1}),
}
"""Functions -> operands, and the rest by PyTorch's names."""
NAMES = {"dim": "axis", "keepdim": "keepdims"}


@pytest.mark.parametrize("path", CALLS)
def test_either_name(path: str) -> None:
    function: Any = torch
    for part in path.split(".")[1:]:
        function = getattr(function, part)
    operands, named = CALLS[path]

    def called(**keywords: Any) -> Any:
        return function(*[x.clone() for x in operands], **keywords)

    wanted = called(**named)
    found = called(**{NAMES.get(name, name): value for name, value in named.items()})
    torch.testing.assert_close(found, wanted, rtol=0, atol=0)
    for ours, numpys in NAMES.items():
        if ours in named:
            with pytest.raises(TypeError, match=r"axis|keepdim|dim"):
                called(**named, **{numpys: named[ours]})


def test_all_dimensions_given_as_none_are_given() -> None:
    x = X.clone().requires_grad_()
    assert [f.name() for f in (x.sum().grad_fn, x.mean().grad_fn)] == ["SumBackward0", "MeanBackward0"]
    for found in (x.sum(None), x.sum(dim=None), x.sum(axis=None), torch.sum(x, None)):
        assert (found.grad_fn.name(), found.item()) == ("SumBackward1", 66)
    assert x.mean(dim=None).grad_fn.name() == "MeanBackward1"


def test_no_dimension_means_all_of_them_in_a_vector_norm() -> None:
    assert torch.linalg.vector_norm(X, dim=()).shape == ()
    assert torch.linalg.vector_norm(X, dim=(), keepdim=True).shape == (1, 1)
    with pytest.raises(RuntimeError, match="length 1 or 2"):
        torch.linalg.norm(X, dim=())


@pytest.mark.parametrize("name", ["eig", "lstsq", "matrix_rank", "solve", "symeig"])
def test_what_pytorch_has_removed_raises_when_it_is_called(name: str) -> None:
    operands = (X, X) if name in ("lstsq", "solve") else (X,)
    with pytest.raises(RuntimeError, match=f"now removed: torch.{name}"):
        getattr(torch, name)(*operands)
    if name != "matrix_rank":
        with pytest.raises(RuntimeError, match=rf"(?s)now removed: torch.{name}.*torch.linalg"):
            getattr(X, name)(*operands[1:])
