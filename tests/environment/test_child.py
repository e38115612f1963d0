"""Child processes: events in, result out, and nothing left behind."""

import os
import signal
import subprocess
import sys
import threading
import time

import pytest

from helpers import environment
from helpers.base import lock, progress
from helpers.base.errors import TutorialError
from helpers.environment import child, packages

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

MODULE = """
import json, os, signal, subprocess, sys, time
sys.path.insert(0, %r)
from helpers.base.events import Reporter
reporter = Reporter("--events" in sys.argv)
def work():
%s
work()
"""


@pytest.fixture(autouse=True)
def own_interpreter(tmp_path, monkeypatch):
    monkeypatch.setattr(environment, "_chosen", environment.Environment(sys.executable, "1.15.0", "CPU", ""))
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))


@pytest.fixture
def module(tmp_path):
    """``module(body)`` writes a module and gives its name."""

    def write(body):
        name = "job_%d" % len(list(tmp_path.iterdir()))
        text = MODULE % (ROOT, "\n".join("    " + line for line in body.strip().splitlines()))
        (tmp_path / (name + ".py")).write_text(text, encoding="utf-8")
        return name

    return write


def test_events_are_seen_and_the_result_comes_back(module):
    name = module("""
reporter.start("Counting", total=3)
reporter.message("¡hola!")
for step in range(3):
    reporter.emit("train", step=step, argv=sys.argv[1:])
print("a stray line")
reporter.result(answer=42, up_to_date=False)
""")
    seen = []
    assert child.run(name, ["--n", 3], title="Test", on_event=seen.append) == {"answer": 42, "up_to_date": False}
    assert [event["event"] for event in seen] == ["start", "message"] + ["train"] * 3 + ["result"]
    assert seen[1]["text"] == "¡hola!" and seen[2]["argv"] == ["--n", "3", "--events"]


@pytest.mark.parametrize("ignored", [True, False])
def test_a_stop_is_not_lost_on_a_child_that_has_not_begun(module, ignored):
    """Not even where interrupts are ignored, as a notebook's kernel does while no cell runs."""
    name = module("""
time.sleep(20)
reporter.result(slept=True)
""")
    stop = threading.Event()
    stop.set()
    before = signal.signal(signal.SIGINT, signal.SIG_IGN if ignored else signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt):
            child.run(name, stop=stop)
    finally:
        signal.signal(signal.SIGINT, before)


def test_where_and_how_it_runs(module, monkeypatch):
    monkeypatch.setenv("TF_CPP_MIN_LOG_LEVEL", "0")
    monkeypatch.setenv("PYTHONIOENCODING", "ascii")  # the terminal's, which is not that of the events
    name = module("""
reporter.message("¡hola!")
names = ["TF_CPP_MIN_LOG_LEVEL", "PYTHONWARNINGS", "MALLOC_MMAP_MAX_", "MPLBACKEND", "ELECTRA_TF_PYTHON"]
reporter.result(cwd=os.getcwd(), stdin=sys.stdin.read(), main=__name__, **{n: os.environ.get(n) for n in names})
""")
    seen = []
    result = child.run(name, on_event=seen.append)
    assert seen[0] == {"event": "message", "text": "¡hola!"}
    assert result["cwd"] == ROOT and result["stdin"] == "" and result["main"] == "__main__"
    assert result["TF_CPP_MIN_LOG_LEVEL"] == "0"  # the user's word stands
    assert "FutureWarning" in result["PYTHONWARNINGS"] and result["MPLBACKEND"] == "Agg"
    assert result["MALLOC_MMAP_MAX_"] is None and result["ELECTRA_TF_PYTHON"] == sys.executable
    assert child.run(name, environment=child.KEEP_PAGES)["MALLOC_MMAP_MAX_"] == "0"


def test_its_own_sentence_is_the_error(module):
    name = module("""
print("noise", file=sys.stderr)
from helpers.base.errors import TutorialError
from helpers.base import events
def main(reporter):
    raise TutorialError("vocab.txt has no [MASK]: add it.")
events.run(main, True)
""")
    with pytest.raises(TutorialError) as caught:
        child.run(name)
    assert str(caught.value) == "vocab.txt has no [MASK]: add it."


def test_a_crash_is_told_by_its_last_lines(module):
    name = module("""
for number in range(50):
    print("line %d" % number, file=sys.stderr)
raise ValueError("what happened")
""")
    with pytest.raises(TutorialError) as caught:
        child.run(name)
    lines = str(caught.value).splitlines()
    assert lines[0] == name + " ended with exit code 1; its last words:"
    assert lines[-1].strip() == "ValueError: what happened" and len(lines) == 1 + child.TAIL_LINES


def test_that_there_is_no_gpu_is_not_why_it_died(module):
    """TensorFlow calls it an error, on a machine without one."""
    said = "2026-01-01 10:00:00.5: E tensorflow/stream_executor/cuda/cuda_driver.cc:318] failed call to cuInit: (303)"
    with pytest.raises(TutorialError) as caught:
        child.run(module("print(%r, file=sys.stderr, flush=True); os.kill(os.getpid(), signal.SIGKILL)" % said))
    assert "was killed (SIGKILL)" in str(caught.value) and str(caught.value).endswith("goes on from it.")


@pytest.mark.parametrize(
    "body, words",
    [
        (
            "os.kill(os.getpid(), signal.SIGKILL)",
            "was killed (SIGKILL), by someone or, probably, because the machine ran out of memory",
        ),
        (
            "os.kill(os.getpid(), signal.SIGSEGV)",
            "was killed (SIGSEGV), by a fault in a library or, where memory is scarce, for want of it: make the batch",
        ),
        (
            "print(\"terminate called after throwing an instance of 'std::bad_alloc'\", file=sys.stderr); os.abort()",
            "was killed (SIGABRT) because the machine ran out of memory: make the batch or the model smaller",
        ),
        ("os.kill(os.getpid(), signal.SIGTERM)", "was killed (SIGTERM)."),
        ("pass", "ended without a result"),
        ("sys.exit(3)", "ended with exit code 3"),
    ],
)
def test_how_it_died(module, body, words):
    with pytest.raises(TutorialError) as caught:
        child.run(module(body))
    assert words in str(caught.value)


def test_full_pipes_do_not_hold_it_up(module):
    name = module("""
for number in range(200):
    sys.stderr.write("x" * 2000 + "\\n")
    sys.stdout.write("y" * 2000 + "\\n")
    reporter.emit("progress", done=number, total=200)
reporter.result(done=True)
""")
    assert child.run(name, on_event=lambda event: time.sleep(0.0005)) == {"done": True}


def test_a_display_or_listener_that_fails_ends_the_child(module, tmp_path):
    name = module(
        """
open(%r, "w").write(str(os.getpid()))
reporter.message("here")
time.sleep(60)
"""
        % str(tmp_path / "pid")
    )

    def listener(event):
        raise RuntimeError("listener")

    with pytest.raises(RuntimeError):
        child.run(name, on_event=listener)
    assert gone(int((tmp_path / "pid").read_text()))


def gone(pid, seconds=10):
    """Whether a process ends within ``seconds``; a zombie that nobody reaps counts as ended."""
    for _ in range(seconds * 20):
        try:
            with open("/proc/%d/stat" % pid) as file:
                if file.read().rsplit(")", 1)[1].split()[0] == "Z":
                    return True
        except FileNotFoundError:
            if os.path.isdir("/proc/self"):
                return True
            try:
                os.kill(pid, 0)
            except ProcessLookupError:
                return True
        time.sleep(0.05)
    return False


SAVES = """
def save(number, frame):
    reporter.result(step=7)
    sys.exit()
signal.signal(signal.SIGINT, save)
reporter.message("ready")
time.sleep(60)
"""


def test_an_interrupt_lets_it_save(module):
    def interrupt(event):
        if event["event"] == "message":
            os.kill(os.getpid(), signal.SIGINT)

    assert child.run(module(SAVES), on_event=interrupt) == {"step": 7, "stopped": True}


def test_stop_from_another_thread(module):
    stop, results = threading.Event(), []

    def stop_when_ready(event):
        if event["event"] == "message":
            stop.set()

    def run():
        results.append(child.run(module(SAVES), on_event=stop_when_ready, stop=stop))

    runner = threading.Thread(target=run)
    runner.start()
    runner.join(30)
    assert results == [{"step": 7, "stopped": True}]


def test_an_interrupt_with_nothing_to_save_is_an_interrupt(module):
    name = module("""
from helpers.base import events
def main(reporter):
    reporter.message("ready")
    time.sleep(60)
events.run(main, True)
""")
    with pytest.raises(KeyboardInterrupt):
        child.run(name, on_event=lambda event: event["event"] == "message" and os.kill(os.getpid(), signal.SIGINT))


def test_a_second_interrupt_ends_it_at_once(module, tmp_path):
    name = module(
        """
open(%r, "w").write(str(os.getpid()))
signal.signal(signal.SIGINT, lambda number, frame: reporter.message("not yet"))
reporter.message("ready")
time.sleep(60)
time.sleep(60)
"""
        % str(tmp_path / "pid")
    )
    began = time.time()
    with pytest.raises(KeyboardInterrupt):
        child.run(name, on_event=lambda event: event["event"] == "message" and os.kill(os.getpid(), signal.SIGINT))
    assert time.time() - began < 20 and gone(int((tmp_path / "pid").read_text()))


def test_a_child_that_hangs_after_its_result_is_ended(module, monkeypatch):
    monkeypatch.setattr(child, "SECONDS_TO_EXIT", 0.3)
    began = time.time()
    assert child.run(module("reporter.result(done=1)\ntime.sleep(60)")) == {"done": 1}
    assert time.time() - began < 20


def test_a_grandchild_that_holds_the_pipes_is_not_waited_for(module, tmp_path):
    name = module("""
worker = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(30)"])
reporter.result(pid=worker.pid)
""")
    began = time.time()
    pid = child.run(name)["pid"]
    assert time.time() - began < 15
    os.kill(pid, signal.SIGKILL)


def killed_once_written(name, path):
    """Start the module ``name`` from a process that is killed once ``path`` has been written: what stands there."""
    if not any(packages.installed_versions(environment.TENSORFLOW_PACKAGES).values()):
        pytest.skip("needs an interpreter with TensorFlow")
    code = "import sys; from helpers.environment import child; child.run(sys.argv[1])"
    settings = dict(os.environ, ELECTRA_TF_PYTHON=sys.executable)
    parent = subprocess.Popen([sys.executable, "-c", code, name], cwd=ROOT, env=settings)
    while not path.exists() or not path.read_text():
        assert parent.poll() is None
        time.sleep(0.05)
    written = path.read_text()
    parent.kill()
    parent.wait()
    return written


def test_it_ends_when_its_parent_is_killed(module, tmp_path):
    name = module(
        """
signal.signal(signal.SIGTERM, lambda number, frame: (open(%r, "w").write("saved"), sys.exit()))
worker = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
open(%r, "w").write("%%d %%d" %% (os.getpid(), worker.pid))
time.sleep(60)
"""
        % (str(tmp_path / "saved"), str(tmp_path / "pids"))
    )
    pids = [int(pid) for pid in killed_once_written(name, tmp_path / "pids").split()]
    assert all(gone(pid) for pid in pids)
    assert (tmp_path / "saved").read_text() == "saved"


def test_what_a_killed_parents_child_holds_is_waited_for(module, tmp_path):
    """The child ends by itself, so that the next run need not be refused."""
    name = module(
        """
from helpers.base import lock
signal.signal(signal.SIGTERM, lambda number, frame: sys.exit())
with lock.data(%r, "the corpus"):
    open(%r, "w").write(str(os.getpid()))
    try:
        time.sleep(60)
    finally:
        time.sleep(2)
"""
        % (str(tmp_path / "data"), str(tmp_path / "pid"))
    )
    pid, said = killed_once_written(name, tmp_path / "pid"), []
    with lock.data(str(tmp_path / "data"), "the corpus", said.append):
        assert said and said[0].startswith(f"waiting for another run (process {pid}")


def test_a_child_that_takes_long_to_save_is_not_interrupted_again(module):
    """The command's interrupt is repeated where it is lost; what is saving has heard it."""
    name = module("""
try:
    print("ready", file=sys.stderr, flush=True)
    reporter.message("ready")
    time.sleep(60)
except KeyboardInterrupt:
    time.sleep(1.5)
    reporter.result(saved=True)
""")
    code = """
import sys
from helpers.base import events
from helpers.environment import child
events.SECONDS_TO_END = 0.3
def work(reporter):
    told = child.run(sys.argv[1], on_event=lambda event: print(event["event"], flush=True))
    print(told, flush=True)
events.run(work)
"""
    settings = dict(os.environ, ELECTRA_TF_PYTHON=sys.executable)
    parent = subprocess.Popen([sys.executable, "-c", code, name], cwd=ROOT, env=settings, stdout=subprocess.PIPE)
    while b"message" not in parent.stdout.readline():
        assert parent.poll() is None
    parent.send_signal(signal.SIGTERM)
    assert b"{'saved': True, 'stopped': True}" in parent.communicate(timeout=60)[0] and parent.returncode == 0


def test_an_interpreter_that_is_gone(module, monkeypatch):
    monkeypatch.setattr(environment, "_chosen", environment.Environment("/nowhere/python", "1.15.0", "CPU", ""))
    with pytest.raises(TutorialError, match="/nowhere/python cannot be started"):
        child.run(module("pass"))


def test_another_pythons_packages_stay_out(module, monkeypatch, tmp_path):
    other = tmp_path / "python"
    other.write_text('#!/bin/sh\nexec "%s" "$@"\n' % sys.executable)
    other.chmod(0o755)
    monkeypatch.setattr(environment, "_chosen", environment.Environment(str(other), "1.15.0", "CPU", ""))
    with pytest.raises(TutorialError, match="there is no module job_1"):  # PYTHONPATH, where it lies, is this Python's
        child.run(module("pass"))


def test_the_display_is_closed_whatever_happens(module, monkeypatch):
    closed = []

    class Display:
        def __init__(self, title, view, curve):
            self.title = title

        def event(self, event):
            pass

        def close(self):
            closed.append(self.title)

    monkeypatch.setattr(progress, "Display", Display)
    child.run(module("reporter.result()"), title="One")
    with pytest.raises(TutorialError):
        child.run(module("sys.exit(1)"))
    assert closed[0] == "One" and len(closed) == 2


@pytest.mark.parametrize(
    "arguments, code, said",
    [
        (["--help"], 0, "python -m helpers.environment.child_main MODULE ARGUMENT"),
        ([], 0, "python -m helpers.environment.child_main MODULE ARGUMENT"),
        (["helpers.nowhere.at_all"], 1, "error: there is no module helpers.nowhere.at_all: python -m helpers."),
        (["./helpers"], 1, "error: there is no module ./helpers: python -m helpers."),
        (["helpers.data"], 1, "error: there is no module helpers.data: python -m helpers."),
    ],
)
def test_what_it_is_for_is_said(arguments, code, said):
    command = [sys.executable, "-m", "helpers.environment.child_main", *arguments]
    ran = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    assert ran.returncode == code and said in ran.stdout.decode() and "Traceback" not in ran.stdout.decode()
