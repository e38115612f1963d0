"""Every way to stop a run: what has been done is saved, it is said, and no process is left behind."""

import os
import pty
import re
import signal
import subprocess
import sys
import threading
import time

import pytest
from test_child import gone

pytest.importorskip("papermill")
nbformat = pytest.importorskip("nbformat")

from helpers.base import events

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SECONDS = 30  # until all is over
SAID = "stopped; run it again to go on from what is saved"

# In place of a training: it reports without a pause, and stops as a training does.
JOB = """
import os, time
from helpers.base import events
from helpers.pretraining.training.loop import StopRequest

def main(reporter):
    stop = StopRequest()
    stop.listen()
    reporter.start("Counting", total=10 ** 6)
    with open("{folder}/job", "w") as file:
        file.write(str(os.getpid()))
    while not stop:
        reporter.emit("train", step=1)
        time.sleep(0.001)
    time.sleep(0.5)
    with open("{folder}/saved", "w") as file:
        file.write("all of it")
    reporter.result(step=1)

events.run(main, True)
"""
CELL = """
import os, sys
sys.path[:0] = ["{root}", "{folder}"]
with open("{folder}/pids", "w") as file:
    file.write(f"{{os.getppid()}} {{os.getpid()}}")
from helpers.environment import child
child.run("job")
"""
# Answers make's questions: it is new enough, and the environment is the Python that runs the tests.
PYTHON3 = '#!/bin/sh\n[ "$1" = -c ] || echo "{python}"\n'


class Run:
    """``make tutorial`` on a notebook whose first cell starts a long job; ``before`` are words before the command,
    which then has a terminal of its own."""

    def __init__(self, folder, before=None):
        self.folder, self._process = folder, None
        words = dict(root=ROOT, folder=folder, python=sys.executable)
        (folder / "job.py").write_text(JOB.format(**words))
        (folder / "python3").write_text(PYTHON3.format(**words))
        (folder / "python3").chmod(0o755)
        cells = [CELL.format(**words), f"open('{folder}/second', 'w')"]
        cells = [nbformat.v4.new_code_cell('DATA_DIR = "data"', metadata={"tags": ["parameters"]})] + list(
            map(nbformat.v4.new_code_cell, cells)
        )
        nbformat.write(nbformat.v4.new_notebook(cells=cells), str(folder / "lesson.ipynb"))
        arguments = f"--notebook {folder}/lesson.ipynb --output-dir {folder}/out"
        command = ["make", "-C", ROOT, f"PYTHON3={folder}/python3", "tutorial", f"ARGS={arguments}"]
        settings = dict(os.environ, PYTHONPATH=f"{ROOT}{os.pathsep}{folder}")
        settings.pop("MAKEFLAGS", None)
        if before is not None:
            command = before + command
            self.make, self.terminal = pty.fork()
            if not self.make:
                os.execvpe(command[0], command, settings)
        else:
            with open(str(folder / "said"), "wb") as said:
                self._process = subprocess.Popen(
                    command, env=settings, stdout=said, stderr=said, start_new_session=True
                )
            self.make = self._process.pid
        self.job = int(self.wait_for("job"))
        self.tutorial, self.kernel = map(int, self.wait_for("pids").split())

    def wait_for(self, name, seconds=120):
        end = time.monotonic() + seconds
        while not (self.folder / name).exists() or not (self.folder / name).read_text():
            over = self._process is not None and self._process.poll() is not None
            assert not over and time.monotonic() < end, (self.folder / "said").read_text()
            time.sleep(0.05)
        return (self.folder / name).read_text()

    def ends_well(self):
        """Nothing is left of it after a while but what was saved."""
        end = time.monotonic() + SECONDS
        assert all(gone(pid, seconds=SECONDS) for pid in (self.job, self.kernel, self.tutorial, self.make))
        assert time.monotonic() < end
        return (self.folder / "saved").exists() and not (self.folder / "second").exists()


@pytest.fixture
def run(tmp_path):
    started = []

    def start(**options):
        started.append(Run(tmp_path, **options))
        return started[0]

    yield start
    for pid in [pid for each in started for pid in (each.tutorial, each.kernel, each.job)]:
        if not gone(pid, seconds=1):
            os.kill(pid, signal.SIGKILL)


STOPS = {
    "Ctrl-C": lambda run: os.killpg(run.make, signal.SIGINT),
    "SIGTERM to make": lambda run: os.kill(run.make, signal.SIGTERM),
    "SIGTERM to the tutorial": lambda run: os.kill(run.tutorial, signal.SIGTERM),
    "make killed": lambda run: os.kill(run.make, signal.SIGKILL),
}
RARE = ("SIGTERM to the tutorial", "make killed")


@pytest.mark.parametrize("way", [pytest.param(way, marks=[pytest.mark.slow] * (way in RARE)) for way in sorted(STOPS)])
def test_what_stops_a_run_saves_it_says_so_and_leaves_nothing(run, way):
    running = run()
    STOPS[way](running)
    assert running.ends_well()
    said = (running.folder / "said").read_text()
    assert said.count(SAID) == 1 and "Traceback" not in said


@pytest.mark.parametrize("shell", [["sh", "-c", '"$@"; exit', "sh"], pytest.param([], marks=pytest.mark.slow)])
def test_a_closed_terminal_saves_it_and_leaves_nothing(run, shell):
    running = run(before=shell)
    os.close(running.terminal)
    assert running.ends_well()


@pytest.mark.slow
def test_a_killed_tutorial_saves_it_and_leaves_nothing(run):
    running = run()
    os.kill(running.tutorial, signal.SIGKILL)
    assert running.ends_well()


PROGRAM = """
import time
from helpers.base import events
events.run(lambda reporter: (print("ready", flush=True), time.sleep(60)))
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_every_command_line_stops_with_a_sentence(number):
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert process.stdout.readline() == b"ready\n"
    process.send_signal(number)
    assert process.communicate(timeout=30)[1] == b"stopped by the user\n" and process.returncode == 130


DEAF = """
import time
from helpers.base import events
def main(reporter):
    try:
        print("ready", flush=True)
        time.sleep(60)
    except KeyboardInterrupt:  # as a library may do while it is loaded
        time.sleep(60)
events.run(main)
"""


def test_a_stop_that_a_library_has_swallowed_is_asked_for_again():
    process = subprocess.Popen([sys.executable, "-c", DEAF], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout.readline() == b"ready\n"
    process.send_signal(signal.SIGTERM)
    assert process.communicate(timeout=40)[1] == b"stopped by the user\n" and process.returncode == 130


def test_a_stop_while_a_command_is_being_loaded_is_a_sentence(tmp_path):
    """matplotlib's place is taken by Ctrl-C, in the midst of the imports."""
    (tmp_path / "matplotlib.py").write_text(
        "import os, signal, time\nos.kill(os.getpid(), signal.SIGINT)\ntime.sleep(9)"
    )
    settings = dict(os.environ, PYTHONPATH=str(tmp_path))
    for command in (["helpers.environment.child_main", "helpers.tutorial"], ["helpers.tutorial"]):
        ran = subprocess.run([sys.executable, "-m", *command], cwd=ROOT, env=settings, stderr=subprocess.PIPE)
        assert ran.returncode and ran.stderr == b"stopped by the user\n"


@pytest.mark.parametrize("lines", [1, 100000])
def test_a_reader_that_has_enough_is_no_traceback(lines):
    """As ``| head -1``: whether the rest is still to be printed, or waits to be."""
    code = f"""
import sys
from helpers.base import events
def main(reporter):
    print("first", flush=True)
    sys.stdin.readline()
    print("\\n".join(["another"] * {lines}))
events.run(main)
"""
    process = subprocess.Popen(
        [sys.executable, "-c", code], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert process.stdout.readline() == b"first\n"
    process.stdout.close()
    process.stdin.write(b"go on\n")
    process.stdin.close()
    assert process.wait(60) == 1 and process.stderr.read() == b""


def lesson(folder, code):
    """The tutorial's command, with a notebook whose one cell is ``code``."""
    form = nbformat.v4.new_code_cell('DATA_DIR = "data"', metadata={"tags": ["parameters"]})
    notebook = nbformat.v4.new_notebook(cells=[form, nbformat.v4.new_code_cell(code)])
    nbformat.write(notebook, str(folder / "lesson.ipynb"))
    return ["helpers.tutorial", "--notebook", str(folder / "lesson.ipynb"), "--output-dir", str(folder / "out")]


@pytest.mark.parametrize("command", ["environment", "print-python", "tutorial"])
def test_a_program_of_which_nothing_is_read_shows_no_traceback(command, tmp_path):
    arguments = {
        "environment": ["helpers.environment"],
        "print-python": ["helpers.environment", "--print-python"],
        "tutorial": lesson(tmp_path, "1 + 1"),
    }[command]
    process = subprocess.Popen(
        [sys.executable, "-m", *arguments], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    process.stdout.close()
    said = process.stderr.read()
    assert process.wait(60) == 1 and b"Traceback" not in said and b"BrokenPipe" not in said, said.decode()


def test_a_tutorial_whose_log_is_read_no_further_stops_the_cell_at_work(tmp_path):
    """As ``2>&1 | head -1``: it ends like Ctrl-C, and not when the cell ends."""
    code = f"""
import os, time
with open({str(tmp_path / "pid")!r}, "w") as file:
    file.write(str(os.getpid()))
for number in range(6000):
    print("line", number, flush=True)
    time.sleep(0.1)
"""
    process = subprocess.Popen([sys.executable, "-m", *lesson(tmp_path, code)], cwd=ROOT, stderr=subprocess.PIPE)
    process.stderr.readline()
    process.stderr.close()
    assert process.wait(60) == 130
    assert gone(int((tmp_path / "pid").read_text()), seconds=SECONDS)


def test_every_command_ends_in_one_way():
    """By ``events.run`` or ``events.until_read``; child_main is the command that it is told to run."""
    for folder, _, names in os.walk(os.path.join(ROOT, "helpers")):
        for name in names:
            if name.endswith(".py") and name != "child_main.py":
                with open(os.path.join(folder, name), encoding="utf-8") as file:
                    text = file.read()
                if 'if __name__ == "__main__":' in text:
                    assert re.search(r"\b(?:events\.)?(?:run|until_read)\((?:lambda|work|main)", text), name


def test_under_nohup_a_closed_terminal_stops_nothing():
    code = "import os, signal\nfrom helpers.base import events\nevents.on_stop()\nos.kill(os.getpid(), signal.SIGHUP)\n"
    subprocess.run(["nohup", sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.DEVNULL, check=True)
    ran = subprocess.run([sys.executable, "-c", code], cwd=ROOT, stderr=subprocess.PIPE)
    assert ran.returncode != 0 and b"KeyboardInterrupt" in ran.stderr


SPEAKS = """
import sys, time
from helpers.base import events
asked = []
events.on_stop(lambda number, frame: asked.append(number))
print("ready", flush=True)
while not asked:
    time.sleep(0.05)
print("being saved", flush=True)
print("being saved", file=sys.stderr, flush=True)
with open(sys.argv[1], "w") as file:
    file.write("all of it")
"""


def test_what_is_said_to_a_closed_terminal_does_not_end_the_saving(tmp_path):
    pid, terminal = pty.fork()
    if not pid:
        os.chdir(ROOT)
        os.execv(sys.executable, [sys.executable, "-c", SPEAKS, str(tmp_path / "saved")])
    assert os.read(terminal, 5) == b"ready"
    os.close(terminal)
    assert gone(pid, seconds=SECONDS)
    assert os.waitpid(pid, 0)[1] == 0 and (tmp_path / "saved").read_text() == "all of it"


def test_a_reporter_that_nobody_hears_goes_on(monkeypatch):
    read, write = os.pipe()
    os.close(read)
    with os.fdopen(write, "w") as pipe:
        monkeypatch.setattr(sys, "stdout", pipe)
        reporter = events.Reporter(events=True)
        for step in range(3):
            reporter.emit("train", step=step)


def test_what_handled_signals_before_can_be_put_back():
    mine = signal.getsignal(signal.SIGTERM)
    before = events.on_stop()
    assert before[signal.SIGTERM] == mine and signal.getsignal(signal.SIGTERM) == signal.default_int_handler
    for number, handler in before.items():
        signal.signal(number, handler)
    assert signal.getsignal(signal.SIGTERM) == mine
    seen = []
    thread = threading.Thread(target=lambda: seen.append(events.on_stop()))
    thread.start()
    thread.join()
    assert seen == [{}] and signal.getsignal(signal.SIGTERM) == mine
