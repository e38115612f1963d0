"""Figures of the data: a corpus, vocabularies side by side, training examples, what building them costs."""

from typing import Any, Dict, Sequence

import numpy as np
from matplotlib.colors import ListedColormap
from matplotlib.ticker import MaxNLocator

from helpers.base.errors import TutorialError
from helpers.plots.picture import (
    BLUE,
    INK,
    MARGIN,
    NO_COLOUR,
    ON_A_BOX,
    PERCENT,
    PLAIN,
    SERIES,
    THOUSANDS,
    WIDTH,
    Picture,
    box,
    canvas,
    flow,
    ink_on,
    literal,
    styled,
    text_width,
)  # fmt: skip

TOKEN_SIZE = 9.5  # points
KINDS = {
    # kind of position: its words in the key, its colour
    "special": ("[CLS] and [SEP]", "#C9C9C9"),
    "first": ("first segment", "#BFDDF0"),
    "second": ("second segment", "#FBE2B0"),
    "padding": ("padding", NO_COLOUR),  # the page's own, light or dark
}


@styled
def corpus_overview(overview: Dict[str, Any]) -> Picture:
    """How long the sentences are, and how few words make up most of the text.

    Parameters
    ----------
    overview : dict
        What ``corpus.overview`` returns: ``lengths``, the number of sentences for each number of words; ``words``,
        ``(word, how often)`` from the most frequent one down; ``whole``, whether all of the text was counted.
    """
    lengths, ranked = overview["lengths"], overview["words"]
    if not ranked:
        raise TutorialError("there is nothing to draw: the text has no words")
    total, sentences = sum(count for _, count in ranked), sum(lengths.values())
    mean = total / sentences
    picture = Picture(9.6, 3.4, f"{sentences} sentences of {mean:.1f} words on average; {len(ranked)} different words.")
    left, right = picture.subplots(1, 2)
    picture.subplots_adjust(left=0.08, right=0.98, top=0.88, bottom=0.16, wspace=0.22)
    longest = min(max(lengths), 30)
    heights = [lengths.get(n, 0) for n in range(1, longest)] + [sum(lengths[n] for n in lengths if n >= longest)]
    left.bar(range(1, longest + 1), np.array(heights) / sentences, width=0.82, color=BLUE)
    left.axvline(mean, color=INK, lw=1.4, ls="--")
    left.annotate(f"mean {mean:.1f}", (mean, 0.96), (5, 0), xycoords=("data", "axes fraction"),
                  textcoords="offset points", fontsize=9, va="top")  # fmt: skip
    left.set(xlabel=f"words in a sentence{f' (last bar: {longest} and more)' if max(lengths) > longest else ''}",
             ylabel="share of sentences", ylim=(0, 1.16 * max(heights) / sentences))  # fmt: skip
    left.set_title(f"{'' if overview['whole'] else 'The first '}{sentences:,} sentences")
    left.yaxis.set_major_formatter(PERCENT)
    left.xaxis.set_major_locator(MaxNLocator(10, integer=True))
    left.grid(axis="x", visible=False)
    _coverage(right, ranked, total)
    return picture


def _coverage(axes, ranked, total):
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


@styled
def compare_vocabularies(comparison: Dict[str, Any]) -> Picture:
    """How long a text becomes in each of several vocabularies, and how much of each it uses.

    Parameters
    ----------
    comparison : dict
        What ``vocabulary.compare`` returns: ``words``, the number of words of each sentence; ``lengths``, for each
        vocabulary the number of tokens of each sentence; ``used`` and ``sizes``, for each vocabulary how many
        of its tokens occur and how many it has.
    """
    words = comparison["words"]
    lengths = {label: np.asarray(values) for label, values in comparison["lengths"].items()}
    said = "; ".join(f"{label} {values.mean():.1f}" for label, values in lengths.items())
    picture = Picture(9.6, 3.5, f"Tokens per sentence: {said}.")
    left, right = picture.subplots(1, 2, gridspec_kw={"width_ratios": [1.25, 1]})
    picture.subplots_adjust(left=0.075, right=0.97, top=0.88, bottom=0.16, wspace=0.3)
    longest = int(max(np.percentile(values, 96) for values in lengths.values()))
    for (label, values), (colour, line, marker) in zip(lengths.items(), SERIES):
        counts = np.bincount(values, minlength=longest + 1)[1 : longest + 1] / len(values)
        name = f"{literal(label)}: {values.mean():.1f} on average"
        left.plot(range(1, longest + 1), counts, color=colour, ls=line, marker=marker, ms=3.5, label=name)
    room = 1 + 0.12 * len(lengths)  # for the legend
    beyond = max(int(values.max()) for values in lengths.values()) > longest
    left.set_xlabel(f"tokens in a sentence{' (longer ones left out)' if beyond else ''}")
    left.set(ylabel="share of sentences", ylim=(0, room * left.dataLim.ymax))
    left.set_title(f"{len(words):,} sentences of {np.mean(words):.1f} words")
    left.yaxis.set_major_formatter(PERCENT)
    left.xaxis.set_major_locator(MaxNLocator(10, integer=True))
    left.legend(loc="upper right")
    _used_shares(right, comparison["used"], comparison["sizes"])
    return picture


def _used_shares(axes, used, sizes):
    shares = [used[label] / sizes[label] for label in used]
    colours = [colour for _, (colour, _, _) in zip(used, SERIES)]
    axes.barh(range(len(used)), shares, color=colours, height=0.5)
    for row, label in enumerate(used):
        note = f"{used[label]:,} of {sizes[label]:,} tokens"
        inside = shares[row] > 0.55
        axes.annotate(note, (shares[row], row), (-5 if inside else 5, 0), textcoords="offset points", va="center",
                      ha="right" if inside else "left", fontsize=9,
                      color=ink_on(colours[row]) if inside else INK, gid=ON_A_BOX if inside else None)  # fmt: skip
    axes.set_yticks(range(len(used)))
    axes.set_yticklabels([literal(label) for label in used])
    axes.invert_yaxis()
    axes.set(xlabel="share of the vocabulary that occurs", xlim=(0, 1), ylim=(len(used) - 0.4, -0.6))
    axes.set_title("How much of it is used")
    axes.grid(axis="y", visible=False)
    axes.xaxis.set_major_formatter(PERCENT)


def _kinds(batch: Dict[str, Any], tokens: Sequence[str]) -> np.ndarray:
    """For each position of each example the kind of its token, a key of ``KINDS``."""
    special = {number for number, token in enumerate(tokens) if token in ("[CLS]", "[SEP]", "[MASK]")}
    kinds = np.where(np.asarray(batch["segment_ids"]) == 1, "second", "first").astype(object)
    kinds[np.isin(np.asarray(batch["input_ids"]), sorted(special))] = "special"
    kinds[np.asarray(batch["input_mask"]) == 0] = "padding"
    return kinds


@styled
def examples(batch: Dict[str, Any], tokens: Sequence[str], shown: int = 2) -> Picture:
    """What the model is fed: the first examples word for word, and all of a batch from above.

    Parameters
    ----------
    batch : dict
        ``input_ids``, ``input_mask`` and ``segment_ids``, each of int, [examples, positions], such as
        ``dataset.sample`` returns.
    tokens : list of str
        The token that each id stands for, such as ``vocabulary.tokens`` returns.
    shown : int
        How many examples are written out.
    """
    ids, kinds = np.asarray(batch["input_ids"]), _kinds(batch, tokens)
    row_height, head = 0.34, 0.34
    paragraphs = []
    for example, kind in zip(ids[:shown], kinds[:shown]):
        real = int(np.sum(kind != "padding"))
        texts = [tokens[number] for number in example[:real]]
        places = [(text, what) for text, what in zip(texts, kind)]
        if real < len(example):
            places.append((f"[PAD] × {len(example) - real}", "padding"))
        paragraphs.append((places, flow([text for text, _ in places], TOKEN_SIZE, WIDTH - 2 * MARGIN, 0.13)))
    rows_above = [1 + places[-1][0] for _, places in paragraphs]
    map_height = max(0.8, min(2.4, 0.06 * len(ids)))
    height = 0.15 + sum(head + row_height * rows + 0.1 for rows in rows_above) + 0.55 + map_height + 0.85
    filled = 100 * np.mean(kinds != "padding")
    said = f"{filled:.0f}% of all positions hold a token, the rest is padding"
    picture = Picture(WIDTH, height, f"{len(ids)} examples of {ids.shape[1]} tokens; {said}.")
    axes, y = canvas(picture), 0.15
    for number, ((pieces, places), rows) in enumerate(zip(paragraphs, rows_above), 1):
        axes.text(MARGIN, y + head / 2, f"Example {number}", fontsize=10.5, va="center")
        y += head
        for (text, kind), (row, x, width) in zip(pieces, places):
            edge = "#BBBBBB" if kind == "padding" else "none"
            box(axes, MARGIN + x, y + row * row_height, width, row_height - 0.07, KINDS[kind][1], edge, 0.8)
            axes.text(
                MARGIN + x + width / 2,
                y + row * row_height + 0.14,
                literal(text),
                fontsize=TOKEN_SIZE,
                ha="center",
                va="center",
                color=INK,
                gid=None if kind == "padding" else ON_A_BOX,  # padding's box is empty: the page shows through
            )
        y += row_height * rows + 0.1
    _key(axes, y + 0.22)
    _map(picture, kinds, y + 0.55, map_height, filled)
    return picture


def _key(axes, y):
    x = MARGIN
    for words, colour in KINDS.values():
        box(axes, x, y - 0.08, 0.22, 0.16, colour, "#BBBBBB", 0.8)
        axes.text(x + 0.3, y, words, fontsize=9, va="center")
        x += 0.3 + text_width(words, 9) + 0.35


def _map(picture, kinds, top, map_height, filled):
    width, height = picture.get_size_inches()
    axes = picture.add_axes(
        [0.75 / width, 1 - (top + 0.3 + map_height) / height, 1 - 1.05 / width, map_height / height]
    )
    order = {kind: number for number, kind in enumerate(KINDS)}
    image = np.vectorize(order.get)(kinds)
    colours = ListedColormap([colour for _, colour in KINDS.values()])
    axes.imshow(image, cmap=colours, vmin=-0.5, vmax=len(KINDS) - 0.5, aspect="auto", interpolation="nearest")
    axes.grid(False)
    axes.set(xlabel="position in the example", ylabel="example")
    axes.set_title(f"{len(kinds)} examples from above: {filled:.0f}% of the positions hold a token", fontsize=10.5)
    for spine in axes.spines.values():
        spine.set(visible=True, color="#BBBBBB", linewidth=0.8)


@styled
def cost(
    sizes: Sequence[float],
    seconds: Dict[str, Sequence[float]],
    unit: str = "MB of text",
    title: str = "Time against the size of the corpus",
) -> Picture:
    """Seconds against size on logarithmic axes, with the line of proportion through the last point.

    Parameters
    ----------
    sizes : list of float
        How large the inputs were, in ``unit``.
    seconds : dict of str to list of float
        For each label as many seconds.
    """
    sizes = np.array(sizes, float)
    said = "; ".join(f"{label} {values[-1]:.1f} s" for label, values in seconds.items())
    picture = Picture(7.2, 3.9, f"At {sizes[-1]:g} {unit}: {said}.")
    axes = picture.add_axes([0.11, 0.14, 0.86, 0.76])
    for (label, values), (colour, line, marker) in zip(seconds.items(), SERIES):
        axes.plot(sizes, values, color=colour, ls=line, marker=marker, ms=6, label=literal(label))
        axes.plot(sizes, values[-1] * sizes / sizes[-1], color=colour, lw=0.9)  # paler, a dark page would hide it
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
