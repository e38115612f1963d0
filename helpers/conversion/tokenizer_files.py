"""vocab.txt, tokenizer_config.json and tokenizer.json of an exported folder: words are cut as in training."""

import json
import os
from typing import Any, Callable, Dict, Sequence, Tuple

from helpers.base import files
from helpers.base.errors import TutorialError
from helpers.data.vocabulary import tokenization, vocab_file


def settings(
    path: str, tokens: Sequence[str], hparams: Dict[str, Any], say: Callable[[str], None]
) -> Tuple[bool, bool]:
    """``(do_lower_case, strip_accents)``: what the training data were built with.

    tokenizer_config.json beside the vocabulary says it; else the run's hyperparameters (a dict, may
    be empty); else the vocabulary itself does: one with capitals was not lower-cased, one with
    accents was not stripped.  ``say`` takes a line worth reading.
    """
    beside = os.path.join(os.path.dirname(path), "tokenizer_config.json")
    stated, source = files.read_settings(beside), beside
    if not stated:
        stated, source = hparams, "hparams.json"
    made_for = vocab_file.made_for(tokens)
    lower = stated.get("do_lower_case")
    if lower is None:
        lower = made_for[0]
        source = "the vocabulary"
        say(f"do_lower_case is stated nowhere; as the vocabulary shows it is {json.dumps(lower)}")
    strip = stated.get("strip_accents")
    if strip is None:
        strip = made_for[1]
    for name, value in (("do_lower_case", lower), ("strip_accents", strip)):
        if not isinstance(value, bool):
            raise TutorialError(f"{name} in {source} must be true or false, not {value!r}")
        if hparams.get(name) not in (None, value):
            say(
                f"{name} is {json.dumps(value)} as {source} says; the run's hyperparameters say "
                f"{json.dumps(hparams[name])}, which training does not use"
            )
    return lower, strip


def write(folder: str, tokens: Sequence[str], lower: bool, strip: bool, max_length: int) -> None:
    """Write what ``ElectraTokenizerFast.from_pretrained(folder)`` reads, in transformers 2.8.0 and 5.x."""
    vocab_file.write(os.path.join(folder, "vocab.txt"), tokens)
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
    files.write_json(os.path.join(folder, "special_tokens_map.json"), vocab_file.SPECIAL_TOKENS_MAP)
    files.write_json(os.path.join(folder, "tokenizer.json"), _whole(tokens, lower, strip))


def _whole(tokens: Sequence[str], lower: bool, strip: bool) -> Dict[str, Any]:
    """The tokenizer as the library tokenizers keeps it.  Made from vocab.txt alone it would take words of over 100
    characters for [UNK]; in training the limit is another."""
    ids = vocab_file.index(tokens)
    cls, sep = ({"SpecialToken": {"id": token, "type_id": 0}} for token in ("[CLS]", "[SEP]"))
    first, second = ({"Sequence": {"id": name, "type_id": number}} for number, name in enumerate("AB"))
    end = {"SpecialToken": {"id": "[SEP]", "type_id": 1}}
    usual = dict(single_word=False, lstrip=False, rstrip=False, normalized=False, special=True)
    return dict(
        version="1.0",
        truncation=None,
        padding=None,
        added_tokens=sorted(
            (dict(usual, id=ids[token], content=token) for token in vocab_file.SPECIAL_TOKENS),
            key=lambda token: token["id"],
        ),
        normalizer=dict(
            type="BertNormalizer", clean_text=True, handle_chinese_chars=True, strip_accents=strip, lowercase=lower
        ),
        pre_tokenizer=dict(type="BertPreTokenizer"),
        post_processor=dict(
            type="TemplateProcessing",
            single=[cls, first, sep],
            pair=[cls, first, sep, second, end],
            special_tokens={token: dict(id=token, ids=[ids[token]], tokens=[token]) for token in ("[CLS]", "[SEP]")},
        ),
        decoder=dict(type="WordPiece", prefix=vocab_file.CONTINUES, cleanup=True),
        model=dict(
            type="WordPiece",
            unk_token="[UNK]",
            continuing_subword_prefix=vocab_file.CONTINUES,
            max_input_chars_per_word=tokenization.MAX_WORD_CHARACTERS,
            vocab=ids,
        ),
    )
