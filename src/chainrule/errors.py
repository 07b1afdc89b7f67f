"""Exceptions that are two of Python's at once: the class that PyTorch raises, and the one that says what it is."""

from __future__ import annotations

from pickle import UnpicklingError
from typing import Any


class UnavailableDeviceError(AssertionError, RuntimeError):
    """A device that this machine, or chainrule, does not have. PyTorch's is an AssertionError."""


class NotATensorError(TypeError, RuntimeError, AssertionError):
    """Something else where a tensor belongs. PyTorch's is a RuntimeError here and an AssertionError there."""


class NotANumberError(TypeError, ValueError):
    """Text among the numbers of a new tensor. PyTorch's is a TypeError or a ValueError, by its place."""


class CorruptFileError(RuntimeError, UnpicklingError):
    """A saved file that is damaged. PyTorch's is either, by the place of the damage."""


class NotFiniteError(RuntimeError, ArithmeticError):
    """``guard`` has met NaN or infinity."""

    place: Any
    """Where: file, line, function, expression."""
    element: tuple[int, ...]
    """The index of the first number that is not finite."""
    by: str
    """The op, or the node whose backward made it."""
