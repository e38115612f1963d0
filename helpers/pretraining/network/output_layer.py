"""The output layer over the vocabulary, in blocks of rows: loss, gradient, samples and guesses in one pass.

With 119,547 words, one float32 matrix [masked positions, vocabulary] of the article's batch takes
290 MB, and the textbook way keeps a dozen of them: logits, one-hot labels, probabilities, noise and
their gradients.  Here a block of rows has its logits computed, and everything that depends on them
(loss, gradient, sampled token, best guess) is taken at once, before the next block reuses the
memory.  The gradient of the loss is linear in the gradient that comes from above, so it can be
taken on the way forward and scaled on the way back.

One matrix of exp(logits - highest), called ``likelihood``, serves the loss, the samples and the gradient.
With each row's sum it is the softmax p; the loss has the gradient p - onehot(label) by the logits.  The
sums are divided out, and the labels subtracted, where a row is embedding_size wide and not vocab_size.
"""

import collections
from typing import Optional

from helpers.pretraining.network.forms import output_blocks
from helpers.pretraining.network.runtime import tf

# loss_sum: scalar, weighted sum of cross entropies; sampled_ids, predicted_ids: int64 [rows] or int32 [B, M]
Output = collections.namedtuple("Output", "loss_sum sampled_ids predicted_ids")


def masked_softmax(
    hidden: tf.Tensor,
    table: tf.Tensor,
    bias: tf.Tensor,
    labels: tf.Tensor,
    weights: tf.Tensor,
    uniforms: tf.Tensor,
    temperature: float = 1.0,
    disallow_correct: bool = False,
    training: bool = True,
    static_shapes: bool = False,
    kind: Optional[tf.DType] = None,
) -> Output:
    """:func:`vocabulary_softmax` for the M slots for masked tokens of each of B examples.

    Slots without a masked token have weight zero: their rows are left out of the largest product, and their
    ids are 0.  With ``static_shapes`` they are computed like the others.

    Parameters
    ----------
    hidden : float32 [B, M, embedding_size]
    labels : int32 [B, M]
    weights, uniforms : float32 [B, M]
    table, bias, temperature, disallow_correct, training, kind : see :func:`vocabulary_softmax`

    Returns
    -------
    Output with ids int32 [B, M].
    """
    if static_shapes:
        examples, slots = labels.shape.as_list()
        flat = tf.reshape(hidden, [examples * slots, table.shape.as_list()[1]])
        rest = (tf.reshape(values, [-1]) for values in (labels, weights, uniforms))
        output = vocabulary_softmax(flat, table, bias, *rest, temperature, disallow_correct, training, True, kind)
        ids = (tf.reshape(ids, [examples, slots]) for ids in (output.sampled_ids, output.predicted_ids))
        sampled, predicted = (tf.cast(tf.where(weights > 0, each, tf.zeros_like(each)), tf.int32) for each in ids)
        return Output(output.loss_sum, sampled, predicted)
    slots = tf.where(weights > 0)  # [rows, 2]
    output = vocabulary_softmax(
        tf.gather_nd(hidden, slots), table, bias, tf.gather_nd(labels, slots), tf.gather_nd(weights, slots),
        tf.gather_nd(uniforms, slots), temperature, disallow_correct, training,
    )  # fmt: skip
    shape = tf.shape(labels, out_type=tf.int64)

    def per_slot(ids):
        spread = tf.scatter_nd(slots, tf.cast(ids, tf.int32), shape)
        spread.set_shape(labels.shape)
        return spread

    return Output(output.loss_sum, per_slot(output.sampled_ids), per_slot(output.predicted_ids))


def vocabulary_softmax(
    hidden: tf.Tensor,
    table: tf.Tensor,
    bias: tf.Tensor,
    labels: tf.Tensor,
    weights: tf.Tensor,
    uniforms: tf.Tensor,
    temperature: float = 1.0,
    disallow_correct: bool = False,
    training: bool = True,
    static_shapes: bool = False,
    kind: Optional[tf.DType] = None,
) -> Output:
    """Softmax over the vocabulary for ``rows`` masked positions.

    Parameters
    ----------
    hidden : float32 [rows, embedding_size]
    table : float32 [vocab_size, embedding_size], the token embeddings
    bias : float32 [vocab_size]
    labels : int32 [rows], the original tokens
    weights : float32 [rows], each row's weight in the loss
    uniforms : float32 [rows], random numbers in [0, 1): each picks one token from its row's distribution
    temperature, disallow_correct : of that distribution (not of the loss)
    training : whether the gradient will be asked for
    static_shapes : whether ``rows`` is known beforehand, so that blocks can be laid out one by one, large ones
    kind : 16-bit type that products are taken in, and likelihoods kept in, with ``static_shapes``

    Returns
    -------
    Output, differentiable in its ``loss_sum`` by ``hidden``, ``table`` and ``bias``.
    """

    @tf.custom_gradient
    def compute(hidden, table, bias):
        rows = hidden, labels, weights, uniforms
        settings = temperature, disallow_correct, training
        if static_shapes:
            results = _all_blocks(
                output_blocks.laid_out, output_blocks.CardBlocks(table, bias, kind), rows, table, *settings
            )
        else:
            results = _all_blocks(output_blocks.loop, output_blocks.CpuBlocks(table, bias), rows, table, *settings)
        loss_sum, sampled_ids, predicted_ids = results[:3]

        def gradient(upstream, *unused):
            return [upstream * part for part in results[3:]]

        return (loss_sum, sampled_ids, predicted_ids), gradient

    return Output(*compute(hidden, table, bias))


def logits(hidden: tf.Tensor, table: tf.Tensor, bias: tf.Tensor) -> tf.Tensor:
    """Plain logits float32 [rows, vocab_size], for looking at; arguments as of :func:`vocabulary_softmax`."""
    return tf.nn.bias_add(tf.matmul(hidden, table, transpose_b=True), bias)


def _all_blocks(blocks, block, rows, table, temperature, disallow_correct, training):
    """Loss, samples, guesses and, in training, the gradients by hidden, table and bias, of all ``rows``.

    ``blocks``, ``output_blocks.loop`` or ``laid_out``, goes through them block by block; ``block`` computes each.
    """
    hidden, labels, weights, _ = rows
    vocab_size = table.shape.as_list()[0]

    def compute(h, y, w, u):
        return block(h, y, w, u, temperature, disallow_correct, training)

    loss_sum, sampled, predicted, d_hidden, d_table, d_bias = blocks(compute, rows, block, training)
    results = [loss_sum, sampled, predicted]
    if training:
        w, y = weights[:, None], labels[:, None]
        d_hidden = d_hidden - tf.gather(table, labels) * w
        d_table = tf.tensor_scatter_nd_sub(d_table, y, hidden * w)
        d_bias = tf.tensor_scatter_nd_sub(d_bias, y, weights)
        results += [d_hidden, d_table[:vocab_size], d_bias[:vocab_size]]
    return results
