"""How many threads products take is what BLAS is told."""

from __future__ import annotations

import pytest

import chainrule as torch
from chainrule.backend.threads_numpy import blas


@pytest.mark.skipif(blas() is None, reason="another BLAS than that of NumPy's wheels")
def test_the_number_of_threads_is_that_of_blas() -> None:
    library, before = blas(), torch.get_num_threads()
    assert library is not None
    torch.set_num_threads(1)
    assert library.threads() == torch.get_num_threads() == 1
    torch.set_num_threads(before)
    assert library.threads() == torch.get_num_threads() == before


def test_a_number_that_is_none_is_refused() -> None:
    before = torch.get_num_threads()
    for number, error in ((0, RuntimeError), (1.5, TypeError), (True, TypeError)):
        with pytest.raises(error):
            torch.set_num_threads(number)
    assert torch.get_num_threads() == before
