"""From labelled sentences to batches: token ids, and the places whose logits are compared with labels."""

import statistics
from typing import Any, List, NamedTuple, Sequence, Tuple, Union

from helpers.base.errors import TutorialError
from helpers.discriminator import loading
from helpers.finetuning.tasks import SCORES, TOKENS, Example
from helpers.finetuning.tasks.example import number_of

IGNORED = -100  # the target of tokens that no label belongs to; PyTorch's cross entropy passes over it
POOL = 50  # so many batches are sorted by length at a time, so that a batch holds sentences of like length


class Feature(NamedTuple):
    """What the network reads of a sentence, or of a part of one.

    ``ids``: with [CLS] and [SEP]; ``types``: 0, or 1 from the second text on; ``places``: the first token of
    each word (empty for a task on sentences); ``targets``: a label's number for each place, or a single one, or a
    score (a float).
    """

    ids: List[int]
    types: List[int]
    places: List[int]
    targets: List[Union[int, float]]


class Featurizer:
    """Encodes examples of a task of ``kind`` with ``encoder`` (:class:`helpers.discriminator.encoder.Encoder`).

    ``max_length`` is the most tokens that the network reads at once.  A longer sentence whose words are to be
    labelled is read in parts, so that every word gets its label; of a longer text that is labelled as a whole
    the end is cut, which ``truncated`` counts.  Scores are learned as distances from ``centre`` in units of ``unit``:
    as they are, until :meth:`measure` has seen some.
    """

    def __init__(self, encoder, kind, labels, max_length=None):
        self.encoder, self.kind = encoder, kind
        self.max_length = encoder.max_length if max_length is None else min(max_length, encoder.max_length)
        if self.max_length < 5:
            raise TutorialError(f"max_length must be at least 5 tokens, not {self.max_length}")
        self.numbers = {label: number for number, label in enumerate(labels)}
        self.truncated = 0
        self.centre, self.unit = 0.0, 1.0
        self._unknown = encoder.tokenizer.unk_token_id
        self._edges = encoder.encode("").ids  # [CLS] and [SEP]

    def measure(self, examples: Sequence[Example]) -> None:
        """Set ``centre`` and ``unit`` to mean and standard deviation of the scores of ``examples``."""
        values = [number_of(example.labels) for example in examples]
        self.centre = statistics.mean(values)
        self.unit = statistics.pstdev(values) or 1.0

    def features(self, examples: Sequence[Example]) -> Tuple[List[Feature], List[int]]:
        """``(features, owners)``: the features of all examples, and which example each belongs to."""
        found, owners = [], []
        for owner, example in enumerate(examples):
            parts = self._of_words(example) if self.kind == TOKENS else [self._of_texts(example)]
            found += parts
            owners += [owner] * len(parts)
        return found, owners

    def _of_words(self, example):
        targets = [self.numbers[label] for label in example.labels] or [IGNORED] * len(example.inputs)
        first, last = self._edges
        parts, ids, places, start = [], [first], [], 0

        def finish(end):
            parts.append(Feature(ids + [last], [0] * (len(ids) + 1), places, targets[start:end]))

        for number, word in enumerate(example.inputs):
            # A word of control characters alone leaves no piece, and still has a label.
            pieces = self.encoder.encode(word).ids[1:-1][: self.max_length - 2] or [self._unknown]
            if places and len(ids) + len(pieces) + 1 > self.max_length:
                finish(number)
                ids, places, start = [first], [], number
            places.append(len(ids))
            ids = ids + pieces
        finish(len(example.inputs))
        return parts

    def _of_texts(self, example):
        first, last = self._edges
        texts = [self._whole(text) for text in example.inputs]
        room = self.max_length - 1 - len(texts)
        self.truncated += sum(map(len, texts)) > room
        while sum(map(len, texts)) > room:  # the longer of two texts gives way
            longest = max(texts, key=len)
            del longest[-1]
        ids, types = [first], [0]
        for number, text in enumerate(texts):
            ids += text + [last]
            types += [number] * (len(text) + 1)
        if self.kind == SCORES:  # a text whose score is asked for has none yet
            return Feature(ids, types, [], [((number_of(example.labels or "0")) - self.centre) / self.unit])
        return Feature(ids, types, [], [self.numbers.get(example.labels, IGNORED)])

    def _whole(self, text):
        """Ids of a text without [CLS] and [SEP], one token more than fit at most."""
        ids = []
        for word in text.split():
            ids += self.encoder.encode(word).ids[1:-1]
            if len(ids) > self.max_length:
                break
        return ids[: self.max_length]


def tensors(features: Sequence[Feature], pad_token_id: int, device: str = "cpu") -> Tuple[Any, Any, Any, Any]:
    """A batch of ``features``: ``(input_ids, attention_mask, token_type_ids, targets)``, int64 tensors.

    The first three are [batch, longest]; ``targets`` too for words (``IGNORED`` where no label belongs), else [batch],
    of scores in float32.
    """
    torch, _ = loading.libraries()
    longest = max(len(feature.ids) for feature in features)

    def padded(rows, value):
        return torch.tensor([list(row) + [value] * (longest - len(row)) for row in rows], device=device)

    ids = padded([feature.ids for feature in features], pad_token_id)
    mask = padded([[1] * len(feature.ids) for feature in features], 0)
    types = padded([feature.types for feature in features], 0)
    if not any(feature.places for feature in features):
        return ids, mask, types, torch.tensor([feature.targets[0] for feature in features], device=device)
    targets = torch.full_like(ids, IGNORED)
    for row, feature in enumerate(features):
        targets[row, feature.places] = torch.tensor(feature.targets, device=device)
    return ids, mask, types, targets


def batches(features: Sequence[Feature], size: int, random: Any) -> List[List[Feature]]:
    """``features`` in random order, as lists of ``size``, sentences of like length together.

    ``random`` is a ``random.Random``; the last batch may be smaller.
    """
    order = list(range(len(features)))
    random.shuffle(order)
    made = []
    for start in range(0, len(order), POOL * size):
        pool = sorted(order[start : start + POOL * size], key=lambda number: len(features[number].ids))
        made += [pool[i : i + size] for i in range(0, len(pool), size)]
    random.shuffle(made)
    return [[features[number] for number in batch] for batch in made]
