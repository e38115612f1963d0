"""Random numbers that depend on nothing but (seed, purpose, step, example).

Stateless generators have no hidden state to lose: a run that was killed and started again draws
the very numbers that it would have drawn, and a worker that holds a part of a batch draws the
same numbers for its examples as one that holds them all.
"""

import copy
import hashlib

from helpers.pretraining.network import elementwise
from helpers.pretraining.network.runtime import HOST, tf


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

    def __init__(self, seed, step, batch_size, first=0, count=None):
        with tf.device(HOST):  # a GPU's generator takes its seeds from the host
            self._seed, self._step = seed, tf.cast(step, tf.int64)
        self._batch_size, self._first = batch_size, first
        self._count = batch_size if count is None else count
        self._draws = {}

    def uniform(self, purpose, shape):
        """Numbers in [0, 1), float32 of shape [count, *shape]; a purpose drawn again gives new ones."""
        draw = self._draws[purpose] = self._draws.get(purpose, -1) + 1
        key = hashlib.sha256(f"{self._seed}/{purpose}/{draw}".encode()).digest()
        with tf.device(HOST):
            seeds = tf.stack([tf.constant(int.from_bytes(key[:7], "big"), tf.int64), self._step])
        numbers = tf.raw_ops.StatelessRandomUniform(
            shape=[self._batch_size] + list(shape), seed=seeds, dtype=tf.float32
        )
        if self._count == self._batch_size:
            return numbers
        return tf.slice(numbers, [self._first] + [0] * len(shape), [self._count] + list(shape))

    def dropout(self, shape, probability, tokens=None):
        """A function that zeroes a share ``probability`` of its argument and scales up the rest.

        The argument is [count, *shape], or has one row of ``shape`` for each of ``tokens`` (RealTokens); a
        token's numbers depend on its place in the batch alone.  They are drawn here, once: what the function
        drops, it drops on every call.
        """
        if not probability:
            return lambda values: values
        keep = 1.0 - probability
        if tokens is None:
            kept = self.uniform("dropout", shape) < keep
        else:
            kept = tokens.collect(self.uniform("dropout", [tokens.length] + shape) < keep)
        return lambda values: elementwise.dropout(values, kept, 1.0 / keep)


def initial_values():
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
