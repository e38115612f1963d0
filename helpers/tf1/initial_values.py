"""Initial weights that depend on the run's seed and the variable's name, not on how the graph was built.

TensorFlow numbers its operations and takes that number as a seed where none is given, so a graph for two
workers, or one that computes a batch in parts, would start from other weights.
"""

import copy
import hashlib

from .runtime import tf


def scope():
    """A context in which every variable with random initial values gets a seed from its name."""
    return tf.variable_scope(tf.get_variable_scope(), custom_getter=_seeded)


def _seeded(getter, name, *args, initializer=None, **kwargs):
    if getattr(initializer, "seed", 0) is None:
        initializer = copy.copy(initializer)
        initializer.seed = int.from_bytes(hashlib.sha256(name.encode()).digest()[:4], "big") >> 1
    return getter(name, *args, initializer=initializer, **kwargs)
