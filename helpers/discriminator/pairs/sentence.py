"""A sentence as the rules see it: its words without their punctuation, and what stands where a clause begins."""

import re
from typing import NamedTuple, Optional, Sequence, Tuple

WORD = re.compile(r"^([^\w]*)(\w+)([^\w]*)$")
BEGIN_CLAUSES = frozenset("pero que si porque cuando aunque mientras pues".split())


class Change(NamedTuple):
    """What a rule proposes: the words from ``position`` on become ``words``."""

    position: int
    words: Tuple[str, ...]


class Sentence:
    """``words`` are the whitespace-separated ones in lower case without punctuation; "" where one is no plain word."""

    def __init__(self, text: str) -> None:
        self.text = " ".join(text.split())
        parts = [WORD.match(piece) for piece in self.text.split()]
        self._parts = [part.groups() if part else (piece, "", "") for part, piece in zip(parts, self.text.split())]
        self.words = [core.lower() for _, core, _ in self._parts]

    def __len__(self) -> int:
        return len(self.words)

    def word(self, place: int) -> str:
        """The word at a place; "" beyond the ends."""
        return self.words[place] if 0 <= place < len(self.words) else ""

    def joined(self, first: int, last: int) -> bool:
        """Whether the words from ``first`` to ``last`` follow each other without punctuation between them."""
        if first < 0 or last >= len(self.words) or not all(self.words[first : last + 1]):
            return False
        inside = [self._parts[place][2] for place in range(first, last)]
        return not any(inside + [self._parts[place][0] for place in range(first + 1, last + 1)])

    def before(self, place: int) -> str:
        """The punctuation right before a word; "" where there is none, or no such word."""
        return self._parts[place][0] if 0 <= place < len(self.words) else ""

    def after(self, place: int) -> str:
        """The punctuation right after a word."""
        return self._parts[place][2] if 0 <= place < len(self.words) else ""

    def begins(self, place: int) -> bool:
        """Whether a clause begins with the word at ``place``."""
        return place == 0 or bool(self.before(place) or self.after(place - 1)) or self.word(place - 1) in BEGIN_CLAUSES

    def with_change(self, change: Change) -> Optional[str]:
        """The sentence with a change: punctuation and capitals stay where they are; None where nothing changes."""
        pieces = self.text.split()
        for place, new in enumerate(change.words, change.position):
            head, core, tail = self._parts[place]
            pieces[place] = f"{head}{_like(new, core)}{tail}"
        made = " ".join(pieces)
        return made if made != self.text else None


def _like(new: str, old: str) -> str:
    """``new`` in the capitals of ``old``."""
    if len(old) > 1 and old.isupper():
        return new.upper()
    return new[:1].upper() + new[1:] if old[:1].isupper() else new


def any_of(words: str) -> Sequence[str]:
    """Words that stand in a text of words, as a set."""
    return frozenset(words.split())
