"""Words found by the thousand: letters as integers, and a hash table made of arrays.

A word is a start and a size in some bytes.  What is found is always compared letter by letter, so a hash
that two words share costs time, never a wrong answer.
"""

import numpy as np

LONGEST_WORD = 32  # bytes; longer words are rare and left to the caller
MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)  # 2**64 divided by the golden ratio: spreads the bits of a product
_FIRST_BYTES = np.array([(1 << 8 * count) - 1 for count in range(9)], np.uint64)  # mask of the first 0 to 8 bytes


def letters(text, starts, sizes):
    """Yield the words' bytes 0 to 7, 8 to 15, …, up to LONGEST_WORD, for the words that have any.

    Yields (rows, uint64 [rows]): bytes as little-endian integers, zeros behind the word's last.
    """
    padded = np.frombuffer(text + bytes(8), np.uint8)
    eights = np.ndarray(len(text) + 1, "<u8", padded, strides=(1,))  # the eight bytes from every place on
    for begin in range(0, LONGEST_WORD, 8):
        rows = np.flatnonzero(sizes > begin) if begin else slice(None)
        yield rows, eights[starts[rows] + begin] & _FIRST_BYTES[np.minimum(sizes[rows] - begin, 8)]


def letter_matrix(text, starts, sizes):
    """The same as one uint64 [words, 4] matrix."""
    matrix = np.zeros((len(starts), LONGEST_WORD // 8), np.uint64)
    for column, (rows, eight) in enumerate(letters(text, starts, sizes)):
        matrix[rows, column] = eight
    return matrix


def ranges(starts, sizes, ends=None):
    """The integers of ``range(start, start + size)`` for every pair, end to end; int64 [sum of sizes].

    ``ends``, if at hand, is the running sum of ``sizes``.
    """
    if ends is None:
        ends = np.cumsum(sizes)
    total = int(ends[-1]) if len(ends) else 0
    return np.repeat(starts + sizes - ends, sizes) + np.arange(total)


class GrowingArray:
    """An array that is extended at its end at little cost; ``values`` is what it holds."""

    def __init__(self, values, dtype):
        self._room = self.values = np.array(values, dtype)

    def extend(self, more):
        """Add rows."""
        used, wanted = len(self.values), len(self.values) + len(more)
        if wanted > len(self._room):
            self._room = np.zeros((2 * wanted,) + self._room.shape[1:], self._room.dtype)
            self._room[:used] = self.values
        self._room[used:wanted] = more
        self.values = self._room[:wanted]


class HashTable:
    """Numbers hashes 1, 2, 3, … as they are added, and finds their numbers; 0 stands for unknown ones.

    Open addressing: a number stands in the slot that its hash points to or in the next free one.
    """

    def __init__(self):
        self._hashes = GrowingArray([0], np.uint64)  # by number
        self._slots = np.zeros(1 << 12, np.int32)

    def __len__(self):
        """Number that the next hash gets."""
        return len(self._hashes.values)

    def find(self, hashes):
        """Numbers of ``hashes`` (uint64 [words]): int32 [words]."""
        known = self._hashes.values
        place = self._place(hashes)
        numbers = self._slots[place]
        rows = np.flatnonzero((numbers > 0) & (known[numbers] != hashes))
        while len(rows):
            place[rows] = (place[rows] + 1) % len(self._slots)
            numbers[rows] = self._slots[place[rows]]
            rows = rows[(numbers[rows] > 0) & (known[numbers[rows]] != hashes[rows])]
        return numbers

    def add(self, hashes):
        """Give the next numbers to ``hashes``."""
        numbers = np.arange(len(self), len(self) + len(hashes), dtype=np.int32)
        self._hashes.extend(hashes)
        if 2 * len(self) > len(self._slots):
            while 2 * len(self) > len(self._slots):
                self._slots = np.zeros(4 * len(self._slots), np.int32)
            numbers = np.arange(1, len(self), dtype=np.int32)
        place = self._place(self._hashes.values[numbers])
        while len(numbers):
            free = self._slots[place] == 0
            self._slots[place[free]] = numbers[free]  # of several that want one slot, the last has it
            waiting = self._slots[place] != numbers
            numbers, place = numbers[waiting], (place[waiting] + 1) % len(self._slots)

    def _place(self, hashes):
        bits = len(self._slots).bit_length() - 1
        return ((hashes * MULTIPLIER) >> np.uint64(64 - bits)).astype(np.int64)
