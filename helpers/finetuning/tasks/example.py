"""What a labelled sentence is, and a task made of them."""

import itertools
from typing import Iterable, Iterator, List, NamedTuple, Optional, Tuple, Union

TOKENS, SENTENCES, SCORES = "tokens", "sentences", "scores"
KINDS = (TOKENS, SENTENCES, SCORES)
SCORE = "score"  # the one label, so to speak, of a task on scores


class Example(NamedTuple):
    """``inputs``: the words of a sentence, or one or two texts; ``labels``: one for each word, or a single one.

    A score stands there as text, such as "3.8".
    """

    inputs: Tuple[str, ...]
    labels: Union[Tuple[str, ...], str]


class Labelled(NamedTuple):
    """A task: its kind, its labels in alphabetical order ("score" alone for scores), three lists of :class:`Example`,
    where they are from, and what there was to say when they were read."""

    kind: str
    labels: List[str]
    train: List[Example]
    valid: List[Example]
    test: List[Example]
    source: str
    remarks: Tuple[str, ...] = ()


def labels_of(kind: str, examples: Iterable[Example]) -> Iterator[str]:
    """Every label of ``examples``, one after the other."""
    if kind == TOKENS:
        return itertools.chain.from_iterable(example.labels for example in examples)
    return (example.labels for example in examples)


def number_of(label: str) -> Optional[float]:
    """The value of a label that is a number, with a point or a comma, else None."""
    try:
        value = float(label.replace(",", ".")) if label[:1].isdigit() or label[:1] in "-+.," else None
    except ValueError:
        return None
    return value if value is not None and abs(value) < 1e15 else None


def counted(number: int, thing: str) -> str:
    """A number and its noun: "1 line", "2 lines", "1,200 examples"."""
    return f"{number:,} {thing}{'s' * (number != 1)}"
