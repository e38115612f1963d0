"""What the step-by-step notebooks stand on: missing steps made once, branches, sizes, losses, widgets."""

import importlib.machinery
import math
import os
import sys
import threading
import types

import pytest

from helpers.base import files
from helpers.base.errors import TutorialError
from helpers.pretraining import sizes
from helpers.pretraining.hyperparameters import resolve
from helpers.tutorial import chapters, method, presets


@pytest.fixture
def made(monkeypatch):
    """Steps that only note that they were asked for, and leave their mark."""
    asked = []

    def step(name):
        def make(model_name, settings):
            asked.append((name, settings))
            path = os.path.join(settings.data_dir, chapters.MARKS[name].format(model_name=model_name))
            files.write_json(path, {})

        return make

    monkeypatch.setattr(chapters, "_MAKE", {name: step(name) for name in chapters.MARKS})
    monkeypatch.setattr(chapters, "PRETRAINED", os.devnull)
    return asked


@pytest.fixture
def pretrained(tmp_path, made, monkeypatch):
    """A folder like notebooks/pretrained, of whose model only the names of its files are real."""
    folder = tmp_path / "pretrained" / "sample"
    about = dict(settings=chapters.identity(chosen(tmp_path)))
    files.write_json(str(folder / chapters.ABOUT), about)
    for name in ("checkpoint/checkpoint", "discriminator/config.json", "generator/config.json"):
        files.write_json(str(folder / name), {})
    (folder / "vocab.txt").write_text("{}\n")  # as the steps here leave it
    monkeypatch.setattr(chapters, "PRETRAINED", str(folder.parent))
    return folder


def chosen(folder, preset="sample", **given):
    return chapters.settings_of(preset, dict(DATA_DIR=str(folder), MODEL_NAME="m", **given))


def test_only_what_is_missing_is_made_and_only_as_far_as_needed(tmp_path, made, capsys):
    assert chapters.prepare(chosen(tmp_path, VOCAB="train:321"), until="vocabulary") == "m-quick"
    assert [name for name, _ in made] == ["corpus", "vocabulary"]
    assert made[0][1].vocab == "train:321" and made[0][1].corpus == "sample"
    assert chapters.prepare(chosen(tmp_path), until="export") == "m-quick"
    assert [name for name, _ in made[2:]] == ["examples", "model", "export"]
    assert "corpus     is there: " in capsys.readouterr().out
    chapters.prepare(chosen(tmp_path))
    assert len(made) == 5 and (tmp_path / "models" / "m-quick").is_dir()
    with pytest.raises(TutorialError, match="until='convert' is not one of: corpus"):
        chapters.prepare(chosen(tmp_path), until="convert")


def test_a_model_in_passing_is_trained_briefly(tmp_path, monkeypatch):
    asked = []
    monkeypatch.setattr(chapters.pretraining, "finish", lambda *where, **settings: asked.append((where, settings)))
    for settings in (chosen(tmp_path), chosen(tmp_path, NUM_TRAIN_STEPS=30, LEARNING_RATE=0.004)):
        chapters._MAKE["model"]("m-quick", settings)
    usual = chosen(tmp_path).hparams
    assert asked[0] == (
        (str(tmp_path), "m-quick"),
        dict(usual, num_train_steps=chapters.QUICK_STEPS, learning_rate=chapters.QUICK_RATE),
    )
    assert asked[1][1] == dict(usual, num_train_steps=30, learning_rate=0.004)


def test_a_preset_may_leave_the_text_open(tmp_path):
    found = chosen(tmp_path, "quick")
    assert (found.corpus, found.train_size) == ("sample", 400000) and found.vocab == "train:4000"
    assert found.hparams["mask_prob"] == 0.2 and "temperature" not in found.hparams, "the preset's HPARAMS are its own"


def test_a_model_of_the_name_is_preferred_to_a_quick_one(tmp_path, made):
    for name in ("m", "m-quick"):
        files.write_json(str(tmp_path / "models" / name / "checkpoint"), {})
    assert chapters.prepare(chosen(tmp_path), until="model") == "m"


def test_a_pretrained_model_of_the_settings_is_taken(tmp_path, made, pretrained, capsys):
    data_dir = tmp_path / "data"
    assert chapters.prepare(chosen(data_dir), until="model") == "m-pretrained"
    model_dir = data_dir / "models" / "m-pretrained"
    assert os.listdir(str(model_dir)) == ["checkpoint"], "the reader is about to convert it"
    assert chapters.prepare(chosen(data_dir), until="export") == "m-pretrained"
    assert sorted(os.listdir(str(model_dir))) == ["checkpoint", "discriminator", "generator"]
    assert [name for name, _ in made] == ["corpus", "vocabulary", "examples"]
    said = capsys.readouterr().out
    assert f"is taken from {os.path.relpath(str(pretrained))}; one of your own would come first" in said
    assert chapters.prepare(chosen(data_dir, NUM_TRAIN_STEPS=50)) == "m-quick", "it has other settings"
    assert chapters.prepare(chosen(tmp_path / "other"), pretrained=False) == "m-quick"


def test_what_the_reader_exported_stays(tmp_path, made, pretrained):
    data_dir = tmp_path / "data"
    chapters.prepare(chosen(data_dir), until="model")
    own = data_dir / "models" / "m-pretrained" / "discriminator"
    files.write_json(str(own / "config.json"), {"own": 1})
    chapters.prepare(chosen(data_dir), until="export")
    assert files.read_json(str(own / "config.json")) == {"own": 1}


def test_a_pretrained_model_is_not_taken_beside_another_vocabulary(tmp_path, made, pretrained, capsys):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "vocab.txt").write_text("uno\ndos\n")
    assert chapters.prepare(chosen(tmp_path / "data")) == "m-quick"
    said = f"{os.path.relpath(str(pretrained))} is not taken: vocab.txt in {tmp_path / 'data'} is of another run"
    assert said in capsys.readouterr().out


def test_a_model_of_ones_own_comes_first_and_other_settings_are_said(tmp_path, made, pretrained, capsys):
    data_dir, settings = tmp_path / "data", chosen(tmp_path / "data")
    model_dir = data_dir / "models" / "m"
    files.write_json(str(model_dir / "checkpoint"), {})
    files.write_json(str(model_dir / "hparams.json"), settings.hparams)
    assert chapters.prepare(settings) == "m" and "other settings" not in capsys.readouterr().out
    files.write_json(str(model_dir / "hparams.json"), dict(settings.hparams, num_train_steps=100))
    files.write_json(str(data_dir / chapters.MARKS["corpus"]), {"parameters": {"source": "web"}})
    assert chapters.prepare(settings) == "m"
    steps = settings.hparams["num_train_steps"]
    said = f"trained with other settings than these: num_train_steps is 100, not {steps}; the text is web, not sample"
    assert said in capsys.readouterr().out


def test_a_branch_has_its_own_text_and_the_same_vocabulary(tmp_path):
    source = tmp_path / "data"
    (source / "corpus").mkdir(parents=True)
    for name in ("vocab.txt", "tokenizer_config.json", "corpus/train.txt", "corpus/valid.txt"):
        (source / name).write_text("uno\ndos\ntres\n")
    branch = chapters.branch(str(source), str(tmp_path / "branch"), lines=2)
    assert (tmp_path / "branch" / "corpus" / "train.txt").read_text() == "uno\ndos\n"
    assert (tmp_path / "branch" / "vocab.txt").read_text() == "uno\ndos\ntres\n" and branch == str(tmp_path / "branch")


def test_hyperparameters_follow_the_examples_that_are_there(tmp_path):
    usual = chapters.hyperparameters(chosen(tmp_path), num_train_steps=7)
    assert usual["max_seq_length"] == presets.read("sample")["MAX_SEQ_LENGTH"] and usual["num_train_steps"] == 7
    resolve(usual)
    manifest = str(tmp_path / "pretrain_tfrecords" / "manifest.json")
    files.write_json(manifest, {"parameters": {"max_seq_length": 128}})
    found = chapters.hyperparameters(chosen(tmp_path))
    assert found == dict(usual, max_seq_length=128, num_train_steps=presets.read("sample")["NUM_TRAIN_STEPS"])


@pytest.mark.parametrize("size, millions", [("small", 14), ("base", 110), ("large", 335)])
def test_sizes_are_the_papers(size, millions):
    """Paper, tables 1 to 3: parameters of the three sizes, to the million or so that they are given."""
    found = sizes.count(dict(model_size=size, vocab_size=30522))["discriminator"] / 1e6
    assert abs(found - millions) < 0.02 * millions + 0.5


def test_sizes_of_a_shape_counted_by_hand():
    shape = dict(hidden_size=8, num_hidden_layers=1, num_attention_heads=2, intermediate_size=16)
    settings = dict(vocab_size=10, embedding_size=4, generator_hidden_size=0.5, model_hparam_overrides=shape)
    found = sizes.count(dict(settings, model_size="tiny"))
    embeddings = (10 + 512 + 2) * 4 + 2 * 4
    layer = 4 * (8 * 8 + 8) + (8 * 16 + 16) + (16 * 8 + 8) + 4 * 8
    assert found["discriminator"] == embeddings + (4 * 8 + 8) + layer + (8 * 8 + 8) + (8 + 1)
    layer = 4 * (4 * 4 + 4) + (4 * 16 + 16) + (16 * 4 + 4) + 4 * 4
    assert found["generator"] == layer + (4 * 4 + 4) + 2 * 4 + 10
    assert [row[0] for row in sizes.rows(100)] == ["tiny", "small", "base", "large"]
    assert all(len(row) == len(sizes.HEADINGS) for row in sizes.rows(100))


STEPS = dict(
    tokens=["[CLS]", "los", "pájaros", "[SEP]"],
    masked=["[CLS]", "[MASK]", "[MASK]", "[SEP]"],
    drawn=["[CLS]", "los", "perros", "[SEP]"],
    replaced=[0, 0, 1, 0],
    probabilities=[0.0, 0.2, 0.75, 0.5],
    right=[None, 0.5, 0.25, None],
    guesses=[[], [["los", 0.5]], [["perros", 0.5]], []],
)


def test_losses_are_those_of_training():
    rows, generator, discriminator = method.losses(STEPS)
    assert generator == pytest.approx((math.log(2) + math.log(4)) / 2)
    assert discriminator == pytest.approx(-(math.log(0.8) + math.log(0.75) + math.log(0.5)) / 4)
    assert [row[2] for row in rows] == ["", "masked, drawn right", "replaced", ""]
    assert [row[3] is None for row in rows] == [True, False, False, True]


class Discriminator:
    threshold = 0.5

    def word_probabilities(self, sentence):
        return [(word, 0.9 if word == "habla" else 0.1) for word in sentence.split()]


class Generator:
    def fill_mask(self, sentence, top):
        assert sentence.count("[MASK]") == 1
        return [("##s", 0.4), ("canta", 0.3), ("habla", 0.2), (".", 0.1)]


def test_the_slider_and_the_button_change_the_picture():
    pytest.importorskip("ipywidgets")
    from helpers.tutorial import widgets

    other = dict(STEPS, drawn=["[CLS]", "las", "perros", "[SEP]"])
    player = widgets.walk_player([[STEPS, other], [other, STEPS]], [0.15, 0.5])
    (slider, button), image = player.children[0].children, player.children[1]
    first = image.value
    assert bytes(first).startswith(b"\x89PNG")
    slider.value = 1
    second = image.value
    button.click()
    assert second != first and image.value == first


def test_a_sentence_is_judged_and_its_words_swapped():
    pytest.importorskip("ipywidgets")
    from helpers.tutorial import widgets

    box, row, image = widgets.sentence_explorer(Discriminator(), Generator(), "El pájaro canta.").children
    first = image.value
    assert [button.description for button in row.children] == ["El", "pájaro", "canta."]
    row.children[2].click()  # the generator's first guess is the word itself, the next one another
    assert box.value == "El pájaro habla." and image.value != first
    box.value = "  "
    assert row.children == () and image.value == b""
    box.value = "El pájaro canta."
    assert image.value == first


def test_models_run_on_a_real_pair(tmp_path, monkeypatch):
    """The walk through both models, with models that are small functions."""
    np = pytest.importorskip("numpy")
    from helpers import discriminator
    from helpers.discriminator import loading

    words = ["[PAD]", "[CLS]", "[SEP]", "[MASK]", "los", "pájaros", "perros", "cantan"]
    tokenizer = types.SimpleNamespace(convert_ids_to_tokens=lambda ids: [words[number] for number in ids])
    encoded = types.SimpleNamespace(ids=[1, 4, 5, 7, 2], tokens=["[CLS]", "los", "pájaros", "cantan", "[SEP]"])
    encoder = types.SimpleNamespace(
        encode=lambda sentence: encoded, mask_token_id=3, pad_token_id=0, tokenizer=tokenizer
    )
    discriminator_model = types.SimpleNamespace(model="discriminator", encoder=encoder)
    monkeypatch.setattr(discriminator, "load", lambda folder: discriminator_model)
    monkeypatch.setattr(discriminator, "load_generator", lambda folder: types.SimpleNamespace(model="generator"))

    def logits(model, ids, pad):
        ids = np.array(ids)
        if model == "discriminator":
            return np.where(ids == 6, 5.0, -5.0), None
        return np.tile(np.where(np.arange(8) == 6, 20.0, 0.0), ids.shape + (1,)), None

    monkeypatch.setattr(loading, "logits", logits)
    (tmp_path / "hparams.json").write_text('{"temperature": 1.0}')
    found = method.walks(str(tmp_path), "los pájaros cantan", [0.3, 1.0], draws=3, seed=1)
    assert [len(draws) for draws in found] == [3, 3]
    for draws, count in zip(found, (1, 3)):
        for steps in draws:
            assert steps["masked"].count("[MASK]") == steps["drawn"].count("perros") == sum(steps["replaced"]) == count
            assert steps["masked"][0] == "[CLS]" and steps["masked"][-1] == "[SEP]"
            assert [p > 0.9 for p in steps["probabilities"]] == [word == "perros" for word in steps["drawn"]]
            assert [bool(g) for g in steps["guesses"]] == [right is not None for right in steps["right"]]


def test_without_hands_the_swaps_are_a_figure():
    pytest.importorskip("ipywidgets")
    from helpers.tutorial import widgets

    class Seen(Discriminator):
        sentences = []

        def word_probabilities(self, sentence):
            self.sentences.append(sentence)
            return super().word_probabilities(sentence)

    figure = widgets.swapped(Seen(), Generator(), "¿El pájaro habla?")
    assert Seen.sentences == ["¿canta pájaro habla?", "¿El canta habla?", "¿El pájaro canta?"]
    assert "habla" in figure.description and figure.png().startswith(b"\x89PNG")


@pytest.fixture
def trainer(monkeypatch):
    """The trainer over a training that is a stand-in: it reports, waits to be stopped, and is done when resumed."""
    pytest.importorskip("ipywidgets")
    from helpers.base import progress
    from helpers.tutorial import widgets

    running, calls = threading.Event(), []
    metrics = [dict(event="train", step=step, disc_loss=1 / step, mlm_loss=2.0) for step in range(1, 9)]

    def pretrain(data_dir, model_name, stop, view, **settings):
        calls.append((data_dir, model_name, settings))
        if settings["num_train_steps"] > 8:
            raise TutorialError("num_train_steps is too much of a <good> thing")
        display = progress.Display("Pre-training", view)
        for event in [dict(event="start", title="training", total=8, unit="step")] + metrics:
            display.event(event)
        display._show(settled=False)
        running.set()
        stopped = len(calls) == 1 and stop.wait(20)
        display.event(dict(event="result"))
        display.close()
        return dict(metrics=metrics, stopped=stopped, up_to_date=False, step=8)

    monkeypatch.setattr(widgets.pretraining, "pretrain", pretrain)

    def make(**settings):
        (start, stop), text, image = (
            getattr(part, "children", part) for part in widgets.trainer("d", "m", **settings).children
        )
        return types.SimpleNamespace(start=start, stop=stop, text=text, image=image, running=running, calls=calls)

    return make


def wait_for_end(trainer):
    for thread in threading.enumerate():
        if thread.name == "training":
            thread.join(20)
    assert not trainer.start.disabled and trainer.stop.disabled


def test_the_buttons_start_stop_and_resume_a_run(trainer):
    run = trainer(num_train_steps=8)
    assert run.stop.disabled and run.image.layout.display == "none" and not run.calls
    run.start.click()
    assert run.running.wait(20) and run.start.disabled and not run.stop.disabled
    assert "<progress" in run.text.value and "then the other button goes on" in run.text.value
    live = bytes(run.image.value)
    assert live.startswith(b"\x89PNG") and run.image.layout.display is None
    run.stop.click()
    wait_for_end(run)
    assert run.start.description == "go on" and "<progress" not in run.text.value, run.text.value
    run.start.click()
    wait_for_end(run)
    assert run.start.description == "look again" and run.calls == [("d", "m", {"num_train_steps": 8})] * 2


def test_what_is_wrong_stands_beside_the_buttons(trainer):
    run = trainer(num_train_steps=9)
    run.start.click()
    wait_for_end(run)
    assert "✗ num_train_steps is too much of a &lt;good&gt; thing" in run.text.value


def test_a_notebook_shows_the_sentence_and_no_traceback():
    pytest.importorskip("IPython")
    from IPython.core.interactiveshell import InteractiveShell

    shell, shown = InteractiveShell(), []
    shell._showtraceback = lambda kind, value, lines: shown.extend(lines)
    shell.run_cell("from helpers.base.errors import TutorialError\nraise TutorialError('the disk is full')")
    assert shown == ["\x1b[1mthe disk is full\x1b[0m"]


def test_tensorboard_is_found_beside_the_kernels_python(monkeypatch, tmp_path, capsys):
    from helpers.tutorial import widgets

    started = []
    package = types.ModuleType("tensorboard")
    package.notebook = types.SimpleNamespace(start=started.append)
    package.__spec__ = importlib.machinery.ModuleSpec("tensorboard", None)
    monkeypatch.setitem(sys.modules, "tensorboard", package)
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    monkeypatch.setenv("TENSORBOARD_BINARY", "")  # so that it is gone again after the test
    monkeypatch.delenv("TENSORBOARD_BINARY")
    widgets.tensorboard("my data/models")
    assert started == ["--logdir 'my data/models'"] and "TENSORBOARD_BINARY" not in os.environ
    (tmp_path / "tensorboard").write_text("")
    widgets.tensorboard("data/models")
    assert started[1:] == ["--logdir data/models"]
    assert os.environ["TENSORBOARD_BINARY"] == str(tmp_path / "tensorboard") and not capsys.readouterr().out


def test_without_tensorboard_there_is_one_line(monkeypatch, capsys):
    from helpers.tutorial import widgets

    monkeypatch.setattr(widgets.importlib.util, "find_spec", lambda name: None)
    widgets.tensorboard("data/models")
    assert capsys.readouterr().out.splitlines() == [
        "TensorBoard is not installed here. In a terminal: tensorboard --logdir data/models"
    ]
