"""The names that the programs of golden/data.json begin with."""

from __future__ import annotations

PRELUDE = """
import json, random
import numpy as np
from collections import namedtuple, OrderedDict
D = torch.utils.data
Point = namedtuple("Point", "x y")
G = lambda seed: torch.Generator().manual_seed(seed)

class Squares(D.Dataset):
    def __init__(self, n): self.n = n
    def __len__(self): return self.n
    def __getitem__(self, i): return i ** 2

class Many(Squares):
    def __getitems__(self, indices): return [-i for i in indices]

class Draws(Squares):
    def __getitem__(self, i):
        return [D.get_worker_info().id, D.get_worker_info().seed % 1000, random.random(), float(np.random.rand()), float(torch.rand(1))]

class Infos(D.Dataset):
    def __len__(self): return 2
    def __getitem__(self, i):
        info = D.get_worker_info()
        return [info.id, info.num_workers, type(info.dataset).__name__]

class Count(D.IterableDataset):
    def __init__(self, n): self.n = n
    def __iter__(self): return iter(range(self.n))

class Sized(Count):
    def __init__(self): self.n = 5
    def __len__(self): return 3

class PerWorker(D.IterableDataset):
    def __iter__(self):
        me = D.get_worker_info().id
        return iter(range(100 * me, 100 * me + 3 + 6 * me))

class Failing(D.Dataset):
    def __len__(self): return 3
    def __getitem__(self, i): raise KeyError("no sample")

class Odd(D.Dataset):
    def __len__(self): return 1
    def __getitem__(self, i): raise json.JSONDecodeError("odd", "text", 0)

class SomeFail(D.Dataset):
    def __len__(self): return 4
    def __getitem__(self, i): return i if i % 2 == 0 else [][1]

def error_of(call):
    try: return call()
    except Exception as error: return error

class Named(D.Dataset):
    def __len__(self): return 1
    def __getitem__(self, i): raise ValueError("no such sample")

"""
