"""A run that starts from weights that exist: by name and shape, with a fresh optimizer, at step 0."""

import argparse
import json
import os
import re
import shutil

import numpy as np
import pytest
from listener import Listener
from test_pretrain import SETTINGS, WORDS, write_examples

from helpers.base.errors import TutorialError
from helpers.pretraining.network import initial_weights
from helpers.pretraining.network.runtime import tf
from helpers.pretraining.run_state import is_weight
from helpers.pretraining.training import loop
from helpers.pretraining.training.checkpoints import CheckpointReader

STILL = dict(num_train_steps=1, learning_rate=1e-12, weight_decay_rate=0.0, eval_steps=0)  # as good as no step
TABLES = ("electra/embeddings/word_embeddings", "generator_predictions/output_bias")


def run(data_dir, name, **changes):
    """What the command line does, in this process; returns what it said."""
    reporter = Listener()
    settings = json.dumps(dict(SETTINGS, **changes))
    loop.work(argparse.Namespace(data_dir=data_dir, model_name=name, hparams=settings, max_seconds=None), reporter)
    return reporter.said


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory):
    """Data, and a run of two steps whose weights have moved."""
    folder = tmp_path_factory.mktemp("data")
    write_examples(str(folder / "pretrain_tfrecords" / "pretrain_data.tfrecord-0-of-1"), 90, 1)
    write_examples(str(folder / "valid_tfrecords" / "pretrain_data.tfrecord-0-of-1"), 20, 3)
    (folder / "vocab.txt").write_text("\n".join(WORDS) + "\n")
    run(str(folder), "first", num_train_steps=2, eval_steps=1, learning_rate=0.1)
    return str(folder)


def values(data_dir, name, step):
    reader = CheckpointReader(os.path.join(data_dir, "models", name, "model.ckpt-%d" % step))
    return {each: reader.value_or_none(each) for each in reader.shapes}


def without_slots(data_dir, path, leave_out=()):
    """The first run's weights alone, as the reference's released checkpoints may be."""
    found = {n: v for n, v in values(data_dir, "first", 2).items() if is_weight(n) and not n.startswith(leave_out)}
    os.makedirs(os.path.dirname(path))
    names = sorted(found)
    with tf.Graph().as_default(), tf.Session() as session:
        tensors = [tf.constant(found[name]) for name in names]
        whole = [""] * len(names)
        session.run(tf.raw_ops.SaveV2(prefix=path, tensor_names=names, shape_and_slices=whole, tensors=tensors))
    return path


@pytest.mark.parametrize("kind", ["folder", "best", "file", "released"])
def test_a_run_starts_from_a_checkpoint(data_dir, tmp_path, kind):
    first = os.path.join(data_dir, "models", "first")
    start = {"folder": first, "best": os.path.join(first, "best"), "file": os.path.join(first, "model.ckpt-2.index")}
    start = start.get(kind) or without_slots(data_dir, str(tmp_path / "released" / "electra_small"))
    said = run(data_dir, "second-" + kind, init_checkpoint=start, **STILL)
    found = values(data_dir, "second-" + kind, 1)
    best = json.load(open(os.path.join(first, "best.json")))["step"]
    prefix = os.path.join("best", "model.ckpt-%d" % best) if kind == "best" else "model.ckpt-2"
    reader = CheckpointReader(os.path.join(first, prefix))
    weights = [name for name in found if is_weight(name)]
    assert len(weights) > 30 and found["global_step"] == 1
    for name in weights:
        assert np.allclose(found[name], reader.value_or_none(name), atol=1e-7), name
    moments = [name for name in found if name.endswith("/adam_m")]
    earlier = values(data_dir, "first", 2)
    assert moments and not any(np.array_equal(found[name], earlier[name]) for name in moments if earlier[name].any())
    assert any("%d of %d variables start from it, at step 0" % (len(weights), len(weights)) in text for text in said)
    assert not any("start fresh" in text for text in said)
    assert any("no vocab.txt lies beside it" in text for text in said) == (kind == "released")
    assert "up to date" in run(data_dir, "second-" + kind, init_checkpoint=start, **STILL)[0]


def test_weights_alone_cannot_be_gone_on_from_and_the_remedy_works(data_dir, tmp_path):
    start = without_slots(data_dir, str(tmp_path / "weights" / "model.ckpt-2"))
    folder = os.path.join(data_dir, "models", "weights")
    shutil.copytree(os.path.dirname(start), folder)
    tf.train.update_checkpoint_state(folder, "model.ckpt-2")
    with pytest.raises(TutorialError, match="without what the optimizer remembers, .* start a new one") as caught:
        run(data_dir, "weights", num_train_steps=3)
    (remedy,) = re.findall(r"\{.*\}", str(caught.value))
    said = run(data_dir, "anew", **dict(STILL, **json.loads(remedy)))
    assert any("variables start from it, at step 0" in text for text in said)


def test_what_is_missing_starts_fresh_and_is_named(data_dir, tmp_path):
    start = without_slots(data_dir, str(tmp_path / "a" / "discriminator"), ("generator",))
    said = run(data_dir, "half", init_checkpoint=start, **STILL)
    (text,) = [text for text in said if "are not in it and start fresh" in text]
    assert "generator/encoder/layer_0" in text
    found, earlier = values(data_dir, "half", 1), values(data_dir, "first", 2)
    own = "generator/encoder/layer_0/output/dense/kernel"
    assert np.allclose(found[TABLES[0]], earlier[TABLES[0]], atol=1e-7) and not np.allclose(found[own], earlier[own])


def test_pieces_of_another_vocabulary_are_carried_over(data_dir, tmp_path):
    """The same words in another order, ten of them gone and five new."""
    other = str(tmp_path / "data")
    shutil.copytree(os.path.join(data_dir, "pretrain_tfrecords"), os.path.join(other, "pretrain_tfrecords"))
    words = WORDS[:5] + ["nuevo%d" % n for n in range(5)] + WORDS[:14:-1]
    with open(os.path.join(other, "vocab.txt"), "w") as file:
        file.write("\n".join(words) + "\n")
    settings = dict(STILL, vocab_size=50)  # the examples' ids go up to there; five rows have no piece
    start = os.path.join(data_dir, "models", "first")
    said = run(other, "m", init_checkpoint=start, **settings)
    assert any("40 of 45 pieces (89%) are in it and keep their vectors" in text for text in said)
    found, earlier = values(other, "m", 1), values(data_dir, "first", 2)
    for table in TABLES:
        for number, word in enumerate(words):
            if word in WORDS:
                assert np.allclose(found[table][number], earlier[table][WORDS.index(word)], atol=1e-7), (table, word)
    fresh = found[TABLES[0]][5:10]
    assert all(np.abs(earlier[TABLES[0]] - row).max(axis=1).min() > 1e-3 for row in fresh)
    alone = without_slots(data_dir, str(tmp_path / "a" / "b" / "c" / "d" / "alone"))  # no vocab.txt is found for it
    with pytest.raises(TutorialError, match="has 50 word pieces and this run 60: put its vocab.txt beside it"):
        run(other, "n", init_checkpoint=alone, **dict(STILL, vocab_size=60))


def test_what_cannot_be_a_start_is_one_sentence(data_dir, tmp_path):
    first = os.path.join(data_dir, "models", "first")
    for name in ("saved_model.pb", "model.safetensors"):
        (tmp_path / name.split(".")[0]).mkdir()
        (tmp_path / name.split(".")[0] / name).write_text("x")
    for name in ("weights.bin", "notes.txt", "weights.safetensors"):
        (tmp_path / name).write_text("x")
    (tmp_path / "empty").mkdir()
    for path, said in (
        ("saved_model", "a SavedModel, .* give the checkpoint of its training"),
        ("model", "for PyTorch without config.json: give the whole folder"),
        ("weights.bin", "a pickle, which is not read, .* fetch it with python -m helpers.conversion.hub fetch-start"),
        ("notes.txt", "no TensorFlow checkpoint, whose files are named"),
        ("weights.safetensors", "name the folder that it lies in"),
        ("empty", "no .index file"),
        ("nowhere", "no .index file"),
    ):
        with pytest.raises(TutorialError, match=said):
            initial_weights.find(str(tmp_path / path))
    with pytest.raises(TutorialError, match="fetch-start google/electra-small data/hub/google-electra-small"):
        initial_weights.find("google/electra-small")
    sizes = dict(SETTINGS["model_hparam_overrides"], hidden_size=64)
    heads = dict(SETTINGS["model_hparam_overrides"], num_attention_heads=4)
    for name, changes, said in (
        (
            "wide",
            dict(model_hparam_overrides=sizes),
            r"does not fit: it holds .* give model_size, .* \(hidden_size 32, intermediate_size 64, embedding_size 16, "
            r"generator_hidden_size 0.25\)",
        ),
        ("heads", dict(model_hparam_overrides=heads), 'trained with 2 attention heads, .* {"num_attention_heads": 2}'),
        ("first", dict(learning_rate=0.5), "lies in the folder of the run that would start from it"),
    ):
        with pytest.raises(TutorialError, match=said):
            run(data_dir, name, init_checkpoint=first, **dict(STILL, **changes))
    assert os.path.isdir(first) and not os.path.exists(first + ".old-1")
