"""Where a pre-training run stands, told from its files alone: nothing here needs TensorFlow.

A run is what its hyperparameters and its data make it.  The same call again continues it, or finds
it finished; other settings are another run, and the earlier one is put aside, never deleted.
"""

import contextlib
import json
import os
import re
import socket
import time
from typing import NamedTuple, Optional

from helpers.base import lock, remote
from helpers.base.files import read_json, write_aside, write_json
from helpers.data.dataset import manifest
from helpers.pretraining import hyperparameters

HPARAMS_FILE, RUN_FILE, METRICS_FILE = "hparams.json", "run.json", "metrics.jsonl"
LIVE_FILE = "live.json"  # a sign of life, so that others can tell where a run stands
SECONDS_BETWEEN_BEATS = 2
STALE_SECONDS = 600  # a process on another machine that has been silent for so long is taken for dead
NO_BEAT = dict(running=False, doing=None, seconds_left=None)
BEST_FOLDER, BEST_FILE = "best", "best.json"  # the weights with the lowest held-out loss; which step's they are

# What may change between two calls of one run: its length, its bookkeeping, where its files lie, and what suits
# the machine that it goes on on.
MAY_CHANGE = frozenset(
    "num_train_steps num_warmup_steps save_checkpoints_steps keep_checkpoint_max num_eval_steps eval_batch_size "
    "eval_steps log_steps max_seconds iterations_per_loop do_train do_eval debug model_name model_dir results_txt "
    "gradient_accumulation_steps mixed_precision keep_best "
    "pretrain_tfrecords valid_tfrecords vocab_file".split()
)


# What training keeps beside the model: the optimizer's moments, the number of steps and the loss scale.
OPTIMIZER_SUFFIXES = ("/adam_m", "/adam_v")
NOT_WEIGHTS = ("global_step", "mixed_precision/loss_scale", "mixed_precision/good_steps")


class State(NamedTuple):
    """``kind`` is "new", "resume", "finished" or "other"; ``step`` the last checkpoint's; ``reason`` why "other"."""

    kind: str
    step: int
    reason: str = ""


def data_identity(pattern):
    """What tells one folder of examples from another: how it was made, or its files' names and sizes."""
    folder, names = os.path.split(pattern)
    folder = folder or "."
    made = manifest.read(folder)
    if made is None:
        found = remote.list_files(folder, names) if remote.folder_exists(folder) else []
        return [[name, remote.file_size(os.path.join(folder, name))] for name in found]
    inputs = {name: known["sha256"] if isinstance(known, dict) else known for name, known in made["inputs"].items()}
    return dict(parameters=made["parameters"], inputs=inputs, examples=made["examples"])


def newest_prefix(model_dir: str) -> Optional[str]:
    """What the newest checkpoint's files in ``model_dir`` begin with, as TensorFlow's file ``checkpoint`` names it.

    The folder may have moved since that was written, so only the name counts.  None where there is no such file, or no
    such checkpoint.
    """
    try:
        with open(os.path.join(model_dir, "checkpoint"), encoding="utf-8", errors="replace") as file:
            newest = re.search(r'^model_checkpoint_path:\s*"(?:.*/)?(.*)"', file.read(), re.MULTILINE)
    except (FileNotFoundError, NotADirectoryError):
        return None
    prefix = os.path.join(model_dir, newest.group(1)) if newest else None
    return prefix if prefix and os.path.exists(f"{prefix}.index") else None


def step_of(prefix: str) -> int:
    """The step in a checkpoint's name, 0 where it has none."""
    number = re.search(r"-(\d+)$", prefix)
    return int(number.group(1)) if number else 0


def checkpoint_step(model_dir: str) -> int:
    """Step of the newest whole checkpoint, 0 when there is none."""
    return step_of(newest_prefix(model_dir) or "")


def look(hparams):
    """:class:`State` of the run in ``hparams.model_dir``, seen by a call with ``hparams``."""
    step = checkpoint_step(hparams.model_dir)
    if not step:
        return State("new", 0)
    earlier = read_json(os.path.join(hparams.model_dir, HPARAMS_FILE), {})
    for name, value in hyperparameters.as_dict(hparams).items():
        if name not in MAY_CHANGE and name in earlier and earlier[name] != value:
            return State("other", step, f"{name} was {earlier[name]!r} and is {value!r}")
    if step > hparams.num_train_steps:
        return State("other", step, f"it has {step} steps and {hparams.num_train_steps} are asked for")
    run = read_json(os.path.join(hparams.model_dir, RUN_FILE), {})
    if "data" in run and run["data"] != data_identity(hparams.pretrain_tfrecords):
        return State("other", step, "it was trained on other data")
    if step == hparams.num_train_steps and run.get("finished_step") == step:
        return State("finished", step)
    return State("resume", step)


def put_aside(model_dir):
    """Rename ``model_dir`` to the first free ``model_dir.old-N``; returns the new name."""
    number = 1
    while os.path.exists(f"{model_dir}.old-{number}"):
        number += 1
    aside = f"{model_dir}.old-{number}"
    os.rename(model_dir, aside)
    return aside


def begin(hparams, tensorflow_version, workers=1):
    """Write hparams.json and run.json for a run that starts or goes on on so many ``workers``."""
    settings = dict(hyperparameters.as_dict(hparams), tensorflow=tensorflow_version)
    write_json(os.path.join(hparams.model_dir, HPARAMS_FILE), settings)
    run = dict(data=data_identity(hparams.pretrain_tfrecords), workers=workers)
    write_json(os.path.join(hparams.model_dir, RUN_FILE), run)


def finish(hparams, seconds):
    """Note in run.json that the run is finished; ``seconds`` is the time that this call trained."""
    path = os.path.join(hparams.model_dir, RUN_FILE)
    write_json(path, dict(read_json(path, {}), finished_step=hparams.num_train_steps, seconds=round(seconds, 1)))


def seconds(model_dir):
    """Seconds that the finished run's last call took, or None."""
    return read_json(os.path.join(model_dir, RUN_FILE), {}).get("seconds")


def status(model_dir):
    """Where the run in ``model_dir`` stands (see :func:`helpers.pretraining.status`)."""
    hparams = read_json(os.path.join(model_dir, HPARAMS_FILE))
    if hparams is None:
        return None
    rows = read_metrics(model_dir)
    last = {row["event"]: row for row in rows}
    saved = checkpoint_step(model_dir)
    beat = last_beat(model_dir)
    return dict(
        step=beat["step"] if beat["running"] else max([saved] + [row["step"] for row in rows[-1:]]),
        running=beat["running"],
        doing=beat["doing"],
        seconds_left=beat["seconds_left"],
        best=read_json(os.path.join(model_dir, BEST_FILE)),
        num_train_steps=hparams["num_train_steps"],
        checkpoint_step=saved,
        finished=read_json(os.path.join(model_dir, RUN_FILE), {}).get("finished_step") == hparams["num_train_steps"],
        train=last.get("train"),
        eval=last.get("eval"),
    )


def read_metrics(model_dir):
    """The rows of metrics.jsonl; a last line that was cut short is left out."""
    rows = []
    try:
        with open(os.path.join(model_dir, METRICS_FILE), encoding="utf-8") as file:
            for line in file:
                try:
                    rows.append(json.loads(line))
                except ValueError:
                    break
    except (FileNotFoundError, NotADirectoryError):
        pass
    return rows


def is_weight(name):
    """Whether a TensorFlow variable belongs to the model, not to its training."""
    return name not in NOT_WEIGHTS and not name.endswith(OPTIMIZER_SUFFIXES)


def cut_metrics(model_dir, step):
    """Drop the rows of metrics.jsonl after ``step``: the run will write them again."""
    rows = [row for row in read_metrics(model_dir) if row["step"] <= step]
    with write_aside(os.path.join(model_dir, METRICS_FILE)) as file:
        file.writelines(f"{json.dumps(row)}\n" for row in rows)
    return rows


class Heartbeat:
    """Writes ``live.json`` into a run's folder every two seconds of work."""

    def __init__(self, model_dir):
        self._path = os.path.join(model_dir, LIVE_FILE)
        self._written = 0.0
        self._first = None  # step and time when the first training step was done

    def __call__(self, doing, step, num_train_steps):
        """Say what is being done ("training", "evaluating", "saving") at which step."""
        now = time.time()
        self._first = self._first or (step, now)
        if now - self._written < SECONDS_BETWEEN_BEATS:
            return
        self._written = now
        done, seconds = step - self._first[0], now - self._first[1]
        left = (num_train_steps - step) * seconds / done if done else None
        sign = dict(step=step, doing=doing, seconds_left=left, time=now, pid=os.getpid(), host=socket.gethostname())
        # Not worth stopping a run for: on a full disk the next checkpoint will say what is wrong.
        with contextlib.suppress(OSError):
            aside = f"{self._path}.tmp"
            with open(aside, "w", encoding="utf-8") as file:
                json.dump(sign, file)
            os.replace(aside, self._path)

    def end(self):
        """Take the sign away: the process ends as it should."""
        with contextlib.suppress(OSError):
            os.remove(self._path)


def last_beat(model_dir):
    """``running``, and while it is true ``step``, ``doing``, ``seconds_left`` (or None), told by live.json."""
    sign = read_json(os.path.join(model_dir, LIVE_FILE))
    try:
        fresh = time.time() - sign["time"] < STALE_SECONDS
        if not fresh or (sign["host"] == socket.gethostname() and not lock.alive(sign["pid"])):
            return NO_BEAT
        return dict(running=True, step=sign["step"], doing=sign["doing"], seconds_left=sign["seconds_left"])
    except (TypeError, KeyError):
        return NO_BEAT
