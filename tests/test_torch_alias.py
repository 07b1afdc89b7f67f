"""`import torch` gives chainrule: whatever a program asks, here and in child processes, with and without torch."""

from __future__ import annotations

import importlib
import importlib.metadata
import importlib.util
import inspect
import os
import pickle
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

import chainrule
import chainrule.nn.functional
import chainrule.nn.modules
from chainrule import torch_alias
from chainrule._missing import pytorch_names
from chainrule.version import torch_version


@pytest.fixture
def alias() -> Iterator[None]:
    with torch_alias.install():
        yield
    assert not torchs_names(), "uninstall left modules behind"


def torchs_names() -> list[str]:
    return [name for name in sys.modules if name.partition(".")[0] in ("torch", "functorch")]


def load(name: str) -> ModuleType:
    """Import a module of torch; the linter forbids to write it out, since everywhere else it would be a mistake."""
    return importlib.import_module(name)


@pytest.fixture
def real_torch(tmp_path: Path) -> Path:
    """A folder with another torch in it, metadata and all."""
    folder = tmp_path / "site"
    (folder / "torch" / "nn").mkdir(parents=True)
    (folder / "torch" / "__init__.py").write_text("__version__ = '1.0'\n")
    (folder / "torch" / "nn" / "__init__.py").write_text("")
    (folder / "torch-1.0.dist-info").mkdir()
    (folder / "torch-1.0.dist-info" / "METADATA").write_text("Metadata-Version: 2.1\nName: torch\nVersion: 1.0\n")
    return folder


@pytest.mark.usefixtures("alias")
class TestImport:
    def test_a_module_is_the_very_module_of_chainrule(self) -> None:
        assert load("torch") is chainrule
        assert load("torch.nn.functional") is chainrule.nn.functional
        assert load("torch").nn is load("torch.nn") is chainrule.nn
        namespace: dict[str, object] = {}
        exec("import torch.autograd\nfrom torch.nn import functional as F\nfrom torch.autograd import grad", namespace)
        assert namespace["torch"] is chainrule
        assert namespace["F"] is chainrule.nn.functional
        assert namespace["grad"] is chainrule.autograd.grad

    def test_a_module_keeps_its_own_spec(self) -> None:
        module = load("torch.nn.functional")
        assert module.__spec__ is not None
        assert (module.__name__, module.__spec__.name) == ("chainrule.nn.functional",) * 2

    def test_a_module_can_be_reloaded(self) -> None:
        # In a process of its own: the other tests hold on to what is in the modules.
        code = (
            "import importlib, chainrule.torch_alias as alias; alias.install(); import torch.nn.functional as F\n"
            "assert importlib.reload(F) is F is importlib.import_module('torch.nn.functional')"
        )
        subprocess.run([sys.executable, "-c", code], check=True)

    def test_find_spec_says_what_is_there(self) -> None:
        assert importlib.util.find_spec("torch") is not None
        assert importlib.util.find_spec("torch.nn.functional") is not None
        assert importlib.util.find_spec("torch.export") is None
        assert importlib.util.find_spec("torchfoo") is None

    def test_source_is_found(self) -> None:
        relu = load("torch.nn.functional").relu
        assert "relu" in inspect.getsource(inspect.unwrap(relu))
        assert inspect.getmodule(load("torch.nn")) is chainrule.nn

    def test_pickles_name_chainrule_and_may_name_torch(self) -> None:
        grad = chainrule.autograd.grad
        assert b"chainrule" in pickle.dumps(grad)
        assert pickle.loads(pickle.dumps(grad)) is grad
        assert pickle.loads(b"ctorch.autograd\ngrad\n.") is grad


@pytest.mark.usefixtures("alias")
class TestMissing:
    def test_a_module_is_a_module_not_found(self) -> None:
        with pytest.raises(
            ModuleNotFoundError, match=r"^No module named 'torch\.export': PyTorch .* has it, chainrule"
        ):
            load("torch.export")
        with pytest.raises(
            ModuleNotFoundError, match=r"^No module named 'torch\.nn\.functionals': .* is torch\.nn\.func"
        ):
            load("torch.nn.functionals")
        with pytest.raises(
            ModuleNotFoundError, match=r"^No module named 'torch\.export': PyTorch .* has it, chainrule"
        ):
            load("torch.export")

    def test_an_attribute_names_the_nearest(self) -> None:
        with pytest.raises(
            AttributeError, match=r"^module 'torch' has no attribute 'tensorr': no public name .* torch\.te"
        ):
            _ = load("torch").tensorr
        with pytest.raises(
            AttributeError, match=r"^module 'torch\.nn\.functional' has no .* nearest is torch\..*\brelu$"
        ):
            _ = load("torch.nn.functional").Reluu

    @pytest.mark.parametrize(("asked", "nearest"), [("Tensr", "Tensor"), ("tensr", "tensor")])
    def test_capitals_decide_between_names_that_differ_in_nothing_else(self, asked: str, nearest: str) -> None:
        with pytest.raises(AttributeError, match=rf"the nearest is torch\.{nearest}$"):
            getattr(load("torch"), asked)

    def test_the_same_name_elsewhere_is_nearer_than_a_similar_one(self) -> None:
        with pytest.raises(AttributeError, match=r"the nearest is torch\.Tensor\.backward$"):
            _ = load("torch.nn.functional").backward

    @pytest.mark.parametrize("statement", ["from torch import tensorr", "from torch.nn.functional import Reluu"])
    def test_a_from_import_explains_as_well(self, statement: str) -> None:
        with pytest.raises(
            ImportError, match=r"^cannot import name .* from 'torch.*; the nearest is torch\."
        ) as caught:
            exec(statement)
        assert not isinstance(caught.value, ModuleNotFoundError)

    def test_programs_that_expect_it_go_on(self) -> None:
        namespace: dict[str, object] = {}
        exec("try:\n from torch import export\nexcept ImportError:\n export = None", namespace)
        assert namespace["export"] is None

    def test_dunder_names_are_plain(self) -> None:
        with pytest.raises(AttributeError, match=r"^module 'torch' has no attribute '__wrapped__'$"):
            _ = load("torch").__wrapped__


@pytest.mark.usefixtures("alias")
class TestMetadata:
    def test_the_version_answers_everywhere(self) -> None:
        assert importlib.metadata.version("torch") == torch_version
        assert load("torch").__version__ is torch_version
        assert load("torch.version").__version__ is torch_version

    def test_other_distributions_answer_for_themselves(self) -> None:
        assert importlib.metadata.version("numpy") == importlib.import_module("numpy").__version__
        with pytest.raises(importlib.metadata.PackageNotFoundError):
            importlib.metadata.version("torchfoo")

    def test_it_is_listed_among_all(self) -> None:
        assert "torch" in importlib.metadata.packages_distributions()["torch"]
        torchs = (found for found in importlib.metadata.distributions() if found.name == "torch")
        assert next(torchs).version == torch_version
        importlib.metadata.entry_points()
        torchs = importlib.metadata.distribution("torch")
        assert torchs.requires is None
        assert torchs.metadata["Summary"] == "chainrule, standing for torch"


class TestInstall:
    def test_nothing_happens_before(self) -> None:
        assert importlib.util.find_spec("chainrule.torch_alias") is not None
        assert not [finder for finder in sys.meta_path if isinstance(finder, torch_alias.TorchFinder)]

    def test_uninstall_puts_everything_back(self, monkeypatch: pytest.MonkeyPatch) -> None:
        for before in ("", "somewhere", os.pathsep.join(["here", "there"])):
            if before:
                monkeypatch.setenv("PYTHONPATH", before)
            else:
                monkeypatch.delenv("PYTHONPATH", raising=False)
            path, finders = list(sys.path), list(sys.meta_path)
            torch_alias.install()
            load("torch.nn")
            assert sys.path != path
            assert os.environ["PYTHONPATH"] != before
            torch_alias.uninstall()
            assert (sys.path, sys.meta_path, os.environ.get("PYTHONPATH", "")) == (path, finders, before)
            assert not torchs_names()
            assert "chainrule.nn" in sys.modules
        torch_alias.uninstall()  # does nothing

    def test_a_block_leaves_an_alias_that_was_there(self) -> None:
        with torch_alias.install() as outer:
            with torch_alias.install() as inner:
                assert outer is inner is chainrule
            assert load("torch") is chainrule
        assert not torchs_names()

    def test_it_refuses_when_the_real_one_is_in_use(self, real_torch: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.syspath_prepend(real_torch)
        real, real_nn = load("torch"), load("torch.nn")
        try:
            with pytest.raises(RuntimeError, match=r"torch has been imported already, from .*__init__\.py.*force=True"):
                torch_alias.install()
            assert load("torch") is real
            with torch_alias.install(force=True):
                assert load("torch") is chainrule
                assert importlib.metadata.version("torch") == torch_version
            assert (load("torch"), load("torch.nn")) == (real, real_nn)
            assert importlib.metadata.version("torch") == "1.0"
        finally:
            for name in torchs_names():
                del sys.modules[name]

    def test_the_ipython_extension_is_the_alias(self) -> None:
        chainrule.load_ipython_extension(None)
        try:
            assert load("torch") is chainrule
        finally:
            chainrule.unload_ipython_extension(None)
        assert not torchs_names()


PROGRAM = """
import importlib.metadata, multiprocessing, subprocess, sys
import torch

def report(_):
    import torch.nn.functional
    return torch.__package__, str(torch.__version__), importlib.metadata.version("torch")

if __name__ == "__main__":
    for method in multiprocessing.get_all_start_methods():
        with multiprocessing.get_context(method).Pool(1) as pool:
            print(method, *pool.map(report, [0])[0])
    for imported in ("torch", "torch.nn.functional"):
        code = f"import {imported}; print(torch.__package__, torch.__version__)"
        print("subprocess", subprocess.check_output([sys.executable, "-c", code], text=True).strip())
"""


@pytest.mark.parametrize("is_real_one_there", [False, True])
def test_children_see_the_same(is_real_one_there: bool, tmp_path: Path, real_torch: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text(PROGRAM)
    environment = dict(os.environ)
    if is_real_one_there:
        environment["PYTHONPATH"] = os.pathsep.join([str(real_torch), os.environ.get("PYTHONPATH", "")])
    run = subprocess.run(
        [sys.executable, "-m", "chainrule", "run", str(program)],
        env=environment, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert run.stderr == ""
    lines = [line.split() for line in run.stdout.splitlines()]
    assert len(lines) >= 3
    for method, name, *versions in lines:
        assert (name, set(versions)) == ("chainrule", {torch_version}), method


def test_the_names_of_pytorch_are_recorded() -> None:
    names = pytorch_names()
    assert {"tensor", "float32", "nn", "optim", "no_grad"} <= names["torch"]
    assert {"backward", "grad_fn", "add_", "T"} <= names["torch.Tensor"]
    assert "tensorboard" in names["torch.utils"]
    assert not {name for module in names.values() for name in module if name.startswith("_")}


@pytest.mark.usefixtures("alias")
class TestNamesOfClasses:
    """A class says that it is at home where PyTorch's is: notebooks print types, and pickle looks there."""

    def test_they_are_printed_as_torchs(self) -> None:
        shown = [type(chainrule.ones(2)), chainrule.Size, chainrule.dtype, chainrule.nn.Parameter, chainrule.nn.Linear]
        assert [str(kind) for kind in shown] == [
            "<class 'torch.Tensor'>", "<class 'torch.Size'>", "<class 'torch.dtype'>",
            "<class 'torch.nn.parameter.Parameter'>", "<class 'torch.nn.modules.linear.Linear'>",
        ]  # fmt: skip

    def test_what_a_cell_shows_of_objects_without_a_form_of_their_own(self) -> None:
        from IPython.lib.pretty import pretty

        layer, x = chainrule.nn.Linear(2, 1), chainrule.ones(2, requires_grad=True)
        shown = [chainrule.Generator(), (x * 2).grad_fn, x.register_hook(lambda gradient: None), layer.parameters()]
        assert [pretty(thing).partition(" at ")[0] for thing in shown] == [
            "<torch._C.Generator", "<MulBackward0", "<torch.utils.hooks.RemovableHandle",
            "<generator object Module.parameters",
        ]  # fmt: skip
        assert [str(thing).partition(" at ")[0] for thing in shown[:2]] == [
            "<torch._C.Generator object", "<MulBackward0 object",
        ]  # fmt: skip

    def test_every_public_class_is_at_home_where_pytorchs_is(self) -> None:
        count = 0
        for package in ("torch", "torch.nn", "torch.optim", "torch.distributions", "torch.autograd"):
            module = load(package)
            for name in pytorch_names()[package] & set(dir(module)):
                kind = getattr(module, name)
                if isinstance(kind, type) and kind.__module__.split(".")[:2] in (["torch"], package.split(".")):
                    assert getattr(load(kind.__module__), kind.__qualname__) is kind, kind
                    count += 1
        assert count > 150

    def test_every_class_that_is_renamed_can_be_pickled(self) -> None:
        code = (
            "import importlib, pickle, pkgutil, sys, chainrule; from chainrule import torch_alias as alias\n"
            "alias.install()\n"
            "for module in pkgutil.walk_packages(chainrule.__path__, 'chainrule.'):\n"
            "    if not module.name.endswith(('jax', 'tensorboard.writer', '__main__')):\n"
            "        importlib.import_module(module.name)\n"
            "[finder] = [finder for finder in sys.meta_path if isinstance(finder, alias.TorchFinder)]\n"
            "print(len(finder.renamed))\n"
            "print([kind for kind in finder.renamed if pickle.loads(pickle.dumps(kind)) is not kind])\n"
        )
        done = subprocess.run([sys.executable, "-W", "error", "-c", code], check=True, capture_output=True, text=True)
        count, others = done.stdout.splitlines()
        assert int(count) > 400
        assert others == "[]"

    def test_a_class_that_is_defined_elsewhere_can_be_pickled(self) -> None:
        fold = chainrule.nn.Unfold((2, 2))
        assert type(fold).__module__ == "torch.nn.modules.fold"
        assert repr(pickle.loads(pickle.dumps(fold))) == repr(fold)
        assert inspect.getsource(chainrule.nn.Unfold).startswith("class Unfold")

    def test_a_module_that_is_loaded_later(self) -> None:
        code = (
            "import chainrule.torch_alias as alias; alias.install(); import torch\n"
            "print(torch.optim.Adam, torch.distributions.Beta)"
        )
        done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
        assert done.stdout == "<class 'torch.optim.adam.Adam'> <class 'torch.distributions.beta.Beta'>\n"


def test_without_the_alias_classes_have_their_own_names() -> None:
    with torch_alias.install():
        assert chainrule.nn.Linear.__module__ == "torch.nn.modules.linear"
    assert chainrule.nn.Linear.__module__ == "chainrule.nn.modules.linear"
    assert pickle.loads(pickle.dumps(chainrule.nn.Linear)) is chainrule.nn.Linear


def test_uninstall_leaves_no_homes_behind() -> None:
    with torch_alias.install():
        assert load("torch.nn.modules.fold").Unfold is chainrule.nn.Unfold
    assert "fold" not in vars(chainrule.nn.modules)


@pytest.mark.usefixtures("alias")
def test_a_module_does_not_take_the_place_of_a_function_of_its_name() -> None:
    assert load("torch.autograd.gradcheck").gradcheck is load("torch.autograd").gradcheck
    assert load("torch.nn.parallel.data_parallel").DataParallel is chainrule.nn.DataParallel
    assert not isinstance(load("torch.nn.parallel").data_parallel, ModuleType)


@pytest.mark.usefixtures("alias")
def test_torch_functional_has_functions_of_torch() -> None:
    module = load("torch.functional")
    assert module.__all__
    assert all(getattr(module, name) is getattr(chainrule, name) for name in module.__all__)


@pytest.mark.usefixtures("alias")
def test_a_name_that_its_own_home_lacks_is_missing() -> None:
    assert not hasattr(load("torch.serialization"), "SourceChangeWarning")


def test_the_module_holds_itself() -> None:
    assert chainrule.torch is chainrule


@pytest.mark.usefixtures("alias")
def test_a_program_that_compiles_runs_without_jax(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "jax", None)
    torch = load("torch")
    with pytest.warns(UserWarning, match=r"compile needs JAX: pip .* runs as it stands") as caught:
        compiled = torch.compile(torch.nn.ReLU(), mode="max-autotune")
    assert caught[0].filename == __file__
    assert compiled(-torch.ones(1)).tolist() == [0]
    with pytest.warns(UserWarning, match="compile needs JAX"):
        assert torch.compile(dynamic=True)(torch.neg)(torch.ones(1)).tolist() == [-1]
    for asked in ({"fullgraph": True}, {"fallback": "error"}):
        with pytest.raises(ImportError, match="compile needs JAX"):
            torch.compile(torch.nn.ReLU(), **asked)


def test_compile_without_jax_is_an_error_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "jax", None)
    with pytest.raises(ImportError, match="compile needs JAX"):
        chainrule.compile(chainrule.sin)
