"""Subclasses of Tensor, modes, and other classes with ``__torch_function__``."""

from __future__ import annotations

import copy
import inspect
import json
import pickle
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from override_programs import outcome

import chainrule as torch
from chainrule import torch_alias
from chainrule.utils._python_dispatch import TorchDispatchMode

GOLDEN = json.loads((Path(__file__).parent / "golden" / "overrides.json").read_text(encoding="utf-8"))
ENTRIES = [
    pytest.param(entry, id=f"{group}: {entry['program'].replace(chr(10), ' ')[:90]}")
    for group, entries in GOLDEN.items()
    for entry in entries
]


@pytest.mark.parametrize("entry", ENTRIES)
def test_recorded(entry: dict[str, Any]) -> None:
    """By tools/record_overrides.py."""
    want = {key: value for key, value in entry.items() if key != "program"}
    with torch_alias.install():
        got = outcome(torch, entry["program"])
    assert got == want


def in_a_process_of_its_own(program: str) -> str:
    """What a program prints that starts before anything asks."""
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    return ran.stdout.strip()


def test_nothing_asks_before_there_is_somebody_to_ask() -> None:
    assert (
        in_a_process_of_its_own(
            "import sys, chainrule as torch, chainrule.nn.functional as F\n"
            "torch.nn.Linear(1, 1)(torch.ones(1)); torch.nn.LazyLinear(2); torch.nn.Buffer(torch.ones(1))\n"
            "class P(torch.nn.Parameter): pass\n"
            "P(torch.ones(1)) * 2\n"
            "functions = torch.add, torch.Tensor.add, torch.Tensor.__mul__, F.relu, torch.Tensor.shape.fget\n"
            "codes = [function.__code__ for function in functions]\n"
            "print('chainrule._overridable' in sys.modules, any(hasattr(function, '__wrapped__') for function in functions))\n"
            "class M(torch.Tensor): pass\n"
            "print([function.__code__ is code for function, code in zip(functions, codes)])"
        )
        == "False False\n[False, False, False, False, False]"
    )


def test_who_holds_a_function_from_before_holds_the_one_that_is_told_of() -> None:
    assert (
        in_a_process_of_its_own(
            "import chainrule as torch\n"
            "from chainrule import add\n"
            "table = {torch.Tensor.clone: 'the method', torch.clone: 'the function', torch.sort: 'late'}\n"
            "class M(torch.Tensor):\n"
            "    @classmethod\n"
            "    def __torch_function__(cls, func, types, args=(), kwargs=None):\n"
            "        return table.get(func, func.__name__)\n"
            "m = M([1.])\n"
            "print(m.clone(), torch.clone(m), torch.sort(m), m.sort(), add(m, 1), torch.topk(m, 1), m.topk(1), torch.linalg.inv(m))"
        )
        == "the method the function late sort add topk topk linalg_inv"
    )


def test_a_class_that_is_no_tensor_is_heard_after_an_import() -> None:
    program = (
        "import chainrule as torch\n"
        "class S:\n"
        "    @classmethod\n"
        "    def __torch_function__(cls, func, types, args=(), kwargs=None): return 'taken'\n"
        "try: print(torch.mean(S()))\n"
        "except TypeError as error: print(error)\n"
        "import chainrule.overrides\n"
        "print(torch.mean(S()), torch.ones(1) * S())"
    )
    assert in_a_process_of_its_own(program) == (
        "mean(): argument 'input' (position 1) must be Tensor, not S. It has __torch_function__, but is no subclass of Tensor: "
        "import torch.overrides, and such classes are heard from then on\ntaken taken"
    )


def test_what_pytorch_itself_asks_is_refused() -> None:
    """A program that imports both: PyTorch asks any class that has ``__torch_function__``, and the call would ask again."""

    def sin(x: Any) -> Any:
        return x.__torch_function__(sin, (type(x),), (x,), None)

    sin.__module__ = "torch"
    with pytest.raises(TypeError, match=r"^torch.sin of the PyTorch that is installed was given a chainrule.Tensor"):
        sin(torch.ones(2))


def test_a_tensor_of_pytorch_itself_is_refused() -> None:
    program = (
        "import chainrule\n"
        "class Tensor:\n"
        "    __module__ = 'torch'\n"
        "    @classmethod\n"
        "    def __torch_function__(cls, func, types, args=(), kwargs=None): return func(*args)\n"
        "    __torch_function__.__func__.__module__ = 'torch._tensor'\n"
        "for _ in range(2):\n"
        "    try: chainrule.mean(Tensor())\n"
        "    except TypeError as error: print(error)\n"
        "    import chainrule.overrides\n"
        "try: chainrule.ones(3) + Tensor()\n"
        "except TypeError as error: print(error)"
    )
    what = "of PyTorch itself: from_numpy(x.detach().numpy()) makes one of chainrule's of it, in the same memory"
    of_mean = f"mean(): argument 'input' (position 1) must be Tensor, not Tensor {what}"
    assert in_a_process_of_its_own(program).splitlines() == [of_mean] * 2 + [f"add(): an operand is a Tensor {what}"]


def test_under_the_alias_any_class_is_heard() -> None:
    program = (
        "import builtins; build = builtins.__build_class__\n"
        "import chainrule.torch_alias; chainrule.torch_alias.install()\n"
        "import torch\n"
        "class S:\n"
        "    @classmethod\n"
        "    def __torch_function__(cls, func, types, args=(), kwargs=None): return 'taken'\n"
        "print(torch.mean(S()), builtins.__build_class__ is build)"
    )
    assert in_a_process_of_its_own(program) == "taken True"


def test_the_alias_leaves_classes_alone_when_it_goes() -> None:
    program = (
        "import builtins; build = builtins.__build_class__\n"
        "import chainrule.torch_alias\n"
        "with chainrule.torch_alias.install(): print(builtins.__build_class__ is build)\n"
        "print(builtins.__build_class__ is build)"
    )
    assert in_a_process_of_its_own(program) == "False\nTrue"


class Marked(torch.Tensor):
    """A subclass with nothing of its own."""


def test_a_hooked_function_shows_its_parameters() -> None:
    assert list(inspect.signature(torch.add).parameters) == ["input", "other", "factors_first", "alpha", "out"]
    assert torch.Tensor.sum.__doc__ == torch.sum.__doc__
    with pytest.raises(TypeError, match=r"add\(\) missing 1 required positional argument"):
        torch.add(torch.ones(1))


def test_origins_are_the_users_lines() -> None:
    x = torch.ones(1, requires_grad=True)
    product = Marked([2.0]) * x
    place = product.grad_fn.next_functions[0][0].origin()
    assert place.file == __file__
    assert place.expression == "Marked([2.0]) * x"
    assert torch.mul(x, x).grad_fn.origin().expression == "torch.mul(x, x)"


def test_gradients_go_through_subclasses() -> None:
    x = torch.tensor([1.0, 2.0], dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda x: (x.as_subclass(Marked).exp() * Marked([3.0, 4.0])).sum(), x)
    assert torch.autograd.gradgradcheck(lambda x: x.as_subclass(Marked).pow(3).sum(), x)


def test_transforms_compile_nothing_away() -> None:
    x = torch.tensor([1.0, 2.0])
    got = torch.vmap(lambda row: row.as_subclass(Marked) * 2)(x)
    assert got.tolist() == [2.0, 4.0]
    assert torch.func.jvp(lambda v: (v.as_subclass(Marked) ** 2).sum(), (x,), (torch.ones(2),))[1].item() == 6.0


def test_modes_are_a_threads_own() -> None:
    seen = []

    class Count(torch.overrides.TorchFunctionMode):
        def __torch_function__(self, func, types, args=(), kwargs=None):
            seen.append(func)
            return func(*args, **(kwargs or {}))

    with Count():
        thread = threading.Thread(target=lambda: torch.ones(1) + 1)
        thread.start()
        thread.join()
    assert not seen


def test_an_error_in_a_mode_leaves_it_in_force() -> None:
    class Fails(torch.overrides.TorchFunctionMode):
        def __torch_function__(self, func, types, args=(), kwargs=None):
            raise KeyError

    x = torch.ones(1)
    with Fails() as mode:
        for _ in range(2):
            with pytest.raises(KeyError):
                x + 1
        assert torch.overrides._get_current_function_mode() is mode
    assert torch.overrides._get_current_function_mode() is None
    assert (x + 1).item() == 2


def test_pickled_and_copied() -> None:
    marked = Marked([1.0])
    marked.tag = "t"
    for made in (pickle.loads(pickle.dumps(marked)), copy.copy(marked)):
        assert type(made) is Marked
        assert made.tag == "t"
    assert type(pickle.loads(pickle.dumps(torch.nn.Parameter(torch.ones(1))))) is torch.nn.Parameter


class Wrapper(torch.Tensor):
    """A class for PyTorch's dispatcher."""

    @classmethod
    def __torch_dispatch__(cls, func, types, args=(), kwargs=None):
        return func(*args)


@pytest.mark.parametrize(
    "program",
    [
        lambda: Wrapper([1.0]),
        lambda: torch.ones(1).as_subclass(Wrapper),
        lambda: torch.Tensor._make_subclass(Wrapper, torch.ones(1)),
        lambda: torch.Tensor._make_wrapper_subclass(Wrapper, (2,), dtype=torch.float32),
        lambda: TorchDispatchMode().__enter__(),
    ],
)
def test_dispatch_is_refused_in_words(program: Callable[[], Any]) -> None:
    with pytest.raises(NotImplementedError, match=r"chainrule has no __torch_dispatch__.*Write __torch_function__"):
        program()


@pytest.mark.parametrize(
    "program",
    [
        lambda: torch.ones(1) + "a",
        lambda: torch.ones(1).float(1, 2, 3),
        lambda: torch._foreach_addcdiv(1, 2, 3),
        lambda: torch.sin("a"),
    ],
)
def test_debuggers_may_read_frames_of_functions_that_ask(program: Callable[[], Any]) -> None:
    with pytest.raises(TypeError) as caught:
        program()
    found, at = set(), caught.tb
    while at is not None:
        found |= set(at.tb_frame.f_locals)  # it was an access to no memory, where a function has cells
        at = at.tb_next
    assert "program" in found
