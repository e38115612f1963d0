"""Layer norm, activations and dropout with their gradients written out.

The formulas are the usual ones.  Left to automatic differentiation, each would keep several
tensors of the activations' size until the backward pass and read and write them many more times
than needed; a step on a CPU spends more time on that than on its matrix products.
"""

import math
from typing import Callable, Optional

from helpers.pretraining.network.runtime import tf

LAYER_NORM_EPSILON = 1e-12


@tf.custom_gradient
def layer_norm(values: tf.Tensor, gamma: tf.Tensor, beta: tf.Tensor) -> tf.Tensor:
    """Normalize ``values`` float32 [..., H] over the last axis; scale by ``gamma`` [H] and shift by ``beta`` [H]."""
    mean = tf.reduce_mean(values, axis=-1, keepdims=True)
    centred = values - mean
    scale = tf.math.rsqrt(tf.reduce_mean(tf.square(centred), axis=-1, keepdims=True) + LAYER_NORM_EPSILON)
    normal = centred * scale

    def gradient(upstream):
        rows = list(range(len(values.shape) - 1))
        d_normal = upstream * gamma
        shift = tf.reduce_mean(d_normal, axis=-1, keepdims=True)
        along = tf.reduce_mean(d_normal * normal, axis=-1, keepdims=True)
        d_values = (d_normal - shift - normal * along) * scale
        return d_values, tf.reduce_sum(upstream * normal, axis=rows), tf.reduce_sum(upstream, axis=rows)

    return normal * gamma + beta, gradient


@tf.custom_gradient
def twice_gelu(values: tf.Tensor) -> tf.Tensor:
    """``values``, float32 of any shape, x twice the standard normal's cumulative distribution, exact (with erf).

    That is gelu without its half.  A half is exact, so it can stand wherever it costs least, such as before the
    next kernel.
    """
    scaled = values * math.sqrt(0.5)
    twice_below = 1.0 + tf.math.erf(scaled)

    def gradient(upstream):
        twice_density = tf.exp(0.5 * math.log(2.0 / math.pi) - tf.square(scaled))
        return upstream * (twice_below + values * twice_density)

    return values * twice_below, gradient


# Each as a function and the factor that its values are still to be multiplied by.
ACTIVATIONS = {"gelu": (twice_gelu, 0.5), "relu": (tf.nn.relu, 1.0)}


def activate(values: tf.Tensor, activation: str) -> tf.Tensor:
    """The activation of that name at each of ``values``, float32 of any shape."""
    function, factor = ACTIVATIONS[activation]
    return function(values) * factor


def activated_product(rows: tf.Tensor, kernel: tf.Tensor, activation: str) -> tf.Tensor:
    """activate(rows) x kernel: float32 [N, inputs] and [inputs, units] to [N, units].

    The activations are as wide as a layer gets, and cheap: they are computed once more for the backward pass
    instead of being kept for it.
    """
    function, factor = ACTIVATIONS[activation]
    return recomputed(lambda rows, kernel: tf.matmul(function(rows), kernel * factor), rows, kernel)


class Dropout:
    """Zeroes values where ``keep``, boolean of their shape, is false, and multiplies the others by ``scale``.

    The same on every call.  Without ``keep`` it leaves values as they are.  Only ``keep``, a byte an element, waits
    for the backward pass.
    """

    def __init__(self, keep: Optional[tf.Tensor] = None, scale: float = 1.0) -> None:
        self._keep, self._scale = keep, scale

    def __call__(self, values: tf.Tensor) -> tf.Tensor:
        """``values`` float32 with some dropped."""
        return values if self._keep is None else self._compute(values)

    def _compute(self, values):
        def dropped(parts):
            with tf.control_dependencies([parts]):  # or one set of floats would serve both passes, and be kept for that
                mask = tf.cast(self._keep, tf.float32)
            return parts * (mask * self._scale)

        @tf.custom_gradient
        def compute(values):
            return dropped(values), dropped

        return compute(values)


def recomputed(function: Callable[..., tf.Tensor], *inputs: tf.Tensor) -> tf.Tensor:
    """``function(*inputs)``, computed once more for the backward pass so that nothing inside needs to be kept.

    ``function`` takes and gives one tensor or more, and reads no variables but those among ``inputs``.
    """

    @tf.custom_gradient
    def compute(*inputs):
        def gradient(upstream):
            # Without the order, the executor would compute these on the way forward, and keep them.
            with tf.control_dependencies([upstream]):
                again = [tf.identity(value) for value in inputs]
            return tf.gradients(function(*again), again, upstream)

        return function(*inputs), gradient

    return compute(*inputs)
