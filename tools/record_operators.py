"""Record the schemas of PyTorch's own operators: src/chainrule/data/aten.txt (needs torch).

Those with a public function or method of the same name, that take or give tensors; without those that write to ``out``, and those
that TorchScript has for Python's numbers and lists.
"""

from __future__ import annotations

import re
from pathlib import Path

import torch

DATA = Path(__file__).resolve().parent.parent / "src" / "chainrule" / "data"
PREFIXES = {"torch.linalg": "linalg_", "torch.special": "special_", "torch.fft": "fft_"}
MODULES = ("torch", "torch.Tensor", "torch.nn.functional", *PREFIXES)
NO_TENSORS = re.compile(r"Dimname|Stream|Storage|\bt\[\]|\[\]\(|Any|Future")


INNER = "_log_softmax _pin_memory _softmax _sparse_addmm _to_copy _unsafe_view alias index slice"
"""Names that are not public, which programs meet where they look at what PyTorch calls."""
OTHER_RESULTS = "fractional_max_pool2d fractional_max_pool3d max_unpool2d max_unpool3d unique_consecutive"
"""Operators that take or give something else than the functions of their names."""


def public_names() -> set[str]:
    lines = (line.partition(": ") for line in (DATA / "torch_names.txt").read_text().splitlines())
    public = {
        PREFIXES.get(module, "") + name for module, _, names in lines if module in MODULES for name in names.split()
    }
    return {*(name for name in public if name[0] != "_"), *INNER.split()} - {*OTHER_RESULTS.split()}


def is_kept(schema: torch._C.FunctionSchema) -> bool:
    text = str(schema)
    has_tensor = any("Tensor" in str(a.type) for a in (*schema.arguments, *schema.returns))
    is_backward = schema.name.endswith("_backward") or any(a.is_out for a in schema.arguments)
    return has_tensor and not is_backward and NO_TENSORS.search(text) is None


def main() -> None:
    names = public_names()
    kept = [
        str(s).removeprefix("aten::")
        for s in torch._C._jit_get_all_schemas()
        if s.name.startswith("aten::") and s.name[6:] in names and is_kept(s)
    ]
    # The overload that a name's first schema is, is the one that PyTorch tries first: only the names are sorted.
    kept.sort(key=lambda line: line.partition("(")[0].partition(".")[0])
    (DATA / "aten.txt").write_text("\n".join(kept) + "\n")
    print(f"{len(kept)} schemas")


if __name__ == "__main__":
    main()
