"""What autocast makes of dtypes: in PyTorch when recording, in chainrule when testing."""

from __future__ import annotations

import warnings
from types import ModuleType

CALLS = """
mm: torch.mm(a,a)
matmul: a@a
matmul_vec: a@a[0]
dot: torch.dot(a[0],a[0])
vdot: torch.vdot(a[0],a[0])
bmm: torch.bmm(b,b)
baddbmm: torch.baddbmm(b,b,b)
addmm: torch.addmm(a,a,a)
addbmm: torch.addbmm(a,b,b)
addmv: torch.addmv(a[0],a,a[0])
addr: torch.addr(a,a[0],a[0])
linear: F.linear(a,a,a[0])
einsum: torch.einsum('ij,jk->ik',a,a)
tensordot: torch.tensordot(a,a,1)
inner: torch.inner(a,a)
outer: torch.outer(a[0],a[0])
chain_matmul: torch.chain_matmul(a,a)
multi_dot: torch.linalg.multi_dot([a,a,a])
matrix_power: torch.matrix_power(a,3)
vecdot: torch.linalg.vecdot(a,a)
conv1d: F.conv1d(b,b[:,:,:2])
conv2d: F.conv2d(i,k)
conv3d: F.conv3d(i[None],i[:, :2].transpose(0, 1)[None].transpose(1, 2))
conv_transpose1d: F.conv_transpose1d(b,b[:,:,:2])
sdpa: F.scaled_dot_product_attention(b,b,b)
relu: F.relu(a)
gelu: F.gelu(a)
silu: F.silu(a)
exp: a.exp()
pow: a**2
sqrt: a.sqrt()
sin: a.sin()
sum: a.sum()
mean: a.mean()
prod: a.prod()
cumsum: a.cumsum(0)
cumprod: a.cumprod(0)
norm: a.norm()
std: a.std()
var: a.var()
logsumexp: a.logsumexp(0)
dist: torch.dist(a,a)
softmax: a.softmax(0)
log_softmax: a.log_softmax(0)
softplus: F.softplus(a)
sigmoid: a.sigmoid()
tanh: a.tanh()
layer_norm: F.layer_norm(a,(4,))
group_norm: F.group_norm(i,1)
batch_norm: F.batch_norm(a,None,None,training=True)
batch_norm_p: F.batch_norm(a,torch.zeros(4),torch.ones(4),torch.ones(4),torch.ones(4))
rms_norm: F.rms_norm(a,(4,))
normalize: F.normalize(a)
cosine_similarity: F.cosine_similarity(a,a)
pairwise_distance: F.pairwise_distance(a,a)
cdist: torch.cdist(a,a)
trace: a.trace()
quantile: a.quantile(.5)
nanquantile: a.nanquantile(.5)
median: a.median()
sort: a.sort().values
polar: torch.polar(a,a)
view_as_complex: torch.view_as_complex(a[:,:2].contiguous())
stft: torch.stft(a.flatten(),4,return_complex=True)
fft: torch.fft.fft(a)
rfft: torch.fft.rfft(a)
ifft: torch.fft.ifft(a)
fft2: torch.fft.fft2(a)
rfftn: torch.fft.rfftn(a)
hfft: torch.fft.hfft(a)
irfft: torch.fft.irfft(a)
mse: F.mse_loss(a,a)
l1: F.l1_loss(a,a)
smooth_l1: F.smooth_l1_loss(a,a)
huber: F.huber_loss(a,a)
bce: F.binary_cross_entropy(a/2,a/2)
bcel: F.binary_cross_entropy_with_logits(a,a)
nll: F.nll_loss(a,t)
nll2d: F.nll_loss(i,t2)
ce: F.cross_entropy(a,t)
kl: F.kl_div(a,a,reduction='sum')
poisson: F.poisson_nll_loss(a,a)
gaussian_nll: F.gaussian_nll_loss(a,a,a)
hinge: F.hinge_embedding_loss(a,a)
cosemb: F.cosine_embedding_loss(a,a,torch.ones(4))
margin_ranking: F.margin_ranking_loss(a,a,a)
soft_margin: F.soft_margin_loss(a,a)
triplet: F.triplet_margin_loss(a,a,a)
multi_margin: F.multi_margin_loss(a,t)
multilabel_margin: F.multilabel_margin_loss(a,t[None].expand(4,4)*0)
multilabel_soft: F.multilabel_soft_margin_loss(a,a)
ctc: F.ctc_loss(F.log_softmax(A(5,1,4).to(a.dtype),2),torch.tensor([[1,2]]),torch.tensor([5]),torch.tensor([2]))
avg_pool1d: F.avg_pool1d(b,2)
avg_pool3d: F.avg_pool3d(i[None],2)
max_pool2d: F.max_pool2d(i,2)
max_pool3d: F.max_pool3d(i[None],2)
max_unpool2d: F.max_unpool2d(*F.max_pool2d(i,2,return_indices=True),2)
max_unpool3d: F.max_unpool3d(*F.max_pool3d(i[None],2,return_indices=True),2)
aap1: F.adaptive_avg_pool1d(b,2)
aap3: F.adaptive_avg_pool3d(i[None],2)
amp3: F.adaptive_max_pool3d(i[None],2)
fmp2: F.fractional_max_pool2d(i,2,output_size=2)
pad_const: F.pad(b,(1,1))
pad_reflect1: F.pad(b,(1,1),'reflect')
pad_reflect2: F.pad(i,(1,1,1,1),'reflect')
pad_reflect3: F.pad(i[None],(1,1)*3,'reflect')
pad_rep1: F.pad(b,(1,1),'replicate')
pad_rep2: F.pad(i,(1,1,1,1),'replicate')
pad_rep3: F.pad(i[None],(1,1)*3,'replicate')
pad_circ: F.pad(b,(1,1),'circular')
grid_sample: F.grid_sample(i,A(2,3,3,2).to(a.dtype),align_corners=False)
interpolate: F.interpolate(i,scale_factor=2,mode='bilinear')
nearest: F.interpolate(i,scale_factor=2)
embedding: F.embedding(t,a)
dropout: F.dropout(a)
unfold: F.unfold(i,2)
fold: F.fold(A(1,4,4).to(a.dtype),(3,3),2)
cholesky: torch.linalg.cholesky(s)
cholesky_old: torch.cholesky(s)
cholesky_inverse: torch.cholesky_inverse(s)
cholesky_solve: torch.cholesky_solve(s,s)
inverse: s.inverse()
inv: torch.linalg.inv(s)
solve: torch.linalg.solve(s,s)
lstsq: torch.linalg.lstsq(s,s).solution
qr: torch.linalg.qr(s)[0]
qr_old: torch.qr(s)[0]
svd: torch.linalg.svd(s)[1]
svdvals: torch.linalg.svdvals(s)
svd_old: torch.svd(s)[1]
eig: torch.linalg.eig(s)[0]
eigh: torch.linalg.eigh(s)[0]
eigvals: torch.linalg.eigvals(s)
eigvalsh: torch.linalg.eigvalsh(s)
cond: torch.linalg.cond(s)
matrix_exp: torch.matrix_exp(s)
householder: torch.linalg.householder_product(s,s[0])
tensorinv: torch.linalg.tensorinv(s.reshape(2,2,4))
tensorsolve: torch.linalg.tensorsolve(s,s[0])
orgqr: torch.orgqr(s,s[0])
ormqr: torch.ormqr(s,s[0],s)
add: a+a
mul: a*a
div: a/a
atan2: torch.atan2(a,a)
addcmul: torch.addcmul(a,a,a)
where: torch.where(a>0,a,a)
prelu: F.prelu(a,a[0,:1])
clamp: a.clamp(0)
maximum: torch.maximum(a,a)
mix_cat: torch.cat([a,m])
mix_stack: torch.stack([a,m])
mix_mm: a@m
mix_add: a+m
mix_bmm: torch.bmm(b,b.bfloat16())
mix_linear: F.linear(a,m)
mix_scatter_add: torch.scatter_add(a,0,t[None]*0,a)
mix_addcmul: torch.addcmul(a,m,m)
mix_addmm: torch.addmm(a,m,m)
double_mm: a.double()@a.double()
double_mse: F.mse_loss(a.double(),a.double())
glu: F.glu(a)
double_linear: F.linear(a.double(),a.double())
mix_mse: F.mse_loss(a,m)
prod0: a.prod(0)
hinge2: F.triplet_margin_with_distance_loss(a,a,a)
istft: torch.istft(torch.stft(a.float().flatten(),4,return_complex=True),4)
"""


def dtypes(torch: ModuleType, call: str) -> list[str]:
    """The dtype of a call's result under autocast, of float32 and of bfloat16 operands; or the error's class.

    Operands: a (4, 4), b (4, 4, 4), b3 (3, 4, 4), i a batch of images, k a kernel, s symmetric, m of the other dtype, t and t2
    classes.
    """
    found = []
    functional, nn = torch.nn.functional, torch.nn
    for dtype, other in ((torch.float32, torch.bfloat16), (torch.bfloat16, torch.float32)):
        torch.manual_seed(0)

        def rand(*size: int) -> object:
            return torch.rand(*size) + 0.1

        f = rand(4, 4)
        names = {
            "torch": torch, "F": functional, "nn": nn, "A": rand, "a": f.to(dtype), "b": rand(4, 4, 4).to(dtype),
            "b3": rand(3, 4, 4).to(dtype), "i": rand(2, 4, 4, 4).to(dtype), "k": rand(3, 4, 2, 2).to(dtype),
            "t": torch.tensor([0, 1, 2, 3]), "t2": torch.zeros(2, 4, 4).long(), "s": (f @ f.T + torch.eye(4)).to(dtype),
            "m": rand(4, 4).to(other),
        }  # fmt: skip
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                with torch.autocast("cpu"):
                    result = eval(call, names)
                found.append(str(result.dtype))
            except Exception as error:  # noqa: BLE001 - whatever it is, it is the outcome
                found.append(type(error).__name__)
    return found


def train(torch: ModuleType) -> list[float]:
    """The losses of a small network that is trained under autocast."""
    nn = torch.nn
    net = nn.Sequential(nn.Conv2d(1, 3, 3), nn.ReLU(), nn.Flatten(), nn.Linear(27, 5), nn.Tanh(), nn.Linear(5, 2))
    for n, p in enumerate(net.parameters()):
        p.data = torch.linspace(-0.5, 0.6 + n / 10, p.numel()).reshape(p.shape).sin()
    x = torch.linspace(-1, 1, 100).reshape(4, 1, 5, 5).cos()
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
    losses = []
    for _ in range(6):
        optimizer.zero_grad()
        with torch.autocast("cpu"):
            loss = nn.functional.cross_entropy(net(x), torch.tensor([0, 1, 1, 0]))
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert all(p.dtype == p.grad.dtype == torch.float32 for p in net.parameters())
    return losses
