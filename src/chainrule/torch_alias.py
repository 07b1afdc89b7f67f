"""Let chainrule stand for torch in this process: `import torch` and `import torch.nn` then give chainrule's modules.

Nothing happens until `install` is called. It puts a finder before all others, which answers for `torch`, `torch.*` and
`functorch`, also where the real torch is installed. `torch.nn` is then the very module `chainrule.nn`, so there is one
class of everything, and while the alias stands its name is PyTorch's: `print(type(x))` gives `<class 'torch.Tensor'>`.
Child processes see the same: a folder with a `torch.py` that calls `install` is put on
`sys.path`, which multiprocessing hands to the workers that it spawns, and on PYTHONPATH, which other programs inherit.
"""

from __future__ import annotations

import builtins
import functools
import importlib
import importlib.util
import os
import sys
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from types import ModuleType
from typing import TYPE_CHECKING, Any, cast

from ._missing import missing_module, missing_name, torch_name
from .version import torch_version

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from importlib.abc import Loader
    from importlib.metadata import Distribution, DistributionFinder

__all__ = ["Alias", "install", "load_ipython_extension", "uninstall", "unload_ipython_extension"]

_SHIM = os.path.join(os.path.dirname(__file__), "_shim")


class Alias:
    """What `install` returns. As a context it gives chainrule's module, and takes the alias away at the end."""

    def __init__(self, is_new: bool) -> None:
        self._is_new = is_new

    def __enter__(self) -> ModuleType:
        return importlib.import_module("chainrule")

    def __exit__(self, *exception: object) -> None:
        if self._is_new:  # an alias that was there before the block stays
            uninstall()


def install(*, force: bool = False) -> Alias:
    """Let `torch`, `torch.*` and `functorch` name chainrule's modules from now on, in this process and its children.

    Args:
        force: evict the real torch if it has been imported already (default: refuse). Objects that were made with it
            remain what they were.

    Returns:
        A handle that is also a context manager: leaving it undoes this call.

    Raises:
        RuntimeError: if the real torch has been imported already and force is False.

    >>> with install():
    ...     import torch.nn.functional as F
    >>> F.__name__
    'chainrule.nn.functional'
    """
    if _find_installed() is not None:
        return Alias(is_new=False)
    evicted = {name: module for name, module in sys.modules.items() if _our_name(name) is not None}
    if evicted and not force:
        real = evicted.get("torch") or next(iter(evicted.values()))
        where = getattr(real, "__file__", "an unknown place")
        raise RuntimeError(
            f"torch has been imported already, from {where}, so chainrule cannot stand for it. Call "
            "chainrule.torch_alias.install() before the first `import torch` (in a notebook: restart the kernel), "
            "or install(force=True) to evict it"
        )
    for name in evicted:
        del sys.modules[name]
    finder = TorchFinder(evicted)
    sys.modules["chainrule"].__name__ = "torch"  # code that patches PyTorch compares with it
    sys.meta_path.insert(0, finder)
    for name, module in list(sys.modules.items()):
        if name.startswith("chainrule."):
            finder.name_classes(module)
    sys.path.insert(1, _SHIM)  # the first entry is the program's own folder, and programs rely on that
    os.environ["PYTHONPATH"] = os.pathsep.join([_SHIM, *_python_path()])
    finder.watch_classes()
    return Alias(is_new=True)


def uninstall() -> None:
    """Take the alias away: `import torch` finds the real torch again, or nothing. Without an alias, do nothing."""
    finder = _find_installed()
    if finder is None:
        return
    sys.meta_path.remove(finder)
    sys.modules["chainrule"].__name__ = "chainrule"
    finder.unwatch_classes()
    ours = {name: sys.modules.pop(name) for name in list(sys.modules) if _our_name(name) is not None}
    for name, module in ours.items():
        parent, _, own_name = name.rpartition(".")
        if module.__name__ == name and vars(ours[parent]).get(own_name) is module:
            delattr(ours[parent], own_name)  # a mere home, which the import system has put into a module of chainrule
    sys.modules.update(finder.evicted)
    for kind, own in finder.renamed.items():
        kind.__module__ = own
    sys.path[:] = [folder for folder in sys.path if folder != _SHIM]
    rest = _python_path()
    if rest:
        os.environ["PYTHONPATH"] = os.pathsep.join(rest)
    else:
        os.environ.pop("PYTHONPATH", None)


def load_ipython_extension(ipython: object) -> None:
    """Install the alias: `%load_ext chainrule`."""
    install()


def unload_ipython_extension(ipython: object) -> None:
    """Take the alias away: `%unload_ext chainrule`."""
    uninstall()


class TorchFinder:
    """Answers the import system, and `importlib.metadata`, for the names of torch."""

    def __init__(self, evicted: dict[str, ModuleType]) -> None:
        self.evicted = evicted
        self.renamed: dict[type, str] = {}
        self.build_class: Any = None
        self.plain_build_class: Any = None

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Find the module of chainrule that a torch name stands for."""
        if fullname.startswith("chainrule."):
            return self._own_spec(fullname, path, target)
        ours = _our_name(fullname)
        if ours is None:
            return None
        parent, _, own_name = fullname.rpartition(".")
        if parent and callable(vars(sys.modules[parent]).get(own_name)):
            sys.modules[parent].__class__ = _Parent
        spec = _find_spec(ours)
        if spec is None or spec.origin is None:  # without an origin it is a mere folder
            home = _Home(fullname)
            if home.kinds or home.is_package:
                return ModuleSpec(fullname, cast("Loader", home), is_package=home.is_package)
            # An import statement gets the explanation; `importlib.util.find_spec` asks whether, and gets None.
            if sys._getframe(2).f_code.co_name == "_find_and_load_unlocked":
                raise missing_module(fullname)
            return None
        is_package = spec.submodule_search_locations is not None
        return _OurSpec(fullname, cast("Loader", _OurLoader(ours)), origin=spec.origin, is_package=is_package)

    def _own_spec(self, fullname: str, path: Sequence[str] | None, target: ModuleType | None) -> ModuleSpec | None:
        """A module of ours that is imported under its own name: as ever, and then its classes get PyTorch's names."""
        spec = PathFinder.find_spec(fullname, path, target)
        if spec is not None and isinstance(spec.loader, SourceFileLoader):
            run = spec.loader.exec_module

            def exec_module(module: ModuleType) -> None:
                run(module)
                self.name_classes(module)

            vars(spec.loader)["exec_module"] = exec_module
        return spec

    def name_classes(self, module: ModuleType) -> None:
        """Let the public classes that a module of ours defines say that they are at home where PyTorch's are.

        A module in which PyTorch defines classes that we define elsewhere has them, too.
        """
        part = module.__name__.split(".")[1]
        same = torch_name(module.__name__)
        if same in _home_modules() and "__getattr__" not in vars(module):
            vars(module)["__getattr__"] = functools.partial(_elsewhere, module.__name__)
        for name, kind in list(vars(module).items()):
            if isinstance(kind, type) and (kind.__module__, kind.__qualname__) == (module.__name__, name):
                _evaluate_hints(kind, module)
                homes = _homes(part, name) or _homes("", name) or (_homes("utils", name) if part == "core" else ())
                if homes[:1] == ("torch",) and name not in dir(sys.modules["chainrule"]):
                    homes = ()  # PyTorch's compiler has a class of this name
                if same in homes or (
                    not homes and part in ("nn", "optim", "utils", "distributions", "fx")
                ):  # or private
                    homes = (same,)
                elif homes[:1] != ("torch",):
                    homes = tuple(home for home in homes if _package_of(home))
                if homes:
                    self.renamed[kind] = kind.__module__
                    kind.__module__ = homes[0]

    def watch_classes(self) -> None:
        """Let public functions ask for ``__torch_function__`` as soon as the program has a class that defines it.

        A subclass of ``Tensor`` says so itself. Of other classes nothing is known before the call, and then it is too late.
        """
        build = builtins.__build_class__

        def build_class(*args: Any, **options: Any) -> Any:
            made = build(*args, **options)
            if "__torch_function__" in getattr(made, "__dict__", ()):
                self.unwatch_classes()
                importlib.import_module("chainrule._overridable").activate()
            return made

        self.build_class, self.plain_build_class = build_class, build
        builtins.__build_class__ = build_class

    def unwatch_classes(self) -> None:
        """Build classes as ever."""
        if builtins.__build_class__ is self.build_class:
            builtins.__build_class__ = self.plain_build_class

    def find_distributions(self, context: DistributionFinder.Context | None = None) -> Iterator[Distribution]:
        """Answer `importlib.metadata.version("torch")`."""
        wanted = None if context is None else context.name
        if wanted is None or wanted.lower() == "torch":
            yield _distribution()


def _evaluate_hints(kind: type, module: ModuleType) -> None:
    """Let ``typing.get_type_hints`` answer of a class, also of a subclass: it looks names up where the class says it is at home.

    What is imported for type checkers only is Any.
    """
    hints = kind.__dict__.get("__annotations__", {})
    for name, hint in list(hints.items()):
        if isinstance(hint, str):
            try:
                hints[name] = eval(hint, vars(module), dict(vars(kind)))  # noqa: S307 - our own annotations
            except (NameError, AttributeError, TypeError):
                hints[name] = Any


class _Parent(ModuleType):
    """A package with a function that has the name of a module of PyTorch, which does not take the function's place."""

    def __setattr__(self, name: str, value: object) -> None:
        if not (isinstance(value, ModuleType) and callable(vars(self).get(name))):
            super().__setattr__(name, value)


class _OurSpec(ModuleSpec):
    """The spec of a torch name. While its module has it, what the module imports is still relative to our package."""

    @property
    def parent(self) -> str:
        """The package of ours that the module is in."""
        return cast("str", _our_name(cast("str", super().parent)))


class _OurLoader:
    """Gives the import system chainrule's own module for a torch name."""

    def __init__(self, ours: str) -> None:
        self.ours = ours

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        module = importlib.import_module(self.ours)
        self.own_spec = module.__spec__
        return module

    def exec_module(self, module: ModuleType) -> None:
        # It has run under its own name. The import system has just written the alias's spec into it, with which
        # `importlib.reload` would not find it again.
        module.__spec__ = self.own_spec
        if "__getattr__" not in vars(module):
            vars(module)["__getattr__"] = functools.partial(_elsewhere, self.ours)


def _elsewhere(module: str, name: str) -> Any:
    """A class that PyTorch defines in this module, and we in another, or a module of such classes; or the error."""
    part = module.split(".")[1]
    if _find_installed() is not None and f"{torch_name(module)}.{name}" in _home_modules():
        return importlib.import_module(f"{torch_name(module)}.{name}")
    package = f"chainrule.{part}"
    if module != package and torch_name(module) in _homes(part, name):
        return getattr(importlib.import_module(package), name)
    raise missing_name(module, name)


class _Home:
    """Makes a module of torch that is the home of classes which chainrule defines elsewhere: pickle looks there."""

    def __init__(self, fullname: str) -> None:
        self.kinds = {}
        self.is_package = False
        renamed = cast("TorchFinder", _find_installed()).renamed
        for (_, name), homes in _all_homes().items():
            for home in homes:
                if (home + ".").startswith(fullname + "."):
                    package = _package_of(home)
                    kind = getattr(importlib.import_module(package), name, None) if package else None
                    if home == fullname and kind in renamed:
                        self.kinds[name] = kind
                    self.is_package |= home != fullname and kind is not None

    def create_module(self, spec: ModuleSpec) -> None:
        return None

    def exec_module(self, module: ModuleType) -> None:
        vars(module).update(self.kinds)
        renamed = cast("TorchFinder", _find_installed()).renamed
        for kind in self.kinds.values():  # `inspect.getsource` looks for a class in the file of its home
            module.__file__ = sys.modules[renamed[kind]].__file__


@functools.lru_cache
def _package_of(home: str) -> str | None:
    """The package of ours that has the names of a module of torch: the nearest one, if what is nearest is a package."""
    ours = cast("str", _our_name(home)).rpartition(".")[0]
    spec = _find_spec(ours)
    if spec is None:
        return _package_of(home.rpartition(".")[0])
    return ours if spec.submodule_search_locations else None


def _find_spec(name: str) -> ModuleSpec | None:
    try:
        return importlib.util.find_spec(name)
    except ModuleNotFoundError:  # of the parent
        return None


def _homes(part: str, name: str) -> tuple[str, ...]:
    """The modules that PyTorch's public classes of a name say that they are at home in, within one part of torch.

    What is at home in torch itself, or in torch.autograd, is made in several places here: those have the part "".
    """
    return _all_homes().get((part, name), ())


@functools.lru_cache
def _all_homes() -> dict[tuple[str, str], tuple[str, ...]]:
    found: dict[tuple[str, str], tuple[str, ...]] = {}
    path = os.path.join(os.path.dirname(__file__), "data", "torch_homes.txt")
    with open(path, encoding="ascii") as file:
        for line in file:
            home, _, names = line.partition(": ")
            part = home.split(".")[1] if "." in home else ""
            for name in names.split():
                key = ("" if part == "autograd" else part, name)
                found[key] = (*found.get(key, ()), home)
    return found


@functools.lru_cache
def _home_modules() -> frozenset[str]:
    """The modules of PyTorch that define public classes, and the packages of them."""
    return frozenset(
        ".".join(parts[:n])
        for homes in _all_homes().values()
        for parts in (home.split(".") for home in homes)
        for n in range(2, len(parts) + 1)
    )


def _our_name(name: str) -> str | None:
    """The module of chainrule that a torch name stands for, or None for a name that is none of torch's."""
    top, dot, rest = name.partition(".")
    home = {"torch": "chainrule", "functorch": "chainrule.functorch"}.get(top)
    return home and home + dot + rest


def _find_installed() -> TorchFinder | None:
    return next((finder for finder in sys.meta_path if isinstance(finder, TorchFinder)), None)


def _python_path() -> list[str]:
    return [folder for folder in os.environ.get("PYTHONPATH", "").split(os.pathsep) if folder not in ("", _SHIM)]


@functools.lru_cache
def _distribution() -> Distribution:
    # importlib.metadata takes longer to import than all the rest of this file.
    from importlib.metadata import Distribution
    from pathlib import Path

    texts = {
        "METADATA": f"Metadata-Version: 2.1\nName: torch\nVersion: {torch_version}\n"
        "Summary: chainrule, standing for torch\n",
        "top_level.txt": "torch\nfunctorch\n",
    }

    class TorchDistribution(Distribution):
        """The metadata of a distribution "torch", as far as a program can ask for it."""

        def read_text(self, filename: str) -> str | None:
            return texts.get(filename)

        def locate_file(self, path: str | os.PathLike[str]) -> Path:
            return Path(__file__).parent / path

    return TorchDistribution()
