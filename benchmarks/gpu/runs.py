"""Whole runs of ``python -m helpers.pretraining``: over devices and interruptions, and into memory that runs out."""

import json
import os
import resource
import shutil
import signal
import subprocess
from typing import Dict, Optional

from helpers.pretraining import run_state

from . import children

# Limits on a CPU, as shares of what one part of a batch needs more than eight.  About every second ends the program
# in a place that cannot say that there is no room, such as the start of a thread, so there are many to try.
SHARES = (0.8, 0.9, 0.5, 0.2, 0.7, 0.4, 0.95, 0.6, 0.3, 0.1, 0.85, 0.75)
CONTEXT_GB = 1.0  # that a process takes of a card beside its tensors


class Run:
    """A run in ``data_dir`` that is started, stopped and gone on with.

    Parameters
    ----------
    data_dir, name : str
    settings : dict of hyperparameters
    clock : children.Clock
    """

    def __init__(self, data_dir: str, name: str, settings: Dict[str, object], clock: children.Clock):
        self._arguments, self._settings = ["--data-dir", data_dir, "--model-name", name, "--events"], settings
        self.folder, self._clock = os.path.join(data_dir, "models", name), clock
        shutil.rmtree(self.folder, ignore_errors=True)

    def go_on(
        self, seconds: float, on_gpu: bool = True, until: Optional[int] = None, after: Optional[float] = None,
        limit=None, **changes: object,
    ) -> dict:  # fmt: skip
        """Start it, or go on where it stopped, with ``changes`` of its settings.

        SIGTERM is sent once step ``until`` was made, or ``after`` so many seconds of training.  Returns ``first``
        and ``last`` (step and loss), ``step`` of the checkpoint that it left, the exit code ``status``, the ``error``
        that it ended with, if any, and ``result``.
        """
        seen = dict(first=None, last=None, error=None, result=None, status=None)
        child = []

        def note(line):
            event = json.loads(line)
            if event["event"] == "error":
                seen["error"] = event["message"]
            elif event["event"] == "result":
                seen["result"] = {name: value for name, value in event.items() if name != "event"}
            elif event["event"] == "progress" and "loss" in event.get("values", {}):
                step = dict(step=event["done"], loss=event["values"]["loss"])
                seen["first"], seen["last"] = seen["first"] or step, step
                late = after is not None and event["seconds"] >= after
                if late or until is not None and event["done"] >= until:
                    child[0].send_signal(signal.SIGTERM)

        hparams = json.dumps(dict(self._settings, **changes))
        command = children.module("helpers.pretraining", *self._arguments, "--hparams", hparams)
        allowed = min(seconds, self._clock.left())
        seen["status"], said = children.follow(
            command, allowed, note, children.environment(on_gpu), child.append, limit
        )
        if seen["status"] and not seen["error"]:
            raise children.Failed(said or f"it ended with code {seen['status']}")
        return dict(seen, step=run_state.checkpoint_step(self.folder))


def over_devices(data_dir, settings, clock, training_seconds, step_seconds) -> dict:
    """A run begun on the CPU that goes on on the GPU, is sent SIGTERM there, goes on on the CPU and ends on the GPU.

    Its length is what the GPU should do in ``training_seconds``, so the learning rate runs through its whole schedule.
    It ends after as many seconds at the latest; the held-out metrics are taken then.
    """
    total = max(12, int(training_seconds / step_seconds))
    settings = dict(settings, num_train_steps=total, save_checkpoints_steps=10**6)
    run, found = Run(data_dir, "gpu-run", settings, clock), dict(num_train_steps=total)
    found["begun on the CPU"] = run.go_on(180, on_gpu=False, until=2)
    found["on the GPU, until SIGTERM"] = run.go_on(60 + training_seconds, after=training_seconds / 3, until=total // 2)
    found["back on the CPU"] = run.go_on(180, on_gpu=False, until=found["on the GPU, until SIGTERM"]["step"] + 2)
    last = run.go_on(120 + training_seconds, do_eval=True, max_seconds=float(training_seconds))
    found["to the end on the GPU"], found["held_out"] = last, last["result"]["evaluation"]
    stops = [part for part in found.values() if isinstance(part, dict) and "status" in part]
    steps = [part["step"] for part in stops]
    found["goes on everywhere"] = all(part["status"] == 0 for part in stops) and steps == sorted(set(steps))
    return found


def crowded(data_dir, settings, clock, row) -> dict:
    """What is said when a batch does not fit into memory, and into how many parts, as that advises, it does.

    On a card another process takes what leaves three quarters of the memory that the batch needs by ``row``
    (as from benchmarks.gpu.step); on a CPU the address space of the run is limited.
    """
    if "card_gb" not in row:
        fewer, more = _address_space(data_dir, settings, clock)
        for share in SHARES:
            try:
                return _doubled(data_dir, settings, clock, _limit(fewer + share * (more - fewer)))
            except children.Failed as error:
                failed = error
        raise failed
    leave = 0.75 * row["memory_gb"] + CONTEXT_GB
    command = children.module("benchmarks.gpu.filler", "--leave-gb", str(leave))
    with subprocess.Popen(
        command, cwd=children.PROJECT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, universal_newlines=True
    ) as filler:
        try:
            told = json.loads(filler.stdout.readline())  # once the memory is taken
            return dict(_doubled(data_dir, settings, clock), filler=told)
        finally:
            filler.kill()


def _doubled(data_dir, settings, clock, limit=None):
    sentences = []
    for parts in (1, 2, 4, 8):
        changed = dict(settings, gradient_accumulation_steps=parts, num_train_steps=2, valid_tfrecords="")
        ended = Run(data_dir, "gpu-memory", changed, clock).go_on(clock.left(), limit=limit)
        if ended["status"] == 0:
            return dict(said=sentences[0] if sentences else None, fits_in_parts=parts, sentences=sentences)
        sentences.append(ended["error"])
    return dict(said=sentences[0], fits_in_parts=None, sentences=sentences)


def _address_space(data_dir, settings, clock):
    """GB of address space that the batch needs in eight parts and in one."""
    needed = []
    for parts in (8, 1):
        command = children.module(
            "benchmarks.gpu.step", "--data-dir", data_dir, "--steps", "1", "--warm-up", "1",
            "--hparams", json.dumps(dict(settings, gradient_accumulation_steps=parts)),
        )  # fmt: skip
        needed.append(children.measured(command, clock.left())["address_space_gb"])
    return needed


def _limit(gigabytes):
    most = int(gigabytes * 1e9)
    return lambda: resource.setrlimit(resource.RLIMIT_AS, (most, most))
