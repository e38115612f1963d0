"""The tokenizer over megabytes of text at once.

Text is cut at blanks and around ASCII punctuation, which loses nothing: every rule of the tokenizer works
between two such cuts.  Each distinct word is tokenized once and remembered under a number, and since words
repeat (Zipf), the rest is look-ups.  They run on whole arrays: a word is a start and a size in the text,
its letters are read eight at a time as integers, and a hash table made of arrays gives its number.
"""

import collections
import functools

import numpy as np

from helpers.data.vocabulary.tokenization import Tokenizer
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

# What a chunk of text becomes.  ``tokens``: int32 [tokens], all sentences end to end; ``lengths``: int32
# [sentences], tokens of each line that has any; ``breaks``: int64 [blank lines], sentences before each.
Sentences = collections.namedtuple("Sentences", "tokens lengths breaks")

BLANK, LETTER, SIGN = 0, 1, 2
_KINDS = np.full(256, LETTER, np.uint8)
_KINDS[list(b" \t\n")] = BLANK
_KINDS_AND_SIGNS = _KINDS.copy()
_KINDS_AND_SIGNS[[code for code in range(33, 127) if not chr(code).isalnum()]] = SIGN


class ChunkTokenizer:
    """Tokenizes chunks of UTF-8 text, one sentence a line; its memory of words lasts from chunk to chunk."""

    def __init__(self, tokenizer):
        self.tokenizer = tokenizer
        self._wordpiece = WordPiece(tokenizer)
        self._words = _WordTable(tokenizer, self._wordpiece)

    def __call__(self, text):
        """Tokenize ``text`` (bytes, whole lines) into ``Sentences``.

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
        tokens, words_end = self._words.tokens(text, starts, sizes)

        newlines = np.flatnonzero(characters == 10)
        if len(newlines) == 0 or newlines[-1] != len(text) - 1:
            newlines = np.append(newlines, len(text))
        ends = np.concatenate([[0], words_end])[np.searchsorted(starts, newlines)]
        lengths = np.diff(np.concatenate([[0], ends])).astype(np.int32)
        return Sentences(tokens, lengths[lengths > 0], _breaks(text, lengths, newlines))


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
    """How many sentences stand before each blank line; int64 [blank lines]."""
    sentences_before = np.cumsum(lengths > 0)
    starts = np.concatenate([[0], newlines[:-1] + 1])
    silent = np.flatnonzero(lengths == 0)
    # A line of invisible characters gives no tokens and yet is not blank; only str.strip can tell.
    doubtful = silent[starts[silent] < newlines[silent]]
    visible = [line for line in doubtful if text[starts[line] : newlines[line]].decode("utf-8").strip()]
    return sentences_before[np.setdiff1d(silent, visible) if visible else silent]


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

    def __len__(self):
        return len(self._table)

    def tokens(self, text, starts, sizes):
        """Ids of all words end to end, int32 [tokens], and where each word's end in them, int64 [words]."""
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
        return self._collect(numbers)

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
def chunk_tokenizer(vocab_file, vocab_sha256, do_lower_case, strip_accents):
    """The process's own ChunkTokenizer, loaded on first use and again when the file's content is another."""
    return ChunkTokenizer(Tokenizer(vocab_file, do_lower_case, strip_accents))
