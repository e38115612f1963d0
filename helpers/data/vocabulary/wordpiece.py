"""WordPiece for thousands of words at once.

Greedy longest-match-first, as Tokenizer.pieces does it, with all words going forward together: the hashes
of all substrings that begin where a word stands now are looked up, the longest known one is its next piece.
"""

import numpy as np

from helpers.data.vocabulary.word_lookup import LONGEST_WORD, HashTable, letter_matrix

BASE = np.uint64(0x100000001B3)  # of the polynomial that hashes a string: odd, with bits spread over many places


class WordPiece:
    """Cuts words into pieces of a tokenizer's vocabulary."""

    def __init__(self, tokenizer):
        self._tokenizer = tokenizer
        self._heads = _Pieces(tokenizer.heads)
        self._tails = _Pieces(tokenizer.tails)
        self._powers = BASE ** np.arange(LONGEST_WORD + 1, dtype=np.uint64)

    def __call__(self, words):
        """Ids of ``words`` (list of str) end to end, int32 [ids], and how many each has, int64 [words]."""
        encoded = [word.encode() for word in words]
        sizes = np.array([len(word) for word in encoded], np.int64)
        text, starts = b"".join(encoded), np.cumsum(sizes) - sizes
        by_hand = sizes > LONGEST_WORD
        rows, ids = [np.zeros(0, np.int64)], [np.zeros(0, np.int32)]
        hashes = np.array(list(_prefix_hashes(text, starts, np.minimum(sizes, LONGEST_WORD))))
        done = np.zeros(len(words), np.int64)
        going, pieces = np.flatnonzero(~by_hand), self._heads
        while len(going):
            row, size, number = self._longest(hashes, going, done[going], sizes[going], pieces)
            same = pieces.equal(number, letter_matrix(text, starts[row] + done[row], size))
            row, size, number = row[same], size[same], number[same]
            rows.append(row)
            ids.append(pieces.ids[number])
            by_hand[np.setdiff1d(going, row, assume_unique=True)] = True  # unknown, or not what its hash promised
            done[row] += size
            going, pieces = row[done[row] < sizes[row]], self._tails
        rows, ids = np.concatenate(rows), np.concatenate(ids)
        kept = ~by_hand[rows]
        rows, ids = rows[kept], ids[kept]
        for row in np.flatnonzero(by_hand).tolist():
            found = self._tokenizer.pieces(words[row])
            rows, ids = np.append(rows, np.full(len(found), row)), np.append(ids, found)
        return ids[np.argsort(rows, kind="stable")].astype(np.int32), np.bincount(rows, minlength=len(words))

    def _longest(self, hashes, rows, done, sizes, pieces):
        """The longest piece at ``done`` of each row that has one: (rows, sizes, numbers of the pieces)."""
        most = np.minimum(sizes - done, pieces.longest)
        end = np.cumsum(most)
        size = np.repeat(end, most) - np.arange(end[-1])  # most, most - 1, … 1 for each row
        row, begin = np.repeat(rows, most), np.repeat(done, most)
        number = pieces.table.find(hashes[begin + size, row] - hashes[begin, row] * self._powers[size])
        found = np.flatnonzero(number)
        found = found[np.diff(row[found], prepend=-1) != 0]  # the first, that is longest, of its row
        return row[found], size[found], number[found]


class _Pieces:
    """Pieces that a word may begin with, or go on with: dict of str to id."""

    def __init__(self, pieces):
        text = "\n".join(pieces).encode() + b"\n"
        ends = np.flatnonzero(np.frombuffer(text, np.uint8) == 10)
        starts = np.concatenate([[0], ends[:-1] + 1])
        sizes = ends - starts
        fit = np.flatnonzero((sizes > 0) & (sizes <= LONGEST_WORD))
        starts, sizes = starts[fit], sizes[fit]
        self.longest = int(sizes.max(initial=0))
        self.ids = np.append(0, np.fromiter(pieces.values(), np.int32, len(pieces))[fit])
        self._letters = np.zeros((len(self.ids), LONGEST_WORD // 8), np.uint64)
        self._letters[1:] = letter_matrix(text, starts, sizes)
        self.table = HashTable()
        hashes = np.zeros(len(fit), np.uint64)
        for size, longer in enumerate(_prefix_hashes(text, starts, sizes)):
            np.copyto(hashes, longer, where=sizes == size)
        self.table.add(hashes)

    def equal(self, numbers, letters):
        """Whether the pieces with these numbers have these letters; no piece has a NUL in it."""
        return (self._letters[numbers] == letters).all(axis=1)


def _prefix_hashes(text, starts, sizes):
    """Yield the hashes of the words' first 0, 1, 2, … bytes, uint64 [words]; beyond a word's size they mean nothing."""
    characters = np.frombuffer(text + bytes(LONGEST_WORD), np.uint8)
    hashes = np.zeros(len(starts), np.uint64)
    yield hashes
    for place in range(int(sizes.max(initial=0))):
        hashes = hashes * BASE + characters[starts + place] + np.uint64(1)
        yield hashes
