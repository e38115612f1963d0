"""The account of a corpus: what came in, what was changed or left out on the way, what stands on both sides.

A :class:`Tally` is filled while text is read; its numbers go into the manifest and its ``messages()`` to the user.
:func:`overlap` counts, once both files are there, how much of the held-out text was trained on as well.
"""

import collections
import itertools
import re
from typing import Any, Dict, Iterator, List, Optional, Set

LONG_WORD = 200  # letters; a tokenizer takes no longer word
FEW = 10  # documents, below which their length says nothing
CHUNK_BYTES = 1 << 20
REMEMBERED = 20000


def amount(number: int, one: str, many: Optional[str] = None) -> str:
    """``"1 line"``, ``"2,000 lines"``."""
    return f"1 {one}" if number == 1 else f"{format(number, ',')} {many or one + 's'}"


class Tally:
    """What reading met on its way.

    ``lines``: lines of text read, before anything was done to them; ``bad_bytes``: bytes that were no character, on
    ``bad_lines`` lines, of which ``first_bad`` says the first (file and line number from 1); ``cut_lines``: lines that
    were too long; ``composed_lines``: lines put into NFC; ``mended_lines``: lines of UTF-8 that had been decoded twice,
    and ``unmended_lines``: lines that look so, but have lost bytes;
    ``named_lines``: lines with letters written by name (``&aacute;``); ``spoilt_lines``: lines with letters that were
    lost before; ``nul_lines``: lines with a NUL;
    ``marked_lines``: lines with another model's marks; ``split_lines``: lines split into ``sentences``;
    ``long_words``: words of over 200 letters; ``dropped_documents``, ``dropped_lines``, ``dropped_words``: copies of
    held-out documents; ``left_out``: files by the reason why; ``notes``: what was assumed, for how many files, and the
    first of them.
    """

    def __init__(self) -> None:
        self.lines = self.bad_bytes = self.bad_lines = self.cut_lines = 0
        self.composed_lines = self.mended_lines = self.unmended_lines = self.marked_lines = 0
        self.named_lines = self.spoilt_lines = self.nul_lines = 0
        self.split_lines = self.sentences = self.long_words = 0
        self.dropped_documents = self.dropped_lines = self.dropped_words = 0
        self.first_bad: Optional[str] = None
        self.left_out: Dict[str, int] = {}
        self.notes: Dict[str, List[Any]] = {}

    def note(self, name: str, text: str) -> None:
        """Remember something that is to be said about the file ``name``; the same of many files is said once."""
        self.notes.setdefault(text, [0, name])[0] += 1

    def leave_out(self, why: str, count: int = 1) -> None:
        """Count what was left out, in words such as "hidden files"."""
        self.left_out[why] = self.left_out.get(why, 0) + count

    def add_bad(self, where: str, count: int) -> None:
        """Count bytes that are no character, on one line."""
        self.first_bad = self.first_bad or where
        self.bad_bytes += count
        self.bad_lines += 1

    def record(self) -> Dict[str, Any]:
        """The numbers, for the manifest."""
        return dict(vars(self))

    def messages(self) -> Iterator[str]:
        """One sentence for each thing that a user should know."""
        for text, (count, name) in self.notes.items():
            more = f" and {amount(count - 1, 'other file')}" if count > 1 else ""
            yield f"{name}{more}: {text}"
        if self.left_out:
            yield "left out: " + ", ".join(f"{why} ({format(count, ',')})" for why, count in self.left_out.items())
        if self.bad_bytes:
            yield (
                f"{format(self.bad_lines, ',')} of {amount(self.lines, 'line')} "
                f"{'has' if self.bad_lines == 1 else 'have'} bytes that are no character (the first is "
                f"{self.first_bad}): {amount(self.bad_bytes, 'byte')} became \N{REPLACEMENT CHARACTER}; the rest is "
                "sound, so look at that line, and fetch the file again if it came to harm on the way"
            )
        if self.cut_lines and not self.split_lines:
            yield (
                f"{amount(self.cut_lines, 'line')} over 10,000 bytes long {'was' if self.cut_lines == 1 else 'were'} "
                "cut at a sentence's end or a space; the format is one sentence a line"
            )
        if self.mended_lines:
            yield f"{amount(self.mended_lines, 'line')} of UTF-8 that had been decoded twice (such as Ã¡ for á) mended"
        if self.unmended_lines:
            yield (
                f"{amount(self.unmended_lines, 'line')} look like UTF-8 that was decoded twice (such as Ã¡ for "
                f"á), but bytes "
                "are missing: get the text anew from where it came from"
            )
        if self.nul_lines:
            yield f"{amount(self.nul_lines, 'line')} with NUL bytes, which were left out"
        if self.named_lines:
            yield f"{amount(self.named_lines, 'line')} with letters written by name (such as &aacute; for á) mended"
        if self.spoilt_lines:
            yield (
                f"{amount(self.spoilt_lines, 'line')} with ?, \N{REPLACEMENT CHARACTER} or another alphabet's letters "
                "within words, as when text was converted wrongly: taken as they are"
            )
        if self.composed_lines:
            yield (
                f"{amount(self.composed_lines, 'line')} put into Unicode's composed form, NFC "
                "(normalize=False leaves it)"
            )
        if self.split_lines:
            yield (
                f"{amount(self.split_lines, 'line')} that held a paragraph or a document split into "
                f"{amount(self.sentences, 'sentence')} (SPLIT_LINES = False leaves them whole)"
            )
        if self.marked_lines:
            yield (
                f"{amount(self.marked_lines, 'line')} with marks that are no language (<s>, <|endoftext|>, "
                f"[MASK] and the "
                "like): taken as text like any other; take them out of the file if they should not be learned"
            )
        if self.long_words:
            yield (
                f"{amount(self.long_words, 'word')} of over {LONG_WORD} letters (a tokenizer knows no word that long; "
                "is this text?)"
            )
        if self.dropped_documents:
            yield (
                f"{amount(self.dropped_documents, 'document')} ({amount(self.dropped_lines, 'line')}) dropped: "
                f"the same as "
                "another one"
            )


def long_words(line: str) -> int:
    """How many words of a line are over LONG_WORD letters, but for scripts in which each character is taken for a word
    (Chinese, Japanese)."""
    words = [word for word in line.split() if len(word) > LONG_WORD]
    return sum(not any("\u2e80" <= letter <= "\u9fff" for letter in word) for word in words)


# Of a line of UTF-8, the letters and digits of ASCII in lower case, and the first bytes of Cyrillic, Greek, Chinese and
# Korean letters: what lines that read the same have in common, and what is quick to compute of many lines at once.
_LEADS = b"\xce\xcf\xd0\xd1" + bytes(range(0xE4, 0xEA)) + bytes(range(0xEB, 0xEE))
_LOWER = bytes(code | 0x20 if 65 <= code <= 90 else code & 0xFE if code in _LEADS[:4] else code for code in range(256))
_OTHERS = bytes(set(range(256)) - {code for code in range(128) if chr(code).isalnum()} - {10} - set(_LEADS))
_NO_LETTERS = re.compile(r"[\W_]+")


def skeleton(line: str) -> str:
    """A line without case, punctuation and white space: equal for lines that read the same."""
    return _NO_LETTERS.sub("", line.casefold())


def overlap(train: str, valid: str) -> Dict[str, int]:
    """How many lines of the file ``valid`` stand in the file ``train`` too.

    Returns ``lines`` (held-out lines), ``exact`` (those that are a line of ``train``) and ``alike`` (those that are one
    but for case, punctuation and white space).  Takes memory for the held-out lines alone.
    """
    with open(valid, "rb") as file:
        lines = [line for line in file.read().split(b"\n") if line]
    exact = collections.Counter(lines)
    alike = collections.Counter(skeleton(line.decode("utf-8")) for line in lines)
    del alike[""]
    waiting: Dict[bytes, Set[bytes]] = {}  # the lines not found, by what is quick to compute of many lines at once
    for line in exact:
        waiting.setdefault(line.translate(_LOWER, _OTHERS), set()).add(line)
    failed: Set[bytes] = set()  # lines with such a key that read otherwise, not to be looked at again
    counts = {"lines": len(lines), "exact": 0, "alike": 0}
    with open(train, "rb") as file:
        rest = b""
        for chunk in iter(lambda: file.read(CHUNK_BYTES), b""):
            chunk, _, rest = (rest + chunk).rpartition(b"\n")
            keys = chunk.translate(_LOWER, _OTHERS).split(b"\n")
            chosen = list(map(waiting.__contains__, keys))
            if True not in chosen:
                continue
            found_keys = set()
            for line in set(itertools.compress(chunk.split(b"\n"), chosen)) - failed:
                found, reading = exact.pop(line, 0), skeleton(line.decode("utf-8"))
                also = alike.pop(reading, 0) if reading else found
                counts["exact"] += found
                counts["alike"] += also
                if found or also:
                    found_keys.add(line.translate(_LOWER, _OTHERS))
                elif len(failed) < REMEMBERED:
                    failed.add(line)
            for key in found_keys:
                waiting[key] = {
                    line for line in waiting[key] if line in exact or skeleton(line.decode("utf-8")) in alike
                }
                if not waiting[key]:
                    del waiting[key]
    return counts
