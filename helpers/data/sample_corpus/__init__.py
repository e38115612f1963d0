"""The built-in corpus: everyday Spanish film dialogue, made up by a grammar.

Synthetic text for a run without a network: it stands in for real subtitles, so that every step of the tutorial,
training included, can be seen working in minutes.  A model learns from it what the grammar knows (who does what to
what: birds sing and fly, people talk, dogs bark, soup is eaten, cars are parked), not Spanish at large.

    python -m helpers.data.sample_corpus --lines 1000 --seed 1

Any size from a seed, the same on every version of Python.  Scenes have 6 to 20 short lines; where they play, who speaks
and whom they speak about lasts a scene.  One in eight of the combinations that make sense, such as pájaro with cantar,
never occurs in them, and held-out text has lines of its own, so that a model can be judged by what it cannot remember:
see ``unseen``.

From the bottom up: ``lexicon`` holds the words and ``settings`` what happens where; ``conjugation``, ``words`` and
``pools`` inflect and draw; ``events`` and ``grammar`` build lines; ``unseen`` withholds some; ``swaps`` spoils lines,
by ``sense``.
"""

import contextlib
import itertools
import random as random_module
import re
from collections import namedtuple

from helpers.base.errors import TutorialError
from helpers.base.files import write_aside
from helpers.data.sample_corpus import grammar
from helpers.data.sample_corpus.pools import bare, draw, pick
from helpers.data.sample_corpus.swaps import Company, role_of, spoiled
from helpers.data.sample_corpus.unseen import never_said, reserved
from helpers.data.sample_corpus.words import tag

__all__ = ["Pair", "held_out_scenes", "labelled_pairs", "scenes", "sentences", "tagged_sentences", "write"]

Pair = namedtuple("Pair", "original swapped position")
Pair.__doc__ = "A line, the line with one word swapped, and which whitespace-separated word that is."

SETTINGS = [setting for setting in sorted(grammar.TABLES) for _ in range(grammar.TABLES[setting]["weight"])]
# Where set phrases, then lines about yo and tú, end among the shares of lines; and where lines about two begin.
SAID, OWN, TWO = 0.12, 0.36, 0.95
INTRODUCTIONS = ("Mira", "Bueno", "Oye", "Ya lo sé")
# In how many of 20 pairs what is swapped; see ``swaps``.
SWAPS = ["verb"] * 10 + ["subject"] + ["object"] * 3 + ["adjective"] * 2 + ["place"] + ["inflection"] * 2 + ["class"]
# And in pairs from combinations that never were seen, where the swapped word is one of the two.
SWAPS_OF_UNSEEN = [kind for kind in SWAPS if kind not in ("adjective", "place")]


def scenes(seed):
    """Scene after scene without end, each a list of 6 to 20 lines."""
    return _scenes(_stream("scenes", seed), held_out=False)


def held_out_scenes(seed):
    """Scenes of lines that are in no ``scenes``, whatever the seed; set phrases, the same everywhere, are left out."""
    return _scenes(_stream("held-out scenes", seed), held_out=True)


def _scenes(random, held_out):
    while True:
        scene = _Scene(random)
        yield [scene.line(random, held_out) for _ in range(6 + int(random() * 15))]


def sentences(seed):
    """The lines of ``scenes(seed)`` one by one, without the blank lines between scenes."""
    return itertools.chain.from_iterable(scenes(seed))


def write(path_or_file, lines, seed):
    """Write ``lines`` lines of dialogue, a blank line between scenes, to a path (whole or not at all) or an open file.

    Blank lines do not count.  Returns the number of scenes.
    """
    if not isinstance(lines, int) or lines < 1:
        raise TutorialError(f"The sample corpus cannot have {lines!r} lines: ask for 1 or more.")
    with contextlib.ExitStack() as stack:
        file = path_or_file if hasattr(path_or_file, "write") else stack.enter_context(write_aside(path_or_file))
        for number, scene in enumerate(scenes(seed)):
            scene = scene[:lines]
            file.write("\n" * (number > 0) + "\n".join(scene) + "\n")
            lines -= len(scene)
            if not lines:
                return number + 1


def labelled_pairs(count, seed, seen=True, made=lambda: None):
    """``count`` Pairs whose sentences are in no ``scenes``, whatever the seed; each from a scene of its own.

    ``seen``: of lines whose combinations of words (see ``unseen``) occur there, if in other lines; else the word that
    is swapped belongs to a combination that never does.

    Most swaps keep part of speech and inflection and break the sense: of 20 about 10 swap a verb, 1 a subject, 3 an
    object, 2 an adjective, 1 a place; 2 break agreement or the form after an auxiliary, 1 puts a noun for a verb.
    Of combinations never seen no adjective and no place is swapped: those swaps need a line that has none.
    ``made()`` is called after each pair.
    """
    random, pairs = _stream("pairs" if seen else "unseen pairs", seed), []
    while len(pairs) < count:
        what, pair = pick(SWAPS if seen else SWAPS_OF_UNSEEN, random), None
        while not pair:
            pair = _pair(what, random, seen)
        pairs.append(pair)
        made()
    return pairs


def _pair(what, random, seen):
    """A Pair with ``what`` swapped, or None where the line that is drawn does not suit."""
    scene = _Scene(random)
    kind, phrases = scene.draw(random)
    chance, speaker = random(), scene.speakers[0]
    original = _punctuated(kind, " ".join(phrases), chance, speaker)
    if never_said(phrases) == seen or (seen and not reserved(original)):
        return None
    if not seen and role_of(what, phrases) not in Company(phrases).unseen_roles():
        return None
    changed = spoiled(phrases, what, random)
    if not changed:
        return None
    swapped = _punctuated(kind, " ".join(changed), chance, speaker)
    words = zip(original.split(), swapped.split())
    return Pair(original, swapped, next(i for i, (old, new) in enumerate(words) if old != new))


def tagged_sentences(count, seed):
    """``count`` lines as (tokens, tags), drawn apart as well: punctuation marks are tokens, tags are universal ones."""
    random, found = _stream("tags", seed), []
    for _ in range(count):
        scene = _Scene(random)
        kind, phrases = scene.draw(random)
        chance, speaker = random(), scene.speakers[0]
        before, after = (tag(words.replace(",", " ").split()) for words in _called(kind, chance, speaker))
        inside = [one for phrase in phrases for one in phrase.tags or tag(phrase.split())]
        of_words = iter(before + inside + after)
        tokens = re.findall(r"\.\.\.|[¿?¡!.,]|[^\s¿?¡!.,]+", _punctuated(kind, " ".join(phrases), chance, speaker))
        found.append((tokens, [next(of_words) if bare(token) else "PUNCT" for token in tokens]))
    return found


def _stream(domain, seed):
    """A source of uniform numbers; domains (scenes, pairs, tags) share none."""
    if not isinstance(seed, int):
        raise TutorialError(f"The sample corpus needs a whole number as its seed, not {seed!r}.")
    # Text seeds go through SHA-512, random() through the Mersenne twister: the same in every version of Python 3.
    return random_module.Random(f"{domain}:{seed}").random


class _Scene:
    """A setting, two who speak, and three or four people, animals or things that they speak about."""

    def __init__(self, random):
        setting = pick(SETTINGS, random)
        self.said, self.own = grammar.said(setting), grammar.own_lines(setting)
        self.speakers = [pick(grammar.subjects("name"), random).who for _ in range(2)]
        self.cast = []
        for _ in range(3 + int(random() * 2)):
            name = "name" if random() < 0.2 else pick(grammar.TABLES[setting]["subjects"], random)
            subject = pick(grammar.subjects(name), random)
            lines = grammar.lines_about(setting, name, subject.gender, subject.number)
            self.cast.append((subject, lines, grammar.half(setting, name, subject.number)))

    def draw(self, random):
        """Draw a line: its kind and its phrases."""
        chance, phrases = random(), []
        if chance < SAID:
            kind, parts = pick(self.said, random)
        elif chance < OWN:
            kind, parts = pick(self.own, random)
        else:
            subject, lines, half = pick(self.cast, random)
            other, _, other_half = pick(self.cast, random)
            if chance > TWO and half and other_half and other.who != subject.who:
                kind, parts = "statement", (subject.who, half[1], grammar.JOINTS, other.who, other_half[1])
            else:
                kind, parts = pick(lines, random)
                stand_for = {grammar.WHO: subject.who, grammar.TO_WHOM: subject.to_whom}
                parts = [stand_for.get(part, part) if part.__class__ is grammar.Phrase else part for part in parts]
        draw(parts, random, phrases)
        return kind, phrases

    def line(self, random, held_out):
        """Draw a line as it stands in training text, or in held-out text."""
        while True:
            kind, phrases = self.draw(random)
            if never_said(phrases):
                continue
            line = _punctuated(kind, " ".join(phrases), random(), pick(self.speakers, random))
            if held_out == reserved(line):
                return line


def _called(kind, chance, speaker):
    """What is said to get attention, before and after a line.  ``chance``, uniform in [0, 1), decides."""
    if chance >= 0.1 or kind == "said":
        return "", ""
    if chance < 0.03:
        return speaker + ", ", ""
    if chance < 0.06:
        return "", ", " + speaker
    return (INTRODUCTIONS[int(chance * 1000) % len(INTRODUCTIONS)] + ", " if kind == "statement" else ""), ""


def _punctuated(kind, text, chance, speaker):
    """A line with capital and marks; as in subtitles, a good share of statements has no full stop."""
    if kind == "said":
        return text
    before, after = _called(kind, chance, speaker)
    if not before:
        text = text[0].upper() + text[1:]
    if kind == "question":
        return before + "¿" + text + after + "?"
    if chance > 0.94:
        return "¡" + text + "!"
    return before + text + after + ("." if chance < 0.66 else "..." if chance < 0.69 else "")
