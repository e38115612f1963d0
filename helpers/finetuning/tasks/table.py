"""A file of any usual dress as a table: rows of cells, where they stand in it, and the columns' names if known."""

import csv
import gzip
import io
import json
import os
import re
import zlib
from typing import Any, List, NamedTuple, Optional

from helpers.base.errors import TutorialError

FASTTEXT = "__label__"
MARKS = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16", b"\xef\xbb\xbf": "utf-8-sig"}
OTHERS = {
    b"PK\x03\x04": "a workbook or a zip archive: save it as CSV (UTF-8) or as Unicode text, or unpack it",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook: save it as CSV (UTF-8) or as Unicode text",
    b"PAR1": "a Parquet file: write it as CSV with pandas (read_parquet, then to_csv)",
    b"ARROW1": "an Arrow file: write it as CSV with the library that made it (to_csv)",
}
WORDS_FOR = {"\t": "tabs", ",": "commas", ";": "semicolons"}


class Table(NamedTuple):
    """``rows``: lists of cells (text, or whatever a JSON object holds); ``lines``: the line of the file where each
    begins; ``names`` of the columns where each row says them itself, else empty; ``form``: how the file was read."""

    rows: List[List[Any]]
    lines: List[int]
    names: List[str]
    form: str


def read_text(path: Any, encoding: Optional[str] = None) -> str:
    """The text of a file, unpacked when it is compressed with gzip, line ends as they are, without a byte order mark.

    ``encoding`` None is UTF-8, or UTF-16 where the file's mark says so.  Raises TutorialError that names file and line.
    """
    path = os.fspath(path)
    try:
        with open(path, "rb") as file:
            packed = path.endswith(".gz") or file.read(2) == b"\x1f\x8b"
        with (gzip.open if packed else open)(path, "rb") as file:
            content = file.read()
    except (OSError, EOFError, zlib.error) as error:
        reason = getattr(error, "strerror", None) or error
        raise TutorialError(f"{path} cannot be read ({reason}): correct its path, or copy or pack it again")
    for mark, what in OTHERS.items():
        if content.startswith(mark):
            raise TutorialError(f"{path} is {what}")
    if b"\0" in content and not encoding and content[:2] not in MARKS:
        raise TutorialError(f"{path} holds null characters: name its encoding (utf-16-le?), if it is text at all")
    marked = next((name for mark, name in MARKS.items() if content.startswith(mark)), None)
    chosen = marked or encoding or "utf-8"
    try:
        text = content.decode(chosen)
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise TutorialError(
            f"{path}, line {line}: this is no {chosen} text: name the file's encoding (cp1252 for Excel on Windows, "
            "latin-1 for CoNLL-2002)"
        )
    except LookupError:
        raise TutorialError(f"there is no encoding {chosen!r}: give one such as utf-8, cp1252 or latin-1")
    if "\0" in text:
        raise TutorialError(
            f"{path} holds null characters, so it is no {chosen} text: is it utf-16, or no text at all?"
        )
    return text[1:] if text.startswith("\ufeff") else text


def read(path: Any, encoding: Optional[str] = None) -> Table:
    """The table in a file: JSON, JSON lines, fastText's lines, or columns parted by tabs, commas or semicolons."""
    text = read_text(path, encoding)
    first = next((line for line in lines_of(text) if line.strip()), "").lstrip()
    if first.startswith(("{", "[")):
        table = _json(path, text, first)
        if table:
            return table
    if first.startswith(FASTTEXT):
        return _fasttext(path, text)
    return _delimited(path, text, first)


def lines_of(text: str) -> List[str]:
    """The lines of a text, without their ends: those of Unix, Windows and old Macs."""
    return text.replace("\r\n", "\n").replace("\r", "\n").split("\n")


def _json(path, text, first):
    """A table from JSON objects: a list of them, or one a line; None where the text is no JSON."""
    try:
        whole = json.loads(text)
    except ValueError:
        whole = None
    if isinstance(whole, dict):  # a single line, or what Hugging Face's servers give: {"data": [...]}
        lists = [value for value in whole.values() if isinstance(value, list) and value and isinstance(value[0], dict)]
        whole = lists[0] if len(lists) == 1 else [whole]
    if isinstance(whole, list):
        objects, lines, form = whole, list(range(1, len(whole) + 1)), "JSON"
    else:
        try:
            json.loads(first)
        except ValueError:
            if os.fspath(path).endswith((".json", ".jsonl", ".json.gz", ".jsonl.gz")):
                raise TutorialError(f"{path} is no JSON: its first line is {first[:60]!r}")
            return None
        objects, lines, form = [], [], "JSON lines"
        for number, line in enumerate(lines_of(text), 1):
            if line.strip():
                try:
                    objects.append(json.loads(line))
                except ValueError as error:
                    raise TutorialError(f"{path}, line {number}: this is no JSON ({error}): mend or remove the line")
                lines.append(number)
    for number, each in zip(lines, objects):
        if not isinstance(each, dict):
            where = "line" if form == "JSON lines" else "entry"
            raise TutorialError(f"{path}, {where} {number}: {str(each)[:60]!r} is no object with names and values")
    names = list(dict.fromkeys(name for each in objects for name in each))
    return Table([[_cell(each.get(name)) for name in names] for each in objects], lines, names, form)


def _cell(value):
    """A JSON value as a cell: lists stay, all else becomes text."""
    if value is None:
        return ""
    return value if isinstance(value, (list, str)) else json.dumps(value, ensure_ascii=False)


def _fasttext(path, text):
    rows, lines = [], []
    for number, line in enumerate(lines_of(text), 1):
        if not line.strip():
            continue
        words = line.split()
        labels = [word for word in words if word.startswith(FASTTEXT)]
        if len(labels) != 1:
            raise TutorialError(
                f"{path}, line {number}: it has {len(labels)} labels ({FASTTEXT}…), and a sentence gets just one here: "
                "keep one a line"
            )
        rows.append([" ".join(word for word in words if word != labels[0]), labels[0][len(FASTTEXT) :]])
        lines.append(number)
    return Table(rows, lines, ["text", "label"], "fastText's lines")


def _delimited(path, text, first):
    """Columns: parted by tabs where the first line has one, else by what parts all lines alike."""
    if "\t" in first:
        raw = _raw(text)
        quoted = _quoted(text, "\t") if re.search(r'(^|\t)"', text, re.MULTILINE) else None
        if quoted is None or (_even(raw) and (len(raw.rows) != len(quoted.rows) or not _even(quoted))):
            return raw  # all lines have the same number of cells: quotation marks at a cell's beginning are just text
        return quoted
    found = [table for table in (_quoted(text, mark) for mark in ";,") if table and len(table.rows[0]) > 1]
    even = [table for table in found if _even(table)]
    if even:
        return even[0]
    if found and re.search(r"\.csv(\.gz)?$", os.fspath(path)):
        return max(found, key=lambda table: len(table.rows[0]))
    return _raw(text)


def _even(table):
    return len({len(row) for row in table.rows}) == 1


def _raw(text):
    """Cells parted by tabs, quotation marks being text like any other."""
    numbered = [(number, line) for number, line in enumerate(lines_of(text), 1) if line.strip()]
    return Table([line.split("\t") for _, line in numbered], [number for number, _ in numbered], [], "")


def _quoted(text, mark):
    """Cells parted by ``mark``, with quotation marks around those that need them; None where that cannot be read."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=mark, strict=True)
    rows, lines, line = [], [], 1
    try:
        for row in reader:
            if any(cell.strip() for cell in row):
                rows.append(row)
                lines.append(line)
            line = reader.line_num + 1
    except csv.Error:
        return None
    return Table(rows, lines, [], f"a table parted by {WORDS_FOR[mark]}") if rows else None
