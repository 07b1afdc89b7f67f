"""Lines of older programs: what they leave in ``result``, and what they are warned of."""

from __future__ import annotations

import re
import warnings
from types import ModuleType
from typing import Any

from course_programs import outcome

START = """
import importlib
e, v, b = torch.eye(2) * 3, torch.ones(2), torch.ones(1, 2, 2)
rows = torch.ones(2, 3, 4, 5)
last = rows.contiguous(memory_format=torch.channels_last)
"""
EXPRESSIONS = """
torch.add(e, 2, e)
e.add(2, v)
e.clone().add_(-0.5, e)
torch.add(e, 2, e, out=torch.ones(2, 2))
torch.add(e, 2, 3)
torch.add(e, e, e)
torch.add(e, torch.tensor(2.), e)
e.add(torch.tensor(2., requires_grad=True), e)
torch.sub(e, 2, e)
e.sub(2, e)
e.clone().sub_(2, e)
torch.addcmul(e, 2, e, e)
e.addcmul(2, e, e)
e.clone().addcmul_(0.5, e, e)
torch.addcdiv(e, 2, e, b[0])
e.clone().addcdiv_(2, e, b[0])
torch.addmm(2, e, 3, e, e)
torch.addmm(2, e, e, e)
e.addmm(2, 3, e, e)
e.addmm(2, e, e)
e.clone().addmm_(2, 3, e, e)
torch.addmm(e, e, e, e)
torch.addmv(2, v, 3, e, v)
v.addmv(2, e, v)
v.clone().addmv_(2, 3, e, v)
torch.addr(2, e, 3, v, v)
e.clone().addr_(2, 3, v, v)
torch.baddbmm(2, b, 3, b, b)
b.clone().baddbmm_(2, 3, b, b)
torch.addbmm(2, e, 3, b, b)
e.addbmm(2, b, b)
v.volatile
setattr(v, "volatile", True)
v.T
b.T
torch.ones(()).T
e.T
torch.ones(1).std()
torch.ones(1, 2).var(0)
torch.ones(1).std(unbiased=False)
torch.std_mean(torch.ones(1))
torch.ones(2).var(correction=2)
torch.tensor([np.ones(2), np.zeros(2)])
torch.tensor([[np.ones(2)], [np.ones(2)]])
torch.FloatTensor([np.ones(2)])
torch.ones(2, requires_grad=True).sum().backward(create_graph=True)
importlib.import_module("torch.utils.cpp_extension").load("x", ["none.cpp"])
importlib.import_module("torch.utils.cpp_extension").CUDAExtension("x", ["none.cu"])
importlib.import_module("torch.utils.cpp_extension").CUDA_HOME
torch._inductor.utils.fresh_inductor_cache().__enter__()
torch.classes.loaded_libraries
torch.classes.load_library("libnone.so")
torch.classes.my_classes.Stack
torch.lstsq(e, e)
torch.solve(e, e)
torch.eig(e, eigenvectors=True)
torch.symeig(e, True)
torch.matrix_rank(e)
e.lstsq(e)
e.solve(e)
e.eig()
e.symeig()
e.matrix_rank()
torch.eig()
torch.Tensor(size=(1, 2)).shape
torch.Tensor(size=e.shape).shape
torch.Tensor(size=2)
torch.Tensor(data=[1, 2])
torch.Tensor(data=(2, 3))
torch.Tensor(data=2)
torch.Tensor(other=v)
torch.Tensor(2, size=(1,))
torch.Tensor(data=[1], size=(1,))
torch.Tensor(values=[1])
torch.FloatTensor(size=(2,)).shape
torch.LongTensor(data=[1, 2])
v.new(size=(2,)).shape
v.new(data=[2.])
v.new_tensor([np.ones(2)])
torch.tensor([np.float32(2), 1])
torch.tensor([np.ones(0)])
e[[[0, 1], [0, 1]]]
e[[slice(0, 1), 0]]
e[[0, 1]]
e.clone().__setitem__([[0, 1], [0, 1]], 1.)
torch.chain_matmul(e, e)
torch.cross(torch.ones(3), torch.ones(3))
torch.cross(torch.ones(3), torch.ones(3), dim=0)
torch.cholesky(e)
e.cholesky()
torch.linalg.cholesky(e)
torch.qr(e)[1].abs()
torch.lu(e)[0]
torch.lu_solve(v.unsqueeze(1), *torch.linalg.lu_factor(e))
torch.triangular_solve(v.unsqueeze(1), e)[0]
len(v.storage())
v.untyped_storage().nbytes()
float(torch.ones(1, requires_grad=True))
int(torch.ones(1, requires_grad=True))
torch.has_mps
torch.has_cuda
__import__("functorch").vmap(torch.sin)(v)
__import__("functorch").grad(torch.sum)(v)
__import__("functorch").make_functional(torch.nn.ReLU())[1]
torch.nn.MultiheadAttention(2, 1)(b, b, b, attn_mask=torch.zeros(1, 1), key_padding_mask=torch.zeros(2, 1, dtype=torch.bool))[1]
torch.nn.MultiheadAttention(2, 1)(b, b, b, attn_mask=torch.zeros(1, 1), key_padding_mask=torch.zeros(2, 1))[1]
len(torch.utils.data.DataLoader(v, num_workers=10000))
last.to(memory_format=torch.contiguous_format).stride()
last.to(memory_format=torch.preserve_format).stride()
last.to(torch.float64, memory_format=torch.contiguous_format).stride()
last.double(memory_format=torch.contiguous_format).stride()
rows.int(memory_format=torch.channels_last).stride()
rows.cpu(memory_format=torch.channels_last).stride()
rows.contiguous(memory_format=torch.preserve_format).stride()
last.contiguous(memory_format=torch.preserve_format)
torch.empty(2, 3, 4, 5, memory_format=torch.channels_last).stride()
torch.empty((2, 3, 2, 4, 5), memory_format=torch.channels_last_3d).clone().stride()
torch.empty(2, 3, memory_format=torch.channels_last)
torch.empty(2, 3, memory_format=torch.preserve_format)
torch.zeros_like(rows, memory_format=torch.channels_last).stride()
torch.empty_like(v, memory_format=torch.channels_last)
torch.rand_like(rows, memory_format=torch.channels_last).stride()
torch.full_like(last, 2, memory_format=torch.contiguous_format).stride()
"""
PROGRAMS = [line for line in EXPRESSIONS.splitlines() if line]


def told(torch: ModuleType, expression: str) -> dict[str, Any]:
    """The outcome of an expression, and the beginning of each warning."""
    always = torch.is_warn_always_enabled()
    torch.set_warn_always(True)
    try:
        with warnings.catch_warnings(record=True) as caught:
            found = outcome(torch, f"import warnings; warnings.simplefilter('always')\n{START}result = {expression}")
    finally:
        torch.set_warn_always(always)
    return found | {
        "warns": sorted(
            {
                f"{one.category.__name__}: {beginning(str(one.message))}"
                for one in caught
                if one.category is not RuntimeWarning
            }
        )
    }


def beginning(message: str) -> str:
    """The first words, up to the point where PyTorch tells of its own files or of this machine."""
    return re.split(r"\n|\. |linalg| \(Trig|worker", message)[0]
