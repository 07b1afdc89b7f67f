"""torch.utils.hooks."""

from __future__ import annotations

import chainrule as torch


def test_a_handle_is_what_registering_a_hook_returns() -> None:
    layer = torch.nn.Linear(2, 1)
    tensor = torch.ones(2, requires_grad=True)
    for handle in (layer.register_forward_hook(lambda *_: None), tensor.register_hook(lambda gradient: None)):
        assert isinstance(handle, torch.utils.hooks.RemovableHandle)
        handle.remove()
