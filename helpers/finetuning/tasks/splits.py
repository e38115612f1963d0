"""Examples become a task: what is missing is held out, and what cannot be learned is refused."""

import collections
import itertools
import random
from typing import Iterable, List, Optional

from helpers.base.errors import TutorialError
from helpers.finetuning.tasks.example import SCORE, SCORES, SENTENCES, Example, Labelled, counted, labels_of, number_of

HELD_OUT = 0.2  # of the training examples, where no file for validation is given
MIN_EXAMPLES = 3  # one to train on, one to stop by, one to be tested on
MANY = 20  # from so many examples on, a label for each of them is a mistake rather than a small set


def task(
    kind: str,
    train: Iterable[Example],
    valid: Optional[Iterable[Example]] = None,
    test: Optional[Iterable[Example]] = None,
    source: str = "",
    seed: int = 0,
) -> Labelled:
    """A task from lists of :class:`Example`.

    Without ``valid`` a fifth of ``train`` is held out; without ``test`` what is held out is halved, one half to stop by
    and one to be tested on.  ``seed`` decides which.  Examples of the same text stay together, so that no text is both
    learned and tested, unless there are too few different ones.

    Raises TutorialError when there are too few examples, a single label, or labels that are no classes.
    """
    train, remarks = list(train), []  # the remark about too few different texts is needed once
    name = source or "the training set"
    if valid is None:
        count = max(2 if test is None else 1, int(HELD_OUT * len(train)))
        if len(train) <= count:
            raise TutorialError(
                f"{name} has {counted(len(train), 'labelled sentence')}, too few to hold some out: give {MIN_EXAMPLES} "
                "or more, or a file for validation"
            )
        valid, train = _part(train, count, f"held out:{seed}", name, remarks)
    valid = list(valid)
    if test is None:
        if len(valid) < 2:
            raise TutorialError("the validation set has one sentence, too few to stop by and to test on: add --test")
        valid, test = _part(valid, len(valid) // 2, f"halves:{seed}", name, remarks)
    test = list(test)
    labels = sorted(set(labels_of(kind, itertools.chain(train, valid, test))))
    if kind == SCORES:
        _check_scores({name: train, "the validation set": valid, "the test set": test})
        return Labelled(kind, [SCORE], train, valid, test, source, tuple(remarks[:1]))
    if len(labels) < 2:
        raise TutorialError(f"{source or 'the set'} has a single label, {labels[0]!r}: there is nothing to learn")
    _check_classes(kind, list(labels_of(kind, itertools.chain(train, valid, test))), name)
    return Labelled(kind, labels, train, valid, test, source, tuple(remarks[:1]))


def few(labelled: Labelled, count: int, seed: int) -> List[Example]:
    """``count`` training examples of a task, drawn with ``seed``; every one when there are no more.

    Of sentences each label gets its share in turn, so that ten examples of two labels are five of each.
    A larger draw with the same seed holds the smaller one.
    """
    drawn = list(labelled.train)
    random.Random(f"few:{seed}").shuffle(drawn)
    if labelled.kind == SENTENCES:
        piles = [[example for example in drawn if example.labels == label] for label in labelled.labels]
        drawn = [example for row in itertools.zip_longest(*piles) for example in row if example is not None]
    return drawn[:count]


def _part(examples, count, seed, name, remarks):
    """About ``count`` of the examples, and the others, in an order that ``seed`` draws; each text on one side."""
    piles = collections.OrderedDict()
    for example in examples:
        piles.setdefault(example.inputs, []).append(example)
    piles = list(piles.values())
    if len(piles) < MIN_EXAMPLES:
        remarks.append(
            f"{name} has only {counted(len(piles), 'different text')} in {counted(len(examples), 'example')}: what is "
            "tested on was learned by heart, and the results say nothing about other texts"
        )
        piles = [[example] for example in examples]
    random.Random(seed).shuffle(piles)
    first, taken = [], 0
    while len(first) < count and taken < len(piles) - 1:
        first += piles[taken]
        taken += 1
    return first, list(itertools.chain.from_iterable(piles[taken:]))


def _check_scores(splits):
    """TutorialError where a label is no number, or all are the same, so that nothing can be learned or measured."""
    for name, examples in splits.items():
        values = {number_of(example.labels) for example in examples}
        if None in values:
            wrong = next(example for example in examples if number_of(example.labels) is None)
            raise TutorialError(
                f"{name}: the score {wrong.labels[:40]!r} of {' '.join(wrong.inputs)[:60]!r} is no number: mend it, or "
                "take the kind sentences, which learns classes"
            )
        if len(values) < 2:
            raise TutorialError(
                f"{name} has the score {min(values):g} alone: there is nothing to tell apart; give more sentences"
            )


def _check_classes(kind, labels, name):
    """TutorialError where labels are no classes: scores, or a label for each example."""
    counts = collections.Counter(labels)
    thing = "sentence" if kind == SENTENCES else "word"
    different = f"{len(counts):,} different ones for {counted(len(labels), thing)}"
    shown = ", ".join(label[:30] for label in list(counts)[:3])
    values = [number_of(label) for label in counts]
    crowd = len(labels) >= MANY and 2 * len(counts) > len(labels)
    if None not in values and (crowd or (len(values) >= 5 and any(value != int(value) for value in values))):
        raise TutorialError(
            f"the labels of {name} are scores ({shown}, …: {different}), and this kind of task learns classes: take "
            "the kind scores, or put ranges of them into words, such as low, middle and high"
        )
    if crowd:
        raise TutorialError(
            f"nearly every {thing} of {name} has a label of its own ({shown}, …: {different}), so there is nothing to "
            "learn from: say with columns where the labels stand"
        )
