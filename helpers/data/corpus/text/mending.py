"""Text that came to harm before it came here: mended where it is clear what was meant, else counted.

UTF-8 that was decoded in another encoding and written as UTF-8 again, once or several times; letters that a web page
wrote by name (``&aacute;``).  What cannot be mended: letters that became ``?``, U+FFFD or
letters of another alphabet.
"""

import codecs
import html
import re
import unicodedata
from typing import Dict, Optional, Tuple

from helpers.data.corpus.account import Tally

# UTF-8 that was taken for Windows-1252 and written as UTF-8 again: what becomes of its letters of Latin; of its quotes
# and dashes; of two letters in a row of Greek, Cyrillic, Hebrew, Arabic; of the scripts beyond; of an emoji.
_CONTINUED = "[\x80-\xbf€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ]"
_TWICE = re.compile(
    f"[ÂÃÄÅ][\x80-\xbf€‚ƒ„†‡ˆ‰Š‹ŒŽ˜™š›œžŸ]|â€{_CONTINUED}|(?:[ÎÏÐÑ×ØÙ]{_CONTINUED}){{2}}"
    f"|(?:[àáãä-í]{_CONTINUED}{{2}}){{2}}|ð{_CONTINUED}{{3}}"
)
_TWICE_BYTES = re.compile(
    rb"\xc3[\x82-\x85\x8e-\x91\x97-\x99\xa0\xa2-\xa8\xaa-\xac\xb0](?:\xc2[\x80-\xbf]|[\xc5\xc6\xcb\xe2])"
)  # how these begin, quick to look for
MOST_TIMES = 4


def _letters(encoding: str, first: int, end: int) -> str:
    """A pattern for the characters that the bytes from ``first`` to before ``end`` are in an encoding."""
    return "[" + re.escape(bytes(range(first, end)).decode(encoding, "ignore")) + "]"


def _signs(encoding: str, byte: int) -> str:
    return re.escape(bytes([byte]).decode(encoding))


# The same of other encodings: the UTF-8 of characters that are looked for first, and the pattern.
_OTHERS: Dict[str, Tuple[Tuple[bytes, ...], "re.Pattern[str]"]] = {}
for _encoding, _telling in (("cp850", "├┬Ô"), ("mac_roman", "√¬‚"), ("cp1251", "ГВРСЂ")):
    _next = _letters(_encoding, 0x80, 0xC0)
    _short, _longer = _letters(_encoding, 0xC2, 0xC4), _signs(_encoding, 0xE2)
    _pattern = f"{_short}{_next}|{_longer}{_next}{{2}}"
    if _encoding == "cp1251":  # in Russian all of these are letters: what follows must not be
        _next = f"(?![а-яё]){_next}"
        _pattern = f"[A-Za-z ¿¡]{_short}{_next}|(?:{_letters(_encoding, 0xD0, 0xD2)}{_next}){{2}}|{_longer}Ђ{_next}"
    _OTHERS[_encoding] = tuple(letter.encode("utf-8") for letter in _telling), re.compile(_pattern)

_ENTITY = re.compile("&(?:#[0-9]{2,7}|#[xX][0-9a-fA-F]{2,6}|[a-zA-Z]{2,8}[0-9]{0,2});")
# Letters of ASCII around a question mark; of Latin and Cyrillic within a word; what stands for a lost letter.
_QUESTION = re.compile(rb"[a-z]\?[a-z]{2}")
_ALPHABETS = re.compile("[a-záéíóúñ]{2}[а-яё]|[а-яё][a-záéíóúñ]{2}", re.I)
_LOST = "\N{REPLACEMENT CHARACTER}"
# Only text with a byte from 0xCC on has characters that NFC changes.
_BELOW = bytes(range(0xCC))
_ASCII = bytes(range(0x80))


def mend(raw: bytes, text: str, tally: Tally) -> str:
    """``text``, which is ``raw`` in UTF-8, as it was meant, in NFC; what was mended is counted."""
    if b"&" in raw and _ENTITY.search(text):
        text = _named(text, tally)
    beyond = raw.translate(None, _ASCII)  # little, and quick to look through
    if not beyond:
        return text
    if _TWICE_BYTES.search(raw) and _TWICE.search(text):
        text = _decoded_once("cp1252", _TWICE, text, tally)
    for encoding, (telling, pattern) in _OTHERS.items():
        if any(letter in beyond for letter in telling) and pattern.search(text):
            text = _decoded_once(encoding, pattern, text, tally)
    if beyond.translate(None, _BELOW):
        composed = unicodedata.normalize("NFC", text)
        if composed != text:
            tally.composed_lines += sum(a != b for a, b in zip(composed.split("\n"), text.split("\n")))
            text = composed
    return text


def _named(text: str, tally: Tally) -> str:
    lines = text.split("\n")
    named = [_ENTITY.sub(_letter, line).strip() if "&" in line else line for line in lines]
    tally.named_lines += sum(a != b for a, b in zip(lines, named))
    return "\n".join(named)


def _letter(match: "re.Match[str]") -> str:
    letter = html.unescape(match.group())
    return letter if letter.isprintable() or letter == "\xa0" else " "


def _decoded_once(encoding: str, pattern: "re.Pattern[str]", text: str, tally: Tally) -> str:
    """``text`` with those lines mended that look like UTF-8 that was read in ``encoding``."""
    lines = text.split("\n")
    for place, line in enumerate(lines):
        if pattern.search(line):
            for _ in range(MOST_TIMES):
                meant = _meant(lines[place], encoding)
                if meant is None:
                    break
                lines[place] = meant
            tally.mended_lines += lines[place] != line
            tally.unmended_lines += lines[place] == line and encoding == "cp1252"
    return "\n".join(lines)


def _meant(line: str, encoding: str) -> Optional[str]:
    """A line that is UTF-8 taken for ``encoding`` as it was meant; None for any other line."""
    try:
        meant = line.encode(encoding, _LATIN1).decode("utf-8")
    except UnicodeError:
        return None
    return None if "\n" in meant or "\r" in meant or meant == line else meant


def _as_latin1(error: UnicodeError) -> Tuple[bytes, int]:
    """What an encoding leaves undefined goes through it as in Latin-1."""
    if isinstance(error, UnicodeEncodeError) and all(
        "\x80" <= c <= "\x9f" for c in error.object[error.start : error.end]
    ):
        return error.object[error.start : error.end].encode("latin-1"), error.end
    raise error


_LATIN1 = "helpers.corpus.latin1"
codecs.register_error(_LATIN1, _as_latin1)


def spoilt(raw: bytes, text: str) -> int:
    """How many lines have lost letters: to a question mark within a word (in text that has nothing but ASCII), to
    U+FFFD, or to another alphabet's letters within a word."""
    if raw.isascii():
        if b"?" not in raw:
            return 0
        return sum(_QUESTION.search(line) is not None and not _is_address(line) for line in raw.split(b"\n"))
    if b"\xef\xbf\xbd" in raw:
        return sum(_LOST in line for line in text.split("\n"))
    if (b"\xd0" in raw or b"\xd1" in raw) and _ALPHABETS.search(text):
        return sum(_ALPHABETS.search(line) is not None for line in text.split("\n"))
    return 0


def _is_address(line: bytes) -> bool:
    return b"/" in line or b"=" in line
