"""Figures of the discriminator and the generator at work: verdicts on words, ROC curve, guesses for a mask."""

import textwrap
from typing import Any, Dict, Optional, Sequence, Tuple

import numpy as np
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.patches import Rectangle

from helpers.plots.picture import (
    BLUE,
    GAP,
    GREY,
    INK,
    MARGIN,
    ON_A_BOX,
    ORANGE,
    PERCENT,
    VERMILLION,
    WIDTH,
    Picture,
    box,
    canvas,
    flow,
    literal,
    styled,
    text_width,
)  # fmt: skip

Pairs = Sequence[Tuple[str, float]]  # (word, probability)

SUSPICION = LinearSegmentedColormap.from_list("suspicion", ["#FFFFFF", "#FCE3C8", "#F5B277", "#E2762B", "#C24E00"])
WORD_SIZE, TOKEN_SIZE = 13, 9.5  # points
FEW_ALARMS = 0.1  # the share of false alarms up to which a ROC curve is drawn large


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
    row_height, title_height, word_height = 0.86, 0.36, 0.4
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
            axes.text(MARGIN, top - 0.14, literal(title), fontsize=10.5, color=INK, va="bottom", alpha=0.85)
        for (word, probability), (row, x, width) in zip(pairs, places):
            replaced = probability > threshold
            x, y = x + MARGIN, top + row * row_height
            face = SUSPICION(float(np.clip(np.nan_to_num(probability), 0, 1)))
            box(axes, x, y, width, word_height, face, INK if replaced else "#BBBBBB", 2.2 if replaced else 0.8)
            centre, weight = x + width / 2, "bold" if replaced else "normal"
            ink = "#FFFFFF" if probability > 0.8 else INK
            axes.text(
                centre, y + 0.21, literal(word), fontsize=WORD_SIZE, ha="center", va="center", color=ink, gid=ON_A_BOX
            )
            number = _percentage(probability)
            axes.text(centre, y + 0.54, number, fontsize=9, ha="center", va="center", color=INK, weight=weight)
    _probability_key(axes, height + 0.2, threshold)
    return picture


def _percentage(probability):
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
        replaced = ", ".join(f"{word} ({_percentage(p)})" for word, p in pairs if p > threshold)
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
    note = f"called a replacement (threshold {_percentage(threshold)})"
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
        ("the discriminator\ngives", [_percentage(probability) for probability in steps["probabilities"]]),
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
            axes.text(MARGIN, y + 0.17, name, fontsize=9.5, va="center", alpha=0.85)
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
        face, ink = SUSPICION(probability), "#FFFFFF" if probability > 0.8 else INK
    strong = masked and row in (1, 2) or replaced and row == 3
    framed = replaced and row > 1
    box(axes, x, y, width, 0.34, face, INK if framed else edge, 1.6 if framed else 0.8)
    axes.text(x + width / 2, y + 0.17, literal(text), fontsize=TOKEN_SIZE, ha="center", va="center", color=ink,
              weight="bold" if strong else "normal", gid=ON_A_BOX)  # fmt: skip


def _walk_in_words(steps):
    changed = [
        f"{before} became {after}, judged replaced with {_percentage(probability)}"
        for before, after, replaced, probability in zip(
            steps["tokens"], steps["drawn"], steps["replaced"], steps["probabilities"]
        )
        if replaced
    ]
    return f"“{' '.join(steps['tokens'])}”: {'; '.join(changed) or 'the generator drew the original words'}."


@styled
def roc_curve(evaluation: Dict[str, Any], unseen: Optional[Dict[str, Any]] = None) -> Picture:
    """How well replacements are told from original words, where false alarms are few; the whole curve stands inside.

    Parameters
    ----------
    evaluation : dict
        What ``discriminator.evaluate`` returns: ``fpr`` and ``tpr`` (float64, [points], between 0 and 1),
        ``auc``, and, when known, the point of the threshold in use (``false_alarms`` and ``recall``).  Where ``auc`` is
        None, the figure says ``nothing``: why there is no curve.
    unseen : dict, optional
        The same for words that never stood together in training text; a second curve where its ``auc`` is not None.
    """
    if evaluation["auc"] is None:
        return _no_curve(evaluation["nothing"])
    curves = [("discriminator", BLUE, "-", evaluation)]
    if unseen is not None and unseen["auc"] is not None:
        curves = [("words seen together", BLUE, "-", evaluation), ("words never seen together", ORANGE, "-.", unseen)]
    known = [one["false_alarms"] for _, _, _, one in curves if one.get("recall") is not None]
    limit = min(1.0, max([FEW_ALARMS] + [1.5 * share for share in known]))
    found = float(np.interp(limit, evaluation["fpr"], evaluation["tpr"]))
    said = "; ".join(f"{name}: {one['auc']:.3f}" for name, _, _, one in curves)
    words = f"At {limit:.0%} false alarms {found:.0%} of the replaced words are found"
    picture = Picture(6.4, 4.8, f"ROC curve; the area under it, {said}. {words}.")
    axes = picture.add_axes([0.12, 0.13, 0.84, 0.78])
    for name, colour, line, one in curves:
        label = f"{name}: area under the whole curve {one['auc']:.3f}"
        axes.plot(one["fpr"], one["tpr"], color=colour, ls=line, lw=2.4, label=label)
    axes.plot([0, 1], [0, 1], color=GREY, ls="--", lw=1.2, label="chance: 0.500")
    for number, (_, colour, _, one) in enumerate(curves):
        if one.get("recall") is not None:
            label = f"at the threshold: {one['recall']:.0%} found, {one['false_alarms']:.1%} false alarms"
            face = colour if number else INK
            place = (one["false_alarms"], one["recall"])
            axes.plot(*place, "o", color=face, ms=8, mec="white", mew=1.5, label=label, zorder=4)
    axes.set(xlabel="original words called replaced (false alarms)", ylabel="replaced words found")
    axes.set(xlim=(-0.02 * limit, limit), ylim=(0, 1.02))
    axes.set_title(f"Telling replaced words from original ones, up to {limit:.0%} false alarms")
    axes.xaxis.set_major_formatter(PERCENT)
    axes.yaxis.set_major_formatter(PERCENT)
    axes.legend(loc="upper left", bbox_to_anchor=(0.06, 0.36))
    _whole_curves(picture, curves, limit)
    return picture


def _whole_curves(picture, curves, limit):
    """The curves from 0 to 100% false alarms, small, with the part that the large figure shows shaded."""
    axes = picture.add_axes([0.74, 0.45, 0.2, 0.22])
    axes.fill_between([0, limit], 0, 1, color=GREY, alpha=0.2, lw=0)
    for _, colour, line, one in curves:
        axes.plot(one["fpr"], one["tpr"], color=colour, ls=line, lw=1.6)
    axes.plot([0, 1], [0, 1], color=GREY, ls="--", lw=1)
    axes.set(xlim=(0, 1), ylim=(0, 1.02), xticks=[0, 1], yticks=[0, 1])
    axes.set_title("the whole", fontsize=9)
    axes.tick_params(labelsize=8)
    axes.xaxis.set_major_formatter(PERCENT)
    axes.yaxis.set_major_formatter(PERCENT)


def _no_curve(why):
    picture = Picture(5.4, 1.2, f"No ROC curve: {why}.")
    picture.text(0.5, 0.5, "\n".join(textwrap.wrap(literal(why), 60)), ha="center", va="center", fontsize=10.5)
    return picture


@styled
def fill_mask_bars(
    guesses: Pairs,
    title: Optional[str] = None,
    drawn: Optional[Tuple[str, float]] = None,
    chance: Optional[float] = None,
) -> Picture:
    """The generator's guesses for a [MASK]: the best ones, the one that was drawn, and what is left for all others.

    Parameters
    ----------
    guesses : list of (str, float)
        Tokens with their probabilities, the best one first.
    title : str, optional
        Stands above the bars; a general one if not given.
    drawn : (str, float), optional
        The token that was drawn, with its probability; it has a bar of its own, also where it is no guess of the best.
    chance : float, optional
        The probability with which it was drawn, where a temperature makes that another one.
    """
    shown = list(guesses)
    if drawn and drawn[0] not in [word for word, _ in shown]:
        shown.append(tuple(drawn))
    rest = max(0.0, 1 - sum(share for _, share in shown))
    words, shares = [literal(word) for word, _ in shown] + ["all others"], [share for _, share in shown] + [rest]
    height = 0.95 + 0.36 * len(words)
    best = f"{guesses[0][0]} ({100 * guesses[0][1]:.1f}%)" if guesses else "nothing"
    said = f"The generator's guesses for [MASK]; first comes {best}; all others together {_percentage(rest)}."
    picture = Picture(7.2, height, said + (f" It drew {drawn[0]} ({_percentage(drawn[1])})." if drawn else ""))
    axes = picture.add_axes([0.2, 0.52 / height, 0.74, 1 - 0.92 / height])
    rows, is_drawn = range(len(words)), [bool(drawn) and word == drawn[0] for word, _ in shown] + [False]
    colours = [VERMILLION if each else ORANGE for each in is_drawn[:-1]] + [GREY]
    axes.barh(rows, shares, color=colours, height=0.68)
    for row, share in zip(rows, shares):
        note = _percentage(share)
        if is_drawn[row]:  # however improbable it was
            note = f"{100 * share:.2g}% ← drawn" + (f" (with a chance of {100 * chance:.2g}%)" if chance else "")
        axes.annotate(note, (share, row), (4, 0), textcoords="offset points", va="center", fontsize=9,
                      weight="bold" if is_drawn[row] else "normal")  # fmt: skip
    axes.set_yticks(rows)
    axes.set_yticklabels(words)
    axes.invert_yaxis()
    axes.grid(axis="y", visible=False)
    axes.tick_params(axis="y", length=0, labelsize=10.5)
    axes.set(xlabel="probability", xlim=(0, max(1.13 * max(shares), 1.9 * drawn[1] if drawn else 0)))
    axes.xaxis.set_major_formatter(PERCENT)
    axes.set_title(literal(title or "What the generator puts in place of [MASK]"))
    return picture
