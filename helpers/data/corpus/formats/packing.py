"""Packed files: gzip, bzip2, xz and zstd unpacked as they stream by; the members of zip and tar one after the other."""

import bz2
import errno
import io
import lzma
import struct
import tarfile
import zipfile
import zlib
from typing import Any, Callable, Iterator, List, NamedTuple, Optional

from helpers.data.corpus.formats.content import BlocksFile, Content
from helpers.data.corpus.text import BadContent

UNPACK_BYTES = 1 << 18  # unpacked in pieces of this size at most
BOMB_BYTES, BOMB_RATIO = 64 << 20, 250  # text shrinks to a third in gzip; beyond this it is no text
XZ_MEMORY = 256 << 20


class Packing(NamedTuple):
    """How a stream of one kind is unpacked: a new decoder, and what it raises at damage."""

    what: str
    decoder: Callable[[], Any]
    damage: Any


GZIP = Packing("gzip", lambda: _Gzip(), zlib.error)
BZIP2 = Packing("bzip2", bz2.BZ2Decompressor, (OSError, ValueError))
XZ = Packing("xz", lambda: lzma.LZMADecompressor(memlimit=XZ_MEMORY), lzma.LZMAError)


class _Gzip:
    """zlib's decoder with the manners of the others."""

    def __init__(self) -> None:
        self._decoder, self._last = zlib.decompressobj(wbits=31), 0

    def decompress(self, data: bytes, most: int) -> bytes:
        piece = self._decoder.decompress(self._decoder.unconsumed_tail + data, most)
        self._last = len(piece) if len(piece) == most else 0
        return piece

    @property
    def eof(self) -> bool:
        return self._decoder.eof

    @property
    def unused_data(self) -> bytes:
        return self._decoder.unused_data

    @property
    def needs_input(self) -> bool:  # a full piece may have left some inside the decoder
        return not (self._decoder.unconsumed_tail or self._last)


def unpack(content: Content, packing: Packing) -> Iterator[bytes]:
    """Yield what a packed stream holds, all its members in a row, piece by piece; the decoder checks each member.

    Raises BadContent where it is damaged, cut short or a bomb.
    """
    decoder, size = packing.decoder(), _Size(content.name, packing.what)
    for block in content.blocks:
        size.packed += len(block)
        while True:
            if decoder.eof:
                block = (decoder.unused_data + block).lstrip(b"\0")  # padding between or after members
                if not block:
                    break
                decoder = packing.decoder()
            try:
                piece = decoder.decompress(block, UNPACK_BYTES)
            except packing.damage as error:
                raise BadContent(f"the {packing.what} file {content.name} is damaged ({error}): fetch or pack it again")
            size.add(piece)
            if piece:
                yield piece
            block = b""
            if decoder.needs_input and not decoder.eof:
                break
            if decoder.eof and not decoder.unused_data:
                break
    if not decoder.eof:
        raise BadContent(f"the {packing.what} file {content.name} is cut short: fetch or copy it again")


class _Size:
    """Watches over what is unpacked."""

    def __init__(self, name: str, what: str, packed: int = 0) -> None:
        self._name, self._what, self.packed, self._unpacked = name, what, packed, 0

    def add(self, piece: bytes) -> None:
        self._unpacked += len(piece)
        if self._unpacked > BOMB_BYTES and self._unpacked > BOMB_RATIO * self.packed:
            raise BadContent(
                f"the {self._what} file {self._name} unpacks to over {BOMB_RATIO} times its size, which no text does: "
                "refused"
            )


class _Zstd:
    """The package zstandard's decoder with the manners of the others; it is fed little, as it gives all it can."""

    BYTES = 1 << 10

    def __init__(self) -> None:
        import zstandard

        self._decoder, self._left = zstandard.ZstdDecompressor(max_window_size=1 << 27).decompressobj(), b""

    def decompress(self, data: bytes, most: int) -> bytes:
        self._left += data
        piece, self._left = self._left[: self.BYTES], self._left[self.BYTES :]
        return self._decoder.decompress(piece) if piece else b""

    @property
    def eof(self) -> bool:
        return self._decoder.eof

    @property
    def unused_data(self) -> bytes:
        return self._decoder.unused_data + self._left

    @property
    def needs_input(self) -> bool:
        return not self._left


def zstd(name: str) -> Packing:
    """How zstd is unpacked; takes a Python that can (3.14) or the package zstandard."""
    try:
        from compression.zstd import ZstdDecompressor, ZstdError

        return Packing("zstd", ZstdDecompressor, ZstdError)
    except ImportError:
        pass
    try:
        from zstandard import ZstdError
    except ImportError:
        raise BadContent(
            f"{name} is a zstd file, and reading it takes the package zstandard: pip install zstandard, or unpack it "
            "with zstd -d"
        )
    return Packing("zstd", _Zstd, ZstdError)


class _Explained:
    """Turns what zipfile and tarfile raise at damage into a sentence."""

    ERRORS = (zipfile.BadZipFile, tarfile.TarError, zlib.error, lzma.LZMAError, struct.error, NotImplementedError)
    ERRORS += (EOFError, ValueError, OverflowError, RuntimeError, KeyError)

    def __init__(self, content: Content, what: str) -> None:
        self._name, self._what = content.name, what

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: Any, error: Any, trace: Any) -> None:
        # A place in the file that cannot be, and a bzip2 member's damage, come as OSErrors of their own.
        if isinstance(error, self.ERRORS) or (isinstance(error, OSError) and error.errno in (None, errno.EINVAL)):
            said = " ".join(str(error).split())[:80]
            raise BadContent(
                f"the {self._what} archive {self._name} is damaged or cut short ({said}): fetch or pack it again"
            )


def unzip(content: Content, choose: Callable[[List[str]], List[str]]) -> Iterator[Content]:
    """Yield the members of a zip archive that ``choose`` picks, each to be read before the next is asked for."""
    explained = _Explained(content, "zip")
    with content.file() as file, explained, zipfile.ZipFile(file) as archive:
        members = {member.filename: member for member in archive.infolist() if not member.filename.endswith("/")}
        for name in choose(sorted(members)):
            if members[name].flag_bits & 1:
                raise BadContent(f"{content.name} is locked with a password: unpack it (unzip) and give the folder")
            size = _Size(f"{content.name}/{name}", "zip", members[name].compress_size)
            with archive.open(members[name]) as unpacked:
                yield Content(f"{content.name}/{name}", _pieces(unpacked, explained, size))


def untar(content: Content, choose: Callable[[List[str]], List[str]]) -> Iterator[Content]:
    """Yield the members of a tar archive that ``choose`` picks, each to be read before the next is asked for."""
    explained = _Explained(content, "tar")
    blocks = io.BufferedReader(BlocksFile(content.blocks), UNPACK_BYTES)
    with explained, tarfile.open(fileobj=blocks, mode="r|") as archive:
        for member in archive:
            if member.isfile() and choose([member.name]):
                unpacked = archive.extractfile(member)
                yield Content(f"{content.name}/{member.name}", _pieces(unpacked, explained))


def _pieces(file: Any, explained: _Explained, size: Optional[_Size] = None) -> Iterator[bytes]:
    while True:
        with explained:
            piece = file.read(UNPACK_BYTES)
        if not piece:
            return
        if size:
            size.add(piece)
        yield piece
