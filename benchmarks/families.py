"""Each family of ops against PyTorch: forward and backward, on some 10^3 and 10^6 elements of float32."""

from __future__ import annotations

import statistics
import sys
from collections.abc import Callable
from functools import cache
from operator import attrgetter
from typing import Any

import torch

import chainrule

from .measure import race

SIZES = (1_000, 1_000_000)
LIMIT = 3.0
"""How many times slower the median op of a family may be."""
LIMITS = {"image networks": 1.5}
REASONS = {
    "activation": "NumPy takes a pass over the cache for each operation of a formula, PyTorch one over memory for all, by "
    "several threads; ours would wait for the interpreter's lock after each pass as long as it takes",
    "special": "the same; tables of parabolas take thirteen passes",
    "losses": "as of activations",
    "softmax": "as of activations, though of some rows at a time",
    "normalisation": "as of softmax",
    "image networks": "windows are copied before OpenBLAS multiplies them; two threads of Python wait for each other "
    "between operations",
}
"""Why a family may be over its limit."""

Case = tuple[Callable[..., Any], Callable[[int], list[tuple[int, ...]]]]


def flat(n: int) -> list[tuple[int, ...]]:
    return [(n,)]


def pair(n: int) -> list[tuple[int, ...]]:
    return [(n,), (n,)]


def rows(n: int) -> list[tuple[int, ...]]:
    return [(n // 100, 100)]


def square(n: int) -> list[tuple[int, ...]]:
    side = round(n**0.5)
    return [(side, side)]


def squares(n: int) -> list[tuple[int, ...]]:
    return square(n) * 2


def small_squares(n: int) -> list[tuple[int, ...]]:
    return [(n // 400, 20, 20)]


def images(n: int) -> list[tuple[int, ...]]:
    return [(n // 512 or 1, 8, 8, 8)]


def positive_definite(t: Any, a: Any) -> Any:
    return a @ a.mT + 20 * t.eye(a.shape[-1])


@cache
def noise(t: Any, *shape: int) -> Any:
    """Pictures whose neighbours differ, as those of photographs: of flat ones a pool's comparisons all come out alike."""
    t.manual_seed(1)
    return t.randn(shape)


def layers(t: Any, *weights: Any, images: tuple[int, ...], pooled: tuple[bool, ...]) -> Any:
    """Convolutions, rectified and pooled, as the first half of a small network."""
    x = noise(t, *images)
    for w, is_pooled in zip(weights, pooled, strict=True):
        x = t.nn.functional.conv2d(x, w).relu()
        x = t.nn.functional.max_pool2d(x, 2) if is_pooled else x
    return x


def mnist(t: Any, *weights: Any) -> Any:
    """The layers of PyTorch's MNIST example, on 64 images."""
    return layers(t, *weights, images=(64, 1, 28, 28), pooled=(False, True))


def cifar(t: Any, *weights: Any) -> Any:
    """The layers of PyTorch's CIFAR-10 tutorial, on 64 images."""
    return layers(t, *weights, images=(64, 3, 32, 32), pooled=(True, True))


def named(path: str) -> Case:
    """A function of one tensor, by its name in ``torch``."""
    return (lambda t, x: attrgetter(path)(t)(x)), flat


FAMILIES: dict[str, dict[str, Case]] = {
    "element-wise": {
        "add": (lambda t, x, y: x + y, pair),
        "mul": (lambda t, x, y: x * y, pair),
        "div": (lambda t, x, y: x / (y * y + 1), pair),
        "exp": (lambda t, x: x.exp(), flat),
        "log": (lambda t, x: (x * x + 1).log(), flat),
        "sqrt": (lambda t, x: (x * x + 1).sqrt(), flat),
        "pow": (lambda t, x: x**3, flat),
        "sin": (lambda t, x: x.sin(), flat),
        "tanh": (lambda t, x: x.tanh(), flat),
        "abs": (lambda t, x: x.abs(), flat),
        "clamp": (lambda t, x: x.clamp(-0.5, 0.5), flat),
        "where": (lambda t, x, y: t.where(x > 0, x, y), pair),
        "maximum": (lambda t, x, y: t.maximum(x, y), pair),
        "atan2": (lambda t, x, y: t.atan2(x, y), pair),
    },
    "activation": {
        name: named(f"nn.functional.{name}")
        for name in ("relu", "sigmoid", "silu", "gelu", "softplus", "elu", "leaky_relu", "hardswish", "mish")
    },
    "softmax": {
        "softmax": (lambda t, x: x.softmax(-1), rows),
        "log_softmax": (lambda t, x: x.log_softmax(-1), rows),
        "logsumexp": (lambda t, x: x.logsumexp(-1), rows),
    },
    "reduction": {
        "sum": (lambda t, x: x.sum(), flat),
        "sum of rows": (lambda t, x: x.sum(-1), rows),
        "mean of columns": (lambda t, x: x.mean(0), rows),
        "max of rows": (lambda t, x: x.max(-1).values, rows),
        "amax": (lambda t, x: x.amax(-1), rows),
        "std": (lambda t, x: x.std(-1), rows),
        "var": (lambda t, x: x.var(), flat),
        "norm": (lambda t, x: x.norm(), flat),
        "prod": (lambda t, x: x.prod(-1), rows),
    },
    "cumulative": {
        "cumsum": (lambda t, x: x.cumsum(-1), rows),
        "cumprod": (lambda t, x: x.cumprod(-1), rows),
        "logcumsumexp": (lambda t, x: x.logcumsumexp(-1), rows),
        "cummax": (lambda t, x: x.cummax(-1).values, rows),
    },
    "sorting": {
        "sort": (lambda t, x: x.sort(-1).values, rows),
        "topk": (lambda t, x: x.topk(5, -1).values, rows),
        "median": (lambda t, x: x.median(-1).values, rows),
        "kthvalue": (lambda t, x: x.kthvalue(3, -1).values, rows),
        "quantile": (lambda t, x: x.quantile(0.3, -1), rows),
    },
    "indexing": {
        "slices": (lambda t, x: x[1::2, 3:], rows),
        "gather": (lambda t, x: x.gather(-1, x.detach().argsort(-1)), rows),
        "index_select": (lambda t, x: x.index_select(0, t.arange(0, x.shape[0], 2)), rows),
        "integer index": (lambda t, x: x[t.arange(0, x.shape[0], 2)], rows),
        "mask": (lambda t, x: x[x > 0], rows),
        "masked_fill": (lambda t, x: x.masked_fill(x > 0, 0.0), rows),
        "scatter_add": (lambda t, x: t.zeros(x.shape).scatter_add(0, t.zeros(x.shape, dtype=t.int64), x), rows),
        "index_add": (lambda t, x: t.zeros(x.shape).index_add(0, t.arange(x.shape[0]), x), rows),
    },
    "shape": {
        "cat": (lambda t, x, y: t.cat([x, y]), pair),
        "stack": (lambda t, x, y: t.stack([x, y], -1), pair),
        "transpose, contiguous": (lambda t, x: x.mT.contiguous(), rows),
        "flip": (lambda t, x: x.flip(-1), rows),
        "roll": (lambda t, x: x.roll(3, -1), rows),
        "repeat": (lambda t, x: x.repeat(2, 1), rows),
        "tril": (lambda t, x: x.tril(), square),
    },
    "products": {
        "matmul": (lambda t, a, b: a @ b, squares),
        "bmm": (lambda t, a: a @ a, small_squares),
        "einsum": (lambda t, a, b: t.einsum("ij,kj->ik", a, b), squares),
        "linear": (lambda t, a, b: t.nn.functional.linear(a, b), squares),
        "outer": (lambda t, x: t.outer(x, x), lambda n: [(round(n**0.5),)]),
    },
    "linalg": {
        "inv": (lambda t, a: t.linalg.inv(positive_definite(t, a)), small_squares),
        "det": (lambda t, a: t.linalg.det(a), small_squares),
        "solve": (lambda t, a: t.linalg.solve(positive_definite(t, a), a), small_squares),
        "cholesky": (lambda t, a: t.linalg.cholesky(positive_definite(t, a)), small_squares),
        "qr": (lambda t, a: t.linalg.qr(a).R, small_squares),
        "eigh": (lambda t, a: t.linalg.eigh(a + a.mT).eigenvalues, small_squares),
        "svd": (lambda t, a: t.linalg.svd(a).S, small_squares),
        "matrix_exp": (lambda t, a: t.linalg.matrix_exp(a / 20), small_squares),
    },
    "fft": {
        "rfft": (lambda t, x: t.fft.rfft(x).abs(), rows),
        "fft2": (lambda t, x: t.fft.fft2(x).abs(), square),
        "irfft": (lambda t, x: t.fft.irfft(t.fft.rfft(x)), rows),
    },
    "special": {
        name: named(f"special.{name}")
        for name in ("erf", "erfc", "expit", "log_ndtr", "i0e", "entr", "digamma")
    },
    "convolution": {
        "conv2d": (lambda t, x: t.nn.functional.conv2d(x, t.ones(8, 8, 3, 3), padding=1), images),
        "conv1d": (lambda t, x: t.nn.functional.conv1d(x.flatten(2), t.ones(8, 8, 3)), images),
        "conv_transpose2d": (lambda t, x: t.nn.functional.conv_transpose2d(x, t.ones(8, 8, 3, 3), stride=2), images),
    },
    "image networks": {  # of one size each
        "MNIST": (mnist, lambda n: [(32, 1, 3, 3), (64, 32, 3, 3)]),
        "CIFAR-10": (cifar, lambda n: [(6, 3, 5, 5), (16, 6, 5, 5)]),
    },
    "pooling": {
        "max_pool2d": (lambda t, x: t.nn.functional.max_pool2d(x, 2), images),
        "avg_pool2d": (lambda t, x: t.nn.functional.avg_pool2d(x, 2), images),
        "adaptive_avg_pool2d": (lambda t, x: t.nn.functional.adaptive_avg_pool2d(x, 1), images),
        "pad": (lambda t, x: t.nn.functional.pad(x, (1, 1, 1, 1), mode="reflect"), images),
    },
    "normalisation": {
        "batch_norm": (lambda t, x: t.nn.functional.batch_norm(x, None, None, training=True), images),
        "layer_norm": (lambda t, x: t.nn.functional.layer_norm(x, x.shape[-1:]), rows),
        "group_norm": (lambda t, x: t.nn.functional.group_norm(x, 2), images),
        "normalize": (lambda t, x: t.nn.functional.normalize(x), rows),
    },
    "losses": {
        "mse_loss": (lambda t, x, y: t.nn.functional.mse_loss(x, y), pair),
        "cross_entropy": (
            lambda t, x: t.nn.functional.cross_entropy(x, t.zeros(x.shape[0], dtype=t.int64)), rows,
        ),
        "bce with logits": (
            lambda t, x: t.nn.functional.binary_cross_entropy_with_logits(x, t.ones(x.shape)), flat,
        ),
        "smooth_l1_loss": (lambda t, x, y: t.nn.functional.smooth_l1_loss(x, y), pair),
    },
    "sampling of images": {
        "bilinear": (lambda t, x: t.nn.functional.interpolate(x, scale_factor=2.0, mode="bilinear"), images),
        "nearest": (lambda t, x: t.nn.functional.interpolate(x, scale_factor=2.0), images),
        "grid_sample": (
            lambda t, x: t.nn.functional.grid_sample(x, t.zeros(x.shape[0], 8, 8, 2), align_corners=False), images,
        ),
    },
    "attention": {
        "scaled_dot_product": (
            lambda t, x: t.nn.functional.scaled_dot_product_attention(x, x, x), lambda n: [(n // 512 or 1, 2, 16, 16)],
        ),
        "embedding": (
            lambda t, w: t.nn.functional.embedding(t.arange(w.shape[0]), w), rows,
        ),
    },
}  # fmt: skip


def program(t: Any, function: Callable[..., Any], shapes: list[tuple[int, ...]]) -> Callable[[], object]:
    """The function, and its gradient by all operands."""
    t.manual_seed(0)
    leaves = [t.randn(shape).requires_grad_() for shape in shapes]

    def run() -> object:
        return t.autograd.grad(function(t, *leaves).sum(), leaves)

    return run


def ratios(family: str, size: int, calls: int, rounds: int) -> dict[str, float]:
    """How many times PyTorch's time each op of the family takes."""
    found = {}
    for name, (function, shapes) in FAMILIES[family].items():
        rivals = {
            "chainrule": program(chainrule, function, shapes(size)),
            "torch": program(torch, function, shapes(size)),
        }
        ours, theirs = race(rivals, calls, rounds).values()
        found[name] = ours.against(theirs)
    return found


def set_threads(number: int) -> None:
    """Both libraries take so many."""
    torch.set_num_threads(number)
    chainrule.set_num_threads(number)


def report(wanted: list[str]) -> None:
    """Print the table: of each family, or of those that are named. Both libraries take as many threads as PyTorch does."""
    most = torch.get_num_threads()
    print(f"PyTorch {torch.__version__}, {most} threads where none are named; times of chainrule over PyTorch's")
    for family in wanted or FAMILIES:
        rows = [(f"{size}", most, size, 20 if size == SIZES[0] else 1, 7) for size in SIZES]
        if family == "image networks":  # of two, so each of them is measured for some seconds
            rows = [(f"{number} thread{'s' * (number > 1)}", number, 0, 3, 25) for number in sorted({1, most})]
        for label, number, size, calls, rounds in rows:
            set_threads(number)
            found = ratios(family, size, calls, rounds)
            middle = statistics.median(found.values())
            is_over = middle > LIMITS.get(family, LIMIT)
            print(
                f"{family:<20} {label:>9}  median {middle:5.2f}{'  OVER THE LIMIT' if is_over else ''}   "
                + ", ".join(f"{name} {ratio:.2f}" for name, ratio in sorted(found.items(), key=lambda one: -one[1]))
            )
            if is_over and family in REASONS:
                print(f"{'':<20} {REASONS[family]}")
        set_threads(most)


if __name__ == "__main__":
    report(sys.argv[1:])
