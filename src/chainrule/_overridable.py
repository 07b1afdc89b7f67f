"""Which public functions ``__torch_function__`` is told of, and the moment from which it is.

That is the first class that may take calls over: a subclass of ``Tensor``, a mode, or the import of ``torch.overrides``, for
classes of other kinds. What loads later is hooked when it loads.
"""

from __future__ import annotations

import sys
from types import FunctionType
from typing import Any

from . import _late, functions
from ._tensor import Tensor
from .core.overriding import Public, hook, set_plain_tensor

TOP = __name__.partition(".")[0]

HOMES = {
    "": "torch",
    "nn.functional": "torch.nn.functional",
    "linalg": "torch.linalg",
    "fft": "torch.fft",
    "special": "torch.special",
    "nn.init": "torch.nn.init",
}
"""The modules whose functions are hooked, and PyTorch's names of them."""

METHODS_HOME = f"{TOP}.functions.methods"

UNASKED = {
    "": frozenset(
        """
        are_deterministic_algorithms_enabled broadcast_shapes clear_autocast_cache compile cond from_dlpack from_numpy frombuffer
        get_autocast_cpu_dtype get_autocast_dtype get_autocast_gpu_dtype get_default_device get_default_dtype
        get_deterministic_debug_mode get_float32_matmul_precision get_num_interop_threads get_num_threads get_rng_state
        initial_seed is_anomaly_check_nan_enabled is_anomaly_enabled is_autocast_cache_enabled is_autocast_cpu_enabled
        is_autocast_enabled is_deterministic_algorithms_warn_only_enabled is_grad_enabled is_inference_mode_enabled
        is_storage is_tensor is_warn_always_enabled load manual_seed save scan seed set_anomaly_enabled set_default_device
        set_default_dtype set_default_tensor_type set_deterministic_debug_mode set_float32_matmul_precision
        set_flush_denormal set_num_interop_threads set_num_threads set_printoptions set_rng_state set_warn_always to_dlpack
        typename use_deterministic_algorithms vmap while_loop autocast_decrement_nesting autocast_increment_nesting
        set_autocast_cache_enabled set_autocast_cpu_dtype set_autocast_cpu_enabled set_autocast_dtype set_autocast_enabled
        set_autocast_gpu_dtype draw explain guard kinks memory warn_broadcasts why check custom_jvp custom_vjp stop_gradient
    """.split()
    ),
    "nn.functional": frozenset("sigmoid tanh upsample upsample_bilinear upsample_nearest".split()),
}
"""Functions that PyTorch does not tell of, and those that are not its."""

MAKING = frozenset(
    """
    arange as_tensor asarray bartlett_window blackman_window can_cast empty empty_permuted empty_strided eye fftfreq full
    hamming_window hann_window kaiser_window linspace logspace ones promote_types rand randint randn randperm range rfftfreq
    scalar_tensor tensor tril_indices triu_indices zeros
    """.split()
)
"""Those that only modes are told of."""

IN_PYTHON = frozenset(
    """
    atleast_1d atleast_2d atleast_3d block_diag broadcast_tensors cartesian_prod cdist chain_matmul einsum lobpcg lu meshgrid
    norm pca_lowrank split stft svd_lowrank sym_float sym_int sym_ite sym_max sym_min sym_not sym_sqrt sym_sum tensordot
    unique unique_consecutive unravel_index
    """.split()
)
"""Functions of ``torch`` that PyTorch has in Python."""

IN_C = frozenset(
    """
    adaptive_avg_pool1d avg_pool1d avg_pool2d avg_pool3d bilinear celu_ channel_shuffle conv1d conv2d conv3d conv_tbc
    conv_transpose1d conv_transpose2d conv_transpose3d cosine_similarity elu_ gelu hardshrink hardtanh_ leaky_relu_ linear
    logsigmoid native_channel_shuffle one_hot pairwise_distance pdist pixel_shuffle pixel_unshuffle prelu relu_ rrelu_
    scaled_dot_product_attention selu_ softplus softshrink threshold_
    """.split()
)
"""Functions of ``torch.nn.functional`` that PyTorch does not have in Python."""

INITS = frozenset("constant_ kaiming_uniform_ normal_ uniform_".split())
"""Those of ``torch.nn.init`` that PyTorch tells of as such; of the others, what they call."""

METHODS_IN_PYTHON = frozenset(
    """
    __array__ __contains__ __deepcopy__ __dir__ __dlpack__ __dlpack_device__ __floordiv__ __format__ __ipow__ __len__ __pow__
    __reduce_ex__ __repr__ __reversed__ __rfloordiv__ __rlshift__ __rmatmul__ __rmod__ __rpow__ __rrshift__ __rsub__
    __rtruediv__ backward dim_order is_shared istft lu module_load norm register_hook
    register_post_accumulate_grad_hook reinforce resize resize_as share_memory_ split stft storage unflatten unique
    unique_consecutive
    """.split()
)

OPERATORS = {
    "__abs__": "abs", "__add__": "add", "__iadd__": "add_", "__radd__": "add", "__ge__": "ge", "__gt__": "gt", "__le__": "le",
    "__lt__": "lt", "__ne__": "ne", "__matmul__": "matmul", "__mod__": "remainder", "__imod__": "remainder_",
    "__mul__": "mul", "__imul__": "mul_", "__rmul__": "mul", "__neg__": "neg", "__pos__": "positive", "__rand__": "bitwise_and",
    "__ror__": "bitwise_or", "__rxor__": "bitwise_xor", "__sub__": "sub", "__isub__": "sub_", "__truediv__": "div",
    "__itruediv__": "div_", "__ifloordiv__": "floor_divide_",
}  # fmt: skip
"""Operators that are told of as the methods that they stand for."""

OTHER_OPERATORS = frozenset(
    """
    __and__ __iand__ __eq__ __floordiv__ __rfloordiv__ __lshift__ __ilshift__ __rlshift__ __rmatmul__ __rmod__ __or__ __ior__
    __pow__ __ipow__ __rpow__ __rshift__ __irshift__ __rrshift__ __rsub__ __rtruediv__ __xor__ __ixor__
    """.split()
)

PYTORCHS_NAMES = {"__pow__": "pow", "__ipow__": "pow_", "__rtruediv__": "__rdiv__"}
"""What PyTorch's objects call themselves."""

SPECIAL_METHODS = frozenset(
    """
    __array__ __array_function__ __array_ufunc__ __bool__ __complex__ __contains__ __deepcopy__ __dir__ __dlpack__ __dlpack_device__ __float__ __format__
    __getitem__ __index__ __int__ __invert__ __len__ __reduce_ex__ __repr__ __reversed__ __setitem__ _base _version
    _is_view
    """.split()
)

UNASKED_METHODS = frozenset(["as_subclass"])

NAMES: dict[Any, str] = {}
"""What is told of -> its name, as ``torch.overrides.resolve_name`` gives it."""

_done: set[FunctionType] = set()


def activate() -> None:
    """From now on, calls of public functions ask whether somebody takes them over."""
    if watch in _late.WATCHERS:
        return
    _late.WATCHERS.append(watch)
    set_plain_tensor(Tensor)
    _hook_methods({name: value for kind in reversed(Tensor.__mro__[:-1]) for name, value in vars(kind).items()})
    for home in HOMES:
        full_name = f"{TOP}.{home}" if home else TOP
        module = sys.modules.get(full_name)
        if module is not None:
            watch(full_name, vars(module))
    from .autograd import _backward

    for function in (_backward.grad, _backward.backward):
        _hooked(function, f"torch.autograd.{function.__name__}").in_python = True
        del NAMES[function]  # PyTorch resolves no such name


def watch(home: str, names: dict[str, Any]) -> None:
    """Hook those of the names that are public functions; ``home`` is the module that has them."""
    if home == METHODS_HOME:
        _hook_methods(names)
        return
    home = home.removeprefix(TOP).removeprefix(".")
    if home not in HOMES:
        return
    public = names.get("__all__", names)
    for name in [one for one in public if one in names and one not in UNASKED.get(home, ())]:
        value = names[name]
        if type(value) is not FunctionType or value in _done or (home == "nn.init" and name not in INITS):
            continue
        if home in ("linalg", "special") and _is_torchs(name, value):
            watch(TOP, {name: value})
            continue
        in_python = (
            name in IN_PYTHON if not home else home == "nn.init" or (home == "nn.functional" and name not in IN_C)
        )
        of_torch = HOMES["nn.functional"] if name in IN_C else "torch.functional" if in_python else HOMES[""]
        hooked = _hooked(value, f"{HOMES[home] if home else of_torch}.{name}")
        if home in ("linalg", "fft", "special"):
            value.__name__ = f"{home}_{name}"  # what PyTorch's objects call themselves
        hooked.makes = name in MAKING
        hooked.in_python = in_python
        hooked.unrolls = name == "einsum"
        hooked.named_only = home == "nn.init"


def _is_torchs(name: str, function: FunctionType) -> bool:
    """Whether ``torch`` has the same function under this name, asked without loading what is late."""
    late_home = _late.homes(functions.LATE).get(name)
    home = sys.modules.get(TOP if late_home is None else f"{TOP}.functions.{late_home}")
    return home is not None and vars(home).get(name) is function


def _hooked(function: Any, name: str) -> Public:
    _done.add(function)
    NAMES[function] = name
    return hook(function, name)


def _hook_methods(names: Any) -> None:
    """Hook methods and properties of ``Tensor``, given by their names in one of its classes."""
    for name, value in list(names.items()):
        is_asked = name in SPECIAL_METHODS or name in OPERATORS or name in OTHER_OPERATORS or not name.startswith("_")
        if not is_asked or name in UNASKED_METHODS:
            continue
        if type(value) is FunctionType and value not in _done:
            public = _hooked(value, f"torch.Tensor.{name}")
            public.operator = name in OPERATORS or name in OTHER_OPERATORS
            public.in_python = name in METHODS_IN_PYTHON
            value.__name__ = PYTORCHS_NAMES.get(name, value.__name__)
            if name in OPERATORS:
                public.func = names[OPERATORS[name]] if OPERATORS[name] in names else getattr(Tensor, OPERATORS[name])
                del NAMES[value]
        elif type(value) is property:
            for accessor, how in ((value.fget, "__get__"), (value.fset, "__set__"), (value.fdel, "__delete__")):
                if accessor is not None and accessor not in _done:
                    _hooked(accessor, f"torch.Tensor.{name}.{how}").func = getattr(value, how)
                    del NAMES[accessor]
                    if accessor is not value.fdel:
                        NAMES[getattr(value, how)] = f"torch.Tensor.{name}.{how}"
