"""What stands before each program about utilities of modules."""

from __future__ import annotations

HEAD = """
from torch.nn.utils import parametrize as P, prune, parametrizations as Z
class Sym(nn.Module):
    def forward(self, x): return x.triu() + x.triu(1).transpose(-1, -2)
    def right_inverse(self, a): return a.triu()
class Neg(nn.Module):
    def forward(self, x): return -x
class Bad(nn.Module):
    def forward(self, x): return x.sum()
class Two(nn.Module):
    def forward(self, a, b): return a * b
    def right_inverse(self, x): return x, torch.ones_like(x)
class Lin(nn.Linear):
    def reset_parameters(self): self.weight.data = torch.arange(4.0).reshape(2, 2); self.bias.data = torch.ones(2)
"""
