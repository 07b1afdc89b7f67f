"""Every name that PyTorch has in ``nn`` is here, or stands in a list with the reason why not."""

from __future__ import annotations

from importlib import import_module

import pytest

from chainrule._missing import pytorch_names

TYPING = "a helper of PyTorch's own source text"
PAGES = "a page of PyTorch's documentation"
GPU = "for GPUs only, which chainrule does not know"
PROCESSES = "for several devices or processes"

REASONS = {
    "torch.nn": {
        "Container": "has been deprecated since 2017: Module does the same",
        "attention": "is a module of functions, which have their own list",
        "backends cpp": "PyTorch's own machinery",
        "common_types factory_kwargs": TYPING,
        "intrinsic qat quantizable quantized": "quantisation",
    },
    "torch.nn.attention": {
        "WARN_FOR_UNFUSED_KERNELS activate_flash_attention_impl current_flash_attention_impl": GPU,
        "list_flash_attention_impls register_flash_attention_impl restore_flash_attention_impl varlen": GPU,
        "experimental": "what is not decided in PyTorch",
    },
    "torch.nn.functional": {
        "BroadcastingList1 BroadcastingList2 BroadcastingList3 Tensor boolean_dispatch torch": TYPING,
        "GRID_SAMPLE_INTERPOLATION_MODES GRID_SAMPLE_PADDING_MODES assert_int_or_pair grad": TYPING,
        "handle_torch_function has_torch_function has_torch_function_unary has_torch_function_variadic": TYPING,
        "reproducibility_notes sparse_support_notes tf32_notes": PAGES,
        "ScalingType SwizzleType grouped_mm scaled_grouped_mm scaled_mm": GPU,
    },
    "torch.nn.grad": {"torch": TYPING},
    "torch.nn.modules": {
        "Container": "as of torch.nn",
        "channelshuffle fold linear_cross_entropy linear_cross_entropy_options pixelshuffle": "files, whose classes are elsewhere",
    },
    "torch.nn.parallel": {
        "comm distributed": PROCESSES,
    },
    "torch.nn.utils.prune": {"torch": TYPING},
}
HERE = [name for name in pytorch_names() if name.startswith("torch.nn")]


@pytest.mark.parametrize("module", HERE)
def test_what_is_missing_has_a_reason(module: str) -> None:
    ours = import_module("chainrule" + module.removeprefix("torch"))
    missing = {name for name in pytorch_names()[module] if not hasattr(ours, name)}
    explained = {name for names in REASONS.get(module, {}) for name in names.split()}
    assert missing - explained == set(), "build them, or give a reason"
    assert explained - missing <= {"attention", "grad"}, "no longer missing: take the reason away"
