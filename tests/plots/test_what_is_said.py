"""What figures say in words, and what of them is drawn by few points: descriptions, verdicts, scores, level lines."""

import numpy as np
import pytest
from matplotlib.patches import Rectangle

from helpers import plots


def words(axes):
    return [text.get_text() for text in axes.texts]


def test_runs_are_described_by_their_last_values():
    runs = {name: [dict(event="eval", step=n, disc_auc=auc) for n, auc in enumerate(aucs)]
            for name, aucs in (("one", (0.5, 0.7, 0.9)), ("two", (0.6, 0.8)))}  # fmt: skip
    assert plots.compare_runs(runs).description == "Held-out AUC at the end: one 0.900; two 0.800."


def test_true_scores_lie_along_and_predicted_ones_up():
    picture = plots.scores(dict(scores=[[1, 2, 3], [1.5, 2.5, 5]], pearson=0.961))
    (axes,) = picture.axes
    line, points = (each.get_xydata().tolist() for each in axes.lines)
    assert points == [[1, 1.5], [2, 2.5], [3, 5]] and line == [[1, 1], [5, 5]]
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("true", "predicted") and "0.961" in picture.description


def test_what_took_no_operations_is_a_level_line():
    rows = [dict(objective="electra", flops=flops, value=value) for flops, value in ((1e9, 0.6), (1e10, 0.8))]
    rows += [dict(objective="random", flops=0, value=value) for value in (0.3, 0.5)]
    (axes,) = plots.quality_against_compute(rows).axes
    drawn = {line.get_label(): line.get_ydata() for line in axes.lines if not line.get_label().startswith("_")}
    assert drawn["random: mean of 2 seeds"] == pytest.approx([0.4, 0.4])
    assert list(axes.get_xticks()) == [1e9, 1e10]


def test_a_word_that_was_masked_and_drawn_again_is_original():
    shapes = dict(words=3500, size=128, generator=dict(width=64, layers=1), discriminator=dict(width=256, layers=3))
    (axes,) = plots.architecture(shapes).axes
    said = words(axes)
    assert said.count("[MASK]") == 2 and said.count("replaced") == 1 and said.count("original") == 4
    assert "generator\nwidth 64, 1 layer" in said and "discriminator\nwidth 256, 3 layers" in said
    boxes = {each.get_gid(): each for each in axes.findobj(Rectangle) if each.get_gid()}
    stripes = [line.get_xdata()[0] for line in axes.lines]
    left, width = boxes["discriminator"].get_x(), boxes["discriminator"].get_width()
    assert sorted(stripes) == pytest.approx([left + width / 3, left + 2 * width / 3])


@pytest.mark.parametrize("whole, title", [(True, "10 sentences"), (False, "The first 10 sentences")])
def test_how_few_words_make_up_most_of_a_text(whole, title):
    overview = dict(lengths={2: 8, 30: 1, 40: 1}, words=[("de", 60), ("la", 30), ("pan", 5), ("agua", 5)], whole=whole)
    picture = plots.corpus_overview(overview)
    left, right = picture.axes
    assert left.get_title(loc="left") == title and "10.0 words on average" in picture.description
    heights = [bar.get_height() for bar in left.patches]
    assert len(heights) == 30 and heights[1] == 0.8 and heights[-1] == 0.2 and np.isclose(sum(heights), 1)
    assert {"1 words make 50%", "2 words make 90%", "most frequent: de, la, pan, agua"} <= set(words(right))
