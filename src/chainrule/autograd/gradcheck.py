"""``gradcheck`` and ``gradgradcheck``: are the derivatives of a function right?

The work is done in ``_gradient_checks``, which is loaded when it is needed.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .._tensor import Tensor

__all__ = [
    "GradcheckError",
    "get_analytical_jacobian",
    "get_numerical_jacobian",
    "get_numerical_jacobian_wrt_specific_input",
    "gradcheck",
    "gradgradcheck",
]


class GradcheckError(RuntimeError):
    """A derivative is not what it should be."""


def gradcheck(
    func: Callable[..., Any],
    inputs: Tensor | Sequence[Any],
    *,
    eps: float = 1e-6,
    atol: float = 1e-5,
    rtol: float = 1e-3,
    raise_exception: bool = True,
    nondet_tol: float = 0.0,
    check_undefined_grad: bool = True,
    check_grad_dtypes: bool = False,
    check_batched_grad: bool = False,
    check_batched_forward_grad: bool = False,
    check_forward_ad: bool = False,
    check_backward_ad: bool = True,
    fast_mode: bool = False,
    masked: bool | None = None,
) -> bool:
    """Compare the gradients of a function with central differences, element by element of its Jacobians.

    Derivatives are taken with respect to the inputs that require grad, which should be of double precision. Complex
    outputs are checked as their real and their imaginary part. While it runs, the elements of the inputs are moved, one
    at a time, and put back. At a kink the two derivatives differ without either being wrong.

    Args:
        func: takes the inputs, returns a tensor or a tuple of tensors.
        inputs: a tensor, or a tuple of tensors and whatever else the function takes.
        eps: how far elements are moved.
        atol: the absolute tolerance.
        rtol: the tolerance relative to the numerical derivative.
        raise_exception: raise what is wrong; with False, return False.
        nondet_tol: by how much two runs of the backward may differ.
        check_undefined_grad: check that outputs without a gradient count as outputs with gradient zero.
        check_grad_dtypes: check that gradients have the dtypes of the inputs.
        check_batched_grad: check that vmap over the backward gives what single backwards give.
        check_batched_forward_grad: the same in forward mode.
        check_forward_ad: check forward mode.
        check_backward_ad: check reverse mode.
        fast_mode: compare the Jacobians in one random direction each, instead of wholly.
        masked: allow gradients that are almost zero where they should be zero.

    Returns:
        Whether all is right; True, unless ``raise_exception=False``.

    Raises:
        GradcheckError: a derivative is wrong.
        ValueError: no input requires grad.
        RuntimeError: elements of an input share memory.

    >>> import chainrule as torch
    >>> x = torch.tensor([1., 2.], dtype=torch.float64, requires_grad=True)
    >>> torch.autograd.gradcheck(lambda x: x.exp().sum(), x)
    True
    """
    require(check_forward_ad or check_backward_ad, "at least one of check_forward_ad or check_backward_ad to be True")
    require(check_backward_ad or not check_batched_grad, "check_backward_ad to be True for check_batched_grad=True")
    require(
        check_forward_ad or not check_batched_forward_grad,
        "check_forward_ad to be True for check_batched_forward_grad=True",
    )
    from ..core.sparse_level import is_sparse
    from . import _gradient_checks as checks
    from ._jacobians import as_tuple

    if any(is_sparse(getattr(x, "_array", None)) for x in as_tuple(inputs)):
        given = {
            "eps": eps, "atol": atol, "rtol": rtol, "raise_exception": raise_exception, "nondet_tol": nondet_tol,
            "check_undefined_grad": check_undefined_grad, "check_grad_dtypes": check_grad_dtypes,
            "check_batched_grad": check_batched_grad, "fast_mode": fast_mode,
        }  # fmt: skip
        return checks.of_sparse_inputs(gradcheck, func, inputs, given)
    options = checks.Options(
        eps=eps,
        atol=atol,
        rtol=rtol,
        nondet_tol=nondet_tol,
        check_undefined_grad=check_undefined_grad,
        check_grad_dtypes=check_grad_dtypes,
        check_batched_grad=check_batched_grad,
        check_batched_forward_grad=check_batched_forward_grad,
        check_forward_ad=check_forward_ad,
        check_backward_ad=check_backward_ad,
        fast_mode=fast_mode,
        masked=bool(masked),
    )
    try:
        checks.run(func, as_tuple(inputs), options)
    except GradcheckError:
        if raise_exception:
            raise
        return False
    return True


def gradgradcheck(
    func: Callable[..., Any],
    inputs: Tensor | Sequence[Any],
    grad_outputs: Tensor | Sequence[Tensor] | None = None,
    *,
    eps: float = 1e-6,
    atol: float = 1e-5,
    rtol: float = 1e-3,
    gen_non_contig_grad_outputs: bool = False,
    raise_exception: bool = True,
    nondet_tol: float = 0.0,
    check_undefined_grad: bool = True,
    check_grad_dtypes: bool = False,
    check_batched_grad: bool = False,
    check_fwd_over_rev: bool = False,
    check_rev_over_rev: bool = True,
    fast_mode: bool = False,
    masked: bool = False,
) -> bool:
    """:func:`gradcheck` of the gradients of a function, as functions of its inputs and of ``grad_outputs``.

    Args:
        func: takes the inputs, returns a tensor or a tuple of tensors.
        inputs: as for :func:`gradcheck`.
        grad_outputs: a cotangent for each output that requires grad. Default: random ones between -1 and 1.
        eps: how far elements are moved.
        atol: the absolute tolerance.
        rtol: the tolerance relative to the numerical derivative.
        gen_non_contig_grad_outputs: make the random ``grad_outputs`` not contiguous in memory.
        raise_exception: raise what is wrong; with False, return False.
        nondet_tol: by how much two runs of the backward may differ.
        check_undefined_grad: check that outputs without a gradient count as outputs with gradient zero.
        check_grad_dtypes: check that gradients have the dtypes of the inputs.
        check_batched_grad: check that vmap over the backward gives what single backwards give.
        check_fwd_over_rev: check forward mode over reverse mode.
        check_rev_over_rev: check reverse mode over reverse mode.
        fast_mode: compare the Jacobians in one random direction each, instead of wholly.
        masked: allow gradients that are almost zero where they should be zero.

    Returns:
        Whether all is right; True, unless ``raise_exception=False``.

    >>> import chainrule as torch
    >>> x = torch.tensor([1., 2.], dtype=torch.float64, requires_grad=True)
    >>> torch.autograd.gradgradcheck(lambda x: x ** 3, x)
    True
    """
    require(
        check_fwd_over_rev or check_rev_over_rev, "at least one of check_fwd_over_rev or check_rev_over_rev to be True"
    )
    require(
        check_rev_over_rev or not check_undefined_grad, "check_rev_over_rev to be True for check_undefined_grad=True"
    )
    require(check_rev_over_rev or not check_batched_grad, "check_rev_over_rev to be True for check_batched_grad=True")
    from ._gradient_checks import Gradients, random_cotangents
    from ._jacobians import as_tuple

    inputs = as_tuple(inputs)
    if grad_outputs is None:
        grad_outputs = random_cotangents(func, inputs, gen_non_contig_grad_outputs)
    cotangents = as_tuple(grad_outputs)
    return gradcheck(
        Gradients(func, inputs, cotangents),
        (*inputs, *cotangents),
        eps=eps,
        atol=atol,
        rtol=rtol,
        raise_exception=raise_exception,
        nondet_tol=nondet_tol,
        check_undefined_grad=check_undefined_grad,
        check_grad_dtypes=check_grad_dtypes,
        check_batched_grad=check_batched_grad,
        fast_mode=fast_mode,
        check_forward_ad=check_fwd_over_rev,
        check_backward_ad=check_rev_over_rev,
        masked=masked,
    )


def require(condition: bool, what: str) -> None:
    if not condition:
        raise AssertionError(f"Expected {what}")


def get_numerical_jacobian(
    fn: Callable[..., Any], inputs: Any, target: Any = None, eps: float = 1e-3, grad_out: float = 1.0
) -> tuple[Tensor, ...]:
    """Deprecated in PyTorch: the Jacobians of the first output of ``fn(inputs)``, by central differences.

    One for each tensor in ``target`` (default: ``inputs``) that requires grad, with a row for each of its elements and a
    column for each element of the output.
    """
    deprecated("get_numerical_jacobian")
    require_one("get_numerical_jacobian", grad_out)
    from ._jacobians import as_tuple, has_tangents, is_differentiable, numerical_jacobian

    def values() -> list[Tensor]:
        return [out.detach().clone() for out in as_tuple(fn(inputs)) if has_tangents(out)]

    if any(out.is_complex() for out in values()):
        raise ValueError(
            "Expected output to be non-complex. get_numerical_jacobian no longer supports functions that return complex outputs."
        )
    moved = as_tuple(inputs if target is None else target)
    return tuple([numerical_jacobian(values, x, eps)[0] for x in moved if is_differentiable(x)])


def get_numerical_jacobian_wrt_specific_input(
    fn: Callable[..., Any],
    input_idx: int,
    inputs: Sequence[Any],
    outputs: Any,
    eps: float,
    input: Tensor | None = None,
    is_forward_ad: bool = False,
) -> tuple[Tensor, ...]:
    """The Jacobian of each of the ``outputs`` of ``fn(*inputs)`` with respect to one input, by central differences.

    ``input`` is the tensor that is moved, by default ``inputs[input_idx]``. Complex outputs are refused, except with
    ``is_forward_ad`` for a real input.
    """
    from ._jacobians import as_tuple, has_tangents, numerical_jacobian

    moved = inputs[input_idx] if input is None else input
    require(moved.requires_grad, "input to have requires_grad=True")
    complex_outputs = any(out.is_complex() for out in as_tuple(outputs) if has_tangents(out))
    require(not complex_outputs or (is_forward_ad and not moved.is_complex()), "real outputs: take .real, then .imag")

    def values() -> list[Tensor]:
        return [out.detach().clone() for out in as_tuple(fn(*inputs)) if has_tangents(out)]

    return tuple(numerical_jacobian(values, moved, eps))


def get_analytical_jacobian(
    inputs: Any, output: Tensor, nondet_tol: float = 0.0, grad_out: float = 1.0
) -> tuple[tuple[Tensor, ...], bool, bool, bool]:
    """Deprecated in PyTorch: the Jacobians of ``output`` by reverse mode, for each of the inputs that requires grad.

    Returns:
        The Jacobians; whether a second backward gave the same, up to ``nondet_tol``; whether the gradients have the
        sizes, and the dtypes, of the inputs.
    """
    deprecated("get_analytical_jacobian")
    require_one("get_analytical_jacobian", grad_out)
    from ._jacobians import ReverseProducts, as_tuple, basis, is_differentiable

    if output.is_complex():
        raise ValueError(
            "Expected output to be non-complex. get_analytical_jacobian no longer supports functions that return complex outputs."
        )
    tensors = [x for x in as_tuple(inputs) if is_differentiable(x)]
    first, second = [ReverseProducts(output, tensors, basis(output)) for _ in range(2)]
    reentrant = first.distance(second) <= nondet_tol
    return tuple(first.matrices), reentrant, first.right_sizes, first.right_dtypes


def deprecated(name: str) -> None:
    warnings.warn(
        f"`{name}` was part of PyTorch's private API and not meant to be exposed: call gradcheck, or "
        "autograd.functional.jacobian.",
        FutureWarning,
        stacklevel=3,
    )


def require_one(name: str, grad_out: float) -> None:
    if grad_out != 1.0:
        raise ValueError(f"Expected grad_out to be 1.0. {name} no longer supports values of grad_out != 1.0.")
