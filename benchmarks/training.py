"""The convolutional network of the digits example, trained for five epochs: the same losses as PyTorch, and the time."""

from __future__ import annotations

import importlib
import sys
from typing import Any

import torch
from sklearn.datasets import load_digits

import chainrule

from .measure import race

EPOCHS = 5
LOSS_LIMIT = 1e-4
TIME_LIMIT = 1.3


def train(library: Any) -> tuple[list[float], float]:
    """Train with `torch` or `chainrule`: the loss of each step, and the part of the test pictures that are right."""
    nn, functional, data = (
        importlib.import_module(f"{library.__name__}.{name}") for name in ("nn", "nn.functional", "utils.data")
    )
    library.manual_seed(0)
    digits = load_digits()
    images = library.tensor(digits.images, dtype=library.float32).unsqueeze(1) / 16
    pictures = data.TensorDataset(images, library.tensor(digits.target))
    train_set, test_set = data.random_split(pictures, [1437, 360])
    loader = data.DataLoader(train_set, batch_size=32, shuffle=True)
    model = nn.Sequential(
        nn.Conv2d(1, 16, kernel_size=3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(16, 32, kernel_size=3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(128, 10),
    )
    optimizer = library.optim.Adam(model.parameters(), lr=2e-3)
    losses = []
    for _ in range(EPOCHS):
        for batch, wanted in loader:
            loss = functional.cross_entropy(model(batch), wanted)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
    with library.no_grad():
        batch, wanted = next(iter(data.DataLoader(test_set, batch_size=len(test_set))))
        right = (model(batch).argmax(dim=1) == wanted).float().mean().item()
    return losses, right


def main() -> int:
    """Compare, and say whether all limits hold."""
    torch.set_num_threads(1)
    (ours, our_right), (theirs, their_right) = train(chainrule), train(torch)
    difference = max(abs(a - b) for a, b in zip(ours, theirs, strict=True))
    times = race({"chainrule": lambda: train(chainrule), "torch": lambda: train(torch)}, calls=1, rounds=5)
    ratio = times["chainrule"].against(times["torch"])
    print(f"{len(ours)} steps; loss {theirs[0]:.4f} -> {theirs[-1]:.4f}")
    print(f"largest difference of a loss  {difference:.1e}  (limit {LOSS_LIMIT:.0e})")
    print(f"right of the test pictures    {our_right:.4f}, PyTorch {their_right:.4f}")
    for name, time in times.items():
        print(f"{name:<10} median {time.median:.2f} s, least {time.least:.2f} s")
    print(f"time against PyTorch's        {ratio:.2f}  (limit {TIME_LIMIT})")
    return int(difference > LOSS_LIMIT or our_right != their_right or ratio > TIME_LIMIT)


if __name__ == "__main__":
    sys.exit(main())
