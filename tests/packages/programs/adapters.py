"""peft: adapters of a tiny model, trained, merged and saved."""

from __future__ import annotations

from tempfile import TemporaryDirectory

import torch
from peft import (
    AdaLoraConfig,
    IA3Config,
    LoHaConfig,
    LoraConfig,
    PeftModel,
    PrefixTuningConfig,
    PromptTuningConfig,
    VeraConfig,
    get_peft_model,
)
from transformers import LlamaForCausalLM

from .pretrained import MODELS

CONFIGS = {
    "lora": lambda: LoraConfig(r=4, lora_alpha=8, target_modules=["q_proj", "v_proj"], task_type="CAUSAL_LM"),
    "dora": lambda: LoraConfig(r=4, use_dora=True, target_modules=["q_proj", "v_proj"], task_type="CAUSAL_LM"),
    "ia3": lambda: IA3Config(task_type="CAUSAL_LM"),
    "loha": lambda: LoHaConfig(r=2, alpha=4, target_modules=["q_proj", "v_proj"], task_type="CAUSAL_LM"),
    "vera": lambda: VeraConfig(r=4, target_modules=["q_proj", "o_proj"], task_type="CAUSAL_LM"),
    "adalora": lambda: AdaLoraConfig(
        init_r=4, target_r=2, total_step=9, tinit=2, tfinal=2, target_modules=["q_proj"], task_type="CAUSAL_LM"
    ),
    "prompts": lambda: PromptTuningConfig(task_type="CAUSAL_LM", num_virtual_tokens=3),
    "prefixes": lambda: PrefixTuningConfig(task_type="CAUSAL_LM", num_virtual_tokens=3),
}


def _model():
    torch.manual_seed(0)
    return LlamaForCausalLM(MODELS["LlamaForCausalLM"])


def adapters():
    """Losses, which parameters are trained, and what is saved."""
    torch.manual_seed(1)
    ids = torch.randint(3, 40, (4, 8))
    for name, config in CONFIGS.items():
        torch.manual_seed(2)
        model = get_peft_model(_model(), config())
        yield f"{name}, trained", str([key for key, p in model.named_parameters() if p.requires_grad])
        optimizer = torch.optim.AdamW([p for p in model.parameters() if p.requires_grad], lr=1e-2)
        for step in range(4):
            loss = model(input_ids=ids, labels=ids).loss
            loss.backward()
            optimizer.step()
            optimizer.zero_grad()
            yield f"{name}, loss {step}", loss
        model.eval()
        with TemporaryDirectory() as folder, torch.no_grad():
            model.save_pretrained(folder)
            again = PeftModel.from_pretrained(_model(), folder).eval()
            yield f"{name}, loaded", again(input_ids=ids).logits
            if name in ("lora", "dora", "loha", "ia3"):
                yield f"{name}, merged", again.merge_and_unload()(input_ids=ids).logits
            low = PeftModel.from_pretrained(_model(), folder, low_cpu_mem_usage=True).eval()
            yield f"{name}, loaded without drawing", low(input_ids=ids).logits


def switching():
    """Two adapters on one model."""
    torch.manual_seed(3)
    ids = torch.randint(3, 40, (2, 6))
    model = get_peft_model(_model(), CONFIGS["lora"](), adapter_name="first")
    model.add_adapter(
        "second", LoraConfig(r=2, init_lora_weights=False, target_modules=["q_proj"], task_type="CAUSAL_LM")
    )
    with torch.no_grad():
        for name in ("first", "second"):
            model.set_adapter(name)
            yield name, model(input_ids=ids).logits
        with model.disable_adapter():
            yield "none", model(input_ids=ids).logits
    yield "repr", repr(model)
