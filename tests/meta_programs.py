"""Programs on the device "meta": PyTorch's answers are in tests/golden/meta.json (tools/record_meta.py)."""

from __future__ import annotations

HEAD = """
import copy, io, pickle
m = torch.empty(2, 3, device='meta')
k = torch.empty(2, 3, dtype=torch.int64, device='meta')
b = torch.empty(2, 3, dtype=torch.bool, device='meta')
s = torch.empty((), device='meta')
r = torch.empty(2, 3, device='meta', requires_grad=True)
c = torch.ones(2, 3)
v = torch.empty(2, 3, 4, device='meta')
p = v.permute(2, 0, 1)
z = torch.empty(2, 3, dtype=torch.complex64, device='meta')
im = torch.empty(2, 3, 8, 8, device='meta', memory_format=torch.channels_last)
gaps = torch.empty_strided((2, 3), (1, 4), device='meta')
def laid(x):
    return tuple(x.shape), x.stride(), x.storage_offset(), x.is_contiguous(), x.untyped_storage().nbytes(), x.dtype
def grads(out, *x):
    return torch.autograd.grad(out.sum(), x)
def seeded(make):
    torch.manual_seed(0)
    make()
    return torch.rand(2)
def under(make):
    with torch.device('meta'):
        return make()
def described(module):
    return {name: (tuple(x.shape), x.dtype, x.device, x.requires_grad, type(x).__name__) for name, x in module.state_dict(keep_vars=True).items()}
def saved(x, **load):
    file = io.BytesIO()
    torch.save(x, file)
    file.seek(0)
    return torch.load(file, **load)
def warned(make):
    import warnings
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter('always')
        make()
    return [str(one.message) for one in said]
def refused(make):
    try:
        return make()
    except Exception as error:
        return str(error).split('.')[0].split(':')[0].split(';')[0]
class Tied(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = nn.Embedding(4, 2)
        self.b = nn.Linear(2, 4)
        self.b.weight = self.a.weight
        self.register_buffer('seen', torch.zeros(3))
        self.register_buffer('unsaved', torch.arange(3), persistent=False)
"""
"""What the programs may use."""

PROGRAMS = """
m
s
k
b
z
r
r * 2
r.detach()
nn.Parameter(m)
nn.Parameter(k, requires_grad=False)
nn.Buffer(m)
m.half()
torch.empty(0, device='meta')
[m, s]
f'{m} {s}'
format(s, '.2f')
m.device, m.is_meta, m.is_cpu, m.is_cuda, c.is_meta, m.get_device(), m.layout
m.type(), k.type(), c.to('meta').type()
torch.device('meta') == m.device, torch.device('meta:0') == m.device, torch.empty(1, device='meta:0').device
m.element_size(), m.nbytes, m.numel(), len(m), m.itemsize
m.data_ptr(), m.untyped_storage().data_ptr(), m.untyped_storage().nbytes(), m.untyped_storage().device
m[:, 1:].untyped_storage().nbytes(), m[:, 1:].data_ptr(), m[:, 1:].storage_offset()
m.untyped_storage()
m.untyped_storage().tolist()
m.untyped_storage()[0]
m.storage().dtype, m.storage().size(), m.storage().device
m.storage().tolist()
torch.is_storage(m.untyped_storage())
s.item()
m.item()
refused(lambda: s.item()), refused(lambda: m.item())
m.tolist()
refused(m.tolist), refused(m.cpu), refused(lambda: c.copy_(m)), refused(lambda: m.to('cpu', torch.float64))
bool(s)
int(s)
float(s)
s.__index__()
1 in m
m.numpy()
r.numpy()
m.numpy(force=True)
__import__('numpy').asarray(m)
m.cpu()
m.to('cpu')
m.pin_memory()
m.is_pinned()
c.to('meta')
c.to('meta', torch.float64)
c.requires_grad_().to('meta')
c.requires_grad_().to('meta').sum().backward()
(torch.ones((), requires_grad=True) * m).sum().backward()
m.to('meta') is m, m.to(m.device) is m, m.float() is m
c.to(m), m.to(k)
c.copy_(m)
m.copy_(c), m._version
m.copy_(c.double())
m.copy_(torch.ones(3))
m.copy_(torch.ones(4))
m + c
torch.cat([m, c])
m + torch.tensor(1.0), torch.tensor(1.0, dtype=torch.float64) * m, m + 1, 2 - m, m / k
m + k, k / k, k + 1.5, m > 0, m == m, ~b, b & b, z + m, m + 1j
m @ m.t(), m @ m[0], m.mm(m.T), torch.bmm(v, v.mT)
m @ m
m + torch.empty(4, 3, device='meta')
m.add_(torch.empty(4, 3, device='meta'))
m[torch.tensor([0, 1, 1])], m[k[0]], m[:, k[0]], m[0], m[0, 1], m[None, ..., ::2]
c[k[0]].shape
m[b]
m[m > 0]
m.nonzero()
torch.where(b)
torch.masked_select(m, b)
torch.unique(m)
torch.bincount(k[0])
torch.bincount(k[0], minlength=9)
torch.equal(m, m)
torch.repeat_interleave(m, 2, dim=1)
F.one_hot(k)
F.one_hot(k, 3)
torch.nonzero_static(k, size=4).shape
torch.where(b, m, m), torch.where(b, m, 0.0), m.masked_fill(b, 0), m.clamp(0), m.sum(), m.mean(0), m.max(), m.max(0), m.argmax(1)
m.sort(), m.topk(2), m.cumsum(0), m.flip(0), m.softmax(1), m.std(), m.norm(), m.any(), m.prod(1), m.median()
torch.stack([m, m]), torch.cat([m, m], 1), m.split(1), m.chunk(3, 1), m.unbind(), torch.einsum('ij,kj->ik', m, m)
torch.linalg.svd(m), torch.linalg.qr(m), torch.linalg.inv(torch.empty(2, 2, device='meta')), torch.linalg.norm(m)
torch.fft.rfft(m), torch.view_as_real(z), z.real, z.abs(), torch.complex(m, m)
m.masked_scatter(b, m), m.scatter(0, k, m), m.gather(0, k), m.index_select(0, k[0]), torch.take(m, k)
m.index_put((b,), torch.tensor(1.0)), m.index_put((k[0], k[1]), m[0, 0])
m.index_fill(0, k[0], 1), m.index_add(0, k[0][:2], m), m.new_zeros(3), m.new_tensor([1.0, 2.0]), m.new_full((2,), 3)
laid(m)
laid(m.t())
laid(v)
laid(p)
laid(p + 1)
laid(p + v.permute(2, 0, 1))
laid(p * s)
laid(p.clone())
laid(p.double())
laid(p.contiguous())
laid(p.exp_())
laid(p > 0)
laid(v[:, 1:, ::2])
laid(v[:, 1:, ::2] + 1)
laid(v[..., 1])
laid(v.expand(5, 2, 3, 4))
laid(v.expand(5, 2, 3, 4) + 1)
laid(p.reshape(24))
laid(v.view(6, 4).t())
p.view(24)
laid(gaps)
laid(gaps + 1)
laid(gaps.clone())
laid(im)
laid(im + 1)
laid(F.relu(im))
laid(F.max_pool2d(im, 2))
laid(F.batch_norm(im, None, None, training=True))
laid(im.contiguous())
laid(v[0].to(memory_format=torch.preserve_format))
laid(torch.empty(1, 2, 3, 4, device='meta').to(memory_format=torch.channels_last))
laid(v.unsqueeze(1))
laid(v.as_strided((2, 2), (1, 2), 3))
laid(torch.empty_like(p))
laid(torch.zeros_like(im))
laid(torch.empty_like(p, device='cpu'))
laid(torch.rand_like(p))
laid(v.unfold(2, 2, 1))
laid(m.diagonal())
laid(torch.empty(3, 4, device='meta').resize_(2, 2))[:4]
laid(v.split(2, 1)[1])
laid(v.detach()[1])
laid(z.real)
laid(nn.Parameter(p).data)
laid(torch.ones(3, 4).t().to('meta'))
laid(v.movedim(0, 2).bfloat16())
laid(v.view(torch.int16))
v[0].is_set_to is None, v[0]._base is v, v._base
m.zero_(), m.fill_(1), m.add_(1), m.mul_(m), m.exp_(), m.clamp_(0), m.masked_fill_(b, 1), m._version
r.add_(1)
m.expand(4, 2, 3).add_(1).shape
m.t_(), m.unsqueeze_(0), m.squeeze_(0)
m.__setitem__(0, 1.0), m.__setitem__((slice(None), 1), m[:, 0]), m.__setitem__(b, 2.0), m._version
v[0].zero_(), v._version, v[1].mul_(2)._version
m.normal_(), m.uniform_(), m.random_(), m.bernoulli_(), m.exponential_(), k.random_(5), nn.init.trunc_normal_(m)
nn.init.kaiming_uniform_(m), nn.init.orthogonal_(m), nn.init.xavier_normal_(m), nn.init.constant_(m, 1)
seeded(lambda: torch.randn(3, device='meta'))
seeded(lambda: torch.empty(3, device='meta').normal_())
seeded(lambda: F.dropout(m))
seeded(lambda: torch.randperm(5, device='meta'))
seeded(lambda: torch.bernoulli(m))
seeded(lambda: torch.rand_like(m))
seeded(lambda: under(lambda: nn.Linear(3, 3)))
seeded(lambda: F.scaled_dot_product_attention(v, v, v, dropout_p=0.5))
torch.rand(2, device='meta', generator=torch.Generator())
torch.bernoulli(m), torch.multinomial(m, 1), torch.normal(m, 1.0), torch.poisson(m), F.dropout(m), F.rrelu(m, training=True)
torch.zeros(2, device='meta'), torch.ones(2, device='meta', dtype=torch.int32), torch.full((2,), 1, device='meta'), torch.eye(3, device='meta')
torch.arange(5, device='meta'), torch.linspace(0, 1, 5, device='meta'), torch.logspace(0, 1, 5, device='meta'), torch.tril_indices(3, 3, device='meta')
torch.rand(2, device='meta'), torch.randn(2, dtype=torch.float64, device='meta'), torch.randint(0, 5, (2,), device='meta'), torch.randperm(3, device='meta')
torch.tensor([1.0, 2.0], device='meta'), torch.as_tensor([1, 2], device='meta'), torch.as_tensor(c, device='meta'), torch.hann_window(4, device='meta')
torch.zeros_like(c, device='meta'), torch.full_like(c, 2, device='meta'), torch.empty_like(m, device='cpu').shape, torch.ones_like(m, device='cpu')
torch.zeros(10 ** 6, 10 ** 6, device='meta').sum(0), torch.randn(10 ** 9, 1000, device='meta').nbytes
torch.empty(10 ** 5, 10 ** 5, device='meta') @ torch.empty(10 ** 5, 10 ** 5, device='meta')
grads(r * 2, r)
grads((r @ r.t()).sin(), r)
grads(F.cross_entropy(r, k[:, 0]), r)
grads(r[0], r), grads(r.t()[1:], r), grads(r.expand(4, 2, 3), r)
grads(F.layer_norm(r, (3,)), r), grads(F.softmax(r, 1), r), grads(r.index_select(0, k[0]), r)
(r.sum().backward(), r.grad, laid(r.grad))
(r.exp().sum().backward(), (r * 3).sum().backward(), r.grad)
torch.autograd.grad(grads(r ** 3, r)[0].sum() + r.pow(2).sum(), r, allow_unused=True)
torch.autograd.grad(torch.autograd.grad((r ** 3).sum(), r, create_graph=True)[0].sum(), r)
(r * 2).sum(), r.t(), r.view(6), r[0], r.max(0), r.clone(), r.to(torch.float64)
r.grad_fn, (r + 1).grad_fn.name(), r.is_leaf
torch.func.vmap(torch.sin)(m), torch.func.grad(lambda x: (x ** 2).sum())(m), torch.func.jvp(torch.sin, (m,), (m,))
torch.func.vmap(lambda x: x @ x)(m)
(nn.utils.clip_grad_norm_([r], 1.0), r.sum().backward(), nn.utils.clip_grad_norm_([r], 1.0), r.grad)
copy.deepcopy(m), copy.copy(m), copy.deepcopy(nn.Parameter(m)), copy.deepcopy(r)
pickle.loads(pickle.dumps(m)), laid(pickle.loads(pickle.dumps(p))), pickle.loads(pickle.dumps(nn.Parameter(m)))
saved(m)
saved({'a': r, 'b': nn.Parameter(k, requires_grad=False), 'c': c})
laid(saved(p)), saved(m, map_location='cpu')
saved(c, map_location='meta')
saved(nn.Parameter(c), map_location=torch.device('meta'))
saved([c, c[0], c.t()], map_location='meta')
laid(saved(c.t(), map_location='meta'))
saved(c.double(), map_location=lambda storage, where: storage)
under(lambda: torch.ones(2)), under(lambda: torch.tensor(1.0)), under(lambda: torch.arange(3)), under(lambda: torch.rand(2)), under(torch.get_default_device)
under(lambda: torch.ones(2, device='cpu')), under(lambda: torch.zeros_like(c)), under(lambda: nn.Linear(2, 3).weight)
under(lambda: torch.from_numpy(c.numpy()).device), under(lambda: torch.as_tensor([1, 2])), under(lambda: c * 2)
(torch.set_default_device('meta'), torch.ones(2), torch.set_default_device(None), torch.ones(2))
described(under(lambda: nn.Linear(2, 3)))
described(under(lambda: nn.BatchNorm2d(3)))
described(under(lambda: nn.Transformer(4, 2, 1, 1, 8)))
described(under(lambda: nn.LSTM(2, 3, 2)))
described(under(lambda: nn.Embedding(5, 3, padding_idx=0)))
described(under(lambda: nn.MultiheadAttention(4, 2)))
described(nn.Conv2d(2, 4, 3, device='meta', dtype=torch.float64))
described(nn.Linear(2, 3).to('meta'))
described(under(lambda: nn.utils.parametrizations.weight_norm(nn.Linear(2, 3))))
described(Tied().to('meta'))
described(under(Tied)), under(Tied).unsaved
described(under(Tied).to_empty(device='cpu')), described(under(Tied).half()), described(under(Tied).to(torch.float64))
under(Tied).b.weight is under(Tied).a.weight, [x.a.weight is x.b.weight for x in (under(Tied), under(Tied).to_empty(device='cpu'), Tied().to('meta'))]
nn.Linear(2, 3, device='meta').to('cpu')
refused(lambda: nn.Linear(2, 3, device='meta').to('cpu'))
nn.Linear(2, 3, device='meta').cpu()
(lambda x: (x.load_state_dict(nn.Linear(2, 3).state_dict(), assign=True), x.weight.device, x.weight.requires_grad))(nn.Linear(2, 3, device='meta'))
warned(lambda: nn.Linear(2, 3, device='meta').load_state_dict(nn.Linear(2, 3).state_dict()))
warned(lambda: nn.Linear(2, 3, device='meta').load_state_dict(nn.Linear(2, 3, device='meta').state_dict()))
refused(lambda: nn.Linear(2, 3).load_state_dict(nn.Linear(2, 3, device='meta').state_dict()))
nn.utils.skip_init(nn.Linear, 2, 3).weight.shape, nn.utils.skip_init(nn.Linear, 2, 3, device='meta').weight
nn.utils.skip_init(nn.Conv1d, 2, 3, 1).weight.device
seeded(lambda: nn.utils.skip_init(nn.Linear, 2, 3))
nn.Linear(3, 4, device='meta')(m), nn.Linear(3, 4, device='meta')(c)
under(lambda: nn.TransformerEncoderLayer(4, 2, 8))(v)
under(lambda: nn.LSTM(4, 5))(v)[1], under(lambda: nn.GRU(4, 5))(v)[1], under(lambda: nn.MultiheadAttention(4, 2))(v, v, v)
under(lambda: nn.Conv2d(3, 5, 3, stride=2, padding=1))(im), under(lambda: nn.ConvTranspose2d(3, 5, 3))(im).shape
under(lambda: nn.BatchNorm2d(3))(im), under(lambda: nn.BatchNorm2d(3)).eval()(im)
under(lambda: nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.LazyLinear(2)))(im).shape
under(lambda: nn.LazyLinear(2))(m), under(lambda: nn.Embedding(5, 3))(k)
under(lambda: nn.EmbeddingBag(5, 3))(k).shape, nn.GroupNorm(3, 3, device='meta')(im).shape
F.interpolate(im, scale_factor=2).shape, F.adaptive_avg_pool2d(im, 1).shape, F.unfold(im, 3).shape
F.pad(m, (1, 2)), F.scaled_dot_product_attention(v, v, v, is_causal=True)
[(x.step(), [y for y in x.state.values()]) for x in [torch.optim.SGD([r], lr=0.1, momentum=0.9)]]
(lambda w: (w.sum().backward(), torch.optim.AdamW([w]).step(), w))(nn.Parameter(m))
(lambda o, w: (w.pow(2).sum().backward(), o.step(), sorted(o.state[w]), o.state[w]['exp_avg']))(*(lambda w: (torch.optim.Adam([w]), w))(nn.Parameter(m)))
nn.Parameter(c).__setattr__('data', m)
(lambda w: (setattr(w, 'data', w.data.half()), w))(nn.Parameter(m))
setattr(c.requires_grad_(), 'grad', m)
torch.result_type(m, 1), torch.is_tensor(m), torch.numel(m), torch.is_floating_point(m), m.is_contiguous(), torch.can_cast(m.dtype, k.dtype)
torch.nn.utils.parameters_to_vector([m, m]).shape, torch.nn.utils.rnn.pad_sequence([m, m]).shape
m.is_sparse, m.is_quantized, m.is_xla, m.is_nested
m.sin(), m.sin_(), torch.sin(m, out=m), torch.add(m, m, out=torch.empty(0, device='meta'))
torch.sin(m, out=c)
torch.sin(c, out=m)
"""


def programs() -> list[str]:
    """The programs: expressions, one a line."""
    return [line for line in PROGRAMS.splitlines() if line]
