"""vocab.txt and tokenizer_config.json of an exported folder: accents and case as in training."""

import json
import os
import shutil
import unicodedata
from typing import Any, Callable, Dict, List, Sequence, Tuple

from helpers.base import files
from helpers.base.errors import TutorialError

SPECIAL_TOKENS = {
    "unk_token": "[UNK]",
    "sep_token": "[SEP]",
    "pad_token": "[PAD]",
    "cls_token": "[CLS]",
    "mask_token": "[MASK]",
}


def read_vocabulary(path: str) -> List[str]:
    """The tokens of a vocabulary file, a line each, in order.

    Raises TutorialError when one of the five special tokens is missing or a token stands twice.
    """
    try:
        with open(path, encoding="utf-8", newline="\n") as file:
            tokens = [line.rstrip("\r\n") for line in file]
    except (OSError, UnicodeDecodeError) as error:
        raise TutorialError(f"the vocabulary {path} cannot be read: {error}")
    for token in SPECIAL_TOKENS.values():
        if token not in tokens:
            raise TutorialError(f"the vocabulary {path} has no {token}: it is not a vocabulary for BERT or ELECTRA")
    if len(set(tokens)) < len(tokens):
        seen = set()
        twice = next(token for token in tokens if token in seen or seen.add(token))
        raise TutorialError(f"the vocabulary {path} has the token {twice!r} twice")
    return tokens


def settings(
    vocab_file: str, tokens: Sequence[str], hparams: Dict[str, Any], say: Callable[[str], None]
) -> Tuple[bool, bool]:
    """``(do_lower_case, strip_accents)``: what the training data were built with.

    tokenizer_config.json beside the vocabulary says it; else the run's hyperparameters (a dict, may
    be empty); else the vocabulary itself does: one with capitals was not lower-cased, one with
    accents was not stripped.  ``say`` takes a line worth reading.
    """
    beside = os.path.join(os.path.dirname(vocab_file), "tokenizer_config.json")
    stated, source = files.read_settings(beside), beside
    if not stated:
        stated, source = hparams, "hparams.json"
    shown = as_the_vocabulary_shows(tokens)
    lower = stated.get("do_lower_case")
    if lower is None:
        lower, source = shown[0], "the vocabulary"
        say(f"do_lower_case is stated nowhere; as the vocabulary shows it is {json.dumps(lower)}")
    strip = stated.get("strip_accents")
    if strip is None:
        strip = shown[1]
    for name, value in (("do_lower_case", lower), ("strip_accents", strip)):
        if not isinstance(value, bool):
            raise TutorialError(f"{name} in {source} must be true or false, not {value!r}")
        if hparams.get(name) not in (None, value):
            say(
                f"{name} is {json.dumps(value)} as {source} says; the run's hyperparameters say "
                f"{json.dumps(hparams[name])}, which training does not use"
            )
    return lower, strip


def as_the_vocabulary_shows(tokens: Sequence[str]) -> Tuple[bool, bool]:
    """``(do_lower_case, strip_accents)``: where there are capitals no text was lower-cased, and so with accents."""
    words = [token for token in tokens if token not in SPECIAL_TOKENS.values() and not token.startswith("[unused")]
    capitals = any(character.isupper() for word in words for character in word)
    return not capitals, not any(map(_has_accent, words))


def write(folder: str, vocab_file: str, lower: bool, strip: bool, max_length: int) -> None:
    """Write what ``ElectraTokenizerFast.from_pretrained(folder)`` reads, in transformers 2.8.0 and 5.x."""
    shutil.copyfile(vocab_file, os.path.join(folder, "vocab.txt"))
    files.write_json(
        os.path.join(folder, "tokenizer_config.json"),
        dict(
            tokenizer_class="ElectraTokenizer",
            do_lower_case=lower,
            strip_accents=strip,
            tokenize_chinese_chars=True,
            model_max_length=max_length,
            max_len=max_length,  # its name in transformers 2.8.0
        ),
    )
    files.write_json(os.path.join(folder, "special_tokens_map.json"), SPECIAL_TOKENS)


def _has_accent(word):
    return any(unicodedata.category(character) == "Mn" for character in unicodedata.normalize("NFD", word))
