"""ELECTRA against masked LM at equal compute (paper, section 3.4).

Each objective pre-trains the same encoder on the same text with the same number of floating-point operations, and
each encoder is then fine-tuned in the same way:

    rows = objectives.compare("data", "data/objectives", steps=(500, 1000), seeds=(0, 1, 2))
    plots.quality_against_compute(rows)

A step of masked LM costs less than one of ELECTRA, which trains a generator beside, and so takes more of them.
"""

import hashlib
import itertools
import json
import os
from typing import Any, Dict, Iterator, List, Mapping, Optional, Sequence, Tuple

from helpers import conversion, finetuning, pretraining
from helpers.base import files
from helpers.base.errors import TutorialError
from helpers.data.dataset import manifest
from helpers.finetuning import tasks
from helpers.pretraining import flops, hyperparameters
from helpers.tutorial import chapters, presets

# What of the settings each objective changes.
OBJECTIVES = {
    "ELECTRA": {},
    "ELECTRA 15%": dict(loss_on_all_tokens=False),  # the discriminator learns from the masked tokens alone
    "masked LM": dict(electra_objective=False, mask_prob=0.15),
}
RANDOM = "random weights"  # no pre-training at all, to compare with
MASKED_LM_ONLY = ("generator_layers", "generator_hidden_size", "disc_weight", "temperature")  # no use without ELECTRA
EVALUATION = dict(eval_steps=0)  # at the end only: evaluations would cost, and are not compared


def settings_of(
    data_dir: str, objective: str, steps: int, base: Optional[Mapping[str, Any]] = None
) -> Tuple[Dict[str, Any], float]:
    """Hyperparameters by name of a run of ``objective`` that costs what ``steps`` steps of ELECTRA cost.

    ``base``: ELECTRA's hyperparameters by name; by default the preset's for the examples in ``data_dir``.
    Returns ``(settings, flops)``.
    """
    if objective not in OBJECTIVES:
        raise TutorialError(f"objective {objective!r} is not one of: {', '.join(OBJECTIVES)}")
    if base is None:
        base = chapters.hyperparameters(presets.load(given=dict(DATA_DIR=data_dir)))
    base = dict(base, num_train_steps=steps, **EVALUATION)
    base.setdefault("num_warmup_steps", max(1, steps // 10))
    budget = flops.training_flops(_resolved(data_dir, base))
    changed = dict(base, **OBJECTIVES[objective])
    if objective == "masked LM":
        changed = {name: value for name, value in changed.items() if name not in MASKED_LM_ONLY}
    own = max(1, int(round(budget / flops.step_flops(_resolved(data_dir, changed)))))
    changed.update(num_train_steps=own, num_warmup_steps=max(1, base["num_warmup_steps"] * own // steps))
    return changed, budget


def compare(
    data_dir: str,
    folder: str,
    steps: Sequence[int] = (1000,),
    seeds: Sequence[int] = (0,),
    kinds: Sequence[str] = tasks.BUILT_IN,
    sentences: int = 100,
    labelled: Optional[Mapping[str, tasks.Labelled]] = None,
    objectives: Sequence[str] = tuple(OBJECTIVES),
    base: Optional[Mapping[str, Any]] = None,
    rates: Optional[Sequence[float]] = None,
    scratch: bool = False,
    **fine: Any,
) -> List[Dict[str, Any]]:
    """Pre-train with every objective and fine-tune what comes out.

    Parameters
    ----------
    data_dir : str
        Has the vocabulary and the examples that all are trained on.
    folder : str
        Receives the models, and rows.json: what is in it is not done again, so a stopped call goes on.
    steps : sequence of int
        Steps of ELECTRA; each number is a run of its own, whose learning rate falls to zero at its end.
    seeds : sequence of int
        Of pre-training and of fine-tuning, together.
    kinds, sentences : sequence of str, int
        Built-in tasks and the number of labelled sentences that are fine-tuned on.
    labelled : dict of str to tasks.Labelled, optional
        Tasks by name in place of the built-in ones.
    base : dict, optional
        ELECTRA's hyperparameters, see :func:`settings_of`.
    rates : sequence of float, optional
        Learning rates of fine-tuning that every encoder tries: the validation set chooses.
    scratch : bool
        Fine-tune random weights of the same shape too; these rows have the objective ``RANDOM`` and no FLOPs.
    **fine
        Settings of fine-tuning; a ``learning_rate`` among them if there are no ``rates``.

    Returns
    -------
    list of dict with ``objective``, ``steps`` (of its own), ``flops``, ``seed``, ``task``, ``sentences``, ``main``
    (name of the metric), ``value`` and ``learning_rate`` (of fine-tuning).
    """
    if rates and "learning_rate" in fine:
        raise TutorialError("give learning_rate, or rates to choose from: not both")
    rates = list(rates or [finetuning.settings_of(fine).learning_rate])
    labelled = labelled or {kind: tasks.builtin(kind) for kind in kinds}
    path, found = os.path.join(folder, "rows.json"), []
    kept = files.read_json(path, {})
    examples = manifest.read(os.path.join(data_dir, "pretrain_tfrecords")) or {}
    judged = dict(fine=fine, rates=rates, sentences=sentences)
    judged["tasks"] = {name: finetuning.digest(each) for name, each in labelled.items()}
    jobs = [(*job, "pretrained") for job in itertools.product(steps, seeds, objectives)]
    jobs += [(steps[0], seed, objectives[0], "scratch") for seed in seeds if scratch]
    for count, seed, objective, start in jobs:
        settings, budget = settings_of(data_dir, objective, count, base)
        settings = dict(settings, seed=seed)
        name = "{}-{}".format(objective.replace(" ", "-").replace("%", ""), _digest([settings, examples]))
        row = dict(objective=objective, steps=settings["num_train_steps"], flops=budget, seed=seed)
        if start == "scratch":
            row.update(objective=RANDOM, steps=0, flops=0)
        key = _digest([name, start, judged])
        if key not in kept:
            print(f"{row['objective']}, seed {seed}: {row['steps']} steps")
            model = _pretrained(data_dir, folder, name, settings)  # of random weights, it lends its shape
            outcomes = _fine_tuned(model, labelled, sentences, start, dict(fine, seed=seed), rates)
            kept[key] = [dict(row, **outcome) for outcome in outcomes]
            files.write_json(path, kept)
        found += kept[key]
    return found


def of_task(rows: Sequence[Dict[str, Any]], task: str) -> List[Dict[str, Any]]:
    """The rows of one task."""
    return [row for row in rows if row["task"] == task]


def _digest(value: Any) -> str:
    """A short name for what decides the outcome of a run."""
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode("utf-8")).hexdigest()[:12]


def _resolved(data_dir: str, settings: Mapping[str, Any]) -> Any:
    return hyperparameters.resolve_in(data_dir, "objective", settings)


def _pretrained(data_dir: str, folder: str, name: str, settings: Mapping[str, Any]) -> str:
    """The folder of the exported encoder of a run."""
    branch = chapters.branch(data_dir, os.path.join(folder, "data"), lines=2000)
    for part in ("pretrain_tfrecords", "valid_tfrecords"):
        source, target = os.path.join(data_dir, part), os.path.join(branch, part)
        if os.path.isdir(source) and not os.path.lexists(target):
            os.symlink(os.path.abspath(source), target)
    pretraining.finish(branch, name, **settings)
    made = conversion.convert(branch, name)
    return (made["discriminator"] or made["generator"])["folder"]


def _fine_tuned(
    model: str,
    labelled: Mapping[str, tasks.Labelled],
    sentences: int,
    start: str,
    fine: Mapping[str, Any],
    rates: Sequence[float],
) -> Iterator[Dict[str, Any]]:
    chosen = finetuning.settings_of(fine)
    for name, each in labelled.items():
        examples = tasks.few(each, sentences, chosen.seed)
        _, result = finetuning.fit_at_best_rate(model, each, examples, start, chosen, rates)
        main = result["test"]["main"]
        outcome = dict(task=name, sentences=len(examples), main=main, value=result["test"][main])
        yield dict(outcome, learning_rate=result["settings"]["learning_rate"])
