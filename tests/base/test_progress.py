"""The progress view: every stream survives, notebooks get HTML and a PNG, logs get a few lines."""

import io
import random
import sys
import types

import pytest

from helpers.base import history, progress
from helpers.base.history import History

RUN = (
    [{"event": "start", "title": "Training", "total": 100, "unit": "steps"}]
    + [
        event
        for step in range(10, 101, 10)
        for event in (
            {"event": "train", "step": step, "disc_loss": 0.5 - step / 500, "mlm_loss": 8 - step / 20},
            {"event": "progress", "done": step, "total": 100, "seconds": step / 4, "eta": 25 - step / 4},
        )
    ]
    + [{"event": "eval", "step": 100, "disc_auc": 0.9, "disc_loss": 0.31, "mlm_loss": 3.1}]
    + [{"event": "result", "steps": 100, "up_to_date": False}]
)


class Screen:
    """Stands in for IPython's display: remembers what is shown under each display id."""

    def __init__(self):
        self.shown = []

    def display(self, content, metadata=None, raw=False, display_id=None):
        place = len(self.shown)
        self.shown.append(content)

        def update(content, metadata=None, raw=False):
            self.shown[place] = content

        return types.SimpleNamespace(update=update)


@pytest.fixture
def screen(monkeypatch):
    ipython = pytest.importorskip("IPython")
    screen = Screen()
    monkeypatch.setattr(ipython, "get_ipython", lambda: types.SimpleNamespace(kernel=object()))
    monkeypatch.setattr(ipython.display, "display", screen.display)
    return screen


def play(events, view=None, curve=None):
    display = progress.Display("Pre-training", view, curve)
    for event in events:
        display.event(event)
    display.close()
    return display


def test_outside_a_kernel_there_is_no_notebook(monkeypatch):
    monkeypatch.delitem(sys.modules, "IPython", raising=False)
    assert not progress.in_notebook()
    monkeypatch.setitem(sys.modules, "IPython", types.SimpleNamespace(get_ipython=lambda: None))
    assert not progress.in_notebook()
    monkeypatch.setitem(sys.modules, "IPython", types.SimpleNamespace(get_ipython=types.SimpleNamespace))
    assert not progress.in_notebook()


def test_notebook_draws_a_live_curve_and_ends_with_a_summary(screen, monkeypatch):
    assert progress.in_notebook()
    drawn = []
    picture = types.SimpleNamespace(_repr_mimebundle_=lambda: ({"image/png": "…", "text/plain": "…"}, {}))
    monkeypatch.setattr(progress, "SECONDS_BETWEEN_UPDATES", 0)
    display = play(RUN[:-1], curve=lambda rows: drawn.append(len(rows)) or picture)
    assert len(drawn) == 1  # the others came within a second
    display._view._next_curve = 0
    display.event(RUN[-1])
    assert screen.shown[1] == {"image/png": "…"} and drawn[-1] == 11
    display.close()
    text, curve = screen.shown
    assert curve == {"text/html": "", "text/plain": ""}
    summary = text["text/plain"]
    assert summary == (
        "Pre-training: 100 steps in 25 s · discriminator loss 0.300 · generator loss 3.00 · held-out AUC 0.900"
    )
    assert "<progress" not in text["text/html"] and progress.STOP_HINT not in text["text/html"]


def test_notebook_shows_bar_and_stop_hint_while_it_runs(screen):
    display = progress.Display("Pre-training")
    for event in RUN[:5]:
        display.event(event)
    display._show(settled=False)
    page = screen.shown[0]["text/html"]
    assert screen.shown[0]["text/plain"] == "Training: 20 / 100 steps · 20% · 20 s left"
    assert 'value="0.2000"' in page and "20 / 100 steps · 20% · 20 s left" in page and "interrupt" in page


def test_text_from_outside_cannot_write_html(screen):
    play([{"event": "message", "text": "<script>"}, {"event": "start", "title": "<b>", "total": 1}])
    assert "<script>" not in screen.shown[0]["text/html"] and "&lt;script&gt;" in screen.shown[0]["text/html"]


def test_it_shows_before_the_first_event(screen):
    """A child that imports TensorFlow takes seconds to its first word."""
    display = progress.Display("Pre-training")
    assert screen.shown[0]["text/plain"] == "Pre-training: starting …" and "working …" in screen.shown[0]["text/html"]
    display.close()
    assert screen.shown[0]["text/plain"] == "Pre-training: done" and "✓" in screen.shown[0]["text/html"]


@pytest.mark.parametrize(
    "events, summary",
    [
        ([{"event": "result", "up_to_date": True}], "Pre-training: up to date"),
        ([{"event": "error", "message": "no room on the disk"}], "Pre-training: no room on the disk"),
        ([{"event": "result"}], "Pre-training: done"),
        ([], "Pre-training: done"),
        (RUN[:5] + [{"event": "result", "stopped": True}], "Pre-training: stopped; run it again to go on"),
    ],
)
def test_last_line_says_how_it_ended(screen, events, summary):
    play(events)
    assert summary in screen.shown[0]["text/plain"]


def test_a_view_that_fails_is_put_away(capsys):
    class Broken:
        def show(self, history, settled):
            raise RuntimeError("the browser is gone")

    play(RUN, Broken())
    assert capsys.readouterr().err.count("The progress view failed (the browser is gone); the work goes on.") == 1


def test_interrupt_is_not_swallowed():
    class Interrupted:
        def show(self, history, settled):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        progress.Display("x", Interrupted()).event(RUN[0])


def test_log_gets_few_lines():
    stream = io.StringIO()
    play([{"event": "message", "text": "reading"}] + RUN, progress.TerminalView(stream))
    lines = stream.getvalue().splitlines()
    assert lines[0] == "reading" and lines[1].startswith("Training") and lines[-2] == "step 100: held-out AUC 0.900"
    assert lines[-1].startswith("Pre-training: 100 steps in 25 s") and len(lines) == 4


def test_log_does_not_repeat_itself():
    stream = io.StringIO()
    view = progress.TerminalView(stream)
    play([event for _ in range(20) for event in RUN[:1] + [dict(RUN[0], title="Evaluation")]], view)
    assert stream.getvalue().count("Training") == 1 and stream.getvalue().count("Evaluation:") == 1


def test_terminal_gets_a_bar():
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    stream = Terminal()
    play(RUN, progress.TerminalView(stream))
    assert "0/100 " in stream.getvalue() and stream.getvalue().endswith("held-out AUC 0.900\n")


def test_any_stream_is_survived(screen):
    random.seed(0)
    values = [None, True, -1, 0, 3, 1e308, float("nan"), float("inf"), "x", "", [], {}, {"a": float("nan")}, object()]
    names = ["start", "progress", "message", "train", "eval", "result", "error", "init__", "end_stretch", "", None, 7]
    keys = [
        "title",
        "total",
        "unit",
        "done",
        "seconds",
        "eta",
        "values",
        "text",
        "step",
        "disc_loss",
        "disc_auc",
        "message",
    ]
    view = progress.TerminalView(io.StringIO())
    for _ in range(150):
        events = [random.choice([None, 3, "x", [], {}])]
        for _ in range(12):
            event = {key: random.choice(values) for key in random.sample(keys, random.randrange(len(keys)))}
            events.append(dict(event, event=random.choice(names)))
        assert play(events)._view is not None
        assert play(events, view)._view is view


def test_long_runs_keep_a_bounded_history():
    long = History("x")
    for step in range(20000):
        long.update({"event": "train", "step": step, "disc_loss": 0.1})
    assert len(long.train) <= history.MAX_ROWS and long.train[-1]["step"] == 19999


def test_repeated_stretches_take_one_place_and_add_up():
    view = History("Pre-training")
    for done in range(1, 51):
        view.update({"event": "start", "title": "training", "total": 50, "unit": "step"})
        view.update({"event": "progress", "done": done, "total": 50, "seconds": 2})
        view.update({"event": "start", "title": "evaluating", "total": 10, "unit": "batch"})
        view.update({"event": "progress", "done": 10, "total": 10, "seconds": 0.1})
    view.end_stretch()
    assert [stretch.title for stretch in view.finished] == ["training", "evaluating"]
    assert view.summary() == "Pre-training: 50 steps in 1 min 40 s"


@pytest.mark.parametrize(
    "value, unit, words",
    [(1, "step", "1 step"), (1500, "step", "1,500 steps"), (2, "batch", "2 batches"), (3, "lines", "3 lines"),
     (1.5e7, "B", "15.0 MB"), (7, "it", "7")],
)  # fmt: skip
def test_amounts(value, unit, words):
    assert history.amount(value, unit) == words


def test_reporter_feeds_a_display(screen):
    with progress.reporter("Corpus") as report:
        report.start("reading", total=10, unit="lines")
        for _ in range(10):
            report.advance(1)
        report.message("2 bad bytes were replaced")
        report.result(lines=10)
    page = screen.shown[0]
    assert page["text/plain"].startswith("Corpus: 10 lines in") and "2 bad bytes" in page["text/html"]


def test_reporter_shows_what_went_wrong(screen):
    with pytest.raises(ValueError):
        with progress.reporter("Corpus") as report:
            report.start("reading", total=10, unit="lines")
            raise ValueError("no such file")
    assert screen.shown[0]["text/plain"] == "Corpus: no such file"


def test_time_left_follows_the_pace_after_the_first_event():
    view = History("x")
    view.update({"event": "start", "title": "training", "total": 101, "unit": "step"})
    view.update({"event": "progress", "done": 1, "total": 101, "seconds": 9, "eta": 900})
    assert view.current.eta is None
    view.update({"event": "progress", "done": 51, "total": 101, "seconds": 14, "eta": 14})
    assert view.current.eta == 5 and "50% · 5.0 s left" in view.current.line()


@pytest.mark.parametrize(
    "seconds, words",
    [(0, "0.0 s"), (9.99, "10 s"), (59.7, "1 min"), (200, "3 min 20 s"), (7500, "2 h 5 min"), (273600, "3 d 4 h")],
)
def test_durations(seconds, words):
    assert history.duration(seconds) == words
