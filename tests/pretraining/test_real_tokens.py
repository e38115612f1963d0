"""Tokens without the padding between them, and back."""

import numpy as np
import pytest

from helpers.pretraining.network.real_tokens import AllTokens, RealTokens
from helpers.pretraining.network.runtime import tf

MASK = np.array([[1, 1, 0, 0], [1, 1, 1, 1], [0, 0, 0, 0], [1, 0, 0, 0]])


@pytest.mark.parametrize("kind", [RealTokens, AllTokens])
def test_rows_and_places(graph, kind):
    tokens = kind(tf.constant(MASK, tf.int32))
    grid = np.arange(4 * 4 * 3).reshape(4, 4, 3).astype(np.float32)
    rows, back, positions, at = graph(
        (
            tokens.collect(tf.constant(grid)), tokens.spread(tokens.collect(tf.constant(grid))),
            tokens.at_positions(tf.constant(10 * np.arange(6))),
            tokens.rows_at(tf.constant([[1, 0], [3, 2], [0, 0], [0, 0]])),
        )
    )  # fmt: skip
    kept = np.ones_like(MASK) if kind is AllTokens else MASK
    np.testing.assert_array_equal(rows, grid[kept > 0])
    np.testing.assert_array_equal(back, grid * kept[..., None])
    np.testing.assert_array_equal(positions, 10 * np.nonzero(kept)[1])
    for example, places in enumerate([[1, 0], [3, 2], None, [0, 0]]):
        if places:
            np.testing.assert_array_equal(rows[at[example]], grid[example, places])


def test_without_zeros_the_first_row_stands_on_padding(graph):
    tokens = RealTokens(tf.constant(MASK, tf.int32))
    spread = graph(tokens.spread(tf.reshape(tf.range(1.0, 15.0), [7, 2]), zeros=False))
    np.testing.assert_array_equal(spread[MASK > 0], np.arange(1, 15).reshape(7, 2))
    np.testing.assert_array_equal(spread[MASK == 0], [[1, 2]] * 9)


@pytest.mark.parametrize("zeros", [True, False])
def test_each_is_the_others_gradient(graph, zeros):
    tokens = RealTokens(tf.constant(MASK, tf.int32))
    grid, weights = tf.ones([4, 4, 2]), tf.reshape(tf.range(14.0), [7, 2])
    collected = tf.gradients(tokens.collect(grid) * weights, grid)[0]
    spread = tf.gradients(tokens.spread(weights, zeros) * tf.reshape(tf.range(32.0), [4, 4, 2]), weights)[0]
    first, second = graph((collected, spread))
    expected = np.zeros((4, 4, 2))
    expected[MASK > 0] = np.arange(14).reshape(7, 2)
    np.testing.assert_array_equal(first, expected)
    np.testing.assert_array_equal(second, np.arange(32).reshape(4, 4, 2)[MASK > 0])
