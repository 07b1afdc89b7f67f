"""Losses with a derivative of their own; the others are compositions, as in PyTorch.

Targets that are classes, and their weights, are constants: they have no rule.
"""

from __future__ import annotations

import math

import numpy as np

from ..core.batching import same_call
from ..core.op import by_blocks, general, linear
from ..promotion import is_half
from .activation import REDUCTIONS, each_reduced
from .elementwise import rounded_once
from .indexing import blank

__all__ = [
    "binary_cross_entropy", "binary_cross_entropy_with_logits", "cross_entropy", "cross_entropy_of_planes", "huber_loss",
    "multi_margin_loss", "multilabel_margin_loss", "nll_loss", "nll_loss_of_planes", "smooth_l1_loss", "soft_margin_loss",
]  # fmt: skip

# -- element by element --------------------------------------------------------------------------------------------------


def reduced(forward):
    """The forward of a loss: the losses of the elements, then none of them, their mean or their sum."""
    def of_all(xp, *operands, reduction, **params):
        losses = by_blocks(xp, forward, *operands, **params)
        if REDUCTIONS[reduction] != "none":
            losses = xp.mean(losses) if REDUCTIONS[reduction] == "mean" else xp.sum(losses)
        return xp.narrow(losses, operands[0])

    return of_all


def share(g, reduction, *operands):
    """The cotangent of the loss of each element."""
    return g / count_of(reduction, *operands)


def count_of(reduction, *operands):
    """What the cotangent of the mean is shared by."""
    if REDUCTIONS[reduction] != "mean":
        return 1
    return max(1, math.prod(np.broadcast_shapes(*[getattr(a, "shape", ()) for a in operands])))


def in_dtype(xp, number, x):
    """A number as PyTorch's kernels hold it that round after each operation."""
    return xp.asarray(number, dtype=x.dtype)


def smooth_l1_forward(xp, x, y, beta):
    if beta == 1:
        return huber(xp, x, y, beta)
    far = xp.abs(x - y)
    return xp.where(far < beta, far * far * (0.5 / beta), far - 0.5 * beta)


def opposite(need, slope):
    """The cotangents of the operands of a loss of x - y, from that of x: what moves y moves it the other way."""
    return slope if need[0] else None, -slope if need[1] else None


def smooth_l1_slope(xp, g, x, y, beta):
    d = x - y
    return g * xp.where(xp.abs(d) < beta, d / beta, xp.sign(d))


def smooth_l1_rule(xp, g, need, x, y, beta, reduction):
    return opposite(need, by_blocks(xp, smooth_l1_slope, share(g, reduction, x, y), x, y, beta=beta))


smooth_l1_loss = general("smooth_l1_loss(x, y, *, beta, reduction)", fused=True, node="SmoothL1LossBackward0", promotion="common",
    domain="fV", saved_names={"y": "target"}, batch=each_reduced, all=smooth_l1_rule,
    forward=reduced(rounded_once(smooth_l1_forward)),
)


def huber_forward(xp, x, y, delta):
    """Rounded once in float16, but after each operation in bfloat16, as in PyTorch."""
    return (huber if is_half(x.dtype) and x.dtype.kind == "V" else rounded_once(huber))(xp, x, y, delta=delta)


def huber(xp, x, y, delta):
    """far^2 / 2 up to delta, then a line of that slope: without a choice, by the smaller of the two."""
    far, half = xp.abs(x - y), in_dtype(xp, 0.5, x)
    near = xp.minimum(far, in_dtype(xp, delta, x))
    return near * (far - near * half)


def huber_slope(xp, g, x, y, delta):
    d = x - y
    return g * xp.where(xp.abs(d) < delta, d, xp.sign(d) * delta)


def huber_rule(xp, g, need, x, y, delta, reduction):
    if is_half(x.dtype):
        d, delta, part = x - y, in_dtype(xp, delta, x), in_dtype(xp, 1 / count_of(reduction, x, y), x)
        return opposite(need, xp.where(xp.abs(d) < delta, d * part, xp.sign(d) * part * delta) * g)
    return opposite(need, by_blocks(xp, huber_slope, share(g, reduction, x, y), x, y, delta=delta))


huber_loss = general("huber_loss(x, y, *, delta, reduction)", node="HuberLossBackward0", promotion="common", domain="fV",
    saved_names={"y": "target"}, batch=each_reduced, forward=reduced(huber_forward), all=huber_rule,
)


def logs(xp, x):
    """The logarithms of x and 1 - x, neither below -100: what keeps the loss of a certain and wrong answer finite."""
    return xp.clip(xp.log(x), min=-100), xp.clip(xp.log1p(-x), min=-100)


def bce_forward(xp, x, y, w):
    yes, no = logs(xp, x)
    return ((y - 1) * no - y * yes) * w


def bce_x(xp, g, x, y, w):
    """-(y log x + (1 - y) log(1 - x)) has the slope (x - y) / (x (1 - x)), whose denominator PyTorch keeps from 0 likewise."""
    return g * (x - y) / xp.clip((1 - x) * x, min=1e-12) * w


def bce_y(xp, g, x, w):
    yes, no = logs(xp, x)
    return g * (no - yes) * w


def bce_rule(xp, g, x, y, w, reduction):
    """PyTorch divides at the end, as one can see in half precision, and in the last digits otherwise."""
    return by_blocks(xp, bce_share, g, x, y, w, count=count_of(reduction, x, y, w))


def bce_share(xp, g, x, y, w, count):
    out = bce_x(xp, g, x, y, w)
    return out if count == 1 else out / count


binary_cross_entropy = general("binary_cross_entropy(x, y, w, *, reduction)", promotion="common", domain="fV",
    saved_names={"y": "target", "w": "weight"}, batch=each_reduced, forward=reduced(bce_forward), x=bce_rule,
    y=lambda xp, g, x, y, w, reduction: by_blocks(xp, bce_y, share(g, reduction, x, y, w), x, w),
)


def softplus(xp, x):
    return xp.logaddexp(x, xp.zeros((), dtype=x.dtype))


def logits_forward(xp, x, y, w, p):
    """With s(x) for the sigmoid: -(p y log s(x) + (1 - y) log s(-x)), where log s(x) = -softplus(-x), and s(x) = 1 - s(-x)."""
    return ((1 - y) * x + ((p - 1) * y + 1) * softplus(xp, -x)) * w


def logits_x(xp, g, x, y, w, p):
    return g * w * ((1 - y) * xp.sigmoid(x) - p * y * xp.sigmoid(-x))


def logits_y(xp, g, x, w, p):
    return g * w * ((p - 1) * softplus(xp, -x) - x)


def logits_rule(xp, g, x, y, w, p, reduction):
    if is_half(x.dtype):
        yes = p * y
        return share(((yes + 1 - y) * xp.sigmoid(x) - yes) * g * w, reduction, x, y, w, p)
    return by_blocks(xp, logits_x, share(g, reduction, x, y, w, p), x, y, w, p)


binary_cross_entropy_with_logits = general("binary_cross_entropy_with_logits(x, y, w, p, *, reduction)",
    promotion="common", domain="fV", saved_names={"y": "target", "w": "weight", "p": "pos_weight"}, batch=each_reduced,
    forward=reduced(logits_forward),
    x=logits_rule,
    y=lambda xp, g, x, y, w, p, reduction: by_blocks(xp, logits_y, share(g, reduction, x, y, w, p), x, w, p),
)

soft_margin_loss = general("soft_margin_loss(x, y, *, reduction)", promotion="common", domain="fV",
    saved_names={"y": "target"}, batch=each_reduced, forward=reduced(rounded_once(lambda xp, x, y: softplus(xp, -x * y))),
    x=lambda xp, g, x, y, reduction:
        by_blocks(xp, lambda xp, g, x, y: g * -y * xp.sigmoid(-x * y), share(g, reduction, x, y), x, y),
)

# -- of classes ----------------------------------------------------------------------------------------------------------
# The classes lie along ``axis`` of x; the target lacks that axis. Losses are reduced over the ``rank`` axes of the target,
# counted from the end. ``ignore_index`` is a class that does not count, None where the target is known to lack it.


def chosen(xp, target, axis, ignore_index):
    """Where the classes of the target lie along the axis."""
    if ignore_index is not None:
        target = xp.where(target == ignore_index, 0, target)
    return xp.expand_dims(target, axis=axis)


def counted(xp, x, target, at, weight, axis, rank, ignore_index):
    """How much each target counts: its class's weight, and 0 if it is ignored. None: all the same."""
    counts = None
    if weight:
        (w,) = weight
        wide = xp.reshape(w, (*w.shape[:-1], *[1] * (rank + 1 + axis), w.shape[-1], *[1] * (-axis - 1)))
        counts = xp.squeeze(xp.gather(xp.broadcast_to(wide, x.shape), at, axis=axis), axis=axis)
    if ignore_index is not None:
        ignored = target == ignore_index
        counts = xp.where(ignored, 0, xp.ones_like(target, dtype=x.dtype) if counts is None else counts)
    return counts


def axes(rank):
    return tuple(range(-rank, 0))


def total(xp, target, counts, rank):
    """What the mean divides by, which keeps its axes."""
    if counts is None:
        return math.prod(target.shape[len(target.shape) - rank:])
    return xp.sum(counts, axis=axes(rank), keepdims=True)


def reduced_classes(xp, losses, counts, rank, reduction):
    """``losses`` weighted, then summed or averaged. What is ignored is 0 even where it is infinite."""
    if REDUCTIONS[reduction] == "none" or (counts is None and not rank):
        return losses if counts is None else xp.where(counts == 0, 0, losses * counts)
    if counts is None:
        return (xp.mean if REDUCTIONS[reduction] == "mean" else xp.sum)(losses, axis=axes(rank))
    losses = xp.where(counts == 0, 0, losses * counts)
    out = xp.sum(losses, axis=axes(rank), keepdims=True)
    if REDUCTIONS[reduction] == "mean":
        out = out / total(xp, losses, counts, rank)
    return xp.squeeze(out, axis=axes(rank)) if rank else out


def shares(xp, g, target, counts, rank, reduction):
    """The cotangent of the loss of each target, before its weight."""
    if REDUCTIONS[reduction] != "none":
        g = xp.reshape(g, (*g.shape, *[1] * rank))
    if REDUCTIONS[reduction] == "mean":
        g = g / total(xp, target, counts, rank)
    if counts is not None:
        g = xp.where(counts == 0, 0, g * counts)  # also where all are ignored, and the mean is 0 / 0
    return xp.broadcast_to(g, target.shape)


def nll_forward(xp, x, target, *weight, axis, rank, ignore_index, reduction):
    at = chosen(xp, target, axis, ignore_index)
    wide = xp.widen(x)
    counts = counted(xp, wide, target, at, weight, axis, rank, ignore_index)
    losses = -xp.squeeze(xp.gather(wide, at, axis=axis), axis=axis)
    return xp.narrow(reduced_classes(xp, losses, counts, rank, reduction), x)


def nll_x(xp, g, x_shape, target, weight, axis, rank, ignore_index, reduction):
    at = chosen(xp, target, axis, ignore_index)
    zeros = blank(xp, x_shape, g.dtype)
    counts = counted(xp, zeros, target, at, weight, axis, rank, ignore_index)
    part = xp.expand_dims(-shares(xp, g, target, counts, rank, reduction), axis=axis)
    return xp.scatter_add(zeros, at, part, axis=axis)


def nll(name, node):
    return linear(f"{name}(x, target, *weight, axis, rank, ignore_index, reduction)", node=node, domain="fV",
        saved_names={"weight": "weight"}, forward=nll_forward, x=nll_x,
    )


nll_loss = nll("nll_loss", "NllLossBackward0")
nll_loss_of_planes = nll("nll_loss_of_planes", "NllLoss2DBackward0")


def cross_entropy_forward(xp, x, target, *weight, axis, rank, ignore_index, reduction):
    """-log_softmax(x) at the target, and softmax(x)."""
    at = chosen(xp, target, axis, ignore_index)
    logs = xp.widen(xp.log_softmax(x, axis=axis))
    counts = counted(xp, logs, target, at, weight, axis, rank, ignore_index)
    losses = -xp.squeeze(xp.gather(logs, at, axis=axis), axis=axis)
    return xp.narrow(reduced_classes(xp, losses, counts, rank, reduction), x), xp.exp(logs)


def cross_entropy_x(xp, g, target, weight, softmax, axis, rank, ignore_index, reduction):
    """The loss of a target has the slope softmax - (1 at the target); softmax itself is an output, and so has a cotangent."""
    out = None
    if g[0] is not None:
        at = chosen(xp, target, axis, ignore_index)
        counts = counted(xp, softmax, target, at, weight, axis, rank, ignore_index)
        part = xp.expand_dims(shares(xp, g[0], target, counts, rank, reduction), axis=axis)
        part = part if part.dtype == softmax.dtype else xp.astype(part, softmax.dtype)
        out = xp.scatter_add(softmax * part, at, -part, axis=axis)
    if g[1] is not None:
        inner = (g[1] - xp.sum(g[1] * softmax, axis=axis, keepdims=True)) * softmax
        out = inner if out is None else out + inner
    return out


def entropy(name, node):
    return general(f"{name}(x, target, *weight, axis, rank, ignore_index, reduction)", node=node, domain="fV",
        outputs="loss softmax", saved_names={"weight": "weight"}, batch=same_call,
        forward=cross_entropy_forward, x=cross_entropy_x,
    )


# log_softmax and nll_loss in one. The node is PyTorch's of the second.
cross_entropy = entropy("cross_entropy", "NllLossBackward0")
cross_entropy_of_planes = entropy("cross_entropy_of_planes", "NllLoss2DBackward0")

# -- margins between classes, which lie along the last axis --------------------------------------------------------------


def is_target(xp, target, classes):
    return xp.expand_dims(target, axis=-1) == xp.arange(classes)


def class_margins(xp, x, target, margin):
    """For each other class margin - x[target] + x, where that is positive; else 0."""
    at = xp.expand_dims(target, axis=-1)
    z = x - xp.gather(x, at, axis=-1) + margin
    return xp.where(xp.logical_or(z <= 0, is_target(xp, target, x.shape[-1])), 0, z)


def weighted(xp, losses, target, weight):
    if not weight:
        return losses
    (w,) = weight
    wide = xp.reshape(w, (*w.shape[:-1], *[1] * (len(target.shape) - len(w.shape) + 1), w.shape[-1]))
    wide = xp.broadcast_to(wide, (*target.shape, w.shape[-1]))
    return losses * xp.gather(wide, xp.expand_dims(target, axis=-1), axis=-1)


def multi_margin_forward(xp, x, target, *weight, p, margin, rank, reduction):
    z = class_margins(xp, x, target, margin)
    each = weighted(xp, xp.expand_dims(xp.sum(z if p == 1 else z * z, axis=-1), axis=-1), target, weight) / x.shape[-1]
    return reduced_classes(xp, xp.squeeze(each, axis=-1), None, rank, reduction)


def multi_margin_x(xp, g, x, target, weight, p, margin, rank, reduction):
    z = class_margins(xp, x, target, margin)
    slope = xp.where(z > 0, xp.ones_like(z), 0) if p == 1 else z * 2
    part = xp.expand_dims(shares(xp, g, target, None, rank, reduction), axis=-1)
    slope = slope * (weighted(xp, part, target, weight) / x.shape[-1])
    return xp.where(is_target(xp, target, x.shape[-1]), 0 - xp.sum(slope, axis=-1, keepdims=True), slope)


multi_margin_loss = general("multi_margin_loss(x, target, *weight, p, margin, rank, reduction)", domain="f",
    saved_names={"weight": "weight"}, batch=same_call, forward=multi_margin_forward, x=multi_margin_x,
)


def pair_margins(xp, x, target):
    """1 - (x[t] - x[i]) for each t of the targets (before the first negative one) and i of the other classes, where that is
    positive; else 0. And the targets, each as a row of zeros and a one.
    """
    classes = x.shape[-1]
    count = xp.cumulative_sum(xp.where(target < 0, xp.ones_like(target), 0), axis=-1)
    ones = xp.logical_and(is_target(xp, target, classes), xp.expand_dims(count == 0, axis=-1))
    z = xp.expand_dims(x, axis=-2) + 1 - xp.expand_dims(xp.sum(xp.where(ones, xp.expand_dims(x, axis=-2), 0), axis=-1), axis=-1)
    taken = xp.any(ones, axis=-2, keepdims=True)
    there = xp.expand_dims(count == 0, axis=-1)
    return xp.where(xp.logical_or(z <= 0, xp.logical_or(taken, xp.logical_not(there))), 0, z), ones


def multilabel_margin_forward(xp, x, target, rank, reduction):
    z, _ = pair_margins(xp, x, target)
    return reduced_classes(xp, xp.sum(z, axis=(-2, -1)) / x.shape[-1], None, rank, reduction)


def multilabel_margin_x(xp, g, x, target, rank, reduction):
    z, ones = pair_margins(xp, x, target)
    slope = xp.where(z > 0, xp.ones_like(z), 0)
    there = xp.sum(slope, axis=-2) - xp.sum(xp.where(ones, xp.sum(slope, axis=-1, keepdims=True), 0), axis=-2)
    part = shares(xp, g, xp.sum(z, axis=(-2, -1)), None, rank, reduction) / x.shape[-1]
    return there * xp.expand_dims(part, axis=-1)


multilabel_margin_loss = general("multilabel_margin_loss(x, target, *, rank, reduction)", domain="f", batch=same_call,
    saved_names={"target": "target"}, forward=multilabel_margin_forward, x=multilabel_margin_x,
)
