"""The figures of the notebooks: each function takes plain values and returns a figure.

    plots.training_curve("data/models/electra-spanish/metrics.jsonl")     # shown, as a cell's last line
    plots.roc_curve(evaluation).savefig("roc.png")

Figures made of words are in ``helpers/plots/discriminator.py``, those that compare in
``helpers/plots/pretraining.py``, that of a corpus in ``helpers/plots/data.py``, the sheet they are
drawn on in ``helpers/plots/picture.py``.
"""

import json
import math
import os

import numpy as np
from matplotlib.ticker import FuncFormatter, MaxNLocator

from helpers.base.errors import TutorialError
from helpers.plots.data import corpus_overview
from helpers.plots.discriminator import examples, sentence_verdict, sentence_verdicts, walk
from helpers.plots.finetuning import confusion_matrix, learning_curves, quality_against_compute
from helpers.plots.picture import BLUE, GREEN, GREY, INK, ORANGE, VERMILLION, Picture, literal, styled
from helpers.plots.pretraining import PERCENT, THOUSANDS, compare_runs, compare_vocabularies, cost
from helpers.pretraining import hyperparameters

__all__ = [
    "compare_runs", "compare_vocabularies", "confusion_matrix", "corpus_overview", "cost", "examples",
    "fill_mask_bars", "learning_curves", "learning_rate_schedule", "quality_against_compute", "roc_curve", "sentence_verdict", "sentence_verdicts", "training_curve", "walk",
]  # fmt: skip
MAX_POINTS = 1500  # a curve is drawn with no more points than this
LOSSES = {"disc_loss": ("Discriminator", BLUE), "mlm_loss": ("Generator", ORANGE)}
RATE = FuncFormatter(lambda value, _: f"{value:g}")


def read_metrics(metrics):
    """Rows of a run: a list as it is, or read from a metrics.jsonl file or the folder that holds one.

    Returns ``(training rows, held-out rows)``, each ordered by step; of two rows of one step, written
    before and after a resume, the later counts.  A last line that was cut short is passed over.
    """
    if isinstance(metrics, (str, os.PathLike)):
        path = os.fspath(metrics)
        path = os.path.join(path, "metrics.jsonl") if os.path.isdir(path) else path
        try:
            with open(path, encoding="utf-8") as file:
                metrics = [row for row in map(_json_row, file) if row]
        except FileNotFoundError:
            raise TutorialError(f"There is no {path}: train the model first.")
    rows = {"train": {}, "eval": {}}
    for row in metrics:
        if row.get("event") in rows and "step" in row:
            rows[row["event"]][row["step"]] = row
    return tuple([by_step[step] for step in sorted(by_step)] for by_step in rows.values())


def _json_row(line):
    try:
        row = json.loads(line)
    except ValueError:
        return None
    return row if isinstance(row, dict) else None


def _series(rows, key):
    """Steps and values of ``key`` where it is a finite number, thinned to MAX_POINTS."""
    pairs = [(row["step"], row[key]) for row in rows if isinstance(row.get(key), (int, float))]
    pairs = [pair for pair in pairs if math.isfinite(pair[1])]
    pairs = pairs[:: max(1, len(pairs) // MAX_POINTS)]
    steps, values = zip(*pairs) if pairs else ((), ())
    return np.array(steps, float), np.array(values, float)


def smooth(values):
    """Running mean over about a twentieth of the curve; the window grows from nothing at the start, where a
    curve is steep, and shrinks on one side only at the end."""
    half = len(values) // 40
    sums = np.concatenate([[0.0], np.cumsum(values)])
    index = np.arange(len(values))
    before = np.minimum(index, half)
    after = np.minimum(before, len(values) - 1 - index)
    return (sums[index + after + 1] - sums[index - before]) / (before + after + 1)


@styled
def training_curve(metrics, compact=False):
    """Both losses over a run, with the held-out values, the warm-up and the learning rate.

    Parameters
    ----------
    metrics : path or list of dict
        metrics.jsonl, the folder that holds it, or its rows.
    compact : bool
        Leave out the learning rate, as the live view does.
    """
    train, held_out = read_metrics(metrics)
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
    axes.set_title(f"{name}", color=INK, fontweight="bold")
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
def learning_rate_schedule(hparams):
    """The learning rate over a run: linear warm-up, then polynomial decay to zero.

    ``hparams`` are hyperparameters by their names, as ``pretraining.pretrain`` takes them; those that
    are not given have their defaults.  Where the run is shorter than the reference's warm-up, what
    that would have done is drawn as well.
    """
    names = ("learning_rate", "num_train_steps", "num_warmup_steps", "lr_decay_power")
    run = hyperparameters.resolve({name: hparams[name] for name in names if name in hparams})
    total, peak, warm_up = run.num_train_steps, run.learning_rate, run.num_warmup_steps
    steps = np.linspace(0, total, 501)

    def rate(warm_up):
        decay = (1 - steps / total) ** run.lr_decay_power
        return peak * decay * np.minimum(1.0, steps / max(1, warm_up))

    ours = rate(warm_up)
    picture = Picture(
        9.6,
        2.9,
        f"Learning rate over {total} steps: up to {ours.max():.2g} at step {int(steps[ours.argmax()])}, then down to zero.",
    )
    axes = picture.add_axes([0.085, 0.19, 0.895, 0.66])
    axes.fill_between(steps, ours, color=GREEN, alpha=0.12, lw=0)
    axes.plot(steps, ours, color=GREEN, label=f"this run: warm-up over {warm_up:,} steps")
    if total < hyperparameters.REFERENCE_WARMUP_STEPS:
        theirs = rate(hyperparameters.REFERENCE_WARMUP_STEPS)
        label = f"with the reference's {hyperparameters.REFERENCE_WARMUP_STEPS:,} steps of warm-up: at most {100 * theirs.max() / peak:.2g}% of the peak"
        axes.plot(steps, theirs, color=VERMILLION, ls="--", label=label)
    axes.set(xlabel="step", ylabel="learning rate", ylim=(-0.02 * peak, 1.05 * peak), xlim=(0, total))
    axes.yaxis.set_major_formatter(RATE)
    axes.xaxis.set_major_formatter(THOUSANDS)
    axes.xaxis.set_major_locator(MaxNLocator(8, integer=True, steps=[1, 2, 5, 10]))
    axes.set_title("Learning rate over the run")
    axes.legend(loc="upper right")
    return picture


@styled
def roc_curve(evaluation):
    """How well replacements are told from original words, at every threshold.

    ``evaluation`` is what ``discriminator.evaluate`` returns: ``fpr`` and ``tpr`` (between 0 and 1),
    ``auc``, and, when known, the point of the threshold in use (``false_alarms`` and ``recall``).
    """
    false, true, area = np.array(evaluation["fpr"]), np.array(evaluation["tpr"]), evaluation["auc"]
    picture = Picture(5.4, 4.8, f"ROC curve; the area under it is {area:.3f}.")
    axes = picture.add_axes([0.14, 0.13, 0.82, 0.78])
    axes.fill_between(false, true, color=BLUE, alpha=0.1, lw=0)
    axes.plot(false, true, color=BLUE, lw=2.4, label=f"discriminator: area under the curve {area:.3f}")
    axes.plot([0, 1], [0, 1], color=GREY, ls="--", lw=1.2, label="chance: 0.500")
    if evaluation.get("recall") is not None:
        point = evaluation["false_alarms"], evaluation["recall"]
        label = f"at the threshold: {point[1]:.0%} found, {point[0]:.1%} false alarms"
        axes.plot(*point, "o", color=INK, ms=8, mec="white", mew=1.5, label=label, zorder=4)
    axes.set(xlabel="original words called replaced", ylabel="replaced words found", xlim=(-0.02, 1), ylim=(0, 1.02))
    axes.set_title("Telling replaced words from original ones")
    axes.xaxis.set_major_formatter(PERCENT)
    axes.yaxis.set_major_formatter(PERCENT)
    axes.legend(loc="lower right")
    return picture


@styled
def fill_mask_bars(guesses, title=None):
    """The generator's best guesses for a [MASK]: ``guesses`` is ``[(token, probability), ...]``, best first."""
    words, shares = [literal(word) for word, _ in guesses], [share for _, share in guesses]
    height = 0.95 + 0.36 * len(words)
    best = f"{guesses[0][0]} ({100 * shares[0]:.1f}%)" if guesses else "nothing"
    picture = Picture(7.2, height, f"The generator's guesses for [MASK]; first comes {best}.")
    axes = picture.add_axes([0.2, 0.52 / height, 0.74, 1 - 0.92 / height])
    axes.barh(words, shares, color=ORANGE, height=0.68)
    for row, share in enumerate(shares):
        axes.annotate(f"{100 * share:.1f}%", (share, row), (4, 0), textcoords="offset points", va="center", fontsize=9)
    axes.invert_yaxis()
    axes.grid(axis="y", visible=False)
    axes.tick_params(axis="y", length=0, labelsize=10.5)
    axes.set(xlabel="probability", xlim=(0, 1.13 * max(shares, default=1)))
    axes.xaxis.set_major_formatter(PERCENT)
    axes.set_title(literal(title or "What the generator puts in place of [MASK]"))
    return picture
