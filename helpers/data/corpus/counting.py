"""What a corpus is made of, counted: how long its sentences are and how often its words come."""

import collections
import itertools
import os
from typing import Any, Dict

from helpers.base.errors import TutorialError

PUNCTUATION = "¿?¡!.,;:…\"'«»()[]-—"


def overview(data_dir: str = "data", lines: int = 100000) -> Dict[str, Any]:
    """Count sentences and words in the first ``lines`` lines of DATA_DIR/corpus/train.txt.

    Words are what whitespace separates, without punctuation and capitals.

    Returns
    -------
    dict
        ``lengths``: how many sentences there are of each number of words; ``words``: ``(word, how often)``
        from the most frequent one down; ``whole``: whether all of the text was counted.

    Raises TutorialError where there is no corpus, or no word in it.
    """
    path = os.path.join(os.fspath(data_dir), "corpus", "train.txt")
    lengths, counts = collections.Counter(), collections.Counter()
    try:
        with open(path, encoding="utf-8") as file:
            for line in itertools.islice(file, lines):
                words = [word for word in (word.strip(PUNCTUATION).lower() for word in line.split()) if word]
                if words:
                    lengths[len(words)] += 1
                    counts.update(words)
            whole = not file.readline()
    except FileNotFoundError:
        raise TutorialError(f"there is no {path}: prepare the corpus first")
    if not counts:
        raise TutorialError(f"{path} has no words: prepare the corpus again")
    return {"lengths": dict(lengths), "words": counts.most_common(), "whole": whole}
