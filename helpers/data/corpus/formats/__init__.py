"""Any file that people keep text in, read as clean lines.

    for lines in read(blocks, "es.srt", Tally()):
        ...  # a list of str; "" is a blank line, that is, the end of a document

``table`` has a row for each format; ``read`` finds the row by the content.
"""

import functools
from typing import Iterable, Iterator, List, Optional, Tuple

from helpers.data.corpus.account import Tally
from helpers.data.corpus.formats import encodings, markup, names, packing
from helpers.data.corpus.formats.content import DEFAULT, Content, Options
from helpers.data.corpus.formats.table import BINARY, PACKED, PROMISED, TABLES, TEXT, UNKNOWN_BINARY, Format
from helpers.data.corpus.sentences import split_batches
from helpers.data.corpus.text import BadContent, clean

__all__ = ["DEFAULT", "Options", "read"]
NESTED = 4  # a packed file in an archive in an archive in a packed file


def read(
    blocks: Iterable[bytes], name: str, tally: Tally, options: Options = DEFAULT, path: Optional[str] = None
) -> Iterator[List[str]]:
    """Yield lists of clean lines of a file given in ``blocks``, in constant memory; "" ends a document.

    ``name`` is for messages, and its ending a hint; ``path``: where the file lies as it is, where it does.  What was
    met on the way is added to ``tally``.  Raises BadContent, naming ``name``, for what is no text or cannot be read.
    """
    first = True
    for member, text in _texts(Content(name, blocks, path), tally, options, ()):
        if not first:
            yield [""]  # a file's end is a document's end
        first = False
        batches = clean(text, member, tally, options.normalize)
        for batch in split_batches(batches, options.split_lines, tally):
            yield batch


def _texts(
    content: Content, tally: Tally, options: Options, outer: Tuple[str, ...]
) -> Iterator[Tuple[str, Iterator[bytes]]]:
    """(name, blocks of UTF-8) of each text that a file holds."""
    found = _first(PACKED, content)
    if found is None:
        yield content.name, _text(content, tally, options)
        return
    if found.read is None:
        raise BadContent(f"{content.name} {found.refusal}")
    if len(outer) == NESTED:
        raise BadContent(f"{content.name} is packed over and over ({', '.join(outer)}): unpack it by hand")
    if found.read in (packing.unzip, packing.untar):
        choose = functools.partial(names.choose, where=content.name, language=options.language, tally=tally)
        members, count = found.read(content, choose), 0
    else:
        members, count = iter([Content(content.name, found.read(content), packed=True)]), 0
    for member in members:
        count += 1
        for name, text in _texts(member, tally, options, outer + (found.name,)):
            yield name, text
    if not count:
        raise BadContent(f"the {found.name} archive {content.name} has no file of text in it: give the text's own file")


def _text(content: Content, tally: Tally, options: Options) -> Iterator[bytes]:
    """The UTF-8 text of a file that is not packed."""
    found = _first(BINARY, content)
    if found is None:
        encoding = options.encoding or encodings.of_head(content.head)
        if encoding is None:
            found = _first([UNKNOWN_BINARY], content)
    if found and found.read:
        _note_without_effect(found, content, tally, options)
        return found.read(content, options, tally)
    if found:
        raise BadContent(f"{content.name} {found.refusal}")
    blocks = encodings.as_utf8(content.blocks, content.name, encoding, tally)
    text = Content(content.name, blocks, packed=content.packed)
    start = text.head.decode("utf-8", "replace").lstrip("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    found = next((row for row in TEXT if row.recognise(text, start)), None)
    if found and found.refusal:
        raise BadContent(f"{content.name} {found.refusal}")
    promised = PROMISED.get(content.ending)
    if promised and content.head:
        raise BadContent(
            f"{content.name} is not a {promised} file, though its name ends in {content.ending}: fetch or pack it again"
        )
    _note_without_effect(found, text, tally, options)
    if found is None:
        return text.blocks
    return found.read(text, options, tally)


def _note_without_effect(found: Optional[Format], content: Content, tally: Tally, options: Options) -> None:
    """Say what of the ``options`` a file of this format has nothing to do with."""
    reader = found.read if found else None
    if options.column is not None and reader not in TABLES:
        tally.note(content.name, f"CORPUS_COLUMN {options.column!r} has no effect, for this is no table")
    if options.language is not None and reader is not markup.read_tmx and not names.of_a_pair(content.name):
        tally.note(content.name, f"CORPUS_LANGUAGE {options.language!r} has no effect, for this is no text in several")


def _first(rows: List[Format], content: Content) -> Optional[Format]:
    return next((row for row in rows if row.recognise(content)), None)
