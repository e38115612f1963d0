"""Figures that set things side by side: runs, vocabularies, costs."""

import math
import os

import numpy as np
from matplotlib.ticker import FuncFormatter, MaxNLocator

from helpers.base.errors import TutorialError
from helpers.plots.picture import BLUE, GREEN, INK, ORANGE, PURPLE, VERMILLION, Picture, literal, styled

# Colour, line and marker: no two series are told apart by colour alone.
SERIES = [
    (BLUE, "-", "o"),
    (VERMILLION, "--", "s"),
    (GREEN, "-.", "^"),
    (PURPLE, ":", "D"),
    (ORANGE, (0, (5, 1, 1, 1)), "v"),
]
THOUSANDS = FuncFormatter(lambda value, _: f"{value:,.0f}")
PERCENT = FuncFormatter(lambda value, _: f"{round(100 * value, 4):g}%")
PLAIN = FuncFormatter(lambda value, _: f"{value:g}")


def _power_of_ten(value, _):
    exponent = math.floor(math.log10(value))
    return r"$%.1f\times10^{%d}$" % (value / 10**exponent, exponent)


POWERS = FuncFormatter(_power_of_ten)


@styled
def compare_runs(runs, metric="disc_auc", name="held-out AUC", title=None):
    """One held-out metric of several runs over their steps.

    Parameters
    ----------
    runs : dict of str to list of dict
        For each label the rows of a metrics.jsonl.
    metric : str
        Key of an ``eval`` row.
    name : str
        The metric in words, for the axis.
    """
    picture = Picture(7.6, 3.6, _runs_in_words(runs, metric, name))
    axes = picture.add_axes([0.11, 0.15, 0.86, 0.74])
    for (label, rows), (colour, line, marker) in zip(runs.items(), SERIES):
        points = [(row["step"], row[metric]) for row in rows if row.get("event") == "eval" and metric in row]
        if points:
            steps, values = zip(*points)
            label = f"{literal(label)}: {values[-1]:.3f}"
            axes.plot(steps, values, color=colour, ls=line, marker=marker, ms=5, label=label, clip_on=False)
    axes.set(xlabel="step", ylabel=name)
    axes.set_title(title or "")
    axes.xaxis.set_major_formatter(THOUSANDS)
    axes.xaxis.set_major_locator(MaxNLocator(8, integer=True, steps=[1, 2, 5, 10]))
    if axes.lines:
        axes.legend(loc="best")
    return picture


def _runs_in_words(runs, metric, name):
    last = {label: [row[metric] for row in rows if metric in row] for label, rows in runs.items()}
    return "{} at the end: {}.".format(
        name.capitalize(),
        "; ".join(f"{label} {values[-1]:.3f}" for label, values in last.items() if values),
    )


@styled
def compare_vocabularies(vocabularies, text_file, lines=2000, do_lower_case=False, strip_accents=False):
    """How long a text becomes in each of several vocabularies, and how much of each it uses.

    Parameters
    ----------
    vocabularies : dict of str to path
        A vocab.txt for each label.
    text_file : path
        Text; its first ``lines`` lines that are not blank are cut into tokens.
    """
    from helpers.data.vocabulary.tokenization import Tokenizer

    with open(text_file, encoding="utf-8") as file:
        sentences = [line for _, line in zip(range(lines), filter(str.strip, file))]
    if not sentences:
        raise TutorialError(f"{text_file} has no text to count")
    lengths, used, sizes = {}, {}, {}
    for label, path in vocabularies.items():
        tokenizer = Tokenizer(os.fspath(path), do_lower_case, strip_accents)
        found = [tokenizer.ids(sentence) for sentence in sentences]
        lengths[label] = np.array([len(ids) for ids in found])
        used[label] = len({number for ids in found for number in ids})
        sizes[label] = len(tokenizer.vocabulary)
    words = np.mean([len(sentence.split()) for sentence in sentences])
    description = "Tokens per sentence: {}.".format("; ".join(f"{k} {v.mean():.1f}" for k, v in lengths.items()))
    picture = Picture(9.6, 3.5, description)
    left, right = picture.subplots(1, 2, gridspec_kw={"width_ratios": [1.25, 1]})
    picture.subplots_adjust(left=0.075, right=0.97, top=0.88, bottom=0.16, wspace=0.3)
    longest = int(max(np.percentile(values, 96) for values in lengths.values()))
    for (label, values), (colour, line, marker) in zip(lengths.items(), SERIES):
        counts = np.bincount(values, minlength=longest + 1)[1 : longest + 1] / len(values)
        name = f"{literal(label)}: {values.mean():.1f} on average"
        left.plot(range(1, longest + 1), counts, color=colour, ls=line, marker=marker, ms=3.5, label=name)
    room = 1 + 0.12 * len(lengths)  # for the legend
    left.set(xlabel="tokens in a sentence", ylabel="share of sentences", ylim=(0, room * left.dataLim.ymax))
    left.set_title(f"{len(sentences):,} sentences of {words:.1f} words")
    left.yaxis.set_major_formatter(PERCENT)
    left.xaxis.set_major_locator(MaxNLocator(10, integer=True))
    left.legend(loc="upper right")
    _used_shares(right, used, sizes)
    return picture


def _used_shares(axes, used, sizes):
    shares = [used[label] / sizes[label] for label in used]
    axes.barh(range(len(used)), shares, color=[colour for _, (colour, _, _) in zip(used, SERIES)], height=0.5)
    for row, label in enumerate(used):
        note = f"{used[label]:,} of {sizes[label]:,} tokens"
        inside = shares[row] > 0.55
        axes.annotate(note, (shares[row], row), (-5 if inside else 5, 0), textcoords="offset points", va="center",
                      ha="right" if inside else "left", fontsize=9, color="#FFFFFF" if inside else INK)  # fmt: skip
    axes.set_yticks(range(len(used)))
    axes.set_yticklabels([literal(label) for label in used])
    axes.invert_yaxis()
    axes.set(xlabel="share of the vocabulary that occurs", xlim=(0, 1), ylim=(len(used) - 0.4, -0.6))
    axes.set_title("How much of it is used")
    axes.grid(axis="y", visible=False)
    axes.xaxis.set_major_formatter(PERCENT)


@styled
def cost(sizes, seconds, unit="MB of text", title="Time against the size of the corpus"):
    """Seconds against size on logarithmic axes, with the line of proportion through the last point.

    ``sizes`` is a list of numbers, ``seconds`` a dict from a label to as many seconds.
    """
    sizes = np.array(sizes, float)
    last = {label: values[-1] for label, values in seconds.items()}
    picture = Picture(
        7.2, 3.9, "At {:g} {}: {}.".format(sizes[-1], unit, "; ".join("{} {:.1f} s".format(*p) for p in last.items()))
    )
    axes = picture.add_axes([0.11, 0.14, 0.86, 0.76])
    for (label, values), (colour, line, marker) in zip(seconds.items(), SERIES):
        axes.plot(sizes, values, color=colour, ls=line, marker=marker, ms=6, label=f"{literal(label)}")
        axes.plot(sizes, values[-1] * sizes / sizes[-1], color=colour, lw=1, alpha=0.4)
        for size, value in zip(sizes, values):
            axes.annotate(f"{value:.2g} s", (size, value), (0, 7), textcoords="offset points", fontsize=9, ha="center")
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set(xlabel=f"{unit} (log scale)", ylabel="seconds (log scale)")
    axes.set_title(title)
    axes.set_xticks(sizes)
    axes.minorticks_off()
    axes.margins(y=0.12)
    axes.xaxis.set_major_formatter(PLAIN)
    axes.yaxis.set_major_formatter(PLAIN)
    axes.legend(loc="upper left", title="thin lines: in proportion", title_fontsize=9)
    return picture
