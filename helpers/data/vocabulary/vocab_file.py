"""vocab.txt, the one reader of it: a word piece a line, whose number, from 0 on, is its id.

    tokens = vocab_file.read("data/vocab.txt")
    ids = vocab_file.index(tokens)                 # {"[PAD]": 0, …}

All steps read their vocabulary here, so that they agree on its oddities: a mark at the file's beginning (BOM), line
ends of Windows and blanks around a piece mean nothing; blank lines at the end are none; a number beside every piece is
a count and is left out; of a piece that stands in several lines the last counts, as in BERT's own code, transformers
and tokenizers.  A line whose piece does not count keeps its number: it holds a piece that no text has.
Standard library only; paths may be remote (``helpers/base/remote.py``).
"""

import gzip
import re
import unicodedata
import zlib
from typing import Callable, Dict, List, Sequence, Tuple

from helpers.base import files, remote
from helpers.base.errors import TutorialError

SPECIAL_TOKENS = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
SPECIAL_TOKENS_MAP = {f"{token[1:-1].lower()}_token": token for token in SPECIAL_TOKENS}  # as transformers names them
CONTINUES = "##"  # begins a piece that goes on with a word
LARGEST_FILE = 64 << 20  # bytes of a vocab.txt
LONGEST_QUOTE = 60  # characters of a file that a message shows
BLANKS = " \t\r\xa0"
_SPLITS = re.compile("[ \t\n\0]")
_NUMBER = r"[-+]?[0-9]+(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?"
_WITH_COUNT = re.compile(rf"([^ \t]+)[ \t]+{_NUMBER}$")
_AFTER_NUMBER = re.compile(r"[0-9]+[ \t]+([^ \t]+)$")


def read(path: str, say: Callable[[str], None] = lambda text: None) -> List[str]:
    """The tokens of a vocab.txt, which may be packed with gzip, in the order of their ids.

    Parameters
    ----------
    path : str
    say : callable
        Takes each sentence on what is odd about the file and was put right.

    Raises
    ------
    TutorialError
        Where the file cannot be read or is no WordPiece vocabulary.
    """
    return parse(content(path), path, say)


def content(path: str) -> bytes:
    """The bytes of a vocabulary's file, unpacked; raises TutorialError."""
    packed = False
    try:
        with remote.open_file(path) as file:
            packed = file.read(2) == b"\x1f\x8b"
            file.seek(0)
            data = (gzip.GzipFile(fileobj=file) if packed else file).read(LARGEST_FILE + 1)
    except FileNotFoundError:
        raise TutorialError(f"there is no vocabulary at {path}: make it first, or correct the path")
    except IsADirectoryError:
        raise TutorialError(f"{path} is a folder: name the file of the vocabulary in it, such as {path}/vocab.txt")
    except (OSError, EOFError, zlib.error) as error:
        if packed and not getattr(error, "errno", None):
            raise TutorialError(f"the gzip file {path} is damaged ({error}): copy it again")
        raise TutorialError(f"the vocabulary {path} cannot be read: {getattr(error, 'strerror', None) or error}")
    if len(data) > LARGEST_FILE:
        raise TutorialError(f"{path} is too large for a vocabulary: give a vocab.txt")
    return data


def parse(data: bytes, name: str, say: Callable[[str], None] = lambda text: None) -> List[str]:
    """The tokens of a vocab.txt given as bytes, as :func:`read`; ``name`` is the file's, for messages."""
    try:
        wide = data.startswith((b"\xff\xfe", b"\xfe\xff"))  # as Windows' "Unicode" begins
        text = data.decode("utf-16" if wide else "utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise TutorialError(f"{name}, line {line} is not UTF-8: save the vocabulary as UTF-8")
    if "\0" in text:
        raise TutorialError(f"{name} is not UTF-8 (it has NULs, as UTF-16 has): save the vocabulary as UTF-8")
    if "\n" not in text:
        text = text.replace("\r", "\n")  # the line ends of old Macs
    tokens = text.split("\n")
    if any(blank in text for blank in BLANKS):
        tokens = _without_counts([line.strip(BLANKS) for line in tokens], name, say)
    while tokens and not tokens[-1]:
        tokens.pop()
    tokens = _each_once(tokens, name, say)
    check(tokens, name)
    if f"\n{CONTINUES}" not in text and not any(token.startswith(CONTINUES) for token in tokens):
        say(
            f"{name} has no piece that goes on with a word, such as ##s: "
            "each word that it does not have as a whole becomes [UNK]"
        )
    return tokens


def _without_counts(tokens: List[str], name: str, say: Callable[[str], None]) -> List[str]:
    """The lines without the number that stands beside each; a blank within any other line is refused."""
    spaced = [number for number, token in enumerate(tokens) if " " in token or "\t" in token]
    pattern = _WITH_COUNT
    wrong = [number for number in spaced if not pattern.match(tokens[number])]
    if wrong and all(_AFTER_NUMBER.match(tokens[number]) for number in spaced):
        pattern, wrong = _AFTER_NUMBER, []
    if not wrong and len(spaced) < len(list(filter(None, tokens))) / 2:
        wrong = spaced
    if wrong:
        raise TutorialError(_spaced(tokens[wrong[0]], wrong[0] + 1, name))
    if spaced:
        say(f"{name} has a number beside {_pieces(len(spaced))}: taken for counts and left out")
    return [pattern.sub(r"\1", token) for token in tokens] if spaced else tokens


def _each_once(tokens: List[str], name: str, say: Callable[[str], None]) -> List[str]:
    """The tokens, with fillers in the lines whose piece is blank or stands again further down."""
    different = set(tokens)
    if len(different) == len(tokens) and "" not in different:
        return tokens
    last = index(tokens)
    lines = [number for number, token in enumerate(tokens) if not token or last[token] != number]
    repeated = [number for number in lines if tokens[number]]
    blank = len(lines) - len(repeated)
    if repeated:
        first = repeated[0]
        say(
            f"{name} repeats {_pieces(len(repeated))}, such as {quoted(tokens[first])} in line {first + 1} and in line "
            f"{last[tokens[first]] + 1}: the last counts, and the earlier line keeps its number without a use"
        )
    if blank:
        say(f"{name} has {blank:,} blank line{'s' * (blank > 1)} between pieces: kept as numbers without a use")
    result = list(tokens)
    for number in lines:
        filler = f"[unused:{number + 1}]"
        while filler in last:
            filler = f"[{filler}]"
        result[number] = filler
    return result


def check(tokens: Sequence[str], name: str) -> None:
    """Raise TutorialError unless ``tokens`` can be a WordPiece vocabulary: pieces without blanks, each once."""
    known, seen = set(tokens), {}
    clean = len(known) == len(tokens) and "" not in known and not _SPLITS.search("".join(tokens))
    for number, token in enumerate(() if clean else tokens, 1):
        if not token:
            raise TutorialError(f"{name}, line {number} is empty: a vocabulary has one word piece a line")
        if _SPLITS.search(token):
            raise TutorialError(_spaced(token, number, name))
        if token in seen:
            raise TutorialError(f"{name}, line {number} repeats {quoted(token)} of line {seen[token]}")
        seen[token] = number
    missing = [token for token in SPECIAL_TOKENS if token not in known]
    if missing:
        small = [token.lower() for token in missing if token.lower() in known]
        hint = (
            f" (it has {', '.join(small)}: write {'it' if len(small) == 1 else 'these'} in capitals)" if small else ""
        )
        raise TutorialError(
            f"{name} lacks {', '.join(missing)}: a vocabulary for ELECTRA needs {', '.join(SPECIAL_TOKENS)}{hint}"
        )


def _spaced(token: str, number: int, name: str) -> str:
    return f"{name}, line {number} has a space in {quoted(token)}: a vocabulary has one word piece a line"


def index(tokens: Sequence[str]) -> Dict[str, int]:
    """Each token's id."""
    return {token: number for number, token in enumerate(tokens)}


def write(path: str, tokens: Sequence[str]) -> None:
    """Write a vocab.txt on this machine, whole or not at all."""
    with files.write_aside(path) as file:
        file.write("\n".join(tokens) + "\n")


def made_for(tokens: Sequence[str]) -> Tuple[bool, bool]:
    """(do_lower_case, strip_accents) as the pieces tell: with a capital in one, text is not lower-cased."""
    words = [token for token in tokens if token not in SPECIAL_TOKENS and not token.startswith("[unused")]
    text = "".join(words)
    return text.lower() == text, not any(unicodedata.category(c) == "Mn" for c in unicodedata.normalize("NFD", text))


def quoted(text: str) -> str:
    """Some text of a file for a message: in quotes, and never long."""
    return repr(text if len(text) <= LONGEST_QUOTE else f"{text[:LONGEST_QUOTE]}…")


def _pieces(count: int) -> str:
    return "a piece" if count == 1 else f"{count:,} pieces"
