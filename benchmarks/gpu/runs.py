"""Whole runs of ``python -m helpers.pretraining``: over devices and interruptions, and into memory that runs out."""

import json
import os
import resource
import shutil
import signal
import subprocess
import tempfile
import threading
from typing import Dict, Optional

from helpers.pretraining import run_state

from . import children

# Limits on a CPU, as shares of what one part of a batch needs more than eight.  About every second ends the program
# in a place that cannot say that there is no room, such as the start of a thread, so there are many to try.
SHARES = (0.8, 0.9, 0.5, 0.2, 0.7, 0.4, 0.95, 0.6, 0.3, 0.1, 0.85, 0.75)
CONTEXT_GB = 1.0  # that a process takes of a card beside its tensors
FILLED_SECONDS = 60  # in which a card is filled
BEFORE_SIGTERM = 1 / 3  # of the training on the GPU
STARTS_SECONDS = 80  # of the four processes of over_devices, but for the first steps on the GPU


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


def over_devices(data_dir, settings, clock, training_seconds, step_seconds, found, start_seconds=180) -> None:
    """A run begun on the CPU that goes on on the GPU, is sent SIGTERM there, goes on on the CPU and ends on the GPU.

    What comes out is put into the dict ``found`` as it comes, so that it stands there when a part of it fails.
    Its length is what the GPU should do in ``training_seconds``, so the learning rate runs through its whole schedule.
    It ends after as many seconds at the latest; the held-out metrics are taken then.  A start gets ``start_seconds``.
    """
    total = max(12, int(training_seconds / step_seconds))
    settings = dict(settings, num_train_steps=total, save_checkpoints_steps=10**6)
    run = Run(data_dir, "gpu-run", settings, clock)
    found["num_train_steps"] = total

    def go_on(name, seconds, **options):
        found[name] = run.go_on(seconds, **options)
        if found[name]["error"]:
            raise children.Failed(f"{name}: {found[name]['error']}")
        return found[name]

    go_on("begun on the CPU", start_seconds, on_gpu=False, until=2)
    before = training_seconds * BEFORE_SIGTERM
    stopped = go_on("on the GPU, until SIGTERM", start_seconds + training_seconds, after=before, until=total // 2)
    go_on("back on the CPU", start_seconds, on_gpu=False, until=stopped["step"] + 2)
    seconds = start_seconds + training_seconds
    last = go_on("to the end on the GPU", seconds, do_eval=True, max_seconds=float(training_seconds))
    found["held_out"] = (last["result"] or {}).get("evaluation")
    stops = [part for part in found.values() if isinstance(part, dict) and "status" in part]
    steps = [part["step"] for part in stops]
    found["goes on everywhere"] = all(part["status"] == 0 for part in stops) and steps == sorted(set(steps))


def crowded(data_dir, settings, clock, row, found) -> None:
    """What is said when a batch does not fit into memory, and into how many parts, as that advises, it does.

    ``found`` gets it, as far as it came: ``said``, ``fits_in_parts``, and the ``sentences`` of all tries.

    On a card another process takes what leaves three quarters of the memory that the batch needs by ``row``
    (as from benchmarks.gpu.step); on a CPU the address space of the run is limited.
    """
    if "card_gb" not in row:
        fewer, more = _address_space(data_dir, settings, clock)
        for share in SHARES:
            try:
                return _doubled(data_dir, settings, clock, found, _limit(fewer + share * (more - fewer)))
            except children.Failed as error:
                failed = error
        raise failed
    leave = 0.75 * row["memory_gb"] + CONTEXT_GB
    command = children.module("benchmarks.gpu.filler", "--leave-gb", str(leave))
    with tempfile.TemporaryFile() as errors, subprocess.Popen(
        command, cwd=children.PROJECT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors,
        universal_newlines=True, preexec_fn=os.setpgrp,
    ) as filler:  # fmt: skip
        late = threading.Timer(min(FILLED_SECONDS, clock.left()), children.kill, [filler])
        late.start()
        try:
            told = filler.stdout.readline()  # once the memory is taken
            late.cancel()
            if not told:
                errors.seek(0)
                said = errors.read().decode("utf-8", "replace").strip()[-children.LAST_WORDS :]
                raise children.Failed(f"the card's memory cannot be taken: {said or 'it took too long'}")
            found["filler"] = json.loads(told)
            _doubled(data_dir, settings, clock, found)
        finally:
            late.cancel()
            children.kill(filler)


def _doubled(data_dir, settings, clock, found, limit=None):
    found.update(said=None, fits_in_parts=None, sentences=[])
    for parts in (1, 2, 4, 8):
        changed = dict(settings, gradient_accumulation_steps=parts, num_train_steps=2, valid_tfrecords="")
        ended = Run(data_dir, "gpu-memory", changed, clock).go_on(clock.left(), limit=limit)
        if ended["status"] == 0:
            found["fits_in_parts"] = parts
            break
        found["sentences"].append(ended["error"])
        found["said"] = found["sentences"][0]


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
