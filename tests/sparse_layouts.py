"""More of ``sparse_programs``: strides, joins along dense dimensions, transposes and sizes in place, parts of complex ones."""

from __future__ import annotations

LAYOUTS = """
trained(lambda p: optim.Muon(p, 0.1))
s.stride(), s.stride(1), s.is_contiguous(), s.storage_offset(), h.stride()
torch.sparse_coo_tensor(torch.zeros((0, 2), dtype=torch.long), torch.tensor([7.0, 1.0]), ()).item()
a = torch.sparse_coo_tensor([[0, 0]], [2.0, 3.0], (1,)); a.item(), float(a), int(a), bool(a)
torch.cat([h, h], 1)
torch.cat([h, torch.sparse_coo_tensor([[1]], torch.ones(1, 3), (2, 3))], -1).to_dense()
a = h.clone().requires_grad_(); grads(torch.cat([a, h], 1), a)
a = s.clone(); a.t_(), a, a._version > 0
a = s.clone(); a.transpose_(0, 1).shape, a.swapaxes_(0, 1).coalesce()
h.clone().transpose_(0, 1)
c.clone().t_()
torch.sparse_coo_tensor([[1]], [1.0], (3,)).t_()
s.clone().sparse_resize_((4, 5), 2, 0)
s.clone().sparse_resize_((1, 2), 2, 0)
s.clone().sparse_resize_((2, 3, 1), 2, 1)
s.clone().sparse_resize_((4, 5), 1, 0)
torch.sparse_coo_tensor(torch.zeros((2, 0), dtype=torch.long), torch.zeros(0), (2, 3)).sparse_resize_((4, 1, 2), 1, 2)
s.clone().sparse_resize_and_clear_((4, 5), 1, 1)
torch.ones(2).sparse_resize_((3,), 1, 0)
c.clone().sparse_resize_((4, 5), 2, 0)
torch.resize_as_sparse_(s.clone().sparse_resize_and_clear_((2, 3), 2, 0), h)
s.clone().resize_as_sparse_(h)
z = torch.sparse_coo_tensor([[0, 1], [2, 0]], [1 + 2j, 3j], (2, 3)); z.real, z.imag, torch.view_as_real(z)
"""
