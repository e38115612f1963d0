"""What the text of ``scenes`` never says: combinations of words that make sense, and lines kept for held-out text.

A combination is a noun with what it does (a verb), with what is done to it (a verb), or with what it is (an adjective).
One in ``ONE_IN`` of them is held out: its two words stand together in no line of the text, in whatever form or role.
Whether they go together has to follow from similar nouns: of the nouns that a line of the tables speaks of, two in
three at least keep its verb or adjective, and a noun keeps three in four of the words that it goes with.  Which ones
these are is decided by a hash of the two words, so it is the same for every seed; pájaro with cantar, the article's
question, is one of them.

And of all lines one in ``ONE_IN`` is kept for held-out text, by a hash of its words, so that no line is on both sides.
"""

import hashlib
import zlib

from helpers.base.errors import TutorialError
from helpers.data.sample_corpus.conjugation import conjugate
from helpers.data.sample_corpus.events import GENERAL, TABLES, all_events, classes_of, events
from helpers.data.sample_corpus.pools import bare
from helpers.data.sample_corpus.words import (
    ADJECTIVE_FORMS,
    CLASSES,
    CLITICS,
    COPULAS,
    GROUPS,
    KNOWN,
    accented,
    expand,
    split_reflexive,
)

ONE_IN = 8
FIRST = ("pájaro", "cantar")  # held out before all others
MARKS = {ord(mark): None for mark in "¿?¡!.,"}


SET_PHRASES = {text.lower().translate(MARKS) for table in [GENERAL, *TABLES.values()] for text in table["say"]}


def reserved(line):
    """Whether a line is kept for held-out text; case and marks make no difference.  Set phrases never are."""
    words = line.lower().translate(MARKS)
    return zlib.crc32(words.encode("utf-8")) % ONE_IN == 0 and words not in SET_PHRASES


def combinations():
    """(noun, verb or adjective) -> the lines of the tables that make them, for every combination of the grammar."""
    found = {}

    def add(noun, word, line):
        found.setdefault((noun, split_reflexive(word)[0]), set()).add(line)

    for setting, table in TABLES.items():
        for name in sorted(set(table["subjects"])):
            for noun in CLASSES[name]:
                for event, _ in events(setting, name):
                    add(noun.lemma, event.verb, ("subject", event))
                for who in classes_of(name):
                    for _, adjective, _ in COPULAS.get(who, ()):
                        add(noun.lemma, adjective, (who, adjective))
    for event in all_events():
        for phrase in (phrase for pattern in event.objects for phrase in expand(pattern, "object")):
            if phrase.slot and GROUPS[phrase.slot.key] != "misc":
                add(noun_of(phrase.split()[phrase.slot.at]), event.verb, (GROUPS[phrase.slot.key], event))
    return found


def noun_of(form):
    """The noun that a form belongs to, niño of niñas."""
    return KNOWN[form][0].lemma


def chosen(found):
    """The combinations that are held out, out of ``combinations()``."""
    held_out, of_noun, of_line = set(), {}, {}
    for (noun, word), lines in found.items():
        of_noun.setdefault(noun, set()).add(word)
        for line in lines:
            of_line.setdefault(line, set()).add(noun)
    free = {noun: len(words) // 4 for noun, words in of_noun.items()}
    free.update((line, len(nouns) // 3) for line, nouns in of_line.items())
    for pair in [FIRST] + sorted(found, key=lambda pair: hashlib.sha256(" ".join(pair).encode("utf-8")).digest()):
        touched = [pair[0], *found[pair]]
        if len(held_out) == len(found) // ONE_IN:
            break
        if pair not in held_out and all(free[each] for each in touched):
            held_out.add(pair)
            free.update((each, free[each] - 1) for each in touched)
    return frozenset(held_out)


def forms_by_word():
    """The forms of every noun, verb and adjective of the combinations: (is a noun, word) -> set of forms."""
    forms = {}
    for form, (noun, _) in KNOWN.items():
        forms.setdefault((True, noun.lemma), set()).add(form)
    for adjective, own in ADJECTIVE_FORMS.items():
        forms.setdefault((False, adjective), set()).update(own)
    for verb in {split_reflexive(event.verb)[0] for event in all_events()}:
        conjugated = conjugate(verb)
        own = {form for each in conjugated.values() for form in ([each] if isinstance(each, str) else each)}
        own.update(verb + clitic for clitic in CLITICS)
        own.add(f"{accented(conjugated['imperativo'])}te")
        forms.setdefault((False, verb), set()).update(own)
    return forms


HELD_OUT = chosen(combinations())
# The words of the text that is never to be: the combinations held out, and what would answer the article's question.
NEVER_TOGETHER = HELD_OUT | {("pájaro", "hablar")}


def together(path, nouns, words):
    """In how many lines of a text file a noun and a verb or adjective stand together, in whatever form.

    ``nouns``, ``words``: as in ``combinations``, of which they need not be any: ["pájaro"], ["cantar", "hablar"].
    Returns a dict: (noun, word) -> number of lines.
    """
    forms = forms_by_word()
    for key in [(True, noun) for noun in nouns] + [(False, word) for word in words]:
        if key not in forms:
            raise TutorialError(f"the sample corpus has no {'noun' if key[0] else 'verb or adjective'} {key[1]!r}")
    counts = {(noun, word): 0 for noun in nouns for word in words}
    with open(path, encoding="utf-8") as file:
        for line in file:
            said = set(line.lower().translate(MARKS).split())
            for noun in nouns:
                if not said.isdisjoint(forms[True, noun]):
                    for word in words:
                        counts[noun, word] += not said.isdisjoint(forms[False, word])
    return counts


class _Company(dict):
    """Text of a phrase -> two sets, as bits of whole numbers: its words, and those that must not stand beside them."""

    def __init__(self):
        super().__init__()
        strangers = {}
        for noun, word in NEVER_TOGETHER:
            strangers.setdefault((True, noun), []).append((False, word))
            strangers.setdefault((False, word), []).append((True, noun))
        bits = {word: 1 << place for place, word in enumerate(sorted(strangers))}
        self._of_form = {}
        for word, forms in forms_by_word().items():
            for form in forms if word in bits else ():
                own, others = self._of_form.get(form, (0, 0))
                self._of_form[form] = own | bits[word], others | sum(bits[other] for other in strangers[word])

    def __missing__(self, phrase):
        own = strangers = 0
        for word in phrase.split():
            more = self._of_form.get(bare(word), (0, 0))
            own, strangers = own | more[0], strangers | more[1]
        self[phrase] = own, strangers
        return own, strangers


COMPANY = _Company()


def never_said(phrases):
    """Whether two words stand together in a line that never do in the text of ``scenes``."""
    words = strangers = 0
    for phrase in phrases:
        own, others = COMPANY[phrase]
        words |= own
        strangers |= others
    return bool(words & strangers)
