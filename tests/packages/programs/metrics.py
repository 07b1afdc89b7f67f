"""torchmetrics: the metrics that courses show, updated batch by batch."""

from __future__ import annotations

import copy

import torch
import torchmetrics
from torchmetrics import MetricCollection


def _batches():
    torch.manual_seed(0)
    return [(torch.randn(20, 3).softmax(1), torch.randint(0, 3, (20,))) for _ in range(3)]


def classification():
    many = {"task": "multiclass", "num_classes": 3}
    metrics = MetricCollection({
        "accuracy": torchmetrics.Accuracy(**many),
        "f1": torchmetrics.F1Score(**many, average="macro"),
        "precision": torchmetrics.Precision(**many, average="weighted"),
        "recall": torchmetrics.Recall(**many, average="none"),
        "auroc": torchmetrics.AUROC(**many),
        "confusion": torchmetrics.ConfusionMatrix(**many),
    })  # fmt: skip
    for step, (predicted, wanted) in enumerate(_batches()):
        for name, value in metrics(predicted, wanted).items():
            yield f"{name} of batch {step}", value
    for name, value in metrics.compute().items():
        yield name, value
    yield "shown", repr(metrics)
    metrics.reset()
    yield "state", sorted(metrics["confusion"].metric_state)


def regression():
    for kind in ("MeanSquaredError", "MeanAbsoluteError", "R2Score", "PearsonCorrCoef", "MeanMetric"):
        metric = getattr(torchmetrics, kind)()
        for predicted, wanted in _batches():
            metric.update(*(predicted[:, 0], wanted.float())[: 1 if kind == "MeanMetric" else 2])
        yield kind, metric.compute()
        yield f"{kind}, copied", copy.deepcopy(metric).compute()
