"""Record what PyTorch draws: tests/golden/random.json (needs torch).

Each line is an expression that is evaluated after ``torch.manual_seed(SEED)``; tests/test_random.py does it again. Recorded
are the numbers, to the bit, and where the stream stands afterwards.
"""

from __future__ import annotations

import json
import sys
import warnings
from pathlib import Path

import torch

TESTS = Path(__file__).resolve().parent.parent / "tests"
sys.path.insert(0, str(TESTS))

from random_draws import SEED, drawn  # noqa: E402

SHAPES = ["()", "(0,)", "(3,)", "(2, 8)", "(17,)", "(3, 11)"]
FLOATS = ["float16", "bfloat16", "float32", "float64"]
INTEGERS = ["bool", "uint8", "int8", "int16", "int32", "int64"]
LEAF = "(torch.ones(3, requires_grad=True) * 2)"

PROGRAMS = [
    *[f"torch.{f}({shape}, dtype=torch.{d})" for f in ("rand", "randn") for d in FLOATS for shape in SHAPES],
    *[f"torch.{f}(9, dtype=torch.{d})" for f in ("rand", "randn") for d in ("complex64", "complex128")],
    *[f"torch.empty({n}, dtype=torch.{d}).normal_(0.3, 1.7)" for n in (5, 20) for d in FLOATS],
    *[f"torch.empty(20, dtype=torch.{d}).uniform_(-0.3, 0.77)" for d in FLOATS],
    *[f"torch.empty(9, dtype=torch.{d}).{f}" for d in FLOATS
      for f in ("exponential_(1.7)", "cauchy_(0.3, 1.7)", "log_normal_(0.3, 1.7)", "geometric_(0.3)")],
    *[f"torch.empty(9, dtype=torch.{d}).random_()" for d in FLOATS + INTEGERS],
    *[f"torch.empty(9, dtype=torch.{d}).bernoulli_(0.3)" for d in ["float32", "bfloat16", "int32", "bool"]],
    *[f"torch.randint({b}, (5,), dtype=torch.{d})" for d in ("int32", "int64", "float32", "float64")
      for b in ("7", "-3, 100", "2**28 - 1", "2**28 + 3", "2**31 - 1")],
    *[f"torch.randint({b}, (5,), dtype=torch.{d})" for d in ("int64", "float32", "bfloat16", "float64")
      for b in ("-5, 2**33", "2**62 + 1", "-2**63, 2**63 - 1")],
    *f"""
torch.empty(5000, dtype=torch.float16).uniform_().max()
torch.empty(5000, dtype=torch.bfloat16).uniform_(0.1, 0.2).max()
torch.empty(40).uniform_(1, 1 + 2**-22)
torch.empty(9, dtype=torch.float64).uniform_(-1e150, 5e149)
torch.empty(9, dtype=torch.float64).normal_(float("nan"), 2)
torch.empty(20).normal_(1, float("inf"))
torch.randn(3000)[::100]
torch.cat([torch.randn(3), torch.randn(4), torch.randn(20), torch.randn(1), torch.randn(2)])
torch.rand(2, 3, generator=torch.Generator().manual_seed(7))
torch.rand(700)[620:630]
torch.randint(200, (9,), dtype=torch.uint8)
torch.randint(2**32 - 1, (9,), dtype=torch.uint32)
torch.randint(-5, 5000, (9,), dtype=torch.float16)
torch.randint(low=2, high=5, size=(9,))
torch.randint(2, 5, size=(9,))
torch.empty(9, dtype=torch.int64).random_(-2**63, None)
torch.empty(9, dtype=torch.float32).random_(-2**63, None)
torch.empty(9, dtype=torch.uint8).random_(250, None)
torch.empty(9, dtype=torch.int32).random_(5, None)
torch.empty(9).random_(to=5)
torch.empty(9).random_(3, 5)
torch.randperm(0)
torch.randperm(1)
torch.randperm(10)
torch.randperm(20000)[::1000]
torch.randperm(10, dtype=torch.int32)
torch.randperm(10, dtype=torch.float32)
torch.normal(0.5, 2.0, (3,))
torch.normal(0.5, 2.0, (20,), dtype=torch.float64)
torch.normal(torch.arange(20.0), 2.0)
torch.normal(torch.arange(5.0), torch.arange(5.0, dtype=torch.float64))
torch.normal(torch.arange(3.0).half(), torch.arange(3.0))
torch.normal(torch.arange(3.0)[:, None], torch.arange(4.0))
torch.normal(torch.arange(5.0, requires_grad=True), 2.0)
torch.normal(2.0, torch.arange(5.0, requires_grad=True))
torch.normal(torch.arange(5.0, requires_grad=True), torch.arange(5.0))
torch.normal(torch.zeros(3, dtype=torch.complex64), 2.0)
torch.bernoulli(torch.full((9,), 0.3))
torch.bernoulli(torch.full((9,), 0.3, dtype=torch.float64))
torch.bernoulli(torch.full((9,), 0.3, dtype=torch.float16))
torch.bernoulli(torch.full((9,), 0.3, requires_grad=True))
torch.bernoulli(torch.ones(9, dtype=torch.int64), p=0.3)
torch.empty(2, 5).bernoulli_(torch.linspace(0, 1, 5))
torch.empty(2, 5, dtype=torch.uint8).bernoulli_(torch.linspace(0, 1, 5, dtype=torch.float64))
torch.empty(5, 2).t().bernoulli_(torch.linspace(0, 1, 5))
torch.poisson(torch.linspace(0, 30, 20))
torch.poisson(torch.linspace(0, 30, 5, requires_grad=True))
torch.poisson(torch.tensor([5.0, 50.0]).half())
torch.binomial(torch.tensor([5.0, 5, 100, 100, 1000, 1e6, 0, 10, 10]), torch.tensor([0.3, 0.9, 0.3, 0.97, 0.5, 0.2, 0.5, 0, 1]))
torch.binomial(torch.full((200,), 1e6), torch.tensor(0.2))[::10]
torch.binomial(torch.full((20,), 50.0, dtype=torch.float64), torch.tensor([0.2], dtype=torch.float64))
torch.binomial(torch.tensor([9.0], requires_grad=True), torch.tensor([0.5]))
torch.multinomial(torch.tensor([0.0, 10.0, 3.0, 0.0]), 2)
torch.multinomial(torch.tensor([0.0, 10.0, 3.0, 0.0]), 1, True)
torch.multinomial(torch.tensor([0.0, 10.0, 3.0, 0.0]), 9, True)
torch.multinomial(torch.tensor([[1.0, 2.0, 3.0], [0.0, 1.0, 1.0]], dtype=torch.float64), 2)
torch.multinomial(torch.tensor([[1.0, 2.0, 3.0], [0.0, 1.0, 1.0]]), 9, True)
torch.multinomial(torch.rand(50, dtype=torch.bfloat16), 9, True)
torch.multinomial(torch.rand(50, dtype=torch.float16), 9)
torch.multinomial(torch.ones(0, 3), 2)
torch.rand_like(torch.ones(3, 4).t())
torch.randn_like(torch.ones(3, 7).t())
torch.randn_like(torch.ones(3, 7).t(), memory_format=torch.contiguous_format)
torch.randn_like(torch.ones(3, 14)[:, ::2], dtype=torch.float64)
torch.randint_like(torch.ones(3, 4), 5)
torch.randint_like(torch.ones(3), 2, 5, dtype=torch.int64)
torch.empty(2, 5, 3).permute(2, 0, 1).normal_(1, 2)
torch.empty(2, 5, 4)[:, ::2].normal_()
torch.empty(4, 5).t().uniform_()
torch.empty(4, 3, dtype=torch.complex64).t().uniform_(1, 3)
torch.dropout(torch.linspace(0, 1, 20), 0.3, True)
torch.dropout(torch.linspace(0, 1, 20, requires_grad=True), 0.3, True)
torch.dropout(torch.linspace(0, 1, 20, requires_grad=True), 1.0, True)
torch.dropout(torch.linspace(0, 1, 20), 0.3, False)
torch.dropout(torch.linspace(0, 1, 20).half(), 0.3, True)
torch.dropout(torch.linspace(0, 1, 20).reshape(4, 5).t(), 0.3, True)
torch.dropout_(torch.linspace(0, 1, 20), 0.3, True)
torch.alpha_dropout(torch.linspace(0, 1, 20, requires_grad=True), 0.3, True)
torch.alpha_dropout_(torch.linspace(0, 1, 20).bfloat16(), 0.3, True)
torch.feature_dropout(torch.ones(2, 3, 2), 0.5, True)
torch.feature_alpha_dropout(torch.ones(2, 3, 2), 0.5, True)
torch.nn.functional.dropout(torch.linspace(0, 1, 9))
torch.nn.functional.dropout(torch.linspace(0, 1, 9), 0.2, inplace=True)
torch.nn.functional.dropout1d(torch.ones(6, 2, requires_grad=True))
torch.nn.functional.dropout1d(torch.ones(6, 2), inplace=True)
torch.nn.functional.dropout2d(torch.ones(2, 3, 2, 1))
torch.nn.functional.dropout2d(torch.ones(2, 3, 2))
torch.nn.functional.dropout3d(torch.ones(6, 1, 1, 1))
torch.nn.functional.alpha_dropout(torch.ones(6), training=True)
torch.nn.functional.alpha_dropout(torch.ones(6))
torch.nn.functional.feature_alpha_dropout(torch.ones(2, 3, 1), training=True)
{LEAF}.normal_()
{LEAF}.uniform_()
{LEAF}.random_()
{LEAF}.random_(3)
{LEAF}.random_(1, 3)
{LEAF}.bernoulli_()
{LEAF}.bernoulli_(torch.tensor(0.3))
{LEAF}.exponential_()
{LEAF}.geometric_(0.3)
{LEAF}.cauchy_()
{LEAF}.log_normal_()
torch.get_rng_state()[:32]
torch.Generator().get_state()[:32]
torch.Generator().manual_seed(-3).get_state()[:32]
""".strip().splitlines(),
    *"""
torch.rand(3, dtype=torch.int64)
torch.randn(3, dtype=torch.int64)
torch.rand(-1)
torch.rand('a')
torch.rand(2, generator=5)
torch.rand(2, out=torch.empty(2, dtype=torch.float64), dtype=torch.float32)
torch.rand_like(torch.arange(3))
torch.randint(3, 3, (2,))
torch.randint(300, (2,), dtype=torch.uint8)
torch.randint(-1, 3, (2,), dtype=torch.uint8)
torch.randint(3, (2,), requires_grad=True)
torch.randint(5.5, (2,))
torch.randint(3, 2)
torch.randint(2**64, (2,))
torch.randint(5, (2,), dtype=torch.complex64)
torch.randperm(-1)
torch.randperm(2.5)
torch.randperm(300, dtype=torch.uint8)
torch.randperm(3, dtype=torch.bool)
torch.normal(0.0, 1.0)
torch.normal(torch.zeros(2), 1.0, (2,))
torch.normal(0.0, -1.0, (2,))
torch.normal(torch.zeros(2), -torch.ones(2))
torch.normal(torch.zeros(2), torch.ones(3))
torch.normal(torch.zeros(2, dtype=torch.int64), 1.0)
torch.normal(1.0, torch.ones(2, dtype=torch.complex64))
torch.normal(torch.zeros(2, requires_grad=True), 1.0, out=torch.empty(2))
torch.bernoulli(torch.tensor([2.0]))
torch.bernoulli(torch.tensor([float('nan')]))
torch.bernoulli(torch.tensor([1]))
torch.empty(2).bernoulli_(2)
torch.empty(3).bernoulli_(torch.tensor([0.1, 0.2]))
torch.empty(2, dtype=torch.complex64).bernoulli_()
torch.multinomial(torch.tensor([-1.0, 2.0]), 1)
torch.multinomial(torch.tensor([1.0, float('nan')]), 1)
torch.multinomial(torch.tensor([0.0, 0.0]), 1, True)
torch.multinomial(torch.tensor([1.0, 0.0]), 3)
torch.multinomial(torch.tensor([1, 0]), 1)
torch.multinomial(torch.tensor(1.0), 1)
torch.multinomial(torch.tensor([1.0]), 0)
torch.multinomial(torch.tensor([1.0]), 1, out=torch.empty(1))
torch.poisson(torch.tensor([-1.0]))
torch.poisson(torch.tensor([1]))
torch.binomial(torch.ones(3), torch.ones(3, dtype=torch.float64))
torch.binomial(torch.ones(3, dtype=torch.int64), torch.ones(3))
torch.binomial(torch.ones(3), torch.ones(2))
torch.binomial(torch.ones(3).half(), torch.ones(3).half())
torch.empty(2).exponential_(-1)
torch.empty(2).geometric_(1.0)
torch.empty(2).cauchy_(0, -1)
torch.empty(2).log_normal_(0, 0)
torch.empty(2).uniform_(1, 0)
torch.empty(2).uniform_(-3e38, 3e38)
torch.empty(2, dtype=torch.float16).uniform_(-1e5, 1)
torch.empty(2).normal_(0, -1)
torch.empty(2).normal_(0, float('nan'))
torch.empty(2).random_(3, 3)
torch.empty(2).random_(-3)
torch.empty(2).random_(2.5)
torch.empty(2, dtype=torch.uint8).random_(300)
torch.empty(2, dtype=torch.uint64).random_()
torch.empty(2, dtype=torch.complex64).random_()
torch.empty(2, dtype=torch.int64).normal_()
torch.empty(2, dtype=torch.int64).uniform_()
torch.empty(2, dtype=torch.int64).exponential_()
torch.empty(2, dtype=torch.int64).cauchy_()
torch.empty(2, dtype=torch.int64).log_normal_()
torch.empty(2, dtype=torch.bool).geometric_(0.5)
torch.empty(1).expand(3).normal_()
torch.ones(2, requires_grad=True).normal_()
torch.ones(2, requires_grad=True)[:1].uniform_()
torch.dropout(torch.ones(2), 2.0, True)
torch.dropout(torch.arange(5), 0.5, True)
torch.dropout(torch.zeros(2, dtype=torch.complex64), 0.5, True)
torch.feature_dropout(torch.ones(2), 0.5, True)
torch.nn.functional.dropout(torch.ones(2), 2.0)
torch.nn.functional.dropout1d(torch.ones(2))
torch.nn.functional.dropout(torch.ones(2, requires_grad=True), inplace=True)
torch.Generator().manual_seed('a')
torch.Generator().manual_seed(1.5)
torch.Generator().manual_seed(2**64)
torch.Generator().manual_seed(-2**63 - 1)
torch.Generator('meta')
torch.Generator('abc')
torch.manual_seed(2**64)
torch.set_rng_state([3])
torch.set_rng_state(torch.zeros(3))
torch.set_rng_state(torch.zeros(5, dtype=torch.uint8))
torch.set_rng_state(torch.zeros(5056, dtype=torch.uint8))
""".strip().splitlines(),
]  # fmt: skip


def main() -> None:
    warnings.simplefilter("ignore")
    recorded = {program: drawn(torch, program) for program in PROGRAMS}
    text = ",\n".join(f"{json.dumps(program)}: {json.dumps(result)}" for program, result in recorded.items())
    (TESTS / "golden" / "random.json").write_text("{\n" + text + "\n}\n")
    print(f"{len(recorded)} programs after manual_seed({SEED})")


if __name__ == "__main__":
    main()
