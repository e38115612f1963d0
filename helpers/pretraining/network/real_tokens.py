"""The tokens of a batch in one row each, without the padding between them.

Everything in a Transformer but the attention treats tokens one by one.  Sentences of nine tokens in
examples of twenty-four leave five rows in eight that no loss ever looks at; left out, they cost nothing.
"""

from helpers.pretraining.network.runtime import tf


class RealTokens:
    """Rows [tokens, ...] for the positions of a batch [batch, length] that hold a token.

    Parameters
    ----------
    input_mask : int32 [batch, length], 1 on real tokens
    padding_too : whether padding gets rows as well, so that every position has its value
    """

    def __init__(self, input_mask, padding_too=False):
        self.batch_size, self.length = input_mask.shape.as_list()
        places = self.batch_size * self.length
        if padding_too:
            self.places = tf.range(places)
        else:
            real = tf.cast(tf.reshape(input_mask, [-1]), tf.float32)
            # Padding alone keeps its first place, which no loss looks at: from no rows at all nothing can be gathered.
            first = tf.one_hot(0, places) * (1.0 - tf.reduce_max(real))
            self.places = tf.cast(tf.where(real + first > 0)[:, 0], tf.int32)
        self.positions = tf.math.floormod(self.places, self.length)  # int32 [tokens]: each one's place in its example
        count = tf.size(self.places)
        self._rows = tf.scatter_nd(self.places[:, None], tf.range(count), [places])

    def rows_at(self, positions):
        """Rows int32 [batch, n] of the tokens at ``positions`` int32 [batch, n]; row 0 for padding."""
        starts = tf.range(self.batch_size)[:, None] * self.length
        return tf.gather(self._rows, starts + positions)

    def collect(self, grid):
        """[batch, length, ...] to [tokens, ...]."""
        shape = grid.shape.as_list()[2:]
        return self._collect(tf.reshape(grid, [self.batch_size * self.length] + shape))

    def spread(self, rows, zeros=True):
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
