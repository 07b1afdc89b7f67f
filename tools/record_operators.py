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
NO_TENSORS = re.compile(r"Dimname|Stream|Storage|\bt\[\]|Any|Future")


def public_names() -> set[str]:
    lines = (line.partition(": ") for line in (DATA / "torch_names.txt").read_text().splitlines())
    return {PREFIXES.get(module, "") + name for module, _, names in lines if module in MODULES for name in names.split()}


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
        if s.name.startswith("aten::") and s.name[6:] in names and not s.name[6:].startswith("_") and is_kept(s)
    ]
    # The overload that a name's first schema is, is the one that PyTorch tries first: only the names are sorted.
    kept.sort(key=lambda line: line.partition("(")[0].partition(".")[0])
    (DATA / "aten.txt").write_text("\n".join(kept) + "\n")
    print(f"{len(kept)} schemas")


if __name__ == "__main__":
    main()
