"""``torch.distributed.fsdp``: parameters in parts in several processes. There are none; whether a module is such a one can be asked."""

from __future__ import annotations

from typing import Any, NamedTuple

from .._missing import missing_name
from . import refuse

__all__ = ["FSDPModule", "FullyShardedDataParallel", "MixedPrecisionPolicy", "fully_shard"]


class FSDPModule:
    """A module that :func:`fully_shard` has changed, for ``isinstance``: nothing is one."""

    def __new__(cls, *args: Any, **kwargs: Any) -> Any:
        return refuse()


class FullyShardedDataParallel:
    """Refused when it is made."""

    def __new__(cls, *args: Any, **kwargs: Any) -> Any:
        return refuse()


class MixedPrecisionPolicy(NamedTuple):
    """In which dtypes a sharded module is to compute; a record."""

    param_dtype: Any = None
    reduce_dtype: Any = None
    output_dtype: Any = None
    cast_forward_inputs: bool = True


fully_shard = refuse


def __getattr__(name: str) -> Any:
    raise missing_name(__name__, name)
