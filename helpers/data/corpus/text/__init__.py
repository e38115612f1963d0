"""Blocks of UTF-8 in, clean lines of text out, in constant memory.

    for lines in clean(blocks, "es.txt", Tally()):
        ...  # a list of str; "" is a blank line, that is, the end of a document

What cleaning does: ``\\r\\n``, ``\\r`` and Unicode's line and paragraph separators end a line as ``\\n`` does; a byte
order mark goes; tabs and the other control characters that separate (form feed, next line, ...) become a space and the
rest of them go, with the line where there is nothing else on it, so that ``str.splitlines`` and ``split("\\n")`` see
the same lines; no-break spaces become spaces; soft hyphens and zero-width spaces go; white space at both ends goes;
bytes that are not UTF-8 become U+FFFD and are counted; a line over MAX_LINE_BYTES is cut at a sentence's end or a
space; UTF-8 that was decoded twice is mended (``mending``) and the text put into NFC, unless that is not wanted. The
result depends on the bytes alone, not on how they came in blocks.
"""

import re
from typing import Iterable, Iterator, List, Sequence, Tuple

from helpers.base.errors import TutorialError
from helpers.data.corpus.account import LONG_WORD, Tally, long_words
from helpers.data.corpus.text import mending

MAX_LINE_BYTES = 10000
WRONG_ENCODING_LINES, WRONG_ENCODING_SHARE = 20, 0.05
_LINE_ENDS = (b"\xe2\x80\xa8", b"\xe2\x80\xa9")  # U+2028, U+2029
_SEPARATORS = "\t\x0b\x0c\x1c\x1d\x1e\x1f\x85\xa0\u2007\u2028\u2029\u202f"
_CONTROL = re.compile("[\x00-\x09\x0b-\x1f\x7f-\xa0\xad\u2007\u200b\u2028\u2029\u202f\u2060\ufeff]")
_WIDE_SPACES = re.compile(rb"\xe2(?:\x80[\x80-\x8a]|\x81\x9f)")  # beside U+1680 and U+3000
_NOT_UTF8 = re.compile("[\udc80-\udcff]")  # what "surrogateescape" makes of such a byte
# The marks of other models' text.
_MARKS = re.compile(rb"</?s>|<\|endoftext\|>|<(?:unk|pad|mask)>|\[(?:CLS|SEP|MASK|PAD|UNK)\]")
_SENTENCE_ENDS = tuple(end.encode("utf-8") for end in (". ", "? ", "! ", "。", "！", "？"))


class Continued(str):
    """A line that goes on in the next one: a piece of one that was too long."""


class BadContent(TutorialError):
    """The bytes are not the text that they should be; asking for the same bytes again is of no use."""


def clean(blocks: Iterable[bytes], name: str, tally: Tally, normalize: bool = True) -> Iterator[List[str]]:
    """Yield lists of clean lines; blank lines come as ``""``, several in a row as several.

    ``name`` is the file's, for messages; ``tally`` is added to; ``normalize``: whether to mend UTF-8 that was decoded
    twice, and to put the text into NFC.  Raises BadContent where so many lines are not UTF-8 that part of the file must
    be in another encoding.
    """
    bad_before, lines_before, spoilt_before = tally.bad_lines, tally.lines, tally.spoilt_lines
    for pieces, numbers, longest in _raw_lines(blocks, tally):
        lines_here = _clean_lines(pieces, numbers, name, tally, normalize)
        if longest > LONG_WORD:
            tally.long_words += sum(map(long_words, [line for line in lines_here if len(line) > LONG_WORD]))
        if isinstance(numbers, list):  # some were cut
            _mark(lines_here, numbers)
        yield lines_here
        bad, lines = tally.bad_lines - bad_before, tally.lines - lines_before
        if bad >= WRONG_ENCODING_LINES and bad > WRONG_ENCODING_SHARE * lines:
            raise BadContent(
                f"{name} is UTF-8 in one part and in another encoding in the next: {format(bad, ',')} of its first "
                f"{format(lines, ',')} lines are not UTF-8 (the first is {tally.first_bad}); take the parts apart and "
                "convert the one that is not UTF-8 with iconv"
            )
        spoilt = tally.spoilt_lines - spoilt_before
        if spoilt >= WRONG_ENCODING_LINES and spoilt > WRONG_ENCODING_SHARE * lines:
            raise BadContent(
                f"{name} has lost letters when it was converted: {format(spoilt, ',')} of its first "
                f"{format(lines, ',')} lines have ? or \N{REPLACEMENT CHARACTER} or another alphabet's letters within "
                "words; get it anew from where it came from, in UTF-8, or take it as it is with normalize=False "
                "(--no-normalize)"
            )


def _raw_lines(blocks: Iterable[bytes], tally: Tally) -> Iterator[Tuple[List[bytes], Sequence[int], int]]:
    """Yield (list of raw lines, their numbers in the file, from 1, the longest's bytes); where lines were cut, the
    number of what comes next is there too."""
    rest, cutting, number = b"", False, 1
    for block in blocks:
        data = rest + block
        pending = b""
        if b"\r" in data:
            if data.endswith(b"\r"):  # perhaps half a \r\n: it waits for the next block
                data, pending = data[:-1], b"\r"
            data = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        for mark in _LINE_ENDS:
            if mark in data:
                data = data.replace(mark, b"\n")
        lines = data.split(b"\n")
        numbers = range(number, number + len(lines))
        number += len(lines) - 1  # the last one has not ended yet
        tally.lines += len(lines) - 1
        longest = max(map(len, lines))
        if cutting or longest > MAX_LINE_BYTES:
            lines, numbers, rest, cutting = _cut_lines(lines, numbers, cutting, tally)
        else:
            rest = lines.pop()
        if lines:
            yield lines, numbers, longest
        rest += pending
    if rest:
        tally.lines += 1
        lines, numbers, _, _ = _cut_lines([rest.rstrip(b"\r"), b""], [number, number], cutting, tally)
        yield lines, numbers, len(rest)


def _cut_lines(
    lines: List[bytes], numbers: Sequence[int], cutting: bool, tally: Tally
) -> Tuple[List[bytes], List[int], bytes, bool]:
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
            return pieces, piece_numbers + [number if cutting else 0], line, cutting
        if line or not cutting:
            pieces.append(line)
            piece_numbers.append(number)
        cutting = False


def _mark(lines: List[str], numbers: Sequence[int]) -> None:
    """Mark the pieces of ``lines`` that go on in the next one, which has the same number."""
    if len(lines) + 1 == len(numbers):
        for place, line in enumerate(lines):
            if numbers[place] == numbers[place + 1]:
                lines[place] = Continued(line)


def _cut_position(line: bytes) -> int:
    """After the last sentence or else the last space that fits, or else between two characters."""
    end = max(line.rfind(mark, 0, MAX_LINE_BYTES) + len(mark) for mark in _SENTENCE_ENDS)
    if end <= MAX_LINE_BYTES // 2:
        end = line.rfind(b" ", 0, MAX_LINE_BYTES) + 1
    if end == 0:
        end = MAX_LINE_BYTES
        while end > MAX_LINE_BYTES - 3 and line[end] & 0xC0 == 0x80:  # inside a UTF-8 character
            end -= 1
    return end


def _clean_lines(
    lines: List[bytes], numbers: Sequence[int], name: str, tally: Tally, normalize: bool = True
) -> List[str]:
    raw = b"\n".join(lines)
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        text = raw.decode("utf-8", "surrogateescape")
        for line, number in zip(text.split("\n"), numbers):
            bad = len(_NOT_UTF8.findall(line))
            if bad:
                tally.add_bad(f"{name}, line {number}", bad)
        text = _NOT_UTF8.sub("\N{REPLACEMENT CHARACTER}", text)
    if (b"<" in raw or b"[" in raw) and _MARKS.search(raw):
        tally.marked_lines += sum(_MARKS.search(line) is not None for line in lines)
    if b"\0" in raw:
        _count_nul(lines, numbers, name, tally)
    if normalize:
        tally.spoilt_lines += mending.spoilt(raw, text)
        text = mending.mend(raw, text, tally)
    if "\x85" in text:  # "next line", which only what was mended shows for sure
        text = text.replace("\x85", "\n")
    if not _CONTROL.search(text):
        if _is_stripped(raw):
            return text.split("\n")
        return [line.strip() for line in text.split("\n")]
    kept = []
    for line in text.split("\n"):
        clean_line = _CONTROL.sub(lambda match: " " if match.group() in _SEPARATORS else "", line).strip()
        if clean_line or not line.strip():  # a stray control character on a line of its own is no blank line
            kept.append(clean_line)
    return kept


def _count_nul(lines: List[bytes], numbers: Sequence[int], name: str, tally: Tally) -> None:
    """NULs are no characters of a text: many in a line come of UTF-16, a few are left out."""
    for line, number in zip(lines, numbers):
        count = line.count(b"\0")
        if 4 * count > len(line):
            tally.add_bad(f"{name}, line {number}", count)
        elif count:
            tally.nul_lines += 1


def has_wide_spaces(raw: bytes) -> bool:
    """Whether UTF-8 may have white space beyond ASCII; what takes long to see counts as such."""
    return b"\xe1" in raw or b"\xe3" in raw or (b"\xe2" in raw and _WIDE_SPACES.search(raw) is not None)


def _is_stripped(raw: bytes) -> bool:
    """Whether it is quick to see that no line begins or ends with white space."""
    ends = raw[:1] + raw[-1:]
    return not (b" " in ends or b"\n " in raw or b" \n" in raw or has_wide_spaces(raw))
