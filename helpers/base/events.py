"""What a child process says while it works: a tqdm bar for people, JSON lines for programs.

One event is one line on standard output: ``{"event": NAME, ...}``.

======== =====================================================================================
event    further keys
======== =====================================================================================
start    ``title``, ``total`` (or null), ``unit``: a stretch of work begins
progress ``done``, ``total``, ``seconds`` since start, ``eta`` (seconds or null), ``values`` (dict)
message  ``text``: one line worth reading
train    ``step`` and the metrics of one training step, as in metrics.jsonl
eval     ``step`` and the held-out metrics, as in metrics.jsonl
result   what the step made, as a dict: the child's last word when it ends well; ``said``, where it is given, is the
         same in some words
error    ``message``: one sentence: the child's last word when it fails
======== =====================================================================================
"""

import argparse
import contextlib
import json
import os
import signal
import sys
import threading
import time
from typing import Any, Callable, Dict, Optional, TextIO

from helpers.base.errors import TutorialError, explain

SECONDS_BETWEEN_EVENTS = 0.2
SECONDS_BETWEEN_LINES = 10.0  # about one thing in a log
SECONDS_TO_END = 5.0  # for a command that is stopped; then it is asked again


class _Lines:
    """A log in place of a terminal: what would be drawn over the last line is a line of its own."""

    def __init__(self, stream):
        self._stream = stream
        self.encoding = getattr(stream, "encoding", None)

    def write(self, text):
        if text.strip():
            self._stream.write(f"{text.strip()}\n")

    def flush(self):
        self._stream.flush()


class Reporter:
    """Reports progress as a bar on stderr, or as events on stdout when ``events`` is true, or not at all (``silent``:
    one of several workers that would all say the same)."""

    def __init__(self, events: bool = False, silent: bool = False):
        self.events, self._silent = events or silent, silent
        self._bar = None
        self._clear()

    def _clear(self):
        self._done, self._total, self._started, self._last_event = 0, None, time.time(), 0.0

    def emit(self, event: str, **fields: Any) -> None:
        """Write one event, when events were asked for."""
        if self.events and not self._silent:
            try:
                sys.stdout.write(f"{json.dumps(dict(event=event, **fields), ensure_ascii=False)}\n")
                sys.stdout.flush()
            except BrokenPipeError:  # the parent is gone: what has been done is still to be saved
                put_away(sys.stdout)

    def start(self, title: str, total: Optional[int] = None, unit: str = "it", initial: int = 0) -> None:
        """Begin a stretch of ``total`` units of work, of which ``initial`` are done already."""
        self.close()
        self._clear()
        self._done, self._total = initial, total
        self._initial = initial
        if self.events:
            self.emit("start", title=title, total=total, unit=unit)
        else:
            from tqdm import tqdm

            look = dict(file=sys.stderr, dynamic_ncols=True)
            if not sys.stderr.isatty():
                look = dict(file=_Lines(sys.stderr), mininterval=SECONDS_BETWEEN_LINES)
            self._bar = tqdm(desc=title, total=total, unit=unit, initial=initial, unit_scale=unit == "B", **look)

    def advance(self, amount: int = 1, **values: Any) -> None:
        """Say that ``amount`` more units are done; ``values`` are shown beside the bar."""
        self._done += amount
        if self._bar is not None:
            if values:
                self._bar.set_postfix(values, refresh=False)
            self._bar.update(amount)
            return
        now = time.time()
        if now - self._last_event >= SECONDS_BETWEEN_EVENTS or self._done == self._total:
            self._last_event = now
            seconds = now - self._started
            rate = (self._done - self._initial) / seconds if seconds else 0
            eta = (self._total - self._done) / rate if rate and self._total is not None else None
            self.emit("progress", done=self._done, total=self._total, seconds=seconds, eta=eta, values=values)

    def message(self, text: str) -> None:
        """Say one line to the user, above the bar."""
        if self.events:
            self.emit("message", text=text)
        elif self._bar is not None:
            self._bar.write(text, file=sys.stderr)
        else:
            print(text, file=sys.stderr, flush=True)

    def result(self, **fields: Any) -> None:
        """Say what was made; nothing follows it."""
        self.close()
        self.emit("result", **fields)

    def close(self) -> None:
        """End the current stretch of work."""
        if self._bar is not None:
            self._bar.close()
            self._bar = None


def add_events_flag(parser: argparse.ArgumentParser) -> None:
    """Add ``--events`` to a command line."""
    parser.add_argument("--events", action="store_true", help="report as JSON lines on stdout instead of a bar")


def put_away(stream: TextIO) -> None:
    """Let what is written to ``stream`` from now on vanish: nobody is there to read it any more."""
    with contextlib.suppress(OSError, ValueError):  # there may be no file behind it
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)


def on_stop(handler: Callable[[int, Any], Any] = signal.default_int_handler) -> Dict[int, Any]:
    """Have ``handler(number, frame)`` called when this process is asked to end; by default it is interrupted.

    What asks is Ctrl-C (SIGINT), a scheduler or make (SIGTERM), or a terminal that is closed (SIGHUP; where it is
    ignored, as under nohup, it stays so).  Returns what handled them before, by number; signals are the main thread's
    affair, so that in any other thread nothing changes.
    """
    if threading.current_thread() is not threading.main_thread():
        return {}
    terminals = [stream for stream in (sys.stdout, sys.stderr) if stream is not None and stream.isatty()]

    def hung_up(number, frame):
        signal.signal(number, signal.SIG_IGN)  # it may come from the shell and from the watch over the terminal
        for stream in terminals:
            put_away(stream)
        handler(number, frame)

    before = {number: signal.signal(number, handler) for number in (signal.SIGINT, signal.SIGTERM)}
    if hasattr(signal, "SIGHUP") and signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:
        before[signal.SIGHUP] = signal.signal(signal.SIGHUP, hung_up)
    return before


def _insist(number, frame):
    """Interrupt this process, and again after a while: an interrupt that comes while a library is loaded may be lost
    in it, as in TensorFlow's."""
    if hasattr(signal, "setitimer"):
        signal.signal(signal.SIGALRM, _insist)
        signal.setitimer(signal.ITIMER_REAL, SECONDS_TO_END)
    raise KeyboardInterrupt


def heard() -> None:
    """The interrupt has arrived where it is dealt with: what is saved now is not to be interrupted again."""
    if hasattr(signal, "setitimer") and signal.getsignal(signal.SIGALRM) == _insist:
        signal.setitimer(signal.ITIMER_REAL, 0)


def _flush():
    """Bring to its reader what was printed, or BrokenPipeError; a terminal that is gone is no error."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        raise
    except (OSError, ValueError, AttributeError):
        pass


def until_read(main: Callable[[], int]) -> int:
    """The exit code that ``main()`` returns; 1 when whoever reads what it prints, such as ``head``, has read enough."""
    try:
        code = main()
        _flush()
    except BrokenPipeError:
        for stream in (sys.stdout, sys.stderr):
            put_away(stream)
        code = 1
    return code


def run(main: Callable[[Reporter], Any], events: bool = False) -> None:
    """Call ``main(reporter)`` and exit: 0 when it ends well, 1 with one sentence on a TutorialError or when
    the machine fails (a full disk, no memory), 130 when it was stopped before there was anything to save."""
    reporter = Reporter(events)
    on_stop(_insist)
    try:
        main(reporter)
        heard()
        _flush()
    except BrokenPipeError:  # who reads what is printed, such as head, has read enough
        put_away(sys.stdout)
        sys.exit(1)
    except KeyboardInterrupt:
        heard()
        reporter.close()
        reporter.emit("error", message="stopped by the user")
        print("stopped by the user", file=sys.stderr)
        sys.exit(130)
    except Exception as error:
        message = str(error) if isinstance(error, TutorialError) else explain(error)
        reporter.close()
        if message is None:
            raise
        reporter.emit("error", message=message)
        print(f"error: {message}", file=sys.stderr)
        sys.exit(1)
