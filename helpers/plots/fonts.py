"""Which installed fonts have the letters of a text that the figures' own font lacks: Chinese, Thai, Arabic, Hindi.

families("今天天气很好")      # ["DejaVu Sans", "Noto Sans CJK JP"], where that is installed
"""

import functools
from typing import FrozenSet, List, Set

import matplotlib
from matplotlib.font_manager import fontManager
from matplotlib.ft2font import FT2Font

OWN = "DejaVu Sans"
# Fonts by which Linux, Windows and macOS write the scripts that OWN lacks.
OTHERS = (
    "Noto Sans CJK JP", "Noto Sans CJK SC", "Noto Sans CJK KR", "Noto Sans JP", "Noto Sans SC", "Noto Sans KR",
    "Source Han Sans", "WenQuanYi Zen Hei", "WenQuanYi Micro Hei", "Droid Sans Fallback", "Microsoft YaHei", "SimHei",
    "Yu Gothic", "MS Gothic", "Malgun Gothic", "PingFang SC", "Hiragino Sans", "Apple SD Gothic Neo",
    "Noto Sans Thai", "Garuda", "Loma", "Thonburi", "Leelawadee UI", "Noto Sans Arabic", "Geeza Pro", "Tahoma",
    "Noto Sans Devanagari", "Lohit Devanagari", "Nirmala UI", "Kohinoor Devanagari", "Noto Sans Hebrew", "FreeSans",
    "Arial Unicode MS", "Noto Sans", "Unifont",
)  # fmt: skip
# Before matplotlib 3.6 a text is drawn in one font alone.
ALONE = tuple(int(part) for part in matplotlib.__version__.split(".")[:2]) < (3, 6)
_told: Set[str] = set()


@functools.lru_cache(maxsize=None)
def _letters(family: str) -> FrozenSet[int]:
    """The codes of the letters that a font has; none where it is not installed."""
    paths = [font.fname for font in fontManager.ttflist if font.name == family]
    try:
        return frozenset(FT2Font(paths[0]).get_charmap()) if paths else frozenset()
    except (OSError, RuntimeError):  # a font that has gone since, or that cannot be read
        return frozenset()


@functools.lru_cache(maxsize=4096)
def families(text: str) -> List[str]:
    """The fonts to draw a text with, in the order in which matplotlib is to look for its letters."""
    lacking = _lacking(text, [OWN])
    if not lacking:
        return [OWN]
    chosen: List[str] = []
    for family in OTHERS:
        found = {letter for letter in lacking if ord(letter) in _letters(family)}
        if found:
            chosen.append(family)
            lacking -= found
    if ALONE and chosen:
        return [max(chosen, key=lambda family: sum(ord(letter) in _letters(family) for letter in text))]
    return [OWN] + chosen


def _lacking(text: str, chosen: List[str]) -> Set[str]:
    return {
        letter
        for letter in set(text)
        if letter.isprintable() and not letter.isspace() and not any(ord(letter) in _letters(name) for name in chosen)
    }


def tell(text: str) -> None:
    """Say, the first time, that there are letters which no installed font has: they show as boxes."""
    lacking = sorted(_lacking(text, families(text)))
    if lacking and not _told:
        _told.update(lacking)
        package = "fonts-noto-cjk" if any("\u2e80" <= letter <= "\ud7a3" for letter in lacking) else "fonts-noto-core"
        print(
            f"Figures show boxes for some letters, such as {' '.join(lacking[:3])}: no font here has them; install one "
            f"(on Linux apt-get install {package}, then rm -r ~/.cache/matplotlib) and start the kernel anew."
        )
