"""The lines that a scene can have.

A ``Line`` is a kind (statement, question, command or said) and parts: phrases and pools of phrases (see ``pools``),
with ``WHO`` or ``TO_WHOM`` where the scene puts somebody of its cast.  Lines come in lists, each as often as its weight
says.  ``accepts`` goes through all of them, whatever the scene.
"""

import functools
from collections import namedtuple

from helpers.data.sample_corpus.conjugation import conjugate
from helpers.data.sample_corpus.events import (
    GENERAL,
    TABLES,
    acts,
    adverbs,
    bare_verbs,
    classes_of,
    events,
    orders,
    pleasures,
    pool_of,
    times,
)
from helpers.data.sample_corpus.pools import Phrase, Pool, Slot, bare, ends
from helpers.data.sample_corpus.tables.lexicon import ALIVE, NAMES
from helpers.data.sample_corpus.words import (
    ADJECTIVE_FORMS,
    CLASSES,
    COPULAS,
    SUBJECT_DETERMINERS,
    agree,
    contracted,
    group_of,
    infinitive_phrase,
    repeated,
)

Line = namedtuple("Line", "kind parts")
# Somebody or something a scene is about: as a subject, with the preposition a, gender (0, 1) and number (0, 1).
Subject = namedtuple("Subject", "who to_whom gender number")

WHO, TO_WHOM = Phrase("WHO"), Phrase("TO_WHOM")
NO = Phrase("no", ["ADV"])
TENSES_OF = {  # how often each person comes in which tense
    0: "presente*3 gerundio*8 pretérito perfecto*3 estaba*2 ir_a*3 modal*3",
    1: "presente*3 gerundio*8 perfecto*4 ir_a*3 modal*3",
    2: "presente*6 gerundio*14 pretérito*2 perfecto*4 imperfecto futuro estaba*4 ir_a*4 modal*3",
    3: "presente*2 gerundio*7 perfecto*3 ir_a*4 modal*4",
    5: "presente*6 gerundio*14 pretérito*2 perfecto*4 imperfecto futuro estaba*4 ir_a*4 modal*3",
}
HEARD = "hablar cantar llorar toser piar graznar ladrar maullar zumbar relinchar mugir balar cacarear rugir aullar"
CLAIMS = ("creo que*3", "me parece que", "dicen que", "ya sabes que", "es verdad que", "seguro que")
DOUBTS = ("es verdad que", "sabes si", "crees que")
JOINTS = Pool([(Phrase("y", ["CCONJ"]),), (Phrase("mientras", ["SCONJ"]),)])


def third(number):
    """The third person, singular (2) or plural (5)."""
    return 5 if number else 2


@functools.lru_cache(maxsize=None)
def predicates(what, person, modal=True, plain=False):
    """Pool of what somebody does, in all tenses; ``plain``: without no and adverbs.  ``what`` comes from ``events``."""
    pool = Pool()
    for tense in repeated(TENSES_OF[person]):
        tense = tense.replace("_", " ")
        timed, untimed = acts(what, person, tense), acts(what, person, tense, timed=False)
        if timed and (modal or tense != "modal"):
            pool += [(timed,)] * 8
            if not plain:
                pool += [(adverbs(tense), untimed)] + [(NO, untimed)] * (tense != "modal")
    return pool


@functools.lru_cache(maxsize=None)
def descriptions(name, gender, number):
    """Pool of what nouns of class ``name`` can be: está cansado, eran muy caras."""
    pool = Pool()
    for who in classes_of(name):
        for verb, adjective, weight in COPULAS.get(who, []):
            word = ADJECTIVE_FORMS[adjective][gender + 2 * number]
            slot = Slot("adjective", 0, adjective, (gender, number))
            for tense, factor in (("presente", 3), ("imperfecto", 1)):
                copula = Phrase(conjugate(verb)[tense][third(number)], ["AUX"])
                pool += [(copula, Phrase(word, ["ADJ"], slot))] * (weight * factor)
                if verb == "ser":
                    pool += [(copula, Phrase(f"muy {word}", ["ADV", "ADJ"], slot._replace(at=1)))] * factor
    return pool


@functools.lru_cache(maxsize=None)
def subjects(name):
    """Every Subject of a noun class, or ("name") of people with a name, as often as its weight says."""
    if name == "name":
        named = [(one, gender) for gender, key in enumerate("mf") for one in NAMES[key].split()]
        return [Subject(Phrase(n, ["PROPN"]), Phrase(f"a {n}", ["ADP", "PROPN"]), gender, 0) for n, gender in named]
    found = []
    for noun in CLASSES[name]:
        for number, form in enumerate((noun.singular, noun.plural)):
            for determiner in SUBJECT_DETERMINERS[name] if form else ():
                words = [agree(determiner, noun, number), form]
                slot = Slot("subject", 1, name, (noun.gender, number))
                who = Phrase(" ".join(words), ["DET", "NOUN"], slot)
                if words[0] == "el":
                    to_whom = Phrase(contracted(["a"] + words), ["ADP", "NOUN"], slot)
                else:
                    to_whom = Phrase(" ".join(["a"] + words), ["ADP", "DET", "NOUN"], slot._replace(at=2))
                found += [Subject(who, to_whom, noun.gender, number)] * noun.weight
    return found


@functools.lru_cache(maxsize=None)
def heard(what):
    """Pool of the sounds that somebody can be heard making."""
    return Pool(
        (infinitive_phrase(event.verb, 2),) for event, _ in what if event.verb in HEARD.split() and not event.objects
    )


@functools.lru_cache(maxsize=None)
def lines_about(setting, name, gender, number):
    """Lines about a Subject of class ``name``."""
    what, person = events(setting, name), third(number)
    does, is_so = predicates(what, person, modal=group_of(name) == "person"), descriptions(name, gender, number)
    lines = [Line("question", (Phrase(f"dónde está{'n' * number}", ["ADV", "AUX"]), WHO))]
    if is_so:
        lines += [Line("statement", (WHO, is_so))] * (4 if does else 6) + [Line("question", (WHO, is_so))]
    if does:
        lines += [Line("statement", (WHO, does))] * 20 + [Line("question", (WHO, does))] * 4
        lines += [Line("statement", (pool_of(CLAIMS), WHO, does))] * 2
        lines += [Line("question", (pool_of(DOUBTS), WHO, does))]
        for tense in ("presente", "pretérito", "futuro"):
            lines.append(Line("statement", (times(tense), WHO, acts(what, person, tense, timed=False, timeless=True))))
        lines += [Line("question", (Phrase("por qué", ["ADP", "PRON"]), bare_verbs(what, person, False), WHO))] * 2
        lines += [Line("question", (Phrase("qué", ["PRON"]), bare_verbs(what, person, True), WHO))]
    if group_of(name) in ALIVE.split():
        likes = Phrase("les gusta" if number else "le gusta", ["PRON", "VERB"])
        lines += [Line("statement", (TO_WHOM, likes, pleasures(what, person)))]
        lines += [Line("statement", (Phrase("oigo", ["VERB"]), heard(what), TO_WHOM))] * 2
    return possible(lines)


@functools.lru_cache(maxsize=None)
def own_lines(setting):
    """Lines that are about yo, tú, nosotros, somebody just spoken of, the weather, or what there is."""
    what = events(setting, None)
    lines = [Line("statement", (predicates(what, 0),))] * 6
    lines += [Line("question", (predicates(what, 1),))] * 5
    lines += [Line("statement", (predicates(what, 3),))] * 3
    lines += [Line("statement", (predicates(what, 2),))] * 2
    lines += [Line("question", (Phrase("quién", ["PRON"]), predicates(what, 2, plain=True)))] * 2
    lines += [Line("statement", (Phrase("me gusta", ["PRON", "VERB"]), pleasures(what, 0)))] * 2
    lines += [Line("question", (Phrase("te gusta", ["PRON", "VERB"]), pleasures(what, 1)))]
    lines += [Line("command", (orders(what, False),))] * 2 + [Line("command", (orders(what, True),))]
    weather = predicates(events(setting, "it"), 2, modal=False)
    lines += [Line("statement", (weather,))] * 12 + [Line("question", (weather,))] * 3
    there = Pool((pool_of([thing], "object"), pool_of([place], "place")) for thing, place in TABLES[setting]["hay"])
    lines += [Line(kind, (Phrase("hay", ["VERB"]), there)) for kind in ("statement", "statement", "question")]
    return possible(lines)


def possible(lines):
    """The lines that have no empty pool."""
    return [line for line in lines if all(line.parts)]


@functools.lru_cache(maxsize=None)
def said(setting):
    """The set phrases of a setting, its own ones four times as often as those of everywhere."""
    return [Line("said", (Phrase(text),)) for text in TABLES[setting]["say"] * 4 + GENERAL["say"]]


@functools.lru_cache(maxsize=None)
def half(setting, name, number):
    """Parts of half a line, what a Subject does now; None where there is nothing."""
    now = Pool()
    for tense in ("presente", "gerundio"):
        does = acts(events(setting, name), third(number), tense, timed=False)
        now += [(does,)] if does else []
    return (WHO, now) if now else None


@functools.lru_cache(maxsize=None)
def everything():
    """Pool of every line of every setting, WHO being anybody it can be; and Pool of every half line."""
    lines, halves = Pool(), Pool()
    for setting, table in TABLES.items():
        lines += [line.parts for line in own_lines(setting) + said(setting)]
        for name in sorted(set(table["subjects"])) + ["name"]:
            cast = subjects(name)
            for gender, number in sorted(set((subject.gender, subject.number) for subject in cast)):
                same = [subject for subject in cast if (subject.gender, subject.number) == (gender, number)]
                anybody = {
                    WHO: Pool((subject.who,) for subject in same),
                    TO_WHOM: Pool((subject.to_whom,) for subject in same),
                }
                for line in lines_about(setting, name, gender, number):
                    lines.append(tuple(anybody.get(part, part) for part in line.parts))
                if half(setting, name, number):
                    halves.append(tuple(anybody.get(part, part) for part in half(setting, name, number)))
    return lines, halves


def accepts(words):
    """Whether the grammar can say these ``words`` in some scene; case and punctuation do not matter."""
    words = [word for word in map(bare, words) if word]
    lines, halves = everything()
    return any(len(words) in ends(parts, words) for parts in ((lines,), (halves, JOINTS, halves)))
