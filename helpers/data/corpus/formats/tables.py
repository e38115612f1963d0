"""The text column of a table: JSON, JSON lines, CSV, TSV, Parquet, Arrow, and rows from elsewhere (``hub``).

A row whose text has several lines, or is long, is a document; where the rows are sentences, they are lines that follow
each other.
"""

import csv
import itertools
import json
import re
from typing import Any, Iterable, Iterator, List, Mapping, Optional

from helpers.base.errors import did_you_mean
from helpers.data.corpus.account import Tally, amount
from helpers.data.corpus.formats.content import Content, Options, as_blocks, lines_of
from helpers.data.corpus.sentences import are_paragraphs
from helpers.data.corpus.text import BadContent

NAMES = "text texto content sentence body document raw_content article frase oracion oración contenido".split()
SAMPLE_ROWS = 100
ROW_BYTES = 64 << 20
ROWS_AT_ONCE = 1000
Row = Mapping[str, Any]


def texts(rows: Iterable[Row], name: str, column: Optional[str], tally: Tally) -> Iterator[str]:
    """The lines of the text column of ``rows``, with "" after each document.

    ``column``: its name, or None where it is to be guessed (and said).  Raises BadContent where there is no such
    column, or more than one that it may be.
    """
    rows = iter(rows)
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
    readable = [key for key in columns if any(_is_text(row.get(key)) for row in sample)]
    for known in NAMES:
        for key in readable:
            if key.strip().lower() == known:
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


def _is_text(value: Any) -> bool:
    if isinstance(value, (list, tuple)):
        return bool(value) and all(isinstance(item, str) for item in value)
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


def read_json_lines(content: Content, options: Options, tally: Tally) -> Iterator[bytes]:
    """Yield the text column of a file with one JSON object a line."""
    return as_blocks(texts(_json_lines(content), content.name, options.column, tally))


def _json_lines(content: Content) -> Iterator[Row]:
    too_long = BadContent(
        f"{content.name} has a line of over {ROW_BYTES >> 20} MB: give each document a line of its own"
    )
    for number, line in enumerate(lines_of(content.blocks, ROW_BYTES, too_long), 1):
        if line.strip():
            try:
                row = json.loads(line)
            except (ValueError, RecursionError) as error:
                raise BadContent(
                    f"line {number} of {content.name} is no JSON ({short(str(error))}): mend or remove that line, or "
                    "fetch the file again"
                )
            yield _row(row, content.name)


def _row(value: Any, name: str) -> Row:
    if isinstance(value, dict):
        return value
    if isinstance(value, str):
        return {"text": value}
    raise BadContent(f'{name} is JSON, but not of objects with a text in each: make it lines of {{"text": "…"}}')


def read_json(content: Content, options: Options, tally: Tally) -> Iterator[bytes]:
    """Yield the text column of a JSON file: a list of objects or texts, or an object that holds one."""
    return as_blocks(texts(_json_rows(content), content.name, options.column, tally))


def _json_rows(content: Content) -> Iterator[Row]:
    for value in _values(content):
        lists = [item for item in value.values() if isinstance(item, list)] if isinstance(value, dict) else []
        rows = [item for item in lists if item and isinstance(item[0], dict)]
        if len(rows) == 1 and not any(_is_text(item) for item in value.values()):
            for row in rows[0]:
                yield _row(row, content.name)
        else:
            yield _row(value, content.name)


def _values(content: Content) -> Iterator[Any]:
    """The values of a JSON list one by one, or those that follow each other at the top."""
    decoder, buffer, place, listed = json.JSONDecoder(), "", 0, None
    blocks = itertools.chain((block.decode("utf-8", "replace") for block in content.blocks), [None])
    ended, needed = False, 0
    while True:
        while not ended and len(buffer) - place <= needed:
            block = next(blocks)
            ended = block is None
            buffer, place = buffer[place:] + (block or ""), 0
        while place < len(buffer) and buffer[place] in " \t\r\n,\ufeff":
            place += 1
        if listed is None and place < len(buffer):
            listed = buffer[place] == "["
            place += listed
            continue
        if place >= len(buffer):
            if not ended:
                needed = 0
                continue
            if listed:
                raise BadContent(f"the JSON of {content.name} is cut short: fetch it again")
            return
        if listed and buffer[place] == "]":
            return
        try:
            value, place = decoder.raw_decode(buffer, place)
        except (ValueError, RecursionError) as error:
            if ended or isinstance(error, RecursionError):
                raise BadContent(
                    f"the JSON of {content.name} is damaged or cut short ({short(str(error))}): fetch it again"
                )
            needed = max(1 << 18, 2 * (len(buffer) - place))
            if needed > ROW_BYTES:
                raise BadContent(
                    f"{content.name} is one JSON object of over {ROW_BYTES >> 21} MB, or damaged: make it lines of "
                    "JSON, one object a line (jq -c '.[]')"
                )
            continue
        needed = 0
        yield value


def delimiter(text: str, ending: str) -> Optional[str]:
    """What separates the columns of a table, or None where text is none.

    A file whose name says table is one where its first lines have several columns; any other one only where all its
    lines have the same number of tabs, or a first line that names a text column.
    """
    lines = [line.rstrip("\r") for line in text.split("\n")]
    lines = [line for line in (lines[:-1] or lines)[:50] if line.strip()]
    if not lines:
        return None
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
    for mark in "\t;," if ending == ".csv" else "\t,;":
        if all(mark in line for line in lines[:1]) and sum(mark in line for line in lines) > len(lines) / 2:
            return mark
    return "\t" if ending != ".csv" else ","


def read_table(content: Content, options: Options, tally: Tally) -> Iterator[bytes]:
    """Yield the text column of a CSV or TSV file."""
    mark = delimiter(content.head.decode("utf-8", "replace").lstrip("\ufeff"), content.ending) or ","
    return as_blocks(texts(_csv_rows(content, mark, tally), content.name, options.column, tally))


def _csv_rows(content: Content, mark: str, tally: Tally) -> Iterator[Row]:
    too_long = BadContent(f"{content.name} has a line of over {ROW_BYTES >> 20} MB: it is no table")
    quoted = mark != "\t" or '\t"' in content.head.decode("utf-8", "replace")
    lines = (f"{line}\n".replace("\0", "") for line in lines_of(content.blocks, ROW_BYTES, too_long))
    csv.field_size_limit(ROW_BYTES)
    reader = csv.reader(lines, delimiter=mark, quoting=csv.QUOTE_MINIMAL if quoted else csv.QUOTE_NONE)
    names: Optional[List[str]] = None
    surplus = 0
    while True:
        try:
            cells = next(reader, None)
        except csv.Error as error:
            raise BadContent(f"{content.name} is no sound table near line {reader.line_num} ({error}): mend that line")
        if cells is None:
            if surplus:
                rows = amount(
                    surplus, "row has more cells than there are columns", "rows have more cells than there are columns"
                )
                tally.note(
                    content.name,
                    f"{rows}, as when a {mark!r} in a text stands without quotes: taken as part of the last one",
                )
            return
        if not any(cell.strip() for cell in cells):
            continue
        if names is None:
            names, heading = _names(cells)
            if heading:
                continue
        if len(cells) > len(names):
            surplus += 1
            cells[len(names) - 1 :] = [mark.join(cells[len(names) - 1 :])]
        yield dict(zip(names, cells))


def _names(cells: List[str]) -> "tuple[List[str], bool]":
    """The columns' names, and whether the first row gave them."""
    stripped = [cell.strip() for cell in cells]
    known = any(cell.lower() in NAMES for cell in stripped)
    short_names = all(re.match(r"[^\W\d][\w.-]*( [\w.-]+)?$", cell) for cell in stripped)
    if len(set(stripped)) == len(stripped) and (known or (short_names and len(cells) > 1)):
        return stripped, True
    return [str(number) for number in range(1, len(cells) + 1)], False


def read_parquet(content: Content, options: Options, tally: Tally) -> Iterator[bytes]:
    """Yield the text column of a Parquet file."""
    _pyarrow(content.name, "Parquet")
    return as_blocks(texts(_parquet_rows(content, options.column), content.name, options.column, tally))


def _parquet_rows(content: Content, column: Optional[str]) -> Iterator[Row]:
    import pyarrow
    from pyarrow import parquet

    with content.file() as file, _explained(content.name, pyarrow):
        table = parquet.ParquetFile(file)
        names = [field.name for field in table.schema_arrow if _may_be_text(field.type) or field.name == column]
        if not names:
            names = table.schema_arrow.names
        for batch in table.iter_batches(batch_size=ROWS_AT_ONCE, columns=names):
            for row in batch.to_pylist():
                yield row


def read_arrow(content: Content, options: Options, tally: Tally) -> Iterator[bytes]:
    """Yield the text column of an Arrow file or stream, such as the ``datasets`` library keeps."""
    _pyarrow(content.name, "Arrow")
    return as_blocks(texts(_arrow_rows(content), content.name, options.column, tally))


def _arrow_rows(content: Content) -> Iterator[Row]:
    import pyarrow

    with content.file() as file, _explained(content.name, pyarrow):
        if content.head.startswith(b"ARROW1"):
            reader = pyarrow.ipc.open_file(file)
            batches = (reader.get_batch(index) for index in range(reader.num_record_batches))
        else:
            batches = iter(pyarrow.ipc.open_stream(file))
        for batch in batches:
            for start in range(0, batch.num_rows, ROWS_AT_ONCE):
                for row in batch.slice(start, ROWS_AT_ONCE).to_pylist():
                    yield row


def _may_be_text(kind: Any) -> bool:
    return "string" in str(kind) or "utf8" in str(kind)


class _explained:
    """Turns pyarrow's errors into a sentence."""

    def __init__(self, name: str, pyarrow: Any) -> None:
        self._name, self._errors = name, (pyarrow.ArrowException, OSError, ValueError, IndexError, KeyError)

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: Any, error: Any, trace: Any) -> None:
        if isinstance(error, self._errors):
            raise BadContent(f"{self._name} is damaged or cut short ({short(str(error))}): fetch it again")


def _pyarrow(name: str, what: str) -> None:
    try:
        import pyarrow  # noqa: F401
    except ImportError:
        raise BadContent(
            f"{name} is a file of {what}, and reading it takes the package pyarrow: pip install pyarrow (Colab "
            f"has it), "
            "or save the table as JSON lines"
        )
