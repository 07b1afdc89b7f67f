"""Small scientific programs, written for arrays. They know nothing of chainrule."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np


class Program(NamedTuple):
    """A function of one vector, and a vector where it is smooth."""

    function: Callable[[Any], Any]
    at: np.ndarray[Any, Any]


def pendulum(state: Any) -> Any:
    """Three steps of a pendulum with friction, by Runge and Kutta: its angle and its speed."""

    def change(y: Any) -> Any:
        angle, speed = y
        return np.stack([speed, -9.81 * np.sin(angle) - 0.3 * speed])

    h = 0.05
    for _ in range(3):
        a = change(state)
        b = change(state + h / 2 * a)
        c = change(state + h / 2 * b)
        d = change(state + h * c)
        state = state + h / 6 * (a + 2 * b + 2 * c + d)
    return state


def fit(values: Any) -> Any:
    """What a parabola through measured values, fitted by least squares, leaves unexplained."""
    times = np.linspace(0.0, 1.0, len(values))
    design = np.stack([np.ones_like(times), times, times**2], axis=1)
    weights = 1 / (1 + np.square(values))
    normal = np.einsum("ti,t,tj->ij", design, weights, design)
    coefficients = np.linalg.solve(normal, design.T @ (weights * values))
    rest = values - design @ coefficients
    return np.sum(weights * rest**2) + np.linalg.norm(coefficients)


def heat(start: Any) -> Any:
    """The heat equation on a rod with ends that are held: the temperatures after five steps, and their mean at each."""
    u = np.copy(start)
    means = np.zeros_like(u, shape=(5,))
    for step in range(5):
        change = np.zeros_like(u)
        change[1:-1] = u[2:] - 2 * u[1:-1] + u[:-2]
        u = u + 0.2 * change
        u[0], u[-1] = 0.0, 1.0
        means[step] = np.mean(u**2)
    return np.concatenate([u, means])


def mixture(parameters: Any) -> Any:
    """The log-likelihood of a mixture of two normal distributions with a floor for what lies far out."""
    data = np.array([-1.2, -0.9, 0.1, 0.8, 1.1, 4.0])
    middle, width, share = parameters[:2], np.exp(parameters[2:4]), 1 / (1 + np.exp(-parameters[4]))
    weights = np.stack([share, 1 - share])
    z = (data[:, None] - middle) / width
    logs = np.log(weights) - np.log(width) - 0.5 * z**2
    logs = np.where(np.abs(z) > 4, -8.0, logs)
    top = np.max(logs, axis=1, keepdims=True)
    return np.sum(top[:, 0] + np.log(np.sum(np.exp(logs - top), axis=1)))


def arm(angles: Any) -> Any:
    """Where the hand of a jointed arm is, and how it is turned."""
    lengths = np.array([1.0, 0.7, 0.4])
    turned = np.eye(2)
    hand = np.zeros(2)
    for k in range(3):
        c, s = np.cos(angles[k]), np.sin(angles[k])
        turned = np.einsum(
            "ij,jk->ik", turned, np.array([[1.0, 0.0], [0.0, 1.0]]) * c + np.array([[0.0, -1.0], [1.0, 0.0]]) * s
        )
        hand = hand + turned @ np.array([lengths[k], 0.0])
    return np.append(hand, np.arctan2(turned[1, 0], turned[0, 0]))


PROGRAMS = {
    "pendulum": Program(pendulum, np.array([0.7, -0.2])),
    "fit": Program(fit, np.array([0.3, 1.1, 0.4, 2.0, 1.7])),
    "heat": Program(heat, np.array([0.2, 1.0, 0.3, 0.8, 0.5])),
    "mixture": Program(mixture, np.array([-0.8, 1.0, -0.5, 0.2, 0.3])),
    "arm": Program(arm, np.array([0.4, -0.9, 1.3])),
}
