"""A layer's parts as they suit a CPU: little is kept for the backward pass, and nothing is copied to save a kernel."""

from typing import Any, Optional, Sequence, Tuple

from helpers.pretraining.network.forms import elementwise
from helpers.pretraining.network.runtime import tf

Weights = Tuple[tf.Variable, tf.Variable]  # kernel [inputs, units], bias [units]


class CpuForm:
    """The widest tensors, attention weights and feed-forward activations, are computed again when gradients are."""

    layer_norm = staticmethod(elementwise.layer_norm)
    kind: Optional[tf.DType] = None

    def dense(self, rows: tf.Tensor, weights: Weights) -> tf.Tensor:
        """rows float32 [N, inputs] x kernel + bias: [N, units]."""
        kernel, bias = weights
        return tf.nn.bias_add(tf.matmul(rows, kernel), bias)

    def feed_forward(self, rows: tf.Tensor, inner: Weights, outer: Weights, activation: str) -> tf.Tensor:
        """Two dense layers with an activation between them: float32 [N, H] to [N, H]."""
        kernel, bias = outer
        product = elementwise.activated_product(self.dense(rows, inner), tf.convert_to_tensor(kernel), activation)
        return tf.nn.bias_add(product, bias)

    def attention(
        self, rows: tf.Tensor, parts: Sequence[Weights], heads: int, tokens: Any, padding: tf.Tensor,
        drop: elementwise.Dropout,
    ) -> tf.Tensor:  # fmt: skip
        """Scaled dot-product attention, float32 [N, H] to [N, H].

        ``parts`` are the weights of query, key and value; ``padding`` [B, 1, 1, L] is added to the scores.
        """
        width = rows.shape.as_list()[1]
        grid = [tokens.batch_size, tokens.length, heads, width // heads]

        def split(weights):
            # No zeros: padding is masked as a key and left out as a query.
            values = tokens.spread(self.dense(rows, weights), zeros=False)
            return tf.transpose(tf.reshape(values, grid), [0, 2, 1, 3])  # [B, heads, L, H / heads]

        def attend(query, key, value):
            attention = tf.nn.softmax(tf.matmul(query, key, transpose_b=True) + padding)
            return tf.matmul(drop(attention), value)

        query, key, value = parts
        # Scaling the queries scales their products with the keys, which are many more.
        context = elementwise.recomputed(attend, split(query) * grid[-1] ** -0.5, split(key), split(value))
        context = tf.transpose(context, [0, 2, 1, 3])
        return tokens.collect(tf.reshape(context, [tokens.batch_size, tokens.length, width]))
