"""captum: what an output owes to which input."""

from __future__ import annotations

import numpy as np
import torch
from captum.attr import (
    LRP,
    Deconvolution,
    DeepLift,
    DeepLiftShap,
    FeatureAblation,
    FeaturePermutation,
    GradientShap,
    GuidedBackprop,
    GuidedGradCam,
    InputXGradient,
    IntegratedGradients,
    InternalInfluence,
    KernelShap,
    LayerActivation,
    LayerConductance,
    LayerDeepLift,
    LayerGradCam,
    LayerGradientXActivation,
    LayerIntegratedGradients,
    Lime,
    NeuronConductance,
    NeuronGradient,
    NoiseTunnel,
    Occlusion,
    Saliency,
    ShapleyValueSampling,
)
from captum.metrics import infidelity, sensitivity_max
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 3, 3)
        self.relu1 = nn.ReLU()
        self.pool = nn.MaxPool2d(2)
        self.lin1 = nn.Linear(27, 8)
        self.relu2 = nn.ReLU()
        self.lin2 = nn.Linear(8, 3)

    def forward(self, x):
        x = self.pool(self.relu1(self.conv(x))).flatten(1)
        return self.lin2(self.relu2(self.lin1(x)))


def _net():
    torch.manual_seed(0)
    return Net().eval(), torch.randn(2, 1, 8, 8), torch.randn(2, 1, 8, 8)


def inputs():
    """By gradients."""
    net, x, base = _net()
    yield "saliency", Saliency(net).attribute(x, target=1)
    for method in ("gausslegendre", "riemann_trapezoid", "riemann_left"):
        found, delta = IntegratedGradients(net).attribute(
            x, base, target=1, n_steps=12, method=method, return_convergence_delta=True
        )
        yield method, found
        yield f"{method}, delta", delta
    yield "deconvolution", Deconvolution(net).attribute(x, target=0)
    yield "guided", GuidedBackprop(net).attribute(x, target=0)
    yield "input x gradient", InputXGradient(net).attribute(x, target=2)
    found, delta = DeepLift(net).attribute(x, base, target=1, return_convergence_delta=True)
    yield "deep lift", found
    yield "deep lift, delta", delta
    yield "deep lift shap", DeepLiftShap(net).attribute(x, torch.cat([base, base.flip(0)]), target=1)
    torch.manual_seed(1)
    np.random.seed(1)  # noqa: NPY002 - captum draws there
    yield "gradient shap", GradientShap(net).attribute(x, base, n_samples=4, stdevs=0.1, target=1)
    torch.manual_seed(2)
    yield "noise", NoiseTunnel(Saliency(net)).attribute(x, nt_type="smoothgrad", nt_samples=3, target=1)
    yield "lrp", LRP(net).attribute(x, target=1)


def perturbed():
    """By trying what changes."""
    net, x, _base = _net()
    yield "ablation", FeatureAblation(net).attribute(x, target=1)
    yield "occlusion", Occlusion(net).attribute(x, sliding_window_shapes=(1, 3, 3), strides=(1, 2, 2), target=1)
    torch.manual_seed(3)
    yield "permutation", FeaturePermutation(net).attribute(x, target=1)
    mask = (torch.arange(64) // 8).reshape(1, 1, 8, 8)
    torch.manual_seed(4)
    yield "shapley", ShapleyValueSampling(net).attribute(x, feature_mask=mask, n_samples=3, target=1)
    torch.manual_seed(5)
    yield "kernel shap", KernelShap(net).attribute(x, feature_mask=mask, n_samples=20, target=1)
    torch.manual_seed(6)
    yield "lime", Lime(net).attribute(x[:1], feature_mask=mask, n_samples=20, target=1)


def layers():
    """Of layers and of neurons."""
    net, x, base = _net()
    yield "activation", LayerActivation(net, net.conv).attribute(x)
    yield "conductance", LayerConductance(net, net.conv).attribute(x, base, n_steps=6, target=1)
    yield "integrated", LayerIntegratedGradients(net, net.lin1).attribute(x, base, n_steps=6, target=1)
    yield "deep lift", LayerDeepLift(net, net.lin1).attribute(x, base, target=1)
    yield "camera", LayerGradCam(net, net.conv).attribute(x, target=1)
    yield "gradient x activation", LayerGradientXActivation(net, net.relu1).attribute(x, target=1)
    yield "influence", InternalInfluence(net, net.lin1).attribute(x, base, n_steps=6, target=1)
    yield "neuron", NeuronGradient(net, net.lin1).attribute(x, 3)
    yield "neuron conductance", NeuronConductance(net, net.lin1).attribute(x, 3, n_steps=6, target=1)
    yield "guided camera", GuidedGradCam(net, net.conv).attribute(x, target=1)
    yield "upsampled", LayerGradCam.interpolate(LayerGradCam(net, net.conv).attribute(x, target=1), (8, 8))


def metrics():
    """How good an attribution is."""
    net, x, _ = _net()
    saliency = Saliency(net)
    torch.manual_seed(7)
    yield "sensitivity", sensitivity_max(saliency.attribute, x, target=1, n_perturb_samples=3)
    found = saliency.attribute(x, target=1)

    def perturb(inputs):
        noise = torch.randn_like(inputs) * 0.1
        return noise, inputs - noise

    torch.manual_seed(8)
    yield "infidelity", infidelity(net, perturb, x, found, target=1, n_perturb_samples=3)
