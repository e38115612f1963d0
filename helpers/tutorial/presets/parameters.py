"""The parameters of the notebooks: one table of names, kinds and defaults for form, command line and presets.

A parameter whose default is None follows the preset (:mod:`helpers.tutorial.presets`): its field in the form is
empty, and what is written there wins.
"""

import contextlib
import difflib
import json
import os
import re
from typing import Any, Dict, Iterable, Mapping, NamedTuple, Optional

from helpers.base.errors import TutorialError, did_you_mean
from helpers.base.values import truth

ALL = "all"  # as TRAIN_SIZE: every line there is


class Parameter(NamedTuple):
    """A row of :data:`TABLE`: its kind of value (a key of :data:`KINDS`), its default, and what it means."""

    kind: str
    default: Any
    meaning: str


# How each kind of value is said where another was given.
KINDS = {
    "text": "text",
    "path": "text",
    "whole": "a whole number",
    "lines": f'a whole number, or "{ALL}"',
    "number": "a number such as 0.0005",
    "switch": "True or False",
    "list": "a list, such as [10, 30]",
    "names": "names and values, such as {\"eval_steps\": 1000} (papermill: -y 'HPARAMS: {eval_steps: 1000}')",
}
TYPES = {"whole": int, "lines": int, "number": float, "list": list, "names": dict}

TABLE = {
    "DATA_DIR": Parameter("path", "./data", "where everything is written"),
    "DRIVE": Parameter("switch", False, "on Colab: keep DATA_DIR on Google Drive, in the folder electra-spanish"),
    "MODEL_NAME": Parameter("text", "electra-spanish", "the run's folder under DATA_DIR/models"),
    "PRESET": Parameter("path", "sample", "what empty fields stand for: a preset's name, or the path of a JSON file"),
    "CORPUS": Parameter("path", None, "the text: opensubtitles:es, sample, or a path, folder, glob or address"),
    "TRAIN_SIZE": Parameter(
        "lines", None, f'lines of text to train on, or "{ALL}"; no more is downloaded than they need'
    ),
    "CORPUS_COLUMN": Parameter("text", None, "the column of a table or data set that holds the text (empty: guessed)"),
    "CORPUS_LANGUAGE": Parameter("text", None, "which language of a file that holds several"),
    "CORPUS_ENCODING": Parameter("text", None, "the files' encoding, such as cp1252 (empty: found out)"),
    "SPLIT_LINES": Parameter("switch", None, "split lines into sentences (empty: where lines are paragraphs)"),
    "VOCAB": Parameter(
        "path", None, "the vocabulary: a name, train:8000 (one of your own), or the path of a vocab.txt"
    ),
    "INIT_CHECKPOINT": Parameter(
        "path", None, "weights to go on from: a run's folder, a checkpoint, exported folders, or owner/name on the Hub"
    ),
    "MODEL_SIZE": Parameter("text", None, "tiny, small, base or large"),
    "MAX_SEQ_LENGTH": Parameter("whole", None, "tokens in an example"),
    "ONE_SENTENCE_PER_EXAMPLE": Parameter("switch", None, "a sentence is an example, not packed with others"),
    "NUM_TRAIN_STEPS": Parameter("whole", None, "steps of pre-training"),
    "TRAIN_BATCH_SIZE": Parameter("whole", None, "examples in a step"),
    "LEARNING_RATE": Parameter("number", None, "the highest learning rate of pre-training"),
    "SEED": Parameter("whole", None, "decides masks, samples, dropout and order"),
    "TENSORFLOW": Parameter("text", "auto", "auto, 1.15, kernel (the notebook's own 2.x) or 2"),
    "HPARAMS": Parameter("names", None, "any further hyperparameter; a preset's others stay as they are"),
    # Fields of single chapters; the form of each notebook has its own value.
    "INTERACTIVE": Parameter("switch", True, "show buttons and sliders, which need somebody to press them"),
    "SENTENCE": Parameter("text", None, "a sentence of your own, or the one that the chapter works on"),
    "COMPARISON_STEPS": Parameter("whole", 500, "steps of the two runs that are compared"),
    "MEGABYTES": Parameter("list", [1, 8, 64], "sizes of text whose building is timed"),
    "KIND": Parameter("text", "tokens", "what is labelled: tokens, sentences, or sentences with scores (numbers)"),
    "TRAIN_FILE": Parameter("path", "", "labelled sentences of your own (empty: the built-in ones)"),
    "VALID_FILE": Parameter("path", "", "labelled sentences to stop by (empty: a fifth of the others)"),
    "TEST_FILE": Parameter("path", "", "labelled sentences to be measured by (empty: half of the validation set)"),
    "ENCODING": Parameter("text", "utf-8", "encoding of these files"),
    "ROUNDS": Parameter("whole", 6, "passes over the labelled sentences, at most"),
    "SIZES": Parameter("list", [10, 30, 100], "numbers of labelled sentences that are compared"),
    "SEEDS": Parameter("list", [0, 1, 2], "seeds of fine-tuning"),
    "OBJECTIVE_STEPS": Parameter("list", [200], "steps of ELECTRA that the objectives are compared at"),
    "SENTENCES": Parameter("list", None, "sentences that the fine-tuned model labels"),
    "HUB_MODEL": Parameter("text", "", "owner/name of a model on the Hugging Face Hub to compare with (empty: none)"),
    "PUSH_TO": Parameter("text", "", "owner/name that the model gets on the Hugging Face Hub (empty: not shared)"),
}
# Those that say how text of one's own is read, and what ``corpus.prepare`` calls them.
READING = {
    "CORPUS_COLUMN": "column",
    "CORPUS_LANGUAGE": "language",
    "CORPUS_ENCODING": "encoding",
    "SPLIT_LINES": "split_lines",
}
# The fields that are hyperparameters: training knows them by the same names in lower case.
HYPERPARAMETERS = tuple(
    "INIT_CHECKPOINT MODEL_SIZE MAX_SEQ_LENGTH NUM_TRAIN_STEPS TRAIN_BATCH_SIZE LEARNING_RATE SEED".split()
)
OF_PRESETS = tuple(
    "CORPUS TRAIN_SIZE CORPUS_COLUMN CORPUS_LANGUAGE CORPUS_ENCODING SPLIT_LINES VOCAB INIT_CHECKPOINT MODEL_SIZE "
    "MAX_SEQ_LENGTH ONE_SENTENCE_PER_EXAMPLE NUM_TRAIN_STEPS TRAIN_BATCH_SIZE LEARNING_RATE SEED HPARAMS".split()
)


def check(given: Mapping[str, Any]) -> Dict[str, Any]:
    """Those of ``given`` that the table knows, as values of their kind.

    An empty field that follows the preset is left out.  papermill and the command line hand some values over as text
    or as numbers: "128" becomes 128, "false" False, a JSON object a dict, and where text is wanted 1.15 becomes "1.15".
    Raises TutorialError that names the parameter and says what to give.
    """
    checked = {}
    for name, parameter in TABLE.items():
        if name in given and not (name in OF_PRESETS and (given[name] is None or given[name] == "")):
            checked[name] = convert(name, given[name], parameter.kind)
    return checked


def convert(name: str, value: Any, kind: str) -> Any:
    """``value`` as the ``kind`` of value that the parameter ``name`` wants, or TutorialError."""
    if kind in ("text", "path"):
        found = str(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else value
        if not isinstance(found, str):
            raise _refusal(name, value, kind)
        return home(found) if kind == "path" else found
    if kind == "lines" and value == ALL:
        return ALL
    if kind == "switch":
        try:
            return truth(value)
        except ValueError:
            raise _refusal(name, value, kind)
    wanted, found = TYPES[kind], value
    if isinstance(value, str):
        try:
            found = json.loads(value)
        except (ValueError, RecursionError):
            raise _refusal(name, value, kind)
    with contextlib.suppress(ValueError, OverflowError):  # no whole number, or too large a one
        if type(found) in (int, float) and wanted in (int, float) and wanted(found) == found:
            found = wanted(found)  # 32.0 where 32 is meant, 1 where 1.0 is
    if type(found) is not wanted:
        raise _refusal(name, value, kind)
    return found


def _refusal(name: str, value: Any, kind: str) -> TutorialError:
    return TutorialError(f"the notebook's parameter {name} is {value!r:.100}: give {KINDS[kind]}")


def home(path: str) -> str:
    """``path`` with ``~``, ``$HOME`` or ``${HOME}`` at its start replaced by the user's home folder."""
    return os.path.expanduser(re.sub(r"^\$(HOME\b|\{HOME\})", "~", path))


def refuse_unknown(names: Iterable[str], known: Iterable[str], where: str) -> None:
    """TutorialError for the first of ``names`` that is not ``known``, with the nearest name that is.

    ``where`` says whose parameters these are, such as "electra_spanish.ipynb".
    """
    known = list(known)
    for name in names:
        if name not in known:
            question = did_you_mean(name, known)
            raise TutorialError(f"{where} has no parameter {name}: {question or 'it has ' + ', '.join(known)}")


def refuse_mistyped(given: Mapping[str, Any]) -> None:
    """TutorialError for a name in capitals that is nearly, but not quite, a parameter's: it would have no effect.

    ``given`` may be a notebook's ``globals()``: names that resemble no parameter are the notebook's own business.
    """
    for name in given:
        if name.isupper() and name not in TABLE:
            question = _near(name)
            if question:
                raise TutorialError(f"no notebook has a parameter {name}: did you mean {question!r}?")


def _near(name: str) -> Optional[str]:
    near = difflib.get_close_matches(name, list(TABLE), n=1, cutoff=0.85)
    return near[0] if near else None
