"""A corpus in one figure."""

import collections
import itertools
import os

import numpy as np
from matplotlib.ticker import MaxNLocator

from helpers.base.errors import TutorialError
from helpers.plots.picture import BLUE, INK, Picture, literal, styled
from helpers.plots.pretraining import PERCENT, THOUSANDS

PUNCTUATION = "¿?¡!.,;:…\"'«»()[]-—"


@styled
def corpus_overview(corpus, lines=100000):
    """How long the sentences are, and how few words make up most of the text.

    ``corpus`` is the corpus folder (its train.txt is read) or a text file; of it the first ``lines``
    lines are counted, words as whitespace separates them, without punctuation and capitals.
    """
    path = os.fspath(corpus)
    path = os.path.join(path, "train.txt") if os.path.isdir(path) else path
    lengths, counts = collections.Counter(), collections.Counter()
    with open(path, encoding="utf-8") as file:
        for line in itertools.islice(file, lines):
            words = [word.strip(PUNCTUATION).lower() for word in line.split()]
            words = [word for word in words if word]
            if words:
                lengths[len(words)] += 1
                counts.update(words)
        more = file.readline()
    if not counts:
        raise TutorialError(f"{path} has no words to draw: prepare the corpus again.")
    total, sentences = sum(counts.values()), sum(lengths.values())
    mean = total / sentences
    picture = Picture(9.6, 3.4, f"{sentences} sentences of {mean:.1f} words on average; {len(counts)} different words.")  # fmt: skip
    left, right = picture.subplots(1, 2)
    picture.subplots_adjust(left=0.08, right=0.98, top=0.88, bottom=0.16, wspace=0.22)
    longest = min(max(lengths), 30)
    heights = [lengths[n] for n in range(1, longest)] + [sum(lengths[n] for n in lengths if n >= longest)]
    left.bar(range(1, longest + 1), np.array(heights) / sentences, width=0.82, color=BLUE)
    left.axvline(mean, color=INK, lw=1.4, ls="--")
    left.annotate(f"mean {mean:.1f}", (mean, 0.96), (5, 0), xycoords=("data", "axes fraction"),
                  textcoords="offset points", fontsize=9, va="top")  # fmt: skip
    left.set(xlabel=f"words in a sentence{f' (last bar: {longest} and more)' if max(lengths) > longest else ''}",
             ylabel="share of sentences", ylim=(0, 1.16 * max(heights) / sentences))  # fmt: skip
    left.set_title(f"{'The first ' if more else ''}{sentences:,} sentences")
    left.yaxis.set_major_formatter(PERCENT)
    left.xaxis.set_major_locator(MaxNLocator(10, integer=True))
    left.grid(axis="x", visible=False)
    _coverage(right, counts, total)
    return picture


def _coverage(axes, counts, total):
    ranked = counts.most_common()
    covered = np.cumsum([count for _, count in ranked]) / total
    axes.plot(np.arange(1, len(ranked) + 1), covered, color=BLUE)
    axes.set_xscale("log")
    axes.xaxis.set_major_formatter(THOUSANDS)
    axes.minorticks_off()
    for share in (0.5, 0.9):
        rank = int(np.searchsorted(covered, share)) + 1
        axes.plot(rank, share, "o", color=INK, ms=6, mec="white", mew=1.2, zorder=3)
        note = f"{rank:,} words make {100 * share:.0f}%"
        axes.annotate(note, (rank, share), (-9, 4), textcoords="offset points", fontsize=9, ha="right", va="bottom")
    frequent = ", ".join(word for word, _ in ranked[:8])
    axes.annotate(
        f"most frequent: {literal(frequent)}", (0.98, 0.05), xycoords="axes fraction", fontsize=8.5, ha="right"
    )
    axes.set(xlabel="number of most frequent words (log scale)", ylabel="share of the text", ylim=(0, 1.04))
    axes.set_title(f"{len(ranked):,} different words")
    axes.yaxis.set_major_formatter(PERCENT)
