"""The loop around the trainer, in this process: what it says and keeps when a run is stopped, changed or put aside."""

import gc
import json
import os
import threading

import pytest
from test_pretrain import LENGTH, SETTINGS, write_examples
from test_pretrain import data_dir as made  # noqa: F401  (a fixture)

from helpers.base.errors import TutorialError
from helpers.base.files import read_json
from helpers.pretraining import hyperparameters, run_state
from helpers.pretraining.network.runtime import tf
from helpers.pretraining.training import loop, workers


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


class InTheLastEvaluation:
    """A stop that is asked for once the last step is done."""

    def __init__(self, hparams):
        self._metrics = os.path.join(hparams.model_dir, run_state.METRICS_FILE)
        self._last = hparams.num_train_steps

    def __bool__(self):
        return any(row["step"] == self._last for row in run_state.read_metrics(self._metrics))


def test_a_stop_in_the_last_evaluation_leaves_the_run_of_two_workers_unfinished(made):  # noqa: F811
    hparams = settings(made, "two-workers", num_train_steps=2, eval_steps=0, log_steps=1)
    first, second = Both.pair()
    finished = {}
    other = threading.Thread(target=lambda: finished.update(second=train(hparams, False, second)[1]))
    os.makedirs(hparams.model_dir)
    other.start()
    finished["first"] = train(hparams, InTheLastEvaluation(hparams), first)[1]
    other.join(300)
    assert finished == dict(first=False, second=False)
    assert not [row for row in run_state.read_metrics(hparams.model_dir) if row["event"] == "eval"]
    assert run_state.checkpoint_step(hparams.model_dir) == 2
    listener, ended = train(hparams)
    assert ended and run_state.last_held_out(run_state.read_metrics(hparams.model_dir))["step"] == 2


def test_the_best_model_is_compared_on_the_same_held_out_examples_alone(made, tmp_path):  # noqa: F811
    hparams = settings(made, "best")
    train(hparams)
    path = os.path.join(hparams.model_dir, run_state.BEST_FILE)
    best = read_json(path)
    unbeatable = dict(best, held_out_loss=-1.0)
    for changes, step in (dict(), 6), (dict(num_eval_steps=1), 8):
        with open(path, "w") as file:
            json.dump(unbeatable, file)
        listener, _ = train(settings(made, "best", num_train_steps=step, num_warmup_steps=2, **changes))
        assert any("best on other held-out examples" in text for text in listener.messages) == bool(changes)
        assert (read_json(path)["step"] == step) == bool(changes)
    folder = str(tmp_path / "valid_tfrecords")
    write_examples(os.path.join(folder, "pretrain_data.tfrecord-0-of-1"), 9, 8)
    beaten = dict(read_json(path), held_out_loss=-1.0)
    with open(path, "w") as file:
        json.dump(beaten, file)
    elsewhere = dict(num_eval_steps=1, valid_tfrecords=os.path.join(folder, "pretrain_data*"))
    train(settings(made, "best", num_train_steps=10, num_warmup_steps=2, **elsewhere))
    assert read_json(path)["step"] == 10
    # One of before this was recorded is taken at its word.
    with open(path, "w") as file:
        json.dump(dict(step=10, held_out_loss=-1.0), file)
    train(settings(made, "best", num_train_steps=12, num_warmup_steps=2, **elsewhere))
    assert read_json(path)["step"] == 10


def test_fewer_steps_than_are_trained_are_said_before_the_run_is_put_aside(made):  # noqa: F811
    hparams = settings(made, "fewer", eval_steps=0)
    train(hparams)
    listener, there = Listener(), []
    listener.hook = lambda text: there.append(os.path.exists(os.path.join(hparams.model_dir, run_state.HPARAMS_FILE)))
    loop._prepare_folder(settings(made, "fewer", num_train_steps=3, eval_steps=0), listener, {})
    assert "it has 4 steps and 3 are asked for" in listener.messages[0] and there[0]
    assert "fewer.old-1" in listener.messages[-1] and not there[-1]


def open_sessions():
    gc.collect()
    return [one for one in gc.get_objects() if isinstance(one, tf.Session) and not one._closed]


def test_training_and_evaluation_each_close_their_session(made):  # noqa: F811
    before = len(open_sessions())
    hparams = settings(made, "sessions", num_train_steps=1, eval_steps=0)
    os.makedirs(hparams.model_dir)
    kept = []  # whatever the collector would do on its own
    listener = Listener()
    listener.hook = kept.append
    loop.train(hparams, listener, workers.Alone())
    assert len(open_sessions()) == before
    loop.evaluate(hparams, listener)
    assert len(open_sessions()) == before


@pytest.mark.parametrize("part", ["pretrain_tfrecords", "valid_tfrecords"])
def test_segments_beyond_type_vocab_size_are_refused(made, tmp_path, part):  # noqa: F811
    path = str(tmp_path / "odd" / "pretrain_data.tfrecord-0-of-1")
    os.makedirs(os.path.dirname(path))
    lists = dict(input_ids=[2] + [5] * (LENGTH - 2) + [3], input_mask=[1] * LENGTH, segment_ids=[0] * 8 + [1] * 8)
    features = {name: tf.train.Feature(int64_list=tf.train.Int64List(value=ids)) for name, ids in lists.items()}
    with tf.python_io.TFRecordWriter(path) as writer:
        for _ in range(20):
            writer.write(tf.train.Example(features=tf.train.Features(feature=features)).SerializeToString())
    overrides = dict(SETTINGS["model_hparam_overrides"], type_vocab_size=1)
    hparams = settings(made, "segments-" + part, model_hparam_overrides=overrides, **{part: path})
    with pytest.raises(TutorialError, match="has the segment number 1, and type_vocab_size is 1: raise it"):
        train(hparams)
