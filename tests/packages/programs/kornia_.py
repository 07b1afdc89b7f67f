"""kornia: computer vision that has derivatives."""

from __future__ import annotations

import kornia
import kornia.augmentation as K
import torch
from torch import nn


def _image(dtype=torch.float32):
    torch.manual_seed(0)
    return torch.rand(2, 3, 12, 10, dtype=dtype, requires_grad=True)


def _both(name, function):
    x = _image()
    out = function(x)
    yield name, out
    if out.requires_grad:
        torch.manual_seed(1)
        (out * torch.rand_like(out)).sum().backward()
        yield f"{name}, gradient", x.grad


def colors():
    for name in (
        "rgb_to_grayscale",
        "rgb_to_hsv",
        "rgb_to_hls",
        "rgb_to_lab",
        "rgb_to_luv",
        "rgb_to_ycbcr",
        "rgb_to_xyz",
        "rgb_to_yuv",
        "rgb_to_bgr",
        "rgb_to_linear_rgb",
    ):
        yield from _both(name, getattr(kornia.color, name))
    lab = kornia.color.rgb_to_lab(_image())
    yield "back", kornia.color.lab_to_rgb(lab)


def filters():
    for name, function in (
        ("gauss", lambda x: kornia.filters.gaussian_blur2d(x, (3, 3), (1.5, 1.5))),
        ("box", lambda x: kornia.filters.box_blur(x, (3, 3))),
        ("median", lambda x: kornia.filters.median_blur(x, (3, 3))),
        ("sobel", kornia.filters.sobel),
        ("laplacian", lambda x: kornia.filters.laplacian(x, 3)),
        ("gradient", kornia.filters.spatial_gradient),
        ("bilateral", lambda x: kornia.filters.bilateral_blur(x, (3, 3), 0.1, (1.5, 1.5))),
        ("unsharp", lambda x: kornia.filters.unsharp_mask(x, (3, 3), (1.5, 1.5))),
        ("motion", lambda x: kornia.filters.motion_blur(x, 5, 35.0, 0.5)),
        ("canny", lambda x: kornia.filters.canny(x)[0]),
        ("pool", lambda x: kornia.filters.max_blur_pool2d(x, 3)),
    ):
        yield from _both(name, function)


def geometry():
    angle = torch.tensor([30.0, -45.0])
    for name, function in (
        ("rotate", lambda x: kornia.geometry.rotate(x, angle)),
        ("resize", lambda x: kornia.geometry.resize(x, (7, 9))),
        ("scale", lambda x: kornia.geometry.scale(x, torch.tensor([1.5, 0.7]))),
        ("translate", lambda x: kornia.geometry.translate(x, torch.tensor([[1.0, 2.0], [0.5, -1.0]]))),
        ("shear", lambda x: kornia.geometry.shear(x, torch.tensor([[0.2, 0.1], [0.0, 0.3]]))),
        ("flip", kornia.geometry.hflip),
        ("pyramid", kornia.geometry.pyrdown),
        (
            "elastic",
            lambda x: kornia.geometry.transform.elastic_transform2d(
                x, torch.zeros(2, 2, 12, 10) + 0.3, kernel_size=(3, 3)
            ),
        ),
        ("crop", lambda x: kornia.geometry.center_crop(x, (6, 6))),
    ):
        yield from _both(name, function)
    torch.manual_seed(2)
    points = torch.rand(2, 6, 2)
    matrix = torch.eye(3).expand(2, 3, 3) + 0.1 * torch.rand(2, 3, 3)
    moved = kornia.geometry.transform_points(matrix, points)
    yield "moved", moved
    yield "homography", kornia.geometry.find_homography_dlt(points, moved)
    vector = torch.rand(3, 3)
    yield "rotation", kornia.geometry.axis_angle_to_rotation_matrix(vector)
    yield (
        "quaternion",
        kornia.geometry.rotation_matrix_to_quaternion(kornia.geometry.axis_angle_to_rotation_matrix(vector)),
    )
    yield "perspective", kornia.geometry.get_perspective_transform(torch.rand(1, 4, 2), torch.rand(1, 4, 2))


def enhancement():
    for name, function in (
        ("brightness", lambda x: kornia.enhance.adjust_brightness(x, 0.2)),
        ("contrast", lambda x: kornia.enhance.adjust_contrast(x, 0.7)),
        ("saturation", lambda x: kornia.enhance.adjust_saturation(x, 1.4)),
        ("hue", lambda x: kornia.enhance.adjust_hue(x, 0.3)),
        ("gamma", lambda x: kornia.enhance.adjust_gamma(x, 2.2)),
        ("equalize", kornia.enhance.equalize),
        ("clahe", lambda x: kornia.enhance.equalize_clahe(x, grid_size=(2, 2))),
        (
            "normalized",
            lambda x: kornia.enhance.normalize(x, torch.tensor([0.5, 0.4, 0.3]), torch.tensor([0.2, 0.3, 0.4])),
        ),
        ("whitened", lambda x: kornia.enhance.zca_whiten(x.double()).float()),
        ("posterize", lambda x: kornia.enhance.posterize(x, 3)),
        ("sharpness", lambda x: kornia.enhance.sharpness(x, 1.3)),
    ):
        yield from _both(name, function)


def losses():
    x, y = _image(), _image().detach().flip(0)
    for name, function in (
        ("ssim", lambda: kornia.losses.ssim_loss(x, y, 5)),
        ("psnr", lambda: kornia.losses.psnr_loss(x, y, 1.0)),
        ("variation", lambda: kornia.losses.total_variation(x)),
        ("dice", lambda: kornia.losses.dice_loss(x, torch.zeros(2, 12, 10, dtype=torch.int64))),
        (
            "focal",
            lambda: kornia.losses.focal_loss(x, torch.zeros(2, 12, 10, dtype=torch.int64), 0.25, reduction="mean"),
        ),
        ("tversky", lambda: kornia.losses.tversky_loss(x, torch.ones(2, 12, 10, dtype=torch.int64), 0.3, 0.7)),
        ("charbonnier", lambda: kornia.losses.charbonnier_loss(x, y, "mean")),
        ("smoothness", lambda: kornia.losses.inverse_depth_smoothness_loss(x[:, :1], y)),
    ):
        out = function()
        yield name, out
        yield f"{name}, gradient", torch.autograd.grad(out.sum(), x)[0]


def augmentation():
    """Random augmentation, one after another."""
    torch.manual_seed(3)
    many = nn.Sequential(
        K.RandomHorizontalFlip(p=0.5),
        K.ColorJitter(0.1, 0.1, 0.1, 0.1, p=1.0),
        K.RandomAffine(20.0, (0.1, 0.1), (0.8, 1.2), p=1.0),
        K.RandomErasing(p=1.0),
        K.RandomGaussianNoise(p=1.0),
        K.RandomPerspective(0.3, p=1.0),
        K.RandomResizedCrop((8, 8)),
    )
    yield "repr", repr(many)
    yield from _both("augmented", many)
    together = K.AugmentationSequential(
        K.RandomRotation(30.0, p=1.0), K.RandomCrop((8, 8)), data_keys=["input", "mask"]
    )
    image, mask = together(_image().detach(), torch.ones(2, 1, 12, 10))
    yield "image", image
    yield "mask", mask


def features():
    """Corners, and morphology."""
    for name, function in (
        ("harris", kornia.feature.harris_response),
        ("shi", kornia.feature.gftt_response),
        ("hessian", kornia.feature.hessian_response),
        ("dilation", lambda x: kornia.morphology.dilation(x, torch.ones(3, 3))),
        ("erosion", lambda x: kornia.morphology.erosion(x, torch.ones(3, 3))),
        ("opening", lambda x: kornia.morphology.opening(x, torch.ones(3, 3))),
    ):
        yield from _both(name, function)
    torch.manual_seed(4)
    patches = torch.rand(3, 1, 32, 32)
    yield "sift", kornia.feature.SIFTDescriptor(32)(patches)
