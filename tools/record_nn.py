"""Record what PyTorch's modules do: tests/golden/nn.json (needs torch). tests/nn/test_recorded.py runs the programs again."""

# ruff: noqa: E501 - a program is a line

from __future__ import annotations

import ast
import json
import sys
from pathlib import Path

import torch
from nn_programs import LOSSES, NORMS, TABLES

TESTS = Path(__file__).resolve().parent.parent / "tests"
sys.path.insert(0, str(TESTS))

from nn.programs import outcome  # noqa: E402

PARAMETERS = """
Parameter(torch.ones(2))
str([Parameter(torch.ones(2)), {"b": Buffer(torch.ones(1))}])
Parameter(), Parameter(torch.ones(2), requires_grad=False), Buffer()
Parameter(torch.ones(2).long(), requires_grad=False)
Parameter([1.0])
Parameter(torch.ones(2) * Parameter(w))
p = Parameter(torch.ones(2)); [p.data, p.detach(), p.clone(), p + 1, p[0], p.view(2, 1), p.to(torch.float32) is p, p.double()]
b = Buffer(w, persistent=False); [type(b).__name__, b.persistent, isinstance(b, Buffer), isinstance(w, Buffer), isinstance(b, torch.Tensor)]
Buffer(Parameter(w) * 2)
p = Parameter(w); isinstance(p, torch.Tensor), isinstance(p, Parameter), isinstance(w, Parameter), p.is_leaf
a = torch.ones(2); p = Parameter(a); _ = p.data.mul_(3); a, p
import copy; p = Parameter(w); q = copy.deepcopy(p); (q * 3).sum().backward(); q, q.grad, p.grad
import copy; p = Parameter(w); (p * 3).sum().backward(); q = copy.deepcopy([p, p]); q[0].grad, q[0] is q[1], type(q[0])
import pickle; p = pickle.loads(pickle.dumps(Parameter(w, requires_grad=False))); p, type(p)
import pickle; p = pickle.loads(pickle.dumps(Parameter(w))); (p * p).sum().backward(); p, p.grad
with torch.no_grad(): p = Parameter(w)
p.requires_grad
torch.typename(w), torch.typename(3), torch.typename(R()), torch.typename(R), torch.typename("a"), torch.typename(torch.ones)[-4:]
class S(torch.Tensor): pass
p = Parameter(w.as_subclass(S)); type(p).__name__, isinstance(p, Parameter), p.requires_grad, isinstance(Parameter(p), Parameter)
"""

MODULES = """
nn.Module(3)
nn.Module(a=3)
nn.Module()(1)
m, net
m.a
m.factor, m.calls, m.last
m.register_buffer(3, w)
m.register_buffer("a.b", w)
m.register_buffer("", w)
m.register_buffer("factor", w)
m.register_buffer("forward", w)
m.register_buffer("a", 3)
m.register_buffer("calls", None); m.calls, list(m.state_dict())
m.register_parameter(3, Parameter(w))
m.register_parameter("a.b", Parameter(w))
m.register_parameter("", Parameter(w))
m.register_parameter("calls", Parameter(w))
m.register_parameter("a", w)
m.register_parameter("a", 3)
p = Parameter(w); p.requires_grad_(False); m.register_parameter("a", p); dict(m.named_parameters())
m.register_parameter("a", None); m.a, list(m.named_parameters()), list(m.state_dict())
m.add_module(3, R())
m.add_module("a.b", R())
m.add_module("", R())
m.add_module("factor", R())
m.add_module("a", 3)
m.add_module("a", None); m, list(m.children()), list(m.modules())
m.register_module("a", R()); m
m.factor = 3
m.factor = w
m.factor = None; m.factor, list(m.parameters())
m.calls = 3
m.calls = w; m.calls, list(m.named_buffers())
m.calls = Parameter(w); list(m.named_parameters()), list(m.named_buffers())
m.last = Parameter(w); m._non_persistent_buffers_set
m.factor = R()
m.calls = R(); m
m.x = R(); m.x = 3
m.x = R(); m.x = None; m, list(m.children())
m.x = R(); m.x = w
m.x = R(); m.x = Parameter(w); m, list(m.named_parameters())
m.x = 3; m.x = Parameter(w); m.x = None; m.x, "x" in m.__dict__
m.b = Buffer(w, persistent=False); list(m.state_dict()), list(m.named_buffers())
m.calls = Buffer(w, persistent=False); list(m.state_dict())
m.last = Buffer(w); list(m.state_dict())
m.factor = Buffer(w)
m.x = R(); m.x = Buffer(w)
m.calls = None; m.calls = w; list(m.state_dict())
del m.factor; m.factor
del m.last; m._non_persistent_buffers_set
del m.zzz
m.x = R(); del m.x; m
[n for n in dir(net) if n in ("0", "1", "forward", "training", "factor")], "factor" in dir(m), "calls" in dir(m)
class A(nn.Module):
    def __init__(self): self.p = Parameter(w)
A()
class A(nn.Module):
    def __init__(self): self.p = R()
A()
class A(nn.Module):
    def __init__(self): self.p = Buffer(w)
A()
class A(nn.Module):
    def __init__(self): self.register_buffer("p", w)
A()
class A(nn.Module):
    def __init__(self): self.register_parameter("p", None)
A()
class A(nn.Module):
    def __init__(self): self.p = 3; self.q = w
A().p
class B:
    def __init__(self, a): self.a = a
class A(nn.Module, B):
    call_super_init = True
    def __init__(self): super().__init__(a=3)
A().a
class A(nn.Module):
    def __init__(self): super().__init__(); self.x = R()
    def extra_repr(self): return "one\\ntwo"
A(), nn.Sequential(A())
class A(nn.Module):
    def extra_repr(self): return "one\\ntwo"
A(), nn.Sequential(A())
m.a = Parameter(w) * 2; m.a, list(m.named_parameters())
list(net.named_parameters()), list(net.named_buffers())
list(net.named_parameters("p", recurse=False)), list(net.named_parameters("p"))
list(t.named_parameters()), list(t.named_parameters(remove_duplicate=False))
[n for n, _ in net.named_modules()], [n for n, _ in net.named_modules(prefix="p")], [n for n, _ in net.named_children()]
s = R(); n = nn.Sequential(s, s); len(list(n.modules())), len(list(n.modules(remove_duplicate=False))), len(list(n.children())), n
[b.shape for b in net.buffers()], len(list(net.buffers(recurse=False))), len(list(net.parameters(recurse=False)))
net.get_submodule(""), net.get_submodule("1.1"), net.get_parameter("1.0.factor"), net.get_buffer("0.last")
net.get_submodule("1.7")
net.get_submodule("1.")
net.get_submodule("0.calls")
net.get_parameter("0.calls")
net.get_parameter("0.zz")
net.get_parameter("")
net.get_buffer("0.factor")
net.get_buffer("0.zz")
net.set_submodule("", R())
net.set_submodule("0", 3)
net.set_submodule("zz.a", R())
net.set_submodule("zz", R(), True)
net.foo = 3; net.set_submodule("foo", R(), True)
net.foo = 3; net.set_submodule("foo", R())
net.set_submodule("1.1.k", R()); net.set_submodule("1.0", R(), strict=True); net
net.train(1)
_ = net.eval(); a = [k.training for k in net.modules()]; _ = net.train(); a, [k.training for k in net.modules()]
_ = net.requires_grad_(False); [p.requires_grad for p in net.parameters()]
seen = []; r = net.apply(lambda k: seen.append(type(k).__name__)); seen, r is net
net(w).sum().backward(); net.zero_grad(); [p.grad for p in net.parameters()]
net(w).sum().backward(); g = net[0].factor.grad; net.zero_grad(set_to_none=False); g, net[0].factor.grad is g
p = m.factor; r = m.double(); r is m, m.factor is p, m.factor, m.calls.dtype, m.last.dtype
m(w).sum().backward(); g = m.factor.grad; _ = m.double(); m.factor.grad, m.factor.grad is g; m(w.double()).sum().backward(); m.factor.grad
_ = m.half(); m.factor.dtype, m.float().factor.dtype, m.bfloat16().last.dtype, m.float().cpu().last.dtype
_ = m.to(torch.float64); m.factor, m.calls.dtype
_ = m.to("cpu", torch.float64); m.factor, m.calls.dtype
_ = m.to(torch.ones(1, dtype=torch.float16)); m.factor, m.calls.dtype
_ = m.to(dtype=torch.float64); m.factor, m.calls.dtype
_ = m.to("cpu"); m.factor, m.calls.dtype
_ = m.to(torch.device("cpu"), non_blocking=True); m.factor
m.to(torch.int32)
_ = m.to(torch.complex64); m.factor
_ = m.type(torch.float64); m.factor, m.calls.dtype
_ = m.to_empty(device="cpu"); m.factor.shape, type(m.factor).__name__, m.factor.requires_grad
m.share_memory() is m
import copy; c = copy.deepcopy(net); c[0].factor.data.fill_(7); net[0].factor, c[0].factor, c
import pickle; c = pickle.loads(pickle.dumps(nn.Sequential(nn.PReLU(), nn.Tanh()))); c, list(c.parameters()), c.training
import copy; h = R().register_forward_hook; a = R(); a.register_forward_hook(lambda *_: None); c = copy.deepcopy(a); len(c._forward_hooks)
"""

STATE = """
net.state_dict()
net.state_dict()._metadata
net.state_dict(prefix="p.")
net.state_dict(keep_vars=True)
d = {}; r = net.state_dict(destination=d); r is d, list(d)
list(net.state_dict(OrderedDict(), "q."))
t.state_dict()
d = net.state_dict(); net[0].factor.data.fill_(9); d["0.factor"]
m.load_state_dict({"factor": w * 2, "calls": torch.tensor(5)}), m.factor, m.calls
m.load_state_dict({"factor": w})
m.load_state_dict({"factor": w, "zz": w, "a.b": w, "calls": w})
m.load_state_dict({"factor": w, "zz": w}, strict=False), m.factor
m.load_state_dict({"factor": torch.ones(2), "calls": torch.tensor(1)})
m.load_state_dict({"factor": torch.ones(2)}, strict=False)
m.load_state_dict({"factor": 3, "calls": torch.tensor(1)})
m.load_state_dict({"factor": w, "calls": torch.ones(1)}), m.calls
m.load_state_dict({"factor": w.double() * 3, "calls": torch.tensor(2.0)}), m.factor, m.calls
m.load_state_dict(3)
m.load_state_dict([("factor", w)])
p = m.factor; m.load_state_dict({"factor": w, "calls": torch.tensor(1)}, assign=True), m.factor is p, m.factor, m.factor.data_ptr() == w.data_ptr()
m.load_state_dict({"factor": Parameter(w, requires_grad=False), "calls": torch.tensor(1)}, assign=True), m.factor
_ = m.requires_grad_(False); m.load_state_dict({"factor": w.double(), "calls": torch.tensor(1)}, assign=True), m.factor
net.load_state_dict({**net.state_dict(), "1.0.factor": w}), net[1][0].factor
net.load_state_dict({"0.factor": w, "0.calls": torch.tensor(1), "2.factor": w, "1.0.zz": w})
net.load_state_dict({"factor": w})
r = net.load_state_dict({}, strict=False); r.missing_keys, r.unexpected_keys, r
repr(net.load_state_dict(net.state_dict())), str(net.load_state_dict(net.state_dict()))
class E(nn.Module):
    def get_extra_state(self): return {"n": 1}
    def set_extra_state(self, state): self.got = state
e = nn.Sequential(E()); r = e.load_state_dict(e.state_dict()); e.state_dict(), r, e[0].got
class E(nn.Module):
    def get_extra_state(self): return 1
    def set_extra_state(self, state): self.got = state
nn.Sequential(E()).load_state_dict({})
nn.Sequential(R()).load_state_dict({"0._extra_state": 3})
h = m.register_state_dict_pre_hook(lambda k, prefix, keep: k.calls.fill_(7)); m.state_dict()
h = m.register_state_dict_post_hook(lambda k, d, prefix, meta: d.pop(prefix + "calls") and None); a = list(net.state_dict()); list(m.state_dict())
h = m.register_state_dict_post_hook(lambda k, d, prefix, meta: d); m.state_dict()
h = m._register_state_dict_hook(lambda k, d, prefix, meta: {"a": 1}); m.state_dict()
f = lambda k, d, prefix, meta: None; h = m.register_state_dict_post_hook(f); m._register_state_dict_hook(f)
h = m.register_load_state_dict_pre_hook(lambda k, d, prefix, *rest: d.update({prefix + "factor": d.pop(prefix + "old")})); m.load_state_dict({"old": w, "calls": torch.tensor(1)}), m.factor
h = m._register_load_state_dict_pre_hook(lambda d, prefix, *rest: d.update({prefix + "factor": d.pop(prefix + "old")})); m.load_state_dict({"old": w, "calls": torch.tensor(1)}), m.factor
h = net[0].register_load_state_dict_pre_hook(lambda k, d, prefix, *rest: d.update({prefix + "factor": w * 4})); net.load_state_dict(net.state_dict()), net[0].factor
h = m.register_load_state_dict_post_hook(lambda k, keys: keys.missing_keys.clear()); m.load_state_dict({"factor": w})
h = m.register_load_state_dict_post_hook(lambda k, keys: 3); m.load_state_dict(m.state_dict())
class V(nn.Module):
    _version = 3
nn.Sequential(V()).state_dict()._metadata
"""

HOOKS = """
h = m.register_forward_pre_hook(lambda k, args: (args[0] * 10,)); m(x)
h = m.register_forward_pre_hook(lambda k, args: args[0] * 10); a = m(x); h.remove(); a, m(x)
h = m.register_forward_pre_hook(lambda k, args, kwargs: (args, {"plus": 100}), with_kwargs=True); m(x, plus=1)
h = m.register_forward_pre_hook(lambda k, args, kwargs: (args,), with_kwargs=True); m(x, plus=1)
h = m.register_forward_hook(lambda k, args, out: out * 10); a = m(x); h.remove(); a, m(x)
h = m.register_forward_hook(lambda k, args, kwargs, out: out + kwargs["plus"], with_kwargs=True); m(x, plus=1)
s = []; [m.register_forward_hook(lambda k, a, o, n=n: s.append(n), prepend=n == 2) for n in range(3)]; _ = m(x); s
s = []; [m.register_forward_pre_hook(lambda k, a, n=n: s.append(n), prepend=n == 2) for n in range(3)]; _ = m(x); s
s = []
h = m.register_forward_hook(lambda k, a, o: s.append(o), always_call=True)
try: m("a")
except TypeError: s.append("raised")
s
s = []
h = m.register_forward_hook(lambda k, a, o: s.append(o))
try: m("a")
except TypeError: s.append("raised")
s
s = []
h = m.register_forward_hook(lambda k, a, o: 1 / 0, always_call=True)
try: m("a")
except Exception as e: s.append(type(e).__name__)
s
h = m.register_forward_pre_hook(lambda k, a: None); m.register_forward_hook(lambda k, a, o: None, with_kwargs=False); len(m._forward_hooks), len(m._forward_pre_hooks); h.remove(); len(m._forward_pre_hooks)
h = m.register_forward_hook(lambda *a: None, with_kwargs=True, always_call=True); a = len(m._forward_hooks_with_kwargs), len(m._forward_hooks_always_called); h.remove(); a, len(m._forward_hooks_with_kwargs), len(m._forward_hooks_always_called)
s = []; h = m.register_full_backward_hook(lambda k, gi, go: s.append((gi, go))); v = x.clone().requires_grad_(); m(v).sum().backward(); s, v.grad
h = m.register_full_backward_hook(lambda k, gi, go: (gi[0] * 100,)); v = x.clone().requires_grad_(); m(v).sum().backward(); v.grad, m.factor.grad
h = m.register_full_backward_hook(lambda k, gi, go: (gi[0], gi[0])); v = x.clone().requires_grad_(); m(v).sum().backward()
s = []; h = m.register_full_backward_hook(lambda k, gi, go: s.append((gi, go))); m(x).sum().backward(); s
s = []; h = m.register_full_backward_hook(lambda k, gi, go: go); m(x).sum().backward(); s
s = []; h = m.register_full_backward_hook(lambda k, gi, go: (None,)); m(x).sum().backward(); m.factor.grad
h = m.register_full_backward_pre_hook(lambda k, go: (go[0] * 100,)); v = x.clone().requires_grad_(); m(v).sum().backward(); v.grad, m.factor.grad
h = m.register_full_backward_pre_hook(lambda k, go: (go[0], go[0])); m(x).sum().backward()
s = []; h = m.register_full_backward_pre_hook(lambda k, go: (go[0] * 3,)); h = m.register_full_backward_hook(lambda k, gi, go: s.append((gi, go))); v = x.clone().requires_grad_(); m(v).sum().backward(); s
s = []; [m.register_full_backward_hook(lambda k, gi, go, n=n: s.append(n), prepend=n == 2) for n in range(3)]; m(x).sum().backward(); s
h = m.register_full_backward_hook(lambda k, gi, go: None); o = m(x); o.grad_fn.name(), o
h = m.register_full_backward_hook(lambda k, gi, go: None)
with torch.no_grad(): o = m(x)
o
s = []; h = net.register_full_backward_hook(lambda k, gi, go: s.append((gi, go))); v = (w / 10).requires_grad_(); net(v).sum().backward(); s, v.grad
class Two(nn.Module):
    def forward(self, a, b, c): return a * 2, "text", b * 3
k = Two(); s = []; h = k.register_full_backward_hook(lambda k, gi, go: s.append((gi, go)))
v, u = w.clone().requires_grad_(), w.clone().requires_grad_(); o = k(v, u, 5); (o[0] + o[2]).sum().backward(); s, v.grad, u.grad
class Two(nn.Module):
    def forward(self, a, b): return a * 2, b * 3
k = Two(); s = []; h = k.register_full_backward_hook(lambda k, gi, go: s.append((gi, go)))
v, u = w.clone().requires_grad_(), w.clone().requires_grad_(); o = k(v, u); o[0].sum().backward(); s, v.grad, u.grad
class Skip(nn.Module):
    def forward(self, a): self.kept = a * 2; return self.kept * 3
k = Skip(); h = k.register_full_backward_hook(lambda k, gi, go: None); v = w.clone().requires_grad_(); o = k(v); k.kept.sum().backward()
s = []; h = m.register_full_backward_hook(lambda k, gi, go: s.append(go[0].requires_grad)); v = x.clone().requires_grad_(); (g,) = torch.autograd.grad((m(v) ** 2).sum(), v, create_graph=True); s, g; g.sum().backward(); v.grad
k = nn.Tanh(); s = []; h = k.register_backward_hook(lambda k, gi, go: s.append((gi, go))); v = w.clone().requires_grad_(); k(v).sum().backward(); s, v.grad
k = nn.Tanh(); h = k.register_backward_hook(lambda k, gi, go: (gi[0] * 100,)); v = w.clone().requires_grad_(); k(v).sum().backward(); v.grad
h = m.register_backward_hook(lambda k, gi, go: None); m.register_full_backward_hook(lambda k, gi, go: None)
h = m.register_full_backward_hook(lambda k, gi, go: None); m.register_backward_hook(lambda k, gi, go: None)
h = m.register_backward_hook(lambda k, gi, go: None); m(x)
M = torch.nn.modules.module; s = []; h = M.register_module_forward_hook(lambda k, a, o: s.append(type(k).__name__)); _ = net(x); h.remove(); _ = net(x); s
M = torch.nn.modules.module; s = []; h = M.register_module_forward_pre_hook(lambda k, a: (a[0] * 10,)); o = m(x); h.remove(); o, m(x)
M = torch.nn.modules.module; h = M.register_module_forward_hook(lambda k, a, kw, o: o + kw["plus"], with_kwargs=True); o = m(x, plus=1); h.remove(); o
M = torch.nn.modules.module; s = []; h = M.register_module_full_backward_hook(lambda k, gi, go: s.append(type(k).__name__)); net(x).sum().backward(); h.remove(); s
M = torch.nn.modules.module; h = M.register_module_full_backward_pre_hook(lambda k, go: (go[0] * 10,)); m(x).sum().backward(); h.remove(); m.factor.grad
M = torch.nn.modules.module; s = []; h = M.register_module_parameter_registration_hook(lambda k, n, p: s.append(n)); _ = Scale(); h.remove(); _ = Scale(); s
M = torch.nn.modules.module; s = []; h = M.register_module_buffer_registration_hook(lambda k, n, p: s.append(n)); _ = Scale(); h.remove(); s
M = torch.nn.modules.module; s = []; h = M.register_module_module_registration_hook(lambda k, n, p: nn.Tanh() if n == "1" else None); k = nn.Sequential(R(), R()); h.remove(); k
"""

CONTAINERS = """
nn.ParameterList([torch.ones(2), 3, torch.ones(2, 2), Parameter(w)])
nn.ParameterDict({"b": torch.ones(2), "a": 3}), nn.ParameterDict(OrderedDict(b=1, a=2))
nn.ModuleList([R(), R(), nn.Tanh()]), nn.ModuleList([nn.Sequential(R()), nn.Sequential(R())]), nn.ModuleList(), nn.ModuleList([None, R()])
nn.Sequential(nn.ModuleList([R(), R(), nn.Tanh()]))
s = nn.Sequential(R(), nn.Tanh()); s[0], s[-1], s[1:], s + s, s * 2, 2 * s, len(s)
nn.Sequential(R())[5]
nn.Sequential(R())[-2]
nn.Sequential(R()) * 0
nn.Sequential(R()) * "a"
nn.Sequential(R()) + [1]
nn.Sequential({"a": R()})
nn.Sequential(OrderedDict(a=R(), b=R()))[1:]
s = nn.Sequential(R(), R()); s *= 2; s
s = nn.Sequential(R(), R()); s += nn.Sequential(nn.Tanh()); s
s = nn.Sequential(R(), R()); s += [R()]
s = nn.Sequential(R(), R()); s[0] = nn.Tanh(); s[-1] = None; s
s = nn.Sequential(OrderedDict(a=R(), b=nn.Tanh(), c=R())); del s[0]; s
s = nn.Sequential(OrderedDict(a=R(), b=nn.Tanh(), c=R())); del s[0:2]; s
s = nn.Sequential(R(), R(), nn.Tanh()); s.insert(1, nn.Sigmoid()), s.insert(4, R()), s.insert(-1, nn.SiLU())
nn.Sequential(R()).insert(7, R())
nn.Sequential(R()).insert(0, 3)
nn.Sequential(R()).append(3)
s = nn.Sequential(R(), nn.Tanh()); s.pop(0), s, s.append(R()), s.extend(nn.Sequential(R()))
list(nn.Sequential(R(), nn.Tanh())), nn.Sequential()(3)
nn.ModuleList()[0]
nn.ModuleList([R()]).extend(3)
nn.ModuleList([R()]) + [nn.Tanh()], nn.ModuleList([R()]).insert(0, R()), nn.ModuleList([R()]).append(R())
l = nn.ModuleList([R(), nn.Tanh(), R()]); l[0] = nn.Sigmoid(); del l[1]; l, l[0:1]
l = nn.ModuleList([R(), nn.Tanh(), R()]); l.insert(1, nn.Sigmoid()); l
l = nn.ModuleList([R(), nn.Tanh(), R()]); del l[0:2]; l
l = nn.ModuleList([R(), nn.Tanh(), R()]); l.pop(0), l, l.pop(slice(0, 1))
l = nn.ModuleList([R()]); l += [nn.Tanh()]; l, len(l), list(l)
nn.ModuleList([R()])(1)
nn.ModuleDict(3)
nn.ModuleDict([3])
nn.ModuleDict([(1, 2, 3)])
nn.ModuleDict({"a": 3})
nn.ModuleDict({"keys": R()})
nn.ModuleDict({"a": R()})["b"]
nn.ModuleDict({"a": R()})(1)
nn.ModuleDict({"b": R(), "a": R()}), nn.ModuleDict([("b", R()), ["a", R()]])
d = nn.ModuleDict({"a": R()}); d.update({"b": nn.Tanh()}); d["c"] = R(); del d["b"]; d, d.pop("a"), len(d), "c" in d, list(d), list(d.items()), list(d.values())
d = nn.ModuleDict({"a": R()}); d.clear(); d
nn.ParameterDict({3: 1})
nn.ParameterDict(3)
nn.ParameterDict([3])
nn.ParameterDict([(1, 2, 3)])
nn.ParameterDict({"keys": w})
nn.ParameterDict({"a": 1})["b"]
nn.ParameterDict({"a": 1})(1)
d = nn.ParameterDict({"b": w, "a": 1}); d.state_dict(), list(d), list(d.items()), list(d.values()), list(reversed(d)), "a" in d, d.get("z"), d.get("a"), d.setdefault("q", w), d.pop("a"), d.popitem(), len(d)
nn.ParameterDict({"a": w}) | {"b": 3}, {"b": 3} | nn.ParameterDict({"a": w}), nn.ParameterDict({"a": 1}).copy(), nn.ParameterDict().fromkeys(["x", "y"], 2)
d = nn.ParameterDict({"a": w}); d |= {"c": 3}; d.clear(); d
nn.ParameterList(torch.ones(2))
nn.ParameterList(3)
nn.ParameterList([1])()
nn.ParameterList([1, 2])[5]
nn.ParameterList([1, 2, w])[0:3:2], nn.ParameterList([1])[-1], len(nn.ParameterList([1, 2]))
l = nn.ParameterList([w, 2]); l[1] = torch.ones(3); l += [w]; l, list(l.state_dict()), [type(p).__name__ for p in l]
"""

LAYERS = """
[R(), R(True), nn.ReLU6(), nn.SELU(True), nn.SiLU(), nn.Mish(), nn.Hardswish(True), nn.Hardsigmoid(True), nn.Sigmoid(), nn.Tanh(), nn.LogSigmoid()]
[nn.Softsign(), nn.Tanhshrink(), nn.Threshold(1, 9), nn.Threshold(1, 9, True), nn.ELU(), nn.ELU(2, True), nn.CELU(0.5), nn.LeakyReLU(), nn.LeakyReLU(0.1, True)]
[nn.GELU(), nn.GELU("tanh"), nn.GLU(), nn.Softplus(), nn.Softplus(2, 10), nn.Hardshrink(), nn.Softshrink(1), nn.Softmax(), nn.Softmax(1), nn.LogSoftmax(-1), nn.Softmin(0)]
[nn.Softmax2d(), nn.Hardtanh(), nn.Hardtanh(-2, 2, True), nn.PReLU(), nn.PReLU(3, 0.5), nn.MSELoss(), nn.L1Loss(reduction="sum"), nn.Identity(3, a=4), nn.Flatten(), nn.Unflatten(1, (2, 3))]
nn.PReLU(2, 0.5, dtype=torch.float64).weight
nn.Hardtanh(2, 1)
v = torch.tensor([-2.0, -0.5, 0.0, 0.5, 3.0]); [k(v) for k in (nn.ReLU6(), nn.SELU(), nn.SiLU(), nn.Mish(), nn.Hardswish(), nn.Hardsigmoid(), nn.Sigmoid(), nn.Tanh(), nn.LogSigmoid())]
v = torch.tensor([-2.0, -0.5, 0.0, 0.5, 3.0]); [k(v) for k in (nn.Softsign(), nn.Tanhshrink(), nn.Threshold(1, 9), nn.ELU(2), nn.CELU(0.5), nn.LeakyReLU(0.1), nn.GELU("tanh"))], nn.GELU()(v[:4])
v = torch.tensor([-2.0, -0.5, 0.0, 0.5, 3.0]); [k(v) for k in (nn.Softplus(2), nn.Hardshrink(), nn.Softshrink(), nn.Softmax(0), nn.LogSoftmax(0), nn.Softmin(0), nn.Hardtanh(), nn.PReLU())]
v = torch.tensor([-2.0, 3.0]); r = R(True)(v); r is v, v
nn.Softmax()(torch.zeros(2, 2)), nn.Softmin()(torch.zeros(2)), nn.LogSoftmax()(torch.zeros(2, 1))
nn.Softmax2d()(torch.zeros(2, 1))
nn.GLU()(torch.ones(2, 4)), nn.GLU(0)(torch.ones(2, 4)), nn.PReLU(2)(torch.tensor([[-1.0, -2.0]]))
nn.Flatten()(torch.ones(2, 3, 4)).shape, nn.Flatten(0, 1)(torch.ones(2, 3, 4)).shape, nn.Unflatten(1, (2, 3))(torch.ones(2, 6)).shape
nn.Unflatten(1, 3)
nn.Unflatten(1, (2, 3.0))
nn.MSELoss()(x, w), nn.MSELoss(reduction="none")(x, w), nn.L1Loss(reduction="sum")(x, w)
nn.MSELoss(size_average=False).reduction, nn.L1Loss(reduce=False)(x, w)
nn.MSELoss(reduction="zz")(x, w)
F.linear(torch.ones(2, 3), torch.ones(4, 3), torch.ones(4))
a, b, c = torch.arange(6.0).reshape(2, 3), torch.arange(8.0).reshape(2, 4), torch.arange(24.0).reshape(2, 3, 4); F.bilinear(a, b, c), F.bilinear(a[0], b[0], c, w * torch.ones(2)), torch.bilinear(a, b, c).shape
F.bilinear(torch.ones(3), torch.ones(2, 4), torch.ones(5, 3, 4))
F.bilinear(torch.ones(2, 4), torch.ones(2, 4), torch.ones(5, 3, 4))
F.bilinear(torch.ones(2, 3), torch.ones(2, 3), torch.ones(5, 3, 4))
F.bilinear(torch.ones(2, 3), torch.ones(2, 4), torch.ones(5, 3, 4), torch.ones(2))
F.bilinear(torch.ones(2, 3).double(), torch.ones(2, 4), torch.ones(5, 3, 4))
F.bilinear(torch.ones(1, 3), torch.ones(2, 4), torch.ones(5, 3, 4))
F.bilinear(torch.ones(2, 3), 3, torch.ones(5, 3, 4))
F.bilinear(torch.ones(0, 3), torch.ones(0, 4), torch.ones(5, 3, 4)).shape
[round(nn.init.calculate_gain(n), 12) for n in ("linear", "conv2d", "sigmoid", "tanh", "relu", "leaky_relu", "selu")], nn.init.calculate_gain("leaky_relu", 0.2)
nn.init.calculate_gain("zz")
nn.init.calculate_gain("leaky_relu", True)
nn.init.eye_(torch.empty(3, 2)), nn.init.ones_(torch.empty(2)), nn.init.zeros_(torch.empty(2)), nn.init.constant_(Parameter(torch.empty(2)), 3)
nn.init.dirac_(torch.empty(4, 2, 3), groups=2), nn.init.dirac_(torch.empty(2, 3, 2, 2))
nn.init.eye_(torch.empty(3))
nn.init.dirac_(torch.empty(3))
nn.init.dirac_(torch.empty(3, 3, 3), 2)
nn.init.xavier_uniform_(torch.empty(3))
nn.init.kaiming_uniform_(torch.empty(0, 3)).shape
nn.init.kaiming_normal_(torch.empty(2, 3), mode="zz")
nn.init.sparse_(torch.empty(3), 0.5)
"""

CALLS = """
from torch.func import functional_call as f; f(t, {"a.weight": w}, x), t.a.weight
from torch.func import functional_call as f; f(t, {"b.weight": w}, x), f(t, {"a.weight": w}, (x,), tie_weights=False)
from torch.func import functional_call as f; f(t, {"a.weight": w, "b.weight": w * 2}, (x,))
from torch.func import functional_call as f; f(t, {"a.weight": w, "b.weight": w}, (x,)), f(t, [{"a.weight": w}, {"n": torch.ones(1)}], x), t.n
from torch.func import functional_call as f; f(t, {"n": torch.ones(1)}, x, {"plus": 3})
from torch.func import functional_call as f; f(t, ({"a.weight": w}, {"a.weight": w}), x)
from torch.func import functional_call as f; f(t, [1], x)
from torch.func import functional_call as f; f(t, 3, x)
from torch.func import functional_call as f; f(t, {"zzz": w, "lin.zz": w}, x), hasattr(t, "zzz")
from torch.func import functional_call as f; f(t, {"zzz.a": w}, x)
from torch.func import functional_call as f; f(t, {"a": w}, x)
from torch.func import functional_call as f; f(t, {"a.weight": 3}, x)
from torch.func import functional_call as f; f(t, {"a.weight": None}, x)
from torch.func import functional_call as f; f(t, {"": w}, x)
from torch.func import functional_call as f; f(t, {"k": w, "plain": w}, x), t.k, t.plain
from torch.func import functional_call as f; f(t, {"a.weight": w}, x, strict=True)
from torch.func import functional_call as f; f(t, {"a.weight": w, "zz": w, "n": w, "lin.0.weight": w}, x, strict=True)
from torch.func import functional_call as f; f(t, {"b.weight": w, "n": w, "lin.0.weight": w}, x, strict=True)
from torch.func import functional_call as f; d = {"n": torch.zeros(1)}; _ = f(t, d, x); d, t.n
from torch.func import functional_call as f
class A(nn.Module):
    def __init__(self): super().__init__(); self.register_buffer("n", torch.zeros(1))
    def forward(self, x): self.n = self.n + x; return self.n * 2
a = A(); d = {"n": w}; f(a, d, x), d, a.n
from torch.func import functional_call as f; v = w.clone().requires_grad_(); f(t, {"a.weight": v}, x).sum().backward(); v.grad, t.a.weight.grad
torch.nn.utils.stateless.functional_call(t, {"a.weight": w}, x)
from torch.func import stack_module_state as s; s([t, Tied()])
from torch.func import stack_module_state as s; s([])
from torch.func import stack_module_state as s; s([Tied(), Tied().eval()])
from torch.func import stack_module_state as s; s([Tied(), nn.PReLU()])
from torch.func import stack_module_state as s; s([nn.PReLU(), nn.PReLU().requires_grad_(False)])
from torch.func import stack_module_state as s; s([nn.PReLU().requires_grad_(False)]), s([nn.PReLU(), nn.PReLU()])[0]["weight"].is_leaf
from torch.func import stack_module_state as s; s([nn.PReLU(), nn.PReLU(3)])
"""

UTILS = """
p = [torch.zeros(2, requires_grad=True), torch.zeros(1, requires_grad=True)]; p[0].grad = torch.tensor([3.0, 4.0]); torch.nn.utils.clip_grad_norm_(p, 1.0), p[0].grad, p[1].grad
p = torch.zeros(2, requires_grad=True); p.grad = torch.tensor([3.0, -4.0]); [torch.nn.utils.clip_grad_norm_(p, 2.0, n) for n in (1, float("inf"), 3.0, 0)], p.grad
p = torch.zeros(2, requires_grad=True); p.grad = torch.tensor([0.3, 0.4]); torch.nn.utils.clip_grad_norm_((q for q in [p]), 1.0), p.grad
torch.nn.utils.clip_grad_norm_([], 1.0), torch.nn.utils.clip_grad_norm_([torch.zeros(1, requires_grad=True)], 1.0)
p = torch.zeros(2, requires_grad=True); p.grad = torch.tensor([3.0, float("nan")]); torch.nn.utils.clip_grad_norm_(p, 1.0), p.grad
p = torch.zeros(2, requires_grad=True); p.grad = torch.tensor([3.0, float("inf")]); torch.nn.utils.clip_grad_norm_(p, 1.0, error_if_nonfinite=True)
p = torch.zeros(3, requires_grad=True); p.grad = torch.tensor([3.0, -4.0, 0.5]); torch.nn.utils.clip_grad_value_(p, 1), p.grad
torch.nn.utils.get_total_norm([torch.tensor([3.0]), torch.tensor([[4.0]])]), torch.nn.utils.get_total_norm(torch.ones(4)), torch.nn.utils.get_total_norm([])
p = torch.zeros(2, requires_grad=True); p.grad = torch.tensor([3.0, 4.0]); torch.nn.utils.clip_grads_with_norm_(p, 1.0, torch.tensor(10.0)), p.grad
torch.nn.utils.parameters_to_vector([Parameter(w), torch.zeros(2, 1)])
torch.nn.utils.parameters_to_vector([])
p, q = Parameter(w), Parameter(torch.ones(2, 1)); v = torch.tensor([5.0, 6.0, 7.0]); torch.nn.utils.vector_to_parameters(v, [p, q]), p, q
torch.nn.utils.vector_to_parameters([1.0], [Parameter(w)])
torch.nn.utils.vector_to_parameters(torch.ones(1), [Parameter(torch.ones(2))])
"""

RANDOM = """
_ = torch.manual_seed(0); l = nn.Linear(3, 2); l.weight, l.bias, l, nn.Linear(3, 2, bias=False), nn.Linear(2, 1, dtype=torch.float64).weight
_ = torch.manual_seed(1); b = nn.Bilinear(2, 2, 2); b.weight, b.bias, b, nn.Bilinear(1, 2, 3, bias=False)
nn.Bilinear(0, 2, 3)
nn.Linear(0, 2)
_ = torch.manual_seed(2); k = nn.Sequential(nn.Linear(30, 20), R(), nn.Linear(20, 1)); k[0].weight[3, :4], k[2].weight[0, :4], k[2].bias, k
_ = torch.manual_seed(3); k = nn.Linear(3, 2); k.reset_parameters(); k.weight
_ = torch.manual_seed(4); [nn.init.xavier_uniform_(torch.empty(2, 3)), nn.init.xavier_normal_(torch.empty(2, 3), 2.0), nn.init.kaiming_uniform_(torch.empty(2, 3)), nn.init.kaiming_normal_(torch.empty(4, 3), mode="fan_out", nonlinearity="relu")]
_ = torch.manual_seed(5); [nn.init.normal_(torch.empty(3), 1, 2), nn.init.uniform_(torch.empty(3), -1, 3), nn.init.normal_(torch.empty(20, 3))[18:], nn.init.kaiming_uniform_(torch.empty(2, 3, 3, 3), a=1)[0, 0]]
_ = torch.manual_seed(6); nn.init.trunc_normal_(torch.empty(30))[25:], nn.init.trunc_normal_(torch.empty(30), 0.0, 0.02)[25:], torch.rand(1)
_ = torch.manual_seed(7); nn.init.trunc_normal_(torch.empty(30), 0, 1, 1.5, 3)[25:], nn.init.trunc_normal_(torch.empty(30), 5, 1)[25:], torch.rand(1)
_ = torch.manual_seed(8); nn.init.sparse_(torch.empty(5, 3), 0.4)
g = torch.Generator().manual_seed(9); nn.init.uniform_(torch.empty(3), generator=g), nn.init.xavier_normal_(torch.empty(2, 2), generator=g)
_ = torch.manual_seed(10); v = torch.ones(2, 4, 3); [nn.Dropout(0.3)(v), nn.Dropout1d()(v), nn.Dropout2d()(torch.ones(2, 3, 2, 2)).sum((2, 3)), nn.AlphaDropout()(v[0]), nn.FeatureAlphaDropout()(v)[:, :, 0], nn.Dropout(0.5).eval()(v[0])]
[nn.Dropout(), nn.Dropout1d(0.2, True), nn.Dropout2d(0), nn.Dropout3d(1), nn.AlphaDropout(0.1), nn.FeatureAlphaDropout()]
nn.Dropout(2)
"""

GROUPS = {
    "random": RANDOM,
    "parameters": PARAMETERS,
    "modules": MODULES,
    "state": STATE,
    "hooks": HOOKS,
    "containers": CONTAINERS,
    "layers": LAYERS,
    "losses": LOSSES,
    "norms": NORMS,
    "tables": TABLES,
    "calls": CALLS,
    "utils": UTILS,
}


def programs(block: str) -> list[str]:
    """One a line; a line that begins a block (class, with, try, or statements only) goes on until an expression ends it."""
    found: list[str] = []
    pending: list[str] = []
    for line in block.strip().splitlines():
        pending.append(line)
        text = "\n".join(pending)
        try:
            *_, last = ast.parse(text).body
        except SyntaxError:
            continue
        if isinstance(last, ast.Expr):
            found.append(text)
            pending = []
    assert not pending, pending
    return found


def main() -> None:
    groups = []
    for group, block in GROUPS.items():
        lines = [json.dumps({"program": text, **outcome(torch, text)}) for text in programs(block)]
        groups.append(f'"{group}": [\n' + ",\n".join(lines) + "\n]")
        print(len(lines), group)
    (TESTS / "golden" / "nn.json").write_text("{\n" + ",\n".join(groups) + "\n}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
