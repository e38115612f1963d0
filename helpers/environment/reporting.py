"""How the making of an environment is shown: in a notebook, in a terminal that has no tqdm yet, in a log."""

import contextlib
import shutil
import sys
from typing import Any, Iterator

from helpers.base import progress
from helpers.base.events import Reporter
from helpers.base.history import History


class LineView:
    """One line of a terminal, rewritten: for a Python that has no tqdm yet."""

    WIDTH, CLEAR = 24, "\r\033[K"

    def show(self, history: History, settled: bool) -> None:
        stretch, width = history.current, shutil.get_terminal_size().columns - 1
        while history.messages:
            sys.stderr.write(f"{self.CLEAR}{history.messages.pop(0)}\n")
        if stretch is not None and not settled:
            filled = int(self.WIDTH * (stretch.share() or 0))
            bar = "█" * filled + "░" * (self.WIDTH - filled) if stretch.total else "…"
            sys.stderr.write(self.CLEAR + f"{stretch.title} {bar} {stretch.line()}"[:width])
        elif settled:
            sys.stderr.write(self.CLEAR)
        sys.stderr.flush()


class _Reporter(Reporter):
    def __init__(self, display):
        super().__init__(events=True)
        self._display = display

    def emit(self, event: str, **fields: Any) -> None:
        self._display.event(dict(event=event, **fields))


@contextlib.contextmanager
def reporter(title: str) -> Iterator[Reporter]:
    """Reports to whatever this process shows progress on: a notebook, a terminal, a log."""
    view = None
    if not progress.in_notebook() and sys.stderr.isatty():
        view = LineView()
    display, failed = progress.Display(title, view), False
    try:
        yield _Reporter(display)
    except BaseException as error:
        if progress.in_notebook():  # a terminal gets the error's sentence from whoever catches it
            display.event({"event": "error", "message": str(error) or "stopped"})
        else:
            failed = True
        raise
    finally:
        if view is not None or not failed:  # a log would be told that it was done
            display.close()
