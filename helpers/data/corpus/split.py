"""Which lines of a corpus are held out: whole documents, drawn evenly from all of it, while it streams by.

The lines are taken in chapters of at most CHAPTER_LINES.  Of each chapter, documents are drawn at random
(by the seed and the place) and held out until their lines are the share that is due by then.  So a split
needs one pass and constant memory, is the same in every run, and never puts one document on both sides.

A document that occurs twice is never on both sides: copies of a held-out document are dropped, and one that was trained
on already is not held out.  What was trained on is remembered in a filter of constant size, which may take a document
for known that is not (that one is then not held out), but never the other way round.

Text without blank lines has no documents: an unbroken stretch of more than DOCUMENT_LINES, or one that is
all there is at first, is drawn from in blocks of at most BLOCK_LINES instead.
"""

import hashlib
import itertools
import random
import struct
import sys
from typing import Iterable, Iterator, List, NamedTuple, Optional, Set, Tuple

CHAPTER_LINES, CHAPTER_CHARACTERS = 100000, 16 << 20
DOCUMENT_LINES, BLOCK_LINES = 10000, 1000
MOST_HELD_OUT, FEW_HELD_OUT = 50000, 500  # lines
SHARE, LARGEST_SHARE = 0.01, 0.05  # of all lines, where nobody says how many there will be

SLICE_LINES = 2000  # read at once
FILTER_BITS = 1 << 26  # 8 MB
_NUMBERS = struct.Struct(">3I4x").unpack  # the places of a key of 16 bytes in it


class Stretch(NamedTuple):
    """Lines of one document that follow each other; ``begins``, ``ends``: whether it is known to do so here."""

    document: int
    lines: List[str]
    begins: bool
    ends: bool


class Dropped:
    """Counts the copies of held-out documents that were dropped."""

    def __init__(self) -> None:
        self.documents = self.lines = self.words = 0

    def add(self, lines: List[str]) -> None:
        """Count one more."""
        self.documents += 1
        self.lines += len(lines)
        self.words += sum(len(line.split()) for line in lines)


def held_out_size(train_size: int) -> int:
    """How many lines are held out by default: 1%, but not under 500 where that is at most a fifth,
    and never over 50,000."""
    few = min(FEW_HELD_OUT, train_size // 5)
    return max(1, min(MOST_HELD_OUT, max(few, int(train_size * SHARE))))


def split(
    lines: Iterable[str],
    train_size: Optional[int] = None,
    valid_size: Optional[int] = None,
    seed: int = 0,
    dropped: Optional[Dropped] = None,
) -> Iterator[Tuple[bool, int, List[str]]]:
    """Yield (held out or not, number of the document, lines of it), in the order of ``lines``.

    ``lines``: iterator of str, of which "" ends a document.  It is read no further than needed for
    ``train_size`` lines of training text (None: to its end) and about ``valid_size`` held-out lines
    (None: see :func:`held_out_size`).  Where ``lines`` ends sooner the held-out share stays as it is, and
    a corpus that is one chapter gets ``valid_size`` held out, or half of it.  Two lines are enough for
    both sides to get one, unless they are two documents that are the same.  ``dropped`` is told of the copies of
    held-out documents, which are on neither side; where all documents are the same, all but one of them are.
    """
    seen_documents, dropped = _Seen(), dropped or Dropped()
    reader = _Reader(lines)
    trained = held_out = seen = 0
    ended = unbroken = False  # unbroken: the stretch read last is no document
    if train_size is None:
        train_size, wish = sys.maxsize, valid_size or MOST_HELD_OUT
        share = LARGEST_SHARE if valid_size else SHARE
    else:
        wish = valid_size or held_out_size(train_size)
        share = wish / (train_size + wish)

    while not ended and trained < train_size:
        needed = train_size - trained + max(0, wish - held_out)
        stretches, ended = reader.chapter(min(CHAPTER_LINES, needed))
        if seen == 0 and ended:
            stretches = _without_copies(stretches, dropped)
        lines_here = sum(len(stretch.lines) for stretch in stretches)
        first = seen == 0
        seen += lines_here
        due = min(wish, int(round((seen + reader.waiting) * share)))
        if first and ended:  # a small corpus, and all of it is known
            due = min(valid_size or held_out_size(min(seen, train_size)), seen // 2)

        units, keys = [], []
        for stretch in stretches:
            alone = first and len(stretches) == 1
            unbroken = alone or len(stretch.lines) > DOCUMENT_LINES or (unbroken and not stretch.begins)
            parts = _blocks(stretch, due - held_out) if unbroken else [stretch]
            units += parts
            keys += [b""] * len(parts) if unbroken else [_key(stretch.lines)]
        place = random.Random(f"{seed}/{seen}")
        free = [index for index, key in enumerate(keys) if not key or not seen_documents.trained_on(key)]
        drawn = _draw(units, free, due - held_out, place, insist=held_out == 0)
        drawn = seen_documents.hold_out(keys, sorted(drawn))
        for index, (unit, key) in enumerate(zip(units, keys)):
            if index in drawn:
                held_out += len(unit.lines)
                yield True, unit.document, unit.lines
            elif key and key in seen_documents.held_out:
                dropped.add(unit.lines)
            elif trained < train_size:
                if key:
                    seen_documents.train_on(key)
                kept = unit.lines[: train_size - trained]
                trained += len(kept)
                yield False, unit.document, kept


def two_texts(
    trained: Iterable[str], held_out: Iterable[str], train_size: int, valid_size: int
) -> Iterator[Tuple[bool, int, List[str]]]:
    """Yield the same for two texts without end, of which the second was made to be held out.

    Exactly ``train_size`` and ``valid_size`` lines are taken.
    """
    document = 0
    for is_held_out, lines, left in ((False, trained, train_size), (True, held_out, valid_size)):
        next_line = iter(lines).__next__
        while left:
            unit = list(itertools.islice(iter(next_line, ""), left))
            left -= len(unit)
            document += 1
            yield is_held_out, document, unit


def _without_copies(stretches: List[Stretch], dropped: Dropped) -> List[Stretch]:
    """The first one alone, where all documents are the same: it can be divided, they cannot."""
    if len({tuple(stretch.lines) for stretch in stretches}) != 1:
        return stretches
    for copy in stretches[1:]:
        dropped.add(copy.lines)
    return stretches[:1]


def _key(lines: List[str]) -> bytes:
    """What two documents have in common when they are the same."""
    return hashlib.blake2b("\n".join(lines).encode("utf-8"), digest_size=16).digest()


class _Seen:
    """The documents that are held out, and, in a Bloom filter, those trained on."""

    def __init__(self) -> None:
        self.held_out: Set[bytes] = set()
        self._filter = bytearray(FILTER_BITS // 8)

    def hold_out(self, keys: List[bytes], drawn: List[int]) -> Set[int]:
        """Note what is held out; the places of ``drawn`` without those that repeat another one."""
        kept = set()
        for index in drawn:
            if not keys[index] or keys[index] not in self.held_out:
                kept.add(index)
                if keys[index]:
                    self.held_out.add(keys[index])
        return kept

    def train_on(self, key: bytes) -> None:
        """Note what is trained on."""
        for number in _NUMBERS(key):
            place = number % FILTER_BITS
            self._filter[place >> 3] |= 1 << (place & 7)

    def trained_on(self, key: bytes) -> bool:
        """Whether it may have been noted."""
        for number in _NUMBERS(key):
            place = number % FILTER_BITS
            if not self._filter[place >> 3] >> (place & 7) & 1:
                return False
        return True


def _blocks(stretch: Stretch, wanted: int) -> List[Stretch]:
    """Divide an unbroken stretch into blocks, of which some ten have the wanted number of lines."""
    size = max(1, min(BLOCK_LINES, wanted // 10)) if wanted > 0 else BLOCK_LINES
    lines = stretch.lines
    return [Stretch(stretch.document, lines[i : i + size], True, True) for i in range(0, len(lines), size)]


def _draw(units: List[Stretch], free: List[int], wanted: int, place: random.Random, insist: bool) -> Set[int]:
    """Indexes, out of ``free``, of whole documents with about ``wanted`` lines; one at least where ``insist``, not all.

    What began in an earlier chapter or goes on in the next one stays with the training text.
    """
    order = [index for index in free if units[index].begins and units[index].ends]
    place.shuffle(order)
    drawn, lines = set(), 0
    for index in order:
        if lines >= wanted or len(drawn) == len(units) - 1:
            break
        if lines + len(units[index].lines) <= 2 * wanted:
            drawn.add(index)
            lines += len(units[index].lines)
    if insist and wanted > 0 and not drawn and order and len(units) > 1:
        drawn.add(min(order, key=lambda index: len(units[index].lines)))
    return drawn


class _Reader:
    """Takes lines in chapters and knows where documents begin and end."""

    def __init__(self, lines: Iterable[str]) -> None:
        self._lines = iter(lines)
        self._document, self._open = 0, False
        self._kept: List[str] = []  # the beginning of a document that a chapter had no more room for

    @property
    def waiting(self) -> int:
        """How many lines have been read that come with the next chapter."""
        return len(self._kept)

    def chapter(self, most: int) -> Tuple[List[Stretch], bool]:
        """(stretches with at most ``most`` lines in all, whether the text has ended)"""
        lines, self._kept, ended = self._kept, [], False
        if len(lines) > most:
            lines, self._kept = lines[:most], lines[most:]
        count, size = len(lines), sum(map(len, lines))
        while count < most and size < CHAPTER_CHARACTERS and not ended:
            more = list(itertools.islice(self._lines, min(most - count, SLICE_LINES)))
            lines += more
            count += len(more) - more.count("")
            size += sum(map(len, more))
            ended = not more

        stretches, start = [], 0
        while True:
            try:
                end = lines.index("", start)
            except ValueError:
                break
            if end > start:
                stretches.append(Stretch(self._document, lines[start:end], not self._open, True))
            if end > start or self._open:
                self._document += 1
                self._open = False
            start = end + 1
        rest = lines[start:]
        if rest and len(stretches) > 1 and not (self._open or self._kept or ended) and len(rest) <= DOCUMENT_LINES:
            self._kept = rest  # it comes whole with the next chapter
        elif rest:
            stretches.append(Stretch(self._document, rest, not self._open, ended))
            self._open = not ended
        return stretches, ended
