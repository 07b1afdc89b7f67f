"""Record what PyTorch's element-wise functions give: tests/golden/elementwise.json (needs torch).

``programs`` maps a program to its *outcome*, a text: dtype, shape and values ("float32 [2] 1 -0"), a Python value
("bool True"), or an exception's class ("TypeError:"). ``setup`` runs before each. In a block below,
programs are separated by semicolons or line ends; a program either is an expression or leaves its answer in ``z``.
"""

from __future__ import annotations

import json
import math
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import torch

TARGET = Path(__file__).parent.parent / "tests" / "golden" / "elementwise.json"

SETUP = """
F = torch.nn.functional
inf, nan = float("inf"), float("nan")
def name(t): return t.grad_fn.name()
x = torch.tensor([-2.5, -1.0, -0.25, 0.0, 0.5, 1.0, 3.5]); y = torch.tensor([1.5, -2.0, 0.75, 2.0, -0.5, 1.0, 0.1])
p = torch.tensor([0.1, 0.5, 1.0, 2.5]); u = torch.tensor([-0.9, -0.5, 0.0, 0.25, 0.99])
s = torch.tensor([-inf, -1.0, -0.0, 0.0, 1.0, inf, nan]); d = x.double(); e = torch.ones(0, 3)
h = torch.tensor([0.1, 1.5, -2.0], dtype=torch.float16); bf = torch.tensor([0.1, 1.5, -2.0], dtype=torch.bfloat16)
i = torch.tensor([-7, -1, 0, 2, 9]); j = torch.tensor([2, -3, 4, 5, -2]); u8 = torch.tensor([5, 250], dtype=torch.uint8)
b = torch.tensor([True, False, True]); k = torch.tensor([False, False, True])
c = torch.tensor([1 + 2j, -0.5j, 3]); q = torch.tensor([0.5 - 1j, 2 + 0.1j, -1j])
m = torch.arange(6.0).reshape(2, 3); w = torch.tensor([1.0, -2.0, 3.0], requires_grad=True)
"""

UNARY = """
abs absolute acos acosh angle asin asinh atan atanh ceil conj_physical cos cosh deg2rad digamma erf erfc exp exp2
expm1 floor frac lgamma log log10 log1p log2 logit nan_to_num neg rad2deg reciprocal round rsqrt sgn sigmoid sign sin
sinc sinh sqrt square tan tanh trunc relu isnan isinf isfinite isposinf isneginf isreal signbit logical_not positive
bitwise_not erfinv
""".split()
OPERANDS = "x p u s d h bf i b c e".split()

BINARY = """
add sub mul div true_divide floor_divide remainder fmod pow float_power maximum minimum fmax fmin atan2 hypot copysign
xlogy logaddexp logaddexp2 heaviside eq ne lt le gt ge logical_and logical_or logical_xor bitwise_and bitwise_or
bitwise_xor bitwise_left_shift bitwise_right_shift nextafter ldexp rsub
""".split()
PAIRS = "x,y p,d[:4] i,j i,p[:1] b,k c,q x,2 i,3 2,x s,s.flip(0) h,bf m,m[0] m,m[:,:1] x,x[:2] x,'a' x,None 3,i".split()

PROGRAMS = """
torch.add(x, y, alpha=2); torch.add(x, y, alpha=0.5); torch.add(i, j, alpha=3); torch.add(i, j, alpha=2.5)
torch.add(b, k, alpha=True); torch.add(i, j, alpha=True); torch.add(x, y, alpha='a'); torch.sub(x, y, alpha=-2)
torch.sub(i, 2, alpha=3); torch.rsub(x, y, alpha=2); torch.rsub(i, 5); torch.rsub(x, 2.5); x.add(1, alpha=3)
torch.add(x, 1j); torch.add(c, q, alpha=1j); torch.add(x, y, alpha=1j); torch.add(h, 1.5, alpha=2)
torch.sub(u8, u8, alpha=2); torch.div(x, y, rounding_mode='floor'); torch.div(x, y, rounding_mode='trunc')
torch.div(i, j, rounding_mode='floor'); torch.div(i, j, rounding_mode='trunc'); torch.div(i, 2, rounding_mode='trunc')
torch.div(x, 2, rounding_mode='up'); torch.div(i, 0, rounding_mode='floor'); torch.div(x, 0, rounding_mode='floor')
torch.div(x, 0., rounding_mode='trunc'); torch.divide(x, y); torch.multiply(x, y); torch.subtract(x, y)
torch.negative(x); torch.fix(x); torch.arctan2(x, y); torch.addcmul(x, y, y); torch.addcmul(x, y, y, value=0.5)
torch.addcmul(i, j, j, value=2); torch.addcmul(x, 2, y); torch.addcdiv(x, y, y); torch.addcdiv(x, y, y, value=-2)
torch.addcdiv(i, j, j); torch.addcdiv(m, m[0], m[:, :1] + 1); torch.lerp(x, y, 0.25); torch.lerp(x, y, 0.75)
torch.lerp(x, y, y); torch.lerp(i, j, 0.5); torch.lerp(x, 2., 0.5); torch.lerp(x, y, 'a'); torch.clamp(x, -1, 1)
torch.clamp(x, min=0); torch.clamp(x, max=0.5); torch.clamp(x, 1, -1); torch.clamp(i, 0.5); torch.clamp(i, 0, 4)
torch.clamp(x, y); torch.clamp(x, max=y); torch.clamp(x, y, y + 1); torch.clamp(x); torch.clamp(x, y, 1)
torch.clamp(s, -1, 1); torch.clamp(c, 0); torch.clamp(b, 0, 1); torch.clamp(x, min=nan); torch.clamp(s, min=s.flip(0))
torch.clamp(m, m[0]); torch.clip(x, 0, 1); torch.clamp_min(x, 0); torch.clamp_max(x, 0); torch.clamp_min(x, y)
torch.clamp_max(x, y); torch.clamp_min(i, 1.5); x.clamp_min(0.25); torch.round(x, decimals=1)
torch.round(torch.tensor([2.345, -2.5, 1234.5]), decimals=2)
torch.round(torch.tensor([1250., 1350., -50.]), decimals=-2); torch.round(i, decimals=1)
torch.round(torch.tensor([0.5, 1.5, 2.5, -0.5])); torch.nan_to_num(s, nan=2.); torch.nan_to_num(s, 1., 2., 3.)
torch.nan_to_num(s.double()); torch.nan_to_num(s.half()); torch.nan_to_num(s, posinf=9.); torch.logit(p)
torch.logit(p, 0.2); torch.logit(p, eps=0.6); torch.polygamma(1, p); torch.polygamma(0, p); torch.polygamma(2, p)
p.polygamma(1); p.clone().polygamma_(1); torch.polygamma(-1, p); torch.pow(2, x); torch.pow(x, 3); torch.pow(i, 2)
torch.pow(i, -1); torch.pow(2, i); torch.pow(2., i); torch.pow(i, 0.5); torch.pow(p, -0.5); torch.pow(2, 3)
torch.pow(b, 2); torch.pow(b, True); torch.pow(x, 2j); torch.pow(c, 2); torch.pow(0, x); torch.float_power(2, i)
torch.square(b); torch.copysign(x, -1); torch.copysign(i, -1.); torch.copysign(2, x); torch.xlogy(x, 2)
torch.xlogy(2, p); torch.xlogy(2, 2); torch.xlogy(i, i + 8); torch.heaviside(x, torch.tensor(0.5))
torch.heaviside(x, i[:1]); torch.maximum(x, 2); torch.maximum(i, x[:5]); torch.maximum(c, c)
torch.hypot(torch.tensor([3e30, 3e-30]), torch.tensor([4e30, 4e-30])); torch.hypot(i, j); torch.fmod(x, 0)
torch.fmod(i, 0); torch.remainder(x, 0); torch.isclose(x, x + 1e-6); torch.isclose(x, x + 1e-3, rtol=1e-2)
torch.isclose(s, s); torch.isclose(s, s, equal_nan=True); torch.isclose(x, d); torch.isclose(x, x, rtol=-1)
torch.isclose(i, i + 1, atol=1); torch.isclose(c, c + 1e-9); torch.allclose(x, x + 1e-9); torch.allclose(s, s)
torch.allclose(s, s, equal_nan=True); torch.allclose(x, y); torch.allclose(x, d); torch.equal(x, x.clone())
torch.equal(x, y); torch.equal(x, x[:2]); torch.equal(s, s); torch.equal(x, d); torch.equal(e, e); torch.eq(x, 0.5)
torch.eq(2, x); torch.eq(x, None); torch.logical_and(x, 2); torch.logical_or(x, c); x == None; x != None; x == 'a'
x < None; None == x; x == y; 1 < x; x >= 0; b & k; b | k; b ^ k; ~b; i & 3; 3 | i; i ^ j; ~i; i << 1; i >> 1
1 << j.abs(); x & x; x | 1; ~x; b & True; b & 1; i & b[:1]; +x; -x; -b; +b; abs(x); abs(b); abs(c); x // 2; 2 // x
x % 2; 2 % x; i // 2; -i // 2; i % 3; i % -3; i // 0; 2 / x; 2 / i; 1 - x; 1 - i; 2 - c; x ** 2; 2 ** x; x ** y
i ** 2; x ** 'a'; x + [1]; x * None; [1] + x; x - 'a'; x @ 2; x * np.float32(2); x * np.float64(2); x * np.int64(2)
x + np.bool_(True); i * np.float64(2.5); i + np.int8(3); x * np.ones(7); x.double() + np.arange(7.); torch.real(c)
torch.imag(c); torch.real(x); torch.imag(x); torch.conj(c); torch.conj(x); c.real; c.imag; torch.angle(c)
torch.angle(s); torch.angle(i); torch.view_as_real(c); torch.view_as_real(x)
torch.view_as_complex(m[:, :2].contiguous()); torch.view_as_complex(m); torch.view_as_complex(i); torch.polar(p, p)
torch.complex(x, y); torch.complex(x, d); torch.isreal(c); c.conj().resolve_conj(); torch.resolve_conj(c)
torch.is_conj(x); z = c.clone(); z.real = torch.ones(3); z = c.clone(); z.imag.mul_(2); z = x.clone(); z.imag
torch.exp(2.); torch.exp('a'); torch.exp([1.]); torch.maximum(x, [1]); torch.sigmoid(None); torch.abs(x, out=1)
torch.floor(c); torch.sign(c); torch.trunc(b); torch.exp(x, out=torch.empty(7))
torch.exp(x, out=torch.empty(7, dtype=torch.float64)); torch.exp(x, out=torch.empty(7, dtype=torch.int64))
torch.add(i, j, out=torch.empty(5)); torch.add(x, y, out=torch.empty(7, dtype=torch.int32))
torch.mul(x, 2, out=torch.empty(0)); torch.exp(w, out=torch.empty(3))
torch.lt(x, y, out=torch.empty(7, dtype=torch.bool)); torch.lt(x, y, out=torch.empty(7))
torch.pow(x, 2, out=torch.empty(7)); torch.clamp(x, 0, 1, out=torch.empty(7)); z = x.clone(); torch.neg(z, out=z)
z = x.clone(); torch.add(z, z, out=z); z = torch.zeros(4); torch.exp(z[:3], out=z[1:])
torch.sigmoid(x, out=torch.empty(2))
"""

IN_PLACE = """
add_(1) add_(y,alpha=2) add_(y.double()) sub_(2) sub_(y,alpha=0.5) mul_(2) mul_(y) div_(2)
div_(y,rounding_mode='floor') div_(2,rounding_mode='up') true_divide_(4) floor_divide_(2) remainder_(2) remainder_(y)
fmod_(2) fmod_(y) pow_(2) pow_(y) square_() abs_() neg_() negative_() sqrt_() rsqrt_() reciprocal_() exp_() exp2_()
expm1_() log_() log2_() log10_() log1p_() sin_() cos_() tan_() asin_() acos_() atan_() sinh_() cosh_() tanh_()
asinh_() acosh_() atanh_() arcsin_() arctan2_(y) sigmoid_() logit_(0.1) relu_() floor_() ceil_() round_()
round_(decimals=1) trunc_() fix_() frac_() sign_() sgn_() clamp_(0,1) clamp_(min=y) clamp_min_(0) clamp_max_(0)
clip_(0,1) lerp_(y,0.5) lerp_(y,y) addcmul_(y,y) addcdiv_(y,y,value=2) copysign_(y) copysign_(-1) nan_to_num_(1)
heaviside_(y) hypot_(y) atan2_(y) xlogy_(y) xlogy_(2) erf_() erfc_() lgamma_() digamma_() deg2rad_() rad2deg_()
sinc_() ldexp_(y) eq_(y) ne_(1) lt_(y) le_(0) gt_(y) ge_(0) logical_and_(y) logical_not_() add_(1j)
mul_(torch.ones(2,7)) add_('a') float_power_(2)
""".split()

INT_IN_PLACE = """
add_(2) add_(1.5) mul_(2) div_(2) floor_divide_(2) remainder_(3) pow_(2) pow_(-1) pow_(0.5) clamp_(0,3) clamp_(0.5)
neg_() abs_() exp_() bitwise_and_(3) bitwise_or_(1) bitwise_xor_(5) bitwise_not_() __ilshift__(1) __irshift__(1)
__iand__(6) __ior__(6) __ixor__(6) eq_(2) logical_not_() sign_() square_() round_() fmod_(2) remainder_(2.5)
lerp_(j,0.5) sub_(True) mul_(True)
""".split()

FUNCTIONAL = """
relu(x) relu6(x*3) leaky_relu(x) leaky_relu(x,0.2) elu(x) elu(x,2.) selu(x) celu(x) celu(x,0.5) celu(x,0) gelu(x)
gelu(x,approximate='tanh') gelu(x,approximate='a') silu(x) mish(x) hardtanh(x) hardtanh(x,-2,0.5) hardtanh(x,1,-1)
hardsigmoid(x) hardswish(x) hardshrink(x) hardshrink(x,1) softshrink(x) softshrink(x,1) softshrink(x,-1) softplus(x)
softplus(x,2) softplus(x,1,2) softplus(x*20) logsigmoid(x*20) sigmoid(x) tanh(x) softsign(x) tanhshrink(x)
threshold(x,0.2,9) threshold(i,0,5) softmax(m,1) softmax(m,0) softmax(m,-1,dtype=torch.float64) softmax(m,2)
softmax(i,0) softmax(x) softmax(s,0) softmax(e,1) softmax(e,0) softmin(m,1) log_softmax(m,1) log_softmax(m,0)
log_softmax(m*1000,1) softmax(torch.tensor(2.),0) glu(m.t()[:2].contiguous(),0) glu(m[0]) prelu(x,torch.tensor([0.2]))
prelu(m,torch.tensor([0.1,0.2,0.3])) prelu(m-3,torch.tensor([0.1,0.2,0.3])) prelu(m,torch.ones(2))
prelu(m,torch.ones(1,3)) mse_loss(x,y) mse_loss(x,y,reduction='sum') mse_loss(x,y,reduction='none')
mse_loss(x,y,reduction='a') mse_loss(m,m[0]) mse_loss(i,j) mse_loss(x,d) mse_loss(e,e) mse_loss(x,y,weight=p[:1])
l1_loss(x,y) l1_loss(x,y,reduction='sum') l1_loss(x,y,reduction='none') relu(b) relu(i) gelu(i) silu(i) silu(c) elu(i)
relu6(i) leaky_relu(i) hardtanh(i) relu(x.clone(),inplace=True) elu(x.clone(),inplace=True) silu(x.clone(),True)
hardtanh(x.clone(),-1,1,True) leaky_relu(x.clone(),0.1,True) relu_(x.clone()) elu_(x.clone()) selu_(x.clone())
celu_(x.clone()) threshold_(x.clone(),0,9) leaky_relu_(x.clone()) hardtanh_(x.clone()) softplus(h) gelu(h) silu(bf)
sigmoid(h) softmax(h,0) mish(bf) relu(w,inplace=True) softmax(x,0,dtype=torch.float16)
""".split()

NAMES = """
w + 1; w - 1; 1 - w; 1 - w.double(); torch.rsub(w, w); w * 2; w / 2; 2 / w; torch.div(w, 2, rounding_mode='floor')
w // 2; w % 2; w % w; torch.fmod(w, 2); torch.fmod(w, w); w ** 2; w ** w; 2 ** w; w.square(); w.float_power(2); -w
abs(w); w.sign(); w.sgn(); w.reciprocal(); w.rsqrt(); w.sqrt(); w.exp(); w.exp2(); w.expm1(); w.log(); w.log1p()
w.log2(); w.log10(); w.sin(); w.cos(); w.tan(); w.asin(); w.acos(); w.atan(); w.sinh(); w.cosh(); w.tanh(); w.asinh()
w.acosh(); w.atanh(); torch.atan2(w, w); torch.hypot(w, w); w.sigmoid(); w.logit(); w.erf(); w.erfc(); w.erfinv()
w.lgamma(); w.digamma(); torch.polygamma(1, w); w.sinc(); w.deg2rad(); w.rad2deg(); w.floor(); w.ceil(); w.round()
w.round(decimals=1); w.trunc(); w.frac(); w.clamp(0, 1); w.clamp(min=w); w.clamp(w, w); torch.clamp_min(w, 0)
torch.clamp_max(w, 0); torch.clamp_min(w, w); torch.clamp_max(w, w); torch.maximum(w, w); torch.minimum(w, w)
torch.fmax(w, w); torch.fmin(w, w); torch.addcmul(w, w, w); torch.addcdiv(w, w, w); torch.lerp(w, w, 0.5)
torch.lerp(w, w, w); torch.copysign(w, w); torch.copysign(w, 2); torch.xlogy(w, w); torch.xlogy(w, 2)
torch.xlogy(2, w); torch.logaddexp(w, w); torch.logaddexp2(w, w); torch.ldexp(w, w); torch.nextafter(w, w)
w.nan_to_num(); w.angle(); torch.complex(w, w); torch.view_as_real(torch.complex(w, w)); torch.complex(w, w).real
torch.complex(w, w).conj(); torch.complex(w, w).conj_physical(); torch.complex(w, w).abs()
torch.complex(w, w).angle(); torch.complex(w, w).sgn(); torch.heaviside(w, w); F.relu(w); F.relu6(w); F.leaky_relu(w)
F.elu(w); F.selu(w); F.celu(w); F.gelu(w); F.silu(w); F.mish(w); F.hardtanh(w); F.hardsigmoid(w); F.hardswish(w)
F.hardshrink(w); F.softshrink(w); F.softplus(w); F.logsigmoid(w); F.softmax(w, 0); F.log_softmax(w, 0)
F.softmin(w, 0); F.softsign(w); F.tanhshrink(w); F.threshold(w, 0, 1); F.prelu(w, w[:1]); F.mse_loss(w, w * 2)
F.l1_loss(w, w * 2); torch.asinh(torch.complex(w, w))
"""


def programs() -> list[str]:
    made = [f"torch.{function}({operand})" for function in UNARY for operand in OPERANDS]
    made += [f"torch.{function}({pair.replace(',', ', ', 1)})" for function in BINARY for pair in PAIRS]
    made.remove("torch.ldexp(h, bf)")  # PyTorch rounds the power of two to bfloat16 first
    made.remove("torch.logaddexp(c, q)")  # not supported
    made += [p.strip() for line in PROGRAMS.splitlines() for p in joined(line) if p.strip()]
    made += [f"x.clone().{call}" for call in IN_PLACE] + [f"i.clone().{call}" for call in INT_IN_PLACE]
    made += [f"F.{call}" for call in FUNCTIONAL]
    made += [f"name({p.strip()})" for line in NAMES.splitlines() for p in line.split(";") if p.strip()]
    return list(dict.fromkeys(made))


def joined(line: str) -> list[str]:
    """The programs of a line: ``z = ...`` belongs to the expression after it."""
    found: list[str] = []
    for part in line.split(";"):
        if found and found[-1].lstrip().startswith("z = ") and found[-1].count(";") == 0:
            found[-1] += ";" + part
        else:
            found.append(part)
    return found


def run(program: str) -> Any:
    scope: dict[str, Any] = {"torch": torch, "np": np}
    exec(SETUP, scope)
    if not program.startswith("z = "):
        return eval(program, scope)
    first, last = program.split(";", 1)
    exec(first, scope)
    try:
        answer = eval(last, scope)
    except SyntaxError:
        exec(last.strip(), scope)
        answer = None
    return scope["z"] if answer is None else answer


def describe(result: Any) -> str:
    if not isinstance(result, torch.Tensor):
        return f"{type(result).__name__} {result}"
    result = result.detach().resolve_conj()
    digits = 12 if result.dtype in (torch.float64, torch.complex128) else 9
    values = [write(v, digits) for v in result.reshape(-1).tolist()]
    return " ".join([str(result.dtype).removeprefix("torch."), str(list(result.shape)).replace(" ", ""), *values])


def write(value: Any, digits: int) -> str:
    if isinstance(value, complex):
        return f"{write(value.real, digits)},{write(value.imag, digits)}"
    return str(int(value)) if isinstance(value, (bool, int)) else "nan" if math.isnan(value) else f"{value:.{digits}g}"


def outcome(program: str) -> str:
    try:
        return describe(run(program))
    except Exception as error:
        return f"{type(error).__name__}:"


def main() -> None:
    warnings.simplefilter("ignore")
    golden = {"setup": SETUP, "programs": {program: outcome(program) for program in programs()}}
    TARGET.write_text(json.dumps(golden, indent=0, separators=(",", ":")) + "\n", encoding="utf-8")
    print(f"{len(golden['programs'])} programs, {TARGET.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
