"""Record what PyTorch's indexing, gather, scatter and mask functions do: tests/golden/indexing.json (needs torch).

Each line is a program of tests/expressions.py; tests/test_functions_indexing.py runs them again.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import torch

TESTS = Path(__file__).resolve().parent.parent / "tests"
sys.path.insert(0, str(TESTS))

from expressions import outcome  # noqa: E402

PROGRAMS = """
x[0]
x[0,1]
x[0,1,2]
x[:]
x[...]
x[:, :]
x[()]
x[None]
x[..., None]
x[1:]
x[1:, 0]
x[:, 1:, ::2]
x[0, ..., 1]
x[-1]
x[:, None, 0]
x[i]
x[i, 0]
x[0, i]
x[:, i]
x[..., i]
x[0, :, i]
x[i, :, i]
x[:, i, i]
x[:, i, 0, None]
x[:, i, None, i]
x[i, None, i]
x[[0,1]]
x[[0,1],[1,2]]
x[[True,False]]
x[b]
x[b, 1:]
x[k]
x[k, 0]
x[k, i[:1]]
x[:, k.t()]
x[0, k[0]]
x[True]
x[False]
x[True, False]
x[torch.tensor(True)]
x[torch.tensor(1)]
x[torch.tensor([1], dtype=torch.int8)]
x[torch.tensor([1], dtype=torch.int16)]
x[torch.tensor(1, dtype=torch.int16)]
h[-3:, 0]
h[0:9, 0]
h[m>1] = torch.tensor(3); h
h[m[:,0]>1] = torch.tensor([[2.5]]).double(); h
h[m>1] = torch.tensor(1j); h
h[m>1] = torch.tensor([1,2]); h
h.index_put_((m>1,), torch.tensor(3)); h
h.index_put_((m>1,), torch.tensor(3), accumulate=True); h
x[torch.tensor(1), i]
x[0, True]
x[:, True]
x[i, True]
x[[]]
x[[[0,1],[1,0]]]
x[[[0,1],[1,0]], ]
x[(0,1)]
x[(0,[0,1])]
x[[0, slice(None)]]
x[torch.tensor(1, dtype=torch.uint8)]
x[torch.tensor([1,0], dtype=torch.uint8)]
x[torch.tensor([1,0], dtype=torch.int32)]
x[torch.tensor([], dtype=torch.long)]
x[torch.tensor([])]
x[range(2)]
import numpy as np; x[np.array([0,1])]
import numpy as np; x[np.int64(1)]
import numpy as np; x[np.array(1)]
import numpy as np; x[np.bool_(True)]
import numpy as np; x[:np.int64(1)]
x[torch.tensor(0):torch.tensor(1)]
x[5:1]
x[1:100]
x[-100:100]
x[::3]
s[None]
s[...]
s[()]
s[True]
s[0]
s[:]
s[torch.tensor(True)]
s[torch.tensor([0])]
v[v>1]
m[m>1]
x[..., None, i]
x[..., ...]
x[..., 0, ...]
x.index_select(1, i)
x.index_select(1, torch.tensor(1))
x.take(i)
torch.gather(m,1,torch.tensor([[0],[1]]))
m.gather(-1,torch.tensor([[0],[1]]),sparse_grad=False)
m.scatter(1,torch.tensor([[0],[1]]),1.)
m.scatter(1,torch.tensor([[0],[1]]),m)
m.scatter_add(1,torch.tensor([[0],[1]]),m)
m.scatter_reduce(1,torch.tensor([[0],[1]]),m,'sum')
m.index_add(0,i,m)
m.index_fill(0,i,1.)
m.index_fill(0,i,s)
m.index_fill(0,torch.tensor(1),s)
m.index_put((i,),s)
m.index_put((i,),m,accumulate=True)
m.take_along_dim(torch.tensor([[0],[1]]),1)
m.take_along_dim(torch.tensor([0,1]))
m.masked_fill(m>1,0.)
m.masked_fill(m>1,s)
m.masked_select(m>1)
torch.where(m>1,m,0.)
torch.where(m>1,0.,1.)
torch.where(m>1,m,s)
torch.where(m>1)
m.where(m>1,0.)
torch.nonzero(m)
m.nonzero(as_tuple=True)
torch.argwhere(m)
m.clone().copy_(m)
m.clone().fill_(1.)
m.clone().fill_(s)
m.clone().zero_()
m.clone().put_(i,v[:2])
m.put(i,v[:2])
m.put(i,v[:2],accumulate=True)
m.clone().index_fill_(0,i,1.)
m.clone().masked_scatter_(m>1,v)
torch.index_select(m,1,i)
m.clone().masked_fill_(m>1,s)
m[1].storage_offset()
m.argwhere()
z=torch.zeros(2,3); z[torch.tensor([0])]=torch.tensor(1.,dtype=torch.float64); z
z=torch.zeros(2,3); z[torch.tensor([0])]=torch.ones(1,dtype=torch.float64); z
z=torch.zeros(2,3); z[torch.tensor([0])]=[1,2,3]; z
z=torch.zeros(2,3); z[0]=[1,2,3]; z
z=torch.zeros(2,3); z[0]=(1,2,3); z
z=torch.zeros(2,3); z[0]=torch.arange(3); z
z=torch.zeros(2,3); z[torch.tensor([0])]=1; z
z=torch.zeros(2,3,dtype=torch.long); z[0]=2.7; z
z=torch.zeros(2,3,dtype=torch.long); z[0]=torch.tensor(2.7); z
z=torch.zeros(2,3,dtype=torch.bool); z[0]=2.7; z
z=torch.zeros(2,3); z[False]=1.; z
z=torch.zeros(2,3); z[True]=1.; z
z=torch.zeros(2,3); z[:, True]=1.; z
z=torch.zeros(2,3); z[None]=1.; z
z=torch.zeros(2,3); z[True, 0]=1.; z
z=torch.zeros(2,3); z[0]=torch.ones(1,1,3); z
z=torch.zeros(2,3); z[[0,1]]=torch.ones(1,1,2,3); z
z=torch.zeros(2,3); z[z>5]=torch.ones(0); z
z=torch.zeros(2,3); z[z>5]=torch.ones(1); z
z=torch.zeros(2,3); z[z==0]=torch.arange(6.); z
z=torch.zeros(2,3); z[torch.tensor([[True,False,True],[False,True,False]])]=torch.ones(2,3); z
import numpy as np; z=torch.zeros(2,3); z[0]=np.float64(3); z
s2=torch.zeros(()); s2[...]=3; s2
s2=torch.zeros(()); s2[()]=3; s2
s2=torch.zeros(()); s2[None]=3; s2
s2=torch.zeros(()); s2[0]=3; s2
s2=torch.zeros(()); s2[True]=3; s2
x[:, [0,1], [0,1]]
x[[0,1], :, [0,1]]
x[[0,1], None, [0,1]]
x[0, :, [0,1]]
x[..., 0, [0,1]]
x[[0,1], ..., 0]
x[torch.tensor([[0,1]]), :, 1]
x[1,[0]]
x[:, 0, [0,1]]
x[[0], :, 0]
x[[[0]], :, 0]
x[(slice(None),[0])]
x[[slice(None),[0]]]
x[[None, 0]]
x[[[0,1]]]
x[[torch.tensor(0), torch.tensor(1)]]
x[torch.tensor([True, False]), torch.tensor([0])]
x[torch.tensor([True, True]), torch.tensor([0,1])]
x[torch.tensor([True, True]), torch.tensor([0,1,2])]
x[{1}]
x[(1,(0,1))]
x[(0,1),]
x[1,(0,)]
x[1,range(2)]
x[None, None]
x[:, torch.tensor(1)]
x[0:2:2, torch.tensor([0,1])]
m.masked_fill(torch.ones(2,3),0)
m.masked_select(torch.ones(2,3))
m.masked_fill(m>1,1j)
torch.arange(3).masked_fill(torch.tensor([True]*3),2.5)
torch.arange(3).masked_fill(torch.tensor([True]*3),torch.tensor(2.5))
torch.arange(3).fill_(2.5)
torch.arange(3).fill_(1j)
torch.arange(3).fill_(torch.tensor(2.5))
torch.where(m, m, m)
torch.where(torch.tensor([True,False]), 1, 2)
torch.where(torch.tensor([True,False]), 1., 2)
torch.where(torch.tensor([True,False]), torch.tensor(1.,dtype=torch.float64), torch.ones(2)).dtype
torch.where(torch.tensor([True,False]), torch.ones(2,dtype=torch.int64), 2.5).dtype
torch.where(torch.tensor([True,False]), 1)
torch.where(m>1, 'a', 1)
x.index_select(0,torch.tensor([0.5]))
x.index_select(0,torch.tensor([[0]]))
x.index_select(0,torch.tensor([-1]))
x.index_select(5,torch.tensor([0]))
x.index_select(0,[0])
x.take(torch.tensor([-24]))
x.take(torch.tensor([24]))
x.take(torch.tensor([[0,1]]))
m.gather(0,torch.tensor([[0,0,0,0]]))
m.gather(0,torch.tensor([0]))
m.gather(0,torch.zeros(1,3,dtype=torch.int32))
m.scatter(0,torch.tensor([[0]]),1j)
m.scatter(0,torch.tensor([[-1]]),1.)
m.scatter(0,torch.tensor([[0]]),torch.ones(0))
m.scatter_add(0,torch.tensor([[0]]),torch.ones(1,2))
m.scatter_add(0,torch.tensor([[0,0,0]]),torch.ones(1,2))
m.scatter_add(0,torch.tensor([[0,0,0]]),1.)
m.scatter_reduce(0,torch.tensor([[0,0,0]]),m,'foo')
m.scatter_reduce(0,torch.tensor([[0,0,0]]),m,'sum',include_self=False)
m.index_add(0,torch.tensor([0]),m)
m.index_add(0,torch.tensor([0,5]),m)
m.index_add(0,torch.tensor([0,1]),m.double())
m.index_add(0,torch.tensor([0,1]),m[:, :2])
m.index_add(0,torch.tensor([0,1]),m,alpha=2)
m.index_fill(0,torch.tensor([7]),1.)
m.index_fill(0,torch.tensor([-1]),1.)
m.index_fill(0,torch.tensor([0]),v)
m.index_put([torch.tensor([0])],v)
m.index_put((torch.tensor([0]),),v.double()[:3])
m.index_put((None,torch.tensor([0])),s)
m.index_put((torch.tensor([0]),)*3,s)
m.take_along_dim(torch.tensor([0]),0)
m.take_along_dim(torch.tensor([[0.]]),0)
torch.nonzero(m,as_tuple=True)
s.nonzero()
torch.tensor(0.).nonzero()
s.nonzero(as_tuple=True)
s.argwhere()
m.copy_(1.)
m.detach().copy_(torch.ones(2))
torch.ones(2,dtype=torch.int64).copy_(torch.tensor([1.7,-1.7]))
m.put(torch.tensor([0,1]),v)
m.put(torch.tensor([9]),s)
m.put(torch.tensor([0.]),s)
m.put(torch.tensor([0]),s.double())
m.scatter(0,torch.zeros(1,3,dtype=torch.long),torch.ones(3))
m.detach().clone().scatter_(0,torch.zeros(1,3,dtype=torch.long),torch.ones(3))
m.detach().clone().scatter_(0,torch.zeros(1,3,dtype=torch.long),torch.ones(1,3,1))
m.detach().clone().scatter_(0,torch.zeros(1,1,dtype=torch.long),torch.ones(3))
m.detach().clone().scatter_add_(0,torch.zeros(1,3,dtype=torch.long),torch.ones(3))
m.scatter_add(0,torch.zeros(1,3,dtype=torch.long),torch.ones(3))
v.scatter(0,torch.zeros(1,dtype=torch.long),torch.tensor(1.))
v.detach().scatter_(0,torch.zeros(1,dtype=torch.long),torch.tensor(1.))
v.detach().fill_('a')
v.detach().masked_fill_(v>1,'a')
v.detach().copy_('a')
v.detach().copy_(3)
v.detach().index_fill_(0,torch.tensor([0]),'a')
x[k, 1]
x[k, 1:3]
x[1, k[0], 1]
x[:, k[0]]
x[..., [True, False, True, False]]
x[[0, 1], [1, 2], [3, 0]]
x[:, [0, 1], 1:, None]
x[[[0], [1]], [0, 2]]
x[-1, -1, -1]
x[i, -1]
x[i[:, None], i, [0, 3]]
x[torch.tensor([-1, 0])]
x[0, ..., None, -1]
x[None, ..., None].shape
x[:, None, :, None].shape
x[..., 1:3]
x[0][1][2]
x[:, 1][:, 2]
x[1:, ::2, 1::2]
x[torch.tensor(-1)]
x[True, i]
x[i, False]
h[0] = 5.; h
h[0] = m[1] * 2; h
h[0, 1] = s; h
h[:, 1:] = v[:2]; h
h[...] = v[:3]; h
h[:] = s; h
h[None] = m; h
h[::2] = m[1]; h
h[i] = m; h
h[[1, 0]] = m; h
h[:, [0, 2]] = s; h
h[0, [0, 2]] = v[:2]; h
h[1:, [0, 2]] = v[:2]; h
h[h > 2] = 0.; h
h[k] = v[:3]; h
h[k] = s; h
h[b] = v[:3]; h
h[:, torch.tensor([True, False, True])] = s; h
h[True] = s; h
h[False] = s; h
h[torch.tensor(1)] = v[:3]; h
h[i, i] = v[:2]; h
h[i, i] += v[:2]; h
h[k] *= 2; h
h[0] += v[:3]; h
h[0][1] = s; h
h.t()[0] = v[:2]; h
h.view(6)[2:4] = s; h
e[0] = v[:3]; e
e[i, 2] = v[:2]; e
e[0, 0] = 1; e._version
e[i] = 2.; e._version
e[5] = 1.
e[0, 5] = 1.
e[i, 7] = 1.
e[:, [0, 9]] = 1.
e[0] = torch.tensor([1, 2, 3]); e
n[0] = 2.7; n
n[0, 0] = True; n
n[i] = torch.tensor(3); n
n[0] = torch.tensor([1.9, -1.9, 2.5]); n
k[0] = 2; k
e[0] = float('inf'); e
e[:, 0] = torch.ones(3)
e[::-1] = 0.
m.gather(1, a)
m.gather(0, torch.tensor([[1, 0, 1], [0, 0, 1], [1, 1, 1]]))
x.gather(1, torch.tensor([[[2, 0]], [[1, 1]]]))
m.scatter(1, a, v.reshape(2, 2)[:, :1])
m.scatter(1, a, v.reshape(2, 2))
m.scatter(1, a, 5)
m.scatter(1, a, value=5.)
m.scatter_add(1, a, v.reshape(2, 2))
m.scatter_add(0, torch.tensor([[1, 1, 0], [1, 1, 1]]), h)
h.scatter_(1, a, v.reshape(2, 2)[:, :1]); h
h.scatter_add_(0, torch.tensor([[1, 1, 0]]), v[None, :3]); h
torch.zeros(2, 3).scatter_(1, a, 1.)
torch.zeros(3, dtype=torch.int64).scatter_(0, torch.tensor([0, 2]), 7)
torch.zeros(3).scatter_(0, torch.tensor([0, 2, 0]), 2., reduce='add')
torch.ones(3).scatter_(0, torch.tensor([0, 2]), 3., reduce='multiply')
v.scatter_reduce(0, torch.tensor([0, 0, 2]), m[0], 'sum')
v.scatter_reduce(0, torch.tensor([0, 0, 2]), m[0], 'sum', include_self=False)
v.scatter_reduce(0, torch.tensor([0, 0, 2]), m[0], 'mean')
v.scatter_reduce(0, torch.tensor([0, 0, 2]), m[0], 'mean', include_self=False)
v.scatter_reduce(0, torch.tensor([0, 0, 2]), m[0], 'amax')
v.scatter_reduce(0, torch.tensor([0, 0, 2]), m[0], 'amin', include_self=False)
v.scatter_reduce(0, torch.tensor([0, 0, 2]), m[0], 'prod')
v.scatter_reduce(0, torch.tensor([0, 0, 2]), m[0], 'prod', include_self=False)
n[0].scatter_reduce(0, torch.tensor([0, 0, 2]), n[1], 'amax')
n[0].scatter_reduce(0, torch.tensor([0, 0, 2]), n[1], 'mean')
x.index_select(-1, torch.tensor([3, 3, 0]))
x.index_select(1, torch.tensor([1], dtype=torch.int32))
m.index_add(0, torch.tensor([1, 1]), h)
m.index_add(1, torch.tensor([2]), v[:2, None], alpha=3)
h.index_add_(1, torch.tensor([0, 2]), x[0, :2, :2]); h
m.index_copy(0, i, h)
h.index_copy_(1, torch.tensor([2]), v[:2, None]); h
m.index_fill(1, torch.tensor([0, 2, 0]), s)
m.index_fill(-1, torch.tensor([0, -1]), 7)
h.index_fill_(0, torch.tensor([1]), 3.); h
m.index_put((i, i), v[:2])
m.index_put((i, i), v[:2], accumulate=True)
m.index_put((torch.tensor([0, 0]), torch.tensor([1, 1])), v[:2], accumulate=True)
m.index_put((torch.tensor(1),), s)
h.index_put_((k,), v[:3]); h
h.index_put_((i, torch.tensor([1, 1])), torch.tensor(1.), accumulate=True); h
m.take(torch.tensor([[0, -1], [3, 3]]))
m.put(torch.tensor([0, 5]), v[:2])
m.put(torch.tensor([0, 0]), v[:2], accumulate=True)
h.put_(torch.tensor([1]), s[None]); h
m.take_along_dim(n % 2, 0)
m.take_along_dim(n[:1] % 3, 1)
m.take_along_dim(n[0])
m.masked_fill(k, -1)
m.masked_fill(k, s)
v.masked_fill(torch.tensor([[True], [False]]), 9.)
h.masked_fill_(k, s); h
h.masked_fill_(k[:1], 4); h
m.masked_fill(k, float('-inf'))
m.masked_select(k)
m.masked_select(b[:, None])
v[:3].masked_select(k)
m.masked_scatter(k, v)
h.masked_scatter_(k, v); h
torch.where(k, m, h)
torch.where(k, m, 0)
torch.where(k, 1, s)
torch.where(b[:, None], v[:3], m)
torch.where(k, n, 0.5)
torch.where(k, n, m)
torch.where(k, e.double(), 1)
torch.where(m > 0, m.sqrt(), m)
torch.where(k, 1, 0)
torch.where(k, 1., 0)
torch.where(k)
m.where(k, s)
torch.where(m > 9, m, v)
m.nonzero()
torch.nonzero(n > 2, as_tuple=True)
torch.argwhere(n)
h.copy_(v[:3]); h
h.copy_(m.double()); h
n.copy_(m.detach()); n
h.fill_(s); h
h.fill_(7); h
h.zero_(); h
h[0].zero_(); h
torch.zeros(3, 3).fill_diagonal_(2.)
torch.zeros(5, 2).fill_diagonal_(2., wrap=True)
torch.zeros(2, 4).fill_diagonal_(2.)
h.fill_diagonal_(5.); h
torch.masked_fill(input=m, mask=k, value=0.)
torch.gather(input=m, dim=1, index=a)
torch.index_select(input=m, dim=0, index=i)
torch.gather(m.detach(), 1, a, out=torch.empty(0))
torch.where(k, m.detach(), e, out=torch.empty(0))
m.detach().tril_()
h.triu_(); h
s.index_fill(0, torch.tensor([0]), 4.)
torch.tensor(3.).index_add(0, torch.tensor([0, 0]), torch.ones(2))
"""


def main() -> None:
    recorded = {line: outcome(torch, line) for line in PROGRAMS.strip().splitlines()}
    text = ",\n".join(f"{json.dumps(line)}: {json.dumps(result)}" for line, result in recorded.items())
    (TESTS / "golden" / "indexing.json").write_text("{\n" + text + "\n}\n")
    print(f"{len(recorded)} programs")


if __name__ == "__main__":
    main()
