"""from_pretrained: models that are never drawn, but made on the device "meta" and given the numbers of their files."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import torch
import transformers
from accelerate import (
    Accelerator,
    cpu_offload,
    disk_offload,
    dispatch_model,
    infer_auto_device_map,
    init_empty_weights,
    init_on_device,
    load_checkpoint_and_dispatch,
)
from accelerate.utils import set_module_tensor_to_device
from diffusers import AutoencoderKL, DDPMPipeline, DDPMScheduler, UNet2DConditionModel, UNet2DModel
from transformers import AutoModel, AutoModelForCausalLM

from .transformers_ import DECODER, ENCODER, WORDS

transformers.logging.set_verbosity_error()
MODELS = {
    "BertForMaskedLM": transformers.BertConfig(**ENCODER),
    "RobertaForQuestionAnswering": transformers.RobertaConfig(**ENCODER),
    "GPT2LMHeadModel": transformers.GPT2Config(**WORDS, n_embd=16, n_layer=2, n_head=4, n_positions=32),
    "LlamaForCausalLM": transformers.LlamaConfig(**DECODER),
    "MixtralForCausalLM": transformers.MixtralConfig(**DECODER, num_local_experts=3),
    "T5ForConditionalGeneration": transformers.T5Config(
        **WORDS, d_model=16, d_kv=4, d_ff=24, num_layers=2, num_heads=4, decoder_start_token_id=0
    ),
    "ViTForImageClassification": transformers.ViTConfig(
        hidden_size=16, intermediate_size=24, num_hidden_layers=2, num_attention_heads=4, image_size=8, patch_size=4
    ),
}


def _drawn(name):
    torch.manual_seed(0)
    return getattr(transformers, name)(MODELS[name]).eval()


def _given(model):
    torch.manual_seed(1)
    if hasattr(model.config, "image_size"):
        return {"pixel_values": torch.rand(2, 3, 8, 8)}
    ids = torch.randint(3, 40, (2, 6))
    return {"input_ids": ids, "decoder_input_ids": ids} if model.config.is_encoder_decoder else {"input_ids": ids}


def _out(model):
    with torch.no_grad():
        return model(**_given(model))[0]


def transformers_():
    """Saved in the one format or the other, in one file or several, and loaded in several ways."""
    for name in MODELS:
        model = _drawn(name)
        with TemporaryDirectory() as folder:
            model.save_pretrained(folder, max_shard_size="8KB")
            yield f"{name}, files", str(sorted(path.name for path in Path(folder).iterdir()))
            again, about = type(model).from_pretrained(folder, output_loading_info=True)
            again.eval()
            yield f"{name}, keys", str({kind: sorted(map(str, keys)) for kind, keys in about.items()})
            yield f"{name}, devices", str({(str(p.device), p.dtype, p.requires_grad) for p in again.parameters()})
            yield f"{name}, output", _out(again)
            yield f"{name}, the same", bool(torch.equal(_out(model), _out(again)))
            yield f"{name}, buffers", str(sorted((key, str(value.device)) for key, value in again.named_buffers()))


def ways():
    """The keywords of from_pretrained."""
    model = _drawn("LlamaForCausalLM")
    with TemporaryDirectory() as folder:
        model.save_pretrained(folder)
        half = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.bfloat16)
        yield "half", str({p.dtype for p in half.parameters()})
        yield "half, output", bool(torch.allclose(_out(half).float(), _out(model), atol=0.02))
        yield "as saved", str(AutoModel.from_pretrained(folder, dtype="auto").dtype)
        for where in ("cpu", {"": "cpu"}, "auto"):
            placed = AutoModelForCausalLM.from_pretrained(folder, device_map=where)
            yield f"device_map {where}", _out(placed)
            yield f"device_map {where}, kept", str(getattr(placed, "hf_device_map", None))
        empty = AutoModelForCausalLM.from_pretrained(folder, device_map="meta")
        yield "meta", str({(str(p.device), tuple(p.shape)) for p in empty.parameters()})
        headless = AutoModel.from_pretrained(folder)
        yield "headless", _out(headless)
        torch.manual_seed(3)
        other = transformers.LlamaForSequenceClassification.from_pretrained(folder, num_labels=3)
        yield "another head", other.score.weight
        yield "another head, output", _out(other)
        torch.manual_seed(3)
        grown = transformers.LlamaForCausalLM.from_pretrained(folder, vocab_size=44, ignore_mismatched_sizes=True)
        yield "other sizes", grown.lm_head.weight
        torch.save(model.state_dict(), f"{folder}/pytorch_model.bin")
        Path(folder, "model.safetensors").unlink()
        yield "bin", _out(AutoModelForCausalLM.from_pretrained(folder))
        given = type(model).from_pretrained(None, config=model.config, state_dict=model.state_dict())
        yield "given", _out(given)


def training():
    """A loaded model is trained as a drawn one."""
    model = _drawn("GPT2LMHeadModel")
    with TemporaryDirectory() as folder:
        model.save_pretrained(folder)
        again = AutoModelForCausalLM.from_pretrained(folder)
    yield "tied", again.lm_head.weight is again.transformer.wte.weight
    optimizer = torch.optim.AdamW(again.parameters(), lr=1e-2)
    torch.manual_seed(4)
    ids = torch.randint(3, 40, (4, 8))
    for step in range(4):
        loss = again(ids, labels=ids).loss
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        yield f"loss {step}", loss
    again.eval()
    yield "generated", again.generate(ids[:, :4], do_sample=False, max_new_tokens=6, min_new_tokens=6)


def diffusers_():
    """Models and whole pipelines."""
    torch.manual_seed(0)
    net = UNet2DModel(
        sample_size=8, in_channels=1, out_channels=1, layers_per_block=1, block_out_channels=(8, 16),
        down_block_types=("DownBlock2D", "AttnDownBlock2D"), up_block_types=("AttnUpBlock2D", "UpBlock2D"),
        norm_num_groups=4, attention_head_dim=4,
    )  # fmt: skip
    conditioned = UNet2DConditionModel(
        sample_size=8, in_channels=1, out_channels=1, layers_per_block=1, block_out_channels=(8, 16), norm_num_groups=4,
        down_block_types=("CrossAttnDownBlock2D", "DownBlock2D"), up_block_types=("UpBlock2D", "CrossAttnUpBlock2D"),
        cross_attention_dim=12, attention_head_dim=4,
    )  # fmt: skip
    encoder = AutoencoderKL(
        in_channels=1, out_channels=1, block_out_channels=(8,), norm_num_groups=4, latent_channels=2,
        down_block_types=("DownEncoderBlock2D",), up_block_types=("UpDecoderBlock2D",),
    )  # fmt: skip
    noise, text = torch.randn(2, 1, 8, 8), torch.randn(2, 5, 12)
    calls = {
        "unet": (net, lambda model: model(noise, 3).sample),
        "conditioned": (conditioned, lambda model: model(noise, 7, encoder_hidden_states=text).sample),
        "autoencoder": (encoder, lambda model: model(noise).sample),
    }
    for name, (model, call) in calls.items():
        for safe in (True, False):
            for low in (True, False):
                with TemporaryDirectory() as folder, torch.no_grad():
                    model.save_pretrained(folder, safe_serialization=safe)
                    again = type(model).from_pretrained(folder, low_cpu_mem_usage=low, use_safetensors=safe).eval()
                    yield f"{name}, {safe}, {low}", call(again)
                    yield f"{name}, {safe}, {low}, the same", bool(torch.equal(call(again), call(model.eval())))
    with TemporaryDirectory() as folder:
        DDPMPipeline(net, DDPMScheduler(num_train_timesteps=10)).save_pretrained(folder)
        pipeline = DDPMPipeline.from_pretrained(folder)
        pipeline.set_progress_bar_config(disable=True)
        images = pipeline(
            batch_size=2, generator=torch.Generator().manual_seed(0), num_inference_steps=3, output_type="np"
        )
        yield "pipeline", torch.from_numpy(images.images)


def accelerate_():
    """Empty models, their maps, and the files that fill them."""
    config = MODELS["LlamaForCausalLM"]
    with init_empty_weights():
        empty = AutoModelForCausalLM.from_config(config)
    yield "empty", str({(str(p.device), type(p).__name__) for p in empty.parameters()})
    yield "buffers", str({str(b.device) for b in empty.buffers()})
    with init_empty_weights(include_buffers=True):
        yield "empty buffers", str({str(b.device) for b in AutoModelForCausalLM.from_config(config).buffers()})
    with init_on_device(torch.device("meta")):
        yield "on device", repr(torch.nn.Linear(2, 3).weight)
    yield "map", str(infer_auto_device_map(empty, max_memory={"cpu": "20KB", "disk": "1GB"}))
    model = _drawn("LlamaForCausalLM")
    with TemporaryDirectory() as folder:
        model.save_pretrained(folder)
        filled = load_checkpoint_and_dispatch(empty, f"{folder}/model.safetensors", device_map={"": "cpu"})
        yield "filled", _out(filled.eval())
        yield "off to the disk", _out(disk_offload(_drawn("LlamaForCausalLM"), f"{folder}/parts"))
    yield "off to main memory", _out(cpu_offload(_drawn("LlamaForCausalLM")))
    yield "dispatched", _out(dispatch_model(_drawn("GPT2LMHeadModel"), {"": "cpu"}))
    with init_empty_weights():
        layer = torch.nn.Linear(2, 3)
    set_module_tensor_to_device(layer, "weight", "cpu", value=torch.ones(3, 2))
    yield "one of two", str([(str(p.device), p.requires_grad) for p in layer.parameters()])


def accelerator():
    """Its training loop."""
    torch.manual_seed(0)
    model = torch.nn.Sequential(torch.nn.Linear(4, 8), torch.nn.Tanh(), torch.nn.Linear(8, 1))
    data = torch.utils.data.TensorDataset(torch.randn(16, 4), torch.randn(16, 1))
    runner = Accelerator(cpu=True, gradient_accumulation_steps=2)
    net, optimizer, loader = runner.prepare(
        model, torch.optim.AdamW(model.parameters(), lr=1e-2), torch.utils.data.DataLoader(data, 4, shuffle=True)
    )
    for epoch in range(2):
        for step, (x, y) in enumerate(loader):
            with runner.accumulate(net):
                loss = torch.nn.functional.mse_loss(net(x), y)
                runner.backward(loss)
                if runner.sync_gradients:
                    runner.clip_grad_norm_(net.parameters(), 1.0)
                optimizer.step()
                optimizer.zero_grad()
            yield f"loss {epoch} {step}", loss
    with TemporaryDirectory() as folder:
        runner.save_state(folder)
        before = [p.clone() for p in net.parameters()]
        torch.nn.init.zeros_(model[0].weight)
        runner.load_state(folder)
        yield "restored", all(torch.equal(a, b) for a, b in zip(before, net.parameters(), strict=True))
    yield "gathered", runner.gather(torch.arange(3))
    yield "unwrapped", repr(runner.unwrap_model(net))
