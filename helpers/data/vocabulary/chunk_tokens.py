"""The tokenizer over megabytes of text at once.

Text is cut at blanks and around ASCII punctuation, which loses nothing: every rule of the tokenizer works
between two such cuts.  Each distinct word is tokenized once and remembered under a number, and since words
repeat (Zipf), the rest is look-ups.  They run on whole arrays: a word is a start and a size in the text,
its letters are read eight at a time as integers, and a hash table made of arrays gives its number.
"""

import collections
import functools
import re
from typing import Dict, NamedTuple

import numpy as np

from helpers.data.vocabulary.characters import SIGNS
from helpers.data.vocabulary.tokenization import MAX_WORD_CHARACTERS, Tokenizer
from helpers.data.vocabulary.word_lookup import (
    LONGEST_WORD,
    MULTIPLIER,
    GrowingArray,
    HashTable,
    letter_matrix,
    letters,
)
from helpers.data.vocabulary.wordpiece import WordPiece

MOST_WORDS = 500000  # up to 90 MB; a fuller table starts afresh, and common words are soon back
SIGMA = "\u03a3".encode()

MOST_UNKNOWN = 1000  # different unknown words of a chunk that are named


class Sentences(NamedTuple):
    """What a chunk of text becomes.

    ``tokens``: int32 [tokens], all sentences end to end; ``lengths``: int32 [sentences], tokens of each line that has
    any; ``breaks``: int64 [blank lines], sentences before each.  For the account of the text: ``wordless``, lines that
    are not blank and give no tokens; ``unknown``, how many of the tokens are [UNK]; ``unknown_words``, how often which
    word became one; ``long_words``, words of over 200 characters.
    """

    tokens: np.ndarray
    lengths: np.ndarray
    breaks: np.ndarray
    wordless: int = 0
    unknown: int = 0
    unknown_words: Dict[str, int] = {}
    long_words: int = 0


# Words' ids end to end, int32 [tokens], where each word's end in them, int64 [words], their numbers in the table,
# int32 [words], and which words have over 200 bytes.
_Found = collections.namedtuple("_Found", "tokens ends numbers long")

LONG_WORDS = 10  # bytes of text for each word, from which on it may be one without blanks, such as Chinese
# Most Chinese characters and the commonest of their punctuation, which stand alone wherever they are, in UTF-8.
_ALONE = re.compile(
    rb"\xe4[\xb8-\xbf][\x80-\xbf]|[\xe5-\xe8][\x80-\xbf][\x80-\xbf]|\xe9[\x80-\xbe][\x80-\xbf]"
    rb"|\xe3\x80[\x81-\x83\x88-\x91]|\xef\xbc[\x81\x8c\x9a\x9b\x9f]"
)

BLANK, LETTER, SIGN = 0, 1, 2
_KINDS = np.full(256, LETTER, np.uint8)
_KINDS[list(b" \t\n")] = BLANK
_KINDS_AND_SIGNS = _KINDS.copy()
_KINDS_AND_SIGNS[sorted(map(ord, SIGNS))] = SIGN


class ChunkTokenizer:
    """Tokenizes chunks of UTF-8 text, one sentence a line; its memory of words lasts from chunk to chunk."""

    def __init__(self, tokenizer):
        self.tokenizer = tokenizer
        self._wordpiece = WordPiece(tokenizer)
        self._words = _WordTable(tokenizer, self._wordpiece)

    def __call__(self, text: bytes) -> Sentences:
        """Tokenize ``text`` (whole lines) into ``Sentences``.

        Raises UnicodeDecodeError when the text is not UTF-8; its ``object`` is the word in question.
        """
        text = text.replace(b"\r", b"")  # as TensorFlow's line reader does, wherever it stands
        if not text:
            return Sentences(np.zeros(0, np.int32), np.zeros(0, np.int32), np.zeros(0, np.int64))
        if len(self._words) > MOST_WORDS:
            self._words = _WordTable(self.tokenizer, self._wordpiece)
        # A capital sigma's lower case depends on what follows, even across punctuation.
        kinds = _KINDS if self.tokenizer.do_lower_case and SIGMA in text else _KINDS_AND_SIGNS
        characters = np.frombuffer(text, np.uint8)
        starts, sizes = _cut(kinds[characters])
        if len(text) > LONG_WORDS * len(sizes) and kinds is _KINDS_AND_SIGNS:
            text = _ALONE.sub(rb" \g<0> ", text)
            characters = np.frombuffer(text, np.uint8)
            starts, sizes = _cut(kinds[characters])
        found = self._words.find(text, starts, sizes)

        newlines = np.flatnonzero(characters == 10)
        if len(newlines) == 0 or newlines[-1] != len(text) - 1:
            newlines = np.append(newlines, len(text))
        ends = np.concatenate([[0], found.ends])[np.searchsorted(starts, newlines)]
        lengths = np.diff(np.concatenate([[0], ends])).astype(np.int32)
        unknown, unknown_words = self._words.unknown(text, starts, sizes, found)
        return Sentences(
            found.tokens,
            lengths[lengths > 0],
            *_breaks(text, lengths, newlines),
            unknown=unknown,
            unknown_words=unknown_words,
            long_words=sum(
                self.tokenizer.long_words(text[starts[row] : starts[row] + sizes[row]].decode("utf-8"))
                for row in found.long.tolist()
            ),
        )


def _cut(kinds):
    """Starts and sizes of words: runs of letters, and each sign alone; int64 [words] each."""
    letter = kinds == LETTER
    sign = kinds == SIGN
    starts, ends = sign.copy(), sign
    starts[0] |= letter[0]
    starts[1:] |= letter[1:] & ~letter[:-1]
    ends[-1] |= letter[-1]
    ends[:-1] |= letter[:-1] & ~letter[1:]
    starts, ends = np.flatnonzero(starts), np.flatnonzero(ends)
    return starts, ends + 1 - starts


def _breaks(text, lengths, newlines):
    """How many sentences stand before each blank line, int64 [blank lines], and how many other lines have no tokens."""
    sentences_before = np.cumsum(lengths > 0)
    starts = np.concatenate([[0], newlines[:-1] + 1])
    silent = np.flatnonzero(lengths == 0)
    # A line of invisible characters gives no tokens and yet is not blank; only str.strip can tell.
    doubtful = silent[starts[silent] < newlines[silent]]
    visible = [line for line in doubtful if text[starts[line] : newlines[line]].decode("utf-8").strip()]
    return sentences_before[np.setdiff1d(silent, visible) if visible else silent], len(visible)


class _WordTable:
    """Words met and their ids.

    Word ``n`` of the hash table has ``sizes[n]`` bytes, the first 32 of them in ``letters[n]``, and the
    ``counts[n]`` ids from ``ids[firsts[n]]`` on.
    """

    def __init__(self, tokenizer, wordpiece):
        self._tokenizer, self._wordpiece = tokenizer, wordpiece
        self._table = HashTable()
        self._sizes = GrowingArray([0], np.int64)
        self._letters = GrowingArray(np.zeros((1, LONGEST_WORD // 8)), np.uint64)
        self._firsts, self._counts = GrowingArray([0], np.int64), GrowingArray([0], np.int64)
        self._ids = GrowingArray([], np.int32)
        self._unknown = {}  # for numbers met with [UNK] among their ids: the parts that are unknown

    def __len__(self):
        return len(self._table)

    def find(self, text, starts, sizes):
        """What becomes of all words: _Found."""
        parts = list(letters(text, starts, sizes))
        hashes = np.zeros(len(starts), np.uint64)
        for rows, eight in parts:
            mixed = (hashes[rows] ^ eight) * MULTIPLIER
            hashes[rows] = mixed ^ (mixed >> np.uint64(32))
        numbers = self._table.find(hashes)
        new = np.flatnonzero(numbers == 0)
        if len(new):
            _, first, which = np.unique(hashes[new], return_index=True, return_inverse=True)
            numbers[new] = len(self) + which
            self._learn(text, starts, sizes, hashes, new[first])
        # Two words may share a hash, and long ones do when they begin alike: these are tokenized one by one.
        wrong = (self._sizes.values[numbers] != sizes) | (sizes > LONGEST_WORD)
        for column, (rows, eight) in enumerate(parts):
            wrong[rows] |= self._letters.values[numbers[rows], column] != eight
        wrong = np.flatnonzero(wrong)
        if len(wrong):
            numbers[wrong] = len(self) + np.arange(len(wrong))
            self._learn(text, starts, sizes, hashes, wrong)
        return _Found(*self._collect(numbers), numbers, wrong[sizes[wrong] > MAX_WORD_CHARACTERS])

    def unknown(self, text, starts, sizes, found):
        """How many of the tokens are [UNK], and how often which word became one: (int, dict)."""
        places = np.flatnonzero(found.tokens == self._tokenizer.unknown)
        if not len(places):
            return 0, {}
        rows = np.searchsorted(found.ends, places, side="right")
        rows = rows[np.diff(rows, prepend=-1) != 0]
        numbers = found.numbers[rows]
        counts = np.bincount(numbers)
        example = np.zeros(len(counts), np.int64)
        example[numbers] = rows
        words = collections.Counter()
        for number in np.flatnonzero(counts).tolist():
            if number not in self._unknown:
                row = example[number]
                word = text[starts[row] : starts[row] + sizes[row]].decode("utf-8")
                self._unknown[number] = self._tokenizer.unknown_words(word)
            for word in self._unknown[number]:
                words[word] += int(counts[number])
        return len(places), dict(words if len(words) <= MOST_UNKNOWN else words.most_common(MOST_UNKNOWN))

    def _collect(self, numbers):
        counts, first = self._counts.values[numbers], self._firsts.values[numbers]
        ends = np.cumsum(counts)
        tokens = np.empty(ends[-1] if len(ends) else 0, np.int32)
        target = ends - counts
        if not counts.all():
            counts, first, target = (values[counts > 0] for values in (counts, first, target))
        while len(counts):  # all first ids, then all second ones, …: most words have few
            tokens[target] = self._ids.values[first]
            rows = np.flatnonzero(counts > 1)
            counts, first, target = counts[rows] - 1, first[rows] + 1, target[rows] + 1
        return tokens, ends

    def _learn(self, text, starts, sizes, hashes, rows):
        """Tokenize the words in ``rows`` and give them the next numbers."""
        starts, sizes = starts[rows], sizes[rows]
        encoded = [text[start:stop] for start, stop in zip(starts.tolist(), (starts + sizes).tolist())]
        words = [self._tokenizer.words(word.decode("utf-8")) for word in encoded]
        ids, counts = self._wordpiece([word for group in words for word in group])
        ends = np.concatenate([[0], np.cumsum(counts)])[np.cumsum([len(group) for group in words])]
        counts = np.diff(ends, prepend=0)
        self._firsts.extend(len(self._ids.values) + ends - counts)
        self._counts.extend(counts)
        self._ids.extend(ids)
        self._letters.extend(letter_matrix(text, starts, sizes))
        self._sizes.extend(sizes)
        self._table.add(hashes[rows])


@functools.lru_cache(maxsize=1)
def chunk_tokenizer(
    vocab_file: str, vocab_sha256: str, do_lower_case: bool, strip_accents: bool, cut_long_words: bool
) -> ChunkTokenizer:
    """The process's own ChunkTokenizer, loaded on first use and again when the file's content is another."""
    return ChunkTokenizer(Tokenizer(vocab_file, do_lower_case, strip_accents, cut_long_words))
