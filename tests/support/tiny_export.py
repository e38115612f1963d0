"""An exported discriminator with random weights, as the conversion writes one, made without TensorFlow."""

import os

from helpers.base import files
from helpers.conversion import tokenizer_files
from helpers.discriminator import loading

WORDS = (
    "[PAD] [UNK] [CLS] [SEP] [MASK] . , ¿ ? ¡ ! Los los La la El el pájaros perro gata canta cantan ladra duerme vuela "
    "vuelan come comen pan agua casa grande roja feliz muy no y en con Ana Luis Madrid vive ##s ##n ##a ##o"
).split()
SHAPE = dict(
    vocab_size=len(WORDS), embedding_size=16, hidden_size=32, num_hidden_layers=1, num_attention_heads=2,
    intermediate_size=64, max_position_embeddings=40, pad_token_id=0,
)  # fmt: skip


def make(folder, architecture="ElectraForPreTraining", seed=0, max_length=24):
    """Write the folder; returns its path as text."""
    torch, transformers = loading.libraries()
    from safetensors.torch import save_file

    folder = str(folder)
    os.makedirs(folder)
    torch.manual_seed(seed)
    with loading.quiet(transformers):
        config = transformers.ElectraConfig(**SHAPE)
        model = getattr(transformers, architecture)(config)
    weights = {n: value.clone() for n, value in model.state_dict().items() if not n.endswith("position_ids")}
    weights.pop("generator_lm_head.weight", None)  # tied, written once
    save_file(weights, os.path.join(folder, "model.safetensors"), metadata={"format": "pt"})
    described = dict(SHAPE, architectures=[architecture], model_type="electra", hidden_act="gelu")
    files.write_json(os.path.join(folder, "config.json"), dict(described, replaced_threshold=0.5))
    tokenizer_files.write(folder, WORDS, False, False, max_length)
    return folder
