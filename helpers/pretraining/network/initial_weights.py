"""Weights that exist as a run's first ones (``init_checkpoint``): by name and shape, with a fresh optimizer, at step 0.

A TensorFlow checkpoint is read: the reference's released ones, with or without what its optimizer remembers, or one of
this project, ``best/`` included.  Where its vocabulary is another one, the vectors of the pieces that both have are
carried over and the others start fresh.
"""

import os
import re
from typing import Any, Dict, List, Optional, Tuple

import numpy as np

from helpers.base.errors import TutorialError
from helpers.data.vocabulary import vocab_file
from helpers.pretraining import run_state
from helpers.pretraining.network.runtime import tf

PIECES = re.compile(r"/word_embeddings$|^generator_predictions/output_bias$")  # variables with a row for each piece
VOCABULARY = "vocab.txt"
# What is no checkpoint, and what to give in its place.
OTHERS = {
    "saved_model.pb": "a SavedModel, which does not say which weight is which: give the checkpoint of its training",
    "model.safetensors": "an exported folder for PyTorch: give the TensorFlow checkpoint that it was made from",
    "pytorch_model.bin": "a model for PyTorch: give the TensorFlow checkpoint that it was made from",
}


def find(path: str) -> str:
    """What the checkpoint's files begin with: ``path`` is that, one of the files, or the folder that they lie in.

    Raises TutorialError where there is none.
    """
    for ending in (r"\.index$", r"\.meta$", r"\.data-\d+-of-\d+$"):
        path = re.sub(ending, "", path)
    if os.path.isfile(f"{path}.index"):
        return path
    what = "there is no TensorFlow checkpoint (no .index file): correct the path"
    if os.path.isdir(path):
        newest = run_state.newest_checkpoint(path)
        if newest:
            return newest
        steps = [re.match(r"(.*?)(?:-(\d+))?\.index$", name) for name in os.listdir(path)]
        if any(steps):
            best = max(filter(None, steps), key=lambda match: int(match.group(2) or 0))
            return os.path.join(path, best.group()[: -len(".index")])
        what = next(
            (f"it is {what}" for name, what in OTHERS.items() if os.path.isfile(os.path.join(path, name))), what
        )
    elif os.path.isfile(path):
        what = (
            "it is no TensorFlow checkpoint, whose files are named …index and …data-00000-of-00001: name one of these"
        )
    raise TutorialError(f"init_checkpoint {path}: {what}")


def check(hparams: Any) -> None:
    """Raise TutorialError where ``init_checkpoint`` is none, or lies in the folder that the run is to write."""
    prefix, folder = os.path.realpath(find(hparams.init_checkpoint)), os.path.realpath(hparams.model_dir)
    if prefix.startswith(os.path.join(folder, "")):
        raise TutorialError(
            f"init_checkpoint {hparams.init_checkpoint} lies in the folder of the run that would start from it: give "
            "the new run another model_name"
        )


def take(session: Any, reader: Any, hparams: Any, reporter: Any) -> None:
    """Give the initialized ``session`` the weights of a checkpoint, opened by ``reader``.

    The weights of the default graph are looked for by name.  One that is missing keeps its random first value, which
    is said; one of another shape raises TutorialError, as does a checkpoint that has none of them.
    """
    weights = {each.op.name: each for each in tf.global_variables() if run_state.is_weight(each.op.name)}
    there = sorted(name for name in weights if name in reader.shapes)
    where = f"init_checkpoint {reader.prefix}"
    if not there:
        first = next(iter(sorted(reader.shapes)), "none")
        raise TutorialError(f"{where} holds no weight of ELECTRA's graph (its first variable is {first}): give another")
    old, new = _old_vocabulary(reader), vocab_file.read(hparams.vocab_file)
    shapes = {name: tuple(weights[name].shape.as_list()) for name in there}
    if old == new and all(reader.shapes[name] == shapes[name] for name in there if PIECES.search(name)):
        carried = None  # row by row as it is
    else:
        carried = old
    _check_shapes(where, reader.shapes, shapes, carried)
    for name in there:
        value = reader.value(name)
        if carried is not None and PIECES.search(name):
            value = _carried_over(session.run(weights[name]), value, carried, new)
        initializer = weights[name].initializer
        session.run(initializer, {initializer.inputs[1]: value})
    for sentence in _account(where, weights, there, old, new):
        reporter.message(sentence)


def _check_shapes(where, found, shapes, carried):
    """TutorialError where a variable of the checkpoint has another shape; other rows may be carried over."""
    for name, wanted in sorted(shapes.items()):
        shape, by_piece = found[name], bool(PIECES.search(name))
        if shape[by_piece:] != wanted[by_piece:]:
            raise TutorialError(
                f"{where} does not fit: it holds {name} as {list(shape)}, and the hyperparameters make it "
                f"{list(wanted)}: give model_size, embedding_size, generator_hidden_size and model_hparam_overrides "
                "of its run"
            )
        if by_piece and shape != wanted and carried is None:
            raise TutorialError(
                f"{where} has {shape[0]:,} word pieces and this run {wanted[0]:,}: put its {VOCABULARY} beside it, so "
                "that the pieces of both can be told, or use its vocabulary"
            )


def _old_vocabulary(reader) -> Optional[List[str]]:
    """The pieces of the checkpoint's vocabulary, from the vocab.txt beside it or in the data folder that it lies in."""
    tables = [shape for name, shape in reader.shapes.items() if name.endswith("/word_embeddings")]
    folder = os.path.dirname(os.path.abspath(reader.prefix))
    for _ in range(4):  # the folder of the checkpoint itself, DATA_DIR/models/M and DATA_DIR/models/M/best
        path = os.path.join(folder, VOCABULARY)
        if tables and os.path.isfile(path):
            tokens = vocab_file.read(path)
            if len(tokens) <= tables[0][0]:
                return tokens
        folder = os.path.dirname(folder)
    return None


def _carried_over(fresh: np.ndarray, value: np.ndarray, old: List[str], new: List[str]) -> np.ndarray:
    """``fresh`` (float32 [new pieces, ...]) with the rows of ``value`` (float32 [old pieces, ...]) of shared pieces."""
    known: Dict[str, int] = vocab_file.index(old)
    pairs: List[Tuple[int, int]] = [(n, known[token]) for n, token in enumerate(new) if token in known]
    carried = fresh.copy()
    carried[[mine for mine, _ in pairs]] = value[[theirs for _, theirs in pairs]]
    return carried


def _account(where, weights, there, old, new) -> List[str]:
    """What was taken, and what starts fresh."""
    missing = sorted(set(weights) - set(there))
    said = [f"{where}: {len(there)} of {len(weights)} variables start from it, at step 0 and with a fresh optimizer"]
    if missing:
        more = f" and {len(missing) - 5} more" if len(missing) > 5 else ""
        said.append(f"{len(missing)} variables are not in it and start fresh: {', '.join(missing[:5])}{more}")
    if old is None:
        said.append(f"no {VOCABULARY} lies beside it: its word pieces are taken to be those of this run")
    elif old != new:
        shared = len(set(old) & set(new))
        share = f"{shared:,} of {len(new):,} pieces ({100 * shared / len(new):.0f}%)"
        said.append(f"its vocabulary is another one: {share} are in it and keep their vectors, the others start fresh")
    return said
