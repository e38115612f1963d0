"""Figures of words: what the discriminator says of each, and the way of a sentence through both networks."""

from typing import Any, Dict, Optional, Sequence, Tuple

import numpy as np
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.patches import Rectangle

from helpers.plots.picture import (
    GAP,
    GREY,
    INK,
    MARGIN,
    ON_A_BOX,
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

Pairs = Sequence[Tuple[str, float]]  # (word, probability)

SUSPICION = LinearSegmentedColormap.from_list("suspicion", ["#FFFFFF", "#FCE3C8", "#F5B277", "#E2762B", "#C24E00"])
WORD_SIZE, PAIR_SIZE, TOKEN_SIZE = 13, 10.5, 9.5  # points


def sentence_verdict(
    words: Sequence[str], probabilities: Sequence[float], threshold: float, title: Optional[str] = None
) -> Picture:
    """A sentence, each word coloured by its probability of being a replacement.

    Parameters
    ----------
    words : list of str
        Words or tokens.
    probabilities : list of float
        One for each word, 0 (original) to 1 (replaced).
    threshold : float
        Above this probability a word is called a replacement: it gets a frame.
    title : str, optional
        Stands above the sentence.
    """
    return sentence_verdicts([(title, list(zip(words, probabilities)))], threshold)


@styled
def sentence_verdicts(sentences: Sequence[Tuple[Optional[str], Pairs]], threshold: float) -> Picture:
    """Several sentences below each other, as :func:`sentence_verdict` draws one.

    Parameters
    ----------
    sentences : list of (str or None, list of (str, float))
        For each sentence its title and its words, each with its probability of being a replacement.
    threshold : float
        Above this probability a word is called a replacement: it gets a frame.
    """
    row_height, title_height = 0.86, 0.36
    paragraphs = [flow([word for word, _ in pairs], WORD_SIZE, WIDTH - 2 * MARGIN, 0.24) for _, pairs in sentences]
    height, tops = 0.18, []
    for (title, _), places in zip(sentences, paragraphs):
        height += title_height if title else 0.0
        tops.append(height)
        height += row_height * (1 + max([row for row, _, _ in places], default=0))
    picture = Picture(WIDTH, height + 0.72, _in_words(sentences, threshold))
    axes = canvas(picture)
    for (title, pairs), places, top in zip(sentences, paragraphs, tops):
        if title:
            axes.text(MARGIN, top - 0.14, literal(title), fontsize=10.5, color=INK, va="bottom")
        _words(axes, pairs, places, (MARGIN, top), row_height, threshold)
    _probability_key(axes, height + 0.2, threshold)
    return picture


def _words(axes, pairs, places, corner, row_height, threshold, size=WORD_SIZE):
    """Draw the words of a sentence at ``places``, counted from ``corner``, each with its probability beneath."""
    height = 0.4 * size / WORD_SIZE
    for (word, probability), (row, x, width) in zip(pairs, places):
        replaced = probability > threshold
        x, y = x + corner[0], corner[1] + row * row_height
        face = SUSPICION(float(np.clip(np.nan_to_num(probability), 0, 1)))
        box(axes, x, y, width, height, face, INK if replaced else "#BBBBBB", 2.2 if replaced else 0.8)
        centre, weight = x + width / 2, "bold" if replaced else "normal"
        axes.text(centre, y + 0.52 * height, literal(word), fontsize=size, ha="center", va="center", color=ink_on(face),
                  gid=ON_A_BOX)  # fmt: skip
        number = percentage(probability)
        axes.text(centre, y + height + 0.14, number, fontsize=9, ha="center", va="center", color=INK, weight=weight)


@styled
def sentence_pairs(pairs: Sequence[Tuple[Pairs, Pairs]], threshold: float) -> Picture:
    """Pairs of sentences side by side: each as it should be, and beside it the same with one word wrong.

    Parameters
    ----------
    pairs : list of (list of (str, float), list of (str, float))
        For each pair the words of both sentences, each with its probability of being a replacement.
    threshold : float
        Above this probability a word is called a replacement: it gets a frame.
    """
    column, row_height, top = (WIDTH - 2 * MARGIN + GAP) / 2, 0.68, 0.5
    placed, tops = [], []
    for pair in pairs:
        placed.append([flow([word for word, _ in words], PAIR_SIZE, column - 3 * GAP, 0.18) for words in pair])
        tops.append(top)
        top += row_height * (1 + max([row for places in placed[-1] for row, _, _ in places], default=0)) + 0.1
    picture = Picture(WIDTH, top + 0.72, _in_words([(None, words) for pair in pairs for words in pair], threshold))
    axes = canvas(picture)
    for place, title in enumerate(("right", "with one word wrong")):
        axes.text(MARGIN + place * column, 0.28, title, fontsize=10.5, color=INK, va="center")
    for pair, both, top_of in zip(pairs, placed, tops):
        for place, (words, places) in enumerate(zip(pair, both)):
            _words(axes, words, places, (MARGIN + place * column, top_of), row_height, threshold, PAIR_SIZE)
    _probability_key(axes, top + 0.2, threshold)
    return picture


def percentage(probability: float) -> str:
    """``3%``, ``0.4%``, ``>99%``: short enough to stand beneath a short word."""
    percent = 100 * probability
    if not np.isfinite(percent):
        return "?"
    if percent > 99:
        return ">99%"
    return "<0.1%" if percent < 0.1 else f"{percent:.1f}%" if percent < 1 else f"{percent:.0f}%"


def _in_words(sentences, threshold):
    said = ["Verdict on each word."]
    for _, pairs in sentences:
        replaced = ", ".join(f"{word} ({percentage(p)})" for word, p in pairs if p > threshold)
        verdict = f"replaced: {replaced}" if replaced else "nothing called a replacement"
        said.append(f"“{' '.join(word for word, _ in pairs)}”: {verdict}")
    return " ".join(said)


def _probability_key(axes, y, threshold):
    label = "probability of being a replacement"
    axes.text(MARGIN, y + 0.08, label, fontsize=9, va="center")
    left, length = MARGIN + text_width(label, 9) + 0.25, 3.0
    gradient = np.linspace(0, 1, 200)[None, :]
    axes.imshow(gradient, cmap=SUSPICION, extent=(left, left + length, y + 0.16, y), aspect="auto", vmin=0, vmax=1)
    axes.add_patch(Rectangle((left, y), length, 0.16, fill=False, edgecolor="#BBBBBB", lw=0.8))
    for value, place in ((0, "left"), (1, "right")):
        axes.text(left + value * length, y + 0.32, f"{100 * value}%", fontsize=8.5, ha=place, va="center")
    if threshold is None:
        return
    at = left + length * min(1.0, max(0.0, threshold))
    axes.plot([at, at], [y - 0.06, y + 0.22], color=INK, lw=2, solid_capstyle="butt")
    framed = left + length + 0.35
    box(axes, framed, y - 0.03, 0.3, 0.22, "#FFFFFF", INK, 2.2)
    note = f"called a replacement (threshold {percentage(threshold)})"
    axes.text(framed + 0.42, y + 0.08, note, fontsize=9, va="center")


@styled
def walk(steps: Dict[str, Any]) -> Picture:
    """A sentence on its way through ELECTRA: text, mask, the generator's draw, the truth, the verdict.

    Where a sentence is longer than the page is wide, it goes on in a second block of rows below.

    Parameters
    ----------
    steps : dict
        ``tokens``, ``masked``, ``drawn`` (str), ``replaced`` (0 or 1) and ``probabilities`` (float), each a list
        with one entry a position; one of those that ``helpers.tutorial.method.walk`` returns.  [CLS] and
        [SEP] are left out.
    """
    rows = [
        ("text", steps["tokens"]),
        ("masked", steps["masked"]),
        ("the generator draws", steps["drawn"]),
        ("truth", ["replaced" if replaced else "original" for replaced in steps["replaced"]]),
        ("the discriminator\ngives", [percentage(probability) for probability in steps["probabilities"]]),
    ]
    head, row_height, between = 1.65, 0.46, 0.5
    columns = list(zip(*[texts for _, texts in rows]))
    shown = [number for number, token in enumerate(steps["tokens"]) if token not in ("[CLS]", "[SEP]")]
    widths = [max(text_width(text, TOKEN_SIZE, "bold") for text in column) + 0.14 for column in columns]
    blocks, room = [[]], WIDTH - MARGIN - head
    for number in shown:
        if blocks[-1] and sum(widths[i] + GAP for i in blocks[-1]) + widths[number] > room:
            blocks.append([])
        blocks[-1].append(number)
    block_height = len(rows) * row_height + between
    picture = Picture(WIDTH, 0.2 + len(blocks) * block_height + 0.3, _walk_in_words(steps))
    axes = canvas(picture)
    for place, block in enumerate(blocks):
        top = 0.2 + place * block_height
        for row, (name, texts) in enumerate(rows):
            y, x = top + row * row_height, MARGIN + head
            axes.text(MARGIN, y + 0.17, name, fontsize=9.5, va="center")
            for number in block:
                _walk_cell(axes, x, y, widths[number], row, texts[number], steps, number)
                x += widths[number] + GAP
    _probability_key(axes, 0.2 + len(blocks) * block_height - 0.2, None)
    return picture


def _walk_cell(axes, x, y, width, row, text, steps, number):
    masked = steps["masked"][number] != steps["tokens"][number]
    replaced, probability = steps["replaced"][number], steps["probabilities"][number]
    face, ink, edge = "#FFFFFF", INK, "#DDDDDD"
    if row == 1 and masked:
        face = "#C9C9C9"
    elif row == 2 and masked:
        face = "#FBE2B0"
    elif row == 3:
        ink = INK if replaced else GREY
    elif row == 4:
        face = SUSPICION(probability)
        ink = ink_on(face)
    strong = masked and row in (1, 2) or replaced and row == 3
    framed = replaced and row > 1
    box(axes, x, y, width, 0.34, face, INK if framed else edge, 1.6 if framed else 0.8)
    axes.text(x + width / 2, y + 0.17, literal(text), fontsize=TOKEN_SIZE, ha="center", va="center", color=ink,
              weight="bold" if strong else "normal", gid=ON_A_BOX)  # fmt: skip


def _walk_in_words(steps):
    changed = [
        f"{before} became {after}, judged replaced with {percentage(probability)}"
        for before, after, replaced, probability in zip(
            steps["tokens"], steps["drawn"], steps["replaced"], steps["probabilities"]
        )
        if replaced
    ]
    return f"“{' '.join(steps['tokens'])}”: {'; '.join(changed) or 'the generator drew the original words'}."
