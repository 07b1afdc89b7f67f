"""Compiled programs against hand-written JAX, PyTorch's eager mode and ``torch.compile``, in one process."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from itertools import pairwise
from typing import Any

import jax
import jax.numpy as jnp
import torch

import chainrule
import chainrule.nn.functional
import chainrule.optim

from . import programs
from .measure import race


def report() -> None:
    """Print all comparisons."""
    print(
        f"JAX {jax.__version__}, PyTorch {torch.__version__}, {torch.get_num_threads()} threads; wall time, all rivals in each round"
    )
    for batch in (64, 512):
        compare_train_steps(batch)
    compare_elementwise()


def compare_train_steps(batch: int, calls: int = 20) -> None:
    print(
        f"train step 784-256-128-10, batch {batch}: forward, backward, SGD (limit 0.95 of JAX, faster than both of PyTorch)"
    )
    step, args = programs.train_step(chainrule, batch)
    compiled = chainrule.compile(step)
    first, second = timed(compiled, *args), timed(compiled, *args)
    line = chainrule.compile.explain(compiled).splitlines()[-1]
    print(f"  chainrule: first run {first:.2f} s; trace and XLA's compilation {second:.2f} s ({line})")
    torch_step, torch_args = programs.train_step(torch, batch)
    torch_compiled = torch.compile(programs.train_step(torch, batch)[0])
    print(f"  torch.compile: first run {timed(torch_compiled, *torch_args):.2f} s")
    rivals = {
        "chainrule": repeated(compiled, args, lambda loss: loss.item(), calls),
        "JAX": repeated(jax_step(batch), tuple(jnp.array(arg.tolist()) for arg in args), jax.block_until_ready, calls),
        "PyTorch eager": repeated(torch_step, torch_args, lambda loss: loss.item(), calls),
        "torch.compile": repeated(torch_compiled, torch_args, lambda loss: loss.item(), calls),
    }
    show(rivals, calls)


def compare_elementwise() -> None:
    print("20 element-wise ops on 10^7 floats, forward and backward (limit: 5 times faster than PyTorch eager)")
    step, args = programs.elementwise_step(chainrule)
    compiled = chainrule.compile(step)
    print(
        f"  chainrule: first run {timed(compiled, *args):.2f} s; trace and compilation {timed(compiled, *args):.2f} s"
    )
    torch_step, torch_args = programs.elementwise_step(torch)
    rivals = {
        "chainrule": repeated(compiled, args, lambda grad: grad[0].item(), 1),
        "PyTorch eager": repeated(torch_step, torch_args, lambda grad: grad[0].item(), 1),
    }
    show(rivals, 1, rounds=7)


def timed(function: Callable[..., Any], *args: Any) -> float:
    start = time.perf_counter()
    result = function(*args)
    result.reshape(-1)[:1].tolist()  # waits for it
    return time.perf_counter() - start


def repeated(
    step: Callable[..., Any], args: tuple[Any, ...], wait: Callable[[Any], Any], calls: int
) -> Callable[[], object]:
    """So many steps, of which the last is waited for, as a training loop does that logs now and then."""

    def run() -> object:
        for _ in range(calls):
            result = step(*args)
        return wait(result)

    return run


def show(rivals: dict[str, Callable[[], object]], calls: int, rounds: int = 15) -> None:
    times = race(rivals, 1, rounds)
    ours = times["chainrule"]
    for name, theirs in times.items():
        median, least = theirs.median / calls * 1e6, theirs.least / calls * 1e6
        speed = f"{theirs.against(ours):6.2f} times (of the minima {theirs.least / ours.least:.2f})"
        print(
            f"  {name:<14} median {median:10.0f} us, least {least:10.0f} us"
            + ("" if theirs is ours else f"; chainrule is faster {speed}")
        )


def jax_step(batch: int) -> Callable[..., Any]:
    """The same step as an expert writes it: a pure function whose parameters are donated."""

    def loss(parameters: Any, x: Any, labels: Any) -> Any:
        *hidden, (w, b) = parameters
        for layer_w, layer_b in hidden:
            x = jnp.maximum(x @ layer_w.T + layer_b, 0)
        log_probabilities = jax.nn.log_softmax(x @ w.T + b)
        return -jnp.take_along_axis(log_probabilities, labels[:, None], axis=-1).mean()

    @partial(jax.jit, donate_argnums=0)
    def update(parameters: Any, x: Any, labels: Any) -> Any:
        value, gradients = jax.value_and_grad(loss)(parameters, x, labels)
        return value, jax.tree.map(lambda p, g: p - 0.01 * g, parameters, gradients)

    chainrule.manual_seed(0)
    layers = [chainrule.nn.Linear(*sizes) for sizes in pairwise(programs.SIZES)]
    state = [[(jnp.array(layer.weight.detach().numpy()), jnp.array(layer.bias.detach().numpy())) for layer in layers]]

    def step(x: Any, labels: Any) -> Any:
        value, state[0] = update(state[0], x, labels)
        return value

    return step
