"""Fine-tuning: the exported discriminator learns a task of its own from labelled sentences.

    python -m helpers.finetuning train    --model data/models/M/discriminator --kind tokens --output-dir data/pos
    python -m helpers.finetuning predict  --model data/pos "Los pájaros cantan."
    python -m helpers.finetuning evaluate --model data/pos --file test.tsv
    python -m helpers.finetuning compare  --model data/models/M/discriminator --kind tokens --output-dir data/curves

``train`` writes a folder that ``predict``, ``evaluate`` and transformers' ``from_pretrained`` load.  ``compare``
fine-tunes from the pre-trained weights and from random ones, with few labelled sentences and with many.
Labels come from files (``--train``), or from the built-in generator where none are named:

    --kind tokens      a word and its label a line, an empty line between sentences (CoNLL, .conllu)
    --kind sentences   text and label, or two texts and a label: TSV, CSV, JSON lines, fastText
    --kind scores      the same with numbers for labels, such as how alike two sentences are

What was recognized in a file, the share of each label, and what may go wrong with them is said before training.
"""

import hashlib
import os
from typing import Any, Dict, List, Optional, Sequence, Tuple, Union

from helpers.base import files, progress
from helpers.base.errors import TutorialError, did_you_mean
from helpers.discriminator import loading, tokenizer_json
from helpers.finetuning import networks, training
from helpers.finetuning.batches import Featurizer
from helpers.finetuning.card import card
from helpers.finetuning.tasks import SCORES, SENTENCES, TOKENS, Example, Labelled, describe

MANIFEST = "finetuning.json"
STARTS = ("pretrained", "scratch")


class FineTuned:
    """A fine-tuned network that labels sentences.  Made by :func:`load`."""

    def __init__(self, network, encoder, kind, labels, max_length=None):
        self.network, self.kind, self.labels = network, kind, labels
        self.featurizer = Featurizer(encoder, kind, labels, max_length)

    def predict(self, sentences: Sequence[Union[str, Sequence[str]]]) -> List:
        """Labels of sentences (a list of texts, or of pairs of texts where the task is on pairs).

        For each one ``[(word, label, probability), …]`` where words are labelled, ``(label, probability)`` where
        sentences are, a number for scores.
        """
        if isinstance(sentences, str):
            raise TutorialError(f"predict takes a list of sentences: put {sentences[:60]!r} in brackets")
        examples = [self._example(sentence) for sentence in sentences]
        given = [number for number, example in enumerate(examples) if example.inputs]
        found, shares = training.predict(self.network, self.featurizer, [examples[n] for n in given])
        if self.kind == SCORES:
            return found
        if self.kind == SENTENCES:
            return [(self.labels[number], share) for number, share in zip(found, shares)]
        said = [[] for _ in examples]
        for number, row, probabilities in zip(given, found, shares):
            names = [self.labels[label] for label in row]
            said[number] = list(zip(examples[number].inputs, names, probabilities))
        return said

    def evaluate(self, examples: Sequence[Example]) -> Dict[str, Any]:
        """What ``metrics.evaluate`` says of the network on a list of labelled ``Example``."""
        return training.evaluate(self.network, self.featurizer, examples)

    def _example(self, sentence):
        texts = (sentence,) if isinstance(sentence, str) else tuple(sentence)
        if not all(isinstance(text, str) for text in texts) or (self.kind == TOKENS and len(texts) != 1):
            raise TutorialError(f"a sentence must be text, not {sentence!r}")
        if self.kind != TOKENS:
            return Example(texts, ())
        encoder = self.featurizer.encoder
        return Example(tuple(word for piece in texts[0].split() for word in _words(encoder, piece)), ())


def _words(encoder, piece):
    """The words and punctuation marks of a text without white space."""
    return [word.text for word in encoder.encode(piece).words]


def finetune(
    model: str, labelled: Labelled, output_dir: str, start: str = "pretrained", **settings: Any
) -> Dict[str, Any]:
    """Fine-tune the exported model in folder ``model`` on a task, and write the outcome to ``output_dir``.

    Parameters
    ----------
    model : str
        An exported folder: the discriminator, or a model of masked LM.
    labelled : Labelled
        What ``tasks.load`` (files) or ``tasks.builtin`` gave.
    output_dir : str
        Becomes a folder that :func:`load` loads; one that this function wrote is replaced.
    start : str
        "pretrained", or "scratch" for random weights in the same shape.
    **settings
        Fields of ``training.Settings``, such as ``rounds=5``.

    Returns
    -------
    dict with ``up_to_date``, ``folder``, ``history`` (a row for each round), ``best`` (the round that was kept),
    ``steps``, ``valid`` and ``test`` (evaluations, see ``metrics.evaluate``), ``settings`` and ``data``.

    A run that is interrupted goes on from its last round when it is called again; one that is finished is not
    done again.  Raises TutorialError in one sentence.
    """
    chosen = settings_of(settings)
    _check_folder(output_dir)
    run = dict(model=model_digest(model), start=start, data=digest(labelled), settings=chosen._asdict())
    path = os.path.join(output_dir, MANIFEST)
    done = files.read_json(path, {})
    if done.get("run") == run:
        print(f"Fine-tuning is up to date: {output_dir}.")
        return dict(done["result"], up_to_date=True, folder=output_dir)
    loading.libraries()  # they take seconds, and show a bar of their own
    with progress.reporter("Fine-tuning") as report:
        for sentence in describe(labelled):
            report.message(sentence)
        state_file = os.path.abspath(output_dir) + ".state.safetensors"
        network, result = fit(model, labelled, labelled.train, start, chosen, report, state_file, run)
        about = dict(model=os.path.basename(os.path.dirname(os.path.abspath(model))), start=start, **result)
        with files.write_folder_aside(output_dir) as folder:
            networks.save(network, folder, model, labelled.kind, labelled.labels, card(labelled, about))
            files.write_json(os.path.join(folder, MANIFEST), dict(run=run, result=result))
    return dict(result, up_to_date=False, folder=output_dir)


def fit(
    model: str,
    labelled: Labelled,
    examples: Sequence[Example],
    start: str,
    settings: training.Settings,
    report: Optional[Any] = None,
    state_file: Optional[str] = None,
    run: Optional[Dict[str, Any]] = None,
) -> Tuple[Any, Dict[str, Any]]:
    """Fine-tune on ``examples`` of a task: ``(network, result)``, nothing written but the state.

    ``result`` is what :func:`finetune` returns, without the folder.  Without ``report`` nothing is said.
    """
    report = report or progress.Reporter(silent=True)
    make = dict(zip(STARTS, (networks.from_pretrained, networks.from_scratch))).get(start)
    if make is None:
        raise TutorialError(f"start is one of {', '.join(STARTS)}, not {start!r}")
    network = make(model, labelled.kind, labelled.labels, settings.seed)
    encoder = loading.load_encoder(model)
    featurizer = Featurizer(encoder, labelled.kind, labelled.labels, settings.max_length)
    if labelled.kind == SCORES:
        featurizer.measure(examples)
    trained = training.train(network, featurizer, labelled, examples, settings, report, state_file, run)
    if labelled.kind == SCORES:
        networks.as_measured(network, featurizer.centre, featurizer.unit)
        featurizer.centre, featurizer.unit = 0.0, 1.0
    cut = featurizer.truncated
    if cut:
        report.message(f"texts longer than {featurizer.max_length} tokens were cut ({cut} times)")
    splits = dict(train=len(examples), valid=len(labelled.valid), test=len(labelled.test))
    result = dict(trained._asdict(), settings=settings._asdict())
    result["data"] = dict(source=labelled.source, kind=labelled.kind, labels=labelled.labels, sentences=splits)
    for name in ("valid", "test"):
        result[name] = training.evaluate(network, featurizer, getattr(labelled, name))
    return network, result


def fit_at_best_rate(
    model: str,
    labelled: Labelled,
    examples: Sequence[Example],
    start: str,
    settings: training.Settings,
    rates: Sequence[float],
) -> Tuple[Any, Dict[str, Any]]:
    """As :func:`fit`, at each of the learning rates ``rates``; the outcome that does best on the validation set."""
    outcomes = [fit(model, labelled, examples, start, settings._replace(learning_rate=rate)) for rate in rates]
    return max(outcomes, key=lambda outcome: outcome[1]["valid"][outcome[1]["valid"]["main"]])


def load(folder: str) -> FineTuned:
    """The :class:`FineTuned` model in ``folder``, as :func:`finetune` wrote it."""
    network, kind, labels = networks.load(folder)
    settings = files.read_json(os.path.join(folder, MANIFEST), {}).get("run", {}).get("settings", {})
    return FineTuned(network, loading.load_encoder(folder), kind, labels, settings.get("max_length"))


def settings_of(values: Dict[str, Any]) -> training.Settings:
    """``training.Settings`` with ``values`` (by name) in place of the usual ones, checked."""
    fields = training.Settings._fields
    for name in values:
        if name not in fields:
            near = did_you_mean(name, fields)
            raise TutorialError(f"unknown setting {name!r} of fine-tuning{near and '; ' + near}")
    settings = training.Settings(**values)
    training.check(settings)
    return settings


def digest(labelled: Labelled) -> str:
    """Hex digest that tells one task with its examples from another; what was said of them does not count."""
    return hashlib.sha256(repr(tuple(labelled[:6])).encode("utf-8")).hexdigest()


def model_digest(model: str) -> List[Optional[str]]:
    """What tells whether the pre-trained model is still the same: hashes of weights, shape and vocabulary."""
    names = ("model.safetensors", "config.json", "vocab.txt", "tokenizer_config.json")
    names += (tokenizer_json.FILE,) * tokenizer_json.only(model)
    paths = [os.path.join(model, name) for name in names]
    loading.read_config(model)
    return [files.sha256(path) if os.path.isfile(path) else None for path in paths]


def _check_folder(folder):
    if os.path.exists(folder) and not os.path.isfile(os.path.join(folder, MANIFEST)):
        if not os.path.isdir(folder) or os.listdir(folder):
            raise TutorialError(
                f"{folder} holds something that fine-tuning did not write and would lose: choose another folder"
            )
