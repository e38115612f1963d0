"""Bars of minimal pairs: what a discriminator tells apart, by phenomenon."""

from typing import Any, Mapping

from helpers.base.errors import TutorialError
from helpers.plots.picture import GREY, PERCENT, SERIES, Picture, literal, styled


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


def _share(found, phenomenon):
    return found.get(phenomenon, {}).get("share")


def _most(measured, phenomenon):
    """How many pairs there are, of the model that read most of them."""
    return max(found[phenomenon]["pairs"] for found in measured.values() if phenomenon in found)


def _in_words(found):
    return ", ".join(f"{name} {row['share']:.0%}" for name, row in found.items() if row["share"] is not None)
