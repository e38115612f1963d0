"""A batch that does not come in one piece: micro-batches, halves side by side, shares of several workers.

Whatever the pieces, the losses and the update are those of the whole batch.  Masks, samples and dropout
come out the same because every number depends on an example's place in the whole batch alone
(``randomness.py``).  A mean over the batch is the sum of the pieces' means, each times its share of what is
counted: how many tokens are masked differs from piece to piece, so the plain mean of means would be another loss.

The feed is the whole batch everywhere: integers, a few hundred bytes an example.

Pieces side by side (``parallel_parts``) keep a CPU's cores at work: the products of a small model are too small to
share, and two halves of a batch wait for each other at the update alone.
"""

from typing import Any, Optional

from helpers.base.errors import TutorialError
from helpers.pretraining.hyperparameters import Hyperparameters
from helpers.pretraining.network import electra, masking
from helpers.pretraining.network.randomness import RandomStreams
from helpers.pretraining.network.runtime import tf


class BatchPart:
    """The model on one piece of the batch.

    Parameters
    ----------
    features : masking.Features
        int32 [train_batch_size, length] each: the whole batch.
    hparams : Hyperparameters
    special_tokens : masking.SpecialTokens
    step : scalar int64 tensor
    workers : workers.Alone or workers.Horovod
    static_shapes : bool
        The form of the model, see ``electra.pretraining_model``.  Variables are made so that XLA can compile what
        updates them as well; checkpoints are the same.
    kind : 16-bit type of products, optional

    Attributes
    ----------
    count : int
        Pieces that this worker has to go through for one update.
    number : scalar int32 placeholder
        Which of them; 0 when it is not fed.
    loss : scalar
        The piece's part of the loss of the whole batch.
    metrics : dict of scalars
        ``loss``, ``mlm_loss`` and, with both objectives, ``disc_loss``: the piece's parts of each.
    """

    def __init__(
        self,
        features: masking.Features,
        hparams: Hyperparameters,
        special_tokens: masking.SpecialTokens,
        step: tf.Tensor,
        workers: Any,
        static_shapes: bool = False,
        kind: Optional[tf.DType] = None,
    ) -> None:
        with tf.variable_scope(tf.get_variable_scope(), use_resource=static_shapes):
            self._build(features, hparams, special_tokens, step, workers, dict(static_shapes=static_shapes, kind=kind))

    def _build(self, features, hparams, special_tokens, step, workers, form):
        batch_size, self.count = hparams.train_batch_size, hparams.gradient_accumulation_steps
        at_once = hparams.parallel_parts or 1
        pieces = self.count * workers.size
        if batch_size % (pieces * at_once):
            raise TutorialError(
                f"train_batch_size {batch_size} cannot be shared by {workers.size} workers in {self.count * at_once} "
                f"parts each: take a multiple of {pieces * at_once}"
            )
        self.number = tf.placeholder_with_default(tf.constant(0, tf.int32), [], "part")
        if pieces * at_once == 1:
            streams = RandomStreams(hparams.seed, step, batch_size)
            model = electra.pretraining_model(features, hparams, special_tokens, streams, training=True, **form)
            self.loss, self.metrics = model.loss, {"loss": model.loss, "mlm_loss": model.mlm.loss}
            if model.rtd is not None:
                self.metrics["disc_loss"] = model.rtd.loss
            return

        size = batch_size // pieces // at_once
        # an int where it can be, which lets dropout draw no more than it needs
        first = 0 if pieces == 1 else (workers.rank * self.count + self.number) * at_once * size
        masked = masking.mask_tokens(features, hparams, special_tokens, RandomStreams(hparams.seed, step, batch_size))
        others, parts = masking.strangers(masked), []
        for start in range(0, at_once * size, size):
            streams = RandomStreams(hparams.seed, step, batch_size, first + start, size)
            piece, masked_piece = (
                [_rows(tensor, first + start, size) for tensor in whole] for whole in (features, masked)
            )
            model = electra.pretraining_model(
                masking.Features(*piece), hparams, special_tokens, streams, training=True,
                masked=masking.Masked(*masked_piece), strangers=_rows(others, first + start, size), **form,
            )  # fmt: skip
            parts.append(_losses(model, masked, features, hparams))
        self.metrics = {name: tf.add_n([part[name] for part in parts]) for name in parts[0]}
        self.loss = self.metrics["loss"]


def _losses(model, masked, features, hparams):
    """The losses of a piece, each its part of that of the whole batch, of which ``masked`` and ``features`` are."""
    losses = {"mlm_loss": model.mlm.loss * _share(model.masked.masked_lm_weights, masked.masked_lm_weights)}
    losses["loss"] = hparams.gen_weight * losses["mlm_loss"]
    if model.rtd is not None:
        counted = features.input_mask if hparams.loss_on_all_tokens else masked.masked_lm_weights
        losses["disc_loss"] = model.rtd.loss * _share(model.rtd.weights, counted)
        losses["loss"] += hparams.disc_weight * losses["disc_loss"]
    return losses


def _rows(tensor, first, size):
    """Rows ``first`` to ``first + size``; the other dimensions as they are, known or not."""
    rows = tf.slice(tensor, [first] + [0] * (len(tensor.shape) - 1), [size] + [-1] * (len(tensor.shape) - 1))
    rows.set_shape([size] + tensor.shape.as_list()[1:])
    return rows


def _share(part, whole):
    """What turns the mean over ``part`` into its part of the mean over ``whole``."""
    part, whole = (tf.reduce_sum(tf.cast(weights, tf.float32)) for weights in (part, whole))
    return (part + electra.SMALL) / (whole + electra.SMALL)
