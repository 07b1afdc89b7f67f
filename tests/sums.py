"""What shows in which order terms are added: a huge one and its opposite, among ones. The ones that are left came later."""

from __future__ import annotations

from typing import Any

HUGE = 2.0**100
SHAPES = [
    (5, 1),
    (12, 1),
    (40, 1),
    (150, 1),
    (5, 3),
    (32, 4),
    (64, 10),
    (64, 128),
    (70, 7),
    (70, 12),
    (100, 2),
    (300, 33),
    (4, 9, 40),
]


def left_over(torch: Any, add: Any, terms: int, first: int) -> list[int]:
    """How many ones are left where the opposite of the term ``first`` is each of the others; ``add`` of a list of terms."""
    found = []
    for other in range(terms):
        if other != first:
            values = [1.0] * terms
            values[first], values[other] = HUGE, -HUGE
            found.append(int(add(values)))
    return found


def sums_of_rows(torch: Any, shape: tuple[int, ...], dtype: str, column: int) -> list[int]:
    """Of the sum along all axes but the last, which has ``column`` of ``values`` and ones."""
    *lead, columns = shape
    terms, axes = 1, tuple(range(len(lead)))
    for n in lead:
        terms *= n

    def add(values: list[float]) -> float:
        x = torch.ones(terms, columns, dtype=getattr(torch, dtype))
        x[:, column] = torch.tensor(values, dtype=x.dtype)
        total: float = x.reshape(shape).sum(axes)[column].item()
        return total

    return [left for first in (0, terms // 2) for left in left_over(torch, add, terms, first)]


def rounded_once(torch: Any, size: int) -> list[list[float]]:
    """(1 + 2^-12)^2 - 1 - 2^-11 is 2^-24, and nothing where the square is rounded first."""
    number = 1 + 2.0**-12
    x = torch.full((size,), -1 - 2.0**-11)
    y = torch.full((size,), number)
    by_sgd = x.clone().requires_grad_()
    by_sgd.grad = -y
    torch.optim.SGD([by_sgd], lr=number).step()
    decayed = y.clone().requires_grad_()
    decayed.grad = x
    torch.optim.SGD([decayed], lr=4096.0, weight_decay=number).step()
    few = [
        torch.add(x, y, alpha=number),
        torch.sub(x, -y, alpha=number),
        x.clone().add_(y, alpha=number),
        torch.lerp(x, x + number, number / 4),
        torch.lerp(x - number, x, 1 - number / 4),
        by_sgd.detach(),
        decayed.detach(),
    ]
    return [sorted(set(one.tolist())) for one in few]


def softmax_in_turn(torch: Any, classes: int) -> list[float]:
    """Of 1 and numbers just below half its last place: what is left of 1 tells whether they were added to it one by one."""
    x = torch.full((2, classes), -24.5 * 0.6931471805599453)
    x[:, 0] = 0
    found: list[float] = [torch.softmax(x, -1)[0, 0].item(), torch.log_softmax(x, -1)[0, 0].item()]
    return found
