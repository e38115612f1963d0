"""How a corpus file is cut into chunks of whole lines."""

import collections
import gzip
import zlib

from helpers.base import remote
from helpers.base.errors import TutorialError

LONGEST_LINE = 16 << 20  # bytes; a longer one is not a sentence

# A piece of a file, small and picklable: bytes ``start`` to ``stop`` of its (unpacked) text.  ``text`` holds
# them for a packed file, which cannot be read from the middle; else it is None.  ``used``: bytes of the file
# itself; ``is_last``: whether the file ends here.
Chunk = collections.namedtuple("Chunk", "path start stop text used is_last")


def chunks(path, chunk_bytes):
    """Cut a file into Chunks of about ``chunk_bytes``, each ending with a line."""
    cut = _cut_packed if path.endswith(".gz") else _cut_plain
    with remote.open_file(path) as file:
        held = None
        for start, stop, text, used in cut(path, file, chunk_bytes):
            if held:
                yield Chunk(*held, is_last=False)
            held = path, start, stop, text, used
        if held:
            yield Chunk(*held, is_last=True)


def read(chunk):
    """The bytes of a chunk."""
    if chunk.text is not None:
        return chunk.text
    with remote.open_file(chunk.path) as file:
        file.seek(chunk.start)
        return file.read(chunk.stop - chunk.start)


def _cut_plain(path, file, chunk_bytes):
    size, start = remote.file_size(path), 0
    while start < size:
        stop = min(start + chunk_bytes, size)
        file.seek(stop)
        stop += len(_rest_of_line(path, file, stop))
        yield start, stop, None, stop - start
        start = stop


def _cut_packed(path, file, chunk_bytes):
    start = used = 0
    with gzip.GzipFile(fileobj=file) as unpacked:
        while True:
            try:
                text = unpacked.read(chunk_bytes)
                text += _rest_of_line(path, unpacked, start + len(text))
            except (EOFError, OSError, zlib.error) as error:
                raise TutorialError(f"{path} is not a whole gzip file ({error}): fetch or pack it again")
            if not text:
                return
            place = file.tell()
            yield start, start + len(text), text, place - used
            start, used = start + len(text), place


def _rest_of_line(path, file, place):
    rest = file.readline(LONGEST_LINE)
    if len(rest) == LONGEST_LINE:
        raise TutorialError(
            f"{path} has a line of over {int(LONGEST_LINE >> 20)} MB at byte {place}: a corpus has one sentence a line"
        )
    return rest
