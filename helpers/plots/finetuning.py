"""Figures of fine-tuning: a confusion matrix, learning curves, quality against compute."""

import statistics
from typing import Any, Dict, Mapping, Optional, Sequence

import numpy as np
from matplotlib.ticker import NullLocator

from helpers.base.errors import TutorialError
from helpers.plots.picture import BLUE, GREY, INK, PERCENT, POWERS, SERIES, THOUSANDS, Picture, literal, styled


@styled
def confusion_matrix(evaluation: Dict[str, Any], title: str = "True label against predicted label") -> Picture:
    """Which label is taken for which: each row is a true label and adds up to 100%.

    Parameters
    ----------
    evaluation : dict
        What ``metrics.evaluate`` returns: ``labels`` (list of str) and ``confusion``, how often each true label
        (row) was taken for each label (int, [labels, labels]).
    title : str
        Stands above the figure.
    """
    labels, counts = evaluation["labels"], np.array(evaluation["confusion"], float)
    shares = counts / np.maximum(1, counts.sum(axis=1, keepdims=True))
    off = [(counts[i, j], labels[i], labels[j]) for i in range(len(labels)) for j in range(len(labels)) if i != j]
    most = max(off, default=(0, "", ""))
    words = f"Most often confused: {most[1]} taken for {most[2]}, {most[0]:.0f} times."
    longest, side = max(map(len, labels)), max(2.2, 0.44 * len(labels))
    left, below, width, height = 1.1 + 0.08 * longest, 0.7 + 0.06 * longest, 1.15 * side, side  # inches
    sheet = (left + width + 0.2, below + height + 0.4)
    picture = Picture(*sheet, words if most[0] else "No label is taken for another.")
    axes = picture.add_axes([left / sheet[0], below / sheet[1], width / sheet[0], height / sheet[1]])
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1, aspect="auto")
    for (row, column), share in np.ndenumerate(shares):
        if counts[row, column]:
            text = f"{100 * share:.0f}" if share >= 0.005 else "<1"
            axes.text(column, row, text, ha="center", va="center", fontsize=8, color="#FFFFFF" if share > 0.5 else INK)
    names = [literal(label) for label in labels]
    axes.set_xticks(range(len(labels)))
    axes.set_yticks(range(len(labels)))
    axes.set_xticklabels(names, rotation=45, ha="right")
    axes.set_yticklabels([f"{name} ({n:,.0f})" for name, n in zip(names, counts.sum(axis=1))])
    axes.set(xlabel="predicted, % of the row", ylabel="true (how often)")
    axes.set_title(title)
    axes.grid(visible=False)
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
    """Means with a band from lowest to highest; every value is a dot too, since there are few seeds."""
    if not series:
        raise TutorialError("there is nothing to draw: the list of rows is empty")
    said = "; ".join(f"{label} {_ends(points)}" for label, points in series.items())
    picture = Picture(7.6, 4.0, f"{name.capitalize()}, left to right: {said}.")
    axes = picture.add_axes([0.11, 0.14, 0.86, 0.76])
    for (label, points), (colour, line, marker) in zip(series.items(), SERIES):
        label = f"{literal(label)}: {_seeds(points)}"
        if list(points) == [0]:  # a log scale has no place for it
            axes.axhspan(min(points[0]), max(points[0]), color=colour, alpha=0.18, lw=0)
            axes.axhline(statistics.mean(points[0]), color=colour, ls=line, label=label)
            continue
        places = sorted(points)
        means = [statistics.mean(points[place]) for place in places]
        lows, highs = [min(points[p]) for p in places], [max(points[p]) for p in places]
        axes.fill_between(places, lows, highs, color=colour, alpha=0.18, lw=0)
        axes.plot(places, means, color=colour, ls=line, marker=marker, ms=6, label=label)
        for place in places:
            axes.plot([place] * len(points[place]), points[place], ".", color=colour, ms=4, alpha=0.7)
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
