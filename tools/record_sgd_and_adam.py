"""Record how PyTorch's SGD, Adam and AdamW train and what else they do: tests/golden/sgd_and_adam.json (needs torch).

tests/nn/test_sgd_and_adam.py trains and runs the programs again.
"""

# ruff: noqa: E501 - a program is a line

from __future__ import annotations

import json
import sys
from pathlib import Path

import torch

HERE = Path(__file__).resolve().parent
TESTS = HERE.parent / "tests"
sys.path[:0] = [str(TESTS), str(HERE)]

from nn.programs import outcome  # noqa: E402
from nn.training import train, train_complex  # noqa: E402
from record_nn import programs  # noqa: E402

SETTINGS = {
    "SGD": """
        lr=0.1
        lr=t(0.1)
        lr=t([0.1])
        lr=0.1, weight_decay=0.1
        lr=0.05, momentum=0.9
        lr=0.05, momentum=0.9, dampening=0.5
        lr=0.05, momentum=0.9, nesterov=True, weight_decay=0.01
        lr=0.05, maximize=True, weight_decay=0.1
        lr=0.05, momentum=0.5, maximize=True, foreach=True
        lr=0.1, momentum=0.9, fused=True
        lr=0.0
    """,
    "Adam": """
        lr=0.01
        lr=t(0.01)
        lr=0.002, betas=(0.5, 0.9), eps=1e-2
        lr=0.01, betas=(t(0.8), t([0.99]))
        lr=0.01, weight_decay=0.1
        lr=0.01, amsgrad=True
        lr=0.01, maximize=True, amsgrad=True, weight_decay=0.1
        lr=0.01, decoupled_weight_decay=True, weight_decay=0.1
        lr=0.01, capturable=False, foreach=True
        lr=0.01, fused=True
        lr=0.0
    """,
    "AdamW": """
        lr=0.01
        lr=0.01, weight_decay=0.5
        lr=0.01, amsgrad=True, maximize=True
        lr=t(0.01), weight_decay=0.1
    """,
}
COMPLEX = [("SGD", "lr=0.1, momentum=0.9"), ("Adam", "lr=0.05, amsgrad=True"), ("AdamW", "lr=0.05, maximize=True")]

PROGRAMS = """
o = torch.optim; o.SGD([Parameter(w)], 0.1, momentum=0.9), o.Adam([Parameter(w)]), o.AdamW([{"params": [Parameter(w)]}, {"params": Parameter(x), "lr": 1}], lr=0.1)
torch.optim.SGD([], 0.1)
torch.optim.SGD(Parameter(w), 0.1)
torch.optim.SGD([3], 0.1)
torch.optim.SGD(3, 0.1)
torch.optim.SGD([Parameter(w) * 2], 0.1)
torch.optim.SGD([{"params": {Parameter(w)}}], 0.1)
torch.optim.SGD([{"lr": 3}], 0.1)
torch.optim.SGD([Parameter(w)], -1)
torch.optim.SGD([Parameter(w)], torch.ones(2))
torch.optim.SGD([Parameter(w)], 0.1, momentum=-1)
torch.optim.SGD([Parameter(w)], 0.1, weight_decay=-1)
torch.optim.SGD([Parameter(w)], 0.1, nesterov=True)
torch.optim.SGD([Parameter(w)], 0.1, fused=True, foreach=True)
torch.optim.SGD([Parameter(w)], 0.1, fused=True, differentiable=True)
torch.optim.Adam([Parameter(w)], -1)
torch.optim.Adam([Parameter(w)], eps=-1)
torch.optim.Adam([Parameter(w)], betas=(1.0, 0.9))
torch.optim.Adam([Parameter(w)], betas=(0.9, -0.1))
torch.optim.Adam([Parameter(w)], betas=(0.9, torch.tensor(0.9)))
torch.optim.Adam([Parameter(w)], betas=(torch.tensor([0.9, 0.9]), torch.tensor(0.9)))
torch.optim.Adam([Parameter(w)], weight_decay=-1)
torch.optim.Adam([Parameter(w)], lr=torch.tensor(0.1), foreach=True)
torch.optim.Adam([Parameter(w)], betas=(torch.tensor(0.9), torch.tensor(0.9)), foreach=True)
torch.optim.AdamW([Parameter(w)], lr=float("nan"))
p = Parameter(w); torch.optim.SGD([p, p], 0.1)
p = Parameter(w); torch.optim.SGD([{"params": [p]}, {"params": [p]}], 0.1)
p = Parameter(w); o = torch.optim.SGD([p], 0.1); o.add_param_group({"params": Parameter(x), "lr": 3}); o
o = torch.optim.SGD([Parameter(w)], 0.1); o.add_param_group(3)
o = torch.optim.SGD([Parameter(w)], 0.1); o.add_param_group({"params": [3]})
o = torch.optim.SGD([("a", Parameter(w)), ("b", Parameter(x))], 0.1); o, o.param_groups[0]["param_names"], o.state_dict()
o = torch.optim.SGD([("a", Parameter(w)), Parameter(x)], 0.1)
o = torch.optim.SGD([("a", Parameter(w))], 0.1); o.add_param_group({"params": [Parameter(x)]})
o = torch.optim.SGD(nn.PReLU().named_parameters(), 0.1); o.param_groups[0]["param_names"]
o = torch.optim.SGD((q for q in [Parameter(w)]), 0.1); len(o.param_groups[0]["params"])
p = Parameter(w); o = torch.optim.SGD([p], 0.1); o.step(), p, dict(o.state)
p = Parameter(w); o = torch.optim.SGD([p], 0.1, momentum=0.9); p.grad = torch.ones(1); _ = o.step(); o.state_dict(), p, p.grad
p = Parameter(w); o = torch.optim.Adam([p], 0.1, amsgrad=True); p.grad = torch.ones(1); _ = o.step(); o.state_dict(), p
p = Parameter(w.double()); o = torch.optim.Adam([p], 0.1); p.grad = torch.ones(1).double(); _ = o.step(); o.state_dict()
p = Parameter(w.half()); o = torch.optim.SGD([p], 0.1, momentum=0.5); p.grad = torch.ones(1).half(); _ = o.step(); o.state_dict(), p
p = Parameter(w); o = torch.optim.SGD([p], 0.1); o.step(lambda: 3)
p = Parameter(w); o = torch.optim.SGD([p], 0.1); r = o.step(lambda: (p * 2).sum()); r.requires_grad, r
p = Parameter(w); o = torch.optim.SGD([p], 0.1); p.grad = torch.ones(1); g = p.grad; o.zero_grad(False); a = p.grad is g, p.grad; o.zero_grad(); a, p.grad
p = Parameter(w); o = torch.optim.SGD([p], 0.1); p.grad = torch.ones(1); v = p._version; _ = o.step(); p._version > v, p.is_leaf, p.requires_grad
p = Parameter(w); o = torch.optim.Adam([p], 0.1); o.load_state_dict({"state": {}, "param_groups": []})
p = Parameter(w); o = torch.optim.Adam([p], 0.1); o.load_state_dict({"state": {}, "param_groups": [{"params": [0, 1]}]})
p, q = Parameter(w), Parameter(w.double()); o = torch.optim.Adam([p], 0.1); p.grad = torch.ones(1); _ = o.step(); k = torch.optim.Adam([q], 0.5); k.load_state_dict(o.state_dict()); k.state_dict(), k
p, q = Parameter(w), Parameter(w); o = torch.optim.Adam([p], 0.1); p.grad = torch.ones(1); _ = o.step(); s = o.state_dict(); s["state"][0]["step"] = 3; k = torch.optim.Adam([q], 0.5); k.load_state_dict(s); k.state_dict()["state"]
o = torch.optim.SGD([Parameter(w)], 0.1); s = o.state_dict(); s["state"]["note"] = "kept"; o.load_state_dict(s); o.state_dict()["state"]
o = torch.optim.SGD([("a", Parameter(w))], 0.1); k = torch.optim.SGD([Parameter(w)], 0.3); o.load_state_dict(k.state_dict()); o.param_groups
import pickle; p = Parameter(w); o = torch.optim.SGD([p], 0.1, momentum=0.9); p.grad = torch.ones(1); _ = o.step(); k = pickle.loads(pickle.dumps(o)); k, k.state_dict()
import copy; p = Parameter(w); o = torch.optim.Adam([p], 0.1); k = copy.deepcopy(o); k.param_groups[0]["params"][0] is p, k, k.step()
s = []; o = torch.optim.SGD([Parameter(w)], 0.1); h = o.register_step_pre_hook(lambda o, a, k: s.append((type(a[0]).__name__, a[1:], k))); h = o.register_step_post_hook(lambda o, a, k: s.append("post")); _ = o.step(), o.step(closure=None), o.step(None); s
o = torch.optim.SGD([Parameter(w)], 0.1); h = o.register_step_pre_hook(lambda o, a, k: ((o, lambda: 5), {})); a = o.step(); h.remove(); a, o.step()
o = torch.optim.SGD([Parameter(w)], 0.1); h = o.register_step_pre_hook(lambda o, a, k: [1]); o.step()
from torch.optim import optimizer as O; s = []; r = O.register_optimizer_step_pre_hook(lambda o, a, k: s.append("pre")); q = O.register_optimizer_step_post_hook(lambda o, a, k: s.append("post")); _ = torch.optim.Adam([Parameter(w)]).step(); r.remove(); q.remove(); _ = torch.optim.Adam([Parameter(w)]).step(); s
s = []; o = torch.optim.SGD([Parameter(w)], 0.1); h = o.register_state_dict_pre_hook(lambda o: s.append(1)); h = o.register_state_dict_post_hook(lambda o, d: {"only": d["state"]}); h = o.register_state_dict_post_hook(lambda o, d: s.append(sorted(d)), prepend=True); o.state_dict(), s
s = []; o = torch.optim.SGD([Parameter(w)], 0.1); h = o.register_load_state_dict_pre_hook(lambda o, d: d["param_groups"][0].update(lr=7)); h = o.register_load_state_dict_post_hook(lambda o: s.append(o.param_groups[0]["lr"])); o.load_state_dict(o.state_dict()); s
torch.optim.Optimizer([Parameter(w)], {}).step()
from torch.optim.optimizer import required
class K(torch.optim.Optimizer):
    def __init__(self, params): super().__init__(params, {"lr": required})
K([Parameter(w)])
class K(torch.optim.Optimizer):
    def __init__(self, params): super().__init__(params, {"lr": 3})
    def step(self, closure=None): return "stepped"
s = []; k = K([Parameter(w)]); h = k.register_step_post_hook(lambda *_: s.append(1)); k.step(), s, k
p = torch.tensor([1.0], requires_grad=True); lr = torch.tensor(0.5, requires_grad=True); q = p.clone(); o = torch.optim.SGD([q], lr, differentiable=True); q.grad = (p * 3).detach(); _ = o.step(); q.sum().backward(); q.detach(), p.grad, lr.grad
"""


def main() -> None:
    runs = [
        {"optimizer": name, "settings": line.strip(), "dtype": dtype, "after": train(torch, name, line, dtype)}
        for name, lines in SETTINGS.items()
        for line in lines.strip().splitlines()
        for dtype in ("float32", "float64")
    ]
    complex_runs = [
        {"optimizer": name, "settings": settings, "after": train_complex(torch, name, settings)}
        for name, settings in COMPLEX
    ]
    answers = [{"program": text, **outcome(torch, text)} for text in programs(PROGRAMS)]
    groups = {"runs": runs, "complex": complex_runs, "programs": answers}
    body = ",\n".join(
        f'"{name}": [\n' + ",\n".join(json.dumps(entry) for entry in entries) + "\n]"
        for name, entries in groups.items()
    )
    (TESTS / "golden" / "sgd_and_adam.json").write_text("{\n" + body + "\n}\n", encoding="utf-8")
    print(", ".join(f"{len(entries)} {name}" for name, entries in groups.items()))


if __name__ == "__main__":
    main()
