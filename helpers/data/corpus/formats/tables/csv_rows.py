"""Rows of CSV and TSV, whatever separates the columns."""

import collections
import csv
import itertools
import re
from typing import Deque, Iterator, List, Optional, Tuple

from helpers.data.corpus.account import Tally, amount
from helpers.data.corpus.formats.content import Content, Options, as_blocks, lines_of
from helpers.data.corpus.formats.tables import NAMES, ROW_BYTES, Row, short, texts
from helpers.data.corpus.text import BadContent

FIRST_ROWS = 50  # by which the columns are told
MOST_BEFORE = 10  # lines of a title and the like before the first row
_SAYS_MARK = re.compile("sep=([^\\0])\\s*\\Z", re.I)  # Excel's own first line


def delimiter(text: str, ending: str) -> Optional[str]:
    """What separates the columns of a table, or None where text is none.

    A file whose name says table is one where its first lines have several columns; any other one only where all its
    lines have the same number of tabs, or a first line that names a text column.
    """
    lines = text.split("\n")
    lines = [line for line in (lines[:-1] or lines)[:FIRST_ROWS] if line.strip()]
    if not lines:
        return None
    said = _SAYS_MARK.match(lines[0])
    if said:
        return said.group(1)
    named = ending in (".csv", ".tsv", ".tab")
    if not named and len(lines) >= 5 and lines[0].count("\t") and len({line.count("\t") for line in lines}) == 1:
        return "\t"
    for mark in "\t;,|":
        names = [cell.strip().strip('"') for cell in lines[0].split(mark)]
        if len(names) > 1 and len(set(names)) == len(names) and any(cell.lower() in NAMES for cell in names):
            if all(re.match(r"[^\W\d][\w .-]{0,40}$", cell) for cell in names):
                return mark
    if not named:
        return None
    marks = "\t;,|" if ending == ".csv" else "\t,;|"
    usual = [mark for mark in marks if sum(mark in line for line in lines) > len(lines) / 2]
    return next(itertools.chain((mark for mark in usual if mark in lines[0]), usual), "," if ending == ".csv" else "\t")


def read_table(content: Content, options: Options, tally: Tally) -> Iterator[bytes]:
    """Yield the text column of a CSV or TSV file."""
    head = content.head.decode("utf-8", "replace").lstrip("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    mark = delimiter(head, content.ending) or ","
    return as_blocks(texts(_rows(content, mark, tally), content.name, options.column, tally))


def _rows(content: Content, mark: str, tally: Tally) -> Iterator[Row]:
    too_long = BadContent(f"{content.name} has a line of over {ROW_BYTES >> 20} MB: it is no table")
    quoted = mark != "\t" or '\t"' in content.head.decode("utf-8", "replace")
    lines = (f"{line}\n".replace("\0", "") for line in lines_of(content.blocks, ROW_BYTES, too_long))
    parsed = _Parsed(lines, mark, quoted)
    rows = (cells for cells in parsed if any(cell.strip() for cell in cells))
    first = list(itertools.islice(rows, FIRST_ROWS))
    del first[: _before(first, content.name, tally)]
    if not first:
        return
    names, heading = _names(first[0])
    surplus = 0
    for cells in itertools.chain(first[heading:], rows):
        if len(cells) > len(names):
            surplus += 1
            cells[len(names) - 1 :] = [mark.join(cells[len(names) - 1 :])]
        yield dict(zip(names, cells))
    if surplus:
        many = amount(surplus, "row has", "rows have")
        tally.note(
            content.name,
            f"{many} more cells than there are columns, as when a {mark!r} in a text stands without quotes: taken as "
            "part of the last one",
        )
    if parsed.mended:
        many = amount(parsed.mended, "line has", "lines have")
        tally.note(content.name, f"{many} a quote that is not closed, or not doubled within a text: taken as meant")


class _Parsed(Iterator[List[str]]):
    """The cells of each row.  A line with a quote that is not closed costs no other line: it is read by itself, and
    counted in ``mended``."""

    def __init__(self, lines: Iterator[str], mark: str, quoted: bool) -> None:
        csv.field_size_limit(ROW_BYTES)
        self._mark, self.mended = mark, 0
        self._source = _Again(lines)
        quoting = csv.QUOTE_MINIMAL if quoted else csv.QUOTE_NONE
        self._reader = csv.reader(self._source, delimiter=mark, quoting=quoting, strict=True)
        end = f"(?:{re.escape(mark)}|\\Z)"
        self._cell = re.compile(f'\\s*"((?:[^"]|"(?!\\s*{end}))*)"\\s*{end}|([^{re.escape(mark)}]*){end}')

    def __next__(self) -> List[str]:
        self._source.taken.clear()
        try:
            return next(self._reader)
        except csv.Error:
            self.mended += 1
            return self._alone(self._source.back_to_second().rstrip("\n"))

    def _alone(self, line: str) -> List[str]:
        """The cells of one line, in which a quote ends a text only before a mark or the line's end."""
        cells, place = [], 0
        while True:
            found = self._cell.match(line, place)
            whole = found.group(1)
            cells.append(found.group(2).lstrip('"') if whole is None else whole.replace('""', '"'))
            place = found.end()
            if place >= len(line):
                return cells + [""] * found.group().endswith(self._mark)


class _Again(Iterator[str]):
    """Lines that can be taken back; ``taken``: those since it was cleared."""

    def __init__(self, lines: Iterator[str]) -> None:
        self._lines = lines
        self._waiting: Deque[str] = collections.deque()
        self.taken: List[str] = []

    def __next__(self) -> str:
        line = self._waiting.popleft() if self._waiting else next(self._lines)
        self.taken.append(line)
        return line

    def back_to_second(self) -> str:
        """The first line that was taken; the others come again."""
        self._waiting.extendleft(reversed(self.taken[1:]))
        return self.taken[0]


def _before(rows: List[List[str]], name: str, tally: Tally) -> int:
    """How many rows stand before the table: Excel's line with the mark, a title (one cell, above rows of several)."""
    if rows and rows[0][0].lower() == "sep=":
        return 1
    width = collections.Counter(map(len, rows)).most_common(1)[0][0] if rows else 1
    count = 0
    while count < min(MOST_BEFORE, len(rows) - 1) and width > 1:
        filled = [cell.strip() for cell in rows[count] if cell.strip()]
        if len(filled) > 1 or filled[0].lower() in NAMES or (len(rows[count]) == width and count + 1 == len(rows)):
            break
        count += 1
    if count == MOST_BEFORE:
        return 0
    if count:
        title = short(" ".join(" ".join(row).strip() for row in rows[:count]))
        tally.note(name, f"what stands above the table is left out ({title})")
    return count


def _names(cells: List[str]) -> Tuple[List[str], bool]:
    """The columns' names, each another one, and whether the first row gave them."""
    stripped = [cell.strip() for cell in cells]
    filled = [cell for cell in stripped if cell]
    known = any(cell.lower() in NAMES for cell in filled)
    short_names = all(re.match(r"[^\W\d][\w.-]*( [\w.-]+)?$", cell) for cell in filled)
    if len(set(filled)) == len(filled) and (known or (short_names and len(cells) > 1)):
        return [cell or str(number) for number, cell in enumerate(stripped, 1)], True
    return [str(number) for number in range(1, len(cells) + 1)], False
