"""Functions that PyTorch has removed: they are there, and calling one raises, with what to call instead."""

from __future__ import annotations

from typing import Any, NoReturn

__all__ = ["eig", "lstsq", "matrix_rank", "solve", "symeig"]


def _removed(function: str, instead: str) -> RuntimeError:
    return RuntimeError(
        f"This function was deprecated since version 1.9 and is now removed: torch.{function}() does nothing. {instead}"
    )


def eig(self: Any, eigenvectors: bool = False, *, e: Any = None, v: Any = None) -> NoReturn:
    """Removed: see :func:`chainrule.linalg.eig`.

    Raises:
        RuntimeError: always.

    >>> import chainrule as torch
    >>> torch.eig(torch.eye(2))
    Traceback (most recent call last):
    RuntimeError: This function was deprecated since version 1.9 and is now removed: torch.eig() does nothing. ...
    """
    raise _removed(
        "eig",
        "Call torch.linalg.eig(A), or torch.linalg.eigvals(A) for the values alone; both give complex numbers.",
    )


def lstsq(input: Any, A: Any, *, out: Any = None) -> NoReturn:
    """Removed: see :func:`chainrule.linalg.lstsq`, which takes the two matrices in the other order.

    Raises:
        RuntimeError: always.

    >>> import chainrule as torch
    >>> torch.lstsq(torch.ones(2, 1), torch.eye(2))
    Traceback (most recent call last):
    RuntimeError: This function was deprecated since version 1.9 and is now removed: torch.lstsq() does nothing. ...
    """
    raise _removed(
        "lstsq",
        "For X, _ = torch.lstsq(B, A) write X = torch.linalg.lstsq(A, B).solution: the operands are in the other order.",
    )


def matrix_rank(input: Any, tol: Any = None, symmetric: bool = False, *, out: Any = None) -> NoReturn:
    """Removed: see :func:`chainrule.linalg.matrix_rank`.

    Raises:
        RuntimeError: always.

    >>> import chainrule as torch
    >>> torch.matrix_rank(torch.eye(2))
    Traceback (most recent call last):
    RuntimeError: This function was deprecated since version 1.9 and is now removed: torch.matrix_rank() does nothing. ...
    """
    raise _removed("matrix_rank", "Call torch.linalg.matrix_rank(A), with hermitian=True where symmetric=True was.")


def solve(input: Any, A: Any, *, out: Any = None) -> NoReturn:
    """Removed: see :func:`chainrule.linalg.solve`, which takes the two matrices in the other order.

    Raises:
        RuntimeError: always.

    >>> import chainrule as torch
    >>> torch.solve(torch.ones(2, 1), torch.eye(2))
    Traceback (most recent call last):
    RuntimeError: This function was deprecated since version 1.9 and is now removed: torch.solve() does nothing. ...
    """
    raise _removed(
        "solve",
        "For X = torch.solve(B, A).solution write X = torch.linalg.solve(A, B): the operands are in the other order.",
    )


def symeig(input: Any, eigenvectors: bool = False, upper: bool = True, *, out: Any = None) -> NoReturn:
    """Removed: see :func:`chainrule.linalg.eigh`, which reads the lower triangle.

    Raises:
        RuntimeError: always.

    >>> import chainrule as torch
    >>> torch.symeig(torch.eye(2))
    Traceback (most recent call last):
    RuntimeError: This function was deprecated since version 1.9 and is now removed: torch.symeig() does nothing. ...
    """
    raise _removed(
        "symeig",
        "Call torch.linalg.eigh(A, UPLO='U'), or torch.linalg.eigvalsh(A, UPLO='U') for the values alone; without UPLO they read the "
        "lower triangle.",
    )
