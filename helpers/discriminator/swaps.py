"""Labelled pairs for any corpus: a true sentence, and the same with one word swapped."""

import os
import random
import unicodedata
from typing import List, NamedTuple, Optional, Sequence, Tuple

from helpers.base import manifest, progress
from helpers.data import sample_corpus
from helpers.data.vocabulary.characters import is_chinese
from helpers.discriminator import held_out
from helpers.discriminator.encoder import MASK, clean, split_punctuation

CANDIDATES = 5000  # held-out sentences that words are drawn from
SHORTEST, LONGEST = 4, 20  # words of a sentence that is swapped in; of a longer one, so many are taken
SHORTEST_RUN, LONGEST_RUN = 6, 60  # characters, the same for text without blanks
JOINS = "'’-"  # may stand within a word: d'amour, tira-y-afloja
# Scripts that put no blanks between words, beside Chinese characters: first and last of their characters.
WITHOUT_BLANKS = (
    (0x0E00, 0x0EFF),  # Thai, Lao
    (0x0F00, 0x109F),  # Tibetan, Burmese
    (0x1780, 0x17FF),  # Khmer
    (0x3040, 0x30FF),  # Japanese kana
)


class Swap(NamedTuple):
    """A pair: ``position`` is the place of the swapped word in ``split()``.

    Where that is text without blanks, ``parts`` tells which of its parts are swapped, numbered as
    ``encoder.split_punctuation`` cuts it; None means all of it.
    """

    original: str
    swapped: str
    position: int
    parts: Optional[Tuple[int, ...]] = None


def pairs(data_dir: str, count: int = 500, seed: int = 1, seen: bool = True) -> Sequence[NamedTuple]:
    """``count`` pairs that fit the corpus in ``data_dir``; fewer when its held-out text is short, none without one.

    For the built-in corpus the generator makes them: it knows which word does not fit.  For any other
    text a word of a held-out sentence gives way to one drawn at random from the same text, which is an
    easier and a noisier test: most random words jar, and some by chance do not.
    Each pair has ``original``, ``swapped`` and ``position``, see :class:`Swap`.

    ``seen=False``: pairs whose words do go together, but never stood together in training text.  Only the built-in
    corpus knows of such; there are none for any other text.
    """
    folder = os.path.join(os.path.expanduser(os.path.expandvars(data_dir)), "corpus")
    made = manifest.read(os.path.join(folder, manifest.FILE)) or {}
    if made.get("parameters", {}).get("source") == "sample":
        with progress.reporter("Pairs of sentences") as report:  # the grammar is asked of each, which takes seconds
            report.start("making pairs", total=count, unit="pair")
            return sample_corpus.labelled_pairs(count, seed, seen, report.advance)
    path = os.path.join(folder, "valid.txt")
    return random_swaps(held_out.sample(path, CANDIDATES), count, seed) if seen and os.path.exists(path) else []


def random_swaps(sentences: Sequence[str], count: int, seed: int) -> List[Swap]:
    """Up to ``count`` pairs made from ``sentences`` by swapping one word of each at random.

    Of a long sentence some words in a row are taken; one of fewer than four words is left out.  In text without blanks
    a few characters in a row are swapped.
    """
    draw = random.Random(seed)
    sentences = [clean(sentence) for sentence in sentences]
    runs = [sentence for sentence in sentences if _without_blanks(sentence)]
    words = [core for sentence in sentences if not _without_blanks(sentence) for core in _cores(sentence)]
    found = []
    for sentence in draw.sample(sentences, len(sentences)):
        pair = _swap_in_run(sentence, runs, draw) if _without_blanks(sentence) else _swap_word(sentence, words, draw)
        if pair is not None:
            found.append(pair)
        if len(found) == count:
            break
    return found


def blanked(pair: NamedTuple) -> str:
    """The original sentence of a pair with [MASK] in place of what is swapped."""
    pieces, other = pair.original.split(), pair.swapped.split()[pair.position]
    piece = pieces[pair.position]
    if getattr(pair, "parts", None) is None:
        start, stop = _core(piece) or (0, len(piece))
    else:  # text without blanks: from the first character that differs to the last
        room = min(len(piece), len(other))
        start = next((i for i in range(room) if piece[i] != other[i]), room)
        stop = len(piece) - next((i for i in range(room - start) if piece[-1 - i] != other[-1 - i]), room - start)
    pieces[pair.position] = piece[:start] + MASK + piece[stop:]
    return " ".join(pieces)


def _swap_word(sentence, words, draw):
    pieces = sentence.split()
    if len(pieces) > LONGEST:
        first = draw.randrange(len(pieces) - LONGEST + 1)
        pieces = pieces[first : first + LONGEST]
    position = draw.randrange(len(pieces)) if len(pieces) >= SHORTEST else None
    core = _core(pieces[position]) if position is not None else None
    if core is None:
        return None
    start, stop = core
    original, old, new = " ".join(pieces), pieces[position][start:stop], draw.choice(words)
    if old[0].isupper():
        new = new[0].upper() + new[1:]
    if new.lower() == old.lower():
        return None
    pieces[position] = pieces[position][:start] + new + pieces[position][stop:]
    return Swap(original, " ".join(pieces), position)


def _cores(sentence):
    for piece in sentence.split():
        core = _core(piece)
        if core is not None:
            yield piece[core[0] : core[1]]


def _core(piece):
    """Where the word in a piece of text without blanks starts and stops; None where there is none, or several."""
    letters = [place for place, character in enumerate(piece) if _in_word(character)]
    if not letters or not any(piece[place].isalnum() for place in letters):
        return None
    start, stop = letters[0], letters[-1] + 1
    inside = all(_in_word(character) or character in JOINS for character in piece[start:stop])
    return (start, stop) if inside else None


def _in_word(character):
    """Letters, digits, and the marks on them, of which the vowels of Hindi are some."""
    return character.isalnum() or unicodedata.category(character)[0] == "M"


# ------------------------------------------------------------------------------------------ text without blanks


def _without_blanks(sentence):
    """Whether most of a sentence is in a script that puts no blanks between words."""
    letters = [character for character in sentence if _in_word(character)]
    return 2 * sum(map(_is_run, letters)) > len(letters)


def _is_run(character):
    return is_chinese(character) or any(first <= ord(character) <= last for first, last in WITHOUT_BLANKS)


def _clusters(text):
    """(start, stop) of each character with the marks on it."""
    starts = [place for place, character in enumerate(text) if unicodedata.category(character)[0] != "M" or place == 0]
    return list(zip(starts, starts[1:] + [len(text)]))


def _slices(text, size):
    """(start, stop) of every ``size`` characters in a row that are letters of such a script."""
    clusters = _clusters(text)
    for first in range(len(clusters) - size + 1):
        chosen = clusters[first : first + size]
        if all(_is_run(text[start]) and _in_word(text[start]) for start, _ in chosen):
            yield chosen[0][0], chosen[-1][1]


def _swap_in_run(sentence, runs, draw):
    sentence = " ".join(sentence.split())
    clusters = _clusters(sentence)
    if len(clusters) < SHORTEST_RUN:
        return None
    if len(clusters) > LONGEST_RUN:
        first = draw.randrange(len(clusters) - LONGEST_RUN + 1)
        sentence = sentence[clusters[first][0] : clusters[first + LONGEST_RUN - 1][1]].strip()
    size = 2 if any(map(is_chinese, sentence)) else 3
    places, other = list(_slices(sentence, size)), draw.choice(runs)
    theirs = list(_slices(other, size))
    if not places or not theirs:
        return None
    (start, stop), (begin, end) = draw.choice(places), draw.choice(theirs)
    new = other[begin:end]
    if new == sentence[start:stop]:
        return None
    position = sentence[:start].count(" ")
    before = start - (sentence.rfind(" ", 0, start) + 1)  # characters of the same piece that stand before
    swapped = sentence[:start] + new + sentence[stop:]
    parts, at = [], 0
    for number, part in enumerate(split_punctuation(swapped.split()[position])):
        if at < before + len(new) and at + len(part) > before:
            parts.append(number)
        at += len(part)
    return Swap(sentence, swapped, position, tuple(parts))
