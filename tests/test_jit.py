"""TorchScript changes nothing here, and says so."""

from __future__ import annotations

from typing import Any, Optional

import pytest

import chainrule as torch
from chainrule import nn


class Net(nn.Module):
    factor: torch.jit.Final[int]  # type: ignore[valid-type]

    def __init__(self) -> None:
        super().__init__()
        self.factor = 2
        self.layer = nn.Linear(2, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.doubled(self.layer(x)) if x.sum() > 0 else x

    @torch.jit.export
    def doubled(self, x: torch.Tensor) -> torch.Tensor:
        return self.noted(x) * self.factor

    @torch.jit.ignore
    def noted(self, x: torch.Tensor) -> torch.Tensor:
        return x

    @torch.jit.ignore(drop=True)
    def dropped(self) -> None:
        pass

    @torch.jit.unused
    def unused(self) -> None:
        pass


def test_scripts_and_traces_are_what_they_were_made_of() -> None:
    net, x = Net(), torch.ones(3, 2)
    with pytest.warns(DeprecationWarning, match="no TorchScript"):
        assert torch.jit.script(net) is net
    for example in (x, (x,)):
        with pytest.warns(DeprecationWarning, match="runs as it is"):
            assert torch.jit.trace(net, example) is net
    with pytest.warns(DeprecationWarning, match="runs as it is"):
        assert torch.jit.trace_module(net, {"doubled": x}) is net

    @torch.jit.script_if_tracing
    def twice(x: torch.Tensor) -> torch.Tensor:
        return x + x

    assert twice(x).sum() == 12
    assert torch.jit.annotate(list[int], [1]) == [1]
    assert not torch.jit.is_scripting()
    with pytest.raises(RuntimeError, match="eval"):
        torch.jit.freeze(net)
    assert torch.jit.freeze(net.eval()) is torch.jit.optimize_for_inference(net) is net


def test_a_trace_fails_where_its_example_does() -> None:
    for examples, said in (((torch.ones(3, 5),), "cannot be multiplied"), ((), "example")):
        with pytest.warns(DeprecationWarning, match="trace"), pytest.raises(RuntimeError, match=said):
            torch.jit.trace(Net(), *examples)


def test_archives_are_refused() -> None:
    with pytest.raises(RuntimeError, match="state_dict"):
        torch.jit.save(Net(), "net.pt")
    with pytest.raises(RuntimeError, match="state_dict"):
        torch.jit.load("net.pt")


@pytest.mark.parametrize(
    ("value", "kind", "answer"),
    [
        ({"a": 1}, dict[str, int], True),
        ({"a": "b"}, dict[str, int], False),
        ((1, "a"), tuple[int, str], True),
        ((1,), tuple[int, str], False),
        (None, Optional[int], True),  # noqa: UP045 - as TorchScript's users write it
        (1.5, int | None, False),
        ([[1]], list[list[int]], True),
        (3, (str, int), True),
    ],
)
def test_isinstance(value: Any, kind: Any, answer: bool) -> None:
    assert torch.jit.isinstance(value, kind) is answer
