"""The loss of sequences that are not aligned with their targets."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ..core.value import Lifted, TensorBase, is_constant, new_tensor
from ..core.xla_level import beside
from ..functions._arguments import check_floating, tensor_argument
from ..functions._autocast import widened
from ..functions.joining import concat, stack
from .loss import reduced, reduction_of

if TYPE_CHECKING:
    from .._tensor import Tensor

__all__ = ["ctc_loss"]

NEVER = -1e30
"""The logarithm of the probability of what cannot be: finite, so that differences of two are."""


def ctc_loss(
    log_probs: Tensor,
    targets: Tensor,
    input_lengths: Tensor | Sequence[int],
    target_lengths: Tensor | Sequence[int],
    blank: int = 0,
    reduction: str = "mean",
    zero_infinity: bool = False,
) -> Tensor:
    """Connectionist temporal classification (Graves et al. 2006): minus the logarithm of the probability that a sequence of
    independent draws is the target, when repeated classes count once and blanks, which may stand between any two, not at all.

    Args:
        log_probs: logarithms of the probabilities of C classes at T times: of shape (T, N, C) or (T, C).
        targets: classes: of shape (N, S), padded; or of one dimension, one target after the other.
        input_lengths: how many of the T times count, for each of the N.
        target_lengths: how long each target is.
        blank: the class that is the blank.
        reduction: ``"mean"``, of the losses over the length of their targets; ``"sum"`` or ``"none"``.
        zero_infinity: whether losses are 0 where the target is too long to fit.

    Raises:
        RuntimeError: shapes, lengths or a blank that do not fit.

    >>> import chainrule.nn.functional as F
    >>> even = torch.full((3, 1, 2), 0.5).log()
    >>> F.ctc_loss(even, torch.tensor([[1]]), [3], [1])
    tensor(0.2877)
    """
    (log_probs,) = widened(log_probs)
    tensor_argument(log_probs, "ctc_loss", "log_probs", 1)
    tensor_argument(targets, "ctc_loss", "targets", 2)
    reduction = reduction_of(None, None, reduction)
    check_floating("ctc_loss", log_probs)
    is_batch = log_probs.ndim == 3
    if log_probs.ndim not in (2, 3):
        raise RuntimeError(f"ctc_loss: log_probs must have shape (T, N, C) or (T, C), but has {list(log_probs.shape)}")
    if not is_batch:
        log_probs = log_probs.unsqueeze(1)
        targets = targets if targets.ndim == 2 else targets.unsqueeze(0)
    if not log_probs.numel():
        raise RuntimeError(f"log_probs tensor must not be empty, but has the shape {list(log_probs.shape)}")
    times, n, classes = log_probs.shape
    if not 0 <= blank < classes:
        raise RuntimeError(f"blank must be in label range: got {blank} for {classes} classes")
    if targets.dtype.is_floating_point or targets.dtype.is_complex:
        raise RuntimeError(f"Expected targets to be integers, but got {targets.dtype}")
    if is_constant(log_probs._array):
        return reduced(log_probs.sum((0, 2)) if is_batch or reduction != "none" else log_probs.sum(), reduction)
    given = lengths("input_lengths", input_lengths, n, times)
    wanted = lengths("target_lengths", target_lengths, n, None)
    labels = padded(targets, wanted, n)
    losses = unaligned(log_probs, labels, given, wanted, blank)
    too_long = losses > -NEVER / 2
    losses = losses.masked_fill(too_long, 0.0 if zero_infinity else np.inf)
    if reduction == "mean":
        losses = losses / beside(new_tensor(np.maximum(wanted, 1)), losses).to(losses.dtype)
    return reduced(losses if is_batch or reduction != "none" else losses[0], reduction)


def lengths(name: str, given: Any, n: int, most: int | None) -> Any:
    """Lengths as integers of NumPy, which shapes and places depend on."""
    if isinstance(given, TensorBase):
        if isinstance(given._array, Lifted):
            raise RuntimeError(
                f"ctc_loss: {name}, on which places depend, must be known: they cannot be batched or traced"
            )
        found = np.atleast_1d(np.asarray(given._array))
    else:
        found = np.atleast_1d(np.asarray(given, dtype=np.int64 if not np.size(given) else None))
    if found.dtype.kind not in "iu":
        raise RuntimeError(f"{name} must be integral: got {found.dtype}")
    if found.shape != (n,):
        raise RuntimeError(f"{name} must be of size batch_size: got {list(found.shape)} for {n} sequences")
    if found.size and (found.min() < 0 or (most is not None and found.max() > most)):
        raise RuntimeError(f"Expected {name} to have value at most {most} and not negative, but got {found.tolist()}")
    return found.astype(np.int64)


def padded(targets: Tensor, wanted: Any, n: int) -> Tensor:
    """The targets as rows of one length. What is beyond the end of one does not matter."""
    if targets.ndim == 2:
        if targets.shape[0] != n or targets.shape[1] < wanted.max(initial=0):
            raise RuntimeError(
                f"Expected tensor to have size at least {wanted.max(initial=0)} at dimension 1, but got size {list(targets.shape)}"
            )
        return targets.long()
    if targets.ndim != 1 or targets.shape[0] != wanted.sum():
        raise RuntimeError(
            f"ctc_loss: targets of shape {list(targets.shape)} are not {n} targets of the lengths {wanted.tolist()}, one after the other"
        )
    places = (np.cumsum(wanted) - wanted)[:, None] + np.arange(wanted.max(initial=0))
    return targets.long()[new_tensor(np.minimum(places, max(0, targets.shape[0] - 1)))]


def unaligned(log_probs: Tensor, labels: Tensor, given: Any, wanted: Any, blank: int) -> Tensor:
    """The losses, by the forward recursion of the paper's equations 6 and 7, in logarithms.

    With blanks between all labels and at both ends, alpha[s] is the probability to have come to the s-th. At each time one
    stays, or comes from the one before; or, past a blank, from the label before that, if it is another.
    """
    n, longest = labels.shape
    size = 2 * longest + 1
    states = labels.new_full((n, size), blank)
    if longest:
        states[:, 1::2] = labels
    scores = log_probs.gather(2, states.clamp(0, log_probs.shape[2] - 1).expand(log_probs.shape[0], n, size))
    may_skip = states[:, 2:].ne(blank) & states[:, 2:].ne(states[:, :-2])
    ends = np.stack([2 * wanted, np.maximum(2 * wanted - 1, 0)], 1)

    def there(array: Any) -> Tensor:
        return beside(new_tensor(array), scores)

    first = np.zeros((n, size), bool)
    first[:, 0] = True
    first[wanted > 0, 1:2] = True
    start = scores[0] if len(scores) else scores.new_zeros((n, size))
    alpha = start.masked_fill(there(~first), NEVER)
    for time in range(1, len(scores)):
        before = alpha.new_full((n, 1), NEVER)
        by_one = concat([before, alpha[:, :-1]], 1)
        by_two = alpha.new_full((n, min(2, size)), NEVER)
        if size > 2:
            by_two = concat([by_two, alpha[:, :-2].masked_fill(~may_skip, NEVER)], 1)
        here = stack([alpha, by_one, by_two]).logsumexp(0) + scores[time]
        alpha = here.where(there(time < given).unsqueeze(1), alpha)
    last = alpha.gather(1, there(ends))
    last = last.masked_fill(there(np.stack([np.zeros(n, bool), wanted == 0], 1)), NEVER)
    return -last.logsumexp(1)
