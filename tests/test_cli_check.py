"""`chainrule check`: which torch names a program uses, and which of them are missing."""

from __future__ import annotations

import ast
import json
from pathlib import Path

import pytest

from chainrule.cli import main
from chainrule.cli.names import missing_part, torch_uses
from chainrule.cli.source import python_of, read_source


def used(program: str) -> set[str]:
    return {use.name for use in torch_uses(ast.parse(program))}


def missing(program: str) -> set[str]:
    return {".".join(use.missing) for use in torch_uses(ast.parse(program)) if use.missing}


class TestNames:
    @pytest.mark.parametrize(
        ("program", "names"),
        [
            ("import torch\ntorch.tensor(1)", "torch torch.tensor"),
            ("import torch as t\nt.tensor(1)", "torch torch.tensor"),
            ("import torch.nn as nn\nnn.Foo", "torch.nn torch.nn.Foo"),
            ("import torch.nn.functional\ntorch.nn.functional.relu", "torch.nn.functional torch.nn.functional.relu"),
            ("from torch import nn\nnn.functional.relu(1).detach()", "torch.nn torch.nn.functional.relu"),
            ("from torch.nn import functional as F\nF.relu", "torch.nn.functional torch.nn.functional.relu"),
            ("import torch\nF = torch.nn.functional\nF.relu", "torch torch.nn.functional torch.nn.functional.relu"),
            ("def f():\n    import torch\n    return torch.tensor", "torch torch.tensor"),
            ("class A:\n    import torch\n    x = torch.tensor", "torch torch.tensor"),
            ("import torch\n[torch.tensor(i) for i in x]", "torch torch.tensor"),
            ("import torch\n@torch.no_grad()\ndef f(a=torch.tensor): pass", "torch torch.no_grad torch.tensor"),
            ("import torch\nf'{torch.tensor}'", "torch torch.tensor"),
            ("import functorch\nfunctorch.vmap", "torch.func torch.func.vmap"),
            ("from functorch import vmap", "torch.func.vmap"),
            ("from torch import *\ntensor(1)\nprint(foo)", "torch torch.tensor"),
            ("import numpy as torch\ntorch.tensor", ""),
            ("from .torch import nn\nnn.Foo", ""),
            ("import torchvision\ntorchvision.x", ""),
            ("import torch\ntorch.x = 1", "torch"),
        ],
    )
    def test_names_are_followed_through_imports(self, program: str, names: str) -> None:
        assert used(program) == set(names.split())

    @pytest.mark.parametrize(
        "program",
        [
            "import torch\ndef f(torch): return torch.tensorr",
            "import torch\nfor torch in x: torch.tensorr",
            "import torch\n[torch.tensorr for torch in x]",
            "import torch\ntorch = something()\ntorch.tensorr",
            "import torch\ndef f():\n    torch = 1\n    return torch.tensorr",
        ],
    )
    def test_a_name_that_means_something_else_is_left_alone(self, program: str) -> None:
        assert missing(program) == set()

    def test_a_class_body_is_not_seen_by_its_methods(self) -> None:
        assert missing("import torch\nclass A:\n    torch = 1\n    def f(self): return torch.tensorr") == {
            "torch.tensorr"
        }

    def test_lines_are_those_of_the_names(self) -> None:
        uses = torch_uses(ast.parse("import torch\n\nx = (1 +\n     torch.tensorr)\n"))
        assert [(use.line, use.name) for use in uses] == [(1, "torch"), (4, "torch.tensorr")]

    def test_what_the_program_tries_first_is_its_own_affair(self) -> None:
        for handler in ("ImportError", "(ValueError, AttributeError)", "Exception"):
            assert missing(f"import torch\ntry:\n    torch.export\nexcept {handler}:\n    torch.exportt") == {
                "torch.exportt"
            }
        assert missing("import torch\ntry:\n    torch.export\nexcept ValueError:\n    pass") == {"torch.export"}
        assert missing("import torch\nif hasattr(torch, 'export'):\n    torch.export\nelse:\n    torch.exportt") == {
            "torch.exportt"
        }
        assert missing("import torch\nif not hasattr(torch, 'export'):\n    torch.exportt") == {"torch.exportt"}

    def test_the_first_missing_part_is_named(self) -> None:
        assert missing_part("torch.nn.functional.relu") == ()
        assert missing_part("torch.nn.foo.bar") == ("torch.nn", "foo")
        assert missing_part("torch.Tensor.foo") == ("torch.Tensor", "foo")


class TestMethods:
    """`index_reduce_` stands for what PyTorch's Tensor has and chainrule's, as it is patched here, has not."""

    @pytest.fixture(autouse=True)
    def without_a_method(self, monkeypatch: pytest.MonkeyPatch) -> None:
        from chainrule.cli import names

        have = names.our_names("torch.Tensor") - {"index_reduce_"}
        monkeypatch.setattr(names, "our_names", lambda module: have)

    @pytest.mark.parametrize(
        "program",
        [
            "x.index_reduce_()",
            "import torch\ntorch.tensor(1).index_reduce_(2)",
            "(a @ b).index_reduce_",
            "f(x).y[1].index_reduce_",
        ],
    )
    def test_a_method_that_only_pytorch_has_is_missing(self, program: str) -> None:
        assert missing(program) == {"torch.Tensor.index_reduce_"}

    @pytest.mark.parametrize(
        "program",
        [
            "x.no_such_method()",  # of something else, then
            "import numpy as np\nnp.index_reduce_(x)",
            "import pandas as pd\ndf = pd.read_csv('x')\ndf['a'].index_reduce_()",
            "'text'.index_reduce_()",
            "class A:\n    def index_reduce_(self): pass\nA().index_reduce_()",
            "def f(self): self.index_reduce_()",
            "x.index_reduce_ = 1\nx.index_reduce_",
        ],
    )
    def test_a_method_of_something_else_is_not(self, program: str) -> None:
        assert missing(program) == set()


class TestSource:
    @pytest.mark.parametrize(
        ("cell", "python"),
        [
            ("%matplotlib inline\nx = 1", "pass\nx = 1"),
            ("!pip install \\\n  torch\nx", "pass\n\nx"),
            ("y = !ls\nz = %pwd", "y = None\nz = None"),
            ("foo?\n?foo\nfoo.bar??", "pass\npass\npass"),
            ("for i in x:\n    %time f(i)\n    !echo", "for i in x:\n    f(i)\n    pass"),
            ("%timeit -n 10 f(x)", "f(x)"),
            ("%%time\nx = 1", "\nx = 1"),
            ("%%bash\nls | grep", "\n"),
            ("x = (3\n % 4)", "x = (3\n % 4)"),
            ("x = 3 % 4", "x = 3 % 4"),
        ],
    )
    def test_magics_become_python_line_for_line(self, cell: str, python: str) -> None:
        assert python_of(cell) == python
        ast.parse(python)

    def test_lines_of_a_notebook_are_counted_by_cell(self, tmp_path: Path) -> None:
        path = tmp_path / "a.ipynb"
        cells = [
            ("code", ["import torch\n", "\n"]),
            ("markdown", "text"),
            ("code", "this is no python"),
            ("code", "1\ntorch.x"),
        ]
        path.write_text(json.dumps({"cells": [{"cell_type": kind, "source": source} for kind, source in cells]}))
        source = read_source(path)
        assert [(use.name, source.position(use.line)) for use in torch_uses(source.tree)] == [
            ("torch", (1, 1)),
            ("torch.x", (3, 2)),
        ]
        assert source.place(torch_uses(source.tree)[1].line) == f"{path}: cell 3, line 2"
        assert [problem.split(": ")[1] for problem in source.problems] == ["cell 2 is not Python"]


class TestCommand:
    def test_it_lists_what_is_missing(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        path = tmp_path / "a.py"
        path.write_text("import torch\nimport torch.nn.functional as F\ntorch.tensorr([F.relu])\nimport torch.export\n")
        assert main(["check", str(path)]) == 1
        lines = capsys.readouterr().out.splitlines()
        assert lines[0].startswith(f"{path}:3: torch.tensorr: no public name of PyTorch 2.13.0; the nearest is torch.")
        assert lines[1].startswith(f"{path}:4: torch.export: PyTorch 2.13.0 has it, chainrule")
        assert lines[2:] == [f"{path}: 5 torch names, 2 missing"]

    def test_all_there_is_exit_code_0(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        path = tmp_path / "a.py"
        path.write_text("import torch\nprint(torch.tensor([1.]))\n")
        assert main(["check", str(path)]) == 0
        assert capsys.readouterr().out == f"{path}: 2 torch names, 0 missing\n"

    def test_as_json(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        path = tmp_path / "a.py"
        path.write_text("import torch\ntorch.tensorr\n")
        assert main(["check", "--json", str(path)]) == 1
        report = json.loads(capsys.readouterr().out)
        assert report["ok"] is False
        (file,) = report["files"]
        assert file["names"] == ["torch", "torch.tensorr"]
        (found,) = file["missing"]
        assert (found["name"], found["cell"], found["line"]) == ("torch.tensorr", None, 2)

    def test_a_program_is_not_run(self, tmp_path: Path) -> None:
        path = tmp_path / "a.py"
        path.write_text(f"import pathlib\npathlib.Path({str(tmp_path / 'ran')!r}).touch()\n")
        assert main(["check", str(path)]) == 0
        assert not (tmp_path / "ran").exists()

    def test_what_cannot_be_read_does_not_stop_the_rest(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        contents = {"bad.py": "x = (", "bad.ipynb": "{}", "good.py": "import torch"}
        for name, content in contents.items():
            (tmp_path / name).write_text(content)
        assert main(["check", *(str(tmp_path / name) for name in ("no.py", *contents))]) == 2
        captured = capsys.readouterr()
        assert captured.out == f"{tmp_path / 'good.py'}: 1 torch names, 0 missing\n"
        for message in ("no.py: No such file", "bad.py is not Python", "bad.ipynb is not a notebook of version 4"):
            assert message in captured.err
