"""Minimal pairs: which sentences and words are taken, what is left alone, and what the command says of models."""

import types

import pytest
from test_pairs import LINES, made

from helpers.base import files
from helpers.discriminator import Score, pairs
from helpers.discriminator.encoder import Word
from helpers.discriminator.pairs import __main__ as main

ARTICLE = "gender of the article"


def of_article(lines, **options):
    return [pair for pair in pairs.make(lines, **options) if pair.phenomenon == ARTICLE]


def test_sentences_of_three_to_twenty_words_are_taken():
    lines = ["La casa " + " ".join(["y"] * (length - 2)) for length in (2, 3, 20, 21)]
    found = of_article(lines + ["No lo sé, pero está muy bien."])
    assert sorted(len(pair.right.split()) for pair in found) == [3, 20]


def test_the_whole_text_gives_pairs_and_the_seed_decides_which():
    lines = [f"La casa número {number} está muy bien." for number in range(30)]
    taken = {pair.right for seed in range(10) for pair in of_article(lines, count=1, seed=seed)}
    assert len(taken) > 3, "not the first line each time"


def test_a_line_that_is_there_twice_counts_once():
    assert pairs.make(LINES + LINES[::-1], count=16) == pairs.make(LINES, count=16)


def test_of_several_words_of_a_sentence_each_may_be_made_wrong():
    lines = ["La casa tiene un jardín.", "No lo sé, pero está muy bien."]
    assert {pair.position for seed in range(20) for pair in of_article(lines, seed=seed)} == {0, 3}


def test_a_hundred_pairs_are_enough():
    pair = pairs.Pair("noun", 0, 1, "a", "b")
    said = pairs.few([pair._replace(phenomenon=name) for name in pairs.RULES for _ in range(100)] + [pair])
    assert not said
    assert pairs.few([pair] * 99)[-1].startswith("noun: the text gives 99 pairs, too few")


@pytest.mark.parametrize(
    "phenomenon, text",
    [
        ("gender of the adjective", "Pintó la casa blanca noche y día."),  # could belong to either noun
        ("gender of the adjective", "Quiero las mesas blanca y negra."),  # one of each
        ("person of the verb", "Habla mejor que yo hablo."),
        ("person of the verb", "Tú eres yo."),  # the verb agrees with either
        ("accent", "El mesa rota, pero tu años."),  # él is no article of a woman's noun, tú none of several
        ("accent", "Vi mi manos."),
    ],
)
def test_what_could_be_either_is_left_alone(phenomenon, text):
    assert made(phenomenon, text) == []


class Model:
    """A stand-in for the network: the words of each sentence with their probabilities."""

    def __init__(self, *judged):
        self.judged = list(judged)

    def scores(self, sentences):
        found = []
        for judged in self.judged:
            words = [Word(text, place, number, number + 1) for number, (text, place, _) in enumerate(judged)]
            found.append(Score(types.SimpleNamespace(words=words), [probability for *_, probability in judged]))
        return found


def test_of_several_words_the_one_that_looks_worst_counts_and_punctuation_does_not():
    pair = pairs.Pair("word order", 0, 2, "mi casa.", "casa mi.")
    right = [("mi", 0, 0.5), ("casa", 1, 0.5), (".", 1, 0.99)]
    wrong = [("casa", 0, 0.1), ("mi", 1, 0.9), (".", 1, 0.0)]
    assert pairs.told_apart(Model(right, wrong), [pair])["word order"]["share"] == 1
    assert pairs.told_apart(Model(wrong, right), [pair])["word order"]["share"] == 0


@pytest.fixture
def command(tmp_path, capsys):
    """``command(text, …)`` runs the command on a file of this content: what it says, and the pairs that it writes."""

    def run(content, *arguments, name="valid.txt"):
        (tmp_path / name).write_text(content, encoding="utf-8")
        output = str(tmp_path / "pairs.tsv")
        main.main([str(tmp_path / name), "--output", output, *map(str, arguments)])
        return capsys.readouterr(), pairs.read(output)

    return run


def test_the_command_takes_count_and_seed(command):
    said, found = command("\n".join(LINES), "--count", 3, "--seed", 5)
    assert found == pairs.make(LINES, 3, 5) != pairs.make(LINES, 3, 0)
    assert said.out.startswith(f"{len(found)} pairs of ")


def test_what_is_left_out_of_the_text_is_said(command):
    cues = LINES + ["Subtítulos por Ana", "www.subtitulos.es"]
    cues = [f"{n}\n00:00:{n:02},000 --> 00:00:{n:02},900\n{line}\n" for n, line in enumerate(cues, 1)]
    said, found = command("\n".join(cues), name="valid.srt")
    assert found == pairs.make(LINES) and "adverts and credits within subtitles" in said.err


def test_each_model_is_measured_by_itself(command, tmp_path):
    pytest.importorskip("transformers")
    import tiny_export

    from helpers import discriminator

    folders = [tiny_export.make(tmp_path / "models" / f"m{seed}" / "discriminator", seed=seed) for seed in (0, 1)]
    for folder, step in zip(folders, (7, 9)):
        files.write_json(folder + "/manifest.json", dict(step=step))
    figures = [tmp_path / "bars.png", tmp_path / "growth.png"]
    said, found = command("\n".join(LINES), "--model", *folders, "--figure", figures[0], "--growth", figures[1])
    expected = [pairs.told_apart(discriminator.load(folder), found) for folder in folders]
    assert expected[0] != expected[1], "so that they can be told apart"
    for label, rows, text in zip(("m0", "m1"), expected, said.out.split("\n\n")[1:]):
        lines = [f"{name:24} {row['share']:.3f}  ({row['pairs']} pairs)" for name, row in rows.items()]
        assert text.splitlines() == [label] + lines
    assert all(figure.read_bytes().startswith(b"\x89PNG") for figure in figures)
