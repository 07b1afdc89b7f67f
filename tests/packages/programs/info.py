"""torchinfo: what a network is made of, in a table."""

from __future__ import annotations

import torch
from torch import nn
from torchinfo import summary

COLUMNS = ("input_size", "output_size", "num_params", "params_percent", "kernel_size", "mult_adds", "trainable")


class Residual(nn.Module):
    """Blocks, a shared layer, and a part that is frozen."""

    def __init__(self):
        super().__init__()
        self.first = nn.Conv2d(3, 8, kernel_size=3, padding=1)
        self.blocks = nn.ModuleList([nn.Sequential(nn.Conv2d(8, 8, 3, padding=1), nn.BatchNorm2d(8)) for _ in range(2)])
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.head = nn.Linear(8, 4)
        self.first.requires_grad_(False)

    def forward(self, x):
        x = self.first(x)
        for block in self.blocks:
            x = torch.relu(x + block(x))
        return self.head(self.pool(x).flatten(1))


class Tagger(nn.Module):
    """Embedding, recurrence, attention."""

    def __init__(self):
        super().__init__()
        self.words = nn.Embedding(20, 8)
        self.lstm = nn.LSTM(8, 6, num_layers=2, batch_first=True, bidirectional=True)
        self.attention = nn.MultiheadAttention(12, 3, batch_first=True)
        self.head = nn.Linear(12, 5)

    def forward(self, x):
        h, _ = self.lstm(self.words(x))
        h, _ = self.attention(h, h, h)
        return self.head(h)


def tables():
    """The tables, to the character."""
    yield "parameters only", str(summary(Residual(), verbose=0))
    yield "all columns", str(summary(Residual(), (2, 3, 8, 8), col_names=COLUMNS, depth=4, verbose=0))
    yield "names", str(summary(Residual(), (2, 3, 8, 8), row_settings=("var_names", "depth", "ascii_only"), verbose=0))
    words = torch.zeros(2, 7, dtype=torch.int64)
    yield "tagger", str(summary(Tagger(), input_data=words, col_names=COLUMNS, verbose=0))
    layers = nn.Sequential(nn.ConvTranspose1d(4, 6, 3), nn.GroupNorm(2, 6), nn.PReLU(), nn.GRU(5, 3), nn.Identity())
    yield "in training mode", str(summary(layers[:3], input_size=(2, 4, 3), mode="train", verbose=0))
    encoder = nn.TransformerEncoder(nn.TransformerEncoderLayer(8, 2, 16, batch_first=True), 2)
    yield "transformer", str(summary(encoder, (2, 5, 8), depth=5, verbose=0))


def numbers():
    """What the table is made from, and that the network is as before."""
    model = Residual()
    found = summary(model, (8, 3, 32, 32), verbose=0)
    for name in ("total_params", "trainable_params", "total_mult_adds", "total_output_bytes"):
        yield name, getattr(found, name)
    yield "total_input", found.total_input // 1000  # it counts the Python object around the memory, too
    yield "layers", str([(layer.class_name, layer.depth, layer.output_size) for layer in found.summary_list])
    yield "training", model.training
    yield "hooks", len(model.first._forward_hooks) + len(model.first._forward_pre_hooks)
