"""The programs of record_nn.py about losses, normalization and tables of vectors."""

# ruff: noqa: E501 - a program is a line

from __future__ import annotations

LOSSES = """
[nn.CrossEntropyLoss(), nn.NLLLoss(torch.ones(3)), nn.BCELoss(), nn.BCEWithLogitsLoss(), nn.KLDivLoss(log_target=True), nn.SmoothL1Loss(beta=0.5), nn.HuberLoss("sum"), nn.PoissonNLLLoss(), nn.GaussianNLLLoss(), nn.SoftMarginLoss()]
[nn.CosineEmbeddingLoss(), nn.MarginRankingLoss(), nn.HingeEmbeddingLoss(), nn.TripletMarginLoss(), nn.MultiMarginLoss(), nn.MultiLabelMarginLoss(), nn.MultiLabelSoftMarginLoss(), nn.CTCLoss()]
nn.TripletMarginWithDistanceLoss()
[F.binary_cross_entropy_with_logits(torch.ones(3).to(a), torch.zeros(3).to(b), pos_weight=torch.ones(3)).dtype for a in (torch.float16, torch.bfloat16, torch.float64) for b in (torch.float16, torch.float32)]
[F.soft_margin_loss(torch.ones(3).to(a), torch.ones(3).to(b), reduction="none") for a in (torch.float16, torch.float64) for b in (torch.float16, torch.float32)]
F.ctc_loss(torch.zeros(0, 1, 3), torch.tensor([[1]]), torch.tensor([0]), torch.tensor([1]))
nn.TripletMarginWithDistanceLoss(distance_function=nn.PairwiseDistance(p=1.0))
l = nn.CrossEntropyLoss(torch.tensor([1.0, 2.0])); list(l.state_dict().items()), l.reduction, l.ignore_index, l.label_smoothing
c = torch.tensor([0, 2]); s = torch.tensor([[1.0, 2.0, 3.0], [0.5, 0.0, -1.0]], requires_grad=True); [F.cross_entropy(s, c), F.cross_entropy(s, c, reduction="none"), F.cross_entropy(s, c, torch.tensor([1.0, 2.0, 3.0])), F.cross_entropy(s, c, ignore_index=2), F.cross_entropy(s, c, label_smoothing=0.1), F.cross_entropy(s, s.detach().softmax(1), reduction="sum")]
c = torch.tensor([0, 2]); s = torch.tensor([[1.0, 2.0, 3.0], [0.5, 0.0, -1.0]], requires_grad=True); F.cross_entropy(s, c).backward(); s.grad
F.cross_entropy(torch.zeros(2, 3), torch.tensor([0, 3]))
F.cross_entropy(torch.zeros(2, 3), torch.tensor([0, -1]))
F.cross_entropy(torch.zeros(2, 3), torch.tensor([0.0, 1.0]))
F.cross_entropy(torch.zeros(2, 3), torch.tensor([0, 1], dtype=torch.int32))
F.cross_entropy(torch.zeros(2, 3), torch.tensor([0]))
F.cross_entropy(torch.zeros(2, 3), torch.tensor([[0, 1]]))
F.cross_entropy(torch.zeros(2, 3, 4), torch.zeros(2, 3).long())
F.cross_entropy(torch.zeros(2, 3), torch.tensor([0, 1]), torch.ones(2))
F.cross_entropy(torch.zeros(2, 3), torch.tensor([0, 1]), torch.ones(3).double())
F.cross_entropy(torch.zeros(2, 3), torch.tensor([0, 1]), torch.ones(3, requires_grad=True))
F.cross_entropy(torch.zeros(2, 3), torch.tensor([0, 1]), label_smoothing=2.0)
F.cross_entropy(torch.zeros(2, 3), torch.tensor([0, 1]), reduction="zz")
F.cross_entropy(torch.zeros(2, 3), torch.tensor([0, 1]), size_average=False)
F.cross_entropy(torch.zeros(2, 3), torch.ones(2, 3).long())
F.cross_entropy(3, torch.zeros(2).long())
p = torch.tensor([0.2, 0.3, 0.9], requires_grad=True); y = torch.tensor([0.0, 1.0, 1.0]); F.binary_cross_entropy(p, y), F.binary_cross_entropy(p, y, reduction="none"), torch.autograd.grad(F.binary_cross_entropy(p, 1 - y), p)
F.binary_cross_entropy(torch.tensor([1.5]), torch.tensor([1.0]))
F.binary_cross_entropy(torch.zeros(3), torch.zeros(2))
F.binary_cross_entropy(torch.zeros(3), torch.zeros(3).long())
v = torch.tensor([-100.0, 0.0, 2.0], requires_grad=True); y = torch.tensor([1.0, 0.0, 1.0]); F.binary_cross_entropy_with_logits(v, y), F.binary_cross_entropy_with_logits(v, y, pos_weight=torch.tensor(3.0), reduction="none")
F.binary_cross_entropy_with_logits(torch.zeros(3), torch.zeros(2))
F.mse_loss(torch.zeros(3, 1), torch.zeros(3)), F.l1_loss(torch.zeros(3, 1), torch.zeros(3)), F.smooth_l1_loss(torch.zeros(3, 1), torch.zeros(3)), F.huber_loss(torch.zeros(3, 1), torch.zeros(3))
F.kl_div(torch.zeros(2, 2), torch.ones(2, 2)), F.kl_div(torch.zeros(2, 2), torch.tensor([[0.2, 0.8], [0.5, 0.5]]), reduction="batchmean")
F.smooth_l1_loss(torch.zeros(2), torch.ones(2), beta=-1.0)
F.huber_loss(torch.zeros(2), torch.ones(2), delta=0.0)
F.gaussian_nll_loss(torch.zeros(2), torch.ones(2), torch.tensor([-1.0, 1.0]))
F.gaussian_nll_loss(torch.zeros(2, 3), torch.ones(2, 3), torch.ones(2, 2))
F.gaussian_nll_loss(torch.zeros(2, 3), torch.ones(2, 3), 2.0), F.gaussian_nll_loss(torch.zeros(2, 3), torch.ones(2, 3), torch.ones(2))
F.margin_ranking_loss(torch.zeros(2), torch.zeros(2, 1), torch.ones(2))
F.cosine_embedding_loss(torch.zeros(2), torch.zeros(2), torch.ones(2))
F.triplet_margin_loss(torch.zeros(2), torch.zeros(2), torch.ones(1, 2))
F.triplet_margin_loss(torch.zeros(1, 2), torch.zeros(1, 2), torch.ones(1, 2), margin=-1.0)
F.multi_margin_loss(torch.zeros(2, 3), torch.tensor([0, 1]), p=3)
F.multi_margin_loss(torch.zeros(2, 3), torch.tensor([0, 3]))
F.multilabel_margin_loss(torch.zeros(2, 3), torch.zeros(2, 2).long())
F.soft_margin_loss(torch.zeros(2), torch.ones(2, requires_grad=True))
nn.MultiMarginLoss(3)
nn.TripletMarginLoss(margin=-1)
F.ctc_loss(torch.full((3, 2, 2), 0.5).log(), torch.tensor([[1], [1]]), (3, 2), (1, 1), reduction="none"), F.ctc_loss(torch.full((2, 1, 2), 0.5).log(), torch.tensor([[1, 1]]), (2,), (2,))
F.ctc_loss(torch.zeros(3, 1, 2), torch.tensor([[1]]), (3,), (1,), blank=5)
"""

NORMS = """
[nn.BatchNorm1d(3), nn.BatchNorm2d(3, affine=False, momentum=None), nn.BatchNorm3d(3, track_running_stats=False), nn.LayerNorm(3), nn.LayerNorm((2, 3), bias=False), nn.GroupNorm(2, 4), nn.InstanceNorm1d(3), nn.InstanceNorm2d(3, affine=True), nn.InstanceNorm3d(3), nn.RMSNorm(3), nn.LocalResponseNorm(2)]
b = nn.BatchNorm1d(2); list(b.state_dict().items()), [n for n, _ in b.named_buffers()], [n for n, _ in b.named_parameters()], b.state_dict()._metadata
b = nn.BatchNorm1d(2); v = torch.tensor([[1.0, 0.0], [3.0, 7.0], [2.0, 4.0], [7.0, 4.5]]); b(v), b.running_mean, b.running_var, b.num_batches_tracked, b.eval()(v), b.num_batches_tracked
b = nn.BatchNorm1d(2, momentum=None); v = torch.arange(6.0).reshape(3, 2); _ = b(v), b(v * 2); b.running_mean, b.num_batches_tracked, b.reset_running_stats(), b.running_var
b = nn.BatchNorm2d(2); v = torch.arange(16.0).reshape(2, 2, 2, 2).requires_grad_(); (b(v) * v.detach() ** 2).sum().backward(); b.weight.grad, b.bias.grad, v.grad[0, 0]
b = nn.BatchNorm1d(2, track_running_stats=False).eval(); b(torch.tensor([[1.0, 0.0], [3.0, 7.0], [2.0, 4.0], [7.0, 4.5]])), b.running_mean
nn.BatchNorm1d(3)(torch.zeros(3))
nn.BatchNorm2d(3)(torch.zeros(2, 3))
nn.BatchNorm3d(3)(torch.zeros(2, 3))
nn.BatchNorm1d(3)(torch.zeros(1, 3))
nn.BatchNorm1d(3)(torch.zeros(2, 4))
nn.BatchNorm1d(3).double()(torch.zeros(2, 3))
b = nn.BatchNorm1d(2); s = b.state_dict(); _ = s.pop("num_batches_tracked"); b.load_state_dict(s)
b = nn.BatchNorm1d(2); b.load_state_dict({k: v + 1 for k, v in b.state_dict().items() if k != "num_batches_tracked"}), b.running_mean
nn.InstanceNorm1d(2).load_state_dict({"running_mean": torch.zeros(2)})
nn.InstanceNorm1d(3)(torch.zeros(4, 3)).shape, nn.InstanceNorm2d(1)(torch.ones(1, 2, 2)).shape
nn.InstanceNorm1d(3, affine=True)(torch.zeros(4, 3))
nn.InstanceNorm2d(3)(torch.zeros(4, 3))
nn.InstanceNorm1d(2)(torch.zeros(1, 2, 1))
nn.GroupNorm(3, 4)
nn.GroupNorm(2, 2)(torch.ones(1, 2)), 1
F.group_norm(torch.ones(1, 2, 1), 1), torch.group_norm(torch.ones(1, 1), 1)
nn.GroupNorm(1, 1)(torch.ones(1, 1))
F.group_norm(torch.zeros(2, 3), 2)
F.layer_norm(torch.zeros(2, 3), (2,))
F.layer_norm(torch.zeros(2, 3), (3,), torch.ones(2))
F.layer_norm(torch.zeros(2, 3), 3)
F.layer_norm(torch.zeros(2, 3), ())
F.batch_norm(torch.zeros(2, 3), None, None)
F.batch_norm(torch.zeros(2, 3), torch.zeros(3), None)
F.batch_norm(torch.zeros(2, 3), torch.zeros(2), torch.ones(2))
F.batch_norm(torch.zeros(2, 3), torch.zeros(3, requires_grad=True), torch.ones(3))
v = torch.arange(6.0).reshape(2, 3) ** 2; s = torch.arange(1.0, 4); [F.batch_norm(v, 0 * s, s + 1, s.reshape(w), s.reshape(b) / 3, t) for w, b, t in [((1, 3), (3, 1), True), ((1, 1, 3), (3,), False), ((3,), (1, 3), True)]]
F.batch_norm(torch.zeros(2, 3), None, None, torch.ones(1), training=True)
F.batch_norm(torch.zeros(2, 3), None, None, bias=torch.tensor(1.0), training=True)
try: F.batch_norm(torch.zeros(2, 3), torch.zeros(1, 3), torch.ones(3))
except RuntimeError: found = True
found
try: F.batch_norm(torch.zeros(2, 3).half(), torch.zeros(3), torch.ones(3), torch.ones(3).half())
except RuntimeError: found = True
found
v = torch.tensor([[0.0, 1.0], [1e-3, 3e-3]]); [F.rms_norm(v.to(d), (2,)) for d in (torch.float16, torch.bfloat16, torch.float64)]
v = torch.tensor([[1.0, 2.0, 4.0]], requires_grad=True); [F.layer_norm(v, (3,)), F.rms_norm(v, (3,)), F.group_norm(v, 1), F.normalize(v), F.batch_norm(v, torch.zeros(3), torch.ones(3))]
"""

TABLES = """
[nn.Embedding(3, 2), nn.Embedding(3, 2, -1, 1.0, 3.0, True, True), nn.EmbeddingBag(3, 2), nn.EmbeddingBag(3, 2, 1.0, mode="sum", padding_idx=0), nn.CosineSimilarity(), nn.PairwiseDistance()]
[nn.Upsample(2), nn.Upsample(scale_factor=2, mode="bilinear"), nn.Upsample(scale_factor=(2, 3)), nn.UpsamplingNearest2d(2), nn.UpsamplingBilinear2d(scale_factor=2)]
_ = torch.manual_seed(0); nn.Embedding(3, 2).weight, nn.Embedding(3, 2, padding_idx=1).weight, nn.EmbeddingBag(2, 2).weight, torch.rand(1)
e = nn.Embedding.from_pretrained(torch.tensor([[1.0, 2.0], [3.0, 4.0]])); e.weight, e(torch.tensor([[1, 0]])), nn.Embedding.from_pretrained(torch.ones(2, 2), freeze=False, padding_idx=0).weight
e = nn.Embedding(3, 2, padding_idx=0, _weight=torch.ones(3, 2)); e(torch.tensor([0, 1, 1])).sum().backward(); e.weight.grad
e = nn.Embedding(2, 2, max_norm=1.0, _weight=torch.tensor([[3.0, 4.0], [6.0, 8.0]])); e(torch.tensor([1])), e.weight
nn.Embedding(3, 2)(torch.tensor([3]))
nn.Embedding(3, 2)(torch.tensor([0.5]))
nn.Embedding(3, 2, 5)
nn.Embedding(3, 2, _weight=torch.zeros(2, 2))
nn.Embedding.from_pretrained(torch.zeros(2))
F.embedding_bag(torch.tensor([0, 1]), torch.ones(2, 2))
F.embedding_bag(torch.tensor([0, 1]), torch.ones(2, 2), torch.tensor([0]), mode="zz")
[F.embedding_bag(torch.tensor([0, 1, 1]), torch.tensor([[1.0], [2.0]]), torch.tensor([0, 2]), mode=m) for m in ("sum", "mean", "max")]
F.one_hot(torch.tensor([0, 2])), F.one_hot(torch.tensor(1), 2)
F.one_hot(torch.tensor([0, 2]), 2)
F.one_hot(torch.tensor([-1]))
F.one_hot(torch.tensor([0.0]))
F.one_hot(torch.zeros(0).long())
i = torch.tensor([[[[1.0, 2.0], [4.0, 8.0]]]], requires_grad=True); [F.interpolate(i, scale_factor=2), F.interpolate(i, size=(3, 3), mode="bilinear"), F.interpolate(i, size=(3, 3), mode="bilinear", align_corners=True), F.interpolate(i, (1, 3), mode="bicubic"), F.interpolate(i[0], 3, mode="linear"), F.interpolate(i, (1, 2), mode="area"), F.interpolate(i, (1, 1), mode="bilinear", antialias=True)]
F.interpolate(torch.zeros(1, 1, 2))
F.interpolate(torch.zeros(1, 1, 2), 2, 2)
F.interpolate(torch.zeros(1, 1, 2), (2, 2))
F.interpolate(torch.zeros(1, 1, 2), 2, mode="bilinear")
F.interpolate(torch.zeros(1, 1, 2), 2, mode="nearest", align_corners=True)
F.interpolate(torch.zeros(1, 1, 2), 2, mode="zz")
F.interpolate(torch.zeros(1, 2), 2)
F.interpolate(torch.zeros(1, 1, 2), 0)
F.interpolate(torch.zeros(1, 1, 2), 2, antialias=True)
F.upsample(torch.ones(1, 1, 2), 3), F.upsample_nearest(torch.ones(1, 1, 2), 3)
g = torch.tensor([[[[-0.5, 0.0], [1.0, 1.0]]]]); i = torch.tensor([[[[1.0, 2.0], [4.0, 8.0]]]], requires_grad=True); [F.grid_sample(i, g), F.grid_sample(i, g, "nearest", "border", True), F.grid_sample(i, g, "bicubic", "reflection", False)]
F.grid_sample(torch.zeros(1, 1, 2, 2), torch.zeros(1, 1, 1, 2), "zz")
F.grid_sample(torch.zeros(1, 1, 2, 2), torch.zeros(1, 1, 1, 3), align_corners=False)
F.grid_sample(torch.zeros(1, 1, 2, 2), torch.zeros(2, 1, 1, 2), align_corners=False)
F.affine_grid(torch.eye(2, 3)[None], (1, 1, 2, 2), align_corners=True), F.affine_grid(torch.eye(2, 3)[None], (1, 1, 1, 2))
F.affine_grid(torch.eye(2, 3), (1, 1, 2, 2))
q = torch.eye(2); F.scaled_dot_product_attention(q, q, q), F.scaled_dot_product_attention(q, q, q, torch.tensor([[True, True], [False, False]]))
F.scaled_dot_product_attention(torch.eye(2), torch.eye(2), torch.eye(2), torch.zeros(2, 2), is_causal=True)
def at(value, which, mask, causal=False):
    torch.manual_seed(0); given = [torch.randn(1, 1, 3, 2), torch.randn(1, 1, 4, 2), torch.randn(1, 1, 4, 2)]
    given[which][0, 0, 1, 0] = value; given = [one.requires_grad_() for one in given]
    y = F.scaled_dot_product_attention(*given, mask, is_causal=causal); y.sum().backward()
    return [one.isnan().nonzero()[:, 2:].tolist() + one.isinf().nonzero()[:, 2:].tolist() for one in (y, *[one.grad for one in given])]
import math; [at(value, which, mask) for which in (1, 2) for value in (math.inf, -math.inf, math.nan) for mask in [None, torch.tensor([[1, 1, 0, 1], [1, 0, 1, 0], [0, 0, 0, 0]]).bool(), torch.tensor([[0, -math.inf, 1, 1], [-math.inf] * 4, [0, 0, 0, -math.inf]])]], [at(value, 0, None) for value in (math.inf, -math.inf)]
import math; q = torch.arange(6.0).reshape(1, 1, 3, 2) / 4; [F.scaled_dot_product_attention(q, q, q, torch.tensor([[0, m, 0], [m, m, m], [0, 0, 0]])) for m in (math.inf, -math.inf, math.nan)]
q = torch.arange(12.0).reshape(1, 1, 6, 2) / 4; [F.scaled_dot_product_attention(q[:, :, :l], q[:, :, :s], q[:, :, :s], is_causal=True) for l, s in [(2, 4), (4, 2), (1, 3), (3, 1)]]
q = torch.arange(6.0).reshape(1, 1, 3, 2) / 4; [F.scaled_dot_product_attention(q.to(d), q.to(d), q.to(d), torch.arange(9.0).reshape(3, 3) / 7) for d in (torch.float64, torch.bfloat16, torch.float16)]
try: q = torch.ones(1, 1, 3, 2); F.scaled_dot_product_attention(q, q, q, torch.ones(3, 3).double())
except RuntimeError: found = True
found
try: F.scaled_dot_product_attention(torch.eye(2), torch.eye(2), torch.eye(2), torch.zeros(3, 2, 2))
except RuntimeError: found = True
found
F.scaled_dot_product_attention(torch.eye(2), torch.eye(2), torch.eye(2).double())
_ = torch.manual_seed(0); F.gumbel_softmax(torch.zeros(2, 3)), F.gumbel_softmax(torch.zeros(1, 3), hard=True), F.scaled_dot_product_attention(torch.eye(2), torch.eye(2), torch.eye(2), dropout_p=0.5)
F.pairwise_distance(torch.zeros(1, 2), torch.tensor([[3.0, 4.0]])), F.cosine_similarity(torch.eye(2), torch.ones(2, 2)), F.pdist(torch.eye(3)[:, :2])
F.pdist(torch.zeros(3))
F.cosine_similarity(torch.zeros(2, 2).long(), torch.zeros(2, 2).long())
"""
