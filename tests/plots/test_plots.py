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
from helpers.plots.discriminator.verdicts import SUSPICION
from helpers.plots.finetuning import MISTAKES
from helpers.plots.picture import INK, PAPER, ink_on, literal, luminance, text_width

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
    held_out = dict(event="eval", step=steps, disc_loss=0.1, mlm_loss=1.0, disc_auc=0.95, disc_replaced=0.11)
    return rows + [held_out]


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
SHAPES = dict(words=3500, size=128, generator=dict(width=64, layers=1), discriminator=dict(width=256, layers=2))
DIAGONAL = np.diag([40, 200, 100, 30, 30, 30, 30, 30, 30, 30])
ERRORS = DIAGONAL + np.eye(10, k=1, dtype=int) + 4 * np.eye(10, k=9, dtype=int)
MISLABELLED = dict(labels=list("ABCDEFGHI") + ["$J$"], confusion=ERRORS.tolist())
STARTED = [
    dict(start=start, seed=seed, step=step, mlm_loss=high - step / 100 + seed / 10, disc_loss=0.3)
    for start, high in (("from $scratch", 6.0), ("from general text", 4.0)) for seed in (0, 1, 2) for step in (10, 20)
]  # fmt: skip
PICTURES = {
    "architecture": lambda: plots.architecture(SHAPES),
    "confusion": lambda: plots.confusion_matrix(MISLABELLED),
    "no_confusion": lambda: plots.confusion_matrix(dict(labels=["A", "B"], confusion=[[3, 0], [0, 2]])),
    "drawn": lambda: plots.fill_mask_bars([("sol", 0.5), ("mar", 0.1)], "…", drawn=("gripe", 0.002), chance=0.03),
    "training_curve": lambda: plots.training_curve(run()),
    "stopped": lambda: plots.training_curve(run(), stops=[20, 40]),
    "by_phenomenon": lambda: plots.by_phenomenon(
        {
            "100 steps": {
                "accent": dict(share=0.5, pairs=9, left_out=0),
                "noun": dict(share=None, pairs=0, left_out=2),
            },
            "$200 steps": {"accent": dict(share=0.75, pairs=9, left_out=0)},
        }
    ),
    "growth": lambda: plots.growth(
        [
            dict(phenomenon=name, step=step, share=share, pairs=9)
            for name, shares in (("$accent", [0.5, 0.75]), ("noun", [0.4, None]), ("word order", [0.6, 0.9]))
            for step, share in zip((500, 12500), shares)
        ],
        title="grows with $",
    ),
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
    "sentence_pairs": lambda: plots.sentence_pairs([(PAIRS, PAIRS * 4), ([], PAIRS)], 0.3),
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
    "starts": lambda: plots.compare_starts(STARTED, title="A small domain"),
    "scores": lambda: plots.scores(dict(scores=[[1.0, 2.0, 5.0], [1.5, 2.0, 4.0]], pearson=0.991)),
    "cost": lambda: plots.cost([0.1, 1, 10], {"corpus": [0.3, 1, 9], "examples": [1, 1, 2]}),
    "roc": lambda: plots.roc_curve(dict(fpr=[0, 0, 1], tpr=[0, 0.8, 1], auc=0.9, false_alarms=0.01, recall=0.8)),
    "roc_unseen": lambda: plots.roc_curve(
        dict(fpr=[0, 0, 1], tpr=[0, 0.8, 1], auc=0.9, false_alarms=0.01, recall=0.8),
        dict(fpr=[0, 0.1, 1], tpr=[0, 0.7, 1], auc=0.85, false_alarms=0.02, recall=0.6),
    ),
    "fill_mask": lambda: plots.fill_mask_bars([("cantando", 0.6), ("$x$", 0.1)], "Los pájaros están [MASK]."),
}


def test_a_second_curve_is_drawn_where_there_is_one():
    both, one = PICTURES["roc_unseen"](), PICTURES["roc"]()
    assert "words never seen together: 0.850" in both.description and "words seen together: 0.900" in both.description
    assert "words never seen together: area under the whole curve 0.850" in texts(both)
    assert "at the threshold: 60% found, 2.0% false alarms" in texts(both)
    seen = dict(fpr=[0, 0, 1], tpr=[0, 0.8, 1], auc=0.9, false_alarms=0.01, recall=0.8)
    without = plots.roc_curve(seen, dict(auc=None, nothing="no pairs"))
    assert texts(without) == texts(one) and "never" not in without.description


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


def test_starts_are_drawn_as_means_with_every_seed_and_said():
    picture = PICTURES["starts"]()
    generator = next(axes for axes in picture.axes if axes.get_title(loc="left") == "Generator")
    means = [line for line in generator.lines if not line.get_label().startswith("_")]
    assert [line.get_label() for line in means] == [r"from \$scratch", "from general text"]
    assert np.allclose(means[0].get_xydata(), [[10, 6.0], [20, 5.9]]), "the mean of 5.9, 6.0 and 6.1"
    assert sum(len(line.get_xdata()) for line in generator.lines if line not in means) == 12
    assert "Generator, from general text: from 4.00 to 3.90" in picture.description


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


def bars(picture):
    """The words and lengths of a picture's bars."""
    (axes,) = picture.axes
    lengths = [patch.get_width() for patch in axes.patches]
    return dict(zip((label.get_text() for label in axes.get_yticklabels()), np.round(lengths, 6)))


def test_guesses_come_with_the_drawn_word_and_all_that_is_left():
    assert bars(PICTURES["drawn"]()) == {"sol": 0.5, "mar": 0.1, "gripe": 0.002, "all others": 0.398}
    assert "0.2% ← drawn (with a chance of 3%)" in texts(PICTURES["drawn"]())
    picture = plots.fill_mask_bars([("sol", 0.75), ("mar", 0.25)], drawn=("mar", 0.25))
    assert bars(picture) == {"sol": 0.75, "mar": 0.25, "all others": 0}
    assert "25% ← drawn" in texts(picture) and picture.description.endswith("It drew mar (25%).")
    assert not any("drawn" in text for text in texts(PICTURES["fill_mask"]()))


def test_the_roc_curve_is_large_where_false_alarms_are_few():
    evaluation = dict(fpr=[0, 0.01, 0.2, 1], tpr=[0, 0.8, 0.9, 1], auc=0.9, false_alarms=0.01, recall=0.8)
    large, whole = plots.roc_curve(evaluation).axes
    assert large.get_xlim()[1] == 0.1 and whole.get_xlim() == (0, 1)
    assert large.lines[0].get_xydata().tolist() == whole.lines[0].get_xydata().tolist()
    assert "At 10% false alarms 85% of the replaced words are found" in plots.roc_curve(evaluation).description
    both, small = plots.roc_curve(evaluation, dict(evaluation, tpr=[0, 0.5, 0.7, 1], auc=0.8, recall=0.5)).axes
    named = [text.get_text() for text in both.get_legend().get_texts()]
    assert "words never seen together: area under the whole curve 0.800" in named and len(small.lines) == 3
    assert sum("at the threshold" in name for name in named) == 2
    many = plots.roc_curve(dict(evaluation, false_alarms=0.3, recall=0.95)).axes[0]
    assert many.get_xlim()[1] == pytest.approx(0.45), "the threshold in use is always in sight"


def test_a_confusion_matrix_shows_the_labels_that_are_confused():
    picture = PICTURES["confusion"]()
    (axes,) = picture.axes
    names = [label.get_text() for label in axes.get_xticklabels()]
    assert len(names) == 8 and {"A", r"\$J\$"} <= set(names)
    assert (
        axes.get_title(loc="left").startswith("13 of 563 wrong") and "A taken for $J$, 4 times" in picture.description
    )
    shown = [int(text.get_text()) for text in axes.texts]
    assert {40, 4, 1} <= set(shown) and 0 not in shown
    hidden = 13 - sum(number for number in shown if number < 30)
    assert f"not shown: {hidden} more" in axes.get_title(loc="left")
    assert "All 5 labels are right" in PICTURES["no_confusion"]().description


def test_networks_are_as_wide_as_they_are():
    picture = PICTURES["architecture"]()
    widths = {patch.get_gid(): patch.get_width() for patch in picture.findobj(matplotlib.patches.Rectangle)}
    assert widths["generator"] / widths["discriminator"] == pytest.approx(64 / 256)
    assert {"generator\nwidth 64, 1 layer", "shared embeddings: 3,500 pieces × 128 numbers"} <= set(texts(picture))


def test_a_curve_has_the_loss_of_knowing_only_the_share_of_replaced_tokens():
    line = "knowing only how many are replaced"
    discriminator, generator = PICTURES["compact"]().axes
    (dashed,) = [each for each in discriminator.lines if each.get_label() == line]
    entropy = -0.11 * np.log(0.11) - 0.89 * np.log(0.89)
    assert dashed.get_xydata().tolist() == pytest.approx(np.array([[2, entropy], [200, entropy]]))
    assert line not in [each.get_label() for each in generator.lines]
    assert "Knowing only how many tokens are replaced, the discriminator's would be 0.35." in texts_of("compact")
    without = [{key: value for key, value in row.items() if key != "disc_replaced"} for row in run()]
    assert line not in [each.get_label() for each in plots.training_curve(without).axes[0].lines]
    assert 0.5 in [each.get_ydata()[0] for each in PICTURES["runs"]().axes[0].lines], "chance"


def texts_of(name):
    return PICTURES[name]().description


def test_a_picture_can_be_read_on_a_light_page_and_on_a_dark_one():
    """The sheet is transparent; dark letters on it have a light rim, and letters on boxes need none."""
    import io

    from matplotlib.image import imread

    pixels = imread(io.BytesIO(PICTURES["walk"]().png()))
    assert pixels[0, 0, 3] == 0, "no slab"
    picture = PICTURES["verdict"]()
    picture.png()
    rims = {text.get_text(): bool(text.get_path_effects()) for text in picture.findobj(matplotlib.text.Text)}
    assert rims["93%"] and rims["probability of being a replacement"] and not rims["hablando"] and not rims["Los"]
    frames = [box for box in picture.findobj(matplotlib.patches.FancyBboxPatch) if box.get_path_effects()]
    assert len(frames) == 2, "the frame of what is called a replacement, and its key"
    picture = PICTURES["examples"]()
    picture.png()
    padding = [text for text in picture.findobj(matplotlib.text.Text) if text.get_text().startswith("[PAD]")]
    assert padding and all(text.get_path_effects() for text in padding), "its box is empty"


def contrast(one, other):
    """WCAG 2's, between 1 and 21; 4.5 is what letters should have."""
    dark, light = sorted(0.05 + luminance(colour) for colour in (one, other))
    return light / dark


def test_letters_on_coloured_boxes_can_be_read():
    assert contrast("black", "white") == pytest.approx(21)
    assert contrast("#767676", "white") == pytest.approx(4.54, abs=0.01)
    for colours in (SUSPICION, MISTAKES):
        for share in np.linspace(0, 1, 101):
            assert contrast(ink_on(colours(share)), colours(share)) > 3.9, (colours.name, share)
    (axes,) = plots.confusion_matrix(dict(labels=["A", "B"], confusion=[[9, 4], [6, 9]])).axes
    inks = {text.get_text(): text.get_color() for text in axes.texts}
    assert inks["6"] == PAPER and inks["4"] == INK and inks["9"] == INK
    axes = plots.sentence_verdict(["casa", "sol"], [0.85, 0.99], threshold=0.5).axes[0]
    inks = {text.get_text(): text.get_color() for text in axes.texts}
    assert inks["casa"] == INK and inks["sol"] == PAPER


@pytest.mark.parametrize("page", [1.0, 0.067])
def test_the_line_of_proportion_can_be_seen_on_any_page(page):
    lines = [line for line in PICTURES["cost"]().axes[0].lines if line.get_marker() == "None"]
    assert len(lines) == 2
    for line in lines:
        alpha = 1 if line.get_alpha() is None else line.get_alpha()
        shown = [alpha * part + (1 - alpha) * page for part in matplotlib.colors.to_rgb(line.get_color())]
        assert contrast(shown, [page] * 3) > 2.5


def test_the_curve_has_its_auc_and_marks_its_stops():
    picture = plots.training_curve(run(), stops=[20])
    assert "Stopped at step 20, and gone on." in picture.description and "Held-out AUC" in picture.description
    titles = [axes.get_title(loc="left") for axes in picture.axes]
    assert "Held-out AUC of the discriminator" in titles and "Learning rate" in titles
    for axes in picture.axes:
        marks = [line for line in axes.lines if list(line.get_xdata()) == [20, 20]]
        assert len(marks) == 1, axes.get_title(loc="left")
    assert "stopped at step 20" in [text.get_text() for text in picture.axes[0].texts]
    without = plots.training_curve([row for row in run() if row["event"] == "train"])
    assert "Held-out AUC of the discriminator" not in [axes.get_title(loc="left") for axes in without.axes]


def test_bars_of_minimal_pairs_leave_out_what_nobody_judged():
    found = {"accent": dict(share=0.75, pairs=8, left_out=0), "noun": dict(share=None, pairs=0, left_out=3)}
    picture = plots.by_phenomenon({"mine": found})
    assert picture.description == "Share of minimal pairs told apart. mine: accent 75%."
    assert [label.get_text() for label in picture.axes[0].get_yticklabels()] == ["accent (8)"]
    with pytest.raises(TutorialError, match="nothing to draw: no pair was judged"):
        plots.by_phenomenon({"mine": {"noun": found["noun"]}})
    with pytest.raises(TutorialError, match="nothing to draw: no pair was judged"):
        plots.growth([dict(phenomenon="noun", step=3, share=None, pairs=0)])
