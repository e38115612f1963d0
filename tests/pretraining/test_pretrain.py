"""Training as a whole: what it writes, that it resumes exactly, that it evaluates what it should."""

import json
import os
import random
import re
import signal
import subprocess
import sys

import numpy as np
import pytest

from helpers.base.errors import TutorialError
from helpers.pretraining import run_state
from helpers.pretraining.network.runtime import tf
from helpers.pretraining.training import trainer
from helpers.pretraining.training.evaluation import detection_metrics

WORDS = "[PAD] [UNK] [CLS] [SEP] [MASK]".split() + ["w%d" % number for number in range(45)]
LENGTH = 16
SETTINGS = dict(
    model_size="tiny", embedding_size=16, max_seq_length=LENGTH, num_train_steps=60, train_batch_size=8,
    eval_batch_size=8, num_eval_steps=3, eval_steps=20, log_steps=1, save_checkpoints_steps=7, learning_rate=0.01,
    model_hparam_overrides=dict(hidden_size=32, num_hidden_layers=1, num_attention_heads=2, intermediate_size=64),
)  # fmt: skip


def write_examples(path, count, seed):
    """A file of examples as build_dataset makes them: one of two texts, each word followed by the next."""
    draw = random.Random(seed)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with tf.python_io.TFRecordWriter(path) as writer:
        for _ in range(count):
            size, first = draw.randint(6, LENGTH), draw.choice([5, 25])
            ids = [2] + [first + number for number in range(size - 2)] + [3] + [0] * (LENGTH - size)
            lists = dict(input_ids=ids, input_mask=[int(i < size) for i in range(LENGTH)], segment_ids=[0] * LENGTH)
            feature = {
                name: tf.train.Feature(int64_list=tf.train.Int64List(value=values)) for name, values in lists.items()
            }
            writer.write(tf.train.Example(features=tf.train.Features(feature=feature)).SerializeToString())


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


def run(data_dir, name, **changes):
    """Run it to its end; returns the finished process and its events."""
    done = subprocess.run(
        command(data_dir, name, **changes), stdout=subprocess.PIPE, stderr=subprocess.PIPE, universal_newlines=True
    )
    return done, [json.loads(line) for line in done.stdout.splitlines()]


def curve(data_dir, name):
    """metrics.jsonl without the times."""
    return without_times(run_state.read_metrics(os.path.join(data_dir, "models", name)))


def without_times(rows):
    return [{key: value for key, value in row.items() if key != "examples_per_second"} for row in rows]


@pytest.fixture(scope="module")
def undisturbed(data_dir):
    done, events = run(data_dir, "undisturbed")
    assert done.returncode == 0, done.stderr
    return events


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


def test_learning_reaches_what_the_text_allows(data_dir, undisturbed):
    # A position leaves two words to choose from; guessing among all words would give a loss of 3.9.
    losses = [row["mlm_loss"] for row in curve(data_dir, "undisturbed") if row["event"] == "train"]
    assert np.mean(losses[-5:]) < 0.85 * np.mean(losses[:5])


def test_a_finished_run_is_up_to_date(data_dir, undisturbed):
    done, events = run(data_dir, "undisturbed")
    assert done.returncode == 0 and "up to date" in events[0]["text"]


def test_one_seed_one_curve_two_seeds_two(data_dir, undisturbed):
    run(data_dir, "again", num_train_steps=8, num_warmup_steps=6)
    run(data_dir, "other", num_train_steps=8, num_warmup_steps=6, seed=1)
    run(data_dir, "first", num_train_steps=8, num_warmup_steps=6)
    assert curve(data_dir, "again") == curve(data_dir, "first")
    assert curve(data_dir, "again") != curve(data_dir, "other")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_stop_saves_and_the_next_call_goes_on(data_dir, undisturbed, number):
    name = "stopped-%d" % number
    process = subprocess.Popen(command(data_dir, name), stdout=subprocess.PIPE, universal_newlines=True)
    for line in process.stdout:
        event = json.loads(line)
        if event["event"] == "train" and event["step"] == 10:
            process.send_signal(number)
    assert process.wait() == 0
    assert event["event"] == "result" and event["stopped"] and 10 <= event["step"] < 60
    assert run_state.checkpoint_step(os.path.join(data_dir, "models", name)) == event["step"]
    run(data_dir, name)
    assert curve(data_dir, name) == curve(data_dir, "undisturbed")


def test_other_settings_are_another_run_and_the_earlier_one_is_kept(data_dir, undisturbed):
    run(data_dir, "changed", num_train_steps=4)
    done, events = run(data_dir, "changed", num_train_steps=4, learning_rate=0.02)
    assert done.returncode == 0
    assert any("learning_rate was 0.01 and is 0.02" in event.get("text", "") for event in events)
    assert os.path.isdir(os.path.join(data_dir, "models", "changed.old-1"))
    assert len([row for row in curve(data_dir, "changed") if row["event"] == "train"]) == 4


def test_more_steps_continue_the_run(data_dir):
    run(data_dir, "longer", num_train_steps=4)
    run(data_dir, "longer", num_train_steps=6)
    assert [row["step"] for row in curve(data_dir, "longer") if row["event"] == "train"] == [1, 2, 3, 4, 5, 6]


def test_max_seconds_ends_well(data_dir):
    done, events = run(data_dir, "short", num_train_steps=100000, max_seconds=0.5)
    assert done.returncode == 0 and events[-1]["stopped"]


def test_evaluation_alone(data_dir, undisturbed):
    done, events = run(data_dir, "undisturbed", do_train=False, do_eval=True)
    metrics = events[-1]["evaluation"]
    last = curve(data_dir, "undisturbed")[-1]
    assert metrics["disc_auc"] == last["disc_auc"] and metrics["mlm_loss"] == last["mlm_loss"]
    text = open(os.path.join(data_dir, "models", "undisturbed", "results", "unsup_results.txt")).read()
    assert "disc_auc = %s" % metrics["disc_auc"] in text


def test_evaluation_is_over_all_tokens_whatever_the_loss(data_dir, undisturbed):
    _, events = run(data_dir, "undisturbed", do_train=False, do_eval=True, loss_on_all_tokens=False)
    metrics, last = events[-1]["evaluation"], curve(data_dir, "undisturbed")[-1]
    assert {name: metrics[name] for name in ("disc_auc", "disc_loss")} == {
        name: last[name] for name in ("disc_auc", "disc_loss")
    }


def test_masked_lm_objective_trains(data_dir):
    done, events = run(data_dir, "mlm", electra_objective=False, num_train_steps=3)
    assert done.returncode == 0, done.stderr
    assert "disc_loss" not in curve(data_dir, "mlm")[-1]


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
    done, events = run(data_dir, "mistake", **changes)
    assert done.returncode == 1 and "Traceback" not in done.stderr
    assert re.search(words, events[-1]["message"])


def test_checkpoint_of_another_shape_is_refused(data_dir, undisturbed):
    os.remove(os.path.join(data_dir, "models", "undisturbed", "hparams.json"))
    overrides = dict(SETTINGS["model_hparam_overrides"], intermediate_size=48)
    done, events = run(data_dir, "undisturbed", model_hparam_overrides=overrides, num_train_steps=61)
    assert done.returncode == 1 and "does not fit this model" in events[-1]["message"]


def test_special_tokens_must_be_there(tmp_path):
    path = tmp_path / "vocab.txt"
    path.write_text("[PAD]\n[UNK]\n[CLS]\n[SEP]\n")
    from helpers.pretraining import hyperparameters

    with pytest.raises(TutorialError, match=r"lacks \[MASK\]"):
        trainer.special_tokens(hyperparameters.resolve(dict(vocab_file=str(path))))


def test_detection_metrics():
    metrics = detection_metrics(np.array([2.0, 1.0, -1.0, -2.0]), np.array([1, 0, 1, 0]))
    halves = dict.fromkeys(("disc_accuracy", "disc_precision", "disc_recall", "disc_replaced"), 0.5)
    assert metrics == dict(halves, disc_auc=0.75)
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
