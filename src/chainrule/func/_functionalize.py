"""``functionalize``: accepted, since nothing has to be done."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any


def functionalize(func: Callable[..., Any], *, remove: str = "mutations") -> Callable[..., Any]:
    """``func`` as it is. In PyTorch: without in-place writes (and views), for tracers that know none.

    Transforms and ``chainrule.compile`` here take in-place writes and views as they come.

    Args:
        func: any function.
        remove: "mutations" or "mutations_and_views".

    Raises:
        RuntimeError: ``remove`` is neither.

    >>> import chainrule as torch
    >>> torch.func.functionalize(lambda x: x.clone().add_(1))(torch.zeros(2))
    tensor([1., 1.])
    """
    if remove not in ("mutations", "mutations_and_views"):
        raise RuntimeError(
            f"functionalize(f, remove='mutations'): received invalid argument for remove={remove}. Valid options are: "
            "remove='mutations' or remove='mutations_and_views'"
        )

    @wraps(func)
    def same(*args: Any, **kwargs: Any) -> Any:
        return func(*args, **kwargs)

    return same
