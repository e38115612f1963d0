"""Commands that are given so much time and no more, and that leave one JSON object or a stream of events."""

import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from typing import Callable, Dict, List, Optional

PROJECT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
FOREIGN = ("PYTHONPATH", "LD_LIBRARY_PATH", "XLA_FLAGS")  # what makes a TensorFlow's packages and libraries be found
LAST_WORDS = 1200  # characters of stderr that go into an error


class Failed(Exception):
    """A command that failed or took too long, in its own last words."""


class Clock:
    """So many seconds, from now on, for everything together."""

    def __init__(self, seconds: float):
        self._end = time.monotonic() + seconds

    def left(self) -> float:
        """Seconds that are left, none being the least."""
        return max(0.0, self._end - time.monotonic())


def environment(on_gpu: bool = True, foreign: bool = True, **more: str) -> Dict[str, str]:
    """This process's environment for a child; without ``foreign`` for one with packages and libraries of its own."""
    found = {name: value for name, value in os.environ.items() if foreign or name not in FOREIGN}
    if not on_gpu:
        found["CUDA_VISIBLE_DEVICES"] = ""
    return dict(found, **more)


def measured(command: List[str], seconds: float, env: Optional[Dict[str, str]] = None) -> dict:
    """The JSON object in the last line of what ``command`` prints; raises :class:`Failed`."""
    lines = []
    status, said = follow(command, seconds, lines.append, env)
    if status:
        raise Failed(said or f"it ended with code {status}")
    return json.loads(lines[-1])


def follow(
    command: List[str], seconds: float, line: Callable[[str], object], env=None, started=None, limit=None
) -> tuple:
    """Run ``command`` and call ``line`` with each line that it prints; returns its exit code and last words.

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
    with tempfile.TemporaryFile() as errors:
        process = subprocess.Popen(
            command, cwd=PROJECT, env=env, stdout=subprocess.PIPE, stderr=errors, stdin=subprocess.DEVNULL,
            universal_newlines=True, preexec_fn=limit,
        )  # fmt: skip
        late = threading.Event()

        def kill():
            late.set()
            process.kill()

        timer = threading.Timer(seconds, kill)
        timer.start()
        try:
            if started is not None:
                started(process)
            for each in process.stdout:
                line(each)
            process.wait()
        finally:
            timer.cancel()
            if process.poll() is None:
                process.kill()
                process.wait()
            process.stdout.close()
        errors.seek(0)
        said = errors.read().decode("utf-8", "replace").strip()[-LAST_WORDS:]
    if late.is_set():
        raise Failed(f"it was stopped after {seconds:.0f} s; it had said: {said}")
    return process.returncode, said


def module(name: str, *arguments: str) -> List[str]:
    """The command that runs a module of the project on this interpreter."""
    return [sys.executable, "-m", name, *arguments]
