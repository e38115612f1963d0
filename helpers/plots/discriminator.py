"""Figures made of words: a sentence under the discriminator's eyes, and what a training example looks like."""

import os

import numpy as np
from matplotlib.colors import LinearSegmentedColormap, ListedColormap
from matplotlib.patches import FancyBboxPatch, Rectangle

from helpers.data.records import RecordFiles
from helpers.data.vocabulary import vocab_file
from helpers.plots.picture import GREY, INK, Picture, canvas, literal, styled, text_width

SUSPICION = LinearSegmentedColormap.from_list("suspicion", ["#FFFFFF", "#FCE3C8", "#F5B277", "#E2762B", "#C24E00"])
WIDTH, MARGIN, GAP = 9.6, 0.3, 0.07  # inches
WORD_SIZE, TOKEN_SIZE = 13, 9.5  # points
KINDS = {
    # kind of position: its words in the key, its colour
    "special": ("[CLS] and [SEP]", "#C9C9C9"),
    "first": ("first segment", "#BFDDF0"),
    "second": ("second segment", "#FBE2B0"),
    "padding": ("padding", "#F6F6F6"),
}


def flow(texts, size, width, padding=0.2):
    """Place ``texts`` as a paragraph.

    Returns ``[(row, x, box width)]``, in inches from the left; a row is ``width`` inches long.
    """
    places, row, x = [], 0, 0.0
    for text in texts:
        box = text_width(text, size) + padding
        if x and x + box > width:
            row, x = row + 1, 0.0
        places.append((row, x, box))
        x += box + GAP
    return places


def _box(axes, x, y, width, height, face, edge="none", line=0.0):
    shape = "round,pad=0,rounding_size=0.05"
    axes.add_patch(FancyBboxPatch((x, y), width, height, boxstyle=shape, facecolor=face, edgecolor=edge, lw=line))


def sentence_verdict(words, probabilities, threshold, title=None):
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
def sentence_verdicts(sentences, threshold):
    """Several sentences below each other, as :func:`sentence_verdict` draws one.

    ``sentences`` is ``[(title or None, [(word, probability), ...]), ...]``.
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
            _box(axes, x, y, width, word_height, face, INK if replaced else "#BBBBBB", 2.2 if replaced else 0.8)
            centre, weight = x + width / 2, "bold" if replaced else "normal"
            ink = "#FFFFFF" if probability > 0.8 else INK
            axes.text(centre, y + 0.21, literal(word), fontsize=WORD_SIZE, ha="center", va="center", color=ink)
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
    said = []
    for _, pairs in sentences:
        replaced = [f"{word} ({_percentage(p)})" for word, p in pairs if p > threshold]
        said.append(
            "“{}”: {}".format(
                " ".join(word for word, _ in pairs),
                f"replaced: {', '.join(replaced)}" if replaced else "nothing called a replacement",
            )
        )
    return " ".join(["Verdict on each word."] + said)


def _probability_key(axes, y, threshold):
    label = "probability of being a replacement"
    axes.text(MARGIN, y + 0.08, label, fontsize=9, va="center")
    left, length = MARGIN + text_width(label, 9) + 0.25, 3.0
    gradient = np.linspace(0, 1, 200)[None, :]
    axes.imshow(gradient, cmap=SUSPICION, extent=(left, left + length, y + 0.16, y), aspect="auto", vmin=0, vmax=1)
    axes.add_patch(Rectangle((left, y), length, 0.16, fill=False, edgecolor="#BBBBBB", lw=0.8))
    for value, place in ((0, "left"), (1, "right")):
        axes.text(left + value * length, y + 0.32, f"{int(100 * value)}%", fontsize=8.5, ha=place, va="center")
    if threshold is None:
        return
    at = left + length * min(1.0, max(0.0, threshold))
    axes.plot([at, at], [y - 0.06, y + 0.22], color=INK, lw=2, solid_capstyle="butt")
    framed = left + length + 0.35
    _box(axes, framed, y - 0.03, 0.3, 0.22, "#FFFFFF", INK, 2.2)
    note = f"called a replacement (threshold {_percentage(threshold)})"
    axes.text(framed + 0.42, y + 0.08, note, fontsize=9, va="center")


def _kinds(batch, tokens):
    """For each position of each example the kind of its token, a key of ``KINDS``."""
    special = {number for number, token in enumerate(tokens) if token in ("[CLS]", "[SEP]", "[MASK]")}
    kinds = np.where(np.asarray(batch["segment_ids"]) == 1, "second", "first").astype(object)
    kinds[np.isin(np.asarray(batch["input_ids"]), sorted(special))] = "special"
    kinds[np.asarray(batch["input_mask"]) == 0] = "padding"
    return kinds


@styled
def examples(batch, vocabulary, shown=2):
    """What the model is fed: the first examples word for word, and all of a batch from above.

    Parameters
    ----------
    batch : path or dict
        The folder of the examples, of which a batch of 32 is read; or ``input_ids``, ``input_mask`` and
        ``segment_ids``, each of int, [examples, positions].
    vocabulary : path or list of str
        vocab.txt, or the token that each id stands for.
    shown : int
        How many examples are written out.
    """
    if isinstance(batch, (str, os.PathLike)):
        batch = RecordFiles(os.fspath(batch)).read(step=0, batch_size=32, seed=0)
    if isinstance(vocabulary, (str, os.PathLike)):
        vocabulary = vocab_file.read(os.fspath(vocabulary))
    ids, kinds = np.asarray(batch["input_ids"]), _kinds(batch, vocabulary)
    row_height, head = 0.34, 0.34
    paragraphs = []
    for example, kind in zip(ids[:shown], kinds[:shown]):
        real = int(np.sum(kind != "padding"))
        texts = [vocabulary[number] for number in example[:real]]
        places = [(text, what) for text, what in zip(texts, kind)]
        if real < len(example):
            places.append((f"[PAD] × {int(len(example) - real)}", "padding"))
        paragraphs.append((places, flow([text for text, _ in places], TOKEN_SIZE, WIDTH - 2 * MARGIN, 0.13)))
    rows_above = [1 + places[-1][0] for _, places in paragraphs]
    map_height = max(0.8, min(2.4, 0.06 * len(ids)))
    height = 0.15 + sum(head + row_height * rows + 0.1 for rows in rows_above) + 0.55 + map_height + 0.85
    filled = 100 * np.mean(kinds != "padding")
    picture = Picture(
        WIDTH,
        height,
        "%d examples of %d tokens; %.0f%% of all positions hold a token, the rest is "
        "padding." % (ids.shape + (filled,)),
    )
    axes, y = canvas(picture), 0.15
    for number, ((pieces, places), rows) in enumerate(zip(paragraphs, rows_above), 1):
        axes.text(MARGIN, y + head / 2, f"Example {number}", fontsize=10.5, va="center")
        y += head
        for (text, kind), (row, x, width) in zip(pieces, places):
            edge = "#BBBBBB" if kind == "padding" else "none"
            _box(axes, MARGIN + x, y + row * row_height, width, row_height - 0.07, KINDS[kind][1], edge, 0.8)
            axes.text(
                MARGIN + x + width / 2,
                y + row * row_height + 0.14,
                literal(text),
                fontsize=TOKEN_SIZE,
                ha="center",
                va="center",
                color=GREY if kind == "padding" else INK,
            )
        y += row_height * rows + 0.1
    _key(axes, y + 0.22)
    _map(picture, kinds, y + 0.55, map_height, filled)
    return picture


def _key(axes, y):
    x = MARGIN
    for words, colour in KINDS.values():
        _box(axes, x, y - 0.08, 0.22, 0.16, colour, "#BBBBBB", 0.8)
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
def walk(steps):
    """A sentence on its way through ELECTRA: text, mask, the generator's draw, the truth, the verdict.

    ``steps`` is one of the dicts that ``helpers.tutorial.method.walk`` returns; [CLS] and [SEP] are left out.  Where a
    sentence is longer than the page is wide, it goes on in a second block of rows below.
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
    _box(axes, x, y, width, 0.34, face, INK if framed else edge, 1.6 if framed else 0.8)
    axes.text(x + width / 2, y + 0.17, literal(text), fontsize=TOKEN_SIZE, ha="center", va="center", color=ink,
              weight="bold" if strong else "normal")  # fmt: skip


def _walk_in_words(steps):
    changed = [
        f"{before} became {after}, judged replaced with {_percentage(probability)}"
        for before, after, replaced, probability in zip(
            steps["tokens"], steps["drawn"], steps["replaced"], steps["probabilities"]
        )
        if replaced
    ]
    return f"“{' '.join(steps['tokens'])}”: {'; '.join(changed) or 'the generator drew the original words'}."
