"""transformers: tiny models from their configurations, trained, saved, and generating."""

from __future__ import annotations

from tempfile import TemporaryDirectory

import torch
import transformers
from safetensors.torch import load_file
from transformers import (
    BartConfig,
    BartForConditionalGeneration,
    BertConfig,
    BertForMaskedLM,
    BertForSequenceClassification,
    CLIPConfig,
    CLIPModel,
    DistilBertConfig,
    DistilBertForTokenClassification,
    GPT2Config,
    GPT2LMHeadModel,
    LlamaConfig,
    LlamaForCausalLM,
    MistralConfig,
    MistralForCausalLM,
    MixtralConfig,
    MixtralForCausalLM,
    Qwen2Config,
    Qwen2ForCausalLM,
    RobertaConfig,
    RobertaForQuestionAnswering,
    T5Config,
    T5ForConditionalGeneration,
    ViTConfig,
    ViTForImageClassification,
    get_linear_schedule_with_warmup,
)

transformers.logging.set_verbosity_error()
WORDS = {"vocab_size": 40, "bos_token_id": 1, "eos_token_id": 2, "pad_token_id": 0}
ENCODER = {
    **WORDS,
    "hidden_size": 16,
    "intermediate_size": 24,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "max_position_embeddings": 32,
}
DECODER = {**ENCODER, "num_key_value_heads": 2}


def _gpt2(**more):
    torch.manual_seed(0)
    return GPT2LMHeadModel(GPT2Config(**WORDS, n_embd=16, n_layer=2, n_head=4, n_positions=32, **more))


def _llama(**more):
    torch.manual_seed(0)
    return LlamaForCausalLM(LlamaConfig(**DECODER, **more))


def _t5():
    torch.manual_seed(0)
    return T5ForConditionalGeneration(
        T5Config(**WORDS, d_model=16, d_kv=4, d_ff=24, num_layers=2, num_heads=4, decoder_start_token_id=0)
    )


def _words(*shape):
    torch.manual_seed(1)
    return torch.randint(3, 40, shape)


def _learned(name, model, **inputs):
    """The outputs, and the gradients of all parameters."""
    model.eval()
    out = model(**inputs)
    out.loss.backward()
    yield f"{name}, loss", out.loss
    for key, value in out.items():
        if isinstance(value, torch.Tensor):
            yield f"{name}, {key}", value
    for key, value in model.named_parameters():
        yield f"{name}, gradient of {key}", value.grad if value.grad is None else value.grad.norm()


def decoders():
    """Models that go on with a text."""
    ids = _words(2, 7)
    yield from _learned("gpt2", _gpt2(), input_ids=ids, labels=ids)
    yield from _learned("llama", _llama(), input_ids=ids, labels=ids)
    for name, model, config in (
        ("mistral", MistralForCausalLM, MistralConfig(**DECODER, sliding_window=4)),
        ("qwen", Qwen2ForCausalLM, Qwen2Config(**DECODER)),
        ("mixtral", MixtralForCausalLM, MixtralConfig(**DECODER, num_local_experts=3, output_router_logits=True)),
    ):
        torch.manual_seed(0)
        yield from _learned(name, model(config), input_ids=ids, labels=ids)


def encoders():
    """Models that read a text, with padding."""
    ids = _words(3, 7)
    mask = torch.tensor([[1] * 7, [1] * 5 + [0] * 2, [1] * 3 + [0] * 4])
    torch.manual_seed(0)
    model = BertForSequenceClassification(BertConfig(**ENCODER, num_labels=3))
    yield from _learned("bert", model, input_ids=ids, attention_mask=mask, labels=torch.tensor([0, 2, 1]))
    torch.manual_seed(0)
    model = BertForMaskedLM(BertConfig(**ENCODER))
    yield from _learned("masked", model, input_ids=ids, attention_mask=mask, labels=ids.masked_fill(ids % 2 == 0, -100))
    torch.manual_seed(0)
    model = RobertaForQuestionAnswering(RobertaConfig(**ENCODER))
    yield from _learned(
        "roberta", model, input_ids=ids, start_positions=torch.tensor([0, 1, 2]), end_positions=torch.tensor([3, 3, 2])
    )
    torch.manual_seed(0)
    model = DistilBertForTokenClassification(
        DistilBertConfig(vocab_size=40, dim=16, hidden_dim=24, n_layers=2, n_heads=4, max_position_embeddings=32)
    )
    yield from _learned("distilbert", model, input_ids=ids, attention_mask=mask, labels=ids % 2)


def pairs():
    """From one text to another."""
    ids, labels = _words(2, 6), _words(2, 5)
    yield from _learned("t5", _t5(), input_ids=ids, labels=labels)
    torch.manual_seed(0)
    model = BartForConditionalGeneration(
        BartConfig(**WORDS, d_model=16, encoder_layers=1, decoder_layers=1, encoder_attention_heads=4,
                   decoder_attention_heads=4, encoder_ffn_dim=24, decoder_ffn_dim=24, max_position_embeddings=32)
    )  # fmt: skip
    yield from _learned("bart", model, input_ids=ids, labels=labels)


def images():
    """Images, and images with texts."""
    torch.manual_seed(0)
    small = {"hidden_size": 16, "intermediate_size": 24, "num_hidden_layers": 2, "num_attention_heads": 4}
    model = ViTForImageClassification(ViTConfig(**small, image_size=8, patch_size=4, num_labels=3))
    yield "repr", repr(model)
    pictures = torch.randn(2, 3, 8, 8)
    yield from _learned("vit", model, pixel_values=pictures, labels=torch.tensor([0, 2]))
    torch.manual_seed(0)
    config = CLIPConfig(
        text_config={**small, **WORDS, "max_position_embeddings": 16, "projection_dim": 8},
        vision_config={**small, "image_size": 8, "patch_size": 4, "projection_dim": 8},
        projection_dim=8,
    )
    yield from _learned("clip", CLIPModel(config), input_ids=_words(2, 6), pixel_values=pictures, return_loss=True)


def attention():
    """The ways of computing attention."""
    ids = _words(2, 7)
    mask = torch.tensor([[0, 0] + [1] * 5, [1] * 7])
    for way in ("eager", "sdpa"):
        model = _llama(attn_implementation=way)
        yield from _learned(way, model, input_ids=ids, attention_mask=mask, labels=ids)
    out = _gpt2(attn_implementation="eager")(ids, output_attentions=True, output_hidden_states=True)
    for number, value in enumerate(out.attentions + out.hidden_states):
        yield f"state {number}", value


def generation():
    """Greedy, drawn, and by beams; with the cache and without."""
    for name, model in (("gpt2", _gpt2()), ("llama", _llama()), ("t5", _t5())):
        model.eval()
        ids = _words(2, 4)
        common = {"max_new_tokens": 8, "min_new_tokens": 8}
        yield f"{name}, greedy", model.generate(ids, do_sample=False, **common)
        yield f"{name}, no cache", model.generate(ids, do_sample=False, use_cache=False, **common)
        torch.manual_seed(5)
        yield f"{name}, drawn", model.generate(ids, do_sample=True, top_k=10, top_p=0.9, temperature=1.3, **common)
        yield f"{name}, beams", model.generate(ids, num_beams=3, do_sample=False, **common)
        out = model.generate(
            ids, do_sample=False, repetition_penalty=1.4, no_repeat_ngram_size=2, output_scores=True,
            return_dict_in_generate=True, **common,
        )  # fmt: skip
        yield f"{name}, penalties", out.sequences
        yield f"{name}, scores", torch.stack(out.scores).clamp(-1e4, 1e4)


def training():
    """Steps with dropout, weight decay, a schedule, clipping, and recomputed activations."""
    for recomputed in (False, True):
        model = _gpt2()
        model.train()
        if recomputed:
            model.gradient_checkpointing_enable()
        optimizer = torch.optim.AdamW(model.parameters(), lr=1e-2, weight_decay=0.01)
        schedule = get_linear_schedule_with_warmup(optimizer, 2, 8)
        ids = _words(4, 8)
        for step in range(8):
            loss = model(ids, labels=ids).loss
            loss.backward()
            yield f"norm {step}", torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            schedule.step()
            optimizer.zero_grad()
            yield f"loss {step}", loss


def saving():
    """Saved, and loaded again."""
    ids = _words(2, 6)
    for model in (_gpt2(), _t5()):
        model.eval()
        with TemporaryDirectory() as folder:
            model.save_pretrained(folder)
            again = type(model)(type(model.config).from_pretrained(folder))
            again.load_state_dict(load_file(f"{folder}/model.safetensors"), strict=False)
            again.tie_weights()
            again.eval()
            given = {"input_ids": ids, "labels": ids}
            yield "the same", bool(torch.equal(model(**given).logits, again(**given).logits))


def growing():
    """More words, tied weights, shapes of the state."""
    model = _gpt2()
    model.resize_token_embeddings(44, mean_resizing=False)
    yield "tied", model.lm_head.weight is model.transformer.wte.weight
    yield "parameters", model.num_parameters()
    yield "state", str([(name, tuple(value.shape)) for name, value in model.state_dict().items()])
    yield "repr", repr(model)
