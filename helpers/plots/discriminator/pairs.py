"""Figures of minimal pairs: what a discriminator tells apart, by phenomenon, and how that grows with training."""

import math
import statistics
from typing import Any, Dict, List, Mapping, Sequence

from matplotlib.ticker import FuncFormatter, MaxNLocator

from helpers.base.errors import TutorialError
from helpers.plots.picture import BLUE, GREY, PERCENT, SERIES, Picture, band, literal, styled

COLUMNS = 4  # panels side by side
IN_THOUSANDS = FuncFormatter(lambda value, _: f"{value / 1000:g}k" if value >= 1000 else f"{value:g}")


@styled
def by_phenomenon(measured: Mapping[str, Mapping[str, Mapping[str, Any]]]) -> Picture:
    """In which share of the minimal pairs the wrong word looks more suspicious than the right one.

    Parameters
    ----------
    measured : dict of str to dict
        For each model, or each number of steps, by its label: what ``pairs.told_apart`` returned.  A phenomenon of
        which no pair was judged is left out.
    """
    rows = list(dict.fromkeys(
        phenomenon for found in measured.values() for phenomenon, row in found.items() if row["share"] is not None
    ))  # fmt: skip
    if not rows:
        raise TutorialError("there is nothing to draw: no pair was judged")
    height = 1.15 + len(rows) * (0.22 + 0.24 * len(measured)) + 0.24 * (len(measured) > 1)
    said = "; ".join(f"{label}: {_in_words(found)}" for label, found in measured.items())
    picture = Picture(8.4, height, f"Share of minimal pairs told apart. {said}.")
    axes = picture.add_axes([0.25, 0.62 / height, 0.7, 1 - (1.02 + 0.24 * (len(measured) > 1)) / height])
    thick = 0.8 / len(measured)
    for number, ((label, found), (colour, _, _)) in enumerate(zip(measured.items(), SERIES)):
        places = [
            row - 0.4 + thick * (number + 0.5) for row, name in enumerate(rows) if _share(found, name) is not None
        ]
        shares = [_share(found, name) for name in rows if _share(found, name) is not None]
        axes.barh(places, shares, height=0.9 * thick, color=colour, label=literal(label))
        for place, share in zip(places, shares):
            axes.annotate(f"{share:.0%}", (share, place), (4, 0), textcoords="offset points", va="center", fontsize=9)
    axes.axvline(0.5, color=GREY, ls="--", lw=1.4)
    axes.annotate("guessing", (0.5, 1), (0, 3), xycoords=("data", "axes fraction"), textcoords="offset points",
                  fontsize=8.5, ha="center", va="bottom")  # fmt: skip
    axes.set_yticks(range(len(rows)))
    axes.set_yticklabels([f"{name} ({_most(measured, name)})" for name in rows])
    axes.invert_yaxis()
    axes.grid(axis="y", visible=False)
    axes.tick_params(axis="y", length=0)
    axes.set(xlabel="pairs whose wrong word looks more suspicious than the right one", xlim=(0, 1.08))
    axes.xaxis.set_major_formatter(PERCENT)
    axes.set_xticks([0, 0.25, 0.5, 0.75, 1])
    if len(measured) > 1:
        picture.legend(loc="upper right", ncol=len(measured), bbox_to_anchor=(0.98, 1.0))
    return picture


@styled
def growth(rows: Sequence[Mapping[str, Any]], title: str = "") -> Picture:
    """How the share of minimal pairs told apart grows over training: a panel for each phenomenon, the best one first.

    Parameters
    ----------
    rows : list of dict
        ``phenomenon``, ``step`` and ``share``, such as ``pairs.rows`` returns.  Several rows of one phenomenon and
        step, such as of several seeds, give their mean and a band from the lowest to the highest.  Rows whose
        ``share`` is None are left out.
    title : str, optional
        Stands above the panels.
    """
    found: Dict[str, Dict[int, List[float]]] = {}
    for row in rows:
        if row["share"] is not None:
            found.setdefault(row["phenomenon"], {}).setdefault(row["step"], []).append(row["share"])
    if not found:
        raise TutorialError("there is nothing to draw: no pair was judged")
    ends = {name: statistics.mean(shares[max(shares)]) for name, shares in found.items()}
    columns = min(COLUMNS, len(found))
    deep, head = math.ceil(len(found) / columns), 0.35 if title else 0.0
    height = head + 0.5 + 1.75 * deep
    picture = Picture(9.6, height, "")
    grid = picture.add_gridspec(
        deep, columns, left=0.06, right=0.98, top=1 - (head + 0.3) / height, bottom=0.48 / height, wspace=0.14,
        hspace=0.4,
    )  # fmt: skip
    said, last = [], max(max(shares) for shares in found.values())
    low = min(0.45, min(share for shares in found.values() for each in shares.values() for share in each) - 0.03)
    for place, name in enumerate(sorted(found, key=lambda name: -ends[name])):
        axes = picture.add_subplot(grid[place // columns, place % columns])
        means = band(axes, found[name], BLUE, marker="o", ms=4, clip_on=False)
        axes.axhline(0.5, color=GREY, ls="--", lw=1.2)
        axes.set(xlim=(0, 1.03 * last), ylim=(low, 1.01))
        axes.set_title(f"{literal(name)}: {means[-1]:.0%}", fontsize=9.5)
        axes.yaxis.set_major_formatter(PERCENT)
        axes.set_yticks([0.5, 0.75, 1])
        axes.xaxis.set_major_formatter(IN_THOUSANDS)
        axes.xaxis.set_major_locator(MaxNLocator(4, integer=True, steps=[1, 2, 5, 10]))
        if place % columns:
            axes.set_yticklabels([])
        if place + columns >= len(found):
            axes.set_xlabel("step")
        if not place:
            axes.annotate("guessing", (0.98, 0.5), (0, 2), xycoords=("axes fraction", "data"),
                          textcoords="offset points", fontsize=8.5, ha="right", va="bottom")  # fmt: skip
        said.append(f"{name} from {means[0]:.0%} to {means[-1]:.0%}")
    if title:
        picture.text(0.06, 1 - 0.17 / height, literal(title), fontsize=11, va="center")
    picture.description = f"Share of minimal pairs told apart over {last:,} steps: {'; '.join(said)}."
    return picture


def _share(found, phenomenon):
    return found.get(phenomenon, {}).get("share")


def _most(measured, phenomenon):
    """How many pairs there are, of the model that read most of them."""
    return max(found[phenomenon]["pairs"] for found in measured.values() if phenomenon in found)


def _in_words(found):
    return ", ".join(f"{name} {row['share']:.0%}" for name, row in found.items() if row["share"] is not None)
