"""Labelled pairs: one word differs, at the place that is named, whatever the corpus."""

import json

from helpers.discriminator import swaps

LINES = ["¿Dónde está la llave?", "No lo sé, pregunta a tu madre.", "¡Corre!", "Mañana iremos todos a la playa."] * 30


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


def test_short_texts_give_what_they_have():
    assert swaps.random_swaps([], 5, 0) == [] and swaps.random_swaps(["uno dos", "¿? ¡! ... –"], 5, 0) == []
