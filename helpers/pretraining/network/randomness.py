"""Random numbers that depend on nothing but (seed, purpose, step, example).

Stateless generators have no hidden state to lose: a run that was killed and started again draws
the very numbers that it would have drawn, and a worker that holds a part of a batch draws the
same numbers for its examples as one that holds them all.
"""

import copy
import hashlib
from typing import Any, List, Optional

from helpers.pretraining.network.forms.elementwise import Dropout
from helpers.pretraining.network.real_tokens import RealTokens
from helpers.pretraining.network.runtime import HOST, tf

GROUP = 32  # examples whose dropout is drawn at once, …
MOST_GROUPS = 64  # … or more of them, where a batch is so large that the graph would be of little else
GROUP_BITS = 40  # steps beyond 2^40 would repeat another group's numbers


class RandomStreams:
    """Uniform random tensors for the examples of one step.

    Parameters
    ----------
    seed : int
        The run's seed.
    step : scalar int64 tensor
        What makes two draws of one purpose differ; the global step in training.
    batch_size : int
        Number of examples in the step's whole batch.
    first : int or scalar int32 tensor
    count : int
        Which of them are here: ``count`` examples from number ``first`` on.  By default all.
    """

    def __init__(
        self, seed: int, step: tf.Tensor, batch_size: int, first: Any = 0, count: Optional[int] = None
    ) -> None:
        with tf.device(HOST):  # a GPU's generator takes its seeds from the host
            self._seed, self._step = seed, tf.cast(step, tf.int64)
        self._batch_size, self._first = batch_size, first
        self._count = batch_size if count is None else count
        self._draws = {}

    def uniform(self, purpose: str, shape: List[int]) -> tf.Tensor:
        """Numbers in [0, 1), float32 of shape [count, *shape]; a purpose drawn again gives new ones."""
        numbers = _draw(self._key(purpose), self._step, [self._batch_size] + list(shape))
        return self._cut(numbers, self._first)

    def dropout(
        self,
        shape: List[int],
        probability: float,
        tokens: Optional[RealTokens] = None,
        after: Optional[tf.Tensor] = None,
    ) -> Dropout:
        """A function that zeroes a share ``probability`` of its argument and scales up the rest.

        The argument is [count, *shape], or has one row of ``shape`` for each of ``tokens``; a token's numbers depend
        on its place in the batch alone.  They are drawn here, once: what the function drops, it drops on every call.
        They are drawn when ``after`` is computed, or all of a step's would be at its beginning, and wait.
        """
        if not probability:
            return Dropout()
        keep = 1.0 - probability
        with tf.control_dependencies([] if after is None else [after]):
            if tokens is None:
                kept = self._kept(shape, keep)
            else:
                kept = tokens.collect(self._kept([tokens.length] + list(shape), keep))
        return Dropout(kept, 1.0 / keep)

    def _kept(self, shape, keep):
        """Booleans [count, *shape], of which a share ``keep`` is true; no other groups of examples are drawn."""
        key, rows = self._key("dropout"), min(max(GROUP, -(-self._batch_size // MOST_GROUPS)), self._batch_size)
        here = self._first // rows  # the first group
        groups = _groups_spanned(self._count, rows)
        with tf.device(HOST):
            steps = [self._step + (tf.cast(here + number, tf.int64) * (1 << GROUP_BITS)) for number in range(groups)]
        drawn = [_draw(key, step, [rows] + list(shape)) < keep for step in steps]
        kept = drawn[0] if groups == 1 else tf.concat(drawn, axis=0)
        return kept if self._count == groups * rows else self._cut(kept, self._first - here * rows)

    def _key(self, purpose):
        draw = self._draws[purpose] = self._draws.get(purpose, -1) + 1
        digest = hashlib.sha256(f"{self._seed}/{purpose}/{draw}".encode()).digest()
        return int.from_bytes(digest[:7], "big")

    def _cut(self, numbers, first):
        if numbers.shape.as_list()[0] == self._count:
            return numbers
        rest = numbers.shape.as_list()[1:]
        return tf.slice(numbers, [first] + [0] * len(rest), [self._count] + rest)


def _draw(key, step, shape):
    with tf.device(HOST):
        seeds = tf.stack([tf.constant(key, tf.int64), step])
    return tf.raw_ops.StatelessRandomUniform(shape=shape, seed=seeds, dtype=tf.float32)


def _groups_spanned(count, rows):
    """How many groups of ``rows`` examples the ``count`` from a multiple of ``count`` on can lie in, at most."""
    if count % rows == 0:
        return count // rows
    if rows % count == 0:
        return 1
    return (count - 2) // rows + 2


def initial_values() -> Any:
    """A context in which every variable with random initial values gets a seed from the run's and from its name.

    TensorFlow numbers its operations and takes that number as a seed where none is given, so a graph for two
    workers, or one that computes a batch in parts, would start from other weights.
    """
    return tf.variable_scope(tf.get_variable_scope(), custom_getter=_seeded)


def _seeded(getter, name, *args, initializer=None, **kwargs):
    if getattr(initializer, "seed", 0) is None:
        initializer = copy.copy(initializer)
        initializer.seed = int.from_bytes(hashlib.sha256(name.encode()).digest()[:4], "big") >> 1
    return getter(name, *args, initializer=initializer, **kwargs)
