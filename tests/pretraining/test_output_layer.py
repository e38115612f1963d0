"""The blockwise softmax over the vocabulary against plain NumPy in float64."""

import numpy as np
import pytest

from helpers.pretraining.network import output_layer
from helpers.pretraining.network.forms import output_blocks
from helpers.pretraining.network.runtime import tf

ROWS, WIDTH, VOCAB = 13, 8, 700


def inputs(seed=0):
    random = np.random.RandomState(seed)
    hidden = random.randn(ROWS, WIDTH)
    table = random.randn(VOCAB, WIDTH)
    bias = random.randn(VOCAB)
    labels = random.randint(0, VOCAB, ROWS)
    weights = random.rand(ROWS)
    return hidden, table, bias, labels, weights


def softmax(values):
    values = np.exp(values - values.max(axis=1, keepdims=True))
    return values / values.sum(axis=1, keepdims=True)


def build(hidden, table, bias, labels, weights, uniforms, **settings):
    arrays = [tf.constant(part, tf.float32) for part in (hidden, table, bias)]
    output = output_layer.vocabulary_softmax(
        *arrays, tf.constant(labels, tf.int32), tf.constant(weights, tf.float32),
        tf.constant(uniforms, tf.float32), **settings
    )  # fmt: skip
    return output, arrays


@pytest.mark.parametrize("static_shapes", [False, True])
@pytest.mark.parametrize("rows_in_block", [1, 5, 100])
def test_loss_and_gradient_equal_float64(graph, monkeypatch, rows_in_block, static_shapes):
    monkeypatch.setattr(output_blocks, "BLOCK_ELEMENTS", rows_in_block * (VOCAB + -VOCAB % output_blocks.GROUP))
    monkeypatch.setattr(output_blocks, "CARD_BLOCK_BYTES", 4 * output_blocks.BLOCK_ELEMENTS)
    monkeypatch.setattr(output_blocks, "CARD_ROWS", 2)
    hidden, table, bias, labels, weights = inputs()
    output, arrays = build(hidden, table, bias, labels, weights, np.zeros(ROWS), static_shapes=static_shapes)
    gradients = tf.gradients(3.0 * output.loss_sum, arrays)
    loss, predicted, gradients = graph((output.loss_sum, output.predicted_ids, gradients))

    logits = hidden @ table.T + bias
    probability = softmax(logits)
    error = probability.copy()
    error[np.arange(ROWS), labels] -= 1
    error *= weights[:, None]
    np.testing.assert_allclose(loss, -(weights * np.log(probability[np.arange(ROWS), labels])).sum(), rtol=1e-5)
    np.testing.assert_array_equal(predicted, logits.argmax(axis=1))
    for ours, expected in zip(gradients, (error @ table, error.T @ hidden, error.sum(axis=0))):
        np.testing.assert_allclose(ours, 3 * expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("static_shapes", [False, True])
@pytest.mark.parametrize("temperature, disallow_correct", [(1.0, False), (3.0, False), (0.5, False), (1.0, True)])
def test_samples_invert_the_cumulative_distribution(graph, temperature, disallow_correct, static_shapes):
    hidden, table, bias, labels, weights = inputs(1)
    uniforms = np.random.RandomState(2).rand(ROWS)
    settings = dict(temperature=temperature, disallow_correct=disallow_correct, static_shapes=static_shapes)
    output, _ = build(hidden, table, bias, labels, weights, uniforms, training=False, **settings)
    sampled = graph(output.sampled_ids)

    logits = hidden @ table.T + bias
    if disallow_correct:
        logits[np.arange(ROWS), labels] = -np.inf
    cumulative = np.cumsum(softmax(logits / temperature), axis=1)
    expected = (cumulative <= uniforms[:, None]).sum(axis=1)
    assert (sampled == expected).mean() > 0.9  # rounding may move a draw that falls on a border
    for row in range(ROWS):
        low = cumulative[row, sampled[row] - 1] if sampled[row] else 0.0
        assert low - 1e-5 <= uniforms[row] <= cumulative[row, sampled[row]] + 1e-5


def test_samples_follow_the_distribution(graph):
    draws = 20000
    bias = np.log(np.array([0.5, 0.3, 0.15, 0.05]))
    uniforms = np.random.RandomState(3).rand(draws)
    output, _ = build(
        np.zeros((draws, WIDTH)), np.zeros((4, WIDTH)), bias, np.zeros(draws), np.ones(draws), uniforms, training=False
    )
    shares = np.bincount(graph(output.sampled_ids), minlength=4) / draws
    np.testing.assert_allclose(shares, [0.5, 0.3, 0.15, 0.05], atol=0.01)


def test_correct_token_is_never_drawn_when_disallowed(graph):
    draws = 2000
    labels = np.zeros(draws)
    uniforms = np.random.RandomState(4).rand(draws)
    uniforms[:2] = 0.0, np.nextafter(np.float32(1), np.float32(0))
    output, _ = build(
        np.zeros((draws, WIDTH)), np.zeros((3, WIDTH)), [9.0, 0.0, 0.0], labels, np.ones(draws), uniforms,
        disallow_correct=True, training=False,
    )  # fmt: skip
    assert set(graph(output.sampled_ids)) == {1, 2}


def test_padding_is_never_drawn_or_predicted(graph):
    draws = 500
    uniforms = np.linspace(0, np.nextafter(np.float32(1), np.float32(0)), draws)
    output, _ = build(
        np.zeros((draws, WIDTH)), np.zeros((257, WIDTH)), np.zeros(257), np.zeros(draws), np.ones(draws), uniforms,
        training=False,
    )  # fmt: skip
    sampled, predicted = graph((output.sampled_ids, output.predicted_ids))
    assert sampled.max() == 256 and predicted.max() < 257


@pytest.mark.parametrize("static_shapes", [False, True])
def test_a_draw_that_rounding_leaves_beyond_the_last_sum_is_the_last_likely_token(graph, static_shapes):
    bias = np.zeros(257)
    bias[[255, 256]] = -1e4  # likelihoods of zero
    output, _ = build(
        np.zeros((2, WIDTH)), np.zeros((257, WIDTH)), bias, np.zeros(2), np.ones(2), np.array([1.0, 0.0]),
        training=False, static_shapes=static_shapes,
    )  # fmt: skip
    assert graph(output.sampled_ids).tolist() == [254, 0]


def test_no_rows_at_all(graph):
    hidden, table, bias, labels, weights = (part[:0] if len(part) == ROWS else part for part in inputs())
    output, arrays = build(hidden, table, bias, labels, weights, np.zeros(0))
    loss, sampled, gradients = graph((output.loss_sum, output.sampled_ids, tf.gradients(output.loss_sum, arrays)))
    assert loss == 0 and sampled.shape == (0,) and not gradients[1].any()
