"""Rows of Parquet and Arrow, read by the package pyarrow."""

from typing import Any, Iterator, Optional

from helpers.data.corpus.account import Tally
from helpers.data.corpus.formats.content import Content, Options, as_blocks
from helpers.data.corpus.formats.tables import Row, short, texts
from helpers.data.corpus.text import BadContent

ROWS_AT_ONCE = 1000


def read_parquet(content: Content, options: Options, tally: Tally) -> Iterator[bytes]:
    """Yield the text column of a Parquet file."""
    _pyarrow(content.name, "Parquet")
    return as_blocks(texts(_parquet_rows(content, options.column), content.name, options.column, tally))


def _parquet_rows(content: Content, column: Optional[str]) -> Iterator[Row]:
    import pyarrow
    from pyarrow import parquet

    with content.file() as file, _explained(content.name, pyarrow):
        table = parquet.ParquetFile(file)
        outer = column and (column if column in table.schema_arrow.names else column.partition(".")[0])
        names = [field.name for field in table.schema_arrow if _may_be_text(field.type) or field.name == outer]
        if not names:
            names = table.schema_arrow.names
        for batch in table.iter_batches(batch_size=ROWS_AT_ONCE, columns=names):
            for row in batch.to_pylist():
                yield _decoded(row)


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
                    yield _decoded(row)


def _may_be_text(kind: Any) -> bool:
    """Whether a column of this type is one of text, or of lists of texts; a structure may hold pictures."""
    return "string" in str(kind) and "struct" not in str(kind)


def _decoded(row: Row) -> Row:
    """A row with its bytes, as some programs write text, as UTF-8."""
    if not any(isinstance(value, bytes) for value in row.values()):
        return row
    return {key: value.decode("utf-8", "replace") if isinstance(value, bytes) else value for key, value in row.items()}


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
            f"{name} is a file of {what}, and reading it takes the package pyarrow: pip install pyarrow (Colab has "
            "it), or save the table as JSON lines"
        )
