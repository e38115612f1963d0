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
from typing import Any, Dict, List, NamedTuple, Optional, Tuple

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


# What training keeps beside the model: the optimizer's moments, the number of steps and the loss scale.
OPTIMIZER_SUFFIXES = ("/adam_m", "/adam_v")
NOT_WEIGHTS = ("global_step", "mixed_precision/loss_scale", "mixed_precision/good_steps")


class State(NamedTuple):
    """``kind`` is "new", "resume", "finished" or "other"; ``step`` the last checkpoint's; ``reason`` why "other"."""

    kind: str
    step: int
    reason: str = ""


def data_identity(pattern: str) -> Any:
    """What tells one folder of examples from another: how it was made, or its files' names and sizes."""
    folder, names = os.path.split(pattern)
    folder = folder or "."
    made = manifest.read(folder)
    if made is None:
        found = remote.list_files(folder, names) if remote.folder_exists(folder) else []
        return [[name, remote.file_size(os.path.join(folder, name))] for name in found]
    inputs = {name: known["sha256"] if isinstance(known, dict) else known for name, known in made["inputs"].items()}
    return dict(parameters=made["parameters"], inputs=inputs, examples=made["examples"])


def newest_checkpoint(model_dir: str) -> Optional[str]:
    """The checkpoint that TensorFlow's file ``checkpoint`` names as the newest: the path that its files begin with.

    The folder may have moved since, so only the name counts.  None where the file is missing or cannot be read, or
    where there is no such checkpoint.
    """
    try:
        with open(os.path.join(model_dir, "checkpoint"), encoding="utf-8") as file:
            named = re.search(r'^model_checkpoint_path:\s*"(?:[^"]*/)?([^"/]+)"', file.read(), re.MULTILINE)
    except (OSError, UnicodeDecodeError):
        return None
    prefix = os.path.join(model_dir, named.group(1)) if named else ""
    return prefix if named and os.path.exists(f"{prefix}.index") else None


def kept_checkpoints(model_dir: str) -> Dict[int, str]:
    """The checkpoints in a folder: their names, without the ending of a file, by step."""
    found = [re.match(r"(.*-(\d+))\.index$", name) for name in os.listdir(model_dir)]
    return {int(match.group(2)): match.group(1) for match in found if match}


def is_weight(name: str) -> bool:
    """Whether a TensorFlow variable belongs to the model, not to its training."""
    return name not in NOT_WEIGHTS and not name.endswith(OPTIMIZER_SUFFIXES)


def checkpoint_step(model_dir: str) -> int:
    """Step of the newest whole checkpoint, 0 when there is none."""
    step = re.search(r"-(\d+)$", newest_checkpoint(model_dir) or "")
    return int(step.group(1)) if step else 0


def look(hparams: hyperparameters.Hyperparameters) -> State:
    """:class:`State` of the run in ``hparams.model_dir``, seen by a call with ``hparams``."""
    step = checkpoint_step(hparams.model_dir)
    if not step:
        return State("new", 0)
    earlier = read_json(os.path.join(hparams.model_dir, HPARAMS_FILE), {})
    for name, value in hyperparameters.as_dict(hparams).items():
        if name not in hyperparameters.MAY_CHANGE and name in earlier and earlier[name] != value:
            return State("other", step, f"{name} was {earlier[name]!r} and is {value!r}")
    if step > hparams.num_train_steps:
        return State("other", step, f"it has {step} steps and {hparams.num_train_steps} are asked for")
    run = read_json(os.path.join(hparams.model_dir, RUN_FILE), {})
    if "data" in run and run["data"] != data_identity(hparams.pretrain_tfrecords):
        return State("other", step, "it was trained on other data")
    if step == hparams.num_train_steps and run.get("finished_step") == step:
        return State("finished", step)
    return State("resume", step)


def put_aside(model_dir: str) -> str:
    """Rename ``model_dir`` to the first free ``model_dir.old-N``; returns the new name."""
    number = 1
    while os.path.exists(f"{model_dir}.old-{number}"):
        number += 1
    aside = f"{model_dir}.old-{number}"
    os.rename(model_dir, aside)
    return aside


def begin(hparams: hyperparameters.Hyperparameters, tensorflow_version: str, workers: int = 1, step: int = 0) -> None:
    """Write hparams.json and run.json for a run that starts, or goes on after ``step``, on so many ``workers``."""
    settings = dict(hyperparameters.as_dict(hparams), tensorflow=tensorflow_version)
    write_json(os.path.join(hparams.model_dir, HPARAMS_FILE), settings)
    stopped = [each for each in stops(hparams.model_dir) if each < step] + ([step] if step else [])
    run = dict(data=data_identity(hparams.pretrain_tfrecords), workers=workers, stops=stopped)
    write_json(os.path.join(hparams.model_dir, RUN_FILE), run)


def stops(model_dir: str) -> List[int]:
    """The steps after which a run has gone on, having been stopped; as far as run.json tells."""
    return list(read_json(os.path.join(model_dir, RUN_FILE), {}).get("stops", []))


def finish(hparams: hyperparameters.Hyperparameters, seconds: float) -> None:
    """Note in run.json that the run is finished; ``seconds`` is the time that this call trained."""
    path = os.path.join(hparams.model_dir, RUN_FILE)
    write_json(path, dict(read_json(path, {}), finished_step=hparams.num_train_steps, seconds=round(seconds, 1)))


def seconds(model_dir: str) -> Optional[float]:
    """Seconds that the finished run's last call took, or None."""
    return read_json(os.path.join(model_dir, RUN_FILE), {}).get("seconds")


def status(model_dir: str) -> Optional[Dict[str, Any]]:
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


def read_metrics(path: str) -> List[Dict[str, Any]]:
    """The rows of a run's metrics.jsonl in their order; ``path`` is the file or the folder that holds it.

    Each row is a dict with ``event`` ("train" or "eval"), ``step`` and numbers.  Lines that are no such row, as a
    process leaves one when it is killed while it writes, are passed over; of two rows of one event and step the
    later counts.  Empty where there is no file.
    """
    return _read_metrics(path)[0]


def _read_metrics(path: str) -> Tuple[List[Dict[str, Any]], int]:
    """The rows, and how many whole lines were none."""
    path = os.path.join(path, METRICS_FILE) if os.path.isdir(path) else path
    rows, damaged = {}, 0
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            for line in file:
                row = _metrics_row(line)
                if row is not None:
                    rows[row["event"], row["step"]] = row
                elif line.endswith("\n"):
                    damaged += 1
    except (FileNotFoundError, NotADirectoryError):
        pass
    return list(rows.values()), damaged


def _metrics_row(line):
    try:
        row = json.loads(line)
        return row if isinstance(row["event"], str) and isinstance(row["step"], int) else None
    except (ValueError, TypeError, KeyError, RecursionError):
        return None


def last_held_out(rows: List[Dict[str, Any]]) -> Dict[str, Any]:
    """The last held-out metrics among rows of metrics.jsonl, ``step`` with them; an empty dict where there are none."""
    return next((row for row in reversed(rows) if row["event"] == "eval"), {})


def cut_metrics(model_dir: str, step: int) -> Tuple[List[Dict[str, Any]], int]:
    """Drop the rows of metrics.jsonl after ``step``: the run will write them again.

    Returns the rows that are left, and the number of damaged lines that are gone with the others.
    """
    rows, damaged = _read_metrics(os.path.join(model_dir, METRICS_FILE))
    rows = [row for row in rows if row["step"] <= step]
    with write_aside(os.path.join(model_dir, METRICS_FILE)) as file:
        file.writelines(f"{json.dumps(row)}\n" for row in rows)
    return rows, damaged


class Heartbeat:
    """Writes ``live.json`` into a run's folder every two seconds of work."""

    def __init__(self, model_dir: str):
        self._path = os.path.join(model_dir, LIVE_FILE)
        self._written = 0.0
        self._first = None  # step and time when the first training step was done

    def __call__(self, doing: str, step: int, num_train_steps: int) -> None:
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

    def end(self) -> None:
        """Take the sign away: the process ends as it should."""
        with contextlib.suppress(OSError):
            os.remove(self._path)


def last_beat(model_dir: str) -> Dict[str, Any]:
    """``running``, and while it is true ``step``, ``doing``, ``seconds_left`` (or None), told by live.json."""
    sign = read_json(os.path.join(model_dir, LIVE_FILE))
    try:
        fresh = time.time() - sign["time"] < STALE_SECONDS
        if not fresh or (sign["host"] == socket.gethostname() and not lock.alive(sign["pid"])):
            return NO_BEAT
        return dict(running=True, step=sign["step"], doing=sign["doing"], seconds_left=sign["seconds_left"])
    except (TypeError, KeyError):
        return NO_BEAT
