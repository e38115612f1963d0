"""Both halves of a model come from the Hub, for a run that starts from them."""

import contextlib
import os

import pytest

pytest.importorskip("huggingface_hub")
pytest.importorskip("torch")
pytest.importorskip("transformers")

import tiny_export
from fake_hub import Hub

from helpers.base import files
from helpers.base.errors import TutorialError
from helpers.conversion import hub
from helpers.conversion.hub.tidy import tidy
from helpers.discriminator import loading
from helpers.pretraining.network.initial_weights import exported

SENT = ("config.json", "model.safetensors", "vocab.txt", "tokenizer_config.json")


@pytest.fixture(scope="module")
def halves(tmp_path_factory):
    """What each half's folder holds, by the file's name."""
    folder, found = tmp_path_factory.mktemp("halves"), {}
    for half, architecture in (("discriminator", "ElectraForPreTraining"), ("generator", "ElectraForMaskedLM")):
        made = tiny_export.make(folder / half, architecture)
        found[half] = {name: open(os.path.join(made, name), "rb").read() for name in SENT}
    return found


@pytest.fixture
def server(monkeypatch, tmp_path):
    """A Hub, and this process's library turned to it."""
    from huggingface_hub import constants, file_download, hf_api

    for name in hub.VARIABLES:
        monkeypatch.delenv(name, raising=False)
    with Hub() as made:
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        for module in (constants, file_download, hf_api):  # old versions keep copies of the two
            for name, value in (("ENDPOINT", made.url), ("HUGGINGFACE_CO_URL_TEMPLATE", made.url + ADDRESS)):
                if hasattr(module, name):
                    monkeypatch.setattr(module, name, value)
        monkeypatch.setattr(hub, "find_token", lambda: None)
        yield made


ADDRESS = "/{repo_id}/resolve/{revision}/{filename}"


def under(folder, content):
    return {f"{folder}/{name}": value for name, value in content.items()}


@pytest.mark.parametrize("layout", ["two models", "named by one half", "one model", "the first without a suffix"])
def test_both_halves_are_fetched(server, halves, tmp_path, layout):
    name = "ana/es"
    if layout == "one model":
        server.files = {
            name: dict(under("discriminator", halves["discriminator"]), **under("generator", halves["generator"]))
        }
    elif layout == "the first without a suffix":
        server.files = {name: halves["discriminator"], "ana/es-generator": halves["generator"]}
    else:
        server.files = {f"ana/es-{half}": content for half, content in halves.items()}
    name += "-generator" * (layout == "named by one half")
    folder = hub.fetch_start(name, str(tmp_path / "start"))
    assert exported.find(folder) == [os.path.join(folder, half) for half in ("discriminator", "generator")]
    loading.load_model(os.path.join(folder, "discriminator"), "ElectraForPreTraining")
    loading.load_model(os.path.join(folder, "generator"), "ElectraForMaskedLM")
    asked = len(server.requests)
    assert hub.fetch_start(name, folder) == folder and len(server.requests) == asked, "it is up to date"
    with contextlib.suppress(TutorialError):  # whether there is such a one or not
        hub.fetch_start(name, folder, revision="v2")
    assert len(server.requests) > asked, "another revision is another model"
    reader = exported.Exported(exported.find(folder), ["generator/encoder/layer_0/output/dense/bias"])
    assert set(reader.components) == {"discriminator", "generator"}


def test_a_discriminator_alone_is_taken_and_said(server, halves, tmp_path, capsys):
    server.files = {"skimai/electra-small-spanish": halves["discriminator"]}
    hparams = hub.local_start(dict(init_checkpoint="skimai/electra-small-spanish", seed=3), str(tmp_path))
    folder = os.path.join(str(tmp_path), "hub", "skimai-electra-small-spanish")
    assert hparams == dict(init_checkpoint=folder, seed=3)
    assert exported.find(folder) == [os.path.join(folder, "discriminator")]
    assert "has no generator on the Hub: a run that starts from it begins with a fresh one" in capsys.readouterr().out


def test_paths_stay_as_they_are(server, tmp_path, monkeypatch):
    (tmp_path / "runs" / "m").mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    for start in (None, "", "runs/m", str(tmp_path), "./runs/none", "a/b/c"):
        assert hub.local_start(dict(init_checkpoint=start), "data") == dict(init_checkpoint=start)
    assert hub.local_start({}, "data") == {} and not server.requests


@pytest.mark.parametrize(
    "content, status, said",
    [
        ({}, None, "no path on this machine, and as a model on the Hub: .* there is no such model"),
        ({}, 503, "the Hub is out of order"),
        ({"ana/es": {"README.md": b"x"}}, None, "no .*config.json, vocab.txt or tokenizer.json"),
    ],
)
def test_what_cannot_be_fetched_is_one_sentence(server, tmp_path, content, status, said):
    server.files, server.status = content, status
    with pytest.raises(TutorialError, match=said) as caught:
        hub.local_start(dict(init_checkpoint="ana/es"), str(tmp_path))
    assert "\n" not in str(caught.value) and not os.listdir(str(tmp_path / "hub")), "nothing is left of it"
    assert files.read_json(str(tmp_path / "hub" / "ana-es" / "hub.json")) is None


@pytest.mark.parametrize("stated, expected", [(512, 40), (10**30, 40), (16, 16)])
def test_a_tokenizer_promises_no_more_tokens_than_there_are_positions(tmp_path, stated, expected):
    folder = tiny_export.make(tmp_path / "m")
    path = os.path.join(folder, "tokenizer_config.json")
    files.write_json(path, dict(model_max_length=stated))
    tidy(folder, "model.safetensors", "ana/es")
    said = files.read_json(path)
    assert (said["model_max_length"], said["max_len"]) == (expected, expected)
