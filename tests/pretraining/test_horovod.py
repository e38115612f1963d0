"""Two workers under horovodrun on this machine: they train as one does, end when one is lost, and go on."""

import json
import os
import signal
import subprocess
import sys

import patience
import pytest
from test_pretrain import SETTINGS, curve, data_dir  # noqa: F401  (data_dir is a fixture)

from helpers.base.files import read_json
from helpers.pretraining import run_state
from tools import horovod

pytestmark = pytest.mark.slow
PYTHON = os.path.join(horovod.FOLDER, "bin", "python")
HOROVODRUN = os.path.join(horovod.FOLDER, "bin", "horovodrun")
ENDLESS = 10**6  # steps of a run that is to be interrupted, however late the test gets to it
_started = []


@pytest.fixture(autouse=True)
def built():
    if (read_json(horovod.MARKER) or {}).get("state") != "ready":
        pytest.skip("there is no Horovod: `make horovod` says why it cannot be built here")
    yield
    for process in _started:
        if process.poll() is None:  # a test has failed; horovodrun ends its workers
            process.terminate()
            process.wait(patience.seconds())
    del _started[:]


def start(data_dir, name, workers, **changes):  # noqa: F811
    settings = json.dumps(dict(SETTINGS, **changes))
    train = [PYTHON, "-m", "helpers.pretraining", "--data-dir", data_dir, "--model-name", name, "--hparams", settings]
    launch = [PYTHON, HOROVODRUN, "-np", str(workers), "-H", "localhost:%d" % workers] if workers > 1 else []
    # Workers of a busy machine take longer to find each other than the half minute that Horovod gives them.
    limit = "%d" % patience.seconds()
    patient = dict(HOROVOD_LOG_LEVEL="fatal", HOROVOD_START_TIMEOUT=limit, HOROVOD_GLOO_TIMEOUT_SECONDS=limit)
    # Into a file: nobody reads while a test waits for a step, and a pipe that is full would stop the workers.
    with open(os.path.join(data_dir, name + ".log"), "w") as log:
        process = subprocess.Popen(launch + train, stdout=log, stderr=log, env=dict(os.environ, **patient))
    process.log = log.name
    _started.append(process)
    return process


def end(process):
    """Its exit code and what it said, once it is over."""
    code = process.wait(patience.seconds())
    with open(process.log) as log:
        return code, log.read()[-5000:]


def run(*arguments, **changes):
    code, output = end(start(*arguments, **changes))
    assert code == 0, output


def process_of_rank(rank, name):
    """Id of the training process of one rank, found by its environment."""
    for entry in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open("/proc/%s/environ" % entry, "rb") as file, open("/proc/%s/cmdline" % entry, "rb") as command:
                words = command.read().split(b"\0")
                if b"HOROVOD_RANK=%d" % rank in file.read().split(b"\0") and name.encode() in words:
                    if os.path.basename(words[0]).startswith(b"python"):
                        return int(entry)
        except OSError:
            continue
    raise AssertionError("no process of rank %d" % rank)


@pytest.mark.parametrize("changes", [{}, dict(gradient_accumulation_steps=2, loss_on_all_tokens=False)])
def test_two_workers_train_as_one(data_dir, changes):  # noqa: F811
    one, two = ("%s-%d" % (name, len(changes)) for name in ("one", "two"))
    # A lower rate than elsewhere: sums in another order differ in their last digits, which a high one blows up.
    changes = dict(changes, num_train_steps=20, eval_steps=10, learning_rate=0.002)
    run(data_dir, one, 1, **dict(changes, gradient_accumulation_steps=1))
    run(data_dir, two, 2, **changes)
    alone, together = curve(data_dir, one), curve(data_dir, two)
    assert len(alone) == len(together) == 22
    for row, expected in zip(together, alone):
        assert row["event"] == expected["event"] and set(row) == set(expected)
        for name in {"step", "loss", "mlm_loss", "disc_loss", "learning_rate"} & set(expected):
            assert row[name] == pytest.approx(expected[name], rel=1e-4), (row["step"], name)
    assert read_json(os.path.join(data_dir, "models", two, "run.json"))["workers"] == 2


@pytest.mark.parametrize("rank", [0, 1])
def test_a_lost_worker_ends_all_and_the_next_call_goes_on(data_dir, rank):  # noqa: F811
    name, settings = "lost-%d" % rank, dict(eval_steps=0, save_checkpoints_steps=10)
    folder = os.path.join(data_dir, "models", name)
    process = start(data_dir, name, 2, num_train_steps=ENDLESS, **settings)
    patience.wait_until(lambda: run_state.checkpoint_step(folder) >= 20, process, "step 20")
    os.kill(process_of_rank(rank, name), signal.SIGKILL)
    code, output = end(process)
    assert code != 0
    assert "a worker was lost" in output or "Terminating remaining workers after failure of Process %d" % rank in output
    saved = run_state.checkpoint_step(folder)
    assert 20 <= saved < ENDLESS
    run(data_dir, name, 2, num_train_steps=saved + 15, **settings)
    steps = [row["step"] for row in curve(data_dir, name) if row["event"] == "train"]
    assert steps == list(range(1, saved + 16))


def test_a_stop_reaches_all_workers(data_dir):  # noqa: F811
    folder = os.path.join(data_dir, "models", "stopped")
    process = start(data_dir, "stopped", 2, num_train_steps=ENDLESS, eval_steps=0, save_checkpoints_steps=ENDLESS)
    patience.wait_until(lambda: run_state.read_metrics(folder), process, "the first step")
    os.kill(process_of_rank(1, "stopped"), signal.SIGTERM)  # as where one machine of several is taken away
    code, output = end(process)
    assert code == 0, output
    saved = run_state.checkpoint_step(folder)
    assert 0 < saved < ENDLESS and "stopped at step %d" % saved in output


def test_a_batch_that_cannot_be_shared_is_refused(data_dir):  # noqa: F811
    code, output = end(start(data_dir, "odd", 2, train_batch_size=7))
    assert code != 0
    assert "train_batch_size 7 cannot be shared by 2 workers in 1 parts each: take a multiple of 2" in output


def test_without_horovod_it_says_what_to_do(data_dir):  # noqa: F811
    ran = subprocess.run(
        [sys.executable, "-m", "helpers.pretraining", "--data-dir", data_dir, "--model-name", "none"],
        env=dict(os.environ, HOROVOD_SIZE="2", HOROVOD_RANK="0"), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    assert ran.returncode == 1 and b"run `make horovod`" in ran.stderr and b"Traceback" not in ran.stderr
