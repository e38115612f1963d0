"""What a process reports on stderr, where that is a terminal and where it is a log."""

import io
import json
import sys
import types

from helpers.base import events


class Terminal(io.StringIO):
    def isatty(self):
        return True


def report(monkeypatch, stream):
    monkeypatch.setattr(sys, "stderr", stream)
    reporter = events.Reporter()
    reporter.start("reading", total=20000, unit="line")
    for number in range(20000):
        reporter.advance(loss="%d" % number)
        if number == 9999:
            reporter.message("half of it")
    reporter.close()
    return stream.getvalue()


def test_a_log_gets_few_lines_and_whole_ones(monkeypatch):
    said = report(monkeypatch, io.StringIO())
    lines = said.splitlines()
    assert "\r" not in said and said.endswith("\n") and len(lines) < 20
    assert lines[0].startswith("reading:   0%") and "half of it" in lines and lines[-1].startswith("reading: 100%")
    assert "20000/20000" in lines[-1]


def test_a_line_is_due_after_a_while(monkeypatch):
    monkeypatch.setattr(events, "SECONDS_BETWEEN_LINES", 0.0)
    assert len(report(monkeypatch, io.StringIO()).splitlines()) > 1000


def test_a_terminal_has_its_bar(monkeypatch):
    said = report(monkeypatch, Terminal())
    assert "\r" in said and "20000/20000" in said and "half of it" in said


def test_events_tell_how_far_it_is_and_how_long_it_will_take(monkeypatch, capsys):
    """Ten of fifty are done when it begins; ten more take 4 seconds, so the last thirty take 12."""
    clock = iter([0.0, 0.0, 4.0, 4.1, 16.0])
    monkeypatch.setattr(events, "time", types.SimpleNamespace(time=lambda: next(clock)))
    reporter = events.Reporter(events=True)
    reporter.start("reading", total=50, unit="line", initial=10)
    for amount in (10, 1, 29):
        reporter.advance(amount, loss=0.5)
    first, *told = map(json.loads, capsys.readouterr().out.splitlines())
    assert first == dict(event="start", title="reading", total=50, unit="line")
    assert [(event["done"], event["seconds"], event["eta"]) for event in told] == [(20, 4, 12), (50, 16, 0)]
    assert all(event["values"] == {"loss": 0.5} and event["total"] == 50 for event in told)
