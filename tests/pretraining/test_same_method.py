"""What dropout, clipping, decay and the schedule do and where: what comparisons with dropout off do not show."""

import numpy as np
import numpy_electra
import pytest
from test_electra import SMALL, SPECIALS, batch_of, relative, resolve

from helpers.pretraining.network import electra, masking
from helpers.pretraining.network.randomness import RandomStreams
from helpers.pretraining.network.runtime import tf
from helpers.pretraining.training import optimization

# Each has the scopes of its generator and its discriminator.
MODELS = {
    "untied": {},
    "untied embeddings": dict(untied_generator_embeddings=True),
    "tied": dict(untied_generator=False),
    "masked words alone": dict(electra_objective=False),
    "uniform": dict(uniform_generator=True),
}


# --- dropout ---------------------------------------------------------------------------------------------------

RATES = dict(hidden=0.4, attention=0.2)


class KnownDropout:
    """As RandomStreams, but keeps what each of its calls for dropout was and multiplied by, in their order."""

    def __init__(self, batch_size):
        self._streams = RandomStreams(0, tf.constant(0), batch_size)
        self._random, self._batch_size = np.random.RandomState(1), batch_size
        self.uniform, self.calls = self._streams.uniform, []

    def dropout(self, shape, probability, tokens=None, after=None):
        whole = [self._batch_size] + ([tokens.length] if tokens else []) + list(shape)
        factors = (self._random.uniform(size=whole) >= probability) / (1 - probability)
        self.calls.append((probability, factors))
        here = tf.constant(factors, tf.float32)
        here = tokens.collect(here) if tokens else here
        return lambda values: values * here


@pytest.mark.parametrize("model", ["untied", "untied embeddings", "tied"])
def test_dropout_is_where_bert_has_it_in_both_halves_with_its_rates(graph, model):
    overrides = dict(
        SMALL["model_hparam_overrides"],
        hidden_dropout_prob=RATES["hidden"], attention_probs_dropout_prob=RATES["attention"],
    )  # fmt: skip
    hparams, batch = resolve(SMALL, model_hparam_overrides=overrides, **MODELS[model]), batch_of()
    features = masking.Features(*(tf.constant(part, tf.int32) for part in batch))
    streams = KnownDropout(len(batch[0]))
    built = electra.pretraining_model(features, hparams, SPECIALS, streams, training=True)
    mlm_logits, masked, corrupted, logits = graph(
        (built.mlm.logits(), built.masked, built.rtd.input_ids, built.rtd.logits)
    )
    variables = graph({variable.op.name: variable for variable in tf.trainable_variables()})
    left = list(streams.calls)

    def drop(kind, values):
        probability, factors = left.pop(0)
        assert probability == RATES[kind] and factors.shape == values.shape
        return values * factors

    heads = 1 if hparams.untied_generator else 2
    expected = numpy_electra.mlm_logits(
        variables, masked.input_ids, batch[1], batch[2], masked.masked_lm_positions, heads, drop
    )
    counted = masked.masked_lm_weights > 0
    assert relative(mlm_logits[counted], expected[counted]) < 1e-5
    expected = numpy_electra.discriminator_logits(variables, corrupted, batch[1], batch[2], 2, drop)
    assert relative(logits[batch[1] > 0], expected[batch[1] > 0]) < 1e-5
    assert not left  # no dropout anywhere else, such as in the heads


# --- padding and special tokens --------------------------------------------------------------------------------


@pytest.mark.parametrize("training", [False, True])
def test_what_stands_on_padding_changes_no_loss(graph, training):
    ids, mask, segments = batch_of()
    odd = np.where(mask > 0, ids, 17), mask, np.where(mask > 0, segments, 1)
    losses = []
    for batch in (ids, mask, segments), odd:
        with tf.variable_scope("", reuse=tf.AUTO_REUSE):
            features = masking.Features(*(tf.constant(part, tf.int32) for part in batch))
            streams = RandomStreams(0, tf.constant(0), len(ids))
            losses.append(electra.pretraining_model(features, resolve(SMALL), SPECIALS, streams, training))
    plain, padded = graph([(model.mlm.loss, model.rtd.loss, model.rtd.weights) for model in losses])
    assert plain[:2] == pytest.approx(padded[:2], rel=1e-6)
    np.testing.assert_array_equal(plain[2], mask)  # [CLS] and [SEP] count, padding does not


def test_an_example_of_padding_alone_changes_no_loss(graph):
    overrides = dict(SMALL["model_hparam_overrides"], hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0)
    hparams = resolve(SMALL, mask_prob=0.05, model_hparam_overrides=overrides)
    assert hparams.max_predictions_per_seq == 1
    batch, losses = batch_of(), []
    for spare in 0, 2:
        parts = [np.concatenate([part, np.zeros_like(part[:spare])]) for part in batch]
        positions = np.array([[1], [2], [3], [4], [1]] + [[0]] * spare)
        weights = np.array([[1.0]] * 5 + [[0.0]] * spare, np.float32)
        masked = masking.Masked(
            tf.constant(parts[0], tf.int32), tf.constant(positions, tf.int32),
            tf.constant(np.take_along_axis(parts[0], positions, 1), tf.int32), tf.constant(weights),
        )  # fmt: skip
        features = masking.Features(*(tf.constant(part, tf.int32) for part in parts))
        streams, samples = RandomStreams(0, tf.constant(0), len(weights)), tf.fill(positions.shape, 9)
        with tf.variable_scope("", reuse=tf.AUTO_REUSE):
            model = electra.pretraining_model(features, hparams, SPECIALS, streams, True, masked, samples)
        losses.append((model.mlm.loss, model.rtd.loss))
    without, with_padding = graph(losses)
    assert with_padding == pytest.approx(without, rel=1e-6)


# --- the update ------------------------------------------------------------------------------------------------


def built(model, **changes):
    """Loss and gradients of a model with dropout on, by names of variables."""
    features = masking.Features(*(tf.constant(part, tf.int32) for part in batch_of()))
    hparams = resolve(SMALL, num_train_steps=10, num_warmup_steps=2, learning_rate=0.01, **MODELS[model], **changes)
    streams = RandomStreams(0, tf.constant(0), features.input_ids.shape.as_list()[0])
    return hparams, electra.pretraining_model(features, hparams, SPECIALS, streams, training=True).loss


@pytest.mark.parametrize("model", sorted(MODELS))
def test_decay_spares_biases_and_layer_norms_in_every_scope_and_nothing_else(graph, model):
    hparams, _ = built(model)
    variables = tf.trainable_variables()
    step = tf.train.get_or_create_global_step()
    update, rate, _ = optimization.apply_gradients([tf.zeros_like(each) for each in variables], hparams, step)
    graph([tf.assign(each, tf.fill(each.shape, 2.0)) for each in variables])
    _, rate = graph((update, rate))
    for name, value in graph({each.op.name: each for each in variables}).items():
        spared = name.endswith(("/bias", "/beta", "/gamma", "output_bias"))
        assert spared or name.endswith(("/kernel", "_embeddings")), name
        expected = 2.0 if spared else 2.0 * (1 - rate * 0.01)
        np.testing.assert_allclose(value, expected, rtol=1e-6, err_msg=name)


@pytest.mark.parametrize("model", sorted(MODELS))
def test_one_norm_of_all_gradients_clips_them_all(graph, model):
    hparams, loss = built(model)
    gradients = optimization.gradients_of(loss)
    step = tf.train.get_or_create_global_step()
    update, _, norm = optimization.apply_gradients(gradients, hparams, step)
    names = [variable.op.name for variable in tf.trainable_variables()]
    gradients, norm, _ = graph((gradients, norm, update))
    # Every token's gradient once, however often the token occurs.
    assert norm == pytest.approx(np.sqrt(sum((each.astype(float) ** 2).sum() for each in gradients)), rel=1e-5)
    assert norm > 1
    after = graph({each.op.name: each for each in tf.global_variables() if each.op.name.endswith("/adam_m")})
    for name, gradient in zip(names, gradients):
        np.testing.assert_allclose(after[name + "/adam_m"], 0.1 * gradient / norm, rtol=1e-4, atol=1e-9, err_msg=name)


@pytest.mark.parametrize("warmup", [0, 4])
def test_the_first_update_has_a_learning_rate_and_the_last_has_none(graph, warmup):
    hparams = resolve(SMALL, num_train_steps=10, num_warmup_steps=warmup, learning_rate=0.5, weight_decay_rate=0.0)
    variable = tf.get_variable("dense/kernel", [3], initializer=tf.zeros_initializer())
    step = tf.train.get_or_create_global_step()
    update, rate, _ = optimization.apply_gradients([tf.constant([0.1, 0.2, 0.3])], hparams, step)
    rates, values = [], [np.zeros(3)]
    for _ in range(10):
        rates.append(graph((rate, update))[0])
        values.append(graph(variable))
    first = 0.5 * 0.9 * (0.25 if warmup else 1.0)
    assert rates[0] == pytest.approx(first, rel=1e-6) and rates[-1] == 0
    # Without bias correction the first update is sqrt(10) times the learning rate, whatever the gradient.
    np.testing.assert_allclose(values[1], -first * 0.1 / np.sqrt(0.001), rtol=1e-3)
    np.testing.assert_array_equal(values[10], values[9])
