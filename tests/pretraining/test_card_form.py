"""What is a GPU's alone: 16-bit products by what the card has, steps that are not waited for, kernels that are few."""

import os

import numpy as np
import pytest
from test_loop import settings as run_settings
from test_loop import train
from test_pretrain import data_dir  # noqa: F401  (a fixture)
from test_updates import BATCH, SPECIAL, batch
from test_updates import settings as small

from benchmarks import step_arithmetic
from helpers.base.errors import TutorialError
from helpers.environment import gpu
from helpers.pretraining import hyperparameters, run_state
from helpers.pretraining.network import electra, masking, randomness
from helpers.pretraining.network.runtime import session, tf
from helpers.pretraining.training import trainer


def losses_and_gradients(kind):
    """The loss of one batch in the form for a GPU, and all gradients in one row."""
    hparams = small()
    with tf.Graph().as_default():
        tf.set_random_seed(1)
        features = masking.Features(*(tf.constant(part, tf.int32) for part in batch(0)))
        streams = randomness.RandomStreams(hparams.seed, tf.constant(0, tf.int64), BATCH)
        with randomness.initial_values():
            model = electra.pretraining_model(
                features, hparams, SPECIAL, streams, training=True, static_shapes=True, kind=kind,
                sampled_ids=tf.fill([BATCH, hparams.max_predictions_per_seq], 7),
            )  # fmt: skip
        gradients = tf.gradients(model.loss, tf.trainable_variables())
        row = tf.concat([tf.reshape(tf.convert_to_tensor(each), [-1]) for each in gradients], axis=0)
        with session() as running:
            running.run(tf.global_variables_initializer())
            return running.run([model.loss, model.mlm.loss, model.rtd.loss]), running.run(row)


def test_products_in_bfloat16_are_near_those_in_float32():
    if tf.__version__.startswith("1."):
        pytest.skip("TensorFlow 1.15 multiplies no matrices of bfloat16; it never takes this way")
    (exact, gradient), (near, other) = losses_and_gradients(None), losses_and_gradients(tf.bfloat16)
    np.testing.assert_allclose(near, exact, rtol=5e-3)
    assert np.linalg.norm(other - gradient) < 0.03 * np.linalg.norm(gradient)
    assert np.abs(other - gradient).max() > 0  # they were taken in 16 bits


@pytest.mark.parametrize(
    "capabilities, version, expected",
    [
        ([9.0], "2.20.0", (True, tf.bfloat16)),
        ([8.0, 8.6], "2.20.0", (True, tf.bfloat16)),
        ([8.0, 7.5], "2.20.0", (True, None)),
        ([7.5], "2.20.0", (True, None)),
        ([8.0], "1.15.5", (True, None)),
        ([6.1], "2.20.0", (False, None)),
        ([None], "2.20.0", (False, None)),
    ],
)
def test_the_16_bits_are_what_the_card_has(monkeypatch, capabilities, version, expected):
    cards = [gpu.Gpu("a card", capability, "535.1", None) for capability in capabilities]
    monkeypatch.setattr(gpu, "usable", lambda: (cards, ""))
    monkeypatch.setattr(trainer, "_gpus", lambda: ["/physical_device:GPU"] * len(cards))
    monkeypatch.setattr(trainer.tf, "__version__", version)
    hparams = hyperparameters.resolve({})
    assert (trainer.settle_precision(hparams), trainer.bfloat16_products(hparams)) == expected
    off = hyperparameters.resolve(dict(mixed_precision=False))
    assert trainer.settle_precision(off) is False and trainer.bfloat16_products(off) is None


@pytest.fixture
def rarely(monkeypatch):
    """A trainer that looks at its steps as on a GPU: at one in ``log_steps``; the steps it looked at."""
    looked, make = [], trainer.Trainer.__init__

    def with_a_card(self, hparams, *arguments):
        make(self, hparams, *arguments)
        self.look_every = hparams.log_steps
        steps = self.train_step
        self.train_step = lambda batch, stop=False, look=True: (looked.append(look), steps(batch, stop, look))[1]

    monkeypatch.setattr(trainer.Trainer, "__init__", with_a_card)
    return looked


def rows(hparams):
    """The rows of a run's metrics, without what the clock says."""
    found = run_state.read_metrics(hparams.model_dir)
    return [{name: value for name, value in row.items() if name != "examples_per_second"} for row in found]


def test_steps_that_are_not_looked_at_train_the_same(data_dir, rarely):  # noqa: F811
    changes = dict(num_train_steps=10, log_steps=4, eval_steps=6, save_checkpoints_steps=7)
    one = run_settings(data_dir, "rarely", **changes)
    _, finished = train(one)
    assert finished and rarely == [False, False, False, True, False, True, True, True, False, True]
    other = run_settings(data_dir, "rarely-stopped", **changes)
    assert not train(other, stop=True)[1] and rarely[10:] == [True]  # a step that is stopped after is looked at
    assert train(other)[1]
    assert rows(one) == rows(other) and [row["step"] for row in rows(one)] == [4, 6, 8, 10, 10]


def test_a_loss_that_is_lost_is_found_at_the_next_look_and_not_saved(data_dir, rarely):  # noqa: F811
    hparams = run_settings(
        data_dir, "lost", num_train_steps=40, log_steps=5, eval_steps=0, save_checkpoints_steps=3, learning_rate=1e30,
        num_warmup_steps=0,
    )  # fmt: skip
    with pytest.raises(TutorialError, match=r"became .* at step \d+; the last good checkpoint is that of step 0"):
        train(hparams)
    assert len(rarely) <= 5 and rarely[-1] is True
    assert not os.path.exists(os.path.join(hparams.model_dir, "checkpoint"))


def test_kernels_after_fusion_are_few():
    hparams = hyperparameters.resolve(dict(model_size="tiny", train_batch_size=8, max_seq_length=16, vocab_size=2000))
    plain, fused = step_arithmetic.Count(hparams, static_shapes=True), step_arithmetic.Fused(hparams)
    kinds = fused.made.by_kind()
    assert fused.flops == plain.flops and fused.bytes < 0.8 * plain.bytes and fused.kernels < 0.3 * plain.kernels
    assert sum(count for count, _ in kinds.values()) == pytest.approx(fused.kernels, abs=1)
    assert sum(size for _, size in kinds.values()) == fused.bytes
    assert kinds["updates"][0] < 10  # of 70 variables
    half = step_arithmetic.Fused(hparams, tf.bfloat16)
    assert half.flops == fused.flops and half.bytes < fused.bytes
