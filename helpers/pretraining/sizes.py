"""What a model of a given size weighs: parameters of both networks, and the memory that training them takes."""

from typing import Any, Dict, List, Mapping

from helpers.pretraining import hyperparameters, shapes

BYTES = 16  # of float32 for each parameter in training: the value, its gradient and Adam's two averages


def count(settings: Mapping[str, Any]) -> Dict[str, Any]:
    """Numbers of parameters for ``settings`` (hyperparameters by name).

    Returns a dict: ``discriminator``, ``generator`` (without the embeddings that it shares) and
    ``megabytes``, what both take in training, activations not counted.
    """
    hparams = hyperparameters.resolve(settings)
    width = shapes.embedding_size(hparams)
    discriminator = shapes.discriminator_config(hparams)
    generator = shapes.generator_config(hparams)
    positions = discriminator.max_position_embeddings + discriminator.type_vocab_size
    embeddings = (discriminator.vocab_size + positions) * width + 2 * width
    discriminator_weights = _encoder(discriminator, width) + _dense(
        discriminator.hidden_size, discriminator.hidden_size
    )
    discriminator_weights += _dense(discriminator.hidden_size, 1)
    generator_weights = _encoder(generator, width)
    generator_weights += _dense(generator.hidden_size, width) + 2 * width + generator.vocab_size
    total = embeddings + discriminator_weights + generator_weights
    return dict(
        discriminator=embeddings + discriminator_weights, generator=generator_weights, megabytes=total * BYTES / 1e6
    )


HEADINGS = [
    "size", "layers", "width", "discriminator", "generator", "MB in training", "steps a second", "MB in all",
]  # fmt: skip
# Measured by `python -m benchmarks.sizes` with TensorFlow 1.15 on two cores of a server: steps a second and the whole
# process's memory with 32 examples of 128 tokens and the paper's 30,522 words.
MEASURED = {"tiny": (5.3, 690), "small": (0.32, 2170), "base": (0.053, 6500), "large": (None, None)}


def rows(vocab_size: int) -> List[List[Any]]:
    """A row of a table for each size there is, under ``HEADINGS``; None where nothing was measured."""
    found = []
    for size, (width, layers) in shapes.HIDDEN_SIZE_AND_LAYERS.items():
        weight = count(dict(model_size=size, vocab_size=vocab_size))
        counted = [weight["discriminator"], weight["generator"], int(weight["megabytes"])]
        found.append([size, layers, width] + counted + list(MEASURED[size]))
    return found


def _dense(inputs, outputs):
    return inputs * outputs + outputs


def _encoder(config, width):
    """Transformer layers, and the projection in front of them where the widths differ."""
    hidden, inner = config.hidden_size, config.intermediate_size
    layer = 4 * _dense(hidden, hidden) + _dense(hidden, inner) + _dense(inner, hidden) + 4 * hidden
    return config.num_hidden_layers * layer + (_dense(width, hidden) if width != hidden else 0)
