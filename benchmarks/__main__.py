"""``python -m benchmarks [--torch]``: overhead, speed and memory, against bare NumPy or against PyTorch."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys

import numpy as np

import chainrule
import chainrule.nn.functional

from . import programs
from .measure import compare

IMPORT = "import time; start = time.perf_counter(); import {0}; print((time.perf_counter() - start) * 1e3)"


def against_numpy() -> None:
    x, w = np.array([3.0], np.float32), np.array([2.0], np.float32)
    own, bare, ratio = compare(programs.multiply(chainrule), lambda: np.multiply(x, w), 50_000)
    print(
        f"multiply, 1 element, recorded      {own * 1e9:7.0f} ns, bare ufunc {bare * 1e9:.0f} ns: {ratio:.2f} times (limit 3.5)"
    )
    own, without, ratio = compare(programs.multiply(chainrule), _multiply_unrecorded(), 50_000)
    print(f"  of which recording               {(own - without) * 1e9:7.0f} ns: the node, what it saves, its origin")
    from chainrule.core.origin import caller

    origin, nothing, _ = compare(caller, lambda: None, 50_000)
    print(f"  taking an origin, by itself      {(origin - nothing) * 1e9:7.0f} ns")
    ours, numpy = _import_times("chainrule"), _import_times("numpy")
    print(
        f"import chainrule                   {statistics.median(ours):7.0f} ms, numpy {statistics.median(numpy):.0f} ms: "
        f"{statistics.median(ours) - statistics.median(numpy):+.1f} ms (limit +25)"
    )
    deep = json.loads(subprocess.run([sys.executable, "-m", "benchmarks.deep"], check=True, capture_output=True).stdout)
    for name, value in deep.items():
        print(f"a chain of 10^6 ops: {name:<20} {value:8.1f}" + (" (limit 1024)" if "bytes" in name else ""))


def _multiply_unrecorded() -> object:
    x, w = chainrule.tensor([3.0]), chainrule.tensor([2.0])
    return lambda: x * w


def _import_times(module: str) -> list[float]:
    run = [sys.executable, "-c", IMPORT.format(module)]
    environment = dict(os.environ, PYTHONDONTWRITEBYTECODE="")
    return [float(subprocess.run(run, check=True, capture_output=True, env=environment).stdout) for _ in range(9)]


def against_torch() -> None:
    import torch

    torch.set_num_threads(1)
    print(
        f"PyTorch {torch.__version__}, eager, one thread; how many times faster chainrule is (limit 1.5 for the two graphs)"
    )
    table = {
        "multiply, recorded": (programs.multiply, 20_000),
        "the lecture's graph, forward + backward": (programs.lecture_graph, 1000),
        "1000 ops, leaves in every op": (programs.chain, 10),
        "1000 ops, constants": (programs.constant_chain, 10),
    }
    for name, (program, calls) in table.items():
        theirs, ours, ratio = compare(program(torch), program(chainrule), calls)
        print(f"{name:<42} chainrule {ours * 1e6:9.2f} us   torch {theirs * 1e6:9.2f} us   {ratio:5.2f} times")


if __name__ == "__main__":
    against_torch() if "--torch" in sys.argv[1:] else against_numpy()
