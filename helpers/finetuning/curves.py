"""What pre-training is worth: the same fine-tuning from pre-trained weights and from random ones.

rows = curves.compare("data/models/M/discriminator", labelled, "data/curves.json", sizes=(10, 100))
plots.learning_curves(rows, curves.WORDS)
"""

import os
import statistics
from typing import Any, Dict, List, Mapping, Optional, Sequence, Tuple

from helpers import finetuning
from helpers.base import files, progress
from helpers.base.errors import TutorialError
from helpers.finetuning import metrics, tasks

SIZES = (10, 30, 100, 300, 1000)
SEEDS = (0, 1, 2)
NAMES = {"pretrained": "pre-trained", "scratch": "from scratch"}
WORDS = dict(metrics.MAIN, **NAMES)  # what a figure of the rows is to call the metric and the starts
# What suits a tiny model: random weights want gentler steps than those that know something already.
RATES = {"pretrained": (3e-3,), "scratch": (1e-3,)}


def compare(
    model: str,
    labelled: tasks.Labelled,
    path: str,
    sizes: Sequence[int] = SIZES,
    seeds: Sequence[int] = SEEDS,
    starts: Sequence[str] = finetuning.STARTS,
    rates: Optional[Mapping[str, Sequence[float]]] = None,
    **settings: Any,
) -> List[Dict[str, Any]]:
    """Fine-tune with few labelled sentences and with many, from each start, with several seeds.

    Parameters
    ----------
    model : str
        Folder of the exported discriminator.
    labelled : tasks.Labelled
        The task; all of its validation and test sentences are used whatever the size.
    path : str
        JSON file that keeps the rows: what is in it is not done again, so a stopped call goes on.
    sizes : sequence of int
        Numbers of training sentences; those above what there is come to all of them, once.
    seeds : sequence of int
        A seed decides which sentences are taken, the new weights, the order and the dropout.  Both starts of a
        seed see the same sentences.
    starts : sequence of str
        Of "pretrained" and "scratch".
    rates : dict of str to sequence of float, optional
        Learning rates of each start, by default ``RATES``.  Where there are several, every run tries them all,
        and the validation set chooses.
    **settings
        As for ``finetuning.finetune``; a ``learning_rate`` among them is that of every start.

    Returns
    -------
    list of dict with ``start``, ``sentences``, ``seed``, ``main`` (name of the metric), that metric on the test
    set as ``value``, ``learning_rate``, ``rounds`` and ``steps``.
    """
    if "seed" in settings:
        raise TutorialError("name the seeds with seeds=, several of them, in place of seed=")
    if not sizes or min(sizes) < 1 or not seeds:
        raise TutorialError("sizes and seeds must name at least one number each, sizes from 1 on")
    chosen = finetuning.settings_of(settings)
    rates = _rates(starts, rates, settings)
    sizes = sorted({min(size, len(labelled.train)) for size in sizes})
    key = dict(model=finetuning.model_digest(model), data=finetuning.digest(labelled), settings=chosen._asdict())
    key["rates"] = {start: list(rates[start]) for start in finetuning.STARTS if start in rates}
    rows = _kept(path, key)
    jobs = [(size, seed, start) for size in sizes for seed in seeds for start in starts]
    found = {(row["sentences"], row["seed"], row["start"]): row for row in rows}
    missing = [job for job in jobs if job not in found]
    if not missing:
        print(f"The comparison is up to date: {path}.")
    else:
        with progress.reporter("Pre-trained or from scratch") as report:
            report.start("fine-tuning", total=len(missing), unit="run")
            for size, seed, start in missing:
                examples = tasks.few(labelled, size, seed)
                of_seed = chosen._replace(seed=seed)
                _, result = finetuning.fit_at_best_rate(model, labelled, examples, start, of_seed, rates[start])
                test = result["test"]
                row = dict(start=start, sentences=size, seed=seed, main=test["main"], value=test[test["main"]])
                row.update(learning_rate=result["settings"]["learning_rate"], rounds=len(result["history"]))
                found[size, seed, start] = dict(row, steps=result["steps"])
                files.write_json(path, dict(key=key, rows=list(found.values())))
                report.advance(sentences=size, value=row["value"])
    return [found[job] for job in jobs]


def _rates(starts, rates, settings):
    """``rates`` checked, for all of ``starts``."""
    if rates and "learning_rate" in settings:
        raise TutorialError("give learning_rate, for every start, or rates for each: not both")
    one = {start: (settings["learning_rate"],) for start in starts} if "learning_rate" in settings else RATES
    rates = dict(one, **(rates or {}))
    for start in starts:
        if start not in finetuning.STARTS:
            raise TutorialError(f"start is one of {', '.join(finetuning.STARTS)}, not {start!r}")
        if not rates[start]:
            raise TutorialError(f"rates names no learning rate for {start!r}")
        for rate in rates[start]:
            finetuning.settings_of(dict(learning_rate=rate))
    return {start: tuple(rates[start]) for start in starts}


def _kept(path, key):
    """The rows of an earlier call with the same model, data and settings."""
    kept = files.read_json(path, {})
    if os.path.exists(path) and not isinstance(kept.get("rows"), list):
        raise TutorialError(f"{path} was not written by this comparison: name another file")
    return kept["rows"] if kept.get("key") == key else []


def spread(values: Sequence[float]) -> str:
    """The mean of some seeds, and from where to where they go, in words."""
    return f"{statistics.mean(values):.3f} ({min(values):.3f} to {max(values):.3f})"


def table(rows: Sequence[Mapping[str, Any]]) -> Tuple[List[str], List[List[Any]]]:
    """``(headings, rows)``: for each number of sentences the mean and the range of each start, and the gain."""
    starts = list(dict.fromkeys(row["start"] for row in rows))
    headings = ["labelled sentences"] + [NAMES.get(start, start) for start in starts]
    lines = []
    for size in sorted({row["sentences"] for row in rows}):
        values = {s: [r["value"] for r in rows if r["sentences"] == size and r["start"] == s] for s in starts}
        lines.append([size] + [spread(of_start) for of_start in values.values()])
        if len(starts) == 2:
            first, second = (statistics.mean(values[start]) for start in starts)
            lines[-1].append(f"{first - second:+.3f}")
    return headings + ["gain"] * (len(starts) == 2), lines
