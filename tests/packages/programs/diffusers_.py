"""diffusers: denoising networks, autoencoders and schedules."""

from __future__ import annotations

import inspect

import torch
from diffusers import (
    AutoencoderKL,
    DDIMPipeline,
    DDIMScheduler,
    DDPMPipeline,
    DDPMScheduler,
    DPMSolverMultistepScheduler,
    EulerAncestralDiscreteScheduler,
    EulerDiscreteScheduler,
    FlowMatchEulerDiscreteScheduler,
    HeunDiscreteScheduler,
    LMSDiscreteScheduler,
    PNDMScheduler,
    Transformer2DModel,
    UNet2DConditionModel,
    UNet2DModel,
    UniPCMultistepScheduler,
    VQModel,
)
from diffusers.optimization import get_cosine_schedule_with_warmup
from diffusers.training_utils import EMAModel


def _unet():
    torch.manual_seed(0)
    return UNet2DModel(
        sample_size=8, in_channels=1, out_channels=1, layers_per_block=1, block_out_channels=(8, 16),
        down_block_types=("DownBlock2D", "AttnDownBlock2D"), up_block_types=("AttnUpBlock2D", "UpBlock2D"),
        norm_num_groups=4, attention_head_dim=4,
    )  # fmt: skip


def _learned(name, net, *args, **kwargs):
    out = net(*args, **kwargs).sample
    yield name, out
    out.square().mean().backward()
    for key, value in net.named_parameters():
        if value.grad is not None:
            yield f"{name}, gradient of {key}", value.grad.norm()


def networks():
    """One pass forward and back."""
    torch.manual_seed(1)
    noise, text = torch.randn(2, 1, 8, 8), torch.randn(2, 5, 12)
    net = _unet()
    yield "repr", repr(net)
    yield from _learned("unet", net, noise, torch.tensor([3, 70]))
    torch.manual_seed(2)
    net = UNet2DConditionModel(
        sample_size=8, in_channels=1, out_channels=1, layers_per_block=1, block_out_channels=(8, 16), norm_num_groups=4,
        down_block_types=("CrossAttnDownBlock2D", "DownBlock2D"), up_block_types=("UpBlock2D", "CrossAttnUpBlock2D"),
        cross_attention_dim=12, attention_head_dim=4,
    )  # fmt: skip
    yield from _learned("conditioned", net, noise, 7, encoder_hidden_states=text)
    torch.manual_seed(3)
    net = AutoencoderKL(
        in_channels=1,
        out_channels=1,
        block_out_channels=(8,),
        norm_num_groups=4,
        latent_channels=2,
        down_block_types=("DownEncoderBlock2D",),
        up_block_types=("UpDecoderBlock2D",),
    )
    yield from _learned("autoencoder", net, noise)
    torch.manual_seed(4)
    hidden = net.encode(noise).latent_dist
    yield "drawn", hidden.sample()
    yield "divergence", hidden.kl()
    torch.manual_seed(5)
    net = VQModel(
        in_channels=1,
        out_channels=1,
        block_out_channels=(8,),
        norm_num_groups=4,
        latent_channels=2,
        num_vq_embeddings=6,
        down_block_types=("DownEncoderBlock2D",),
        up_block_types=("UpDecoderBlock2D",),
    )
    yield from _learned("quantized", net, noise)
    torch.manual_seed(6)
    net = Transformer2DModel(
        num_attention_heads=2, attention_head_dim=4, in_channels=8, norm_num_groups=4, cross_attention_dim=12
    )
    yield from _learned("transformer", net, torch.randn(2, 8, 4, 4), encoder_hidden_states=text)


def schedules():
    """Each way from noise to an image."""
    for kind in (
        DDPMScheduler, DDIMScheduler, PNDMScheduler, DPMSolverMultistepScheduler, EulerDiscreteScheduler, LMSDiscreteScheduler,
        EulerAncestralDiscreteScheduler, HeunDiscreteScheduler, UniPCMultistepScheduler, FlowMatchEulerDiscreteScheduler,
    ):  # fmt: skip
        schedule = kind(num_train_timesteps=50)
        schedule.set_timesteps(6)
        yield f"{kind.__name__}, times", schedule.timesteps
        generator = torch.Generator().manual_seed(0)
        x = torch.randn(1, 1, 4, 4, generator=generator) * getattr(schedule, "init_noise_sigma", 1.0)
        more = {"generator": generator} if "generator" in inspect.signature(schedule.step).parameters else {}
        for time in schedule.timesteps:
            scaled = schedule.scale_model_input(x, time) if hasattr(schedule, "scale_model_input") else x
            x = schedule.step(0.3 * scaled, time, x, **more).prev_sample
        yield kind.__name__, x


def training():
    """A network learns to take noise away; an average of its weights; images drawn by pipelines."""
    net = _unet()
    schedule = DDPMScheduler(num_train_timesteps=50)
    optimizer = torch.optim.AdamW(net.parameters(), lr=1e-3)
    rates = get_cosine_schedule_with_warmup(optimizer, 2, 10)
    average = EMAModel(net.parameters(), decay=0.9)
    torch.manual_seed(7)
    images = torch.rand(4, 1, 8, 8)
    for step in range(5):
        noise, times = torch.randn_like(images), torch.randint(0, 50, (4,))
        loss = torch.nn.functional.mse_loss(net(schedule.add_noise(images, noise, times), times).sample, noise)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        optimizer.step()
        rates.step()
        optimizer.zero_grad()
        average.step(net.parameters())
        yield f"loss {step}", loss
    average.copy_to(net.parameters())
    pipeline = DDPMPipeline(net, schedule)
    pipeline.set_progress_bar_config(disable=True)
    found = pipeline(batch_size=1, num_inference_steps=4, output_type="np", generator=torch.Generator().manual_seed(1))
    yield "image", torch.from_numpy(found.images)
    pipeline = DDIMPipeline(net, DDIMScheduler(num_train_timesteps=50))
    pipeline.set_progress_bar_config(disable=True)
    found = pipeline(
        batch_size=1, num_inference_steps=4, eta=0.5, output_type="np", generator=torch.Generator().manual_seed(2)
    )
    yield "implicit", torch.from_numpy(found.images)
