"""ELECTRA: a generator that proposes words and a discriminator that finds them out.

Read it beside the paper (Clark et al. 2020, arXiv 2003.10555): section 2 has the two encoders and the two
losses, and its equations stand above the lines that compute them; section 3.2 has the smaller, tied generator.
Variables have the names and shapes of google-research/electra's checkpoints, so that these pass in both
directions.

The paper's letters: x are the n tokens of a text, m the positions that are masked; h_G(x)_t and h_D(x)_t what
the encoders of generator and discriminator make of position t, e(x_t) a token's embedding.

Shapes: B examples, L tokens, M masked positions an example, E embedding size, H hidden size, V words;
N tokens in the whole batch, without its padding where nothing will look at that (see real_tokens.py).
"""

import collections
from typing import Callable, Optional

from helpers.pretraining.hyperparameters import Hyperparameters
from helpers.pretraining.network import forms, masking, output_layer
from helpers.pretraining.network.forms import elementwise
from helpers.pretraining.network.randomness import RandomStreams
from helpers.pretraining.network.real_tokens import AllTokens, RealTokens
from helpers.pretraining.network.runtime import tf
from helpers.pretraining.shapes import EncoderConfig, discriminator_config, embedding_size, generator_config

MASKED_OUT = -10000.0  # added to the attention scores of padding
SMALL = 1e-6  # keeps a mean over no tokens at zero

# hidden: float32 [N, H], one row for each of tokens: RealTokens; table: the token embeddings [V, E]
Encoded = collections.namedtuple("Encoded", "hidden tokens table config")

# loss: scalar; sampled_ids, predicted_ids: int32 [B, M]; logits: function giving float32 [B, M, V]
MaskedLanguageModel = collections.namedtuple("MaskedLanguageModel", "loss sampled_ids predicted_ids logits")

# loss: scalar; logits, weights float32 [B, L]; labels int32 [B, L], 1 where replaced; hidden float32 [B, L, H]
ReplacedTokenDetection = collections.namedtuple("ReplacedTokenDetection", "loss logits labels weights hidden input_ids")

# loss: gen_weight x mlm.loss + disc_weight x rtd.loss; rtd is None where the objective is masked LM alone
Pretraining = collections.namedtuple("Pretraining", "loss masked mlm rtd")


def pretraining_model(
    features: masking.Features,
    hparams: Hyperparameters,
    special_tokens: masking.SpecialTokens,
    streams: RandomStreams,
    training: bool,
    masked: Optional[masking.Masked] = None,
    sampled_ids: Optional[tf.Tensor] = None,
    static_shapes: bool = False,
    kind: Optional[tf.DType] = None,
    strangers: Optional[tf.Tensor] = None,
) -> Pretraining:
    """Both encoders and both losses on one batch (paper, section 2).

    Parameters
    ----------
    features : masking.Features
    hparams : Hyperparameters
    special_tokens : masking.SpecialTokens
    streams : RandomStreams
    training : whether dropout is on and gradients will be asked for; padding has no values then
    masked, sampled_ids : masks and samples (int32 [B, M]) to use instead of drawing them
    static_shapes : whether padding and slots without a masked token are computed like all others.  No shape
        depends on values then, which a GPU wants; a CPU is faster without.  Losses and gradients are the same.
    kind : 16-bit type to take a GPU's products in, with ``static_shapes``; float32 without
    strangers : int32 [B, M], for a piece of a batch: its rows of ``masking.strangers`` of the whole
    """
    # m_i ~ unif{1, n} for i = 1 to k        x^masked = REPLACE(x, m, [MASK])
    if masked is None:
        masked = masking.mask_tokens(features, hparams, special_tokens, streams)
    dropout = streams.dropout if training else _no_dropout
    if training and static_shapes:  # drawn at the beginning: XLA would end a kernel where numbers have to be waited for

        def dropout(shape, probability, tokens=None, after=None):
            return streams.dropout(shape, probability, tokens)

    tokens = (RealTokens if training and not static_shapes else AllTokens)(features.input_mask)
    form = forms.choose(training and static_shapes, kind)
    size = embedding_size(hparams)
    masked_features = features._replace(input_ids=masked.input_ids)

    has_own_encoder = hparams.electra_objective and hparams.untied_generator
    if hparams.uniform_generator:
        mlm = uniform_generator(masked, hparams, streams)
    else:
        if has_own_encoder:
            own = hparams.untied_generator_embeddings
            config = generator_config(hparams)
            generator = encoder(
                masked_features, tokens, config, "generator", config.hidden_size if own else size, dropout, form,
                embeddings_scope="generator" if own else "electra",
            )  # fmt: skip
        else:
            generator = encoder(masked_features, tokens, discriminator_config(hparams), "electra", size, dropout, form)
        mlm = masked_language_model(generator, masked, hparams, streams, training, static_shapes, form)
    loss = hparams.gen_weight * mlm.loss
    if not hparams.electra_objective:
        return Pretraining(loss, masked, mlm, None)

    # x^_i ~ p_G(x_i | x^masked) for i in m        x^corrupt = REPLACE(x, m, x^)
    if sampled_ids is None:
        sampled_ids = mlm.sampled_ids
        if training and hparams.random_replacements:
            others = masking.strangers(masked) if strangers is None else strangers
            numbers = streams.uniform("random replacements", [hparams.max_predictions_per_seq])
            sampled_ids = masking.mixed(sampled_ids, others, hparams.random_replacements, numbers)
    corrupted_ids, labels = masking.corrupt(features, masked, sampled_ids)
    discriminator = encoder(
        features._replace(input_ids=corrupted_ids),
        tokens,
        discriminator_config(hparams),
        "electra",
        size,
        dropout,
        form,
    )
    weights = features.input_mask
    if not hparams.loss_on_all_tokens:
        where = tf.cast(masked.masked_lm_weights, tf.int32)
        weights = masking.put_tokens(tf.zeros_like(weights), masked.masked_lm_positions, where, where)
    rtd = replaced_token_detection(discriminator, labels, tf.cast(weights, tf.float32), corrupted_ids, form)
    # min over theta_G, theta_D of the sum over x of  L_MLM(x, theta_G) + lambda L_Disc(x, theta_D)
    return Pretraining(loss + hparams.disc_weight * rtd.loss, masked, mlm, rtd)


def encoder(
    features: masking.Features,
    tokens: RealTokens,
    config: EncoderConfig,
    scope: str,
    embedding_width: int,
    dropout: Callable,
    form: forms.Form,
    embeddings_scope: Optional[str] = None,
) -> Encoded:
    """A Transformer encoder as in BERT; returns :class:`Encoded`.

    ``embeddings_scope`` says whose embeddings it reads: the generator by default shares token,
    position and segment embeddings with the discriminator (paper, section 3.2).
    """
    hidden, table = _embeddings(features, tokens, config, embeddings_scope or scope, embedding_width, dropout, form)
    with tf.variable_scope(scope, reuse=tf.AUTO_REUSE):
        if embedding_width != config.hidden_size:
            hidden = _dense(hidden, config.hidden_size, "embeddings_project", config, form, _glorot())
        # [B, 1, 1, L]: every query of an example sees the same keys
        padding = MASKED_OUT * (1.0 - tf.cast(features.input_mask[:, None, None, :], tf.float32))
        with tf.variable_scope("encoder"):
            for number in range(config.num_hidden_layers):
                with tf.variable_scope(f"layer_{number}"):
                    hidden = _layer(hidden, tokens, padding, config, dropout, form)
    return Encoded(hidden, tokens, table, config)


def masked_language_model(
    encoded: Encoded,
    masked: masking.Masked,
    hparams: Hyperparameters,
    streams: RandomStreams,
    training: bool,
    static_shapes: bool,
    form: forms.Form,
) -> MaskedLanguageModel:
    """The generator's head: which token stood at each masked position, and one proposal for each."""
    table, config = encoded.table, encoded.config
    predictions, (vocab_size, width) = hparams.max_predictions_per_seq, table.shape.as_list()
    with tf.variable_scope("generator_predictions", reuse=tf.AUTO_REUSE):
        rows = encoded.tokens.rows_at(masked.masked_lm_positions)  # [B, M]
        at_masked = tf.gather_nd(encoded.hidden, rows[:, :, None])  # [B, M, H]
        at_masked = tf.reshape(at_masked, [-1, config.hidden_size])
        hidden = elementwise.activate(_dense(at_masked, width, "dense", config, form), config.hidden_act)
        hidden = tf.reshape(_layer_norm(hidden, form), rows.shape.as_list() + [width])
        bias = tf.get_variable("output_bias", [vocab_size], initializer=tf.zeros_initializer())

    # p_G(x_t | x) = exp(e(x_t)^T h_G(x)_t) / sum over x' of exp(e(x')^T h_G(x)_t)
    output = output_layer.masked_softmax(
        hidden, tf.convert_to_tensor(table), tf.convert_to_tensor(bias), masked.masked_lm_ids, masked.masked_lm_weights,
        streams.uniform("generator's samples", [predictions]), hparams.temperature, hparams.disallow_correct, training,
        static_shapes, form.kind,
    )  # fmt: skip

    def logits():
        flat = output_layer.logits(tf.reshape(hidden, [-1, width]), table, bias)
        return tf.reshape(flat, [-1, predictions, vocab_size])

    # L_MLM(x, theta_G) = E(sum over i in m of  -log p_G(x_i | x^masked)), here the mean over all masked positions
    loss = output.loss_sum / (SMALL + tf.reduce_sum(masked.masked_lm_weights))
    return MaskedLanguageModel(loss, output.sampled_ids, output.predicted_ids, logits)


def uniform_generator(masked: masking.Masked, hparams: Hyperparameters, streams: RandomStreams) -> MaskedLanguageModel:
    """A generator that knows nothing: every token of the vocabulary is equally likely (paper, section 3.2)."""
    numbers = streams.uniform("generator's samples", [hparams.max_predictions_per_seq])
    choices = hparams.vocab_size - int(hparams.disallow_correct)
    sampled = tf.minimum(tf.floor(numbers * choices), float(choices - 1))
    if hparams.disallow_correct:  # step over the original token
        sampled += tf.cast(sampled >= tf.cast(masked.masked_lm_ids, tf.float32), tf.float32)
    sampled = tf.cast(sampled, tf.int32)
    counted = tf.reduce_sum(masked.masked_lm_weights)
    loss = tf.math.log(float(hparams.vocab_size)) * counted / (SMALL + counted)

    def logits():
        return tf.zeros(tf.concat([tf.shape(masked.masked_lm_ids), [hparams.vocab_size]], axis=0))

    return MaskedLanguageModel(loss, sampled, tf.zeros_like(sampled), logits)


def replaced_token_detection(
    encoded: Encoded, labels: tf.Tensor, weights: tf.Tensor, input_ids: tf.Tensor, form: forms.Form
) -> ReplacedTokenDetection:
    """The discriminator's head and its mean binary cross entropy over the tokens with weight 1.

    ``labels`` and ``input_ids`` are int32 [B, L], ``weights`` float32 [B, L].
    """
    config = encoded.config
    with tf.variable_scope("discriminator_predictions", reuse=tf.AUTO_REUSE):
        hidden = _dense(encoded.hidden, config.hidden_size, "dense", config, form)
        hidden = elementwise.activate(hidden, config.hidden_act)
        # D(x, t) = sigmoid(w^T h_D(x)_t) is the probability that x_t is original; these logits are of the
        # opposite, that it was replaced, so D is their sigmoid taken from 1.
        logits = _dense(hidden, 1, "dense_1", config, form, _glorot())  # [N, 1]
        logits = encoded.tokens.spread(tf.squeeze(logits, axis=-1))  # [B, L]
    # L_Disc(x, theta_D) = E(sum over t of  -1(x_t^corrupt = x_t) log D(x^corrupt, t)
    #                                      - 1(x_t^corrupt != x_t) log(1 - D(x^corrupt, t))), here the mean over t
    losses = tf.nn.sigmoid_cross_entropy_with_logits(logits=logits, labels=tf.cast(labels, tf.float32))
    loss = tf.reduce_sum(losses * weights) / (SMALL + tf.reduce_sum(weights))
    hidden = encoded.tokens.spread(encoded.hidden)
    return ReplacedTokenDetection(loss, logits, labels, weights, hidden, input_ids)


def _embeddings(features, tokens, config, scope, width, dropout, form):
    """Token + segment + position embeddings, normalized: [N, E]; and the token table [V, E]."""
    with tf.variable_scope(scope, reuse=tf.AUTO_REUSE), tf.variable_scope("embeddings"):
        initializer = _normal(config)
        words = tf.get_variable("word_embeddings", [config.vocab_size, width], initializer=initializer)
        types = tf.get_variable("token_type_embeddings", [config.type_vocab_size, width], initializer=initializer)
        positions = tf.get_variable(
            "position_embeddings", [config.max_position_embeddings, width], initializer=initializer
        )
        ids = tokens.collect(tf.cast(features.input_ids, tf.int64))  # a GPU would leave int32 to the host to reshape
        total = tf.gather(words, ids)
        total += tf.gather(types, tokens.collect(features.segment_ids))
        total += tokens.at_positions(positions)
        total = _layer_norm(total, form)
        return dropout([width], config.hidden_dropout_prob, tokens, after=total)(total), words


def _layer(hidden, tokens, padding, config, dropout, form):
    """One Transformer layer: self-attention and feed-forward, each with a residual and a layer norm."""
    width = config.hidden_size
    with tf.variable_scope("attention"):
        with tf.variable_scope("self"):
            context = _self_attention(hidden, tokens, padding, config, dropout, form)
        with tf.variable_scope("output"):
            attended = _dense(context, width, "dense", config, form)
            attended = dropout([width], config.hidden_dropout_prob, tokens, after=attended)(attended)
            attended = _layer_norm(attended + hidden, form)
    with tf.variable_scope("intermediate"):
        inner = _weights(width, config.intermediate_size, "dense", config)
    with tf.variable_scope("output"):
        outer = _weights(config.intermediate_size, width, "dense", config)
        moved = form.feed_forward(attended, inner, outer, config.hidden_act)
        moved = dropout([width], config.hidden_dropout_prob, tokens, after=moved)(moved)
        return _layer_norm(moved + attended, form)


def _self_attention(hidden, tokens, padding, config, dropout, form):
    """Scaled dot-product attention of num_attention_heads heads: [N, H] to [N, H]."""
    heads, width = config.num_attention_heads, config.hidden_size
    drop = dropout([heads, tokens.length, tokens.length], config.attention_probs_dropout_prob, after=hidden)
    parts = [_weights(width, width, name, config) for name in ("query", "key", "value")]
    return form.attention(hidden, parts, heads, tokens, padding, drop)


def _dense(rows, units, name, config, form, initializer=None):
    """rows [N, inputs] x kernel [inputs, units] + bias [units]."""
    return form.dense(rows, _weights(rows.shape.as_list()[1], units, name, config, initializer))


def _weights(inputs, units, name, config, initializer=None):
    """Kernel and bias; ``initializer`` is the kernel's, by default a normal distribution, see ``_normal``."""
    with tf.variable_scope(name):
        kernel = tf.get_variable("kernel", [inputs, units], initializer=initializer or _normal(config))
        return kernel, tf.get_variable("bias", [units], initializer=tf.zeros_initializer())


def _normal(config):
    """Initial values as in BERT: normal around zero, none further off than two standard deviations."""
    return tf.truncated_normal_initializer(stddev=config.initializer_range)


def _glorot():
    """Initial values of the two kernels that google-research/electra leaves to ``tf.layers.dense``.

    Uniform within sqrt(6 / (inputs + units)), whatever ``initializer_range`` is: several times as wide as
    the normal ones, and without that the first thousand steps learn less.
    """
    return tf.glorot_uniform_initializer()


def _layer_norm(values, form):
    width = values.shape.as_list()[-1]
    with tf.variable_scope("LayerNorm"):
        beta = tf.get_variable("beta", [width], initializer=tf.zeros_initializer())
        gamma = tf.get_variable("gamma", [width], initializer=tf.ones_initializer())
    return form.layer_norm(values, tf.convert_to_tensor(gamma), tf.convert_to_tensor(beta))


def _no_dropout(shape, probability, tokens=None, after=None):
    return elementwise.Dropout()
