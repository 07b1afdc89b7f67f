"""Record what PyTorch's autocast makes of dtypes on the CPU: tests/golden/autocast.json (needs torch).

tests/nn/test_autocast.py asks chainrule.
"""

# ruff: noqa: E501 - a program is a line

from __future__ import annotations

import json
import sys
from pathlib import Path

import torch

HERE = Path(__file__).resolve().parent
TESTS = HERE.parent / "tests"
sys.path[:0] = [str(TESTS), str(HERE)]

from nn.autocasts import CALLS, dtypes, train  # noqa: E402
from nn.programs import outcome  # noqa: E402
from record_nn import programs  # noqa: E402
from record_optimizers import lines, rounded  # noqa: E402

HEAD = "a = torch.ones(2, 2); q = torch.ones(2, 2, requires_grad=True)\n"
PROGRAMS = """
c = torch.autocast("cpu"); c.__enter__(); r = (q @ a).dtype; c.__exit__(None, None, None); r, (q @ a).dtype
with torch.autocast("cpu"): y = q @ a; z = q @ a
y.grad_fn.next_functions[0][0].name(), y.grad_fn.next_functions[0][0] is z.grad_fn.next_functions[0][0]
with torch.autocast("cpu", cache_enabled=False): y = q @ a; z = q @ a
y.grad_fn.next_functions[0][0] is z.grad_fn.next_functions[0][0]
with torch.autocast("cpu", dtype=torch.float16): y = q @ a
y.sum().backward(); y.dtype, q.grad
with torch.autocast("cpu"), torch.autocast("cpu", enabled=False): y = q @ a
y.dtype
with torch.autocast("cpu"), torch.autocast("cpu", dtype=torch.float16): y = q @ a
y.dtype
with torch.autocast("cpu"): y = a.double() @ a.double()
y.dtype
with torch.autocast("cpu"): y = torch.mm(a, a.bfloat16())
y
with torch.no_grad(), torch.autocast("cpu"): y = q @ a
y.dtype, y.requires_grad
with torch.autocast("cpu"):
    with torch.no_grad(): y = q @ a
    z = q @ a
y.dtype, z.dtype, z.requires_grad
torch.autocast("cpu")(lambda: a @ a)().dtype
with torch.autocast("cpu"): r = torch.is_autocast_enabled(), torch.is_autocast_enabled("cpu"), torch.get_autocast_dtype("cpu"), torch.is_autocast_cache_enabled()
r, torch.is_autocast_enabled("cpu"), torch.get_autocast_dtype("cuda")
with torch.autocast("cpu", torch.float16, cache_enabled=False): r = torch.get_autocast_dtype("cpu"), torch.is_autocast_cache_enabled()
r
torch.is_autocast_cpu_enabled(), torch.get_autocast_cpu_dtype(), torch.get_autocast_gpu_dtype(), torch.clear_autocast_cache()
torch.get_autocast_dtype("meta")
torch.amp.is_autocast_available("cpu"), torch.amp.is_autocast_available("cuda"), torch.amp.is_autocast_available("meta")
torch.amp.custom_fwd(lambda c: 1)
torch.amp.custom_fwd(lambda c: 1, device_type=3)
torch.amp.custom_bwd(device_type=3)
s = []
class Exact(torch.autograd.Function):
    @staticmethod
    @torch.amp.custom_fwd(device_type="cpu", cast_inputs=torch.float32)
    def forward(ctx, x, more): s.append((x.dtype, more[0].dtype, torch.is_autocast_enabled("cpu"))); return x * 2
    @staticmethod
    @torch.amp.custom_bwd(device_type="cpu")
    def backward(ctx, g): s.append((g.dtype, torch.is_autocast_enabled("cpu"))); return g * 2, None
with torch.autocast("cpu"): y = Exact.apply(q.bfloat16(), [a.bfloat16()])
y.sum().backward(); y = Exact.apply(q.bfloat16(), [a.bfloat16()]); s, q.grad
s = []
class Same(torch.autograd.Function):
    @staticmethod
    @torch.amp.custom_fwd(device_type="cpu")
    def forward(ctx, x): s.append((x.dtype, torch.is_autocast_enabled("cpu"))); return x * 2
    @staticmethod
    @torch.amp.custom_bwd(device_type="cpu")
    def backward(ctx, g): s.append((g.dtype, torch.is_autocast_enabled("cpu"))); return g * 2
with torch.autocast("cpu"): y = Same.apply(q)
y.sum().backward(); s
class Gpu(torch.autograd.Function):
    @staticmethod
    @torch.cuda.amp.custom_fwd
    def forward(ctx, x): return x * 2
    @staticmethod
    @torch.cuda.amp.custom_bwd
    def backward(ctx, g): return g * 3
Gpu.apply(q).sum().backward(); q.grad
from torch.cuda.amp.grad_scaler import GradScaler; from torch.cuda.amp.autocast_mode import autocast; from torch.amp.grad_scaler import GradScaler as G; from torch.amp.autocast_mode import autocast as A; s = GradScaler(); s.is_enabled(), s.get_scale(), s.state_dict(), s.scale(q) is q
s = torch.amp.GradScaler("cpu", init_scale=8.0, growth_interval=2); o = torch.optim.SGD([q], 1.0); s.scale((q * 2).sum()).backward(); r = q.grad.clone(); _ = s.step(o); s.update(); r, q.detach(), s.get_scale(), s.state_dict()
s = torch.GradScaler("cpu", init_scale=8.0, growth_interval=1); o = torch.optim.Adam([q], 1.0); s.scale(q.sum() * float("inf")).backward(); _ = s.step(o); s.update(); q.detach(), s.get_scale(), s.state_dict()
"""


def main() -> None:
    entries = {
        "dtypes": [
            {"call": line.split(": ", 1)[1], "gives": dtypes(torch, line.split(": ", 1)[1])} for line in lines(CALLS)
        ],
        "losses": [rounded(train(torch), 8)],
        "programs": [{"program": HEAD + text, **outcome(torch, HEAD + text)} for text in programs(PROGRAMS)],
    }
    body = ",\n".join(
        f'"{name}": [\n' + ",\n".join(json.dumps(entry) for entry in group) + "\n]" for name, group in entries.items()
    )
    (TESTS / "golden" / "autocast.json").write_text("{\n" + body + "\n}\n", encoding="utf-8")
    print(", ".join(f"{len(group)} {name}" for name, group in entries.items()))


if __name__ == "__main__":
    main()
