"""Record PyTorch's value, gradient and second gradient of one small sample of each of its own operator tests:
tests/golden/samples.json (needs torch). It is the short version of `make conformance`; tests/test_samples.py runs it.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

import torch  # noqa: E402
from samples import encoded, summed  # noqa: E402

import chainrule  # noqa: E402
from tests.conformance.exceptions import EXCEPTIONS, LEFT_OUT, UNDEFINED_VALUES  # noqa: E402
from tests.conformance.samples import OPS, is_dense, tensors_in, with_tensors  # noqa: E402
from tests.conformance.translation import NotHereError, function, named, paths  # noqa: E402

if TYPE_CHECKING:
    from torch.testing._internal.opinfo.core import OpInfo

LARGEST = 60
"""Elements of all tensors of a sample."""
UNTOLD = (
    {name for one in EXCEPTIONS for name in one.ops.split()} | set(LEFT_OUT) | UNDEFINED_VALUES | {"cholesky_solve"}
)
"""Not recorded: PyTorch is no oracle for these, see tests/conformance/exceptions.py; and the gradient by a triangle of which
PyTorch reads both sides."""


def rounded(x: torch.Tensor) -> torch.Tensor:
    """The same sample in fewer digits, for a smaller file."""
    return x.detach().mul(1000).round().div(1000) if x.is_floating_point() else x.detach()


def arguments_of(op: OpInfo) -> Iterator[tuple[Any, Any]]:
    """The samples of an op as (arguments, numbers of the tensors that have a derivative), the largest first."""
    torch.manual_seed(0)
    found = []
    for sample in islice(
        op.sample_inputs("cpu", torch.float64, requires_grad=op.supports_autograd, small_inputs_only=True), 60
    ):
        arguments = (sample.input, sample.args, sample.kwargs)
        leaves = list(tensors_in(arguments))
        if is_dense(arguments) and sum(x.numel() for x in leaves) <= LARGEST:
            wanted = [at for at, x in enumerate(leaves) if x.requires_grad]
            found.append((with_tensors(arguments, map(rounded, leaves)), wanted))
    return iter(sorted(found, key=lambda one: -sum(x.numel() for x in tensors_in(one[0]))))


def is_here(path: str) -> bool:
    try:
        named(path, chainrule)
    except NotHereError:
        return False
    return True


def record(name: str, op: OpInfo) -> dict[str, Any] | None:
    path = next(filter(is_here, paths().get(id(op.op), ())), None)
    if path is None or torch.float64 not in op.dtypes:
        return None
    for arguments, wanted in arguments_of(op):
        try:
            given = encoded(arguments)
            found = summed(torch, op.op, arguments, wanted)
        except (TypeError, RuntimeError):
            continue  # arguments that JSON does not know, or no derivative
        return {"op": name, "path": path, "arguments": given, "wanted": wanted, **found}
    return None


def main() -> None:
    entries = []
    for name, op in OPS.items():
        if name not in UNTOLD:
            try:
                function(op.op)
            except NotHereError:
                continue
            entries.append(record(name, op))
    lines = ",\n".join(json.dumps(entry) for entry in entries if entry is not None)
    (ROOT / "tests" / "golden" / "samples.json").write_text(f"[\n{lines}\n]\n", encoding="utf-8")


if __name__ == "__main__":
    main()
