"""BERT's WordPiece tokenizer: text to the ids of the longest pieces that the vocabulary knows.

Characters are cleaned, Chinese characters and punctuation stand alone, and each word is cut greedily, from
left to right.  chunk_tokens.py runs it over megabytes of text at once.
"""

import re
import unicodedata
from typing import List, Optional, Sequence

from helpers.data.vocabulary import vocab_file
from helpers.data.vocabulary.characters import category, is_accent, is_chinese, is_dropped, is_punctuation

MAX_WORD_CHARACTERS = 200  # a longer word is cut after each so many, or becomes [UNK]
_GROWTH = 4  # times as many characters, at most, that lower-casing and taking accents apart make of a text

# A word of nothing but European letters and digits needs no cleaning and holds no punctuation, in either case.
PLAIN_WORD = re.compile("[0-9A-Za-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u024f]+")


class _CharacterMap(dict):
    """A table for ``str.translate`` that fills itself by ``rule(character)`` as characters turn up."""

    def __init__(self, rule):
        super().__init__()
        self.rule = rule

    def __missing__(self, code):
        self[code] = result = self.rule(chr(code))
        return result


def _clean(character):
    """Blanks become a space, Chinese characters stand alone, control characters go."""
    if character in "\t\n\r" or category(character) == "Zs":
        return " "
    if is_dropped(character):
        return ""
    return f" {character} " if is_chinese(character) else character


def _drop_accent(character):
    return "" if is_accent(character) else character


def _isolate_punctuation(character):
    return f" {character} " if is_punctuation(character) else character


class Tokenizer:
    """Text to WordPiece ids.

    Parameters
    ----------
    path : str
        A vocab.txt.
    do_lower_case : bool
    strip_accents : bool or None
        None means the same as ``do_lower_case``, as in BERT.
    cut_long_words : bool
        Whether a word of over 200 characters is cut into several of 200 at most; else it becomes [UNK], as in BERT's
        own code.  Text without blanks, such as Thai, and sequences of DNA have such words.
    """

    def __init__(
        self, path: str, do_lower_case: bool = True, strip_accents: Optional[bool] = None, cut_long_words: bool = True
    ):
        self._take(vocab_file.read(path), do_lower_case, strip_accents, cut_long_words)

    @classmethod
    def of(
        cls,
        tokens: Sequence[str],
        do_lower_case: bool = True,
        strip_accents: Optional[bool] = None,
        cut_long_words: bool = True,
    ) -> "Tokenizer":
        """The tokenizer of a vocabulary that is no file: its tokens in the order of their ids."""
        made = cls.__new__(cls)
        made._take(tokens, do_lower_case, strip_accents, cut_long_words)
        return made

    def _take(self, tokens, do_lower_case, strip_accents, cut_long_words):
        self.vocabulary = vocab_file.index(tokens)
        self.do_lower_case = do_lower_case
        self.strip_accents = do_lower_case if strip_accents is None else strip_accents
        self.cut_long_words = cut_long_words
        self.unknown = self.vocabulary["[UNK]"]
        self.tails = {token[2:]: number for token, number in self.vocabulary.items() if token.startswith("##")}
        self.heads = self.vocabulary
        self._longest_head = max(map(len, self.vocabulary))
        self._longest_tail = max(map(len, self.tails), default=0)
        self._clean = _CharacterMap(_clean)
        self._accents = _CharacterMap(_drop_accent)
        self._punctuation = _CharacterMap(_isolate_punctuation)

    def words(self, text: str) -> List[str]:
        """Cut ``text`` into words and signs, cased and accented as the settings say."""
        words = self._whole_words(text)
        if self.cut_long_words and len(text) > MAX_WORD_CHARACTERS // _GROWTH:
            return [part for word in words for part in _cut(word)]
        return words

    def long_words(self, text: str) -> int:
        """How many words of ``text`` have over 200 characters, before any is cut."""
        return sum(len(word) > MAX_WORD_CHARACTERS for word in self._whole_words(text))

    def unknown_words(self, text: str) -> List[str]:
        """The words of ``text`` that become [UNK]."""
        return [word for word in self.words(text) if self.pieces(word) == [self.unknown]]

    def _whole_words(self, text):
        plain = PLAIN_WORD.fullmatch(text)
        if not plain:
            text = text.translate(self._clean)
        if self.do_lower_case:
            text = text.lower()
        if self.strip_accents:
            text = unicodedata.normalize("NFD", text).translate(self._accents)
        return [text] if plain else text.translate(self._punctuation).split()

    def pieces(self, word: str) -> List[int]:
        """Ids of the longest pieces, from left to right, or of [UNK] when some rest is unknown."""
        known = self.vocabulary.get(word)
        if len(word) > MAX_WORD_CHARACTERS:
            return [self.unknown]
        if known is not None:
            return [known]
        pieces, start, table, longest = [], 0, self.vocabulary, self._longest_head
        while start < len(word):
            for end in range(min(len(word), start + longest), start, -1):
                piece = table.get(word[start:end])
                if piece is not None:
                    break
            else:
                return [self.unknown]
            pieces.append(piece)
            start, table, longest = end, self.tails, self._longest_tail
        return pieces

    def ids(self, text: str) -> List[int]:
        """Ids of ``text``, without special tokens: list of int."""
        return [piece for word in self.words(text) for piece in self.pieces(word)]


def _cut(word: str) -> List[str]:
    return [word[start : start + MAX_WORD_CHARACTERS] for start in range(0, len(word), MAX_WORD_CHARACTERS)]
