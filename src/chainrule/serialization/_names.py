"""What the names in a saved file stand for: the only things that loading ever makes, and how ours are named in files."""

from __future__ import annotations

import codecs
import pickle
import sys
from collections import Counter, OrderedDict, defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from types import FunctionType
from typing import Any, NamedTuple

from .. import dtypes, functions
from .._late import homes
from .._tensor import Tensor
from ..core.generator import Generator
from ..device import device
from ..functions import memory
from ..functions.creation import LAYOUTS, strided
from ..nn import functional
from ..nn.modules.module import Module
from ..nn.parameter import Parameter
from ..size import Size
from ._composites import JAGGED, MASKED, Mark
from ._plain_objects import is_plain_class
from ._unpickler import hashable

__all__ = [
    "STORAGES", "StorageKind", "add_safe_globals", "approved_here", "clear_safe_globals", "get_safe_globals", "is_tensor_class", "known_values",
    "ours_or_modules", "plain_calls", "refused", "safe_globals", "torch_module", "torch_name",
]  # fmt: skip


class StorageKind(NamedTuple):
    """The type of a storage: of elements, or of mere bytes (None)."""

    dtype: dtypes.dtype | None


UNTYPED = StorageKind(None)
STORAGES: dict[dtypes.dtype, str] = {
    dtype: f"{dtype._scalar_type}Storage" for dtype in dtypes.ALL if not dtype._scalar_type.startswith("UInt")
}
"""The name of the typed storage of each dtype that has one: PyTorch keeps the younger ones as bytes."""


NOTE = Mark()
"""What PyTorch's compiler has noted of a tensor."""


def encoded(text: str, encoding: str = "utf-8") -> bytes:
    """Bytes, as protocol 2 spells them; by no codec that unpacks."""
    if encoding not in ("latin1", "utf-8"):
        raise ValueError(f"the encoding {encoding!r} is not one of pickles")
    return text.encode(encoding)


def bytes_from(data: Any = b"", encoding: str = "latin-1") -> bytearray:
    """A bytearray of bytes: of a number it would be any amount of memory."""
    if isinstance(data, str) and encoding == "latin-1":
        return bytearray(data, encoding)
    if not isinstance(data, (bytes, bytearray, list)):
        raise ValueError("a bytearray of something else than bytes")
    return bytearray(data)


def ordered(items: Any = ()) -> OrderedDict[Any, Any]:
    return OrderedDict((hashable(key), value) for key, value in (items.items() if type(items) is dict else items))


def counted(items: Any = ()) -> Counter[Any]:
    return Counter(ordered(items))


def set_of(items: Any = ()) -> set[Any]:
    return {hashable(item) for item in items}


def frozen(items: Any = ()) -> frozenset[Any]:
    return frozenset(set_of(items))


def device_from(*args: Any) -> device:
    return device(*args)


def generator_on(*args: Any) -> Generator:
    return Generator(*args)


def layout(name: str) -> Any:
    for known in (strided, *LAYOUTS.values()):
        if name == str(known):
            return known
    raise ValueError(f"the layout {name} is not one of chainrule's: save tensors .to_dense()")


def plain_calls() -> dict[Any, Callable[..., Any]]:
    """What a file may call besides what makes tensors: plain containers, each by a function of our own."""
    return {
        OrderedDict: ordered,
        Counter: counted,
        set: set_of,
        frozenset: frozen,
        bytearray: bytes_from,
        complex: complex,
        codecs.encode: encoded,
        defaultdict: default_dict,
        Size: Size,
        device: device_from,
        layout: layout,
        Generator: generator_on,
        NOTE: Mark,
    }


def known_values() -> dict[str, Any]:
    """Name in a file -> what it stands for."""
    named: dict[str, Any] = {
        "collections.OrderedDict": OrderedDict,
        "collections.Counter": Counter,
        "builtins.set": set,
        "builtins.frozenset": frozenset,
        "builtins.bytearray": bytearray,
        "builtins.complex": complex,
        "_codecs.encode": codecs.encode,
        "torch.Size": Size,
        "torch.device": device,
        "torch.Tensor": Tensor,
        "torch._C.Generator": Generator,
        "torch.nn.parameter.Parameter": Parameter,
        "torch.serialization._get_layout": layout,
        "torch.storage.UntypedStorage": UNTYPED,
        "torch._dynamo.decorators._DimRange": NOTE,
        JAGGED: Mark(),
        MASKED: Mark(),
    }
    for dtype in dtypes.ALL:
        named[str(dtype)] = dtype
        if dtype in STORAGES:
            named[f"torch.{STORAGES[dtype]}"] = named[f"torch.cuda.{STORAGES[dtype]}"] = StorageKind(dtype)
    for format_ in ("channels_last", "channels_last_3d", "contiguous_format", "preserve_format"):
        named[f"torch.{format_}"] = getattr(memory, format_)
    return named


# -- names of ours ------------------------------------------------------------------------------------------------------

PLACES = {Tensor: "torch.Tensor", Size: "torch.Size", device: "torch.device"}


FILES = homes(
    {
        "torch.nn.modules.activation": "LogSoftmax MultiheadAttention Softmax Softmax2d Softmin",
        "torch.nn.modules.batchnorm": "LazyBatchNorm1d LazyBatchNorm2d LazyBatchNorm3d",
        "torch.nn.modules.channelshuffle": "ChannelShuffle",
        "torch.nn.modules.conv": """
            LazyConv1d LazyConv2d LazyConv3d LazyConvTranspose1d LazyConvTranspose2d LazyConvTranspose3d
        """,
        "torch.nn.modules.fold": "Fold Unfold",
        "torch.nn.modules.instancenorm": """
            InstanceNorm1d InstanceNorm2d InstanceNorm3d LazyInstanceNorm1d LazyInstanceNorm2d LazyInstanceNorm3d
        """,
        "torch.nn.modules.linear": "LazyLinear",
        "torch.nn.modules.linear_cross_entropy_options": "LinearCrossEntropyOptions",
        "torch.nn.modules.loss": """
            CTCLoss CosineEmbeddingLoss HingeEmbeddingLoss MarginRankingLoss MultiLabelMarginLoss MultiLabelSoftMarginLoss
            MultiMarginLoss TripletMarginLoss TripletMarginWithDistanceLoss
        """,
        "torch.nn.modules.pixelshuffle": "PixelShuffle PixelUnshuffle",
        "torch.nn.parallel.data_parallel": "DataParallel",
        "torch.optim": "Adafactor Muon",
    }
)
"""Where PyTorch has classes that are in another file here."""


def torch_module(module: str) -> str:
    """A module of chainrule, as files name it."""
    return "torch" + module[len("chainrule") :] if module == "chainrule" or module.startswith("chainrule.") else module


def torch_name(obj: Any) -> str:
    """The name of a class or function in files: PyTorch's."""
    if isinstance(obj, type) and obj in PLACES:
        return PLACES[obj]
    if (
        isinstance(obj, type)
        and obj.__module__.startswith(("chainrule.nn.", "chainrule.optim."))
        and obj.__name__ in FILES
    ):
        return f"{FILES[obj.__name__]}.{obj.__name__}"
    if isinstance(obj, FunctionType):  # where users find it, not where it is written
        name = obj.__name__
        for home, functions_in in (("torch.nn.functional", functional), ("torch", functions)):
            if getattr(functions_in, name, None) is obj:
                return f"{home}.{name}"
    return torch_module(obj.__module__) + "." + obj.__qualname__


# -- what the user allows -----------------------------------------------------------------------------------------------

_allowed: ContextVar[tuple[Any, ...]] = ContextVar("chainrule_safe_globals", default=())
_everywhere: list[Any] = []


def add_safe_globals(safe_globals: list[Any]) -> None:
    """Let files that are loaded from now on use these classes and functions: make instances of them, call them.

    Args:
        safe_globals: classes and functions; or pairs of one and the name that files have for it, "module.name".

    Raises:
        TypeError: it is no list of such.

    >>> import chainrule as torch
    >>> from fractions import Fraction
    >>> torch.serialization.add_safe_globals([Fraction])
    >>> torch.serialization.get_safe_globals()
    [<class 'fractions.Fraction'>]
    >>> torch.serialization.clear_safe_globals()
    """
    _everywhere.extend(one for one in _checked(safe_globals) if one not in _everywhere)


def get_safe_globals() -> list[Any]:
    """What :func:`add_safe_globals`, and the :class:`safe_globals` in force, have allowed.

    >>> import chainrule as torch
    >>> class Config: ...
    >>> with torch.serialization.safe_globals([Config]):
    ...     print(torch.serialization.get_safe_globals() == [Config])
    True
    """
    return [*_everywhere, *_allowed.get()]


def clear_safe_globals() -> None:
    """Take back what :func:`add_safe_globals` allowed.

    >>> import chainrule as torch
    >>> torch.serialization.clear_safe_globals()
    >>> torch.serialization.get_safe_globals()
    []
    """
    _everywhere.clear()
    _allowed.set(())


@contextmanager
def safe_globals(safe_globals: list[Any]) -> Iterator[None]:
    """Let files that are loaded inside of the ``with`` statement use these classes and functions.

    Args:
        safe_globals: as for :func:`add_safe_globals`.

    >>> import io
    >>> import chainrule as torch
    >>> class Point:
    ...     pass
    >>> file = io.BytesIO()
    >>> torch.save({"at": Point}, file)
    >>> with torch.serialization.safe_globals([Point]):
    ...     torch.load(io.BytesIO(file.getvalue()))["at"] is Point
    True
    """
    token = _allowed.set((*_allowed.get(), *_checked(safe_globals)))
    try:
        yield
    finally:
        _allowed.reset(token)


def _checked(given: Iterable[Any]) -> list[Any]:
    allowed = list(given)
    for one in allowed:
        obj, named = one if isinstance(one, tuple) and len(one) == 2 else (one, "named")
        if not isinstance(named, str) or not (hasattr(obj, "__module__") and hasattr(obj, "__qualname__")):
            raise TypeError(
                f"safe_globals: expected classes, functions, or pairs of one with its name in files, but got {one!r}"
            )
    return allowed


def approved_here() -> dict[str, Any]:
    """Name in files -> what the user allows under it."""
    approved = {}
    for one in get_safe_globals():
        obj, name = one if isinstance(one, tuple) else (one, None)
        if name is None:
            approved[f"{obj.__module__}.{obj.__qualname__}"] = obj
            name = torch_name(obj)
        approved[name] = obj
    return approved


# -- weights_only=False -------------------------------------------------------------------------------------------------

FUNCTIONS = "torch.nn.functional"
FACTORIES = {kind: kind for kind in (dict, list, set, int, float)}


def default_dict(factory: Any = None, *items: Any) -> Any:
    """What optimizers keep their state in."""
    if items or (factory is not None and not (isinstance(factory, type) and factory in FACTORIES)):
        raise ValueError("the file is damaged or hostile: a defaultdict of something else than plain values")
    return defaultdict(factory)


OBJECTS = {"collections.defaultdict": defaultdict} | {f"builtins.{kind.__name__}": kind for kind in FACTORIES}
OURS = ("torch.nn.modules.", "torch.optim.")


def ours_or_modules(module: str, name: str) -> Any:
    """What ``weights_only=False`` allows in addition, without running a line of it: our own modules and optimizers,
    the modules and the plain classes that this program has defined, what optimizers keep their state in, and (as values) the
    functions of ``nn.functional``. Else None.
    """
    if f"{module}.{name}" in OBJECTS:
        return OBJECTS[f"{module}.{name}"]
    if FILES.get(name) == module:
        from .. import nn, optim

        home: Any = optim if module == "torch.optim" else nn
        return getattr(home, name, None)
    home = sys.modules.get(
        "chainrule" + module[len("torch") :] if module.split(".", maxsplit=1)[0] == "torch" else module
    )
    if home is None and module.startswith(OURS):
        from importlib import import_module, util

        ours = "chainrule" + module[len("torch") :]
        home = import_module(ours) if util.find_spec(ours.rpartition(".")[0]) and util.find_spec(ours) else None
    found: Any = home
    for part in name.split("."):
        found = vars(found).get(part) if hasattr(found, "__dict__") else None
    if isinstance(found, type) and issubclass(found, Module) and found.__new__ is object.__new__:
        return found
    if (
        isinstance(found, type)
        and module.startswith("torch.optim.")
        and found.__module__.startswith(("chainrule.", "torch."))
    ):
        return found
    if is_plain_class(found, module) or is_tensor_class(found):
        return found
    return found if module == FUNCTIONS and name in getattr(home, "__all__", ()) else None


def is_tensor_class(found: Any) -> bool:
    """Whether a class of the program is one of tensors, as which a tensor of a file may be seen without a line of it being run."""
    if not isinstance(found, type) or not issubclass(found, Tensor):
        return False
    return not hasattr(found, "__del__") and getattr(found, "__setstate__", None) is getattr(
        Tensor, "__setstate__", None
    )


def refused(name: str, weights_only: bool) -> pickle.UnpicklingError:
    """The error for a name that nothing stands for."""
    short = name.rpartition(".")[2]
    if name.startswith(("torch._utils.", "torch._tensor.", "torch.sparse.", "torch.storage.")) or name in (
        f"torch.{kind}" for kind in ("quint8", "qint8", "qint32", "complex32", "float8_e4m3fn", "float8_e5m2")
    ):
        said = "it belongs to tensors of a kind that chainrule does not have. In PyTorch, save them dense and .float()"
    elif name.startswith(("torch.nn.", "__main__.")) and weights_only:
        said = (
            "the file holds a whole module. Save its model.state_dict() instead and use model.load_state_dict(torch.load(...)). If "
            "you trust the file, torch.load(..., weights_only=False) takes the modules of torch.nn and those that this program has "
            f"defined, and `with torch.serialization.safe_globals([{short}])` what you name"
        )
    else:
        said = (
            f"if you trust the file and {short}, import it and load `with torch.serialization.safe_globals([{short}])`"
        )
    return pickle.UnpicklingError(
        f"Weights only load failed: Unsupported global: {name} was not an allowed global by default. Nothing that a file "
        f"names is imported or called on its word: {said}"
    )
