"""One update of the model from however many micro-batches on however many workers.

The gradients of all but the last micro-batch are added up in variables of their own, which no checkpoint
holds: a run stops between updates.  With the last one they are summed over the workers and applied.
"""

from typing import Any, Dict, Mapping, Tuple

from helpers.pretraining.hyperparameters import Hyperparameters
from helpers.pretraining.network.runtime import tf
from helpers.pretraining.training import optimization
from helpers.pretraining.training.batch_parts import BatchPart


class Update:
    """The update from the pieces of a batch.

    Parameters
    ----------
    part : batch_parts.BatchPart
    hparams : Hyperparameters
    step : scalar int64 variable
    workers : workers.Alone or workers.Horovod
    mixed_precision : bool
        Whether gradients are taken of a scaled loss.
    """

    def __init__(
        self,
        part: BatchPart,
        hparams: Hyperparameters,
        step: tf.Variable,
        workers: Any,
        mixed_precision: bool = False,
    ) -> None:
        self._part = part
        self._names = sorted(part.metrics)
        self._stop = tf.placeholder_with_default(0.0, [], "stop")
        scale = optimization.LossScale() if mixed_precision else None
        gradients = optimization.gradients_of(part.loss * scale.current if scale else part.loss)
        metrics = tf.stack([part.metrics[name] for name in self._names])
        values = gradients + [metrics]
        if part.count > 1:
            sums = [_sum_of(value, number) for number, value in enumerate(values)]
            # Sums are variables: the mixed precision rewrite leaves what is assigned to them in 32 bits.
            self._first = tf.group(*(tf.assign(*pair) for pair in zip(sums, values)))
            self._next = tf.group(*(tf.assign_add(*pair) for pair in zip(sums, values)))
            values = [tf.assign_add(*pair) for pair in zip(sums, values)]
        *gradients, metrics, stops = workers.sum(values + [self._stop])
        update, rate, norm = optimization.apply_gradients(gradients, hparams, step, scale)
        self._last = update, dict(metrics=metrics, stops=stops, learning_rate=rate, grad_norm=norm)
        if scale:
            self._last[1]["loss_scale"] = scale.current

    def run(
        self, session: tf.Session, feed: Mapping[tf.Tensor, Any], stop: bool = False
    ) -> Tuple[Dict[str, float], bool]:
        """Make one update; returns the metrics of the whole batch as floats, and whether any worker is to stop.

        Where gradients are not finite nothing was updated but the loss scale, if there is one.
        """
        feed = self._all_but_last(session, feed)
        feed[self._stop] = float(stop)
        _, values = session.run(self._last, feed)
        metrics, stops = values.pop("metrics"), values.pop("stops")
        values.update(zip(self._names, metrics))
        return {name: float(value) for name, value in values.items()}, stops > 0

    def start(self, session: tf.Session, feed: Mapping[tf.Tensor, Any]) -> None:
        """Make one update and ask for nothing: a GPU may be at it still when this returns."""
        session.run(self._last[0], self._all_but_last(session, feed))

    def _all_but_last(self, session, feed):
        """Add up the gradients of all parts but the last; returns the feed for that one."""
        feed, parts = dict(feed), self._part.count
        for number in range(parts - 1):
            feed[self._part.number] = number
            session.run(self._next if number else self._first, feed)
        feed[self._part.number] = parts - 1
        return feed


def _sum_of(value, number):
    """A variable for sums of ``value``, left out of checkpoints."""
    return tf.get_variable(
        f"gradient_sums/{number}", value.shape.as_list(), initializer=tf.zeros_initializer(), trainable=False,
        collections=[tf.GraphKeys.LOCAL_VARIABLES],
    )  # fmt: skip
