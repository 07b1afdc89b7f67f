"""`torch.__version__`: text that compares as a version."""

from __future__ import annotations

import itertools
import operator
import pickle

import pytest
from packaging.version import Version

from chainrule.version import TORCH, VERSION, TorchVersion, torch_version

# In ascending order; those in one string are equal.
ASCENDING = [
    "0.4.1", "1.0.dev1", "1.0a1.dev2", "1.0a1", "1.0b2", "1.0rc1.dev3 1.0c1.dev3", "1.0rc1 1.0-pre.1 v1.0RC1",
    "1 1.0 1.0.0", "1.0+abc", "1.0+abc.2", "1.0+5", "1.0.post1.dev2", "1.0.post1 1.0-1 1.0.r1", "1.8.1+cu111", "1.10",
    "2.9.1", "2.13rc1", "2.13 2.13.0", "2.13.0+chainrule.0.1.0", "2.13.0+cpu", "2.13.1", "1!0.1",
]  # fmt: skip


def test_it_is_pytorchs_release_with_our_version_as_local_part() -> None:
    parsed = Version(torch_version)
    assert parsed.public == TORCH == "2.13.0"
    assert parsed.local == f"chainrule.{VERSION}"


def test_the_order_is_that_of_packaging() -> None:
    versions = [(rank, text) for rank, group in enumerate(ASCENDING) for text in group.split()]
    for (rank, text), (other_rank, other) in itertools.product(versions, repeat=2):
        for compare in (operator.lt, operator.le, operator.eq, operator.ne, operator.ge, operator.gt):
            expected = compare(Version(text), Version(other))
            assert compare(rank, other_rank) is expected, "the table above is wrong"
            assert compare(TorchVersion(text), other) is expected, (compare, text, other)


@pytest.mark.parametrize(
    ("other", "expected"),
    [
        ((1, 8), 1),
        ([2, 13], 1),
        ((2, 13, 0), 1),
        ((2, 14), -1),
        ("2.13.0", 1),
        ("2.13.0+cpu", -1),
        ("hello", -1),
        ("1", 1),
    ],
)
def test_it_compares_with_tuples_lists_and_strings(other: object, expected: int) -> None:
    assert (torch_version > other, torch_version == other, torch_version < other) == (expected > 0, False, expected < 0)


def test_it_does_not_compare_with_numbers() -> None:
    assert torch_version != 2.13
    with pytest.raises(TypeError, match="'<' not supported"):
        torch_version < 2.13  # noqa: B015 - it is the comparison that raises


def test_it_remains_a_string() -> None:
    assert isinstance(torch_version, str)
    assert torch_version.split("+") == [TORCH, f"chainrule.{VERSION}"]
    assert hash(torch_version) == hash(str(torch_version))
    assert {str(torch_version): 1}[torch_version] == 1
    assert pickle.loads(pickle.dumps(torch_version)) == torch_version
