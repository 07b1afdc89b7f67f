"""zuko and normflows: densities that are learned and drawn from."""

from __future__ import annotations

import normflows as nf
import torch
import zuko


def _learned(name, net, loss_of, steps=4):
    optimizer = torch.optim.Adam(net.parameters(), lr=1e-2)
    for step in range(steps):
        loss = loss_of()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        yield f"{name}, loss {step}", loss


def conditional():
    """zuko: flows of features, given a context."""
    torch.manual_seed(0)
    x, c = torch.randn(16, 3) * 0.5, torch.randn(16, 2)
    F = zuko.flows
    for name, make in (
        ("MAF", lambda: F.MAF(3, 2, transforms=2, hidden_features=(8,))), ("NICE", lambda: F.NICE(3, 2, transforms=2, hidden_features=(8,))),
        ("NSF", lambda: F.NSF(3, 2, bins=4, transforms=2, hidden_features=(8,))),
        ("SOSPF", lambda: F.SOSPF(3, 2, degree=2, polynomials=2, transforms=1, hidden_features=(8,))),
        ("NAF", lambda: F.NAF(3, 2, transforms=1, hidden_features=(8,), network={"hidden_features": (8,)})),
        ("BPF", lambda: F.BPF(3, 2, degree=4, transforms=1, hidden_features=(8,))), ("GMM", lambda: F.GMM(3, 2, components=2, hidden_features=(8,))),
        ("CNF", lambda: F.CNF(3, 2, hidden_features=(8,), freqs=2)),
    ):  # fmt: skip
        torch.manual_seed(1)
        flow = make()
        yield from _learned(name, flow, lambda flow=flow: -flow(c).log_prob(x).mean(), 3)
        if name not in ("NAF", "CNF", "BPF", "SOSPF"):
            torch.manual_seed(2)
            yield f"{name}, drawn", flow(c[0]).sample((3,))
    yield "shown", repr(F.MAF(3, 2, transforms=1, hidden_features=(8,)))


def chained():
    """normflows: transforms one after the other."""
    torch.manual_seed(0)
    x = torch.randn(16, 2) * 0.7
    for name, make in (
        ("planar", lambda: [nf.flows.Planar((2,)) for _ in range(2)]), ("radial", lambda: [nf.flows.Radial((2,)) for _ in range(2)]),
        ("coupled", lambda: [one for _ in range(2) for one in (
            nf.flows.AffineCouplingBlock(nf.nets.MLP([1, 8, 2], init_zeros=True)), nf.flows.Permute(2, mode="swap"))]),
        ("splines", lambda: [nf.flows.AutoregressiveRationalQuadraticSpline(2, 1, 8), nf.flows.LULinearPermute(2)]),
        ("residual", lambda: [nf.flows.Residual(nf.nets.LipschitzMLP([2, 8, 2], init_zeros=True, lipschitz_const=0.9), reduce_memory=False)]),
        ("norm", lambda: [nf.flows.ActNorm((2,)), nf.flows.MaskedAffineFlow(torch.tensor([1.0, 0.0]), nf.nets.MLP([2, 8, 2]), nf.nets.MLP([2, 8, 2]))]),
    ):  # fmt: skip
        torch.manual_seed(1)
        flow = nf.NormalizingFlow(nf.distributions.base.DiagGaussian(2), make())
        inverts = name not in ("planar", "radial")
        yield from _learned(
            name,
            flow,
            (lambda flow=flow: flow.forward_kld(x)) if inverts else (lambda flow=flow: -flow.sample(8)[1].mean()),
            3,
        )
        torch.manual_seed(2)
        drawn, likelihood = flow.sample(3)
        yield f"{name}, drawn", drawn
        yield f"{name}, likelihood", likelihood
