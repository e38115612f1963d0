"""Held-out metrics of both halves: what the generator guesses and what the discriminator finds."""

import dataclasses
from typing import Callable, Dict, Optional

import numpy as np

from helpers.base.events import Reporter
from helpers.data.records import RecordFiles
from helpers.pretraining.hyperparameters import Hyperparameters
from helpers.pretraining.network import electra, masking
from helpers.pretraining.network.randomness import RandomStreams
from helpers.pretraining.network.runtime import tf

EVALUATION_STREAM = 0xE7A1  # added to the seed: masks of evaluation are not those of training
DECISION = 0.0  # a logit above it calls a token replaced


class Evaluator:
    """Evaluates the session's model on held-out examples, each time with the same masks.

    ``examples`` is a RecordFiles; at most ``num_eval_steps`` batches of ``eval_batch_size`` are read.  The
    discriminator is measured at all real tokens, also when it learns from the masked ones only: else the
    numbers of such a run could not be set beside those of another.
    """

    def __init__(
        self,
        hparams: Hyperparameters,
        examples: RecordFiles,
        special_tokens: masking.SpecialTokens,
        static_shapes: bool = False,
    ) -> None:
        self._hparams, self._examples = hparams, examples
        shape = [hparams.eval_batch_size, hparams.max_seq_length]
        self._features = masking.Features(*(tf.placeholder(tf.int32, shape, name) for name in masking.Features._fields))
        self._number = tf.placeholder(tf.int64, [], "evaluation_batch")
        streams = RandomStreams(hparams.seed + EVALUATION_STREAM, self._number, hparams.eval_batch_size)
        everywhere = dataclasses.replace(hparams, loss_on_all_tokens=True)
        self._model = electra.pretraining_model(
            self._features, everywhere, special_tokens, streams, training=False, static_shapes=static_shapes
        )
        self.batches = min(hparams.num_eval_steps, -(-examples.count // hparams.eval_batch_size))

    def run(
        self, session: tf.Session, reporter: Optional[Reporter] = None, stop: Optional[Callable[[], bool]] = None
    ) -> Optional[Dict[str, float]]:
        """One pass; returns a dict of Python floats (shares and probabilities from 0 to 1).

        ``stop`` is asked before each batch; None is returned when it says true.
        """
        mlm, rtd, masked = self._model.mlm, self._model.rtd, self._model.masked
        fetches = dict(
            mlm_loss=mlm.loss, predicted=mlm.predicted_ids, truth=masked.masked_lm_ids, counts=masked.masked_lm_weights
        )
        if rtd is not None:
            fetches.update(disc_loss=rtd.loss, logits=rtd.logits, labels=rtd.labels, weights=rtd.weights)
        seen = []
        for number, batch in enumerate(self._examples.in_order(self._hparams.eval_batch_size)):
            if number == self.batches:
                break
            if stop is not None and stop():
                return None
            feed = {self._number: number}
            for name, placeholder in self._features._asdict().items():
                feed[placeholder] = _filled(batch[name], self._hparams.eval_batch_size)
            seen.append(session.run(fetches, feed))
            if reporter is not None:
                reporter.advance()
        return _metrics(seen)


def _filled(rows, count):
    """``rows`` with rows of zeros (no real token, so no weight anywhere) up to ``count``."""
    missing = count - len(rows)
    return np.concatenate([rows, np.zeros((missing,) + rows.shape[1:], rows.dtype)]) if missing else rows


def _metrics(seen):
    masked_counts = np.array([batch["counts"].sum() for batch in seen])
    hits = sum(((batch["predicted"] == batch["truth"]) * batch["counts"]).sum() for batch in seen)
    metrics = {
        "mlm_loss": _weighted([batch["mlm_loss"] for batch in seen], masked_counts),
        "mlm_accuracy": float(hits / max(1, masked_counts.sum())),
    }
    if "logits" in seen[0]:
        real = [batch["weights"] > 0 for batch in seen]
        logits = np.concatenate([batch["logits"][where] for batch, where in zip(seen, real)])
        labels = np.concatenate([batch["labels"][where] for batch, where in zip(seen, real)])
        metrics["disc_loss"] = _weighted([batch["disc_loss"] for batch in seen], [where.sum() for where in real])
        metrics.update(detection_metrics(logits, labels))
    return metrics


def _weighted(values, weights):
    return float(np.average(values, weights=weights)) if np.sum(weights) else 0.0


def detection_metrics(logits: np.ndarray, labels: np.ndarray) -> Dict[str, float]:
    """Accuracy, precision, recall and AUC of calling tokens replaced, and the share that is (``disc_replaced``).

    ``logits`` is float32 [tokens], ``labels`` int32 [tokens], 1 where the token was replaced.
    """
    called, replaced = logits > DECISION, labels == 1
    both = np.sum(called & replaced)
    metrics = {
        "disc_accuracy": float(np.mean(called == replaced)),
        "disc_precision": float(both / max(1, called.sum())),
        "disc_recall": float(both / max(1, replaced.sum())),
        "disc_replaced": float(np.mean(replaced)),
    }
    if replaced.any() and not replaced.all():
        metrics["disc_auc"] = _auc(logits, replaced)
    return metrics


def _auc(logits, replaced):
    """Area under the ROC curve: how often a replaced token's logit is above another's, an equal one counting half.

    By the sum of the replaced tokens' ranks; NumPy alone, for scikit-learn is not everywhere where models are trained.
    """
    _, place, count = np.unique(logits, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(count) - (count - 1) / 2.0)[place]  # equal logits share the mean of their ranks
    ours, others = int(replaced.sum()), int((~replaced).sum())
    return float((ranks[replaced].sum() - ours * (ours + 1) / 2.0) / (ours * others))
