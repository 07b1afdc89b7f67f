"""monai: transforms, networks, losses, metrics and inference of medical images."""

from __future__ import annotations

import warnings

import monai
import numpy as np
import torch
from monai.data import DataLoader, Dataset, decollate_batch
from monai.inferers import sliding_window_inference
from monai.metrics import DiceMetric, HausdorffDistanceMetric, ROCAUCMetric, SurfaceDistanceMetric
from monai.utils import set_determinism

warnings.simplefilter("ignore")


def _image(*shape):
    return torch.linspace(-1.0, 1.0, int(np.prod(shape))).reshape(shape).mul(7).sin()


def transforms():
    """Of single images, of dictionaries, drawn and put together."""
    t = monai.transforms
    x = _image(1, 8, 10)
    for make in (
        t.ScaleIntensity(), t.NormalizeIntensity(), t.ScaleIntensityRange(-1, 1, 0, 255, clip=True), t.Resize((5, 7)), t.Flip(0), t.Rotate90(),
        t.SpatialPad((12, 12)), t.CenterSpatialCrop((4, 4)), t.Zoom(0.8, keep_size=True), t.Rotate(0.3), t.GaussianSmooth(1.0), t.AdjustContrast(1.5),
        t.ThresholdIntensity(0.0), t.AsDiscrete(threshold=0.0), t.MedianSmooth(1), t.SobelGradients(), t.Spacing((2.0, 1.5)), t.DivisiblePad(4),
        t.GibbsNoise(0.5), t.HistogramNormalize(16),
        t.RandGaussianNoise(prob=1.0), t.RandRotate90(prob=1.0), t.RandFlip(prob=0.5), t.RandAffine(prob=1.0, rotate_range=0.3, translate_range=2),
        t.RandZoom(prob=1.0), t.RandSpatialCrop((4, 4), random_size=False), t.Rand2DElastic((4, 4), (0.5, 1.0), prob=1.0), t.RandAdjustContrast(prob=1.0),
        t.RandScaleIntensity(0.3, prob=1.0), t.RandShiftIntensity(0.3, prob=1.0), t.RandGaussianSmooth(prob=1.0), t.RandCoarseDropout(2, 3, prob=1.0),
    ):  # fmt: skip
        if isinstance(make, t.Randomizable):
            make.set_random_state(3)
        yield type(make).__name__, torch.as_tensor(make(x)).as_subclass(torch.Tensor)
    data = t.Compose([
        t.EnsureChannelFirstd(["image", "label"], channel_dim="no_channel"), t.ScaleIntensityd("image"), t.RandFlipd(["image", "label"], prob=1.0),
        t.RandCropByPosNegLabeld(["image", "label"], "label", (4, 4), num_samples=2), t.ToTensord(["image", "label"]),
    ]).set_random_state(1)  # fmt: skip
    for at, one in enumerate(data({"image": x[0], "label": (x[0] > 0.5).float()})):
        yield f"crop {at}", one["image"].as_subclass(torch.Tensor)
        yield f"label {at}", one["label"].as_subclass(torch.Tensor)


def losses():
    """With their gradients."""
    wanted = (_image(2, 3, 6, 6).argmax(1, keepdim=True)).float()
    L = monai.losses
    for name, make, more in (
        ("dice", L.DiceLoss, {"to_onehot_y": True, "softmax": True}), ("squared", L.DiceLoss, {"to_onehot_y": True, "sigmoid": True, "squared_pred": True}),
        ("dice and ce", L.DiceCELoss, {"to_onehot_y": True, "softmax": True}), ("dice and focal", L.DiceFocalLoss, {"to_onehot_y": True, "softmax": True}),
        ("generalized", L.GeneralizedDiceLoss, {"to_onehot_y": True, "softmax": True}), ("focal", L.FocalLoss, {"to_onehot_y": True}),
        ("tversky", L.TverskyLoss, {"to_onehot_y": True, "softmax": True}), ("cldice", L.SoftDiceclDiceLoss, {"to_onehot_y": True, "softmax": True}),
        ("wasserstein", L.GeneralizedWassersteinDiceLoss, {"dist_matrix": 1.0 - np.eye(3)}),
        ("hausdorff", L.HausdorffDTLoss, {"to_onehot_y": True, "softmax": True}),
    ):  # fmt: skip
        x = _image(2, 3, 6, 6).requires_grad_()
        loss = make(**more)(x, wanted)
        loss.backward()
        yield name, loss.float()
        yield f"{name}, gradient", x.grad
    for name, make in (
        ("ssim", L.SSIMLoss(2, win_size=5)),
        ("ncc", L.LocalNormalizedCrossCorrelationLoss(2)),
        ("mi", L.GlobalMutualInformationLoss()),
        ("bending", None),
    ):
        x = _image(2, 2 if make is None else 1, 8, 8).requires_grad_()
        loss = L.BendingEnergyLoss()(x) if make is None else make(x, _image(2, 1, 8, 8).flip(-1).contiguous())
        loss.backward()
        yield name, loss
        yield f"{name}, gradient", x.grad


def networks():
    """Outputs and gradients of small ones."""
    N = monai.networks.nets
    for name, make, shape in (
        ("UNet", lambda: N.UNet(2, 1, 2, (4, 8, 16), (2, 2), num_res_units=1), (1, 1, 16, 16)),
        ("UNet 3d", lambda: N.UNet(3, 1, 2, (4, 8), (2,), norm="batch"), (1, 1, 8, 8, 8)),
        ("BasicUNet", lambda: N.BasicUNet(2, 1, 2, features=(4, 4, 8, 8, 8, 4)), (1, 1, 32, 32)),
        ("SegResNet", lambda: N.SegResNet(2, 8, 1, 2, blocks_down=(1, 1), blocks_up=(1,)), (1, 1, 16, 16)),
        ("AttentionUnet", lambda: N.AttentionUnet(2, 1, 2, (4, 8), (2,)), (1, 1, 16, 16)),
        ("DynUNet", lambda: N.DynUNet(2, 1, 2, (3, 3, 3), (1, 2, 2), (2, 2), filters=(4, 8, 8)), (1, 1, 16, 16)),
        ("UNETR", lambda: N.UNETR(1, 2, (16, 16), feature_size=4, hidden_size=12, mlp_dim=16, num_heads=2, spatial_dims=2), (1, 1, 16, 16)),
        ("SwinUNETR", lambda: N.SwinUNETR(1, 2, depths=(1, 1, 1, 1), num_heads=(1, 1, 1, 1), feature_size=12, spatial_dims=2), (1, 1, 64, 64)),
        ("VNet", lambda: N.VNet(spatial_dims=2, in_channels=1, out_channels=2), (1, 1, 32, 32)),
        ("DenseNet", lambda: N.DenseNet(2, 1, 2, init_features=8, growth_rate=4, block_config=(2, 2)), (2, 1, 32, 32)),
        ("ResNet", lambda: N.ResNet("basic", [1, 1, 1, 1], [4, 8, 8, 8], spatial_dims=2, n_input_channels=1, num_classes=2), (2, 1, 32, 32)),
        ("ViT", lambda: N.ViT(1, (16, 16), (8, 8), 12, 16, 2, 2, classification=True, spatial_dims=2), (2, 1, 16, 16)),
        ("AutoEncoder", lambda: N.AutoEncoder(2, 1, 1, (4, 8), (2, 2)), (1, 1, 16, 16)),
        ("VarAutoEncoder", lambda: N.VarAutoEncoder(2, (1, 16, 16), 1, 4, (4, 8), (2, 2)), (1, 1, 16, 16)),
        ("HighResNet", lambda: N.HighResNet(2, 1, 2), (1, 1, 16, 16)),
    ):  # fmt: skip
        torch.manual_seed(0)
        net = make()
        torch.manual_seed(1)
        out = net(_image(*shape))
        out = out[0] if isinstance(out, (tuple, list)) else out
        yield name, out
        (out * _image(*out.shape)).mean().backward()
        first, *_, last = [p for p in net.parameters() if p.grad is not None]
        yield f"{name}, gradient", last.grad
        yield f"{name}, first gradient", first.grad.norm()


def metrics():
    """Of segmentations, and of scores."""
    hard = (_image(2, 2, 8, 8) > 0).float()
    wanted = (_image(2, 2, 8, 8).roll(2, -1) > 0).float()
    for make in (
        DiceMetric(reduction="mean_batch"),
        HausdorffDistanceMetric(percentile=95),
        SurfaceDistanceMetric(),
        monai.metrics.MeanIoU(),
        monai.metrics.GeneralizedDiceScore(),
    ):
        make(hard, wanted)
        yield type(make).__name__, torch.as_tensor(make.aggregate())
    score = ROCAUCMetric()
    score(_image(10), (torch.arange(10) % 2))
    yield "area", float(score.aggregate())
    confusion = monai.metrics.ConfusionMatrixMetric(metric_name=["sensitivity", "precision", "f1 score"])
    confusion(hard, wanted)
    for at, value in enumerate(confusion.aggregate()):
        yield f"confusion {at}", value
    for name, make in (
        ("PSNR", monai.metrics.PSNRMetric(1.0)),
        ("SSIM", monai.metrics.SSIMMetric(2, win_size=5)),
        ("MAE", monai.metrics.MAEMetric()),
    ):
        make(_image(1, 1, 8, 8), _image(1, 1, 8, 8).flip(-1))
        yield name, make.aggregate()


def training():
    """The loop of the tutorials: patches, a network, a loss, a sliding window."""
    set_determinism(0)
    t = monai.transforms
    files = [
        {"image": _image(1, 16, 16) * (at + 1), "label": (_image(1, 16, 16) * (at + 1) > 0).float()} for at in range(4)
    ]
    data = Dataset(
        files,
        t.Compose([t.ScaleIntensityd("image"), t.RandSpatialCropd(["image", "label"], (8, 8), random_size=False)]),
    )
    loader = DataLoader(data, batch_size=2, shuffle=True)
    net = monai.networks.nets.UNet(2, 1, 1, (4, 8), (2,), norm="instance")
    optimizer = torch.optim.Adam(net.parameters(), 1e-2)
    loss_of = monai.losses.DiceLoss(sigmoid=True)
    for epoch in range(2):
        for at, batch in enumerate(loader):
            optimizer.zero_grad()
            loss = loss_of(net(batch["image"]), batch["label"])
            loss.backward()
            optimizer.step()
            yield f"{epoch}, {at}", loss
    net.eval()
    with torch.no_grad():
        out = sliding_window_inference(files[0]["image"][None], (8, 8), 2, net, overlap=0.5, mode="gaussian")
    yield "window", out
    yield (
        "decided",
        torch.stack([t.AsDiscrete(threshold=0.5)(one) for one in decollate_batch(out.sigmoid())]).as_subclass(
            torch.Tensor
        ),
    )
    set_determinism(None)
