"""Choosing what to mask, and putting the generator's proposals in its place (paper, section 2)."""

import collections
from typing import Tuple

from helpers.pretraining.hyperparameters import Hyperparameters
from helpers.pretraining.network.randomness import RandomStreams
from helpers.pretraining.network.runtime import HOST, tf

MASK_SHARE = 0.85  # of the chosen positions become [MASK]; the others keep their token (paper, appendix A)

# input_ids, input_mask, segment_ids: int32 [batch, length]: tokens, 1 on real tokens, 0/1 for the two segments.
Features = collections.namedtuple("Features", "input_ids input_mask segment_ids")

# input_ids [batch, length]: the text with [MASK] in it; masked_lm_positions, masked_lm_ids int32 and
# masked_lm_weights float32, all [batch, predictions]: where, which token stood there, and 1 where it counts.
Masked = collections.namedtuple("Masked", "input_ids masked_lm_positions masked_lm_ids masked_lm_weights")

SpecialTokens = collections.namedtuple("SpecialTokens", "cls sep mask")


def mask_tokens(
    features: Features, hparams: Hyperparameters, special_tokens: SpecialTokens, streams: RandomStreams
) -> Masked:
    """Choose positions without replacement and put [MASK] there; returns :class:`Masked`.

    In each example round(mask_prob x real tokens) positions are chosen, at least one where there is
    a token to choose; never padding, [CLS], [SEP] or [MASK].  Unused slots have position, id and weight 0.
    """
    with tf.device(HOST):  # token ids are fed there, and TensorFlow has no int32 arithmetic on a GPU
        return _mask_tokens(features, hparams, special_tokens, streams)


def _mask_tokens(features, hparams, special_tokens, streams):
    input_ids, input_mask, _ = features
    predictions, length = hparams.max_predictions_per_seq, input_ids.shape.as_list()[1]
    candidate = tf.cast(input_mask, tf.bool)
    for token_id in special_tokens:
        candidate = tf.logical_and(candidate, tf.not_equal(input_ids, token_id))

    # The largest of independent random numbers are a uniform draw without replacement.
    draw = tf.where(candidate, streams.uniform("masked positions", [length]), -tf.ones(tf.shape(input_ids)))
    _, positions = tf.math.top_k(draw, predictions)
    tokens = tf.cast(tf.reduce_sum(input_mask, axis=1), tf.float64)
    wanted = tf.maximum(1, tf.cast(tf.round(tokens * hparams.mask_prob), tf.int32))
    wanted = tf.minimum(wanted, tf.reduce_sum(tf.cast(candidate, tf.int32), axis=1))
    chosen = tf.sequence_mask(wanted, predictions, dtype=tf.int32)
    positions *= chosen
    masked_lm_ids = tf.batch_gather(input_ids, positions) * chosen

    hidden = chosen * tf.cast(streams.uniform("mask or keep", [predictions]) < MASK_SHARE, tf.int32)
    masked_ids = put_tokens(input_ids, positions, tf.fill(tf.shape(positions), special_tokens.mask), hidden)
    return Masked(masked_ids, positions, masked_lm_ids, tf.cast(chosen, tf.float32))


def put_tokens(input_ids: tf.Tensor, positions: tf.Tensor, token_ids: tf.Tensor, where: tf.Tensor) -> tf.Tensor:
    """``input_ids`` [batch, length] with ``token_ids`` at ``positions`` [batch, predictions] where ``where`` is 1.

    All are int32.  The sums are taken in float32, which has every number up to 2 ** 24 exactly: a GPU would leave
    sums of int32 to the host and wait for it.
    """
    length = input_ids.shape.as_list()[1]
    input_ids, token_ids, where = (tf.cast(values, tf.float32) for values in (input_ids, token_ids, where))
    # positions do not repeat, so at most one slot speaks for each token and the sum just picks it
    slot = tf.one_hot(positions, length) * tf.expand_dims(where, 2)
    written = tf.reduce_sum(slot, axis=1)
    ids = input_ids * (1.0 - written) + tf.reduce_sum(slot * tf.expand_dims(token_ids, 2), axis=1)
    return tf.cast(ids, tf.int32)


def strangers(masked: Masked) -> tf.Tensor:
    """For every slot a token that was masked in another example: int32 [batch, predictions], -1 where there is none.

    They come as often as they do in the text, and know nothing of where they are put.
    """
    with tf.device(HOST):
        ids, there = (tf.roll(values, 1, axis=0) for values in (masked.masked_lm_ids, masked.masked_lm_weights))
        return tf.where(there > 0, ids, -tf.ones_like(ids))


def mixed(sampled_ids: tf.Tensor, others: tf.Tensor, share: float, numbers: tf.Tensor) -> tf.Tensor:
    """The generator's samples, with those of ``others`` that are there at a ``share`` of the slots.

    All are [batch, predictions]; ``others`` are :func:`strangers`, ``numbers`` random ones in [0, 1).
    """
    with tf.device(HOST):
        return tf.where(tf.logical_and(numbers < share, others >= 0), others, sampled_ids)


def corrupt(features: Features, masked: Masked, sampled_ids: tf.Tensor) -> Tuple[tf.Tensor, tf.Tensor]:
    """Put the generator's samples [batch, predictions] in the text.

    Returns the corrupted ``input_ids`` and the discriminator's ``labels``, both int32 [batch, length]:
    1 where the token is not the original one; a sample that equals the original counts as original.
    """
    corrupted = put_tokens(features.input_ids, masked.masked_lm_positions, sampled_ids, masked.masked_lm_weights)
    now, before = (tf.cast(ids, tf.float32) for ids in (corrupted, features.input_ids))  # for a GPU, as in put_tokens
    return corrupted, tf.cast(tf.not_equal(now, before), tf.int32)
