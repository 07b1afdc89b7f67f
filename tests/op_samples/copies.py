"""Samples of views as copies: the views themselves are sampled in each of their forms, so here one or two do."""

from __future__ import annotations

import numpy as np

from . import sample

S = np.array(0.7)
V = np.array([0.5, -1.25, 2.0])
X = np.linspace(-1.0, 1.5, 6).reshape(2, 3)
ORIGIN = ((2, 3), (3, 1), 0)
STRIDED = [sample(X, size=(2, 2), stride=(1, 1), offset=1, origin=ORIGIN)]
PARTS = [sample(X, axis=-1, split_size=2)]
SECTIONS = [sample(X, axis=-1, sizes=(1, 0, 2))]

SAMPLES = {
    "alias_copy": [sample(X), sample(S)],
    "as_strided_": STRIDED,
    "as_strided_copy": STRIDED,
    "expand_copy": [sample(V, shape=(2, 3)), sample(S, shape=(2,))],
    "narrow_copy": [sample(X, axis=-1, start=1, stop=3, step=1)],
    "permute_copy": [sample(X, axes=(-1, -2))],
    "select_copy": [sample(X, axis=-1, index=1), sample(V, axis=-1, index=0)],
    "slice_copy": [sample(X, axis=-1, start=0, stop=3, step=2), sample(V, axis=-1, start=2, stop=2, step=1)],
    "split_copy": PARTS,
    "split_with_sizes_copy": SECTIONS,
    "squeeze_all_copy": [sample(V[None, :, None], axis=(-3, -1))],
    "squeeze_copy": [sample(V[None], axis=(-2,))],
    "squeeze_one_copy": [sample(X, axis=())],
    "t_copy": [sample(X), sample(V)],
    "transpose_copy": [sample(X, axis1=-1, axis2=-2)],
    "unbind_copy": [sample(X, axis=-2)],
    "unfold_copy": [sample(X, axis=-1, size=2, step=1)],
    "unsafe_split": PARTS,
    "unsafe_split_with_sizes": SECTIONS,
    "unsqueeze_copy": [sample(X, axis=-2), sample(S, axis=-1)],
    "view_as_complex_copy": [sample(np.stack([V, V[::-1]], -1))],
    "view_as_real_copy": [sample(V + 1j * V[::-1])],
    "view_copy": [sample(X, shape=(3, 2)), sample(S, shape=(1,))],
}
