"""What a labelled sentence is, and a task made of them."""

import itertools
from typing import Iterable, Iterator, List, NamedTuple, Tuple, Union

TOKENS, SENTENCES = "tokens", "sentences"
KINDS = (TOKENS, SENTENCES)


class Example(NamedTuple):
    """``inputs``: the words of a sentence, or one or two texts; ``labels``: one for each word, or a single one."""

    inputs: Tuple[str, ...]
    labels: Union[Tuple[str, ...], str]


class Labelled(NamedTuple):
    """A task: its kind, its labels in alphabetical order, three lists of :class:`Example`, where they are from, and
    what there was to say when they were read."""

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


def counted(number: int, thing: str) -> str:
    """A number and its noun: "1 line", "2 lines", "1,200 examples"."""
    return f"{number:,} {thing}{'s' * (number != 1)}"
