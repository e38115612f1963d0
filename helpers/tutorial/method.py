"""One sentence on its way through ELECTRA, and what a pair of networks in plain PyTorch is checked by.

    walks = method.walk("data/models/electra-spanish", "Los pájaros están cantando.", shares=(0.15, 0.4))
    plots.walk(walks[0][0])

The models run in a child process (``python -m helpers.tutorial.method``), in the TensorFlow environment, which has
PyTorch too: for a walk the kernel needs neither.  For ELECTRA in sixty lines it needs PyTorch; :func:`tensorflow_batch`
has the losses that they must come to, :func:`plain_weights` the weights.
"""

import argparse
import json
import math
import os
from typing import Any, Dict, List, Optional, Sequence, Tuple

from helpers.base import values
from helpers.base.errors import TutorialError
from helpers.base.events import add_events_flag, run

GUESSES = 6  # of the generator, for each masked token
# Parts of notebook 1's networks, and what transformers calls them.
EMBEDDINGS = {
    "word": "electra.embeddings.word_embeddings", "position": "electra.embeddings.position_embeddings",
    "segment": "electra.embeddings.token_type_embeddings", "norm": "electra.embeddings.LayerNorm",
}  # fmt: skip
LAYER = {
    "self_attn.out_proj": "attention.output.dense", "norm1": "attention.output.LayerNorm",
    "linear1": "intermediate.dense", "linear2": "output.dense", "norm2": "output.LayerNorm",
}  # fmt: skip
HEADS = {
    "generator": {"dense": "generator_predictions.dense", "norm": "generator_predictions.LayerNorm"},
    "discriminator": {
        "dense": "discriminator_predictions.dense", "verdict": "discriminator_predictions.dense_prediction"
    },
}  # fmt: skip
PROJECT = "electra.embeddings_project.weight"


def walk(
    model_dir: str, sentence: str, shares: Sequence[float] = (0.15,), draws: int = 1, seed: int = 0
) -> List[List[Dict[str, Any]]]:
    """Send ``sentence`` through the pair of models in ``model_dir``, several times.

    Parameters
    ----------
    model_dir : str
        Folder of a model, with its exported discriminator/ and generator/.
    shares : sequence of float
        Shares of the tokens that are masked; at least one token is.
    draws : int
        How often, for each share, positions and replacements are drawn anew.

    Returns
    -------
    list (a share each) of lists (a draw each) of dicts with lists of one entry a token: ``tokens``;
    ``masked`` (tokens, with [MASK]); ``drawn`` (tokens, with the generator's); ``replaced`` (0 or 1);
    ``probabilities`` of having been replaced, the discriminator's; ``guesses``, the generator's best
    ``[token, probability]`` pairs for each token that was masked, else an empty list; ``right``, the probability
    that the generator gave to the right token, else None; and ``drawn_by``, of the token that was drawn, the
    generator's probability and the one that it was drawn with (another one where there is a temperature), else None.
    """
    from helpers.environment import child

    settings = dict(
        model_dir=os.path.abspath(model_dir), sentence=sentence, shares=list(shares), draws=draws, seed=seed
    )
    argv = ["--walk", json.dumps(settings)]
    return child.run("helpers.tutorial.method", argv, title="Both models at work")["walks"]


def walks(model_dir: str, sentence: str, shares: Sequence[float], draws: int, seed: int) -> List[List[Dict[str, Any]]]:
    """What :func:`walk` returns, computed here and now with PyTorch."""
    import numpy as np

    from helpers import discriminator
    from helpers.discriminator import loading

    discriminator_model = discriminator.load(os.path.join(model_dir, "discriminator"))
    generator_model = discriminator.load_generator(os.path.join(model_dir, "generator"))
    with open(os.path.join(model_dir, "hparams.json"), encoding="utf-8") as file:
        temperature = json.load(file)["temperature"]
    encoded = discriminator_model.encoder.encode(sentence)
    ids = np.array(encoded.ids)
    inner = np.arange(1, len(ids) - 1)  # never [CLS] and [SEP]
    if not len(inner):
        raise TutorialError(f"there is no word in {sentence!r}")
    random = np.random.RandomState(seed)
    masked = np.tile(ids, (len(shares), draws, 1))
    for share, row in zip(shares, masked):
        for example in row:
            count = max(1, int(round(share * len(inner))))
            example[random.choice(inner, count, replace=False)] = discriminator_model.encoder.mask_token_id
    masked = masked.reshape(-1, len(ids))
    hidden = masked != ids

    logits, _ = loading.logits(generator_model.model, masked.tolist(), discriminator_model.encoder.pad_token_id)
    shares_of = _softmax(logits[hidden])
    draw_from = _softmax(logits[hidden] / temperature)
    drawn = masked.copy()
    drawn[hidden] = [random.choice(len(weights), p=weights) for weights in draw_from]
    logits, _ = loading.logits(discriminator_model.model, drawn.tolist(), discriminator_model.encoder.pad_token_id)
    probabilities = 0.5 * (1 + np.tanh(0.5 * logits.astype(np.float64)))

    words = discriminator_model.encoder.tokenizer.convert_ids_to_tokens
    took = (np.arange(len(shares_of)), drawn[hidden])
    drawn_by = iter(np.stack([shares_of[took], draw_from[took]], axis=1).tolist())
    right = iter(shares_of[np.arange(len(shares_of)), np.tile(ids, (len(masked), 1))[hidden]].tolist())
    guesses = iter(
        [[word, round(float(weights[i]), 4)] for i, word in zip(best, words(best.tolist()))]
        for weights, best in zip(shares_of, np.argsort(-shares_of, axis=1)[:, :GUESSES])
    )
    found = [
        dict(
            tokens=encoded.tokens,
            masked=words(masked[n].tolist()),
            drawn=words(drawn[n].tolist()),
            replaced=(drawn[n] != ids).astype(int).tolist(),
            probabilities=[round(float(value), 4) for value in probabilities[n]],
            guesses=[next(guesses) if is_hidden else [] for is_hidden in hidden[n]],
            right=[round(next(right), 6) if is_hidden else None for is_hidden in hidden[n]],
            drawn_by=[[round(p, 6) for p in next(drawn_by)] if is_hidden else None for is_hidden in hidden[n]],
        )
        for n in range(len(masked))
    ]
    return [found[n : n + draws] for n in range(0, len(found), draws)]


def losses(steps: Dict[str, Any]) -> Tuple[List[Tuple[Any, ...]], float, float]:
    """Both losses on one walk, token by token: rows for a table, and their means.

    Returns ``(rows, generator loss, discriminator loss)``; a row is ``(token, drawn, what happened, generator's
    loss or None, probability of replaced, discriminator's loss)``.  [CLS] and [SEP] count, as in training.
    """
    rows = []
    for token, masked, drawn, replaced, probability, right in zip(
        *(steps[name] for name in ("tokens", "masked", "drawn", "replaced", "probabilities", "right"))
    ):
        happened = "replaced" if replaced else "masked, drawn right" if masked != token else ""
        generator = None if right is None else -math.log(max(right, 1e-9))
        discriminator = -math.log(max(probability if replaced else 1 - probability, 1e-9))
        rows.append((token, drawn, happened, generator, probability, discriminator))
    generators = [row[3] for row in rows if row[3] is not None]
    return rows, sum(generators) / len(generators), sum(row[5] for row in rows) / len(rows)


def counts(walks: Sequence[Sequence[Dict[str, Any]]], shares: Sequence[float]) -> List[Tuple[Any, ...]]:
    """What came out of all draws together, a row for each share of masked tokens.

    ``walks`` is what :func:`walk` returned for ``shares``.  Returns a list of (share, masked tokens, of them drawn
    right, replaced, of them given more than 50%, original, of them given more than 50%); [CLS] and [SEP] are left out.
    """
    rows = []
    for share, draws in zip(shares, walks):
        names = ("right", "replaced", "probabilities")
        tokens = [token for steps in draws for token in list(zip(*(steps[name] for name in names)))[1:-1]]
        masked = [token for token in tokens if token[0] is not None]
        replaced = [probability for _, was_replaced, probability in tokens if was_replaced]
        original = [probability for _, was_replaced, probability in tokens if not was_replaced]
        suspected = [sum(probability > 0.5 for probability in group) for group in (replaced, original)]
        drawn_right = len(masked) - len(replaced)
        rows.append(
            (f"{share:.0%}", len(masked), drawn_right, len(replaced), suspected[0], len(original), suspected[1])
        )
    return rows


def pytorch() -> Tuple[Any, Any, Any]:
    """``torch``, ``torch.nn`` and ``torch.nn.functional``; TutorialError where this Python has no PyTorch."""
    from helpers.discriminator import loading

    torch, _ = loading.libraries()
    return torch, torch.nn, torch.nn.functional


def shapes(model_dir: str) -> Dict[str, Any]:
    """The sizes of the pair of networks in ``model_dir``, from the exported folders' config.json.

    Returns a dict with ``words``, ``positions``, ``size`` (of the shared embeddings), and for ``generator`` and
    ``discriminator`` one with ``width``, ``layers``, ``heads`` and ``inner`` (the feed-forward layers' width).
    """
    from helpers.discriminator import loading

    configs = {part: loading.read_config(os.path.join(model_dir, part)) for part in ("generator", "discriminator")}
    names = dict(
        width="hidden_size", layers="num_hidden_layers", heads="num_attention_heads", inner="intermediate_size"
    )
    found = {part: {name: config[key] for name, key in names.items()} for part, config in configs.items()}
    of_both = dict(words="vocab_size", positions="max_position_embeddings", size="embedding_size")
    return dict(found, **{name: configs["discriminator"][key] for name, key in of_both.items()})


def plain_weights(model_dir: str) -> Dict[str, Dict[str, Any]]:
    """The exported weights under the names that they have in notebook 1's networks.

    Returns for ``embeddings``, ``generator`` and ``discriminator`` a state dict of torch tensors.
    """
    import torch
    from safetensors.torch import load_file

    found = {}
    for part, head in HEADS.items():
        given = load_file(os.path.join(model_dir, part, "model.safetensors"))
        names = dict(head, **({"encoder.project": "electra.embeddings_project"} if PROJECT in given else {}))
        layers = len({name.split(".")[3] for name in given if name.startswith("electra.encoder.layer.")})
        weights = {"bias": given["generator_lm_head.bias"]} if part == "generator" else {}
        for layer in range(layers):
            ours, theirs = f"encoder.layers.layers.{layer}.", f"electra.encoder.layer.{layer}."
            names.update((ours + name, theirs + other) for name, other in LAYER.items())
            for kind in ("weight", "bias"):  # torch.nn keeps the three in one matrix
                three = [given[f"{theirs}attention.self.{name}.{kind}"] for name in ("query", "key", "value")]
                weights[f"{ours}self_attn.in_proj_{kind}"] = torch.cat(three)
        weights.update(_renamed(given, names))
        found[part] = weights
        if part == "discriminator":
            found["embeddings"] = _renamed(given, EMBEDDINGS)
    return found


def tensorflow_batch(data_dir: str, model_name: str, examples: int = 64, seed: int = 0) -> Dict[str, Any]:
    """What the TensorFlow graph makes of one batch of training examples, at the model's checkpoint, dropout off.

    Returns
    -------
    dict with NumPy arrays [examples, length]: ``ids``, ``segments``, ``masked_ids`` and ``corrupted_ids`` (int64),
    ``real`` (bool, False on padding) and ``chosen`` (bool, where a token was masked); ``generator_loss`` and
    ``discriminator_loss``; ``pad``, ``mask`` (ids) and ``special`` (ids that are never masked); and of the run's
    hyperparameters ``mask_prob``, ``temperature`` and ``disc_weight``.
    """
    import numpy as np

    from helpers.environment import child

    settings = dict(data_dir=os.path.abspath(data_dir), model_name=model_name, examples=examples, seed=seed)
    argv = ["--batch", json.dumps(settings)]
    found = child.run("helpers.tutorial.method", argv, title="TensorFlow's losses on a batch")["batch"]
    for name, value in found.items():
        if name in ("ids", "segments", "masked_ids", "corrupted_ids", "real", "chosen"):
            found[name] = np.array(value, bool if name in ("real", "chosen") else np.int64)
    return found


def batch(data_dir: str, model_name: str, examples: int, seed: int) -> Dict[str, Any]:
    """What :func:`tensorflow_batch` returns, as lists, computed here and now with TensorFlow."""
    from helpers.conversion import configuration
    from helpers.data import dataset
    from helpers.data.vocabulary import vocab_file
    from helpers.pretraining import hyperparameters
    from helpers.pretraining.network import inference, masking

    model_dir = os.path.join(data_dir, "models", model_name)
    hparams = configuration.read_hparams(hyperparameters.parse(os.path.join(model_dir, "hparams.json")))
    ids = vocab_file.index(vocab_file.read(os.path.join(data_dir, "vocab.txt")))
    specials = masking.SpecialTokens(*(ids[token] for token in ("[CLS]", "[SEP]", "[MASK]")))
    read = dataset.sample(data_dir, examples)
    parts = [read[name] for name in ("input_ids", "input_mask", "segment_ids")]
    found = inference.electra_losses(model_dir, hparams, specials, *parts, seed=seed)
    found = {name: value.tolist() if hasattr(value, "tolist") else value for name, value in found.items()}
    found.update(ids=parts[0].tolist(), real=parts[1].tolist(), segments=parts[2].tolist())
    found.update(pad=ids["[PAD]"], mask=specials.mask, special=[ids["[PAD]"], *specials])
    return dict(found, **{name: getattr(hparams, name) for name in ("mask_prob", "temperature", "disc_weight")})


def _renamed(given: Dict[str, Any], names: Dict[str, str]) -> Dict[str, Any]:
    """The tensors whose names begin with the values of ``names``, with its keys in their place."""
    weights = {}
    for ours, theirs in names.items():
        for kind in ("weight", "bias"):
            if f"{theirs}.{kind}" in given:
                weights[f"{ours}.{kind}"] = given[f"{theirs}.{kind}"]
    return weights


def _softmax(logits: Any) -> Any:
    """Probabilities (float64) of logits (any float, [..., words]), of the same shape."""
    import numpy as np

    weights = np.exp(logits.astype(np.float64) - logits.max(axis=-1, keepdims=True))
    return weights / weights.sum(axis=-1, keepdims=True)


def main(arguments: Optional[Sequence[str]] = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m helpers.tutorial.method", description=walk.__doc__.split("\n")[0])
    work = parser.add_mutually_exclusive_group(required=True)
    work.add_argument("--walk", type=values.given, help="JSON: model_dir, sentence, shares, draws, seed")
    work.add_argument("--batch", type=values.given, help="JSON: data_dir, model_name, examples, seed")
    add_events_flag(parser)
    options = parser.parse_args(arguments)
    if options.walk:
        run(lambda reporter: reporter.result(walks=walks(**json.loads(options.walk))), options.events)
    else:
        run(lambda reporter: reporter.result(batch=batch(**json.loads(options.batch))), options.events)


if __name__ == "__main__":
    main()
