"""Images made larger or smaller: each spatial axis, one of the last, is resampled by its table (``backend.resampling_common``)."""

from __future__ import annotations

from ..core.op import linear
from ..promotion import is_half

__all__ = ["resample", "resample_adjoint"]

resample = linear("resample(x, *, axis, table)",
    x=lambda xp, g, axis, table: xp.resample_adjoint(g, axis=axis, table=table),
)
resample_adjoint = linear("resample_adjoint(x, *, axis, table)",
    x=lambda xp, g, axis, table: xp.resample(g, axis=axis, table=table),
)


def in_halves(tables, name):
    """The tables for half precision, with weights of the dtype of that name."""
    return [(f"{how}:{name}" if how in ("linear", "cubic") else how, *table) for how, *table in tables]


def upsample_forward(xp, x, tables):
    out = xp.widen(x)
    if is_half(x.dtype):  # images along two axes are made with weights in single precision, all others with rounded ones
        tables = in_halves(tables, "float32" if len(tables) == 2 and tables[0][0] == "linear" else x.dtype.name)
    for axis, table in enumerate(tables, -len(tables)):
        out = xp.resample(out, axis=axis, table=table)
    return xp.narrow(out, x)


def upsample_x(xp, g, x_dtype, tables):
    if is_half(x_dtype):
        tables = in_halves(tables, "float32")
    for axis, table in enumerate(tables, -len(tables)):
        g = xp.resample_adjoint(g, axis=axis, table=table)
    return g


def upsample(name, node):
    layout = "" if name == "upsample_area_3d" else "first"
    return linear(f"{name}(x, *, tables)", node=node, layout=layout, fused=True, forward=upsample_forward, x=upsample_x)


UPSAMPLE = {
    (mode, n): upsample(f"upsample_{mode.replace('-', '_')}_{n}d", f"{node}{n}D{ending}Backward0")
    for modes, ns, ending in (
        ({"nearest": "UpsampleNearest", "nearest-exact": "UpsampleNearestExact"}, (1, 2, 3), ""),
        ({"linear": "UpsampleLinear"}, (1,), ""),
        ({"linear": "UpsampleBilinear", "cubic": "UpsampleBicubic"}, (2,), ""),
        ({"linear": "UpsampleTrilinear"}, (3,), ""),
        ({"antialiased-linear": "UpsampleBilinear", "antialiased-cubic": "UpsampleBicubic"}, (2,), "Aa"),
        ({"antialiased-lanczos": "UpsampleLanczos"}, (2,), "Aa"),
        ({"area": "AdaptiveAvgPool"}, (1, 2, 3), ""),
    )
    for mode, node in modes.items()
    for n in ns
}
"""(how, along how many axes) -> the op."""
