"""What a reader takes from each figure: the points, bars and words that are drawn, read from the figure itself."""

import numpy as np
import pytest
from matplotlib.patches import FancyBboxPatch

from helpers import plots, pretraining
from helpers.finetuning import curves


def lines(axes):
    """The lines of axes: {label: [[x, y], …]}; those without a label by their place."""
    return {
        str(place) if line.get_label().startswith("_") else line.get_label(): np.asarray(line.get_xydata()).tolist()
        for place, line in enumerate(axes.lines)
    }


def ticks(axis):
    axis.figure.canvas.draw()
    return [label.get_text() for label in axis.get_ticklabels()]


def rows_of_text(axes):
    """The words on axes, row by row from the top, each from left to right."""
    found = {}
    for text in axes.texts:
        x, y = text.get_position()
        found.setdefault(round(y, 2), []).append((x, text.get_text()))
    return [[text for _, text in sorted(found[y])] for y in sorted(found)]


def test_the_training_curve():
    rates = [0.1, 0.2, 0.1, 0.0]
    rows = [
        dict(event="train", step=10 * n, disc_loss=5.0 - n, mlm_loss=9.0 - 2 * n, learning_rate=rate)
        for n, rate in enumerate(rates, 1)
    ]
    rows += [dict(event="eval", step=step, disc_loss=1.5, mlm_loss=3.5, disc_auc=0.75) for step in (20, 40)]
    rows[-1]["disc_auc"] = 0.875
    picture = plots.training_curve(rows)
    discriminator, generator, rate, auc = picture.axes
    titles = [axes.get_title(loc="left") for axes in picture.axes]
    assert titles == ["Discriminator", "Generator", "Learning rate", "Held-out AUC of the discriminator"]
    assert lines(discriminator)["0"] == [[10, 4], [20, 3], [30, 2], [40, 1]]
    assert lines(generator)["0"] == [[10, 7], [20, 5], [30, 3], [40, 1]]
    assert lines(discriminator)["held-out"] == [[20, 1.5], [40, 1.5]]
    assert lines(generator)["held-out"] == [[20, 3.5], [40, 3.5]]
    assert lines(rate) == {"0": [[10, 0.1], [20, 0.2], [30, 0.1], [40, 0]]}
    assert lines(auc)["0"] == [[20, 0.75], [40, 0.875]]
    assert [axes.get_ylabel() for axes in picture.axes] == ["loss", "loss", "", ""]
    assert [axes.get_xlabel() for axes in picture.axes] == ["", "", "step", "step"]
    for axes in picture.axes:
        (warm_up,) = axes.patches
        edges = warm_up.get_extents().transformed(axes.transData.inverted()).intervalx
        assert edges == pytest.approx([10, 20])
    said = "Discriminator loss from 4.00 to 1.00. Generator loss from 7.00 to 1.00. Held-out AUC 0.875."
    assert picture.description == f"Training curve over 4 measured steps. {said}"


def test_the_learning_rate_over_a_run():
    schedule = pretraining.schedule(dict(num_train_steps=100, num_warmup_steps=10, learning_rate=0.004))
    (axes,) = plots.learning_rate_schedule(schedule).axes
    ours, theirs = lines(axes).items()
    assert ours[0] == "this run: warm-up over 10 steps" and "10,000 steps of warm-up" in theirs[0]
    for (_, points), values in ((ours, schedule["rates"]), (theirs, schedule["reference_rates"])):
        assert points == np.transpose([schedule["steps"], values]).tolist()
    assert max(ours[1], key=lambda point: point[1])[1] == pytest.approx(0.004, rel=0.15)
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("step", "learning rate")


def test_runs_side_by_side():
    rows = [dict(event="train", step=step, disc_auc=0.1) for step in (1, 2, 3)]
    rows += [dict(event="eval", step=step, disc_auc=auc) for step, auc in ((2, 0.6), (3, 0.7))]
    others = [dict(event="eval", step=4, disc_auc=0.8, mlm_loss=2.0)]
    (axes,) = plots.compare_runs({"one": rows, "two": others, "none": []}, title="A title").axes
    drawn = lines(axes)
    assert [y for _, y in drawn.pop("a coin toss: 0.500")] == [0.5, 0.5]
    assert drawn == {"one: 0.700": [[2, 0.6], [3, 0.7]], "two: 0.800": [[4, 0.8]]}
    assert (axes.get_xlabel(), axes.get_ylabel(), axes.get_title(loc="left")) == ("step", "held-out AUC", "A title")
    (axes,) = plots.compare_runs({"two": others}, "mlm_loss", "generator's loss").axes
    assert lines(axes) == {"two: 2.000": [[4, 2]]} and axes.get_ylabel() == "generator's loss"


def frames(axes):
    """Left edges of the frames around what is called a replacement; the key's comes last."""
    found = [patch for patch in axes.patches if isinstance(patch, FancyBboxPatch) and patch.get_linewidth() > 2]
    return [patch.get_x() for patch in sorted(found, key=lambda patch: patch.get_y())]


@pytest.mark.parametrize("threshold, replaced", [(0.2, ["canta", "."]), (0.4, ["canta"]), (0.95, [])])
def test_a_verdict(threshold, replaced):
    words, probabilities = ["El", "canta", "."], [0.1, 0.9, 0.3]
    picture = plots.sentence_verdict(words, probabilities, threshold, title="a sentence")
    (axes,) = picture.axes
    assert rows_of_text(axes)[:3] == [["a sentence"], words, ["10%", "90%", "30%"]]
    places = {text.get_text(): text.get_position()[0] for text in axes.texts}
    assert len(frames(axes)) == len(replaced) + 1, "the key has one too"
    for word, left in zip(replaced, frames(axes)):
        assert left < places[word] < left + 1
    said = ", ".join(f"{word} ({100 * probabilities[words.index(word)]:.0f}%)" for word in replaced)
    assert picture.description.endswith(f"replaced: {said}" if replaced else "nothing called a replacement")
    mark, (left, right, _, _) = axes.lines[0].get_xdata()[0], axes.images[0].get_extent()
    assert mark == pytest.approx(left + threshold * (right - left))
    assert any(f"(threshold {100 * threshold:.0f}%)" in text for text in places)


def test_a_walk():
    steps = {
        "tokens": ["[CLS]", "los", "gatos", "cantan", "[SEP]"],
        "masked": ["[CLS]", "los", "[MASK]", "[MASK]", "[SEP]"],
        "drawn": ["[CLS]", "los", "perros", "cantan", "[SEP]"],
        "replaced": [0, 0, 1, 0, 0],
        "probabilities": [0.0, 0.02, 0.7, 0.3, 0.0],
    }
    (axes,) = plots.walk(steps).axes
    assert rows_of_text(axes)[:5] == [
        ["text", "los", "gatos", "cantan"],
        ["masked", "los", "[MASK]", "[MASK]"],
        ["the generator draws", "los", "perros", "cantan"],
        ["truth", "original", "replaced", "original"],
        ["the discriminator\ngives", "2%", "70%", "30%"],
    ]


def test_the_roc_curve():
    evaluation = dict(fpr=[0.0, 0.1, 0.4, 1.0], tpr=[0.0, 0.7, 0.9, 1.0], auc=0.88, false_alarms=0.1, recall=0.7)
    axes, whole = plots.roc_curve(evaluation).axes
    curve, chance, point = lines(axes).items()
    assert curve == ("discriminator: area under the whole curve 0.880", [[0, 0], [0.1, 0.7], [0.4, 0.9], [1, 1]])
    assert chance == ("chance: 0.500", [[0, 0], [1, 1]])
    assert point == ("at the threshold: 70% found, 10.0% false alarms", [[0.1, 0.7]])
    assert (axes.get_xlabel(), axes.get_ylabel()) == (
        "original words called replaced (false alarms)",
        "replaced words found",
    )
    assert lines(whole)["0"] == curve[1]
    axes, _ = plots.roc_curve(dict(evaluation, recall=None)).axes
    assert len(axes.lines) == 2


def test_guesses_for_a_mask():
    (axes,) = plots.fill_mask_bars([("canta", 0.6), ("habla", 0.25), ("vuela", 0.1)], "El pájaro [MASK].").axes
    assert [(bar.get_y() + bar.get_height() / 2, bar.get_width()) for bar in axes.patches] == [
        (0, 0.6), (1, 0.25), (2, 0.1), (3, pytest.approx(0.05)),
    ]  # fmt: skip
    assert ticks(axes.yaxis) == ["canta", "habla", "vuela", "all others"] and axes.yaxis_inverted(), (
        "the best one on top"
    )
    assert [text.get_text() for text in axes.texts] == ["60%", "25%", "10%", "5%"]
    assert axes.get_title(loc="left") == "El pájaro [MASK]." and axes.get_xlabel() == "probability"


def test_an_overview_of_a_corpus():
    overview = dict(lengths={1: 2, 3: 5, 30: 1, 40: 2}, words=[("sí", 60), ("no", 30), ("que", 10)], whole=True)
    left, right = plots.corpus_overview(overview).axes
    heights = {round(bar.get_x() + bar.get_width() / 2): round(bar.get_height(), 6) for bar in left.patches}
    assert {place: height for place, height in heights.items() if height} == {1: 0.2, 3: 0.5, 30: 0.3}
    assert left.get_xlabel().endswith("(last bar: 30 and more)") and left.get_title(loc="left") == "10 sentences"
    assert left.lines[0].get_xdata()[0] == 10 and right.get_title(loc="left") == "3 different words"
    assert right.lines[0].get_xydata() == pytest.approx(np.array([[1, 0.6], [2, 0.9], [3, 1.0]]))
    said = [text.get_text() for text in right.texts]
    assert said == ["1 words make 50%", "2 words make 90%", "most frequent: sí, no, que"]


def test_vocabularies_side_by_side():
    lengths = {"one": [2, 2, 3, 3], "two": [1, 1, 1, 4]}
    used, sizes = {"one": 9, "two": 4}, {"one": 12, "two": 40}
    left, right = plots.compare_vocabularies(dict(words=[1, 2, 3, 4], lengths=lengths, used=used, sizes=sizes)).axes
    assert lines(left) == {
        "one: 2.5 on average": [[1, 0], [2, 0.5], [3, 0.5]],
        "two: 1.8 on average": [[1, 0.75], [2, 0], [3, 0]],
    }
    assert left.get_title(loc="left") == "4 sentences of 2.5 words"
    assert left.get_xlabel() == "tokens in a sentence (longer ones left out)"
    assert [bar.get_width() for bar in right.patches] == [0.75, 0.1] and ticks(right.yaxis) == ["one", "two"]
    assert [text.get_text() for text in right.texts] == ["9 of 12 tokens", "4 of 40 tokens"]


def test_examples():
    tokens = ["el", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "canta", "[PAD]"]  # id 0 is a word here
    batch = {
        "input_ids": [[2, 0, 3, 5, 3, 0], [2, 5, 0, 3, 0, 0]],
        "input_mask": [[1, 1, 1, 1, 1, 0], [1, 1, 1, 1, 0, 0]],
        "segment_ids": [[0, 0, 0, 1, 1, 0], [0, 0, 0, 0, 0, 0]],
    }
    picture = plots.examples(batch, tokens)
    words, above = picture.axes
    special, first, second, padding = range(4)  # in the order of the key
    assert np.asarray(above.images[0].get_array()).tolist() == [
        [special, first, special, second, special, padding],
        [special, first, first, special, padding, padding],
    ]
    written = [text.get_text() for text in words.texts]
    assert written[:7] == ["Example 1", "[CLS]", "el", "[SEP]", "canta", "[SEP]", "[PAD] × 1"]
    assert written[-4:] == ["[CLS] and [SEP]", "first segment", "second segment", "padding"]
    assert picture.description == ("2 examples of 6 tokens; 75% of all positions hold a token, the rest is padding.")


def test_time_against_size():
    (axes,) = plots.cost([1, 8], {"corpus": [0.5, 3], "examples": [1, 16]}, title="Time").axes
    drawn = lines(axes)
    assert (drawn["corpus"], drawn["examples"]) == ([[1, 0.5], [8, 3]], [[1, 1], [8, 16]])
    assert (drawn["1"], drawn["3"]) == ([[1, 0.375], [8, 3]], [[1, 2], [8, 16]]), "in proportion to the last point"
    assert (axes.get_xscale(), axes.get_yscale()) == ("log", "log")
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("MB of text (log scale)", "seconds (log scale)")


def test_a_confusion_matrix():
    """Rows are the truth: of four nouns one was taken for a verb; adjectives have no part in a mistake."""
    picture = plots.confusion_matrix(dict(labels=["N", "A", "V"], confusion=[[3, 0, 1], [0, 9, 0], [0, 0, 6]]))
    (axes,) = picture.axes
    assert {tuple(text.get_position()): text.get_text() for text in axes.texts} == {
        (0, 0): "3", (1, 0): "1", (1, 1): "6",
    }  # fmt: skip
    assert (ticks(axes.xaxis), ticks(axes.yaxis)) == (["N", "V"], ["N (4)", "V (6)"])
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("predicted label", "true label (how often)")
    assert axes.get_title(loc="left") == "1 of 19 wrong: which label is taken for which"
    assert picture.description == "Most often confused: N taken for V, 1 times."


def test_learning_curves():
    measured = {("pretrained", 30): (0.7, 0.9), ("pretrained", 10): (0.5, 0.6, 0.4), ("scratch", 10): (0.2,)}
    rows = [
        dict(start=start, sentences=sentences, value=value, main="accuracy")
        for (start, sentences), values in measured.items()
        for value in values
    ]
    picture = plots.learning_curves(rows, curves.WORDS, title="Curves")
    (axes,) = picture.axes
    drawn = lines(axes)
    assert np.allclose(drawn["pre-trained: mean of 2 to 3 seeds"], [[10, 0.5], [30, 0.8]])
    assert np.allclose(drawn["from scratch: 1 seed"], [[10, 0.2]])
    band = axes.collections[0].get_paths()[0].vertices
    assert {tuple(point) for point in band.tolist()} >= {(10, 0.4), (10, 0.6), (30, 0.7), (30, 0.9)}
    dots = [line for line in axes.lines if line.get_marker() == "."]
    assert sorted(y for line in dots for y in line.get_ydata()) == [0.2, 0.4, 0.5, 0.6, 0.7, 0.9]
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("labelled sentences (log scale)", "accuracy")
    assert axes.get_xscale() == "log" and axes.get_title(loc="left") == "Curves"
    assert picture.description == "Accuracy, left to right: pre-trained from 0.500 to 0.800; from scratch 0.200."


def test_the_growth_of_minimal_pairs():
    found = {
        "accent": {100: [0.5, 0.7], 200: [0.8, 1.0]},
        "noun": {100: [0.5], 200: [0.95]},
        "ser or estar": {100: [None]},
    }
    rows = [
        dict(phenomenon=name, step=step, share=share, pairs=9)
        for name, steps in found.items()
        for step, shares in steps.items()
        for share in shares
    ]
    picture = plots.growth(rows)
    assert [axes.get_title(loc="left") for axes in picture.axes] == ["noun: 95%", "accent: 90%"]  # the best one first
    noun, accent = (lines(axes) for axes in picture.axes)
    assert noun["0"] == [[100, 0.5], [200, 0.95]]
    np.testing.assert_allclose(accent["0"], [[100, 0.6], [200, 0.9]])  # the mean of two seeds
    said = "Share of minimal pairs told apart over 200 steps: noun from 50% to 95%; accent from 60% to 90%."
    assert picture.description == said


def test_pairs_of_sentences():
    right, wrong = [("mi", 0.1), ("hermano", 0.2)], [("mi", 0.25), ("nunca", 0.9)]
    picture = plots.sentence_pairs([(right, wrong), (wrong, right)], threshold=0.3)
    (axes,) = picture.axes
    rows = rows_of_text(axes)
    assert rows[0] == ["right", "with one word wrong"]
    assert rows[1:5] == [["mi", "hermano", "mi", "nunca"], ["10%", "20%", "25%", "90%"]] + [
        ["mi", "nunca", "mi", "hermano"], ["25%", "90%", "10%", "20%"]
    ]  # fmt: skip
    framed = [patch for patch in axes.patches if isinstance(patch, FancyBboxPatch) and patch.get_linewidth() > 2]
    assert len(framed) == 3  # nunca twice, and the key's
    said = "“mi hermano”: nothing called a replacement “mi nunca”: replaced: nunca (90%)"
    assert picture.description.startswith(f"Verdict on each word. {said}")
