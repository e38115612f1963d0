"""Run a module of this project in the TensorFlow interpreter, and show what it is doing.

    result = child.run("helpers.pretraining", ["--data-dir", "data", "--model-name", "small"])

The child reports events (``helpers/base/events.py``) as JSON lines on its standard output; here they become a
progress display.  Its standard error is kept and shown only when it dies without a sentence of its own.

An interrupt (the notebook's stop button, Ctrl-C) is passed on as SIGINT: the child saves and ends, and
its result comes back with ``stopped=True``.  A second interrupt ends it at once.  A child never outlives
its parent: what ``run`` starts is ``python -m helpers.environment.child_main MODULE …``, which runs MODULE,
watches the parent from a thread and, when it is gone, asks MODULE to save and end.
"""

import collections
import json
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from typing import Any, Callable, Dict, Iterable, Optional

from helpers.base import events, progress
from helpers.base.errors import TutorialError
from helpers.base.files import PROJECT
from helpers.environment.child_main import HEARS

# Set for every child, unless the user's environment already says otherwise.
ENVIRONMENT = {
    "TF_CPP_MIN_LOG_LEVEL": "2",  # TensorFlow's C++ side: errors only
    "PYTHONWARNINGS": "ignore::FutureWarning,ignore::DeprecationWarning",  # 1.15 meets NumPy's by the dozen
    "PYTHONUNBUFFERED": "1",
}
# For children whose tensors are huge and short-lived (pass as ``environment``): glibc keeps their pages,
# where it would hand them back to the kernel and have them cleared anew, over and over.
KEEP_PAGES = {"MALLOC_MMAP_MAX_": "0", "MALLOC_TRIM_THRESHOLD_": str(1 << 36), "MALLOC_ARENA_MAX": "1"}

TAIL_LINES = 20
POLL_SECONDS = 0.2
SECONDS_TO_EXIT = 30  # for a child that has said its result
STARVED = " because the machine ran out of memory"
STARVED_PERHAPS = ", by someone or, probably, because the machine ran out of memory"
CRASHED = ", by a fault in a library or, where memory is scarce, for want of it"
SMALLER = ": make the batch or the model smaller; what was saved is kept, and the same call goes on from it"
NO_ROOM = (
    "bad_alloc",
    "Cannot allocate memory",
    "can't start new thread",
    "out of memory",
)  # in a library's last words
NO_CAUSE = "failed call to cuInit"  # TensorFlow says it wherever there is no GPU
_END = object()


def run(
    module: str,
    argv: Iterable[Any] = (),
    title: Optional[str] = None,
    on_event: Optional[Callable[[Dict[str, Any]], None]] = None,
    environment: Optional[Dict[str, str]] = None,
    stop: Optional[threading.Event] = None,
    view: Any = None,
    curve: Optional[progress.Curve] = None,
) -> Dict[str, Any]:
    """Run ``python -m module *argv --events`` as a child process and return its result.

    Parameters
    ----------
    module : str
        A module of this project, e.g. ``"helpers.pretraining"``.
    argv : sequence of str
        Its command line; other types are turned into text.
    title : str, optional
        Heads the progress display; the module's last name if not given.
    on_event : callable, optional
        Sees every event (a dict) before it is shown.
    environment : dict, optional
        Further environment variables for the child, e.g. ``KEEP_PAGES``.
    stop : threading.Event, optional
        Stops the child as an interrupt does, once it is set; for callers in a thread.
    view : object, optional
        Shows the progress in place of the usual view (see ``progress.Display``).
    curve : callable, optional
        Draws the live curve of the training (see ``progress.Display``).

    Returns
    -------
    dict
        The fields of the child's ``result`` event; with ``stopped=True`` when it was interrupted.

    Raises
    ------
    TutorialError
        When the child fails: its own sentence, or how it died and its last lines.
    KeyboardInterrupt
        When it was interrupted before it had anything to save.
    """
    from helpers import environment as environments

    python = environments.tf1_python()
    display = progress.Display(title or module.rsplit(".", 1)[-1], view, curve)
    child = _Child(
        [python, "-m", "helpers.environment.child_main", module, *map(str, argv), "--events"],
        _settings(python, environment),
    )
    stopped = False
    try:
        while True:
            try:
                if stop is not None and stop.is_set() and not stopped:
                    raise KeyboardInterrupt
                event = child.next_event(POLL_SECONDS)
                if event is _END:
                    break
                if event is not None:
                    if on_event is not None:
                        on_event(event)
                    display.event(event)
            except KeyboardInterrupt:
                if stopped:
                    raise
                stopped = True
                events.heard()
                display.event({"event": "message", "text": "Stopping: what has been done is being saved …"})
                child.interrupt()
        return _outcome(module, child, stopped)
    finally:
        child.kill()
        display.close()


def _settings(python, extra):
    from helpers.environment import VARIABLE, gpu

    settings = dict(ENVIRONMENT, **os.environ)
    path = [PROJECT]
    if python == sys.executable:
        path.append(os.environ.get("PYTHONPATH", ""))
    else:  # packages of one Python would break another
        settings.pop("PYTHONHOME", None)
    settings["PYTHONPATH"] = os.pathsep.join(filter(None, path))
    settings["MPLBACKEND"] = "Agg"  # not the notebook's
    settings["PYTHONIOENCODING"] = "utf-8"  # that of the events, whatever the terminal's is
    settings[VARIABLE] = python  # should the child start children
    libraries = gpu.library_path(python)
    if libraries:
        settings["LD_LIBRARY_PATH"] = libraries
    settings.update(extra or {})
    return settings


def _outcome(module, child, stopped):
    """The result, or the exception that says best why there is none."""
    if child.result is not None and (child.error is None or stopped):
        return dict(child.result, stopped=True) if stopped else child.result
    if stopped:
        raise KeyboardInterrupt
    if child.error is not None:
        raise TutorialError(child.error)
    starved = (kills_for_memory() or 0) > (child.kills_before or 0)
    raise TutorialError(_death(module, child.process.returncode, child.tail, starved))


def kills_for_memory() -> Optional[int]:
    """How many processes Linux has killed for lack of memory since it started; None where it does not say."""
    try:
        with open("/proc/vmstat", encoding="ascii") as file:
            return next(int(line.split()[1]) for line in file if line.startswith("oom_kill "))
    except (OSError, ValueError, IndexError, StopIteration):
        return None


def _death(module, code, tail, starved=False):
    """How a child ended that left neither a result nor a sentence."""
    if code is not None and code < 0:
        try:
            name = signal.Signals(-code).name
        except ValueError:
            name = f"signal {-code}"
        how = f"was killed ({name})"
        if starved or any(word in line for line in tail for word in NO_ROOM):
            how += STARVED + SMALLER
        elif -code == signal.SIGKILL:
            how += STARVED_PERHAPS + SMALLER
        elif -code in (signal.SIGSEGV, signal.SIGBUS, signal.SIGABRT):
            how += CRASHED + SMALLER
    elif code == 0:
        how = "ended without a result"
    else:
        how = f"ended with exit code {code}"
    tail = [line for line in tail if NO_CAUSE not in line]
    words = "; its last words:\n" + "\n".join(f"    {line}" for line in tail) if tail else ""
    return f"{module} {how}{words or '.'}"


class _Child:
    """A process whose two outputs are read by threads, so that no full pipe can hold it up."""

    def __init__(self, command, settings):
        before = kills_for_memory()
        try:
            self.process = subprocess.Popen(
                command,
                cwd=PROJECT,
                env=settings,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                start_new_session=True,  # a Ctrl-C in the terminal reaches it through us, and once
            )
        except OSError as error:
            raise TutorialError(f"{command[0]} cannot be started ({error.strerror}).")
        self.result, self.error = None, None
        self.kills_before = before
        self.tail = collections.deque(maxlen=TAIL_LINES)
        self._events = queue.Queue()
        self._silent, self._since = False, None
        self._hears = self._asked = False  # whether an interrupt reaches the child, and whether there was one
        self._readers = [threading.Thread(target=read, daemon=True) for read in (self._read_events, self._read_log)]
        for reader in self._readers:
            reader.start()

    def _read_events(self):
        with self.process.stdout as stream:
            for line in stream:
                event = _parse(line)
                if event is None:
                    self._remember(line)
                    continue
                if event == HEARS:
                    self._hears = True
                    if self._asked:
                        self.interrupt()
                    continue
                if event["event"] == "result":
                    self.result = {key: value for key, value in event.items() if key != "event"}
                elif event["event"] == "error":
                    self.error = str(event.get("message") or "failed without a reason")
                self._events.put(event)
        self._silent = True
        self._events.put(None)

    def _read_log(self):
        with self.process.stderr as stream:
            for line in stream:
                self._remember(line)

    def _remember(self, line):
        text = line.decode("utf-8", "replace").rstrip()
        if text:
            self.tail.append(text[:1000])

    def next_event(self, seconds):
        """The next event, None when none came within ``seconds``, ``_END`` when the child has ended."""
        try:
            if not self._silent or not self._events.empty():
                return self._events.get(timeout=seconds)
            self.process.wait(seconds)
        except (queue.Empty, subprocess.TimeoutExpired):
            pass
        if self.process.poll() is None:
            if self.result is None:
                return None
            # All is said; libraries have been seen to hang while the interpreter shuts down.
            self._since = self._since or time.time()
            if time.time() - self._since < SECONDS_TO_EXIT:
                return None
            self.kill()
        for reader in self._readers:  # a grandchild may hold the pipes open: do not wait for it
            reader.join(2)
        return _END if self._events.empty() else None

    def interrupt(self):
        """Ask the child to save and end: at once, or when it has started so far that a signal is not lost."""
        self._asked = True
        if self._hears and self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)

    def kill(self):
        """End the child and what it has started, if they still run."""
        if self.process.poll() is None:
            try:
                os.killpg(self.process.pid, signal.SIGKILL)
            except (ProcessLookupError, PermissionError):
                self.process.kill()
            self.process.wait()


def _parse(line):
    """The event on a line of standard output, or None when the line is something else."""
    if not line.startswith(b"{"):
        return None
    try:
        event = json.loads(line.decode("utf-8"))
    except (ValueError, RecursionError):
        return None
    return event if isinstance(event, dict) and isinstance(event.get("event"), str) else None
