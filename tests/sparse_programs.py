"""Programs with sparse tensors: PyTorch's answers are in tests/golden/sparse.json (tools/record_sparse.py)."""

# ruff: noqa: T201 - a program is a line, and prints

from __future__ import annotations

import contextlib
import io
import warnings
from typing import Any

from sparse_layouts import LAYOUTS

HEAD = """
i = torch.tensor([[0, 1, 1], [2, 0, 2]])
v = torch.tensor([3.0, 4.0, 5.0])
s = torch.sparse_coo_tensor(i, v, (2, 3))
s2 = torch.sparse_coo_tensor([[0, 0], [0, 2]], [7.0, 8.0], (2, 3))
u = torch.sparse_coo_tensor([[0, 0], [1, 1]], [1.0, 2.0], (2, 2))
h = torch.sparse_coo_tensor(i[:1], torch.arange(6.0).reshape(3, 2), (2, 2))
c = s.to_sparse_csr()
d = torch.arange(6.0).reshape(2, 3)
e = torch.arange(12.0).reshape(3, 4)
r, r2, ur, cr = (x.clone().requires_grad_() for x in (s, s2, u, c))
dr, er, vr = (x.clone().requires_grad_() for x in (d, e, v))
def grads(out, *x):
    out = out.to_dense()
    return torch.autograd.grad(out, x, torch.arange(1.0, 1 + out.numel()).reshape(out.shape))
def embed(*indices, of=lambda w: w, call=F.embedding, **k):
    w = torch.ones(3, 2, requires_grad=True)
    call(torch.tensor(indices), of(w), sparse=True, **k).sum().backward()
    return w.grad
def trained(make, steps=2):
    torch.manual_seed(0)
    m = nn.Embedding(4, 2, sparse=True)
    with torch.no_grad():
        m.weight.copy_(torch.arange(8.0).reshape(4, 2))
    o = make(m.parameters())
    for _ in range(steps):
        o.zero_grad()
        (m(torch.tensor([1, 1, 3])).pow(2)).sum().backward()
        o.step()
    return m.weight
"""
"""What the programs may use."""

PROGRAMS = """
s
s.coalesce()
u
r
r.is_leaf, r.grad_fn, r.requires_grad
torch.sparse_coo_tensor(i,v.requires_grad_(),(2,3))
torch.sparse_coo_tensor(i,v.requires_grad_(),(2,3),requires_grad=True)
s.indices()
s.values()
s.coalesce().indices()
s.coalesce().values()
r.coalesce()
r.coalesce().values()
r._values()
r._indices()
s.to_dense()
r.to_dense()
s.t()
r.t()
s.t().is_coalesced()
s.coalesce().t().is_coalesced()
s.transpose(0,1)
s.T
s@e
r@e
s@er
torch.sparse.mm(r,e)
torch.sparse.mm(s,er)
torch.mm(r,e)
r.matmul(e)
r@e[:,0]
torch.mv(r,e[:,0])
e.t()@s
d.t()@s
torch.mm(d.t(),s)
torch.sparse.mm(d.t(),s)
torch.addmm(d@e,r,e)
torch.addmm(d@e,r,e,beta=2,alpha=3)
torch.sparse.addmm(d@e,r,e,beta=2,alpha=3)
s+s
r+s
(r+s).is_coalesced()
s+d
d+s
dr+s
d+r
s-d
d-s
s*2
2*s
r*2
s/2
2/s
s*s
r*s
s*d
d*s
dr*s
r*d
s/d
s+1
s-1
-s
-r
s**2
torch.relu(r)
torch.abs(r)
torch.sin(r)
torch.sqrt(r)
torch.exp(s)
torch.cos(s)
F.relu(r)
torch.sum(s)
torch.sum(r)
s.sum(0)
r.sum(1)
torch.sparse.sum(r)
torch.sparse.sum(r,dim=0)
torch.sparse.sum(r,dim=1)
torch.sparse.sum(r,dim=[0,1])
torch.sparse.softmax(r,dim=1)
torch.sparse.log_softmax(r,dim=1)
torch.sparse.softmax(r,dim=0)
torch.cat([s,s])
torch.cat([r,s],1)
torch.stack([r,s])
s.norm()
s[0]
r[0]
s[0,2]
s[:,0]
s[None]
s.select(0,1)
s.index_select(0,torch.tensor([1]))
r.index_select(0,torch.tensor([1,0,1]))
torch.narrow_copy(s,0,0,1)
s.unsqueeze(0)
s.permute(1,0)
s.squeeze()
s.clone()
r.clone()
r.detach()
s.detach()
s.double()
r.double()
s.to(torch.float64)
s.long()
s.float()
s.numpy()
s.tolist()
s.item()
list(s)
s==s
s>0
torch.equal(s,s)
s.max()
s.mean()
s.mean(0)
s.zero_()
s.mul_(2)
s.add_(s)
s.add_(d)
d.add_(s)
s.copy_(s)
torch.zeros_like(s)
torch.ones_like(s)
torch.empty_like(s)
torch.zeros(2,3,layout=torch.sparse_coo)
torch.zeros(2,3,layout=torch.sparse_csr)
torch.empty(2,3,layout=torch.sparse_coo)
torch.isnan(s)
torch.any(s)
torch.where(s>0,s,s)
s.data
s.requires_grad_()
s.pow(2)
r.pow(2)
s.sign()
s.trunc()
s.log1p()
s.tanh()
s.sigmoid()
torch.bmm(torch.stack([s,s]),torch.stack([e,e]))
torch.softmax(s,1)
torch.sparse.mm(s,s.t())
torch.sparse.mm(r,s.t())
s@s.t()
r@s.t()
torch.mm(s,s.t())
torch.zeros_like(r)
s.sparse_mask(s)
d.sparse_mask(s)
d.sparse_mask(s.coalesce())
dr.sparse_mask(s.coalesce())
d.to_sparse()
dr.to_sparse()
d.to_sparse(1)
dr.to_sparse(1)
d.to_sparse(layout=torch.sparse_csr)
dr.to_sparse_csr()
d.to_sparse_csr().to_sparse()
s.to_sparse()
s.to_sparse(1)
s.to_sparse_csr()
r.to_sparse_csr()
r.to_sparse_coo()
dr.to_sparse_coo()
grads(r,r)
grads(r*2,r)
grads(r*d,r)
grads(r*dr,r,dr)
grads(r+r2,r,r2)
grads(r-r2,r,r2)
grads(d+r,r)
grads(dr-r2,dr,r2)
grads(r@e,r)
grads(r@er,r,er)
grads(torch.sparse.mm(r,er),r,er)
grads(torch.addmm(d@e,r,er),r,er)
grads(torch.sparse.addmm(d@e,r,er),r,er)
grads(torch.mv(r,e[:,0]),r)
grads(d.t()@r,r)
grads(torch.sparse.mm(d.t(),r),r)
grads(dr.t()@s,dr)
grads(r@s.t(),r)
grads(-r,r)
grads(torch.relu(r),r)
grads(torch.abs(r),r)
grads(torch.log1p(r),r)
grads(r**2,r)
grads(r/2,r)
grads(torch.sum(r),r)
grads(torch.sparse.sum(r),r)
grads(torch.sparse.sum(r,dim=0),r)
grads(torch.sparse.sum(r,dim=1),r)
grads(torch.sparse.sum(r,dim=[0,1]),r)
grads(torch.sparse.softmax(r,dim=1),r)
grads(torch.sparse.log_softmax(r,dim=1),r)
grads(torch.stack([r,r2]),r,r2)
grads(r[0,2],r)
grads(r.t(),r)
grads(r.transpose(0,1),r)
grads(r.permute(1,0),r)
grads(r.clone(),r)
grads(r.double(),r)
grads(ur.coalesce(),ur)
grads(ur.coalesce().values(),ur)
grads(ur,ur)
grads(ur@torch.ones(2,2),ur)
grads(torch.relu(ur),ur)
grads(dr.sparse_mask(s.coalesce()),dr)
grads(r.sparse_mask(s2.coalesce()),r)
grads(dr.to_sparse(),dr)
grads(dr.to_sparse(1),dr)
grads(dr.to_sparse_csr(),dr)
grads(r.to_sparse_csr(),r)
grads(torch.sparse_coo_tensor(i,vr,(2,3)),vr)
grads(torch.sparse_coo_tensor(i,vr,(2,3))@e,vr)
grads(torch.sparse_coo_tensor(i,vr,(2,3)).coalesce().values(),vr)
grads(torch.sparse_csr_tensor([0,1,3],[2,0,2],vr,(2,3)),vr)
torch.sparse_csr_tensor([0,1,3],[2,0,2],vr,(2,3))
c
cr
cr.values(), cr.crow_indices(), cr.col_indices()
grads(cr.values(),cr)
grads(cr,cr)
cr@e
c@er
grads(cr@e,cr)
grads(c@er,er)
grads(cr@er,cr,er)
grads(torch.sparse.mm(cr,er),cr,er)
torch.sparse.mm(cr,er)
torch.mv(cr,e[:,0])
torch.addmm(d@e,cr,e)
torch.sparse.addmm(d@e,cr,e)
c+c
cr+c
grads(cr+c,cr)
c*2
cr*2
grads(cr*2,cr)
c*c
c*d
-c
torch.relu(cr)
grads(torch.relu(cr),cr)
torch.sin(cr)
c.sum()
c.sum(0)
c.sum(1)
c.sum(1,keepdim=True)
torch.sparse.sum(c)
c.t()
c.transpose(0,1)
c.t()@d
cr.t()
c.to_dense()
cr.to_dense()
cr.to_sparse()
grads(cr.to_sparse(),cr)
c.to_sparse_csc()
s.to_sparse_csc()
d.to_sparse_csc()
c.double()
c.clone()
cr.clone()
cr.detach()
c[0]
c[0,2]
c.select(0,1)
c[:,0]
c.indices()
c._indices()
c._nnz(), c.is_sparse, c.is_sparse_csr, c.layout, c.dense_dim(), c.sparse_dim(), c.ndim
c.is_coalesced()
c.coalesce()
s.crow_indices()
d.indices()
d.values()
d.coalesce()
d.is_coalesced()
d._nnz()
d.crow_indices()
d.sparse_mask(c)
dr.sparse_mask(c)
torch.sparse.softmax(c,1)
torch.cat([c,c])
torch.sparse.mm(c,c)
torch.sparse_csr_tensor([0,1,3],[2,0,2],v)
torch.sparse_csr_tensor([0,1,3],[2,0,2],[1,2,3])
torch.sparse_csr_tensor([0,1,3],[2,2,0],v,(2,3))
torch.sparse_csr_tensor([0,2,3],[2,0,2],v,(2,3))
torch.sparse_csr_tensor([0,1,3],[2,0,2],v,(2,3),check_invariants=True)
torch.sparse_csr_tensor([0,1],[2,0,2],v,(2,3),check_invariants=True)
torch.sparse_csr_tensor([1,1,3],[2,0,2],v,(2,3),check_invariants=True)
torch.sparse_csr_tensor([0,2,3],[2,0,2],v,(2,3),check_invariants=True)
torch.sparse_csr_tensor([0,1,3],[2,0,3],v,(2,3),check_invariants=True)
torch.sparse_csr_tensor([0,1,2],[2,0,2],v,(2,3),check_invariants=True)
torch.sparse_csr_tensor(torch.tensor([0,1,3],dtype=torch.int32),torch.tensor([2,0,2],dtype=torch.int32),v,(2,3))
torch.sparse_compressed_tensor([0,1,3],[2,0,2],v,(2,3),layout=torch.sparse_csr)
torch.sparse_compressed_tensor([0,1,3],[2,0,2],v,(2,3))
torch.sparse_coo_tensor(i,v)
torch.sparse_coo_tensor(i,[1,2,3])
torch.sparse_coo_tensor(i,torch.tensor([1,2,3]),dtype=torch.float64)
torch.sparse_coo_tensor((2,3))
torch.sparse_coo_tensor(size=(2,3))
torch.sparse_coo_tensor(torch.zeros(1,0,dtype=torch.long),torch.zeros(0,2),(3,2))
torch.sparse_coo_tensor(torch.zeros(1,0,dtype=torch.long),torch.zeros(0,2))
torch.sparse_coo_tensor(i,v,(2,))
torch.sparse_coo_tensor(i,v[:2],(2,3))
torch.sparse_coo_tensor(i[0],v,(2,))
torch.sparse_coo_tensor(i[:1],v,(2,))
torch.sparse_coo_tensor(i[:1],torch.ones(3,2),(2,2))
torch.sparse_coo_tensor(i.float(),v,(2,3))
torch.sparse_coo_tensor(i.int(),v,(2,3))
torch.sparse_coo_tensor(i,v,(2,2),check_invariants=True)
torch.sparse_coo_tensor(i,v,(2,3),is_coalesced=True)
torch.sparse_coo_tensor(i.flip(1),v,(2,3),is_coalesced=True,check_invariants=True)
torch.sparse_coo_tensor([],[],(2,3))
torch.sparse_coo_tensor([[0],[0]],[True],(2,3))
torch.sparse_coo_tensor([[0],[0]],[1+2j],(2,3))
torch.sparse_coo_tensor(torch.zeros(0,1,dtype=torch.long),torch.ones(1),())
torch.sparse.spdiags(torch.arange(9).reshape(3,3),torch.tensor([0,1,-1]),(4,5))
torch.sparse.spdiags(torch.arange(3.),torch.tensor(0),(3,3))
torch.sparse.spdiags(torch.arange(3.),torch.tensor([0,1]),(3,3))
torch.sparse.spdiags(torch.arange(9).reshape(3,3),torch.tensor([0,1,-1]),(4,5),layout=torch.sparse_csr)
torch.eye(3).to_sparse()
torch.ones(2,2,2).to_sparse(2)
torch.ones(2,2,2).to_sparse(0)
torch.ones(2,2,2).to_sparse(4)
torch.tensor(3.).to_sparse()
torch.tensor([0.,-0.,float('nan')]).to_sparse()
torch.ones(3).to_sparse_csr()
torch.sparse.mm(d,e)
torch.sparse.mm(s,e[:2])
torch.mm(s,e[:2])
s@e[:2]
torch.mv(s,e[:2,0])
torch.sparse.mm(s,e.double())
torch.mm(s.double(),e)
torch.add(s,s,alpha=3)
torch.add(d,s,alpha=3)
s+s.double()
s+torch.sparse_coo_tensor(i,v,(3,3))
s*torch.sparse_coo_tensor(i,v,(3,3))
s*torch.tensor(2.)
s*torch.ones(3)
s*torch.ones(1,3)
s*torch.ones(2,1)
s*torch.ones(4,2,3)
s*torch.ones(2)
d+torch.sparse_coo_tensor(i,v,(3,3))
torch.ones(3)+s
s/torch.tensor(2.)
s/s
s//2
s%2
torch.sub(s,s)
s.mul_(d)
s.div_(2)
s.sub_(s)
s.neg_()
r.mul_(2)
r.clone().mul_(2)
s.resize_(3,3)
s.any(), s.isnan().any()
s.logical_not()
torch.sparse.sampled_addmm(c,d@e,e.t())
torch.autograd.gradcheck(lambda s:torch.sparse.mm(s,e.double()),r.detach().double().requires_grad_(),masked=True)
r.sum().backward(),r.grad
(r*2).sum().backward()
torch.sparse.mm(r,e).sum().backward(),r.grad
[(r@e).sum().backward() for _ in range(3)],r.grad
r.backward()
r.backward(s2), r.grad
(r*2).backward(s2), r.grad
(r*2).backward(d), r.grad
r.to_dense(masked_grad=False)
torch.autograd.grad(torch.sparse.mm(r,e).sum(),r,create_graph=True)
torch.autograd.grad((r*r).sum(),r,create_graph=True)
repr(torch.nn.Parameter(s))
__import__('pickle').loads(__import__('pickle').dumps(s))
torch.testing.assert_close(s,s)
torch.testing.assert_close(s,s2)
s.new_ones(2)
torch.sparse_coo_tensor(i[:1],torch.arange(6.).reshape(3,2),(2,2)).coalesce()
torch.sparse_coo_tensor(i[:1],torch.arange(6.).reshape(3,2),(2,2))@torch.ones(2,2)
torch.sparse_coo_tensor(i[:1],torch.arange(6.).reshape(3,2),(2,2)).sum(1)
torch.sparse_coo_tensor(i[:1],torch.arange(6.).reshape(3,2),(2,2)).sum(0)
torch.sparse_coo_tensor(i[:1],torch.arange(6.).reshape(3,2),(2,2))[1]
torch.sparse_coo_tensor(i[:1],torch.arange(6.).reshape(3,2),(2,2))[:,1]
torch.sparse_coo_tensor(i[:1],torch.arange(6.).reshape(3,2),(2,2)).t()
torch.sparse_coo_tensor(i[:1],torch.arange(6.).reshape(3,2),(2,2)).to_sparse_csr()
torch.sparse_coo_tensor(torch.arange(2000).reshape(1,-1),torch.arange(2000.),(3000,))
torch.sparse_coo_tensor(torch.arange(40).reshape(1,-1),torch.arange(40.)/3,(3000,))
torch.sparse_coo_tensor(torch.arange(40).reshape(2,-1),torch.arange(40.).reshape(20,2)/3,(30,40,2),dtype=torch.float64)
torch.autograd.grad(r.to_dense(masked_grad=False),r,d)
torch.autograd.grad(r.to_dense(),r,d)
torch.autograd.grad(dr.to_sparse(),dr,s)
s.pow(-1)
s**0
s**0.5
torch.pow(s,-0.5)
2**s
F.linear(s,torch.ones(4,3))
F.linear(s,torch.ones(4,3),torch.ones(4))
F.linear(r,torch.ones(4,3,requires_grad=True),torch.ones(4))
nn.Linear(3,2)(s).shape
F.embedding(torch.tensor([1,1,0]),torch.ones(3,2,requires_grad=True),sparse=True)
torch.isfinite(s)
s.isinf()
c.isnan()
c.sum(0,keepdim=True)
c.mul_(2)
c.add_(c)
c+d
d+c
c+s
s+c
c*s
d.t()@c
d.t()@c.t().t()
c.abs()
c.sign()
s.square()
c.sqrt()
c.neg_()
c.zero_()
c.copy_(c)
c.float()
c.requires_grad_().sum()
torch.autograd.grad(c.requires_grad_().sum(),c)
c.to(torch.sparse_coo) if 0 else c.to_sparse_coo()
c.numpy()
c.tolist()
torch.zeros_like(c)
c.is_contiguous()
c.stride()
len(c)
list(c)
c.contiguous()
s.values().sum()
s.nonzero()
s.masked_fill(s,0)
s.all()
s.abs().sum()
torch.dot(torch.tensor([1.,0]).to_sparse(),torch.ones(2))
torch.outer(torch.tensor([1.,0]).to_sparse(),torch.ones(2))
s[i]
s[torch.tensor([0])]
s[d>0]
s[0]=1
s[-1]
s[...,0]
s[5]
torch.sparse.sum(s,dim=0,dtype=torch.float64)
torch.sparse.sum(s,dtype=torch.float64)
torch.sparse.sum(s,5)
torch.sparse.sum(d)
torch.sparse.softmax(d,1)
torch.sparse.softmax(s,1,dtype=torch.float64)
torch.sparse.softmax(s,-1)
torch.sparse.mm(s,d)
torch.sparse.mm(s,d[0])
torch.sparse.mm(d,s.t())
torch.sparse.mm(d, d.t())
torch.sparse.addmm(d@d.t(),s,d.t())
torch.sparse.addmm(d@d.t(),d,d.t())
torch.bmm(torch.stack([s,s]),torch.ones(2,3,1))
torch.sparse.check_sparse_tensor_invariants.is_enabled()
torch.sparse_csc_tensor([0,1],[0],[1.])
torch.sparse.sampled_addmm(c.requires_grad_(),d,torch.ones(3,3))
s.half()
s.bool()
s.type(torch.int32)
s.type()
s.hash
s.register_hook(print)
s.dense_dim(), d.sparse_dim(), d.dense_dim(), d.to_dense().shape
torch.sparse_coo_tensor(i, v, (2,3), device='cpu', dtype=torch.float64)
torch.sparse.FloatTensor(i,v,torch.Size([2,3]))
torch.sparse.FloatTensor(2,3)
torch.sparse.FloatTensor
isinstance(s,torch.sparse.FloatTensor)
u//2
u//2, r//2
torch.div(u,2,rounding_mode='trunc').to_dense()
torch.deg2rad(u).is_coalesced()
s[0].is_coalesced(), s.select(1,1).is_coalesced(), torch.sparse_coo_tensor((2,3)).t().is_coalesced()
torch.sparse_coo_tensor([[1]],[2.],(3,)).indices()
torch.sparse_csr_tensor([0.,1.],[0.],[1.])
torch.cat([torch.zeros(2,3).to_sparse()]*2).indices()
(torch.sparse_coo_tensor([[0,1]],[1.,2.],(3,))*torch.ones(2,3)).values()
torch.sparse_coo_tensor([[0],[0]],[1.],(2**40,2**40))
torch.sparse_coo_tensor((2**40,2**40))
(torch.sparse_coo_tensor([[1,1]],torch.tensor([20,10]).byte(),(2,)) - torch.sparse_coo_tensor([[1]],torch.tensor([1]).byte(),(2,))).to_dense()
torch.sparse.sum(s.int(),0).dtype, torch.sparse.sum(s.bool(),1).dtype, torch.sparse.sum(s.int(),(0,1)).dtype, s.int().sum(0).dtype
torch.sparse_coo_tensor([[0,1]],[1.+2j,1j],(2,)).conj().to_dense()
embed(1,1,0)
embed(1,1,0,padding_idx=0)
embed([1,1],[0,2],padding_idx=0)
embed(1,1,0,scale_grad_by_freq=True)
embed(1,1,0,of=lambda w:w*2)
embed(1,1,0,of=lambda w:w.sin())
embed(1,1,0,call=F.embedding_bag,offsets=torch.tensor([0,2]),mode='sum')
embed(1,1,0,call=F.embedding_bag,offsets=torch.tensor([0,2]),mode='mean')
embed(1,1,0,call=F.embedding_bag,offsets=torch.tensor([0,2]),mode='max')
embed([1,1],[0,2],call=F.embedding_bag,mode='mean')
embed(1,1,0,call=F.embedding_bag,offsets=torch.tensor([0,2]),mode='sum',per_sample_weights=torch.tensor([1.,2,3]))
embed(1,1,0,call=F.embedding_bag,offsets=torch.tensor([0,2]),mode='sum',padding_idx=1)
embed(1,1,0,call=F.embedding_bag,offsets=torch.tensor([0,2]),mode='sum',scale_grad_by_freq=True)
trained(lambda p: optim.SGD(p, 0.1))
trained(lambda p: optim.SGD(p, 0.1, weight_decay=0.1))
trained(lambda p: optim.SGD(p, 0.1, maximize=True))
trained(lambda p: optim.SGD(p, 0.1, momentum=0.9, nesterov=True))
trained(lambda p: optim.Adagrad(p, 0.1))
trained(lambda p: optim.Adagrad(p, 0.1, lr_decay=0.1))
trained(lambda p: optim.Adagrad(p, 0.1, weight_decay=0.1))
trained(lambda p: optim.Adagrad(p, 0.1, maximize=True))
trained(lambda p: optim.SparseAdam(p, 0.1))
trained(lambda p: optim.SparseAdam(p, 0.1, maximize=True))
trained(lambda p: optim.SparseAdam(list(p), 0.1, betas=(0.5, 0.6)), 4)
trained(lambda p: optim.Adam(p, 0.1))
trained(lambda p: optim.AdamW(p, 0.1))
trained(lambda p: optim.Adamax(p, 0.1))
trained(lambda p: optim.NAdam(p, 0.1))
trained(lambda p: optim.RAdam(p, 0.1))
trained(lambda p: optim.RMSprop(p, 0.1))
trained(lambda p: optim.Rprop(p, 0.1))
trained(lambda p: optim.Adadelta(p, 0.1))
trained(lambda p: optim.ASGD(p, 0.1))
trained(lambda p: optim.LBFGS(p, 0.1))
trained(lambda p: optim.Adafactor(p, 0.1))
"""


def programs() -> list[str]:
    """The programs: expressions, one a line."""
    return [line for line in (PROGRAMS + LAYOUTS).splitlines() if line]


def outcome(program: str, torch: Any, head: str = HEAD) -> str:
    """What a program's value is printed as, or the class of its error; it may use the names of ``head``."""
    names = {"torch": torch, "nn": torch.nn, "F": torch.nn.functional, "optim": torch.optim}
    with contextlib.redirect_stdout(io.StringIO()) as out, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        exec(compile(head, "head", "exec", dont_inherit=True), names)
        try:
            print(eval(compile(program, "program", "eval", dont_inherit=True), names))
        except Exception as error:  # noqa: BLE001 - its class is what is compared
            print("raises", type(error).__name__)
    return out.getvalue()
