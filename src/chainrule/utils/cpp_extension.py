"""``torch.utils.cpp_extension``: extensions in C++ and CUDA, which are written for PyTorch's own tensors. None is built here.

Programs import it for layers that they have in Python, too, and take those where building fails.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any, NoReturn

__all__ = [
    "BuildExtension", "CUDAExtension", "CppExtension", "include_paths", "is_ninja_available", "load", "load_inline",
    "verify_ninja_availability",
]  # fmt: skip

CUDA_HOME = CUDNN_HOME = ROCM_HOME = None
"""Where CUDA and the like are installed: nowhere that is looked at."""

_INSTEAD = (
    "Extensions in C++ are for PyTorch's own tensors, and chainrule builds none. Write it in Python, as a "
    "torch.autograd.Function if it has a derivative of its own"
)


def load(name: str, sources: str | Sequence[str], *args: Any, **kwargs: Any) -> NoReturn:
    """Refused: building and loading an extension.

    Args:
        name: that of the extension.
        sources: its files.
        args: accepted.
        kwargs: accepted.

    Raises:
        FileNotFoundError: a source is not there.
        RuntimeError: otherwise.

    >>> from chainrule.utils import cpp_extension
    >>> cpp_extension.load("fused", [])
    Traceback (most recent call last):
    RuntimeError: Error building extension 'fused': Extensions in C++ are for PyTorch's own tensors, ...
    """
    for source in [sources] if isinstance(sources, str) else sources:
        if not os.path.exists(source):
            raise FileNotFoundError(2, "No such file or directory", source)
    raise RuntimeError(f"Error building extension {name!r}: {_INSTEAD}")


def load_inline(name: str, cpp_sources: Any, *args: Any, **kwargs: Any) -> NoReturn:
    """Refused: building and loading an extension whose source is a string.

    >>> from chainrule.utils import cpp_extension
    >>> cpp_extension.load_inline("fused", "int f() { return 1; }")
    Traceback (most recent call last):
    RuntimeError: Error building extension 'fused': Extensions in C++ are for PyTorch's own tensors, ...
    """
    load(name, [])


def CppExtension(name: str, sources: Sequence[str], *args: Any, **kwargs: Any) -> NoReturn:  # noqa: N802 - PyTorch's
    """Refused: an extension for ``setuptools``.

    >>> from chainrule.utils import cpp_extension
    >>> cpp_extension.CppExtension("fused", ["fused.cpp"])
    Traceback (most recent call last):
    OSError: fused: Extensions in C++ are for PyTorch's own tensors, ...
    """
    raise OSError(f"{name}: {_INSTEAD}")


def CUDAExtension(name: str, sources: Sequence[str], *args: Any, **kwargs: Any) -> NoReturn:  # noqa: N802
    """Refused: an extension for ``setuptools`` that needs CUDA.

    >>> from chainrule.utils import cpp_extension
    >>> cpp_extension.CUDAExtension("fused", ["fused.cu"])
    Traceback (most recent call last):
    OSError: fused: there is no CUDA. Extensions in C++ are for PyTorch's own tensors, ...
    """
    raise OSError(f"{name}: there is no CUDA. {_INSTEAD}")


class BuildExtension:
    """The command of ``setuptools`` that would build extensions; refused when it is run.

    >>> from chainrule.utils import cpp_extension
    >>> cpp_extension.BuildExtension()
    Traceback (most recent call last):
    OSError: Extensions in C++ are for PyTorch's own tensors, ...
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        raise OSError(_INSTEAD)

    @classmethod
    def with_options(cls, **options: Any) -> type[BuildExtension]:
        """The same command, whatever the options."""
        return cls


def is_ninja_available() -> bool:
    """Whether extensions can be built: no.

    >>> from chainrule.utils import cpp_extension
    >>> cpp_extension.is_ninja_available()
    False
    """
    return False


def verify_ninja_availability() -> NoReturn:
    """Raise, since extensions cannot be built.

    >>> from chainrule.utils import cpp_extension
    >>> cpp_extension.verify_ninja_availability()
    Traceback (most recent call last):
    RuntimeError: Ninja is required to load C++ extensions. Extensions in C++ are for PyTorch's own tensors, ...
    """
    raise RuntimeError(f"Ninja is required to load C++ extensions. {_INSTEAD}")


def include_paths(*args: Any, **kwargs: Any) -> list[str]:
    """Where the headers for C++ are: there are none.

    >>> from chainrule.utils import cpp_extension
    >>> cpp_extension.include_paths()
    []
    """
    return []
