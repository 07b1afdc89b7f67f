"""Tables of vectors that are looked up by number."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...autograd.grad_mode import no_grad
from ...functions.filling import empty
from .. import functional as F, init
from ..parameter import Parameter
from .module import Module

if TYPE_CHECKING:
    from ..._tensor import Tensor

__all__ = ["Embedding", "EmbeddingBag"]


class _Table(Module):
    """What the two have in common: the table, and which row is for padding."""

    def __init__(
        self,
        num_embeddings: int,
        embedding_dim: int,
        padding_idx: int | None,
        given: Tensor | None,
        frozen: bool,
        device: Any,
        dtype: Any,
        label: str,
    ) -> None:
        super().__init__()
        self.num_embeddings = num_embeddings
        self.embedding_dim = embedding_dim
        if padding_idx is not None:
            if not -num_embeddings <= padding_idx < num_embeddings:
                raise AssertionError(
                    f"{label} must be within num_embeddings: got {padding_idx} for {num_embeddings} rows"
                )
            padding_idx %= num_embeddings
        self.padding_idx = padding_idx
        if given is None:
            self.weight = Parameter(empty(num_embeddings, embedding_dim, device=device, dtype=dtype), not frozen)
            self.reset_parameters()
            return
        if list(given.shape) != [num_embeddings, embedding_dim]:
            raise AssertionError(
                f"Shape of weight does not match num_embeddings and embedding_dim: {list(given.shape)} is not "
                f"{[num_embeddings, embedding_dim]}"
            )
        self.weight = Parameter(given, not frozen)

    def reset_parameters(self) -> None:
        """Draw the table anew, from the standard normal distribution; the row for padding is 0."""
        init.normal_(self.weight)
        self._fill_padding_idx_with_zero()

    def _fill_padding_idx_with_zero(self) -> None:
        if self.padding_idx is not None:
            with no_grad():
                self.weight[self.padding_idx].fill_(0)


class Embedding(_Table):
    """A table whose rows are looked up: indices of any shape (...) -> (..., embedding_dim).

    Args:
        num_embeddings: the number of rows.
        embedding_dim: their length.
        padding_idx: a row that begins as 0 and gets no gradient.
        max_norm: rows whose norm exceeds it are scaled down to it when they are looked up.
        norm_type: which norm that is.
        scale_grad_by_freq: whether the gradient of a row is divided by how often it was looked up.
        sparse: whether the gradient of the weight is sparse: the rows that were looked up.
        _weight: the table to begin with.
        _freeze: whether it is not to be trained.
        device: the CPU.
        dtype: of the table (None: the default dtype).

    Raises:
        AssertionError: ``padding_idx`` is no row, or the table has another shape.

    Attributes:
        weight: the table, of shape (num_embeddings, embedding_dim); at first from the standard normal distribution.

    >>> import chainrule as torch
    >>> torch.nn.Embedding(10, 3)(torch.tensor([[1, 2, 4], [4, 3, 9]])).shape
    torch.Size([2, 3, 3])
    """

    def __init__(
        self,
        num_embeddings: int,
        embedding_dim: int,
        padding_idx: int | None = None,
        max_norm: float | None = None,
        norm_type: float = 2.0,
        scale_grad_by_freq: bool = False,
        sparse: bool = False,
        _weight: Tensor | None = None,
        _freeze: bool = False,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(num_embeddings, embedding_dim, padding_idx, _weight, _freeze, device, dtype, "Padding_idx")
        self.max_norm = max_norm
        self.norm_type = norm_type
        self.scale_grad_by_freq = scale_grad_by_freq
        self.sparse = sparse

    def forward(self, input: Tensor) -> Tensor:
        return F.embedding(
            input, self.weight, self.padding_idx, self.max_norm, self.norm_type, self.scale_grad_by_freq, self.sparse
        )

    def extra_repr(self) -> str:
        settings = {
            "padding_idx": (self.padding_idx, None),
            "max_norm": (self.max_norm, None),
            "norm_type": (self.norm_type, 2),
            "scale_grad_by_freq": (self.scale_grad_by_freq, False),
        }
        shown = [f"{name}={value}" for name, (value, default) in settings.items() if value != default]
        sparse = ["sparse=True"] if self.sparse else []
        return ", ".join([str(self.num_embeddings), str(self.embedding_dim), *shown, *sparse])

    @classmethod
    def from_pretrained(
        cls,
        embeddings: Tensor,
        freeze: bool = True,
        padding_idx: int | None = None,
        max_norm: float | None = None,
        norm_type: float = 2.0,
        scale_grad_by_freq: bool = False,
        sparse: bool = False,
    ) -> Embedding:
        """A module with this table, which is not trained unless ``freeze=False``.

        >>> import chainrule as torch
        >>> torch.nn.Embedding.from_pretrained(torch.tensor([[1., 2.], [3., 4.]]))(torch.tensor(1))
        tensor([3., 4.])
        """
        rows, columns = two_dimensional(embeddings)
        return cls(rows, columns, padding_idx, max_norm, norm_type, scale_grad_by_freq, sparse, embeddings, freeze)


def two_dimensional(embeddings: Tensor) -> tuple[int, int]:
    if embeddings.ndim != 2:
        raise AssertionError(
            f"Embeddings parameter is expected to be 2-dimensional: got shape {list(embeddings.shape)}"
        )
    rows, columns = embeddings.shape
    return rows, columns


class EmbeddingBag(_Table):
    """A table of which the rows of each bag are added, averaged, or reduced to their maximum.

    See :func:`chainrule.nn.functional.embedding_bag` for what is called, and :class:`Embedding` for the arguments.

    Args:
        num_embeddings: the number of rows.
        embedding_dim: their length.
        max_norm: rows whose norm exceeds it are scaled down to it when they are looked up.
        norm_type: which norm that is.
        scale_grad_by_freq: whether the gradient of a row is divided by how often it was looked up.
        mode: ``"sum"``, ``"mean"`` or ``"max"``.
        sparse: whether the gradient of the weight is sparse: the rows that were looked up.
        _weight: the table to begin with.
        include_last_offset: whether the last offset is where the last bag ends.
        padding_idx: a row that does not count.
        device: the CPU.
        dtype: of the table (None: the default dtype).

    >>> import chainrule as torch
    >>> torch.nn.EmbeddingBag(10, 3, mode="sum")(torch.tensor([1, 2, 4, 5]), torch.tensor([0, 2])).shape
    torch.Size([2, 3])
    """

    def __init__(
        self,
        num_embeddings: int,
        embedding_dim: int,
        max_norm: float | None = None,
        norm_type: float = 2.0,
        scale_grad_by_freq: bool = False,
        mode: str = "mean",
        sparse: bool = False,
        _weight: Tensor | None = None,
        include_last_offset: bool = False,
        padding_idx: int | None = None,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(num_embeddings, embedding_dim, padding_idx, _weight, False, device, dtype, "padding_idx")
        self.max_norm = max_norm
        self.norm_type = norm_type
        self.scale_grad_by_freq = scale_grad_by_freq
        self.mode = mode
        self.sparse = sparse
        self.include_last_offset = include_last_offset

    def forward(self, input: Tensor, offsets: Tensor | None = None, per_sample_weights: Tensor | None = None) -> Tensor:
        return F.embedding_bag(
            input,
            self.weight,
            offsets,
            self.max_norm,
            self.norm_type,
            self.scale_grad_by_freq,
            self.mode,
            self.sparse,
            per_sample_weights,
            self.include_last_offset,
            self.padding_idx,
        )

    def extra_repr(self) -> str:
        settings = {
            "max_norm": (self.max_norm, None),
            "norm_type": (self.norm_type, 2),
            "scale_grad_by_freq": (self.scale_grad_by_freq, False),
            "mode": (repr(self.mode), None),
            "padding_idx": (self.padding_idx, None),
        }
        shown = [f"{name}={value}" for name, (value, default) in settings.items() if value != default]
        return ", ".join([str(self.num_embeddings), str(self.embedding_dim), *shown])

    @classmethod
    def from_pretrained(
        cls,
        embeddings: Tensor,
        freeze: bool = True,
        max_norm: float | None = None,
        norm_type: float = 2.0,
        scale_grad_by_freq: bool = False,
        mode: str = "mean",
        sparse: bool = False,
        include_last_offset: bool = False,
        padding_idx: int | None = None,
    ) -> EmbeddingBag:
        """A module with this table, which is not trained unless ``freeze=False``.

        >>> import chainrule as torch
        >>> torch.nn.EmbeddingBag.from_pretrained(torch.tensor([[1., 2.], [3., 4.]]))(torch.tensor([[0, 1]]))
        tensor([[2., 3.]])
        """
        rows, columns = two_dimensional(embeddings)
        made = cls(
            rows,
            columns,
            max_norm,
            norm_type,
            scale_grad_by_freq,
            mode,
            sparse,
            embeddings,
            include_last_offset,
            padding_idx,
        )
        made.weight.requires_grad = not freeze
        return made
