"""Peak memory of each op, forward and backward, beside PyTorch's: of some 10^6 elements of float32, what both allocate.

PyTorch's profiler reports its allocations, tracemalloc NumPy's.
"""

from __future__ import annotations

import sys
import tracemalloc
from collections.abc import Callable
from itertools import accumulate
from typing import Any

import torch

import chainrule

from .families import FAMILIES, Case, flat, images, pair, rows, square

SIZE = 1_000_000
LIMIT = 2.0
"""How many times PyTorch's memory an op may use."""

SLACK = 100_000
"""Bytes of Python's own objects, which tracemalloc counts too."""

MORE: dict[str, dict[str, Case]] = {
    "convolution of images": {
        "MNIST": (lambda t, x: t.nn.functional.conv2d(x, t.ones(16, 1, 5, 5), padding=2), lambda n: [(n // 784, 1, 28, 28)]),
        "CIFAR": (lambda t, x: t.nn.functional.conv2d(x, t.ones(32, 32, 3, 3), padding=1), lambda n: [(n // 32768, 32, 32, 32)]),
        "weights": (
            lambda t, x, w: t.nn.functional.conv2d(x, w, padding=1),
            lambda n: [(n // 32768, 32, 32, 32), (32, 32, 3, 3)],
        ),
        "strided": (lambda t, x: t.nn.functional.conv2d(x, t.ones(16, 8, 3, 3), stride=2), lambda n: [(n // 32768, 8, 64, 64)]),
        "depthwise": (
            lambda t, x: t.nn.functional.conv2d(x, t.ones(32, 1, 3, 3), groups=32), lambda n: [(n // 32768, 32, 32, 32)],
        ),
        "conv3d": (lambda t, x: t.nn.functional.conv3d(x, t.ones(4, 4, 3, 3, 3)), lambda n: [(n // 16384, 4, 16, 16, 16)]),
        "unfold": (lambda t, x: t.nn.functional.unfold(x, 3), images),
        "max_pool2d, 3 by 3": (lambda t, x: t.nn.functional.max_pool2d(x, 3, 2, 1), images),
    },
    "more losses": {
        "nll_loss": (lambda t, x: t.nn.functional.nll_loss(x, t.zeros(x.shape[0], dtype=t.int64)), rows),
        "kl_div": (lambda t, x, y: t.nn.functional.kl_div(x, y.exp(), reduction="sum"), pair),
        "huber_loss": (lambda t, x, y: t.nn.functional.huber_loss(x, y), pair),
        "label smoothing": (
            lambda t, x: t.nn.functional.cross_entropy(x, t.zeros(x.shape[0], dtype=t.int64), label_smoothing=0.1), rows,
        ),
        "cosine_similarity": (lambda t, x, y: t.nn.functional.cosine_similarity(x.view(-1, 100), y.view(-1, 100)), pair),
    },
    "random": {
        "dropout": (lambda t, x: t.nn.functional.dropout(x, 0.5), flat),
        "randn_like": (lambda t, x: x * t.randn_like(x), flat),
        "rand_like": (lambda t, x: x * t.rand_like(x), flat),
        "bernoulli": (lambda t, x: x * t.bernoulli(x.detach().sigmoid()), flat),
        "randperm": (lambda t, x: x[t.randperm(x.shape[0])], flat),
    },
    "more": {
        "var_mean": (lambda t, x: t.var_mean(x, -1)[0], rows),
        "unique": (lambda t, x: t.unique(x.detach().round(decimals=2)) * x[:1], flat),
        "bincount": (lambda t, x: t.bincount((x.detach() * 10).abs().long()) * x[:1], flat),
        "histc": (lambda t, x: t.histc(x.detach()) * x[:1], flat),
        "cdist": (lambda t, x: t.cdist(x[:1000], x[:1000]), rows),
        "einsum of three": (lambda t, a, b: t.einsum("ij,jk,kl->il", a, b, a), lambda n: [(round(n**0.5),) * 2] * 2),
        "index_put": (lambda t, x: x.index_put((t.arange(0, x.shape[0], 2),), t.zeros(())), rows),
        "in place": (lambda t, x: x.clone().mul_(2).add_(1).relu_(), flat),
        "bfloat16": (lambda t, x: (x.bfloat16() * 2).exp(), flat),
        "logaddexp": (lambda t, x, y: t.logaddexp(x, y), pair),
        "lerp": (lambda t, x, y: t.lerp(x, y, 0.3), pair),
        "complex": (lambda t, x, y: t.complex(x, y).exp().abs(), pair),
        "triu": (lambda t, x: x.triu(), square),
        "argsort": (lambda t, x: x * x.detach().argsort(-1), rows),
        "pixel_shuffle": (lambda t, x: t.nn.functional.pixel_shuffle(x, 2), images),
        "diff": (lambda t, x: x.diff(), rows),
        "multi_head": (
            lambda t, x: (x @ x.mT).softmax(-1) @ x, lambda n: [(n // 4096, 4, 32, 32)],
        ),
    },
}  # fmt: skip

REASONS: dict[str, str] = {
    "sum": "a gradient has memory of its own",
    "sum of rows": "a gradient has memory of its own",
}
"""Why an op may use more."""


def peak_of_torch(run: Callable[[], object]) -> int:
    """The most bytes that were allocated at once."""
    with torch.profiler.profile(activities=[torch.profiler.ProfilerActivity.CPU], profile_memory=True) as profile:
        kept = run()
    events = [e for e in profile.profiler.kineto_results.events() if e.name() == "[memory]"]
    events.sort(key=lambda event: event.start_ns())
    del kept
    return max(accumulate((event.nbytes() for event in events), initial=0))


def peak_of_numpy(run: Callable[[], object]) -> int:
    """The most bytes that were allocated at once."""
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        kept = run()
        peak = tracemalloc.get_traced_memory()[1]
        del kept
        return peak - before
    finally:
        tracemalloc.stop()


def program(t: Any, function: Callable[..., Any], shapes: list[tuple[int, ...]]) -> Callable[[], object]:
    """Forward and backward of an op; what it returns is what a user would still hold."""
    t.manual_seed(0)
    leaves = [t.randn(shape).requires_grad_() for shape in shapes]

    def run() -> object:
        result = function(t, *leaves)
        return result, t.autograd.grad(result, leaves, t.ones_like(result), allow_unused=True)

    return run


def main() -> int:
    """Print the table; how many ops use too much is the result."""
    torch.set_num_threads(1)
    wanted, worse = sys.argv[1:], 0
    families = FAMILIES | MORE
    print(
        f"{'':<40} {'chainrule':>10} {'PyTorch':>10}  times (limit {LIMIT}); MB at the peak, the arguments not among them"
    )
    for family, cases in families.items():
        for name, (function, shapes) in cases.items():
            if wanted and not any(word in f"{family} {name}" for word in wanted):
                continue
            ours, theirs = (program(t, function, shapes(SIZE)) for t in (chainrule, torch))
            ours(), theirs()  # what is made once is no part of it
            have, want = peak_of_numpy(ours), peak_of_torch(theirs)
            is_worse = have - SLACK > LIMIT * want
            worse += is_worse and name not in REASONS
            verdict = REASONS.get(name, "TOO MUCH") if is_worse else ""
            print(
                f"{family + ': ' + name:<40} {have / 1e6:10.1f} {want / 1e6:10.1f} {have / max(want, 1):6.2f}  {verdict}",
                flush=True,
            )
    print(f"{worse} ops use more than {LIMIT} times PyTorch's memory")
    return worse


if __name__ == "__main__":
    sys.exit(bool(main()))
