"""Which lines of a corpus are held out: whole documents, drawn evenly from all of it, while it streams by.

The lines are taken in chapters of at most CHAPTER_LINES.  Of each chapter, documents are drawn at random
(by the seed and the place) and held out until their lines are the share that is due by then.  So a split
needs one pass and constant memory, is the same in every run, and never puts one document on both sides.

Text without blank lines has no documents: an unbroken stretch of more than DOCUMENT_LINES, or one that is
all there is at first, is drawn from in blocks of at most BLOCK_LINES instead.
"""

import collections
import random
import sys

CHAPTER_LINES, CHAPTER_CHARACTERS = 100000, 16 << 20
DOCUMENT_LINES, BLOCK_LINES = 10000, 1000
MOST_HELD_OUT, FEW_HELD_OUT = 50000, 500  # lines
SHARE, LARGEST_SHARE = 0.01, 0.05  # of all lines, where nobody says how many there will be

# Lines of one document that follow each other; begins, ends: whether the document is known to do so here.
Stretch = collections.namedtuple("Stretch", "document lines begins ends")


def held_out_size(train_size):
    """How many lines are held out by default: 1%, but not under 500 where that is at most a fifth,
    and never over 50,000."""
    few = min(FEW_HELD_OUT, train_size // 5)
    return max(1, min(MOST_HELD_OUT, max(few, int(train_size * SHARE))))


def split(lines, train_size=None, valid_size=None, seed=0):
    """Yield (held out or not, number of the document, lines of it), in the order of ``lines``.

    ``lines``: iterator of str, of which "" ends a document.  It is read no further than needed for
    ``train_size`` lines of training text (None: to its end) and about ``valid_size`` held-out lines
    (None: see :func:`held_out_size`).  Where ``lines`` ends sooner the held-out share stays as it is, and
    a corpus that is one chapter gets ``valid_size`` held out, or half of it.  Two lines are enough for
    both sides to get one.
    """
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
        lines_here = sum(len(stretch.lines) for stretch in stretches)
        first = seen == 0
        seen += lines_here
        due = min(wish, int(round(seen * share)))
        if first and ended:  # a small corpus, and all of it is known
            due = min(valid_size or held_out_size(min(seen, train_size)), seen // 2)

        units = []
        for stretch in stretches:
            alone = first and len(stretches) == 1
            unbroken = alone or len(stretch.lines) > DOCUMENT_LINES or (unbroken and not stretch.begins)
            units += _blocks(stretch, due - held_out) if unbroken else [stretch]
        place = random.Random(f"{seed}/{seen}")
        drawn = _draw(units, due - held_out, place, insist=held_out == 0)
        for index, unit in enumerate(units):
            if index in drawn:
                held_out += len(unit.lines)
                yield True, unit.document, unit.lines
            elif trained < train_size:
                kept = unit.lines[: train_size - trained]
                trained += len(kept)
                yield False, unit.document, kept


def _blocks(stretch, wanted):
    """Divide an unbroken stretch into blocks, of which some ten have the wanted number of lines."""
    size = max(1, min(BLOCK_LINES, wanted // 10)) if wanted > 0 else BLOCK_LINES
    lines = stretch.lines
    return [Stretch(stretch.document, lines[i : i + size], True, True) for i in range(0, len(lines), size)]


def _draw(units, wanted, place, insist):
    """Indexes of whole documents with about ``wanted`` lines; at least one where ``insist``, never all.

    What began in an earlier chapter or goes on in the next one stays with the training text.
    """
    order = [index for index, unit in enumerate(units) if unit.begins and unit.ends]
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

    def __init__(self, lines):
        self._lines = iter(lines)
        self._document, self._open = 0, False

    def chapter(self, most):
        """(list of Stretch with at most ``most`` lines in all, whether the text has ended)"""
        stretches, lines, count, size = [], [], 0, 0
        begins = not self._open
        for line in self._lines:
            if line:
                lines.append(line)
                count += 1
                size += len(line)
                if count == most or size >= CHAPTER_CHARACTERS:
                    stretches.append(Stretch(self._document, lines, begins, False))
                    self._open = True
                    return stretches, False
            elif lines or self._open:
                if lines:
                    stretches.append(Stretch(self._document, lines, begins, True))
                self._document += 1
                self._open, begins, lines = False, True, []
        if lines:
            stretches.append(Stretch(self._document, lines, begins, True))
        return stretches, True
