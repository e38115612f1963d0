"""Commands that are given so much time and no more, and that leave one JSON object or a stream of events."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from typing import Callable, Dict, List, Optional

PROJECT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
FOREIGN = ("PYTHONPATH", "LD_LIBRARY_PATH", "XLA_FLAGS")  # what makes a TensorFlow's packages and libraries be found
DRIVER = "libcuda.so.1"
LAST_WORDS = 1200  # characters of stderr that go into an error


class Failed(Exception):
    """A command that failed or took too long, in its own last words."""


class Clock:
    """So many seconds, from now on, for everything together."""

    def __init__(self, seconds: float):
        self._began = time.monotonic()
        self._end = self._began + seconds

    def left(self) -> float:
        """Seconds that are left, none being the least."""
        return max(0.0, self._end - time.monotonic())

    def until(self, seconds: float) -> "Clock":
        """A clock that ends so many seconds after this one began, and not after this one."""
        return Clock(min(self._end, self._began + seconds) - time.monotonic())


def environment(on_gpu: bool = True, foreign: bool = True, **more: str) -> Dict[str, str]:
    """This process's environment for a child; without ``foreign`` for one with packages and libraries of its own.

    The folder that holds the driver's own library stays: some machines name it in LD_LIBRARY_PATH alone.
    """
    found = {name: value for name, value in os.environ.items() if foreign or name not in FOREIGN}
    folders = os.environ.get("LD_LIBRARY_PATH", "").split(os.pathsep)
    drivers = [folder for folder in folders if folder and os.path.exists(os.path.join(folder, DRIVER))]
    if drivers and not foreign:
        found["LD_LIBRARY_PATH"] = os.pathsep.join(drivers)
    if not on_gpu:
        found["CUDA_VISIBLE_DEVICES"] = ""
    return dict(found, **more)


def measured(command: List[str], seconds: float, env: Optional[Dict[str, str]] = None) -> dict:
    """The JSON object in the last line of what ``command`` prints; raises :class:`Failed`.

    What a command has found before it failed counts: the object has the reason under ``ended`` then.
    """
    lines, ended = [], None
    try:
        status, said = follow(command, seconds, lines.append, env)
        if status:
            ended = _ending(status, said)
    except Failed as error:
        ended = str(error)
    try:
        found = json.loads(lines[-1]) if lines else None
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise Failed(ended or f"it printed no result: {(lines or [''])[-1][:200]!r}")
    return found if ended is None else dict(found, ended=ended)


def _ending(status, said):
    """How a process ended that was to end with 0: a crash in a library says nothing itself."""
    by = f"it was ended by {signal.Signals(-status).name}" if status < 0 else f"it ended with code {status}"
    return f"{by}: {said}" if said and status < 0 else said or by


def follow(
    command: List[str], seconds: float, line: Callable[[str], object], env=None, started=None, limit=None
) -> tuple:
    """Run ``command`` and call ``line`` with each line that it prints; returns its exit code and last words.

    It has a process group of its own, which is killed when this ends: nothing that it started stays on the card.

    Parameters
    ----------
    command : list of str
    seconds : float
        It is killed after so many; that raises :class:`Failed`.
    line : function of one line
    env : dict, optional
    started : function of the process, optional
        Called once it runs.
    limit : function, optional
        Called in the new process before the command.
    """
    if seconds < 1:
        raise Failed("no time was left for it")

    def prepare():
        os.setpgrp()
        if limit is not None:
            limit()

    with tempfile.TemporaryFile() as errors:
        process = subprocess.Popen(
            command, cwd=PROJECT, env=env, stdout=subprocess.PIPE, stderr=errors, stdin=subprocess.DEVNULL,
            universal_newlines=True, preexec_fn=prepare,
        )  # fmt: skip
        late = threading.Event()

        def too_late():
            late.set()
            kill(process)

        timer = threading.Timer(seconds, too_late)
        timer.start()
        try:
            if started is not None:
                started(process)
            for each in process.stdout:
                line(each)
            process.wait()
        finally:
            timer.cancel()
            kill(process)
            process.stdout.close()
        errors.seek(0)
        said = errors.read().decode("utf-8", "replace").strip()[-LAST_WORDS:]
    if late.is_set():
        raise Failed(f"it was stopped after {seconds:.0f} s; it had said: {said}")
    return process.returncode, said


def kill(process: subprocess.Popen) -> None:
    """End a process that leads its group, and whatever it started, now."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def module(name: str, *arguments: str) -> List[str]:
    """The command that runs a module of the project on this interpreter."""
    return [sys.executable, "-m", name, *arguments]
