"""What a process reports on stderr, where that is a terminal and where it is a log."""

import io
import sys

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
