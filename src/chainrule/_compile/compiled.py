"""``compile``: a function, or a whole step with its backward and its update, as one XLA program.

The first call runs as it stands: it creates what a first step creates (the state of an optimizer). From the second call
on, the function is traced: the tensors that it uses, arguments or not, are lent to the trace, which runs the same Python
on values that have no numbers yet. What it read is what the program takes, what it wrote is what the program gives back.
Each signature of the inputs has a program of its own.
"""

from __future__ import annotations

import functools
import inspect
import sys
import warnings
from collections.abc import Callable
from threading import RLock
from typing import Any

import numpy as np

from ..autograd.function import Function
from ..compiler import set_stance
from ..core.modes import changed_modes, modes
from ..core.value import Lifted, Parked, TensorBase, new_tensor
from ..core.xla_level import XlaArray
from ..dtypes import default
from ..func import vjp
from ..utils._pytree import TreeSpec, tree_flatten, tree_leaves, tree_unflatten
from .cache import use_cache
from .capture import Capture, standing_in
from .feeds import Draws, drawn_now
from .program import Program, described
from .reach import PLAIN, Reach, itself

BACKENDS = frozenset({"xla", "inductor", "openxla", "eager", "aot_eager"})
MODES = ("default", "reduce-overhead", "max-autotune", "max-autotune-no-cudagraphs")


def compile(
    model: Callable[..., Any] | None = None,
    *,
    fullgraph: bool = False,
    dynamic: bool | None = None,
    backend: str = "xla",
    mode: str | None = None,
    options: Any = None,
    disable: bool = False,
    fallback: str | None = None,
) -> Any:
    """``model``, run by XLA from its second call on.

    Args:
        model: a function or a module; left out, the call gives a decorator.
        fullgraph: the whole function is one program, always; with True, what cannot be one is an error.
        dynamic: accepted: each shape has a program of its own.
        backend: "xla" or PyTorch's "inductor" and "openxla", which are taken as that; "eager" and "aot_eager":
            give ``model`` back as it is.
        mode: one of PyTorch's, of no effect: XLA has one way.
        options: accepted, and of no effect; not together with ``mode``.
        disable: give ``model`` back as it is.
        fallback: what happens where the function depends on values, or JAX is not installed: "error", or "eager": a warning, and
            it runs as it stands. Left out, "eager" where chainrule stands for torch (``chainrule run``) and ``fullgraph`` is
            not asked for, as PyTorch breaks the graph there; else "error".

    Returns:
        A function of the same arguments. Tensors that it uses otherwise (parameters, ``.grad``, the state of an optimizer)
        are found by themselves, and written as the function writes them.

        Random numbers are drawn before each run as the function would draw them. Floats in the ``param_groups`` of an
        optimizer are looked up before each run. Other Python numbers are constants of a program: where one that the code
        names (an argument, in the closure, a global, an attribute of an object, a class or a Python module) is another one
        now, the function is traced again.

    Raises:
        RuntimeError: an unknown backend or mode; at the call that traces: the function depends on values, changes a Python
            number of an optimizer, or keeps a tensor that it made. ImportError: JAX is not installed.

    >>> import chainrule as torch
    >>> @torch.compile
    ... def double(x):
    ...     return 2 * x
    >>> double(torch.ones(2))
    tensor([2., 2.])
    """
    if backend not in BACKENDS:
        raise RuntimeError(f"Invalid backend: {backend!r}: give one of {', '.join(sorted(BACKENDS))}")
    if mode is not None and options is not None:
        raise RuntimeError("Either mode or options can be specified, but both can't be specified at the same time.")
    if mode not in (None, *MODES):
        raise RuntimeError(f"Unrecognized mode={mode!r}, should be one of: {', '.join(MODES)}")
    if fallback is None:
        stands_for_torch = sys.modules.get("torch") is sys.modules["chainrule"]
        fallback = "eager" if stands_for_torch and not fullgraph else "error"
    if fallback not in ("error", "eager"):
        raise ValueError(f"compile(): fallback must be 'error' or 'eager', got {fallback!r}")
    if model is None:
        return functools.partial(compile, backend=backend, disable=disable, fallback=fallback)
    if disable or backend in ("eager", "aot_eager"):
        return model
    if not callable(model):
        raise TypeError(f"compile(): expected a function or a module, got {type(model).__name__}")
    try:
        import jax  # noqa: F401
    except ImportError:
        needed = "compile needs JAX: pip install 'chainrule[xla]'"
        if fallback == "error":
            raise ImportError(needed) from None
        warnings.warn(f"{needed}. What it was given runs as it stands.", stacklevel=2)
        return model
    return Compiled(model, fallback)


class Compiled:
    """A compiled function: its programs, by the signature of their inputs."""

    def __init__(self, function: Callable[..., Any], fallback: str) -> None:
        functools.update_wrapper(self, function, updated=())
        self._function = function
        self._fallback = fallback
        self._programs: dict[Any, list[Program]] = {}
        """By the signature of the arguments; those of one differ in the state that they were traced for."""
        self._captured: list[Any] = []
        self._reach = Reach(function)
        self._place: tuple[type, str] | None = None
        """The class whose method it is, and by which name."""
        self._last: Program | None = None
        self._is_warm = False
        self._eager_keys: set[Any] = set()
        self._log: list[str] = []

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or "_function" not in self.__dict__:
            raise AttributeError(f"'{type(self).__name__}' object has no attribute '{name}'")
        return getattr(self._function, name)

    @property
    def _orig_mod(self) -> Any:
        """What was compiled, by PyTorch's name for it."""
        return self._function

    def __set_name__(self, owner: type, name: str) -> None:
        self._place = (owner, name)

    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        """As a method: each object has compiled programs of its own."""
        if instance is None or not inspect.isfunction(self._function):
            return self
        name = (
            f"compiled {self._place}"
            if self._place is None
            else f"compiled {self._place[0].__qualname__}.{self._place[1]}"
        )
        bound = instance.__dict__.get(name)
        if bound is None or bound._function.__self__ is not instance:  # a copy has the original's
            bound = Compiled(self._function.__get__(instance, owner), self._fallback)
            bound._place = self._place
            instance.__dict__[name] = bound
        return bound

    def __reduce__(self) -> Any:
        """Without its programs: these are traced again."""
        function = self._function
        if self._place is not None and hasattr(function, "__self__"):
            return method_of, (*self._place, function.__self__)
        if self._place is not None or (inspect.isfunction(function) and found_by_name(function) is self):
            return function.__qualname__
        return Compiled, (function, self._fallback)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if set_stance._now == "force_eager":
            return self._function(*args, **kwargs)
        leaves, spec = tree_flatten((args, kwargs))
        if modes().capture is not None or any(is_lifted(leaf) for leaf in leaves):
            return self._function(*args, **kwargs)  # part of the program, or of the transform, around it
        with LENDING:
            if not self._is_warm:
                return self._first_run(args, kwargs, leaves)
            key = self._key(leaves, spec)
            if key in self._eager_keys:
                return self._function(*args, **kwargs)
            program = next((one for one in self._programs.get(key, ()) if one.fits(leaves)), None)
            if program is None:
                try:
                    program = self._traced(key, args, kwargs, leaves)
                except RuntimeError as error:
                    if self._fallback != "eager" or not str(error).startswith("compile: "):
                        raise
                    self._eager_keys.add(key)
                    warnings.warn(f"{error} It runs as it stands from now on.", stacklevel=2)
                    return self._function(*args, **kwargs)
            return differentiable(program, leaves) if program.results.recorded else program(leaves)

    def _first_run(self, args: tuple[Any, ...], kwargs: dict[str, Any], leaves: list[Any]) -> Any:
        capture = Capture([leaf for leaf in leaves if isinstance(leaf, TensorBase)])
        with changed_modes(capture=capture):
            result = self._function(*args, **kwargs)
        self._captured = capture.found
        self._is_warm = True
        return result

    def _key(self, leaves: list[Any], spec: TreeSpec) -> tuple[Any, ...]:
        current = modes()
        kinds = tuple([described(leaf) if isinstance(leaf, TensorBase) else static_key(leaf) for leaf in leaves])
        return spec, kinds, current.grad, current.inference, default.dtype, self._reach.at(objects_in(leaves)).found

    def _traced(self, key: Any, args: tuple[Any, ...], kwargs: dict[str, Any], leaves: list[Any]) -> Program:
        use_cache()
        given = {id(leaf) for leaf in leaves}
        last = self._last
        draws, settings = ([], []) if last is None else (last.draws, last.settings)
        captured = [t for t in self._captured if id(t) not in given]
        look = self._reach.at(objects_in(leaves))
        program = Program(self._function, args, kwargs, captured, draws, settings, look.optimizers)
        if changed := look.found.changes_to(self._reach.at(objects_in(leaves)).found):
            raise RuntimeError(
                f"compile: the function changes {changed[0]}, which a program would not do again in each call. Change a tensor "
                "in place instead, or do it outside."
            )
        warn_if_long(program)
        self._captured = list({id(t): t for t in (*self._captured, *program.captured)}.values())
        self._log.append(f"{self._reason(key, leaves)}; {program.results.ops} ops, traced in {program.seconds:.2f} s")
        self._programs.setdefault(key, []).insert(0, program)
        self._last = program
        return program

    def _reason(self, key: Any, leaves: list[Any]) -> str:
        """Why a new program was needed."""
        if key in self._programs:
            stale = self._programs[key][0]
            pairs = zip(stale.signature, stale.state_signature(leaves), strict=True)
            changed = [f"captured tensor {at}: {a} became {b}" for at, (a, b) in enumerate(pairs) if a != b]
            changed += [str(guard) for guard in stale.guards if not guard.holds()]
            return "traced again, since what it uses has changed: " + "; ".join(changed)
        if not self._programs:
            return "traced for the first time"
        last = list(self._programs)[-1]
        if last[0] != key[0]:
            return f"traced again, since the arguments have another structure: {last[0]} became {key[0]}"
        changed = [
            f"argument {at}: {a} became {b}" for at, (a, b) in enumerate(zip(last[1], key[1], strict=True)) if a != b
        ]
        names = ("grad mode", "inference mode", "default dtype")
        changed += [f"{name}: {a} became {b}" for name, a, b in zip(names, last[2:5], key[2:5], strict=True) if a != b]
        changed += last[5].changes_to(key[5])
        return "traced again, since the call has changed: " + "; ".join(changed)


def method_of(owner: type, name: str, instance: Any) -> Any:
    """A compiled method of an object."""
    return vars(owner)[name].__get__(instance, owner)


def found_by_name(function: Any) -> Any:
    """What the module of a function has under its name."""
    found: Any = sys.modules.get(function.__module__)
    for part in function.__qualname__.split("."):
        found = getattr(found, part, None)
    return found


LENDING = RLock()
"""One at a time: while a program is traced, the tensors that it uses are lent to the trace."""


def is_lifted(leaf: Any) -> bool:
    """Whether an argument is a value of a transform. That of a tensor on the device "xla" is none."""
    return (
        isinstance(leaf, TensorBase)
        and isinstance(leaf._array, Lifted)
        and not isinstance(leaf._array, (Parked, XlaArray))
    )


def static_key(leaf: Any) -> Any:
    """What stands for an argument that is no tensor. What is in an array, the look at all objects has found."""
    return type(leaf) if isinstance(leaf, np.ndarray) else itself(leaf)


def objects_in(leaves: list[Any]) -> list[Any]:
    """The arguments that a program knows as themselves: modules and the like."""
    return [leaf for leaf in leaves if not isinstance(leaf, (TensorBase, *PLAIN))]


class CompiledFunction(Function):
    """A compiled function in the graph around it: one node, whose backward is compiled as well."""

    @staticmethod
    def forward(ctx: Any, program: Program, leaves: list[Any], *inputs: Any) -> Any:
        ctx.program = program
        drawn = drawn_now(program.draws, program.left_behind)
        ctx.drawn = [new_tensor(numbers) for numbers in drawn]
        ctx.save_for_backward(*inputs)
        ctx.set_materialize_grads(True)
        outputs = tree_leaves(program.run_on(leaves, drawn))
        made = program.results.made
        ctx.mark_non_differentiable(*[outputs[at] for at in made if at not in program.results.recorded])
        return ([None if at in made else one for at, one in enumerate(outputs)], *[outputs[at] for at in made])

    @staticmethod
    def backward(ctx: Any, _: Any, *cotangents: Any) -> Any:
        results = ctx.program.results
        given = [g for at, g in zip(results.made, cotangents, strict=True) if at in results.recorded]
        return (None, None, *pull_of(ctx.program)(ctx.saved_tensors, ctx.drawn, given))


def differentiable(program: Program, leaves: list[Any]) -> Any:
    """Run a program whose outputs require grad outside of it."""
    inputs = program.inputs(leaves)
    outputs, *made = CompiledFunction.apply(program, leaves, *inputs)
    for at, tensor in zip(program.results.made, made, strict=True):
        outputs[at] = tensor
    return tree_unflatten(outputs, program.results.spec)


def pull_of(program: Program) -> Any:
    """The compiled vjp of a program: a function of (inputs, random numbers, cotangents), made when first asked for."""
    if program.pull is None:

        def pull(inputs: tuple[Any, ...], drawn: list[Any], cotangents: list[Any]) -> list[Any]:
            inexact = [at for at, one in enumerate(inputs) if one._array.dtype.kind not in "iub"]
            again = Draws(program.draws, [numbers._array for numbers in drawn])

            def outputs(*values: Any) -> list[Any]:
                given = list(inputs)
                for at, value in zip(inexact, values, strict=True):
                    given[at] = value
                first, last = len(program.positions), len(program.positions) + len(program.captured)
                known = [*given[:first], *program.captured]
                owners = [known[owner] for owner in program.grad_owners]
                lent = standing_in(program.captured, given[first:last], owners, given[last:])
                with lent, changed_modes(draws=again):
                    results = tree_leaves(program.call(given))
                    return [results[at] for at in program.results.recorded]

            found = iter(vjp(outputs, *[inputs[at] for at in inexact])[1](cotangents))
            return [next(found) if at in inexact else None for at in range(len(inputs))]

        program.pull = Compiled(pull, "error")
        program.pull._is_warm = True  # it creates no state
    return program.pull


LONG = 2000
"""Ops from which the compile time of an unrolled program is worth a warning."""


def warn_if_long(program: Program) -> None:
    if program.results.ops > LONG:
        warnings.warn(
            f"compile: the program has {program.results.ops} ops (traced in {program.seconds:.1f} s). XLA's compile time grows faster "
            "than a program: some 5 s for 1000 ops, a minute for 3000. Write long loops with chainrule.scan, which compiles its body "
            "once.",
            stacklevel=4,
        )


def explain(compiled: Any) -> str:
    """What a compiled function has been traced for, and why each time.

    >>> import chainrule as torch
    >>> print(torch.compile.explain(torch.compile(torch.sin)))
    no program yet: the first call runs as it stands, the second is traced
    """
    if not isinstance(compiled, Compiled):
        raise TypeError(f"explain(): expected a compiled function, got {type(compiled).__name__}")
    if not compiled._log:
        return "no program yet: the first call runs as it stands, the second is traced"
    return "\n".join(f"{number}. {line}" for number, line in enumerate(compiled._log, 1))


compile.explain = explain  # type: ignore[attr-defined]
