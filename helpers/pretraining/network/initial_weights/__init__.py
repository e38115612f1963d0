"""What a run starts from in place of random weights: weights that exist (``init_checkpoint``), or counts of the text.

Weights that exist are taken by name and shape, with a fresh optimizer, at step 0.

A TensorFlow checkpoint is read: the reference's released ones, with or without what its optimizer remembers, or one of
this project, ``best/`` included; and exported folders (``exported.py``), which a model of the Hub becomes when it is
fetched.  Where its vocabulary is another one, the vectors of the pieces that both have are carried over and the others
start fresh.
"""

import os
import re
from typing import Any, Callable, Dict, List, Mapping, NamedTuple, Optional, Tuple

import numpy as np

from helpers.base.errors import TutorialError
from helpers.base.files import read_json
from helpers.data.vocabulary import vocab_file
from helpers.pretraining import hyperparameters, run_state
from helpers.pretraining.network.initial_weights import counts, exported
from helpers.pretraining.shapes import discriminator_config

PIECES = re.compile(r"/word_embeddings$|^generator_predictions/output_bias$")  # variables with a row for each piece
VOCABULARY = "vocab.txt"
HUB_NAME = re.compile(r"[\w.-]+/[\w.-]+$", re.ASCII)
# What is no start, and what to give in its place.
OTHERS = {
    "saved_model.pb": "a SavedModel, which does not say which weight is which: give the checkpoint of its training",
    "pytorch_model.bin": "a model for PyTorch whose weights are a pickle, which is not read, since it could run code: "
    "fetch it with python -m helpers.conversion.hub fetch-start, which writes model.safetensors",
    "model.safetensors": "a model for PyTorch without config.json: give the whole folder that was exported or fetched",
}


class Start(NamedTuple):
    """``reader``: of weights, with ``shapes`` by name and ``value(name)``; ``where``: what it is, for sentences;
    ``folders``: in which its vocab.txt may lie; ``remarks``: sentences about what is not taken of it."""

    reader: Any
    where: str
    folders: List[str]
    remarks: List[str]


def find(path: str) -> List[str]:
    """What ``path`` stands for: what a TensorFlow checkpoint's files begin with, or exported folders, one or two.

    It may be what the checkpoint's files begin with, one of them, or the folder that they lie in; or an exported
    folder, or one that holds discriminator/ and generator/.  Raises TutorialError where there is nothing of the kind.
    """
    for ending in (r"\.index$", r"\.meta$", r"\.data-\d+-of-\d+$"):
        path = re.sub(ending, "", path)
    if os.path.isfile(f"{path}.index"):
        return [path]
    if not os.path.isdir(path):
        raise TutorialError(f"init_checkpoint {path}: {_no_folder(path)}")
    newest = run_state.newest_checkpoint(path)
    if newest:
        return [newest]
    steps = [re.match(r"(.*?)(?:-(\d+))?\.index$", name) for name in os.listdir(path)]
    if any(steps):
        best = max(filter(None, steps), key=lambda match: int(match.group(2) or 0))
        return [os.path.join(path, best.group()[: -len(".index")])]
    folders = exported.find(path)
    if folders:
        return folders
    for name, what in OTHERS.items():
        if any(os.path.isfile(os.path.join(path, part, name)) for part in ("", *exported.COMPONENTS)):
            raise TutorialError(f"init_checkpoint {path}: it is {what}")
    raise TutorialError(
        f"init_checkpoint {path}: there is neither a TensorFlow checkpoint in it (no .index file) nor an exported "
        "model (model.safetensors and config.json): correct the path"
    )


def _no_folder(path):
    """What is wrong with a path that is neither a checkpoint nor a folder."""
    if os.path.isfile(path):
        if path.endswith(".bin"):
            return f"it is {OTHERS['pytorch_model.bin']}"
        if path.endswith(".safetensors"):
            return "it is a file of an exported model: name the folder that it lies in"
        return (
            "it is no TensorFlow checkpoint, whose files are named …index and …data-00000-of-00001: name one of these"
        )
    said = "there is no TensorFlow checkpoint (no .index file) and no folder of that name: correct the path"
    if HUB_NAME.match(path) and not path.startswith("."):
        folder = f"data/hub/{path.replace('/', '-')}"
        said += (
            "; if it is a model on the Hub, fetch it first (python -m helpers.conversion.hub fetch-start "
            f"{path} {folder}) and give {folder}"
        )
    return said


def check(hparams: Any) -> None:
    """Raise TutorialError where ``init_checkpoint`` is none, or lies in the folder that the run is to write."""
    first, folder = find(hparams.init_checkpoint)[0], os.path.realpath(hparams.model_dir)
    if os.path.realpath(first).startswith(os.path.join(folder, "")):
        raise TutorialError(
            f"init_checkpoint {hparams.init_checkpoint} lies in the folder of the run that would start from it: give "
            "the new run another model_name"
        )


def start(hparams: Any, weights: Mapping[str, Any], checkpoint_reader: Callable[[str], Any]) -> Start:
    """``hparams.init_checkpoint`` opened for a graph of these ``weights`` (variables by name).

    ``checkpoint_reader`` makes a reader from what a TensorFlow checkpoint's files begin with.
    """
    found = find(hparams.init_checkpoint)
    if not os.path.isfile(f"{found[0]}.index"):
        reader = exported.Exported(found, weights)
        reader.check(hparams)
        where = f"init_checkpoint {reader.prefix} ({' and '.join(sorted(reader.components))})"
        return Start(reader, where, found, reader.remarks)
    prefix = os.path.abspath(found[0])
    _check_heads(prefix, hparams)
    folders = [os.path.dirname(prefix)]
    for _ in range(3):  # DATA_DIR of DATA_DIR/models/M and of DATA_DIR/models/M/best
        folders.append(os.path.dirname(folders[-1]))
    return Start(checkpoint_reader(found[0]), f"init_checkpoint {found[0]}", folders, [])


def _check_heads(prefix, hparams):
    """TutorialError where the checkpoint's run had other attention heads: no shape would show it."""
    stated = read_json(os.path.join(os.path.dirname(prefix), run_state.HPARAMS_FILE), {})
    known = {name: value for name, value in stated.items() if name in hyperparameters.FIELDS}
    if known:
        theirs, ours = (discriminator_config(each) for each in (hyperparameters.resolve(known), hparams))
        if theirs.hidden_size == ours.hidden_size and theirs.num_attention_heads != ours.num_attention_heads:
            raise TutorialError(
                f"init_checkpoint {prefix} was trained with {theirs.num_attention_heads} attention heads, and this run "
                f"has {ours.num_attention_heads}: give model_hparam_overrides "
                f'{{"num_attention_heads": {theirs.num_attention_heads}}}'
            )


def take(session: Any, weights: Mapping[str, Any], found: Start, hparams: Any, reporter: Any) -> None:
    """Give the initialized ``session`` the weights that ``found`` holds.

    ``weights`` are the graph's variables by name.  One that is missing keeps its random first value, which is said; one
    of another shape raises TutorialError, as does a start that has none of them.
    """
    reader, where = found.reader, found.where
    there = sorted(name for name in weights if name in reader.shapes)
    if not there:
        first = next(iter(sorted(reader.shapes)), "none")
        raise TutorialError(f"{where} holds no weight of ELECTRA's graph (its first variable is {first}): give another")
    old, new = _old_vocabulary(found), vocab_file.read(hparams.vocab_file)
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
    for sentence in _account(found, weights, there, old, new):
        reporter.message(sentence)


def take_counts(session: Any, weights: Mapping[str, Any], hparams: Any, examples: Any, reporter: Any) -> None:
    """Give the initialized ``session`` token embeddings from counts of neighbours in ``examples`` (see ``counts.py``).

    ``weights`` are the graph's variables by name.  A piece without neighbours there keeps its random first value.
    """
    reporter.message("the token embeddings start from counts: which pieces stand beside which …")
    for name in sorted(name for name in weights if name.endswith("/word_embeddings")):
        words, width = weights[name].shape.as_list()
        spread = discriminator_config(hparams).initializer_range
        found, seen = counts.embeddings(examples, words, width, spread, hparams.seed)
        initializer = weights[name].initializer
        value = np.where(seen[:, None], found, session.run(weights[name]))
        session.run(initializer, {initializer.inputs[1]: value})
        reporter.message(
            f"{name}: {seen.sum():,} of {words:,} pieces have neighbours in the text, the others start fresh"
        )


def _check_shapes(where, found, shapes, carried):
    """TutorialError where a variable of the checkpoint has another shape; other rows may be carried over."""
    for name, wanted in sorted(shapes.items()):
        shape, by_piece = found[name], bool(PIECES.search(name))
        if shape[by_piece:] != wanted[by_piece:]:
            raise TutorialError(
                f"{where} does not fit: it holds {name} as {list(shape)}, and the hyperparameters make it "
                f"{list(wanted)}: give model_size, embedding_size, generator_hidden_size and model_hparam_overrides "
                f"of its run{_sizes(found)}"
            )
        if by_piece and shape != wanted and carried is None:
            raise TutorialError(
                f"{where} has {shape[0]:,} word pieces and this run {wanted[0]:,}: put its {VOCABULARY} beside it, so "
                "that the pieces of both can be told, or use its vocabulary"
            )


def _sizes(shapes) -> str:
    """The sizes that a start's variables show, by the names of hyperparameters; "" where they do not."""
    width, own, inner, table = (
        shapes.get(name, (0,))[-1]
        for name in (
            "electra/encoder/layer_0/attention/output/dense/bias",
            "generator/encoder/layer_0/attention/output/dense/bias",
            "electra/encoder/layer_0/intermediate/dense/bias",
            "electra/embeddings/word_embeddings",
        )
    )
    if not width:
        return ""
    said = f" (hidden_size {width}, intermediate_size {inner}, embedding_size {table}"
    return said + (f", generator_hidden_size {own / width:.4g})" if own else ")")


def _old_vocabulary(found: Start) -> Optional[List[str]]:
    """The pieces of a start's vocabulary, from the vocab.txt beside it or in the data folder that it lies in."""
    tables = [shape for name, shape in found.reader.shapes.items() if name.endswith("/word_embeddings")]
    for folder in found.folders:
        path = os.path.join(folder, VOCABULARY)
        if tables and os.path.isfile(path):
            tokens = vocab_file.read(path)
            if len(tokens) <= tables[0][0]:
                return tokens
    return None


def _carried_over(fresh: np.ndarray, value: np.ndarray, old: List[str], new: List[str]) -> np.ndarray:
    """``fresh`` (float32 [new pieces, ...]) with the rows of ``value`` (float32 [old pieces, ...]) of shared pieces."""
    known: Dict[str, int] = vocab_file.index(old)
    pairs: List[Tuple[int, int]] = [(n, known[token]) for n, token in enumerate(new) if token in known]
    carried = fresh.copy()
    carried[[mine for mine, _ in pairs]] = value[[theirs for _, theirs in pairs]]
    return carried


def _account(found, weights, there, old, new) -> List[str]:
    """What was taken, what starts fresh, and what is left out."""
    missing = sorted(set(weights) - set(there))
    said = [
        f"{found.where}: {len(there)} of {len(weights)} variables start from it, at step 0 and with a fresh optimizer"
    ]
    for half in exported.COMPONENTS:
        own = [name for name in weights if name.startswith((f"{half}/", f"{half}_predictions/"))]
        if own and not set(own) & set(there):
            said.append(f"it holds no {half}: the {half} starts fresh")
    if missing:
        said.append(f"{len(missing)} variables are not in it and start fresh: {_first(missing)}")
    if old is None:
        said.append(f"no {VOCABULARY} lies beside it: its word pieces are taken to be those of this run")
    elif old != new:
        shared = len(set(old) & set(new))
        share = f"{shared:,} of {len(new):,} pieces ({100 * shared / len(new):.0f}%)"
        said.append(f"its vocabulary is another one: {share} are in it and keep their vectors, the others start fresh")
    left = sorted(name for name in set(found.reader.shapes) - set(weights) if run_state.is_weight(name))
    if left:
        said.append(f"{len(left)} of its variables have no place in this run and are left out: {_first(left)}")
    return said + found.remarks


def _first(names: List[str], most: int = 5) -> str:
    """The first of ``names``, and how many more there are."""
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")
