"""A softmax over many classes, the rare ones of which are reached in two steps (Grave et al. 2017)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from .. import functional as F
from .container import ModuleList, Sequential
from .linear import Linear
from .module import Module

if TYPE_CHECKING:
    from ..._tensor import Tensor

__all__ = ["AdaptiveLogSoftmaxWithLoss"]


class _ASMoutput(NamedTuple):
    """What :class:`AdaptiveLogSoftmaxWithLoss` returns."""

    output: Any
    loss: Any


class AdaptiveLogSoftmaxWithLoss(Module):
    """The logarithm of the probability of a class, where classes are ordered by how common they are.

    The first layer decides among the most common classes and the clusters of the others; a cluster has two layers, between
    which the size is ``in_features / div_value ** number``.

    Args:
        in_features: the size of an element.
        n_classes: how many classes there are.
        cutoffs: where clusters begin, ascending.
        div_value: by how much each cluster is smaller than the one before.
        head_bias: whether the first layer has a bias.
        device: the CPU.
        dtype: of the parameters (None: the default dtype).

    Attributes:
        head: the first layer.
        tail: the layers of the clusters.

    Raises:
        ValueError: cutoffs that are not ascending between 1 and ``n_classes - 1``.

    >>> import chainrule as torch
    >>> layer = torch.nn.AdaptiveLogSoftmaxWithLoss(4, 10, [3, 6], div_value=2.0)
    >>> layer(torch.ones(3, 4), torch.tensor([1, 4, 9])).output.shape, layer.log_prob(torch.ones(3, 4)).shape
    (torch.Size([3]), torch.Size([3, 10]))
    """

    def __init__(
        self,
        in_features: int,
        n_classes: int,
        cutoffs: Sequence[int],
        div_value: float = 4.0,
        head_bias: bool = False,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        given = list(cutoffs)
        if not given:
            raise ValueError("cutoffs should be a sequence of length larger than 0")
        if given != sorted(set(given)) or given[0] <= 0 or given[-1] > n_classes - 1 or any(int(c) != c for c in given):
            raise ValueError(
                "cutoffs should be a sequence of unique, positive integers sorted in an increasing order, where each value is "
                f"between 1 and n_classes-1: got {given} for {n_classes} classes"
            )
        made: dict[str, Any] = {"device": device, "dtype": dtype}
        self.in_features = in_features
        self.n_classes = n_classes
        self.cutoffs = [*given, n_classes]
        self.div_value = div_value
        self.head_bias = head_bias
        self.shortlist_size = self.cutoffs[0]
        self.n_clusters = len(self.cutoffs) - 1
        self.head_size = self.shortlist_size + self.n_clusters
        self.head = Linear(in_features, self.head_size, bias=head_bias, **made)
        self.tail = ModuleList()
        for number in range(self.n_clusters):
            hidden = int(in_features // div_value ** (number + 1))
            size = self.cutoffs[number + 1] - self.cutoffs[number]
            self.tail.append(
                Sequential(Linear(in_features, hidden, bias=False, **made), Linear(hidden, size, bias=False, **made))
            )

    def reset_parameters(self) -> None:
        """Draw the parameters anew."""
        self.head.reset_parameters()
        for cluster in self.tail:
            for layer in cluster.children():
                layer.reset_parameters()

    def forward(self, input_: Tensor, target_: Tensor) -> _ASMoutput:
        """The logarithm of the probability of each target, and minus its mean.

        Args:
            input_: (N, in_features), or (in_features,).
            target_: classes, (N,), or ().

        Raises:
            RuntimeError: shapes that do not fit, targets that are no classes.
        """
        if target_.ndim > 1:
            raise RuntimeError("0D or 1D target tensor expected, multi-target not supported")
        batched = target_.ndim == 1
        if input_.ndim != 1 + batched:
            which = "1D target tensor expects 2D" if batched else "0D target tensor expects 1D"
            raise RuntimeError(f"{which} input tensors, but found inputs with size {input_.size()}")
        if batched and input_.shape[0] != target_.shape[0]:
            raise RuntimeError("Input and target should have the same size in the batch dimension.")
        input = input_ if batched else input_.unsqueeze(0)
        target: Any = target_ if batched else target_.unsqueeze(0)
        inside = (target >= 0) & (target < self.n_classes)
        if not bool(inside.all()):
            raise RuntimeError(
                f"Target values should be in [0, {self.n_classes - 1}], but values in range [{target.min().item()}, "
                f"{target.max().item()}] were found. "
            )
        in_head: Any = target.clone()
        output = input.new_zeros(target.shape)
        for number, (low, high) in enumerate(zip(self.cutoffs, self.cutoffs[1:], strict=False)):
            rows = ((target >= low) & (target < high)).nonzero().squeeze(-1)
            if rows.numel():
                found = F.log_softmax(self.tail[number](input.index_select(0, rows)), dim=1)
                own = (target[rows] - low).unsqueeze(1)
                output = output.index_copy(0, rows, found.gather(1, own).squeeze(1))
                in_head = in_head.index_fill(0, rows, self.shortlist_size + number)
        head = F.log_softmax(self.head(input), dim=1)
        output = output + head.gather(1, in_head.unsqueeze(1)).squeeze(1)
        loss = (-output).mean()
        return _ASMoutput(output if batched else output.squeeze(0), loss)

    def _full(self, input: Any, head: Any) -> Any:
        """All logarithms, from the output of the first layer."""
        found = head.new_empty((head.shape[0], self.n_classes))
        head = F.log_softmax(head, dim=1)
        found[:, : self.shortlist_size] = head[:, : self.shortlist_size]
        for number, (low, high) in enumerate(zip(self.cutoffs, self.cutoffs[1:], strict=False)):
            inside = F.log_softmax(self.tail[number](input), dim=1)
            found[:, low:high] = inside + head[:, self.shortlist_size + number].unsqueeze(1)
        return found

    def log_prob(self, input: Tensor) -> Tensor:
        """The logarithms of the probabilities of all classes: (N, in_features) -> (N, n_classes)."""
        return self._full(input, self.head(input))

    def predict(self, input: Tensor) -> Tensor:
        """The most probable class of each element: (N, in_features) -> (N,)."""
        return self.log_prob(input).argmax(dim=1)
