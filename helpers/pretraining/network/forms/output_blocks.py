"""A block of rows of the output layer, as it suits a CPU and as it suits a GPU, and the way through all blocks.

What a block gives is explained in ``output_layer.py``: its loss, its gradient, a drawn token and the best guess of each
row, from one matrix of likelihoods.
"""

import numpy as np

from helpers.pretraining.network.runtime import tf

BLOCK_ELEMENTS = 1 << 24  # logits in one block of rows: 64 MB
CARD_BLOCK_BYTES = 1 << 29  # the same for a GPU: 512 MB, so that a block keeps it busy
CARD_ROWS = 64  # rows of a block are a multiple of so many there
GROUP = 256  # tokens whose probability is summed before one of them is picked
NEVER = -1e9  # a logit that no token has


class CpuBlocks:
    """What a block of rows comes to, as it suits a CPU.

    Called with a block it gives loss_sum, sampled and predicted ids; in training also d_hidden, d_table and d_bias,
    without the labels' part of these gradients.
    ``shape`` is (embedding_size, words), words being padded to whole groups; nothing is ever drawn from padding.
    """

    def __init__(self, table, bias):
        padding = -table.shape.as_list()[0] % GROUP
        self._bias = tf.pad(bias, [[0, padding]], constant_values=NEVER)
        # One transposed copy a step makes each block's product a plain one, which is faster.
        self._columns = tf.pad(tf.transpose(table), [[0, 0], [0, padding]])
        self.shape = self._columns.shape.as_list()

    def __call__(self, h, y, w, u, temperature, disallow_correct, training):
        block_logits = tf.nn.bias_add(tf.matmul(h, self._columns), self._bias)
        predicted = tf.argmax(block_logits, axis=1)
        cell = tf.stack([tf.range(_count(y)), y], axis=1)
        highest = tf.reduce_max(block_logits, axis=1)
        likelihood = tf.exp(block_logits - highest[:, None])
        drawn_from = likelihood
        if temperature != 1.0 or disallow_correct:
            drawn_from = _sharpened(block_logits, cell, temperature, disallow_correct)
        sampled = _sample(drawn_from, _group_sums(drawn_from), u)
        total = tf.reduce_sum(_group_sums(likelihood), axis=1)
        loss_sum = tf.reduce_sum((tf.math.log(total) + highest - tf.gather_nd(block_logits, cell)) * w)
        if not training:
            return loss_sum, sampled, predicted
        scale = (w / total)[:, None]
        d_hidden = tf.matmul(likelihood, self._columns, transpose_b=True) * scale
        d_table = tf.matmul(likelihood, h * scale, transpose_a=True)
        d_bias = tf.matmul(likelihood, scale, transpose_a=True)[:, 0]
        return loss_sum, sampled, predicted, d_hidden, d_table, d_bias


class CardBlocks:
    """The same as it suits a GPU, likelihoods in ``kind``.

    The bias is one more row of the products: logits are read twice, likelihoods written once and read by two products.
    """

    def __init__(self, table, bias, kind):
        words, width = table.shape.as_list()
        padding = -words % GROUP
        self.kind, self.shape = kind, [width, words + padding]
        columns = tf.pad(tf.transpose(table), [[0, 0], [0, padding]])
        row = tf.pad(bias, [[0, padding]], constant_values=NEVER)[None]
        self._columns = self._narrow(columns)
        # Tensor cores want widths that are multiples of 8.
        self._joined = self._narrow(tf.concat([columns, row, tf.zeros([-(width + 1) % 8, words + padding])], axis=0))

    def _narrow(self, values):
        return values if self.kind is None else tf.cast(values, self.kind)

    def _with(self, values, last):
        """``values`` [rows, width] with ``last`` [rows, 1] beside them, as wide as the joined columns are high."""
        rows, width = values.shape.as_list()
        return self._narrow(tf.concat([values, last, tf.zeros([rows, -(width + 1) % 8])], axis=1))

    def __call__(self, h, y, w, u, temperature, disallow_correct, training):
        rows, width = _count(y), self.shape[0]
        product = tf.matmul(self._with(h, tf.ones([rows, 1])), self._joined)
        block_logits = tf.cast(product, tf.float32)
        cell = tf.stack([tf.range(rows), y], axis=1)
        highest = tf.reduce_max(block_logits, axis=1)
        below = block_logits - highest[:, None]  # one difference for both, so that one kernel takes all their sums
        predicted = _first_of_highest(_in_groups(below))
        likelihood = tf.exp(below)
        narrow, sums = self._narrow(likelihood), _group_sums(likelihood)
        drawn_from, drawn_sums = narrow, sums
        if temperature != 1.0 or disallow_correct:
            drawn_from = _sharpened(block_logits, cell, temperature, disallow_correct)
            drawn_sums = _group_sums(drawn_from)
        sampled = _sample(drawn_from, drawn_sums, u)
        total = tf.reduce_sum(sums, axis=1)
        chosen = tf.cast(tf.gather_nd(product, cell), tf.float32)
        loss_sum = tf.reduce_sum((tf.math.log(total) + highest - chosen) * w)
        if not training:
            return loss_sum, sampled, predicted
        scale = (w / total)[:, None]
        d_hidden = tf.cast(tf.matmul(narrow, self._columns, transpose_b=True), tf.float32) * scale
        d_joined = tf.cast(tf.matmul(narrow, self._with(h * scale, scale), transpose_a=True), tf.float32)
        return loss_sum, sampled, predicted, d_hidden, d_joined[:, :width], d_joined[:, width]


def loop(compute, rows, block, training):
    """Blocks of a size that suits a CPU, any number of them, one after the other."""
    width, words = block.shape
    count, size = tf.shape(rows[0])[0], max(1, BLOCK_ELEMENTS // words)

    def body(start, loss_sum, sampled, predicted, d_hidden, d_table, d_bias):
        stop, index = tf.minimum(start + size, count), start // size
        loss, ids, guesses, *gradients = compute(*(part[start:stop] for part in rows))
        if training:
            d_hidden = d_hidden.write(index, gradients[0])
            d_table, d_bias = d_table + gradients[1], d_bias + gradients[2]
        sampled, predicted = sampled.write(index, ids), predicted.write(index, guesses)
        return stop, loss_sum + loss, sampled, predicted, d_hidden, d_table, d_bias

    def rows_of(dtype, shape):
        return tf.TensorArray(dtype, 0, dynamic_size=True, infer_shape=False, element_shape=shape)

    padded_size = words if training else 0
    state = (
        0, 0.0, rows_of(tf.int64, [None]), rows_of(tf.int64, [None]), rows_of(tf.float32, [None, width]),
        tf.zeros([padded_size, width]), tf.zeros([padded_size]),
    )  # fmt: skip
    # One block at a time: more at once would be faster on no machine and larger on all.
    _, loss_sum, sampled, predicted, d_hidden, d_table, d_bias = tf.while_loop(
        lambda start, *unused: start < count, body, state, parallel_iterations=1, back_prop=False
    )
    d_hidden = _joined(d_hidden) if training else None
    return loss_sum, _joined(sampled), _joined(predicted), d_hidden, d_table, d_bias


def laid_out(compute, rows, block, training):
    """A few large blocks, each with operations of its own: nothing depends on values, so that XLA can compile it."""
    row_bytes = block.shape[1] * (block.kind or tf.float32).size
    count, most = rows[0].shape.as_list()[0], max(1, CARD_BLOCK_BYTES // row_bytes)
    blocks = -(-count // most)
    size = -(-count // blocks)
    size += -size % CARD_ROWS
    found, before = [], []
    for start in range(0, count, size):
        with tf.control_dependencies(before):  # one after the other, else all are in memory at once
            parts = [tf.identity(part[start : start + size]) for part in rows]
        found.append(compute(*parts))
        before = list(found[-1])
    loss_sums, sampled, predicted, *gradients = zip(*found)
    ids = [tf.concat(parts, axis=0) for parts in (sampled, predicted)]
    d_hidden, d_table, d_bias = None, None, None
    if training:
        d_hidden, d_table, d_bias = tf.concat(gradients[0], axis=0), tf.add_n(gradients[1]), tf.add_n(gradients[2])
    return tf.add_n(loss_sums), ids[0], ids[1], d_hidden, d_table, d_bias


def _joined(blocks):
    """The blocks of a TensorArray one below the other."""
    joined = blocks.concat()
    joined.set_shape(blocks.element_shape if hasattr(blocks, "element_shape") else joined.shape)
    return joined


def _count(values):
    """How many rows ``values`` has: a number where that is known."""
    known = values.shape.as_list()[0]
    return tf.shape(values)[0] if known is None else known


def _in_groups(values):
    """[rows, tokens] to [rows, groups, GROUP]."""
    return tf.reshape(values, [_count(values), values.shape.as_list()[1] // GROUP, GROUP])


def _group_sums(values):
    return tf.reduce_sum(_in_groups(values), axis=2)


def _first_of_highest(grouped):
    """The first token of each row that is 0, the highest: argmax, by sums that the likelihoods' are taken with."""
    _, groups, size = grouped.shape.as_list()
    numbers = np.arange(groups * size, dtype=np.float32).reshape([groups, size])
    lower = tf.cast(grouped < 0.0, tf.float32)
    first = tf.reduce_min(numbers + float(groups * size) * lower, axis=2)
    return tf.cast(tf.reduce_min(first, axis=1), tf.int64)


def _sharpened(block_logits, cell, temperature, disallow_correct):
    """exp(logits / temperature) up to a factor a row, and 0 for the token in ``cell`` where that is disallowed."""
    if disallow_correct:
        block_logits = tf.tensor_scatter_nd_update(block_logits, cell, tf.fill([_count(cell)], NEVER))
    highest = tf.reduce_max(block_logits, axis=1, keepdims=True)
    return tf.exp((block_logits - highest) / temperature)


def _sample(weight, group_weight, uniforms):
    """One token a row with a probability in proportion to its ``weight``, by inverting the cumulative distribution.

    Two levels, groups of tokens, whose sums ``group_weight`` are, and then the tokens of the group that was hit, so
    that the cumulative sums touch each probability once and no random number is drawn for the tokens that lose.
    """
    group, rest = _pick(group_weight, uniforms * tf.reduce_sum(group_weight, axis=1))
    token, _ = _pick(tf.cast(_at(_in_groups(weight), group), tf.float32), rest)
    return tf.cast(group * GROUP + token, tf.int64)


def _pick(weight, target):
    """First column at which the cumulative ``weight`` [rows, n] passes ``target`` [rows], and what is left of it.

    Columns are counted in float32, exact up to 2 ** 24: a GPU would leave int32 to the host and wait for it.
    """
    cumulative = tf.cumsum(weight, axis=1)
    passed = tf.cast(cumulative <= tf.expand_dims(target, 1), tf.float32)
    # Rounding may leave a target beyond the last sum; the last column with any weight is the answer then.
    columns = np.arange(weight.shape.as_list()[1], dtype=np.float32) * tf.cast(weight > 0, tf.float32)
    column = tf.minimum(tf.reduce_sum(passed, axis=1), tf.reduce_max(columns, axis=1))
    return column, tf.maximum(target - _at(cumulative - weight, column), 0.0)


def _at(values, column):
    """``values`` [rows, n, ...] at ``column`` float32 [rows]: [rows, ...].  A block has fewer than 2 ** 24 columns."""
    columns, *rest = values.shape.as_list()[1:]
    first = tf.range(_count(values)) * columns
    numbers = tf.cast(tf.cast(first, tf.float32) + column, tf.int32)
    return tf.gather(tf.reshape(values, [-1] + rest), numbers)
