"""Record how PyTorch's other optimizers train and what else they do: tests/golden/optimizers.json (needs torch).

tests/nn/test_optimizers.py trains and runs the programs again.
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
from nn.training import RECORDED, train, train_complex, train_extremes, train_lbfgs, train_muon  # noqa: E402
from record_nn import programs  # noqa: E402

KEPT = [RECORDED.index(step) for step in (2, 50, 200)]

# Close to a minimum, an optimizer that divides by the size of gradients hops about it, as rounding will have it: these
# settings end before.
RUNS = """
float32 Adamax lr=t(0.01)
float64 Adamax lr=0.01, weight_decay=0.1, maximize=True
float32 NAdam lr=0.01
float64 NAdam lr=0.01, weight_decay=0.1, decoupled_weight_decay=True, maximize=True
float32 RAdam lr=0.01, weight_decay=0.1
float64 RAdam lr=0.01, betas=(0.5, 0.7), eps=1e-3, decoupled_weight_decay=True, weight_decay=0.1, maximize=True
float32 RMSprop lr=0.001
float64 RMSprop lr=0.01, momentum=0.9, centered=True, weight_decay=0.1
float32 RMSprop lr=0.01, momentum=0.5, eps=0.01, foreach=True, maximize=True
float32 Adadelta lr=0.5
float64 Adadelta lr=0.5, rho=0.5, eps=1e-3, weight_decay=0.1, maximize=True
float32 Adagrad lr=0.1, fused=True
float64 Adagrad lr=0.1, lr_decay=0.1, initial_accumulator_value=0.5, weight_decay=0.1, maximize=True
float64 Rprop lr=0.01, etas=(0.3, 1.5), step_sizes=(1e-4, 0.1), maximize=True
float32 Rprop lr=0.001, etas=(0.5, 1.01)
float32 ASGD lr=0.1
float64 ASGD lr=0.1, lambd=0.01, alpha=0.5, t0=20, weight_decay=0.1, maximize=True
float32 Adafactor lr=0.001
float64 Adafactor lr=0.002, beta2_decay=-0.5, eps=(1e-6, 1e-2), d=2.0, weight_decay=0.1, maximize=True
"""
COMPLEX = """
Adamax lr=0.05
NAdam lr=0.05, weight_decay=0.1
RAdam lr=0.05
RMSprop lr=0.05, momentum=0.5, centered=True
Adadelta lr=0.5
Adagrad lr=0.1, initial_accumulator_value=0.1
Rprop lr=0.05
ASGD lr=0.05, t0=10
"""
LBFGS = """
line_search_fn="strong_wolfe"
line_search_fn="strong_wolfe", max_iter=4, history_size=2
line_search_fn="strong_wolfe", max_iter=3, lr=5.0
line_search_fn="strong_wolfe", max_iter=8, max_eval=9, lr=1e-3
lr=1e-3, max_iter=5, max_eval=4
lr=1e-2, tolerance_change=1e-3
"""
MUON = """
lr=0.01
lr=0.02, weight_decay=0.0, nesterov=False, adjust_lr_fn="match_rms_adamw"
"""
EXTREMES = """
SGD lr=0.1, momentum=0.9, nesterov=True
Adam
AdamW amsgrad=True
Adam betas=(0.3, 0.4), maximize=True
Adamax
NAdam
NAdam decoupled_weight_decay=True, weight_decay=0.1
RAdam
RAdam betas=(0.5, 0.7)
RMSprop momentum=0.5
RMSprop centered=True
Adadelta
Adagrad
Rprop
ASGD t0=2
Adafactor
Muon
"""

NAMES = ("Adamax", "NAdam", "RAdam", "RMSprop", "Adadelta", "Adagrad", "Rprop", "ASGD", "Adafactor", "Muon")
AFTER_A_STEP = [
    f"p = Parameter(torch.eye(2)); o = torch.optim.{name}([p]); p.grad = 2 * torch.eye(2); _ = o.step(); o.state_dict(), o, p"
    for name in NAMES
]
PROGRAMS = """
o = torch.optim; o.LBFGS([Parameter(w)]), o.SparseAdam([Parameter(w)])
torch.optim.Adamax([Parameter(w)], betas=(0.9, 1.0))
torch.optim.Adamax([Parameter(w)], eps=-1)
torch.optim.Adamax([Parameter(w)], lr=torch.ones(2))
torch.optim.NAdam([Parameter(w)], lr=-1)
torch.optim.NAdam([Parameter(w)], momentum_decay=-1)
torch.optim.NAdam([Parameter(w)], betas=(1.0, 0.9))
torch.optim.RAdam([Parameter(w)], weight_decay=-1)
torch.optim.RAdam([Parameter(w)], betas=(-1.0, 0.9))
torch.optim.RMSprop([Parameter(w)], momentum=-1)
torch.optim.RMSprop([Parameter(w)], alpha=-1)
torch.optim.RMSprop([Parameter(w)], lr=-1)
torch.optim.Adadelta([Parameter(w)], rho=1.5)
torch.optim.Adadelta([Parameter(w)], eps=-1)
torch.optim.Adagrad([Parameter(w)], lr_decay=-1)
torch.optim.Adagrad([Parameter(w)], initial_accumulator_value=-1)
torch.optim.Adagrad([Parameter(w)], fused=True, foreach=True)
torch.optim.Adagrad([Parameter(w)], initial_accumulator_value=0.5).state_dict()["state"]
torch.optim.Rprop([Parameter(w)], etas=(1.5, 1.2))
torch.optim.Rprop([Parameter(w)], lr=-1)
torch.optim.ASGD([Parameter(w)], weight_decay=-1)
torch.optim.ASGD([Parameter(w)], lr=-1)
torch.optim.Adafactor([Parameter(w)], lr=-1)
torch.optim.Adafactor([Parameter(w)], beta2_decay=1)
torch.optim.Adafactor([Parameter(w)], eps=(-1.0, 1))
torch.optim.Adafactor([Parameter(w)], eps=(None, -1))
torch.optim.Adafactor([Parameter(w)], d=0.5)
torch.optim.Adafactor([Parameter(w)], weight_decay=-1)
p = Parameter(torch.ones(1, dtype=torch.complex64)); o = torch.optim.Adafactor([p]); p.grad = torch.ones_like(p); o.step()
torch.optim.Muon([Parameter(w)])
torch.optim.Muon([Parameter(torch.eye(2))], lr=-1)
torch.optim.Muon([Parameter(torch.eye(2))], momentum=-1)
torch.optim.Muon([Parameter(torch.eye(2))], weight_decay=-1)
torch.optim.Muon([Parameter(torch.eye(2))], adjust_lr_fn="other")
p = Parameter(torch.eye(2)); o = torch.optim.Muon([p], ns_steps=100); p.grad = torch.eye(2); o.step()
p = Parameter(torch.eye(2)); o = torch.optim.Muon([p], ns_coefficients=(1, 2)); p.grad = torch.eye(2); o.step()
torch.optim.LBFGS([Parameter(w)], lr=-1)
torch.optim.LBFGS([{"params": [Parameter(w)]}, {"params": [Parameter(x)]}])
p = Parameter(w); o = torch.optim.LBFGS([p], line_search_fn="other"); p.grad = torch.ones(1); o.step(lambda: 3.0)
o = torch.optim.LBFGS([Parameter(w)]); o.step()
o = torch.optim.LBFGS([Parameter(w)]); r = o.step(lambda: 3.0); r, o.state_dict()["state"]
p = Parameter(w); o = torch.optim.LBFGS([p]); o.add_param_group({"params": [Parameter(x)]}); o.step(lambda: 3.0)
p = Parameter(w); o = torch.optim.Rprop([{"params": [p], "weight_decay": -50.0, "name": "a"}]); p.grad = torch.ones(1); _ = o.step(); p, o
torch.optim.SparseAdam([Parameter(w)], lr=0)
torch.optim.SparseAdam([Parameter(w)], eps=0)
torch.optim.SparseAdam([Parameter(w)], betas=(0.9, 1))
p = Parameter(w); o = torch.optim.SparseAdam([p]); p.grad = torch.ones(1); o.step()
p = Parameter(w); o = torch.optim.SparseAdam([p]); o.step(lambda: 3.0), o.state_dict()["state"]
p = Parameter(w); o = torch.optim.Rprop([p]); s = {"state": {0: {"step": 3, "prev": torch.ones(1), "step_size": torch.ones(1)}}, "param_groups": [{"params": [0], "lr": 1, "etas": (0.1, 2.0), "step_sizes": (1e-5, 3)}]}; o.load_state_dict(s); p.grad = torch.ones(1); _ = o.step(); o.state_dict(), p
p = Parameter(w); o = torch.optim.RMSprop([p], 0.1, momentum=0.5, centered=True); p.grad = torch.ones(1); _ = o.step(); o.state_dict(), p
p = Parameter(w); o = torch.optim.NAdam([p], 0.1, foreach=True); p.grad = torch.ones(1); _ = o.step(); k = torch.optim.NAdam([Parameter(w.double())]); k.load_state_dict(o.state_dict()); k.state_dict()
p = Parameter(w); o = torch.optim.Adagrad([p]); o.add_param_group({"params": Parameter(x), "lr": 3}); p.grad = torch.ones(1); _ = o.step(); o
p = Parameter(w.half()); o = torch.optim.RMSprop([p], 0.1); p.grad = torch.ones(1).half(); _ = o.step(); o.state_dict()["state"], p
p = Parameter(torch.tensor(2.0)); o = torch.optim.NAdam([p], 0.1); p.grad = torch.tensor(1.0); _ = o.step(); o.state_dict()["state"], p
p = Parameter(torch.ones(2, 3).t()); o = torch.optim.Adadelta([p]); p.grad = torch.ones(3, 2); _ = o.step(); p
import pickle; p = Parameter(w); o = torch.optim.ASGD([p], 0.1); p.grad = torch.ones(1); _ = o.step(); k = pickle.loads(pickle.dumps(o)); k, k.state_dict()
from torch.optim.rmsprop import RMSprop; from torch.optim.adagrad import Adagrad; RMSprop([Parameter(w)], 0.1), Adagrad.__name__
"""


def rounded(value: object, digits: int) -> object:
    """Floats to so many digits, at any depth."""
    if isinstance(value, list):
        return [rounded(one, digits) for one in value]
    return float(f"{value:.{digits}g}") if isinstance(value, float) else value


def lines(text: str) -> list[str]:
    return text.strip().splitlines()


def main() -> None:
    runs = []
    for line in lines(RUNS):
        dtype, name, settings = line.split(" ", 2)
        after = train(torch, name, settings, dtype)
        runs.append(
            {
                "dtype": dtype,
                "optimizer": name,
                "settings": settings,
                "after": rounded([after[n] for n in KEPT], 8 if dtype == "float32" else 12),
            }
        )
    complex_runs = []
    for line in lines(COMPLEX):
        name, settings = line.split(" ", 1)
        after = train_complex(torch, name, settings)
        complex_runs.append({"optimizer": name, "settings": settings, "after": rounded(after, 12)})
    extremes = []
    for line in lines(EXTREMES):
        name, _, settings = line.partition(" ")
        after = train_extremes(torch, name, settings)
        extremes.append({"optimizer": name, "settings": settings, "after": rounded(after, 6)})
    groups = {
        "runs": runs,
        "complex": complex_runs,
        "extremes": extremes,
        "lbfgs": [{"settings": line, "after": rounded(train_lbfgs(torch, line), 12)} for line in lines(LBFGS)],
        "muon": [{"settings": line, "after": rounded(train_muon(torch, line), 8)} for line in lines(MUON)],
        "programs": [{"program": text, **outcome(torch, text)} for text in [*AFTER_A_STEP, *programs(PROGRAMS)]],
    }
    body = ",\n".join(
        f'"{name}": [\n' + ",\n".join(json.dumps(entry) for entry in entries) + "\n]"
        for name, entries in groups.items()
    )
    (TESTS / "golden" / "optimizers.json").write_text("{\n" + body + "\n}\n", encoding="utf-8")
    print(", ".join(f"{len(entries)} {name}" for name, entries in groups.items()))


if __name__ == "__main__":
    main()
