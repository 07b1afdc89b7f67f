"""A chain of a million ops: built, differentiated, printed and freed. Run in a process of its own."""

from __future__ import annotations

import json
import resource
import time

import chainrule as torch


def main(ops: int = 1_000_000) -> None:
    leaf, c = torch.tensor([1.0], requires_grad=True), torch.tensor([1.0])
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start = time.perf_counter()
    y = leaf
    for _ in range(ops):
        y = y * c
    built = time.perf_counter()
    kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    repr(y)
    y.backward()
    differentiated = time.perf_counter()
    assert leaf.grad.item() == 1.0
    del y
    freed = time.perf_counter()
    report = {
        "bytes per node": kib * 1024 / ops,
        "build, seconds": built - start,
        "backward, seconds": differentiated - built,
        "free, seconds": freed - differentiated,
    }
    print(json.dumps(report))


if __name__ == "__main__":
    main()
