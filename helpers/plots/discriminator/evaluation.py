"""How good both networks are: the discriminator's ROC curve, and the generator's guesses for a mask."""

import textwrap
from typing import Any, Dict, Optional, Tuple

import numpy as np

from helpers.plots.discriminator.verdicts import Pairs, percentage
from helpers.plots.picture import BLUE, GREY, INK, ORANGE, PERCENT, VERMILLION, Picture, literal, styled

FEW_ALARMS = 0.1  # the share of false alarms up to which a ROC curve is drawn large


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
    said = f"The generator's guesses for [MASK]; first comes {best}; all others together {percentage(rest)}."
    picture = Picture(7.2, height, said + (f" It drew {drawn[0]} ({percentage(drawn[1])})." if drawn else ""))
    axes = picture.add_axes([0.2, 0.52 / height, 0.74, 1 - 0.92 / height])
    rows, is_drawn = range(len(words)), [bool(drawn) and word == drawn[0] for word, _ in shown] + [False]
    colours = [VERMILLION if each else ORANGE for each in is_drawn[:-1]] + [GREY]
    axes.barh(rows, shares, color=colours, height=0.68)
    for row, share in zip(rows, shares):
        note = percentage(share)
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
