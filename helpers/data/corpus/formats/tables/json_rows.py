"""Rows of JSON: one object a line, a list of objects, or objects that follow each other."""

import itertools
import json
from typing import Any, Iterator

from helpers.data.corpus.account import Tally
from helpers.data.corpus.formats.content import Content, Options, as_blocks, lines_of
from helpers.data.corpus.formats.tables import ROW_BYTES, Row, is_text, short, texts
from helpers.data.corpus.text import BadContent


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
        if len(rows) == 1 and not any(is_text(item) for item in value.values()):
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
