"""What optimizers ask of the settings that they are given."""

from __future__ import annotations

from typing import Any

from ..core.value import TensorBase

Group = dict[str, Any]
"""The parameters of a group, under "params", and its settings."""
SAID = {"eps": "epsilon"}
"""What a setting is called in errors, where PyTorch's say another name."""


def check_settings(settings: Group, *at_least_zero: str) -> None:
    """Raise unless the settings are in their ranges: those that most optimizers have, and the named ones.

    Raises:
        ValueError: one is not. RuntimeError: ways of computing that PyTorch does not combine.
    """
    check_learning_rate(settings["lr"])
    if "betas" in settings:
        check_betas(settings["betas"])
    for name in at_least_zero:
        if not settings[name] >= 0.0:
            raise ValueError(f"Invalid {SAID.get(name, name)} value: {settings[name]}, it must be at least 0")
    if settings.get("fused") and settings["differentiable"]:
        raise RuntimeError("`fused` does not support `differentiable`: leave one of them away")
    if settings.get("fused") and settings["foreach"]:
        raise RuntimeError("`fused` and `foreach` cannot be `True` together. Leave one of them away")


def check_learning_rate(lr: Any) -> None:
    if isinstance(lr, TensorBase) and lr.numel() != 1:
        raise ValueError(f"Tensor lr must be 1-element: it has the shape {list(lr.shape)}")
    if not lr >= 0.0:
        raise ValueError(f"Invalid learning rate: {lr}, it must be at least 0")


def check_betas(betas: tuple[Any, Any]) -> None:
    for n, beta in enumerate(betas):
        if not 0.0 <= beta < 1.0:
            raise ValueError(f"Invalid beta parameter at index {n}: {beta}, it must be at least 0 and less than 1")
    if isinstance(betas[0], TensorBase) != isinstance(betas[1], TensorBase):
        raise ValueError("betas must be either both floats or both Tensors")
    for n, beta in enumerate(betas):
        if isinstance(beta, TensorBase) and beta.numel() != 1:
            raise ValueError(f"Tensor betas[{n}] must be 1-element: it has the shape {list(beta.shape)}")
