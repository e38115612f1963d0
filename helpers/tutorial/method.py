"""One sentence on its way through ELECTRA: masked, filled in by the generator, judged by the discriminator.

    walks = method.walk("data/models/electra-spanish", "Los pájaros están cantando.", shares=(0.15, 0.4))
    plots.walk(walks[0][0])

The models run in a child process (``python -m helpers.tutorial.method``), in the TensorFlow environment, which has
PyTorch too: the kernel needs neither.
"""

import argparse
import json
import math
import os
from typing import Any, Dict, List, Optional, Sequence, Tuple

from helpers.base.errors import TutorialError
from helpers.base.events import add_events_flag, run

GUESSES = 4  # of the generator, for each masked token


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
    ``[token, probability]`` pairs for each token that was masked, else an empty list; and ``right``, the
    probability that the generator gave to the right token, else None.
    """
    from helpers.environment import child

    settings = dict(
        model_dir=os.path.abspath(model_dir), sentence=sentence, shares=list(shares), draws=draws, seed=seed
    )
    return child.run("helpers.tutorial.method", ["--settings", json.dumps(settings)], title="Both models at work")[
        "walks"
    ]


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


def _softmax(logits: Any) -> Any:
    """Probabilities (float64) of logits (any float, [..., words]), of the same shape."""
    import numpy as np

    weights = np.exp(logits.astype(np.float64) - logits.max(axis=-1, keepdims=True))
    return weights / weights.sum(axis=-1, keepdims=True)


def main(arguments: Optional[Sequence[str]] = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m helpers.tutorial.method", description=walk.__doc__.split("\n")[0])
    parser.add_argument("--settings", required=True, help="JSON: model_dir, sentence, shares, draws, seed")
    add_events_flag(parser)
    options = parser.parse_args(arguments)
    run(lambda reporter: reporter.result(walks=walks(**json.loads(options.settings))), options.events)


if __name__ == "__main__":
    main()
