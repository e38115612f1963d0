"""README.md of an exported folder: what the model is, what it learned from, how to load it."""

import json
import os
import urllib.parse
from typing import Any, Dict

from helpers.base import files

LOADING = {
    "discriminator": """\
```python
import torch
from transformers import ElectraForPreTraining, ElectraTokenizerFast

folder = "{folder}"
discriminator = ElectraForPreTraining.from_pretrained(folder)
tokenizer = ElectraTokenizerFast.from_pretrained(folder)
ids = tokenizer.encode("Los pájaros están hablando", return_tensors="pt")
probabilities = torch.sigmoid(discriminator(ids)[0]).flatten()
for token, probability in zip(tokenizer.convert_ids_to_tokens(ids[0].tolist()), probabilities.tolist()):
    print("%12s %.3f %d" % (token, probability, probability > {threshold}))
```""",
    "generator": """\
```python
from transformers import ElectraForMaskedLM, ElectraTokenizerFast

folder = "{folder}"
generator = ElectraForMaskedLM.from_pretrained(folder)
tokenizer = ElectraTokenizerFast.from_pretrained(folder)
ids = tokenizer.encode("Los pájaros están [MASK].", return_tensors="pt")
logits = generator(ids)[0][0, ids[0].tolist().index(tokenizer.mask_token_id)]
print(tokenizer.convert_ids_to_tokens(logits.topk(5).indices.tolist()))
```""",
}

PURPOSE = {
    "discriminator": (
        "It tells, for each token of a sentence, whether it was replaced by another (replaced token detection). "
        "This is the half of ELECTRA that is kept and fine-tuned on other tasks."
    ),
    "generator": (
        "It fills `[MASK]`: in pre-training its proposals take the place of masked tokens, and the discriminator "
        "learns to find them. It is small on purpose."
    ),
}

SHOWN_FILES = 5
SHOWN_HPARAMS = ("model_size", "num_train_steps", "train_batch_size", "learning_rate", "num_warmup_steps",
                 "weight_decay_rate", "max_seq_length", "mask_prob", "temperature", "electra_objective", "disc_weight",
                 "untied_generator", "generator_hidden_size", "generator_layers", "seed", "tensorflow")  # fmt: skip


def write(
    path: str,
    component: str,
    config: Dict[str, Any],
    result: Dict[str, Any],
    model_name: str,
    step: int,
    hparams: Dict[str, Any],
    tokenizer: Dict[str, bool],
    corpus: Dict[str, Any],
    metrics: Dict[str, Any],
) -> None:
    """Write the card.

    ``config`` is config.json; ``tokenizer`` has ``do_lower_case`` and ``strip_accents``;
    ``hparams``, ``corpus`` (the corpus' manifest) and ``metrics`` (the last held-out ones) are
    dicts, empty where nothing is known; ``result`` holds the comparison with TensorFlow.
    """
    header = ["---", "library_name: transformers", "tags:", "- electra", "- replaced-token-detection"]
    data = _about(corpus)
    if "language" in data:
        header.insert(1, "language: {}".format(data["language"].partition("_")[0]))
    if component == "generator":
        header.insert(1, "pipeline_tag: fill-mask")
    settings = {name: hparams[name] for name in SHOWN_HPARAMS if hparams.get(name) is not None}
    shape = {
        name: config[name]
        for name in (
            "num_hidden_layers",
            "hidden_size",
            "num_attention_heads",
            "intermediate_size",
            "embedding_size",
            "vocab_size",
        )  # fmt: skip
    }
    threshold = config.get("replaced_threshold")
    parts = [
        "\n".join(header + ["---", ""]),
        f"# {model_name}: ELECTRA {component}\n",
        PURPOSE[component] + "\n",
        f"Pre-trained from scratch, {step} steps, with the method of Clark et al., "
        f"[ELECTRA](https://arxiv.org/abs/2003.10555) (2020). {result['parameters']:,} parameters.\n",
        "## Data\n",
        _table(data) if data else "Nothing is recorded about the text that it was trained on.\n",
        "Case: {}. Accents: {}.\n".format(
            "lower-cased" if tokenizer["do_lower_case"] else "kept",
            "stripped" if tokenizer["strip_accents"] else "kept",
        ),
        "## Shape and settings\n",
        _table(dict(shape, **settings)),
        "## Held-out results\n",
        _table(metrics) if metrics else "None were recorded.\n",
        "## How to load\n",
        LOADING[component].format(folder=model_name + "/" + component, threshold=_number(threshold or 0.5)) + "\n",
    ]
    if component == "discriminator":
        parts.append(
            "A probability above {} means: replaced (`replaced_threshold` in config.json; {}).\n".format(
                _number(threshold), config["replaced_threshold_source"]
            )
            if threshold is not None
            else "No threshold was set on held-out text; 0.5 is a guess.\n"
        )
    parts += ["## Limits\n", _limits(component, config, hparams, result)]
    with files.write_aside(path) as file:
        file.write("\n".join(parts))


def last_metrics(path: str, step: int = 0) -> Dict[str, Any]:
    """The last held-out metrics in a metrics.jsonl, up to ``step`` unless that is 0; an empty dict without any."""
    last = {}
    try:
        with open(path, encoding="utf-8") as file:
            for line in file:
                try:
                    record = json.loads(line)
                except ValueError:
                    continue  # the line that a killed run was writing
                if isinstance(record, dict) and record.get("event") == "eval":
                    last = last if step and record.get("step", 0) > step else record
    except FileNotFoundError:
        pass
    return {name: value for name, value in last.items() if name != "event"}


def _limits(component, config, hparams, result):
    length = hparams.get("max_seq_length")
    lines = ["It repeats what its text is like, mistakes and prejudices included; try it on text of your own first."]
    if length and length < config["max_position_embeddings"]:
        lines.append(
            f"It saw at most {length} tokens at a time: positions beyond are untrained, though config.json has "
            f"{config['max_position_embeddings']} of them."
        )
    lines.append(
        "PyTorch's logits were compared with TensorFlow's when this folder was written: they differ by "
        f"{result['difference']:.1e} at most."
    )
    if component == "generator":
        lines.append(
            "transformers 2.8.0 gives the output layer's layer norm the epsilon 1e-5 where training and "
            "transformers 5 have 1e-12, which moves its logits by some thousandths; "
            "`generator.generator_predictions.LayerNorm.eps = 1e-12` undoes it."
        )
    return "".join(f"- {line}\n" for line in lines)


def _table(values):
    rows = [f"| {name} | {_number(value)} |" for name, value in values.items()]
    return "\n".join(["| | |", "|---|---|"] + rows) + "\n"


def _about(manifest):
    """What others may know of the text, from the corpus' manifest: files by their names, without their folders."""
    parameters, known = manifest.get("parameters", {}), {}
    if parameters.get("source") == "sample":
        known["source"] = "synthetic film dialogue (the built-in corpus)"
    elif "url" in parameters:
        address = urllib.parse.urlsplit(parameters["url"])  # a password or a token in it is nobody's business
        known["source"] = "{}://{}{}".format(address.scheme, address.netloc.rpartition("@")[2], address.path)
    elif "files" in parameters:
        names = [os.path.basename(path) for path, *_ in parameters["files"]]
        known["source"] = ", ".join(names[:SHOWN_FILES]) + (" and others" if len(names) > SHOWN_FILES else "")
    known["language"] = manifest.get("input", {}).get("language")
    outputs = manifest.get("outputs", {})
    for words, name in (("lines trained on", "train.txt"), ("lines held out", "valid.txt")):
        known[words] = outputs.get(name, {}).get("lines")
    return {name: value for name, value in known.items() if value is not None}


def _number(value):
    return f"{value:.4g}" if isinstance(value, float) else str(value)
