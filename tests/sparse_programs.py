"""Programs with sparse tensors: PyTorch's answers are in tests/golden/sparse.json (tools/record_sparse.py)."""

# ruff: noqa: E501, T201 - a program is a line, and prints

from __future__ import annotations

import contextlib
import io
import warnings
from typing import Any

HEAD = """
i = torch.tensor([[0, 1, 1], [2, 0, 2]])
v = torch.tensor([3.0, 4.0, 5.0])
s = torch.sparse_coo_tensor(i, v, (2, 3))
s2 = torch.sparse_coo_tensor([[0, 0], [0, 2]], [7.0, 8.0], (2, 3))
u = torch.sparse_coo_tensor([[0, 0], [1, 1]], [1.0, 2.0], (2, 2))
h = torch.sparse_coo_tensor(i[:1], torch.arange(6.0).reshape(3, 2), (2, 2))
c = s.to_sparse_csr()
d = torch.arange(6.0).reshape(2, 3)
e = torch.arange(12.0).reshape(3, 4)
r, r2, ur, cr = (x.clone().requires_grad_() for x in (s, s2, u, c))
dr, er, vr = (x.clone().requires_grad_() for x in (d, e, v))
def grads(out, *x):
    out = out.to_dense()
    return torch.autograd.grad(out, x, torch.arange(1.0, 1 + out.numel()).reshape(out.shape))
def embed(*indices, of=lambda w: w, call=F.embedding, **k):
    w = torch.ones(3, 2, requires_grad=True)
    call(torch.tensor(indices), of(w), sparse=True, **k).sum().backward()
    return w.grad
def trained(make, steps=2):
    torch.manual_seed(0)
    m = nn.Embedding(4, 2, sparse=True)
    with torch.no_grad():
        m.weight.copy_(torch.arange(8.0).reshape(4, 2))
    o = make(m.parameters())
    for _ in range(steps):
        o.zero_grad()
        (m(torch.tensor([1, 1, 3])).pow(2)).sum().backward()
        o.step()
    return m.weight
"""
"""What the programs may use."""


def programs() -> list[str]:
    """The programs: expressions, one a line."""
    return [line for line in PROGRAMS.splitlines() if line]


def outcome(program: str, torch: Any) -> str:
    """What a program's value is printed as, or the class of its error."""
    names = {"torch": torch, "nn": torch.nn, "F": torch.nn.functional, "optim": torch.optim}
    with contextlib.redirect_stdout(io.StringIO()) as out, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        exec(compile(HEAD, "head", "exec", dont_inherit=True), names)
        try:
            print(eval(compile(program, "program", "eval", dont_inherit=True), names))
        except Exception as error:  # noqa: BLE001 - its class is what is compared
            print("raises", type(error).__name__)
    return out.getvalue()


