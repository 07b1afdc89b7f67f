"""``python -m benchmarks [--torch | --xla]``: overhead, speed and memory, against bare NumPy, PyTorch or JAX."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time

import numpy as np

import chainrule
import chainrule.func
import chainrule.nn.functional

from . import programs
from .measure import compare, race

IMPORT = """
import time
start = time.process_time()
import numpy
between = time.process_time()
import chainrule
print((between - start) * 1e3, (time.process_time() - between) * 1e3)
"""


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
    numpy, ours = map(statistics.median, zip(*_import_times(), strict=True))
    print(
        f"import chainrule                   {ours:7.1f} ms of processor time, after numpy's {numpy:.1f} ms (limit 25)"
    )
    deep = json.loads(subprocess.run([sys.executable, "-m", "benchmarks.deep"], check=True, capture_output=True).stdout)
    for name, value in deep.items():
        print(f"a chain of 10^6 ops: {name:<20} {value:8.1f}" + (" (limit 1024)" if "bytes" in name else ""))


def _multiply_unrecorded() -> object:
    x, w = chainrule.tensor([3.0]), chainrule.tensor([2.0])
    return lambda: x * w


def _import_times() -> list[list[float]]:
    """Milliseconds of NumPy's import and of ours, in processes of their own; the first one compiles."""
    environment = dict(os.environ, PYTHONDONTWRITEBYTECODE="")
    runs = [
        subprocess.run([sys.executable, "-c", IMPORT], check=True, capture_output=True, env=environment)
        for _ in range(16)
    ]
    return [[float(number) for number in run.stdout.split()] for run in runs[1:]]


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
    print("transforms, against torch.func; processor time (each must be faster)")
    transforms = {
        "hessian, Rosenbrock of 100 variables": (programs.rosenbrock_hessian, 5),
        "per-sample gradients, MLP, batch 64": (programs.per_sample_gradients, 3),
        "Hessian-vector product, MLP, batch 64": (programs.hessian_vector_product, 5),
    }
    for name, (program, calls) in transforms.items():
        rivals = {"torch": program(torch), "chainrule": program(chainrule)}
        theirs, ours = race(rivals, calls, clock=time.thread_time).values()
        print(
            f"{name:<42} chainrule {ours.median * 1e3:9.2f} ms   torch {theirs.median * 1e3:9.2f} ms   "
            f"{theirs.against(ours):5.2f} times (of the minima {theirs.least / ours.least:.2f})"
        )


def against_jax() -> None:
    from .compiled import report

    report()


if __name__ == "__main__":
    against_torch() if "--torch" in sys.argv[1:] else against_jax() if "--xla" in sys.argv[1:] else against_numpy()
