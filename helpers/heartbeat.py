"""A sign of life that a training process leaves beside its run, so that others can tell where it stands."""

import contextlib
import json
import os
import socket
import time

from . import lock
from .files import read_json

FILE = "live.json"
SECONDS_BETWEEN = 2
STALE_SECONDS = 600  # a process on another machine that has been silent for so long is taken for dead
NOTHING = dict(running=False, doing=None, seconds_left=None)


class Heartbeat:
    """Writes ``live.json`` into a run's folder every two seconds of work."""

    def __init__(self, model_dir):
        self._path = os.path.join(model_dir, FILE)
        self._written = 0.0
        self._first = None  # step and time when the first training step was done

    def __call__(self, doing, step, num_train_steps):
        """Say what is being done ("training", "evaluating", "saving") at which step."""
        now = time.time()
        self._first = self._first or (step, now)
        if now - self._written < SECONDS_BETWEEN:
            return
        self._written = now
        done, seconds = step - self._first[0], now - self._first[1]
        left = (num_train_steps - step) * seconds / done if done else None
        sign = dict(step=step, doing=doing, seconds_left=left, time=now, pid=os.getpid(), host=socket.gethostname())
        # Not worth stopping a run for: on a full disk the next checkpoint will say what is wrong.
        with contextlib.suppress(OSError):
            aside = self._path + ".tmp"
            with open(aside, "w", encoding="utf-8") as file:
                json.dump(sign, file)
            os.replace(aside, self._path)

    def end(self):
        """Take the sign away: the process ends as it should."""
        with contextlib.suppress(OSError):
            os.remove(self._path)


def last_beat(model_dir):
    """``running``, and while it is true ``step``, ``doing``, ``seconds_left`` (or None), told by live.json."""
    sign = read_json(os.path.join(model_dir, FILE))
    try:
        fresh = time.time() - sign["time"] < STALE_SECONDS
        if not fresh or (sign["host"] == socket.gethostname() and not lock.alive(sign["pid"])):
            return NOTHING
        return dict(running=True, step=sign["step"], doing=sign["doing"], seconds_left=sign["seconds_left"])
    except (TypeError, KeyError):
        return NOTHING
