"""A checkpoint's logits on a batch, computed by the TensorFlow graph itself: what a conversion is checked against."""

from typing import Optional, Tuple

import numpy as np

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


def _mask_prob(predictions, length):
    """A mask_prob that gives just so many predictions an example."""
    return (predictions + 0.5) / length - 0.005
