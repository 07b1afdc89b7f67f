"""The programs of record_layers.py: recurrent layers, attention and transformers, lazy modules, and utilities of modules."""

# ruff: noqa: E501 - a program is a line

from __future__ import annotations

RECURRENT = """
[nn.RNN(4, 5), nn.RNN(4, 5, 2, "relu", False, True, 0.1, True), nn.LSTM(4, 5, 2, bidirectional=True, proj_size=2, dropout=0.3, bias=False, batch_first=True), nn.GRU(4, 5, num_layers=2), nn.LSTM(4, 5, dropout=0.5)]
[nn.RNNCell(4, 5, nonlinearity="relu", bias=False), nn.LSTMCell(4, 5), nn.GRUCell(4, 5, bias=False), nn.RNNCell(2, 3)]
[[(k, tuple(v.shape)) for k, v in l.state_dict().items()] for l in (nn.RNN(2, 3), nn.GRU(2, 3, 2, bidirectional=True), nn.LSTM(2, 3, proj_size=1), nn.LSTM(2, 3, bias=False), nn.GRUCell(2, 3))]
_ = torch.manual_seed(0); l = nn.LSTM(2, 2, 2, bidirectional=True); l.weight_ih_l0[0], l.bias_hh_l1_reverse, l.weight_hh_l1[3], torch.rand(1)
_ = torch.manual_seed(1); nn.GRUCell(2, 2).bias_hh, nn.RNN(3, 2, proj_size=0).weight_ih_l0 if False else nn.RNN(3, 2).weight_hh_l0, nn.LSTM(2, 3, proj_size=1).weight_hr_l0
_ = torch.manual_seed(2); l = nn.RNN(3, 2); v = torch.randn(4, 2, 3, requires_grad=True); o, h = l(v); (o * o).sum().backward(); o, h, v.grad[0], l.weight_hh_l0.grad, l.bias_hh_l0.grad
_ = torch.manual_seed(2); l = nn.RNN(3, 2, 2, nonlinearity="relu", bidirectional=True, batch_first=True); v = torch.randn(4, 2, 3, requires_grad=True); o, h = l(v, torch.randn(4, 4, 2)); (o * o).sum().backward(); o[0], h[3], v.grad[0], l.weight_hh_l0.grad, l.weight_ih_l1_reverse.grad
_ = torch.manual_seed(3); l = nn.LSTM(3, 2); v = torch.randn(4, 2, 3, requires_grad=True); o, (h, c) = l(v); (o * o).sum().backward(); o, h, c, v.grad[0], l.weight_hh_l0.grad, l.bias_ih_l0.grad
_ = torch.manual_seed(3); l = nn.LSTM(3, 2, 2, bidirectional=True, batch_first=True); v = torch.randn(2, 4, 3, requires_grad=True); o, (h, c) = l(v, (torch.randn(4, 2, 2), torch.randn(4, 2, 2))); ((o * o).sum() + (c ** 3).sum()).backward(); o, h[1], c[2], v.grad[0], l.weight_hh_l0_reverse.grad, l.bias_ih_l1.grad
import warnings; warnings.simplefilter("ignore"); _ = torch.manual_seed(4); l = nn.LSTM(3, 3, 2, proj_size=2, bias=False); v = torch.randn(2, 2, 3, requires_grad=True); o, (h, c) = l(v); (o * o).sum().backward(); o, h[1], c.shape, v.grad[0], l.weight_hr_l0.grad
_ = torch.manual_seed(5); l = nn.GRU(3, 2, 2, batch_first=True); v = torch.randn(2, 4, 3, requires_grad=True); o, h = l(v, torch.randn(2, 2, 2)); (o * o).sum().backward(); o, h, v.grad[0], l.weight_hh_l0.grad, l.bias_hh_l1.grad
_ = torch.manual_seed(5); l = nn.GRU(3, 2, bias=False, bidirectional=True); v = torch.randn(4, 3, requires_grad=True); o, h = l(v); (o * o).sum().backward(); o, h, v.grad, l.weight_hh_l0_reverse.grad
_ = torch.manual_seed(6); [l(torch.ones(3, 2))[0] for l in (nn.RNN(2, 2), nn.LSTM(2, 2), nn.RNN(2, 2, batch_first=True))]
_ = torch.manual_seed(7); l = nn.GRU(2, 2, 2, dropout=0.5); l(torch.ones(3, 1, 2))[0], torch.rand(1), l.eval()(torch.ones(3, 1, 2))[0]
_ = torch.manual_seed(8); l = nn.LSTMCell(2, 2); v = torch.randn(3, 2, requires_grad=True); h, c = l(v); h, c = l(v, (h, c)); (h * c).sum().backward(); h, c, v.grad, l.weight_hh.grad, l(v[0])
_ = torch.manual_seed(8); l = nn.GRUCell(2, 2); v = torch.randn(3, 2, requires_grad=True); h = l(v, l(v)); (h * h).sum().backward(); h, v.grad, l.weight_hh.grad, l(v[0])
_ = torch.manual_seed(8); l = nn.RNNCell(2, 2, nonlinearity="relu"); v = torch.randn(3, 2, requires_grad=True); h = l(v, l(v)); (h * h).sum().backward(); h, v.grad, l.weight_hh.grad, l(v[0]), nn.RNNCell(2, 2)(v)
_ = torch.manual_seed(9); l = nn.GRUCell(2, 2).double(); v = torch.randn(2, 2).double().requires_grad_(); g, = torch.autograd.grad((l(v) ** 2).sum(), v, create_graph=True); torch.autograd.grad((g * g).sum(), v)
_ = torch.manual_seed(9); l = nn.GRU(2, 2).double(); v = torch.randn(3, 1, 2).double().requires_grad_(); g, = torch.autograd.grad((l(v)[0] ** 2).sum(), v, create_graph=True); torch.autograd.grad((g * g).sum(), [v, l.weight_hh_l0])
rnn = nn.utils.rnn; a = torch.arange(12.0).reshape(3, 2, 2); [rnn.pack_padded_sequence(a, [3, 1]), rnn.pack_padded_sequence(a, torch.tensor([2, 3]), enforce_sorted=False)]
rnn = nn.utils.rnn; v = torch.arange(12.0).reshape(3, 2, 2).requires_grad_(); p = rnn.pack_padded_sequence(v, [2, 1]); (p.data ** 2).sum().backward(); p, v.grad
rnn = nn.utils.rnn; a = torch.arange(12.0).reshape(3, 2, 2).requires_grad_(); p = rnn.pack_padded_sequence(a, [2, 3], enforce_sorted=False); [rnn.pad_packed_sequence(p), rnn.pad_packed_sequence(p, True, -1, 4), rnn.unpack_sequence(p)]
rnn = nn.utils.rnn; [rnn.pad_sequence([torch.ones(2), torch.ones(3)]), rnn.pad_sequence([torch.ones(2), torch.ones(3)], True, -1, "left"), rnn.pad_sequence(torch.ones(3, 2))]
rnn = nn.utils.rnn; rnn.unpad_sequence(torch.arange(6.0).reshape(3, 2), torch.tensor([2, 3])), rnn.pack_sequence([torch.ones(1), torch.zeros(3)], False), rnn.invert_permutation(torch.tensor([2, 0, 1]))
rnn = nn.utils.rnn; p = rnn.pack_sequence([torch.ones(2), torch.ones(1)]); [p.to(torch.float64).data.dtype, p.double().data.dtype, p.int().data.dtype, p.is_cuda, p.is_pinned(), p.cpu() is p, p.to("cpu") is p, rnn.PackedSequence((torch.ones(2), torch.tensor([1, 1])))]
rnn = nn.utils.rnn; _ = torch.manual_seed(10); l = nn.LSTM(2, 2, 2, bidirectional=True); v = torch.randn(4, 3, 2, requires_grad=True); p = rnn.pack_padded_sequence(v, [2, 4, 1], enforce_sorted=False); o, (h, c) = l(p); (o.data ** 2).sum().backward(); o.data[:3], o.batch_sizes, h, c[0], v.grad, l.weight_hh_l0_reverse.grad
rnn = nn.utils.rnn; _ = torch.manual_seed(11); l = nn.GRU(2, 2); v = torch.randn(4, 3, 2); p = rnn.pack_padded_sequence(v, [4, 2, 2]); o, h = l(p, torch.randn(1, 3, 2)); rnn.pad_packed_sequence(o)[0][:, 1], h
nn.LSTM(4, 5)(torch.zeros(3, 2, 3))
nn.LSTM(4, 5)(torch.zeros(2, 3, 2, 4))
nn.RNN(4, 5)(torch.zeros(4))
nn.LSTM(4, 5)(torch.zeros(0, 2, 4))
nn.LSTM(4, 5)(torch.zeros(3, 0, 4))[0].shape
nn.LSTM(4, 5)(torch.zeros(3, 2, 4), (torch.zeros(1, 2, 4), torch.zeros(1, 2, 5)))
nn.LSTM(4, 5)(torch.zeros(3, 2, 4), (torch.zeros(1, 2, 5), torch.zeros(1, 2, 4)))
nn.LSTM(4, 5)(torch.zeros(3, 2, 4), (torch.zeros(1, 5), torch.zeros(1, 5)))
nn.LSTM(4, 5)(torch.zeros(3, 4), (torch.zeros(1, 2, 5), torch.zeros(1, 2, 5)))
nn.LSTM(4, 5)(torch.zeros(3, 2, 4).double())
nn.GRU(4, 5)(torch.zeros(3, 2, 4), torch.zeros(1, 5))
nn.GRU(4, 5)(torch.zeros(3, 2, 4), torch.zeros(2, 2, 5))
nn.GRU(4, 5, proj_size=2)
nn.LSTM(4, 5, proj_size=5)
nn.LSTM(4, 0)
nn.LSTM(4, 5, 0)
nn.LSTM(4, 2.0)
nn.LSTM(4, 5, dropout=2)
nn.RNN(4, 5, nonlinearity="x")
nn.LSTMCell(4, 5)(torch.zeros(2, 3))
nn.LSTMCell(4, 5)(torch.zeros(2, 2, 4))
nn.LSTMCell(4, 5)(torch.zeros(2, 4), torch.zeros(2, 5))
nn.LSTMCell(4, 5)(torch.zeros(2, 4), (torch.zeros(3, 5), torch.zeros(2, 5)))
nn.GRUCell(4, 5)(torch.zeros(2, 4), torch.zeros(3, 5))
nn.RNNCell(4, 5, nonlinearity="zz")(torch.zeros(2, 4))
nn.utils.rnn.pack_padded_sequence(torch.zeros(3, 2), [2, 3])
nn.utils.rnn.pack_padded_sequence(torch.zeros(3, 2), [3, 0])
nn.utils.rnn.pack_padded_sequence(torch.zeros(3, 2), [3, 2, 1])
nn.utils.rnn.pad_packed_sequence(nn.utils.rnn.pack_sequence([torch.ones(3)]), total_length=2)
nn.utils.rnn.pad_sequence([])
nn.utils.rnn.pad_sequence(3)
import copy, pickle; l = nn.LSTM(2, 2); k = copy.deepcopy(l); n = pickle.loads(pickle.dumps(l)); [torch.equal(a, b) for a, b in zip(l.parameters(), k.parameters())], n, k.all_weights[0][0] is k.weight_ih_l0
"""

ATTENTION = """
_ = torch.manual_seed(0); l = nn.MultiheadAttention(4, 2); l, [(k, tuple(v.shape)) for k, v in l.state_dict().items()], l.in_proj_weight[0], l.out_proj.weight[0], l.out_proj.bias, torch.rand(1)
_ = torch.manual_seed(0); l = nn.MultiheadAttention(4, 2, kdim=3, vdim=5, add_bias_kv=True, bias=False); [(k, tuple(v.shape)) for k, v in l.named_parameters()], l.q_proj_weight[0], l.v_proj_weight[0], l.out_proj.weight[0], l.bias_k, torch.rand(1)
_ = torch.manual_seed(1); l = nn.MultiheadAttention(4, 2); v = torch.randn(3, 2, 4, requires_grad=True); o, s = l(v, v, v); (o * o).sum().backward(); o, s, v.grad[0], l.in_proj_bias.grad, l.out_proj.weight.grad[0]
_ = torch.manual_seed(1); l = nn.MultiheadAttention(4, 2, batch_first=True, add_zero_attn=True); v = torch.randn(2, 3, 4); k = torch.randn(2, 2, 4); o, s = l(v, k, k, average_attn_weights=False, key_padding_mask=torch.tensor([[False, True], [False, False]])); o[0], s[0]
_ = torch.manual_seed(1); l = nn.MultiheadAttention(4, 2, kdim=3, vdim=5, add_bias_kv=True); o, s = l(torch.randn(3, 4), torch.randn(2, 3), torch.randn(2, 5), need_weights=False); o, s
_ = torch.manual_seed(2); l = nn.MultiheadAttention(4, 2, dropout=0.5); v = torch.randn(3, 2, 4); l(v, v, v)[0][0], l(v, v, v, need_weights=False)[0][0], torch.rand(1), l.eval()(v, v, v)[0][0]
nn.MultiheadAttention(4, 3)
nn.MultiheadAttention(0, 3)
nn.MultiheadAttention(4, 2)(torch.zeros(2, 4), torch.zeros(2, 4), torch.zeros(2, 3))
nn.MultiheadAttention(4, 2)(torch.zeros(4), torch.zeros(2, 4), torch.zeros(2, 3))
nn.TransformerEncoderLayer(4, 2, 8)
nn.Transformer(4, 2, 2, 1, 8)
[k for k in nn.Transformer(4, 2, 1, 1, 8).state_dict()]
_ = torch.manual_seed(3); l = nn.Transformer(4, 2, 1, 1, 8); l.encoder.layers[0].linear1.weight[0], l.decoder.layers[0].multihead_attn.in_proj_weight[3], torch.rand(1)
_ = torch.manual_seed(4); l = nn.TransformerEncoderLayer(4, 2, 8, dropout=0.0); v = torch.randn(3, 2, 4, requires_grad=True); o = l(v); (o * o * o).sum().backward(); o, v.grad[0], l.linear1.weight.grad[0], l.self_attn.in_proj_bias.grad
_ = torch.manual_seed(4); l = nn.TransformerEncoderLayer(4, 2, 8, 0.3, "gelu", norm_first=True, batch_first=True, bias=False); v = torch.randn(2, 3, 4); l(v)[0], torch.rand(1), l.eval()(v, src_mask=nn.Transformer.generate_square_subsequent_mask(3), is_causal=True)[0], list(l.state_dict())
_ = torch.manual_seed(5); l = nn.TransformerDecoderLayer(4, 2, 8, 0.2); v = torch.randn(3, 2, 4); o = l(v, torch.randn(2, 2, 4), tgt_mask=nn.Transformer.generate_square_subsequent_mask(3)); o[1], torch.rand(1)
_ = torch.manual_seed(6); l = nn.TransformerEncoder(nn.TransformerEncoderLayer(4, 2, 8, batch_first=True), 2, nn.LayerNorm(4)); v = torch.randn(2, 3, 4); l(v)[0], torch.rand(1), l, l.eval()(v, src_key_padding_mask=torch.tensor([[False, False, True], [False, False, False]]))[0, :2]
import warnings; warnings.simplefilter("ignore"); _ = torch.manual_seed(6); l = nn.TransformerEncoder(nn.TransformerEncoderLayer(4, 2, 8, batch_first=True), 1).eval(); v = torch.randn(2, 3, 4); _ = torch.set_grad_enabled(False); o = l(v, src_key_padding_mask=torch.tensor([[False, False, True], [False, False, False]])); _ = torch.set_grad_enabled(True); o
_ = torch.manual_seed(7); l = nn.Transformer(4, 2, 1, 2, 8, 0.1, batch_first=True); o = l(torch.randn(2, 3, 4), torch.randn(2, 2, 4), tgt_mask=l.generate_square_subsequent_mask(2)); o.sum().backward(); o, l.encoder.layers[0].linear2.bias.grad, torch.rand(1)
nn.Transformer.generate_square_subsequent_mask(3), nn.Transformer.generate_square_subsequent_mask(2, dtype=torch.float64)
nn.TransformerEncoderLayer(4, 2, 8, activation="zz")
nn.Transformer(4, 2, 1, 1, 8)(torch.zeros(3, 2, 4), torch.zeros(2, 3, 4))
nn.Transformer(4, 2, 1, 1, 8)(torch.zeros(3, 2, 5), torch.zeros(2, 2, 5))
nn.TransformerEncoderLayer(4, 2, 8)(torch.zeros(3, 2, 4), torch.zeros(3, 3).long()) if False else nn.TransformerEncoderLayer(4, 2, 8)(torch.zeros(4))
import copy, pickle; l = nn.Transformer(4, 2, 1, 1, 8, 0.0); k = pickle.loads(pickle.dumps(copy.deepcopy(l))); torch.equal(l(torch.ones(2, 1, 4), torch.ones(2, 1, 4)), k(torch.ones(2, 1, 4), torch.ones(2, 1, 4)))
"""

LAZY = """
l = nn.LazyLinear(3); l, l.weight, l.state_dict(), l.in_features, l.weight.requires_grad, l.weight.dtype, l.weight.is_leaf
nn.LazyLinear(3).weight.shape
nn.LazyLinear(3).weight + 1
nn.LazyLinear(3).weight.numel()
nn.LazyLinear(3).weight.sum()
_ = torch.manual_seed(0); l = nn.LazyLinear(3); o = l(torch.ones(2, 4)); o.sum().backward(); o, l, l.weight.grad, type(l) is nn.Linear, torch.rand(1)
nn.Linear(4, 3).load_state_dict(nn.LazyLinear(3).state_dict())
_ = torch.manual_seed(0); l = nn.LazyLinear(3); k = nn.Linear(4, 3); r = l.load_state_dict(k.state_dict()); r, l, torch.equal(l(torch.ones(1, 4)), k(torch.ones(1, 4))), l
l = nn.LazyLinear(3); l.load_state_dict(nn.LazyLinear(3).state_dict()), l
l = nn.LazyLinear(3).double(); l.weight, l(torch.ones(1, 2).double()).dtype
p = nn.UninitializedParameter(); _ = p.materialize((2, 2)); type(p).__name__, p.shape, p.requires_grad, nn.UninitializedBuffer()
[nn.LazyConv1d(2, 2), nn.LazyConv2d(2, 2, bias=False), nn.LazyConv3d(2, 2), nn.LazyConvTranspose1d(2, 2), nn.LazyConvTranspose2d(2, 2), nn.LazyConvTranspose3d(2, 2), nn.LazyBatchNorm1d(), nn.LazyBatchNorm2d(affine=False), nn.LazyBatchNorm3d(), nn.LazyInstanceNorm1d(affine=True), nn.LazyInstanceNorm2d(), nn.LazyInstanceNorm3d()]
_ = torch.manual_seed(1); k = nn.Sequential(nn.LazyConv2d(2, 2), nn.LazyBatchNorm2d(), nn.ReLU(), nn.LazyConvTranspose2d(3, 2), nn.LazyInstanceNorm2d(), nn.Flatten(), nn.LazyLinear(2)); o = k(torch.arange(36.0).reshape(2, 2, 3, 3)); o, k, [(a, tuple(b.shape)) for a, b in k.state_dict().items()]
nn.LazyConv2d(2, 2)(torch.ones(4, 4))
nn.LazyConv2d(2, 2, groups=2)(torch.ones(1, 3, 4, 4))
import copy, pickle; l = copy.deepcopy(nn.LazyLinear(3)); _ = l(torch.ones(1, 2)); k = pickle.loads(pickle.dumps(nn.LazyLinear(2))); _ = k(torch.ones(1, 2)); l, k
nn.LazyLinear(3).share_memory()
k = nn.Sequential(nn.LazyLinear(3), nn.ReLU(), nn.LazyLinear(2)); _ = k(torch.ones(1, 5)); k, sum(p.numel() for p in k.parameters())
nn.parameter.is_lazy(nn.LazyLinear(2).weight), isinstance(nn.LazyLinear(2).weight, Parameter)
[(n, nn.parameter.is_lazy(b)) for n, b in nn.LazyBatchNorm1d().named_buffers()]
l = nn.LazyLinear(2); o = torch.optim.SGD(l.parameters(), lr=0.1); l(torch.ones(1, 3)).sum().backward(); o.step(); l.weight.shape
"""

OTHERS = """
_ = torch.manual_seed(1); [nn.init.orthogonal_(torch.empty(2, 3)), nn.init.orthogonal_(torch.empty(3, 2), 2.0), nn.init.orthogonal_(torch.empty(2, 2, 2)), torch.rand(1)]
nn.init.orthogonal_(torch.empty(2))
nn.init.constant(torch.empty(1), 3.0), nn.init.xavier_uniform(torch.ones(2, 2)).shape
_ = torch.manual_seed(2); a = torch.tensor([-1.0, 2.0, -3.0], requires_grad=True); o = F.rrelu(a, training=True); o.sum().backward(); o, a.grad, F.rrelu(a), torch.rand(1)
_ = torch.manual_seed(0); a = torch.tensor([-1.0, 2.0]); [F.rrelu(torch.tensor([-1.0, -2.0, 0.0, -0.0, float("nan")]), training=True), F.rrelu(a, training=True, inplace=True), a, F.rrelu(-torch.ones(2, 3).t(), training=True), torch.rrelu(a), nn.RReLU(), nn.RReLU(0.1, 0.2, True)]
F.rrelu(torch.ones(1), 0.5, 0.2)
[nn.SyncBatchNorm(3), nn.SyncBatchNorm.convert_sync_batchnorm(nn.Sequential(nn.BatchNorm1d(3), R())), nn.DataParallel(nn.Linear(2, 1)), list(nn.DataParallel(nn.Linear(2, 1)).state_dict()), nn.DataParallel(nn.Linear(2, 1))(torch.ones(1, 2)).shape]
_ = torch.manual_seed(0); l = nn.AdaptiveLogSoftmaxWithLoss(4, 10, [3, 6], div_value=2.0); v = torch.randn(3, 4, requires_grad=True); o = l(v, torch.tensor([1, 4, 9])); o.loss.backward(); l, [(k, tuple(p.shape)) for k, p in l.state_dict().items()], o, v.grad, l.log_prob(v)[0], l.predict(v), l(v[0], torch.tensor(9))
nn.AdaptiveLogSoftmaxWithLoss(4, 10, [6, 3])
nn.AdaptiveLogSoftmaxWithLoss(4, 10, [])
nn.AdaptiveLogSoftmaxWithLoss(4, 10, [3])(torch.ones(2, 4), torch.tensor([1, 10]))
nn.AdaptiveLogSoftmaxWithLoss(4, 10, [3])(torch.ones(2, 4), torch.tensor([1]))
_ = torch.manual_seed(0); l = nn.LinearCrossEntropyLoss(4, 3, out_features=(2,), bias=True, weight=torch.tensor([1.0, 2.0, 3.0])); l, [(k, tuple(v.shape)) for k, v in l.state_dict().items()], l(torch.ones(2, 4), torch.tensor([[0, 1], [2, 0]])), nn.LinearCrossEntropyLoss(4, 3)(torch.ones(2, 4), torch.tensor([0, 1]))
[F.linear_cross_entropy(torch.ones(2, 4), torch.ones(3, 2, 4), torch.zeros(2, 2).long()), F.linear_cross_entropy(torch.ones(4), torch.ones(3, 4), torch.tensor(0))]
nn.utils.clip_grad_norm([torch.ones(2)], 1.0)
nn.modules.linear.NonDynamicallyQuantizableLinear(2, 1, bias=False)
"""

PARAMETRIZE = """
l = Lin(2, 2); _ = P.register_parametrization(l, "weight", Sym()); l, list(l.state_dict()), type(l).__name__, l.weight, l.parametrizations.weight.original
l = Lin(2, 2); _ = P.register_parametrization(l, "weight", Sym()); _ = P.register_parametrization(l, "weight", Neg()); l, l.weight, P.is_parametrized(l), P.is_parametrized(l, "bias"), P.type_before_parametrizations(l) is Lin
l = Lin(2, 2); _ = P.register_parametrization(l, "weight", Sym()); l.weight = torch.ones(2, 2); l(torch.ones(1, 2)).sum().backward(); l.weight, l.parametrizations.weight.original, l.parametrizations.weight.original.grad
l = Lin(2, 2); _ = P.register_parametrization(l, "weight", Neg()); l.weight = torch.ones(2, 2)
l = Lin(2, 2); _ = P.register_parametrization(l, "weight", Sym()); _ = P.remove_parametrizations(l, "weight"); l, list(l.state_dict()), l.weight, P.is_parametrized(l)
l = Lin(2, 2); _ = P.register_parametrization(l, "weight", Sym()); _ = P.remove_parametrizations(l, "weight", False); l.weight, [n for n, _ in l.named_parameters()]
P.register_parametrization(Lin(2, 2), "zzz", Sym())
P.remove_parametrizations(nn.Linear(2, 2), "weight")
P.register_parametrization(Lin(2, 2), "weight", Bad())
P.register_parametrization(Lin(2, 2), "weight", Bad(), unsafe=True)
l = Lin(2, 2); _ = P.register_parametrization(l, "weight", Two()); list(l.state_dict()), l.parametrizations.weight.is_tensor, l.parametrizations.weight.ntensors, l.weight
l = Lin(2, 2); _ = P.register_parametrization(l, "weight", Two()); P.remove_parametrizations(l, "weight", False)
import copy; l = Lin(2, 2); _ = P.register_parametrization(l, "weight", Sym()); k = copy.deepcopy(l); k.load_state_dict(l.state_dict()), k, P.remove_parametrizations(k, "weight"), l
import pickle; l = Lin(2, 2); _ = P.register_parametrization(l, "weight", Sym()); pickle.dumps(l)
l = Lin(2, 2); _ = P.register_parametrization(l, "weight", Sym()); c = P.cached(); _ = c.__enter__(); a = l.weight is l.weight; _ = c.__exit__(None, None, None); a, l.weight is l.weight
nn.utils.weight_norm(Lin(2, 2)).weight_g
l = nn.utils.weight_norm(nn.Linear(2, 3)); list(l.state_dict()), l.weight_v.shape, nn.utils.remove_weight_norm(l), list(l.state_dict())
l = nn.utils.weight_norm(Lin(2, 2)); l(torch.tensor([[1.0, 2.0]])).sum().backward(); l(torch.ones(1, 2)), l.weight_g.grad, l.weight_v.grad
nn.utils.remove_weight_norm(nn.Linear(2, 2))
nn.utils.weight_norm(nn.utils.weight_norm(nn.Linear(2, 3)))
l = Z.weight_norm(Lin(2, 2)); l, list(l.state_dict()), l.parametrizations.weight.original0, l(torch.ones(1, 2)), Z.weight_norm(Lin(2, 2), dim=None).parametrizations.weight.original0
_ = torch.manual_seed(0); l = nn.utils.spectral_norm(Lin(2, 2)); o = l(torch.ones(1, 2)); o.sum().backward(); l, o, l.state_dict(), l.state_dict()._metadata, l.weight_orig.grad, l.eval()(torch.ones(1, 2)), torch.rand(1)
_ = torch.manual_seed(0); l = nn.utils.spectral_norm(Lin(2, 2)); nn.utils.remove_spectral_norm(l).weight, list(l.state_dict())
_ = torch.manual_seed(0); l = Z.spectral_norm(Lin(2, 2)); o = l(torch.ones(1, 2)); o.sum().backward(); l, o, l.state_dict(), l.parametrizations.weight.original.grad, torch.rand(1)
_ = torch.manual_seed(0); l = Z.spectral_norm(nn.ConvTranspose1d(2, 3, 2), n_power_iterations=2); l, l.weight[0]
_ = torch.manual_seed(0); [(m, s, t, l.weight, l.parametrizations.weight.original) for m in (None, "matrix_exp", "cayley", "householder") for s in ((2, 3), (3, 2), (2, 2)) for t in (True, False) for l in [Z.orthogonal(nn.Linear(*s), orthogonal_map=m, use_trivialization=t)]]
l = Z.orthogonal(nn.Linear(2, 2)); list(l.state_dict()), l
Z.orthogonal(nn.Linear(2, 2), "bias")
Z.orthogonal(nn.Linear(2, 2), orthogonal_map="zz")
c = nn.Conv2d(1, 2, 1, bias=False).eval(); _ = nn.init.ones_(c.weight); b = nn.BatchNorm2d(2).eval(); _ = b.running_mean.fill_(0.5); f = nn.utils.fuse_conv_bn_eval(c, b); f, f.weight, f.bias
nn.utils.fuse_conv_bn_eval(nn.Conv2d(1, 2, 1), nn.BatchNorm2d(2))
b = nn.BatchNorm1d(2).eval(); _ = b.running_mean.fill_(0.5); f = nn.utils.fuse_linear_bn_eval(Lin(2, 2).eval(), b); f.weight, f.bias
nn.utils.fuse_linear_bn_eval(nn.Linear(2, 2).eval(), nn.BatchNorm1d(3).eval())
_ = torch.manual_seed(0); l = nn.utils.skip_init(nn.Linear, 2, 3); l, torch.rand(1)
nn.utils.skip_init(nn.ReLU)
l = prune.l1_unstructured(Lin(2, 2), "weight", amount=0.5); l, list(l.state_dict()), l.weight_mask, l.weight, l(torch.ones(1, 2)), prune.is_pruned(l), prune.is_pruned(nn.Linear(2, 2))
l = prune.l1_unstructured(Lin(2, 2), "weight", 1); _ = prune.l1_unstructured(l, "weight", 1); l.weight_mask, len(list(l._forward_pre_hooks.values())[0]), prune.remove(l, "weight").weight, list(l.state_dict())
_ = torch.manual_seed(0); [prune.random_unstructured(Lin(2, 2), "weight", 2).weight_mask, prune.random_structured(Lin(2, 2), "weight", 1, 0).weight_mask, prune.ln_structured(Lin(2, 2), "weight", 0.5, 2, dim=1).weight_mask, prune.identity(Lin(2, 2), "bias").bias_mask, prune.custom_from_mask(Lin(2, 2), "bias", torch.tensor([1, 0])).bias, torch.rand(1)]
l, k = Lin(2, 2), Lin(2, 2); prune.global_unstructured([(l, "weight"), (k, "bias")], pruning_method=prune.L1Unstructured, amount=0.5), l.weight_mask, k.bias_mask
l = prune.ln_structured(Lin(2, 2), "weight", 1, 1, dim=0); _ = prune.l1_unstructured(l, "weight", 1); l.weight_mask
l = prune.l1_unstructured(Lin(2, 2), "weight", 1, importance_scores=torch.tensor([[4.0, 3.0], [2.0, 1.0]])); l(torch.ones(1, 2)).sum().backward(); l.weight_mask, l.weight_orig.grad
prune.l1_unstructured(Lin(2, 2), "weight", amount=5)
prune.l1_unstructured(Lin(2, 2), "weight", amount=1.5)
prune.l1_unstructured(Lin(2, 2), "weight", amount="a")
prune.ln_structured(Lin(2, 2), "bias", 1, 2, dim=0)
prune.remove(nn.Linear(2, 2), "weight")
prune.L1Unstructured(2).prune(torch.tensor([1.0, -3.0, 2.0]))
"""

GROUPS = {"recurrent": RECURRENT, "attention": ATTENTION, "lazy": LAZY, "others": OTHERS, "utils": PARAMETRIZE}
