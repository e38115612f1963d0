"""Labelled sentences for fine-tuning: read from files as people have them, or made up by the built-in generator.

A task is one of three kinds: ``tokens`` (a label for each word: parts of speech, named entities), ``sentences`` (a
class for a sentence or for a pair of them) or ``scores`` (a number for a sentence or for a pair: how alike two are, how
many stars).

======================= ==========================================================================================
kind                    files that are read
======================= ==========================================================================================
tokens                  a word and its label a line, an empty line between sentences (CoNLL); ``.conllu``; a table
                        with columns for the sentence, the word and its tag; JSON with ``tokens`` and ``ner_tags``
sentences               text and label, or two texts and a label, parted by tabs, commas or semicolons, with or
                        without quotation marks and a line of names; JSON and JSON lines; fastText's ``__label__``
scores                  the same, with a number in place of the label: 3.8 or 3,8
======================= ==========================================================================================

All may be compressed (``.gz``), in UTF-8, in UTF-16 with its mark, or in an encoding that is named.
"""

import os
from typing import Any, Callable, List, Optional, Sequence

from helpers.base.errors import TutorialError
from helpers.finetuning.tasks.builtin import BUILT_IN, FITS, JARS, builtin
from helpers.finetuning.tasks.example import KINDS, SCORES, SENTENCES, TOKENS, Example, Labelled, labels_of
from helpers.finetuning.tasks.remarks import describe
from helpers.finetuning.tasks.sentences import read_sentences
from helpers.finetuning.tasks.splits import MIN_EXAMPLES, few, task
from helpers.finetuning.tasks.words import read_tokens

__all__ = [
    "BUILT_IN", "FITS", "JARS", "KINDS", "MIN_EXAMPLES", "SCORES", "SENTENCES", "TOKENS", "Example", "Labelled",
    "builtin", "describe", "few", "labels_of", "load", "read", "read_sentences", "read_tokens", "task",
]  # fmt: skip


def load(
    kind: str,
    train: Any,
    valid: Any = None,
    test: Any = None,
    columns: Optional[Sequence] = None,
    encoding: Optional[str] = None,
    seed: int = 0,
) -> Labelled:
    """A task from files.

    Parameters
    ----------
    kind : str
        "tokens", "sentences" or "scores".
    train, valid, test : path
        Labelled files.  Without ``valid`` a fifth of the training examples is held out; without ``test`` the examples
        held out are halved, one half to stop by and one to be tested on.
    columns : sequence of int or str, optional
        Where words or texts and labels stand, see :func:`read_tokens` and :func:`read_sentences`.
    encoding : str, optional
        Of the files; by default UTF-8, or UTF-16 where its mark says so.
    seed : int
        Decides what is held out.

    Returns
    -------
    Labelled

    Raises
    ------
    TutorialError
        In one sentence that names file and line.
    """
    remarks = []
    splits = [read(kind, path, columns, encoding, remarks.append) if path else None for path in (train, valid, test)]
    made = task(kind, *splits, source=os.path.basename(os.fspath(train)), seed=seed)
    return made._replace(remarks=tuple(dict.fromkeys(remarks)) + made.remarks)


def read(
    kind: str,
    path: Any,
    columns: Optional[Sequence] = None,
    encoding: Optional[str] = None,
    say: Optional[Callable[[str], None]] = None,
) -> List[Example]:
    """The examples of a file: what :func:`read_tokens` or :func:`read_sentences` gives, as ``kind`` says."""
    reader = {TOKENS: read_tokens, SENTENCES: read_sentences, SCORES: read_sentences}.get(kind)
    if reader is None:
        raise TutorialError(f"the kind of a task is one of {', '.join(KINDS)}, not {kind!r}")
    return reader(path, columns=columns, encoding=encoding, say=say)
