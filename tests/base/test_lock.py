"""Locks on DATA_DIR and its models (helpers/base/lock.py), and what killed processes leave (helpers/base/files.py)."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest

from helpers.base import files, lock
from helpers.base.errors import TutorialError

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
HOLDER = """
import sys, time
from helpers.base import files; from helpers.base import lock
kind, folder = sys.argv[1:]
if kind == "data":
    held = lock.data(folder, "the corpus")
elif kind == "model":
    held = lock.model(folder + "/models/m", folder, "pre-training")
elif kind == "file":
    held = files.write_aside(folder + "/result.txt")
else:
    held = files.write_folder_aside(folder + "/result")
with held as writing:
    if kind == "file":
        writing.write("half")
        writing.flush()
    print("ready", flush=True)
    time.sleep(60)
"""


class Holder:
    """Another process that holds a lock or is writing, until it is killed or let go."""

    def __init__(self, kind, folder):
        self.process = subprocess.Popen(
            [sys.executable, "-c", HOLDER, kind, str(folder)], cwd=ROOT, stdout=subprocess.PIPE
        )
        assert self.process.stdout.readline() == b"ready\n"
        self.pid = self.process.pid

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()


@pytest.fixture
def holder(tmp_path):
    made = []

    def start(kind):
        made.append(Holder(kind, tmp_path))
        return made[-1]

    yield start
    for one in made:
        one.kill()


def take(kind, folder, say=lambda text: None):
    return (
        lock.data(str(folder), "x", say)
        if kind == "data"
        else lock.model(str(folder / "models" / kind), str(folder), "x", say)
    )


@pytest.mark.parametrize("theirs, ours", [("data", "data"), ("model", "m"), ("data", "m"), ("model", "data")])
def test_a_second_run_is_refused_with_the_firsts_pid_until_it_is_gone(tmp_path, holder, theirs, ours):
    other = holder(theirs)
    with pytest.raises(TutorialError, match=r"another run \(process %d: .*\) is at work in " % other.pid) as caught:
        with take(ours, tmp_path):
            raise AssertionError("it was let in")
    assert "\n" not in str(caught.value)
    other.kill()
    said = []
    with take(ours, tmp_path, said.append):
        pass
    same = theirs == "data" and ours == "data" or ours == "m" and theirs == "model"
    assert bool(said) == same and all("process %d" % other.pid in text and "taken over" in text for text in said)


def test_two_models_are_trained_side_by_side(tmp_path, holder):
    holder("model")
    with take("other", tmp_path):
        pass


def test_a_lock_leaves_nothing_behind(tmp_path):
    with take("data", tmp_path):
        record = json.loads((tmp_path / ".lock").read_text())
        assert record["pid"] == os.getpid() and record["what"] == "x"
    with pytest.raises(ZeroDivisionError):
        with take("data", tmp_path):
            raise ZeroDivisionError
    assert os.listdir(str(tmp_path)) == []


def test_a_holder_that_is_ending_is_waited_for(tmp_path, holder):
    """Its parent is gone, so it ends by itself in a moment: no need to bother the user."""
    other = holder("data")
    record = json.loads((tmp_path / ".lock").read_text())
    parent = subprocess.Popen([sys.executable, "-c", ""])
    parent.wait()
    (tmp_path / ".lock").write_text(json.dumps(dict(record, parent=parent.pid)))
    said = []

    def heard(text):
        said.append(text)
        if "waiting" in text:
            other.kill()

    with take("data", tmp_path, heard):
        pass
    assert "waiting for another run (process %d" % other.pid in said[0] and len(said) == 2


def test_where_files_cannot_be_locked_the_record_decides(tmp_path, monkeypatch, holder):
    monkeypatch.setattr(lock, "grab", lambda descriptor: None)
    other = holder("data")
    with pytest.raises(TutorialError, match="process %d" % other.pid):
        with take("data", tmp_path):
            pass
    other.kill()
    with take("data", tmp_path):
        pass
    (tmp_path / ".lock").write_text('{"pid": 7, "host": "elsewhere", "what": "y", "since": "z"}')
    with pytest.raises(TutorialError, match="process 7 on elsewhere.*remove .*/.lock"):
        with take("data", tmp_path):
            pass


def test_a_lock_file_of_nonsense_hinders_nobody(tmp_path):
    for content in (b"", b"\xff\xfe", b"[1]", b'{"pid": "x"}', b'{"pid": 99999999}'):
        (tmp_path / ".lock").write_bytes(content)
        with take("data", tmp_path):
            pass


def test_a_zombie_does_not_live():
    process = subprocess.Popen([sys.executable, "-c", ""], stdout=subprocess.PIPE)
    process.stdout.read()
    for _ in range(500):
        if not lock.alive(process.pid):
            break
        time.sleep(0.01)
    assert not lock.alive(process.pid) and lock.alive(os.getpid())
    process.wait()
    process.stdout.close()
    assert not lock.alive(process.pid)


# -- leftovers ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["file", "folder"])
def test_leftovers_of_the_living_stay_and_of_the_dead_go(tmp_path, holder, kind):
    first, second = holder(kind), holder(kind)
    name = "result.txt" if kind == "file" else "result"
    (tmp_path / (name + ".tmp-notes")).write_text("the user's own")
    (tmp_path / ("other-" + name + ".tmp-1")).write_text("another file's")
    second.kill()
    with (
        files.write_aside(str(tmp_path / name)) if kind == "file" else files.write_folder_aside(str(tmp_path / name))
    ) as writing:
        if kind == "file":
            writing.write("whole")
        left = sorted(entry for entry in os.listdir(str(tmp_path)) if entry.startswith(name + ".tmp-"))
        assert any(str(first.pid) in entry for entry in left) and not any(str(second.pid) in entry for entry in left)
    assert (tmp_path / name).exists() and (tmp_path / (name + ".tmp-notes")).exists()
    assert (tmp_path / ("other-" + name + ".tmp-1")).exists()


def test_a_folder_that_was_about_to_be_replaced_comes_back(tmp_path):
    """The process died between the two renames, and the new attempt fails: the earlier folder is there again."""
    parent = subprocess.Popen([sys.executable, "-c", ""])
    parent.wait()
    aside = tmp_path / ("result.tmp-%d-abc" % parent.pid)
    aside.mkdir()
    (tmp_path / (aside.name + ".old")).mkdir()
    (tmp_path / (aside.name + ".old") / "earlier.txt").write_text("kept")
    with pytest.raises(ZeroDivisionError):
        with files.write_folder_aside(str(tmp_path / "result")):
            raise ZeroDivisionError
    assert os.listdir(str(tmp_path)) == ["result"] and os.listdir(str(tmp_path / "result")) == ["earlier.txt"]


def test_a_write_that_is_killed_leaves_the_earlier_file(tmp_path, holder):
    (tmp_path / "result.txt").write_text("earlier")
    other = holder("file")
    os.kill(other.pid, signal.SIGKILL)
    other.process.wait()
    assert (tmp_path / "result.txt").read_text() == "earlier"
