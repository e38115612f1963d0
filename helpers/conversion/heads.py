"""How many attention heads has a checkpoint that comes without hyperparameters?

The weights do not tell: heads are slices of one matrix.  The gradients do.  Within one head the
scores q·k stay as they are when queries are multiplied by a matrix and keys by its inverse, so the
loss is indifferent to it, and therefore, with W the weights and G their gradients,

    W_query,hᵀ G_query,h  =  G_key,hᵀ W_key,h        for each head h,

but not between the slices of different heads.  Adam's first moment, which a checkpoint keeps beside
each variable, is a mean of recent gradients, so the equation holds nearly, and shows the blocks.
"""

from typing import Callable, Optional

import numpy as np

NARROWEST = 8  # units of a head, at the least
CLEARLY = 2.0  # how many times worse the equation must hold between heads than within
NEARLY = 0.1  # relative squared error up to which it counts as holding


def infer(read: Callable[[str], Optional[np.ndarray]], encoder: str, num_hidden_layers: int) -> Optional[int]:
    """The number of heads of an ``encoder`` scope, or None when the checkpoint does not show it.

    ``read(name)`` gives a variable's value, or None when there is no such variable.
    """
    sides = []
    for layer in range(num_hidden_layers):
        scope = f"{encoder}/encoder/layer_{layer}/attention/self/"
        values = [_with_bias(read, scope + part, slot) for part in ("query", "key") for slot in ("", "/adam_m")]
        if any(value is None for value in values):
            return None
        query, query_gradient, key, key_gradient = values
        left, right = query.T @ query_gradient, key_gradient.T @ key
        if not (np.abs(left).max() > 0 and np.abs(right).max() > 0):
            return None
        sides.append((left, right))
    width = len(sides[0][0])
    candidates = [n for n in range(2, width // NARROWEST + 1) if width % n == 0]
    contrast = {n: _contrast(sides, n) for n in candidates}
    best = max(candidates, key=contrast.get, default=None)
    if best is not None and contrast[best] > CLEARLY:
        return best
    everywhere = np.ones([width, width], bool)
    return 1 if all(_error(left, right, everywhere) < NEARLY for left, right in sides) else None


def _with_bias(read, name, slot):
    """A dense layer as one matrix [inputs + 1, outputs], float64; with a ``slot``, the optimizer's for it."""
    kernel, bias = read(f"{name}/kernel{slot}"), read(f"{name}/bias{slot}")
    if kernel is None or bias is None:
        return None
    return np.vstack([kernel, bias[None]]).astype(np.float64)


def _contrast(sides, heads):
    """How much worse the equation holds between ``heads`` equal slices than within, over all layers."""
    width = len(sides[0][0])
    within = np.kron(np.eye(heads), np.ones([width // heads] * 2)) > 0
    ratios = [_error(left, right, ~within) / max(_error(left, right, within), 1e-30) for left, right in sides]
    return float(np.exp(np.mean(np.log(np.maximum(ratios, 1e-30)))))


def _error(left, right, where):
    return ((left - right)[where] ** 2).sum() / max((left[where] ** 2 + right[where] ** 2).sum(), 1e-30)
