"""Labelled pairs: one word differs, at the place that is named, whatever the corpus."""

import json
import os
import random

import pytest

from helpers.discriminator import swaps
from helpers.discriminator.encoder import split_punctuation

LINES = ["¿Dónde está la llave?", "No lo sé, pregunta a tu madre.", "¡Corre!", "Mañana iremos todos a la playa."] * 30
LANGUAGES = {
    "chinese": ["他们在花园里唱歌。", "今天天气很好，我们去公园吧！", "你叫什么名字？我叫小明。"],
    "japanese": ["鳥が庭で歌っています。", "今日はいい天気ですね。", "ラーメンを食べたいです。"],
    "thai": ["นกกำลังร้องเพลงอยู่ในสวน", "วันนี้อากาศดีมากเราไปเดินเล่นกันเถอะ"],
    "hindi": ["पक्षी बगीचे में गा रहे हैं।", "क्या आप हिन्दी बोलते हैं?", "मुझे किताबें पढ़ना पसंद है।"],
    "arabic": ["الطيور تغني في الحديقة.", "هل تتكلم اللغة العربية؟", "أحب قراءة الكتب كثيرا."],
    "korean": ["오늘 날씨가 정말 좋네요.", "저는 책 읽는 것을 좋아해요."],
    "russian": ["Птицы поют в саду.", "Я люблю читать хорошие книги.", "Ты говоришь по-русски или нет?"],
}


def corpus(folder, source):
    (folder / "corpus").mkdir()
    (folder / "corpus" / "manifest.json").write_text(json.dumps({"parameters": {"source": source}}))
    (folder / "corpus" / "valid.txt").write_text("\n".join(LINES) + "\n", encoding="utf-8")
    return str(folder)


def check(pairs):
    for pair in pairs:
        before, after = pair.original.split(), pair.swapped.split()
        assert [i for i, (a, b) in enumerate(zip(before, after)) if a != b] == [pair.position]
        assert len(before) == len(after)


def test_held_out_text_gets_random_swaps(tmp_path):
    folder = corpus(tmp_path, "web")
    pairs = swaps.pairs(folder, 50, seed=3)
    check(pairs)
    assert len(pairs) == 50 and all(pair.original in LINES and pair.original != "¡Corre!" for pair in pairs)
    assert pairs == swaps.pairs(folder, 50, seed=3) != swaps.pairs(folder, 50, seed=4)
    assert any(pair.position == 0 and pair.swapped.lstrip("¿¡")[0].isupper() for pair in pairs)
    assert all(pair.swapped.endswith((".", "?")) for pair in pairs)


def test_the_built_in_corpus_knows_what_does_not_fit(tmp_path):
    pairs = list(swaps.pairs(corpus(tmp_path, "sample"), 20, seed=3))
    check(pairs)
    assert len(pairs) == 20 and not any(pair.original in LINES for pair in pairs)


def test_only_the_built_in_corpus_knows_what_was_never_seen(tmp_path):
    for source in ("sample", "web"):
        (tmp_path / source).mkdir()
    pairs = swaps.pairs(corpus(tmp_path / "sample", "sample"), 20, seed=3, seen=False)
    check(pairs)
    assert len(pairs) == 20 and not set(pairs) & set(swaps.pairs(str(tmp_path / "sample"), 20, seed=3))
    assert swaps.pairs(corpus(tmp_path / "web", "web"), 20, seed=3, seen=False) == []


def test_short_texts_give_what_they_have():
    assert swaps.random_swaps([], 5, 0) == [] and swaps.random_swaps(["uno dos", "¿? ¡! ... –"], 5, 0) == []


@pytest.mark.parametrize("language", ["chinese", "japanese", "thai"])
def test_text_without_blanks(language):
    lines = LANGUAGES[language]
    pairs = swaps.random_swaps(lines * 20, 40, 1)
    assert len(pairs) >= 30 and pairs == swaps.random_swaps(lines * 20, 40, 1)
    for pair in pairs:
        assert any(pair.original in line for line in lines) and pair.original != pair.swapped
        before, after = pair.original.split()[pair.position], pair.swapped.split()[pair.position]
        after = split_punctuation(after)
        true = "".join(after[: pair.parts[0]]), "".join(after[pair.parts[-1] + 1 :])
        assert before.startswith(true[0]) and before.endswith(true[1])
        assert list(pair.parts) == list(range(pair.parts[0], pair.parts[-1] + 1)) and pair.parts[-1] < len(after)


@pytest.mark.parametrize("language", ["hindi", "arabic", "korean", "russian"])
def test_text_with_blanks_swaps_whole_words(language):
    lines = LANGUAGES[language]
    words = {piece.strip(".,?!।؟،") for line in lines for piece in line.split()}
    pairs = swaps.random_swaps(lines * 20, 40, 1)
    check(pairs)
    assert len(pairs) > 5
    for pair in pairs:
        assert pair.swapped.split()[pair.position].strip(".,?!।؟،").lower() in {word.lower() for word in words}


def test_lines_of_any_length():
    rng = random.Random(0)
    words = "el la pájaro llave playa madre canta duerme mañana todos iremos agua".split()
    line = " ".join(rng.choice(words) for _ in range(5000))
    pairs = swaps.random_swaps([line] * 30, 20, 1)
    check(pairs)
    assert len(pairs) == 20 and all(len(pair.original.split()) == 20 and pair.original in line for pair in pairs)
    run = "".join(LANGUAGES["chinese"]) * 200
    for pair in swaps.random_swaps([run] * 30, 20, 1):
        assert len(pair.original) <= 60 and pair.original in run
    assert swaps.random_swaps(["sí", "no", "他", "..."] * 50, 20, 1) == []


def test_no_held_out_text_gives_no_pairs(tmp_path):
    assert swaps.pairs(str(tmp_path)) == []
    folder = corpus(tmp_path, "web")
    os.remove(os.path.join(folder, "corpus", "valid.txt"))
    assert swaps.pairs(folder) == []


def test_a_word_in_other_letters_is_the_same_word():
    assert swaps.random_swaps(["La la LA la"] * 20, 20, seed=0) == []


def test_a_sentence_still_begins_with_a_capital():
    """Else a small letter there, and not the word, would give the swap away."""
    lines = ["Ayer vino mi gato", "Hoy canta un perro"]
    made = [pair for seed in range(9) for pair in swaps.random_swaps(lines, 2, seed)]
    assert {pair.position for pair in made} == {0, 1, 2, 3} and all(pair.swapped[0].isupper() for pair in made)
