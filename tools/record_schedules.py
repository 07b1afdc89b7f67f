"""Record PyTorch's learning rates over some epochs, and what else schedulers do: tests/golden/schedules.json (needs torch).

tests/nn/test_schedules.py asks chainrule.
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
from nn.schedules import at_epochs, rates  # noqa: E402
from record_nn import programs  # noqa: E402
from record_optimizers import lines, rounded  # noqa: E402

EPOCHS = 16
SGD = "torch.optim.SGD(groups, lr=1.0)"
OPTIMIZERS = {
    "momentum": "torch.optim.SGD(groups, lr=1.0, momentum=0.7)",
    "adam": "torch.optim.Adam(groups, lr=1.0)",
    "tensor": "torch.optim.SGD(groups, lr=torch.tensor(1.0, dtype=torch.float64))",
}
SCHEDULES = """
L.LambdaLR(o, lambda epoch: 0.9 ** epoch)
L.LambdaLR(o, [lambda epoch: 0.9 ** epoch, lambda epoch: 1 / (1 + epoch)])
L.MultiplicativeLR(o, lambda epoch: 0.95)
L.MultiplicativeLR(o, [lambda epoch: 1 + 1 / epoch, lambda epoch: 0.5])
L.StepLR(o, 3)
L.StepLR(o, step_size=4, gamma=0.5)
L.MultiStepLR(o, [3, 5, 5, 11], gamma=0.5)
L.ConstantLR(o)
L.ConstantLR(o, factor=0.25, total_iters=7)
L.LinearLR(o)
L.LinearLR(o, start_factor=0.2, end_factor=0.7, total_iters=9)
L.LinearLR(o, 1.0, 0.0, 4)
L.ExponentialLR(o, 0.8)
L.PolynomialLR(o)
L.PolynomialLR(o, total_iters=8, power=2.5)
L.CosineAnnealingLR(o, 5)
L.CosineAnnealingLR(o, T_max=12, eta_min=0.05)
L.CosineAnnealingWarmRestarts(o, 5)
L.CosineAnnealingWarmRestarts(o, T_0=2, T_mult=2, eta_min=0.01)
L.ReduceLROnPlateau(o, patience=1)
L.ReduceLROnPlateau(o, "max", factor=0.5, patience=0, cooldown=1, threshold=0.2, min_lr=[0.2, 0.1])
L.ReduceLROnPlateau(o, factor=0.5, patience=2, threshold=0.5, threshold_mode="abs", eps=0.2)
L.CyclicLR(o, 0.1, 1.0, step_size_up=3, cycle_momentum=False)
L.OneCycleLR(o, 2.0, total_steps=20, cycle_momentum=False)
L.SequentialLR(o, [L.ConstantLR(o, 0.1, 3), L.ExponentialLR(o, 0.9)], [4])
L.SequentialLR(o, [L.LinearLR(o, 0.1, total_iters=3), L.CosineAnnealingLR(o, 4), L.StepLR(o, 2)], [3, 9])
L.SequentialLR(o, [L.SequentialLR(o, [L.ConstantLR(o), L.StepLR(o, 2)], [2]), L.ExponentialLR(o, 0.9)], [6])
L.SequentialLR(o, [L.LinearLR(o), L.CosineAnnealingWarmRestarts(o, 3)], [4])
L.ChainedScheduler([L.ConstantLR(o, 0.1, 4), L.ExponentialLR(o, 0.9)])
L.ChainedScheduler([L.CosineAnnealingLR(o, 6), L.StepLR(o, 4, 0.5), L.LinearLR(o)], optimizer=o)
[L.ExponentialLR(o, 0.9), L.StepLR(o, 5, 0.1)]
S.SWALR(o, 0.05, anneal_epochs=6)
S.SWALR(o, [0.05, 0.2], anneal_epochs=5, anneal_strategy="linear")
S.SWALR(o, 0.05, anneal_epochs=0)
[L.CosineAnnealingLR(o, 8), S.SWALR(o, 0.05, anneal_epochs=3)]
"""
WITH_MOMENTUM = """
momentum L.CyclicLR(o, 0.1, [1.0, 2.0], step_size_up=3, step_size_down=5, mode="triangular2")
adam L.CyclicLR(o, 0.1, 1.0, step_size_up=2, mode="exp_range", gamma=0.9, base_momentum=0.7, max_momentum=0.95)
momentum L.CyclicLR(o, 0.1, 1.0, step_size_up=4, scale_fn=lambda x: 1 / (1 + x), scale_mode="iterations")
momentum L.OneCycleLR(o, [2.0, 1.0], total_steps=16, pct_start=0.25)
adam L.OneCycleLR(o, 2.0, epochs=4, steps_per_epoch=4, anneal_strategy="linear", three_phase=True, div_factor=10.0, final_div_factor=50.0)
tensor L.ExponentialLR(o, 0.8)
tensor L.CosineAnnealingLR(o, 5)
tensor L.ReduceLROnPlateau(o, patience=1)
"""
CLOSED = """
L.LambdaLR(o, lambda epoch: 0.9 ** epoch)
L.StepLR(o, 3)
L.MultiStepLR(o, [3, 5, 5, 11], gamma=0.5)
L.ConstantLR(o)
L.LinearLR(o, 0.25)
L.ExponentialLR(o, 0.8)
L.PolynomialLR(o, 8, 2.0)
L.CosineAnnealingLR(o, 5, 0.1)
L.CosineAnnealingWarmRestarts(o, 3)
L.CosineAnnealingWarmRestarts(o, 2, 3)
"""

HEAD = "from torch.optim import lr_scheduler as L, swa_utils as S; o = torch.optim.SGD([Parameter(w)], 1.0, momentum=0.5); "
STATES = """
s = L.LambdaLR(o, lambda e: 0.5)
s = L.StepLR(o, 2)
s = L.MultiStepLR(o, [2, 4, 4])
s = L.LinearLR(o)
s = L.PolynomialLR(o)
s = L.CosineAnnealingLR(o, 5)
s = L.CosineAnnealingWarmRestarts(o, 5)
s = L.ReduceLROnPlateau(o)
s = L.CyclicLR(o, 0.1, 1.0, step_size_up=4)
s = L.OneCycleLR(o, 1.0, total_steps=10, three_phase=True)
s = L.SequentialLR(o, [L.ConstantLR(o), L.ExponentialLR(o, 0.5)], [2])
s = L.ChainedScheduler([L.ConstantLR(o), L.ExponentialLR(o, 0.5)])
s = S.SWALR(o, 0.05)
"""
PROGRAMS = """
L.CyclicLR(o, 0.1, 1.0, mode="x")
L.CyclicLR(torch.optim.Adagrad([w]), 0.1, 1.0)
L.CyclicLR(o, [0.1, 1], 1.0)
L.OneCycleLR(o, 1.0)
L.OneCycleLR(o, 1.0, total_steps=0)
L.OneCycleLR(o, 1.0, total_steps=1.5)
L.OneCycleLR(o, 1.0, epochs=0, steps_per_epoch=1)
L.OneCycleLR(o, 1.0, epochs=1, steps_per_epoch=-1)
L.OneCycleLR(o, 1.0, total_steps=3, pct_start=2)
L.OneCycleLR(o, 1.0, total_steps=3, anneal_strategy="x")
L.OneCycleLR(torch.optim.Adagrad([w]), 1.0, total_steps=3)
L.OneCycleLR(o, [1.0, 2.0], total_steps=3)
s = L.OneCycleLR(o, 1.0, total_steps=3); [s.step() for _ in range(4)]
L.StepLR(3, 3)
L.ReduceLROnPlateau(3)
L.LambdaLR(o, [])
L.SequentialLR(o, [], [])
L.SequentialLR(o, [3], [])
L.SequentialLR(o, [L.StepLR(o, 2)], [2])
L.SequentialLR(o, [L.ReduceLROnPlateau(o)], [])
L.SequentialLR(o, [L.StepLR(torch.optim.SGD([w], 1.0), 2)], [])
L.ChainedScheduler([])
L.ChainedScheduler([L.ReduceLROnPlateau(o)])
L.ConstantLR(o, 1.5)
L.LinearLR(o, 0.0)
L.LinearLR(o, 0.5, -1)
L.CosineAnnealingWarmRestarts(o, 0)
L.CosineAnnealingWarmRestarts(o, 2, 0)
L.CosineAnnealingWarmRestarts(o, 2, 1, "a")
L.CosineAnnealingWarmRestarts(o, 2).step(-1)
L.ReduceLROnPlateau(o, factor=1.0)
L.ReduceLROnPlateau(o, mode="x")
L.ReduceLROnPlateau(o, threshold_mode="x")
L.ReduceLROnPlateau(o, min_lr=[1, 2])
S.SWALR(o, 0.1, anneal_strategy="x")
S.SWALR(o, 0.1, anneal_epochs=-1)
S.SWALR(o, [0.1, 0.2])
s = L.StepLR(o, 2); s.step(); o.param_groups[0]["lr"]
s = L.StepLR(o, 2); o.step(); s.step(); s.step(); s.step(); o.param_groups[0]["lr"]
o.step(); s = L.StepLR(o, 2); s.step(); s.get_last_lr()
s = L.StepLR(o, 2); o.step(); s.get_lr()
s = L.StepLR(o, 2); o.step = lambda: None; s.step()
s = L.ReduceLROnPlateau(o); s.step(torch.tensor(3.0), 7); s.last_epoch, s.in_cooldown, s.best
o.param_groups[0]["initial_lr"] = 8.0; s = L.ExponentialLR(o, 0.5, last_epoch=3); s.get_last_lr(), s.base_lrs, s.last_epoch
o.param_groups[0]["initial_lr"] = 8.0; s = L.CosineAnnealingLR(o, 10, last_epoch=3); s.get_last_lr(), s.last_epoch
s = L.StepLR(o, 2); _ = o.step(); s.step(); k = L.StepLR(torch.optim.SGD([w], 3.0), 7); k.load_state_dict(s.state_dict()); k.state_dict()
s = L.SequentialLR(o, [L.ConstantLR(o), L.ExponentialLR(o, 0.5)], [2]); k = L.SequentialLR(o, [L.ConstantLR(o), L.ExponentialLR(o, 0.5)], [2]); _ = o.step(); s.step(); s.step(); k.load_state_dict(s.state_dict()); k.step(); k.get_last_lr()
isinstance(L.ReduceLROnPlateau(o), L.LRScheduler), issubclass(L._LRScheduler, L.LRScheduler)
L.StepLR(o, 2)
m = S.AveragedModel(nn.PReLU()); m, m.state_dict()
S.AveragedModel(nn.PReLU(), avg_fn=S.get_ema_avg_fn(), multi_avg_fn=S.get_ema_multi_avg_fn())
S.get_ema_avg_fn(1.5)
S.get_ema_multi_avg_fn(-1)
n = nn.Linear(1, 1); _ = [q.data.fill_(1.0) for q in n.parameters()]; m = S.AveragedModel(n); m.update_parameters(n); _ = [q.data.fill_(4.0) for q in n.parameters()]; m.update_parameters(n); m.update_parameters(n); m.state_dict(), m(torch.ones(1, 1))
n = nn.BatchNorm1d(1); m = S.AveragedModel(n, multi_avg_fn=S.get_ema_multi_avg_fn(0.75), use_buffers=True); m.update_parameters(n); _ = n(torch.tensor([[1.0], [3.0]])); m.update_parameters(n); m.state_dict()
n = nn.BatchNorm1d(1); m = S.AveragedModel(n, avg_fn=lambda a, p, k: a * 0.5 + p * 0.5); m.update_parameters(n); _ = n(torch.tensor([[1.0], [3.0]])); n.weight.data.mul_(3); m.update_parameters(n); m.state_dict()
n = nn.Sequential(nn.BatchNorm1d(1)); n.eval(); S.update_bn([(torch.tensor([[1.0], [3.0]]), 0), [torch.tensor([[3.0], [9.0]])]], n); n.state_dict(), n.training, n[0].momentum
"""


def main() -> None:
    sequences = [{"schedule": line, "optimizer": SGD} for line in lines(SCHEDULES)]
    for line in lines(WITH_MOMENTUM):
        name, schedule = line.split(" ", 1)
        sequences.append({"schedule": schedule, "optimizer": OPTIMIZERS[name]})
    for one in sequences:
        one["rates"] = rounded(rates(torch, one["schedule"], one["optimizer"], EPOCHS), 12)
    texts = [*[f"{line}; s.state_dict(), o" for line in lines(STATES)], *programs(PROGRAMS)]
    groups = {
        "sequences": sequences,
        "closed": [{"schedule": line, "rates": rounded(at_epochs(torch, line), 12)} for line in lines(CLOSED)],
        "programs": [{"program": HEAD + text, **outcome(torch, HEAD + text)} for text in texts],
    }
    body = ",\n".join(
        f'"{name}": [\n' + ",\n".join(json.dumps(entry) for entry in entries) + "\n]"
        for name, entries in groups.items()
    )
    (TESTS / "golden" / "schedules.json").write_text("{\n" + body + "\n}\n", encoding="utf-8")
    print(", ".join(f"{len(entries)} {name}" for name, entries in groups.items()))


if __name__ == "__main__":
    main()
