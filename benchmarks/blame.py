"""``make bench-blame``: what it costs that each node knows its line, that exits from the graph are noted, and ``guard()``.

There is no switch for the first two. So the package is loaded a second time, under another name, and from each of its modules the
statements are left out that take or keep an origin or note an exit; the two then race within one process.
"""

from __future__ import annotations

import ast
import importlib
import sys
import time
from collections.abc import Callable
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, SourceFileLoader
from importlib.util import spec_from_file_location
from itertools import pairwise
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

import chainrule

from . import programs
from .measure import race

LIMIT = 1.15
"""Of origins and exits together."""
GUARD_LIMIT = 1.10
HOME = Path(chainrule.__file__).parent
COPY = "unmarked"
KEPT = ("core/origin.py", "core/exits.py", "insight/", "testing/", "autograd/profiler.py", "cli/", "_missing.py")
"""What has to do with origins for other ends than to mark nodes."""


class Unmarked(ast.NodeTransformer):
    """Leaves out of a module what takes origins, keeps them in nodes, or notes exits."""

    def __init__(self) -> None:
        self.removed = 0

    def visit_Expr(self, statement: ast.Expr) -> Any:
        call = statement.value
        if isinstance(call, ast.Call) and ast.unparse(call.func) in {
            "note",
            "note_all",
            "exits.note",
            "exits.note_all",
            "note_value",
            "LAST.append",
        }:
            self.removed += 1
            return ast.Pass()
        return self.generic_visit(statement)

    def visit_Assign(self, statement: ast.Assign) -> Any:
        said = ast.unparse(statement)
        into_node = any(
            f"{node}.{field}" in ast.unparse(statement.targets)
            for node in ("node", "port")
            for field in ("code", "lasti")
        )
        if into_node or "getframe(" in said or said.endswith(".f_code"):
            self.removed += 1
            return ast.Pass()
        return self.generic_visit(statement)

    def visit_If(self, statement: ast.If) -> Any:
        if ast.unparse(statement.test) == "code is not known":
            return ast.Pass()
        return self.generic_visit(statement)

    def visit_Call(self, call: ast.Call) -> Any:
        if ast.unparse(call.func) == "caller":
            self.removed += 1
            return ast.copy_location(ast.parse("(None, 0)", mode="eval").body, call)
        return self.generic_visit(call)


class Loader(SourceFileLoader):
    """Compiles a module of the package without its marks."""

    removed = 0

    def get_code(self, fullname: str) -> CodeType:
        path = self.get_filename(fullname)
        tree = ast.parse(self.get_data(path), path)
        if not str(Path(path).relative_to(HOME)).startswith(KEPT):
            transformer = Unmarked()
            tree = ast.fix_missing_locations(transformer.visit(tree))
            Loader.removed += transformer.removed
        return compile(tree, path, "exec")


class Finder(MetaPathFinder):
    """Finds the modules of the copy where those of the package are."""

    def find_spec(self, fullname: str, path: Any, target: ModuleType | None = None) -> ModuleSpec | None:
        first, *rest = fullname.split(".")
        if first != COPY:
            return None
        folder = HOME.joinpath(*rest)
        is_package = folder.is_dir()
        file = str(folder / "__init__.py" if is_package else folder.with_suffix(".py"))
        return spec_from_file_location(
            fullname,
            file,
            loader=Loader(fullname, file),
            submodule_search_locations=[str(folder)] if is_package else None,
        )


def unmarked() -> Any:
    """The copy of the package."""
    sys.meta_path.insert(0, Finder())
    return importlib.import_module(COPY)


# -- the programs --------------------------------------------------------------------------------------------------------


def forty(torch: Any, elements: int, backward: bool = False) -> Callable[[], object]:
    """Forty ops, the half of them recorded with what they keep; with ``backward``, their gradient, too."""
    x = torch.linspace(0.1, 1, elements).requires_grad_()
    c = torch.linspace(1, 2, elements)

    def run() -> object:
        y = x
        for _ in range(8):
            y = torch.tanh(y * c + x) - y * 0.5
        if backward:
            y.sum().backward()
            x.grad = None
        return y

    return run


def arithmetic(torch: Any) -> Callable[[], object]:
    """A hundred of the quickest ops."""
    y, c, b = torch.tensor([1.0], requires_grad=True), torch.tensor([1.0001]), torch.tensor([0.0001])

    def run() -> object:
        x = y
        for _ in range(50):
            x = x * c + b
        return x

    return run


def training(torch: Any, sizes: tuple[int, ...], batch: int, reads: bool) -> Callable[[], object]:
    """A step of training a network; ``reads``: with what one reads off it, the loss and how many were right."""
    torch.manual_seed(0)
    layers = []
    for fan_in, fan_out in pairwise(sizes):
        layers += [torch.nn.Linear(fan_in, fan_out), torch.nn.ReLU()]
    model = torch.nn.Sequential(*layers[:-1])
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
    x, labels = torch.randn(batch, sizes[0]), torch.randint(0, sizes[-1], (batch,))

    def run() -> object:
        optimizer.zero_grad()
        out = model(x)
        loss = torch.nn.functional.cross_entropy(out, labels)
        loss.backward()
        optimizer.step()
        return (loss.item(), (out.argmax(1) == labels).sum().item()) if reads else loss

    return run


def evaluation(torch: Any) -> Callable[[], object]:
    """A small network under ``no_grad``: each layer is an exit of its parameters."""
    torch.manual_seed(0)
    model = torch.nn.Sequential(
        torch.nn.Linear(20, 32), torch.nn.ReLU(), torch.nn.Linear(32, 32), torch.nn.ReLU(), torch.nn.Linear(32, 10)
    )
    x = torch.randn(32, 20)

    def run() -> object:
        with torch.no_grad():
            return model(x)

    return run


def reading(torch: Any) -> Callable[[], object]:
    """Nothing but an exit."""
    x = torch.tensor([3.0], requires_grad=True) * 2
    return x.item


Program = Callable[[Any], Callable[[], object]]
BY_THEMSELVES: dict[str, tuple[Program, int, float]] = {
    "one multiply of 1 element": (programs.multiply, 5000, 1.25),
    "an MLP 20-32-32-10 under no_grad, batch 32": (evaluation, 60, 1.25),
    "one item()": (reading, 5000, 3.5),
}
"""With limits of their own: the quickest op, and exits that no training step consists of."""
TABLE: dict[str, tuple[Program, int]] = {
    "100 products and sums of 1 element, forward": (arithmetic, 60),
    "40 ops of 1 element, forward": (lambda torch: forty(torch, 1), 100),
    "40 ops of 1 element, and backward": (lambda torch: forty(torch, 1, backward=True), 50),
    "40 ops of 1000 elements, forward": (lambda torch: forty(torch, 1000), 100),
    "40 ops of 1000 elements, and backward": (lambda torch: forty(torch, 1000, backward=True), 50),
    "1000 ops, leaves in every op": (programs.chain, 4),
    "a step of an MLP 20-32-32-10, batch 32": (lambda torch: training(torch, (20, 32, 32, 10), 32, True), 15),
    "a step of an MLP 784-256-256-10, batch 128": (lambda torch: training(torch, (784, 256, 256, 10), 128, True), 3),
}


NETWORKS = (
    ((20, 32, 32, 10), 32, 30),
    ((784, 128, 128, 10), 64, 12),
    ((784, 256, 256, 10), 128, 6),
    ((784, 512, 512, 10), 256, 2),
)
"""Sizes of layers, of a batch, and how many steps are one race."""


def guarded(step: Callable[[], object], steps: int) -> Callable[[], None]:
    """Steps of training inside of ``guard()``."""

    def run() -> None:
        with chainrule.guard():
            for _ in range(steps):
                step()

    return run


def unguarded(step: Callable[[], object], steps: int) -> Callable[[], None]:
    def run() -> None:
        for _ in range(steps):
            step()

    return run


def guard() -> list[str]:
    """Race steps of training with and without ``guard()``; those over the limit."""
    over = []
    for sizes, batch, steps in NETWORKS:
        step = training(chainrule, sizes, batch, False)
        rivals = {"guarded": guarded(step, steps), "plain": unguarded(step, steps)}
        watched, plain = race(rivals, 1, rounds=61, clock=time.process_time).values()
        ratio = watched.against(plain)
        name = f"a step of an MLP {'-'.join(map(str, sizes))}, batch {batch}"
        print(
            f"{name:<46} {watched.median / steps * 1e6:9.2f} us   without {plain.median / steps * 1e6:9.2f} us   {ratio:5.3f} times"
        )
        over += [name] if ratio > GUARD_LIMIT else []
    print(f"limit {GUARD_LIMIT}; over it: {', '.join(over) or 'none'}")
    return over


def main() -> int:
    """Race them, and say whether all limits hold."""
    print("guard(); processor time")
    too_slow = guard()
    print("origins and exits; processor time")
    bare = unmarked()
    over = []
    table = {name: (program, calls, LIMIT) for name, (program, calls) in TABLE.items()}
    for name, (program, calls, limit) in (BY_THEMSELVES | table).items():
        rivals = {"marked": program(chainrule), "bare": program(bare)}
        marked, plain = race(rivals, calls, rounds=21, clock=time.thread_time).values()
        ratio = marked.against(plain)
        print(
            f"{name:<46} {marked.median * 1e6:9.2f} us   without {plain.median * 1e6:9.2f} us   {ratio:5.3f} times"
            + ("" if limit == LIMIT else f"  (limit {limit})")
        )
        over += [name] if ratio > limit else []
    assert Loader.removed > 40, "the statements to leave out are not found where they were"
    print(f"limit {LIMIT}; over theirs: {', '.join(over) or 'none'}")
    return len(over + too_slow)


if __name__ == "__main__":
    sys.exit(main())
