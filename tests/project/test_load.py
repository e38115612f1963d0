"""The load measurement: what it builds, what it asks of the figures, and that it runs from end to end."""

import json
import os
import subprocess
import sys

import pytest

pytest.importorskip("psutil")

from benchmarks import load
from helpers.base.errors import TutorialError

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def rows(cpu=(1.0, 2.0, 11.0), memory=(80.0, 80.0, 81.0), megabytes=(1, 10, 100)):
    return [dict(megabytes=m, cpu_seconds=c, peak_mb=p, seconds=c) for m, c, p in zip(megabytes, cpu, memory)]


def test_linear_and_flat_or_not():
    assert load.holds(rows())
    assert load.holds(rows(cpu=(9.0, 10.0, 11.0)))
    assert not load.holds(rows(cpu=(1.0, 2.0, 40.0)))
    assert not load.holds(rows(memory=(80.0, 80.0, 200.0)))


def test_pieces_hold_the_text(tmp_path):
    path = tmp_path / "text.txt"
    path.write_text("".join("line %d\n" % number for number in range(5000)))
    measurement = load.Load(1, 10, 1, str(tmp_path / "work"))
    pieces = measurement._pieces(str(path))
    texts = [open(piece).read() for piece in pieces]
    assert len(texts) == 100 and "".join(texts) == path.read_text()
    assert all(text.endswith("\n") and 300 < len(text) < 800 for text in texts)


def test_too_small_a_disk_is_said(tmp_path):
    with pytest.raises(TutorialError, match="GB free and this takes 4000000.0 GB"):
        load.Load(10**9, 10, 1, str(tmp_path))


@pytest.mark.slow
def test_the_command_measures_everything(tmp_path):
    arguments = ["--megabytes", "2", "--documents", "1000", "--folder", str(tmp_path / "work")]
    arguments += ["--results", str(tmp_path / "load.json"), "--picture", str(tmp_path / "load.png")]
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.load"] + arguments, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert b"Traceback" not in done.stderr, done.stderr
    with open(str(tmp_path / "load.json")) as file:
        measured = json.load(file)["measured"]
    assert [row["files"] for row in measured["builder, many files"]] == [1, 10, 100]
    assert [row["documents"] for row in measured["builder, documents of a line"]] == [10, 100, 1000]
    sizes = [row["megabytes"] for row in measured["generator"]]
    assert sizes == pytest.approx([0.02, 0.2, 2], rel=0.1)
    assert sizes == [row["megabytes"] for row in measured["builder, one file"]]
    assert (tmp_path / "load.png").read_bytes().startswith(b"\x89PNG") and not (tmp_path / "work").exists()
    assert done.stdout.decode().count("\n") == 14
