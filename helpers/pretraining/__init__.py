"""Notebook step: pre-train generator and discriminator in the TensorFlow environment.

Reads  DATA_DIR/pretrain_tfrecords/, valid_tfrecords/, vocab.txt, tokenizer_config.json
Writes DATA_DIR/models/MODEL_NAME/ (helpers/pretraining/__main__.py says what)
"""

import dataclasses
import json
import os
import threading
from typing import Any, Dict, Optional

from helpers.base.errors import TutorialError
from helpers.environment import child
from helpers.pretraining import run_state
from helpers.pretraining.hyperparameters import REFERENCE_WARMUP_STEPS, learning_rate, resolve, resolve_in
from helpers.pretraining.run_state import read_metrics


def pretrain(
    data_dir: str = "data",
    model_name: str = "electra-spanish",
    *,
    stop: Optional[threading.Event] = None,
    view: Any = None,
    **settings: Any,
) -> Dict[str, Any]:
    """Train a model, go on with it where it stopped, or find it finished.

    Parameters
    ----------
    data_dir : str
        Folder with the pre-training data and the vocabulary.
    model_name : str
        The run's folder under ``data_dir/models``.
    stop : threading.Event, optional
        Once it is set, the run is saved and ends, as by an interrupt.
    view : object, optional
        Shows the progress in place of the usual view (see ``progress.Display``).
    **settings
        Hyperparameters by the names in ``helpers/pretraining/hyperparameters.py``, such as
        ``num_train_steps=1000, model_size="small"``.  The vocabulary's size and the tokenizer's
        settings are taken from ``data_dir`` when they are not given.

    Returns
    -------
    dict with ``up_to_date``, ``step``, ``stopped``, ``seconds``, ``held_out`` (metrics), ``model_dir``,
    ``metrics`` (rows of metrics.jsonl) and ``stops`` (the steps at which it was stopped and went on).

    Interrupting it saves a checkpoint; the same call goes on from there.  Settings that make another
    run put the earlier one aside under a new name.  Raises TutorialError in one sentence.
    """
    hparams = resolve_in(data_dir, model_name, settings)
    state = run_state.look(hparams)
    if state.kind == "finished":
        print(f"Pre-training is up to date: {hparams.model_dir} has its {state.step} steps.")
        result = dict(step=state.step, stopped=False, seconds=run_state.seconds(hparams.model_dir))
    else:
        arguments = ["--data-dir", data_dir, "--model-name", model_name, "--hparams", json.dumps(settings)]
        result = child.run(
            "helpers.pretraining", arguments, title="Pre-training", stop=stop, view=view, curve=_live_curve
        )
    metrics = read_metrics(hparams.model_dir)
    return dict(
        result,
        up_to_date=state.kind == "finished",
        held_out=run_state.last_held_out(metrics),
        metrics=metrics,
        stops=run_state.stops(hparams.model_dir),
        model_dir=os.path.abspath(hparams.model_dir),
    )


def _live_curve(rows):
    from helpers import plots  # matplotlib need not be where only training runs

    return plots.training_curve(rows, compact=True)


def schedule(hparams: Dict[str, Any]) -> Dict[str, Any]:
    """The learning rate over a run, to be drawn: linear warm-up, then polynomial decay to zero.

    Parameters
    ----------
    hparams : dict
        Hyperparameters by their names, as :func:`pretrain` takes them; those that are not given have their defaults.

    Returns
    -------
    dict
        ``steps`` and ``rates`` (float64, [501]), ``warmup_steps``, ``peak``: the learning rate that the
        warm-up leads to; ``reference_rates``: what the reference's warm-up of ``reference_warmup_steps`` would
        have done in this run, None where the run is as long as that.
    """
    import numpy as np  # a notebook imports this module before anything is installed

    names = ("learning_rate", "num_train_steps", "num_warmup_steps", "lr_decay_power")
    run = resolve({name: hparams[name] for name in names if name in hparams})
    steps = np.linspace(0, run.num_train_steps, 501)

    def rates(warmup_steps):
        return learning_rate(steps, dataclasses.replace(run, num_warmup_steps=warmup_steps), np.minimum)

    return dict(
        steps=steps,
        rates=rates(run.num_warmup_steps),
        warmup_steps=run.num_warmup_steps,
        peak=run.learning_rate,
        reference_rates=rates(REFERENCE_WARMUP_STEPS) if run.num_train_steps < REFERENCE_WARMUP_STEPS else None,
        reference_warmup_steps=REFERENCE_WARMUP_STEPS,
    )


def finish(data_dir: str = "data", model_name: str = "electra-spanish", **settings: Any) -> Dict[str, Any]:
    """As :func:`pretrain`, or TutorialError where the run was stopped on its way: half a model must not be judged."""
    result = pretrain(data_dir, model_name, **settings)
    steps = resolve_in(data_dir, model_name, settings).num_train_steps
    if result["step"] < steps:
        raise TutorialError(
            f"{model_name} was stopped at step {result['step']} of {steps}: the same command goes on from there"
        )
    return result


def status(data_dir: str = "data", model_name: str = "electra-spanish") -> Optional[Dict[str, Any]]:
    """Where a run stands, told from its files, also while another process trains it.

    Returns a dict, or None when there is no such run:

    ``step``, ``num_train_steps``, ``checkpoint_step``, ``finished``;
    ``running``: whether a process trains it now; ``doing``: "training", "evaluating" or "saving"
    and ``seconds_left`` (None until it is known) while it runs;
    ``train``, ``eval``: the last rows of metrics.jsonl; ``best``: ``step`` and ``held_out_loss`` of
    the model in best/.
    """
    return run_state.status(os.path.join(data_dir, "models", model_name))
