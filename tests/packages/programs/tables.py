"""tensordict: dictionaries of tensors that have a batch in common."""

from __future__ import annotations

import warnings
from tempfile import TemporaryDirectory

import torch
from tensordict import (
    LazyStackedTensorDict,
    MemoryMappedTensor,
    TensorDict,
    TensorDictParams,
    is_tensor_collection,
    pad,
    pad_sequence,
    tensorclass,
)
from tensordict.nn import (
    InteractionType,
    NormalParamExtractor,
    ProbabilisticTensorDictModule,
    ProbabilisticTensorDictSequential,
    TensorDictModule,
    TensorDictSequential,
    set_composite_lp_aggregate,
    set_interaction_type,
)
from torch import nn

warnings.simplefilter("ignore")


def _made():
    torch.manual_seed(0)
    return TensorDict({"a": torch.randn(3, 4), "b": torch.arange(3), "in": {"c": torch.ones(3, 2, 5)}}, batch_size=[3])


def _all(name, found):
    for key, value in sorted(found.items(True, True), key=str):
        yield f"{name}, {key}", value
    yield f"{name}, batch", list(found.batch_size)


def dictionaries():
    """Made, read, cut, joined, mapped, saved."""
    t = _made()
    yield "shown", repr(t)
    yield "keys", sorted(map(str, t.keys(True, True)))
    yield from _all("row", t[0])
    yield from _all("rows", t[1:])
    yield from _all("masked", t[torch.tensor([True, False, True])])
    yield from _all("two", torch.stack([t, t + 1], 0))
    yield from _all("joined", torch.cat([t, t], 0))
    yield from _all("longer", t.unsqueeze(-1).expand(3, 2))
    yield from _all("viewed", torch.stack([t, t], 0).view(-1))
    yield from _all("turned", torch.stack([t, t], 1).permute(1, 0))
    yield from _all("split", t.split([1, 2])[1])
    yield from _all("gathered", t.gather(0, torch.tensor([2, 0])))
    yield from _all("doubled", t.apply(lambda x: x * 2))
    yield from _all("named", t.named_apply(lambda name, x: x + len(name)))
    yield from _all("sum", t.float().sum(0))
    yield from _all("arithmetic", (t * 2 - t) / 3)
    yield from _all("selected", t.select("a", ("in", "c")))
    yield from _all("without", t.exclude("a"))
    yield from _all("flat", t.flatten_keys("."))
    yield from _all("deep", t.flatten_keys(".").unflatten_keys("."))
    yield from _all("double", t.double())
    yield from _all("zero", t.clone().zero_())
    yield from _all("where", t.where(torch.tensor([True, False, True]), t + 10))
    yield from _all("padded", pad(t, [0, 2], value=-1.0))
    yield from _all("sequences", pad_sequence([t[:2].select("a"), t.select("a")]))
    t["new"] = torch.zeros(3)
    t.set(("in", "d"), torch.full((3,), 7.0))
    t[0] = t[1]
    yield from _all("written", t)
    yield "popped", t.pop("new")
    yield "one key", t["in", "c"]
    yield "names", TensorDict({"x": torch.zeros(2, 3)}, [2, 3], names=["time", None]).names
    lazy = LazyStackedTensorDict.lazy_stack(
        [TensorDict({"x": torch.ones(2)}, []), TensorDict({"x": torch.ones(3)}, [])]
    )
    yield "lazy", [list(one["x"].shape) for one in lazy.unbind(0)]
    yield "equal", bool((t == t.clone()).all())
    yield "is", [is_tensor_collection(t), is_tensor_collection(torch.ones(1))]
    with TemporaryDirectory() as folder:
        t.select("a", "in").memmap(folder)
        yield from _all("from files", TensorDict.load_memmap(folder).clone())
        yield "mapped", torch.Tensor(MemoryMappedTensor.from_tensor(torch.arange(4.0), filename=f"{folder}/x").clone())
        torch.save(t.to_dict(), f"{folder}/t.pt")
        yield from _all("saved", TensorDict(torch.load(f"{folder}/t.pt"), [3]))
    yield from _all("numbers", TensorDict({"x": [1.0, 2.0], "y": 3}, []))
    for number, one in enumerate(t.select("a").split(2)):
        yield from _all(f"part {number}", one)


@tensorclass
class Sample:
    """A class of tensors."""

    x: torch.Tensor
    y: torch.Tensor
    name: str = "n"

    def total(self):
        """Of both."""
        return self.x.sum() + self.y.sum()


def classes():
    """Tensor classes do what the dictionaries do."""
    s = Sample(x=torch.arange(6.0).reshape(3, 2), y=torch.ones(3), batch_size=[3])
    yield "shown", repr(s)
    yield "row", s[1].x
    yield "total", s.total()
    yield "two", torch.stack([s, s], 0).y
    yield "name", torch.cat([s, s]).name
    yield "applied", s.apply(lambda x: x + 1).x


def modules():
    """Networks that read and write dictionaries, and draw."""
    torch.manual_seed(0)
    first = TensorDictModule(nn.Sequential(nn.Linear(4, 6), nn.Tanh()), in_keys=["a"], out_keys=[("deep", "hidden")])
    second = TensorDictModule(lambda x, y: x.sum(-1) + y, in_keys=[("deep", "hidden"), "b"], out_keys=["out"])
    net = TensorDictSequential(first, second)
    t = net(_made())
    yield from _all("out", t.exclude("in").detach())
    t["out"].square().sum().backward()
    yield "gradient", first.module[0].weight.grad
    yield "in", net.in_keys
    yield "chosen", net.select_subsequence(out_keys=[("deep", "hidden")])(_made())["deep", "hidden"]
    actor = ProbabilisticTensorDictSequential(
        TensorDictModule(
            nn.Sequential(nn.Linear(4, 4), NormalParamExtractor()), in_keys=["a"], out_keys=["loc", "scale"]
        ),
        ProbabilisticTensorDictModule(
            in_keys=["loc", "scale"],
            out_keys=["action"],
            distribution_class=torch.distributions.Normal,
            return_log_prob=True,
        ),
    )
    for kind in (InteractionType.RANDOM, InteractionType.MEAN, InteractionType.DETERMINISTIC):
        with set_interaction_type(kind), set_composite_lp_aggregate(False):
            torch.manual_seed(1)
            t = actor(_made())
        yield f"{kind}, action", t["action"]
        yield f"{kind}, likelihood", t.get("action_log_prob")


def parameters():
    """The parameters of a module as a dictionary: put in, stacked, mapped over, learned."""
    torch.manual_seed(0)
    net = nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 1))
    given = TensorDict.from_module(net)
    x = torch.randn(4, 2)
    with (given.data * 2).to_module(net):
        yield "doubled", net(x)
    yield "as before", net(x)
    held = TensorDictParams(given.data.clone())
    yield "names", [name for name, _ in held.named_parameters()]
    optimizer = torch.optim.SGD(held.parameters(), lr=0.1)
    for step in range(3):
        with held.to_module(net):
            loss = net(x).square().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        yield f"loss {step}", loss
    many = TensorDict.from_modules(*[nn.Linear(2, 1) for _ in range(3)], as_module=True)
    one = nn.Linear(2, 1)

    def call(params, x):
        with params.to_module(one):
            return one(x)

    out = torch.vmap(call, (0, None))(many, x)
    yield "many", out
    out.sum().backward()
    yield "gradients", many["weight"].grad
    yield "whole", torch.vmap(lambda t: t.set("s", t["a"].sum()))(_made().select("a"))["s"]
