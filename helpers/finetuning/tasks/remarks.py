"""What is worth knowing of labelled sentences before a network is trained on them, a sentence each."""

import collections
import itertools
import re
from typing import List

from helpers.finetuning.tasks.example import SCORES, SENTENCES, Labelled, counted, labels_of, number_of

SHOWN = 10  # labels whose shares are named
RARE = 0.05  # the smallest share that needs no remark where there are two labels or a few
BOUNDARY = re.compile(r"(O|[BIESLU]-.+)$")
SEVERAL = re.compile(r"\w+(\s*[,;|+]\s*\w+)+$")


def is_entities(labels: List[str]) -> bool:
    """Whether ``labels`` mark where entities begin and go on: O, B-PER, I-PER, as in CoNLL-2002.

    IOB1, IOB2, BIOES and BILOU are such marks.
    """
    return "O" in labels and len(labels) > 1 and all(BOUNDARY.match(label) for label in labels)


def describe(labelled: Labelled) -> List[str]:
    """Sentences about a task: what was recognized in its files, the share of each label, and what may go wrong."""
    splits = [("training", labelled.train), ("validation", labelled.valid), ("test", labelled.test)]
    if labelled.kind == SCORES:
        return list(labelled.remarks) + [_range(labelled)] + _conflicts(labelled) + _doubles(splits)
    counts = {name: collections.Counter(labels_of(labelled.kind, examples)) for name, examples in splits}
    return (
        list(labelled.remarks)
        + [_shares(labelled, counts["training"])]
        + _rare(labelled, counts["training"])
        + _unlearnable(counts)
        + _scheme(labelled)
        + _several(labelled)
        + _conflicts(labelled)
        + _doubles(splits)
    )


def _shares(labelled, counts):
    """How often each label is."""
    total, common = sum(counts.values()), counts.most_common(SHOWN)
    shares = ", ".join(f"{label} {_percent(count / total)}" for label, count in common)
    more = f" and {len(counts) - SHOWN} more" if len(counts) > SHOWN else ""
    return (
        f"labels of the {'sentences' if labelled.kind == SENTENCES else 'words'}: {shares}{more} ({_sizes(labelled)})"
    )


def _sizes(labelled):
    """How many examples each split has."""
    sizes = f"{len(labelled.train):,} to learn from, {len(labelled.valid):,} to stop by"
    return f"{sizes}, {len(labelled.test):,} to test on"


def _range(labelled):
    """From where to where the scores of the training set go."""
    values = [number_of(example.labels) for example in labelled.train]
    mean = sum(values) / len(values)
    return f"scores of the sentences: from {min(values):g} to {max(values):g}, mean {mean:.3g} ({_sizes(labelled)})"


def _rare(labelled, counts):
    """Labels that are too rare for accuracy to notice them.  With many labels each is rare, and entities have an F1."""
    total = sum(counts.values())
    rare = [label for label, count in counts.items() if count < RARE * total and count < total / len(counts) / 2]
    if labelled.kind != SENTENCES or not rare:
        return []
    most = max(counts.values()) / total
    named = ", ".join(f"{label} ({counts[label]})" for label in sorted(rare, key=counts.get)[:5])
    return [
        f"rare labels: {named}: who always says the commonest label is right {_percent(most)} of the time, so look at "
        "macro_f1, the mean over labels, rather than at accuracy"
    ]


def _unlearnable(counts):
    """Labels that are only in sets that nothing is learned from."""
    said = []
    for name in ("validation", "test"):
        alone = sorted(set(counts[name]) - set(counts["training"]))
        if alone:
            number = sum(counts[name][label] for label in alone)
            named = ", ".join(map(repr, alone[:5])) + (" and others" if len(alone) > 5 else "")
            said.append(f"in the {name} set alone: {named} ({counted(number, 'time')}), which cannot be learned")
    return said


def _scheme(labelled):
    """A label O whose companions do not say where entities begin."""
    if labelled.kind == SENTENCES or "O" not in labelled.labels or is_entities(labelled.labels):
        return []
    other = next(label for label in labelled.labels if not BOUNDARY.match(label)) if len(labelled.labels) > 1 else "O"
    return [
        f"there is a label O, but {other!r} does not say where an entity begins (as B-{other} and I-{other} would): "
        "single words are counted, not whole entities"
    ]


def _several(labelled):
    """Labels that seem to be lists."""
    lists = [label for label in labelled.labels if SEVERAL.match(label)]
    if labelled.kind != SENTENCES or 2 * len(lists) < len(labelled.labels):
        return []
    return [f"labels such as {lists[0]!r} seem to name several classes: each combination is learned as one of its own"]


def _conflicts(labelled):
    """The same text with different labels."""
    found = collections.defaultdict(set)
    for example in itertools.chain(labelled.train, labelled.valid, labelled.test):
        found[example.inputs].add(example.labels)
    several = {inputs: labels for inputs, labels in found.items() if len(labels) > 1}
    if not several:
        return []
    inputs, labels = next(iter(several.items()))
    example = f": {' '.join(inputs)[:60]!r}"
    if labelled.kind in (SENTENCES, SCORES):
        example += f" is labelled {' and '.join(map(repr, sorted(labels)[:3]))}"
    return [f"{counted(len(several), 'text')} with more than one labelling{example}"]


def _doubles(splits):
    """Texts that are there more than once in the training set, or are both learned and tested."""
    said = []
    texts = {name: [example.inputs for example in examples] for name, examples in splits}
    learned = set(texts["training"])
    again = len(texts["training"]) - len(learned)
    if again:
        said.append(f"the training set holds {counted(again, 'example')} whose text is there already")
    for name in ("validation", "test"):
        seen = sum(inputs in learned for inputs in texts[name])
        if seen:
            said.append(
                f"{seen:,} of {counted(len(texts[name]), 'example')} in the {name} set are in the training set too, so "
                "that results there are too good"
            )
    return said


def _percent(share):
    return f"{100 * share:.{0 if share >= 0.095 else 1}f}%"
