"""Sentences to pre-training examples: ``[CLS] segment A [SEP] segment B [SEP]``, as ELECTRA's authors pack them.

An example takes sentences of one document until it is long enough, and shares them between two segments
with a little randomness, as BERT's inputs are made (ELECTRA paper, section 3.1 and appendix A).  Which
sentence goes where depends on the sentences' lengths alone.  So a ``Planner`` decides it for the whole
corpus in one sequence of random draws, cheaply, and ``fill`` makes the arrays wherever there is a free
processor: the outcome is the same for any number of them.
"""

import bisect
import collections
import random

import numpy as np

from helpers.data.vocabulary.word_lookup import ranges

SHORTEST_EXAMPLE = 5  # tokens, [CLS] and [SEP] included
ONE_SEGMENT_SHARE = 0.1  # of the examples put everything into segment A
NO_LIMIT = 100000  # tokens; segment A's target then
OVERFLOW_SHARE = 0.5  # of the sentences that would overfill segment A go there all the same
SHORT_SHARE = 0.05  # of the examples aim at a random length

# Examples made of the next tokens of the corpus.  ``a``, ``b``: int32 [examples], tokens in the segments, not
# yet truncated; ``moves``: int64 [moves, 3], (to, start, stop) counted in tokens: before the tokens are dealt
# out in their order, those from ``start`` to ``stop`` go back to place ``to``, one move after the other.
Plan = collections.namedtuple("Plan", "a b moves")


class Planner:
    """Decides which sentences make an example and how they are shared between its segments.

    Parameters
    ----------
    max_seq_length : int
        Tokens of the longest example, special tokens included.
    generator : random.Random
        The only source of chance: three kinds of draws, in the order of the text.
    """

    def __init__(self, max_seq_length, generator):
        self.max_seq_length = max_seq_length
        self.generator = generator
        self.target = max_seq_length
        self.waiting = []  # lengths of sentences that wait for company: fewer than max_seq_length tokens in all

    def add(self, lengths, breaks, document_ends):
        """Plan the examples that the next sentences complete.

        Parameters
        ----------
        lengths : int array [sentences]
            Tokens of each, at least 1.
        breaks : int array [breaks]
            How many of these sentences stand before each end of a document.
        document_ends : bool
            Whether the document ends with these sentences.

        Returns
        -------
        Plan
        """
        lengths = np.concatenate([self.waiting, lengths]).astype(np.int64)
        starts = np.concatenate([[0], np.cumsum(lengths)]).tolist()  # token where each sentence starts, and the end
        last = len(lengths)
        stops = (breaks + len(self.waiting)).tolist() + [last]
        open_end = None if document_ends else len(stops) - 1
        first, a, moves = 0, [], []
        ends = [0]
        for number, stop in enumerate(stops):
            while first < stop:
                end = bisect.bisect_left(starts, starts[first] + self.target, first + 1, stop + 1)
                if end > stop:
                    if number == open_end:
                        break
                    end = stop
                a.append(self._share(starts, first, end, moves))
                ends.append(starts[end])
                first = end
        self.waiting = lengths[first:]
        a = np.array(a, np.int32)
        return Plan(a, np.diff(ends).astype(np.int32) - a, np.array(moves, np.int64).reshape(-1, 3))

    def _share(self, starts, first, end, moves):
        """Put sentences ``first`` to ``end - 1`` into segments A and B; the number of tokens in A.

        Adds to ``moves`` where A's sentences do not all stand before B's.
        """
        draw = self.generator.random
        limit = NO_LIMIT if draw() < ONE_SEGMENT_SHARE else (self.target - 3) // 2
        begin = starts[first]
        # The first sentence that takes segment A to its limit; all before it are in A.
        crossing = bisect.bisect_left(starts, begin + limit, first + 1, end + 1) - 1
        if crossing == end:
            in_a = starts[end] - begin
        elif crossing == first or draw() < OVERFLOW_SHARE:
            in_a = starts[crossing + 1] - begin
        else:  # B begins here, but shorter sentences further on may still fit into A
            in_a = starts[crossing] - begin
            start = starts[crossing + 1]
            for sentence in range(crossing + 2, end + 1):
                stop = starts[sentence]
                if in_a + stop - start < limit:
                    moves.append((begin + in_a, start, stop))
                    in_a += stop - start
                start = stop
        if draw() < SHORT_SHARE:
            self.target = self.generator.randint(SHORTEST_EXAMPLE, self.max_seq_length)
        else:
            self.target = self.max_seq_length
        return in_a


class SentencePlanner:
    """Makes every sentence an example of its own: what a small model learns from soonest."""

    def add(self, lengths, breaks, document_ends):
        """Plan one example a sentence; same arguments and result as ``Planner.add``."""
        return Plan(lengths, np.zeros_like(lengths), np.zeros((0, 3), np.int64))


def fill(tokens, plan, max_seq_length, cls, sep):
    """Make the model's inputs of planned examples.

    Parameters
    ----------
    tokens : int32 [tokens]
        Those of the plan's examples, end to end; rearranged by its moves.
    plan : Plan
    max_seq_length : int
        Longer segments are truncated: A to ``max_seq_length - 2`` tokens, B to what is left.
    cls, sep : int
        Ids of [CLS] and [SEP].  Padding is 0.

    Returns
    -------
    dict
        ``input_ids`` int32, ``input_mask`` and ``segment_ids`` uint8, each [examples, max_seq_length].
    """
    for to, start, stop in plan.moves.tolist():
        tokens[to:stop] = np.concatenate([tokens[start:stop], tokens[to:start]])
    a, b = _kept(plan, max_seq_length)
    size = a + 2 + np.where(b > 0, b + 1, 0)
    source = np.cumsum(plan.a + plan.b) - plan.a - plan.b
    row = np.arange(len(a)) * max_seq_length
    ids = np.zeros((len(a), max_seq_length), np.int32)
    flat = ids.reshape(-1)
    flat[row] = cls
    flat[ranges(row + 1, a)] = tokens[ranges(source, a)]
    flat[row + 1 + a] = sep
    flat[ranges(row + 2 + a, b)] = tokens[ranges(source + plan.a, b)]
    flat[row + size - 1] = sep
    place = np.arange(max_seq_length)
    mask = place < size[:, None]
    return {
        "input_ids": ids,
        "input_mask": mask.view(np.uint8),
        "segment_ids": (mask & (place >= (a + 2)[:, None])).view(np.uint8),
    }


def _kept(plan, max_seq_length):
    """How many tokens of each segment an example has room for: (A, B), int32 [examples] each."""
    a = np.minimum(plan.a, max_seq_length - 2)
    return a, np.minimum(plan.b, np.maximum(max_seq_length - 3 - a, 0))


def truncated(plan: Plan, max_seq_length: int) -> int:
    """How many tokens of planned examples find no room in them."""
    a, b = _kept(plan, max_seq_length)
    return int(plan.a.sum() + plan.b.sum() - a.sum() - b.sum())


def planner(max_seq_length, one_sentence_per_example, seed):
    """The planner for these settings, and the random generator that it goes on drawing from."""
    generator = random.Random(seed)
    return (SentencePlanner() if one_sentence_per_example else Planner(max_seq_length, generator)), generator
