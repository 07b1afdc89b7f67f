"""lightning: its Trainer on the CPU."""

from __future__ import annotations

import logging
import warnings
from pathlib import Path
from tempfile import TemporaryDirectory

import lightning as L
import torch
from lightning.pytorch.callbacks import (
    Callback,
    EarlyStopping,
    GradientAccumulationScheduler,
    LearningRateMonitor,
    ModelCheckpoint,
    ModelSummary,
    StochasticWeightAveraging,
    Timer,
)
from lightning.pytorch.loggers import CSVLogger
from torch import nn
from torch.utils.data import DataLoader, TensorDataset, random_split

logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)
warnings.filterwarnings("ignore")
QUIET = {"logger": False, "enable_progress_bar": False, "enable_model_summary": False, "accelerator": "cpu"}


class Classifier(L.LightningModule):
    def __init__(self, hidden=16, lr=0.05):
        super().__init__()
        self.save_hyperparameters()
        self.net = nn.Sequential(nn.Linear(4, hidden), nn.ReLU(), nn.Dropout(0.1), nn.Linear(hidden, 3))
        self.example_input_array = torch.zeros(2, 4)

    def forward(self, x):
        return self.net(x)

    def _step(self, batch, name):
        x, y = batch
        scores = self(x)
        loss = nn.functional.cross_entropy(scores, y)
        self.log(f"{name}_loss", loss, on_step=False, on_epoch=True)
        self.log(f"{name}_accuracy", (scores.argmax(1) == y).float().mean(), on_step=False, on_epoch=True)
        return loss

    def training_step(self, batch, index):
        return self._step(batch, "train")

    def validation_step(self, batch, index):
        self._step(batch, "valid")

    def test_step(self, batch, index):
        self._step(batch, "test")

    def predict_step(self, batch, index):
        return self(batch[0]).softmax(1)

    def configure_optimizers(self):
        optimizer = torch.optim.AdamW(self.parameters(), lr=self.hparams.lr)
        return {
            "optimizer": optimizer,
            "lr_scheduler": {
                "scheduler": torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, 4),
                "interval": "epoch",
            },
        }


class Data(L.LightningDataModule):
    def setup(self, stage):
        g = torch.Generator().manual_seed(0)
        x = torch.randn(60, 4, generator=g)
        whole = TensorDataset(x, (x @ torch.randn(4, 3, generator=g)).argmax(1))
        self.train, self.valid = random_split(whole, [0.75, 0.25], generator=g)

    def train_dataloader(self):
        return DataLoader(self.train, batch_size=8, shuffle=True)

    def val_dataloader(self):
        return DataLoader(self.valid, batch_size=8)

    test_dataloader = predict_dataloader = val_dataloader


class Noted(Callback):
    """Writes down what happens."""

    def __init__(self):
        self.notes = []

    def on_train_epoch_end(self, trainer, module):
        self.notes.append({name: float(value) for name, value in trainer.callback_metrics.items()})

    def on_after_backward(self, trainer, module):
        self.notes.append({"gradient": float(sum(p.grad.norm() for p in module.parameters()))})


def _state(module):
    yield from module.state_dict().items()


def _notes(noted):
    for number, note in enumerate(noted.notes):
        for name, value in note.items():
            yield f"{number} {name}", value


def fitting():
    """fit, validate, test and predict."""
    L.seed_everything(0, verbose=False)
    module, noted = Classifier(), Noted()
    trainer = L.Trainer(max_epochs=4, callbacks=[noted], gradient_clip_val=0.5, enable_checkpointing=False, **QUIET)
    trainer.fit(module, Data())
    yield from _notes(noted)
    yield "steps", trainer.global_step
    for how in (trainer.validate, trainer.test):
        yield from how(module, Data(), verbose=False)[0].items()
    yield "predicted", torch.cat(trainer.predict(module, Data()))
    yield from _state(module)


def checkpoints():
    """Saved, the best of them loaded, and training that goes on."""
    with TemporaryDirectory() as folder:
        L.seed_everything(1, verbose=False)
        best = ModelCheckpoint(folder, filename="{epoch}-{step}", monitor="valid_loss", save_last=True)
        trainer = L.Trainer(max_epochs=3, callbacks=[best, EarlyStopping("valid_loss", patience=2)], **QUIET)
        module = Classifier(hidden=8)
        trainer.fit(module, Data())
        yield "best", best.best_model_path.rpartition("/")[2]
        yield "score", best.best_model_score
        again = Classifier.load_from_checkpoint(best.best_model_path)
        yield "hidden", str(dict(again.hparams))
        yield from _state(again)
        longer = L.Trainer(max_epochs=5, enable_checkpointing=False, **QUIET)
        L.seed_everything(2, verbose=False)
        module = Classifier(hidden=8)
        longer.fit(module, Data(), ckpt_path=str(Path(folder) / "last.ckpt"), weights_only=False)
        yield "steps", longer.global_step
        yield from _state(module)


def settings():
    """Accumulated gradients, averages of weights, precision, a logger, limits."""
    for name, more in (
        ("accumulated", {"accumulate_grad_batches": 2}),
        ("scheduled", {"callbacks": [GradientAccumulationScheduler({0: 1, 1: 3})]}),
        ("averaged", {"callbacks": [StochasticWeightAveraging(1e-2, 0.5)]}),
        ("limited", {"limit_train_batches": 3, "limit_val_batches": 0.5, "val_check_interval": 2}),
        ("fast", {"fast_dev_run": 2}),
        ("double", {"precision": "64-true"}),
        ("overfit", {"overfit_batches": 1}),
        ("norms", {"gradient_clip_val": 0.1, "gradient_clip_algorithm": "value", "detect_anomaly": True}),
    ):
        L.seed_everything(3, verbose=False)
        module = Classifier()
        L.Trainer(**{"max_epochs": 3, "enable_checkpointing": False, **QUIET, **more}).fit(module, Data())
        for key, value in _state(module):
            yield f"{name}, {key}", value
    with TemporaryDirectory() as folder:
        L.seed_everything(4, verbose=False)
        logger = CSVLogger(folder, name="log")
        more = {**QUIET, "logger": logger}
        L.Trainer(max_epochs=2, log_every_n_steps=1, callbacks=[LearningRateMonitor(), Timer()], **more).fit(
            Classifier(), Data()
        )
        rows = (Path(folder) / "log/version_0/metrics.csv").read_text().splitlines()
        yield "header", rows[0]
        for number, row in enumerate(rows[1:]):
            for column, value in enumerate(row.split(",")):
                yield f"row {number}, {column}", float(value or 0)
        yield "hparams", (Path(folder) / "log/version_0/hparams.yaml").read_text()


class Adversaries(L.LightningModule):
    """Two optimizers by hand."""

    def __init__(self):
        super().__init__()
        self.automatic_optimization = False
        self.made, self.judged = nn.Linear(2, 4), nn.Linear(4, 1)

    def training_step(self, batch, index):
        first, second = self.optimizers()
        self.toggle_optimizer(first)
        loss = nn.functional.softplus(-self.judged(self.made(batch[0][:, :2]))).mean()
        first.zero_grad()
        self.manual_backward(loss)
        first.step()
        self.untoggle_optimizer(first)
        self.toggle_optimizer(second)
        loss = nn.functional.softplus(self.judged(self.made(batch[0][:, :2]).detach()) - self.judged(batch[0])).mean()
        second.zero_grad()
        self.manual_backward(loss)
        second.step()
        self.untoggle_optimizer(second)
        self.log("loss", loss)

    def configure_optimizers(self):
        return torch.optim.Adam(self.made.parameters(), 1e-2), torch.optim.SGD(self.judged.parameters(), 1e-2)


def by_hand():
    """Manual optimization."""
    L.seed_everything(5, verbose=False)
    module = Adversaries()
    data = Data()
    data.setup("fit")
    L.Trainer(max_epochs=2, enable_checkpointing=False, **QUIET).fit(module, data.train_dataloader())
    yield from _state(module)


def summaries():
    """What a module is made of."""
    yield "summary", str(L.pytorch.utilities.model_summary.summarize(Classifier(), max_depth=-1))
    yield "repr", repr(Classifier())
    yield "callback", str(ModelSummary(max_depth=2).state_key)


def fabric():
    """The loop by hand, with Fabric."""
    fabric = L.Fabric(accelerator="cpu", devices=1)
    fabric.seed_everything(6, verbose=False)
    fabric.launch()
    model = nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 3))
    model, optimizer = fabric.setup(model, torch.optim.SGD(model.parameters(), lr=0.1))
    data = Data()
    data.setup("fit")
    loader = fabric.setup_dataloaders(data.train_dataloader())
    for x, y in loader:
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(model(x), y)
        fabric.backward(loss)
        fabric.clip_gradients(model, optimizer, max_norm=0.7)
        optimizer.step()
        yield "loss", loss
    with TemporaryDirectory() as folder:
        fabric.save(f"{folder}/state.ckpt", {"model": model, "optimizer": optimizer, "step": 3})
        state = {"model": model, "optimizer": optimizer, "step": 0}
        fabric.load(f"{folder}/state.ckpt", state)
        yield "step", state["step"]
    yield "repr", repr(model)
