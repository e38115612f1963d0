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

from helpers.pretraining.network.runtime import tf

BLOCK_ELEMENTS = 1 << 24  # logits in one block of rows: 64 MB
GROUP = 256  # tokens whose probability is summed before one of them is picked
NEVER = -1e9  # a logit that no token has

# loss_sum: scalar, weighted sum of cross entropies; sampled_ids, predicted_ids: int32 [rows] or [B, M]
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
) -> Output:
    """:func:`vocabulary_softmax` for the M slots for masked tokens of each of B examples.

    Slots without a masked token have weight zero: their rows are left out of the largest product, and their
    ids are 0.

    Parameters
    ----------
    hidden : float32 [B, M, embedding_size]
    labels : int32 [B, M]
    weights, uniforms : float32 [B, M]
    table, bias, temperature, disallow_correct, training : see :func:`vocabulary_softmax`

    Returns
    -------
    Output with ids int32 [B, M].
    """
    slots = tf.where(weights > 0)  # [rows, 2]
    output = vocabulary_softmax(
        tf.gather_nd(hidden, slots), table, bias, tf.gather_nd(labels, slots), tf.gather_nd(weights, slots),
        tf.gather_nd(uniforms, slots), temperature, disallow_correct, training,
    )  # fmt: skip
    shape = tf.shape(labels, out_type=tf.int64)

    def per_slot(ids):
        spread = tf.scatter_nd(slots, ids, shape)
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

    Returns
    -------
    Output, differentiable in its ``loss_sum`` by ``hidden``, ``table`` and ``bias``.
    """

    @tf.custom_gradient
    def compute(hidden, table, bias):
        results = _loop(hidden, table, bias, labels, weights, uniforms, temperature, disallow_correct, training)
        loss_sum, sampled_ids, predicted_ids = results[:3]

        def gradient(upstream, *unused):
            return [upstream * part for part in results[3:]]

        return (loss_sum, sampled_ids, predicted_ids), gradient

    return Output(*compute(hidden, table, bias))


def logits(hidden: tf.Tensor, table: tf.Tensor, bias: tf.Tensor) -> tf.Tensor:
    """Plain logits float32 [rows, vocab_size], for looking at; arguments as of :func:`vocabulary_softmax`."""
    return tf.nn.bias_add(tf.matmul(hidden, table, transpose_b=True), bias)


def _loop(hidden, table, bias, labels, weights, uniforms, temperature, disallow_correct, training):
    vocab_size, width = table.shape.as_list()
    rows = tf.shape(hidden)[0]
    padding = -vocab_size % GROUP
    # Padding tokens fill the last group; nothing is ever drawn from them.
    padded_bias = tf.pad(bias, [[0, padding]], constant_values=NEVER)
    # One transposed copy a step makes each block's product a plain one, which is faster.
    columns = tf.pad(tf.transpose(table), [[0, 0], [0, padding]])
    block = max(1, BLOCK_ELEMENTS // (vocab_size + padding))

    def body(start, loss_sum, sampled, predicted, d_hidden, d_table, d_bias):
        stop = tf.minimum(start + block, rows)
        h, y, w, u = (part[start:stop] for part in (hidden, labels, weights, uniforms))
        block_logits = tf.nn.bias_add(tf.matmul(h, columns), padded_bias)
        index = start // block
        predicted = predicted.write(index, tf.argmax(block_logits, axis=1, output_type=tf.int32))
        cell = tf.stack([tf.range(stop - start), y], axis=1)
        highest = tf.reduce_max(block_logits, axis=1)
        likelihood = tf.exp(block_logits - highest[:, None])
        drawn_from = likelihood
        if temperature != 1.0 or disallow_correct:
            drawn_from = _sharpened(block_logits, cell, temperature, disallow_correct)
        sampled = sampled.write(index, _sample(drawn_from, u))
        total = tf.reduce_sum(_group_sums(likelihood), axis=1)
        loss_sum += tf.reduce_sum((tf.math.log(total) + highest - tf.gather_nd(block_logits, cell)) * w)
        if training:
            scale = (w / total)[:, None]
            d_hidden = d_hidden.write(index, tf.matmul(likelihood, columns, transpose_b=True) * scale)
            d_table += tf.matmul(likelihood, h * scale, transpose_a=True)
            d_bias += tf.matmul(likelihood, scale, transpose_a=True)[:, 0]
        return stop, loss_sum, sampled, predicted, d_hidden, d_table, d_bias

    def rows_of(dtype, shape):
        return tf.TensorArray(dtype, 0, dynamic_size=True, infer_shape=False, element_shape=shape)

    padded_size = vocab_size + padding if training else 0
    state = (
        0, 0.0, rows_of(tf.int32, [None]), rows_of(tf.int32, [None]), rows_of(tf.float32, [None, width]),
        tf.zeros([padded_size, width]), tf.zeros([padded_size]),
    )  # fmt: skip
    # One block at a time: more at once would be faster on no machine and larger on all.
    _, loss_sum, sampled, predicted, d_hidden, d_table, d_bias = tf.while_loop(
        lambda start, *unused: start < rows, body, state, parallel_iterations=1, back_prop=False
    )
    results = [loss_sum, _joined(sampled), _joined(predicted)]
    if training:
        w, y = weights[:, None], labels[:, None]
        d_hidden = _joined(d_hidden) - tf.gather(table, labels) * w
        d_table = tf.tensor_scatter_nd_sub(d_table, y, hidden * w)
        d_bias = tf.tensor_scatter_nd_sub(d_bias, y, weights)
        results += [d_hidden, d_table[:vocab_size], d_bias[:vocab_size]]
    return results


def _joined(blocks):
    """The blocks of a TensorArray one below the other."""
    joined = blocks.concat()
    joined.set_shape(blocks.element_shape if hasattr(blocks, "element_shape") else joined.shape)
    return joined


def _in_groups(values):
    """[rows, tokens] to [rows, groups, GROUP]."""
    return tf.reshape(values, [tf.shape(values)[0], -1, GROUP])


def _group_sums(values):
    return tf.reduce_sum(_in_groups(values), axis=2)


def _sharpened(block_logits, cell, temperature, disallow_correct):
    """exp(logits / temperature) up to a factor a row, and 0 for the token in ``cell`` where that is disallowed."""
    if disallow_correct:
        block_logits = tf.tensor_scatter_nd_update(block_logits, cell, tf.fill(tf.shape(cell)[:1], NEVER))
    highest = tf.reduce_max(block_logits, axis=1, keepdims=True)
    return tf.exp((block_logits - highest) / temperature)


def _sample(weight, uniforms):
    """One token a row with a probability in proportion to its ``weight``, by inverting the cumulative distribution.

    Two levels, groups of tokens and then the tokens of the group that was hit, so that the cumulative
    sums touch each probability once and no random number is drawn for the tokens that lose.
    """
    group_weight = _group_sums(weight)
    group, rest = _pick(group_weight, uniforms * tf.reduce_sum(group_weight, axis=1))
    inside = tf.batch_gather(_in_groups(weight), tf.expand_dims(group, 1))[:, 0]
    token, _ = _pick(inside, rest)
    return group * GROUP + token


def _pick(weight, target):
    """First column at which the cumulative ``weight`` [rows, n] passes ``target`` [rows], and what is left of it."""
    cumulative = tf.cumsum(weight, axis=1)
    passed = tf.cast(cumulative <= tf.expand_dims(target, 1), tf.int32)
    # Rounding may leave a target beyond the last sum; the last column with any weight is the answer then.
    columns = tf.range(tf.shape(weight)[1]) * tf.cast(weight > 0, tf.int32)
    column = tf.minimum(tf.reduce_sum(passed, axis=1), tf.reduce_max(columns, axis=1))
    before = tf.batch_gather(cumulative - weight, tf.expand_dims(column, 1))[:, 0]
    return column, tf.maximum(target - before, 0.0)
