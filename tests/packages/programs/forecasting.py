"""pytorch-forecasting: series in a table, and networks that go on with them."""

from __future__ import annotations

import logging
import warnings

import lightning.pytorch as pl
import numpy as np
import pandas as pd
import torch
from pytorch_forecasting import Baseline, DeepAR, NBeats, TemporalFusionTransformer, TimeSeriesDataSet
from pytorch_forecasting.data import EncoderNormalizer, GroupNormalizer, NaNLabelEncoder
from pytorch_forecasting.metrics import MAE, MAPE, RMSE, SMAPE, NormalDistributionLoss, PoissonLoss, QuantileLoss

warnings.simplefilter("ignore")
logging.disable(logging.WARNING)


def _table():
    time = np.arange(24)
    parts = []
    for at, name in enumerate("ab"):
        parts.append(pd.DataFrame({
            "time": time, "group": name, "value": np.sin(time / 3 + at) * (at + 1) + 5.0, "month": (time % 4).astype(str), "price": np.cos(time / 5.0),
        }))  # fmt: skip
    return pd.concat(parts, ignore_index=True)


def _data(**more):
    return TimeSeriesDataSet(
        _table(), "time", "value", ["group"], max_encoder_length=8, max_prediction_length=4, **more
    )


def tables():
    """Batches, normalised in one way and another."""
    for name, more in (
        ("groups", {"target_normalizer": GroupNormalizer(groups=["group"], transformation="softplus")}),
        ("encoder", {"target_normalizer": EncoderNormalizer()}),
        ("logit", {"target_normalizer": GroupNormalizer(groups=["group"])}),
    ):
        data = _data(
            time_varying_known_categoricals=["month"], time_varying_known_reals=["time", "price"], time_varying_unknown_reals=["value"],
            static_categoricals=["group"], add_relative_time_idx=True, add_target_scales=True, add_encoder_length=True, **more,
        )  # fmt: skip
        x, (y, _) = next(iter(data.to_dataloader(train=False, batch_size=3, num_workers=0)))
        yield f"{name}, y", y
        for key in ("encoder_cont", "encoder_cat", "decoder_cont", "target_scale", "decoder_target", "groups"):
            yield f"{name}, {key}", x[key]
        yield f"{name}, baseline", Baseline()(x).prediction


def losses():
    """Metrics, of points and of distributions."""
    torch.manual_seed(0)
    x, y = torch.rand(3, 4, 7) + 0.5, torch.rand(3, 4) + 0.5
    for metric in (MAE(), MAPE(), RMSE(), SMAPE()):
        yield type(metric).__name__, metric(x[..., 0], y)
    quantiles = QuantileLoss()
    yield "quantiles", quantiles(x, y)
    yield "points", quantiles.to_prediction(x)
    yield "poisson", PoissonLoss()(x[..., :1].log(), y.round())


def networks():
    """Trained for some steps by Lightning, then asked."""
    known = {
        "time_varying_known_reals": ["time", "price"],
        "time_varying_unknown_reals": ["value"],
        "static_categoricals": ["group"],
    }
    alone = {
        "time_varying_unknown_reals": ["value"],
        "categorical_encoders": {"group": NaNLabelEncoder().fit(_table().group)},
    }
    for name, kind, data, more in (
        ("TFT", TemporalFusionTransformer, _data(**known), {"hidden_size": 8, "attention_head_size": 2, "hidden_continuous_size": 4, "dropout": 0.0}),
        ("NBeats", NBeats, _data(**alone), {"widths": [16, 16], "backcast_loss_ratio": 0.1}),
        ("DeepAR", DeepAR, _data(**known), {"hidden_size": 8, "rnn_layers": 1, "dropout": 0.0, "loss": NormalDistributionLoss()}),
    ):  # fmt: skip
        pl.seed_everything(3, verbose=False)
        net = kind.from_dataset(data, learning_rate=0.01, log_interval=-1, **more)
        loader = data.to_dataloader(train=True, batch_size=8, num_workers=0, shuffle=False)
        trainer = pl.Trainer(
            max_epochs=2, accelerator="cpu", logger=False, enable_checkpointing=False, enable_progress_bar=False, enable_model_summary=False,
            limit_train_batches=2, gradient_clip_val=0.1,
        )  # fmt: skip
        trainer.fit(net, train_dataloaders=loader)
        yield f"{name}, loss", trainer.callback_metrics["train_loss_epoch"]
        x, _ = next(iter(loader))
        net.eval()
        with torch.no_grad():
            yield f"{name}, forecast", net(x).prediction
