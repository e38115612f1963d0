"""The run in five lines, and DATA_DIR/summary.json for programs."""

import os
from typing import Any, Dict, List, Mapping, Optional

from helpers.base import files
from helpers.base.history import amount, duration

FILE = "summary.json"
HELD_OUT = ("disc_auc", "disc_loss", "disc_accuracy", "mlm_loss", "mlm_accuracy")


def write(
    data_dir: str,
    corpus: Mapping[str, Any],
    training: Mapping[str, Any],
    evaluation: Mapping[str, Any],
    verdicts: Mapping[str, List[str]],
    seconds: float,
    unseen: Optional[Mapping[str, Any]] = None,
) -> str:
    """Write summary.json and return its five lines as text.

    Parameters
    ----------
    data_dir : str
        The folder that summary.json goes to.
    corpus, training, evaluation : dict
        What ``corpus.prepare``, ``pretraining.pretrain`` and ``discriminator.evaluate`` returned.  Where there was
        nothing to judge by, ``auc`` is None, and the line on held-out text says so.
    verdicts : dict of str to list of str
        For each sentence the words that are called replacements.
    seconds : float
        How long all of it took.
    unseen : dict, optional
        What ``discriminator.evaluate`` returned for words that never stood together in training text.
    """
    held_out = {name: training["held_out"][name] for name in HELD_OUT if name in training["held_out"]}
    held_out.update(word_auc=evaluation["auc"], sentences=evaluation["sentences"])
    if unseen is not None:
        held_out.update(unseen_auc=unseen["auc"])
    hparams = files.read_json(os.path.join(training["model_dir"], "hparams.json"), {})
    summary = dict(
        corpus=_corpus(corpus),
        steps=training["step"],
        seconds=dict(training=training["seconds"], all=round(seconds, 1)),
        held_out=held_out,
        verdict=verdicts,
        model={name: hparams.get(name) for name in ("model_size", "train_batch_size", "tensorflow")},
    )
    files.write_json(os.path.join(data_dir, FILE), summary)
    return lines(summary)


def _corpus(manifest: Mapping[str, Any]) -> Dict[str, Any]:
    made = manifest["parameters"]
    source = made["source"]
    if source == "sample":
        source = "built-in sample"
    elif source == "files":
        source = ", ".join(os.path.basename(file[0]) for file in made["files"])
    else:
        source = made.get("url", source)
    outputs = manifest["outputs"]
    return dict(source=source, train_lines=outputs["train.txt"]["lines"], valid_lines=outputs["valid.txt"]["lines"])


def lines(summary: Mapping[str, Any]) -> str:
    """The five lines for the content of a summary.json."""
    corpus, seconds, model, held_out = (summary[name] for name in ("corpus", "seconds", "model", "held_out"))
    train, valid = amount(corpus["train_lines"], "line"), amount(corpus["valid_lines"], "line")
    steps, sentences = amount(summary["steps"], "step"), amount(held_out["sentences"], "sentence")
    per_token, per_word = held_out.get("disc_auc"), held_out["word_auc"]
    areas = "no tokens to judge by" if per_token is None else f"AUC {per_token:.3f} per token"
    areas += ", no sentences to judge by" if per_word is None else f", AUC {per_word:.3f} per word over {sentences}"
    if held_out.get("unseen_auc") is not None:
        areas += f", {held_out['unseen_auc']:.3f} where the words never stood together"
    said = [
        f"{corpus['source']}, {train} to train on, {valid} held out",
        f"{steps} of batch {model['train_batch_size']}, model {model['model_size']}, TensorFlow {model['tensorflow']}",
        f"{duration(seconds['all'])} in all, {duration(seconds['training'])} of it training",
        areas,
        "; ".join(
            f"“{sentence}”: {'replaced: ' + ', '.join(words) if words else 'nothing replaced'}"
            for sentence, words in summary["verdict"].items()
        ),
    ]
    names = ("corpus", "steps", "time", "held-out", "verdict")
    return "\n".join(f"{name:9} {line}" for name, line in zip(names, said))
