"""What all figures share: the sheet they are drawn on, its style and its colours.

The sheet is transparent, so that a figure takes the page's background, light or dark.  Dark letters and lines have a
thin light rim, which nobody sees on a light page and which sets them off from a dark one.  Colours are Okabe and Ito's,
which the colour-blind can tell apart, and what a colour says stands in words or numbers too.
"""

import base64
import contextlib
import functools
import io
import math
import statistics
import threading
import warnings
from typing import Any, Callable, Iterable, Iterator, List, Mapping, Sequence, Tuple

import matplotlib.style
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.lines import Line2D
from matplotlib.patches import FancyBboxPatch
from matplotlib.patheffects import withStroke
from matplotlib.text import Text
from matplotlib.textpath import text_to_path
from matplotlib.ticker import FuncFormatter

from helpers.base.files import write_aside
from helpers.plots import fonts

BLUE, ORANGE, GREEN, VERMILLION, PURPLE, GREY = "#0072B2", "#E69F00", "#009E73", "#D55E00", "#CC79A7", "#767676"
INK, PAPER, NO_COLOUR = "#222222", "#FFFFFF", "none"
RIM = 2.6  # points of light around dark letters and lines, half of them on each side
ON_A_BOX = "on a box"  # gid of a text that stands on a coloured box, on any page: it needs no rim
STYLE = {
    "figure.dpi": 100,
    "figure.facecolor": NO_COLOUR,
    "savefig.facecolor": NO_COLOUR,
    "axes.facecolor": NO_COLOUR,
    "font.family": [fonts.OWN],
    "font.size": 10,
    "text.color": INK,
    "axes.edgecolor": GREY,
    "axes.labelcolor": INK,
    "axes.titlesize": 11,
    "axes.titlelocation": "left",
    "axes.titlepad": 8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": GREY,
    "grid.alpha": 0.22,
    "grid.linewidth": 0.8,
    "xtick.color": GREY,
    "ytick.color": GREY,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "xtick.labelsize": 9,
    "ytick.labelsize": 9,
    "legend.frameon": False,
    "legend.fontsize": 9,
    "lines.linewidth": 1.8,
    "hatch.linewidth": 0.6,
}
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
    return rf"${value / 10**exponent:.1f}\times10^{{{exponent}}}$"


POWERS = FuncFormatter(_power_of_ten)


_DRAWING = threading.RLock()  # the style is matplotlib's state, which all threads share
WIDTH, MARGIN, GAP = 9.6, 0.3, 0.07  # of figures made of words, in inches
PIXELS_PER_INCH = 160  # of the PNG; it is shown at 100, so that it stays sharp on a fine screen


class Picture(Figure):
    """A matplotlib figure that shows itself in a notebook, as a sharp PNG with a text beside it.

    ``width`` and ``height`` are inches; ``description`` says in a sentence what is to be seen, for
    those who cannot see it.  Nothing here knows pyplot, so no figure is shown twice or kept for ever.
    """

    def __init__(self, width: float, height: float, description: str):
        super().__init__(figsize=(width, height))
        self.description = description
        FigureCanvasAgg(self)

    def png(self) -> bytes:
        """The picture as the bytes of a PNG file."""
        file = io.BytesIO()
        with style():
            self._choose_fonts()
            _add_rims(self)
            self.savefig(file, format="png", dpi=PIXELS_PER_INCH)
        return file.getvalue()

    def _choose_fonts(self) -> None:
        """Draw each text in fonts that have its letters; says once where there is none."""
        for text in self.findobj(Text):
            if not text.get_text().isascii():
                text.set_fontfamily(fonts.families(text.get_text()))
                fonts.tell(text.get_text())

    def write(self, path: str) -> None:
        """Write the picture to ``path`` as a PNG file, whole or not at all."""
        with write_aside(path, "wb") as file:
            file.write(self.png())

    def _repr_mimebundle_(self, include=None, exclude=None):
        # IPython's protocol: data and metadata, each by kind.
        width, height = (int(100 * inches) for inches in self.get_size_inches())
        data = {"image/png": base64.b64encode(self.png()).decode("ascii"), "text/plain": self.description}
        return data, {"image/png": {"width": width, "height": height, "alt": self.description}}


def _add_rims(picture):
    """Give dark texts that stand on the page, dark lines and dark frames a light rim."""
    dark = to_rgba(INK)
    for artist in picture.findobj(lambda each: isinstance(each, (Text, Line2D, FancyBboxPatch))):
        colour = artist.get_edgecolor() if isinstance(artist, FancyBboxPatch) else artist.get_color()
        if to_rgba(colour) == dark and artist.get_gid() != ON_A_BOX:
            width = RIM + (0 if isinstance(artist, Text) else artist.get_linewidth())
            artist.set_path_effects([withStroke(linewidth=width, foreground=PAPER)])


@contextlib.contextmanager
def style() -> Iterator[None]:
    """A context in which our style holds, alone, whatever the notebook has set, and one thread draws at a time."""
    with _DRAWING, matplotlib.style.context(STYLE, after_reset=True), warnings.catch_warnings():
        # A sign that no font has shows as a box, which fonts.tell says; no reader is helped by a warning for each.
        warnings.filterwarnings("ignore", message="Glyph|Matplotlib currently does not support")
        yield


def styled(draw: Callable[..., Picture]) -> Callable[..., Picture]:
    """Decorator: draw under :func:`style`."""

    @functools.wraps(draw)
    def wrapper(*arguments, **options):
        with style():
            return draw(*arguments, **options)

    return wrapper


def literal(text: Any) -> str:
    """``text`` with its dollar signs kept from being read as mathematics."""
    return str(text).replace("$", r"\$")


def luminance(colour: Any) -> float:
    """How light ``colour`` looks, from 0 to 1, as WCAG 2 has it: its relative luminance."""
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in to_rgba(colour)[:3]]
    return sum(share * part for share, part in zip((0.2126, 0.7152, 0.0722), linear))


def ink_on(face: Any) -> str:
    """INK or PAPER: the colour whose letters have more contrast on a box of the colour ``face``."""
    middle = ((luminance(INK) + 0.05) * (luminance(PAPER) + 0.05)) ** 0.5 - 0.05
    return PAPER if luminance(face) < middle else INK


def text_width(text: str, size: float, weight: str = "normal") -> float:
    """Width of ``text`` in inches, at ``size`` points."""
    font = FontProperties(family=fonts.families(str(text)), size=size, weight=weight)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph")
        return text_to_path.get_text_width_height_descent(str(text), font, ismath=False)[0] / 72


def band(axes: Axes, points: Mapping[float, Sequence[float]], colour: str, **line: Any) -> List[float]:
    """The mean of the values at each place, a band from the lowest to the highest, and a dot for each value.

    ``line`` goes to the curve of the means, which are returned from left to right.
    """
    places = sorted(points)
    means = [statistics.mean(points[place]) for place in places]
    lows, highs = ([end(points[place]) for place in places] for end in (min, max))
    axes.fill_between(places, lows, highs, color=colour, alpha=0.18, lw=0)
    axes.plot(places, means, color=colour, **line)
    for place in places:
        axes.plot([place] * len(points[place]), points[place], ".", color=colour, ms=4, alpha=0.7)
    return means


def canvas(picture: Picture) -> Axes:
    """Axes that fill ``picture``, without frame, measured in inches from the top left corner."""
    width, height = picture.get_size_inches()
    axes = picture.add_axes([0, 0, 1, 1])
    axes.set(xlim=(0, width), ylim=(height, 0))
    axes.axis("off")
    return axes


def flow(texts: Iterable[str], size: float, width: float, padding: float = 0.2) -> List[Tuple[int, float, float]]:
    """Place ``texts``, in ``size`` points, as a paragraph of rows of ``width`` inches.

    Returns ``[(row, x, box width)]``, in inches from the left.
    """
    places, row, x = [], 0, 0.0
    for text in texts:
        box = text_width(text, size) + padding
        if x and x + box > width:
            row, x = row + 1, 0.0
        places.append((row, x, box))
        x += box + GAP
    return places


def box(
    axes: Axes, x: float, y: float, width: float, height: float, face: Any, edge: str = "none", line: float = 0.0
) -> None:
    """Draw a rectangle with round corners on axes that are measured in inches."""
    shape = "round,pad=0,rounding_size=0.05"
    axes.add_patch(FancyBboxPatch((x, y), width, height, boxstyle=shape, facecolor=face, edgecolor=edge, lw=line))
