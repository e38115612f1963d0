"""Swaps that do not fit: one word of a line for another that its company does not allow.

A line is taken by its slots (see ``pools``): who does what to what, where.  A swapped word has the part of speech and
the inflection of the original, but goes with what stands beside it in no sensible reading (see ``sense``), and it is
the only word to blame for that; a smaller share breaks agreement or puts a noun for a verb.  Besides, the grammar
itself must refuse the swapped line.
"""

import functools
from collections import namedtuple

from helpers.data.sample_corpus.conjugation import TENSES, conjugate
from helpers.data.sample_corpus.events import TABLES, all_events
from helpers.data.sample_corpus.grammar import NO, TENSES_OF, accepts
from helpers.data.sample_corpus.pools import Phrase, pick
from helpers.data.sample_corpus.tables.lexicon import ADVERBS, ANIMALS
from helpers.data.sample_corpus.tables.sense import DOERS, DONE_TO, SUCH
from helpers.data.sample_corpus.unseen import HELD_OUT, noun_of
from helpers.data.sample_corpus.words import (
    ADJECTIVE_FORMS,
    CLASSES,
    GROUPS,
    STRESSED_A,
    expand,
    split_reflexive,
    verb_phrases,
)

# Which part of a line, which word of that part, and what replaces it.
Swap = namedtuple("Swap", "part at form")

NOT_A_PLACE = set(ANIMALS.split()) - {"horse"}
NEVER_SWAPPED_IN = {"misc", "place", "body", "part", "illness"}


@functools.lru_cache(maxsize=None)
def verbs_by_inflection():
    """Inflection of a verb slot -> every (form, infinitive) of the events in the persons and tenses that they have."""
    found = {}
    for event in all_events():
        people = any(name in ("person", "grown") for name in event.who)
        for person in TENSES_OF if people else (2, 5):
            for tense in ADVERBS:
                if event.can_be(tense, person):
                    phrase = verb_phrases(event.verb, tense, person)[0]
                    found.setdefault(phrase.slot.inflection, set()).add((phrase.split()[-1], event.verb))
    return {inflection: sorted(forms) for inflection, forms in found.items()}


@functools.lru_cache(maxsize=None)
def nouns_by_inflection():
    """(gender, number) -> every (form, group) of the nouns that scenes are about.

    El agua is left out: another noun in its place would show by the article.
    """
    found = {}
    for name in sorted({name for table in TABLES.values() for name in table["subjects"]}):
        for noun in CLASSES[name] if GROUPS[name] not in NEVER_SWAPPED_IN else ():
            for number, form in enumerate((noun.singular, noun.plural)):
                if form and form not in STRESSED_A:
                    found.setdefault((noun.gender, number), set()).add((form, GROUPS[name]))
    return {inflection: sorted(forms) for inflection, forms in found.items()}


@functools.lru_cache(maxsize=None)
def deeds():
    """(subject's group, infinitive, object's group or None) of everything that happens in the corpus."""
    found = set()
    for event in all_events():
        doers = {"person" if name in ("person", "grown") else GROUPS.get(name, name) for name in event.who}
        slots = [phrase.slot for pattern in event.objects for phrase in expand(pattern, "object", 2)]
        things = {GROUPS.get(slot.key) if slot else None for slot in slots} or {None}
        found.update((doer, event.verb, thing) for doer in doers for thing in things)
    return found


@functools.lru_cache(maxsize=None)
def happens(subject, verb, thing):
    """Whether the corpus has such a deed; None stands for anything."""
    wanted = (subject, verb, thing)
    return any(all(want in (None, has) for want, has in zip(wanted, deed)) for deed in deeds())


class Company:
    """The slots of a line, by role, and the groups of its subject and object (None when it has none of its own)."""

    def __init__(self, phrases):
        self.phrases, self.slots = phrases, {}
        for part, phrase in enumerate(phrases):
            if phrase.slot:
                self.slots.setdefault(phrase.slot.role, []).append((part, phrase.slot))
        self.clear = all(len(slots) == 1 for slots in self.slots.values()) and NO not in phrases
        self.verb, self.adjective = self.key("verb"), self.key("adjective")
        named = any(phrase.tags and phrase.tags[-1] == "PROPN" for phrase in phrases)
        self.subject = GROUPS.get(self.key("subject"), "person" if named else None)
        self.object = GROUPS.get(self.key("object"))

    def key(self, role):
        return self.slots[role][0][1].key if role in self.slots else None

    def unseen_roles(self):
        """The roles of the words that are in a combination that is held out: subject and verb, verb and object ..."""
        roles = set()
        for one, other in (("subject", "verb"), ("object", "verb"), ("subject", "adjective")):
            if one in self.slots and other in self.slots:
                part, slot = self.slots[one][0]
                noun, word = noun_of(self.phrases[part].split()[slot.at]), self.key(other)
                if (noun, split_reflexive(word)[0]) in HELD_OUT:
                    roles |= {one, other}
        return roles

    def is_only_stranger(self, role, key):
        """Whether ``key``, put in as subject, verb or object, is the one word to blame.

        It is not where another word in the place of one of the others would make sense of the line too: los pájaros
        están hablando may come from birds that sang or from people who spoke, and such a pair has two right answers.
        """
        now = {"subject": self.subject or "person", "verb": self.verb, "object": self.object}
        now[role] = key
        others = [other for other in now if other != role and other in self.slots]
        return not any(happens(*(None if name == other else now[name] for name in now)) for other in others)

    def swaps(self, role, forms):
        """The Swaps that put one of ``forms`` in the place of the word with ``role``."""
        part, slot = self.slots[role][0]
        there = " ".join(self.phrases).split()
        return [Swap(part, slot.at, form) for form in forms if form not in there]


def swap_verb(line):
    """Another verb, which the subject cannot do or the object cannot undergo."""
    if not line.verb:
        return []
    inflection = line.slots["verb"][0][1].inflection
    forms = []
    for form, verb in verbs_by_inflection().get(inflection, ()):
        cannot_do = line.subject and line.subject not in DOERS.get(verb, {line.subject})
        cannot_undergo = line.object and line.object not in DONE_TO.get(verb, {line.object}) | {"misc"}
        if (cannot_do or cannot_undergo) and line.is_only_stranger("verb", verb):
            forms.append(form)
    return line.swaps("verb", forms)


def swap_noun(line, role, allowed):
    """Another noun of the same gender and number, of a group that is not among ``allowed`` (None: no telling)."""
    if role not in line.slots or allowed is None:
        return []
    part, slot = line.slots[role][0]
    if line.phrases[part].split()[slot.at] in STRESSED_A:
        return []
    strangers = {group for group in set(GROUPS.values()) if group not in allowed and line.is_only_stranger(role, group)}
    return line.swaps(role, [form for form, group in nouns_by_inflection()[slot.inflection] if group in strangers])


def swap_subject(line):
    """Another subject, where an object or a place tells that it is not the verb that is wrong."""
    if line.verb and not {"object", "place"} & set(line.slots):
        return []
    return swap_noun(line, "subject", DOERS.get(line.verb) if line.verb else SUCH.get(line.adjective))


def swap_object(line):
    return swap_noun(line, "object", DONE_TO.get(line.verb))


def swap_place(line):
    """A place for an animal: nobody cooks "en la paloma"."""
    if "place" not in line.slots or not line.verb:
        return []
    part, slot = line.slots["place"][0]
    if GROUPS[slot.key] != "place" or not line.phrases[part].startswith("en "):
        return []
    return line.swaps("place", [form for form, group in nouns_by_inflection()[slot.inflection] if group in NOT_A_PLACE])


def swap_adjective(line):
    """An adjective that a person, named Elena, cannot be; of another subject one might blame the noun."""
    if not line.adjective or not line.subject or "subject" in line.slots:
        return []
    gender, number = line.slots["adjective"][0][1].inflection
    odd = [adjective for adjective, groups in SUCH.items() if line.subject not in groups]
    return line.swaps("adjective", [ADJECTIVE_FORMS[adjective][gender + 2 * number] for adjective in odd])


def swap_inflection(line):
    """The same word in a form that does not agree: los pájaros canta, están cantar, la sopa está fríos."""
    if not line.subject:
        return []
    if line.adjective:
        return line.swaps("adjective", ADJECTIVE_FORMS[line.adjective])
    if not line.verb:
        return []
    forms = conjugate(split_reflexive(line.verb)[0])
    tense = line.slots["verb"][0][1].inflection[0]
    others = (
        forms[tense][2::3] if tense in TENSES else [forms[other] for other in ("infinitivo", "gerundio", "participio")]
    )
    return line.swaps("verb", others)


def swap_class(line):
    """A noun where a verb must be: los pájaros están mesa."""
    if not line.verb:
        return []
    return line.swaps("verb", [form for forms in nouns_by_inflection().values() for form, _ in forms])


KINDS = {
    "verb": swap_verb,
    "subject": swap_subject,
    "object": swap_object,
    "place": swap_place,
    "adjective": swap_adjective,
    "inflection": swap_inflection,
    "class": swap_class,
}


def role_of(kind, phrases):
    """The role of the word that a kind of swap changes in a line."""
    if kind == "inflection":
        return "adjective" if Company(phrases).adjective else "verb"
    return "verb" if kind == "class" else kind


def swapped(phrases, swap):
    """The phrases of a line with ``swap`` made."""
    words = phrases[swap.part].split()
    words[swap.at] = swap.form
    return phrases[: swap.part] + [Phrase(" ".join(words))] + phrases[swap.part + 1 :]


def spoiled(phrases, kind, random):
    """The phrases of a line with one word swapped so that it does not fit, or None where there is no such swap."""
    line = Company(phrases)
    found = KINDS[kind](line) if line.clear else []
    if not found:
        return None
    result = swapped(phrases, pick(found, random))
    return None if accepts(" ".join(result).split()) else result
