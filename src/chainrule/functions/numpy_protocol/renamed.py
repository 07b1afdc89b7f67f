"""NumPy functions that differ from ours in names only."""

from __future__ import annotations

from .registry import covers_as

covers_as(
    {
        "around": "round *a>input decimals",
        "angle": "angle *z>input",
        "broadcast_to": "broadcast_to *array>input shape>size",
        "copy": "clone *a>input",
        "diag": "diag *v>input k>diagonal",
        "diagflat": "diagflat *v>input k>offset",
        "diagonal": "diagonal *a>input offset axis1>dim1 axis2>dim2",
        "fix": "trunc *x>input",
        "fliplr": "fliplr *m>input",
        "flipud": "flipud *m>input",
        "i0": "i0 *x>input",
        "imag": "imag *val>input",
        "inner": "inner *a>input *b>other",
        "isclose": "isclose *a>input *b>other rtol atol equal_nan",
        "isneginf": "isneginf *x>input",
        "isposinf": "isposinf *x>input",
        "isreal": "isreal *x>input",
        "kron": "kron *a>input *b>other",
        "linalg.det": "det *a>input",
        "linalg.inv": "inverse *a>input",
        "linalg.matmul": "matmul *x1>input *x2>other",
        "linalg.matrix_power": "matrix_power *a>input n",
        "linalg.outer": "outer *x1>input *x2>vec2",
        "linalg.slogdet": "slogdet *a>input",
        "linalg.tensordot": "tensordot *x1>a *x2>b axes>dims",
        "linalg.vecdot": "matrices.vecdot *x1>x *x2>y axis>dim",
        "moveaxis": "moveaxis *a>input source destination",
        "nan_to_num": "nan_to_num *x>input nan posinf neginf",
        "ravel": "ravel *a>input",
        "real": "real *val>input",
        "roll": "roll *a>input shift>shifts axis>dims",
        "rot90": "rot90 *m>input k axes>dims",
        "round": "round *a>input decimals",
        "sinc": "sinc *x>input",
        "squeeze": "squeeze *a>input axis>dim",
        "swapaxes": "swapaxes *a>input axis1>axis0 axis2>axis1",
        "tensordot": "tensordot *a *b axes>dims",
        "tile": "tile *A>input reps>dims",
        "tril": "tril *m>input k>diagonal",
        "triu": "triu *m>input k>diagonal",
    }
)
