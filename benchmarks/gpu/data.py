"""A DATA_DIR to measure and train on, made with NumPy alone: text, words, examples."""

import collections
import os
import re
from typing import Optional

from helpers.base.errors import TutorialError
from helpers.base.events import Reporter
from helpers.data import corpus

from . import children

SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
PARTS = (("train.txt", "pretrain_tfrecords"), ("valid.txt", "valid_tfrecords"))


def make(
    data_dir: str, source: str, lines: Optional[int], words: Optional[str], size: int, length: int,
    seconds: float = 600,
) -> None:  # fmt: skip
    """Make ``data_dir``, or find it made.

    Parameters
    ----------
    data_dir : str
    source : str
        As for ``corpus.prepare``: "sample", or the path of a text.
    lines : int or None
        Lines of text to take; None takes all.
    words : str or None
        As ``--source`` of ``python -m helpers.data.vocabulary``; None takes the most frequent words and the
        characters of the text, for which no library is needed.
    size : int
        Most words of such a vocabulary.
    length : int
        Tokens in an example.
    seconds : float
        For all of it, but for reading the text.
    """
    clock = children.Clock(seconds)
    corpus.prepare(source, data_dir, train_size=lines, seed=0, reporter=Reporter(silent=True))
    if words is None:
        words = os.path.join(data_dir, "frequent.txt")
        if not os.path.exists(words):
            _write_frequent(os.path.join(data_dir, "corpus", "train.txt"), words, size)
    case = ["--no-lower-case", "--no-strip-accents"]
    _run(clock, "helpers.data.vocabulary", "--source", words, "--output-dir", data_dir, *case)
    for text, folder in PARTS:
        _run(
            clock, "helpers.data.dataset", "--corpus-dir", os.path.join(data_dir, "corpus"), "--corpus-files", text,
            "--vocab-file", os.path.join(data_dir, "vocab.txt"), "--output-dir", os.path.join(data_dir, folder),
            "--max-seq-length", str(length), "--num-processes", str(os.cpu_count() or 1),
            "--blanks-separate-docs", "true", *case,
        )  # fmt: skip


def _write_frequent(text, path, size):
    counts, letters = collections.Counter(), set()
    with open(text, encoding="utf-8") as file:
        for line in file:
            found = re.findall(r"\w+|[^\w\s]", line)
            counts.update(found)
            letters.update("".join(found))
    pieces = sorted(letters) + ["##" + letter for letter in sorted(letters)]
    room = max(0, size - len(SPECIAL) - len(pieces))
    whole = [word for word, _ in counts.most_common() if len(word) > 1][:room]
    with open(path, "w", encoding="utf-8") as file:
        file.writelines(token + "\n" for token in list(SPECIAL) + pieces + whole)


def _run(clock, name, *arguments):
    status, said = children.follow(children.module(name, *arguments), clock.left(), lambda line: None)
    if status:
        raise TutorialError(f"the data to measure on cannot be made: {said}")
