"""The graph against the reference's outputs, against NumPy in float64, and every switch against what it says."""

import json

import numpy as np
import numpy_electra
import pytest

from helpers.pretraining import hyperparameters
from helpers.pretraining.network import electra, masking
from helpers.pretraining.network.randomness import RandomStreams
from helpers.pretraining.network.runtime import tf
from helpers.pretraining.training import optimization

SPECIALS = masking.SpecialTokens(2, 3, 4)
SMALL = dict(
    vocab_size=60, embedding_size=16, max_seq_length=20, generator_hidden_size=0.5, generator_layers=0.5,
    model_hparam_overrides=dict(
        hidden_size=64, num_hidden_layers=2, num_attention_heads=2, intermediate_size=96, max_position_embeddings=24
    ),
)  # fmt: skip
NO_DROPOUT = dict(hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0)


def resolve(settings, **changes):
    return hyperparameters.resolve(dict(settings, **changes))


def without_dropout(settings):
    overrides = dict(settings["model_hparam_overrides"], **NO_DROPOUT)
    return resolve(settings, model_hparam_overrides=overrides)


def batch_of(batch_size=5, length=20, vocab_size=60, seed=0):
    random = np.random.RandomState(seed)
    sizes = random.randint(6, length + 1, batch_size)
    input_mask = (np.arange(length) < sizes[:, None]).astype(int)
    input_ids = random.randint(5, vocab_size, (batch_size, length)) * input_mask
    input_ids[:, 0] = SPECIALS.cls
    input_ids[np.arange(batch_size), sizes - 1] = SPECIALS.sep
    segment_ids = (np.arange(length) > sizes[:, None] // 2).astype(int) * input_mask
    return input_ids, input_mask, segment_ids


def build(hparams, batch=None, training=False, seed=0, step=0, **given):
    features = masking.Features(*(tf.constant(part, tf.int32) for part in (batch or batch_of())))
    streams = RandomStreams(seed, tf.constant(step), features.input_ids.shape.as_list()[0])
    return features, electra.pretraining_model(features, hparams, SPECIALS, streams, training, **given)


# --- the reference ---------------------------------------------------------------------------------------------


@pytest.fixture
def reference(shared, graph):
    """The reference's checkpoint restored in our graph, its batch fed, one update ready."""
    folder = shared / "reference" / "checkpoint"
    expected = json.loads((folder / "expected.json").read_text())
    batch = np.load(folder / "batch.npz")
    hparams = without_dropout(expected["hparams"])
    masked = masking.Masked(*(tf.constant(batch[name]) for name in ("masked_input_ids",) + masking.Masked._fields[1:]))
    features = [batch[name] for name in masking.Features._fields]
    given = dict(masked=masked, sampled_ids=tf.constant(batch["sampled_ids"]))
    with tf.variable_scope("", reuse=tf.AUTO_REUSE):
        _, model = build(hparams, features, training=True, **given)
        _, evaluated = build(hparams, features, training=False, **given)
    step = tf.train.get_or_create_global_step()
    update, _, norm = optimization.training_step(model.loss, hparams, step)
    graph(tf.no_op())
    checkpoint = str(folder / "model.ckpt-12")
    tf.train.Saver().restore(graph.session, checkpoint)
    return folder, expected, batch, (model, evaluated), update, norm, checkpoint


def relative(ours, expected):
    return np.abs(np.asarray(ours, float) - expected).max() / np.abs(expected).max()


def test_variables_are_exactly_the_references(reference):
    ours = {variable.op.name: variable.shape.as_list() for variable in tf.global_variables()}
    assert ours == dict(tf.train.list_variables(reference[-1]))


def test_losses_logits_and_gradient_norm_equal_the_references(reference, graph):
    folder, expected, batch, models, _, norm, _ = reference
    arrays = np.load(folder / "expected.npz")
    assert graph(norm) == pytest.approx(expected["grad_norm_before_clip"], rel=1e-4)
    # In training, padding has no values; else it has the reference's own.
    for model, compared in zip(models, (batch["input_mask"] > 0, np.full(batch["input_mask"].shape, True))):
        ours = graph(
            dict(
                total_loss=model.loss, mlm_loss=model.mlm.loss, disc_loss=model.rtd.loss, mlm_logits=model.mlm.logits(),
                disc_logits=model.rtd.logits, disc_hidden=model.rtd.hidden,
                labels=model.rtd.labels, corrupted=model.rtd.input_ids,
            )
        )  # fmt: skip
        for name in ("total_loss", "mlm_loss", "disc_loss"):
            assert ours[name] == pytest.approx(expected[name], rel=1e-5)
        assert relative(ours["mlm_logits"], arrays["mlm_logits"]) < 1e-5
        for name in ("disc_logits", "disc_hidden"):
            assert relative(ours[name][compared], arrays[name][compared]) < 1e-5
        np.testing.assert_array_equal(ours["labels"], arrays["labels"])
        np.testing.assert_array_equal(ours["corrupted"], batch["corrupted_input_ids"])


def test_every_variable_equals_the_references_after_one_step(reference, graph):
    folder, update = reference[0], reference[4]
    graph(update)
    after = np.load(folder / "after_one_step.npz")
    assert set(after) == {variable.op.name for variable in tf.global_variables()}
    for variable in tf.global_variables():
        ours, expected = graph(variable), after[variable.op.name]
        # A bias of the keys shifts all scores of a query alike, so its gradient is rounding and nothing else.
        rounding = 1e-9 if "/key/bias" in variable.op.name else 0.0
        assert np.abs(ours - expected).max() <= 1e-5 * np.abs(expected).max() + rounding, variable.op.name


# --- NumPy -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "changes", [{}, dict(untied_generator=False), dict(untied_generator_embeddings=True), dict(embedding_size=64)]
)
def test_logits_equal_float64(graph, changes):
    settings = dict(SMALL, **changes)
    hparams = without_dropout(settings)
    batch = batch_of()
    features, model = build(hparams, batch, training=True)
    logits, masked, corrupted, disc_logits = graph(
        (model.mlm.logits(), model.masked, model.rtd.input_ids, model.rtd.logits)
    )
    variables = {variable.op.name: graph(variable) for variable in tf.trainable_variables()}
    generator_heads = 2 if not hparams.untied_generator else 1
    expected = numpy_electra.mlm_logits(
        variables, masked.input_ids, batch[1], batch[2], masked.masked_lm_positions, generator_heads
    )
    counted = masked.masked_lm_weights > 0
    assert relative(logits[counted], expected[counted]) < 1e-5
    expected = numpy_electra.discriminator_logits(variables, corrupted, batch[1], batch[2], 2)
    assert relative(disc_logits[batch[1] > 0], expected[batch[1] > 0]) < 1e-5


def test_losses_equal_float64(graph):
    hparams = without_dropout(SMALL)
    batch = batch_of()
    _, model = build(hparams, batch, training=True)
    loss, mlm_loss, disc_loss, logits, masked, disc_logits, labels = graph(
        (model.loss, model.mlm.loss, model.rtd.loss, model.mlm.logits(), model.masked, model.rtd.logits,
         model.rtd.labels)
    )  # fmt: skip
    logits = logits.astype(float)
    log_probability = logits - np.log(np.exp(logits).sum(-1, keepdims=True))
    at_label = np.take_along_axis(log_probability, masked.masked_lm_ids[..., None], -1)[..., 0]
    weights = masked.masked_lm_weights
    assert mlm_loss == pytest.approx(-(at_label * weights).sum() / weights.sum(), rel=1e-5)
    probability = 1 / (1 + np.exp(-disc_logits.astype(float)))
    entropy = -np.log(np.where(labels == 1, probability, 1 - probability))
    assert disc_loss == pytest.approx((entropy * batch[1]).sum() / batch[1].sum(), rel=1e-5)
    assert loss == pytest.approx(mlm_loss + 50 * disc_loss, rel=1e-5)


# --- switches --------------------------------------------------------------------------------------------------


def names():
    return {variable.op.name for variable in tf.trainable_variables()}


def test_weights_of_the_losses(graph):
    _, model = build(resolve(SMALL, gen_weight=3.0, disc_weight=7.0))
    loss, mlm_loss, disc_loss = graph((model.loss, model.mlm.loss, model.rtd.loss))
    assert loss == pytest.approx(3 * mlm_loss + 7 * disc_loss, rel=1e-5)


def test_masked_lm_alone_trains_the_large_encoder_and_no_discriminator(graph):
    _, model = build(resolve(SMALL, electra_objective=False))
    assert model.rtd is None
    assert "electra/encoder/layer_1/output/dense/kernel" in names()
    assert not any(name.startswith(("generator/", "discriminator_predictions")) for name in names())
    loss, mlm_loss = graph((model.loss, model.mlm.loss))
    assert loss == mlm_loss


def test_tied_generator_is_the_discriminators_encoder(graph):
    build(resolve(SMALL, untied_generator=False))
    assert not any(name.startswith("generator/") for name in names())


def test_untied_embeddings_have_the_generators_width(graph):
    build(resolve(SMALL, untied_generator_embeddings=True))
    shapes = {variable.op.name: variable.shape.as_list() for variable in tf.trainable_variables()}
    assert shapes["generator/embeddings/word_embeddings"] == [60, 32]
    assert shapes["generator_predictions/dense/kernel"] == [32, 32]
    assert "generator/embeddings_project/kernel" not in shapes
    assert shapes["electra/embeddings/word_embeddings"] == [60, 16]


def test_generator_width_and_depth(graph):
    build(resolve(SMALL, generator_hidden_size=0.25, generator_layers=1.0))
    shapes = {variable.op.name: variable.shape.as_list() for variable in tf.trainable_variables()}
    assert shapes["generator/encoder/layer_1/intermediate/dense/kernel"] == [16, 64]
    assert "generator/encoder/layer_2/output/dense/kernel" not in shapes


def test_uniform_generator_draws_every_token_and_learns_nothing(graph):
    hparams = resolve(SMALL, uniform_generator=True, mask_prob=0.5)
    _, model = build(hparams, batch_of(400), training=True)
    sampled, weights, mlm_loss = graph((model.mlm.sampled_ids, model.masked.masked_lm_weights, model.mlm.loss))
    assert mlm_loss == pytest.approx(np.log(60), rel=1e-5)
    counts = np.bincount(sampled[weights > 0], minlength=60)
    assert len(counts) == 60 and counts.min() > 0.4 * counts.mean() and counts.max() < 1.8 * counts.mean()
    assert not any(name.startswith("generator") for name in names())


@pytest.mark.parametrize("uniform_generator", [False, True])
def test_disallow_correct_makes_every_masked_token_a_replacement(graph, uniform_generator):
    # Biased towards one token, the generator would often be right about it.
    batch = batch_of(50)
    batch = (np.where(batch[0] > 4, 7, batch[0]), batch[1], batch[2])
    hparams = resolve(SMALL, disallow_correct=True, uniform_generator=uniform_generator)
    _, model = build(hparams, batch)
    labels, weights = graph((model.rtd.labels, model.masked.masked_lm_weights))
    assert labels.sum() == weights.sum() > 0


def test_temperature_flattens_what_is_sampled(graph):
    batch, counts = batch_of(300), {}
    for temperature in (0.1, 1.0):
        with tf.variable_scope("", reuse=tf.AUTO_REUSE):
            _, model = build(resolve(SMALL, temperature=temperature), batch)
        bias = next(variable for variable in tf.global_variables() if variable.op.name.endswith("output_bias"))
        graph(tf.no_op())
        graph.session.run(tf.variables_initializer([v for v in tf.global_variables()]))
        peaked = np.zeros(60, np.float32)
        peaked[9] = 3.0
        bias.load(peaked, graph.session)
        sampled, weights = graph((model.mlm.sampled_ids, model.masked.masked_lm_weights))
        counts[temperature] = (sampled[weights > 0] == 9).mean()
    assert counts[0.1] > 0.95 and 0.1 < counts[1.0] < 0.5


def test_mask_share(graph):
    _, model = build(resolve(SMALL, mask_prob=0.4))
    weights, batch = graph(model.masked.masked_lm_weights), batch_of()
    np.testing.assert_array_equal(weights.sum(axis=1), np.round(0.4 * batch[1].sum(axis=1)))


def test_loss_on_masked_positions_only(graph):
    _, model = build(resolve(SMALL, loss_on_all_tokens=False))
    weights, masked = graph((model.rtd.weights, model.masked))
    expected = np.zeros_like(weights)
    for row, positions, counted in zip(expected, masked.masked_lm_positions, masked.masked_lm_weights):
        row[positions[counted > 0]] = 1
    np.testing.assert_array_equal(weights, expected)


def test_overrides_shape_the_encoder(graph):
    overrides = dict(SMALL["model_hparam_overrides"], hidden_act="relu", type_vocab_size=3, initializer_range=0.5)
    build(resolve(SMALL, model_hparam_overrides=overrides))
    shapes = {variable.op.name: variable for variable in tf.trainable_variables()}
    assert shapes["electra/embeddings/token_type_embeddings"].shape.as_list() == [3, 16]
    assert graph(shapes["electra/encoder/layer_0/intermediate/dense/kernel"]).std() > 0.3
    kinds = {operation.type for operation in tf.get_default_graph().get_operations()}
    assert "Relu" in kinds and "Erf" not in kinds


def test_dropout_follows_its_probability_and_is_off_in_evaluation(graph):
    overrides = dict(hidden_dropout_prob=0.5, attention_probs_dropout_prob=0.5, initializer_range=0.2)
    hparams = resolve(SMALL, model_hparam_overrides=dict(SMALL["model_hparam_overrides"], **overrides))
    tf.set_random_seed(1)  # with other weights each time, two losses would come near to each other now and then
    with tf.variable_scope("", reuse=tf.AUTO_REUSE):
        losses = [build(hparams, training=training, step=step)[1].rtd.loss for training in (0, 1) for step in (0, 0, 1)]
    off, off_again, _, on, on_again, on_later = graph(losses)
    # TensorFlow 2 may add up two copies of one graph in another order: equal to the last digits.
    assert off == pytest.approx(off_again, rel=1e-6) and on == pytest.approx(on_again, rel=1e-6)
    assert abs(on - on_later) > 1e-2 and abs(on - off) > 1e-2
    values = graph(RandomStreams(0, tf.constant(0), 100).dropout([50], 0.25)(tf.ones([100, 50])))
    assert set(np.unique(values)) == {np.float32(0), np.float32(1 / 0.75)}
    assert abs((values == 0).mean() - 0.25) < 0.03
