"""A run that starts from exported folders: each variable gets the parameter that the conversion made of it."""

import argparse
import json
import os
import shutil

import numpy as np
import pytest

pytest.importorskip("transformers")

import tiny_checkpoint
from listener import Listener
from test_pretrain import write_examples

from helpers import conversion
from helpers.base.errors import TutorialError
from helpers.conversion import export
from helpers.pretraining.run_state import is_weight
from helpers.pretraining.training import loop
from helpers.pretraining.training.checkpoints import CheckpointReader

STILL = dict(num_train_steps=1, learning_rate=1e-12, weight_decay_rate=0.0, train_batch_size=4, seed=5, eval_steps=0)
LENGTH = 16
TABLE = "electra/embeddings/word_embeddings"
SHAPES = {
    "plain": dict(),
    "no projection": dict(embedding_size=128),
    "one encoder": dict(untied_generator=False),
    "own embeddings": dict(untied_generator_embeddings=True),
    "masked LM": dict(electra_objective=False),
    "uniform": dict(uniform_generator=True),
}


def exported(folder, **shape):
    """A data folder with examples, a model's exported halves apart from it: (data_dir, halves, variables, hparams)."""
    data_dir, halves = str(folder / "data"), str(folder / "halves")
    os.makedirs(data_dir)
    variables = tiny_checkpoint.make(data_dir, **shape)
    model_dir = os.path.join(data_dir, "models", "m")
    vocabulary = os.path.join(data_dir, "vocab.txt")
    job = conversion.Job(model_dir=model_dir, vocab_file=vocabulary, output_dir=halves)
    export.convert(job, Listener(), tiny_checkpoint.oracle(variables))
    with open(os.path.join(model_dir, "hparams.json")) as file:
        hparams = json.load(file)
    hparams.pop("tensorflow")
    shutil.rmtree(model_dir)  # nothing but the exported folders is left of it
    write_examples(os.path.join(data_dir, "pretrain_tfrecords", "pretrain_data.tfrecord-0-of-1"), 20, 1)
    return data_dir, halves, variables, dict(hparams, max_seq_length=LENGTH, **STILL)


def run(data_dir, name, hparams):
    """What the command line does, in this process: the variables after a step that changes nothing, what was said."""
    reporter = Listener()
    settings = json.dumps(hparams)
    loop.work(argparse.Namespace(data_dir=data_dir, model_name=name, hparams=settings, max_seconds=None), reporter)
    reader = CheckpointReader(os.path.join(data_dir, "models", name, "model.ckpt-1"))
    return {each: reader.value_or_none(each) for each in reader.shapes}, " | ".join(reporter.said)


def taken(found, variables):
    """The weights of a run that are those of ``variables``."""
    same = lambda name: name in variables and found[name].shape == variables[name].shape  # noqa: E731
    return {n for n in found if is_weight(n) and same(n) and np.allclose(found[n], variables[n], atol=1e-7)}


@pytest.mark.parametrize("case", sorted(SHAPES))
def test_every_variable_starts_from_its_parameter(tmp_path, case):
    data_dir, halves, variables, hparams = exported(tmp_path, **SHAPES[case])
    found, said = run(data_dir, "new", dict(hparams, init_checkpoint=halves))
    weights = {name for name in found if is_weight(name)}
    assert len(weights) > 30 and taken(found, variables) == weights
    assert "%d of %d variables start from it, at step 0" % (len(weights), len(weights)) in said
    assert found["global_step"] == 1 and "fresh:" not in said and "left out" not in said
    assert all(np.abs(found[name]).max() < 1 for name in found if name.endswith("/adam_m")), "a fresh optimizer"


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    return exported(tmp_path_factory.mktemp("plain"))


def test_the_discriminator_alone(plain):
    data_dir, halves, variables, hparams = plain
    start = os.path.join(halves, "discriminator")
    found, said = run(data_dir, "alone", dict(hparams, init_checkpoint=start))
    assert "it holds no generator: the generator starts fresh" in said
    own = {name for name in found if is_weight(name) and name.startswith(("generator", "generator_predictions"))}
    weights = {name for name in found if is_weight(name)}
    assert weights - own <= taken(found, variables)
    kernels = {name for name in own if name.endswith("kernel")}
    assert kernels and not kernels & taken(found, variables)


def test_another_vocabulary_and_fewer_layers(plain, tmp_path):
    data_dir, halves, variables, hparams = plain
    other = str(tmp_path)
    shutil.copytree(os.path.join(data_dir, "pretrain_tfrecords"), os.path.join(other, "pretrain_tfrecords"))
    shutil.copyfile(os.path.join(data_dir, "tokenizer_config.json"), os.path.join(other, "tokenizer_config.json"))
    words = tiny_checkpoint.WORDS[:5] + ["nuevo%d" % n for n in range(5)] + tiny_checkpoint.WORDS[:9:-1]
    (tmp_path / "vocab.txt").write_text("\n".join(words) + "\n", encoding="utf-8")
    sizes = dict(hparams["model_hparam_overrides"], num_hidden_layers=1)
    changes = dict(model_hparam_overrides=sizes, generator_layers=1.0, vocab_size=len(words), init_checkpoint=halves)
    found, said = run(other, "m", dict(hparams, **changes))
    share = round(100 * (len(words) - 5) / len(words))
    assert "%d of %d pieces (%d%%) are in it and keep their vectors" % (len(words) - 5, len(words), share) in said
    assert "16 of its variables have no place in this run and are left out: electra/encoder/layer_1" in said
    for table in (TABLE, "generator_predictions/output_bias"):
        for number, word in enumerate(words):
            old = tiny_checkpoint.WORDS.index(word) if word in tiny_checkpoint.WORDS else None
            same = old is not None and np.allclose(found[table][number], variables[table][old], atol=1e-7)
            assert same or old is None, word
    assert np.abs(variables[TABLE][:, None] - found[TABLE][5:10]).max(axis=-1).min() > 1e-3


def test_embeddings_of_its_own_that_have_no_place_are_said(tmp_path):
    data_dir, halves, variables, hparams = exported(tmp_path, untied_generator_embeddings=True)
    sizes = dict(hparams, embedding_size=64, generator_hidden_size=0.5, untied_generator_embeddings=False)
    with pytest.raises(TutorialError, match="does not fit: it holds"):
        run(data_dir, "narrow", dict(sizes, init_checkpoint=halves))
    tables = dict(untied_generator_embeddings=True, embedding_size=64)  # as wide as the generator's
    data_dir, halves, variables, hparams = exported(tmp_path / "wide", **tables)
    found, said = run(data_dir, "shared", dict(hparams, untied_generator_embeddings=False, init_checkpoint=halves))
    assert "its generator has embeddings of its own" in said and TABLE in taken(found, variables)


def copied(halves, to, half="discriminator"):
    shutil.copytree(os.path.join(halves, half), str(to))
    return to


def test_what_cannot_be_a_start_is_one_sentence(plain, tmp_path):
    from safetensors.numpy import load_file, save_file

    data_dir, halves, _, hparams = plain
    pickle = copied(halves, tmp_path / "stranger")
    (pickle / "model.safetensors").unlink()
    heads, nan, other, cut = (copied(halves, tmp_path / name) for name in ("heads", "nan", "other", "cut"))
    config = json.loads((heads / "config.json").read_text())
    (heads / "config.json").write_text(json.dumps(dict(config, num_attention_heads=4)))
    weights = load_file(str(nan / "model.safetensors"))
    weights["electra.embeddings.LayerNorm.bias"][0] = np.nan
    save_file(weights, str(nan / "model.safetensors"))
    save_file({"bert.pooler.dense.weight": np.ones([2, 2], np.float32)}, str(other / "model.safetensors"))
    (cut / "model.safetensors").write_bytes((cut / "model.safetensors").read_bytes()[:1000])
    for folder, said in (
        (pickle, "a pickle, which is not read, since it could run code: fetch it with .* fetch-start"),
        (heads, r'has num_attention_heads 4, and .* 2: give model_hparam_overrides {"num_attention_heads": 4}'),
        (nan, "electra.embeddings.LayerNorm.bias holds numbers that are not finite"),
        (other, r"neither a discriminator nor a generator of ELECTRA \(its first parameter is bert.pooler"),
        (cut, "model.safetensors cannot be read .*: export or fetch it again"),
    ):
        with pytest.raises(TutorialError, match=said) as caught:
            run(data_dir, "wrong", dict(hparams, init_checkpoint=str(folder)))
        assert "\n" not in str(caught.value)
    with pytest.raises(TutorialError, match="lies in the folder of the run"):
        shutil.copytree(halves, os.path.join(data_dir, "models", "inside"))
        run(data_dir, "inside", dict(hparams, init_checkpoint=os.path.join(data_dir, "models", "inside")))
