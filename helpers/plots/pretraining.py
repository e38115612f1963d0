"""Figures of a run of pre-training: its curve and its learning rate."""

import math
from typing import Any, Dict, Iterable, List, Sequence, Tuple

import numpy as np
from matplotlib.ticker import FuncFormatter, MaxNLocator

from helpers.plots.picture import (
    BLUE,
    GREEN,
    GREY,
    INK,
    ORANGE,
    PURPLE,
    THOUSANDS,
    VERMILLION,
    Picture,
    styled,
)  # fmt: skip

Row = Dict[str, Any]  # of metrics.jsonl

MAX_POINTS = 1500  # a curve is drawn with no more points than this
AUC = "disc_auc"  # in a held-out row
LOSSES = {"disc_loss": ("Discriminator", BLUE), "mlm_loss": ("Generator", ORANGE)}
RATE = FuncFormatter(lambda value, _: f"{value:g}")


def _by_step(rows: Iterable[Row]) -> Tuple[List[Row], List[Row]]:
    """Training rows and held-out rows, each ordered by step; of two rows of one step the later one."""
    found = {"train": {}, "eval": {}}
    for row in rows:
        if row.get("event") in found and "step" in row:
            found[row["event"]][row["step"]] = row
    train, held_out = ([by_step[step] for step in sorted(by_step)] for by_step in found.values())
    return train, held_out


def _series(rows: Iterable[Row], key: str) -> Tuple[np.ndarray, np.ndarray]:
    """Steps and values of ``key`` where it is a finite number, thinned to MAX_POINTS: float64, [points] each."""
    pairs = [(row["step"], row[key]) for row in rows if isinstance(row.get(key), (int, float))]
    pairs = [pair for pair in pairs if math.isfinite(pair[1])]
    pairs = pairs[:: max(1, len(pairs) // MAX_POINTS)]
    steps, values = zip(*pairs) if pairs else ((), ())
    return np.array(steps, float), np.array(values, float)


def smooth(values: np.ndarray) -> np.ndarray:
    """Running mean of ``values``, float64, [points], over about a twentieth of them.

    The window grows from nothing at the start, where a curve is steep, and shrinks on one side only at the end.
    """
    half = len(values) // 40
    sums = np.concatenate([[0.0], np.cumsum(values)])
    index = np.arange(len(values))
    before = np.minimum(index, half)
    after = np.minimum(before, len(values) - 1 - index)
    return (sums[index + after + 1] - sums[index - before]) / (before + after + 1)


@styled
def training_curve(rows: Iterable[Row], stops: Sequence[int] = (), compact: bool = False) -> Picture:
    """Both losses over a run, with the held-out values, the warm-up, the learning rate and the held-out AUC.

    A dashed line is what the discriminator's loss would be if it knew no more than how many tokens are replaced, as
    the held-out rows say (``disc_replaced``): a run that learns something gets below it.

    Parameters
    ----------
    rows : list of dict
        The rows of a run's metrics.jsonl, such as ``pretraining.pretrain`` returns as ``metrics``.  Of two
        rows of one step the later one counts.
    stops : list of int
        The steps at which the run was stopped and went on, such as ``pretraining.pretrain`` returns as ``stops``; each
        is marked.
    compact : bool
        Leave out the learning rate and the AUC, as the live view does.
    """
    train, held_out = _by_step(rows)
    keys = [key for key in LOSSES if len(_series(train, key)[0])] or ["disc_loss"]
    steps, rates = _series(train, "learning_rate")
    below = dict(rate=len(steps) > 1, auc=len(_series(held_out, AUC)[0]) > 0)
    below = [name for name, there in below.items() if there and not compact]
    picture = Picture(9.6, 4.9 if below else 3.0, _curve_in_words(train, held_out, stops))
    grid = picture.add_gridspec(
        2 if below else 1, 2, height_ratios=[2.6, 1.2] if below else [1], left=0.08, right=0.98,
        top=0.9 if below else 0.87, bottom=0.11 if below else 0.18, wspace=0.18, hspace=0.42,
    )  # fmt: skip
    panels = []
    for column, key in enumerate(keys):
        axes = picture.add_subplot(grid[0, column if len(keys) > 1 else slice(None)])
        _loss_panel(axes, key, train, held_out)
        axes.set_xlabel("" if below else "step")
        panels.append(axes)
    for column, name in enumerate(below):
        axes = picture.add_subplot(grid[1, column if len(below) > 1 else slice(None)])
        if name == "rate":
            _rate_panel(axes, steps, rates)
        else:
            _auc_panel(axes, held_out)
        axes.set_xlabel("step")
        panels.append(axes)
    last = max([row["step"] for row in train + held_out], default=1)
    warm_up_end = steps[np.argmax(rates)] if len(steps) > 1 and np.argmax(rates) > 0 else 0
    first = min([row["step"] for row in train], default=0)
    for axes in panels:
        axes.xaxis.set_major_formatter(THOUSANDS)
        axes.xaxis.set_major_locator(MaxNLocator(8, integer=True, steps=[1, 2, 5, 10]))
        axes.set_xlim(min(first, 0.99 * last) - 0.01 * last, 1.01 * last)
        if first < warm_up_end:
            axes.axvspan(first, warm_up_end, color=GREY, alpha=0.13, lw=0)
        for step in stops:
            axes.axvline(step, color=PURPLE, lw=1.2, ls=":")
    if stops:  # in words once, where the first panel has room
        note = f"stopped at step {stops[0]:,}" + (f", and {len(stops) - 1} more" if stops[1:] else "")
        panels[0].annotate(
            note, (stops[0], 0.62), (5, 0), xycoords=("data", "axes fraction"), textcoords="offset points",
            fontsize=8.5, ha="left" if stops[0] < 0.6 * last else "right", va="center",
        )  # fmt: skip
    if "rate" in below and first < warm_up_end:
        short = warm_up_end < 0.9 * last  # the words stand beside the shaded part, or in it where that is all
        panels[len(keys)].annotate(
            "← warm-up" if short else "still warming up", (warm_up_end if short else first, 0.03 if short else 0.97),
            (4, 0), xycoords=("data", "axes fraction"), textcoords="offset points", fontsize=8.5,
            va="bottom" if short else "top",
        )  # fmt: skip
    return picture


def _rate_panel(axes, steps, rates):
    axes.plot(steps, rates, color=GREEN)
    axes.fill_between(steps, rates, color=GREEN, alpha=0.12, lw=0)
    axes.set(ylim=(0, None))
    axes.set_title("Learning rate", fontsize=10)
    axes.yaxis.set_major_formatter(RATE)
    axes.yaxis.set_major_locator(MaxNLocator(3))


def _auc_panel(axes, held_out):
    """The held-out AUC per token over the run; half is what guessing would reach."""
    steps, values = _series(held_out, AUC)
    axes.plot(steps, values, color=VERMILLION, marker="o", ms=5, clip_on=False)
    axes.axhline(0.5, color=GREY, lw=1.2, ls="--")
    axes.annotate(
        f"{values[-1]:.3f}", (steps[-1], values[-1]), (-4, -7), textcoords="offset points", fontsize=9, ha="right",
        va="top",
    )  # fmt: skip
    axes.annotate("guessing", (0.01, 0.5), (0, 2), xycoords=("axes fraction", "data"), textcoords="offset points",
                  fontsize=8.5, va="bottom")  # fmt: skip
    axes.set(ylim=(min(0.45, 0.99 * values.min()), 1.0))
    axes.set_title("Held-out AUC of the discriminator", fontsize=10)
    axes.yaxis.set_major_locator(MaxNLocator(3))


def _loss_panel(axes, key, train, held_out):
    name, colour = LOSSES[key]
    steps, values = _series(train, key)
    if len(steps):
        axes.plot(steps, values, color=colour, alpha=0.28, lw=0.9)
        axes.plot(steps, smooth(values), color=colour, lw=2.2, label="training, smoothed")
    steps, values = _series(held_out, key)
    if len(steps):
        axes.plot(steps, values, "o", color=INK, ms=6, mec="white", mew=1.2, label="held-out", zorder=3, clip_on=False)
    baseline = np.array([])
    if key == "disc_loss":
        steps, baseline = _knowing_the_share(held_out)
        if len(steps):
            first = min([row["step"] for row in train], default=steps[0])
            steps, values = np.append(min(first, steps[0]), steps), np.append(baseline[0], baseline)
            axes.plot(steps, values, color=GREY, ls="--", lw=1.4, label="knowing only how many are replaced")
    axes.set(ylabel="loss")
    axes.set_title(name, color=INK, fontweight="bold")
    if len(axes.lines):
        axes.legend(loc="upper right")
    everything = np.concatenate([_series(rows, key)[1] for rows in (train, held_out)] + [baseline])
    if len(everything) > 20:  # a wild first step must not flatten the rest
        low, high = np.percentile(everything, [0, 99.5])
        room = 0.5 if len(baseline) else 0.12  # above the curve; the legend must not stand on the dashed line
        axes.set_ylim(low - 0.06 * (high - low + 1e-9), high + room * (high - low + 1e-9))


def _knowing_the_share(held_out):
    """Steps, and the lowest loss there of one answer for all tokens: the entropy of the share that is replaced."""
    steps, shares = _series(held_out, "disc_replaced")
    inside = (shares > 0) & (shares < 1)
    steps, shares = steps[inside], shares[inside]
    return steps, -shares * np.log(shares) - (1 - shares) * np.log(1 - shares)


def _curve_in_words(train, held_out, stops):
    said = [f"Training curve over {len(train)} measured step{'s' * (len(train) != 1)}."]
    for key, (name, _) in LOSSES.items():
        _, values = _series(train, key)
        if len(values):
            smoothed = smooth(values)
            said.append(f"{name} loss from {smoothed[0]:.2f} to {smoothed[-1]:.2f}.")
    _, baseline = _knowing_the_share(held_out)
    if len(baseline):
        said.append(f"Knowing only how many tokens are replaced, the discriminator's would be {baseline[-1]:.2f}.")
    _, values = _series(held_out, AUC)
    said += [f"Held-out AUC {values[-1]:.3f}."] if len(values) else []
    said += [f"Stopped at step {', '.join(map(str, stops))}, and gone on."] if stops else []
    return " ".join(said)


@styled
def learning_rate_schedule(schedule: Dict[str, Any]) -> Picture:
    """The learning rate over a run.

    Parameters
    ----------
    schedule : dict
        What ``pretraining.schedule`` returns: ``steps`` and ``rates`` (float64, [points]), ``warmup_steps``,
        ``peak`` (the learning rate that the warm-up leads to), and ``reference_rates`` with
        ``reference_warmup_steps``: what the reference's warm-up would have done, None where it is the same.
    """
    steps, ours, theirs = schedule["steps"], schedule["rates"], schedule["reference_rates"]
    total, peak, highest = int(steps[-1]), schedule["peak"], int(np.argmax(ours))
    said = f"up to {ours[highest]:.2g} at step {int(steps[highest])}, then down to {ours[-1]:.2g}"
    picture = Picture(9.6, 2.9, f"Learning rate over {total} steps: {said}.")
    axes = picture.add_axes([0.085, 0.19, 0.895, 0.66])
    axes.fill_between(steps, ours, color=GREEN, alpha=0.12, lw=0)
    axes.plot(steps, ours, color=GREEN, label=f"this run: warm-up over {schedule['warmup_steps']:,} steps")
    if theirs is not None:
        share = f"at most {100 * np.max(theirs) / peak:.2g}% of the peak"
        label = f"with the reference's {schedule['reference_warmup_steps']:,} steps of warm-up: {share}"
        axes.plot(steps, theirs, color=VERMILLION, ls="--", label=label)
    axes.set(xlabel="step", ylabel="learning rate", ylim=(-0.02 * peak, 1.05 * peak), xlim=(0, total))
    axes.yaxis.set_major_formatter(RATE)
    axes.xaxis.set_major_formatter(THOUSANDS)
    axes.xaxis.set_major_locator(MaxNLocator(8, integer=True, steps=[1, 2, 5, 10]))
    axes.set_title("Learning rate over the run")
    axes.legend(loc="upper right")
    return picture
