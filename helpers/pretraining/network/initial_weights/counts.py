"""First token embeddings from counts: which pieces stand beside which (``embeddings_from_counts``).

A piece's row of counts says how often each frequent piece stands one or two places before and after it.  What stands
there more often than chance would have it (positive pointwise mutual information), reduced to the width of an
embedding by its singular vectors, puts pieces near each other that are used alike: what the first thousands of steps
would have to find out.  After Bullinaria and Levy 2007 (the counts) and Levy and Goldberg 2014 (singular vectors, times
the root of their values, in place of learned word vectors).
"""

from typing import Any, Iterator, List, NamedTuple, Tuple

import numpy as np

PLACES = (-2, -1, 1, 2)  # of the neighbours that are counted
NEIGHBOURS = 1000  # the most frequent pieces alone are counted as neighbours
MOST_TOKENS = 4_000_000  # of the training text, from its start
BLOCK = 2048  # rows that are laid out at a time
SMOOTHING = 0.75  # exponent of the neighbours' frequencies, or rare ones would weigh too much
EXTRA, ROUNDS = 16, 5  # of the search for the singular vectors: more of them than are wanted, and how often improved
TINY = 1e-12
LONGEST = 2.0  # no embedding is longer than so many times the median


class Counts(NamedTuple):
    """``rows``, ``columns``, ``counts``: int64 [pairs], sorted by row; ``shape``: (words, columns)."""

    rows: np.ndarray
    columns: np.ndarray
    counts: np.ndarray
    shape: Tuple[int, int]


def embeddings(examples: Any, vocab_size: int, width: int, spread: float, seed: int) -> Tuple[np.ndarray, np.ndarray]:
    """Embeddings of the pieces in ``examples`` (``RecordFiles``), of which there is at least one pair of neighbours.

    Returns ``(values, seen)``: float32 [vocab_size, width] and bool [vocab_size], false for pieces that have no
    neighbours in the text, whose rows are zeros.  The median length is that of normal numbers of deviation ``spread``.
    """
    counted, random = count(ids_of(examples), vocab_size), np.random.RandomState(seed)
    pieces, rows = np.unique(counted.rows, return_inverse=True)
    seen = np.zeros(vocab_size, bool)
    seen[pieces] = True
    values = _reduced(counted._replace(rows=rows, shape=(len(pieces), counted.shape[1])), width, random)
    values -= values.mean(axis=0)
    lengths = np.linalg.norm(values, axis=1, keepdims=True)
    median = np.median(lengths)
    values *= (
        spread * np.sqrt(width) / max(median, TINY) * np.minimum(1.0, LONGEST * median / np.maximum(lengths, TINY))
    )
    # Adam treats each dimension by itself, so none should have the first singular vector alone.
    rotation, _ = np.linalg.qr(random.standard_normal((width, width)))
    found = np.zeros([vocab_size, width], np.float32)
    found[pieces] = values @ rotation
    return found, seen


def ids_of(examples: Any) -> np.ndarray:
    """int32 [examples, length], -1 for padding: the first so many tokens of the training text."""
    found, tokens = [], 0
    for batch in examples.in_order(4096):
        found.append(np.where(batch["input_mask"] > 0, batch["input_ids"], -1))
        tokens += int(batch["input_mask"].sum())
        if tokens >= MOST_TOKENS:
            break
    return np.concatenate(found)


def count(ids: np.ndarray, vocab_size: int) -> Counts:
    """How often each frequent piece stands at each of PLACES from each piece; ``ids`` as of the text, -1 is padding."""
    frequency = np.bincount(ids[ids >= 0], minlength=vocab_size)
    frequent = np.argsort(-frequency, kind="stable")[:NEIGHBOURS]
    number = np.full(vocab_size, -1)
    number[frequent] = np.arange(len(frequent))
    width = len(PLACES) * len(frequent)
    keys: List[np.ndarray] = []
    for place, offset in enumerate(PLACES):
        here, there = (ids[:, :-offset], ids[:, offset:]) if offset > 0 else (ids[:, -offset:], ids[:, :offset])
        column = np.where(there >= 0, number[there], -1)
        both = (here >= 0) & (column >= 0)
        keys.append(here[both].astype(np.int64) * width + place * len(frequent) + column[both])
    pairs, counts = np.unique(np.concatenate(keys), return_counts=True)
    return Counts(pairs // width, pairs % width, counts, (vocab_size, width))


def information(counted: Counts) -> np.ndarray:
    """The positive pointwise mutual information of each pair in ``counted``: float32 [pairs]."""
    words, width = counted.shape
    by_row = np.bincount(counted.rows, counted.counts, minlength=words)
    by_column = np.bincount(counted.columns, counted.counts, minlength=width) ** SMOOTHING
    expected = by_row[counted.rows] * by_column[counted.columns] / by_column.sum()
    return np.maximum(0.0, np.log(counted.counts / expected)).astype(np.float32)


def blocks(counted: Counts, values: np.ndarray) -> Iterator[Tuple[slice, np.ndarray]]:
    """The pairs' ``values`` as a table, block by block: places of rows, and float32 [rows, columns]."""
    words, width = counted.shape
    for start in range(0, words, BLOCK):
        first, last = np.searchsorted(counted.rows, (start, start + BLOCK))
        block = np.zeros([min(BLOCK, words - start), width], np.float32)
        block[counted.rows[first:last] - start, counted.columns[first:last]] = values[first:last]
        yield slice(start, start + len(block)), block


def _reduced(counted, width, random):
    """The first ``width`` left singular vectors times the roots of their values, float64 [words, width]."""
    words, columns = counted.shape
    values, wanted = information(counted), min(width + EXTRA, words, columns)
    right = np.linalg.qr(random.standard_normal((columns, wanted)))[0].astype(np.float32)
    for _ in range(ROUNDS):
        right = np.linalg.qr(sum(block.T @ (block @ right) for _, block in blocks(counted, values)))[0]
    left = np.concatenate([block @ right for _, block in blocks(counted, values)])
    vectors, singular, _ = np.linalg.svd(left.astype(np.float64), full_matrices=False)
    reduced = np.zeros([words, width])
    kept = min(width, wanted)
    reduced[:, :kept] = vectors[:, :kept] * np.sqrt(singular[:kept])
    return reduced
