"""The main notebook's cells that speak with the Hub, as they stand, against a Hub of our own."""

import json
import os
import subprocess
import sys

import pytest

pytest.importorskip("huggingface_hub")
pytest.importorskip("torch")

import tiny_export
from fake_hub import Hub

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
TOKEN = "hf_secret"
SENTENCES = ("Los pájaros cantan", "La gata ladra")
# What the earlier cells have left; a picture shows its description.
BEFORE = """
import types
from helpers import discriminator, plots
from helpers.conversion import hub
from helpers.discriminator import sentences
settings = types.SimpleNamespace(data_dir={data!r})
folder = {folder!r}
chosen = sentences.Chosen({texts!r}, {texts!r}[1], "Los pájaros [MASK]", {spanish}, None)
display = lambda picture: print(picture.description)
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("model")
    tiny_export.make(folder / "discriminator")
    (folder / "discriminator" / "README.md").write_text("---\nlicense: apache-2.0\n---\n# a card\n")
    return folder


def run(cell_id, folder, data, address, change=("", ""), token=None, spanish=True):
    """The cell with ``change`` made in it, in a process of its own: what it printed."""
    with open(os.path.join(ROOT, "notebooks", "electra_spanish.ipynb"), encoding="utf-8") as file:
        (cell,) = [cell for cell in json.load(file)["cells"] if cell["id"] == cell_id]
    source = "".join(cell["source"])
    assert change[0] in source
    code = BEFORE.format(data=str(data), folder=str(folder), texts=SENTENCES, spanish=spanish)
    ours = {name: value for name, value in os.environ.items() if name not in ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN")}
    ours.update(HF_ENDPOINT=address, HF_HOME=str(data / "home"), NO_PROXY="127.0.0.1", no_proxy="127.0.0.1")
    ours.update({"HF_TOKEN": token} if token else {}, HF_HUB_DISABLE_TELEMETRY="1")
    command = [sys.executable, "-c", code + source.replace(*change)]
    done = subprocess.run(command, cwd=ROOT, env=ours, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    errors = done.stderr.decode()
    assert TOKEN not in done.stdout.decode() + errors
    return done.stdout.decode().strip() + "".join(errors.strip().splitlines()[-1:] if done.returncode else [])


def test_the_articles_model_judges_the_same_sentences(folder, tmp_path):
    exported = folder / "discriminator"
    there = {path.name: path.read_bytes() for path in exported.iterdir()}
    with Hub(TOKEN, {"skimai/electra-small-spanish": there}) as server:
        said = run("compare", folder, tmp_path, server.url)
        assert said.startswith("Verdict on each word.") and all(f"“{text}”: " in said for text in SENTENCES)
        asked = len(server.requests)
        assert asked and "Up to date" in run("compare", folder, tmp_path, server.url) and len(server.requests) == asked


def test_nothing_is_fetched_for_another_language_or_an_empty_field(folder, tmp_path):
    with Hub(TOKEN) as server:
        assert run("compare", folder, tmp_path, server.url, spanish=False) == ""
        assert run("compare", folder, tmp_path, server.url, ("skimai/electra-small-spanish", "")) == ""
        assert not server.requests


def test_without_the_model_or_a_network_one_sentence_says_so(folder, tmp_path):
    with Hub(TOKEN) as server:
        said = run("compare", folder, tmp_path, server.url)
        assert said.startswith("There is nothing to compare with: ") and "no such model" in said
    said = run("compare", folder, tmp_path, server.url)
    assert said.startswith("There is nothing to compare with: ") and "network" in said and "\n" not in said


def test_the_model_is_shared_when_it_has_a_name(folder, tmp_path):
    named = ('PUSH_TO = ""', 'PUSH_TO = "me/electra"')
    with Hub(TOKEN) as server:
        assert run("share", folder, tmp_path, server.url, token=TOKEN).startswith("Not shared: ")
        assert not server.requests
        assert "set HF_TOKEN" in run("share", folder, tmp_path, server.url, named)
        assert run("share", folder, tmp_path, server.url, named, token=TOKEN) == server.url + "/me/electra"
        weights = (folder / "discriminator" / "model.safetensors").read_bytes()
        assert server.files["me/electra"]["model.safetensors"] == weights and server.private["me/electra"] is True
