"""The figures of the notebooks: each function takes plain values and returns a figure; none reads a file.

    plots.training_curve(training["metrics"])     # shown, as a cell's last line
    plots.roc_curve(evaluation).write("roc.png")

One module or folder a step: ``data``, ``pretraining`` (and ``runs``, several of them), ``discriminator``,
``finetuning``; the method itself is in ``architecture``.  What all figures share is in ``picture``, small tables are in
``tables``.
"""

from helpers.plots.architecture import architecture
from helpers.plots.data import compare_vocabularies, corpus_overview, cost, examples
from helpers.plots.discriminator.evaluation import fill_mask_bars, roc_curve
from helpers.plots.discriminator.pairs import by_phenomenon, growth
from helpers.plots.discriminator.verdicts import sentence_pairs, sentence_verdict, sentence_verdicts, walk
from helpers.plots.finetuning import confusion_matrix, learning_curves, quality_against_compute, scores
from helpers.plots.pretraining import learning_rate_schedule, training_curve
from helpers.plots.runs import compare_runs, compare_starts

__all__ = [
    "architecture", "by_phenomenon", "compare_runs", "compare_starts", "compare_vocabularies", "confusion_matrix",
    "corpus_overview", "cost", "examples", "fill_mask_bars", "growth", "learning_curves", "learning_rate_schedule",
    "quality_against_compute", "roc_curve", "scores",
    "sentence_pairs", "sentence_verdict", "sentence_verdicts", "training_curve", "walk",
]  # fmt: skip
