"""``torch.onnx``: programs ask whether they are being exported. They are not: there is no export here."""

from __future__ import annotations

from typing import Any, NoReturn

from ._missing import missing_name

__all__ = ["export", "is_in_onnx_export"]


def is_in_onnx_export() -> bool:
    """Whether the code that asks is being exported: False.

    >>> import chainrule as torch
    >>> torch.onnx.is_in_onnx_export()
    False
    """
    return False


def export(*args: Any, **kwargs: Any) -> NoReturn:
    """Refused.

    Raises:
        RuntimeError: always.
    """
    raise RuntimeError(
        "torch.onnx.export: chainrule writes no ONNX files. Save the weights, torch.save(module.state_dict(), file), and export "
        "the module with PyTorch"
    )


def __getattr__(name: str) -> Any:
    raise missing_name(__name__, name)
