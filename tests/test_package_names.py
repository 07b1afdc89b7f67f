"""Names that packages written for PyTorch take from its less public parts: they do what PyTorch's do, or say that they do not."""

from __future__ import annotations

import collections
import copy
import io
import typing
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import chainrule as torch
from chainrule import _C, _dynamo, _jit_internal, torch_alias
from chainrule._dynamo._trace_wrapped_higher_order_op import TransformGetItemToIndex
from chainrule._subclasses.fake_tensor import FakeTensor, is_fake
from chainrule.distributed.optim import ZeroRedundancyOptimizer
from chainrule.nn.parallel.scatter_gather import is_namedtuple, scatter_kwargs
from chainrule.utils import _pytree
from chainrule.utils._foreach_utils import _group_tensors_by_device_and_dtype


class Point(typing.NamedTuple):
    x: Any
    y: Any


def test_dtypes_that_are_names_only() -> None:
    float8 = torch.float8_e4m3fn
    assert (repr(float8), float8.itemsize, float8.is_floating_point) == ("torch.float8_e4m3fn", 1, True)
    assert float8 not in (torch.float16, torch.int8, torch.float8_e5m2)
    assert (torch.finfo(float8).max, torch.finfo(float8).eps, torch.finfo(torch.float8_e5m2).tiny) == (
        448,
        0.125,
        2**-14,
    )
    assert (torch.complex32.to_real(), torch.uint4.is_signed, torch.qint32.itemsize) == (torch.float16, False, 4)
    assert copy.deepcopy({"dtype": float8})["dtype"] is float8
    for make in (
        lambda: torch.zeros(2, dtype=float8),
        lambda: torch.ones(2).to(float8),
        lambda: torch.empty(1, dtype=torch.int4),
    ):
        with pytest.raises(TypeError, match=r"^there are no tensors of torch\.\w+ in chainrule"):
            make()
    with pytest.raises(NotImplementedError, match="float4_e2m1fn_x2"):
        torch.finfo(torch.float4_e2m1fn_x2)


def test_paths_to_the_leaves_of_a_tree() -> None:
    tree = {"a": [1, (2,)], "b": Point(3, None)}
    found, spec = _pytree.tree_flatten_with_path(tree)
    assert [_pytree.keystr(path) for path, _ in found] == ["['a'][0]", "['a'][1][0]", "['b'].x", "['b'].y"]
    assert spec == _pytree.tree_structure(tree)
    assert [_pytree.key_get(tree, path) for path, _ in found] == [leaf for _, leaf in found] == [1, 2, 3, None]
    doubled = _pytree.tree_map_with_path(lambda path, x, y: (len(path), x, y), [1, (2,)], [3, (4,)])
    assert doubled == [(1, 1, 3), (((2, 2, 4)),)]
    assert _pytree.tree_map_only(int, lambda x: -x, tree) == {"a": [-1, (-2,)], "b": Point(-3, None)}
    assert _pytree.tree_any(lambda x: x is None, tree)
    assert not _pytree.tree_all_only(int, lambda x: x < 3, tree)
    assert isinstance(_pytree.tree_structure(1), _pytree.LeafSpec)
    assert [_pytree._get_node_type(one) for one in ([1], Point(1, 2), 3)] == [list, collections.namedtuple, int]  # noqa: PYI024
    assert not isinstance(spec, _pytree.LeafSpec)


def test_a_container_that_tells_its_keys() -> None:
    class Box:
        def __init__(self, content: Any) -> None:
            self.content = content

    def flatten(box: Box) -> tuple[list[Any], None]:
        return [box.content], None

    _pytree.register_pytree_node(
        Box, flatten, lambda children, _: Box(*children), serialized_type_name="tests.Box",
        flatten_with_keys_fn=lambda box: ([(_pytree.GetAttrKey("content"), box.content)], None),
    )  # fmt: skip
    try:
        assert _pytree.keystr(_pytree.tree_leaves_with_path([Box(1)])[0][0]) == "[0].content"
        _pytree.KINDS[Box] = _pytree.Kind(flatten, lambda children, _: Box(*children))
        with pytest.raises(ValueError, match="Did not find a flatten_with_keys_fn"):
            _pytree.tree_leaves_with_path(Box(1))
    finally:
        del _pytree.KINDS[Box]


@pytest.mark.parametrize(
    ("check", "kind"),
    [
        (torch._check, RuntimeError),
        (torch._check_index, IndexError),
        (torch._check_value, ValueError),
        (torch._check_type, TypeError),
        (torch._check_not_implemented, NotImplementedError),
    ],
)
def test_checks_raise_their_error(check: Callable[..., None], kind: type[Exception]) -> None:
    check(True, lambda: 1 / 0)
    with pytest.raises(kind, match=r"^as said$"):
        check(False, lambda: "as said")
    with pytest.raises(TypeError, match="must be a bool"):
        check(torch.tensor(True))


def test_checks_of_tensors() -> None:
    torch._check_tensor_all(torch.tensor([True, True]))
    torch._assert_async(torch.tensor(2.0))
    for refused in (
        lambda: torch._check_tensor_all(torch.tensor([True, False])),
        lambda: torch._assert_async(torch.tensor(0), "zero"),
        lambda: torch._assert_async(torch.ones(2)),
    ):
        with pytest.raises(RuntimeError):
            refused()


def test_functions_of_lists() -> None:
    a = [torch.tensor([1.0, -2.0]), torch.tensor([[3.0]], requires_grad=True)]
    b = [torch.tensor([0.5, 4.0]), torch.tensor([[-1.0]])]

    def values(found: Any) -> list[Any]:
        return [one.tolist() for one in found]

    assert values(torch._foreach_add(a, b, alpha=2)) == [[2, 6], [[1]]]
    assert values(torch._foreach_mul(a, [2, 3])) == [[2, -4], [[9]]]
    assert values(torch._foreach_maximum(a, 0.0)) == [[1, 0], [[3]]]
    assert values(torch._foreach_clamp_max(a, b)) == [[0.5, -2], [[-1]]]
    assert values(torch._foreach_lerp(a, b, 0.5)) == [[0.75, 1], [[1]]]
    assert values(torch._foreach_addcmul(a, b, b, torch.tensor([2.0, 3.0]))) == [[1.5, 30], [[6]]]
    assert values(torch._foreach_pow(2.0, b)) == [[pytest.approx(2**0.5), 16], [[0.5]]]
    assert [one.item() for one in torch._foreach_norm(b, 1)] == [4.5, 1]
    torch._foreach_sqrt([a[1] * 3])[0].sum().backward()
    assert a[1].grad is not None
    assert a[1].grad.item() == 0.5
    written = [one.detach().clone() for one in a]
    assert torch._foreach_addcdiv_(written, b, b, value=2.0) is written
    torch._foreach_sub_(written, [1.0, 2.0])
    torch._foreach_minimum_(written, 1.5)
    assert values(written) == [[1.5, -1], [[1.5]]]
    torch._foreach_copy_(written, b)
    assert values(written) == values(b)
    for refused in (
        lambda: torch._foreach_add([], 1),
        lambda: torch._foreach_mul(a, b[:1]),
        lambda: torch._foreach_add(a, [1.0]),
        lambda: torch._foreach_add(a, []),
    ):
        with pytest.raises(RuntimeError, match="Tensor list"):
            refused()
    for wrong in ([1.0], b[0], iter(a), None):
        with pytest.raises(TypeError, match="'self'"):
            torch._foreach_abs(wrong)


def test_tensors_are_grouped() -> None:
    tensors = [torch.ones(1), torch.ones(1, dtype=torch.float64), torch.zeros(2)]
    groups = _group_tensors_by_device_and_dtype([tensors, []], with_indices=True)
    (first, others), places = groups[torch.device("cpu"), torch.float32]
    assert (first[1] is tensors[2], others, places, len(groups)) == (True, [], [0, 2], 2)


def test_type_hints_can_be_asked_for_under_the_alias() -> None:
    with torch_alias.install():

        class Net(torch.nn.Linear):
            size: int

        hints = typing.get_type_hints(Net)
        assert (hints["size"], hints["training"]) == (int, bool)
        for kind in (
            torch.Tensor,
            torch.nn.Parameter,
            torch.device,
            torch.Generator,
            torch.optim.Adam,
            torch.utils.data.DataLoader,
        ):
            typing.get_type_hints(kind)


def test_the_module_has_torchs_name_under_the_alias() -> None:
    with torch_alias.install():
        assert torch.__name__ == "torch"
        assert torch.special.__name__ == "chainrule.special"
        assert torch.torch is torch
    assert torch.__name__ == "chainrule"


def test_records_of_a_file(tmp_path: Any) -> None:
    torch.save({"w": torch.arange(3)}, tmp_path / "a.pt")
    reader = torch.PyTorchFileReader(str(tmp_path / "a.pt"))
    assert reader.get_record("data/0") == torch.arange(3).numpy().tobytes()
    assert "data.pkl" in reader.get_all_records()
    assert not reader.has_record("other")
    assert reader.version() == 3
    with pytest.raises(RuntimeError, match="other"):
        reader.get_record("other")
    with pytest.raises(RuntimeError):
        torch.PyTorchFileReader(io.BytesIO(b"nothing"))


def test_the_compilers_inner_names() -> None:
    module = torch.nn.Linear(1, 1)
    assert not isinstance(module, _dynamo.OptimizedModule)
    from chainrule._compile.compiled import Compiled

    compiled = Compiled(module, "eager")
    assert isinstance(compiled, _dynamo.OptimizedModule)
    assert compiled._orig_mod is module
    assert not isinstance(Compiled(torch.sin, "eager"), _dynamo.OptimizedModule)
    with pytest.raises(TypeError, match=r"torch\.compile\(module\)"):
        _dynamo.OptimizedModule(module)
    _dynamo.mark_dynamic(torch.ones(2), 0)
    assert _dynamo.config.__name__ == "chainrule._dynamo.config"
    _dynamo.mark_static_address(torch.ones(2))
    table = torch.arange(6).reshape(2, 3)
    with TransformGetItemToIndex():
        assert torch.vmap(lambda i, j: table[i, j])(torch.tensor([0, 1]), torch.tensor([2, 0])).tolist() == [2, 3]


def test_vmap_is_told_of() -> None:
    seen = []
    torch.vmap(lambda x: (seen.append(_C._are_functorch_transforms_active()), x)[1])(torch.ones(2))
    assert seen == [True]
    assert not _C._are_functorch_transforms_active()


def test_what_there_is_none_of() -> None:
    assert not torch.xpu.is_available()
    assert torch.get_device_module("cuda") is torch.cuda
    assert not is_fake(torch.ones(1))
    assert not isinstance(3, torch.SymInt)
    assert not torch.onnx.is_in_onnx_export()
    assert _C._get_tracing_state() is None
    assert issubclass(torch.OutOfMemoryError, RuntimeError)
    refusals: list[tuple[Callable[[], Any], type[Exception]]] = [
        (lambda: FakeTensor(1), NotImplementedError),
        (lambda: torch.SymInt(3), TypeError),
        (lambda: torch.onnx.export(None, ()), RuntimeError),
        (torch.cuda.CUDAGraph, RuntimeError),
        (torch.Stream, RuntimeError),
        (torch.xpu.synchronize, AssertionError),
        (lambda: ZeroRedundancyOptimizer([]), ValueError),
        (torch.distributed.ProcessGroup, ValueError),
        (lambda: torch.get_device_module("hpu"), RuntimeError),
    ]
    for call, kind in refusals:
        with pytest.raises(kind):
            call()


def test_arguments_are_split() -> None:
    args, named = scatter_kwargs((torch.arange(3),), {"scale": 2}, ["cpu", "cpu"])
    assert [one[0].tolist() for one in args] == [[0, 1], [2]]
    assert named == ({"scale": 2}, {"scale": 2})
    assert is_namedtuple(Point(1, 2))
    assert not is_namedtuple((1, 2))


def test_a_function_for_each_flag() -> None:
    choose = _jit_internal.boolean_dispatch(
        "both", 1, False, lambda x, both=True: (x, x), lambda x, both=False: x, "", "choose"
    )
    assert (choose(1), choose(1, True), choose(1, both=True)) == (1, (1, 1), (1, 1))


def test_transforms_keep_their_last_pair_under_pytorchs_name() -> None:
    exp = torch.distributions.transforms.ExpTransform(cache_size=1)
    x = torch.ones(1)
    y = exp(x)
    assert exp._cached_x_y[0] is x
    assert exp.inv(y) is x


def test_hooks_of_one_tensor_get_one_object() -> None:
    x = torch.ones(2, requires_grad=True)
    y = x * 2
    seen: list[Any] = []
    y.register_hook(seen.append)
    y.register_hook(lambda g: setattr(g, "note", "left here"))
    y.register_hook(lambda g: seen.append(g) or g * 3)
    y.register_hook(seen.append)
    y.sum().backward()
    assert seen[0] is seen[1]
    assert seen[0].note == "left here"
    assert seen[2].tolist() == [3, 3]
    assert x.grad is not None
    assert x.grad.tolist() == [6, 6]


def test_a_sampled_image_lies_in_c_order() -> None:
    image = torch.rand(2, 3, 4, 5)
    grid = torch.nn.functional.affine_grid(torch.eye(2, 3).expand(2, 2, 3), [2, 3, 6, 7], align_corners=False)
    assert torch.nn.functional.grid_sample(image, grid, align_corners=False).stride() == (126, 42, 7, 1)


def test_a_module_shows_its_late_names() -> None:
    shown = vars(torch.optim)
    assert {"Adadelta", "RMSprop", "lr_scheduler"} <= set(shown)


def test_distributions_of_packages() -> None:
    class Mine(torch.distributions.Distribution, torch.nn.Module):
        arg_constraints: typing.ClassVar[dict[str, Any]] = {}

        def __init__(self, loc: Any) -> None:
            super().__init__(validate_args=False)
            self.loc = torch.nn.Parameter(loc)

        def expand(self, batch_shape: Any, _instance: Any = None) -> Any:
            return self._get_checked_instance(Mine, _instance)

    one = Mine(torch.zeros(2))
    assert [name for name, _ in one.named_parameters()] == ["loc"]
    assert type(one.expand((2,))) is Mine

    class Other(Mine):
        def __init__(self) -> None:
            super().__init__(torch.zeros(1))

    with pytest.raises(NotImplementedError, match="custom __init__"):
        Other().expand((2,))

    class Base: ...

    @torch.distributions.register_kl(torch.distributions.Normal, Base)  # type: ignore[arg-type]
    def divergence(p: Any, q: Any) -> Any: ...

    del torch.distributions.kl.RULES[torch.distributions.Normal, Base]


def test_the_configuration_has_the_words_that_programs_look_for() -> None:
    shown = torch.__config__.show()
    assert shown.startswith("PyTorch built with:\n  - chainrule 0.1.0")
    assert "USE_CUDA=OFF" in shown
    assert np.__version__ in shown
    assert f"at::get_num_threads() : {torch.get_num_threads()}\n" in torch.__config__.parallel_info()


def test_numbers_of_a_tensor_as_text() -> None:
    from chainrule import _tensor_str

    assert _tensor_str._tensor_str(torch.tensor([[1.0, 2.5]]), 0) == "[[1.0000, 2.5000]]"
    assert _tensor_str.PRINT_OPTS.precision == 4


def test_what_is_for_several_processes_can_be_named() -> None:
    from chainrule.distributed import rpc
    from chainrule.distributed.tensor import DTensor

    assert not isinstance(torch.ones(1), DTensor)
    assert torch.distributed._tensor.DTensor is torch.distributed.tensor.DTensor is DTensor
    assert not isinstance(torch.nn.Linear(1, 1), torch.distributed.fsdp.FSDPModule)
    assert torch.distributed.fsdp.MixedPrecisionPolicy(torch.bfloat16).cast_forward_inputs
    for refused in (torch.distributed.fsdp.fully_shard, torch.distributed.fsdp.FullyShardedDataParallel):
        with pytest.raises(ValueError, match="no process groups"):
            refused(torch.nn.Linear(1, 1))
    with pytest.raises(RuntimeError, match="NVTX"), torch.cuda.nvtx.range("here"):
        pass
    with pytest.raises(NotImplementedError, match="one process"):
        DTensor(torch.ones(1))
    gathered = rpc.api._require_initialized(lambda: 1)
    with pytest.raises(RuntimeError, match="RPC has not been initialized"):
        gathered()


def test_signatures_for_torchscript_are_functions() -> None:
    def one(x: int) -> int:
        return x

    assert torch.jit._overload(one) is one
    assert torch.jit._overload_method(one) is one


def test_an_optimizer_may_stand_before_another_one() -> None:
    class Before(torch.optim.Optimizer):
        def __init__(self, other: torch.optim.Optimizer) -> None:
            self.other = other

        def step(self, closure: Any = None) -> Any:
            return self.other.step(closure)

    w = torch.ones(1, requires_grad=True)
    w.sum().backward()
    calls: list[Any] = []
    inner = torch.optim.SGD([w], lr=0.5)
    inner.register_step_pre_hook(lambda *call: calls.append(call))
    Before(inner).step()
    assert (w.item(), len(calls)) == (0.5, 1)


def test_aten_operators_that_packages_name() -> None:
    x = torch.ones(2)
    assert torch.ops.aten._pin_memory.default(x) is x
    made = torch.ops.aten._sparse_addmm.default(torch.ones(2, 2), torch.eye(2).to_sparse(), torch.ones(2, 2), beta=2)
    assert made.tolist() == [[3.0, 3.0], [3.0, 3.0]]
