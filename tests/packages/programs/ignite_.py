"""ignite: engines, handlers and metrics."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import torch
from ignite.engine import Engine, Events, create_supervised_evaluator, create_supervised_trainer
from ignite.handlers import (
    Checkpoint,
    CosineAnnealingScheduler,
    DiskSaver,
    EarlyStopping,
    EMAHandler,
    LRScheduler,
    PiecewiseLinear,
    TerminateOnNan,
    create_lr_scheduler_with_warmup,
)
from ignite.metrics import (
    PSNR,
    ROC_AUC,
    SSIM,
    Accuracy,
    Average,
    ConfusionMatrix,
    DiceCoefficient,
    IoU,
    Loss,
    MeanSquaredError,
    MetricsLambda,
    Precision,
    Recall,
    RunningAverage,
    TopKCategoricalAccuracy,
)
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


def _parts():
    torch.manual_seed(0)
    x = torch.randn(48, 4)
    y = (x @ torch.randn(4, 3)).argmax(1)
    net = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 3))
    return net, DataLoader(TensorDataset(x, y), 8, shuffle=True)


def training():
    """A trainer, an evaluator, and handlers."""
    net, loader = _parts()
    optimizer = torch.optim.SGD(net.parameters(), lr=0.2, momentum=0.5)
    criterion = nn.CrossEntropyLoss()
    trainer = create_supervised_trainer(net, optimizer, criterion)
    precision, recall = Precision(), Recall()
    metrics = {
        "accuracy": Accuracy(), "loss": Loss(criterion), "precision": precision, "recall": recall,
        "f1": MetricsLambda(lambda a: a.mean(), precision * recall * 2 / (precision + recall + 1e-8)),
        "top 2": TopKCategoricalAccuracy(2), "confusion": ConfusionMatrix(3),
    }  # fmt: skip
    evaluator = create_supervised_evaluator(net, metrics)
    RunningAverage(output_transform=lambda loss: loss).attach(trainer, "running")
    trainer.add_event_handler(Events.ITERATION_COMPLETED, TerminateOnNan())
    schedule = create_lr_scheduler_with_warmup(
        torch.optim.lr_scheduler.ExponentialLR(optimizer, 0.9), warmup_start_value=0.01, warmup_duration=4
    )
    trainer.add_event_handler(Events.ITERATION_STARTED, schedule)
    averaged = EMAHandler(net, momentum=0.1)
    averaged.attach(trainer)
    notes = []

    @trainer.on(Events.ITERATION_COMPLETED)
    def note(engine):
        notes.append((engine.state.output, engine.state.metrics["running"], optimizer.param_groups[0]["lr"]))

    @trainer.on(Events.EPOCH_COMPLETED(every=2))
    def evaluate(engine):
        evaluator.run(loader)
        notes.append((evaluator.state.metrics["loss"], evaluator.state.metrics["accuracy"], 0))

    trainer.run(loader, max_epochs=4)
    for number, row in enumerate(notes):
        for column, value in enumerate(row):
            yield f"{number} {column}", float(value)
    for name, value in evaluator.state.metrics.items():
        yield name, value
    for name, value in averaged.ema_model.state_dict().items():
        yield f"averaged {name}", value


def saving():
    """Checkpoints, the best of them, and stopping early."""
    net, loader = _parts()
    optimizer = torch.optim.Adam(net.parameters(), lr=0.05)
    trainer = create_supervised_trainer(net, optimizer, nn.functional.cross_entropy)
    evaluator = create_supervised_evaluator(net, {"accuracy": Accuracy()})
    with TemporaryDirectory() as folder:
        keep = {"net": net, "optimizer": optimizer, "trainer": trainer}
        best = Checkpoint(
            keep,
            DiskSaver(folder, require_empty=False),
            n_saved=2,
            score_function=Checkpoint.get_default_score_fn("accuracy"),
            score_name="accuracy",
        )
        evaluator.add_event_handler(Events.COMPLETED, best)
        evaluator.add_event_handler(
            Events.COMPLETED, EarlyStopping(2, lambda engine: engine.state.metrics["accuracy"], trainer)
        )
        trainer.add_event_handler(Events.EPOCH_COMPLETED, lambda engine: evaluator.run(loader))
        trainer.run(loader, max_epochs=8)
        yield "file", Path(best.last_checkpoint).name
        yield "epochs", trainer.state.epoch
        again, _ = _parts()
        state = torch.load(f"{folder}/{Path(best.last_checkpoint).name}")
        Checkpoint.load_objects({"net": again}, state)
        yield from again.state_dict().items()


def metrics():
    """Metrics of batches."""
    torch.manual_seed(1)
    a, b = torch.rand(4, 3, 16, 16), torch.rand(4, 3, 16, 16)

    def run(metric, *batches):
        metric.reset()
        for batch in batches:
            metric.update(batch)
        return metric.compute()

    yield "psnr", run(PSNR(1.0), (a, b))
    yield "ssim", run(SSIM(1.0), (a, b))
    yield "mse", run(MeanSquaredError(), (a, b), (b, a))
    matrix = ConfusionMatrix(3)
    yield "iou", run(IoU(matrix), (a, torch.randint(3, (4, 16, 16))))
    matrix = ConfusionMatrix(3)
    yield "dice", run(DiceCoefficient(matrix), (a, torch.randint(3, (4, 16, 16))))
    yield "average", run(Average(), torch.tensor([1.0, 2.0]), torch.tensor([3.0, 5.0]))
    yield "auc", run(ROC_AUC(), (torch.rand(20), torch.randint(2, (20,))))


def _rates(make):
    optimizer = torch.optim.SGD([nn.Parameter(torch.zeros(1))], lr=1.0)
    engine, rates = Engine(lambda engine, batch: batch), []
    engine.add_event_handler(Events.ITERATION_STARTED, make(optimizer))
    engine.add_event_handler(Events.ITERATION_COMPLETED, lambda: rates.append(optimizer.param_groups[0]["lr"]))
    engine.run(range(5), max_epochs=2)
    return torch.tensor(rates)


def schedules():
    """Rates over the steps."""
    yield "cosine", _rates(lambda optimizer: CosineAnnealingScheduler(optimizer, "lr", 1.0, 0.1, 6))
    yield "linear", _rates(lambda optimizer: PiecewiseLinear(optimizer, "lr", [(0, 0.0), (3, 1.0), (8, 0.2)]))
    yield "steps", _rates(lambda optimizer: LRScheduler(torch.optim.lr_scheduler.StepLR(optimizer, 2)))
