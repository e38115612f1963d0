"""What a run takes in memory and on the disk, and how much text it wants: arithmetic from what was measured once."""

from typing import NamedTuple

from helpers.pretraining import sizes
from helpers.pretraining.hyperparameters import Hyperparameters, as_dict
from helpers.tutorial.plan.languages import BUILT_IN, Language

# Memory, at most: TensorFlow itself, and what a token of a batch takes beside weights and Adam, by the peaks of
# sizes.MEASURED (32 examples of 128 tokens, in 32 bits, on a CPU).  Examples longer than that take more for attention.
PROCESS = 1e9
BYTES_A_TOKEN = {"tiny": 0.066e6, "small": 0.39e6, "base": 1.05e6, "large": 2.8e6}  # large: as base, by its numbers
MEASURED_LENGTH = 128
CHECKPOINT = 12  # bytes a parameter: the weight and Adam's two averages
EXPORT = 4
RECORD = 610 / 128  # bytes a token of the examples (docs/scale.md)
TEXT_SECONDS = 1 / 11e6  # a byte, from text to examples on one core (docs/scale.md)


class Text(NamedTuple):
    """What a line of text is: tokens and letters, about."""

    tokens: float
    letters: float


# Film subtitles have 31 letters a line, measured on 316,697 lines of Spanish, and a token takes some 3.5 of them
# (docs/scale.md).  Sentences of an encyclopedia and of the web are assumed to be four times as long.
SUBTITLES, ARTICLES, OWN_SAMPLE = Text(9, 31), Text(36, 125), Text(8, 31)


def text_of(corpus: str) -> Text:
    """What lines of a ``CORPUS`` are like."""
    if corpus == BUILT_IN:
        return OWN_SAMPLE
    return ARTICLES if corpus.startswith("hf:") else SUBTITLES


def parameters(hparams: Hyperparameters) -> int:
    """The weights of both networks."""
    weight = sizes.count({name: value for name, value in as_dict(hparams).items() if value is not None})
    return weight["discriminator"] + weight["generator"]


def memory(hparams: Hyperparameters, parts: int = 1) -> float:
    """Bytes that training takes, at most, where a batch is computed in so many parts."""
    copies = sizes.BYTES + 4 * (parts > 1)
    tokens = hparams.train_batch_size * hparams.max_seq_length / parts
    return PROCESS + copies * parameters(hparams) + tokens * BYTES_A_TOKEN[hparams.model_size]


def text_bytes(lines: float, corpus: str, language: Language) -> float:
    """Bytes of so many lines of text."""
    return lines * (1 + text_of(corpus).letters * language.script.bytes)


def disk(hparams: Hyperparameters, lines: float, corpus: str, language: Language) -> float:
    """Bytes of text, examples, checkpoints (those that are kept, one that is being written, the best) and exports."""
    kept = hparams.keep_checkpoint_max + 2
    examples = lines * text_of(corpus).tokens * RECORD
    return text_bytes(lines, corpus, language) + examples + parameters(hparams) * (CHECKPOINT * kept + 2 * EXPORT)
