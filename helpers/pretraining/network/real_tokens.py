"""The tokens of a batch in one row each: all of them, or those that are no padding.

Everything in a Transformer but the attention treats tokens one by one.  Sentences of nine tokens in
examples of twenty-four leave five rows in eight that no loss ever looks at; left out, they cost nothing.
A GPU, whose programs are made for shapes known beforehand, takes all.
"""

from helpers.pretraining.network.runtime import HOST, tf


class AllTokens:
    """Rows [tokens, ...] for all positions of a batch [batch, length], padding too: its number is a row's place.

    Parameters
    ----------
    input_mask : int32 [batch, length], whose values are not looked at
    """

    def __init__(self, input_mask: tf.Tensor) -> None:
        self.batch_size, self.length = input_mask.shape.as_list()

    def rows_at(self, positions: tf.Tensor) -> tf.Tensor:
        """Rows int32 [batch, n] of the tokens at ``positions`` int32 [batch, n]."""
        with tf.device(HOST):
            return tf.range(self.batch_size)[:, None] * self.length + positions

    def at_positions(self, table: tf.Tensor) -> tf.Tensor:
        """Rows of ``table`` [positions, ...] by each token's place in its example: [tokens, ...]."""
        rest = table.shape.as_list()[1:]
        # Added to zeros, which has a sum as its gradient; that of tf.tile is slower, and partly the host's.
        rows = tf.zeros([self.batch_size, self.length] + rest, table.dtype) + table[: self.length]
        return tf.reshape(rows, [self.batch_size * self.length] + rest)

    def collect(self, grid: tf.Tensor) -> tf.Tensor:
        """[batch, length, ...] to [tokens, ...]."""
        return tf.reshape(grid, [self.batch_size * self.length] + grid.shape.as_list()[2:])

    def spread(self, rows: tf.Tensor, zeros: bool = True) -> tf.Tensor:
        """[tokens, ...] to [batch, length, ...]."""
        return tf.reshape(rows, [self.batch_size, self.length] + rows.shape.as_list()[1:])


class RealTokens:
    """Rows [tokens, ...] for the positions of a batch [batch, length] that hold a token.

    Parameters
    ----------
    input_mask : int32 [batch, length], 1 on real tokens
    """

    def __init__(self, input_mask: tf.Tensor) -> None:
        self.batch_size, self.length = input_mask.shape.as_list()
        places = self.batch_size * self.length
        real = tf.cast(tf.reshape(input_mask, [-1]), tf.float32)
        # Padding alone keeps its first place, which no loss looks at: from no rows at all nothing can be gathered.
        first = tf.one_hot(0, places) * (1.0 - tf.reduce_max(real))
        self.places = tf.cast(tf.where(real + first > 0)[:, 0], tf.int32)
        self._positions = tf.math.floormod(self.places, self.length)  # int32 [tokens]: each one's place in its example
        count = tf.size(self.places)
        self._rows = tf.scatter_nd(self.places[:, None], tf.range(count), [places])

    def rows_at(self, positions: tf.Tensor) -> tf.Tensor:
        """Rows int32 [batch, n] of the tokens at ``positions`` int32 [batch, n]; row 0 for padding."""
        starts = tf.range(self.batch_size)[:, None] * self.length
        return tf.gather(self._rows, starts + positions)

    def at_positions(self, table: tf.Tensor) -> tf.Tensor:
        """Rows of ``table`` [positions, ...] by each token's place in its example: [tokens, ...]."""
        return tf.gather(table, self._positions)

    def collect(self, grid: tf.Tensor) -> tf.Tensor:
        """[batch, length, ...] to [tokens, ...]."""
        shape = grid.shape.as_list()[2:]
        return self._collect(tf.reshape(grid, [self.batch_size * self.length] + shape))

    def spread(self, rows: tf.Tensor, zeros: bool = True) -> tf.Tensor:
        """[tokens, ...] to [batch, length, ...], with zeros on padding.

        Without ``zeros`` the first token's row stands there, which is faster, for where nobody looks at padding.
        """
        shape = rows.shape.as_list()[1:]
        return tf.reshape(self._spread(rows, zeros), [self.batch_size, self.length] + shape)

    # Each is the other's gradient, as no two tokens share a place.  TensorFlow cannot know that, and
    # would add up rows one by one.

    def _collect(self, places):
        @tf.custom_gradient
        def compute(values):
            return tf.gather(values, self.places), self._spread_plain

        return compute(places)

    def _spread(self, rows, zeros):
        @tf.custom_gradient
        def compute(values):
            spread = self._spread_plain(values) if zeros else tf.gather(values, self._rows)
            return spread, lambda upstream: tf.gather(upstream, self.places)

        return compute(rows)

    def _spread_plain(self, rows):
        shape = [self.batch_size * self.length] + rows.shape.as_list()[1:]
        return tf.scatter_nd(self.places[:, None], rows, shape)
