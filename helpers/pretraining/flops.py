"""How many floating-point operations training takes: what hours, money and comparisons with the paper come from.

Two ways of counting:

``paper``
    As table 1 of the paper does: every operation counts as one, looking up an embedding as a product with a
    one-hot vector, and the backward pass as much as the forward pass.  For comparisons with its figures.
``machine``
    What processors really do: embeddings are looked up for free, and the backward pass takes twice the
    forward pass, because products are taken for the inputs and for the weights.  For hours and money.

Standard library only.
"""

from helpers.pretraining.hyperparameters import Hyperparameters
from helpers.pretraining.shapes import discriminator_config, embedding_size, generator_config

# Operations for one number, in the order of their formulas.
SOFTMAX = 5  # maximum, difference, exponential, sum, quotient
LAYER_NORM = 5  # mean, variance (2), shift, scale
GELU = 8
DROPOUT = 4  # random number, comparison, mask, scale

PASSES = {"paper": 2, "machine": 3}  # forward and backward, in forward passes


def training_flops(hparams: Hyperparameters, way: str = "machine") -> float:
    """Operations of a whole run of ``hparams.num_train_steps`` steps."""
    return step_flops(hparams, way) * hparams.num_train_steps


def step_flops(hparams: Hyperparameters, way: str = "machine") -> float:
    """Operations of one step: forward and backward pass of the whole batch, without the update."""
    return PASSES[way] * hparams.train_batch_size * hparams.max_seq_length * forward_flops_per_token(hparams, way)


def forward_flops_per_token(hparams: Hyperparameters, way: str = "machine") -> float:
    """Operations of one forward pass for each token of full examples: generator, discriminator and their heads."""
    width, length = embedding_size(hparams), hparams.max_seq_length
    generator, discriminator = generator_config(hparams), discriminator_config(hparams)
    if not hparams.untied_generator or not hparams.electra_objective:
        generator = discriminator
    own_width = generator.hidden_size if hparams.untied_generator_embeddings else width
    total = 0
    if not hparams.uniform_generator:
        total += _encoder(generator, own_width, length, way)
        total += _share_of_masked(hparams) * _words_head(generator.hidden_size, own_width, generator.vocab_size)
    if hparams.electra_objective:
        total += _encoder(discriminator, width, length, way)
        total += _token_head(discriminator.hidden_size)
    return total


def _share_of_masked(hparams):
    """The share of positions that have room for a masked token."""
    return hparams.max_predictions_per_seq / hparams.max_seq_length


def _encoder(config, embedding_width, length, way):
    """Embeddings and layers, for each token."""
    embeddings = (2 + LAYER_NORM + DROPOUT) * embedding_width
    if way == "paper":
        rows = config.vocab_size + length + config.type_vocab_size
        embeddings += 2 * rows * embedding_width
    if embedding_width != config.hidden_size:
        embeddings += (2 * embedding_width + 1) * config.hidden_size
    return embeddings + config.num_hidden_layers * _layer(config, length)


def _layer(config, length):
    """One Transformer layer, for each token: products, then what is done to each number."""
    hidden, inner, heads = config.hidden_size, config.intermediate_size, config.num_attention_heads
    projections = 4 * (2 * hidden * hidden + hidden)  # query, key, value, output
    attention = 2 * (2 * hidden * length) + (1 + SOFTMAX + DROPOUT) * heads * length
    feed_forward = 2 * (2 * hidden * inner) + inner + hidden + GELU * inner
    residuals = 2 * (DROPOUT + 1 + LAYER_NORM) * hidden
    return projections + attention + feed_forward + residuals


def _words_head(hidden, width, vocab_size):
    """The generator's head at one masked position: a dense layer and the softmax over the vocabulary."""
    return (2 * hidden + 1 + GELU + LAYER_NORM) * width + (2 * width + 1 + SOFTMAX) * vocab_size


def _token_head(hidden):
    """The discriminator's head at one token."""
    return (2 * hidden + 1 + GELU) * hidden + 2 * hidden
