"""What a stream of events (``helpers/base/events.py``) adds up to, and how it is said in a line.

Unknown events and missing or senseless fields are passed over: whatever comes, a :class:`History`
holds nothing but finite numbers and text, and no more of them than a screen needs.
"""

import math
import time
from typing import Any, Mapping, Optional, Tuple

MAX_ROWS = 4000  # training rows kept; beyond that every second one goes
MAX_MESSAGES = 12
SHARE_WORTH_SAYING = 0.1  # a stretch that took less of the time is left out of the summary
# Metric → (words, format) in the order in which a line shows them.
TRAIN_WORDS = {
    "disc_loss": ("discriminator loss", ".3f"),
    "mlm_loss": ("generator loss", ".2f"),
}
EVAL_WORDS = {
    "disc_auc": ("held-out AUC", ".3f"),
    "mlm_accuracy": ("held-out masked-word accuracy", ".3f"),
}


def number(value: Any) -> Optional[float]:
    """``value`` as a finite float, or None."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    return float(value) if math.isfinite(value) else None


def duration(seconds: float) -> str:
    """Seconds in words: ``0.4 s``, ``42 s``, ``3 min 20 s``, ``2 h 5 min``, ``3 d 4 h``."""
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    seconds = int(round(seconds))
    for size, unit, smaller, small_unit in ((86400, "d", 3600, "h"), (3600, "h", 60, "min"), (60, "min", 1, "s")):
        if seconds >= size:
            rest = seconds % size // smaller
            return f"{seconds // size} {unit}" + (f" {rest} {small_unit}" if rest else "")
    return f"{seconds} s"


def amount(value: float, unit: str) -> str:
    """A count with its unit in the plural where it is one: ``1 step``, ``1,500 steps``, ``14.9 MB``."""
    if unit == "B":
        return f"{value / 1e6:.1f} MB"
    if unit in ("", "it"):
        return f"{value:,.0f}"
    plural = "" if value == 1 or unit.endswith("s") else "es" if unit.endswith("ch") else "s"
    return f"{value:,.0f} {unit}{plural}"


def capital(text: str) -> str:
    """``text`` as a sentence begins: its first letter large, the others as they are."""
    return f"{text[:1].upper()}{text[1:]}"


def metrics_line(row: Mapping[str, Any], words: Mapping[str, Tuple[str, str]]) -> str:
    """The metrics of one row that ``words`` names, joined: ``discriminator loss 0.213 · …``."""
    return " · ".join(f"{text} {row[key]:{form}}" for key, (text, form) in words.items() if key in row)


class Stretch:
    """One stretch of work: from a ``start`` event to the next."""

    def __init__(self, title: str, total: Optional[float] = None, unit: str = "it"):
        self.title, self.total, self.unit = title, total, unit
        self.done, self.eta, self.values = 0.0, None, {}
        self.started, self.seconds = time.time(), 0.0
        self._first = None  # done and seconds at the first event

    def advance(self, done: float, seconds: float, eta: Optional[float] = None) -> None:
        """Take the state of an event.  The time left is told by the pace since the first one: what came
        before it, such as building a graph, happens only once."""
        self.done, self.seconds = done, seconds
        self._first = self._first or (done, seconds)
        gained, spent = done - self._first[0], seconds - self._first[1]
        if gained > 0 and spent > 0 and self.total:
            self.eta = (self.total - done) * spent / gained
        else:
            self.eta = eta if done != 1 else None

    def share(self) -> Optional[float]:
        """Done share between 0 and 1, or None when the total is not known."""
        return min(1.0, max(0.0, self.done / self.total)) if self.total else None

    def line(self) -> str:
        """Where the work stands: ``412 / 1,500 steps · 27% · 1 min 12 s left · …``."""
        share = self.share()
        if self._first is None:
            parts = ["starting …"]
        elif share is None:
            parts = ([amount(self.done, self.unit)] if self.done else []) + [duration(self.seconds)]
        else:
            done = amount(self.done, self.unit)
            parts = [f"{done if self.unit == 'B' else done.split(' ')[0]} / {amount(self.total, self.unit)}"]
            parts += [f"{int(100 * share)}%"]
            parts += [f"{duration(self.eta)} left"] if self.eta is not None and self.eta >= 0 else []
        return " · ".join(parts + [f"{name} {value}" for name, value in self.values.items()])

    def finished(self) -> str:
        """What is said of it afterwards: ``1,500 steps in 1 min 42 s``."""
        counted = f"{amount(self.done, self.unit)} in " if self.done else ""
        return counted + duration(self.seconds)


class History:
    """What a stream of events has added up to; holds nothing but finite numbers and text."""

    def __init__(self, title: str):
        self.title = title
        self.finished, self.current = [], None
        self.messages, self.train, self.evaluations = [], [], []
        self.result, self.error = None, None

    def update(self, event: Mapping[str, Any]) -> bool:
        """Take in one event; True when it is one that should be shown at once."""
        handlers = {
            "start": self._start,
            "progress": self._progress,
            "message": self._message,
            "train": self._train,
            "eval": self._eval,
            "result": self._result,
            "error": self._error,
        }
        handler = handlers.get(str(event.get("event"))) if isinstance(event, dict) else None
        return bool(handler and handler(event))

    def _start(self, event):
        self.end_stretch()
        total = number(event.get("total"))
        self.current = Stretch(str(event.get("title") or self.title), total, str(event.get("unit") or "it"))
        return True

    def _progress(self, event):
        if self.current is None:
            self.current = Stretch(self.title)
        current = self.current
        current.total = number(event.get("total")) or current.total
        seconds = number(event.get("seconds")) or time.time() - current.started
        current.advance(number(event.get("done")) or 0.0, seconds, number(event.get("eta")))
        values = event.get("values")
        current.values = {}
        for name, value in values.items() if isinstance(values, dict) else ():
            current.values[str(name)] = f"{value:.4g}" if isinstance(value, float) else str(value)[:40]
        return bool(current.total) and current.done >= current.total

    def _message(self, event):
        self.messages = (self.messages + [str(event.get("text", ""))])[-MAX_MESSAGES:]
        return True

    def _train(self, event):
        self._add(self.train, event)

    def _eval(self, event):
        return self._add(self.evaluations, event)

    def _add(self, rows, event):
        row = {key: number(value) for key, value in event.items() if number(value) is not None}
        if "step" not in row:
            return False
        rows.append(dict(row, event=event["event"]))
        if len(rows) > MAX_ROWS:
            del rows[::2]
        return True

    def _result(self, event):
        self.end_stretch()
        self.result = {key: value for key, value in event.items() if key != "event"}
        return True

    def _error(self, event):
        self.error = str(event.get("message") or "failed without a reason")
        return True

    def end_stretch(self) -> None:
        """Turn the stretch under way, if any, into a finished one."""
        if self.current is not None:
            # A later round of the same work (training goes on after an evaluation) adds to the earlier one.
            for stretch in self.finished:
                if stretch.title == self.current.title:
                    self.current.seconds += stretch.seconds
            self.finished = [stretch for stretch in self.finished if stretch.title != self.current.title]
            self.finished.append(self.current)
            self.current = None

    def ending(self) -> str:
        """What was done and how long it took: ``Pre-training: 1,500 steps in 1 min 42 s``."""
        if self.error is not None:
            return f"{self.title}: {self.error}"
        result = self.result or {}
        if result.get("up_to_date"):
            return f"{self.title}: up to date"
        if result.get("stopped"):
            return f"{self.title}: stopped; run it again to go on"
        whole = sum(stretch.seconds for stretch in self.finished)
        if result.get("said"):
            return f"{self.title}: {result['said']}, in {duration(whole)}"
        most = [stretch for stretch in self.finished if stretch.seconds > whole / 2]
        worth = most or [stretch for stretch in self.finished if stretch.seconds >= SHARE_WORTH_SAYING * whole]
        if len(worth) == 1:
            said = worth[0].finished()
        else:
            said = ", ".join(f"{stretch.title.lower()} {stretch.finished()}" for stretch in worth)
        return f"{self.title}: {said or 'done'}"

    def metrics(self) -> str:
        """The last losses and held-out metrics, joined; empty where nothing was trained."""
        parts = [metrics_line(self.train[-1], TRAIN_WORDS)] if self.train else []
        parts += [metrics_line(self.evaluations[-1], EVAL_WORDS)] if self.evaluations else []
        return " · ".join(filter(None, parts))

    def now(self) -> str:
        """One line for a moment: where the work under way stands, or how it ended."""
        if not (self.current or self.finished or self.messages or self.error) and self.result is None:
            return f"{self.title}: starting …"
        if self.current is None or self.error is not None:
            return self.summary()
        return f"{self.current.title}: {self.current.line()}"

    def summary(self) -> str:
        """One line for the whole: how it ended and, where something was trained, how good it is."""
        return " · ".join(filter(None, [self.ending(), self.metrics() if self.error is None else ""]))
