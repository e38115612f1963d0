"""Training as a whole: what it writes, that it resumes exactly, that it evaluates what it should."""

import argparse
import json
import os
import random
import signal
import subprocess
import sys

import numpy as np
import patience
import pytest

from helpers.base.errors import TutorialError
from helpers.base.events import Reporter
from helpers.pretraining import hyperparameters, run_state
from helpers.pretraining.network.runtime import tf
from helpers.pretraining.training import loop, trainer
from helpers.pretraining.training.evaluation import detection_metrics

WORDS = "[PAD] [UNK] [CLS] [SEP] [MASK]".split() + ["w%d" % number for number in range(45)]
LENGTH = 16
SETTINGS = dict(
    model_size="tiny", embedding_size=16, max_seq_length=LENGTH, num_train_steps=60, train_batch_size=8,
    eval_batch_size=8, num_eval_steps=2, eval_steps=20, log_steps=1, save_checkpoints_steps=7, learning_rate=0.01,
    model_hparam_overrides=dict(hidden_size=32, num_hidden_layers=1, num_attention_heads=2, intermediate_size=64),
)  # fmt: skip


def examples(count, seed):
    """Token ids of examples of two texts, each word followed by the next; without their padding."""
    draw = random.Random(seed)
    made = []
    for _ in range(count):
        size, first = draw.randint(6, LENGTH), draw.choice([5, 25])
        made.append([2] + [first + number for number in range(size - 2)] + [3])
    return made


def write_rows(path, rows):
    """A file of examples as the data builder makes them, of these token ids."""
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with tf.python_io.TFRecordWriter(path) as writer:
        for row in rows:
            padding = [0] * (LENGTH - len(row))
            lists = dict(input_ids=row + padding, input_mask=[1] * len(row) + padding, segment_ids=[0] * LENGTH)
            feature = {
                name: tf.train.Feature(int64_list=tf.train.Int64List(value=values)) for name, values in lists.items()
            }
            writer.write(tf.train.Example(features=tf.train.Features(feature=feature)).SerializeToString())


def write_examples(path, count, seed):
    write_rows(path, examples(count, seed))


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory):
    folder = tmp_path_factory.mktemp("data")
    write_examples(str(folder / "pretrain_tfrecords" / "pretrain_data.tfrecord-0-of-2"), 90, 1)
    write_examples(str(folder / "pretrain_tfrecords" / "pretrain_data.tfrecord-1-of-2"), 77, 2)
    write_examples(str(folder / "valid_tfrecords" / "pretrain_data.tfrecord-0-of-1"), 20, 3)
    (folder / "vocab.txt").write_text("\n".join(WORDS) + "\n")
    return str(folder)


def command(data_dir, name, **changes):
    settings = json.dumps(dict(SETTINGS, **changes))
    return [sys.executable, "-m", "helpers.pretraining", "--data-dir", data_dir, "--model-name", name,
            "--hparams", settings, "--events"]  # fmt: skip


class Told(Reporter):
    """Keeps the events in place of writing them."""

    def __init__(self):
        super().__init__(events=True)
        self.told = []

    def emit(self, event, **fields):
        self.told.append(dict(fields, event=event))


def run(data_dir, name, max_seconds=None, **changes):
    """What the command does with its arguments, in this process, which saves importing TensorFlow; its events.

    Training listens to signals; afterwards they are as they were.
    """
    numbers = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]
    kept = {number: signal.getsignal(number) for number in numbers}
    reporter, settings = Told(), json.dumps(dict(SETTINGS, **changes))
    try:
        loop.work(
            argparse.Namespace(data_dir=data_dir, model_name=name, hparams=settings, max_seconds=max_seconds), reporter
        )
    finally:
        for number, handler in kept.items():
            signal.signal(number, handler)
    return reporter.told


def curve(data_dir, name):
    """metrics.jsonl without the times."""
    return without_times(run_state.read_metrics(os.path.join(data_dir, "models", name)))


def without_times(rows):
    return [{key: value for key, value in row.items() if key != "examples_per_second"} for row in rows]


def pretend(hparams, step):
    """The files by which a run of so many steps is known, without a model."""
    os.makedirs(hparams.model_dir)
    run_state.begin(hparams, tf.__version__)
    open(os.path.join(hparams.model_dir, "model.ckpt-%d.index" % step), "w").close()
    with open(os.path.join(hparams.model_dir, "checkpoint"), "w") as file:
        file.write('model_checkpoint_path: "model.ckpt-%d"\n' % step)


@pytest.fixture(scope="module")
def undisturbed(data_dir):
    return run(data_dir, "undisturbed")


def test_what_a_run_writes_and_says(data_dir, undisturbed):
    folder = os.path.join(data_dir, "models", "undisturbed")
    hparams = json.load(open(os.path.join(folder, "hparams.json")))
    assert hparams["tensorflow"] == tf.__version__ and hparams["vocab_size"] == 50
    rows = curve(data_dir, "undisturbed")
    assert [row["step"] for row in rows if row["event"] == "train"] == list(range(1, 61))
    assert [row["step"] for row in rows if row["event"] == "eval"] == [20, 40, 60]
    first, last = (next(row for row in order if row["event"] == "eval") for order in (rows, rows[::-1]))
    assert last["mlm_loss"] < first["mlm_loss"] and 0 <= last["disc_auc"] <= 1
    checkpoints = sorted(name for name in os.listdir(folder) if name.endswith(".index"))
    assert checkpoints == ["model.ckpt-%d.index" % step for step in (35, 42, 49, 56, 60)]
    assert any(name.startswith("events.out") for name in os.listdir(folder))
    assert undisturbed[-1]["event"] == "result" and undisturbed[-1]["step"] == 60
    assert {"start", "progress", "train", "eval"} <= {event["event"] for event in undisturbed}
    evaluations = [event for event in undisturbed if event.get("title") == "evaluation"]
    assert [event["total"] for event in evaluations] == [2, 2, 2], "num_eval_steps batches, though there are three"


def test_learning_reaches_what_the_text_allows(data_dir, undisturbed):
    # A position leaves two words to choose from; guessing among all words would give a loss of 3.9.
    losses = [row["mlm_loss"] for row in curve(data_dir, "undisturbed") if row["event"] == "train"]
    assert np.mean(losses[-5:]) < 0.85 * np.mean(losses[:5])


def test_a_finished_run_is_up_to_date(data_dir, undisturbed):
    events = run(data_dir, "undisturbed")
    assert "up to date" in events[0]["text"] and events[-1]["step"] == 60
    assert run_state.seconds(os.path.join(data_dir, "models", "undisturbed")) > 0


def test_two_seeds_two_curves(data_dir, undisturbed):
    """One seed, one curve: a run that was stopped has the curve of one that was not, see below."""
    run(data_dir, "other", seed=1, num_train_steps=1, eval_steps=0)
    found, expected = (curve(data_dir, name)[0]["mlm_loss"] for name in ("other", "undisturbed"))
    assert found != expected


def test_a_stop_saves_and_the_next_call_goes_on(data_dir, undisturbed):
    process = subprocess.Popen(command(data_dir, "stopped"), stdout=subprocess.PIPE, universal_newlines=True)
    for line in process.stdout:
        event = json.loads(line)
        if event["event"] == "train" and event["step"] == 10:
            process.send_signal(signal.SIGTERM)
    assert process.wait() == 0
    assert event["event"] == "result" and event["stopped"] and 10 <= event["step"] < 60
    assert run_state.checkpoint_step(os.path.join(data_dir, "models", "stopped")) == event["step"]
    run(data_dir, "stopped")
    assert curve(data_dir, "stopped") == curve(data_dir, "undisturbed")


def test_a_stop_before_the_first_step_ends_it_at_once(data_dir):
    """While TensorFlow and the graph are loaded, which takes a while, there is nothing to save."""
    patience.seconds()  # measured before anything else runs
    process = subprocess.Popen(command(data_dir, "young"), stdout=subprocess.PIPE, universal_newlines=True)
    lock = os.path.join(data_dir, "models", ".young.lock")
    patience.wait_until(lambda: os.path.exists(lock), process, "the lock of the run")
    process.send_signal(signal.SIGTERM)
    events = [json.loads(line) for line in process.stdout]
    assert process.wait() == 130 and events[-1] == {"event": "error", "message": "stopped by the user"}
    assert not run_state.checkpoint_step(os.path.join(data_dir, "models", "young")) and not os.path.exists(lock)


def test_other_settings_are_another_run_and_the_earlier_one_is_kept(data_dir):
    settings = dict(num_train_steps=1, eval_steps=0, valid_tfrecords="")
    pretend(hyperparameters.resolve_in(data_dir, "changed", dict(SETTINGS, **settings)), 1)
    events = run(data_dir, "changed", learning_rate=0.02, **settings)
    assert any("learning_rate was 0.01 and is 0.02" in event.get("text", "") for event in events)
    earlier, now = (os.path.join(data_dir, "models", name) for name in ("changed.old-1", "changed"))
    assert os.path.exists(os.path.join(earlier, "model.ckpt-1.index")) and not run_state.read_metrics(earlier)
    assert [row["step"] for row in curve(data_dir, "changed")] == [1] == [run_state.checkpoint_step(now)]


def test_evaluation_alone(data_dir, undisturbed):
    metrics = run(data_dir, "undisturbed", do_train=False, do_eval=True)[-1]["evaluation"]
    last = curve(data_dir, "undisturbed")[-1]
    assert metrics == last, "the last checkpoint, evaluated as the run did it (test_evaluation.py: by NumPy)"
    text = open(os.path.join(data_dir, "models", "undisturbed", "results", "unsup_results.txt")).read()
    assert "disc_auc = %s" % metrics["disc_auc"] in text and "step = 60\n" in text


def test_masked_lm_objective_trains(data_dir):
    run(data_dir, "mlm", electra_objective=False, num_train_steps=1)
    train, held_out = curve(data_dir, "mlm")
    assert set(held_out) == {"event", "step", "mlm_loss", "mlm_accuracy"} and "disc_loss" not in train


@pytest.mark.parametrize(
    "changes, words",
    [
        (dict(max_seq_length=32), "are 16 tokens long and max_seq_length is 32"),
        (dict(vocab_size=10), "has 50 tokens, more than vocab_size 10"),
        (dict(pretrain_tfrecords="nowhere/*"), "nowhere"),
        (dict(vocab_file="nowhere.txt", vocab_size=50), "no vocabulary at nowhere.txt"),
        (dict(learning_rate=1e30, num_warmup_steps=0), "the loss became .* at step .* lower learning_rate"),
    ],
)
def test_mistakes_get_one_sentence(data_dir, changes, words):
    with pytest.raises(TutorialError, match=words) as caught:
        run(data_dir, "mistake", **changes)
    assert "\n" not in str(caught.value)


def test_checkpoint_of_another_shape_is_refused(data_dir, undisturbed):
    os.remove(os.path.join(data_dir, "models", "undisturbed", "hparams.json"))
    overrides = dict(SETTINGS["model_hparam_overrides"], intermediate_size=48)
    with pytest.raises(TutorialError, match="does not fit this model"):
        run(data_dir, "undisturbed", model_hparam_overrides=overrides, num_train_steps=61)


def test_special_tokens_are_those_of_the_vocabulary(tmp_path):
    path = tmp_path / "vocab.txt"
    path.write_text("[MASK]\n[PAD]\na\n[SEP]\n[UNK]\n[CLS]\n")
    found = trainer.special_tokens(hyperparameters.resolve(dict(vocab_file=str(path))))
    assert (found.cls, found.sep, found.mask) == (5, 3, 0)


def test_special_tokens_must_be_there(tmp_path):
    path = tmp_path / "vocab.txt"
    path.write_text("[PAD]\n[UNK]\n[CLS]\n[SEP]\n")
    with pytest.raises(TutorialError, match=r"lacks \[MASK\]"):
        trainer.special_tokens(hyperparameters.resolve(dict(vocab_file=str(path))))


def test_detection_metrics():
    metrics = detection_metrics(np.array([2.0, 1.0, 0.3, -2.0, -3.0]), np.array([1, 0, 0, 1, 0]))
    assert metrics == dict(
        disc_accuracy=0.4, disc_precision=pytest.approx(1 / 3), disc_recall=0.5, disc_replaced=0.4, disc_auc=4 / 6
    )  # fmt: skip
    assert "disc_auc" not in detection_metrics(np.array([1.0]), np.array([0]))


@pytest.mark.parametrize("digits", [0, 6])
def test_the_auc_is_scikit_learns(digits):
    scikit = pytest.importorskip("sklearn.metrics")
    random = np.random.RandomState(digits)
    labels = (random.rand(2000) < 0.1).astype(np.int32)
    logits = np.round(random.randn(2000) + labels, digits).astype(np.float32)  # without digits most are equal
    assert detection_metrics(logits, labels)["disc_auc"] == pytest.approx(
        scikit.roc_auc_score(labels, logits), abs=1e-9
    )
