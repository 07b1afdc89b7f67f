"""skorch: networks as scikit-learn's estimators."""

from __future__ import annotations

from tempfile import TemporaryDirectory

import numpy as np
import torch
from sklearn.datasets import load_breast_cancer, load_diabetes, load_iris
from sklearn.model_selection import GridSearchCV, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from skorch import NeuralNetBinaryClassifier, NeuralNetClassifier, NeuralNetRegressor
from skorch.callbacks import Checkpoint, EarlyStopping, EpochScoring, GradientNormClipping, LRScheduler
from skorch.dataset import ValidSplit
from torch import nn


class Net(nn.Module):
    """Two layers."""

    def __init__(self, inputs=4, hidden=10, outputs=3, dropout=0.0):
        super().__init__()
        self.hidden = nn.Linear(inputs, hidden)
        self.dropout = nn.Dropout(dropout)
        self.out = nn.Linear(hidden, outputs)

    def forward(self, x):
        return self.out(self.dropout(torch.relu(self.hidden(x))))


def iris():
    """Its pictures of flowers are 150 rows of four numbers."""
    data = load_iris()
    return StandardScaler().fit_transform(data.data).astype("float32"), data.target.astype("int64")


def _losses(net, *names):
    """What the history says of each epoch."""
    for row in net.history:
        for name in names:
            yield f"{name} {row['epoch']}", float(row[name])


def classifier():
    """fit, predict, predict_proba, score, and a second fit that goes on."""
    x, y = iris()
    torch.manual_seed(0)
    net = NeuralNetClassifier(
        Net, max_epochs=8, lr=0.1, criterion=nn.CrossEntropyLoss, iterator_train__shuffle=True, batch_size=16, verbose=0
    )
    net.fit(x, y)
    yield from _losses(net, "train_loss", "valid_loss", "valid_acc")
    yield "probabilities", torch.from_numpy(net.predict_proba(x))
    yield "classes", net.predict(x).tolist()
    yield "score", net.score(x, y)
    net.partial_fit(x, y)
    yield "epochs", len(net.history)
    yield "weight", net.module_.out.weight


def regressor():
    """Adam with weight decay, a schedule, clipped gradients, a score of each epoch, and a stop."""
    data = load_diabetes()
    x = data.data.astype("float32")
    y = ((data.target - data.target.mean()) / data.target.std()).astype("float32")[:, None]
    torch.manual_seed(1)
    net = NeuralNetRegressor(
        Net, module__inputs=10, module__outputs=1, max_epochs=12, lr=0.01, verbose=0, batch_size=64,
        optimizer=torch.optim.Adam, optimizer__weight_decay=1e-3,
        callbacks=[
            ("scheduler", LRScheduler("StepLR", step_size=4, gamma=0.5)),
            ("clipping", GradientNormClipping(1.0)),
            ("r2", EpochScoring("r2", lower_is_better=False)),
            ("stop", EarlyStopping(patience=3)),
        ],
    )  # fmt: skip
    net.fit(x, y)
    yield from _losses(net, "train_loss", "valid_loss", "r2")
    yield "rate", net.optimizer_.param_groups[0]["lr"]
    yield "predicted", torch.from_numpy(net.predict(x[:20]))


def binary():
    """A pipeline, and predictions from cross-validation."""
    data = load_breast_cancer()
    torch.manual_seed(2)
    net = NeuralNetBinaryClassifier(
        Net,
        module__inputs=30,
        module__outputs=1,
        max_epochs=4,
        lr=0.1,
        verbose=0,
        train_split=ValidSplit(5, stratified=True),
    )
    x, y = data.data.astype("float32"), data.target.astype("float32")
    model = make_pipeline(StandardScaler(), net)
    model.fit(x, y)
    yield from _losses(net, "train_loss", "valid_loss")
    yield "score", model.score(x, y)
    yield "cross-validated", cross_val_predict(model, x, y, cv=3).astype(int).tolist()


def search():
    """The best of a grid."""
    x, y = iris()
    torch.manual_seed(3)
    net = NeuralNetClassifier(Net, criterion=nn.CrossEntropyLoss, max_epochs=4, train_split=None, verbose=0)
    found = GridSearchCV(net, {"lr": [0.01, 0.3], "module__hidden": [4, 12]}, cv=3, scoring="accuracy").fit(x, y)
    yield "best", str(found.best_params_)
    yield "scores", torch.from_numpy(found.cv_results_["mean_test_score"])


def saving():
    """Parameters that are saved, loaded and checked."""
    x, y = iris()
    settings = {"criterion": nn.CrossEntropyLoss, "max_epochs": 3, "verbose": 0}
    with TemporaryDirectory() as folder:
        torch.manual_seed(4)
        net = NeuralNetClassifier(Net, callbacks=[Checkpoint(dirname=folder, monitor="valid_loss_best")], **settings)
        net.fit(x, y)
        net.save_params(
            f_params=f"{folder}/net.pt", f_optimizer=f"{folder}/optimizer.pt", f_history=f"{folder}/history.json"
        )
        again = NeuralNetClassifier(Net, **settings).initialize()
        again.load_params(
            f_params=f"{folder}/net.pt", f_optimizer=f"{folder}/optimizer.pt", f_history=f"{folder}/history.json"
        )
        yield "the same", bool(np.array_equal(net.predict_proba(x), again.predict_proba(x)))
        yield "epochs", len(again.history)
        again.load_params(checkpoint=Checkpoint(dirname=folder))
        yield "checkpoint", torch.from_numpy(again.predict_proba(x))
    yield "repr", str(again)
