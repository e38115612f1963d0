"""Blocks of bytes in, clean lines of text out: unpacking, decoding, cleaning, in constant memory.

    for lines in clean(unpacked(blocks, "es.txt.gz"), "es.txt.gz", Tally()):
        ...  # a list of str; "" is a blank line, that is, the end of a document

What cleaning does: ``\\r\\n`` and ``\\r`` end a line as ``\\n`` does; a byte order mark goes; tabs and the
other control characters that separate (form feed, next line, ...) become a space and the rest of them go,
with the line where there is nothing else on it, so that ``str.splitlines`` and ``split("\\n")`` see the same
lines; white space at both ends goes; bytes that are not UTF-8 become U+FFFD and are counted; a line over
MAX_LINE_BYTES is cut at a space.  The result depends on the bytes alone, not on how they came in blocks.
"""

import re
import zlib

from helpers.base.errors import TutorialError

MAX_LINE_BYTES = 10000
UNPACK_BYTES = 1 << 18  # text is unpacked in pieces of this size at most
BOMB_BYTES, BOMB_RATIO = 64 << 20, 250  # text shrinks to a third in gzip; beyond this it is no text
SNIFF_BYTES = 1024
WRONG_ENCODING_LINES, WRONG_ENCODING_SHARE = 20, 0.05

GZIP = b"\x1f\x8b"
ARCHIVES = {
    GZIP: "a gzip file within a gzip file",
    b"PK\x03\x04": "a zip archive",
    b"BZh": "a bzip2 file",
    b"\xfd7zXZ": "an xz file",
    b"\x28\xb5\x2f\xfd": "a zstd file",
    b"7z\xbc\xaf": "a 7-Zip archive",
    b"%PDF": "a PDF",
}
_SEPARATORS = "\t\x0b\x0c\x1c\x1d\x1e\x1f\x85\u2028\u2029"
_CONTROL = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\ufeff]")
_NOT_UTF8 = re.compile("[\udc80-\udcff]")  # what "surrogateescape" makes of such a byte


class BadContent(TutorialError):
    """The bytes are not the text that they should be; asking for the same bytes again is of no use."""


class Tally:
    """What cleaning met on its way: numbers for the manifest and for the user.

    ``bad_bytes``: bytes that were not UTF-8, on ``bad_lines`` lines, of which ``first_bad`` says the first
    (file and line number from 1); ``cut_lines``: lines that were too long; ``lines``: all lines read.
    """

    def __init__(self):
        self.lines = self.bad_bytes = self.bad_lines = self.cut_lines = 0
        self.first_bad = None

    def messages(self):
        """One sentence for each thing that a user should know."""
        if self.bad_bytes:
            yield (
                "{} of {} lines {} not UTF-8 (the first is {}): {} became \N{REPLACEMENT CHARACTER}; if this is "
                "Latin-1, convert it with iconv -f latin1 -t utf-8".format(
                    format(self.bad_lines, ","),
                    format(self.lines, ","),
                    "is" if self.bad_lines == 1 else "are",
                    self.first_bad,
                    "1 byte" if self.bad_bytes == 1 else "{} bytes".format(format(self.bad_bytes, ",")),
                )
            )
        if self.cut_lines:
            text = "%s over %s bytes long %s cut at spaces; the format is one sentence a line"
            lines = "1 line" if self.cut_lines == 1 else f"{format(self.cut_lines, ',')} lines"
            yield text % (lines, format(MAX_LINE_BYTES, ","), "was" if self.cut_lines == 1 else "were")


def unpacked(blocks, name):
    """Yield the text bytes of a plain or gzip file given in ``blocks``; which one, its first bytes tell.

    Raises BadContent, naming ``name``, for what is neither: a web page, an archive, UTF-16, binary data,
    a gzip that is damaged, cut short or a bomb.
    """
    head, blocks = _peek(iter(blocks))
    if head.startswith(GZIP):
        head, blocks = _peek(_gunzip(_joined(head, blocks), name))
    elif name.split("?")[0].endswith(".gz") and head and not _is_web_page(head):
        raise BadContent(f"{name} is not a gzip file, though its name ends in .gz: fetch or pack it again")
    problem = _problem(head)
    if problem:
        raise BadContent(f"{name} {problem}")
    return _joined(head, blocks)


def _peek(blocks):
    """The first bytes, and the blocks that follow them."""
    head = b""
    for block in blocks:
        head += block
        if len(head) >= SNIFF_BYTES:
            break
    return head, blocks


def _joined(head, blocks):
    if head:
        yield head
    for block in blocks:
        yield block


def _is_web_page(head):
    return head.lstrip(b"\xef\xbb\xbf \t\r\n")[:14].lower().startswith((b"<!doctype html", b"<html"))


def _problem(head):
    """Why a file that begins so is not text, or None."""
    for magic, what in ARCHIVES.items():
        if head.startswith(magic):
            return f"is {what}, not text: unpack or convert it to .txt or .txt.gz"
    if _is_web_page(head):
        return "is a web page (HTML), not text: check the address, or whether the site asks for a login"
    if head.startswith((b"\xff\xfe", b"\xfe\xff")) or any(_nul_share(head[i::2]) > 0.8 for i in (0, 1)):
        return "is not UTF-8 but UTF-16: convert it with iconv -f utf-16 -t utf-8"
    if len(head) >= SNIFF_BYTES and _nul_share(head) > 0.3:
        return "is not text (it is full of NUL bytes): give a .txt or .txt.gz file"
    return None


def _nul_share(data):
    return data.count(b"\0") / len(data) if data else 0.0


def _gunzip(blocks, name):
    """Unpack all members of a gzip, piece by piece; zlib checks each member's CRC and length."""
    decoder, packed_bytes, unpacked_bytes = zlib.decompressobj(wbits=31), 0, 0
    for block in blocks:
        packed_bytes += len(block)
        more = True
        while more:
            if decoder.eof:
                block = block.lstrip(b"\0")  # padding between or after members
                if not block:
                    break
                decoder = zlib.decompressobj(wbits=31)
            try:
                piece = decoder.decompress(block, UNPACK_BYTES)
            except zlib.error as error:
                raise BadContent(f"the gzip file {name} is damaged ({error}): fetch or pack it again")
            unpacked_bytes += len(piece)
            if unpacked_bytes > BOMB_BYTES and unpacked_bytes > BOMB_RATIO * packed_bytes:
                text = "the gzip file %s unpacks to over %d times its size, which no text does: refused"
                raise BadContent(text % (name, BOMB_RATIO))
            if piece:
                yield piece
            block = decoder.unused_data if decoder.eof else decoder.unconsumed_tail
            more = block or len(piece) == UNPACK_BYTES  # a full piece may have left some inside the decoder
    if not decoder.eof:
        raise BadContent(f"the gzip file {name} is cut short: fetch or copy it again")


def clean(blocks, name, tally):
    """Yield lists of clean lines; blank lines come as ``""``, several in a row as several.

    ``name`` is the file's, for messages; ``tally`` (a :class:`Tally`) is added to.  Raises BadContent where
    so many lines are not UTF-8 that the file must be in another encoding.
    """
    bad_before, lines_before = tally.bad_lines, tally.lines
    for pieces, numbers in _raw_lines(blocks, tally):
        yield _clean_lines(pieces, numbers, name, tally)
        bad, lines = tally.bad_lines - bad_before, tally.lines - lines_before
        if bad >= WRONG_ENCODING_LINES and bad > WRONG_ENCODING_SHARE * lines:
            raise BadContent(
                f"{name} is not UTF-8: {format(bad, ',')} of its first {format(lines, ',')} lines are not (the first is {tally.first_bad}); if it is Latin-1, convert it with iconv -f latin1 -t utf-8"
            )


def _raw_lines(blocks, tally):
    """Yield (list of raw lines, their numbers in the file, from 1)."""
    rest, cutting, number = b"", False, 1
    for block in blocks:
        data = rest + block
        pending = b""
        if b"\r" in data:
            if data.endswith(b"\r"):  # perhaps half a \r\n: it waits for the next block
                data, pending = data[:-1], b"\r"
            data = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        lines = data.split(b"\n")
        numbers = range(number, number + len(lines))
        number += len(lines) - 1  # the last one has not ended yet
        tally.lines += len(lines) - 1
        if cutting or max(map(len, lines)) > MAX_LINE_BYTES:
            lines, numbers, rest, cutting = _cut_lines(lines, numbers, cutting, tally)
        else:
            rest = lines.pop()
        if lines:
            yield lines, numbers
        rest += pending
    if rest:
        tally.lines += 1
        lines, numbers, _, _ = _cut_lines([rest.rstrip(b"\r"), b""], [number, number], cutting, tally)
        yield lines, numbers


def _cut_lines(lines, numbers, cutting, tally):
    """Cut what is too long.  The last of ``lines`` has not ended yet: what is left of it comes back apart.

    ``cutting`` says whether the first of ``lines`` is the rest of one that was cut before.  Where a piece
    ends depends on its own bytes alone, so that it is the same however the text came in blocks.
    """
    pieces, piece_numbers = [], []
    for index, (line, number) in enumerate(zip(lines, numbers)):
        if len(line) > MAX_LINE_BYTES or cutting:
            line = line.lstrip()
        while len(line) > MAX_LINE_BYTES:
            end = _cut_position(line)
            pieces.append(line[:end])
            piece_numbers.append(number)
            tally.cut_lines += not cutting
            cutting = True
            line = line[end:].lstrip()
        if index == len(lines) - 1:
            return pieces, piece_numbers, line, cutting
        if line or not cutting:
            pieces.append(line)
            piece_numbers.append(number)
        cutting = False


def _cut_position(line):
    """After the last space that fits, or else between two characters."""
    end = line.rfind(b" ", 0, MAX_LINE_BYTES) + 1
    if end == 0:
        end = MAX_LINE_BYTES
        while end > MAX_LINE_BYTES - 3 and line[end] & 0xC0 == 0x80:  # inside a UTF-8 character
            end -= 1
    return end


def _clean_lines(lines, numbers, name, tally):
    raw = b"\n".join(lines)
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        text = raw.decode("utf-8", "surrogateescape")
        for line, number in zip(text.split("\n"), numbers):
            bad = len(_NOT_UTF8.findall(line))
            if bad:
                tally.first_bad = tally.first_bad or f"{name}, line {number}"
                tally.bad_bytes += bad
                tally.bad_lines += 1
        text = _NOT_UTF8.sub("\N{REPLACEMENT CHARACTER}", text)
    if not _CONTROL.search(text):
        return [line.strip() for line in text.split("\n")]
    kept = []
    for line in text.split("\n"):
        clean_line = _CONTROL.sub(lambda match: " " if match.group() in _SEPARATORS else "", line).strip()
        if clean_line or not line.strip():  # a stray control character on a line of its own is no blank line
            kept.append(clean_line)
    return kept
