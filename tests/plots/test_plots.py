"""Figures: right numbers in them, no trace outside them, and nothing drawn outside the paper."""

import base64
import subprocess
import sys
import warnings

import matplotlib
import numpy as np
import pytest
import small_corpus
from matplotlib.text import Text

from helpers import plots, pretraining
from helpers.base.errors import TutorialError
from helpers.data import corpus, dataset, vocabulary
from helpers.plots import fonts
from helpers.plots import pretraining as curves
from helpers.plots.picture import literal, text_width

VOCABULARY = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "los", "pájaros", "##eros", "están", "cantando", "$", "[MASK]"]
BATCH = {
    "input_ids": [[2, 4, 5, 3, 7, 8, 3, 0], [2, 4, 5, 6, 3, 0, 0, 0]],
    "input_mask": [[1, 1, 1, 1, 1, 1, 1, 0], [1, 1, 1, 1, 1, 0, 0, 0]],
    "segment_ids": [[0, 0, 0, 0, 1, 1, 1, 0], [0, 0, 0, 0, 0, 0, 0, 0]],
}
PAIRS = [("Los", 0.01), ("pájaros", 0.04), ("están", float("nan")), ("hablando", 0.93), (".", 0.0)]


def run(steps=200, warm_up=20, every=2):
    rows = []
    for step in range(every, steps + 1, every):
        rate = 1e-3 * min(1, step / warm_up) * (1 - step / steps)
        rows.append(dict(event="train", step=step, disc_loss=1 / step, mlm_loss=9 / step, learning_rate=rate))
    return rows + [dict(event="eval", step=steps, disc_loss=0.1, mlm_loss=1.0, disc_auc=0.95)]


def texts(picture):
    """All that is written in a picture."""
    found = list(picture.findobj(matplotlib.text.Text))
    return [text.get_text() for text in found if text.get_visible() and text.get_text().strip()]


WALK = {
    "tokens": ["[CLS]", "Los", "pájaros", "cantan", "[SEP]"] * 4,
    "masked": ["[CLS]", "Los", "[MASK]", "[MASK]", "[SEP]"] * 4,
    "drawn": ["[CLS]", "Los", "perros", "cantan", "[SEP]"] * 4,
    "replaced": [0, 0, 1, 0, 0] * 4,
    "probabilities": [0.0, 0.01, 0.9, 0.2, 0.0] * 4,
    "guesses": [[], [], [["perros", 0.5]], [["cantan", 0.5]], []] * 4,
}
PICTURES = {
    "training_curve": lambda: plots.training_curve(run()),
    "compact": lambda: plots.training_curve(run(), compact=True),
    "one_step": lambda: plots.training_curve(run(2)),
    "nothing": lambda: plots.training_curve([]),
    "no_numbers": lambda: plots.training_curve([dict(event="train", step=1, disc_loss=float("nan"), mlm_loss=None)]),
    "masked_lm_only": lambda: plots.training_curve([dict(event="train", step=i, mlm_loss=9 - i) for i in range(5)]),
    "schedule": lambda: plots.learning_rate_schedule(
        pretraining.schedule(dict(num_train_steps=100, num_warmup_steps=10))
    ),
    "verdict": lambda: plots.sentence_verdict(*zip(*PAIRS), threshold=0.3, title="¿$5 o $6?"),
    "verdicts": lambda: plots.sentence_verdicts([("one", PAIRS * 6), (None, PAIRS), ("none", [])], 0.3),
    "overview": lambda: plots.corpus_overview(
        dict(lengths={2: 3, 40: 1}, words=[("$sí$", 40), ("no", 6)], whole=False)
    ),
    "vocabularies": lambda: plots.compare_vocabularies(
        dict(
            words=[2, 3],
            lengths={"one": [3, 9], "$two$": [2, 2]},
            used={"one": 9, "$two$": 4},
            sizes={"one": 9, "$two$": 9},
        )
    ),
    "examples": lambda: plots.examples(BATCH, VOCABULARY),
    "walk": lambda: plots.walk(WALK),
    "runs": lambda: plots.compare_runs({"all tokens": run(), "none": []}, title="AUC"),
    "cost": lambda: plots.cost([0.1, 1, 10], {"corpus": [0.3, 1, 9], "examples": [1, 1, 2]}),
    "roc": lambda: plots.roc_curve(dict(fpr=[0, 0, 1], tpr=[0, 0.8, 1], auc=0.9, false_alarms=0.01, recall=0.8)),
    "fill_mask": lambda: plots.fill_mask_bars([("cantando", 0.6), ("$x$", 0.1)], "Los pájaros están [MASK]."),
}


@pytest.mark.parametrize("name", sorted(PICTURES))
def test_every_picture_draws_and_stays_on_the_paper(name):
    picture = PICTURES[name]()
    assert picture.png().startswith(b"\x89PNG")
    assert len(picture.description) > 20
    box, (width, height) = picture.get_tightbbox(picture.canvas.get_renderer()), picture.get_size_inches()
    assert box.x0 > -0.01 and box.y0 > -0.01 and box.x1 < width + 0.01 and box.y1 < height + 0.01


def test_pictures_leave_no_trace():
    code = (
        "import sys, matplotlib\n"
        "def settings(): return {n: matplotlib.rcParams[n] for n in matplotlib.rcParams if n != 'backend'}\n"
        "before = settings()\n"
        "from helpers import plots\n"
        "plots.fill_mask_bars([('a', 0.5)]).png()\n"
        "assert settings() == before and 'matplotlib.pyplot' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_the_notebook_style_does_not_reach_the_pictures():
    usual = PICTURES["fill_mask"]().png()
    with matplotlib.style.context("dark_background"):
        assert PICTURES["fill_mask"]().png() == usual


def test_a_picture_shows_itself_with_its_description():
    picture = PICTURES["verdict"]()
    data, metadata = picture._repr_mimebundle_()
    assert base64.b64decode(data["image/png"]).startswith(b"\x89PNG")
    assert "replaced: hablando (93%)" in data["text/plain"] == metadata["image/png"]["alt"]
    assert metadata["image/png"]["width"] == 960


def test_of_two_rows_of_a_step_the_later_one_is_drawn():
    rows = [dict(event="train", step=step, disc_loss=loss) for step, loss in ((1, 30.0), (2, 2.0), (3, 1.0), (1, 3.0))]
    picture = plots.training_curve(rows + [dict(event="eval", step=2, disc_loss=0.5), dict(event="sleep", step=9)])
    raw, _, held_out = picture.axes[0].lines
    assert raw.get_xydata().tolist() == [[1, 3], [2, 2], [3, 1]] and held_out.get_xydata().tolist() == [[2, 0.5]]


def test_smoothing_keeps_length_level_and_ends():
    noise = np.random.RandomState(0).randn(400)
    smoothed = curves.smooth(5 + noise)
    assert len(smoothed) == 400 and smoothed[0] == 5 + noise[0]
    assert abs(smoothed.mean() - 5) < 0.2 and smoothed[20:-20].std() < 0.4
    assert curves.smooth(np.array([1.0])).tolist() == [1.0] and len(curves.smooth(np.array([]))) == 0


def test_long_curves_are_thinned():
    steps, values = curves._series([dict(step=i, x=float(i)) for i in range(100000)], "x")
    assert len(steps) <= 2 * curves.MAX_POINTS and steps[0] == 0


def test_the_schedule_names_what_the_reference_would_have_done():
    assert any("10,000 steps of warm-up: at most 0.25%" in text for text in texts(PICTURES["schedule"]()))
    long = dict(num_train_steps=1000000, learning_rate=5e-4, num_warmup_steps=10000)
    assert not any("reference" in text for text in texts(plots.learning_rate_schedule(pretraining.schedule(long))))


def test_words_above_the_threshold_are_bold_and_framed():
    picture = plots.sentence_verdict(["a", "b"], [0.30, 0.31], 0.3)
    weights = {text.get_text(): text.get_weight() for text in picture.findobj(matplotlib.text.Text)}
    assert weights["30%"] == "normal" and weights["31%"] == "bold"


def test_examples_show_tokens_and_count_padding(tmp_path):
    (tmp_path / "vocab.txt").write_text("\n".join(VOCABULARY) + "\n", encoding="utf-8")
    tokens = vocabulary.tokens(tmp_path)
    assert tokens == VOCABULARY
    written = texts(plots.examples(BATCH, tokens))
    assert {"pájaros", "##eros", "[PAD] × 1", "[PAD] × 3", "first segment"} <= set(written)
    assert any("75% of the positions hold a token" in text for text in written)


def test_a_walk_shows_what_was_masked_drawn_and_judged():
    written = texts(PICTURES["walk"]())
    assert written.count("[MASK]") == 8 and written.count("replaced") == 4 and written.count("90%") == 4
    assert "[CLS]" not in written and "pájaros became perros, judged replaced with 90%" in plots.walk(WALK).description


def test_vocabularies_are_compared_on_the_same_text(tmp_path):
    (tmp_path / "text.txt").write_text("los pájaros están cantando\n\nlos los\n", encoding="utf-8")
    everything = VOCABULARY
    for name, tokens in (("few", VOCABULARY[:6] + ["[MASK]"]), ("all", everything)):
        (tmp_path / name).write_text("\n".join(tokens) + "\n", encoding="utf-8")
    names = ("few", "all")
    compared = vocabulary.compare({name: tmp_path / name for name in names}, tmp_path / "text.txt")
    picture = plots.compare_vocabularies(compared)
    written = texts(picture)
    assert {"3 of 7 tokens", "4 of 11 tokens", "2 sentences of 3.0 words"} <= set(written)
    assert picture.description == "Tokens per sentence: few 3.0; all 3.0."
    (tmp_path / "text.txt").write_text("\n")
    with pytest.raises(TutorialError, match="has no text to count"):
        vocabulary.compare({}, tmp_path / "text.txt")


def test_corpus_overview_counts_words(tmp_path):
    with pytest.raises(TutorialError, match="prepare the corpus first"):
        corpus.overview(tmp_path)
    (tmp_path / "corpus").mkdir()
    path = tmp_path / "corpus" / "train.txt"
    path.write_text("¿Qué? No, no.\n\nno\n" + "palabra " * 40 + "\n", encoding="utf-8")
    written = texts(plots.corpus_overview(corpus.overview(tmp_path)))
    assert "3 sentences" in written and "3 different words" in written
    assert any("palabra, no, qué" in text for text in written)
    assert "The first 2 sentences" in texts(plots.corpus_overview(corpus.overview(tmp_path, lines=3)))
    path.write_text("\n\n")
    with pytest.raises(TutorialError, match="no words"):
        corpus.overview(tmp_path)


def test_dollars_are_no_mathematics():
    assert literal("$a$") == r"\$a\$"
    assert text_width("$a$ and $b$", 10) > text_width("a and b", 10) > 0


def test_a_batch_of_the_data_is_drawn(tmp_path):
    """``dataset.sample`` gives what ``plots.examples`` takes."""
    (tmp_path / "corpus").mkdir()
    (tmp_path / "corpus" / "train.txt").write_text(small_corpus.text(seed=1, lines=60), encoding="utf-8")
    small_corpus.vocabulary(tmp_path)
    (tmp_path / "tokenizer_config.json").write_text('{"do_lower_case": false, "strip_accents": false}')
    with pytest.raises(TutorialError):
        dataset.sample(tmp_path)
    dataset.build(str(tmp_path), max_seq_length=16, num_processes=1)
    batch = dataset.sample(tmp_path, count=8)
    assert {values.shape for values in batch.values()} == {(8, 16)}
    picture = plots.examples(batch, vocabulary.tokens(tmp_path))
    assert picture.description.startswith("8 examples of 16 tokens; ") and "[CLS]" in texts(picture)


def test_letters_that_the_font_lacks_are_drawn_in_one_that_has_them(monkeypatch, capsys):
    """STIX, which comes with matplotlib, stands for an installed font."""
    monkeypatch.setattr(fonts, "OTHERS", ("no such font", "STIXGeneral"))
    fonts.families.cache_clear()
    letter = chr(min(code for code in fonts._letters("STIXGeneral") - fonts._letters(fonts.OWN) if code < 0xE000))
    word = f"a{letter}"
    assert fonts.families("año") == [fonts.OWN] and fonts.families(word)[-1] == "STIXGeneral"
    picture = plots.sentence_verdict([word], [0.5], threshold=0.3)
    pixels = picture.png()
    drawn = [text for text in picture.findobj(Text) if text.get_text() == word]
    assert drawn and all("STIXGeneral" in text.get_fontfamily() for text in drawn)
    monkeypatch.setattr(fonts, "OTHERS", ())
    monkeypatch.setattr(fonts, "_told", set())
    fonts.families.cache_clear()
    assert not capsys.readouterr().out
    boxes = plots.sentence_verdict([word], [0.5], threshold=0.3)
    assert boxes.png() != pixels and boxes.png()
    said = capsys.readouterr().out
    assert said.count("\n") == 1 and letter in said and "apt-get install fonts-noto-" in said
    fonts.families.cache_clear()


@pytest.mark.parametrize("words", [["पक्षी", "बगीचे", "में"], ["他", "们"], ["นกกำลังร้องเพลง"]])
def test_letters_that_the_font_lacks_bring_no_warning(words):
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        plots.sentence_verdict(words, [0.5] * len(words), threshold=0.3, title=" ".join(words)).png()
    assert not [str(warning.message) for warning in seen if issubclass(warning.category, UserWarning)]
