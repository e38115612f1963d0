"""Rules of words: *ser* and *estar*, accents, order, a noun that does not fit.  See :mod:`.agreement`."""

import random
from typing import Iterator

from helpers.discriminator.pairs import lexicon
from helpers.discriminator.pairs.sentence import Change, Sentence, any_of

SER = "soy eres es somos son era eras éramos eran".split()
ESTAR = "estoy estás está estamos están estaba estabas estábamos estaban".split()
TO_ESTAR, TO_SER = dict(zip(SER, ESTAR)), dict(zip(ESTAR, SER))
NOT_GERUNDS = any_of("cuando blando mando bando comando fernando orlando armando rolando")
HERE = any_of("aquí ahí allí acá arriba abajo dentro fuera")
STATES = any_of(
    "contento contenta contentos contentas harto harta hartos hartas embarazada ocupado ocupada enfadado enfadada "
    "preocupado preocupada dormido dormida sentado sentada muerto muerta roto rota vacío vacía"
)
NOT_WITH = any_of("usted ustedes vosotros los")  # «soy con ustedes», at once; «que eres en los cielos»
NOT_OF_STATES = any_of("verdad mentira importante imposible posible necesario evidente suficiente")
A_WHILE = any_of("poco rato momento día mes minuto segundo tiempo tanto año")
QUESTIONS = {
    "qué": any_of(
        "hora tal pasa haces hace hacen es quieres quiere quieren tienes tiene dices dice clase tipo día ha has"
    ),
    "cómo": any_of("está estás están te se lo sabe sabes puede puedes"),
    "dónde": any_of("está estás están estaba vas va van vive vives"),
    "quién": any_of("es eres era está ha te le lo"),
    "cuándo": any_of("es viene vienes llega vas vuelve vuelves fue"),
}
BEFORE_QUE = any_of("creo cree crees lo espero parece parecía antes así dijo digo seguro supongo")
NOT_SE = any_of("qué si cómo dónde quién cuándo por nada")
PREPOSITIONS, ARTICLES = any_of("en con por sin desde hasta"), any_of("el la los las un una mi tu su mis tus sus")
CLITICS = any_of("me te se lo le nos les")
FIXED = {
    # what belongs together: the word before, and nouns that follow it in a phrase that takes no other
    "por": any_of("favor"),
    "de": any_of("acuerdo"),
    "tengo": any_of("miedo hambre razón suerte prisa sueño sed frío calor"),
    "tienes": any_of("miedo hambre razón suerte prisa sueño sed frío calor"),
    "tiene": any_of("miedo hambre razón suerte prisa sueño sed frío calor"),
    "hace": any_of("frío calor"),
}
GENDER_OF_FIXED = {"hambre": "f", "razón": "f", "suerte": "f", "prisa": "f", "sed": "f"}
CALLED = any_of("señor señora señorita señores doctor profesor")  # after a comma, before a full stop
PEOPLE_DO = any_of("decir saber creer pensar querer hablar llorar comer beber escuchar entender odiar vivir trabajar "
                   "escribir leer pedir conocer dormir pagar comprar recordar olvidar mirar buscar amar")  # fmt: skip
PAST_TIME = any_of("dos tres cuatro cinco seis siete ocho diez veinte muchos pocos varios")


def ser_estar(sentence: Sentence, draw: random.Random) -> Iterator[Change]:
    """*está hablando* → *es hablando*, *soy un hombre* → *estoy un hombre*."""
    for place, word in enumerate(sentence.words):
        following, last = sentence.word(place + 1), place + 2 >= len(sentence) or bool(sentence.after(place + 1))
        if not sentence.joined(place, place + 1):
            continue
        if word in TO_SER:
            gerund = following.endswith(("ando", "iendo", "yendo")) and following not in NOT_GERUNDS
            placed = following in HERE or following in ("en", "con", "sin")
            own = word in ("estoy", "estás", "estamos") and placed and sentence.word(place + 2) not in NOT_WITH
            settled = following in ("bien", "mal") and last or following in STATES
            if gerund and "como" not in sentence.words or own or settled or _agreed(sentence, place):
                yield Change(place, (TO_SER[word],))
        elif word in TO_ESTAR:
            own = word in ("soy", "eres", "somos") and following in ("un", "una", "el", "la", "tu", "su")
            own = own and sentence.word(place + 2) not in A_WHILE
            if own or word in ("es", "era") and following in NOT_OF_STATES:
                yield Change(place, (TO_ESTAR[word],))


def _agreed(sentence, place):
    return [sentence.word(place + 1), sentence.word(place + 2)] == ["de", "acuerdo"]


def accent(sentence: Sentence, draw: random.Random) -> Iterator[Change]:
    """*él es* → *el es*, *tu casa* → *tú casa*, *¿Qué hora es?* → *¿Que hora es?*."""
    nouns = lexicon.nouns()
    for place, word in enumerate(sentence.words):
        following, joined = sentence.word(place + 1), sentence.joined(place, place + 1)
        noun = nouns.get(following) if joined else None
        verb = lexicon.forms().get(following, ()) if joined else ()
        persons = {form.person for form in verb}
        if word in ("él", "tú") and sentence.begins(place) and (2 if word == "él" else 1) in persons and not noun:
            yield Change(place, ("el" if word == "él" else "tu",))
        elif word in ("el", "tu", "mi") and noun and noun.number == lexicon.SINGULAR:
            if word != "el" or noun.gender == lexicon.MASCULINE:
                yield Change(place, ({"el": "él", "tu": "tú", "mi": "mí"}[word],))
        elif word == "esta" and noun and noun.gender == lexicon.FEMININE:
            yield Change(place, ("está",))
        elif word == "está" and joined and (following in ("bien", "en", "aquí", "ahí") or following.endswith("ndo")):
            yield Change(place, ("esta",))
        elif word == "sí" and (place == 0 or sentence.after(place - 1)) and sentence.after(place):
            yield Change(place, ("si",))
        elif word in QUESTIONS and joined and "¿" in sentence.before(place) and following in QUESTIONS[word]:
            yield Change(place, (_plain(word),))
        elif word == "que" and sentence.word(place - 1) in BEFORE_QUE and sentence.joined(place - 1, place):
            if joined and following not in QUESTIONS and following != "hacer":
                yield Change(place, ("qué",))
        elif word == "más" and joined and place:
            yield Change(place, ("mas",))
        elif word == "sé" and sentence.word(place - 1) == "no" and (following in NOT_SE or sentence.after(place)):
            yield Change(place, ("se",))
        elif word in lexicon.PRONOUNS and sentence.begins(place):
            yield from _of_the_past(sentence, place, word)


def _of_the_past(sentence, place, pronoun):
    """*ella habló* → *ella hablo*, *yo hablo* → *yo habló*."""
    verb, person = place + 1, lexicon.PRONOUNS[pronoun]
    if not sentence.joined(place, verb) or person not in (0, 2):
        return
    form = lexicon.of_person(sentence.word(verb), person)
    if form and form.verb.endswith("ar") and form.tense == ("presente" if person == 0 else "pretérito"):
        end, other = ("o", "ó") if person == 0 else ("ó", "o")
        changed = sentence.word(verb)[:-1] + other
        if sentence.word(verb).endswith(end) and not lexicon.can_be(changed, person):
            yield Change(verb, (changed,))


def _plain(word):
    return word.translate(str.maketrans("áéíóú", "aeiou"))


def order(sentence: Sentence, draw: random.Random) -> Iterator[Change]:
    """*mi casa* → *casa mi*, *en la* → *la en*, *te quiero* → *quiero te*: two words change places."""
    nouns, articles = lexicon.nouns(), set(lexicon.OF_ONE + lexicon.OF_MANY) - any_of("este esta ese esa estos estas")
    for place in range(len(sentence) - 1):
        first, second = sentence.word(place), sentence.word(place + 1)
        if not sentence.joined(place, place + 1):
            continue
        article = first in articles and second in nouns and not sentence.word(place + 2) == ""
        preposition = first in PREPOSITIONS and second in ARTICLES and sentence.joined(place + 1, place + 2)
        clitic = first in CLITICS and second in lexicon.forms()
        much = first == "muy" and second.endswith(("o", "a", "os", "as", "bien", "mal", "e"))
        if article or preposition or clitic or much:
            yield Change(place, (second, first))


def noun(sentence: Sentence, draw: random.Random) -> Iterator[Change]:
    """*mi madre dice* → *mi ventana dice*, *por favor* → *por tenedor*: a noun of the same gender and number."""
    nouns = lexicon.nouns()
    for place, word in enumerate(sentence.words):
        before, known = sentence.word(place - 1), nouns.get(word)
        joined = sentence.joined(place - 1, place)
        if joined and word in FIXED.get(before, ()):
            count = lexicon.PLURAL if word.endswith("s") else lexicon.SINGULAR
            yield from _thing(place, GENDER_OF_FIXED.get(word, lexicon.MASCULINE), count, draw)
        elif known is None:
            continue
        elif (
            known.kind == lexicon.PERSON
            and word in CALLED
            and "," in sentence.after(place - 1)
            and sentence.after(place)
        ):
            yield from _thing(place, known.gender, known.number, draw)
        elif known.kind == lexicon.PERSON and joined and before in lexicon.OF_ONE + lexicon.OF_MANY:
            if sentence.word(place - 2) == "a" and sentence.joined(place - 2, place):  # a personal object
                yield from _thing(place, known.gender, known.number, draw)
            person = 2 if known.number == lexicon.SINGULAR else 5
            form = lexicon.of_person(sentence.word(place + 1), person)
            if form and form.verb in PEOPLE_DO and sentence.joined(place, place + 1) and sentence.begins(place - 1):
                yield from _thing(place, known.gender, known.number, draw)
        elif known.kind == lexicon.TIME and joined and before in PAST_TIME and known.number == lexicon.PLURAL:
            if sentence.word(place - 2) in ("hace", "durante", "dentro"):
                yield Change(place, (draw.choice(lexicon.of_kind(lexicon.PERSON, known.gender, known.number)),))


def _thing(place: int, gender: str, number: str, draw: random.Random) -> Iterator[Change]:
    yield Change(place, (draw.choice(lexicon.of_kind(lexicon.THING, gender, number)),))
