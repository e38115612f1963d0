"""Models go to a Hub and come from it; the token is never seen; a pickle is read without running it."""

import collections
import io
import json
import os
import pickle
import re
import shlex
import shutil
import subprocess
import sys
import types

import pytest

pytest.importorskip("huggingface_hub")
torch = pytest.importorskip("torch")
pytest.importorskip("transformers")

import tiny_export
from fake_hub import SHA, Hub

from helpers import (
    discriminator,
    finetuning,
)
from helpers.base import errors
from helpers.base.errors import TutorialError
from helpers.conversion import (
    hub,
)
from helpers.conversion.hub import reasons
from helpers.discriminator import loading
from helpers.finetuning.tasks import Example, task

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
TOKEN = "hf_secret"


@pytest.fixture
def command(tmp_path):
    """Runs ``python -m helpers.conversion.hub`` against a Hub, with a home of its own: what it printed, its error."""

    def run(server, *arguments, token=None):
        ours = {name: value for name, value in os.environ.items() if name not in hub.VARIABLES}
        ours.update(HF_ENDPOINT=server.url, HF_HOME=str(tmp_path / "home"), NO_PROXY="127.0.0.1", no_proxy="127.0.0.1")
        ours.update({"HF_TOKEN": token} if token else {}, HF_HUB_DISABLE_TELEMETRY="1")
        done = subprocess.run(
            [sys.executable, "-m", "helpers.conversion.hub"] + list(map(str, arguments)),
            cwd=ROOT, env=ours, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip
        said, errors = done.stdout.decode(), done.stderr.decode()
        assert TOKEN not in said + errors
        assert "Traceback" not in errors, errors
        sentence = [line[7:] for line in errors.splitlines() if line.startswith("error: ")]
        assert (done.returncode == 1) == (len(sentence) == 1) and done.returncode in (0, 1), errors
        return said.strip(), sentence[0] if sentence else None

    return run


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    folder = tiny_export.make(tmp_path_factory.mktemp("hub") / "discriminator")
    with open(os.path.join(folder, "README.md"), "w") as file:
        file.write("---\nlicense: apache-2.0\n---\n# a card\n")
    with open(os.path.join(folder, "thesis.docx"), "w") as file:
        file.write("mine")
    return folder


def test_a_model_goes_to_the_hub_and_comes_back(model, command, tmp_path):
    folder = str(tmp_path / "fetched")
    with Hub(TOKEN) as server:
        assert command(server, "push", model, "me/electra", token=TOKEN) == (server.url + "/me/electra", None)
        there = server.files["me/electra"]
        assert server.private["me/electra"] is True and set(there) == set(os.listdir(model)) - {"thesis.docx"}
        for name, content in there.items():
            with open(os.path.join(model, name), "rb") as file:
                assert file.read() == content, name
        assert command(server, "fetch", "me/electra", folder, token=TOKEN) == (folder, None)
        asked = len(server.requests)
        assert command(server, "fetch", "me/electra", folder)[1] is None and len(server.requests) == asked
        assert command(server, "push", model, "me/open", "--public", token=TOKEN)[1] is None
        assert server.private["me/open"] is False
    assert sorted(os.listdir(folder)) == [
        "config.json", "hub.json", "model.safetensors", "special_tokens_map.json", "tokenizer_config.json", "vocab.txt",
    ]  # fmt: skip
    sentence = "Los pájaros cantan."
    found, expected = (discriminator.load(each).token_probabilities(sentence) for each in (folder, model))
    assert [token for token, _ in found] == [token for token, _ in expected]
    assert [share for _, share in found] == pytest.approx([share for _, share in expected])
    assert json.load(open(os.path.join(folder, "hub.json")))["commit"] == SHA
    for place, _, names in os.walk(str(tmp_path)):
        for name in names:
            with open(os.path.join(place, name), "rb") as file:
                assert TOKEN.encode() not in file.read(), name


# what the Hub does: the sentences that a push and a fetch give, with a token and without
REFUSALS = {
    "401": (
        dict(status=401),
        "does not know the token, .* new one at http.*/settings/tokens",
        "no such model|not know",
    ),
    "403": (dict(status=403), "may not write to me's models .403.*choose a name", "may not read it .403"),
    "404": (dict(status=404), "there is no me on the Hub", "no such model .404.*correct its name"),
    "429": (dict(status=429, headers={"Retry-After": "1"}), "wait 1 seconds", "wait 1 seconds"),
    "503": (dict(status=503), "out of order .503.*do it again later", "out of order .503.*do it again later"),
    "gated": (dict(status=403, headers={"X-Error-Code": "GatedRepo"}), "accept its terms at", "accept its terms at"),
    "a page": (dict(page=True), "not the Hub but some page: .* log in", "not the Hub but some page: .* log in"),
}


@pytest.mark.parametrize("case", sorted(REFUSALS))
def test_a_refusal_is_a_sentence_with_cause_and_remedy(model, command, tmp_path, case):
    answer, pushed, fetched = REFUSALS[case]
    with Hub() as server:
        for name, value in answer.items():
            setattr(server, name, value)
        _, error = command(server, "push", model, "me/electra", token=TOKEN)
        assert error.startswith("me/electra could not be put on the Hub: ") and re.search(pushed, error), error
        for token in (TOKEN, None) if case == "401" else (TOKEN,):
            _, error = command(server, "fetch", "me/electra", tmp_path / "x", token=token)
            assert error.startswith("me/electra could not be fetched from the Hub: ") and re.search(fetched, error), (
                error
            )
    assert not (tmp_path / "x").exists()


def test_no_network_and_no_such_revision(model, command, tmp_path):
    with Hub(files={"me/electra": as_2020(model, False)}) as server:
        error = command(server, "fetch", "me/electra", tmp_path / "x", "--revision", "v9")[1]
        assert "it has no such revision: correct --revision" in error
    error = command(server, "fetch", "me/electra", tmp_path / "x")[1]  # nobody listens any more
    assert re.search("http://127.0.0.1:.* cannot be reached: is there a network", error), error
    error = command(server, "push", model, "me/electra", token=TOKEN)[1]
    assert "cannot be reached: is there a network" in error


@pytest.mark.parametrize("token, shown", [(TOKEN, "***"), (None, TOKEN)])
@pytest.mark.parametrize("before", ["", "x" * 295])
def test_no_sentence_shows_the_token(token, shown, before):
    """Also where what a library says is cut in the midst of it; another's text is left as it is."""
    text = "%s %s was refused" % (before, TOKEN)
    said = reasons.reason(ValueError(text), token, "me/electra", "https://huggingface.co", True)
    assert said.startswith((before + " " + shown)[: reasons.LONGEST].strip()) and len(said) <= reasons.LONGEST
    answer = types.SimpleNamespace(status_code=418, headers={}, text=text)
    error = ValueError("no")
    error.response = answer
    said = reasons.reason(error, token, "me/electra", "https://huggingface.co", True)
    assert said.startswith((before + " " + shown)[: reasons.LONGEST].strip())
    if token:
        assert TOKEN[:4] not in said
    said = reasons.reason(ConnectionError("no"), token, "me/electra", "https://%s@hub" % TOKEN, False)
    assert "https://%s@hub cannot be reached" % shown in said


def test_the_vocabulary_says_what_the_hub_does_not_of_case_and_accents(model, tmp_path):
    """A vocabulary of small letters with accents: lower-cased, and not stripped."""
    words = "[PAD] [UNK] [CLS] [SEP] [MASK] el niño canta mañana".split()
    folder = tmp_path / "fetched"
    shutil.copytree(model, str(folder))
    (folder / "vocab.txt").write_text("\n".join(words) + "\n", encoding="utf-8")
    os.remove(str(folder / "tokenizer_config.json"))
    hub.tidy(str(folder), "model.safetensors", "a/b")
    stated = json.loads((folder / "tokenizer_config.json").read_text())
    assert (stated["do_lower_case"], stated["strip_accents"]) == (True, False)
    assert discriminator.load(str(folder)).encoder.encode("El NIÑO").tokens[1:-1] == ["el", "niño"]


def test_the_login_command_is_there():
    """The interpreter's own, whatever the folder is called and whichever version of the package it has."""
    program, option, code = shlex.split(errors.hub_login())
    assert (program, option) == (sys.executable, "-c")
    done = subprocess.run([program, option, code.replace("login()", "login")], stderr=subprocess.PIPE)
    assert done.returncode == 0, done.stderr


def saved_tokenizer(model, folder):
    """tokenizer.json as transformers 5 saves it, or where that is not here, written as it would be."""
    import transformers

    if int(transformers.__version__.split(".")[0]) >= 5:
        transformers.ElectraTokenizerFast.from_pretrained(model).save_pretrained(str(folder))
        assert "vocab.txt" not in os.listdir(str(folder))
        with open(str(folder / "tokenizer.json"), encoding="utf-8") as file:
            return json.load(file)
    flags = dict(single_word=False, lstrip=False, rstrip=False, normalized=False, special=True)
    return dict(
        version="1.0", truncation=None, padding=None, pre_tokenizer=dict(type="BertPreTokenizer"),
        added_tokens=[dict(flags, id=number, content=token) for number, token in enumerate(tiny_export.WORDS[:5])],
        normalizer=dict(
            type="BertNormalizer", clean_text=True, handle_chinese_chars=True, strip_accents=False, lowercase=False
        ),
        post_processor=dict(type="BertProcessing", sep=["[SEP]", 3], cls=["[CLS]", 2]),
        decoder=dict(type="WordPiece", prefix="##", cleanup=True),
        model=dict(
            type="WordPiece", unk_token="[UNK]", continuing_subword_prefix="##", max_input_chars_per_word=100,
            vocab={token: number for number, token in enumerate(tiny_export.WORDS)},
        ),
    )  # fmt: skip


def test_a_tokenizer_that_is_in_tokenizer_json_alone(model, command, tmp_path):
    """What transformers 5 saves: fetched, and read from a folder of one's own, with each transformers."""
    tokens, made = tiny_export.WORDS, saved_tokenizer(model, tmp_path / "saved")
    there = as_2020(model, False)
    del there["vocab.txt"]
    there["tokenizer.json"] = json.dumps(made).encode()
    there["tokenizer_config.json"] = json.dumps(dict(model_max_length=10**30, backend="tokenizers")).encode()
    expected = discriminator.load(model).token_probabilities("Los pájaros cantan.")
    with Hub(files={"me/five": there}) as server:
        folder, error = command(server, "fetch", "me/five", tmp_path / "five")
        assert error is None
        wrong = dict(there, **{"tokenizer.json": json.dumps(dict(made, model=dict(type="BPE", vocab={}))).encode()})
        server.files["me/bpe"] = wrong
        assert "of the kind BPE, and ELECTRA's is WordPiece" in command(server, "fetch", "me/bpe", tmp_path / "b")[1]
    with open(os.path.join(folder, "vocab.txt"), encoding="utf-8") as file:
        assert file.read().split("\n")[:-1] == tokens
    os.remove(os.path.join(folder, "vocab.txt"))
    with open(os.path.join(folder, "tokenizer.json"), "wb") as file:
        file.write(there["tokenizer.json"])
    for _ in range(2):  # from tokenizer.json, then from vocab.txt
        found = discriminator.load(folder).token_probabilities("Los pájaros cantan.")
        assert [token for token, _ in found] == [token for token, _ in expected]
        assert [share for _, share in found] == pytest.approx([share for _, share in expected], abs=1e-6)
        with open(os.path.join(folder, "vocab.txt"), "w", encoding="utf-8") as file:
            file.write("\n".join(tokens) + "\n")


def test_what_is_missing_is_said(model, command, tmp_path):
    with pytest.raises(TutorialError, match="has no README.md: it is no exported"):
        hub.push(str(tmp_path), "me/electra")
    for name in ("electra", "me/ele/ctra", "me/", "../x y", None):
        with pytest.raises(TutorialError, match='named "owner/name"'):
            hub.fetch(name, str(tmp_path / "x"))
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis").write_text("mine")
    with pytest.raises(TutorialError, match="choose another folder"):
        hub.fetch("me/electra", str(tmp_path / "mine"))
    with Hub() as server:
        error = command(server, "push", model, "me/electra")[1]
        assert error.startswith("the Hub wants a token") and "set HF_TOKEN" in error and not server.requests
        server.files["me/other"] = {"README.md": b"#"}
        error = command(server, "fetch", "me/other", tmp_path / "x")[1]
        assert error.startswith("me/other has no config.json, vocab.txt or tokenizer.json, and weights")
        error = command(server, "fetch", "me/nothing", tmp_path / "x")[1]
        assert error.startswith("me/nothing could not be fetched from the Hub: there is no such model (404)")
    assert not (tmp_path / "x").exists()


def as_2020(model, legacy):
    """The files of a model as they were uploaded then: a pickle, and hardly a word about the tokenizer."""
    from safetensors.torch import load_file

    weights = load_file(os.path.join(model, "model.safetensors"))
    old = collections.OrderedDict(
        (name.replace("LayerNorm.weight", "LayerNorm.gamma").replace("LayerNorm.bias", "LayerNorm.beta"), value)
        for name, value in weights.items()
    )
    old["electra.embeddings.position_ids"] = torch.arange(40).reshape(1, -1)
    file = io.BytesIO()
    torch.save(old, file, _use_new_zipfile_serialization=not legacy)
    config = loading.read_config(model)
    for name in ("architectures", "model_type", "replaced_threshold"):
        config.pop(name)
    with open(os.path.join(model, "vocab.txt"), "rb") as vocabulary:
        vocab = vocabulary.read()
    return {"pytorch_model.bin": file.getvalue(), "config.json": json.dumps(config).encode(), "vocab.txt": vocab}


@pytest.mark.parametrize("legacy", [True, False])
def test_an_old_model_becomes_readable(model, command, tmp_path, legacy):
    with Hub(files={"skimai/old": as_2020(model, legacy)}) as server:
        folder, _ = command(server, "fetch", "skimai/old", tmp_path / "old")
    assert "pytorch_model.bin" not in os.listdir(folder)
    found, expected = (discriminator.load(each).token_probabilities("Los pájaros cantan.") for each in (folder, model))
    assert [token for token, _ in found] == [token for token, _ in expected], "case and accents are the vocabulary's"
    assert [share for _, share in found] == pytest.approx([share for _, share in expected], abs=1e-6)
    examples = [Example(("El perro ladra",), "sí"), Example(("El pan ladra",), "no")]
    out, labelled = str(tmp_path / "out"), task("sentences", examples, examples, examples)
    assert finetuning.finetune(folder, labelled, out, rounds=1, min_round_steps=1)["steps"] == 1
    assert len(finetuning.load(out).predict(["El perro ladra"])) == 1


class Harm:
    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return open, (self.path, "w")


@pytest.mark.parametrize("legacy", [True, False])
def test_a_pickle_is_not_run(tmp_path, legacy):
    harm = str(tmp_path / "harm")
    path = str(tmp_path / "pytorch_model.bin")
    torch.save({"a": torch.zeros(2), "b": Harm(harm)}, path, _use_new_zipfile_serialization=not legacy)
    with pytest.raises(TutorialError, match="pytorch_model.bin cannot be read: it asks for"):
        hub.tensors(path)
    with open(path, "wb") as file:
        pickle.dump(Harm(harm), file)
    with pytest.raises(TutorialError, match="cannot be read"):
        hub.tensors(path)
    assert not os.path.exists(harm)


def test_a_model_of_another_kind_is_refused(model, command, tmp_path):
    other = as_2020(model, False)
    other["config.json"] = json.dumps(dict(json.loads(other["config.json"].decode()), model_type="bert")).encode()
    with Hub(files={"a/bert": other}) as server:
        error = command(server, "fetch", "a/bert", tmp_path / "x")[1]
    assert error == "a/bert is a model of the kind bert, not electra" and not (tmp_path / "x").exists()


def test_the_command_takes_no_token():
    done = subprocess.run(
        [sys.executable, "-m", "helpers.conversion.hub", "push", "--help"], cwd=ROOT, stdout=subprocess.PIPE
    )
    assert done.returncode == 0 and b"token" not in done.stdout
