"""Minimal pairs of Spanish: what each rule makes wrong, and what it leaves alone."""

import gzip
import random
import subprocess
import sys
import types

import pytest

from helpers.base import manifest
from helpers.base.errors import TutorialError
from helpers.discriminator import pairs
from helpers.discriminator.encoder import Word
from helpers.discriminator.pairs import __main__ as main
from helpers.discriminator.pairs import lexicon
from helpers.discriminator.pairs.sentence import Sentence

SPANISH = ["No lo sé, pero el niño está en la casa.", "Los niños no están en casa, y las niñas tampoco."]


def made(phenomenon, text):
    """All that a rule makes of a sentence, the changed words alone."""
    sentence, found = Sentence(text), []
    for change in pairs.RULES[phenomenon](sentence, random.Random(0)):
        wrong = sentence.with_change(change)
        found.append(" ".join(wrong.split()[change.position : change.position + len(change.words)]))
    return found


@pytest.mark.parametrize(
    "text, wrong",
    [
        ("Mi hermano vive aquí.", ["viven"]),
        ("¿Los niños no quieren comer?", ["quiere"]),
        ("Ella se llama Ana.", ["llaman"]),
        ("Usted tiene razón, pero ellos no vinieron.", ["tienen", "vino."]),
        ("EL HOMBRE DIJO", ["DIJERON"]),
        ("Mi problema son los niños.", []),  # the verb agrees with either
        ("El problema es mis hijos.", []),
        ("Los niños es lo que importa.", []),
        ("Esta noche viene Juan.", []),  # when, not who
        ("La gente dice eso.", []),
        ("Mi padre y ella viven aquí.", []),
        ("Sin él tiene suerte.", []),
        ("Es más alto que él tiene que ser.", []),
        ("Mi hermano, vive aquí.", []),
    ],
)
def test_number_of_the_verb(text, wrong):
    assert made("number of the verb", text) == wrong


@pytest.mark.parametrize(
    "text, wrong",
    [
        ("Yo no te quiero.", {"quieres.", "quiere."}),
        ("Tú tienes razón.", {"tengo", "tiene"}),
        ("tú hablas mucho", {"hablo"}),  # «tú habla» would be an order
        ("Nosotros vamos a casa.", {"van"}),
        ("Pero ustedes saben eso.", {"sabemos"}),
        ("Ella es la mujer.", {"soy", "eres"}),
        ("Yo era así.", {"eras"}),  # «yo era», «él era»: the same form
        ("Él eres tú.", set()),
        ("Tú y yo tenemos hambre.", set()),
        ("Me llamo Ana.", set()),
    ],
)
def test_person_of_the_verb(text, wrong):
    sentence = Sentence(text)
    found = set()
    for seed in range(20):
        for change in pairs.RULES["person of the verb"](sentence, random.Random(seed)):
            found.add(sentence.with_change(change).split()[change.position])
    assert found == wrong


@pytest.mark.parametrize(
    "text, wrong",
    [
        ("La casa tiene un jardín.", ["El", "una"]),
        ("Estos zapatos, otra vez.", ["Estas", "otro"]),
        ("Voy a la casa de la mujer.", []),  # a el, de el: wrong in another way
        ("El agua está fría.", []),
        ("Lo que la canto.", []),
    ],
)
def test_gender_of_the_article(text, wrong):
    assert made("gender of the article", text) == wrong


@pytest.mark.parametrize(
    "text, wrong",
    [
        ("Es una casa hermosa.", ["hermoso."]),
        ("La misma noche, en otros países extraños.", ["mismo", "extrañas."]),
        ("Buena suerte.", ["Bueno"]),
        ("Buen día, la casa sola.", []),
        ("Llegó a la mesa, cansado.", []),
    ],
)
def test_gender_of_the_adjective(text, wrong):
    assert made("gender of the adjective", text) == wrong


@pytest.mark.parametrize(
    "text, wrong",
    [
        ("Está hablando con Ana.", ["Es"]),
        ("Yo soy un hombre.", ["estoy"]),
        ("¿Estás bien?", ["¿Eres"]),
        ("Estamos aquí.", ["Somos"]),
        ("Es imposible.", ["Está"]),
        ("Estoy un poco triste.", []),
        ("Soy un momento feliz.", []),
        ("Está bien bonito.", []),
        ("Enseguida estoy con ustedes.", []),  # «soy con ustedes» is said as well
        ("Está guapa.", []),  # «es guapa» as well
        ("Está aquí.", []),  # «es aquí», of a feast
        ("Es cuando llueve.", []),
    ],
)
def test_ser_or_estar(text, wrong):
    assert made("ser or estar", text) == wrong


@pytest.mark.parametrize(
    "text, wrong",
    [
        ("Él tiene tu coche.", ["El", "tú"]),
        ("Tú eres mi padre.", ["Tu", "mí"]),
        ("Sí, está en esta casa.", ["Si,", "esta", "está"]),
        ("¿Qué hora es?", ["¿Que"]),
        ("Creo que no sé.", ["qué", "se."]),
        ("No quiero más pan.", ["mas"]),
        ("Ella habló ayer.", ["hablo"]),
        ("Yo canto.", ["cantó."]),
        ("Yo estoy aquí.", []),
        ("Si quieres, tengo que comer.", []),
        ("¿Que vienes?", []),
    ],
)
def test_accents(text, wrong):
    assert made("accent", text) == wrong


@pytest.mark.parametrize(
    "text, wrong",
    [
        ("Mi casa está en la calle.", ["Casa mi", "la en", "calle. la"]),
        ("¿Te quiero?", ["¿Quiero te?"]),
        ("Es muy bonito, de la nada.", ["bonito muy,"]),
    ],
)
def test_word_order(text, wrong):
    found = made("word order", text)
    assert found == [each for each in wrong if "calle. la" not in each]


@pytest.mark.parametrize(
    "text, kind, gender, number",
    [
        ("Por favor, ven.", "thing", "m", "singular"),
        ("Sí, señora.", "thing", "f", "singular"),
        ("Mi madre dice que no.", "thing", "f", "singular"),
        ("Los niños saben eso.", "thing", "m", "plural"),
        ("Vi a mi hermana.", "thing", "f", "singular"),
        ("Murió hace dos años.", "person", "m", "plural"),
    ],
)
def test_a_noun_that_does_not_fit(text, kind, gender, number):
    (word,) = made("noun", text)
    assert lexicon.nouns()[word.strip(".,").lower()] == (gender, number, kind)


def test_nouns_that_could_fit_are_left_alone():
    for text in ("La mesa está aquí.", "El hombre está en casa.", "Hace dos casas.", "Un señor, un coche."):
        assert made("noun", text) == []


def test_the_lexicon_is_what_it_says():
    assert [lexicon.plural(word) for word in "casa luz razón país papel jardín".split()] == [
        "casas", "luces", "razones", "países", "papeles", "jardines",
    ]  # fmt: skip
    words = [word for words in lexicon.NOUNS.values() for word in words.split()]
    assert len(words) == len(set(words)), "a noun has one gender and one kind"
    assert not set(words) & set(lexicon.forms()), "no noun is a verb's form as well"
    assert lexicon.of_person("dijeron", 5) == ("decir", "pretérito", 5) and lexicon.of_person("dijeron", 2) is None
    assert lexicon.can_be("habla", 1) and not lexicon.can_be("hablo", 1)


LINES = SPANISH + [f"{who} {verb} en la casa número {n} con el gato." for n in range(9) for who, verb in
                   (("Mi hermano", "vive"), ("Ella", "habla"), ("El niño", "come"), ("Yo", "trabajo"))]  # fmt: skip


def test_pairs_are_the_same_each_time_and_no_word_rules_them():
    found = pairs.make(LINES, count=16)
    assert found == pairs.make(LINES, count=16) != pairs.make(LINES, count=16, seed=1)
    assert list(dict.fromkeys(pair.phenomenon for pair in found)) == [
        name for name in pairs.RULES if any(pair.phenomenon == name for pair in found)
    ]
    for name in pairs.RULES:
        of_it = [pair for pair in found if pair.phenomenon == name]
        words = [pair.right.split()[pair.position].lower() for pair in of_it]
        assert len({pair.right for pair in of_it}) == len(of_it) <= 16 and all(words.count(word) <= 2 for word in words)
    for pair in found:
        right, wrong = pair.right.split(), pair.wrong.split()
        changed = [place for place in range(len(right)) if right[place] != wrong[place]]
        assert len(right) == len(wrong) and changed == list(range(pair.position, pair.position + pair.words))


def test_what_there_is_little_of_is_said():
    said = pairs.few(pairs.make(LINES, count=16))
    assert len(said) == len(pairs.RULES)
    assert (
        "gender of the adjective: the text gives no pairs, too few to say much (at least 100); more text gives more"
        in said
    )


@pytest.mark.parametrize("text", ["the cat sat on the mat", "le chat est sur la table", "", "Привет, как дела?"])
def test_other_languages_are_refused(text):
    with pytest.raises(TutorialError, match="not Spanish, and the rules .* are Spanish's: for another language"):
        pairs.make([text])


def test_a_file_of_pairs_is_read_as_it_was_written(tmp_path):
    path, found = str(tmp_path / "pairs.tsv"), pairs.make(LINES, count=16)
    pairs.write(path, found)
    assert pairs.read(path) == found
    (tmp_path / "pairs.tsv").write_text("a\tb\n")
    with pytest.raises(TutorialError, match="pairs.tsv holds no pairs: its first line must be phenomenon, position"):
        pairs.read(path)
    (tmp_path / "pairs.tsv").write_text("\t".join(pairs.HEADINGS) + "\nnoun\tone\t1\ta\tb\n")
    with pytest.raises(TutorialError, match="line 2 of .*pairs.tsv is no pair"):
        pairs.read(path)
    with pytest.raises(TutorialError, match="none.tsv cannot be read"):
        pairs.read(str(tmp_path / "none.tsv"))


class Discriminator:
    """A stand-in for the network: probabilities by word, and no more than ``reach`` words of a sentence."""

    def __init__(self, probabilities, reach=99):
        self.probabilities, self.reach = probabilities, reach

    def scores(self, sentences):
        from helpers.discriminator import Score

        found = []
        for sentence in sentences:
            words = sentence.split()[: self.reach]
            encoded = types.SimpleNamespace(
                words=[Word(word, place, place, place + 1) for place, word in enumerate(words)]
            )
            found.append(Score(encoded, [self.probabilities.get(word, 0.1) for word in words]))
        return found


def test_a_pair_is_told_apart_where_the_wrong_word_looks_worse():
    found = [
        pairs.Pair("number of the verb", 1, 1, "Ana come pan", "Ana comen pan"),
        pairs.Pair("number of the verb", 1, 1, "Ana vive", "Ana viven"),
        pairs.Pair("number of the verb", 1, 1, "Ana va", "Ana van"),
        pairs.Pair("word order", 0, 2, "mi casa", "casa mi"),
        pairs.Pair("accent", 2, 1, "y no sé", "y no se"),
    ]
    model = Discriminator(dict(comen=0.9, vive=0.5, viven=0.4, van=0.1, pan=1.0), reach=2)
    assert pairs.told_apart(model, found) == {
        "number of the verb": dict(share=0.5, pairs=3, left_out=0),  # right, wrong and a tie
        "word order": dict(share=0.5, pairs=1, left_out=0),
        "accent": dict(share=None, pairs=0, left_out=1),
    }


def test_rows_say_of_which_step_a_model_is(tmp_path):
    folders = {name: str(tmp_path / name) for name in ("late", "early")}
    for name, step in (("late", 200), ("early", 100)):
        (tmp_path / name).mkdir()
        manifest.write(str(tmp_path / name / manifest.FILE), {}, inputs={}, outputs={}, step=step)
    share = {"accent": dict(share=0.75, pairs=4, left_out=1)}
    assert pairs.rows(dict.fromkeys(folders, share), folders) == [
        dict(model=name, step=step, phenomenon="accent", share=0.75, pairs=4)
        for name, step in (("early", 100), ("late", 200))
    ]
    with pytest.raises(TutorialError, match="does not say of which step it is: give a folder that the conversion"):
        pairs.step_of(str(tmp_path))


def run(*arguments):
    command = [sys.executable, "-m", "helpers.discriminator.pairs", *map(str, arguments)]
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, universal_newlines=True)


def test_models_are_called_by_their_runs_names():
    assert main.labels(["models/a/discriminator", "models/b/discriminator/", "c"]) == ["a", "b", "c"]
    assert main.labels(["x/a/discriminator", "y/a/discriminator"]) == ["x/a/discriminator", "y/a/discriminator"]


def test_the_command_line(tmp_path):
    text, output = tmp_path / "valid.txt.gz", tmp_path / "pairs.tsv"
    text.write_bytes(gzip.compress("\n".join(LINES).encode("utf-8")))
    done = run(text, "--output", output)
    assert done.returncode == 0, done.stderr
    assert (
        f"{len(pairs.read(str(output)))} pairs of" in done.stdout
        and "gender of the adjective: the text gives no pairs" in done.stdout
    )
    for arguments, said in (
        ((tmp_path / "none.txt", "--output", output), "none.txt cannot be read"),
        ((text, "--output", output, "--count", "0"), "--count is 0: give a number of pairs"),
        ((text, "--output", output, "--figure", tmp_path / "a.png"), "give a --model as well"),
        ((text, "--output", output, "--growth", tmp_path / "a.png"), "give a --model as well"),
        ((text, "--output", output, "--model", tmp_path, "--growth", "a.png"), "does not say of which step it is"),
    ):
        done = run(*arguments)
        assert done.returncode == 1 and said in done.stderr and len(done.stderr.splitlines()) == 1
