"""Settings: what the form says wins, the preset fills in the rest, and each value says where it comes from."""

import inspect
import json
import os
import sys
import types

import pytest

from helpers.base import files
from helpers.base.errors import TutorialError
from helpers.data import corpus
from helpers.tutorial import presets
from helpers.tutorial.presets import parameters

EMPTY = dict.fromkeys(parameters.OF_PRESETS, "")


def test_empty_fields_follow_the_preset():
    for empty in (EMPTY, dict.fromkeys(EMPTY), {}):
        found = presets.load("sample", empty)
        assert (found.corpus, found.train_size, found.hparams["num_train_steps"]) == ("sample", 400000, 9000)
        assert found.hparams["temperature"] == 2.2
    assert presets.load("").corpus == presets.load().corpus == "sample"
    assert presets.load("article").corpus == presets.load("quick").corpus == "opensubtitles:es"


def test_a_caller_without_a_form_need_not_name_folder_and_model():
    found = presets.load("quick")
    assert (found.data_dir, found.model_name, found.tensorflow) == ("./data", "electra-spanish", "auto")
    assert ["MODEL_NAME", "electra-spanish", "the default"] in found.table().rows


def test_what_is_written_wins_also_against_a_preset():
    given = dict(EMPTY, NUM_TRAIN_STEPS=5, ONE_SENTENCE_PER_EXAMPLE="False", HPARAMS={"mask_prob": 0.5})
    found = presets.load("sample", given)
    assert found.num_train_steps == found.hparams["num_train_steps"] == 5 and found.one_sentence_per_example is False
    assert (found.hparams["mask_prob"], found.hparams["temperature"]) == (0.5, 2.2), "its others stay"


def test_a_hyperparameter_with_a_field_of_its_own_is_one_setting():
    found = presets.load("sample", dict(EMPTY, HPARAMS={"num_train_steps": 7}))
    assert found.num_train_steps == found.hparams["num_train_steps"] == 7
    with pytest.raises(TutorialError, match="sets NUM_TRAIN_STEPS to 5 and to 7 in HPARAMS: give one of them"):
        presets.load("sample", dict(NUM_TRAIN_STEPS=5, HPARAMS={"num_train_steps": 7}))


def test_a_start_from_weights_that_exist_is_a_hyperparameter():
    assert "init_checkpoint" not in presets.load("sample", EMPTY).hparams
    for written in (dict(INIT_CHECKPOINT="google/electra-small"), dict(HPARAMS=dict(init_checkpoint="runs/general"))):
        found = presets.load("sample", dict(EMPTY, **written))
        start = written.get("INIT_CHECKPOINT", "runs/general")
        assert found.hparams["init_checkpoint"] == found.init_checkpoint == start
        assert ["INIT_CHECKPOINT", start, "the form"] in [list(row) for row in found.table().rows]


def test_the_table_says_where_each_value_comes_from():
    found = presets.load("quick", dict(EMPTY, DATA_DIR="./data", NUM_TRAIN_STEPS="5", HPARAMS={"mask_prob": 0.3}))
    rows = {row[0]: row[1:] for row in found.table().rows}
    assert rows["NUM_TRAIN_STEPS"] == ["5", "the form"] and rows["VOCAB"] == ["train:4000", "preset quick"]
    assert rows["CORPUS"] == ["opensubtitles:es", "preset quick"] and rows["SEED"] == ["0", "the article"]
    assert rows["DATA_DIR"] == ["./data", "the form"]
    assert rows["HPARAMS: mask_prob"] == ["0.3", "the form"] and rows["HPARAMS: disc_weight"] == ["20", "preset quick"]
    used = {name.lower() for name in rows if not name.startswith("HPARAMS")}
    may_be_empty = {"HPARAMS", "INIT_CHECKPOINT", *parameters.READING}
    assert used >= {name.lower() for name in parameters.OF_PRESETS if name not in may_be_empty}
    assert "NUM_TRAIN_STEPS" in str(found)


@pytest.mark.parametrize(
    "name, value, wanted",
    [
        ("TENSORFLOW", 2, "2"),
        ("TENSORFLOW", 1.15, "1.15"),
        ("MODEL_NAME", 2024, "2024"),
        ("NUM_TRAIN_STEPS", "128", 128),
        ("NUM_TRAIN_STEPS", 1e5, 100000),
        ("LEARNING_RATE", 1, 1.0),
        ("ONE_SENTENCE_PER_EXAMPLE", "true", True),
        ("HPARAMS", '{"seed": 1}', {"seed": 1}),
        ("TRAIN_SIZE", "all", "all"),
        ("DATA_DIR", "~/data", os.path.expanduser("~/data")),
        ("DATA_DIR", "$HOME/data", os.path.expanduser("~/data")),
        ("CORPUS", "${HOME}/texts", os.path.expanduser("~/texts")),
        ("CORPUS", "$HOMES/texts", "$HOMES/texts"),
    ],
)
def test_values_become_their_kind(name, value, wanted):
    found = parameters.check({name: value})[name]
    assert found == wanted and type(found) is type(wanted)


@pytest.mark.parametrize(
    "name, value",
    [
        ("MODEL_NAME", True),
        ("MODEL_NAME", ["a"]),
        ("NUM_TRAIN_STEPS", 12.5),
        ("NUM_TRAIN_STEPS", float("nan")),
        ("NUM_TRAIN_STEPS", float("inf")),
        ("NUM_TRAIN_STEPS", True),
        ("LEARNING_RATE", 10**400),
        ("HPARAMS", "[1]"),
        ("ONE_SENTENCE_PER_EXAMPLE", 2),
        ("MEGABYTES", "1"),
    ],
)
def test_values_of_another_kind_are_refused(name, value):
    with pytest.raises(TutorialError, match=f"the notebook's parameter {name} is .*: give "):
        parameters.check({name: value})


def test_how_text_is_read_is_passed_on_where_it_is_said():
    given = dict(CORPUS_COLUMN="texto", CORPUS_LANGUAGE="", SPLIT_LINES="false", CORPUS_ENCODING=None)
    assert presets.load("article", given).reading == dict(column="texto", split_lines=False)
    assert presets.load("article").reading == {}
    whole = dict(CORPUS_COLUMN="texto", CORPUS_LANGUAGE="es", CORPUS_ENCODING="cp1252", SPLIT_LINES=True)
    said = dict(column="texto", language="es", encoding="cp1252", split_lines=True)
    assert presets.load("article", whole).reading == said
    taken = inspect.signature(corpus.prepare).parameters
    assert set(parameters.READING.values()) <= set(taken)


def test_all_lines_are_said_by_a_word():
    found = presets.load("sample", dict(TRAIN_SIZE="all"))
    assert found.train_size is None and "all" in str(found.table())


def test_a_mistyped_name_is_refused_and_a_notebooks_own_is_not():
    with pytest.raises(
        TutorialError, match="no notebook has a parameter NUM_TRAIN_STEP: did you mean 'NUM_TRAIN_STEPS'"
    ):
        presets.load("sample", dict(NUM_TRAIN_STEP=50))
    presets.load("sample", dict(ORIGINAL="a", SWAPPED="b", SHARES=[1], LESSON="c", PROJECT="d", In=[], _=1))


def test_a_preset_may_be_a_file(tmp_path):
    path = tmp_path / "mine.json"
    path.write_text(json.dumps(dict(NUM_TRAIN_STEPS=3, HPARAMS={"seed": 4})))
    found = presets.load(str(path))
    assert found.hparams["num_train_steps"] == 3 and found.hparams["seed"] == found.seed == 4
    assert ["NUM_TRAIN_STEPS", "3", "preset mine.json"] in found.table().rows
    path.write_text('{"NUM_TRAIN_STEP": 3}')
    with pytest.raises(TutorialError, match="a preset such as mine.json has no parameter NUM_TRAIN_STEP: did you mean"):
        presets.load(str(path))
    path.write_text('{"DATA_DIR": "elsewhere"}')
    with pytest.raises(
        TutorialError, match="a preset such as mine.json has no parameter DATA_DIR: it has CORPUS, TRAIN_S"
    ):
        presets.load(str(path))  # the form always says it, so that it would have no effect here
    path.write_text("[1]")
    with pytest.raises(TutorialError, match="mine.json must hold a JSON object"):
        presets.load(str(path))
    with pytest.raises(
        TutorialError, match="there is no preset .*none.json: name a JSON file, or one of article, gpu, quick"
    ):
        presets.load(str(tmp_path / "none.json"))


@pytest.mark.parametrize("name", ["smaple", "../presets/sample", "."])
def test_a_preset_that_is_not_there_is_refused(name):
    with pytest.raises(TutorialError, match="PRESET .* is not one of: article, gpu, quick, sample"):
        presets.load(name)


def test_a_setting_that_is_not_there_is_named():
    settings, name = presets.load("sample"), "train_sise"
    with pytest.raises(AttributeError, match="no setting train_sise; did you mean 'train_size'"):
        getattr(settings, name)


def made(folder, settings, model="m"):
    """A data folder whose steps say that they were made with ``settings``."""
    parameters = {
        "corpus/manifest.json": dict(source="sample", train_size=settings.train_size),
        "vocab.manifest.json": dict(source="train", vocab_size=int(settings.vocab.split(":")[1])),
        "pretrain_tfrecords/manifest.json": dict(
            max_seq_length=settings.max_seq_length, one_sentence_per_example=settings.one_sentence_per_example
        ),
    }
    for name, found in parameters.items():
        files.write_json(str(folder / name), dict(parameters=found))
    files.write_json(str(folder / "models" / model / "hparams.json"), dict(settings.hparams, vocab_size=9))


def test_what_was_made_with_other_settings_is_told_step_by_step(tmp_path):
    given = dict(DATA_DIR=str(tmp_path), MODEL_NAME="m")
    sample, quick = (presets.load(name, given) for name in ("sample", "quick"))
    assert presets.differences(sample, "m") == {}, "nothing is there"
    made(tmp_path, sample)
    assert presets.differences(sample, "m") == {}
    found = presets.differences(quick, "m")
    assert found["corpus"] == "CORPUS is sample, not opensubtitles:es; TRAIN_SIZE is 400000, not 1000000"
    assert found["vocabulary"] == "VOCAB is train:3500, not train:4000"
    assert found["examples"].startswith("MAX_SEQ_LENGTH is 24, not 32")
    assert "num_train_steps is 9000, not 12500" in found["model"] and "model_size" not in found["model"]
    assert presets.differences(quick, "m", dict(num_train_steps=9000)).get("model") is None
    assert presets.differences(quick, "other").get("model") is None
    own = presets.load("sample", dict(given, VOCAB=str(tmp_path / "vocab.txt")))
    assert presets.differences(own, "m") == {"vocabulary": f"VOCAB is train:3500, not {tmp_path / 'vocab.txt'}"}


class Drive(types.ModuleType):
    """Colab's module: ``mount`` makes the folder, or fails as Colab's does."""

    def __init__(self, fails=None):
        super().__init__("drive")
        self.fails, self.mounted = fails, []

    def mount(self, place):
        if self.fails:
            raise ValueError(self.fails)
        self.mounted.append(place)


@pytest.fixture
def colab(monkeypatch, tmp_path):
    monkeypatch.setattr(presets, "ON_DRIVE", str(tmp_path / "MyDrive" / "electra-spanish"))

    def make(fails=None):
        package = types.ModuleType("google.colab")
        package.drive = Drive(fails)
        monkeypatch.setitem(sys.modules, "google.colab", package)
        monkeypatch.setitem(sys.modules, "google", types.ModuleType("google"))
        return package.drive

    return make


def test_everything_is_kept_on_drive_where_that_is_ticked(colab, tmp_path):
    drive = colab()
    found = presets.load("sample", dict(DATA_DIR="./data", DRIVE="True"))
    assert found.data_dir == str(tmp_path / "MyDrive" / "electra-spanish" / "data") and os.path.isdir(found.data_dir)
    assert drive.mounted == ["/content/drive"]
    assert ["DATA_DIR", found.data_dir, "the form, on Google Drive"] in found.table().rows
    assert presets.load("sample", dict(DATA_DIR="./data", DRIVE=False)).data_dir == "./data"
    assert len(drive.mounted) == 1


def test_a_drive_that_cannot_be_had_is_said(colab, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "google.colab", None)  # not on Colab
    with pytest.raises(TutorialError, match="Drive can be had on Colab alone: untick DRIVE, or name a folder"):
        presets.load("sample", dict(DRIVE=True))
    with pytest.raises(TutorialError, match="DRIVE is ticked and DATA_DIR is /data: give a relative DATA_DIR"):
        presets.load("sample", dict(DRIVE=True, DATA_DIR="/data"))
    colab("mount failed:\n access denied")
    with pytest.raises(TutorialError, match="not be mounted .mount failed: access denied.: run this cell again"):
        presets.load("sample", dict(DRIVE=True))
    colab()
    (tmp_path / "MyDrive").write_text("a file in its place")
    with pytest.raises(TutorialError, match="cannot be made on Google Drive .*: untick DRIVE"):
        presets.load("sample", dict(DRIVE=True))
