"""Text in a dress that would be learned with it: how each is recognised by a file's beginning.

Marked-up text, lines that begin with a time, letters written as a program or a mail writes them, catalogues, dumps.
"""

import re
from typing import Callable, Iterator, List, Tuple

from helpers.data.corpus.account import Tally
from helpers.data.corpus.formats.content import Content, Options, as_blocks, lines_of
from helpers.data.corpus.text import BadContent

LINE_BYTES = 64 << 20
FEW = 5  # lines, below which a share of them says nothing
# The stamps that lines may begin with, as sed -E and Python both write them.
_CLOCK = "[0-9]{1,2}:[0-9]{2}(:[0-9]{2})?([.,][0-9]+)?( ?[aApP]\\.? ?[mM]\\.?)?"
_DAY = "[0-9]{1,4}[-/.][0-9]{1,2}[-/.][0-9]{1,4}"
STAMPS = (
    "\\[[0-9]+\\]\\[[0-9]+\\]",  # MPL2
    f"(\\[{_CLOCK}\\] *)+",  # song texts (LRC)
    f"\\[?{_DAY},?[ T]{_CLOCK}\\]?Z?( [-–])?:? *",  # chats, logs
    f"{_CLOCK}(: *| +)",  # TMPlayer, transcripts
)
_STAMPED = [re.compile(stamp) for stamp in STAMPS]
_TAG = re.compile(r"</?([A-Za-z][\w:.-]*)(?:\s[^<>]{0,500})?/?>")
_MARKS = frozenset("s unk pad mask bos eos".split())  # of other models' text, see text/
_HTML = frozenset("a b br div em font h1 h2 h3 i img li ol p small span strong table td tr u ul".split())
_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|([nrt\"'\\/]))")
_TELLING_ESCAPE = re.compile(r"\\(?:u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2}|n(?=[\W\d_]|[A-ZÁÉÍÓÚÑ¿¡]|\Z))")
_SHORT = {"n": "\n", "r": " ", "t": " "}
_QUOTED_PRINTABLE = re.compile(r"=[CDE][0-9A-F](?:=[89AB][0-9A-F])+|=\Z")


def _lines(text: str, most: int = 200) -> List[str]:
    """The first lines of a file's beginning that are not blank, the last one, which may be cut, left out."""
    lines = text.split("\n")
    lines = lines[:-1] if len(lines) > 1 else lines
    return [line for line in lines[:most] if line.strip()]


def _share(lines: List[str], test: Callable[[str], object]) -> float:
    return sum(bool(test(line)) for line in lines) / len(lines) if lines else 0.0


def stamped(place: int) -> Callable[[Content, str], bool]:
    """Whether nearly every line begins with the stamp STAMPS[place]."""

    def recognise(content: Content, text: str) -> bool:
        lines = _lines(text)
        return len(lines) >= FEW and _share(lines, _STAMPED[place].match) > 0.8

    return recognise


def _is_marked_up(text: str, html: bool) -> bool:
    tags = [match for match in _TAG.finditer(text) if match.group(1).lower() not in _MARKS]
    names = [match.group(1).lower() for match in tags]
    if len(tags) < FEW or html != (2 * sum(name in _HTML for name in names) > len(names)):
        return False
    marked = sum(len(match.group()) for match in tags)
    lines = _lines(text)
    with_tags = _share(lines, lambda line: any(tag.lower() not in _MARKS for tag in _TAG.findall(line)))
    return marked > 0.2 * len(text) or (with_tags > 0.5 and text.lstrip().startswith("<"))


def is_html(content: Content, text: str) -> bool:
    """Whether it is a part of a web page: text between tags such as <p>."""
    return _is_marked_up(text, True)


def is_xml(content: Content, text: str) -> bool:
    """Whether it is text between tags of a kind that is not known."""
    return _is_marked_up(text, False)


def is_vertical(content: Content, text: str) -> bool:
    """Whether it is a word a line with what it is, between tags such as <s>."""
    lines = _lines(text)
    words = [line for line in lines if not line.startswith("<")]
    tagged = _share(words, lambda line: re.match(r"[^\s<][^\t]*\t[^\t]+\t", line))
    return len(lines) > len(words) and len(words) >= FEW and tagged > 0.9


def is_escaped(content: Content, text: str) -> bool:
    """Whether many lines have letters as a program writes them: \\u00e1, \\xe1, or a line's end as \\n."""
    if "\\" not in text:
        return False
    lines = _lines(text)
    found = len(_TELLING_ESCAPE.findall(text))
    return found >= FEW and (_share(lines, _TELLING_ESCAPE.search) > 0.2 or found * 200 > len(text))


def read_escaped(content: Content, options: Options, tally: Tally) -> Iterator[bytes]:
    """Yield text with what a program wrote as \\u00e1 or \\n as it is meant."""
    tally.note(content.name, "what a program had written as \\u00e1 or \\n was read as á or a line's end")
    return as_blocks(_unescaped(content))


def _unescaped(content: Content) -> Iterator[str]:
    too_long = BadContent(f"{content.name} has a line of over {LINE_BYTES >> 20} MB: it is no text")
    for line in lines_of(content.blocks, LINE_BYTES, too_long):
        meant = _ESCAPE.sub(_meant, line)
        meant = meant.encode("utf-16", "surrogatepass").decode("utf-16", "replace")  # two halves of an emoji
        for part in meant.split("\n"):
            yield part


def _meant(match: "re.Match[str]") -> str:
    code = match.group(1) or match.group(2)
    return chr(int(code, 16)) if code else _SHORT.get(match.group(3), match.group(3))


def is_quoted_printable(content: Content, text: str) -> bool:
    """Whether it is text as mail carries it: =C3=B1 for ñ, and = where a line goes on."""
    return text.isascii() and _share(_lines(text), _QUOTED_PRINTABLE.search) > 0.2 and len(_lines(text)) >= FEW


def is_base64(content: Content, text: str) -> bool:
    """Whether it is bytes as mail carries them: long lines of one length without a blank."""
    lines = _lines(text)
    return (
        len(lines) >= FEW
        and len({len(line) for line in lines[:-1]}) == 1
        and len(lines[0]) >= 48
        and all(re.match(r"[A-Za-z0-9+/]+={0,2}\Z", line) for line in lines)
        and any(line.lower() != line for line in lines)
        and any(letter.isdigit() for line in lines for letter in line)
    )


def stamp_remedies() -> Iterator[Tuple[int, str]]:
    """The place of each stamp, and the command that takes it away."""
    for place, stamp in enumerate(STAMPS):
        yield place, f"sed -E 's#^{stamp}##' FILE > text.txt"
