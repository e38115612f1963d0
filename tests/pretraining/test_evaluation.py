"""Held-out metrics against a pass in NumPy: which examples are read, how they are masked, what is counted."""

import collections
import os

import numpy as np
import numpy_electra
import pytest
from test_pretrain import LENGTH, SETTINGS, WORDS, examples, write_examples, write_rows

from helpers.base.events import Reporter
from helpers.pretraining import hyperparameters
from helpers.pretraining.network.runtime import tf
from helpers.pretraining.training import trainer, workers

HELD_OUT = examples(8, 3)
HELD_OUT = HELD_OUT * 2 + HELD_OUT[:4]  # two batches of the same eight, and half a batch
GEN_WEIGHT, DISC_WEIGHT, BATCH = 2.0, 7.0, 8
Batch = collections.namedtuple("Batch", "fed masked corrupted predicted")


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A Trainer whose variables are random numbers of some size, and its variables by name; dropout is strong."""
    folder = str(tmp_path_factory.mktemp("data"))
    write_examples(os.path.join(folder, "pretrain_tfrecords", "pretrain_data.tfrecord-0-of-1"), 40, 1)
    write_rows(os.path.join(folder, "valid_tfrecords", "pretrain_data.tfrecord-0-of-1"), HELD_OUT)
    with open(os.path.join(folder, "vocab.txt"), "w") as file:
        file.write("\n".join(WORDS) + "\n")
    dropout = dict(hidden_dropout_prob=0.5, attention_probs_dropout_prob=0.5)
    overrides = dict(SETTINGS["model_hparam_overrides"], **dropout)
    changes = dict(model_hparam_overrides=overrides, num_eval_steps=100, mask_prob=0.3, loss_on_all_tokens=False)
    weights = dict(gen_weight=GEN_WEIGHT, disc_weight=DISC_WEIGHT)
    hparams = hyperparameters.resolve_in(folder, "m", dict(SETTINGS, **changes, **weights))
    os.makedirs(hparams.model_dir)
    one = trainer.Trainer(hparams, Reporter(silent=True), workers.Alone())
    random, variables = np.random.RandomState(0), {}
    with one._session.graph.as_default():
        for variable in tf.trainable_variables():
            variables[variable.op.name] = random.randn(*variable.shape.as_list()).astype(np.float32) / 3
            variables[variable.op.name] += variable.op.name.endswith("gamma")
        variables["generator_predictions/output_bias"][8:12] += 5  # words that are proposed often, and at times right
        variables["discriminator_predictions/dense_1/bias"][:] = 0  # some tokens are called replaced, and some are not
        values = [variables[variable.op.name] for variable in tf.trainable_variables()]
        one._session.run([tf.assign(*pair) for pair in zip(tf.trainable_variables(), values)])
    yield one, variables
    one.close()


class Watched:
    """A session that also keeps what each batch of an evaluation was."""

    def __init__(self, one):
        self._session, self._evaluator, self.batches = one._session, one.evaluator, []

    def run(self, fetches, feed):
        model, features = self._evaluator._model, self._evaluator._features
        seen = dict(masked=model.masked, corrupted=model.rtd.input_ids, predicted=model.mlm.predicted_ids)
        values, more = self._session.run((fetches, seen), feed)
        self.batches.append(Batch(type(features)(*(feed[each] for each in features)), **more))
        return values


def evaluate(one):
    session = Watched(one)
    return one.evaluator.run(session), session.batches


def test_the_held_out_examples_are_read_each_once_and_masked_alike_in_every_pass(made):
    found, batches = evaluate(made[0])
    again, repeated = evaluate(made[0])
    assert found == pytest.approx(again, rel=1e-6)
    assert made[0].evaluator.batches == len(batches) == 3
    rows = np.concatenate([batch.fed.input_ids for batch in batches])
    padded = [row + [0] * (LENGTH - len(row)) for row in HELD_OUT] + [[0] * LENGTH] * 4
    np.testing.assert_array_equal(rows, padded)
    for batch, other in zip(batches, repeated):
        np.testing.assert_array_equal(batch.masked.masked_lm_positions, other.masked.masked_lm_positions)
        np.testing.assert_array_equal(batch.corrupted, other.corrupted)
    first, second = batches[:2]
    assert (first.masked.masked_lm_positions != second.masked.masked_lm_positions).any(), "the same eight examples"
    for batch in batches:
        hidden = batch.masked.input_ids != batch.fed.input_ids
        assert (batch.masked.input_ids[hidden] == WORDS.index("[MASK]")).all()
        chosen = batch.masked.masked_lm_weights > 0
        assert hidden.any() and (batch.masked.masked_lm_ids[chosen] > 4).all(), "special tokens are left alone"


def test_the_metrics_equal_a_pass_in_numpy(made):
    one, variables = made
    found, batches = evaluate(one)
    word_losses, hits, logits, labels = [], [], [], []
    for fed, masked, corrupted, predicted in batches:
        # The masked words: the generator's view of the text with [MASK] in it.
        words = numpy_electra.mlm_logits(
            variables, masked.input_ids, fed.input_mask, fed.segment_ids, masked.masked_lm_positions, 1
        )
        counted = masked.masked_lm_weights > 0
        truth = masked.masked_lm_ids[counted]
        np.testing.assert_array_equal(
            truth, np.take_along_axis(fed.input_ids, masked.masked_lm_positions, 1)[counted], "what stood there"
        )
        words = words[counted]
        word_losses.append(np.log(np.exp(words).sum(-1)) - words[np.arange(len(words)), truth])
        hits.append(words.argmax(-1) == truth)
        np.testing.assert_array_equal(words.argmax(-1), predicted[counted])
        # The discriminator's view of the text with the samples in it, at every token that is no padding.
        real = fed.input_mask > 0
        logits.append(
            numpy_electra.discriminator_logits(variables, corrupted, fed.input_mask, fed.segment_ids, 2)[real]
        )
        labels.append((corrupted != fed.input_ids)[real])
    logits, labels = np.concatenate(logits), np.concatenate(labels)
    called, pairs = logits > 0, logits[labels][:, None] - logits[~labels][None, :]
    probability = 1 / (1 + np.exp(-logits))
    expected = dict(
        mlm_loss=np.concatenate(word_losses).mean(),
        mlm_accuracy=np.concatenate(hits).mean(),
        disc_loss=-np.log(np.where(labels, probability, 1 - probability)).mean(),
        disc_accuracy=(called == labels).mean(),
        disc_precision=labels[called].mean(),
        disc_recall=called[labels].mean(),
        disc_replaced=labels.mean(),
        disc_auc=((pairs > 0) + 0.5 * (pairs == 0)).mean(),
    )
    assert len({round(float(value), 3) for value in expected.values()}) == 8 and expected["mlm_accuracy"] > 0
    assert len(logits) == sum(map(len, HELD_OUT)), "no token of padding, none of the half batch twice"
    assert found == pytest.approx(expected, rel=1e-4)


def test_a_row_of_metrics_names_its_step_and_a_stop_leaves_none(made):
    one, _ = made
    row = one.evaluate(5)
    assert (row["event"], row["step"]) == ("eval", 5) and set(row) == {"event", "step"} | set(evaluate(one)[0])
    asked = []
    assert one.evaluate(5, lambda: asked.append(1) or len(asked) == 3) is None, "asked before each batch"
