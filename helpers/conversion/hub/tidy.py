"""A folder as it came from the Hub becomes one that loads here: weights, config.json and tokenizer as we write them."""

import os
from typing import Any, Dict

from helpers.base import files
from helpers.base.errors import TutorialError
from helpers.conversion.hub.pickles import tensors
from helpers.conversion.weights_map import ARCHITECTURES
from helpers.data.vocabulary import vocab_file
from helpers.discriminator import loading, tokenizer_json

WEIGHTS = "model.safetensors"


def tidy(folder: str, weights: str, repo_id: str, half: str = "discriminator") -> None:
    """Make what was fetched into ``folder`` loadable; ``weights`` is the file that holds them, of which ``half``.

    Raises TutorialError where it is not that half of ELECTRA, or its tokenizer none that can be read here.
    """
    from safetensors.torch import load_file, save_file

    path = os.path.join(folder, weights)
    found = load_file(path) if weights.endswith(".safetensors") else tensors(path)
    found = {_name(name): value for name, value in found.items() if not name.endswith("position_ids")}
    config = loading.read_config(folder)
    if config.get("model_type", "electra") != "electra":
        raise TutorialError(f"{repo_id} is a model of the kind {config['model_type']}, not electra")
    if f"{half}_predictions.dense.weight" not in found:
        other = "generator" if half == "discriminator" else "discriminator"
        raise TutorialError(
            f"{repo_id} holds no {half} of ELECTRA: fetch the model that is named so (…-{half}), not a {other} or a "
            "fine-tuned one"
        )
    config.update(architectures=[ARCHITECTURES[half]], model_type="electra")
    files.write_json(os.path.join(folder, "config.json"), config)
    os.remove(path)
    tied = loading.TIED if half == "generator" else {}  # written once, as the conversion does
    whole = {name: value.contiguous().clone() for name, value in found.items() if name not in tied}
    save_file(whole, os.path.join(folder, WEIGHTS), metadata={"format": "pt"})
    _tokenizer(folder, config)


def _name(name):
    """A parameter's name as it is today: the oldest files say gamma and beta."""
    return name.replace("LayerNorm.gamma", "LayerNorm.weight").replace("LayerNorm.beta", "LayerNorm.bias")


def _tokenizer(folder: str, config: Dict[str, Any]) -> None:
    """Write vocab.txt where there is none, and say of case and accents what the Hub leaves open."""
    path = os.path.join(folder, "tokenizer_config.json")
    stated = files.read_json(path, {})
    vocabulary, whole = os.path.join(folder, "vocab.txt"), os.path.join(folder, tokenizer_json.FILE)
    if not os.path.isfile(vocabulary):
        tokens, says = tokenizer_json.read(whole)
        vocab_file.write(vocabulary, tokens)
        stated = dict(stated, **says)  # what the tokenizer does counts, whatever stands beside it
    if os.path.isfile(whole):
        os.remove(whole)  # transformers would take it in place of the two files that are checked here
    made_for = vocab_file.made_for(vocab_file.read(vocabulary))
    for name, value in zip(("do_lower_case", "strip_accents"), made_for):
        if not isinstance(stated.get(name), bool):
            stated[name] = value
    length = stated.get("model_max_length") or stated.get("max_len") or config["max_position_embeddings"]
    length = min(int(length), config["max_position_embeddings"])
    stated.update(tokenizer_class="ElectraTokenizer", model_max_length=length, max_len=length)
    files.write_json(path, stated)
    files.write_json(os.path.join(folder, "special_tokens_map.json"), vocab_file.SPECIAL_TOKENS_MAP)
