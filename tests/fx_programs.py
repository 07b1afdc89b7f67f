"""Programs that trace, print, change and run graphs: PyTorch's answers are in tests/golden/fx.json (tools/record_fx.py)."""

# ruff: noqa: E501, T201 - a program is a line, and prints

from __future__ import annotations

import contextlib
import io
import re
from typing import Any

HEAD = """
class Block(nn.Module):
    def __init__(self, width=2):
        super().__init__()
        self.conv = nn.Conv2d(width, width, 1)
        self.bn = nn.BatchNorm2d(width)
        self.scale = nn.Parameter(torch.ones(1))
        self.register_buffer("shift", torch.zeros(1))
    def forward(self, x):
        return F.relu(self.bn(self.conv(x)) * self.scale + self.shift)
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer1 = nn.Sequential(Block(), Block())
        self.fc = nn.Linear(2, 2)
        self.constant = torch.ones(2)
    def forward(self, x, y: torch.Tensor = None, *args, k=3, **more):
        x = torch.flatten(self.layer1(x).mean((2, 3)), 1)
        z = x.view(x.size(0), -1)[..., 0:1, None]
        self.fc.weight.sum()
        return self.fc(x), {"a": z.sum(dim=-1), "b": [x.shape[0], x.T, -x]}, slice(0, 2), torch.float32, 1.5, self.constant
class Small(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.ModuleList([nn.Linear(2, 2), nn.Linear(2, 2)])
        self.drop = nn.Dropout()
        self.mid = nn.Sequential(nn.Linear(2, 2), nn.ReLU())
    def forward(self, x):
        for layer in self.layers:
            x = layer(x)
        return self.mid(self.drop(F.relu(x))) + torch.arange(2)
def trace(f, **k):
    return fx.symbolic_trace(f, **k)
def code(f, **k):
    print(trace(f, **k).code)
def rewrite(f, p, r):
    t = trace(f); found = fx.replace_pattern(t, p, r); print(len(found), t.code)
"""
"""What the programs may use."""

PROGRAMS = """
t = trace(Net()); print(t.code); print(t.graph); t.graph.print_tabular(); print(t)

t = trace(Small()); print(t); t.print_readable(); print([(n.name, [k for k in n.meta.get("nn_module_stack", {})]) for n in t.graph.nodes]); print([n for n, _ in t.named_parameters()])

code(lambda x, y: (torch.cat([x, y], dim=1), F.softmax(x, dim=-1), F.gelu(x), F.linear(x, y, None), F.dropout(x, 0.1), F.conv2d(x, y), F.layer_norm(x, (3,)), F.max_pool2d(x, 2), F.avg_pool2d(x, 2), F.adaptive_avg_pool2d(x, 1), F.cross_entropy(x, y), F.mse_loss(x, y), F.pad(x, (1, 1)), F.embedding(x, y), F.interpolate(x, scale_factor=2), F.one_hot(x, 3), F.log_softmax(x, 1), F.scaled_dot_product_attention(x, x, x), F.sigmoid(x), F.tanh(x), F.logsigmoid(x), F.batch_norm(x, y, y), F.group_norm(x, 2), F.leaky_relu(x), F.silu(x), F.elu(x), F.softplus(x), F.normalize(x), F.nll_loss(x, y), F.binary_cross_entropy_with_logits(x, y), F.conv1d(x, y), F.hardtanh(x), F.unfold(x, 2), F.cosine_similarity(x, y)))

code(lambda x, y: (torch.einsum("ij,jk->ik", x, y), torch.max(x, 1)[0], torch.sum(x, dim=(0, 1), keepdim=True), torch.split(x, 2), torch.stack((x, y)), torch.norm(x), torch.where(x > 0, x, y), torch.tensor_split(x, 2), torch.matmul(x, y), torch.linalg.norm(x), torch.fft.rfft(x), torch.special.erfcx(x), torch.zeros_like(x), torch.meshgrid(x, y), torch.topk(x, 2), torch.clamp(x, min=0), torch.relu(x), torch.addmm(x, x, y), torch.unique(x), torch.transpose(x, 0, 1), torch.permute(x, (1, 0)), torch.squeeze(x), torch.bmm(x, y), torch.cumsum(x, 0), torch.allclose(x, y), torch.var(x), torch.tril(x)))

code(lambda x, y: (x @ y, x ** 2, 2 - x, x > y, ~(x > y), x <= 1, x // 2, x % 3, 1 / x, (x & y) | (y ^ x), abs(x), +x, -x, x << 1, 2 ** x, x != y, x == y, x[1:, ..., None], x[0]))

code(lambda x: (x.to(torch.float64), x.device, x.to("cpu"), x.new_zeros(3, dtype=torch.int64, device=torch.device("cpu")), x.ndim, x.sigmoid_(), x.shape[-1], x.requires_grad, x.a.b(x.c)[0], x(), x.item() + 1, x.T))

code(lambda x: (x + torch.ones(2), torch.ones(2) + x, torch.add(x, torch.ones(2)), torch.ones(2) * x, torch.ones(2) < x))

code(lambda x: (torch.zeros(x.shape), torch.arange(x.shape[0]), torch.randn(x.size()), torch.full(x.shape, 2.0), torch.zeros((x.shape[0], 3))))

def f(x): x += 1; x *= 2; x /= 3; return x
code(f)

def f(a: int, b: "torch.Tensor", c=torch.float32, d=(1, 2), e=None, *rest) -> torch.Tensor: return a + b
t = trace(f); print(t.code, t.graph)

def f(a: List[int], b: Optional[torch.Tensor], c: Dict[str, Tuple[int, ...]], d: list[int], e: int | None = None, f: nn.Module = None) -> Tuple[torch.Tensor, int]: return a[0], b
t = trace(f); print(t.code, t.graph, t([1], 2, 3, 4))

def f(x): a, b = x.shape; (c, d), e = x; return a, c, e
code(f)

code(lambda torch, list, max: torch + list + max)

code(lambda x_1, x, _x, k=3: x + x_1 + _x + k)

code(lambda x: (math.sqrt(x), math.floor(x), math.pi))

fx.wrap("len")
def f(x): return len(x) + 1
code(f)

@fx.wrap
def mine(x, *a, **k): return x
fx.wrap("other")
def other(x): return x
t = trace(lambda x: other(mine(x, 1, k=x))); print(t.code, t(3), trace(t).code == t.code)

for p in (lambda x: x if x.sum() > 0 else -x, lambda x: [i for i in x], lambda x: len(x), lambda x: range(x), lambda x: int(x), lambda x: 3 in x, lambda x: not x, lambda x: (lambda *k: 1)(*x), lambda x: (lambda **k: 1)(**x), lambda x: x + object(), lambda x: x[{x: 1}], lambda x: nn.Linear(2, 2)(x)): attempt(lambda: trace(p))

def f(x): x[0] = 1; return x
attempt(lambda: trace(f)); attempt(lambda: trace(3))

def f(x, flag, d): return x + d["a"] if flag else x - d["b"]
t = trace(f, concrete_args={"flag": True, "d": {"a": fx.PH, "b": fx.PH}}); print(t.code, t.graph, t(torch.ones(1), True, {"a": 1, "b": 2})); attempt(lambda: t(torch.ones(1), False, {"a": 1, "b": 2}))

def f(x, flag=None, n=2): return x + n if flag is None else x
t = trace(f, concrete_args={"flag": None, "n": 5}); print(t.code, t(torch.ones(1), None, 5)); attempt(lambda: t(torch.ones(1), 1)); t = trace(f, concrete_args={"flag": "a"}); print(t.graph)

g = fx.Graph(); x = g.placeholder("x")
names = ["relu", "relu", "relu_1", "relu_1", "relu_5", "relu", "max", "torch", "self", "if", "a.b.0", "0a", "A B", "FooBar", "_x", "x", "x_3", "x", "inf", "device", "1", "", "list"]
print([g.create_node("call_function", operator.add, (x, x), name=n).name for n in names])
targets = ["reluSix", "__call__", "_foo", "sum", "T", "float", operator.and_, math.sqrt, torch.max, getattr, F.gelu, F.relu, torch.relu, F.conv2d, torch.einsum, nn.ReLU, torch.manual_seed, torch.linalg.inv, torch.fft.fft, torch.special.entr, int, abs, nn.init.zeros_, slice]
print([g.create_node("call_method" if isinstance(n, str) else "call_function", n, (x,)).name for n in targets]); print(g)

g = fx.Graph(); x = g.placeholder("x"); y = g.placeholder("y", type_expr=int, default_value=3)
for n in (operator.iadd, operator.isub, operator.ifloordiv, operator.imatmul, operator.ipow, operator.iand, operator.ilshift): _ = g.call_function(n, (x, y))
_ = g.call_function(operator.setitem, (x, 0, y)); _ = g.call_function(getattr, (x, "a b")); _ = g.call_function(getattr, (x, "shape", None)); _ = g.call_function(operator.truth, (x,)); _ = g.call_module("a.0.b-c.1d", (x,), {"k": y}); _ = g.get_attr("a.0.w"); _ = g.call_function(math.floor, (float("inf"), float("nan"), 1 + 2j, b"a", None, ..., torch.int8, torch.device("cpu"), torch.contiguous_format, slice(1, x, None), [x, (x,)], {"k": x, 3: (x,)}))
_ = g.output((x, {"a": y})); print(g.python_code("self").src, g)

Point = collections.namedtuple("Point", "a b")
code(lambda x: Point(x, 1)); code(lambda x: None); code(lambda: 1); code(lambda x: ()); code(lambda x: "s")

t = trace(lambda x, y: (x + y).relu()); n = t.graph.find_nodes(op="call_function", target=operator.add)[0]; n.target = operator.mul; t.recompile(); print(t.code, t(torch.ones(1), torch.ones(1) * 3))
with t.graph.inserting_after(n): m = t.graph.call_function(torch.neg, (n,))
n.replace_all_uses_with(m, delete_user_cb=lambda u: u is not m); t.graph.lint(); t.recompile(); print(t.code, n.users, m.all_input_nodes, m.next, m.prev, n < m); attempt(lambda: t.graph.erase_node(n))
m.append(n); attempt(t.graph.lint); n.append(m); t.graph.lint(); print(list(reversed(t.graph.nodes)), len(t.graph.nodes))

t = trace(lambda x: (torch.relu(x), x.add_(1), print(x))[0]); print(t.graph.eliminate_dead_code(), t.graph)

g = fx.Graph(); x = g.placeholder("x"); n = g.call_function(operator.add, ([x], {"a": x}), {"k": [1]}); attempt(lambda: n.args[0].append(1)); attempt(lambda: n.kwargs.update(a=1)); n.update_arg(0, 5); n.update_kwarg("z", x); n.insert_arg(1, x); print(n.args, n.kwargs, n.format_node(), fx.map_arg((n, [1, n], slice(n)), lambda q: q.name)); attempt(lambda: g.create_node("foo", "x")); attempt(lambda: g.call_function("x", (x,))); attempt(lambda: g.call_method(3, (x,)))

t = trace(Small()); attempt(lambda: t.graph.call_module("nope")); t.graph.create_node("get_attr", "mid.nope"); attempt(t.graph.lint); attempt(lambda: fx.GraphModule({}, t.graph)); attempt(lambda: fx.GraphModule(3, t.graph))

t = trace(nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.Dropout()).eval()); print(t, type(t).__name__, optimization.fuse(t), optimization.remove_dropout(t).code); attempt(lambda: optimization.fuse(t.train()))
ShapeProp(t).propagate(torch.ones(1, 1, 5, 5)); print([(n.name, n.meta["tensor_meta"]) for n in t.graph.nodes])

t = trace(lambda x: (x.size(0), x.max(1), [x, 3], x.t())); ShapeProp(t).propagate(torch.ones(2, 3)); print([(n.name, n.meta.get("tensor_meta"), n.meta["type"].__name__) for n in t.graph.nodes])

i = fx.Interpreter(trace(lambda x, y=2, *args: x + y), garbage_collect_values=False); print(i.run(torch.ones(2)), i.env, i.run(torch.ones(2), 5)); attempt(i.run)

class Swap(fx.Transformer):
    def call_function(self, target, args, kwargs): return torch.neg(*args, **kwargs) if target == torch.sigmoid else super().call_function(target, args, kwargs)
    def call_method(self, target, args, kwargs): return args[0].sigmoid() if target == "neg" else super().call_method(target, args, kwargs)
t = Swap(trace(lambda x: torch.sigmoid(x).neg())).transform(); print(t.code, t(torch.zeros(2)), fx.Transformer(trace(Small())).transform())

class Deep(fx.Tracer):
    def is_leaf_module(self, m, path): return path == "drop"
print(Deep().trace(Small()))

t = trace(Small()); c = copy.deepcopy(t); print(c, c.graph is t.graph, c.graph.owning_module is c); p = pickle.loads(pickle.dumps(trace(nn.Sequential(nn.Linear(1, 1), nn.ReLU())))); print(p.code, p.graph)

rewrite(lambda x, a, b: x + torch.max(torch.cat([torch.neg(a), b]).sum()) + torch.max(torch.cat([torch.neg(a), b]).sum()), lambda p, q: torch.cat([torch.neg(p), q]).sum(), lambda p, q: torch.stack([p, q]))

rewrite(lambda x: torch.relu(x + 1) * torch.relu(x + 2), lambda a: torch.relu(a), lambda a: torch.sigmoid(a)); rewrite(lambda x: x + 1 + 1, lambda a: a + 1, lambda a: a * 2); rewrite(lambda x, y: x + y + x, lambda a, b: a + b, lambda a, b: a - b); rewrite(lambda x: x.exp().exp().exp(), lambda a: a.exp().exp(), lambda a: a.sin())

rewrite(lambda x: F.dropout(F.relu(x), 0.3), lambda a, p: F.dropout(a, p), lambda a, p: a * p); rewrite(lambda x: torch.relu(x) + torch.relu(x).sum(), lambda a: torch.relu(a).sum(), lambda a: a.sum()); rewrite(lambda x: x + x, lambda a: a + a, lambda a: 2 * a); rewrite(lambda x, y: x + y, lambda a: a + a, lambda a: 2 * a); rewrite(lambda x: [x.sin(), x.cos()], lambda a: (a.sin(), a.cos()), lambda a: (a.cos(), a.sin())); rewrite(lambda x: torch.relu(x), lambda a: torch.relu(a), lambda a: a); attempt(lambda: rewrite(lambda x: x.sin(), lambda a: a.sin(), lambda a, b: a + b))

g = fx.Graph(); a = fx.proxy.GraphAppendingTracer(g); x, y = (fx.Proxy(g.placeholder(n), a) for n in "xy"); z = torch.cat([x, y]).tanh() + x[0]; print(x, z, z.node, x.shape, g); attempt(lambda: torch.add(x, fx.Proxy(fx.Graph().placeholder("q"))))
"""


def programs() -> list[str]:
    """The programs, one by one."""
    return PROGRAMS.strip().split("\n\n")


def outcome(program: str, torch: Any, extra: dict[str, Any]) -> str:
    """What a program prints."""
    import collections
    import copy
    import math
    import operator
    import pickle
    import typing

    def attempt(call: Any) -> None:
        try:
            print("returns", call())
        except Exception as error:  # noqa: BLE001 - its class is what is compared
            print("raises", type(error).__name__)

    names = {
        "torch": torch, "fx": torch.fx, "nn": torch.nn, "F": torch.nn.functional, "operator": operator, "math": math, "copy": copy,
        "pickle": pickle, "collections": collections, "attempt": attempt, "__name__": "__main__", **extra,
        **{name: getattr(typing, name) for name in ("Dict", "List", "Optional", "Tuple")},
    }  # fmt: skip
    torch.manual_seed(0)
    with contextlib.redirect_stdout(io.StringIO()) as out:
        exec(compile(HEAD, "head", "exec", dont_inherit=True), names)
        exec(compile(program, "program", "exec", dont_inherit=True), names)
    return plain(out.getvalue())


def plain(text: str) -> str:
    """A text without addresses, and what depends on how functions print themselves."""
    text = re.sub(r"<(?:built-in (?:function|method)|function) (\w+)[^>]*>", r"<\1>", text)
    return re.sub(" {2,}|-{3,}", lambda found: found[0][:2], re.sub(" +$", "", text, flags=re.MULTILINE))
