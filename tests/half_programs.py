"""Calls in half precision, run by PyTorch when recording, by chainrule when testing: their results and gradients."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import numpy as np

IMAGE, VOLUME, ROWS = (2, 2, 5, 6), (1, 2, 3, 4, 3), (3, 7)
PLACES, SPOTS = (2, 3, 6, 2), (1, 2, 3, 2, 3)

CALLS: dict[str, list[tuple[int, ...]]] = {
    **{
        f"F.grid_sample(a, b, mode='{mode}', padding_mode='{padding}', align_corners={align})": [IMAGE, PLACES]
        for mode, padding, align in (
            ("bilinear", "zeros", False), ("bilinear", "reflection", True), ("bilinear", "border", True),
            ("nearest", "border", False), ("bicubic", "zeros", True), ("bicubic", "reflection", False),
        )
    },
    "F.grid_sample(a, b, align_corners=False)": [VOLUME, SPOTS],
    "F.grid_sample(a, b, mode='nearest', padding_mode='reflection', align_corners=True)": [VOLUME, SPOTS],
    "F.interpolate(a[0], size=9, mode='linear')": [IMAGE],
    "F.interpolate(a, size=(8, 7), mode='bilinear', align_corners=True)": [IMAGE],
    "F.interpolate(a, size=(8, 7), mode='bicubic')": [IMAGE],
    "F.interpolate(a, size=(5, 3, 4), mode='trilinear')": [VOLUME],
    "F.interpolate(a, size=(3, 8), mode='area')": [IMAGE],
    "F.interpolate(a, size=(2, 3, 2), mode='area')": [VOLUME],
    "F.interpolate(a, size=(7, 4), mode='nearest')": [IMAGE],
    "F.max_pool2d(a, 3, 1, 1)": [IMAGE],
    "F.avg_pool2d(a, 3, 2, 1, count_include_pad=False)": [IMAGE],
    "F.avg_pool2d(a, 3, 1)": [IMAGE],
    "F.adaptive_avg_pool2d(a, (3, 4))": [IMAGE],
    "F.adaptive_max_pool2d(a, (3, 4))": [IMAGE],
    **{f"F.pad(a, (3, 2, 1, 2), mode='{mode}')": [IMAGE] for mode in ("reflect", "replicate", "circular")},
    "F.pad(a, (1, 2, 2, 1, 1, 2), mode='reflect')": [VOLUME],
    "F.conv_transpose2d(a, b, stride=2, padding=1)": [IMAGE, (2, 3, 3, 3)],
    "(a + 1).cumprod(1)": [ROWS],
    "(a + 1).prod(1)": [ROWS],
    "(a + 1).prod()": [ROWS],
    "(0.3 * a) / 0.7": [ROWS],
    "torch.add(a, b, alpha=0.1) * torch.tensor(0.1)": [(4, 8), (4, 8)],
    "a**3": [ROWS],
    "(a * 0.1 + 1).prod(1)": [(2, 150)],
    "(a * (a > 0)).prod(0)": [ROWS],
    "torch.index_add(a, 0, i, b)": [ROWS, (9, 7)],
    "torch.scatter_add(a, 0, i[:, None].expand(9, 7), b)": [ROWS, (9, 7)],
    "torch.index_add(a[:, 0], 0, i, b)": [ROWS, (9,)],
    "a.index_select(0, i)": [ROWS],
    "a[i]": [ROWS],
    "F.embedding(i, a)": [ROWS],
    "F.rms_norm(a, (7,), b)": [ROWS, (7,)],
}  # fmt: skip


def outcome(torch: ModuleType, call: str, dtype: str) -> list[str]:
    """The bits of the result, and of the gradients by the operands."""
    rng = np.random.default_rng(len(call))
    kind = getattr(torch, dtype)
    given: list[Any] = [
        torch.from_numpy(rng.uniform(-1.3, 1.3, shape).astype(np.float32)).to(kind).requires_grad_()
        for shape in CALLS[call]
    ]
    names = {"torch": torch, "F": torch.nn.functional, "i": torch.tensor([0, 2, 2, 1, 2, 2, 0, 2, 1])}
    y = eval(call, names | dict(zip("ab", given, strict=False)))
    y.backward(torch.from_numpy(rng.uniform(-2, 2, tuple(y.shape)).astype(np.float32)).to(kind))
    return [bits(one.detach().float().numpy(), dtype) for one in (y, *[x.grad for x in given])]


def bits(x: Any, dtype: str) -> str:
    """Numbers that have the dtype's precision, written out; minus zero as zero."""
    x = x.reshape(-1) + np.float32(0)
    words = x.astype(np.float16).view("u2") if dtype == "float16" else (x.view("u4") >> 16).astype("u2")
    return words.astype(">u2").tobytes().hex()
