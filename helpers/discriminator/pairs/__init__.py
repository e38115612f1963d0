"""Minimal pairs of Spanish: a sentence as it was written, and the same with one word that makes it wrong.

    from helpers.discriminator import pairs
    found = pairs.make(held_out_lines)
    plots.by_phenomenon({"mine": pairs.told_apart(discriminator_model, found)})

The pairs say what a discriminator has learned of the language: who agrees with whom, which accent changes a word, what
follows what.  Rules make them from any held-out text; see :mod:`~helpers.discriminator.pairs.agreement` and
:mod:`~helpers.discriminator.pairs.words`.  ``python -m helpers.discriminator.pairs`` does it from a shell.
"""

import collections
import os
import random
from typing import Any, Callable, Dict, Iterable, Iterator, List, Mapping, NamedTuple, Sequence

from helpers.base import manifest
from helpers.base.errors import TutorialError
from helpers.base.files import write_aside
from helpers.discriminator.encoder import clean
from helpers.discriminator.pairs import agreement, words
from helpers.discriminator.pairs.sentence import Change, Sentence
from helpers.discriminator.sentences import is_spanish

RULES: Dict[str, Callable[[Sentence, random.Random], Iterator[Change]]] = {
    "number of the verb": agreement.number,
    "person of the verb": agreement.person,
    "gender of the article": agreement.gender_of_article,
    "gender of the adjective": agreement.gender_of_adjective,
    "ser or estar": words.ser_estar,
    "accent": words.accent,
    "word order": words.order,
    "noun": words.noun,
}
COUNT = 400  # pairs of a phenomenon, at most
SAME_WORD = 0.125  # of them may make the same word wrong
SHORTEST, LONGEST = 3, 20  # words of a sentence
ENOUGH = 100  # pairs; fewer say little
HEADINGS = ("phenomenon", "position", "words", "right", "wrong")


class Pair(NamedTuple):
    """``words`` words from ``position`` on (counted in ``split()``) differ between ``right`` and ``wrong``."""

    phenomenon: str
    position: int
    words: int
    right: str
    wrong: str


def make(lines: Iterable[str], count: int = COUNT, seed: int = 0) -> List[Pair]:
    """Pairs from ``lines`` of text: up to ``count`` of each phenomenon, in the order of :data:`RULES`.

    The same lines and seed give the same pairs.  No sentence serves a phenomenon twice, and the same word is made
    wrong in an eighth of its pairs at most.  Raises TutorialError where the text is not Spanish.
    """
    lines = list(dict.fromkeys(filter(None, (" ".join(clean(line).split()) for line in lines))))
    if not is_spanish(lines):
        raise TutorialError(
            "the text is not Spanish, and the rules that make minimal pairs are Spanish's: for another language "
            "discriminator.evaluate judges by words swapped at random"
        )
    draw = random.Random(seed)
    sentences = [Sentence(line) for line in draw.sample(lines, len(lines))]
    sentences = [sentence for sentence in sentences if SHORTEST <= len(sentence) <= LONGEST]
    return [pair for phenomenon in RULES for pair in _of(phenomenon, sentences, count, draw)]


def _of(phenomenon, sentences, count, draw):
    """The pairs of one phenomenon."""
    found, often = [], collections.Counter()
    for sentence in sentences:
        changes = list(RULES[phenomenon](sentence, draw))
        if not changes:
            continue
        change = draw.choice(changes)
        wrong = sentence.with_change(change)
        before = tuple(sentence.words[change.position : change.position + len(change.words)])
        if wrong is None or often[before] >= max(1, SAME_WORD * count):
            continue
        often[before] += 1
        found.append(Pair(phenomenon, change.position, len(change.words), sentence.text, wrong))
        if len(found) == count:
            break
    return found


def few(pairs: Sequence[Pair]) -> List[str]:
    """A sentence for each phenomenon of which there are fewer than :data:`ENOUGH` pairs."""
    counted = collections.Counter(pair.phenomenon for pair in pairs)
    return [
        f"{phenomenon}: the text gives {counted[phenomenon] or 'no'} pair{'' if counted[phenomenon] == 1 else 's'}, "
        f"too few to say much (at least {ENOUGH}); more text gives more"
        for phenomenon in RULES
        if counted[phenomenon] < ENOUGH
    ]


def write(path: str, pairs: Iterable[Pair]) -> None:
    """Write pairs to a file: a line each, columns with a tab between them, and headings."""
    with write_aside(path) as file:
        for row in [HEADINGS, *pairs]:
            file.write("\t".join(map(str, row)) + "\n")


def read(path: str) -> List[Pair]:
    """The pairs in a file that :func:`write` has written; TutorialError where there are none."""
    try:
        with open(path, encoding="utf-8") as file:
            rows = [line.rstrip("\n").split("\t") for line in file]
    except (OSError, UnicodeDecodeError) as error:
        raise TutorialError(f"{path} cannot be read: {error}")
    if not rows or tuple(rows[0]) != HEADINGS:
        raise TutorialError(
            f"{path} holds no pairs: its first line must be {', '.join(HEADINGS)} with tabs between them"
        )
    found = []
    for number, row in enumerate(rows[1:], 2):
        try:
            phenomenon, position, words, right, wrong = row
            found.append(Pair(phenomenon, int(position), int(words), right, wrong))
        except ValueError:
            raise TutorialError(f"line {number} of {path} is no pair: it must have {', '.join(HEADINGS)}")
    return found


def told_apart(discriminator: Any, pairs: Sequence[Pair]) -> Dict[str, Dict[str, Any]]:
    """How well a discriminator tells wrong from right, by phenomenon.

    Parameters
    ----------
    discriminator : helpers.discriminator.Discriminator
    pairs : list of Pair

    Returns
    -------
    dict
        For each phenomenon of the pairs, in their order, a dict: ``share`` of the pairs whose wrong word has a higher
        probability of being a replacement, in the wrong sentence, than the right word in the right one (a tie counts
        half); ``pairs``, how many were judged; ``left_out``, how many the model cannot read to that word.  Guessing
        has a share of 0.5.  Where no pair was judged, ``share`` is None.
    """
    sentences = [pair.right for pair in pairs] + [pair.wrong for pair in pairs]
    scores = discriminator.scores(sentences)
    found = {pair.phenomenon: dict(won=0.0, pairs=0, left_out=0) for pair in pairs}
    for pair, right, wrong in zip(pairs, scores[: len(pairs)], scores[len(pairs) :]):
        row, probabilities = found[pair.phenomenon], [_highest(score, pair) for score in (right, wrong)]
        if None in probabilities:
            row["left_out"] += 1
            continue
        row["pairs"] += 1
        row["won"] += 0.5 if probabilities[0] == probabilities[1] else float(probabilities[1] > probabilities[0])
    return {
        phenomenon: dict(share=row["won"] / row["pairs"] if row["pairs"] else None, pairs=row["pairs"],
                         left_out=row["left_out"])
        for phenomenon, row in found.items()
    }  # fmt: skip


def step_of(folder: str) -> int:
    """The training step that an exported ``folder`` is of; TutorialError where the conversion did not write it."""
    made = manifest.read(os.path.join(folder, manifest.FILE)) or {}
    if not isinstance(made.get("step"), int):
        raise TutorialError(f"{folder} does not say of which step it is: give a folder that the conversion wrote")
    return made["step"]


def rows(measured: Mapping[str, Dict[str, Dict[str, Any]]], folders: Mapping[str, str]) -> List[Dict[str, Any]]:
    """What several models were found to tell apart as a list of rows, which ``plots.growth`` draws over the steps.

    Parameters
    ----------
    measured : dict of str to dict
        What :func:`told_apart` returned, by the model's label.
    folders : dict of str to str
        The exported folders, by the same labels: each says which step it is of.

    Returns
    -------
    list of dict
        ``model`` (the label), ``step``, ``phenomenon``, ``share`` and ``pairs``, ordered by step.
    """
    found = [
        dict(model=label, step=step_of(folders[label]), phenomenon=phenomenon, share=row["share"], pairs=row["pairs"])
        for label, by_phenomenon in measured.items()
        for phenomenon, row in by_phenomenon.items()
    ]
    return sorted(found, key=lambda row: row["step"])


def _highest(score, pair):
    """The highest probability among the words that differ; None where the sentence was cut before them."""
    places = range(pair.position, pair.position + pair.words)
    words = [word for word in score.encoded.words if word.lexical and word.place in places]
    return max(map(score.of, words)) if {word.place for word in words} == set(places) else None
