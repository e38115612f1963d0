"""Shapes of the two encoders, as the hyperparameters make them (paper, section 3.2 and table 6)."""

from typing import Any, NamedTuple

from helpers.base.errors import TutorialError

HIDDEN_SIZE_AND_LAYERS = {"tiny": (128, 2), "small": (256, 12), "base": (768, 12), "large": (1024, 24)}
HEAD_WIDTH = 64


class EncoderConfig(NamedTuple):
    """Shape of one Transformer encoder; the fields are what ``model_hparam_overrides`` may name."""

    hidden_size: int
    num_hidden_layers: int
    num_attention_heads: int
    intermediate_size: int
    vocab_size: int
    hidden_act: str = "gelu"
    hidden_dropout_prob: float = 0.1
    attention_probs_dropout_prob: float = 0.1
    max_position_embeddings: int = 512
    type_vocab_size: int = 2
    initializer_range: float = 0.02


ENCODER_SETTINGS = EncoderConfig._fields


def discriminator_config(hparams: Any) -> EncoderConfig:
    """The discriminator's :class:`EncoderConfig`: heads and feed-forward width follow from the hidden size."""
    hidden_size, num_hidden_layers = HIDDEN_SIZE_AND_LAYERS[hparams.model_size]
    overrides = hparams.model_hparam_overrides
    hidden_size = overrides.get("hidden_size", hidden_size)
    settings = dict(
        hidden_size=hidden_size,
        num_hidden_layers=num_hidden_layers,
        num_attention_heads=max(1, hidden_size // HEAD_WIDTH),
        intermediate_size=4 * hidden_size,
        vocab_size=hparams.vocab_size,
    )
    settings.update(overrides)
    return EncoderConfig(**settings)


def generator_config(hparams: Any) -> EncoderConfig:
    """The generator's :class:`EncoderConfig`: the discriminator's, narrower and perhaps shallower."""
    config = discriminator_config(hparams)
    hidden_size = int(round(config.hidden_size * hparams.generator_hidden_size))
    return config._replace(
        hidden_size=hidden_size,
        num_hidden_layers=int(round(config.num_hidden_layers * hparams.generator_layers)),
        num_attention_heads=max(1, hidden_size // HEAD_WIDTH),
        intermediate_size=4 * hidden_size,
    )


def embedding_size(hparams: Any) -> int:
    """Width of the token embeddings that generator and discriminator share."""
    return hparams.embedding_size or discriminator_config(hparams).hidden_size


def check(config: EncoderConfig) -> None:
    """Raise TutorialError where no encoder can have this shape."""
    for name in ("hidden_size", "num_hidden_layers", "num_attention_heads", "intermediate_size", "vocab_size",
                 "type_vocab_size"):  # fmt: skip
        if getattr(config, name) < 1:
            raise TutorialError(f"{name} of the encoder comes to {int(getattr(config, name))}; it must be at least 1")
    if config.hidden_size % config.num_attention_heads:
        raise TutorialError(
            f"hidden_size {config.hidden_size} is not a multiple of num_attention_heads {config.num_attention_heads}"
        )
    for name in ("hidden_dropout_prob", "attention_probs_dropout_prob"):
        if not 0 <= getattr(config, name) < 1:
            raise TutorialError(
                f"model_hparam_overrides.{name} is {getattr(config, name)}: give a share from 0 to below 1"
            )
    if config.initializer_range <= 0:
        raise TutorialError(f"model_hparam_overrides.initializer_range is {config.initializer_range}: give one above 0")
    if config.hidden_act not in ("gelu", "relu"):
        raise TutorialError(f"hidden_act must be gelu or relu, not {config.hidden_act!r}")
