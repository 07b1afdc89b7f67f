"""How operations are drawn and what their derivatives are called."""

from __future__ import annotations

import re
from typing import Any

SYMBOLS = {
    "add": "+", "add_scaled": "+", "subtract": "−", "subtract_scaled": "−", "reverse_subtract": "−",
    "reverse_subtract_number": "−", "multiply": "*", "divide": "/", "negative": "−", "reciprocal": "1/x", "matmul": "@",
    "mm": "@", "mv": "@", "vm": "@", "bmm": "@", "dot": "·", "power_to": "**", "power_of": "**",
    "sum_all": "sum", "linear_layer": "linear", "stacked_linear_layer": "linear", "put_path": "put", "get_path": "get",
    "permute_dims": "permute", "batch_out": "out of batch",
    "batch_in": "into batch", "swapaxes": "transpose", "sort_with_indices": "sort", "unstack": "unbind", "t": "transpose",
    "expand_dims": "unsqueeze", "broadcast_to": "expand", "astype": "to", "matrix_transpose": "transpose",
    "slice_axis": "slice", "xla_in": "to xla", "xla_out": "to cpu", "reshape_alias": "reshape", "unsafe_view": "view",
    "sech_squared": "sech²", "view_as_complex": "view_as_complex",
}  # fmt: skip
FORMS = re.compile(r"(_(all|complex|number|index|one|tensor|with_indices|indices))+$")
"""Ends of names that tell forms of one function apart, which users call by one name."""

ACTIONS = {
    ("matmul", "x"): "g @ yᵀ", ("matmul", "y"): "xᵀ @ g", ("mm", "x"): "g @ yᵀ", ("mm", "y"): "xᵀ @ g",
    ("bmm", "x"): "g @ yᵀ", ("bmm", "y"): "xᵀ @ g", ("mv", "x"): "outer(g, y)", ("mv", "y"): "xᵀ @ g",
    ("conjugate", "x"): "conj(g)", ("linear_layer", "x"): "g @ w", ("linear_layer", "w"): "gᵀ @ x", ("linear_layer", "b"): "Σ g",
}  # fmt: skip
"""(op, operand) -> what becomes of a cotangent ``g``, where the operands' names say it well."""


def symbol_of(op: Any, params: Any) -> str:
    """The sign or word in the circle."""
    if op.name == "power_to":
        exponent = params.get("exponent")
        return {2: "x²", 3: "x³", 0.5: "√x"}.get(exponent, f"** {exponent}")
    return SYMBOLS.get(op.name) or FORMS.sub("", op.name)


def spoken(name: str) -> str:
    """What users call an op: ``sort`` for ``sort_with_indices``, ``max`` for ``max_all`` and ``max_index``."""
    word = SYMBOLS.get(name, "")
    return word if word.isidentifier() else FORMS.sub("", name)


def action_of(op: Any, argument: str) -> str:
    """What the reverse pass does with a cotangent ``g`` on its way to that operand."""
    known = ACTIONS.get((op.name, argument))
    if known is not None:
        return known
    if op.kind == "elementwise":
        return "g × the derivative of each element"
    if op.kind == "view":
        return "g, put back into the places it was read from"
    if op.name in ("sum", "sum_all"):
        return "g, repeated along the summed axes"
    if op.name == "mean":
        return "g / n, repeated along the averaged axes"
    return f"Jᵀ g, J the Jacobian of {op.name} by {argument}"
