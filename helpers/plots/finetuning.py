"""Figures of fine-tuning: a confusion matrix, learning curves, quality against compute."""

import statistics
from typing import Any, Dict, Mapping, Optional, Sequence

import numpy as np
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.patches import Rectangle
from matplotlib.ticker import NullLocator

from helpers.base.errors import TutorialError
from helpers.base.history import capital
from helpers.plots.picture import (
    BLUE,
    GREY,
    ON_A_BOX,
    PERCENT,
    POWERS,
    SERIES,
    THOUSANDS,
    Picture,
    band,
    ink_on,
    literal,
    styled,
)

SHOWN = 8  # labels in a confusion matrix, at most: those with the most mistakes
RIGHT, NONE = "#DDDDDD", (0.46, 0.46, 0.46, 0.08)  # a cell of the diagonal, one without a mistake
MISTAKES = LinearSegmentedColormap.from_list("mistakes", ["#FFFFFF", "#F5B277", "#C24E00"])


@styled
def confusion_matrix(evaluation: Dict[str, Any], title: Optional[str] = None) -> Picture:
    """Which label is taken for which, among those with a part in a mistake: ``SHOWN`` of them at most.

    What is right stands on the diagonal, in grey; each mistake is the darker, the more frequent it is.

    Parameters
    ----------
    evaluation : dict
        What ``metrics.evaluate`` returns: ``labels`` (list of str) and ``confusion``, how often each true label
        (row) was taken for each label (int, [labels, labels]).
    title : str, optional
        Stands above the figure; how many are wrong if not given.
    """
    labels, counts = evaluation["labels"], np.array(evaluation["confusion"], int)
    wrong = counts - np.diag(np.diag(counts))
    part = wrong.sum(axis=0) + wrong.sum(axis=1)  # of each label in the mistakes
    title = title or f"{wrong.sum():,} of {counts.sum():,} wrong: which label is taken for which"
    if not wrong.any():
        return _no_mistakes(f"All {counts.sum():,} labels are right: none is taken for another.")
    kept = sorted(sorted(np.flatnonzero(part), key=lambda label: -part[label])[:SHOWN])
    row, column = np.unravel_index(wrong.argmax(), wrong.shape)
    said = f"Most often confused: {labels[row]} taken for {labels[column]}, {wrong[row, column]} times."
    shown, names = wrong[np.ix_(kept, kept)], [literal(labels[label]) for label in kept]
    said_rows = [f"{name} ({n:,})" for name, n in zip(names, counts.sum(axis=1)[kept])]
    inside, longest, side = int(shown.sum()), max(map(len, said_rows)), 0.5 * len(kept)
    title += f"\n(not shown: {wrong.sum() - inside} more, with other labels)" if inside < wrong.sum() else ""
    left, below, width = 0.7 + 0.09 * longest, 0.75 + 0.06 * longest, 1.3 * side  # inches
    sheet = (max(left + width + 0.3, 5.4), below + side + 0.6)
    picture = Picture(*sheet, said)
    axes = picture.add_axes([left / sheet[0], below / sheet[1], width / sheet[0], side / sheet[1]])
    axes.set(xlim=(-0.5, len(kept) - 0.5), ylim=(len(kept) - 0.5, -0.5))
    for (row, column), count in np.ndenumerate(shown):
        right = counts[kept[row], kept[row]] if row == column else 0
        share = count / shown.max()
        face = RIGHT if row == column else MISTAKES(0.15 + 0.85 * share) if count else NONE
        axes.add_patch(Rectangle((column - 0.48, row - 0.46), 0.96, 0.92, facecolor=face, edgecolor="none"))
        if right or count:
            weight = "normal" if row == column else "bold"
            axes.text(column, row, f"{right or count:,}", ha="center", va="center", fontsize=9, color=ink_on(face),
                      weight=weight, gid=ON_A_BOX)  # fmt: skip
    axes.set_xticks(range(len(kept)))
    axes.set_yticks(range(len(kept)))
    axes.set_xticklabels(names, rotation=45, ha="right")
    axes.set_yticklabels(said_rows)
    axes.set(xlabel="predicted label", ylabel="true label (how often)")
    axes.set_title(title, fontsize=10)
    axes.grid(visible=False)
    axes.tick_params(length=0)
    for spine in axes.spines.values():
        spine.set_visible(False)
    return picture


def _no_mistakes(sentence):
    picture = Picture(5.4, 0.8, sentence)
    picture.text(0.5, 0.5, sentence, ha="center", va="center", fontsize=10.5)
    return picture


@styled
def scores(evaluation: Dict[str, Any], title: str = "True score against predicted score") -> Picture:
    """Each true score and what was predicted for it; on the line both are the same.

    Parameters
    ----------
    evaluation : dict
        What ``metrics.evaluate`` returns for scores: ``scores`` (two lists of float) and ``pearson``.
    title : str
        Stands above the figure.
    """
    true, predicted = (np.array(values, float) for values in evaluation["scores"])
    said = f"{len(true)} scores; Pearson's correlation with the predicted ones is {evaluation['pearson']:.3f}."
    picture = Picture(5.2, 4.2, said)
    axes = picture.add_axes([0.14, 0.14, 0.82, 0.76])
    ends = [min(true.min(), predicted.min()), max(true.max(), predicted.max())]
    axes.plot(ends, ends, color=GREY, ls="--", lw=1)
    axes.plot(true, predicted, ".", color=BLUE, ms=5, alpha=0.6)
    axes.set(xlabel="true", ylabel="predicted")
    axes.set_title(title)
    return picture


@styled
def learning_curves(
    rows: Sequence[Dict[str, Any]], words: Mapping[str, str] = {}, title: Optional[str] = None
) -> Picture:
    """The metric over the number of labelled sentences, a curve for each start; bands go from lowest to highest seed.

    Parameters
    ----------
    rows : list of dict
        Those of ``curves.compare``: ``start``, ``sentences``, ``value`` and ``main``, the metric's name.
    words : dict of str to str
        What starts and metric are called in the figure (``curves.WORDS``); those that it lacks keep their names.
    title : str, optional
        Stands above the figure.
    """
    series = {start: {} for start in dict.fromkeys(row["start"] for row in rows)}
    for row in rows:
        series[row["start"]].setdefault(row["sentences"], []).append(row["value"])
    named = {words.get(start, start): points for start, points in series.items()}
    main = _main(rows)
    return _curves(named, "labelled sentences (log scale)", words.get(main, main), title, THOUSANDS)


@styled
def quality_against_compute(
    rows: Sequence[Dict[str, Any]],
    metric: str = "value",
    name: str = "accuracy after fine-tuning",
    title: Optional[str] = None,
) -> Picture:
    """A metric over the operations spent on pre-training, a curve for each objective, bands over seeds.

    Parameters
    ----------
    rows : list of dict
        ``objective``, ``flops``, ``seed`` and the metric.  What took no operations, random weights, is a level line.
    metric : str
        Key of the metric in a row.
    name : str
        The metric in words, for the axis.
    title : str, optional
        Stands above the figure.
    """
    series = {objective: {} for objective in dict.fromkeys(row["objective"] for row in rows)}
    for row in rows:
        if row.get(metric) is not None:
            series[row["objective"]].setdefault(row["flops"], []).append(row[metric])
    series = {objective: points for objective, points in series.items() if points}
    return _curves(series, "floating-point operations of pre-training (log scale)", name, title, POWERS)


def _main(rows):
    if not rows:
        raise TutorialError("there is nothing to draw: the list of rows is empty")
    return rows[0]["main"]


def _curves(series, along, name, title, ticks):
    """A band for each of ``series``, on a log scale; what has its values at 0 alone is a level line."""
    if not series:
        raise TutorialError("there is nothing to draw: the list of rows is empty")
    said = "; ".join(f"{label} {_ends(points)}" for label, points in series.items())
    picture = Picture(7.6, 4.0, f"{capital(name)}, left to right: {said}.")
    axes = picture.add_axes([0.11, 0.14, 0.86, 0.76])
    for (label, points), (colour, line, marker) in zip(series.items(), SERIES):
        label = f"{literal(label)}: {_seeds(points)}"
        if list(points) == [0]:  # a log scale has no place for it
            axes.axhspan(min(points[0]), max(points[0]), color=colour, alpha=0.18, lw=0)
            axes.axhline(statistics.mean(points[0]), color=colour, ls=line, label=label)
            continue
        band(axes, points, colour, ls=line, marker=marker, ms=6, label=label)
    axes.set_xscale("log")
    places = sorted({place for points in series.values() for place in points if place})
    if len(places) <= 8:
        axes.set_xticks(places)
        axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(ticks)
    axes.yaxis.set_major_formatter(PERCENT)
    axes.set(xlabel=along, ylabel=name)
    axes.set_title(title or "")
    axes.legend(loc="best")
    return picture


def _ends(points):
    """Where a curve begins and ends, in words."""
    first, last = (statistics.mean(points[place]) for place in (min(points), max(points)))
    return f"from {first:.3f} to {last:.3f}" if len(points) > 1 else f"{first:.3f}"


def _seeds(points):
    """How many seeds the points of a curve have, in words."""
    fewest, most = (count(map(len, points.values())) for count in (min, max))
    if most == 1:
        return "1 seed"
    return f"mean of {most if fewest == most else f'{fewest} to {most}'} seeds"
