"""Vocabularies as other programs write them: those with WordPiece inside are taken, the rest is refused by name.

The sniffing looks at the content, not at the file's name.
"""

import json
import re
from typing import Any, Callable, Dict, List

from helpers.base.errors import TutorialError
from helpers.data.vocabulary import vocab_file

REMEDY = 'give a vocab.txt of WordPiece, or VOCAB = "train:8000"'
WORD = "\u2581"  # SentencePiece's mark of a word's beginning
GPT2_BLANK = "\u0120"  # the same in vocabularies of GPT-2 and RoBERTa
MAGICS = {
    b"PK\x03\x04": "a zip archive, or weights of PyTorch", b"BZh": "packed with bzip2", b"\xfd7zXZ": "packed with xz",
    b"\x28\xb5\x2f\xfd": "packed with zstd", b"\x80\x02": "a file of pickle", b"\x80\x04": "a file of pickle",
}  # fmt: skip
HEAD = 1 << 16  # bytes that tell what a file is


def read(path: str, say: Callable[[str], None] = lambda text: None) -> List[str]:
    """The tokens of a vocab.txt, or of a tokenizer.json or vocab.json that holds WordPiece.

    ``say`` takes each sentence on what was found and put right.  Raises TutorialError that names what the file is
    where it is something else.
    """
    data = vocab_file.content(path)
    head = data[:HEAD].lstrip(b"\xef\xbb\xbf \t\r\n")
    if head.startswith((b"{", b'["')):
        return _from_json(data, path, say)
    what = _what_else(head, data)
    if what:
        raise TutorialError(f"{path} is {what}, and ELECTRA's tokenizer is WordPiece: {REMEDY}")
    return vocab_file.parse(data, path, say)


def _what_else(head: bytes, data: bytes) -> str:
    """What a file is that is no vocab.txt; "" where it may be one."""
    lines = head.decode("utf-8", "replace").split("\n")[:2000]
    for magic, name in MAGICS.items():
        if data.startswith(magic):
            return name
    if head.startswith(b"version https://git-lfs"):
        return "a pointer of Git LFS, not the file itself (git lfs pull fetches it)"
    if head[:200].lower().startswith((b"<!doctype", b"<html", b"<?xml")):
        return "a web page or XML"
    if (
        head.startswith(b"#version")
        or _share(lines, lambda line: len(line.split(" ")) == 2 and GPT2_BLANK in line) > 0.2
    ):
        return "the merges of a BPE tokenizer"
    mark = WORD.encode("utf-8")
    if b"\x00" not in data[:2] and data[:1] == b"\n" and b"<unk>" in data[:HEAD] and mark in data[:HEAD]:
        return "a model of SentencePiece"
    if b"\0\0" in head:
        return "a file of binary data"
    if _share(lines, lambda line: line.startswith((WORD, "<unk>", "<s>", "</s>"))) > 0.1:
        return "a vocabulary of SentencePiece (BPE or Unigram)"
    if _share(lines, lambda line: line.startswith(GPT2_BLANK)) > 0.1:
        return "a vocabulary of BPE"
    if _share(lines, lambda line: line.rstrip().endswith(("@@", "</w>"))) > 0.1:
        return "a vocabulary of BPE (its pieces end in @@ or </w>)"
    if _share(lines, lambda line: re.match(r"""["']?[^,]+["']?,[0-9]+\s*$""", line)) > 0.5:
        return "a table (CSV)"
    return ""


def _share(lines, test):
    lines = [line for line in lines if line]
    return sum(map(bool, map(test, lines))) / max(1, len(lines))


def _from_json(data: bytes, path: str, say: Callable[[str], None]) -> List[str]:
    try:
        found = json.loads(data.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        raise TutorialError(f"{path} looks like JSON and is damaged: copy it again, or {REMEDY}")
    if isinstance(found, list):
        if not all(isinstance(token, str) and "\n" not in token for token in found):
            raise TutorialError(f"{path} is JSON without a vocabulary in it: {REMEDY}")
        say(f"{path} is a list in JSON: its pieces are taken in their order")
        return vocab_file.parse("\n".join(found).encode("utf-8", "replace"), path, say)
    model = found.get("model")
    if isinstance(found.get("vocab"), dict) and not isinstance(model, dict):
        found = found["vocab"]
    if isinstance(model, dict):
        return _from_tokenizer(found, model, path, say)
    if found and all(isinstance(number, int) and not isinstance(number, bool) for number in found.values()):
        if not set(vocab_file.SPECIAL_TOKENS) <= set(found):
            raise TutorialError(f"{path} is a vocab.json of BPE, and ELECTRA's tokenizer is WordPiece: {REMEDY}")
        say(f"{path} is a vocab.json: its pieces are taken in the order of their numbers")
        return _in_order(found, path, say)
    raise TutorialError(f"{path} is JSON without a vocabulary in it: {REMEDY}")


def _from_tokenizer(found: Dict[str, Any], model: Dict[str, Any], path: str, say: Callable[[str], None]) -> List[str]:
    """The tokens of a tokenizer.json."""
    kind, vocabulary = (
        model.get("type", "WordPiece" if "max_input_chars_per_word" in model else None),
        model.get("vocab"),
    )
    if kind != "WordPiece" or not isinstance(vocabulary, dict):
        named = kind if kind in ("BPE", "Unigram", "WordLevel") else "another kind"
        raise TutorialError(
            f"{path} is a tokenizer.json with a vocabulary of {named}, and ELECTRA's tokenizer is WordPiece: {REMEDY}"
        )
    prefix = model.get("continuing_subword_prefix", vocab_file.CONTINUES)
    if prefix != vocab_file.CONTINUES:
        raise TutorialError(
            f"{path} marks pieces that go on with a word by {vocab_file.quoted(str(prefix))}, not by ##: {REMEDY}"
        )
    numbers = dict(vocabulary)
    for token in found.get("added_tokens") or ():
        numbers.setdefault(token.get("content"), token.get("id"))
    say(f"{path} is a tokenizer.json: its WordPiece vocabulary is taken")
    normalizer = found.get("normalizer") or {}
    for name, meaning in ("lowercase", "do_lower_case"), ("strip_accents", "strip_accents"):
        if normalizer.get(name):
            say(f"{path} was made with {name}: give {meaning}=True to treat text the same way")
    return _in_order(numbers, path, say)


def _in_order(numbers: Dict[str, Any], path: str, say: Callable[[str], None]) -> List[str]:
    """Pieces by their numbers, as lines of a vocab.txt; numbers that are left out become lines without a use."""
    whole = all(
        isinstance(token, str) and isinstance(number, int) and 0 <= number < 10000000 and "\n" not in token
        for token, number in numbers.items()
    )
    if not whole or len(set(numbers.values())) < len(numbers):
        raise TutorialError(f"{path} has pieces without a number of their own: {REMEDY}")
    lines = [""] * (1 + max(numbers.values(), default=-1))
    for token, number in numbers.items():
        lines[number] = token
    return vocab_file.parse("\n".join(lines).encode("utf-8"), path, say)
