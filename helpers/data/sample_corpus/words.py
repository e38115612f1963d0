"""Words of the lexicon, inflected: noun phrases, verb phrases, and the part of speech of any other word."""

import functools
import re
from collections import namedtuple

from helpers.data.sample_corpus.conjugation import TENSES, conjugate
from helpers.data.sample_corpus.pools import Phrase, Slot, bare
from helpers.data.sample_corpus.tables.lexicon import (
    ADJECTIVES,
    AUXILIARIES,
    CLOSED_CLASSES,
    NAMES,
    NOUNS,
    SET_PHRASE_VERBS,
)
from helpers.data.sample_corpus.tables.settings import SETTINGS

# gender: 0 masculine, 1 feminine; lemma: what niño and niña, niños and niñas have in common, "niño"
Noun = namedtuple("Noun", "name gender singular plural weight lemma")

DETERMINERS = {
    "el": ("el", "la", "los", "las"),
    "un": ("un", "una", "unos", "unas"),
    "este": ("este", "esta", "estos", "estas"),
    "ese": ("ese", "esa", "esos", "esas"),
    "mi": ("mi", "mi", "mis", "mis"),
    "tu": ("tu", "tu", "tus", "tus"),
    "su": ("su", "su", "sus", "sus"),
    "nuestro": ("nuestro", "nuestra", "nuestros", "nuestras"),
}  # masculine, feminine, masculine plural, feminine plural
POSSESSIVES = ("mi", "tu", "su", "nuestro", "vuestro", "su")
CLITICS = ("me", "te", "se", "nos", "os", "se")
STRESSED_A = {"agua"}  # feminine, yet el agua
IRREGULAR_PLURALS = {"joven": "jóvenes", "examen": "exámenes", "crimen": "crímenes", "jersey": "jerséis"}


def weighted(text):
    """``"pan*3"`` -> ``("pan", 3)``."""
    word, _, weight = text.strip().partition("*")
    return word.strip(), int(weight or 1)


def repeated(text):
    """``"el*2 ese"`` -> ``["el", "el", "ese"]``."""
    return [word for word, weight in map(weighted, text.split()) for _ in range(weight)]


def rows(table):
    """The cells of a table of lines with ``|`` between columns."""
    return [[cell.strip() for cell in line.split("|")] for line in table.strip().splitlines()]


# ---------- nouns, adjectives


def plural(word):
    """pájaro -> pájaros, canción -> canciones, pez -> peces, autobús -> autobuses."""
    if word in IRREGULAR_PLURALS:
        return IRREGULAR_PLURALS[word]
    if word[-1] in "aeiouáéó":
        return f"{word}s"
    if word[-1] == "z":
        return f"{word[:-1]}ces"
    if word[-1] in "ns" and word[-2] in "áéíóú":
        return f"{word[:-2]}{'aeiou'['áéíóú'.index(word[-2])]}{word[-1]}es"
    return f"{word}es"


def feminine(word):
    """niño -> niña, doctor -> doctora, triste -> triste."""
    if word.endswith("o"):
        return f"{word[:-1]}a"
    return f"{word}a" if word.endswith("or") else word


def read_nouns():
    """From the NOUNS table: class -> Nouns, class -> group, class -> subject determiners, form -> (Noun, number)."""
    classes, groups, determiners, known = {}, {}, {}, {}
    for name, group, articles, entries in rows(NOUNS):
        groups[name], determiners[name] = group, repeated(articles)
        nouns = classes.setdefault(name, [])
        for entry, weight in map(weighted, entries.split()):
            word, _, gender = entry.rstrip("-+").partition(":")
            masculine, _, she = word.partition("/")
            pair = [(word, g == "f") for g in gender or ("f" if word.endswith("a") else "m")]
            if she:
                pair = [(masculine, False), (she if len(she) > 1 else feminine(masculine), True)]
            for form, is_feminine in pair:
                one = None if entry.endswith("+") else form
                many = None if entry.endswith("-") else plural(form)
                nouns.append(Noun(name, int(is_feminine), one, many, weight, pair[0][0]))
                known.setdefault(one, (nouns[-1], 0))
                known.setdefault(many, (nouns[-1], 1))
    known.pop(None, None)
    return classes, groups, determiners, known


CLASSES, GROUPS, SUBJECT_DETERMINERS, KNOWN = read_nouns()


def read_adjectives():
    """From the ADJECTIVES table: class or group -> (ser or estar, adjective, weight), adjective -> its four forms."""
    copulas, forms = {}, {}
    for verb, who, entries in rows(ADJECTIVES):
        for word, weight in map(weighted, entries.split()):
            forms[word] = (word, feminine(word), plural(word), plural(feminine(word)))
            for name in who.split():
                copulas.setdefault(name, []).append((verb, word, weight))
    return copulas, forms


COPULAS, ADJECTIVE_FORMS = read_adjectives()


def group_of(name):
    """The group of a noun class; names and pronouns are people."""
    return GROUPS.get(name, "person")


def agree(determiner, noun, number):
    """The form of ``determiner`` (given as masculine singular) beside a noun; el agua, but esta agua."""
    if determiner in ("el", "un") and noun.singular in STRESSED_A and not number:
        return determiner
    return DETERMINERS[determiner][noun.gender + 2 * number]


@functools.lru_cache(maxsize=None)
def expand(pattern, role, person=2):
    """Every Phrase that a pattern of the tables stands for, as often as weights say; ``su`` belongs to ``person``."""
    pattern, weight = weighted(pattern)
    words = [POSSESSIVES[person] if word == "su" else word for word in pattern.split()]
    hole = next((i for i, word in enumerate(words) if word.startswith("@")), None)
    if hole is None:
        at = next((i for i, word in enumerate(words) if word in KNOWN and tag(words)[i] == "NOUN"), None)
        fillers = [] if at is None else [KNOWN[words[at]] + (1,)]
    else:
        at, many = hole, int(words[hole].endswith("+"))
        nouns = CLASSES[words[hole].strip("@+")]
        fillers = [(noun, int(many or not noun.singular), noun.weight) for noun in nouns]
    if not fillers:
        return [Phrase(contracted(words))] * weight
    phrases = []
    for noun, number, noun_weight in fillers:
        filled = list(words)
        filled[at] = noun.plural if number else noun.singular
        if at and filled[at - 1] in DETERMINERS:
            filled[at - 1] = agree(filled[at - 1], noun, number)
        if filled[at]:
            slot = Slot(role, len(contracted(filled[: at + 1]).split()) - 1, noun.name, (noun.gender, number))
            if at and filled[at - 1] == "de" and role == "object":
                slot = None  # un vaso de agua: what is drunk and what is washed are not the same word
            phrases += [Phrase(contracted(filled), None, slot)] * (weight * noun_weight)
    return phrases


def contracted(words):
    """The text of ``words`` with al and del."""
    return re.sub(r"\b(a|de) el\b", r"\1l", " ".join(words))


# ---------- verbs


def split_reflexive(infinitive):
    """``"lavarse"`` -> ``("lavar", True)``."""
    return (infinitive[:-2], True) if infinitive.endswith("se") else (infinitive, False)


# Compound tense -> the form of the verb in it, and what can stand before: a helper, its tense, a word between.
COMPOUND = {
    "gerundio": ("gerundio", ["estar presente"]),
    "estaba": ("gerundio", ["estar imperfecto"]),
    "perfecto": ("participio", ["haber presente"]),
    "ir a": ("infinitivo", ["ir presente a"]),
    "modal": ("infinitivo", ["querer presente", "poder presente", "tener presente que"]),
}


HELPER_TAGS = {"a": "ADP", "que": "SCONJ", "querer": "VERB", "tener": "VERB"}  # the others are AUX


@functools.lru_cache(maxsize=None)
def verb_phrases(infinitive, tense, person):
    """The ways to say a verb in a tense (compound ones included) and a person, each a Phrase: ["está cantando"]."""
    verb, reflexive = split_reflexive(infinitive)
    if tense in TENSES:
        form, inflection, ways = conjugate(verb)[tense][person], (tense, person, reflexive), [""]
    else:
        main, ways = COMPOUND[tense]
        form, inflection = conjugate(verb)[main], (main, None, reflexive)
    phrases = []
    for way in map(str.split, ways):
        helper = [conjugate(way[0])[way[1]][person]] + way[2:] if way else []
        words = [CLITICS[person]] * reflexive + helper + [form]
        tags = ["PRON"] * reflexive + [HELPER_TAGS.get(word, "AUX") for word in way[::2]] + ["VERB"]
        phrases.append(Phrase(" ".join(words), tags, Slot("verb", len(words) - 1, infinitive, inflection)))
    return phrases


def infinitive_phrase(infinitive, person):
    """``lavarse`` for yo: lavarme."""
    verb, reflexive = split_reflexive(infinitive)
    text = verb + CLITICS[person] if reflexive else verb
    return Phrase(text, ["VERB"], None if reflexive else Slot("verb", 0, infinitive, ("infinitivo", None, False)))


def imperative_phrase(infinitive, negative):
    """What one tells a friend to do: canta, ponte, lávate; no cantes, no te laves."""
    verb, reflexive = split_reflexive(infinitive)
    if negative:
        words = ["no"] + ["te"] * reflexive + [conjugate(verb)["subjuntivo"][1]]
        return Phrase(" ".join(words), ["ADV"] + ["PRON"] * reflexive + ["VERB"])
    form = conjugate(verb)["imperativo"]
    return Phrase(f"{accented(form)}te" if reflexive else form, ["VERB"])


def accented(word):
    """The stress of ``word`` in writing, for when a syllable is added: lava -> láva(te), acuesta -> acuésta(te)."""
    runs = list(re.finditer("[aeiou]+", word))
    if len(runs) < 2:
        return word
    run = runs[-2]
    strong = re.search("[aeo]", run.group())
    at = run.start() + (strong.start() if strong else len(run.group()) - 1)
    return word[:at] + "áéíóú"["aeiou".index(word[at])] + word[at + 1 :]


# ---------- parts of speech

CLOSED = {word: tag for tag, words in CLOSED_CLASSES.items() for word in words.split()}
CLOSED.update({form: "DET" for forms in DETERMINERS.values() for form in forms})
CLOSED.update({name.lower(): "PROPN" for names in NAMES.values() for name in names.split()})
FORM_OF_ADJECTIVE = {form for forms in ADJECTIVE_FORMS.values() for form in forms}


@functools.lru_cache(maxsize=None)
def forms_of(verbs):
    """Every form of the verbs named in a text."""
    found = set()
    for verb in verbs.split():
        for forms in conjugate(verb).values():
            found.update([forms] if isinstance(forms, str) else forms)
    return found


EVENT_VERBS = " ".join(sorted(set(re.findall(r"^[a-z,]+ +([a-zñáéíóú]+r)(?:se)?\b", SETTINGS, re.M))))


def tag_word(word, before, after):
    """The universal part of speech of a bare word, given the tag before it and the bare word after it."""
    if word in ("mañana", "tarde"):
        return "NOUN" if before == "DET" else "ADV"
    if word in ("mucho", "mucha", "muchos", "muchas", "demasiado"):
        return "DET" if after in KNOWN else "ADV"
    if word == "qué" and after in KNOWN:
        return "DET"
    if word in CLOSED:
        return CLOSED[word]
    if word in forms_of(AUXILIARIES) or (after == "a" and word in forms_of("ir")):
        return "AUX"
    if word in FORM_OF_ADJECTIVE and before in ("AUX", "NOUN", "ADV", "VERB"):
        return "ADJ"
    if word in KNOWN:
        return "NOUN"
    if word in FORM_OF_ADJECTIVE:
        return "ADJ"
    return "VERB" if word in forms_of(EVENT_VERBS) or word in forms_of(SET_PHRASE_VERBS) else None


def tag(words):
    """Universal part-of-speech tags of words that are not a verb phrase of the grammar, one each."""
    tags, plain = [], [bare(word) for word in words] + [None]
    for at, word in enumerate(plain[:-1]):
        found = tag_word(word, tags[-1] if tags else None, plain[at + 1])
        if not found:
            raise ValueError(f"no part of speech for {word!r} in {' '.join(words)!r}: add it to lexicon.py")
        tags.append(found)
    return tags
