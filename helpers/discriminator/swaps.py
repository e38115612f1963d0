"""Labelled pairs for any corpus: a true sentence, and the same with one word swapped."""

import random
import re

from helpers.base import files
from helpers.data import sample_corpus
from helpers.discriminator import held_out

CANDIDATES = 5000  # held-out sentences that words are drawn from
WORDS = range(4, 21)  # words of a sentence that is swapped in
CORE = re.compile(r"\w+(?:['’-]\w+)*", re.UNICODE)


def pairs(data_dir, count=500, seed=1):
    """``count`` pairs that fit the corpus in ``data_dir`` (a str); fewer when its held-out text is short.

    For the built-in corpus the generator makes them: it knows which word does not fit.  For any other
    text a word of a held-out sentence gives way to one drawn at random from the same text, which is an
    easier and a noisier test: most random words jar, and some by chance do not.
    Each pair has ``original``, ``swapped`` and ``position``, the swapped word's place in ``split()``.
    """
    manifest = files.read_json(f"{data_dir}/corpus/manifest.json", {})
    if manifest.get("parameters", {}).get("source") == "sample":
        return sample_corpus.labelled_pairs(count, seed)
    return random_swaps(held_out.sample(f"{data_dir}/corpus/valid.txt", CANDIDATES), count, seed)


def random_swaps(sentences, count, seed):
    """Up to ``count`` pairs made from ``sentences`` by swapping one word of each at random."""
    draw = random.Random(seed)
    words = [core for sentence in sentences for core in CORE.findall(sentence)]
    found = []
    for sentence in draw.sample(sentences, len(sentences)):
        pieces = sentence.split()
        position = draw.randrange(len(pieces)) if len(pieces) in WORDS else None
        core = CORE.search(pieces[position]) if position is not None else None
        if core is None:
            continue
        new = draw.choice(words)
        if core.group()[0].isupper():
            new = new[0].upper() + new[1:]
        if new.lower() == core.group().lower():
            continue
        pieces[position] = pieces[position][: core.start()] + new + pieces[position][core.end() :]
        found.append(sample_corpus.Pair(" ".join(sentence.split()), " ".join(pieces), position))
        if len(found) == count:
            break
    return found
