"""BERT's WordPiece tokenizer: text to the ids of the longest pieces that the vocabulary knows.

Characters are cleaned, Chinese characters and punctuation stand alone, and each word is cut greedily, from
left to right.  chunk_tokens.py runs it over megabytes of text at once.
"""

import re
import unicodedata

from helpers.data.vocabulary import vocab_file
from helpers.data.vocabulary.unicode11 import category

MAX_WORD_CHARACTERS = 200  # a longer word becomes [UNK]

# Blocks of Chinese characters: unified ideographs, their extensions A to E, compatibility forms.
CHINESE = (
    (0x4E00, 0x9FFF),
    (0x3400, 0x4DBF),
    (0x20000, 0x2A6DF),
    (0x2A700, 0x2B73F),
    (0x2B740, 0x2B81F),
    (0x2B820, 0x2CEAF),
    (0xF900, 0xFAFF),
    (0x2F800, 0x2FA1F),
)

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
    kind = category(character)
    if character in "\t\n\r" or kind == "Zs":
        return " "
    if character == "\ufffd" or kind[0] == "C":  # unassigned and private characters count as control, too
        return ""
    if any(first <= ord(character) <= last for first, last in CHINESE):
        return f" {character} "
    return character


def _drop_accent(character):
    return "" if category(character) == "Mn" else character


def _isolate_punctuation(character):
    """Punctuation stands alone: Unicode's, and every ASCII sign that is neither letter nor digit."""
    ascii_sign = "!" <= character <= "~" and not character.isalnum()
    if ascii_sign or category(character)[0] == "P":
        return f" {character} "
    return character


class Tokenizer:
    """Text to WordPiece ids.

    Parameters
    ----------
    path : str
        A vocab.txt.
    do_lower_case : bool
    strip_accents : bool or None
        None means the same as ``do_lower_case``, as in BERT.
    """

    def __init__(self, path, do_lower_case=True, strip_accents=None):
        self.vocabulary = vocab_file.index(vocab_file.read(path))
        self.do_lower_case = do_lower_case
        self.strip_accents = do_lower_case if strip_accents is None else strip_accents
        self.tails = {token[2:]: number for token, number in self.vocabulary.items() if token.startswith("##")}
        self.heads = self.vocabulary
        self._longest_head = max(map(len, self.vocabulary))
        self._longest_tail = max(map(len, self.tails), default=0)
        self._clean = _CharacterMap(_clean)
        self._accents = _CharacterMap(_drop_accent)
        self._punctuation = _CharacterMap(_isolate_punctuation)

    def words(self, text):
        """Cut ``text`` into words and signs, cased and accented as the settings say."""
        plain = PLAIN_WORD.fullmatch(text)
        if not plain:
            text = text.translate(self._clean)
        if self.do_lower_case:
            text = text.lower()
        if self.strip_accents:
            text = unicodedata.normalize("NFD", text).translate(self._accents)
        return [text] if plain else text.translate(self._punctuation).split()

    def pieces(self, word):
        """Ids of the longest pieces, from left to right, or of [UNK] when some rest is unknown."""
        known = self.vocabulary.get(word)
        if len(word) > MAX_WORD_CHARACTERS:
            return [self.vocabulary["[UNK]"]]
        if known is not None:
            return [known]
        pieces, start, table, longest = [], 0, self.vocabulary, self._longest_head
        while start < len(word):
            for end in range(min(len(word), start + longest), start, -1):
                piece = table.get(word[start:end])
                if piece is not None:
                    break
            else:
                return [self.vocabulary["[UNK]"]]
            pieces.append(piece)
            start, table, longest = end, self.tails, self._longest_tail
        return pieces

    def ids(self, text):
        """Ids of ``text``, without special tokens: list of int."""
        return [piece for word in self.words(text) for piece in self.pieces(word)]
