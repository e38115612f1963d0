"""The conversion: every parameter from the checkpoint, logits equal to an oracle's, clear words for what is not."""

import json
import os
import shutil
import subprocess
import sys

import numpy as np
import pytest

pytest.importorskip("tensorflow")
pytest.importorskip("transformers")

import numpy_electra
import tiny_checkpoint
from listener import Listener

import helpers.data.corpus
from helpers import conversion
from helpers.base import manifest
from helpers.base.errors import TutorialError
from helpers.conversion import (
    configuration,
    export,
    model_card,
    tokenizer_files,
    weights_map,
)
from helpers.conversion.heads import infer
from helpers.data.vocabulary import vocab_file
from helpers.data.vocabulary.tokenization import Tokenizer
from helpers.discriminator import loading, tokenizer_json

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
REFERENCE = os.path.join(ROOT, "..", "shared", "data", "reference", "checkpoint")
SENTENCES = ["Los pájaros están cantando.", "El perro ladra.", "¿Que no canta mi gata?", "Un niño corre con la gata."]


def job_of(data_dir, **changes):
    data_dir = str(data_dir)
    model_dir = os.path.join(data_dir, "models", "m")
    settings = dict(model_dir=model_dir, vocab_file=os.path.join(data_dir, "vocab.txt"), output_dir=model_dir)
    return conversion.Job(**dict(settings, **changes))


def run(data_dir, variables, heads=tiny_checkpoint.HEADS, **changes):
    reporter = Listener()
    result = export.convert(job_of(data_dir, **changes), reporter, tiny_checkpoint.oracle(variables, heads))
    result["said"] = reporter.said
    return result


def read_json(*path):
    with open(os.path.join(*path), encoding="utf-8") as file:
        return json.load(file)


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    """A tiny model, converted with held-out text: (data_dir, variables, result)."""
    data_dir = str(tmp_path_factory.mktemp("exported"))
    variables = tiny_checkpoint.make(data_dir)
    valid = os.path.join(data_dir, "valid.txt")
    with open(valid, "w", encoding="utf-8") as file:
        file.write("\n\n".join(SENTENCES * 5))
    return data_dir, variables, run(data_dir, variables, valid_file=valid)


SHAPES = {
    "plain": dict(),
    "no projection": dict(embedding_size=128),
    "projection in both": dict(embedding_size=24, generator_layers=2),
    "one encoder": dict(untied_generator=False),
    "own embeddings": dict(untied_generator_embeddings=True),
    "masked LM": dict(electra_objective=False),
    "uniform": dict(uniform_generator=True),
}


@pytest.mark.parametrize("with_hparams", [True, False], ids=["hparams", "shapes alone"])
@pytest.mark.parametrize("case", SHAPES)
def test_every_kind_of_model_equals_the_oracle(tmp_path, case, with_hparams):
    variables = tiny_checkpoint.make(tmp_path, hparams=with_hparams, **SHAPES[case])
    result = run(tmp_path, variables)
    absent = {"masked LM": "discriminator", "uniform": "generator"}.get(case)
    for component in weights_map.COMPONENTS:
        if component == absent:
            assert result[component] is None
            assert any(component in text for text in result["said"])
            continue
        assert result[component]["difference"] < 2e-5
        assert os.path.isfile(os.path.join(result[component]["folder"], "README.md"))
    assert conversion.up_to_date(job_of(tmp_path))
    if absent:
        with pytest.raises(TutorialError, match="holds no " + absent):
            run(tmp_path, variables, component=absent, output_dir=str(tmp_path / "out"))


def test_tensorflow_itself_agrees(tmp_path):
    """The graph's logits, without the oracle, through the command line; then nothing is left to do."""
    tiny_checkpoint.make(tmp_path)
    job = job_of(tmp_path)
    argv = ["--model-dir", job.model_dir, "--vocab-file", job.vocab_file, "--output-dir", job.output_dir, "--events"]
    command = [sys.executable, "-m", "helpers.conversion"] + argv
    for up_to_date in (False, True):
        done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        assert done.returncode == 0, done.stderr.decode()
        last = json.loads(done.stdout.decode().splitlines()[-1])
        assert last["event"] == "result" and last["up_to_date"] is up_to_date
        assert last["step"] == 7
        assert last["discriminator"]["difference"] < 1e-5
        assert last["generator"]["difference"] < 1e-4


def test_a_user_mistake_is_one_sentence(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "helpers.conversion", "--model-dir", str(tmp_path / "none"), "--vocab-file", "v"]
        + ["--output-dir", str(tmp_path / "out")],
        cwd=ROOT,
        stderr=subprocess.PIPE,
    )
    assert done.returncode == 1
    assert "there is no model folder" in done.stderr.decode()
    assert "Traceback" not in done.stderr.decode()


@pytest.mark.skipif(not os.path.isdir(REFERENCE), reason="the reference checkpoint is not there")
@pytest.mark.parametrize("with_hparams", [True, False], ids=["hparams", "shapes alone"])
def test_reference_checkpoint(tmp_path, with_hparams):
    for name in os.listdir(REFERENCE):
        if name.startswith(("checkpoint", "model.ckpt", "vocab")):
            shutil.copy(os.path.join(REFERENCE, name), str(tmp_path))
    expected = np.load(os.path.join(REFERENCE, "expected.npz"))
    batch = np.load(os.path.join(REFERENCE, "batch.npz"))
    hparams = read_json(REFERENCE, "expected.json")["hparams"] if with_hparams else None
    job = conversion.Job(str(tmp_path), str(tmp_path / "vocab.txt"), str(tmp_path / "out"), hparams=hparams)
    result = export.convert(job, Listener())
    assert result["discriminator"]["difference"] < 1e-5 and result["generator"]["difference"] < 1e-4

    import torch

    ids = {name: torch.tensor(batch[name].astype(np.int64)) for name in batch if name.endswith("ids")}
    mask = torch.tensor(batch["input_mask"].astype(np.int64))
    real = batch["input_mask"] == 1
    discriminator = loading.load_model(str(tmp_path / "out" / "discriminator"), "ElectraForPreTraining")
    with torch.no_grad():
        found = discriminator(ids["corrupted_input_ids"], attention_mask=mask, token_type_ids=ids["segment_ids"])[0]
    assert np.abs(found.numpy() - expected["disc_logits"])[real].max() < 1e-5
    generator = loading.load_model(str(tmp_path / "out" / "generator"), "ElectraForMaskedLM")
    places = np.arange(len(mask))[:, None], batch["masked_lm_positions"]
    for tolerance in (5e-3, 1e-4):
        with torch.no_grad():
            found = generator(ids["masked_input_ids"], attention_mask=mask, token_type_ids=ids["segment_ids"])[0]
        counted = batch["masked_lm_weights"] > 0
        assert np.abs(found.numpy()[places] - expected["mlm_logits"])[counted].max() < tolerance
        loading.match_layer_norm(generator)


def test_folders_hold_what_both_transformers_read(exported):
    from safetensors import safe_open

    _, variables, result = exported
    torch, _ = loading.libraries()
    for component, architecture in weights_map.ARCHITECTURES.items():
        folder = result[component]["folder"]
        pickled = torch.load(os.path.join(folder, "pytorch_model.bin"))
        with safe_open(os.path.join(folder, "model.safetensors"), framework="np") as file:
            assert file.metadata() == {"format": "pt"}
            tensors = {name: file.get_tensor(name) for name in file.keys()}
        assert set(pickled) - set(tensors) == ({"generator_lm_head.weight"} if component == "generator" else set())
        for name, value in tensors.items():
            assert np.array_equal(value, pickled[name].numpy())
        assert sum(value.size for value in tensors.values()) == result[component]["parameters"]
        config = read_json(folder, "config.json")
        assert config["architectures"] == [architecture] and config["model_type"] == "electra"
        assert config["layer_norm_eps"] == 1e-12 and config["pad_token_id"] == 0
        tokenizer = read_json(folder, "tokenizer_config.json")
        assert tokenizer["do_lower_case"] is False and tokenizer["strip_accents"] is False
        assert tokenizer["model_max_length"] == 24
        for row in conversion.variable_map(folder):
            value = variables[row["tensorflow"]]
            assert np.array_equal(tensors.get(row["pytorch"], value), value.T if row["transposed"] else value)


@pytest.mark.parametrize("lower, strip", [(False, False), (True, True), (True, False)])
def test_the_exported_tokenizer_cuts_words_as_in_training(tmp_path, lower, strip):
    """Words of over 100 letters too, which transformers takes for unknown unless tokenizer.json says otherwise."""
    transformers = pytest.importorskip("transformers", "4.0")
    tokens = list(vocab_file.SPECIAL_TOKENS) + "a ##a ##rr ##í niño nino ¿ ? . casa ##s ñ ##ñ 日 [ ] mask ##e".split()
    tokenizer_files.write(str(tmp_path), tokens, lower, strip, 64)
    ours = Tokenizer.of(tokens, lower, strip)
    own = transformers.ElectraTokenizerFast.from_pretrained(str(tmp_path))
    loading.take_long_words(own)
    for theirs in own, transformers.PreTrainedTokenizerFast.from_pretrained(str(tmp_path)):
        for text in (
            "a" * 99,
            "a" * 101,
            "a" + "rr" * 80,
            "a" * 200,
            "¿Niño? Casas. aí 日日 añ [mask]",
            "x\u0301 A\u0300",
            "😀a",
        ):
            pieces = [tokens[number] for word in ours.words(text) for number in ours.pieces(word)]
            assert theirs.tokenize(text) == pieces and (len(text) < 99 or "[UNK]" not in pieces)
        pair = theirs("casa", "niño", return_token_type_ids=True)
        pieces = theirs.convert_ids_to_tokens(pair["input_ids"])
        assert pieces[:3] == ["[CLS]", "casa", "[SEP]"] and pieces[-1] == "[SEP]" and pair["token_type_ids"][-1] == 1
        assert theirs.model_max_length == 64 and theirs.decode(pair["input_ids"][1:2]) == "casa"


def test_sizes_follow_the_hyperparameters(exported):
    folders = [exported[2][component]["folder"] for component in weights_map.COMPONENTS]
    discriminator, generator = [read_json(folder, "config.json") for folder in folders]
    assert [discriminator[n] for n in ("hidden_size", "num_hidden_layers", "num_attention_heads")] == [128, 2, 2]
    assert [generator[n] for n in ("hidden_size", "num_hidden_layers", "num_attention_heads")] == [64, 1, 1]
    assert generator["intermediate_size"] == 256 and generator["embedding_size"] == 16


def test_threshold_leaves_one_percent_of_true_words_above(exported):
    from helpers import discriminator

    data_dir, variables, result = exported
    folder = result["discriminator"]["folder"]
    config = read_json(folder, "config.json")
    assert config["replaced_threshold"] == result["discriminator"]["threshold"]
    assert "20 held-out sentences" in config["replaced_threshold_source"]
    loaded = discriminator.load(folder)
    assert loaded.threshold == config["replaced_threshold"] and loaded.model.config.replaced_threshold
    words = [p for row in loaded.probabilities_of(SENTENCES * 5) for w, p in row if w.isalpha()]
    assert np.isclose(np.percentile(words, 99), loaded.threshold)


def test_card_says_what_is_known(exported):
    with open(os.path.join(exported[2]["discriminator"]["folder"], "README.md"), encoding="utf-8") as file:
        card = file.read()
    assert card.startswith("---\nlibrary_name: transformers")
    for fact in (
        "Accents: kept",
        "| max_seq_length | 24 |",
        "replaced_threshold",
        "at most 24 tokens",
        "m/discriminator",
    ):
        assert fact in card


def test_card_tells_language_data_and_metrics(tmp_path):
    config = dict(num_hidden_layers=1, hidden_size=8, num_attention_heads=1, intermediate_size=8, embedding_size=8)
    config.update(vocab_size=9, max_position_embeddings=16)
    (tmp_path / "sample.txt").write_text("Los pájaros cantan.\n" * 120, encoding="utf-8")
    corpus = helpers.data.corpus.prepare(str(tmp_path / "sample.txt"), str(tmp_path), reporter=Listener())
    corpus["input"]["language"] = "pt_br"
    metrics = tmp_path / "metrics.jsonl"
    held_out = [json.dumps(dict(event="eval", step=step, disc_auc=auc)) for step, auc in ((1, 0.5), (2, 0.93))]
    metrics.write_text("\n".join(held_out) + '\n{"event": "train", "step": 3}\n{"event": "ev')
    model_card.write(
        str(tmp_path / "README.md"), "generator", config, dict(parameters=1000, difference=1e-7), "m", 2, {},
        dict(do_lower_case=True, strip_accents=False),
        corpus,
        model_card.last_metrics(str(metrics)),
    )  # fmt: skip
    card = (tmp_path / "README.md").read_text()
    yaml = pytest.importorskip("yaml")
    assert yaml.safe_load(card.split("---")[1]) == dict(
        language="pt", library_name="transformers", pipeline_tag="fill-mask",
        tags=["electra", "replaced-token-detection"],
    )  # fmt: skip
    for fact in (
        "| source | sample.txt |",
        "| language | pt_br |",
        "| lines trained on | 96 |",
        "| lines held out | 24 |",
        "| disc_auc | 0.93 |",
        "lower-cased",
    ):
        assert fact in card


def test_card_keeps_the_secrets_of_an_address():
    manifest = dict(parameters=dict(url="https://me:secret@example.org:8080/es.txt.gz?token=secret#secret"))
    assert model_card._about(manifest) == dict(source="https://example.org:8080/es.txt.gz")


DAMAGE = {
    "a variable is missing": (
        lambda v: v.pop("electra/encoder/layer_1/attention/self/key/bias"),
        "lacks the variable electra/encoder/layer_1/attention/self/key/bias, which .*layer.1.attention.self.key.bias",
    ),
    "a variable is left over": (
        lambda v: v.update({"electra/pooler/dense/kernel": np.ones([2, 2], np.float32)}),
        "no PyTorch parameter takes, the first is electra/pooler/dense/kernel",
    ),
    "a layer is missing": (
        lambda v: [v.pop(name) for name in list(v) if "electra/encoder/layer_0" in name],
        "not all from 0 on",
    ),
    "not a number": (
        lambda v: v["electra/embeddings/word_embeddings"].__setitem__((3, 3), np.nan),
        "word_embeddings holds numbers that are not finite",
    ),
    "not an ELECTRA": (lambda v: [v.pop(name) for name in list(v) if "embeddings" in name], "holds no ELECTRA model"),
}


@pytest.mark.parametrize("case", DAMAGE)
def test_damage_is_named(tmp_path, case):
    change, words = DAMAGE[case]
    variables = tiny_checkpoint.make(tmp_path, change=change)
    with pytest.raises(TutorialError, match=words):
        run(tmp_path, variables)
    left = os.listdir(str(tmp_path / "models" / "m"))
    assert not any(name.startswith(("discriminator", "generator")) for name in left)


def test_hyperparameters_and_shapes_must_agree(tmp_path):
    variables = tiny_checkpoint.make(tmp_path)
    path = str(tmp_path / "models" / "m" / "hparams.json")
    right = read_json(path)
    for name, value in (("num_hidden_layers", 4), ("hidden_size", 256), ("max_position_embeddings", 64)):
        wrong = json.loads(json.dumps(right))
        wrong["model_hparam_overrides"][name] = value
        with open(path, "w") as file:
            json.dump(wrong, file)
        with pytest.raises(TutorialError, match="%s %s, but .* trained with" % (name, value)):
            run(tmp_path, variables)
    with open(path, "w") as file:
        file.write("{")
    with pytest.raises(TutorialError, match="not valid JSON"):
        run(tmp_path, variables)


def test_wrong_number_of_heads_is_noticed(tmp_path):
    variables = tiny_checkpoint.make(tmp_path)
    with pytest.raises(TutorialError, match="logits of the discriminator differ by"):
        run(tmp_path, variables, heads=4)


@pytest.mark.parametrize("heads", [1, 2, 4, 8])
def test_heads_are_read_off_the_moments(heads):
    """Gradients of random attention scores, by the chain rule, head by head."""
    draw = np.random.RandomState(heads)
    width, length = 64, 30
    variables = {}
    for layer in range(2):
        scope = "electra/encoder/layer_%d/attention/self/" % layer
        x = np.hstack([draw.randn(length, width), np.ones([length, 1])])  # the last column meets the bias
        query, key = (draw.randn(width + 1, width) for _ in range(2))
        gradients = np.zeros_like(query), np.zeros_like(key)
        for part in np.split(np.arange(width), heads):
            scores_gradient = draw.randn(length, length)
            gradients[0][:, part] = x.T @ scores_gradient @ x @ key[:, part]
            gradients[1][:, part] = x.T @ scores_gradient.T @ x @ query[:, part]
        for name, weights, gradient in zip(("query", "key"), (query, key), gradients):
            gradient = gradient * (1 + 0.1 * draw.randn(*gradient.shape))  # the moments are an average over steps
            for suffix, value in (("", weights), ("/adam_m", gradient)):
                variables[scope + name + "/kernel" + suffix] = value[:-1]
                variables[scope + name + "/bias" + suffix] = value[-1]
    assert infer(variables.get, "electra", 2) == heads
    assert infer(variables.get, "electra", 3) is None
    silent = {name: 0 * value if name.endswith("adam_m") else value for name, value in variables.items()}
    assert infer(silent.get, "electra", 2) is None
    noise = {name: draw.randn(*value.shape) for name, value in variables.items()}
    assert infer(noise.get, "electra", 2) is None


def test_another_activation_is_obeyed_or_refused(tmp_path):
    tiny_checkpoint.make(tmp_path)
    path = str(tmp_path / "models" / "m" / "hparams.json")
    settings = read_json(path)
    settings["model_hparam_overrides"]["hidden_act"] = "relu"
    with open(path, "w") as file:
        json.dump(settings, file)
    reporter = Listener()
    result = export.convert(job_of(tmp_path), reporter)
    assert result["generator"] is None and any("hidden_act relu" in text for text in reporter.said)
    assert read_json(result["discriminator"]["folder"], "config.json")["hidden_act"] == "relu"
    with pytest.raises(TutorialError, match="hidden_act relu"):
        export.convert(job_of(tmp_path, component="generator", output_dir=str(tmp_path / "out")), reporter)


def test_no_variable_is_passed_over_in_silence(tmp_path):
    extra = {"loss_scale": np.ones([1], np.float32)}
    variables = tiny_checkpoint.make(tmp_path, change=lambda v: v.update(extra))
    assert any("loss_scale" in text for text in run(tmp_path, variables)["said"])


def test_vocabulary_must_fit(tmp_path):
    variables = tiny_checkpoint.make(tmp_path, vocab_size=len(tiny_checkpoint.WORDS) - 1)
    with pytest.raises(TutorialError, match="the vocabulary has %d tokens" % len(tiny_checkpoint.WORDS)):
        run(tmp_path, variables)


def test_bad_vocabulary(tmp_path):
    variables = tiny_checkpoint.make(tmp_path)
    tokens = [word for word in tiny_checkpoint.WORDS if word != "[MASK]"]
    (tmp_path / "vocab.txt").write_text("\n".join(tokens) + "\n", encoding="utf-8")
    with pytest.raises(TutorialError, match=r"lacks \[MASK\]"):
        run(tmp_path, variables)


def test_case_and_accents_come_from_the_builder_then_the_run_then_the_vocabulary(tmp_path):
    said = []
    vocabulary = str(tmp_path / "vocab.txt")
    ask = lambda tokens, hparams: tokenizer_files.settings(vocabulary, tokens, hparams, said.append)  # noqa: E731
    assert ask(["[PAD]", "El", "niño"], {}) == (False, False)
    assert ask(["[PAD]", "el", "nino"], {}) == (True, True)
    assert ask(["[PAD]", "el", "niño"], {}) == (True, False)
    said.clear()
    assert ask(["El"], dict(do_lower_case=True, strip_accents=False)) == (True, False) and not said
    (tmp_path / "tokenizer_config.json").write_text('{"do_lower_case": false, "strip_accents": true}')
    assert ask(["El"], dict(do_lower_case=True, strip_accents=True)) == (False, True)
    assert len(said) == 1 and said[0].startswith("do_lower_case is false as ") and "say true" in said[0]


@pytest.mark.parametrize("lower, strip", [(True, False), (False, True)])
def test_the_tokenizer_of_a_folder_does_what_it_is_told(tmp_path, lower, strip):
    words = "[PAD] [UNK] [CLS] [SEP] [MASK] Niño niño Nino nino".split()
    tokenizer_files.write(str(tmp_path), words, lower, strip, 17)
    stated = read_json(str(tmp_path), "tokenizer_config.json")
    assert (stated["do_lower_case"], stated["strip_accents"], stated["model_max_length"]) == (lower, strip, 17)
    _, whole = tokenizer_json.read(str(tmp_path / tokenizer_json.FILE))  # what transformers 5 goes by
    assert whole == dict(do_lower_case=lower, strip_accents=strip)
    files = dict(model_type="electra", max_position_embeddings=40, vocab_size=len(words))
    (tmp_path / "config.json").write_text(json.dumps(files))
    encoder = loading.load_encoder(str(tmp_path))
    assert encoder.encode("Niño").tokens[1:-1] == ["niño" if lower else "Nino"] and encoder.max_length == 17


def test_the_newest_checkpoint_is_found_and_that_of_a_step(tmp_path):
    folder = str(tmp_path)

    def touch(*names):
        for name in names:
            (tmp_path / name).write_text("x")

    with pytest.raises(TutorialError, match="no TensorFlow checkpoint"):
        conversion.find_checkpoint(folder)
    touch("model.ckpt-9.index", "model.ckpt-9.data-00000-of-00001")
    touch("model.ckpt-10.index", "model.ckpt-10.data-00000-of-00002")
    with pytest.raises(TutorialError, match="not whole"):
        conversion.find_checkpoint(folder)
    touch("model.ckpt-10.data-00001-of-00002")
    assert conversion.find_checkpoint(folder).step == 10
    # The folder has moved since, and an older checkpoint is wanted: the file says so.
    (tmp_path / "checkpoint").write_text('model_checkpoint_path: "/gone/model.ckpt-9"\n')
    assert conversion.find_checkpoint(folder).step == 9
    assert conversion.find_checkpoint(folder, 10).step == 10
    with pytest.raises(TutorialError, match="no checkpoint of step 8, but of 9, 10: .* keep_checkpoint_max"):
        conversion.find_checkpoint(folder, 8)


def test_an_earlier_step_is_exported_with_its_own_metrics(tmp_path):
    variables = tiny_checkpoint.make(tmp_path)
    model_dir = tmp_path / "models" / "m"
    for path in model_dir.glob("model.ckpt-7.*"):
        shutil.copy(str(path), str(path).replace("ckpt-7", "ckpt-3"))
    rows = [dict(event="eval", step=step, disc_auc=auc) for step, auc in ((3, 0.5), (7, 0.93))]
    (model_dir / "metrics.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    early = run(tmp_path, variables, step=3, output_dir=str(tmp_path / "early"))
    late = run(tmp_path, variables)
    assert (early["step"], late["step"]) == (3, 7)
    for made, said in ((early, "| disc_auc | 0.5 |"), (late, "| disc_auc | 0.93 |")):
        folder = made["discriminator"]["folder"]
        assert manifest.read(os.path.join(folder, manifest.FILE))["step"] == made["step"]
        with open(os.path.join(folder, "README.md"), encoding="utf-8") as file:
            assert said in file.read()


def test_a_torn_checkpoint_is_refused(tmp_path):
    variables = tiny_checkpoint.make(tmp_path)
    path = str(tmp_path / "models" / "m" / "model.ckpt-7.data-00000-of-00001")
    with open(path, "r+b") as file:
        file.truncate(1000)
    with pytest.raises(TutorialError, match="cannot be read"):
        run(tmp_path, variables)


def test_up_to_date_until_an_input_changes(tmp_path, monkeypatch):
    variables = tiny_checkpoint.make(tmp_path)
    model_dir = str(tmp_path / "models" / "m")
    valid = tmp_path / "valid.txt"
    valid.write_text("\n".join(SENTENCES), encoding="utf-8")
    job = job_of(tmp_path, valid_file=str(valid))
    assert conversion.up_to_date(job) is None
    first = run(tmp_path, variables, valid_file=str(valid))
    again = conversion.up_to_date(job)
    assert again["up_to_date"] and again["step"] == 7
    for component in weights_map.COMPONENTS:
        assert again[component] == first[component]

    def stale():
        assert conversion.up_to_date(job) is None
        run(tmp_path, variables, valid_file=str(valid))
        assert conversion.up_to_date(job)

    os.remove(os.path.join(model_dir, "generator", "model.safetensors"))
    stale()
    valid.write_text("\n".join(SENTENCES[:2]), encoding="utf-8")
    stale()
    with open(os.path.join(model_dir, "hparams.json"), "a") as file:
        file.write(" ")
    stale()
    tiny_checkpoint.save(model_dir, variables, 8)
    stale()
    monkeypatch.setattr(conversion, "FORMAT", conversion.FORMAT + 1)
    stale()
    (tmp_path / "tokenizer_config.json").write_text('{"do_lower_case": false, "strip_accents": true}')
    stale()
    assert conversion.up_to_date(job)["step"] == 8
    assert conversion.up_to_date(job_of(tmp_path)) is None  # without held-out text there is no threshold


def test_one_component_goes_into_the_folder_itself(tmp_path):
    variables = tiny_checkpoint.make(tmp_path)
    out = str(tmp_path / "out")
    result = run(tmp_path, variables, component="generator", output_dir=out)
    assert os.path.isfile(os.path.join(out, "config.json")) and "discriminator" not in result
    job = job_of(tmp_path, component="generator", output_dir=out)
    assert conversion.up_to_date(job)["generator"]["folder"] == out
    assert conversion.up_to_date(job._replace(component="discriminator")) is None


def test_nothing_of_the_users_is_replaced(tmp_path):
    """--output-dir that names the training's own folder must not cost the checkpoints."""
    variables = tiny_checkpoint.make(tmp_path)
    model_dir = str(tmp_path / "models" / "m")
    with pytest.raises(TutorialError, match="holds checkpoint, which the conversion did not write"):
        run(tmp_path, variables, component="discriminator", output_dir=model_dir)
    run(tmp_path, variables)
    os.mkdir(os.path.join(model_dir, "generator", "tuned"))
    with pytest.raises(TutorialError, match="generator holds tuned"):
        run(tmp_path, variables)
    with pytest.raises(TutorialError, match="not a folder that the conversion wrote"):
        conversion.variable_map(model_dir)


def test_an_export_of_a_model_that_is_gone_goes_too(tmp_path):
    """Trained anew without a generator: the earlier one's folder must not be taken for the new run's."""
    run(tmp_path, tiny_checkpoint.make(tmp_path))
    result = run(tmp_path, tiny_checkpoint.make(tmp_path, step=8, uniform_generator=True))
    assert result["generator"] is None and not (tmp_path / "models" / "m" / "generator").exists()
    assert conversion.up_to_date(job_of(tmp_path))["step"] == 8


def test_notebook_call(tmp_path, capsys):
    """conversion.convert, with the child that it starts: it gets the held-out text and the hyperparameters."""
    tiny_checkpoint.make(tmp_path)
    settings = read_json(str(tmp_path), "models", "m", "hparams.json")
    os.remove(str(tmp_path / "models" / "m" / "hparams.json"))
    settings["model_hparam_overrides"]["num_attention_heads"] = 4  # another number than the shapes suggest
    (tmp_path / "corpus").mkdir()
    (tmp_path / "corpus" / "valid.txt").write_text("\n".join(SENTENCES * 5), encoding="utf-8")
    result = conversion.convert(str(tmp_path), "m", hparams=settings)
    folder = str(tmp_path / "models" / "m" / "discriminator")
    assert result["up_to_date"] is False and result["step"] == 7
    assert os.path.samefile(result["discriminator"]["folder"], folder)
    config = read_json(folder, "config.json")
    assert config["num_attention_heads"] == 4
    assert 0 < config["replaced_threshold"] == result["discriminator"]["threshold"] < 1
    assert "20 held-out sentences" in config["replaced_threshold_source"]
    capsys.readouterr()
    again = conversion.convert(str(tmp_path), "m", hparams=settings)
    assert again["up_to_date"] and again["discriminator"] == dict(result["discriminator"], folder=folder)
    assert "up to date" in capsys.readouterr().out
    (tmp_path / "corpus" / "valid.txt").write_text("\n".join(SENTENCES), encoding="utf-8")
    job = job_of(tmp_path, hparams=settings, valid_file=str(tmp_path / "corpus" / "valid.txt"))
    assert conversion.up_to_date(job) is None, "the held-out text is another one"


def test_variables_are_used_exactly_once():
    for component in weights_map.COMPONENTS:
        names = numpy_electra.random_variables()
        where = weights_map.scopes(names, component)
        found = weights_map.pairs(
            component, where, configuration.sizes_of(_shapes(names), where)["num_hidden_layers"], True
        )
        assert len({pair.pytorch for pair in found}) == len(found)
        twice = len(found) - len({pair.tensorflow for pair in found})
        assert twice == (1 if component == "generator" else 0)  # the tied table of token embeddings


def _shapes(variables):
    return {name: value.shape for name, value in variables.items()}
