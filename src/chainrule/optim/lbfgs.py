"""L-BFGS, with or without a line search for the strong Wolfe conditions."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from math import sqrt
from typing import Any, NamedTuple

from ..autograd.grad_mode import enable_grad, no_grad
from ..core.value import TensorBase
from ..functions.complex_numbers import view_as_real
from ..functions.joining import cat
from ._settings import check_settings
from .optimizer import Closure, Optimizer, plain_number

__all__ = ["LBFGS"]

ENOUGH_DECREASE, ENOUGH_FLATNESS = 1e-4, 0.9
"""The constants of the two strong Wolfe conditions, by Nocedal and Wright, Numerical Optimization, section 3.1."""


class LBFGS(Optimizer):
    """Newton's method with an inverse Hessian that is made of the last steps (limited-memory BFGS).

    It evaluates the loss several times in a step, so that :meth:`step` needs a closure. All parameters are in one group.

    Args:
        params: see :class:`Optimizer`.
        lr: the length of a step, or where the line search begins; a number or a one-element tensor.
        max_iter: so many iterations a call of :meth:`step`.
        max_eval: so many evaluations a call of :meth:`step`; None: ``max_iter * 5 // 4``.
        tolerance_grad: it ends where no element of the gradient is larger.
        tolerance_change: it ends where neither the loss nor a parameter changes by more.
        history_size: so many steps make the inverse Hessian.
        line_search_fn: "strong_wolfe", or None: every step has length ``lr``.

    Raises:
        ValueError: a setting out of its range, or more than one group. RuntimeError: at the step, another line search.

    >>> import chainrule as torch
    >>> x = torch.tensor([-1.5, 2.], requires_grad=True)
    >>> optimizer = torch.optim.LBFGS([x], max_iter=50, line_search_fn="strong_wolfe")
    >>> def closure():
    ...     optimizer.zero_grad()
    ...     loss = (1 - x[0]) ** 2 + 100 * (x[1] - x[0] ** 2) ** 2
    ...     loss.backward()
    ...     return loss
    >>> first = optimizer.step(closure)
    >>> x
    tensor([1.0000, 1.0000], requires_grad=True)
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: Any = 1,
        max_iter: int = 20,
        max_eval: int | None = None,
        tolerance_grad: float = 1e-7,
        tolerance_change: float = 1e-9,
        history_size: int = 100,
        line_search_fn: str | None = None,
    ) -> None:
        defaults = {
            "lr": lr,
            "max_iter": max_iter,
            "max_eval": max_iter * 5 // 4 if max_eval is None else max_eval,
            "tolerance_grad": tolerance_grad,
            "tolerance_change": tolerance_change,
            "history_size": history_size,
            "line_search_fn": line_search_fn,
        }
        check_settings(defaults)
        super().__init__(params, defaults)
        if len(self.param_groups) != 1:
            raise ValueError(
                f"LBFGS doesn't support per-parameter options (parameter groups): got {len(self.param_groups)} groups, give one"
            )
        self._params = self.param_groups[0]["params"]

    def step(self, closure: Closure) -> Any:  # type: ignore[override]
        """Iterate until a tolerance or a maximum is reached.

        Args:
            closure: computes the loss again, with its gradients, and returns it.

        Returns:
            What ``closure`` returned first.
        """
        with no_grad():
            return self._step(closure)

    def _step(self, closure: Closure) -> Any:
        if len(self.param_groups) != 1:
            raise AssertionError(f"Expected exactly one param_group, but got {len(self.param_groups)}")
        (group,) = self.param_groups
        self._params = group["params"]
        state = self.state[self._params[0]]
        state.setdefault("func_evals", 0)
        state.setdefault("n_iter", 0)
        lr, tolerance = plain_number(group["lr"]), group["tolerance_change"]

        def evaluate() -> tuple[Any, float, Any]:
            state["func_evals"] += 1
            with enable_grad():
                loss = closure()
            return loss, float(plain(loss)), self._flat_gradient()

        before = state["func_evals"]
        first_loss, loss, gradient = evaluate()
        if largest(gradient) <= group["tolerance_grad"]:
            return first_loss
        for iteration in range(1, group["max_iter"] + 1):
            state["n_iter"] += 1
            direction = self._direction(state, gradient, group["history_size"])
            length = min(1.0, 1.0 / float(gradient.abs().sum())) * lr if state["n_iter"] == 1 else lr
            slope = float(gradient @ direction)
            state.update(d=direction, t=length, prev_flat_grad=gradient, prev_loss=loss)
            if slope > -tolerance:
                break
            if group["line_search_fn"] is None:
                self._move(length, direction)
                if iteration != group["max_iter"]:  # nobody would look at the loss
                    _, loss, gradient = evaluate()
            else:
                if group["line_search_fn"] != "strong_wolfe":
                    raise RuntimeError(
                        f"only 'strong_wolfe' is supported, or None: got line_search_fn={group['line_search_fn']!r}"
                    )
                places = [p.clone() for p in self._params]

                def attempt(t: Any, places: list[Any] = places, direction: Any = direction) -> Trial:
                    self._move(t, direction)
                    _, loss, gradient = evaluate()
                    for p, place in zip(self._params, places, strict=True):
                        p.copy_(place)
                    return Trial(t, loss, gradient, float(gradient @ direction))

                start = Trial(0, loss, gradient, slope)
                left = group["max_eval"] - (state["func_evals"] - before)
                length, loss, gradient, _ = search(attempt, start, length, largest(direction), tolerance, left)
                state["t"] = length
                self._move(length, direction)
            if (
                state["func_evals"] - before >= group["max_eval"]
                or largest(gradient) <= group["tolerance_grad"]
                or largest(direction * length) <= tolerance
                or abs(loss - state["prev_loss"]) < tolerance
            ):
                break
        return first_loss

    def _direction(self, state: dict[str, Any], gradient: Any, history_size: int) -> Any:
        """Minus the inverse Hessian times the gradient (Nocedal and Wright, algorithm 7.4)."""
        if state["n_iter"] == 1:
            state.update(old_dirs=[], old_stps=[], ro=[], H_diag=1)
            return -gradient
        changes, steps, inverses = state["old_dirs"], state["old_stps"], state["ro"]
        change, step = gradient - state["prev_flat_grad"], state["d"] * state["t"]
        curvature = change @ step
        if curvature > 1e-10:
            if len(changes) == history_size:
                for kept in (changes, steps, inverses):
                    kept.pop(0)
            changes.append(change)
            steps.append(step)
            inverses.append(1.0 / curvature)
            state["H_diag"] = curvature / (change @ change)
        direction = -gradient
        shares = []
        for change, step, inverse in zip(reversed(changes), reversed(steps), reversed(inverses), strict=True):
            shares.append((step @ direction) * inverse)
            direction = direction - change * shares[-1]
        direction = direction * state["H_diag"]
        for change, step, inverse, share in zip(changes, steps, inverses, reversed(shares), strict=True):
            direction = direction + step * (share - (change @ direction) * inverse)
        return direction

    def _flat_gradient(self) -> Any:
        """The gradients of all parameters in one vector."""
        gradients = [p.new_zeros(p.shape) if p.grad is None else p.grad.to_dense() for p in self._params]
        return cat([(view_as_real(g) if g.is_complex() else g).reshape(-1) for g in gradients])

    def _move(self, length: Any, direction: Any) -> None:
        """Go so far along the direction, with all parameters."""
        start = 0
        for p in self._params:
            part = view_as_real(p) if p.is_complex() else p
            part.add_(direction[start : start + part.numel()].reshape(part.shape) * length)
            start += part.numel()


class Trial(NamedTuple):
    """A place along a line."""

    t: Any
    loss: float
    gradient: Any
    slope: float


def plain(loss: Any) -> Any:
    return loss.detach() if isinstance(loss, TensorBase) else loss


def largest(vector: Any) -> float:
    return float(vector.abs().max())


def search(attempt: Callable[[Any], Trial], start: Trial, t: Any, speed: float, tolerance: float, most: int) -> Trial:
    """Where on the line the loss and its slope are less, by the strong Wolfe conditions, in ``1 + most`` evaluations.

    First an interval is found in which there must be such a place, in steps that grow; then it is made smaller. A next place
    is where the cubic has its minimum that fits the losses and slopes of two (Nocedal and Wright, algorithms 3.5 and 3.6).
    """

    def is_too_high(trial: Trial) -> bool:
        return trial.loss > start.loss + ENOUGH_DECREASE * trial.t * start.slope

    def is_flat(trial: Trial) -> bool:
        return abs(trial.slope) <= -ENOUGH_FLATNESS * start.slope

    last, trial = start, attempt(t)
    for count in range(most):
        if is_too_high(trial) or (count > 1 and trial.loss >= last.loss):
            break
        if is_flat(trial):
            return trial
        if trial.slope >= 0:
            break
        bounds = trial.t + 0.01 * (trial.t - last.t), trial.t * 10
        last, trial = trial, attempt(minimum_between(last, trial, bounds))
    else:
        return min(start, trial, key=lambda one: one.loss)

    low, high = (last, trial) if last.loss <= trial.loss else (trial, last)
    was_near = False
    for _ in range(count, most):
        left, right = min(low.t, high.t), max(low.t, high.t)
        if (right - left) * speed < tolerance:
            break
        t = minimum_between(low, high, (left, right))
        margin = 0.1 * (right - left)
        is_near = min(right - t, t - left) < margin
        if is_near and (was_near or t >= right or t <= left):  # no second time that near to an end
            t = right - margin if abs(t - right) < abs(t - left) else left + margin
            is_near = False
        was_near = is_near
        trial = attempt(t)
        if is_too_high(trial) or trial.loss >= low.loss:
            low, high = (trial, low) if trial.loss < low.loss else (low, trial)
            continue
        if is_flat(trial):
            return trial
        if trial.slope * (high.t - low.t) >= 0:
            high = low
        low = trial
    return low


def minimum_between(a: Trial, b: Trial, bounds: tuple[Any, Any]) -> Any:
    """Where the cubic through two places has its minimum, within bounds; in their middle if it has none.

    Of a cubic with slopes ``a'`` and ``b'``, with ``d1 = a' + b' - 3 (f(a) - f(b)) / (a - b)`` and ``d2 = sqrt(d1**2 - a' b')``, the
    minimum is at ``b - (b - a) (b' + d2 - d1) / (b' - a' + 2 d2)`` for ``a < b``.
    """
    low, high = bounds
    if a.t > b.t:
        a, b = b, a
    d1 = a.slope + b.slope - 3 * (a.loss - b.loss) / (a.t - b.t)
    square = d1**2 - a.slope * b.slope
    if not square >= 0:
        return (low + high) / 2.0
    d2 = sqrt(square)
    place = b.t - (b.t - a.t) * ((b.slope + d2 - d1) / (b.slope - a.slope + 2 * d2))
    return min(max(place, low), high)
