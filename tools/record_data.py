"""Record how PyTorch's datasets, samplers and loaders behave: tests/golden/data.json (needs torch).

tests/utils/test_data.py runs the programs again. A program starts with the names of ``PRELUDE``.
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

from nn.programs import outcome  # noqa: E402
from record_nn import programs  # noqa: E402
from utils.data_prelude import PRELUDE  # noqa: E402

DATASETS = """
D.TensorDataset(torch.arange(6).reshape(3, 2), torch.ones(3))[1], len(D.TensorDataset(torch.arange(6).reshape(3, 2))), D.TensorDataset(torch.arange(4))[1:3]
D.TensorDataset(torch.ones(3), torch.ones(2))
D.StackDataset([1, 2], "ab")[0], D.StackDataset(x=[1, 2], y="ab")[1], D.StackDataset(x=[1, 2], y="ab").__getitems__([1, 0]), len(D.StackDataset([1, 2]))
D.StackDataset()
D.StackDataset([1], x=[1])
D.StackDataset([1], [1, 2])
c = D.ConcatDataset([[1, 2], [], [3]]); len(c), [c[i] for i in range(3)], c[-1], c[-3], c.cumulative_sizes
D.ConcatDataset([])
D.ConcatDataset([Count(3)])
D.ConcatDataset([[1, 2]])[-3]
D.ConcatDataset([[1, 2]])[2]
type(Squares(2) + Squares(3)).__name__, len(Squares(2) + Squares(3)), (Squares(2) + Squares(3))[4]
list(Count(2) + Count(3)), type(Count(2) + Count(1)).__name__
list(D.ChainDataset([Count(2), [1]]))
s = D.Subset(Squares(5), [4, 1]); s[0], len(s), s.__getitems__([1, 0]), list(D.DataLoader(s, batch_size=2))
D.Subset(torch.arange(5), [4, 1, 2])[[0, 2]]
D.Dataset()[0]
iter(D.IterableDataset())
len(D.Dataset())
[s.indices for s in D.random_split(range(7), [3, 4], generator=G(0))], [s.indices for s in D.random_split(range(7), [0.5, 0.3, 0.2], generator=G(1))]
torch.manual_seed(3); [s.indices for s in D.random_split(range(7), [3, 4])], torch.rand(1)
[len(s) for s in D.random_split(range(10), [0.33, 0.33, 0.34])], [len(s) for s in D.random_split(range(3), [0.1, 0.9])]
D.random_split(range(7), [3, 3])
D.random_split(range(7), [1.5, -0.5])
D.random_split(range(7), [0.5, 0.4])
"""

SAMPLERS = """
list(D.SequentialSampler("abc")), len(D.SequentialSampler("abc"))
torch.manual_seed(0); list(D.RandomSampler(range(10))), list(D.RandomSampler(range(10))), torch.rand(1)
torch.manual_seed(0); list(D.RandomSampler(range(10), True)), list(D.RandomSampler(range(3), True, 70)), torch.rand(1)
g = G(5); list(D.RandomSampler(range(5), generator=g)), torch.rand(1, generator=g), list(D.RandomSampler(range(5), num_samples=12, generator=g)), torch.rand(1, generator=g), list(D.RandomSampler(range(5), num_samples=3, generator=g)), torch.rand(1, generator=g)
g = G(5); list(D.RandomSampler(range(5), True, 64, generator=g)), torch.rand(1, generator=g), list(D.RandomSampler(range(5), True, 3, g)), torch.rand(1, generator=g)
D.RandomSampler([])
D.RandomSampler([1], replacement=3)
D.RandomSampler([1], num_samples=-1)
D.RandomSampler([1], num_samples=2.0)
len(D.RandomSampler(range(5))), len(D.RandomSampler(range(5), num_samples=9)), D.RandomSampler(range(5)).num_samples
torch.manual_seed(0); list(D.SubsetRandomSampler([5, 6, 7, 8])), list(D.SubsetRandomSampler([5, 6, 7], G(1))), torch.rand(1)
torch.manual_seed(0); list(D.WeightedRandomSampler([0.1, 0.9, 3], 10)), list(D.WeightedRandomSampler([1, 2, 3, 4], 4, replacement=False)), list(D.WeightedRandomSampler(torch.ones(3), 5, generator=G(2))), torch.rand(1)
D.WeightedRandomSampler([1, 2], 0)
D.WeightedRandomSampler([1, 2], True)
D.WeightedRandomSampler([1, 2], 2, 1)
D.WeightedRandomSampler([[1, 2]], 2)
w = D.WeightedRandomSampler([1, 2], 2); w.weights, len(w)
list(D.BatchSampler(range(7), 3, False)), list(D.BatchSampler(range(7), 3, True)), len(D.BatchSampler(range(7), 3, False)), len(D.BatchSampler(range(7), 3, True)), list(D.BatchSampler(range(6), 3, False)), list(D.BatchSampler(range(2), 3, True))
D.BatchSampler(range(3), 0, False)
D.BatchSampler(range(3), True, False)
D.BatchSampler(range(3), 2, 0)
[list(D.DistributedSampler(range(10), 3, r)) for r in range(3)], [list(D.DistributedSampler(range(10), 3, r, drop_last=True, seed=5)) for r in range(3)], [list(D.DistributedSampler(range(2), 5, r, shuffle=False)) for r in range(5)]
s = D.DistributedSampler(range(5), 2, 1); a = list(s); s.set_epoch(1); a, list(s), len(s)
D.DistributedSampler(range(5), 2, 2)
list(D.Sampler())
len(D.Sampler())
"""

COLLATE = """
D.default_collate([1, 2]), D.default_collate([1.5, 2]), D.default_collate([True, False]), D.default_collate(["a", "b"]), D.default_collate([b"a", b"b"])
D.default_collate([torch.ones(2), torch.zeros(2)]), D.default_collate([np.ones(2, np.float32), np.zeros(2, np.float32)]), D.default_collate([np.float32(1), np.float32(2)]), D.default_collate([np.int16(1), np.int16(2)]), D.default_collate([np.bool_(1), np.bool_(0)]), D.default_collate([np.array(1.0), np.array(2.0)])
D.default_collate([(1, "a"), (2, "b")]), D.default_collate([[1, 2], [3, 4]]), D.default_collate([{"a": 1, "b": [torch.ones(1)]}, {"a": 2, "b": [torch.zeros(1)]}]), D.default_collate([Point(1, 2.0), Point(3, 4.0)]), D.default_collate([OrderedDict(a=1), OrderedDict(a=2)])
D.default_collate([None, None])
D.default_collate([object()])
D.default_collate([[1], [1, 2]])
D.default_collate([(1,), (1, 2)])
D.default_collate([torch.ones(2), torch.ones(3)])
D.default_collate([np.ones(2), np.ones(3)])
D.default_collate([np.array(["a"]), np.array(["b"])])
D.default_collate([{"a": 1}, {"b": 2}])
D.default_collate([])
D.default_collate([1, None])
D.default_convert([np.ones(1), 3, "a", (np.ones(1, np.float32), 2), {"k": np.float64(2)}, Point(np.int64(1), 2), np.array(["a"])])
from torch.utils.data._utils.collate import collate, default_collate_fn_map; collate([1, 2], collate_fn_map={int: lambda b, *, collate_fn_map: ("ints", b)}), collate([(1, "a"), (2, "b")], collate_fn_map={**default_collate_fn_map, str: lambda b, *, collate_fn_map: "".join(b)})
from torch.utils.data._utils.collate import collate; collate([1, 2])
from torch.utils.data.dataloader import default_collate as a, DataLoader as b; from torch.utils.data.sampler import RandomSampler as c; from torch.utils.data.dataset import Subset as d; from torch.utils.data.distributed import DistributedSampler as e; a is D.default_collate, b is D.DataLoader, c is D.RandomSampler, d is D.Subset, e is D.DistributedSampler
"""

LOADERS = """
list(D.DataLoader(Squares(5), batch_size=2)), list(D.DataLoader(Squares(5), batch_size=2, drop_last=True)), list(D.DataLoader(Squares(3), batch_size=None)), list(D.DataLoader(Squares(3)))
torch.manual_seed(0); l = D.DataLoader(range(7), batch_size=3, shuffle=True); [list(l), list(l), torch.rand(1)]
torch.manual_seed(0); l = D.DataLoader(range(7), batch_size=3); [list(l), torch.rand(1)]
torch.manual_seed(0); l = D.DataLoader(range(7), batch_size=3, shuffle=True, generator=G(3)); [list(l), torch.rand(1), list(l), torch.rand(1, generator=l.generator)]
torch.manual_seed(1); i = iter(D.DataLoader(range(7), shuffle=True)); a = torch.rand(1); next(i), a, torch.rand(1)
torch.manual_seed(0); l = D.DataLoader(range(7), 3, sampler=D.WeightedRandomSampler([1] * 7, 5)); [list(l), torch.rand(1)]
list(D.DataLoader(range(7), batch_sampler=[[0, 1], [5]])), list(D.DataLoader(range(7), sampler=[3, 2], batch_size=2)), len(D.DataLoader(range(7), batch_sampler=[[0, 1], [5]]))
list(D.DataLoader(range(4), 2, collate_fn=lambda b: b)), list(D.DataLoader(range(2), batch_size=None, collate_fn=str))
list(D.DataLoader(Count(5), batch_size=2)), list(D.DataLoader(Count(5), batch_size=2, drop_last=True)), list(D.DataLoader(Count(2), batch_size=None)), list(D.DataLoader(Count(0)))
len(D.DataLoader(range(7), 3)), len(D.DataLoader(range(7), 3, drop_last=True)), len(D.DataLoader(range(7), batch_size=None))
len(D.DataLoader(Count(3)))
l = D.DataLoader(Sized(), batch_size=2); len(l), list(l)
l = D.DataLoader(range(3)); l.batch_size = 3
l = D.DataLoader(range(3)); l.num_workers, l.batch_size, l.drop_last, l.pin_memory, l.timeout, l.prefetch_factor, l.persistent_workers, l.collate_fn is D.default_collate, type(l.sampler).__name__, type(l.batch_sampler).__name__, l.generator, l.multiprocessing_context, l.worker_init_fn
l = D.DataLoader(range(3), batch_size=None, shuffle=True); type(l.sampler).__name__, l.batch_sampler, l.batch_size, l.collate_fn is D.default_convert
D.DataLoader(range(3), num_workers=2).prefetch_factor, D.DataLoader(range(3), num_workers=2, multiprocessing_context="fork").multiprocessing_context.get_start_method()
D.DataLoader(range(3), num_workers=-1)
D.DataLoader(range(3), timeout=-1)
D.DataLoader(range(3), prefetch_factor=2)
D.DataLoader(range(3), num_workers=1, prefetch_factor=-2)
D.DataLoader(range(3), persistent_workers=True)
D.DataLoader(range(3), shuffle=True, sampler=[1])
D.DataLoader(range(3), batch_sampler=[[1]], batch_size=2)
D.DataLoader(range(3), batch_sampler=[[1]], shuffle=True)
D.DataLoader(range(3), batch_size=None, drop_last=True)
D.DataLoader(range(3), batch_size=0)
D.DataLoader(range(3), multiprocessing_context="fork")
D.DataLoader(range(3), num_workers=1, multiprocessing_context="thread")
D.DataLoader(range(3), num_workers=1, multiprocessing_context=3)
D.DataLoader([], shuffle=True)
list(D.DataLoader([])), len(D.DataLoader([]))
D.DataLoader(Count(3), shuffle=True)
D.DataLoader(Count(3), sampler=[1])
D.DataLoader(Count(3), batch_sampler=[[1]])
list(D.DataLoader(range(2), pin_memory=True))
list(D.DataLoader(Failing(), batch_size=2))
list(D.DataLoader([None, None]))
D.get_worker_info()
l = D.DataLoader(D.TensorDataset(torch.arange(6.0).reshape(3, 2), torch.tensor([0, 1, 0])), batch_size=2); list(l)
l = D.DataLoader(Many(6), batch_size=4); list(l)
l = D.DataLoader(range(4)); i = iter(l); len(i), next(i), iter(i) is i
"""

WORKERS = """
torch.manual_seed(0); l = D.DataLoader(range(9), batch_size=2, shuffle=True, num_workers=2); [list(l), list(l), torch.rand(1)]
torch.manual_seed(0); l = D.DataLoader(range(9), batch_size=2, shuffle=True, num_workers=2, persistent_workers=True); [list(l), list(l), torch.rand(1)]
torch.manual_seed(0); l = D.DataLoader(Draws(4), batch_size=2, num_workers=2, persistent_workers=True); [list(l), list(l)]
torch.manual_seed(0); l = D.DataLoader(Draws(4), batch_size=2, num_workers=2); [list(l), list(l)]
torch.manual_seed(7); l = D.DataLoader(Draws(2), num_workers=1, generator=G(9), worker_init_fn=lambda n: np.random.seed(n)); list(l)
l = D.DataLoader(Count(3), batch_size=2, num_workers=2); list(l)
l = D.DataLoader(PerWorker(), batch_size=2, num_workers=2, prefetch_factor=1); list(l)
l = D.DataLoader(Infos(), num_workers=2, batch_size=None); list(l)
l = D.DataLoader(range(6), batch_size=2, num_workers=1, persistent_workers=True); i = iter(l); a = next(i); [a, list(l)]
l = D.DataLoader(Sized(), batch_size=2, num_workers=2); len(l), list(l)
try: list(D.DataLoader(Named(), num_workers=1))
except ValueError as error: text = str(error)
text.splitlines()[:2], text.splitlines()[-1], "in __getitem__" in text
try: list(D.DataLoader(Failing(), num_workers=1))
except KeyError as error: text = str(error)
text.splitlines()[:2], text.splitlines()[-1]
e = error_of(lambda: list(D.DataLoader(Odd(), num_workers=1))); type(e).__name__, str(e).splitlines()[0]
i = iter(D.DataLoader(SomeFail(), num_workers=2)); [type(error_of(lambda: next(i))).__name__ for _ in range(5)]
l = D.DataLoader(range(3), collate_fn=lambda b: {"x": np.array(b), "t": tuple(b)}, num_workers=1); list(l)
"""


def main() -> None:
    groups = {"datasets": DATASETS, "samplers": SAMPLERS, "collate": COLLATE, "loaders": LOADERS, "workers": WORKERS}
    recorded = {
        group: [{"program": program} | outcome(torch, PRELUDE + program) for program in programs(text)]
        for group, text in groups.items()
    }
    path = TESTS / "golden" / "data.json"
    path.write_text(json.dumps(recorded, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
