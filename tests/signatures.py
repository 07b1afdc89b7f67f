"""The signatures of functions and classes, as JSON can hold them: of PyTorch's when recording, of chainrule's when testing."""

from __future__ import annotations

import importlib
import inspect
from typing import Any

MODULES = """
    torch torch.nn torch.nn.functional torch.nn.init torch.nn.utils torch.nn.utils.rnn torch.nn.utils.parametrize
    torch.nn.utils.parametrizations torch.nn.utils.prune torch.nn.utils.stateless torch.optim torch.optim.lr_scheduler
    torch.optim.swa_utils torch.utils.data torch.utils.checkpoint torch.signal.windows torch.func torch.autograd
    torch.autograd.functional torch.autograd.forward_ad torch.autograd.graph torch.testing torch.distributions
    torch.distributions.transforms torch.amp torch.random torch.serialization torch.hub
    torch.nn.Module torch.optim.Optimizer torch.distributions.Distribution torch.utils.data.DataLoader
    torch.amp.GradScaler
""".split()


def found(torch: Any, path: str) -> Any:
    """The module or class of a name under torch."""
    parts = path.split(".")[1:]
    try:
        return importlib.import_module(".".join([torch.__name__, *parts]))
    except ImportError:
        return getattr(found(torch, ".".join(["torch", *parts[:-1]])), parts[-1])


def public(torch: Any, path: str) -> dict[str, Any]:
    """What is callable there, by name."""
    home = found(torch, path)
    values = {name: getattr(home, name, None) for name in dir(home) if not name.startswith("_")}
    return {name: value for name, value in values.items() if callable(value) and not inspect.ismodule(value)}


def parameters(function: Any) -> list[str] | None:
    """Its parameters as they are written, with defaults, and a "*" before those that are given by name; None: it has no signature."""
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):
        return None
    written: list[str] = []
    for one in signature.parameters.values():
        if one.kind is one.KEYWORD_ONLY and not any(name[0] == "*" for name in written):
            written.append("*")
        stars = {one.VAR_POSITIONAL: "*", one.VAR_KEYWORD: "**"}.get(one.kind, "")
        default = "" if one.default is one.empty else f"={literal(one.default)}"
        if one.name not in ("self", "cls"):
            written.append(stars + one.name + default)
    return written


def literal(default: Any) -> str:
    """A number, a string, None or a tuple of these as text, numbers as floats; "..." for anything else."""
    if isinstance(default, (bool, str, type(None))):
        return repr(default)
    if isinstance(default, (int, float)):
        return repr(float(default))
    if isinstance(default, (tuple, list)):
        return f"({', '.join(literal(one) for one in default)})"
    return "..."
