"""Which sentences a model is shown with: the article's where they fit, else some of the held-out text."""

import pytest

pytest.importorskip("torch")

import tiny_export

from helpers import discriminator
from helpers.base import files
from helpers.base.errors import TutorialError
from helpers.conversion import tokenizer_files
from helpers.discriminator import sentences, swaps

SPANISH = ["Los pájaros cantan en la casa.", "El perro duerme y la gata come pan.", "La casa no es muy grande."] * 3
FRENCH = ["Les oiseaux chantent dans le jardin.", "Tu es en retard, une fois de plus.", "Il ne sait pas lire."] * 3
CHINESE = ["他们在花园里唱歌。", "今天天气很好，我们去公园吧！", "你叫什么名字？我叫小明。"]


def model(folder, lines, words=(), max_length=40):
    """A discriminator whose vocabulary knows ``words`` beside its own, and a corpus of which ``lines`` are held out."""
    exported = tiny_export.make(folder / "discriminator")
    # as many words as the model has rows: those that are asked for take the place of the last ones
    spare = [word for word in tiny_export.WORDS if word not in words]
    known = spare[: len(tiny_export.WORDS) - len(words)] + list(words)
    tokenizer_files.write(exported, known, False, False, max_length)
    files.write_json(str(folder / "corpus" / "manifest.json"), dict(parameters=dict(source="files")))
    (folder / "corpus" / "valid.txt").write_text("".join(line + "\n" for line in lines), encoding="utf-8")
    return discriminator.load(exported)


ARTICLES = ("Los", "pájaros", "están", "cantando", "hablando")


def test_the_articles_where_the_text_is_spanish_and_the_vocabulary_knows_them(tmp_path, capsys):
    chosen = sentences.choose(model(tmp_path, SPANISH, ARTICLES), str(tmp_path))
    assert chosen.texts == ("Los pájaros están cantando", "Los pájaros están hablando") and chosen.spanish
    assert chosen.swapped == chosen.texts[1] and chosen.blank == "Los pájaros están [MASK]."
    assert chosen.why is None and capsys.readouterr().out == ""


def test_unknown_words_are_named_and_held_out_text_takes_their_place(tmp_path, capsys):
    chosen = sentences.choose(model(tmp_path, SPANISH), str(tmp_path))
    said = capsys.readouterr().out
    assert "does not know están, cantando, hablando ([UNK])" in said and not chosen.spanish
    original, swapped = chosen.texts
    assert original in SPANISH and swapped == chosen.swapped != original and chosen.blank.count("[MASK]") == 1


def test_another_language_gets_sentences_of_its_own(tmp_path, capsys):
    words = sorted({word.strip(".,") for line in FRENCH for word in line.split()})[:15]
    chosen = sentences.choose(model(tmp_path, FRENCH, ARTICLES + tuple(words)), str(tmp_path))
    assert chosen.texts[0] in FRENCH and "does not look Spanish" in capsys.readouterr().out


def test_lines_of_one_word_are_shown_as_they_stand_and_nothing_at_all_leaves_the_articles(tmp_path, capsys):
    (tmp_path / "a").mkdir()
    chosen = sentences.choose(model(tmp_path / "a", ["no", "muy"]), str(tmp_path / "a"))
    assert chosen.texts == ("no",) and chosen.swapped == "no" and chosen.blank == "[MASK]"
    (tmp_path / "b").mkdir()
    chosen = sentences.choose(model(tmp_path / "b", []), str(tmp_path / "b"))
    assert chosen.texts == (sentences.ORIGINAL, sentences.SWAPPED)
    assert "no held-out text to take others from" in capsys.readouterr().out


def test_a_model_without_room_still_gets_a_blank_that_it_sees(tmp_path):
    small = model(tmp_path, SPANISH, ARTICLES, max_length=5)
    chosen = sentences.choose(small, str(tmp_path))
    assert "[MASK]" in small.encoder.encode(chosen.blank).tokens and chosen.blank.count("[MASK]") == 1


def test_a_sentence_of_ones_own_is_the_last_and_what_is_unknown_in_it_is_said(tmp_path, capsys):
    small = model(tmp_path, SPANISH, ARTICLES)
    chosen = sentences.choose(small, str(tmp_path), own="  La gata  xilófono ")
    assert chosen.texts[2:] == ("La gata xilófono",) and "does not know xilófono" in capsys.readouterr().out
    with pytest.raises(TutorialError, match="must be text"):
        sentences.choose(small, str(tmp_path), own=["La gata"])


@pytest.mark.parametrize("lines, spanish", [(SPANISH, True), (FRENCH, False), (CHINESE, False), ([], False)])
def test_is_spanish(lines, spanish):
    assert sentences.is_spanish(lines) is spanish


def test_the_swapped_word_gives_way_to_a_mask():
    assert swaps.blanked(swaps.Swap("¿Dónde está la llave?", "¿Dónde está la playa?", 3)) == "¿Dónde está la [MASK]?"
    assert swaps.blanked(swaps.Swap("Hola, tú cantas bien", "Hola, tú cuentas bien", 2)) == "Hola, tú [MASK] bien"
    pair = swaps.Swap("今天天气很好，我们去", "今天公园很好，我们去", 0, (2, 3))
    assert swaps.blanked(pair) == "今天[MASK]很好，我们去"
    for pair in swaps.random_swaps(SPANISH + CHINESE * 3, 50, 1):
        assert swaps.blanked(pair).count("[MASK]") == 1
