"""What happens in the settings, read from their table: who does what to what, where and when."""

import functools
import re
from collections import namedtuple

from helpers.data.sample_corpus.pools import Pool
from helpers.data.sample_corpus.tables.lexicon import ADVERBS, TIMES
from helpers.data.sample_corpus.tables.settings import SETTINGS
from helpers.data.sample_corpus.words import (
    expand,
    group_of,
    imperative_phrase,
    infinitive_phrase,
    repeated,
    rows,
    verb_phrases,
    weighted,
)

NOT_GROWN = ("child", "pupil")
TENSES_OF_STATES = ("presente", "imperfecto")
# Tenses with forms of their own are kept to common verbs (by weight), so that the vocabulary stays small.
WEIGHT_FOR = {"presente": 1, "pretérito": 3, "imperfecto": 5, "futuro": 5}
MORE_FOR_SPEAKERS = 2  # and a yo, tú or nosotros form of its own takes that much more
# A circumstance that names a time: another time beside it is too much, and "está durmiendo por la noche" is odd.
NAMES_A_TIME = re.compile(
    r"(a las|toda la noche|por la (noche|mañana|tarde)|en (primavera|verano|otoño|invierno)|al? (el )?amanecer"
    r"|(muy )?(tarde|temprano)|hasta tarde|después de)\b"
)


class Event(namedtuple("Event", "who verb weight objects circumstances state unwanted")):
    """Classes of subjects, infinitive, and patterns of what follows it; ``state`` and ``unwanted`` are marks."""

    @property
    def own(self):
        """Whether something in it agrees with the subject (su)."""
        return any("su" in pattern.split() for pattern in self.objects + self.circumstances)

    def can_be(self, tense, person):
        """Whether one says it in a tense and person."""
        if self.state:
            return tense in TENSES_OF_STATES
        if tense in WEIGHT_FOR:
            return self.weight >= WEIGHT_FOR[tense] + MORE_FOR_SPEAKERS * (person in (0, 1, 3))
        return not (tense == "modal" and self.unwanted)


def read_settings():
    """setting -> its table: weight, subjects, hay, say and events."""
    settings, current = {}, None
    for line in SETTINGS.strip().splitlines():
        head, _, rest = line.partition(":")
        items = [item.strip() for item in rest.split(";")]
        if line.startswith("["):
            name, weight = weighted(line[1:-1])
            current = {"weight": weight, "subjects": [], "hay": [], "say": [], "events": []}
            settings[name or "*"] = current
        elif head == "subjects":
            current["subjects"] = repeated(rest)
        elif head == "hay":
            current["hay"] = rows("\n".join(items))
        elif head == "say":
            current["say"] += items
        elif line:
            start, *rest = line.split("|")
            who, verb = start.split()
            verb, weight = weighted(verb)
            patterns = [tuple(pattern.strip() for pattern in cell.split(";") if pattern.strip()) for cell in rest]
            event = Event(tuple(who.split(",")), verb.rstrip("^!"), weight, *patterns, "^" in verb, "!" in verb)
            current["events"].append(event)
    return settings


TABLES = read_settings()
GENERAL = TABLES.pop("*")


def classes_of(name):
    """The names under which tables speak of a noun class: its own, its group's, person, grown."""
    if name == "it":
        return ["it"]
    names = [name, group_of(name)]
    return names + ["grown"] if names[1] == "person" and name not in NOT_GROWN else names


@functools.lru_cache(maxsize=None)
def events(setting, name):
    """The events of nouns of class ``name`` (None: yo, tú ...) and their weights, the setting's own ones doubled."""
    names = classes_of(name)
    own, general = (
        [event for event in table["events"] if any(who in names for who in event.who)]
        for table in (TABLES[setting], GENERAL)
    )
    return tuple([(event, 2 * event.weight) for event in own] + [(event, event.weight) for event in general])


def all_events():
    """Every event of every setting."""
    return [event for table in list(TABLES.values()) + [GENERAL] for event in table["events"]]


def pool_of(patterns, role=None, person=2):
    """Pool of everything that patterns stand for."""
    return Pool((phrase,) for pattern in patterns for phrase in expand(pattern, role, person))


@functools.lru_cache(maxsize=None)
def times(tense):
    """Pool of the times that go with a tense."""
    return pool_of(TIMES[tense].split(";"))


@functools.lru_cache(maxsize=None)
def adverbs(tense):
    """Pool of the adverbs that stand before a verb in a tense."""
    return pool_of(ADVERBS[tense].split(";"))


@functools.lru_cache(maxsize=None)
def complements(objects, circumstances, person, tense):
    """Pool of what follows a verb: object, circumstance, and a time that goes with ``tense`` (None: no time)."""
    what = (pool_of(objects, "object", person),) if objects else ()
    options = [what] * 4
    if circumstances:
        options += [what + (pool_of(circumstances, "place", person),)] * (5 if objects else 8)
    if tense:
        options += [what + (times(tense),)] * 3
        places = tuple(pattern for pattern in circumstances if not NAMES_A_TIME.match(pattern))
        options += [what + (pool_of(places, "place", person), times(tense))] if places else []
    return Pool(options)


def complements_of(event, person, tense=None, timeless=False):
    """``complements`` of an event, shared between persons where nothing agrees with the subject."""
    circumstances = event.circumstances
    if timeless:
        circumstances = tuple(pattern for pattern in circumstances if not NAMES_A_TIME.match(pattern))
    return complements(event.objects, circumstances, person if event.own else 2, tense)


@functools.lru_cache(maxsize=None)
def acts(what, person, tense, timed=True, timeless=False):
    """Pool of verb and complements in one tense; ``what`` comes from ``events``.

    ``timed``: a time may follow.  ``timeless``: nothing that names a time may follow, as the line has named one.
    """
    pool = Pool()
    for event, weight in what:
        if event.can_be(tense, person):
            after = complements_of(event, person, tense if timed else None, timeless or tense == "gerundio")
            for phrase in verb_phrases(event.verb, tense, person):
                pool += [(phrase, after)] * weight
    return pool


@functools.lru_cache(maxsize=None)
def bare_verbs(what, person, transitive):
    """Pool of verbs alone, as after why, or (``transitive``) after what."""
    pool = Pool()
    for event, weight in what:
        to_whom = any(pattern.startswith("a ") for pattern in event.objects)
        if bool(event.objects) == transitive and not event.state and not to_whom:
            for tense in ("presente", "gerundio", "gerundio", "perfecto"):
                pool += [(phrase,) for phrase in verb_phrases(event.verb, tense, person)] * weight
    return pool


@functools.lru_cache(maxsize=None)
def pleasures(what, person):
    """Pool of what one can like to do."""
    pool = Pool()
    for event, weight in what:
        if not event.state and not event.unwanted:
            pool += [(infinitive_phrase(event.verb, person), complements_of(event, person))] * weight
    return pool


@functools.lru_cache(maxsize=None)
def orders(what, negative):
    """Pool of what one tells a friend to do or, if it is something definite, not to do."""
    pool = Pool()
    for event, weight in what:
        objects = tuple(pattern for pattern in event.objects if not (negative and pattern.startswith("un")))
        if objects and event.weight > 2 * negative and not event.state and not event.unwanted:
            after = complements(objects, event.circumstances, 1, None)
            pool += [(imperative_phrase(event.verb, negative), after)] * weight
    return pool
