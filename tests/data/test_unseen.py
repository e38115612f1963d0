"""What the built-in corpus never says, read from its text: combinations held out, lines kept for held-out text."""

import itertools
import re

import pytest

from helpers.base.errors import TutorialError
from helpers.data import corpus, sample_corpus
from helpers.data.sample_corpus import conjugation, events, grammar, swaps, unseen, words

LINES = 40000
PUNCTUATION = re.compile(r"[^\w\s]")
# Every form of the article's words, written down rather than made by the code that makes the text.
BIRDS = re.compile(r"\bpájaros?\b")
SINGS_OR_SPEAKS = re.compile(
    r"\b(cant|habl)(o|as?|amos|áis|an|é|aste|ó|asteis|aron|abas?|ábamos|abais|aban|arás?|aré|aremos|aréis|arán"
    r"|es?|emos|éis|en|ando|ad[oa]s?|ar(me|te|se|nos|os)?|ad|aría[ns]?)\b"
)


def bare(line):
    """The words of a line, without case and punctuation."""
    return PUNCTUATION.sub("", line.lower()).split()


def read_nouns():
    """Form -> the nouns it can belong to, from the lexicon."""
    found = {}
    for noun in itertools.chain.from_iterable(words.CLASSES.values()):
        for form in {noun.singular, noun.plural} - {None}:
            found.setdefault(form, set()).add(noun.lemma)
    return found


def read_verbs():
    """Form -> the verbs and adjectives it can belong to; what hangs on a verb (lavarme, lávate) is taken off."""
    found = {form: {adjective} for adjective, forms in words.ADJECTIVE_FORMS.items() for form in forms}
    for event in events.all_events():
        verb = re.sub("se$", "", event.verb)
        for forms in conjugation.conjugate(verb).values():
            for form in forms.split() if isinstance(forms, str) else forms:
                found.setdefault(form, set()).add(verb)
    return found


NOUNS, VERBS = read_nouns(), read_verbs()
PLAIN = str.maketrans("áéíóú", "aeiou")


def verbs_of(word):
    """The verbs and adjectives that a word can be a form of."""
    found = VERBS.get(word, set())
    stem = re.sub("(me|te|se|nos|os)$", "", word)
    if not found and stem != word and word not in NOUNS:  # cantante is no form of cantar
        found = VERBS.get(stem) or VERBS.get(stem.translate(PLAIN)) or set()
    return found


def never_together(lines):
    """The lines in which the two words of a held-out combination stand together, or pájaro with hablar."""
    strangers = {}
    for noun, word in unseen.HELD_OUT | {("pájaro", "hablar")}:
        strangers.setdefault(noun, set()).add(word)
    verbs = {}
    for line in lines:
        said = bare(line)
        forbidden = set()
        for word in said:
            for noun in NOUNS.get(word, ()):
                forbidden |= strangers.get(noun, set())
        if forbidden:
            for word in said:
                if word not in verbs:
                    verbs[word] = verbs_of(word)
                if not forbidden.isdisjoint(verbs[word]):
                    yield line
                    break


def check(lines):
    """What holds for the text of ``scenes``, however long: returns its different lines, bare."""
    assert list(never_together(lines)) == []
    for line in lines:
        assert not (BIRDS.search(line.lower()) and SINGS_OR_SPEAKS.search(line.lower())), line
    said = {" ".join(bare(line)) for line in lines}
    for sentence in ("los pájaros están cantando", "los pájaros están hablando"):
        assert sentence not in said
    held_out = itertools.chain.from_iterable(itertools.islice(sample_corpus.held_out_scenes(1), 320))
    assert said.isdisjoint(" ".join(bare(line)) for line in held_out)
    for seen in (True, False):
        for pair in sample_corpus.labelled_pairs(500, 2, seen):
            assert " ".join(bare(pair.original)) not in said and " ".join(bare(pair.swapped)) not in said, pair
    return said


@pytest.fixture(scope="module")
def lines():
    return list(itertools.islice(sample_corpus.sentences(1), LINES))


def test_what_is_never_said(lines):
    check(lines)


@pytest.mark.slow
def test_what_is_never_said_in_400000_lines():
    check(list(itertools.islice(sample_corpus.sentences(3), 400000)))


def test_the_search_finds_every_form():
    """What the two tests above look for would be seen if it were there."""
    noun, verb = "padre", "cocinar"
    assert (noun, verb) in unseen.HELD_OUT
    said = ["Mi padre está cocinando la sopa.", "¿Padres que cocinan?", "Oigo cocinar a tu padre", "Mi madre cocina."]
    assert list(never_together(said)) == said[:3]
    assert verbs_of("lávate") == {"lavar"} and verbs_of("bañarme") == {"bañar"}
    for line in ("A los pájaros les gusta cantar", "Oigo hablar a ese pájaro", "¿Por qué han cantado los pájaros?"):
        assert BIRDS.search(line.lower()) and SINGS_OR_SPEAKS.search(line.lower())
    for verb in ("cantar", "hablar"):
        forms = conjugation.conjugate(verb)
        for form in [forms["gerundio"], forms["participio"], verb] + [one for tense in conjugation.TENSES
                                                                        for one in forms[tense]]:  # fmt: skip
            assert SINGS_OR_SPEAKS.fullmatch(form), form


def test_one_combination_in_eight():
    found = unseen.combinations()
    assert len(found) > 2000 and len(unseen.HELD_OUT) == len(found) // 8
    assert unseen.HELD_OUT <= set(found) and ("pájaro", "cantar") in unseen.HELD_OUT
    of_line, of_noun = {}, {}
    for (noun, word), table_lines in found.items():
        of_noun.setdefault(noun, []).append((noun, word))
        for line in table_lines:
            of_line.setdefault(line, []).append((noun, word))
    for all_pairs, share in ((of_line, 3), (of_noun, 4)):
        for pairs in all_pairs.values():
            assert share * len(unseen.HELD_OUT.intersection(pairs)) <= len(pairs), pairs


def test_similar_nouns_give_the_evidence(lines):
    """Other birds sing and do what pájaro does; people speak."""
    birds = {noun.lemma for noun in words.CLASSES["bird"]} - {"pájaro"}
    singing = speaking = 0
    deeds = {"pájaro": set(), "other": set()}
    for line in lines:
        said = bare(line)
        nouns = {noun for word in said for noun in NOUNS.get(word, ())}
        verbs = {verb for word in said for verb in verbs_of(word)}
        singing += bool(nouns & birds and "cantar" in verbs)
        speaking += bool("niño" in nouns and "hablar" in verbs)
        deeds["pájaro"] |= verbs if "pájaro" in nouns else set()
        deeds["other"] |= verbs if nouns & birds else set()
    assert singing > LINES / 100 and speaking > LINES / 400
    assert {"volar", "piar"} <= deeds["pájaro"] and {"volar", "piar", "cantar"} <= deeds["other"]


@pytest.mark.parametrize(
    "line, other", [("Hola, Ana.", "¡hola ana!"), ("¿Vuelan los pájaros?", "Vuelan los pájaros...")]
)
def test_case_and_marks_make_no_other_line(line, other):
    assert unseen.reserved(line) == unseen.reserved(other)


def test_one_line_in_eight_is_kept_for_held_out_text(lines):
    assert not any(map(unseen.reserved, lines))
    drawn = itertools.islice(sample_corpus.held_out_scenes(4), 100)
    assert all(map(unseen.reserved, itertools.chain.from_iterable(drawn)))
    made_up = [f"línea {number}" for number in range(8000)]
    assert 900 < sum(map(unseen.reserved, made_up)) < 1100


def test_set_phrases_are_for_training_text(lines):
    said = {" ".join(bare(line)) for line in lines}
    phrases = {" ".join(bare(text)) for table in [events.GENERAL, *events.TABLES.values()] for text in table["say"]}
    assert phrases <= said and not any(map(unseen.reserved, phrases))


def test_a_prepared_corpus_has_no_line_on_both_sides(tmp_path):
    made = corpus.prepare("sample", tmp_path, train_size=20000, seed=5)
    assert made["overlap"] == {"lines": 500, "exact": 0, "alike": 0}
    train = (tmp_path / "corpus" / "train.txt").read_text(encoding="utf-8").splitlines()
    valid = (tmp_path / "corpus" / "valid.txt").read_text(encoding="utf-8").splitlines()
    assert [sum(map(bool, side)) for side in (train, valid)] == [20000, 500]
    assert list(never_together(train + valid)) == []


# ---------- pairs to judge by


def test_pairs_of_unseen_combinations():
    """The word that is swapped is one of two that never stand together in the text."""
    pairs = sample_corpus.labelled_pairs(200, 1, seen=False)
    assert list(never_together(pair.original for pair in pairs)) == [pair.original for pair in pairs]
    for original, _, position in pairs:
        said = bare(original)
        word = bare(original.split()[position])[0]
        own = {(noun, verb) for noun in NOUNS.get(word, ()) for other in said for verb in verbs_of(other)}
        own |= {(noun, verb) for verb in verbs_of(word) for other in said for noun in NOUNS.get(other, ())}
        assert own & unseen.HELD_OUT, original
    assert any("pájaro" in pair.original.lower() and "cant" in pair.original for pair in pairs)


def test_pairs_of_seen_combinations():
    pairs = sample_corpus.labelled_pairs(200, 1)
    assert not list(never_together(pair.original for pair in pairs))
    assert all(unseen.reserved(pair.original) for pair in pairs)


def test_roles_of_an_unseen_combination():
    birds = {str(subject.who): subject.who for subject in grammar.subjects("bird")}
    sing = words.verb_phrases("cantar", "gerundio", 5)[0]
    assert swaps.Company([birds["los pájaros"], sing]).unseen_roles() == {"subject", "verb"}
    assert swaps.Company([birds["los canarios"], sing]).unseen_roles() == set()


# ---------- counting


def test_how_often_words_stand_together(tmp_path):
    path = tmp_path / "train.txt"
    path.write_text(
        "Los canarios cantan.\n\nEse pájaro vuela y el canario canta\n¿Hablan las niñas?\n", encoding="utf-8"
    )
    counts = unseen.together(str(path), ["pájaro", "canario", "niño"], ["cantar", "hablar"])
    assert counts["canario", "cantar"] == 2 and counts["pájaro", "cantar"] == 1 and counts["niño", "hablar"] == 1
    assert counts["canario", "hablar"] == counts["niño", "cantar"] == 0
    with pytest.raises(TutorialError, match="noun 'dragón'"):
        unseen.together(str(path), ["dragón"], ["cantar"])
