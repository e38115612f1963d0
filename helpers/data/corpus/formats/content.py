"""One file's content on its way: its name, how it begins, and its bytes as blocks or as a file to seek in."""

import contextlib
import io
import itertools
import os
import tempfile
from typing import Any, Iterable, Iterator, NamedTuple, Optional

SNIFF_BYTES = 1 << 16
PACKINGS = (".gz", ".bz2", ".xz", ".lzma", ".zst")


class Options(NamedTuple):
    """What a user says about his files; None: find it out."""

    column: Optional[str] = None  # of a table, by name (or number from 1)
    encoding: Optional[str] = None
    language: Optional[str] = None  # of a file in several
    normalize: bool = True
    split_lines: Optional[bool] = None


DEFAULT = Options()


class Content:
    """A file's bytes.

    ``name``: for messages, and a hint; ``head``: the first SNIFF_BYTES; ``blocks``: all of it, to be read once;
    ``path``: where it lies on this machine as it is, if it does; ``packed``: whether it came out of a packed file,
    whose name it has.
    """

    def __init__(self, name: str, blocks: Iterable[bytes], path: Optional[str] = None, packed: bool = False) -> None:
        self.name, self._path, self.packed = name, path, packed
        rest, begun = iter(blocks), b""
        for block in rest:
            begun += block
            if len(begun) >= SNIFF_BYTES:
                break
        self.head = begun[:SNIFF_BYTES]
        self.blocks = itertools.chain([begun] if begun else [], rest)

    @property
    def ending(self) -> str:
        """The name's ending in small letters, such as ".csv": of an address without what was asked for, of what came
        out of a packed file without that packing's."""
        name = self.name.lower()
        if "://" in name:
            name = name.split("?")[0].split("#")[0]
        name, ending = os.path.splitext(name)
        while self.packed and ending in PACKINGS:
            name, ending = os.path.splitext(name)
        return ending

    @contextlib.contextmanager
    def file(self) -> Iterator[Any]:
        """The content as a binary file that can be sought in; what streams by is kept on the disk meanwhile."""
        if self._path:
            with open(self._path, "rb") as file:
                yield file
        else:
            with tempfile.TemporaryFile() as file:
                for block in self.blocks:
                    file.write(block)
                file.seek(0)
                yield file


class BlocksFile(io.RawIOBase):
    """Blocks as a file that is read from start to end."""

    def __init__(self, blocks: Iterable[bytes]) -> None:
        self._blocks, self._left = iter(blocks), b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._left:
            block = next(self._blocks, None)
            if block is None:
                return 0
            self._left = block
        size = min(len(buffer), len(self._left))
        buffer[:size] = self._left[:size]
        self._left = self._left[size:]
        return size


def lines_of(blocks: Iterable[bytes], most: int, too_long: Exception) -> Iterator[str]:
    """The lines of UTF-8 text without their ends; raises ``too_long`` where one has more than ``most`` bytes."""
    rest = pending = b""
    for block in blocks:
        data, pending = rest + pending + block, b""
        if b"\r" in data:
            if data.endswith(b"\r"):  # perhaps half a \r\n: it waits for the next block
                data, pending = data[:-1], b"\r"
            data = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        lines = data.split(b"\n")
        rest = lines.pop()
        for line in lines:
            yield line.decode("utf-8", "replace").lstrip("\ufeff")
        if len(rest) > most:
            raise too_long
    if rest:
        yield rest.decode("utf-8", "replace").lstrip("\ufeff")


def as_blocks(lines: Iterable[str], count: int = 2000) -> Iterator[bytes]:
    """Lines as blocks of UTF-8."""
    kept = []
    for line in lines:
        kept.append(line)
        if len(kept) == count:
            yield ("\n".join(kept) + "\n").encode("utf-8", "replace")
            kept = []
    if kept:
        yield ("\n".join(kept) + "\n").encode("utf-8", "replace")
