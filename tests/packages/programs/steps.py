"""pytorch_optimizer: steps of many optimizers, schedules and losses."""

from __future__ import annotations

import warnings

import pytorch_optimizer as po
import torch
from torch import nn

warnings.simplefilter("ignore")
NAMES = """
    ADOPT AccSGD AdEMAMix AdaBelief AdaBound AdaDelta AdaFactor AdaHessian AdaMax AdaMod AdaNorm AdaPNM AdaShift AdaSmooth Adai Adalite
    AdamC AdamG AdamP AdamS AdamWSN Adan AggMo Aida Amos ApolloDQN BCOS CAME Conda DAdaptAdaGrad DAdaptAdam DAdaptAdan DAdaptLion DAdaptSGD
    DiffGrad EXAdam EmoFact FAdam FOCUS FTRL Fira Fromage GaLore Grams Gravity GrokFastAdamW Kate Kron LARS Lamb LaProp Lion MADGRAD MARS
    MSVAG Nero NovoGrad PAdam PID PNM Prodigy QHAdam QHM RACS Ranger Ranger21 SGDP SGDSaI SGDW SM3 SPAM SRMM SWATS ScalableShampoo
    ScheduleFreeAdamW ScheduleFreeRAdam ScheduleFreeSGD Shampoo SignSGD SimplifiedAdEMAMix SophiaH StableAdamW StableSPAM TAM Tiger VSGD
    Yogi
"""


def optimizers():
    """Four steps of each."""
    for name in NAMES.split():
        make = getattr(po, name)
        torch.manual_seed(0)
        net = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 2))
        x, y = torch.randn(6, 3), torch.randn(6, 2)
        more = {"lr": 0.01} if "lr" in make.__init__.__code__.co_varnames else {}
        if name == "Ranger21":
            more |= {"num_iterations": 8, "num_batches_per_epoch": 2}
        optimizer = make(net.parameters(), **more)
        for _ in range(4):
            optimizer.zero_grad()
            nn.functional.mse_loss(net(x), y).backward(create_graph=name in ("AdaHessian", "SophiaH"))
            optimizer.step()
        yield name, torch.cat([p.detach().flatten() for p in net.parameters()])


def schedules_and_losses():
    """Learning rates, and losses with their gradients."""
    p = nn.Parameter(torch.zeros(1))
    for name, make in (
        ("cosine", lambda o: po.CosineAnnealingWarmupRestarts(o, 6, warmup_steps=2)), ("linear", lambda o: po.LinearScheduler(o, 8, 0.1, warmup_steps=2)),
        ("flat", lambda o: po.get_wsd_schedule(o, 2, 3, 3)),
    ):  # fmt: skip
        schedule = make(torch.optim.SGD([p], lr=0.1))
        rates = []
        for _ in range(8):
            schedule.step()
            rates.append(float(schedule.optimizer.param_groups[0]["lr"]))
        yield name, torch.tensor(rates)
    torch.manual_seed(0)
    wanted = (torch.rand(4, 5) > 0.5).float()
    for name in "BCELoss BCEFocalLoss FocalLoss FocalCosineLoss FocalTverskyLoss DiceLoss LovaszHingeLoss SoftF1Loss TverskyLoss".split():
        make = getattr(po, name)
        x = torch.rand(4, 5).requires_grad_()
        loss = make()(x, wanted.argmax(1) if name == "FocalCosineLoss" else wanted)
        loss.backward()
        yield name, loss
        yield f"{name}, gradient", x.grad
