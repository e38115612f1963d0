"""What a reader sees while a step works: a bar and a live curve in a notebook, a tqdm bar in a
terminal, a few plain lines in a log.

    display = Display("Pre-training")
    display.event({"event": "train", "step": 10, "disc_loss": 0.4, "mlm_loss": 7.1})
    display.close()

:class:`Display` consumes the events of ``helpers/base/events.py``.  In a notebook it writes HTML and a PNG
under two display ids and updates them in place.  That needs no widget: it looks the same in Colab,
JupyterLab, VS Code and Binder, and what papermill saves can be read without one.  The live curve is drawn
by the function that the caller hands in, ``plots.training_curve`` for one; in the end only a summary stays.

No event stream may hurt the work that it describes: unknown events and missing or senseless fields
are passed over, and a view that fails is put away with one line.
"""

import html
import sys
import time
from typing import Any, Callable, Dict, List, Optional, TextIO

from helpers.base.events import SECONDS_BETWEEN_LINES, Reporter
from helpers.base.history import EVAL_WORDS, History, metrics_line

Curve = Callable[[List[Dict[str, Any]]], Any]  # rows of metrics to a figure

SECONDS_BETWEEN_UPDATES = 0.25
SECONDS_BETWEEN_CURVES = 1.0
CURVE_SHARE = 0.06  # of the time may go into drawing: the other process needs the cores
QUIET, LOUD = "opacity:0.75; font-size:90%", "color:#d03a2f; font-weight:bold"  # readable on light and dark pages
STOP_HINT = (
    "To stop, press the notebook's own ■ (interrupt) button: the model is saved first, and running this cell "
    "again goes on from there."
)


def in_notebook() -> bool:
    """Whether this code runs in a Jupyter kernel (notebook, Colab, VS Code, papermill)."""
    ipython = sys.modules.get("IPython")  # a kernel has imported it long ago
    try:
        return getattr(ipython.get_ipython(), "kernel", None) is not None
    except AttributeError:
        return False


class NotebookView:
    """HTML and a PNG that are updated in place.

    ``curve`` makes a figure of the rows of metrics that came so far; without one there is no picture.
    """

    def __init__(self, curve: Optional[Curve] = None):
        self._draw = curve
        self._text = self._curve = None
        self._next_curve = 0.0

    def show(self, history: History, settled: bool) -> None:
        from IPython.display import display

        # Who has no page sees the plain text: a terminal that runs the notebook, a screen reader.
        bundle = {"text/html": page(history, settled), "text/plain": history.summary() if settled else history.now()}
        if self._text is None:
            self._text = display(bundle, raw=True, display_id=True)
        else:
            self._text.update(bundle, raw=True)
        now = time.time()
        if settled and self._curve is not None:
            self._curve.update({"text/html": "", "text/plain": ""}, raw=True)
        elif self._draw is not None and not settled and len(history.train) > 1 and now >= self._next_curve:
            self._show_curve(history)
            self._next_curve = next_curve(now)

    def _show_curve(self, history):
        from IPython.display import display

        data, metadata = self._draw(history.train + history.evaluations)._repr_mimebundle_()
        picture = {"image/png": data["image/png"]}
        if self._curve is None:
            self._curve = display(picture, metadata=metadata, raw=True, display_id=True)
        else:
            self._curve.update(picture, metadata=metadata, raw=True)


def page(history: History, settled: bool, hint: str = STOP_HINT) -> str:
    """HTML for what there is to say: messages, a bar with the time left, the last held-out numbers; or how it ended.

    ``hint`` tells how to stop.
    """
    blocks = [block(message, QUIET) for message in history.messages]
    current = history.current
    if history.error is not None:
        blocks.append(block(f"✗ {history.summary()}", LOUD))
    elif settled and current is None:
        blocks.append(block(f"✓ {history.ending()}"))
        blocks += [block(history.metrics(), QUIET)] if history.metrics() else []
    else:
        title = history.title
        if current and current.title.lower() != title.lower():
            title += f": {current.title}"
        share = current.share() if current else None
        value = "" if share is None else f' value="{share:.4f}"'
        bar = f'<progress max="1"{value} style="width:100%; height:1.2em; accent-color:#0072B2"></progress>'
        blocks += [block(title, "font-weight:bold"), bar, block(current.line() if current else "working …")]
        if history.evaluations:
            last = history.evaluations[-1]
            blocks.append(block(f"step {last['step']:,.0f}: {metrics_line(last, EVAL_WORDS)}", QUIET))
        blocks += [block(hint, QUIET)] if history.train else []
    return f'<div style="max-width:62em; line-height:1.5">{"".join(blocks)}</div>'


def block(text: str, style: str = "") -> str:
    """A line of HTML."""
    return f'<div style="{style}">{html.escape(text)}</div>'


def next_curve(before: float) -> float:
    """The time from which a curve may be drawn again, when drawing the last one began at ``before``."""
    now = time.time()
    return before + max(SECONDS_BETWEEN_CURVES, (now - before) / CURVE_SHARE)


class TerminalView:
    """A tqdm bar where there is a terminal (and tqdm); else a line now and then.  Both on stderr."""

    def __init__(self, stream: Optional[TextIO] = None):
        self._stream = stream or sys.stderr
        self._bar, self._stretch, self._next_line = None, None, 0.0
        self._seen_messages, self._seen_step, self._said = [], None, None
        self._announced = set()

    def show(self, history: History, settled: bool) -> None:
        self._say_news(history)
        if history.current is not None and not settled:
            self._advance(history.current)
        else:
            self._end_bar()
        if settled and history.summary() != self._said:
            self._said = history.summary()
            self._write(self._said)

    def _say_news(self, history):
        for message in history.messages:
            if not any(message is seen for seen in self._seen_messages):
                self._write(message)
        self._seen_messages = list(history.messages)
        if history.evaluations and history.evaluations[-1]["step"] != self._seen_step:
            last = history.evaluations[-1]
            self._seen_step = last["step"]
            self._write(f"step {last['step']:,.0f}: {metrics_line(last, EVAL_WORDS)}")

    def _advance(self, stretch):
        if stretch is not self._stretch:
            self._end_bar()
            self._stretch = stretch
            self._bar = self._new_bar(stretch)
            if stretch.title not in self._announced:  # a stretch that comes back is not announced again
                self._announced.add(stretch.title)
                self._next_line = 0.0
        if self._bar is not None:
            self._bar.set_postfix(stretch.values, refresh=False)
            self._bar.update(int(stretch.done) - self._bar.n)
        elif time.time() >= self._next_line:
            self._next_line = time.time() + SECONDS_BETWEEN_LINES
            self._write(f"{stretch.title}: {stretch.line()}")

    def _new_bar(self, stretch):
        try:
            from tqdm import tqdm

            if not self._stream.isatty():
                return None
        except (ImportError, AttributeError, ValueError):
            return None
        big = stretch.unit == "B"
        return tqdm(
            desc=stretch.title,
            total=stretch.total and int(stretch.total),
            unit=stretch.unit,
            unit_scale=big,
            file=self._stream,
            leave=False,
        )

    def _end_bar(self):
        if self._bar is not None:
            self._bar.close()
            self._bar = None

    def _write(self, text):
        if self._bar is not None:
            self._bar.write(text, file=self._stream)
        else:
            print(text, file=self._stream, flush=True)


class Display:
    """Shows a stream of events; see the module's docstring.

    ``close()`` settles what is on the screen (one line, no picture); an event that comes later opens it again.

    Parameters
    ----------
    title : str
        Names the whole.
    view : object, optional
        Shows the progress in place of the usual view; has ``show(history, settled)``.
    curve : callable, optional
        Takes the rows of metrics (dicts) that came so far and returns a figure with IPython's
        ``_repr_mimebundle_``: the live curve of a notebook.
    """

    def __init__(self, title: str, view: Any = None, curve: Optional[Curve] = None):
        self.history = History(str(title))
        self._view = view or (NotebookView(curve) if in_notebook() else TerminalView())
        self._show(settled=False)  # a child may take seconds to its first word
        self._last_update = 0.0

    def event(self, event: Dict[str, Any]) -> None:
        """Take one event, a dict as in ``helpers/base/events.py``; never raises on account of its content."""
        urgent = self.history.update(event)
        if urgent or time.time() - self._last_update >= SECONDS_BETWEEN_UPDATES:
            self._show(settled=False)

    def close(self) -> None:
        """Leave the final state on the screen.  May be called twice."""
        self.history.end_stretch()
        self._show(settled=True)

    def _show(self, settled):
        if self._view is None:
            return
        try:
            self._view.show(self.history, settled)
        except Exception as error:  # a lost front end must not end a run of days
            self._view = None
            print(f"The progress view failed ({error}); the work goes on.", file=sys.stderr)
        self._last_update = time.time()


class _DisplayReporter(Reporter):
    def __init__(self, title):
        super().__init__(events=True)
        self._display = Display(title)

    def emit(self, event: str, **fields: Any) -> None:
        self._display.event(dict(event=event, **fields))

    def close(self) -> None:
        self._display.close()

    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        if kind is not None:
            self.emit("error", message="stopped" if issubclass(kind, KeyboardInterrupt) else str(error))
        self.close()


def reporter(title: str) -> Reporter:
    """A :class:`helpers.base.events.Reporter` for work inside this process, shown by a :class:`Display`.

    Use it in a ``with`` block, which settles the display in the end, whatever happens:

        with progress.reporter("Corpus") as report:
            report.start("reading", total=1000000, unit="lines")
            report.advance(5000)
    """
    return _DisplayReporter(title)
