"""A real cross-encoder, small enough to train within seconds.

Two layers, 32 wide, a WordPiece vocabulary of single characters and a few hundred words: it
loads, trains and saves through the same code as any other model.
"""

import json
import string
from collections.abc import Iterable
from pathlib import Path

import torch
from sentence_transformers import SentenceTransformer
from transformers import BertConfig, BertForSequenceClassification, BertTokenizer

SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
WORDS = (
    "how to read a file write list sort string split join find text number date time open close "
    "url json error path query candidate title court case return the of and in is from with for"
)


def tiny_cross_encoder(
    folder: Path, *, words: Iterable[str] = (), seed: int = 0, max_length: int = 64
) -> Path:
    """Save a tiny, untrained BERT cross-encoder with one output as safetensors into `folder`.

    `words` join the vocabulary whole; everything else is spelled out in characters. The same
    arguments give the same weights. Returns `folder`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer = _tokenizer(folder, words, max_length)
    torch.manual_seed(seed)
    config = BertConfig(
        vocab_size=len(tokenizer),
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=64,
        max_position_embeddings=max_length,
        id2label={0: "LABEL_0"},
        label2id={"LABEL_0": 0},
    )
    BertForSequenceClassification(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def tiny_edit(folder: Path, **values: object) -> None:
    """Overwrite keys of the folder's config.json, to make a base that has to be refused."""
    path = folder / "config.json"
    config = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps(config | values), encoding="utf-8")


def _tokenizer(folder: Path, words: Iterable[str], max_length: int) -> BertTokenizer:
    letters = string.ascii_lowercase + string.digits + string.punctuation
    entries = [*SPECIAL, *letters, *(f"##{letter}" for letter in letters)]
    entries += [word.lower() for word in (*WORDS.split(), *words)]
    vocabulary = {entry: row for row, entry in enumerate(dict.fromkeys(entries))}
    return BertTokenizer(vocab=vocabulary, model_max_length=max_length)


def tiny_bi_encoder(folder: Path) -> Path:
    """Save a tiny, untrained bi-encoder with mean pooling, as safetensors, into `folder`."""
    base = tiny_cross_encoder(folder / "base")
    SentenceTransformer(str(base), device="cpu").save_pretrained(str(folder / "bi-encoder"))
    return folder / "bi-encoder"
