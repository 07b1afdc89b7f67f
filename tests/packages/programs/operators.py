"""neuralop: networks between spaces of functions."""

from __future__ import annotations

import torch
from neuralop import LpLoss
from neuralop.layers.embeddings import GridEmbeddingND, SinusoidalEmbedding
from neuralop.layers.spectral_convolution import SpectralConv
from neuralop.losses import H1Loss
from neuralop.models import FNO, TFNO, UNO


def _field(*shape):
    return torch.linspace(0.0, 9.0, int(torch.tensor(shape).prod())).reshape(shape).sin()


def layers():
    """Convolutions by Fourier coefficients, dense and factorised, and embeddings."""
    for name, more, shape in (
        ("dense", {"n_modes": (4, 4)}, (2, 3, 8, 8)), ("three", {"n_modes": (4, 2, 4)}, (1, 3, 6, 4, 6)), ("line", {"n_modes": (4,)}, (2, 3, 12)),
        ("tucker", {"n_modes": (4, 4), "factorization": "tucker", "rank": 0.5, "implementation": "factorized"}, (2, 3, 8, 8)),
        ("cp", {"n_modes": (4, 4), "factorization": "cp", "rank": 0.5, "implementation": "reconstructed"}, (2, 3, 8, 8)),
        ("tt", {"n_modes": (4, 4), "factorization": "tt", "rank": 0.5, "implementation": "factorized"}, (2, 3, 8, 8)),
        ("separable", {"n_modes": (4, 4), "separable": True}, (2, 3, 8, 8)),
        ("finer", {"n_modes": (4, 4), "resolution_scaling_factor": 2}, (2, 3, 8, 8)),
    ):  # fmt: skip
        torch.manual_seed(0)
        layer = SpectralConv(3, 3, **more)
        x = _field(*shape).requires_grad_()
        out = layer(x)
        yield name, out
        out.square().sum().backward()
        yield f"{name}, gradient", x.grad
        for at, p in enumerate(layer.parameters()):
            yield f"{name}, gradient {at}", torch.view_as_real(p.grad).flatten() if p.is_complex() else p.grad
    yield "grid", GridEmbeddingND(1, 2, [[0, 1], [0, 1]])(_field(1, 1, 4, 4))
    yield "waves", SinusoidalEmbedding(2, 3, "nerf")(_field(5, 2))


_SIZES = {"n_modes": (4, 4), "in_channels": 1, "out_channels": 1, "hidden_channels": 8}


def networks():
    """Outputs, and some steps of learning."""
    for name, make in (
        ("FNO", lambda: FNO(**_SIZES, n_layers=2)),
        ("skips", lambda: FNO(**_SIZES, n_layers=2, norm="instance_norm", fno_skip="linear", channel_mlp_skip="soft-gating")),
        ("preactivation", lambda: FNO(**_SIZES, n_layers=2, preactivation=True, norm="group_norm", stabilizer="tanh")),
        ("TFNO", lambda: TFNO(**_SIZES, n_layers=2, factorization="tucker", rank=0.5)),
        ("padded", lambda: FNO(**_SIZES, n_layers=2, domain_padding=0.25)),
        ("UNO", lambda: UNO(
            1, 1, 8, uno_out_channels=[8, 8, 8], uno_n_modes=[[4, 4]] * 3, uno_scalings=[[1, 1], [0.5, 0.5], [2, 2]], n_layers=3, channel_mlp_skip="linear")),
    ):  # fmt: skip
        torch.manual_seed(1)
        net = make()
        optimizer = torch.optim.AdamW(net.parameters(), lr=1e-2, weight_decay=1e-4)
        x, y = _field(2, 1, 8, 8), _field(2, 1, 8, 8).roll(3, -1)
        loss_of = H1Loss(d=2) if name == "skips" else LpLoss(d=2, p=2)
        for step in range(3):
            loss = loss_of(net(x), y)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            yield f"{name}, loss {step}", loss
        yield f"{name}, after", net(_field(1, 1, 12, 12))
