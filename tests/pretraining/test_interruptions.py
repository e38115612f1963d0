"""A run that is interrupted twenty times, in every way there is, has the curve of one that is left alone."""

import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import time
import warnings

import faults
import patience
import pytest
from test_pretrain import SETTINGS, curve, data_dir, without_times  # noqa: F401  (data_dir is a fixture)
from warm_start import Training

from helpers import pretraining
from helpers.pretraining import run_state

pytestmark = pytest.mark.slow
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
STEPS = 2000
# Some milliseconds a step: it is about when a run is interrupted, not about what it computes.
TINY = dict(
    SETTINGS, num_train_steps=STEPS, train_batch_size=2, eval_batch_size=2, num_eval_steps=4, embedding_size=8,
    save_checkpoints_steps=25, eval_steps=250, log_steps=5, keep_checkpoint_max=2,
    model_hparam_overrides=dict(hidden_size=8, num_hidden_layers=1, num_attention_heads=1, intermediate_size=8),
)  # fmt: skip
KINDS = (
    ["kill"] * 4 + ["kill at start"] * 2 + ["SIGTERM"] * 4 + ["stop button"] * 4 + ["full disk"] * 4
    + ["max seconds"] * 2
)  # fmt: skip


@pytest.fixture
def disk(tmp_path):
    made = faults.SmallDisk(tmp_path / "disk")
    yield made
    made.close()


def last_step(folder):
    """The step of the last whole line of metrics.jsonl, 0 without one; reads no more than the file's end."""
    try:
        with open(os.path.join(folder, run_state.METRICS_FILE), "rb") as file:
            file.seek(-min(4096, os.fstat(file.fileno()).st_size), os.SEEK_END)
            lines = file.read().split(b"\n")[:-1]
    except FileNotFoundError:
        return 0
    return json.loads(lines[-1].decode("utf-8"))["step"] if lines else 0


class Interrupted:
    """One run on ``disk`` that is started again after each interruption."""

    def __init__(self, data_dir, disk, draw):  # noqa: F811
        self.data_dir, self.disk, self.draw = data_dir, disk, draw
        self.folder = os.path.join(disk.folder, "interrupted")
        self.settings = dict(TINY, model_dir=self.folder)

    def start(self, *arguments):
        argv = ["--data-dir", self.data_dir, "--model-name", "interrupted", "--hparams", json.dumps(self.settings)]
        return Training(argv + ["--events", *arguments], os.path.join(self.data_dir, "interrupted.log"))

    def interrupt(self, kind, step):
        """Start it, interrupt it once it has come to ``step``, see that it ends as it should."""
        if kind == "stop button":
            return self._stop_button(step)
        if kind == "max seconds":
            return self._ended(self.start("--max-seconds", "1"), 0)
        process = self.start()
        if kind == "kill at start":
            time.sleep(self.draw.uniform(0, 2))
        else:
            self._come_to(step, process)
        if kind == "full disk":
            return self._full_disk(process)
        if kind == "SIGTERM":
            os.kill(process.pid, signal.SIGTERM)
            return self._ended(process, 0)
        os.kill(process.pid, signal.SIGKILL)
        assert process.wait(patience.seconds()) == -signal.SIGKILL

    def _come_to(self, step, process):
        patience.wait_until(lambda: last_step(self.folder) >= step, process, "step %d" % step)

    def _ended(self, process, code):
        """Its last event; it has to end with ``code``, and with a checkpoint of the step it came to if that is 0."""
        assert process.wait(patience.seconds()) == code
        last = process.events()[-1]
        if code == 0:
            assert last["stopped"] and run_state.checkpoint_step(self.folder) == last["step"] < STEPS
        return last

    def _full_disk(self, process):
        """Fill the disk under it, hear what it says, make room again."""
        with contextlib.suppress(OSError):  # it may take the last bytes itself
            self.disk.fill(left=0)
        message = self._ended(process, 1)["message"]
        self.disk.make_room()
        assert "full" in message or "No space left on device" in message, message

    def _stop_button(self, step):
        """As in a notebook: the interrupt reaches the kernel, which passes it on."""
        code = "import json, sys; from helpers import pretraining; words = json.loads(sys.argv[1]); "
        code += "print(pretraining.pretrain(sys.argv[2], 'interrupted', **words)['stopped'])"
        kernel = subprocess.Popen(
            [sys.executable, "-c", code, json.dumps(self.settings), self.data_dir], cwd=ROOT, universal_newlines=True,
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        self._come_to(step, kernel)
        kernel.send_signal(signal.SIGINT)
        assert kernel.communicate(timeout=patience.seconds())[0].split()[-1] == "True" and kernel.returncode == 0


def test_twenty_interruptions_of_all_kinds_leave_the_curve_as_it_was(data_dir, disk, tmp_path):  # noqa: F811
    patience.seconds()  # measured before anything else runs
    alone = Training(
        ["--data-dir", data_dir, "--model-name", "alone", "--hparams", json.dumps(TINY)], str(tmp_path / "alone.log")
    )
    kinds = list(KINDS)
    if not disk.mounted:
        warnings.warn("no right to mount a disk to fill: SIGTERM takes the place of the full disk", stacklevel=2)
        kinds = ["SIGTERM" if kind == "full disk" else kind for kind in kinds]
    draw = random.Random(0)
    draw.shuffle(kinds)
    run = Interrupted(data_dir, disk, draw)
    # On a busy machine a run goes some hundred steps on before the test gets to it: the last one is not to get away.
    steps = sorted(draw.sample(range(10, STEPS - 500), len(kinds)))
    for kind, step in zip(kinds, steps):
        run.interrupt(kind, max(step, last_step(run.folder) + 1))
    assert run.start().wait(2 * patience.seconds()) == alone.wait(patience.seconds()) == 0
    rows = without_times(run_state.read_metrics(run.folder))
    assert rows == curve(data_dir, "alone") and len(rows) == STEPS // 5 + STEPS // 250
    best = pretraining.status(data_dir, "alone")["best"]
    assert run_state.status(run.folder)["best"] == best and 0 < best["step"] < STEPS


PARENT = """
import sys
sys.path.insert(0, {root!r})
from helpers.environment import child
child.run("helpers.pretraining", {argv!r})
"""


def test_a_training_whose_parent_is_killed_saves_and_ends(data_dir):  # noqa: F811
    """The parent is the tutorial's process, a notebook's kernel or a shell's program, gone without a word."""
    settings = dict(TINY, num_train_steps=10**5, save_checkpoints_steps=10**6, eval_steps=0)
    argv = ["--data-dir", data_dir, "--model-name", "orphan", "--hparams", json.dumps(settings)]
    folder = os.path.join(data_dir, "models", "orphan")
    patience.seconds()
    parent = subprocess.Popen([sys.executable, "-c", PARENT.format(root=ROOT, argv=argv)], stdout=subprocess.DEVNULL)
    try:
        patience.wait_until(lambda: last_step(folder) > 10, parent, "step 10")
    finally:
        parent.kill()
        parent.wait()
    reached = last_step(folder)
    end = time.monotonic() + patience.seconds()
    while run_state.checkpoint_step(folder) < reached:
        assert time.monotonic() < end, "nothing was saved"
        time.sleep(0.1)
    assert run_state.checkpoint_step(folder) < settings["num_train_steps"]  # it did not just go on to its end
    settings["num_train_steps"] = run_state.checkpoint_step(folder) + 5  # the next call goes on from there
    argv[-1] = json.dumps(settings)
    done = subprocess.run([sys.executable, "-m", "helpers.pretraining", *argv], cwd=ROOT, stderr=subprocess.PIPE)
    assert done.returncode == 0, done.stderr.decode()
    assert run_state.checkpoint_step(folder) == settings["num_train_steps"]
