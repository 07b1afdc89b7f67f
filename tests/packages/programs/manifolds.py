"""geoopt: manifolds, and optimizers on them."""

from __future__ import annotations

import geoopt
import geoopt.layers.stereographic
import torch
from torch import nn


def points():
    """Projections, exponential maps and their inverses, transports and distances, with gradients."""
    torch.set_default_dtype(torch.float64)
    try:
        for name, manifold, shape in (
            ("sphere", geoopt.Sphere(), (2, 3)),
            ("exact sphere", geoopt.SphereExact(), (2, 3)),
            ("stiefel", geoopt.CanonicalStiefel(), (4, 2)),
            ("euclidean stiefel", geoopt.EuclideanStiefel(), (4, 2)),
            ("ball", geoopt.PoincareBall(), (2, 3)),
            ("curved ball", geoopt.PoincareBall(c=0.5), (2, 3)),
            ("stereographic", geoopt.SphereProjection(), (2, 3)),
            ("lorentz", geoopt.Lorentz(), (2, 3)),
            ("birkhoff", geoopt.BirkhoffPolytope(tol=1e-8), (3, 3)),
            ("positive", geoopt.SymmetricPositiveDefinite(), (2, 2)),
            ("euclidean", geoopt.Euclidean(1), (2, 3)),
        ):
            torch.manual_seed(0)
            x, y = (torch.randn(shape) * 0.3 + torch.eye(*shape) for _ in range(2))
            x, y = (manifold.projx(one.abs() if name == "birkhoff" else one) for one in (x, y))
            yield f"{name}, point", x
            u = manifold.proju(x, torch.randn(shape) * 0.1)
            yield f"{name}, vector", u
            if name != "lorentz":
                yield f"{name}, norm", manifold.norm(x, u)
            yield f"{name}, step", manifold.retr(x, u)
            yield f"{name}, carried", manifold.transp_follow_retr(x, u, u)
            yield f"{name}, gradient of the manifold", manifold.egrad2rgrad(x, torch.ones(shape))
            if name not in ("stiefel", "euclidean stiefel", "birkhoff"):
                v = x.clone().requires_grad_()
                far = manifold.dist(v, y).sum()
                yield f"{name}, distance", far
                yield f"{name}, gradient of the distance", torch.autograd.grad(far, v)[0]
                yield f"{name}, exp", manifold.expmap(x, u)
                yield f"{name}, log", manifold.logmap(x, y)
    finally:
        torch.set_default_dtype(torch.float32)


def optimizers():
    """Steps on manifolds."""
    torch.manual_seed(0)
    target = torch.randn(4, 3)
    for manifold, shape in (
        (geoopt.Sphere(), (4, 3)),
        (geoopt.EuclideanStiefel(), (4, 3)),
        (geoopt.PoincareBall(), (4, 3)),
        (geoopt.Euclidean(), (4, 3)),
    ):
        for make, more in (
            (geoopt.optim.RiemannianSGD, {"lr": 0.05}),
            (geoopt.optim.RiemannianSGD, {"lr": 0.05, "momentum": 0.9, "nesterov": True}),
            (geoopt.optim.RiemannianAdam, {"lr": 0.05}),
            (geoopt.optim.RiemannianAdam, {"lr": 0.05, "amsgrad": True, "stabilize": 2}),
        ):
            torch.manual_seed(1)
            x = geoopt.ManifoldParameter(manifold.projx(torch.randn(shape) * 0.4), manifold=manifold)
            optimizer = make([x], **more)

            for _ in range(5):
                optimizer.zero_grad()
                loss = (x - target).square().sum()
                loss.backward()
                optimizer.step()
            yield f"{manifold.name}, {make.__name__} {sorted(more)}", loss
            yield f"{manifold.name}, {make.__name__} {sorted(more)}, x", torch.Tensor(x.detach())


def networks():
    """Distances of the ball as the last layer, and drawing along gradients."""
    torch.manual_seed(0)
    ball = geoopt.PoincareBall(c=1.0, learnable=True)
    layer = geoopt.layers.stereographic.Distance2StereographicHyperplanes(3, 4, ball=ball)
    net = nn.Sequential(nn.Linear(5, 3), layer)
    optimizer = geoopt.optim.RiemannianAdam(net.parameters(), lr=1e-2)
    x, y = torch.randn(8, 5) * 0.2, torch.randint(0, 4, (8,))
    for step in range(4):
        loss = nn.functional.cross_entropy(net(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        yield f"loss {step}", loss
    for name, value in net.named_parameters():
        yield name, torch.Tensor(value.detach())
    for make, more in (
        (geoopt.samplers.RHMC, {"n_steps": 2}),
        (geoopt.samplers.SGRHMC, {"n_steps": 2}),
        (geoopt.samplers.RSGLD, {}),
    ):
        torch.manual_seed(2)
        z = nn.Parameter(torch.randn(3))
        sampler = make([z], epsilon=1e-2, **more)
        for _ in range(3):
            sampler.step(lambda z=z: -(z**2).sum())
        yield make.__name__, z
