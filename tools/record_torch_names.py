"""Record PyTorch's public names, one module a line. Needs torch.

src/chainrule/data/torch_names.txt has the names of each module; src/chainrule/data/torch_homes.txt the classes by the
module that their `__module__` names, which is what `print(type(x))` shows.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import warnings
from pathlib import Path

# The modules that PyTorch documents, without those for other hardware, quantisation, export and its own machinery.
MODULES = """
    torch torch.amp torch.autograd torch.autograd.forward_ad torch.autograd.function torch.autograd.functional
    torch.autograd.gradcheck torch.autograd.graph torch.autograd.profiler torch.backends torch.backends.cpu
    torch.backends.cuda torch.backends.cudnn torch.backends.mkl torch.backends.mkldnn torch.backends.mps
    torch.backends.openmp torch.backends.opt_einsum torch.compiler torch.cpu torch.cuda torch.cuda.amp
    torch.cuda.random torch.distributed torch.distributions torch.distributions.constraints
    torch.distributions.kl torch.distributions.transforms torch.export torch.fft torch.func torch.futures
    torch.fx torch.hub torch.jit torch.library torch.linalg torch.masked torch.mps torch.multiprocessing
    torch.nested torch.nn torch.nn.attention torch.nn.functional torch.nn.grad torch.nn.init torch.nn.modules
    torch.nn.parallel torch.nn.parameter torch.nn.utils torch.nn.utils.parametrizations
    torch.nn.utils.parametrize torch.nn.utils.prune torch.nn.utils.rnn torch.nn.utils.stateless torch.onnx
    torch.optim torch.optim.lr_scheduler torch.optim.optimizer torch.optim.swa_utils torch.overrides
    torch.package torch.profiler torch.quasirandom torch.random torch.return_types torch.serialization
    torch.signal torch.signal.windows torch.sparse torch.special torch.storage torch.testing torch.torch_version
    torch.types torch.utils torch.utils.benchmark torch.utils.checkpoint torch.utils.data torch.utils.dlpack
    torch.utils.flop_counter torch.utils.hooks torch.utils.model_zoo torch.version torch.xpu
""".split()


def is_torchs(value: object) -> bool:
    """Whether a module's member is PyTorch's own, and not something that the module imports from elsewhere."""
    if inspect.ismodule(value):
        return value.__name__.split(".")[0] == "torch"
    home = getattr(value, "__module__", None) or "torch"
    return home.split(".")[0] == "torch"


def public_names(module: object, children: set[str]) -> list[str]:
    """The documented names of a module, or all that is its own if it doesn't say; and its submodules."""
    declared = set(getattr(module, "__all__", ()))
    own = {name for name in dir(module) if is_torchs(getattr(module, name))}
    # torch.__all__ leaves out what torch takes from its C++ half, such as the dtypes.
    names = declared | children | (own if not declared or module.__name__ == "torch" else set())
    return sorted(name for name in names if not name.startswith("_"))


def main() -> None:
    """Write the file."""
    warnings.simplefilter("ignore")
    modules = {name: importlib.import_module(name) for name in MODULES}
    lines = {
        name: public_names(module, {child.name for child in pkgutil.iter_modules(getattr(module, "__path__", ()))})
        for name, module in modules.items()
    }
    tensor = modules["torch"].Tensor
    lines["torch.Tensor"] = [name for name in dir(tensor) if not name.startswith("_")]
    write("torch_names.txt", lines)
    write("torch_homes.txt", homes(modules))


def homes(modules: dict[str, object]) -> dict[str, list[str]]:
    """The public classes of the modules, by their home."""
    found: dict[str, set[str]] = {}
    for module in modules.values():
        for name, value in vars(module).items():
            is_public = not name.startswith("_") and inspect.isclass(value) and value.__qualname__ == value.__name__
            if is_public and value.__module__.partition(".")[0] == "torch" and "._" not in value.__module__:
                found.setdefault(value.__module__, set()).add(value.__name__)
    return {home: sorted(names) for home, names in found.items()}


def write(file: str, lines: dict[str, list[str]]) -> None:
    """Write one file of the package's data."""
    path = Path(__file__).parents[1] / "src" / "chainrule" / "data" / file
    path.write_text("".join(f"{name}: {' '.join(lines[name])}\n" for name in sorted(lines)), encoding="ascii")


if __name__ == "__main__":
    main()
