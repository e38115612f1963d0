"""The bricks of the corpus: phrases, and pools to draw them from.

A ``Pool`` is a list of options, an option is a tuple of parts, a part is a ``Phrase`` or another ``Pool``.  ``draw``
goes through pools forwards, at random; ``ends`` goes through the same pools to read a line, and so tells whether the
grammar could have said it.  Everything is finite and inflected once, so that drawing a line costs microseconds.
"""

from collections import namedtuple

# The word of a phrase that can be swapped.  role: subject, verb, object, place or adjective; at: which word of the
# phrase; key: noun class, infinitive or adjective; inflection: what another word must share to stand there.
Slot = namedtuple("Slot", "role at key inflection")


class Phrase(str):
    """A few inflected words that stand together.

    ``tags`` has one part of speech per word (None: ``words.tag`` finds them); ``slot`` is a Slot or None.
    """

    def __new__(cls, text, tags=None, slot=None):
        self = super().__new__(cls, text)
        self.tags, self.slot = tags, slot
        return self


class Pool(list):
    """Options to draw from, each a tuple of Phrases and Pools.  Told apart by identity, so that it can be a key."""

    __hash__ = object.__hash__
    __eq__ = object.__eq__

    def by_first_word(self):
        """dict: first word (bare) -> options that can begin with it; None -> options that can be empty."""
        if not hasattr(self, "_by_first_word"):
            self._by_first_word = index = {}
            for option in dict.fromkeys(self):
                for word in first_words(option):
                    index.setdefault(word, []).append(option)
        return self._by_first_word


def draw(parts, random, phrases):
    """Append to ``phrases`` what ``parts`` come to, drawing from pools; ``random()`` is uniform in [0, 1)."""
    for part in parts:
        if part.__class__ is Phrase:
            phrases.append(part)
        else:
            draw(part[int(random() * len(part))], random, phrases)


def pick(options, random):
    """One of ``options``.  The same on every version of Python, which random.choice does not promise."""
    return options[int(random() * len(options))]


def bare(word):
    """A word without case and punctuation."""
    return word.lower().strip("¿?¡!.,")


def first_words(option):
    """The bare words that a tuple of parts can begin with, None among them when it can be empty."""
    found = set()
    for part in option:
        words = {bare(part.split()[0])} if isinstance(part, Phrase) else set(part.by_first_word())
        found |= words - {None}
        if None not in words:
            return found
    return found | {None}


def ends(parts, words):
    """The positions in ``words`` (bare) where a tuple of parts that begins with them can end."""
    known = {}  # (part, start) -> where it can end: pools are shared, and each is read once at a place

    def ends_of(part, start):
        if isinstance(part, Phrase):
            own = [bare(word) for word in part.split()]
            return {start + len(own)} if words[start : start + len(own)] == own else set()
        key = (id(part), start)
        if key not in known:
            index = part.by_first_word()
            options = index.get(None, []) + (index.get(words[start], []) if start < len(words) else [])
            known[key] = {end for option in options for end in ends_of_all(option, start)}
        return known[key]

    def ends_of_all(option, start):
        here = {start}
        for part in option:
            here = {end for position in here for end in ends_of(part, position)}
        return here

    return ends_of_all(parts, 0)
