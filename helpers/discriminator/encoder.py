"""From a sentence to token ids and back to words, the same in transformers 2.8.0 and 5.x.

BERT's tokenizer first splits at white space and around punctuation, and then cuts each such word
into pieces, looking at nothing else.  So a sentence is encoded here word by word through the fast
tokenizer: the ids are those of the whole sentence, and which tokens make up which word is known
without character offsets, whose meaning changed between versions of the tokenizers library.
"""

import unicodedata
from typing import List, NamedTuple

from helpers.base.errors import TutorialError
from helpers.data.vocabulary.characters import stands_alone

MASK = "[MASK]"


class Word(NamedTuple):
    """A word, number or punctuation mark: tokens ``first`` to ``end`` (exclusive) of its sentence."""

    text: str
    place: int  # index of the whitespace-separated word that it is part of
    first: int
    end: int
    part: int = 0  # which part of that word, as split_punctuation cuts it

    @property
    def lexical(self) -> bool:
        """Whether it is a word or number, not punctuation or a mask."""
        return self.text != MASK and any(character.isalnum() for character in self.text)


class Encoded(NamedTuple):
    """A sentence as the model sees it, [CLS] and [SEP] included."""

    ids: List[int]
    tokens: List[str]
    words: List[Word]
    truncated: bool


class Encoder:
    """Encodes sentences with ``tokenizer`` (a fast tokenizer), to ``max_length`` tokens at most."""

    def __init__(self, tokenizer, max_length):
        self.tokenizer = tokenizer
        self.max_length = max_length
        self.pad_token_id = tokenizer.pad_token_id
        self.mask_token_id = tokenizer.mask_token_id
        self._pieces = {}

    def encode(self, sentence: str) -> Encoded:
        """The :class:`Encoded` form of one sentence (text)."""
        if not isinstance(sentence, str):
            raise TutorialError(f"a sentence must be text, not {type(sentence).__name__}")
        ids, words = [self.tokenizer.cls_token_id], []
        truncated = False
        for place, chunk in enumerate(clean(sentence).split()):
            for part, text in enumerate(split_punctuation(chunk)):
                pieces = self._ids_of(text)
                if len(ids) + len(pieces) + 1 > self.max_length:
                    truncated = True
                    break
                if pieces:
                    words.append(Word(text, place, len(ids), len(ids) + len(pieces), part))
                    ids.extend(pieces)
            if truncated:
                break
        ids.append(self.tokenizer.sep_token_id)
        return Encoded(ids, self.tokenizer.convert_ids_to_tokens(ids), words, truncated)

    def _ids_of(self, text):
        if text == MASK:
            return [self.mask_token_id]
        if text not in self._pieces:
            # encode() puts [CLS] and [SEP] around in every version; asking it not to is ignored by 2.8.0.
            self._pieces[text] = self.tokenizer.encode(text)[1:-1]
        return self._pieces[text]


def split_punctuation(chunk: str) -> List[str]:
    """Split text without white space around punctuation and CJK characters, as BERT does; [MASK] stays whole."""
    parts, current = [], ""
    position = 0
    while position < len(chunk):
        alone = MASK if chunk.startswith(MASK, position) else chunk[position]
        if alone == MASK or stands_alone(alone):
            if current:
                parts.append(current)
                current = ""
            parts.append(alone)
        else:
            current += alone
        position += len(alone)
    return parts + [current] if current else parts


def clean(text):
    """Drop control and format characters (they join what they stand between), keep white space."""
    return "".join(c for c in text if c in "\t\n\r" or unicodedata.category(c) not in ("Cc", "Cf"))
