"""Functions that write into their first argument: ``torch.sin_(x)`` is ``x.sin_()``."""

from __future__ import annotations

from typing import Any

from ._arguments import tensor_argument

__all__ = [
    "abs_",
    "acos_",
    "acosh_",
    "addmv_",
    "arccos_",
    "arccosh_",
    "arcsin_",
    "arcsinh_",
    "arctan_",
    "arctanh_",
    "as_strided_",
    "asin_",
    "asinh_",
    "atan_",
    "atanh_",
    "ceil_",
    "clamp_",
    "clamp_max_",
    "clamp_min_",
    "clip_",
    "conj_physical_",
    "cos_",
    "cosh_",
    "deg2rad_",
    "detach",
    "detach_",
    "erf_",
    "erfc_",
    "exp2_",
    "exp_",
    "expm1_",
    "fill_",
    "fix_",
    "floor_",
    "frac_",
    "gcd_",
    "i0_",
    "index_put_",
    "lcm_",
    "ldexp_",
    "log1p_",
    "log2_",
    "log10_",
    "log_",
    "logit_",
    "nan_to_num_",
    "neg_",
    "negative_",
    "rad2deg_",
    "reciprocal_",
    "resize_as_",
    "round_",
    "rsqrt_",
    "sigmoid_",
    "sin_",
    "sinc_",
    "sinh_",
    "sqrt_",
    "square_",
    "tan_",
    "tanh_",
    "trunc_",
    "xlogy_",
    "zero_",
]

ARGUMENTS = {
    "addmv_": "torch.ones(2, 2), torch.ones(2)",
    "as_strided_": "(2,), (1,)",
    "clamp_": "0, 1",
    "clamp_max_": "1",
    "clamp_min_": "0",
    "clip_": "0, 1",
    "fill_": "1",
    "gcd_": "torch.tensor([4, 6])",
    "index_put_": "[torch.tensor([0])], torch.tensor(1.)",
    "lcm_": "torch.tensor([4, 6])",
    "ldexp_": "torch.tensor([1, 2])",
    "resize_as_": "torch.ones(2)",
    "xlogy_": "torch.ones(2)",
}
"""What an example needs besides the tensor."""


def _function(name: str) -> Any:
    def function(input: Any, *args: Any, **kwargs: Any) -> Any:
        tensor_argument(input, name, "input")
        return getattr(input, name)(*args, **kwargs)

    given = ARGUMENTS.get(name)
    values = "[8, 9]" if name in ("gcd_", "lcm_") else "[0.25, 0.5]"
    call = f"torch.{name}(x{', ' + given if given else ''})"
    function.__name__ = function.__qualname__ = name
    function.__doc__ = f"""``input.{name}(...)``{"" if name == "detach" else ": writes to the tensor, and returns it"}.

    >>> import chainrule as torch
    >>> x = torch.tensor({values})
    >>> {call} is x
    {name != "detach"}
    """
    return function


abs_ = _function("abs_")
acos_ = _function("acos_")
acosh_ = _function("acosh_")
addmv_ = _function("addmv_")
arccos_ = _function("arccos_")
arccosh_ = _function("arccosh_")
arcsin_ = _function("arcsin_")
arcsinh_ = _function("arcsinh_")
arctan_ = _function("arctan_")
arctanh_ = _function("arctanh_")
as_strided_ = _function("as_strided_")
asin_ = _function("asin_")
asinh_ = _function("asinh_")
atan_ = _function("atan_")
atanh_ = _function("atanh_")
ceil_ = _function("ceil_")
clamp_ = _function("clamp_")
clamp_max_ = _function("clamp_max_")
clamp_min_ = _function("clamp_min_")
clip_ = _function("clip_")
conj_physical_ = _function("conj_physical_")
cos_ = _function("cos_")
cosh_ = _function("cosh_")
deg2rad_ = _function("deg2rad_")
detach = _function("detach")
detach_ = _function("detach_")
erf_ = _function("erf_")
erfc_ = _function("erfc_")
exp2_ = _function("exp2_")
exp_ = _function("exp_")
expm1_ = _function("expm1_")
fill_ = _function("fill_")
fix_ = _function("fix_")
floor_ = _function("floor_")
frac_ = _function("frac_")
gcd_ = _function("gcd_")
i0_ = _function("i0_")
index_put_ = _function("index_put_")
lcm_ = _function("lcm_")
ldexp_ = _function("ldexp_")
log10_ = _function("log10_")
log1p_ = _function("log1p_")
log2_ = _function("log2_")
log_ = _function("log_")
logit_ = _function("logit_")
nan_to_num_ = _function("nan_to_num_")
neg_ = _function("neg_")
negative_ = _function("negative_")
rad2deg_ = _function("rad2deg_")
reciprocal_ = _function("reciprocal_")
resize_as_ = _function("resize_as_")
round_ = _function("round_")
rsqrt_ = _function("rsqrt_")
sigmoid_ = _function("sigmoid_")
sin_ = _function("sin_")
sinc_ = _function("sinc_")
sinh_ = _function("sinh_")
sqrt_ = _function("sqrt_")
square_ = _function("square_")
tan_ = _function("tan_")
tanh_ = _function("tanh_")
trunc_ = _function("trunc_")
xlogy_ = _function("xlogy_")
zero_ = _function("zero_")
