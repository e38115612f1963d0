"""One way to end the run of a notebook, whoever asks for it."""

import contextlib
import os
import signal
from typing import Any, Dict, Iterator, Optional

from helpers.base import events

SECONDS_TO_SAVE = 20  # for a cell that is stopped; what it has started saves by itself after that


class Stop:
    """What Ctrl-C, SIGTERM or a closed terminal does to a run: the cell at work is interrupted and the run ends.

    The second time, or when the cell takes too long, it ends at once.
    """

    def __init__(self) -> None:
        self.asked = False
        self._kernel: Optional[int] = None
        self._before: Dict[int, Any] = {}  # what handled the signals

    def __enter__(self) -> "Stop":
        self._before = events.on_stop(self._ask)
        if self._before:  # this is the main thread
            self._before[signal.SIGALRM] = signal.signal(signal.SIGALRM, self._ask)
        return self

    def __exit__(self, *exception):
        signal.alarm(0)
        for number, handler in self._before.items():
            signal.signal(number, signal.SIG_DFL if handler is None else handler)

    def _ask(self, number, frame):
        if self.asked or self._kernel is None:
            raise KeyboardInterrupt
        self.asked = True
        with contextlib.suppress(OSError):  # print might break in upon a print
            os.write(2, "\nStopping: what has been done is being saved …\n".encode())
        signal.alarm(SECONDS_TO_SAVE)
        os.killpg(self._kernel, signal.SIGINT)

    def check(self) -> None:
        """Raise KeyboardInterrupt once a stop was asked for."""
        if self.asked:
            raise KeyboardInterrupt

    @contextlib.contextmanager
    def at_work(self, kernel: int) -> Iterator[None]:
        """While the block runs, a stop interrupts the process group ``kernel``."""
        self.check()
        self._kernel = kernel
        try:
            yield
        finally:
            self._kernel = None
