"""Programs with nested tensors: PyTorch's answers are in tests/golden/nested.json (tools/record_nested.py)."""

# ruff: noqa: T201 - a program is a line, and prints

from __future__ import annotations

import contextlib
import io
import re
import warnings
from typing import Any

HEAD = """
a = torch.arange(6.0).reshape(2, 3) / 4
b = torch.arange(9.0).reshape(3, 3) / 8
J, S = torch.jagged, torch.strided
def nested(layout=J, *parts, **k):
    return torch.nested.nested_tensor(list(parts) or [a, b], layout=layout, **k)
n, m, s, t = nested(), nested(), nested(S), nested(S)
g, h = nested(requires_grad=True), nested(S, requires_grad=True)
n4 = nested(J, torch.arange(8.0).reshape(1, 2, 4) / 4, torch.arange(16.0).reshape(2, 2, 4) / 8)
q = n4.transpose(1, 2)
x, y = a.clone().requires_grad_(), b.clone().requires_grad_()
def of(layout=J):
    return torch.nested.as_nested_tensor([x, y], layout=layout)
def grads(out, *wanted):
    if out.is_nested:
        out = torch.nested.to_padded_tensor(out, 0.0)
    found = torch.autograd.grad(out, wanted, torch.arange(1.0, 1 + out.numel()).reshape(out.shape))
    return [list(one.unbind()) if one.is_nested else one for one in found]
def parts(*tensors):
    return [list(one.unbind()) if one.is_nested else one for one in tensors]
def rounded(tensors):
    return [(one * 10).round() for one in tensors]
def values(one):
    return one.values()
def trained(layout):
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(3, 4), nn.GELU(), nn.LayerNorm(4), nn.Linear(4, 2))
    opt = optim.Adam(model.parameters())
    for _ in range(3):
        opt.zero_grad()
        torch.nested.to_padded_tensor(model(nested(layout)), 0.0).pow(2).sum().backward()
        opt.step()
    return list(model.parameters())
def attended(**k):
    torch.manual_seed(1)
    w = torch.randn(12, 4, requires_grad=True)
    u = nested(J, torch.randn(2, 4), torch.randn(3, 4))
    three = [F.linear(u, one).unflatten(-1, [2, 2]).transpose(1, 2) for one in w.chunk(3)]
    out = F.scaled_dot_product_attention(*three, **k)
    rows = out.transpose(1, 2).flatten(-2)
    return [out.is_contiguous(), rows.is_contiguous(), parts(rows.detach()), rounded(grads(rows, w))]
"""
"""What the programs may use."""

PROGRAMS = """
n
g
s
h
nested(S, dtype=torch.float64)
n.shape, n.size(0), n.size(1), n.size(-1)
n.size(1) == n.size(1), n.size(1) == m.size(1), n.size(1) == 3, n.size(1) >= 2, n.size(1) < 2
n.size(1) > 2
n.size(1) <= m.size(1)
n.size(1) * 2, 2 * n.size(1)
n.shape == m.shape
n.stride(), n.dim(), n.ndim, n.numel(), len(n)
n.dtype, n.layout, n.device, n.is_nested, a.is_nested
n.offsets(), n.lengths(), values(n)
s.size(0), s.size(2), s.dim(), s.numel(), s.layout, values(s)
s.size(1)
s.size()
s.stride()
n.is_contiguous(), n.transpose(1, 2).is_contiguous(), s.transpose(1, 2).is_contiguous()
n.is_floating_point(), n.is_complex(), n.element_size(), n.get_device(), n.storage_offset()
n.requires_grad, g.requires_grad, g.is_leaf, (g * 2).is_leaf
isinstance(n, torch.Tensor), torch.is_tensor(s)
n[0]
n[-1]
n[0, 1]
n[2]
s[1, 1, 1]
s[..., 0]
parts(n[..., 0])
parts(n[..., 0:2], n[..., None])
n[[0, 1]]
n[0:1]
s[0:1]
list(n)
n.unbind()
n.unbind(1)
s.unbind()
n.tolist()
n.numpy()
parts(n + 1, 2 * n, n - 0.5, 1 - n, n / 2, 1 / (n + 1), n**2, -n)
parts(n + n, n * n, n / (n + 1))
n + m
n + torch.nested.nested_tensor_from_jagged(b, n.offsets())
parts(n + torch.ones(3), n * torch.arange(2.0).reshape(2, 1, 1), n + torch.arange(18.0).reshape(2, 3, 3))
n + torch.ones(2, 3)
n + torch.ones(2, 4, 3)
n.transpose(1, 2) + n
parts(n * torch.nested.nested_tensor_from_jagged(torch.arange(5.0).reshape(5, 1), n.offsets()))
parts(s + 1, s * s, s / 2, -s)
s + torch.ones(3)
s + n
parts(n > 0.5, n == n, n != 0, s > 0.5)
parts(torch.where(n > 0.5, n, -n), n.masked_fill(n > 0.5, 0.0), torch.clamp(n, 0.2, 0.6))
parts(n.sin(), torch.cos(n), n.exp(), F.relu(-n), F.silu(n), n.sigmoid(), n.abs().sqrt())
parts(torch.zeros_like(n), torch.ones_like(n), torch.full_like(n, 2))
torch.rand_like(n).shape, torch.empty_like(s).is_nested
parts(n.double(), n.long(), n.to(torch.float16), n.type(torch.float64), n.to(m))
n.to("cpu") is n, n.float() is n, n.contiguous() is n
parts(n.clone().add_(1), n.clone().mul_(2), n.clone().fill_(3), n.clone().zero_())
parts(n.clone().copy_(n * 2))
parts(F.softmax(n, -1), torch.softmax(n, 1), n.log_softmax(2))
F.softmax(n, 0)
F.softmax(s, -1)
F.softmax(s, 1)
torch.manual_seed(3), parts(F.dropout(n, 0.5), nn.Dropout(0.5)(s))
n.sum(), n.mean(), n.max(), n.min(), n.amax(), n.any(), n.all(), n.argmax()
n.sum(1), n.mean(1), n.prod(1), n.amax(1), n.max(1), n.argmax(1), n.any(1)
n.sum(1, keepdim=True)
parts(n.sum(-1), n.mean(2), n.amax(2), n.max(2).values, n.min(2).indices)
n.sum((0, 1))
n.sum(0)
n.sum(-1).sum(-1)
n.sum(3)
parts(n.transpose(1, 2), n.mT, n.permute(0, 2, 1), s.transpose(1, 2))
n.transpose(0, 1)
s.transpose(0, 1)
n.transpose(1, 2).transpose(-1, -2).shape, q.shape, values(q).shape
n.unsqueeze(1).shape, n.unsqueeze(-1).shape, n.unsqueeze(-1).squeeze(-1).shape
n.unsqueeze(0)
n.unflatten(-1, [3, 1]).shape, n4.flatten(-2).shape, n4.unflatten(-1, (2, 2)).transpose(1, 3).shape
n.flatten(1)
n.view(2, -1, 1, 3).shape, n.reshape(2, n.size(1), 3, 1).shape, n.view(2, n.size(1), -1).shape
n.view(2, 3, -1)
n.reshape(-1, 3)
s.reshape(2, -1, 3, 1)
s.reshape(2, -1, 1, 3).transpose(1, 2)
parts(*n.chunk(3, -1), *n.split(1, -1), *n.split([1, 2], -1))
n.chunk(2, 1)
n.chunk(2)
s.chunk(3, -1)
parts(n.narrow(2, 0, 2), n.select(2, 1))
n.select(0, 1)
n.select(1, 0)
n.narrow(1, 0, 1)
s.select(1, 0)
s.select(2, 0)
parts(torch.cat([n, n], -1), torch.stack([n, n], -1))
torch.cat([n, n])
torch.cat([n, n], 1)
torch.cat([s, t])
torch.cat([s, t], -1)
n.expand(2, -1, 3).shape
parts(n @ torch.arange(6.0).reshape(3, 2), n @ torch.arange(18.0).reshape(2, 3, 3))
n.transpose(1, 2) @ n
n @ n.transpose(1, 2)
torch.matmul(s, t.transpose(1, 2))
torch.bmm(s, t.transpose(1, 2))
s @ torch.ones(3, 2)
parts(F.linear(n, torch.ones(2, 3), torch.ones(2)), F.linear(s, torch.ones(2, 3)))
parts(F.layer_norm(n, (3,)), F.rms_norm(n, (3,)), F.layer_norm(s, (3,), torch.ones(3), torch.zeros(3)))
parts(F.embedding(n.long(), torch.arange(6.0).reshape(3, 2)))
torch.nested.to_padded_tensor(n, 7.0)
torch.nested.to_padded_tensor(n, 0.0, output_size=(2, 4, 3))
n.transpose(1, 2).to_padded_tensor(0.0)
s.to_padded_tensor(-1)
torch.nested.to_padded_tensor(s, 0.0, (2, 4, 4))
torch.nested.to_padded_tensor(s, 0.0, (2, 2, 3))
torch.nested.to_padded_tensor(a, 0.0)
torch.nested.to_padded_tensor(n, None)
nested(J, a, torch.ones(2, 4)).shape
nested(S, a, torch.ones(4, 2))
nested(J, a, torch.ones(4, 2))
nested(J, a, torch.ones(2))
nested(S, a, torch.ones(2))
nested(J, a, b.long())
nested(J, torch.tensor(1.0))
nested(J, [1, 2], [3])
nested(S, [1, 2], [3])
nested(S, 1.0, 2.0)
nested(torch.sparse_coo)
nested(J, a.long(), b.long(), requires_grad=True)
torch.nested.nested_tensor([], layout=J)
torch.nested.nested_tensor([])
torch.nested.nested_tensor(a)
torch.nested.nested_tensor((a, b))
torch.nested.nested_tensor((a, b), layout=J).shape
torch.nested.as_nested_tensor(torch.ones(2, 3, 4), layout=J).shape
torch.nested.as_nested_tensor(torch.ones(2))
torch.nested.as_nested_tensor([[1, 2]])
torch.nested.as_nested_tensor(n, layout=J) is n
torch.nested.as_nested_tensor(n)
torch.nested.nested_tensor_from_jagged(b, n.offsets()).shape
parts(torch.nested.nested_tensor_from_jagged(b, lengths=torch.tensor([1, 2])))
parts(torch.nested.nested_tensor_from_jagged(b, torch.tensor([0, 2, 3]), torch.tensor([1, 1])))
torch.nested.nested_tensor_from_jagged(b, torch.tensor([0, 2, 3]), torch.tensor([1, 1]))
torch.nested.nested_tensor_from_jagged(b)
torch.nested.narrow(b, 1, torch.tensor([0, 1, 0]), torch.tensor([2, 2, 3]), layout=J)
parts(torch.nested.narrow(b, 1, torch.tensor([0, 1, 0]), torch.tensor([2, 2, 3]), layout=J))
torch.nested.narrow(b, 1, torch.tensor([0, 1, 0]), torch.tensor([2, 2, 3]))
torch.nested.narrow(b, 0, 1, 2)
torch.nested.narrow(b, 1, 0, 2)
parts(torch.nested.masked_select(b, b > 0.3))
g.sum().backward()
(g * g).sum().backward(), parts(g.grad)
torch.nested.to_padded_tensor(h * h, 0.0).sum().backward(), h.grad
(of() * 2).grad_fn.name()
grads(of().sin(), x, y)
grads(of(S).sin(), x, y)
grads(F.softmax(of(), -1), x, y)
grads(F.softmax(of(S), -1), x, y)
grads(of().mean(-1), x, y)
grads(of() @ torch.arange(6.0).reshape(3, 2), x, y)
grads(torch.matmul(of(S), of(S).transpose(1, 2)), x, y)
rounded(grads(F.layer_norm((3 * of()).sin(), (3,), torch.arange(3.0)), x, y))
grads(g.exp(), g)
trained(J)
trained(S)
attended()
(g * 3).detach().requires_grad, g.data.requires_grad, g.grad
g.register_hook(lambda d: d * 2) and None, g.sum().backward(), parts(g.grad)
copy.deepcopy(n).shape, parts(copy.deepcopy(g).detach())
torch.zeros(n.shape)
torch.jagged
f"{n} {s}"
"""


def programs() -> list[str]:
    """The programs: expressions, one a line."""
    return [line for line in PROGRAMS.splitlines() if line]


def outcome(program: str, torch: Any) -> str:
    """What a program's value is printed as, or the class of its error. Symbols of sizes are counted from the first."""
    import copy

    names = {"torch": torch, "nn": torch.nn, "F": torch.nn.functional, "optim": torch.optim, "copy": copy}
    with contextlib.redirect_stdout(io.StringIO()) as out, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        exec(compile(HEAD, "head", "exec", dont_inherit=True), names)
        try:
            print(eval(compile(program, "program", "eval", dont_inherit=True), names))
        except Exception as error:  # noqa: BLE001 - its class is what is compared
            print("raises", type(error).__name__)
    text = re.sub(r" object at 0x[0-9a-f]+", "", out.getvalue())
    symbols: dict[str, str] = {}
    return re.sub(r"\bj\d+", lambda found: symbols.setdefault(found[0], f"j{len(symbols)}"), text)
