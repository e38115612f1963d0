"""Rules of agreement: number and person of the verb, gender of the article and the adjective.

Each takes a :class:`~helpers.discriminator.pairs.sentence.Sentence` and a random generator, and yields the
:class:`~helpers.discriminator.pairs.sentence.Change` that makes it wrong.  A rule only touches what is right for
certain and becomes wrong for certain; what could be either is left alone.
"""

import random
from typing import Iterator, Optional

from helpers.discriminator.pairs import lexicon
from helpers.discriminator.pairs.sentence import Change, Sentence, any_of

# What may stand between a subject and its verb.
BETWEEN = any_of("no ya nunca siempre también sólo solo me te se lo la le nos los las les")
COLLECTIVES = any_of("gente mayoría policía familia pareja resto parte mitad")
COMPARED = any_of("más menos mejor peor igual mayor menor tan tanto como")
JOINED_TO_MORE = any_of("y e o u ni con")  # "mi padre y yo", "ni ella"


def number(sentence: Sentence, draw: random.Random) -> Iterator[Change]:
    """*Mi hermano vive aquí* → *Mi hermano viven aquí*, and back; the subject stands right before its verb."""
    for place in range(len(sentence)):
        subject = _subject(sentence, place)
        if subject is None:
            continue
        last, person = subject
        verb = _verb_after(sentence, last)
        form = verb and lexicon.of_person(sentence.word(verb), person)
        if not form or (form.verb == "ser" and _looks_on(sentence.word(verb + 1), person)):
            continue
        other = lexicon.paradigms()[form.verb, form.tense][5 if person == 2 else 2]
        if not lexicon.can_be(other, person):
            yield Change(verb, (other,))


def person(sentence: Sentence, draw: random.Random) -> Iterator[Change]:
    """*Yo quiero ir* → *Yo quiere ir*; the subject is a pronoun."""
    for place, word in enumerate(sentence.words):
        right = lexicon.PRONOUNS.get(word)
        if right is None or not sentence.begins(place) or _is_compared(sentence, place):
            continue
        verb = _verb_after(sentence, place)
        form = verb and lexicon.of_person(sentence.word(verb), right)
        if not form or sentence.word(verb + 1) in lexicon.PRONOUNS:
            continue
        words = lexicon.paradigms()[form.verb, form.tense]
        others = [words[wrong] for wrong in ((0, 1, 2) if right < 3 else (3, 5)) if wrong != right]
        others = [other for other in others if not lexicon.can_be(other, right)]
        if others:
            yield Change(verb, (draw.choice(others),))


def gender_of_article(sentence: Sentence, draw: random.Random) -> Iterator[Change]:
    """*la casa* → *el casa*."""
    nouns, articles = lexicon.nouns(), lexicon.articles()
    for place, word in enumerate(sentence.words):
        noun = nouns.get(sentence.word(place + 1))
        if word in articles and noun and sentence.joined(place, place + 1):
            gender, other = articles[word]
            contracted = other == "el" and sentence.word(place - 1) in ("a", "de")  # it would be al, del
            if gender == noun.gender and not contracted:
                yield Change(place, (other,))


def gender_of_adjective(sentence: Sentence, draw: random.Random) -> Iterator[Change]:
    """*una mujer hermosa* → *una mujer hermoso*, *la misma casa* → *la mismo casa*."""
    nouns = lexicon.nouns()
    for place, word in enumerate(sentence.words):
        for before, other_place in ((False, place - 1), (True, place + 1)):
            noun, found = nouns.get(sentence.word(other_place)), lexicon.adjectives(before).get(word)
            if noun and found and sentence.joined(min(place, other_place), max(place, other_place)):
                gender, count, other = found
                if (gender, count) == (noun.gender, noun.number) and _is_near(sentence, place, before):
                    yield Change(place, (other,))


def _is_near(sentence, place, before):
    """Whether nothing else can be meant: an adjective after its noun ends the phrase, or has no noun after it."""
    return before or sentence.word(place + 1) not in lexicon.nouns()


def _subject(sentence: Sentence, place: int) -> Optional[tuple]:
    """(its last word's place, its person) where a subject of the third person begins a clause at ``place``."""
    word = sentence.word(place)
    if not sentence.begins(place) or _is_compared(sentence, place):
        return None
    if lexicon.PRONOUNS.get(word) in (2, 5):
        return place, lexicon.PRONOUNS[word]
    noun = lexicon.nouns().get(sentence.word(place + 1))
    if noun is None or noun.kind == lexicon.TIME or not sentence.joined(place, place + 1):
        return None
    if word in (lexicon.OF_ONE if noun.number == lexicon.SINGULAR else lexicon.OF_MANY):
        return place + 1, 2 if noun.number == lexicon.SINGULAR else 5
    return None


def _is_compared(sentence, place):
    """*más que él*, *mi padre y yo*: what follows is not its verb."""
    earlier = set(sentence.words[:place])
    return sentence.word(place - 1) in JOINED_TO_MORE or (
        sentence.word(place - 1) == "que" and bool(earlier & COMPARED)
    )


def _verb_after(sentence: Sentence, place: int) -> Optional[int]:
    """The place of the verb after a subject that ends at ``place``; None where something else stands there."""
    verb = place + 1
    while sentence.word(verb) in BETWEEN and verb < place + 4:
        verb += 1
    return verb if sentence.joined(place, verb) and sentence.word(verb) in lexicon.forms() else None


def _looks_on(following, person):
    """Whether *ser* may agree with what follows: *el problema son los niños*, *los niños es lo que importa*."""
    if person == 2:
        return following.endswith("s") or following in lexicon.PLURAL_LOOKS
    return following in ("lo", "la", "el", "un", "una", "que")
