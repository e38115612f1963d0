"""Figures of pre-training: its curve, its learning rate, several runs side by side."""

import math
from typing import Any, Dict, Iterable, List, Mapping, Optional, Sequence, Tuple

import numpy as np
from matplotlib.ticker import FuncFormatter, MaxNLocator

from helpers.plots.picture import (
    BLUE,
    GREEN,
    GREY,
    INK,
    ORANGE,
    SERIES,
    THOUSANDS,
    VERMILLION,
    Picture,
    literal,
    styled,
)  # fmt: skip

Row = Dict[str, Any]  # of metrics.jsonl

MAX_POINTS = 1500  # a curve is drawn with no more points than this
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
def training_curve(rows: Iterable[Row], compact: bool = False) -> Picture:
    """Both losses over a run, with the held-out values, the warm-up and the learning rate.

    Parameters
    ----------
    rows : list of dict
        The rows of a run's metrics.jsonl, such as ``pretraining.pretrain`` returns as ``metrics``.  Of two
        rows of one step the later one counts.
    compact : bool
        Leave out the learning rate, as the live view does.
    """
    train, held_out = _by_step(rows)
    keys = [key for key in LOSSES if len(_series(train, key)[0])] or ["disc_loss"]
    steps, rates = _series(train, "learning_rate")
    with_rate = not compact and len(steps) > 1
    picture = Picture(9.6, 4.6 if with_rate else 3.0, _curve_in_words(train, held_out))
    grid = picture.add_gridspec(
        2 if with_rate else 1, len(keys), height_ratios=[3, 1] if with_rate else [1], left=0.08, right=0.98,
        top=0.9 if with_rate else 0.87, bottom=0.12 if with_rate else 0.18, wspace=0.18, hspace=0.42,
    )  # fmt: skip
    warm_up_end = steps[np.argmax(rates)] if len(steps) > 1 and np.argmax(rates) > 0 else 0
    first = min([row["step"] for row in train], default=0)
    panels = []
    for column, key in enumerate(keys):
        axes = picture.add_subplot(grid[0, column])
        _loss_panel(axes, key, train, held_out)
        axes.set_xlabel("" if with_rate else "step")
        panels.append(axes)
    if with_rate:
        axes = picture.add_subplot(grid[1, :])
        axes.plot(steps, rates, color=GREEN)
        axes.fill_between(steps, rates, color=GREEN, alpha=0.12, lw=0)
        axes.set(xlabel="step", ylim=(0, None))
        axes.set_title("Learning rate", fontsize=10)
        axes.yaxis.set_major_formatter(RATE)
        axes.yaxis.set_major_locator(MaxNLocator(3))
        panels.append(axes)
    for axes in panels:
        axes.xaxis.set_major_formatter(THOUSANDS)
        axes.xaxis.set_major_locator(MaxNLocator(8, integer=True, steps=[1, 2, 5, 10]))
        axes.margins(x=0.01)
        if first < warm_up_end:
            axes.axvspan(first, warm_up_end, color=GREY, alpha=0.13, lw=0)
    if with_rate and first < warm_up_end:
        note = "warm-up" if warm_up_end < 0.999 * steps[-1] else "still warming up"
        panels[-1].annotate(
            note,
            (first, 1),
            (4, -3),
            xycoords=("data", "axes fraction"),
            textcoords="offset points",
            fontsize=8.5,
            va="top",
        )
    return picture


def _loss_panel(axes, key, train, held_out):
    name, colour = LOSSES[key]
    steps, values = _series(train, key)
    if len(steps):
        axes.plot(steps, values, color=colour, alpha=0.28, lw=0.9)
        axes.plot(steps, smooth(values), color=colour, lw=2.2, label="training, smoothed")
    steps, values = _series(held_out, key)
    if len(steps):
        axes.plot(steps, values, "o", color=INK, ms=6, mec="white", mew=1.2, label="held-out", zorder=3, clip_on=False)
    axes.set(ylabel="loss")
    axes.set_title(name, color=INK, fontweight="bold")
    if len(axes.lines):
        axes.legend(loc="upper right")
    everything = np.concatenate([_series(rows, key)[1] for rows in (train, held_out)])
    if len(everything) > 20:  # a wild first step must not flatten the rest
        low, high = np.percentile(everything, [0, 99.5])
        axes.set_ylim(low - 0.06 * (high - low + 1e-9), high + 0.12 * (high - low + 1e-9))


def _curve_in_words(train, held_out):
    said = [f"Training curve over {len(train)} measured steps."]
    for key, (name, _) in LOSSES.items():
        _, values = _series(train, key)
        if len(values):
            smoothed = smooth(values)
            said.append(f"{name} loss from {smoothed[0]:.2f} to {smoothed[-1]:.2f}.")
    _, values = _series(held_out, "disc_auc")
    return " ".join(said + ([f"Held-out AUC {values[-1]:.3f}."] if len(values) else []))


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


@styled
def compare_runs(
    runs: Mapping[str, Sequence[Row]],
    metric: str = "disc_auc",
    name: str = "held-out AUC",
    title: Optional[str] = None,
) -> Picture:
    """One held-out metric of several runs over their steps.

    Parameters
    ----------
    runs : dict of str to list of dict
        For each label the rows of a metrics.jsonl.
    metric : str
        Key of an ``eval`` row.
    name : str
        The metric in words, for the axis.
    """
    picture = Picture(7.6, 3.6, _runs_in_words(runs, metric, name))
    axes = picture.add_axes([0.11, 0.15, 0.86, 0.74])
    for (label, rows), (colour, line, marker) in zip(runs.items(), SERIES):
        points = [(row["step"], row[metric]) for row in rows if row.get("event") == "eval" and metric in row]
        if points:
            steps, values = zip(*points)
            label = f"{literal(label)}: {values[-1]:.3f}"
            axes.plot(steps, values, color=colour, ls=line, marker=marker, ms=5, label=label, clip_on=False)
    axes.set(xlabel="step", ylabel=name)
    axes.set_title(title or "")
    axes.xaxis.set_major_formatter(THOUSANDS)
    axes.xaxis.set_major_locator(MaxNLocator(8, integer=True, steps=[1, 2, 5, 10]))
    if axes.lines:
        axes.legend(loc="best")
    return picture


@styled
def compare_starts(rows: Sequence[Row], title: Optional[str] = None) -> Picture:
    """Both held-out losses over a run from several starts: the mean, a band over the seeds, and each value.

    Parameters
    ----------
    rows : list of dict
        ``start`` (what the run began from, in words), ``seed``, ``step``, and the losses ``mlm_loss`` and
        ``disc_loss``, as ``benchmarks/domain.json`` holds them.
    title : str, optional
        Stands above the figure.
    """
    starts = list(dict.fromkeys(row["start"] for row in rows))
    picture = Picture(9.6, 3.4, "")
    said = []
    for place, (key, (name, _)) in enumerate(LOSSES.items()):
        axes = picture.add_axes([0.08 + 0.48 * place, 0.16, 0.41, 0.66])
        for start, (colour, line, marker) in zip(starts, SERIES):
            points: Dict[int, List[float]] = {}
            for row in rows:
                if row["start"] == start and isinstance(row.get(key), (int, float)):
                    points.setdefault(row["step"], []).append(row[key])
            if not points:
                continue
            steps = sorted(points)
            means = [float(np.mean(points[step])) for step in steps]
            axes.fill_between(
                steps, [min(points[s]) for s in steps], [max(points[s]) for s in steps], color=colour, alpha=0.18, lw=0
            )
            axes.plot(steps, means, color=colour, ls=line, marker=marker, ms=5, label=literal(start))
            for step in steps:
                axes.plot([step] * len(points[step]), points[step], ".", color=colour, ms=4, alpha=0.7)
            said.append(f"{name}, {start}: from {means[0]:.2f} to {means[-1]:.2f}")
        axes.set(xlabel="step", ylabel="held-out loss")
        axes.set_title(name, color=INK, fontweight="bold")
        axes.xaxis.set_major_formatter(THOUSANDS)
        axes.xaxis.set_major_locator(MaxNLocator(6, integer=True, steps=[1, 2, 5, 10]))
        handles, labels = axes.get_legend_handles_labels()
    if rows:  # one legend for both, where it covers no band
        picture.legend(handles, labels, loc="upper right", ncol=len(labels), bbox_to_anchor=(0.98, 1.0))
    if title:
        picture.text(0.08, 0.95, title, fontsize=11, va="center")
    picture.description = f"Held-out loss: {'; '.join(said)}."
    return picture


def _runs_in_words(runs, metric, name):
    found = {label: [row[metric] for row in rows if metric in row] for label, rows in runs.items()}
    last = "; ".join(f"{label} {values[-1]:.3f}" for label, values in found.items() if values)
    return f"{name.capitalize()} at the end: {last}."
