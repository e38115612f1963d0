"""Figures of several runs side by side: one metric of each, or both losses from several starts."""

from typing import Dict, List, Mapping, Optional, Sequence

from matplotlib.ticker import MaxNLocator

from helpers.base.history import capital
from helpers.plots.picture import GREY, INK, SERIES, THOUSANDS, Picture, band, literal, styled
from helpers.plots.pretraining import LOSSES, Row


@styled
def compare_runs(
    runs: Mapping[str, Sequence[Row]],
    metric: str = "disc_auc",
    name: str = "held-out AUC",
    title: Optional[str] = None,
) -> Picture:
    """One held-out metric of several runs over their steps; for an AUC, chance is a dashed line.

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
    if axes.lines and metric.endswith("auc"):
        axes.axhline(0.5, color=GREY, ls="--", lw=1.4, label="a coin toss: 0.500")
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
            means = band(axes, points, colour, ls=line, marker=marker, ms=5, label=literal(start))
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
    return f"{capital(name)} at the end: {last}."
