"""A checkpoint's logits and losses on a batch, computed by the TensorFlow graph itself, for others to be checked by."""

import dataclasses
from typing import Any, Dict, Optional, Tuple

import numpy as np

from helpers.base.errors import TutorialError
from helpers.pretraining.hyperparameters import Hyperparameters
from helpers.pretraining.network import electra, masking
from helpers.pretraining.network.randomness import RandomStreams
from helpers.pretraining.network.runtime import session, tf
from helpers.pretraining.run_state import newest_checkpoint

NO_TOKEN = -1  # special tokens are not looked for: the masks are given


def electra_logits(
    model_dir: str,
    hparams: Hyperparameters,
    input_ids: np.ndarray,
    input_mask: np.ndarray,
    segment_ids: np.ndarray,
    masked_lm_positions: np.ndarray,
) -> Tuple[Optional[np.ndarray], Optional[np.ndarray]]:
    """Logits of generator and discriminator on the same, uncorrupted batch, dropout off.

    Parameters
    ----------
    model_dir : folder with a checkpoint, or the path of one checkpoint
    hparams : Hyperparameters that the checkpoint was trained with
    input_ids, input_mask, segment_ids : int [batch, length]
    masked_lm_positions : int [batch, predictions]

    Returns
    -------
    (mlm_logits float32 [batch, predictions, vocab_size], disc_logits float32 [batch, length]); the
    former is None with ``uniform_generator``, the latter with ``electra_objective`` false.
    """
    checkpoint = newest_checkpoint(model_dir) or model_dir
    batch_size, length = np.shape(input_ids)
    predictions = np.shape(masked_lm_positions)[1]
    shape = hparams.__class__(**dict(vars(hparams), max_seq_length=length, mask_prob=_mask_prob(predictions, length)))
    with tf.Graph().as_default(), session() as sess:
        features = masking.Features(*(tf.constant(part, tf.int32) for part in (input_ids, input_mask, segment_ids)))
        positions = tf.constant(masked_lm_positions, tf.int32)
        nothing = tf.zeros_like(positions)
        masked = masking.Masked(features.input_ids, positions, nothing, tf.ones(tf.shape(positions)))
        streams = RandomStreams(0, tf.constant(0), batch_size)
        specials = masking.SpecialTokens(NO_TOKEN, NO_TOKEN, NO_TOKEN)
        # Samples equal to what stands at their place leave the discriminator's text as it is.
        same = tf.batch_gather(features.input_ids, positions)
        model = electra.pretraining_model(features, shape, specials, streams, False, masked, same)
        tf.train.Saver().restore(sess, checkpoint)
        mlm_logits = None if hparams.uniform_generator else sess.run(model.mlm.logits())
        disc_logits = None if model.rtd is None else sess.run(model.rtd.logits)
    return mlm_logits, disc_logits


def electra_losses(
    model_dir: str,
    hparams: Hyperparameters,
    specials: masking.SpecialTokens,
    input_ids: np.ndarray,
    input_mask: np.ndarray,
    segment_ids: np.ndarray,
    seed: int = 0,
) -> Dict[str, Any]:
    """Both losses on a batch, with the masks and samples that the graph draws for ``seed``, dropout off.

    Parameters
    ----------
    model_dir : folder with a checkpoint
    hparams : Hyperparameters that the checkpoint was trained with; the discriminator is scored at all tokens
    specials : ids of [CLS], [SEP] and [MASK], which are never masked
    input_ids, input_mask, segment_ids : int [batch, length]

    Returns
    -------
    dict with ``masked_ids`` (int32 [batch, length], the text with [MASK]), ``chosen`` (bool [batch, length], True
    where a token was chosen, hidden or not), ``corrupted_ids`` (int32 [batch, length], with what the generator drew),
    ``generator_loss`` and ``discriminator_loss`` (float).

    Raises TutorialError where the run has no discriminator.
    """
    if not hparams.electra_objective:
        raise TutorialError(f"{model_dir} was trained as a masked language model alone: it has no discriminator")
    everywhere = dataclasses.replace(hparams, loss_on_all_tokens=True, max_seq_length=np.shape(input_ids)[1])
    with tf.Graph().as_default(), session() as sess:
        features = masking.Features(*(tf.constant(part, tf.int32) for part in (input_ids, input_mask, segment_ids)))
        streams = RandomStreams(seed, tf.constant(0), len(input_ids))
        model = electra.pretraining_model(features, everywhere, specials, streams, training=False)
        tf.train.Saver().restore(sess, newest_checkpoint(model_dir) or model_dir)
        found = sess.run(
            dict(masked=model.masked, corrupted_ids=model.rtd.input_ids, generator_loss=model.mlm.loss,
                 discriminator_loss=model.rtd.loss)
        )  # fmt: skip
    masked = found.pop("masked")
    chosen = np.zeros(np.shape(input_ids), bool)
    rows, slots = np.nonzero(masked.masked_lm_weights)
    chosen[rows, masked.masked_lm_positions[rows, slots]] = True
    losses = {name: float(found.pop(name)) for name in ("generator_loss", "discriminator_loss")}
    return dict(found, masked_ids=masked.input_ids, chosen=chosen, **losses)


def _mask_prob(predictions, length):
    """A mask_prob that gives just so many predictions an example."""
    return (predictions + 0.5) / length - 0.005
