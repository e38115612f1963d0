"""What a run of days needs: room on the disk, the best model apart, a sign of life, and to go on after anything."""

import json
import os
import shutil
import signal
import socket
import subprocess
import time

import numpy as np
import pytest
from test_pretrain import SETTINGS, command, curve, data_dir, run  # noqa: F401  (data_dir is a fixture)

from helpers import pretraining
from helpers.base.errors import TutorialError
from helpers.base.events import Reporter
from helpers.environment import gpu
from helpers.pretraining import hyperparameters, run_state
from helpers.pretraining.network.runtime import tf
from helpers.pretraining.training import checkpoints, loop, trainer, workers


def resolved(data_dir, name, **changes):  # noqa: F811
    return hyperparameters.resolve_in(data_dir, name, dict(SETTINGS, **changes))


@pytest.fixture
def here(data_dir):  # noqa: F811
    """``here(name, reporter, **changes)``: a run in this process, which saves starting TensorFlow anew; its result."""

    def train(name, reporter=None, **changes):
        hparams = resolved(data_dir, name, **changes)
        return loop._perform(hparams, reporter or Reporter(silent=True), workers.Alone())

    return train


def folder_of(data_dir, name):  # noqa: F811
    return os.path.join(data_dir, "models", name)


def names_of(checkpoint):
    return set(tf.train.load_checkpoint(checkpoint).get_variable_to_shape_map())


def test_the_best_model_is_kept_apart(data_dir, here):  # noqa: F811
    """At such a learning rate the first steps are the best; checkpoints of all evaluations are there to compare."""
    settings = dict(num_train_steps=12, eval_steps=3, save_checkpoints_steps=3, learning_rate=3.0, num_warmup_steps=0)
    here("best", **settings)
    folder = folder_of(data_dir, "best")
    hparams = resolved(data_dir, "best", **settings)
    losses = {
        row["step"]: row["mlm_loss"] + 50 * row["disc_loss"]  # the default weights
        for row in curve(data_dir, "best")
        if row["event"] == "eval"
    }
    assert sorted(losses) == [3, 6, 9, 12]
    best = min(losses, key=losses.get)
    assert best != 12, "the last model is not the best one, so that they can be told apart"
    found = pretraining.status(data_dir, "best")["best"]
    assert found["step"] == best and found["held_out_loss"] == pytest.approx(losses[best])
    assert found["measured_on"]["num_eval_steps"] == hparams.num_eval_steps
    kept = os.path.join(folder, "best")
    assert [name for name in os.listdir(kept) if name.endswith(".index")] == ["model.ckpt-%d.index" % best]
    weights, whole = names_of(tf.train.latest_checkpoint(kept)), names_of(tf.train.latest_checkpoint(folder))
    assert weights < whole and not any("adam" in name or name == "global_step" for name in weights)
    assert whole - weights == {name + slot for name in weights for slot in ("/adam_m", "/adam_v")} | {"global_step"}
    ours, same, last = (
        tf.train.load_checkpoint(path)
        for path in (kept, os.path.join(folder, "model.ckpt-%d" % best), os.path.join(folder, "model.ckpt-12"))
    )
    for name in weights:
        np.testing.assert_array_equal(ours.get_tensor(name), same.get_tensor(name))
    table = "electra/embeddings/word_embeddings"
    assert (ours.get_tensor(table) != last.get_tensor(table)).any()
    assert os.path.exists(os.path.join(kept, "hparams.json"))  # so that it converts like any other model
    status = pretraining.status(data_dir, "best")
    assert (status["step"], status["checkpoint_step"], status["finished"], status["running"]) == (12, 12, True, False)
    assert (status["train"]["event"], status["eval"]["event"]) == ("train", "eval") and status["num_train_steps"] == 12


def test_no_room_is_said_before_the_first_step(data_dir, here, monkeypatch):  # noqa: F811
    monkeypatch.setattr(
        checkpoints.shutil, "disk_usage", lambda folder: shutil._ntuple_diskusage(10**9, 10**9, 1200000)
    )
    with pytest.raises(
        TutorialError, match=r"the disk of .* is full: 6 checkpoints of 0\.\d MB would take .* make room"
    ):
        here("no-room", num_train_steps=100, save_checkpoints_steps=10)
    assert not curve(data_dir, "no-room")


def test_a_disk_that_fills_up_leaves_the_last_checkpoint(data_dir, here, monkeypatch):  # noqa: F811
    settings = dict(num_train_steps=12, save_checkpoints_steps=4, eval_steps=0, valid_tfrecords="")
    free = [10**9]

    def disk_usage(folder):
        free[0] -= 4 * 10**8
        return shutil._ntuple_diskusage(10**9, 0, max(0, free[0]))

    with monkeypatch.context() as patch:
        patch.setattr(checkpoints.shutil, "disk_usage", disk_usage)
        with pytest.raises(TutorialError, match="full: the checkpoint of step 8 would take"):
            here("fills-up", **settings)
    assert run_state.checkpoint_step(folder_of(data_dir, "fills-up")) == 4
    assert here("fills-up", **settings)["step"] == 12
    assert [row["step"] for row in curve(data_dir, "fills-up")] == list(range(1, 13))


class StopInEvaluation(Reporter):
    """Asks for a stop, as a scheduler does, when the evaluation of this number begins."""

    def __init__(self, number):
        super().__init__(silent=True)
        self._left = number

    def start(self, title, *about, **more):
        super().start(title, *about, **more)
        self._left -= title == "evaluation"
        if self._left == 0:
            os.kill(os.getpid(), signal.SIGTERM)


def test_a_stop_during_an_evaluation_is_made_up_for(data_dir, here):  # noqa: F811
    settings = dict(num_train_steps=4, eval_steps=2, save_checkpoints_steps=100)
    # The one in the midst of a run; then, once that is made up for, the last.
    for step, number in (2, 1), (4, 2):
        assert here("stopped", StopInEvaluation(number), **settings)["stopped"]
        assert run_state.checkpoint_step(folder_of(data_dir, "stopped")) == step
        assert pretraining.status(data_dir, "stopped")["finished"] is False
    assert not here("stopped", **settings)["stopped"]
    rows = [(row["event"], row["step"]) for row in curve(data_dir, "stopped")]
    assert rows == [("train", 1), ("train", 2), ("eval", 2), ("train", 3), ("train", 4), ("eval", 4)]


def test_mixed_precision_may_be_turned_on_in_a_run_and_its_scale_is_kept(data_dir, here):  # noqa: F811
    settings = dict(num_train_steps=6, save_checkpoints_steps=2)
    here("plain", **settings)
    here("turned-on", **dict(settings, max_seconds=1e-9))  # one step
    left = os.path.join(folder_of(data_dir, "turned-on"), "model.ckpt-7.data-00000-of-00001.tempstate12345")
    mine = os.path.join(folder_of(data_dir, "turned-on"), "model.ckpt-mine")
    for name in (left, mine):
        open(name, "w").close()
    here("turned-on", mixed_precision=True, gradient_accumulation_steps=2, **settings)
    assert not os.path.exists(left) and os.path.exists(mine), "what a save that was cut short has left, goes"
    plain, scaled = curve(data_dir, "plain"), curve(data_dir, "turned-on")
    assert [row["step"] for row in scaled] == [row["step"] for row in plain]
    for row, expected in zip(scaled, plain):
        assert row["mlm_loss"] == pytest.approx(expected["mlm_loss"], rel=1e-4)
    newest = tf.train.load_checkpoint(folder_of(data_dir, "turned-on"))
    assert newest.get_tensor("mixed_precision/loss_scale") == 2.0**15
    assert newest.get_tensor("mixed_precision/good_steps") == 5
    assert json.load(open(os.path.join(folder_of(data_dir, "turned-on"), "hparams.json")))["mixed_precision"] is True


@pytest.mark.slow
def test_a_step_that_overflows_is_repeated(data_dir, here, monkeypatch):  # noqa: F811
    from helpers.pretraining.training import optimization

    settings = dict(num_train_steps=4)
    here("plain-4", **settings)
    monkeypatch.setattr(optimization, "INITIAL_SCALE", 2.0**127)
    here("overflows", mixed_precision=True, **settings)
    plain, scaled = curve(data_dir, "plain-4"), curve(data_dir, "overflows")
    assert scaled[0]["loss_scale"] < 2.0**127
    for row, expected in zip(scaled, plain):
        assert row["mlm_loss"] == pytest.approx(expected["mlm_loss"], rel=1e-4)


@pytest.mark.parametrize(
    "capabilities, seen, expected",
    [([7.5], 1, True), ([8.0, 7.0], 2, True), ([6.1], 1, False), ([None], 1, False), ([7.5], 0, False), ([], 0, False)],
)
def test_mixed_precision_is_the_default_where_it_pays(data_dir, monkeypatch, capabilities, seen, expected):  # noqa: F811
    cards = [gpu.Gpu("a card", capability, "535.1", None) for capability in capabilities]
    monkeypatch.setattr(gpu, "usable", lambda: (cards, ""))
    monkeypatch.setattr(trainer, "_gpus", lambda: ["/physical_device:GPU"] * seen)
    hparams = resolved(data_dir, "default")
    assert hparams.mixed_precision is None
    assert trainer.settle_precision(hparams) is expected and hparams.mixed_precision is expected
    asked = resolved(data_dir, "default", mixed_precision=not expected)
    assert trainer.settle_precision(asked) is not expected


def test_status_tells_of_a_run_in_another_process(data_dir):  # noqa: F811
    assert pretraining.status(data_dir, "live") is None
    process = subprocess.Popen(command(data_dir, "live", num_train_steps=10**6, log_steps=10**6, eval_steps=0),
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # fmt: skip
    try:
        seen = []
        end = time.time() + 600
        while len(seen) < 2 and time.time() < end:
            status = pretraining.status(data_dir, "live")
            if status and status["running"] and status["step"] not in seen:
                seen.append(status["step"])
                latest = status
            time.sleep(0.1)
        assert len(seen) == 2 and seen[0] < seen[1]
        assert latest["doing"] in ("training", "saving") and latest["seconds_left"] > 0
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
    status = pretraining.status(data_dir, "live")
    assert not status["running"] and status["seconds_left"] is None and not status["finished"]


def test_a_sign_of_life_from_another_machine_grows_old(tmp_path, monkeypatch):
    beat = run_state.Heartbeat(str(tmp_path))
    beat("training", 5, 100)
    assert run_state.last_beat(str(tmp_path))["step"] == 5
    monkeypatch.setattr(socket, "gethostname", lambda: "elsewhere")
    assert run_state.last_beat(str(tmp_path))["running"]
    sign = json.loads((tmp_path / "live.json").read_text())
    (tmp_path / "live.json").write_text(json.dumps(dict(sign, time=sign["time"] - 2 * run_state.STALE_SECONDS)))
    assert not run_state.last_beat(str(tmp_path))["running"]
    beat.end()
    assert not (tmp_path / "live.json").exists()


def test_a_remote_model_folder_is_refused(data_dir):  # noqa: F811
    with pytest.raises(TutorialError, match="must lie on this machine"):
        run(data_dir, "remote", model_dir="gs://bucket/model")
