"""The loop around the trainer, in this process: what it says and keeps when a run is stopped, changed or put aside."""

import gc
import json
import os
import signal
import sys
import threading
import types

import pytest
from test_pretrain import LENGTH, SETTINGS, curve, pretend, write_examples
from test_pretrain import data_dir as made  # noqa: F401  (a fixture)

from helpers.base.errors import TutorialError
from helpers.base.files import read_json
from helpers.pretraining import __main__ as command
from helpers.pretraining import hyperparameters, run_state
from helpers.pretraining.network.runtime import tf
from helpers.pretraining.training import checkpoints, loop, trainer, workers


class Listener:
    """A reporter that keeps what it is told."""

    def __init__(self):
        self.messages, self.rows, self.hook = [], [], None

    def message(self, text):
        self.messages.append(text)
        if self.hook:
            self.hook(text)

    def emit(self, **row):
        self.rows.append(row)

    def start(self, *unused, **also_unused):
        pass

    advance = close = start


def settings(data_dir, name, **changes):
    small = dict(SETTINGS, num_train_steps=4, eval_steps=2, save_checkpoints_steps=100, num_eval_steps=2)
    return hyperparameters.resolve_in(data_dir, name, dict(small, **changes))


def train(hparams, stop=False, joined=None):
    """As loop.train, but with no signals: these belong to the process.  Returns what was said and whether it ended."""
    os.makedirs(hparams.model_dir, exist_ok=True)
    listener = Listener()
    run = loop.Run(hparams, listener, stop, joined or workers.Alone())
    finished = run()
    run.trainer.close()
    return listener, finished


class Both:
    """Two workers in one process.  Each adds up its own gradients alone; what they agree on goes through a barrier."""

    size, gpu = 2, None

    def __init__(self, rank, told):
        self.rank, self._told = rank, told

    @staticmethod
    def pair():
        told = dict(barrier=threading.Barrier(2, timeout=300), flags=[False, False])
        return Both(0, told), Both(1, told)

    def sum(self, tensors):
        return tensors

    def connect(self, session):
        pass

    def any(self, flag):
        self._told["flags"][self.rank] = bool(flag)
        self._told["barrier"].wait()
        answer = any(self._told["flags"])
        self._told["barrier"].wait()
        return answer


class AfterStep:
    """A stop that is asked for once a step, by default the last, is in metrics.jsonl."""

    def __init__(self, hparams, step=None):
        self._folder, self._step = hparams.model_dir, step or hparams.num_train_steps

    def __bool__(self):
        return any(row["step"] >= self._step for row in run_state.read_metrics(self._folder))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_what_asks_for_a_stop(number):
    stop = loop.StopRequest()
    assert not stop and not loop.StopRequest(1000)
    assert loop.StopRequest(1e-9)
    stop = loop.StopRequest(1000)
    stop.listen()
    os.kill(os.getpid(), number)
    assert stop


def test_max_seconds_on_the_command_line_ends_a_run_with_a_checkpoint(made, monkeypatch, capsys):  # noqa: F811
    """A limit that has passed when the first step of twenty is done."""
    limited = json.dumps(dict(SETTINGS, num_train_steps=20, eval_steps=0))
    argv = ["pretraining", "--data-dir", made, "--model-name", "limited", "--hparams", limited, "--events"]
    monkeypatch.setattr(sys, "argv", argv + ["--max-seconds", "0.001"])
    command.main()
    last = json.loads(capsys.readouterr().out.splitlines()[-1])
    folder = os.path.join(made, "models", "limited")
    assert last["event"] == "result" and last["stopped"] is True and last["step"] == 1
    assert run_state.checkpoint_step(folder) == 1 and not run_state.status(folder)["finished"]


def test_a_run_that_is_gone_on_with_sees_the_same_examples_and_logs_and_saves_when_it_should(made, monkeypatch):  # noqa: F811
    often = dict(num_train_steps=8, eval_steps=4, log_steps=3, save_checkpoints_steps=2, keep_checkpoint_max=0)
    hparams = settings(made, "whole", **often)
    os.makedirs(hparams.model_dir)
    listener, left = Listener(), []
    one = loop.Run(hparams, listener, False, workers.Alone())
    with monkeypatch.context() as patch:  # a clock that goes on by two seconds with each step
        clock = types.SimpleNamespace(time=lambda: 1000.0 + 2 * one.step)
        patch.setattr(loop, "time", clock)
        patch.setattr(run_state, "time", clock)
        listener.advance = lambda **values: left.append(run_state.last_beat(hparams.model_dir).get("seconds_left"))
        assert one()
    one.trainer.close()
    rows = run_state.read_metrics(hparams.model_dir)
    assert [(row["event"], row["step"]) for row in rows] == [
        ("train", 3), ("eval", 4), ("train", 6), ("train", 8), ("eval", 8),
    ]  # fmt: skip
    assert [dict(row) for row in listener.rows] == rows
    rates = [row["examples_per_second"] for row in rows if row["event"] == "train"]
    assert rates == [hparams.train_batch_size / 2] * 3
    # The first step's time is not known; then two seconds for each step from the one of the last sign of life.
    assert left[0] is None and 2.0 * 6 in left and 2.0 in left
    saved = sorted(name for name in os.listdir(hparams.model_dir) if name.endswith(".index"))
    assert saved == ["model.ckpt-%d.index" % step for step in (2, 4, 6, 8)]

    parts = settings(made, "parts", **often)
    assert not train(parts, AfterStep(parts, 3))[1] and run_state.checkpoint_step(parts.model_dir) == 3
    assert train(parts)[1] and curve(made, "parts") == curve(made, "whole")


def test_a_seed_decides_the_first_weights_and_the_order_of_the_examples(made):  # noqa: F811
    class Stopped(Exception):
        pass

    def first(name, seed):
        """The weights before the first step, and what that step is given."""
        hparams = settings(made, name, seed=seed)
        os.makedirs(hparams.model_dir, exist_ok=True)
        one, fed = loop.Run(hparams, Listener(), False, workers.Alone()), []
        session = one.trainer._session
        table = session.run("electra/embeddings/word_embeddings:0")
        # A stand-in for the device: it keeps what it is to compute.
        one.trainer._session = types.SimpleNamespace(run=lambda fetches, feed: fed.append(feed) or halt())
        with pytest.raises(Stopped):
            one()
        one.trainer._session = session
        one.trainer.close()
        return table, next(value for key, value in fed[0].items() if key.name.startswith("input_ids"))

    def halt():
        raise Stopped

    (table, batch), (other, shuffled) = first("s0", 0), first("s1", 1)
    assert (table != other).mean() > 0.9 and (batch != shuffled).any()


def test_a_stop_in_the_last_evaluation_leaves_the_run_of_two_workers_unfinished(made):  # noqa: F811
    hparams = settings(made, "two-workers", num_train_steps=2, eval_steps=0, log_steps=1)
    first, second = Both.pair()
    finished = {}
    other = threading.Thread(target=lambda: finished.update(second=train(hparams, False, second)[1]))
    os.makedirs(hparams.model_dir)
    other.start()
    finished["first"] = train(hparams, AfterStep(hparams), first)[1]
    other.join(300)
    assert finished == dict(first=False, second=False)
    assert not [row for row in run_state.read_metrics(hparams.model_dir) if row["event"] == "eval"]
    assert run_state.checkpoint_step(hparams.model_dir) == 2


def test_a_longer_run_goes_on_and_a_best_model_of_other_held_out_examples_is_forgotten(made):  # noqa: F811
    hparams = settings(made, "best", num_train_steps=1, eval_steps=1)
    train(hparams)
    path = os.path.join(hparams.model_dir, run_state.BEST_FILE)
    unbeatable = dict(read_json(path), held_out_loss=-1.0)
    with open(path, "w") as file:
        json.dump(unbeatable, file)
    listener, _ = train(settings(made, "best", num_train_steps=2, eval_steps=1, num_eval_steps=1))
    assert any("best on other held-out examples" in text for text in listener.messages)
    assert read_json(path)["step"] == 2 and read_json(path)["held_out_loss"] > 0
    assert [row["step"] for row in curve(made, "best") if row["event"] == "eval"] == [1, 2]


def test_the_best_model_is_compared_on_the_same_held_out_examples_alone(made, tmp_path):  # noqa: F811
    hparams = settings(made, "compared")
    os.makedirs(hparams.model_dir)
    run_state.begin(hparams, tf.__version__)
    path = os.path.join(hparams.model_dir, run_state.BEST_FILE)
    with tf.Graph().as_default(), tf.Session() as session:
        tf.get_variable("a", initializer=1.0)
        session.run(tf.global_variables_initializer())

        def better(row, **changes):
            """Whether a model of the row takes the place of the one that is there."""
            before = read_json(path)
            kept = checkpoints.Checkpoints(settings(made, "compared", **changes))
            forgotten = kept.forget_best_of_other_examples()
            kept.save_best(session, dict(row, step=before["step"] + 1 if before else 1))
            assert not forgotten or read_json(path) != before
            return read_json(path) != before

        good, bad = dict(mlm_loss=1.0, disc_loss=1.0), dict(mlm_loss=1.0, disc_loss=2.0)
        assert better(bad) and better(good) and not better(bad) and not better(good)
        assert better(bad, num_eval_steps=1) and not better(bad, num_eval_steps=1)
        assert better(bad, eval_batch_size=4) and better(good) and not better(bad)
        elsewhere = str(tmp_path / "valid_tfrecords" / "pretrain_data.tfrecord-0-of-1")
        write_examples(elsewhere, 9, 8)
        assert better(bad, valid_tfrecords=elsewhere)
        with open(path, "w") as file:  # one of before this was recorded is taken at its word
            json.dump(dict(step=10, held_out_loss=50.0), file)
        assert not better(good) and better(dict(good, mlm_loss=0.0, disc_loss=0.5))
        with open(path) as file:
            assert json.load(file)["held_out_loss"] == 25.0


def test_the_held_out_loss_is_weighted_as_in_training():
    hparams = hyperparameters.resolve(dict(gen_weight=3.0, disc_weight=7.0))
    assert checkpoints.held_out_loss(dict(mlm_loss=2.0, disc_loss=0.5), hparams) == 3 * 2.0 + 7 * 0.5
    assert checkpoints.held_out_loss(dict(mlm_loss=2.0), hparams) == 6.0


def test_what_is_another_run_and_what_goes_on(made, tmp_path):  # noqa: F811
    hparams = settings(made, "known")
    assert run_state.look(hparams) == run_state.State("new", 0)
    pretend(hparams, 4)
    assert run_state.look(hparams) == run_state.State("resume", 4)
    run_state.finish(hparams, 1.26)
    assert run_state.look(hparams) == run_state.State("finished", 4) and run_state.seconds(hparams.model_dir) == 1.3
    for changes, state in (
        (dict(num_train_steps=5), ("resume", 4)),
        (dict(num_train_steps=3), ("other", 4, "it has 4 steps and 3 are asked for")),
        (dict(learning_rate=0.02), ("other", 4, "learning_rate was 0.01 and is 0.02")),
        (dict(seed=3), ("other", 4, "seed was 0 and is 3")),
        (dict(xla=True, keep_best=False, eval_batch_size=3, log_steps=7), ("finished", 4)),
    ):
        assert run_state.look(settings(made, "known", **changes)) == run_state.State(*state)
    other = str(tmp_path / "pretrain_data.tfrecord-0-of-1")
    write_examples(other, 40, 9)
    found = run_state.look(settings(made, "known", pretrain_tfrecords=other))
    assert found == run_state.State("other", 4, "it was trained on other data")
    found = run_state.look(settings(made, "known", valid_tfrecords=other))
    assert found.kind == "finished", "held-out examples may be others"


def test_fewer_steps_than_are_trained_are_said_before_the_run_is_put_aside(made):  # noqa: F811
    hparams = settings(made, "fewer", eval_steps=0)
    pretend(hparams, 4)
    listener, there = Listener(), []
    listener.hook = lambda text: there.append(os.path.exists(os.path.join(hparams.model_dir, run_state.HPARAMS_FILE)))
    loop._prepare_folder(settings(made, "fewer", num_train_steps=3, eval_steps=0), listener, {})
    assert "it has 4 steps and 3 are asked for" in listener.messages[0] and there[0]
    assert "fewer.old-1" in listener.messages[-1] and not there[-1]
    assert os.path.exists(os.path.join(hparams.model_dir + ".old-1", "model.ckpt-4.index"))


def open_sessions():
    gc.collect()
    # By type: to ask isinstance of everything there is would import what stands there to be imported on demand.
    return [one for one in gc.get_objects() if type(one) is tf.Session and not one._closed]


def test_training_and_evaluation_each_close_their_session_and_keep_no_best_where_none_is_wanted(made):  # noqa: F811
    before = len(open_sessions())
    hparams = settings(made, "sessions", num_train_steps=1, eval_steps=1, keep_best=False)
    os.makedirs(hparams.model_dir)
    kept = []  # whatever the collector would do on its own
    listener = Listener()
    listener.hook = kept.append
    loop.train(hparams, listener, workers.Alone())
    assert len(open_sessions()) == before
    loop.evaluate(hparams, listener)
    assert len(open_sessions()) == before
    assert run_state.last_held_out(run_state.read_metrics(hparams.model_dir))["step"] == 1
    assert not {run_state.BEST_FOLDER, run_state.BEST_FILE} & set(os.listdir(hparams.model_dir))


def test_segments_beyond_type_vocab_size_are_refused(made, tmp_path):  # noqa: F811
    path = str(tmp_path / "odd" / "pretrain_data.tfrecord-0-of-1")
    os.makedirs(os.path.dirname(path))
    lists = dict(input_ids=[2] + [5] * (LENGTH - 2) + [3], input_mask=[1] * LENGTH, segment_ids=[0] * 8 + [1] * 8)
    features = {name: tf.train.Feature(int64_list=tf.train.Int64List(value=ids)) for name, ids in lists.items()}
    with tf.python_io.TFRecordWriter(path) as writer:
        for _ in range(20):
            writer.write(tf.train.Example(features=tf.train.Features(feature=features)).SerializeToString())
    overrides = dict(SETTINGS["model_hparam_overrides"], type_vocab_size=1)
    hparams = settings(made, "segments", model_hparam_overrides=overrides)
    opened = trainer._open_examples(path, hparams, Listener())  # training's and held-out ones alike
    with pytest.raises(TutorialError, match="has the segment number 1, and type_vocab_size is 1: raise it"):
        next(opened.batches(8, 0))
    with pytest.raises(TutorialError, match="has the segment number 1"):
        next(iter(opened.in_order(8)))
