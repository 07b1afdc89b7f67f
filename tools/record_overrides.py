"""Record what PyTorch does with subclasses and modes: tests/golden/overrides.json (needs torch). tests/test_overrides.py compares."""

# ruff: noqa: E501 - a program is a line

from __future__ import annotations

import ast
import contextlib
import json
import sys
from pathlib import Path

import torch

TESTS = Path(__file__).resolve().parent.parent / "tests"
sys.path.insert(0, str(TESTS))

from override_programs import outcome  # noqa: E402

OPERATORS = """
[x * 2, 2 * x, x * y, y * x, p * x, x * p]
[x + 1, 1 + x, x - 1, 1 - x, x / 2, 2 / x]
[x // 2, 2 // x, x % 2, 2 % x, x ** 2, 2 ** x]
[-x, +x, abs(x)]
[x > 1, 1 < x, x >= 1, x < y, y <= x, x == y, x != 1, ~(x > 1)]
[i & 1, i | 1, i ^ 1, i << 1, i >> 1, 1 << i, 4 >> i, 1 & i, 1 | i, 1 ^ i]
[x @ x, y @ x, x @ y, m @ m.T]
x += 1; x -= 1; x *= 2; x /= 2; x //= 2; x **= 2; x %= 2; x
i &= 3; i |= 1; i ^= 1; i <<= 1; i >>= 1; i
x[0], m[:, 1], m[0, 0], m[..., None], m[x > 1]
x[0] = 5; y[0] = x[1]; x[0] += 1; x, y
y.add_(x), y
"""

METHODS = """
x.add(y), x.sum(), x.mean(0), m.max(0), x.sort(), x.topk(1)
x.shape, x.size(), x.dtype, x.device, x.ndim, x.dim(), x.numel(), x.requires_grad, x.grad, x.is_leaf, x.grad_fn, x.layout
x.T, m.mT, x.data, x._version
x.view(1, 2), x.reshape(2, 1), m.t(), x.unsqueeze(0), x.expand(2, 2)
x.tolist(), x.numpy(), x[0].item(), float(x[0]), int(x[0]), bool(x[0] > 0), len(x)
x.clone(), x.detach(), x.to(torch.float64), x.double(), x.cpu(), x.type(torch.float64)
x.to("cpu") is x, x.float() is x, x.contiguous() is x
x.add_(1) is x, x.zero_() is x
x.new_zeros(3), x.new_tensor([1.0])
x.split(1), x.unique(), m.unflatten(1, (3, 1)).shape, reversed(x), 1.0 in x
m.unbind(), m.chunk(2), m.sum((0, 1)), m.argmax()
x.requires_grad = True; x.grad = torch.ones(2); x.data = y; del x.grad; x.grad
x.requires_grad_(); (x * x).sum().backward(); x.grad
x.requires_grad_(); torch.autograd.grad((x * x).sum(), x)
x.foo = 3; x.foo, x.__dict__
torch.Tensor.add(x, y), torch.Tensor.shape.__get__(x)
x.is_floating_point(), x.type(), x.element_size(), x.stride(), x.is_contiguous(), x.data_ptr() > 0
x.masked_fill(x > 1, 0), torch.zeros(2).masked_fill_(x > 1, 1)
x.as_subclass(torch.Tensor), y.as_subclass(L)
str(M([[1.0, 2.0], [3.0, 4.0]])), repr(sub), f"{sub}"
f"{sub[0]:.2f}"
hash(x) == hash(x), x in [x], isinstance(x, torch.Tensor), torch.is_tensor(x), overrides.is_tensor_like(x)
"""

FUNCTIONS = """
torch.add(x, y), torch.add(y, x), torch.add(input=x, other=y), torch.add(y, other=x), torch.add(x, y, alpha=2)
torch.sum(x), torch.sum(m, dim=0), torch.max(m, 0), torch.std_mean(x)
torch.cat([x, y]), torch.cat([y, x]), torch.stack((y, x)), torch.split(x, 1), torch.unbind(m)
torch.einsum("i,i->", x, y), torch.einsum("i,i->", y, x), torch.meshgrid(x, y, indexing="ij"), torch.broadcast_tensors(x, y)
torch.norm(x), torch.unique(x), torch.tensordot(x, y, 1), torch.cdist(m, m), torch.atleast_2d(x)
torch.where(x > 1, x, y), torch.zeros_like(x), torch.equal(x, y), torch.allclose(x, y), torch.clamp(x, min=1.5)
torch.matmul(x, y), torch.bmm(m[None], m.T[None]), torch.relu(x), torch.softmax(x, 0), torch.argsort(x), torch.cumsum(x, 0)
F.relu(x), F.relu(x, True), F.softmax(x, 0), F.gelu(x), F.leaky_relu(x), F.silu(x), F.dropout(x, 0.0)
F.linear(x, y.reshape(1, 2)), F.linear(y, m[:, :2]), F.mse_loss(x, y), F.mse_loss(y, x, reduction="sum")
F.cross_entropy(m, torch.tensor([0, 1])), F.nll_loss(m, torch.tensor([0, 1])), F.smooth_l1_loss(x, y), F.binary_cross_entropy(x / 4, y / 4)
F.normalize(m), F.pad(m, (1, 1)), F.one_hot(i), F.embedding(i, torch.arange(6.0).reshape(3, 2))
F.conv1d(m[None, None, 0], torch.ones(1, 1, 2)), F.max_pool1d(m[None], 2), F.avg_pool1d(m[None], 2), F.interpolate(m[None], scale_factor=2)
F.cosine_similarity(x, y, dim=0), F.softplus(x), F.hardtanh(x)
torch.linalg.norm(x).shape, torch.fft.fft(x), torch.linalg.inv(m[:, :2])
torch.tensor(x), torch.as_tensor(x) is x, torch.is_floating_point(x), torch.numel(x), torch.result_type(x, 1)
torch.add(x, y, out=torch.empty(2)), torch.add(y, y, out=M([0.0, 0.0]))
nn.Linear(2, 1, bias=False)(x).shape, nn.ReLU()(x), nn.Sequential(nn.Tanh())(x).shape
nn.init.uniform_(x, 0, 0), nn.init.normal_(x, 0, 0), nn.init.constant_(x, 3)
type(torch.vmap(lambda one: one * 2)(sub)), type(torch.func.grad(lambda one: (one ** 2).sum())(sub))
torch.autograd.functional.jacobian(lambda one: one * 2, M([1.0]))
torch.utils.data.default_collate([k, k]), nn.utils.parameters_to_vector([k])
np.asarray(sub), np.add(sub, 1), np.add(np.ones(2), sub), sub * np.ones(2)
"""

GRAPHS = """
t = a.as_subclass(M); t, t.is_leaf, t._is_view(), t._base is a, t.data_ptr() == a.data_ptr()
t = a.as_subclass(M) * 2; t, t.grad_fn.next_functions[0][0].name(), t._is_view(), t._base
t = y.as_subclass(M); t.add_(1); y
t = a.as_subclass(M)[0]; t, type(t._base)
torch.Tensor._make_subclass(M, a), torch.Tensor._make_subclass(M, a, True)
t = torch.Tensor._make_subclass(M, y); y.add_(1); t, t._is_view(), t._version
torch.Tensor._make_subclass(M, torch.ones(1).long(), True)
torch.Tensor._make_subclass(int, y)
torch.Tensor._make_subclass(M, [1.0])
y.as_subclass(int)
y.as_subclass(3)
M(3).shape, M(2, 3).shape, M([1.0]), M(y), M(a), M(y).data_ptr() == y.data_ptr(), M(torch.ones(2).long())
torch.Tensor(a), torch.Tensor(y)._is_view()
(q * q).sum().backward(); q.grad, q
t = q + 1; t.retain_grad(); t.sum().backward(); t.grad
t = q.clone(); t[0] = 5.0; t, q.clone().add_(1)
q.detach(), q.detach().zero_() is None, q.data, q.numpy if 0 else q.sum()
torch.stack([q, q]), q.max(), q.view(2, 1)
with torch.no_grad(): t = q * 2
t, t.requires_grad
t = Tagged([1.0], tag="here"); (t + 1).tag, t[0].tag, (t * 2).sum().tag, t
class T(torch.Tensor):
    def __new__(cls, data, *rest, **named): return super().__new__(cls, data)
    def __init__(self, data, tag=None): self.tag = tag
T([1.0], tag=3).tag, T([1.0], 4).tag, T([1.0], tag=3) + 1, hasattr(T([1.0]) + 1, "tag")
class T(torch.Tensor):
    def __init__(self, data, tag=None): self.tag = tag
T([1.0], tag=3)
class T(torch.Tensor):
    @property
    def shape(self): return ("mine", super().shape)
    def sum(self): return super().sum() + 100
T([1.0, 2.0]).shape, T([1.0, 2.0]).sum(), torch.sum(T([1.0, 2.0]))
"""

PARAMETERS = """
P(torch.ones(2)), P(torch.ones(2, 2)), [P(torch.ones(1))]
t = P(torch.ones(2)); type(t * 2), type(t.data), type(t.detach()), type(t.clone()), isinstance(t, Parameter), type(t.requires_grad_())
Parameter(M([1.0])), type(Parameter(M([1.0]))), isinstance(Parameter(M([1.0])), Parameter)
Parameter.__torch_function__ is torch._C._disabled_torch_function_impl, P.__torch_function__ is Parameter.__torch_function__
class T(Parameter):
    def __new__(cls, data, requires_grad=True, tag=None):
        made = super().__new__(cls, data, requires_grad); made.tag = tag; return made
t = nn.Linear(2, 2); t.weight = T(torch.ones(2, 2), tag="w"); [(n, type(v).__name__) for n, v in t.named_parameters()], t.weight.tag, type(t.state_dict()["weight"])
t = nn.Linear(1, 1); t.weight = Parameter(M([[2.0]])); torch.optim.SGD(t.parameters(), 0.1).step(); t(torch.ones(1)).backward(); type(t.weight.grad), [type(v).__name__ for v in t.parameters()]
k + Parameter(torch.ones(1)), Parameter(torch.ones(1)) + k
nn.Buffer(k), type(nn.Buffer(k))
u = nn.UninitializedParameter(); u + 1
u = nn.UninitializedParameter(); torch.add(u, 1)
u = nn.UninitializedParameter(); u.is_leaf, u.requires_grad, u.grad, u
type(copy.deepcopy(P(torch.ones(1)))).__name__
"""

CLASSES = """
type(k + k2).__name__, type(k2 + k).__name__, torch.cat([k, k2]), torch.mul(k, k2)
k + o
torch.add(k, o)
torch.cat([k, o])
F.mse_loss(k, o)
k.copy_(o)
d + 1
d.shape
len(d)
torch.add(d, sub)
F.relu(d)
Off([1.0]) + 1, Off([1.0]), Off([1.0])[0], Off([1.0]).add_(1)
class A(L): pass
class B(A):
    @classmethod
    def __torch_function__(cls, func, types, args=(), kwargs=None):
        print("B"); return super().__torch_function__(func, types, args, kwargs)
t, u = A([1.0]), B([2.0]); torch.add(t, u)
class A(L):
    @classmethod
    def __torch_function__(cls, func, types, args=(), kwargs=None):
        return func.__name__
t = A([1.0]); t + 1, torch.add(x, t), t.shape, t.sum(), F.relu(t), torch.add(1, t), torch.stack([y, t])
class A(torch.Tensor):
    def __torch_function__(self, func, types, args=(), kwargs=None): return 1
A([1.0]) + 1
class A(torch.Tensor):
    def __add__(self, other): return "mine"
A([1.0]) + 1, 1 + A([1.0]), torch.add(A([1.0]), 1)
class A(torch.Tensor):
    @classmethod
    def __torch_function__(cls, func, types, args=(), kwargs=None):
        if func is torch.mean: return "mean of all"
        if func is torch.Tensor.mean: return "the method"
        return super().__torch_function__(func, types, args, kwargs)
torch.mean(A([1.0])), A([1.0]).mean(), torch.sum(A([1.0]))
"""

OTHERS = """
torch.mean(s)
implements(torch.mean)(lambda input: s.value / s.n); torch.mean(s)
implements(torch.mean)(lambda input: input.value / input.n); torch.mean(input=s)
implements(torch.add)(lambda one, two: S(one.n, one.value + two.value)); torch.add(s, s)
implements(torch.add)(lambda one, two: S(one.n, one.value + two.value)); torch.Tensor.add in HANDLED
torch.ones(2) + s
s + torch.ones(2)
implements(torch.Tensor.add)(lambda one, two: two.tensor() + one); [torch.ones(2, 2) + s, s.n]
torch.ones(2) * s
torch.ones(2).add_(s)
torch.cat([torch.ones(2), s])
torch.where(s, s, s)
F.relu(s)
F.mse_loss(s, torch.ones(2))
torch.sum(s, dim=0)
torch.einsum("i->", s)
torch.ones(2)[s]
torch.ones(2) // s
torch.tensor(s)
nn.Linear(2, 2)(s)
torch.matmul(torch.ones(2), s)
torch.is_tensor(s), overrides.is_tensor_like(s), overrides.is_tensor_like(3), overrides.is_tensor_like(y)
overrides.has_torch_function((y,)), overrides.has_torch_function((s,)), overrides.has_torch_function((p, 1)), overrides.has_torch_function((k,)), overrides.has_torch_function_unary(s), overrides.has_torch_function_variadic(1, s)
overrides.has_torch_function(s)
def f(one, two=1, *, three=2):
    if overrides.has_torch_function((one,)): return overrides.handle_torch_function(f, (one,), one, two=two, three=three)
    return "plain"
HANDLED[f] = lambda one, two, three: ("handled", two, three)
f(y), f(s), name_of(f)
def f(one):
    if overrides.has_torch_function((one,)): return overrides.handle_torch_function(f, (one,), one)
f(s)
@overrides.wrap_torch_function(lambda one, two: (two,))
def f(one, two): return "plain"
HANDLED[f] = lambda one, two: "handled"
f(s, 1), f(1, s)
class A:
    def __init__(self, data, metadata=None): self.t, self.metadata = torch.as_tensor(data), metadata
    def __repr__(self): return f"{self.metadata}: {self.t}"
    @classmethod
    def __torch_function__(cls, func, types, args=(), kwargs=None):
        found = [one.metadata for one in args if hasattr(one, "metadata")]
        return A(func(*[getattr(one, "t", one) for one in args], **(kwargs or {})), found[0])
torch.add(torch.ones(2), A([1, 2], "owner")), torch.ones(2) * A([1, 2], "owner"), F.relu(A([-1.0], "r"))
"""

MODES = """
with Log(): t = torch.ones(2) + 1; F.gelu(t); F.relu(t); t.numpy(); torch.stack([t, t]); t[0]; len(t)
t
with Log(): torch.tensor([1.0]); torch.zeros(2, dtype=torch.int); torch.arange(3); torch.eye(2); torch.full((2,), 1.0); torch.linspace(0, 1, 2); torch.as_tensor([1.0])
torch.ones(1)
with Log(): torch.is_grad_enabled(); torch.get_default_dtype(); torch.is_tensor(y); torch.manual_seed(0); torch.from_numpy(np.ones(1))
0
with Log(): F.cross_entropy(torch.ones(2, 3), torch.tensor([0, 1]))
0
with Log(): sub + 1; torch.sum(sub)
0
with Log(): repr(y) if 0 else nn.init.uniform_(y, 0, 0)
0
with Named("outer"):
    with Named("inner"): y + 1; F.relu(y)
    y - 1
y
with NoMode(): t = y + 1
t
with NoMode(): t = F.relu(y)
t
with NoMode(): t = type(torch.add(sub, 1))
t
with Mode(): y + 1
0
with overrides.BaseTorchFunctionMode(): t = y + 1, type(sub + 1)
t
with Log(), torch._C.DisableTorchFunctionSubclass(): t = y + 1; u = sub + 1
t, type(u)
with Log(), torch._C.DisableTorchFunction(): t = y + 1; u = sub + 1
t, type(u)
with torch._C.DisableTorchFunction(): t = type(sub + 1), sub.shape, overrides.has_torch_function((sub,))
t
with torch._C.DisableTorchFunctionSubclass(): t = type(sub[0]), type(sub.view(2)), type(sub.add_(1)), repr(sub), overrides.has_torch_function((s,))
t
with torch._C.DisableTorchFunctionSubclass(): torch.mean(s)
0
with torch.DisableTorchFunctionSubclass(): t = type(sub * 1).__name__
t
t = Log()
with t:
    with t: y + 1
overrides._len_torch_function_stack() if hasattr(overrides, "_len_torch_function_stack") else 0
t = Named("mode")
with t: u = overrides._get_current_function_mode() is t, len(overrides._get_current_function_mode_stack())
u, overrides._get_current_function_mode_stack()
class Counts(Mode):
    def __init__(self): self.calls = {}
    def __torch_function__(self, func, types, args=(), kwargs=None):
        self.calls[func] = self.calls.get(func, 0) + 1
        return func(*args, **(kwargs or {}))
with Counts() as t: y * 2; y * 3; torch.mul(y, 2)
t.calls[torch.Tensor.mul], t.calls[torch.mul]
class Half(Mode):
    def __torch_function__(self, func, types, args=(), kwargs=None):
        kwargs = dict(kwargs or {})
        if func in (torch.zeros, torch.ones): kwargs.setdefault("dtype", torch.float64)
        return func(*args, **kwargs)
with Half(): t = torch.zeros(1), torch.ones(1, dtype=torch.int)
t
try:
    with Log(): raise KeyError
except KeyError: pass
y + 1
with Log(): t = torch.autograd.grad((a * a).sum(), a)
t
"""

NAMES = """
[name_of(f) for f in (torch.add, torch.Tensor.add, F.relu, torch.Tensor.shape.__get__, torch.linalg.norm, torch.split, torch.zeros, torch.fft.fft, nn.init.uniform_, torch.Tensor.grad.__set__)]
[overrides.is_tensor_method_or_property(f) for f in (torch.Tensor.add, torch.add, torch.Tensor.shape.__get__, F.relu)]
[torch.add in overrides.get_overridable_functions()[torch], F.relu in overrides.get_overridable_functions()[F], torch.Tensor.add in overrides.get_overridable_functions()[torch.Tensor]]
[f in overrides.get_ignored_functions() for f in (torch.is_tensor, torch.zeros, torch.tensor, torch.add, torch.arange, torch.get_default_dtype)]
[f in overrides.get_testing_overrides() for f in (torch.add, F.relu, torch.Tensor.add, torch.tensor, torch.Tensor.shape.__get__)]
overrides.get_testing_overrides()[torch.add](1, 2)
torch.add is torch.Tensor.add, torch.Tensor.add is torch.Tensor.add, torch.Tensor.shape.__get__ == torch.Tensor.shape.__get__, M.shape is torch.Tensor.shape
"""

COPIES = """
t = M([1.0]); t.tag = 3; u = copy.copy(t); type(u), u.__dict__, u.data_ptr() == t.data_ptr()
t = P(torch.ones(1)); type(copy.deepcopy(t)), copy.deepcopy(t)
class A(torch.Tensor):
    def __deepcopy__(self, memo): return "mine"
copy.deepcopy([A([1.0])])
"""

LIBRARIES = """
class A(torch.Tensor):
    def requires_grad_(self, requires_grad=True): self.requires_grad = requires_grad; return self
    def pow_(self, exponent): raise KeyError
    def clamp_(self, *bounds, **named): raise KeyError
A([1.0]).requires_grad_(), A([3.0]).square_(), A([3.0]).clamp_min_(4)
class A(torch.Tensor):
    kept = {torch.Tensor.clone, torch.Tensor.to, torch.Tensor.detach, torch.Tensor.requires_grad_}
    @classmethod
    def __torch_function__(cls, func, types, args=(), kwargs=None):
        with torch._C.DisableTorchFunctionSubclass():
            made = func(*args, **(kwargs or {}))
        return made.as_subclass(cls) if func in cls.kept and isinstance(args[0], cls) else made
    @property
    def shape(self):
        with torch._C.DisableTorchFunctionSubclass(): return super().shape
    def __repr__(self, *, tensor_contents=None): return f"{super().__repr__()[:-1]}, of={tuple(self.shape)})"
    def __deepcopy__(self, memo): return self.detach().clone()
t = A([[0.0, 1.0]]); t, t + 1, t.clone(), torch.clone(t), t.to(torch.float64), t.sum(), t.add_(1), copy.deepcopy(t), t[0]
class A(torch.Tensor):
    pairs = []
    @classmethod
    def __torch_function__(cls, func, types, args=(), kwargs=None):
        if func in cls.pairs: types = (torch.Tensor,)
        made = super().__torch_function__(func, types, args, kwargs)
        if isinstance(made, A) and isinstance(args[0], A): made.__dict__.update(args[0].__dict__)
        return made
class B(A): pass
class C(A): pass
A.pairs += [torch.Tensor.mul, torch.Tensor.__eq__, C.__getitem__, torch.Tensor.__rsub__]
t, u = B([1.0, 2.0]), C([3.0, 4.0]); t.src = "a"; [t * u, u * t, (t * 2).src, t[0].src, t == t, 1 - t, F.mse_loss(t, torch.ones(2)), nn.Linear(2, 1)(t).src]
class Flops(Mode):
    total = 0
    def __torch_function__(self, func, types, args=(), kwargs=None):
        if func in (F.linear, torch.matmul, torch.Tensor.matmul): self.total += args[0].numel() * args[1].shape[0]
        return func(*args, **(kwargs or {}))
with Flops() as t: nn.Linear(3, 4)(torch.ones(2, 3)); torch.ones(2, 3) @ torch.ones(3, 2)
t.total
class NoInit(Mode):
    def __torch_function__(self, func, types, args=(), kwargs=None):
        return kwargs["tensor"] if func is nn.init.kaiming_uniform_ else func(*args, **(kwargs or {}))
torch.manual_seed(0); t = nn.Linear(2, 2); u = torch.manual_seed(0)
with NoInit(): nn.Linear(2, 2)
torch.rand(1)
"""

GROUPS = {
    "operators": OPERATORS, "methods": METHODS, "functions": FUNCTIONS, "graphs": GRAPHS, "parameters": PARAMETERS,
    "classes": CLASSES, "others": OTHERS, "modes": MODES, "names": NAMES, "copies": COPIES, "libraries": LIBRARIES,
}  # fmt: skip


def programs(block: str) -> list[str]:
    """The programs of a block: each ends with the first line that is, or ends with, an expression."""
    found: list[str] = []
    lines: list[str] = []
    for line in block.strip().splitlines():
        lines.append(line)
        with contextlib.suppress(SyntaxError):
            if line[0] != " " and isinstance(ast.parse("\n".join(lines)).body[-1], ast.Expr):
                found.append("\n".join(lines))
                lines = []
    return found


def main() -> None:
    """Write the file."""
    groups = []
    for group, block in GROUPS.items():
        lines = [json.dumps({"program": text, **outcome(torch, text)}) for text in programs(block)]
        groups.append(f'"{group}": [\n' + ",\n".join(lines) + "\n]")
        print(len(lines), group)
    (TESTS / "golden" / "overrides.json").write_text("{\n" + ",\n".join(groups) + "\n}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
