"""Text in any encoding, made UTF-8 while it streams by.

    for block in as_utf8(blocks, "es.txt", None, tally): ...

UTF-8, UTF-16 and UTF-32 are known by their mark or pattern.  Text that is none of them is judged where its first
characters beyond ASCII stand: read where two judges, charset-normalizer and ``plausible``, agree and the difference to
the next best is clear (and what was assumed is said), else refused with the one remedy for that text.
"""

import codecs
import itertools
import re
from typing import Iterable, Iterator, List, NamedTuple, Optional, Tuple

from helpers.base.errors import TutorialError, did_you_mean
from helpers.data.corpus.account import Tally
from helpers.data.corpus.formats.content import SNIFF_BYTES
from helpers.data.corpus.formats.encodings.plausible import LEAD, LEAST, plausible
from helpers.data.corpus.text import BadContent

# What text is found in besides Unicode, and the name that iconv and a person know each by.  The first of two that give
# the same text is the wider one.
KNOWN = {
    "cp1252": "CP1252", "iso8859_15": "ISO-8859-15", "cp1250": "CP1250", "iso8859_2": "ISO-8859-2",
    "cp1257": "CP1257", "cp1254": "CP1254", "cp850": "CP850", "cp852": "CP852", "mac_roman": "MACINTOSH",
    "cp1251": "CP1251", "koi8_r": "KOI8-R", "koi8_u": "KOI8-U", "cp866": "CP866", "iso8859_5": "ISO-8859-5",
    "mac_cyrillic": "MAC-CYRILLIC", "cp1253": "CP1253", "iso8859_7": "ISO-8859-7", "cp1255": "CP1255",
    "cp1256": "CP1256", "iso8859_6": "ISO-8859-6", "cp874": "CP874", "gb18030": "GB18030", "cp950": "CP950",
    "big5hkscs": "BIG5-HKSCS", "cp932": "CP932", "euc_jp": "EUC-JP", "cp949": "CP949",
}  # fmt: skip
MARKS = [
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
]
USUAL = {"cp1252", "cp1251", "koi8_r", "cp1250", "gb18030", "cp950", "cp932", "euc_jp", "cp949", "cp1253", "cp1254",
         "cp1255", "cp1256", "cp874", "cp850", "mac_roman", "cp866"}  # fmt: skip
RARE = 0.05  # what a rarer encoding has to be better by
SAMPLE_BYTES = 2000
SECOND_JUDGES = 6  # of the likeliest encodings, between which charset-normalizer is asked to judge
ENOUGH = 4  # characters beyond ASCII that a judgment takes
MIXED = "mixed with "
FEW_MIXED = 0.1  # of the lines beyond ASCII are in each of the two encodings of a mixed file, at least
FEW_LINES = 0.02  # share of lines that may be damaged in a text that is ASCII otherwise
_MULTIBYTE = re.compile(b"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")
_BEYOND = re.compile(b"[\x80-\xff]")
_DECLARED = re.compile(rb"""\A\s*<\?xml[^>]{0,100}encoding\s*=\s*["']([\w.-]{2,40})["']""")
# Encodings that write everything in ASCII, by what they begin other letters with; and how often that is there at least.
_SHIFTS = {
    "iso2022_jp": (re.compile(rb"\x1b\$[@B]"), 1),
    "iso2022_kr": (re.compile(rb"\x1b\$\)C"), 1),
    "hz": (re.compile(rb"~\{(?:[\x21-\x77][\x21-\x7e])+~\}"), 2),
    "utf-7": (re.compile(rb"\+[A-Za-z0-9+/]{3,}-?"), ENOUGH),
}


class Guess(NamedTuple):
    """An encoding, whether it is sure, and the text of the sample read with it."""

    encoding: str
    sure: bool
    text: str


def check(encoding: Optional[str]) -> Optional[str]:
    """Python's name of an encoding that a user gives; TutorialError where there is none such."""
    if encoding is None or not str(encoding).strip():
        return None
    try:
        found = codecs.lookup(str(encoding).strip())
        "ñ".encode(found.name, "ignore")
        b"".decode(found.name)
    except (LookupError, UnicodeError, ValueError, TypeError):
        near = did_you_mean(str(encoding), list(KNOWN) + ["utf-8", "utf-16", "latin-1", "shift_jis", "gbk", "big5"])
        hint = f" ({near})" if near else ""
        raise TutorialError(f'CORPUS_ENCODING is {encoding!r}, which is no encoding{hint}: give one such as "cp1252"')
    return found.name


def of_head(head: bytes) -> Optional[str]:
    """The encoding that a file's first bytes show by a mark, a pattern of NULs or an XML declaration, or None."""
    for mark, encoding in MARKS:
        if head.startswith(mark):
            return encoding
    for encoding in ("utf-32-le", "utf-32-be", "utf-16-le", "utf-16-be"):
        if _is_wide(head, encoding):
            return encoding
    declared = _DECLARED.match(head)
    if declared and not _is_utf8(head):
        try:
            return codecs.lookup(declared.group(1).decode("ascii")).name
        except LookupError:
            pass
    return _shifting(head) if head.isascii() else None


def _shifting(head: bytes) -> Optional[str]:
    """The encoding that writes other letters in ASCII, where the text makes sense in it."""
    for encoding, (shift, least) in _SHIFTS.items():
        if len(shift.findall(head)) >= least:
            lines = [line for line in head[:SAMPLE_BYTES].split(b"\n")[:-1] if shift.search(line)] or [head]
            text = b"\n".join(lines).decode(encoding, "replace")
            if encoding.startswith("iso") or plausible(text) > LEAST:
                return encoding
    return None


def _is_wide(head: bytes, encoding: str) -> bool:
    """Whether bytes without a mark are text in an encoding of two or four bytes each: it can be read, without a NUL,
    and it has the white space and letters of a text."""
    if b"\0" not in head:
        return False
    width = 4 if "32" in encoding else 2
    text = head[: len(head) // width * width].decode(encoding, "replace")
    if "\0" in text or text.count("\N{REPLACEMENT CHARACTER}") * 50 > len(text):
        return False
    spaces = text.count(" ") + text.count("\n")
    ascii_share = sum(letter < "\x80" for letter in text) / len(text) if text else 0.0
    return spaces > 0 and (ascii_share > 0.7 or plausible(text[:2000]) > LEAST)


def _is_utf8(data: bytes, whole: bool = False) -> bool:
    """Whether bytes are UTF-8; unless they are the ``whole``, a last character may be cut off."""
    try:
        codecs.getincrementaldecoder("utf-8")().decode(data, whole)
    except UnicodeDecodeError:
        return False
    return True


def as_utf8(blocks: Iterable[bytes], name: str, encoding: Optional[str], tally: Tally) -> Iterator[bytes]:
    """Yield the text of ``blocks`` in UTF-8; bytes that are not even that are left to the cleaning.

    ``encoding`` is the one that is known, or None to find it out.  Raises BadContent where it cannot be told for sure.
    """
    blocks = iter(blocks)
    pending = b""
    while encoding is None:
        # Windows of one size, so that the judgment does not depend on how the bytes came in blocks.
        block = next(blocks, None)
        pending += block or b""
        while encoding is None and (len(pending) >= SNIFF_BYTES or (block is None and pending)):
            window = pending[:SNIFF_BYTES]
            if window.isascii():
                yield window
                pending = pending[SNIFF_BYTES:]
            else:
                encoding = _decide(window, name, tally)
        if block is None:
            break
    rest = itertools.chain([pending] if pending else [], blocks)
    if encoding in (None, "utf-8"):
        pieces = rest
    elif encoding.startswith(MIXED):
        pieces = _line_by_line(rest, encoding[len(MIXED) :])
    else:
        pieces = _transcoded(rest, encoding, name, tally)
    for piece in pieces:
        yield piece


def _line_by_line(blocks: Iterable[bytes], encoding: str) -> Iterator[bytes]:
    """Text of which each line is UTF-8 or else in ``encoding``."""
    last = b""
    for block in blocks:
        lines = (last + block).split(b"\n")
        last = lines.pop()
        for line in lines:
            yield _as_either(line, encoding) + b"\n"
    yield _as_either(last, encoding)


def _as_either(line: bytes, encoding: str) -> bytes:
    return line if _is_utf8(line, whole=True) else line.decode(encoding, "replace").encode("utf-8")


def _transcoded(blocks: Iterable[bytes], encoding: str, name: str, tally: Tally) -> Iterator[bytes]:
    wide = encoding.replace("_", "-").startswith(("utf-16", "utf-32"))
    decoder = codecs.getincrementaldecoder(encoding)("replace")
    for block in blocks:
        try:
            text = decoder.decode(block)
        except UnicodeError:  # an escape sequence that has no end is kept waiting until Python's decoder is full
            raise BadContent(
                f"{name} looks like {KNOWN.get(encoding, encoding)}, and is damaged: an escape sequence in it has no "
                "end; save it as UTF-8 in the program that wrote it, or leave it out"
            )
        _count_replaced(text, name, tally, block if not wide else b"")
        yield text.encode("utf-8", "replace")
    text = decoder.decode(b"", True)
    _count_replaced(text, name, tally, b"")
    yield text.encode("utf-8", "replace")


def _count_replaced(text: str, name: str, tally: Tally, original: bytes) -> None:
    count = text.count("\N{REPLACEMENT CHARACTER}")
    if count:
        tally.add_bad(name, count)


def _decide(block: bytes, name: str, tally: Tally) -> str:
    """The encoding of text whose first characters beyond ASCII are in ``block``."""
    if _is_utf8(block):
        return "utf-8"
    mixed = _mixed(block)
    if mixed:
        tally.note(name, f"lines that are not UTF-8, as others of it are, read as {KNOWN[mixed]}")
        return MIXED + mixed
    good = len(_MULTIBYTE.findall(block))
    bad = len(_BEYOND.findall(_MULTIBYTE.sub(b"", block)))
    if good >= 4 * bad or (good and good + bad < ENOUGH):
        return "utf-8"  # with some damage, which the cleaning counts
    guess = detect(block)
    if guess is None or not guess.sure:
        lines = block.split(b"\n")
        if bad < ENOUGH or sum(not line.isascii() for line in lines) <= FEW_LINES * len(lines):
            return "utf-8"  # ASCII with a few bytes astray
    if guess is None:
        raise BadContent(
            f"{name} is in an encoding that cannot be told: give its name as CORPUS_ENCODING (encoding=…), or save it "
            "as UTF-8 in the program that wrote it"
        )
    if not guess.sure:
        raise BadContent(f"{name} is not UTF-8: {remedy(guess.encoding)}")
    tally.note(name, f"read as {KNOWN.get(guess.encoding, guess.encoding)}, which is what its bytes look like")
    return guess.encoding


def _mixed(block: bytes) -> Optional[str]:
    """The encoding of the other lines, where some lines are UTF-8 and others are for sure in one that is not."""
    lines = [line for line in block.split(b"\n")[:-1] if not line.isascii()]
    others = [line for line in lines if not _is_utf8(line, whole=True)]
    if not FEW_MIXED * len(lines) < len(others) < (1 - FEW_MIXED) * len(lines):
        return None
    guess = detect(b"\n".join(others))
    return guess.encoding if guess and guess.sure else None


def remedy(encoding: str) -> str:
    """What to do with a file that is likely in ``encoding``."""
    return (
        f'it looks like {KNOWN.get(encoding, encoding)}, but not beyond doubt: give CORPUS_ENCODING = "{encoding}" '
        f"(encoding=…) if that is right, or convert it with iconv -f {KNOWN.get(encoding, encoding)} -t UTF-8"
    )


def detect(data: bytes) -> Optional[Guess]:
    """The likeliest encoding of bytes that are not UTF-8; None where nothing fits."""
    sample = _sample(data)
    ranked = _ranked(sample)
    if not ranked:
        return None
    score, encoding, text = ranked[0]
    second = next((other for other, _, different in ranked[1:] if different != text), -9.0)
    clear = score >= LEAST and score - second >= LEAD and len(_BEYOND.findall(sample)) >= ENOUGH
    names = [name for _, name, _ in ranked[:SECOND_JUDGES]]
    return Guess(encoding, clear and _second_judge(sample, names, text), text)


def _ranked(sample: bytes) -> List[Tuple[float, str, str]]:
    """(plausibility, encoding, text) of the encodings in which ``sample`` can be, best first."""
    found = []
    for encoding in KNOWN:
        try:
            text = codecs.getincrementaldecoder(encoding)().decode(sample)
        except UnicodeDecodeError:
            continue
        found.append((plausible(text) - (0.0 if encoding in USUAL else RARE), encoding, text))
    return sorted(found, key=lambda entry: -entry[0])


def _second_judge(sample: bytes, names: List[str], text: str) -> bool:
    """Whether charset-normalizer, where it is installed, takes ``text`` for possible, of what the encodings ``names``
    give, the first of which gives ``text``."""
    try:
        from charset_normalizer import from_bytes
    except ImportError:
        return False
    for match in from_bytes(sample, cp_isolation=names, steps=10, chunk_size=512, threshold=0.35):
        for name in [match.encoding] + match.could_be_from_charset:
            try:
                if name == names[0] or sample.decode(name, "replace") == text:
                    return True
            except LookupError:
                continue
    return False


def _sample(data: bytes) -> bytes:
    """Whole lines of ``data`` that hold bytes beyond ASCII, SAMPLE_BYTES or so."""
    kept, size = [], 0
    for line in data.split(b"\n"):
        if not line.isascii():
            line = line[:SAMPLE_BYTES]
            kept.append(line)
            size += len(line)
            if size > SAMPLE_BYTES:
                break
    return b"\n".join(kept)
