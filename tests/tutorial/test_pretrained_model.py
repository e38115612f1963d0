"""The model in notebooks/pretrained: it belongs to the preset, loads, converts to itself and judges as stated."""

import os
import re
import shutil

import pytest

from helpers import conversion
from helpers.base import files
from helpers.data import corpus
from helpers.tutorial import chapters, presets

pytest.importorskip("sklearn")

from benchmarks import seeds
from tools import make_pretrained

FOLDER = os.path.join(chapters.PRETRAINED, presets.DEFAULT)
ABOUT = files.read_json(os.path.join(FOLDER, chapters.ABOUT))
MOST_BYTES = 11e6
ELSEWHERE = re.compile(r"[\"' ]/[a-z]+/|\.\./")  # a path that is not within the folder


def content(folder):
    """Names of all files of a folder, with their paths."""
    found = {}
    for root, _, names in os.walk(folder):
        found.update((os.path.relpath(os.path.join(root, name), folder), os.path.join(root, name)) for name in names)
    return found


def test_it_is_of_the_preset_as_it_is_today(tmp_path):
    """Where this fails, the preset, the corpus or the vocabulary has changed: `make pretrained`."""
    settings = presets.load(given=dict(DATA_DIR=str(tmp_path)))
    assert chapters.pretrained_for(settings) == FOLDER
    assert ABOUT["step"] == presets.read("sample")["NUM_TRAIN_STEPS"]


def test_it_is_small_and_tells_nothing_of_the_machine_it_was_made_on():
    found = content(FOLDER)
    assert sum(map(os.path.getsize, found.values())) < MOST_BYTES
    for name, path in found.items():
        if name.endswith((".json", ".jsonl", ".txt", ".md", "checkpoint")):
            with open(path, encoding="utf-8") as file:
                assert not ELSEWHERE.search(file.read()), name


def test_it_judges_as_stated(tmp_path):
    corpus.prepare("sample", str(tmp_path), train_size=10, seed=ABOUT["settings"]["seed"])
    found = seeds.verdicts(os.path.join(FOLDER, "discriminator"), str(tmp_path), ABOUT["settings"]["seed"])
    assert seeds.holds(found) and set(found) == set(ABOUT["judged"])
    for name, stated in ABOUT["judged"].items():
        assert found[name] == (pytest.approx(stated, abs=2e-3) if isinstance(stated, float) else stated), name


@pytest.fixture
def data_dir(tmp_path):
    """A DATA_DIR as the whole run leaves it, as far as the model is made from it; its text trains nothing here."""
    seed = ABOUT["settings"]["seed"]
    corpus.prepare("sample", str(tmp_path), train_size=10, valid_size=4000, seed=seed)
    for name in ("vocab.txt", "tokenizer_config.json"):
        shutil.copy2(os.path.join(FOLDER, name), str(tmp_path / name))
    return tmp_path


@pytest.mark.slow
def test_it_converts_to_itself(data_dir, tmp_path):
    pytest.importorskip("helpers.pretraining.network.runtime")
    model_dir = data_dir / "models" / make_pretrained.MODEL_NAME
    shutil.copytree(os.path.join(FOLDER, "checkpoint"), str(model_dir / "best"))
    shutil.move(str(model_dir / "best" / "metrics.jsonl"), str(model_dir))
    hparams = files.read_json(str(model_dir / "best" / "hparams.json"))
    for name in make_pretrained.PATHS:
        hparams[name] = str(data_dir) + hparams[name][len("data") :]
    files.write_json(str(model_dir / "best" / "hparams.json"), hparams)
    target, settings = str(tmp_path / "made"), make_pretrained.settings_for(str(data_dir))
    about = make_pretrained.collect(settings, target, str(tmp_path / "work"))
    assert about["settings"] == ABOUT["settings"] and about["step"] == ABOUT["step"]
    assert about["judged"] == {
        name: pytest.approx(value, abs=2e-3) if isinstance(value, float) else value
        for name, value in ABOUT["judged"].items()
    }
    made, kept = content(target), content(FOLDER)
    assert set(made) == set(kept)
    for name in kept:
        if name.endswith("config.json"):  # the threshold's last digits depend on the version of PyTorch
            ours, theirs = files.read_json(made[name]), files.read_json(kept[name])
            assert ours.pop("replaced_threshold", 0) == pytest.approx(theirs.pop("replaced_threshold", 0), abs=1e-3)
            assert ours == theirs
        elif not name.endswith(("manifest.json", "README.md", "about.json")):  # these tell of the conversion itself
            with open(made[name], "rb") as one, open(kept[name], "rb") as other:
                assert one.read() == other.read(), name


def test_nothing_is_converted_where_it_is_put(data_dir):
    settings = presets.load(given=dict(DATA_DIR=str(data_dir)))
    assert chapters._take(settings, "m", "export")
    job = conversion.Job(
        model_dir=str(data_dir / "models" / "m"),
        vocab_file=str(data_dir / "vocab.txt"),
        output_dir=str(data_dir / "models" / "m"),
        valid_file=str(data_dir / "corpus" / "valid.txt"),
    )
    found = conversion.up_to_date(job)
    assert found is not None and found["step"] == ABOUT["step"]
    assert found["discriminator"]["threshold"] == pytest.approx(ABOUT["judged"]["threshold"], abs=1e-3)
