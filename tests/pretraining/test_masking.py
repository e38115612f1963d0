"""What is masked, how much of it, and what the discriminator is told."""

import numpy as np
import pytest

from helpers.pretraining import hyperparameters
from helpers.pretraining.network import electra, masking
from helpers.pretraining.network.randomness import RandomStreams
from helpers.pretraining.network.runtime import tf

SPECIALS = masking.SpecialTokens(cls=2, sep=3, mask=4)
LENGTH = 40


def example(real, text=None):
    """One example of ``real`` tokens: [CLS] text [SEP] and padding."""
    row = np.zeros(LENGTH, int)
    row[:real] = np.arange(100, 100 + real) if text is None else text
    row[0], row[real - 1] = SPECIALS.cls, SPECIALS.sep
    return row


def masks(graph, rows, steps=1, **settings):
    hparams = hyperparameters.resolve(dict(settings, max_seq_length=LENGTH, vocab_size=200))
    rows = np.array(rows)
    step = tf.placeholder(tf.int64, [])
    features = masking.Features(
        tf.constant(rows, tf.int32), tf.constant(rows > 0, tf.int32), tf.zeros(rows.shape, tf.int32)
    )
    masked = masking.mask_tokens(features, hparams, SPECIALS, RandomStreams(7, step, len(rows)))
    return [graph(masked, {step: number}) for number in range(steps)]


@pytest.mark.parametrize("mask_prob", [0.15, 0.25, 0.5])
def test_exact_number_is_masked_without_replacement(graph, mask_prob):
    sizes = list(range(3, LENGTH + 1))
    (masked,) = masks(graph, [example(size) for size in sizes], mask_prob=mask_prob)
    for size, positions, weights in zip(sizes, masked.masked_lm_positions, masked.masked_lm_weights):
        count = int(weights.sum())
        most = int((mask_prob + 0.005) * LENGTH)
        assert count == min(max(1, round(mask_prob * size)), size - 2, most)
        assert set(weights[:count]) == {1.0} and not weights[count:].any()
        assert len(set(positions[:count])) == count
        assert not positions[count:].any()


def test_special_tokens_and_padding_are_never_masked(graph):
    text = example(20)
    text[5], text[9] = SPECIALS.sep, SPECIALS.mask
    for masked in masks(graph, [text], steps=60, mask_prob=0.3):
        chosen = masked.masked_lm_positions[0][masked.masked_lm_weights[0] > 0]
        assert not set(chosen) & {0, 5, 9, 19} and max(chosen) < 20
        np.testing.assert_array_equal(masked.masked_lm_ids[0][: len(chosen)], text[chosen])


def test_almost_all_tokens_can_be_masked(graph):
    (masked,) = masks(graph, [example(LENGTH), example(9)], mask_prob=0.999)
    assert masked.masked_lm_weights.sum(axis=1).tolist() == [LENGTH - 2, 7]


def test_an_example_without_words_has_nothing_to_mask(graph):
    (masked,) = masks(graph, [example(2), np.zeros(LENGTH, int)])
    assert not masked.masked_lm_weights.any()
    np.testing.assert_array_equal(masked.input_ids, [example(2), np.zeros(LENGTH, int)])


def test_every_position_is_as_likely_as_any_other(graph):
    runs = masks(graph, [example(30)] * 50, steps=40)
    hits = np.zeros(LENGTH)
    for masked in runs:
        np.add.at(hits, masked.masked_lm_positions[masked.masked_lm_weights > 0], 1)
    shares = hits[1:29] / (50 * 40)
    # 4 of 28 candidates in each of 2,000 examples: the standard deviation of a share is 0.0078
    assert abs(shares - 4 / 28).max() < 5 * 0.0078
    assert not hits[0] and not hits[29:].any()


def test_85_percent_become_mask_and_the_rest_stay(graph):
    rows = [example(LENGTH)] * 100
    hidden = total = 0
    for masked in masks(graph, rows, steps=10):
        changed = masked.input_ids != np.array(rows)
        assert (masked.input_ids[changed] == SPECIALS.mask).all()
        hidden, total = hidden + changed.sum(), total + masked.masked_lm_weights.sum()
    assert abs(hidden / total - 0.85) < 0.03


def test_masks_are_a_function_of_seed_and_step(graph):
    first, second, again = (masks(graph, [example(30)], steps=2)[i] for i in (0, 1, 0))
    np.testing.assert_array_equal(first.masked_lm_positions, again.masked_lm_positions)
    assert (first.masked_lm_positions != second.masked_lm_positions).any()


def test_sample_equal_to_the_original_counts_as_original(graph):
    ids = np.array([example(10), example(8)])
    features = masking.Features(tf.constant(ids, tf.int32), tf.constant(ids > 0, tf.int32), tf.zeros(ids.shape))
    positions, weights = np.array([[4, 6], [3, 0]]), np.array([[1.0, 1.0], [1.0, 0.0]])
    masked = masking.Masked(
        None, tf.constant(positions, tf.int32), tf.constant(np.take_along_axis(ids, positions, 1), tf.int32),
        tf.constant(weights, tf.float32),
    )  # fmt: skip
    samples = np.array([[ids[0, 4], 55], [56, 57]])
    corrupted, labels = graph(masking.corrupt(features, masked, tf.constant(samples, tf.int32)))
    expected = ids.copy()
    expected[0, 6], expected[1, 3] = 55, 56
    np.testing.assert_array_equal(corrupted, expected)
    np.testing.assert_array_equal(labels, expected != ids)


def test_strangers_are_tokens_that_are_masked_in_another_example(graph):
    ids, weights = np.array([[11, 12], [13, 0], [15, 16]]), np.array([[1, 1], [1, 0], [1, 1]])
    masked = masking.Masked(None, None, tf.constant(ids, tf.int32), tf.constant(weights, tf.float32))
    np.testing.assert_array_equal(graph(masking.strangers(masked)), [[15, 16], [11, 12], [13, -1]])


def test_strangers_stand_in_for_a_share_of_the_samples(graph):
    samples, others = np.array([[1, 2, 3, 4]]), np.array([[5, 6, -1, 8]])
    mixed = masking.mixed(tf.constant(samples), tf.constant(others), 0.3, tf.constant([[0.29, 0.3, 0.0, 0.9]]))
    np.testing.assert_array_equal(graph(mixed), [[5, 2, 3, 4]])


@pytest.mark.parametrize("training, share, expected", [(True, 0.25, 0.25), (True, 0.0, 0.0), (False, 0.25, 0.0)])
def test_random_replacements_are_made_in_training_alone(graph, training, share, expected):
    """A generator that always proposes token 7 is told apart from what is masked elsewhere."""
    hparams = hyperparameters.resolve(
        dict(
            model_size="tiny", vocab_size=400, max_seq_length=128, mask_prob=0.5, random_replacements=share,
            model_hparam_overrides=dict(num_hidden_layers=1),
        )
    )  # fmt: skip
    ids = tf.constant(np.random.RandomState(0).randint(8, 400, [64, 128]), tf.int32)
    features = masking.Features(ids, tf.ones_like(ids), tf.zeros_like(ids))
    streams = RandomStreams(0, tf.constant(0, tf.int64), 64)
    model = electra.pretraining_model(features, hparams, masking.SpecialTokens(2, 3, 4), streams, training)
    bias = next(each for each in tf.trainable_variables() if each.op.name.endswith("generator_predictions/output_bias"))
    graph(tf.assign(bias, 100.0 * np.eye(400)[7]))
    corrupted, masked = graph((model.rtd.input_ids, model.masked))
    there = np.take_along_axis(corrupted, masked.masked_lm_positions, 1)[masked.masked_lm_weights > 0]
    assert np.mean(there != 7) == pytest.approx(expected, abs=0.03)
    assert (len(set(there)) > 100) == bool(expected)


def test_a_part_of_a_batch_draws_what_the_whole_would(graph):
    whole = RandomStreams(3, tf.constant(5), 8).uniform("x", [4])
    part = RandomStreams(3, tf.constant(5), 8, first=4, count=2).uniform("x", [4])
    whole, part = graph((whole, part))
    np.testing.assert_array_equal(whole[4:6], part)


@pytest.mark.parametrize(
    "batch_size, count", [(8, 2), (32, 1), (64, 4), (96, 3), (96, 12), (96, 48), (72, 9), (120, 40)]
)
def test_dropout_of_parts_is_that_of_the_whole_batch(graph, batch_size, count):
    def dropped(**place):
        streams = RandomStreams(3, tf.constant(5), batch_size, **place)
        draws = [streams.dropout([6], 0.5) for _ in range(2)]
        rows = place.get("count", batch_size)
        return tf.concat([drop(tf.ones([rows, 6])) for drop in draws], axis=1)

    whole, first = graph(dropped()), tf.placeholder(tf.int32, [])
    part = dropped(first=first, count=count)
    parts = [graph(part, {first: start}) for start in range(0, batch_size, count)]
    np.testing.assert_array_equal(np.concatenate(parts), whole)
    assert len({row.tobytes() for row in whole}) > batch_size * 0.9  # no two examples drop the same


def test_a_part_of_a_batch_draws_dropout_for_its_own_group_alone(graph):
    streams = RandomStreams(3, tf.constant(5), 512, first=tf.constant(7), count=1)
    streams.dropout([6], 0.5)(tf.ones([1, 6]))
    drawn = [each for each in tf.get_default_graph().get_operations() if each.type == "StatelessRandomUniform"]
    assert [each.outputs[0].shape.as_list() for each in drawn] == [[32, 6]]


def test_draws_differ_by_purpose_turn_and_seed(graph):
    streams, other = RandomStreams(3, tf.constant(5), 2), RandomStreams(4, tf.constant(5), 2)
    draws = [streams.uniform("x", [3]), streams.uniform("x", [3]), streams.uniform("y", [3]), other.uniform("x", [3])]
    values = graph(draws)
    assert len({value.tobytes() for value in values}) == 4
