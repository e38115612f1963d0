"""Figures of fine-tuning: a confusion matrix, learning curves, quality against compute."""

import statistics

import numpy as np
from matplotlib.ticker import NullLocator

from .comparison_plots import PERCENT, POWERS, SERIES, THOUSANDS
from .errors import TutorialError
from .finetuning_curves import NAMES
from .finetuning_metrics import MAIN
from .pictures import INK, Picture, literal, styled


@styled
def confusion_matrix(evaluation, title="True label against predicted label"):
    """Which label is taken for which: each row is a true label and adds up to 100%.

    ``evaluation`` is what ``finetuning_metrics.evaluate`` returns.
    """
    labels, counts = evaluation["labels"], np.array(evaluation["confusion"], float)
    shares = counts / np.maximum(1, counts.sum(axis=1, keepdims=True))
    off = [(counts[i, j], labels[i], labels[j]) for i in range(len(labels)) for j in range(len(labels)) if i != j]
    most = max(off, default=(0, "", ""))
    words = "Most often confused: %s taken for %s, %d times." % (most[1], most[2], most[0])
    side = max(3.2, 0.46 * len(labels) + 1.6)
    picture = Picture(side + 1.2, side, words if most[0] else "No label is taken for another.")
    axes = picture.add_axes([0.24, 0.2, 0.74, 0.72])
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1, aspect="auto")
    for (row, column), share in np.ndenumerate(shares):
        if counts[row, column]:
            text = "%.0f" % (100 * share) if share >= 0.005 else "<1"
            axes.text(column, row, text, ha="center", va="center", fontsize=8, color="#FFFFFF" if share > 0.5 else INK)
    names = [literal(label) for label in labels]
    axes.set_xticks(range(len(labels)))
    axes.set_yticks(range(len(labels)))
    axes.set_xticklabels(names, rotation=45, ha="right")
    axes.set_yticklabels(["%s (%s)" % (name, "{:,.0f}".format(n)) for name, n in zip(names, counts.sum(axis=1))])
    axes.set(xlabel="predicted, % of the row", ylabel="true (how often)")
    axes.set_title(title)
    axes.grid(visible=False)
    return picture


@styled
def learning_curves(rows, title=None):
    """The metric over the number of labelled sentences, a curve for each start; bands go from lowest to highest seed.

    ``rows`` are those of ``finetuning_curves.compare``.
    """
    series = {start: {} for start in dict.fromkeys(row["start"] for row in rows)}
    for row in rows:
        series[row["start"]].setdefault(row["sentences"], []).append(row["value"])
    named = {NAMES.get(start, start): points for start, points in series.items()}
    return _curves(named, "labelled sentences (log scale)", MAIN[_main(rows)], title, THOUSANDS)


@styled
def quality_against_compute(rows, metric="value", name="accuracy after fine-tuning", title=None):
    """A metric over the operations spent on pre-training, a curve for each objective, bands over seeds.

    ``rows`` are dicts with ``objective``, ``flops``, ``seed`` and the metric.
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
    last = {label: statistics.mean(points[max(points)]) for label, points in series.items()}
    first = {label: statistics.mean(points[min(points)]) for label, points in series.items()}
    said = "; ".join("%s from %.3f to %.3f" % (label, first[label], last[label]) for label in series)
    picture = Picture(7.6, 4.0, "%s, left to right: %s." % (name.capitalize(), said))
    axes = picture.add_axes([0.11, 0.14, 0.86, 0.76])
    for (label, points), (colour, line, marker) in zip(series.items(), SERIES):
        places = sorted(points)
        means = [statistics.mean(points[place]) for place in places]
        lows, highs = [min(points[p]) for p in places], [max(points[p]) for p in places]
        axes.fill_between(places, lows, highs, color=colour, alpha=0.18, lw=0)
        count = max(map(len, points.values()))
        name_of = "%s: %s" % (literal(label), "mean of %d seeds" % count if count > 1 else "1 seed")
        axes.plot(places, means, color=colour, ls=line, marker=marker, ms=6, label=name_of)
        for place in places:
            axes.plot([place] * len(points[place]), points[place], ".", color=colour, ms=4, alpha=0.7)
    axes.set_xscale("log")
    places = sorted({place for points in series.values() for place in points})
    if len(places) <= 8:
        axes.set_xticks(places)
        axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(ticks)
    axes.yaxis.set_major_formatter(PERCENT)
    axes.set(xlabel=along, ylabel=name)
    axes.set_title(title or "")
    axes.legend(loc="best")
    return picture
