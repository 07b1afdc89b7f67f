"""sentence-transformers: sentences as vectors, by a small network with words of its own."""

from __future__ import annotations

import warnings
from pathlib import Path
from tempfile import TemporaryDirectory

import torch
from sentence_transformers import SentenceTransformer, losses, models, util
from transformers import BertConfig, BertModel, BertTokenizer

WORDS = "[PAD] [UNK] [CLS] [SEP] [MASK] the a cat dog sat on mat ran in park sun moon is bright".split()
SENTENCES = ["the cat sat on the mat", "a dog ran in the park", "the moon is bright", "the sun is bright"]


def _model(folder, pooling="mean", more=()):
    (Path(folder) / "vocab.txt").write_text("\n".join(WORDS), encoding="utf-8")
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=len(WORDS), hidden_size=16, num_hidden_layers=2, num_attention_heads=2, intermediate_size=32,
        max_position_embeddings=32,
    )  # fmt: skip
    BertModel(config).save_pretrained(folder)
    BertTokenizer(f"{folder}/vocab.txt").save_pretrained(folder)
    words = models.Transformer(folder, max_seq_length=16)
    pool = models.Pooling(words.get_word_embedding_dimension(), pooling_mode=pooling)
    return SentenceTransformer(modules=[words, pool, *more], device="cpu")


def vectors():
    """Encoded, compared, searched, clustered, saved and loaded."""
    warnings.simplefilter("ignore")
    with TemporaryDirectory() as folder:
        for pooling in ("mean", "max", "cls", "lasttoken", "weightedmean"):
            model = _model(folder, pooling)
            yield pooling, model.encode(SENTENCES, convert_to_tensor=True)
        model = _model(folder, "mean", [models.Dense(16, 8), models.Normalize()])
        found = model.encode(SENTENCES, convert_to_tensor=True, batch_size=3)
        yield "dense", found
        yield "similarity", model.similarity(found, found)
        yield "cosine", util.cos_sim(found[:2], found)
        yield "nearest", [[one["corpus_id"] for one in row] for row in util.semantic_search(found, found, top_k=2)]
        yield "pairs", [pair[1:] for pair in util.paraphrase_mining_embeddings(found)]
        yield "as an array", torch.from_numpy(model.encode(SENTENCES, normalize_embeddings=True))
        model.save(f"{folder}/saved")
        yield "again", SentenceTransformer(f"{folder}/saved", device="cpu").encode(SENTENCES, convert_to_tensor=True)


def learning():
    """Losses and their gradients, and some steps."""
    warnings.simplefilter("ignore")
    with TemporaryDirectory() as folder:
        for name, labels, count, more in (
            ("CosineSimilarityLoss", torch.tensor([0.9, 0.1]), 2, {}), ("MultipleNegativesRankingLoss", None, 2, {}),
            ("ContrastiveLoss", torch.tensor([1, 0]), 2, {}), ("OnlineContrastiveLoss", torch.tensor([1, 0]), 2, {}), ("TripletLoss", None, 3, {}),
            ("CoSENTLoss", torch.tensor([0.9, 0.1]), 2, {}), ("AnglELoss", torch.tensor([0.9, 0.1]), 2, {}),
            ("BatchAllTripletLoss", torch.tensor([0, 1]), 1, {}), ("MSELoss", torch.zeros(2, 16), 1, {}),
            ("SoftmaxLoss", torch.tensor([1, 0]), 2, {"sentence_embedding_dimension": 16, "num_labels": 2}),
            ("MegaBatchMarginLoss", None, 2, {}),
        ):  # fmt: skip
            model = _model(folder)
            model.eval()
            loss = getattr(losses, name)(model=model, **more)
            given = [model.preprocess(SENTENCES[at : at + 2]) for at in range(count)]
            optimizer = torch.optim.AdamW(loss.parameters(), lr=1e-3)
            for step in range(3):
                value = loss([dict(one) for one in given], labels)
                optimizer.zero_grad()
                value.backward()
                optimizer.step()
                yield f"{name}, {step}", value
            yield f"{name}, gradient", model[0].auto_model.embeddings.word_embeddings.weight.grad
