"""ELECTRA as one picture: text, masks, the generator, what it draws, the discriminator, a verdict on every token."""

from typing import Any, Dict

from matplotlib.patches import FancyArrowPatch, Rectangle

from helpers.plots.picture import (
    BLUE,
    GREEN,
    GREY,
    INK,
    ON_A_BOX,
    ORANGE,
    WIDTH,
    Picture,
    box,
    canvas,
    literal,
    styled,
)  # fmt: skip

# text, with [MASK], with the generator's draw: the sentence that the introduction plays the game on
EXAMPLE = [
    ("Los", "Los", "Los"),
    ("pájaros", "[MASK]", "perros"),
    ("están", "están", "están"),
    ("cantando", "[MASK]", "cantando"),
    (".", ".", "."),
]
TOP, ROW, CELL = 0.95, 0.44, 1.08  # inches: of the first token, from one to the next, a token's width
TEXT, MASKED, GENERATOR, DRAWN, DISCRIMINATOR, VERDICT = 0.25, 1.7, 3.72, 4.72, 6.98, 8.25  # from the left
WIDEST = 1.7  # inches that stand for the discriminator's width
CHANGED, CALLED = "#FBE2B0", "#F5B277"


@styled
def architecture(shapes: Dict[str, Any]) -> Picture:
    """The two networks and what passes between them; their boxes are as wide as their vectors.

    Parameters
    ----------
    shapes : dict
        ``words`` (pieces in the vocabulary), ``size`` (numbers in a piece's embedding), and for ``generator`` and
        ``discriminator`` a dict with ``width`` and ``layers``, such as ``method.shapes`` returns.
    """
    generator, discriminator = shapes["generator"], shapes["discriminator"]
    share = generator["width"] / discriminator["width"]
    bottom = TOP + ROW * len(EXAMPLE)
    picture = Picture(
        WIDTH,
        bottom + 1.3,
        f"Text is masked; the generator (width {generator['width']}) fills the masks; the discriminator (width "
        f"{discriminator['width']}) says of every token whether it was replaced. Both share the embeddings of "
        f"{shapes['words']:,} pieces.",
    )
    axes = canvas(picture)
    for row, (text, masked, drawn) in enumerate(EXAMPLE):
        y, replaced = TOP + row * ROW, drawn != text
        hidden = masked != text
        _cell(axes, TEXT, y, text)
        _cell(axes, MASKED, y, masked, "#C9C9C9" if hidden else "#FFFFFF")
        _cell(axes, DRAWN, y, drawn, CHANGED if hidden else "#FFFFFF")
        _cell(axes, VERDICT, y, "replaced" if replaced else "original", CALLED if replaced else "#FFFFFF")
        middle = y + 0.17
        _arrow(axes, TEXT + CELL, middle, MASKED, middle)
        _arrow(axes, MASKED + CELL, middle, GENERATOR - 0.5 * WIDEST * share, middle)
        if hidden:
            _arrow(axes, GENERATOR + 0.5 * WIDEST * share, middle, DRAWN, middle)
        _arrow(axes, DRAWN + CELL, middle, DISCRIMINATOR - 0.5 * WIDEST, middle)
        _arrow(axes, DISCRIMINATOR + 0.5 * WIDEST, middle, VERDICT, middle)
    _network(axes, GENERATOR, "generator", generator, share, ORANGE)
    _network(axes, DISCRIMINATOR, "discriminator", discriminator, 1.0, BLUE)
    for x, words in ((TEXT, "text"), (MASKED, "some tokens\nmasked"), (DRAWN, "one token drawn\nfor each mask"),
                     (VERDICT, "a verdict on\nevery token")):  # fmt: skip
        axes.text(x + CELL / 2, TOP - 0.14, words, fontsize=9.5, ha="center", va="bottom")
    _shared(axes, shapes, bottom)
    return picture


def _cell(axes, x, y, text, face="#FFFFFF"):
    box(axes, x, y, CELL, 0.34, face, "#BBBBBB", 0.8)
    axes.text(x + CELL / 2, y + 0.17, literal(text), fontsize=9.5, ha="center", va="center", color=INK, gid=ON_A_BOX)


def _arrow(axes, x, y, to_x, to_y):
    style = dict(arrowstyle="-|>", mutation_scale=8, color=GREY, lw=1.1, shrinkA=1, shrinkB=1)
    axes.add_patch(FancyArrowPatch((x, y), (to_x, to_y), **style))


def _network(axes, centre, name, sizes, share, colour):
    """A box whose width is the network's, with a stripe for each layer."""
    width, top, height = WIDEST * share, TOP - 0.06, ROW * len(EXAMPLE) + 0.02
    axes.add_patch(Rectangle((centre - width / 2, top), width, height, facecolor=colour, edgecolor="none", alpha=0.25))
    axes.add_patch(Rectangle((centre - width / 2, top), width, height, facecolor="none", edgecolor=colour, lw=1.6,
                             gid=name))  # fmt: skip
    for layer in range(1, sizes["layers"]):
        x = centre - width / 2 + width * layer / sizes["layers"]
        axes.plot([x, x], [top, top + height], color=colour, lw=1)
    layers = f"{sizes['layers']} layer{'s' if sizes['layers'] > 1 else ''}"
    words = f"{name}\nwidth {sizes['width']:,}, {layers}"
    axes.text(centre, TOP - 0.14, words, fontsize=9.5, ha="center", va="bottom", weight="bold")


def _shared(axes, shapes, bottom):
    """The embeddings below both networks, and what each is scored on."""
    left, right, y = GENERATOR - 0.9, DISCRIMINATOR + 0.85, bottom + 0.28
    axes.add_patch(Rectangle((left, y), right - left, 0.3, facecolor=GREEN, edgecolor="none", alpha=0.25))
    axes.add_patch(Rectangle((left, y), right - left, 0.3, facecolor="none", edgecolor=GREEN, lw=1.6))
    words = f"shared embeddings: {shapes['words']:,} pieces × {shapes['size']:,} numbers"
    axes.text((left + right) / 2, y + 0.15, words, fontsize=9.5, ha="center", va="center")
    for centre in (GENERATOR, DISCRIMINATOR):
        _arrow(axes, centre, y, centre, bottom - 0.03)
    for centre, words in (
        (GENERATOR, "generator's loss:\nat the masked tokens alone"),
        (DISCRIMINATOR, "discriminator's loss:\nat every token"),
    ):
        axes.text(centre, y + 0.47, words, fontsize=9.5, ha="center", va="top")
