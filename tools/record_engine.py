"""Record what PyTorch's engine does: tests/golden/engine.json (needs torch).

Programs run with the tensors of tests/engine/programs.py and leave their answer in ``result``: graphs, names and saved
values of nodes, version counters, gradients after in-place writes, and autograd.functional. tests/engine/test_recorded.py
runs them again.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import torch

TESTS = Path(__file__).resolve().parent.parent / "tests"
sys.path.insert(0, str(TESTS))

from engine.programs import run  # noqa: E402

# Expressions whose node is recorded by name (the printed grad_fn).
NAMES = """
x + y; x - y; x * y; x / y; x ** 2; x ** y; 2 ** x; -x; 1 - x; 1 / x; 2 * x; x % 2; x + 1; abs(x)
x.exp(); x.log(); x.sqrt(); x.rsqrt(); x.sin(); x.cos(); x.tanh(); x.sigmoid(); x.relu(); x.abs(); x.pow(3); x.neg()
x.clamp(0, 2); x.clamp(min=0); x.clip(0, 1); x.round(); x.floor(); x.reciprocal(); x.square()
m @ n; m.mm(n); m @ x; x @ y; x.dot(y); torch.matmul(m, n); x @ n; m.view(1, 2, 3) @ n
m.view(1, 2, 3).bmm(n.view(1, 3, 2))
x.sum(); m.sum(1); m.sum((0, 1)); m.sum(0, keepdim=True); m.mean(); m.mean(0); m.max(); m.min(); m.max(1).values
m.min(0).values
m.var(); m.std(); m.var(1); m.median(); m.norm(); x.norm(1); x.prod(); m.cumsum(0); torch.cumprod(x, 0)
m.t(); m.T; m.mT; m.transpose(0, 1); m.swapaxes(0, 1); m.permute(1, 0); m.view(6); m.reshape(6); m.t().reshape(6)
m.flatten(); m.ravel()
m.unsqueeze(0); m.unsqueeze(0).squeeze(0); m.unsqueeze(0).squeeze(); s.expand(3); x.expand(2, 3); x.repeat(2)
m.repeat(2, 1)
x.repeat_interleave(2); x.unfold(0, 2, 1); x.flip(0); m.tril(); m.triu(); torch.diag(x); m.trace()
x[0]; x[1:]; x[:]; m[:, 1]; m[0, 1]; m[..., 0]; x[None]; x[[0, 2]]; x[torch.tensor([0, 1])]; x[c > 2]; m[:, [0, 1]]
m[0:1, 1:]; x[...]
torch.cat([x, y]); torch.stack([x, y]); x.split(2)[0]; x.split([1, 2])[1]; x.chunk(3)[1]; x.unbind()[2]; list(x)[0]
m.split(1, 1)[0]
torch.where(x > 1, x, y); x.gather(0, torch.tensor([0, 0])); x.masked_fill(c > 2, 0.); x.take(torch.tensor([0]))
x.masked_fill(c > 2, s)
x.softmax(0); torch.softmax(m, 1); x.log_softmax(0); torch.maximum(x, y); torch.minimum(x, y); torch.max(x, y)
x.sort().values; x.topk(2).values; x.clone(); x.double(); x.to(torch.float64); x.type_as(c.double())
x.detach().requires_grad_() * 2
torch.add(x, y, alpha=2); torch.mul(x, 2); torch.div(x, y); torch.div(x, y, rounding_mode='floor'); x.view_as(c)
x.expand_as(m)
torch.det(m[:, :2]); torch.inverse(m[:, :2]); m.scatter(1, torch.zeros(2, 1, dtype=torch.int64), 0.); x.add(1)
x.sub(y); x.mul(y); x.div(2)
x.clone().add_(1); x.clone().mul_(2); x.clone().zero_(); x.clone().fill_(2.); x.clone().fill_(s); x.clone().copy_(y)
x.clone().exp_()
x.clone().clamp_(0, 1); x.clone().masked_fill_(c > 2, 0.); x.clone().div_(2); x.clone().sub_(y); x.clone().relu_()
x.clone().sigmoid_()
x.clone().unsqueeze_(0); x.clone().squeeze_(); x.clone()[1:].add_(1); x.clone().view(3, 1).mul_(2); x.clone().neg_()
x.clone().pow_(2)
x.clone().scatter_(0, torch.tensor([0]), 5.); x.clone().sqrt_(); x.clone().tanh_()
"""

# Expressions whose whole graph is recorded. (Not of writes to views: PyTorch hides the written op inside CopySlices.)
GRAPHS = """
x * y + c; (x * 2).exp().sum(); x * x; (x + y) * (x + y).detach(); c * x; x * s; m @ n; (m @ n).t().sum(0); x - 1
torch.cat([x, c, y]); torch.stack([x, c]); x.split(2)[1] * x[0]; [p * q for p, q in [x.unbind()[:2]]][0]
x.max() + x.min(); torch.where(c > 2, x, y); m.sum(1).mean(); x / y; x ** y; m[0] + m[1]; m.view(3, 2).t()
x.sort().values; x.softmax(0).log().sum(); (lambda h: h.add_(1))(x * 2); (lambda h: h.mul_(y))(x * 2)
(lambda h: h.copy_(y))(x * 2); (lambda h: (h.add_(x), h[1:])[1])(c.clone()); x[[0, 1]]; x[c > 2]; m[:, [0, 1]]
x.masked_fill(c > 2, 0.); x.masked_fill(c > 2, s); x.gather(0, torch.tensor([0, 0])); 2 * x; 1 - x; x ** 2; 2 ** x
"""

# What a node saved, by PyTorch's names: all that are tensors or that users are known to read.
SAVED = """
x * y | self, other; x * c | self, other; c * x | self, other; 2 * x | self, other; x.exp() | result; x.sqrt() | result
x ** 2 | self, exponent; x ** y | self, exponent, result; 2. ** x | self, exponent, result; x.pow(3) | self, exponent
m.sum(1) | dim, keepdim; m.sum(1, keepdim=True) | dim, keepdim; x.relu() | result; m.mm(n) | self, mat2; x.log() | self
x.sigmoid() | result; x.tanh() | result; x / y | self, other; x / c | self, other; x / 2 | other; c / x | self, other
x.sin() | self; x.cos() | self; x.abs() | self; x.clamp(0, 2) | self, min, max; torch.add(x, y, alpha=2) | alpha
x.reciprocal() | result; x.rsqrt() | result; x.softmax(0) | result; x.log_softmax(0) | result; x.dot(y) | self, tensor
m @ x | self, vec; x.masked_fill(c > 2, 0.) | mask; torch.where(c > 2, x, y) | condition; m.max(1).values | indices
torch.maximum(x, y) | self, other; x.prod() | self; x.split([1, 2])[0] | split_sizes; x.split(2)[0] | split_size
"""

# Version counters: of h = zeros(2, 3) after the statements.
VERSIONS = """
h.add_(1) | h += 1 | h *= 2 | h[0] = 1. | h[0, 0] = 1. | h[:] = 1. | h[[0, 1]] = 1. | h[h > 0] = 1. | h[0] += 1
h.zero_(); h.zero_() | h.fill_(1) | h.copy_(m.detach()) | h.t().add_(1) | h[0].add_(1) | h.view(6)[2:].mul_(2)
h.detach().add_(1)
h.data.add_(1) | h.clone().add_(1) | h.data = torch.ones(3) | h.data.zero_(); h.add_(1) | h.requires_grad_()
h.detach_()
torch.add(c, 1, out=h[0]) | torch.exp(m.detach(), out=h) | h.unsqueeze_(0) | h.t_() | h.squeeze_() | h.clamp_(0, 1)
h.masked_fill_(h == 0, 2.)
h.scatter_(0, torch.tensor([[0, 0, 0]]), 1.) | h.unbind()[0].add_(1) | h.split(1)[1].add_(1) | h.expand(4, 2, 3)
h.resize_(2, 3)
h.requires_grad_(); k = h * 2 | h.exp_() | h.sub_(1); h.div_(2) | h.float().add_(1)
h.to(torch.float32).add_(1) | h.contiguous().add_(1) | h.reshape(6).add_(1) | h.t().reshape(6).add_(1) | h[0:0] = 1.
h.T[0] = 1. | h.neg_()
"""

# Gradients after in-place writes to h = 2 * m or v = 3 * x: the writes | an output | the inputs to differentiate it by.
WRITES = """
h.add_(1) | h | m
h.mul_(2) | h | m
h.mul_(h.detach()) | h | m
h.mul_(x) | h | m, x
h.copy_(x) | h | m, x
h.zero_() | h | m
h.fill_(s) | h | m, s
h.exp_() | h | m
h.div_(x) | h | m, x
h.pow_(2) | h | m
h[0] = 5. | h | m
h[0] = x | h | m, x
h[0, 1] = s | h | m, s
h[-1] = v | h | m, x
h[:, 1] = 0. | h | m
h[:, 1:] = x[:2] | h | m, x
h[..., 0] = s | h | m, s
h[...] = x | h | m, x
h[:] = s | h | m, s
h[None] = x | h | m, x
h[::2] = x | h | m, x
h[0:0] = 1. | h | m
h[[0]] = x | h | m, x
h[[1, 0]] = torch.stack([x, y]) | h | m, x, y
h[torch.tensor([0, 1]), torch.tensor([2, 0])] = x[:2] | h | m, x
h[:, [0, 2]] = s | h | m, s
h[0, [0, 2]] = x[:2] | h | m, x
h[1:, [0, 2]] = x[:2] | h | m, x
h[h > 6] = 0. | h | m
h[h > 6] = s | h | m, s
h[h > 6] = x.repeat(2)[:3] | h | m, x
h[torch.tensor([True, False])] = x | h | m, x
h[:, torch.tensor([True, False, True])] = s | h | m, s
h[True] = s | h | m, s
h[False] = s | h | m, s
h[np.array([0])] = x | h | m, x
h[torch.tensor(1)] = x | h | m, x
h[h.argmax() // 3, 0] = s | h | m, s
h[0][1] = s | h | m, s
h[1:][0, :2] = x[1:] | h | m, x
h[0] += x | h | m, x
h[:, 0] *= 2 | h | m
h[[0]] += x | h | m, x
h[h > 4] *= 2 | h | m
h += x | h | m, x
h -= h.detach() * 2 | h | m
h.t()[0] = x[:2] | h | m, x
h.t().mul_(2) | h | m
h.view(6)[2:4] = s | h | m, s
h.view(3, 2)[1].mul_(x[:2]) | h | m, x
h.unsqueeze(0)[0, 1] = x | h | m, x
h.transpose(0, 1)[1:].copy_(n[1:]) | h | m, n
h.permute(1, 0).add_(n) | h | m, n
h[0].add_(x).mul_(2) | h | m, x
h[0].mul_(h[1]) | h | m
h[0].copy_(h[1]) | h | m
h[0].mul_(2); h[1].add_(x) | h | m, x
r = h[0]; h.mul_(2) | r | m
r = h[0]; h.mul_(2); h.add_(x) | r | m, x
r = h[0]; q = h[:, 1]; r.mul_(3) | q | m
r = h[0]; q = r[1:]; q.mul_(s) | h | m, s
r = h[0]; q = r[1:]; q.mul_(s) | r | m, s
r = h[0]; q = r[1:]; r.mul_(s) | q | m, s
r = h[0]; q = r[1:]; h.mul_(s); q.add_(1) | h | m, s
r = h.view(6); h[0] = x; r[0:2].mul_(2) | r | m, x
r = h.view(6); q = h.t(); r.mul_(2); q[0] = s | h | m, s
r = h.detach(); r.add_(1) | h | m
r = h[0].detach(); r.zero_() | h | m
k = h * 1; h.mul_(2) | k + h | m
k = h.sum(); h.mul_(2) | k * h | m
h.mul_(2); k = h.exp(); h = h.clone(); h.mul_(3) | k + h | m
b = torch.zeros(2, 3); b[0] = x | b | x
b = torch.zeros(2, 3); b.copy_(m) | b | m
b = torch.zeros(2, 3); b[0] = x; b[1] = b[0] * y | b | x, y
b = torch.zeros(2, 3); q = b[1]; b.add_(m) | q | m
b = torch.zeros(2, 3); q = b[1]; q.add_(x) | b | x
b = torch.zeros(4); b[1:] = x; b[:-1] = y; b[0] = s | b | x, y, s
b = torch.zeros(2, 2); b[0, 0] = s; b[1] = b[0] * 3 | b | s
b = torch.ones(3); b.mul_(x).add_(y) | b | x, y
b = torch.zeros(3, dtype=torch.float64); b[0] = s; b[1:] = x[:2] | b | x, s
b = torch.zeros(3); b[torch.tensor([0, 0])] = s | b[1:] | s
b = torch.zeros(3); b[[2, 0]] = x[:2] * 2 | b | x
h.masked_fill_(h > 6, 0.) | h | m
h.masked_fill_(h > 6, s) | h | m, s
h.clamp_(3, 8) | h | m
h.scatter_(1, torch.tensor([[0], [2]]), 1.) | h | m
h.scatter_(1, torch.tensor([[0], [2]]), n[:2, :1]) | h | m, n
h.unsqueeze_(0) | h | m
h.t_() | h | m
h.relu_() | h | m
h.sqrt_() | h | m
h.neg_() | h | m
h.sub_(x, alpha=2) | h | m, x
v.copy_(y.double()) | v | x, y
v[0] = v[1] * v[2] | v | x
v[1:] = v[:-1].clone() | v | x
v[0], v[1] = v[1].clone(), v[0].clone() | v | x
v[:2] += v[1:].clone() | v | x
v.mul_(2); v.mul_(3) | v | x
v.view(3, 1).mul_(2); v.view(1, 3).add_(y) | v | x, y
v.data.mul_(2) | v | x
v.data = c | v * v | x
"""

# Calls of autograd.functional, as F. (Of complex numbers the parts: chainrule has other signs of zero.)
FUNCTIONAL = """
F.jacobian(lambda a: a * a, c)
F.jacobian(lambda a: a * a, x)
F.jacobian(lambda a: (a * a, a.sum()), c)
F.jacobian(lambda a, b: a * b, (x, c))
F.jacobian(lambda a, b: (a.exp(), (a * b).sum()), (x, c))
F.jacobian(lambda a: (a * a,), (c,))
F.jacobian(lambda a: a ** 3, s)
F.jacobian(lambda a: a.t() @ a, m)
F.jacobian(lambda a: (a @ x.detach()).reshape(1, 2), m)
F.jacobian(lambda a: x, x)
F.jacobian(lambda a: x * a, x)
F.jacobian(lambda a, b: a * 2, (c, m))
F.jacobian(lambda a: a.long(), c)
F.jacobian(lambda a: a.double(), c)[0].dtype
F.jacobian(lambda a: c, x, create_graph=True).requires_grad
F.jacobian(lambda a: a * 2, x, create_graph=True).requires_grad
F.jacobian(lambda a: a * a, x).requires_grad
F.jacobian(lambda a: a * a, c, create_graph=True).requires_grad
gradients(F.jacobian(lambda a: a ** 3, x, create_graph=True), x)
gradients(F.jacobian(lambda a, b: (a * b, a.exp()), (x, y), create_graph=True)[0][1], x, y)
torch.view_as_real(F.jacobian(lambda a: a.abs(), torch.complex(c, -c)))
torch.view_as_real(F.jacobian(lambda a: a * a, torch.complex(c, -c), vectorize=True))
F.jacobian(lambda a: a * a, torch.complex(c, -c))
F.jacobian(lambda a: (a * a, a.sum()), c, vectorize=True)
F.jacobian(lambda a, b: (a.exp(), (a * b).sum()), (x, c), vectorize=True)
F.jacobian(lambda a, b: a * 2, (c, m), vectorize=True)
F.jacobian(lambda a: a ** 3, s, vectorize=True)
gradients(F.jacobian(lambda a: a ** 3, x, create_graph=True, vectorize=True), x)
F.jacobian(lambda a: a * a, x, vectorize=True).requires_grad
F.jacobian(lambda a: a * a, c, strict=True)
F.jacobian(lambda a, b: (a * 2, b.sum()), (x, c), strict=True)
F.jacobian(lambda a: x, c, strict=True)
F.jacobian(lambda a: a.detach(), c, strict=True)
F.jacobian(lambda a: 2 * a, c, strict=True)
F.jacobian(lambda a: 2 * a, c, create_graph=True, strict=True)
F.hessian(lambda a: (a ** 3).sum(), c)
F.hessian(lambda a: (a ** 3).sum(), x)
F.hessian(lambda a: a.prod(), c)
F.hessian(lambda a: a.prod(), c, vectorize=True)
F.hessian(lambda a, b: (a * b * b).sum(), (x, c))
F.hessian(lambda a, b: (a * b * b).sum(), (x, c), vectorize=True)
F.hessian(lambda a: (a ** 3).sum().reshape(1, 1), (c,))
F.hessian(lambda a: a ** 4, s)
F.hessian(lambda a: a.sum(), c)
F.hessian(lambda a: c.sum(), x)
F.hessian(lambda a: (a.t() @ a).exp().sum(), m / 5)
F.hessian(lambda a: (a ** 3).sum(), x).requires_grad
gradients(F.hessian(lambda a: (a ** 4).sum(), x, create_graph=True), x)
gradients(F.hessian(lambda a: (a ** 4).sum(), x, create_graph=True, vectorize=True), x)
torch.view_as_real(F.hessian(lambda a: a.abs().sum(), torch.complex(c, -c), vectorize=True))
F.hessian(lambda a: (a * a).sum(), torch.complex(c, -c))
F.hessian(lambda a: (a ** 3).sum(), c, strict=True)
F.hessian(lambda a: a.sum(), c, strict=True)
F.hessian(lambda a: c.sum(), x, strict=True)
F.hessian(lambda a, b: (a * b * b).sum(), (x, c), strict=True)
F.vjp(lambda a: a * a, c, y)
F.vjp(lambda a: a * a, c, (y,))
F.vjp(lambda a: a.sum(), c)
F.vjp(lambda a: (a.sum(),), (c,))
F.vjp(lambda a: (a * a, a.sum()), c, (y, s))
F.vjp(lambda a, b: a * b, (x, c), y)
F.vjp(lambda a: (a * a, x), c, (y, y))
F.vjp(lambda a: x, c, y)
F.vjp(lambda a: a.long(), c, y)
F.vjp(lambda a: a * a, c, y.double())
torch.view_as_real(F.vjp(lambda a: a * a, torch.complex(c, -c), torch.complex(y, c))[1])
torch.view_as_real(F.vjp(lambda a: a.abs(), torch.complex(c, -c), c)[1])
[t.requires_grad for t in F.vjp(lambda a: a * a, x, y)]
[t.requires_grad for t in F.vjp(lambda a: a * a, c, c, create_graph=True)]
gradients(F.vjp(lambda a: a ** 3, x, y, create_graph=True)[1], x, y)
gradients(F.vjp(lambda a: a ** 3, x, y, create_graph=True)[0], x)
F.vjp(lambda a, b: a * 2, (x, c), y, strict=True)
F.vjp(lambda a: x, c, y, strict=True)
F.vjp(lambda a: (a * a, x), c, (y, y), strict=True)
F.vjp(lambda a: 2 * a, x, c, create_graph=True, strict=True)
F.jvp(lambda a: a * a, c, y)
F.jvp(lambda a: a * a, s)
F.jvp(lambda a: (a * a, a.sum()), c, y)
F.jvp(lambda a, b: a * b, (x, c), (y, y))
F.jvp(lambda a, b: (a * 2,), (x, c), (y, y))
F.jvp(lambda a: (a * a, x), c, y)
F.jvp(lambda a: a.detach(), c, y)
F.jvp(lambda a: a.t() @ a, m, n.t())
torch.view_as_real(F.jvp(lambda a: a * a, torch.complex(c, -c), torch.complex(y, c))[1])
F.jvp(lambda a: a.abs(), torch.complex(c, -c), torch.complex(y, c))
[t.requires_grad for t in F.jvp(lambda a: a * a, x, y)]
[t.requires_grad for t in F.jvp(lambda a: a * 2, x, y, create_graph=True)]
gradients(F.jvp(lambda a: a ** 3, x, y, create_graph=True)[1], x, y)
F.jvp(lambda a, b: a * 2, (x, c), (y, y), strict=True)
F.jvp(lambda a: a.detach(), c, y, strict=True)
F.jvp(lambda a: 2 * a, x, c, create_graph=True, strict=True)
F.vhp(lambda a: (a ** 3).sum(), c, y)
F.vhp(lambda a: a ** 3, s)
F.vhp(lambda a, b: (a * b * b).sum(), (x, c), (y, y))
F.vhp(lambda a, b: (a ** 3 + b).sum(), (x, c), (y, y))
F.vhp(lambda a: x.sum(), c, y)
F.vhp(lambda a: a.prod().reshape(1), (c,), (y,))
gradients(F.vhp(lambda a: (a ** 4).sum(), x, y, create_graph=True)[1], x, y)
F.vhp(lambda a: a.sum(), c, y, strict=True)
F.vhp(lambda a: x.sum(), c, y, strict=True)
F.vhp(lambda a, b: (a ** 3).sum(), (x, c), (y, y), strict=True)
F.vhp(lambda a, b: (a * b).sum(), (x, c), (y, y), create_graph=True, strict=True)
F.hvp(lambda a: (a ** 3).sum(), c, y)
F.hvp(lambda a: a ** 3, s)
F.hvp(lambda a, b: (a * b * b).sum(), (x, c), (y, y))
F.hvp(lambda a, b: (a ** 3 + b).sum(), (x, c), (y, y))
F.hvp(lambda a: x.sum(), c, y)
F.hvp(lambda a: a.prod().reshape(1), (c,), (y,))
torch.view_as_real(F.hvp(lambda a: a.abs().sum(), torch.complex(c, -c), torch.complex(y, c))[1])
gradients(F.hvp(lambda a: (a ** 4).sum(), x, y, create_graph=True)[1], x, y)
[t.requires_grad for t in F.hvp(lambda a: (a ** 3).sum(), x, y)]
F.hvp(lambda a: a.sum(), c, y, strict=True)
F.hvp(lambda a: x.sum(), c, y, strict=True)
F.hvp(lambda a, b: (a ** 3).sum(), (x, c), (y, y), strict=True)
F.hvp(lambda a, b: (a * b).sum(), (x, c), (y, y), create_graph=True, strict=True)
"""


def statements(block: str, separator: str) -> list[str]:
    return [part.strip() for line in block.strip().splitlines() for part in line.split(separator)]


def programs() -> dict[str, list[str]]:
    writes = [line.split(" | ") for line in WRITES.strip().splitlines()]
    return {
        "names": [f"result = ({text}).grad_fn.name()" for text in statements(NAMES, ";")],
        "graphs": [f"result = graph({text})" for text in statements(GRAPHS, ";")],
        "saved": [
            f"result = saved({text}, {', '.join(map(repr, names.split(', ')))})"
            for text, _, names in (entry.partition(" | ") for entry in statements(SAVED, ";"))
        ],
        "versions": [f"h = torch.zeros(2, 3)\n{text}\nresult = h._version" for text in statements(VERSIONS, " | ")],
        "writes": [
            f"h = 2 * m; v = 3 * x\n{write}\nresult = [({of})._version, gradients({of}, {inputs}), {of}]"
            for write, of, inputs in writes
        ],
        # A view that its base's write has made stale is left out: PyTorch replays it as_strided, we replay its path.
        "written": [
            f"h = 2 * m; v = 3 * x\n{write}\nresult = ({of}).grad_fn.name()"
            for write, of, _ in writes
            if of not in "rq"
        ],
        "functional": [f"F = torch.autograd.functional\nresult = {line}" for line in FUNCTIONAL.strip().splitlines()],
    }


def main() -> None:
    recorded = {
        group: [{"program": text, "result": run(torch, text)} for text in texts] for group, texts in programs().items()
    }
    # One entry a line: a change of one answer shows as one line.
    body = ",\n".join(
        f'"{group}": [\n' + ",\n".join(json.dumps(entry) for entry in entries) + "\n]"
        for group, entries in recorded.items()
    )
    (TESTS / "golden" / "engine.json").write_text("{\n" + body + "\n}\n", encoding="utf-8")
    print(", ".join(f"{len(entries)} {group}" for group, entries in recorded.items()))


if __name__ == "__main__":
    main()
