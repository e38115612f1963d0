"""A layer's parts as they suit a GPU and XLA: few products, and few passes over memory between them.

What is read in the backward pass is what products gave, in 16 bits where they are; activations are taken from it
again, in the kernel that needs them, and products' inputs are kept.
"""

import math
from typing import Any, Optional, Sequence

from helpers.pretraining.network.forms import elementwise
from helpers.pretraining.network.forms.cpu import Weights
from helpers.pretraining.network.runtime import tf


class CardForm:
    """Products in ``kind``, a 16-bit type such as ``tf.bfloat16``, or in float32; everything else in float32."""

    def __init__(self, kind: Optional[tf.DType] = None) -> None:
        self.kind = kind

    def _narrow(self, values):
        return values if self.kind is None else tf.cast(values, self.kind)

    def _product(self, one, other, **transposed):
        """The product of two tensors, in ``kind``."""
        return tf.matmul(self._narrow(one), self._narrow(other), **transposed)

    def dense(self, rows: tf.Tensor, weights: Weights) -> tf.Tensor:
        """rows float32 [N, inputs] x kernel + bias: float32 [N, units]."""
        kernel, bias = weights
        return tf.nn.bias_add(_wide(self._product(rows, kernel)), bias)

    def layer_norm(self, values: tf.Tensor, gamma: tf.Tensor, beta: tf.Tensor) -> tf.Tensor:
        """As ``elementwise.layer_norm``, with mean and variance in one pass over ``values`` float32 [..., H].

        The variance is the mean square less the square of the mean, both of what a row's numbers are apart from its
        first, so that a mean far from zero costs no digits.
        """

        @tf.custom_gradient
        def compute(values, gamma, beta):
            apart = values - values[..., :1]
            mean = tf.reduce_mean(apart, axis=-1, keepdims=True)
            square = tf.reduce_mean(tf.square(apart), axis=-1, keepdims=True)

            def normal_of(values, mean, square):
                variance = tf.maximum(square - tf.square(mean), 0.0)
                scale = tf.math.rsqrt(variance + elementwise.LAYER_NORM_EPSILON)
                return (values - (mean + values[..., :1])) * scale, scale

            def gradient(upstream):
                rows = list(range(len(values.shape) - 1))
                normal, scale = normal_of(*(_later(each, upstream) for each in (values, mean, square)))
                d_normal = upstream * gamma
                shift = tf.reduce_mean(d_normal, axis=-1, keepdims=True)
                along = tf.reduce_mean(d_normal * normal, axis=-1, keepdims=True)
                d_values = (d_normal - shift - normal * along) * scale
                return d_values, tf.reduce_sum(upstream * normal, axis=rows), tf.reduce_sum(upstream, axis=rows)

            return normal_of(values, mean, square)[0] * gamma + beta, gradient

        return compute(values, gamma, beta)

    def feed_forward(self, rows: tf.Tensor, inner: Weights, outer: Weights, activation: str) -> tf.Tensor:
        """Two dense layers with an activation between them: float32 [N, H] to [N, H]."""
        activate = {"gelu": _biased_gelu, "relu": _biased_relu}[activation]
        kernel, bias = inner
        return self.dense(activate(self._product(rows, kernel), tf.convert_to_tensor(bias)), outer)

    def attention(
        self, rows: tf.Tensor, parts: Sequence[Weights], heads: int, tokens: Any, padding: tf.Tensor,
        drop: elementwise.Dropout,
    ) -> tf.Tensor:  # fmt: skip
        """As ``CpuForm.attention``; query, key and value come out of one product."""
        width = rows.shape.as_list()[1]
        kernels, biases = zip(*parts)
        joined = self.dense(rows, (tf.concat(kernels, axis=1), tf.concat(biases, axis=0)))
        grid = [tokens.batch_size, tokens.length, 3, heads, width // heads]
        query, key, value = tf.unstack(tf.transpose(tf.reshape(joined, grid), [2, 0, 3, 1, 4]))
        query = self._narrow(query * grid[-1] ** -0.5)
        context = self._attend(query, self._narrow(key), self._narrow(value), padding, drop)
        return tf.reshape(tf.transpose(context, [0, 2, 1, 3]), [tokens.batch_size * tokens.length, width])

    def _attend(self, query, key, value, padding, drop):
        """Attention of tensors in ``kind`` [B, heads, L, d], of which the queries are scaled: float32 of that shape."""

        @tf.custom_gradient
        def compute(query, key, value):
            scores = tf.matmul(query, key, transpose_b=True)
            highest = tf.reduce_max(_wide(scores) + padding, axis=-1, keepdims=True)
            weights = tf.exp(_wide(scores) + padding - highest)  # the softmax, but for its division
            total = tf.reduce_sum(weights, axis=-1, keepdims=True)
            dropped = self._narrow(drop(weights))
            context = _wide(tf.matmul(dropped, value)) / total

            def gradient(upstream):
                narrow = self._narrow(upstream / total)
                d_dropped = _wide(tf.matmul(narrow, value, transpose_b=True))
                # The sum of all weights times their gradients, taken where a row is a head's width wide.
                along = tf.reduce_sum(upstream * context, axis=-1, keepdims=True) / total
                again = tf.exp(_wide(_later(scores, d_dropped)) + padding - highest)
                d_scores = self._narrow(again * (drop(d_dropped) - along))
                return (
                    tf.matmul(d_scores, key),
                    tf.matmul(d_scores, query, transpose_a=True),
                    tf.matmul(dropped, narrow, transpose_a=True),
                )

            return context, gradient

        return compute(query, key, value)


def _wide(values):
    return values if values.dtype == tf.float32 else tf.cast(values, tf.float32)


def _later(values, upstream):
    """``values`` once more when ``upstream`` is there: what is computed from them is not kept from the way forward."""
    with tf.control_dependencies([upstream]):
        return tf.identity(values)


@tf.custom_gradient
def _biased_gelu(product, bias):
    """gelu(product + bias) as float32; ``product`` [N, units] of any type is all that is kept of it."""

    def parts(product):
        values = _wide(product) + bias
        scaled = values * math.sqrt(0.5)
        return values, scaled, 0.5 + 0.5 * tf.math.erf(scaled)

    values, _, below = parts(product)

    def gradient(upstream):
        values, scaled, below = parts(_later(product, upstream))
        density = tf.exp(-0.5 * math.log(2.0 * math.pi) - tf.square(scaled))
        d_values = upstream * (below + values * density)
        return tf.cast(d_values, product.dtype), tf.reduce_sum(d_values, axis=0)

    return values * below, gradient


def _biased_relu(product, bias):
    return tf.nn.relu(_wide(product) + bias)
