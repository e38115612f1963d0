"""The text column of a table, whatever its rows are from: ``json_rows``, ``csv_rows``, ``arrow_rows``, ``sources/hub``.

What stands within a value has a name with a dot: ``{"data": {"text": "Hola"}}`` has the column ``data.text``.  A row
whose text has several lines, or is long, is a document; where the rows are sentences, they are lines that follow each
other.
"""

import itertools
import re
from typing import Any, Dict, Iterable, Iterator, List, Mapping, Optional

from helpers.base.errors import did_you_mean
from helpers.data.corpus.account import Tally
from helpers.data.corpus.sentences import are_paragraphs
from helpers.data.corpus.text import BadContent

NAMES = "text texto content sentence body document raw_content article frase oracion oración contenido context".split()
SAMPLE_ROWS = 100
ROW_BYTES = 64 << 20
DEEPEST = 5  # levels of values within values
Row = Mapping[str, Any]


def texts(rows: Iterable[Row], name: str, column: Optional[str], tally: Tally) -> Iterator[str]:
    """The lines of the text column of ``rows``, with "" after each document.

    ``column``: its name, or None where it is to be guessed (and said).  Raises BadContent where there is no such
    column, or more than one that it may be.
    """
    rows = map(flat, rows)
    sample = list(itertools.islice(rows, SAMPLE_ROWS))
    if not sample:
        raise BadContent(f"{name} has no rows")
    chosen = choose(sample, name, column)
    if column is None and len(_columns(sample)) > 1:
        others = ", ".join(other for other in _columns(sample) if other != chosen)
        tally.note(name, f"the text is taken from its column {chosen!r} (left out: {short(others)})")
    values = [value for row in sample for value in _lines(row.get(chosen)) or [""]]
    documents = any(len(_lines(row.get(chosen))) > 1 for row in sample) or are_paragraphs(values)
    empty = 0
    for row in itertools.chain(sample, rows):
        lines = _lines(row.get(chosen))
        empty += not lines
        for line in lines:
            yield line
        if documents and lines:
            yield ""
    if empty:
        tally.leave_out("rows without text", empty)


def flat(row: Row, deepest: int = DEEPEST) -> Row:
    """A row without values within values: those get the outer one's name and a dot before theirs, and of a list of
    objects, lists of their values."""
    if not deepest or not any(_holds_more(value) for value in row.values()):
        return row
    found: Dict[str, Any] = {}
    for key, value in row.items():
        if isinstance(value, dict):
            found.update((f"{key}.{inner}", item) for inner, item in flat(value, deepest - 1).items())
        elif _holds_more(value):
            for part in value:
                for inner, item in flat(part, deepest - 1).items() if isinstance(part, dict) else ():
                    found.setdefault(f"{key}.{inner}", []).extend(item if isinstance(item, list) else [item])
        else:
            found[key] = value
    return found


def _holds_more(value: Any) -> bool:
    return isinstance(value, dict) or (isinstance(value, list) and bool(value) and isinstance(value[0], dict))


def choose(sample: List[Row], name: str, column: Optional[str]) -> str:
    """The name of the text column, by what was asked for, by its name, or because it alone holds text."""
    columns = _columns(sample)
    shown = short(", ".join(columns))
    if column is not None:
        if column in columns:
            return column
        if column.isdigit() and 0 < int(column) <= len(columns):
            return columns[int(column) - 1]
        near = did_you_mean(column, columns)
        hint = f" ({near})" if near else ""
        raise BadContent(f"{name} has no column {column!r}{hint}: give one of {shown} as CORPUS_COLUMN (column=)")
    readable = [key for key in columns if any(is_text(row.get(key)) for row in sample)]
    readable.sort(key=lambda key: key.count("."))  # the outer ones first
    for known in NAMES:
        for key in readable:
            if key.rpartition(".")[2].strip().lower() == known:
                return key
    if len(readable) > 1:
        readable = [key for key in readable if _reads_like_text(sample, key)] or readable
    if len(readable) == 1 and (len(columns) == 1 or _reads_like_text(sample, readable[0])):
        return readable[0]
    if not readable or len(readable) == 1:
        raise BadContent(
            f"{name} has no column that looks like text among {shown}: name it with CORPUS_COLUMN (column=)"
        )
    raise BadContent(
        f"{name} has several columns that may be the text, {short(', '.join(readable))}: name it with CORPUS_COLUMN "
        "(column=)"
    )


def short(text: str) -> str:
    """At most 80 characters of a file's words."""
    text = " ".join(text.split())
    return text if len(text) <= 80 else f"{text[:79]}…"


def _columns(sample: List[Row]) -> List[str]:
    return list(dict.fromkeys(key for row in sample for key in row))


def is_text(value: Any) -> bool:
    """Whether a value is a text, or a list of them."""
    if isinstance(value, (list, tuple)):
        return any(isinstance(item, str) for item in value) and all(
            isinstance(item, (str, type(None))) for item in value
        )
    return isinstance(value, str) and any(letter.isalpha() for letter in value)


def _reads_like_text(sample: List[Row], column: str) -> bool:
    """Whether most values are several words, or a few characters without spaces (Chinese, Japanese, Thai)."""
    values = [" ".join(_lines(row.get(column))) for row in sample]
    values = [value for value in values if value]
    several = sum(
        len(value.split()) > 2 or (len(value) > 4 and sum(letter > "\u0e00" for letter in value) * 2 > len(value))
        for value in values
    )
    address = sum(bool(re.match(r"\w+://|\d+[-:/]\d+", value)) for value in values)
    return 2 * several > len(values) and 2 * address < len(values)


def _lines(value: Any) -> List[str]:
    """The lines of a value: a text, or a list of them."""
    if isinstance(value, str):
        return [line for line in value.splitlines() if line.strip()]
    if isinstance(value, (list, tuple)):
        return [line for item in value if isinstance(item, str) for line in item.splitlines() if line.strip()]
    return []
