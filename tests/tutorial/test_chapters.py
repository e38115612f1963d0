"""What the step-by-step notebooks stand on: missing steps made once, branches, sizes, losses, widgets."""

import contextlib
import importlib.machinery
import importlib.util
import io
import math
import os
import sys
import threading
import time
import types

import pytest

from helpers import plots, pretraining
from helpers.base import files
from helpers.base.errors import TutorialError
from helpers.discriminator import Score
from helpers.discriminator.encoder import Encoded, Word
from helpers.pretraining import sizes
from helpers.pretraining.hyperparameters import resolve
from helpers.tutorial import chapters, method, presets

# Unlike any preset's and any function's own values, so that each shows in what is made with it.
TABLE = "texto,nota\n" + "".join(f"El pájaro número {n} canta hoy.,nota {n}\n" for n in range(300))
SETTINGS = dict(
    CORPUS_COLUMN="texto", TRAIN_SIZE=200, SEED=3, VOCAB="train:230", MAX_SEQ_LENGTH=17, ONE_SENTENCE_PER_EXAMPLE=True,
    MODEL_SIZE="small", NUM_TRAIN_STEPS=2, TRAIN_BATCH_SIZE=3, LEARNING_RATE=0.004,
    HPARAMS=dict(
        do_lower_case=True, mask_prob=0.3, embedding_size=8, generator_layers=1.0, eval_batch_size=4, num_eval_steps=1,
        model_hparam_overrides=dict(hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=16),
    ),
)  # fmt: skip


def leave_marks(folder, model_name, *steps):
    """What says that these steps, or all, are there, without saying how they were made."""
    for step in steps or chapters.MARKS:
        files.write_json(str(folder / chapters.MARKS[step].format(model_name=model_name)), {})


@pytest.fixture
def pretrained(tmp_path, monkeypatch):
    """A folder like notebooks/pretrained, of whose model only the names of its files are real; and DATA_DIR for it."""
    folder, data_dir = tmp_path / "pretrained" / "sample", tmp_path / "data"
    files.write_json(str(folder / chapters.ABOUT), dict(settings=chapters.identity(chosen(data_dir))))
    for name in ("checkpoint/checkpoint", "discriminator/config.json", "generator/config.json", "vocab.txt"):
        files.write_json(str(folder / name), {})
    leave_marks(data_dir, "m", "corpus", "vocabulary", "examples")
    monkeypatch.setattr(chapters, "PRETRAINED", str(folder.parent))
    return folder, data_dir


def chosen(folder, preset="sample", **given):
    return presets.load(preset, dict(DATA_DIR=str(folder), MODEL_NAME="m", **given))


def manifest(folder, *path):
    return files.read_json(os.path.join(str(folder), *path))


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """DATA_DIR with the steps up to the examples, made with SETTINGS, and what was said."""
    pytest.importorskip("tokenizers")
    folder, said = tmp_path_factory.mktemp("chapter"), io.StringIO()
    (folder / "frases.csv").write_text(TABLE, encoding="utf-8")
    settings = chosen(folder / "data", CORPUS=str(folder / "frases.csv"), **SETTINGS)
    with contextlib.redirect_stdout(said):
        assert chapters.prepare(settings, until="vocabulary") == "m-quick"
        assert not (folder / "data" / "pretrain_tfrecords").exists(), "no further than asked for"
        assert chapters.prepare(settings, until="examples") == "m-quick"
    return folder / "data", settings, said.getvalue()


def test_only_what_is_missing_is_made_and_only_as_far_as_needed(data, capsys):
    folder, settings, said = data
    assert said.count("corpus     is there: ") == said.count("vocabulary is there: ") == 1, "at the second call"
    assert "examples   is there: " not in said
    chapters.prepare(settings, until="examples")
    assert "examples   is there: " in capsys.readouterr().out
    assert not (folder / "models").exists()
    with pytest.raises(TutorialError, match="until='convert' is not one of: corpus"):
        chapters.prepare(settings, until="convert")


def test_what_is_missing_is_made_with_the_settings(data):
    folder, _, _ = data
    corpus = manifest(folder, "corpus", "manifest.json")["parameters"]
    assert (corpus["source"], corpus["train_size"], corpus["seed"]) == ("files", 200, 3)
    assert corpus["options"]["column"] == "texto"
    vocabulary = manifest(folder, "vocab.manifest.json")["parameters"]
    assert (vocabulary["source"], vocabulary["vocab_size"]) == ("train", 230)
    assert (vocabulary["do_lower_case"], vocabulary["strip_accents"]) == (True, False)
    for part in ("pretrain_tfrecords", "valid_tfrecords"):
        examples = manifest(folder, part, "manifest.json")["parameters"]
        assert (examples["max_seq_length"], examples["seed"]) == (17, 3)
        assert examples["one_sentence_per_example"] is True
        assert (examples["do_lower_case"], examples["strip_accents"]) == (True, False)


def test_the_model_is_made_with_the_settings_but_for_the_length_of_the_examples(data):
    if not importlib.util.find_spec("tensorflow"):
        pytest.skip("needs TensorFlow")
    folder, settings, _ = data
    other = presets.load(given=dict(SETTINGS, DATA_DIR=str(folder), MODEL_NAME="m", MAX_SEQ_LENGTH=99))
    assert chapters.prepare(other, until="model") == "m-quick"
    used = manifest(folder, "models", "m-quick", "hparams.json")
    for name, value in dict(settings.hparams, max_seq_length=17).items():
        assert used[name] == value, name
    assert (used["train_batch_size"], used["learning_rate"], used["num_train_steps"], used["seed"]) == (3, 0.004, 2, 3)
    assert chapters.prepare(settings, until="model") == "m-quick", "all is there"


def test_a_model_in_passing_is_trained_briefly(tmp_path):
    usual = chosen(tmp_path).hparams
    few = dict(num_train_steps=chapters.QUICK_STEPS, learning_rate=chapters.QUICK_RATE)
    assert usual["num_train_steps"] > few["num_train_steps"] and usual["learning_rate"] > few["learning_rate"]
    assert chapters.quick(chosen(tmp_path)) == dict(usual, **few)
    assert chapters.quick(chosen(tmp_path, LEARNING_RATE=1e-5)) == dict(usual, **dict(few, learning_rate=1e-5))
    short = dict(NUM_TRAIN_STEPS=30, LEARNING_RATE=0.004)
    assert chapters.quick(chosen(tmp_path, **short)) == dict(usual, num_train_steps=30, learning_rate=0.004)


def test_a_step_of_another_preset_is_taken_and_said(tmp_path, capsys):
    leave_marks(tmp_path, "m")
    hparams = dict(chosen(tmp_path, "article").hparams, vocab_size=9)
    files.write_json(str(tmp_path / "models" / "m" / "hparams.json"), hparams)
    chapters.prepare(chosen(tmp_path), until="model")
    lines = capsys.readouterr().out.splitlines()
    place = next(number for number, line in enumerate(lines) if line.startswith("model "))
    assert "made with other settings and taken as it is: " in lines[place + 1]
    assert (
        "num_train_steps is 100, not 9000" in lines[place + 1] and "model_size is small, not tiny" in lines[place + 1]
    )
    chapters.prepare(chosen(tmp_path, "article", CORPUS="sample"), until="model")
    assert "made with other settings" not in capsys.readouterr().out


def test_a_quick_model_is_held_to_what_a_quick_one_is_made_with(tmp_path, capsys):
    leave_marks(tmp_path, "m-quick")
    files.write_json(str(tmp_path / "models" / "m-quick" / "hparams.json"), chapters.quick(chosen(tmp_path)))
    assert chapters.prepare(chosen(tmp_path), until="model") == "m-quick"
    assert "made with other settings" not in capsys.readouterr().out


def test_a_model_of_the_name_is_preferred_to_a_quick_one(tmp_path):
    for name in ("m", "m-quick"):
        leave_marks(tmp_path, name)
    assert chapters.prepare(chosen(tmp_path), until="model") == "m"


def test_a_pretrained_model_of_the_settings_is_taken(pretrained, capsys):
    folder, data_dir = pretrained
    assert chapters.prepare(chosen(data_dir), until="model") == "m-pretrained"
    model_dir = data_dir / "models" / "m-pretrained"
    assert os.listdir(str(model_dir)) == ["checkpoint"], "the reader is about to convert it"
    assert chapters.prepare(chosen(data_dir), until="export") == "m-pretrained"
    assert sorted(os.listdir(str(model_dir))) == ["checkpoint", "discriminator", "generator"]
    assert f"is taken from {os.path.relpath(str(folder))}; one of your own would come first" in capsys.readouterr().out
    leave_marks(data_dir, "m-quick")
    assert chapters.prepare(chosen(data_dir, NUM_TRAIN_STEPS=50)) == "m-quick", "it has other settings"
    assert chapters.prepare(chosen(data_dir), pretrained=False) == "m-quick"


def test_what_the_reader_exported_stays(pretrained):
    _, data_dir = pretrained
    chapters.prepare(chosen(data_dir), until="model")
    own = data_dir / "models" / "m-pretrained" / "discriminator"
    files.write_json(str(own / "config.json"), {"own": 1})
    chapters.prepare(chosen(data_dir), until="export")
    assert files.read_json(str(own / "config.json")) == {"own": 1}


def test_a_pretrained_model_is_not_taken_beside_another_vocabulary(pretrained, capsys):
    folder, data_dir = pretrained
    leave_marks(data_dir, "m-quick")
    (data_dir / "vocab.txt").write_text("uno\ndos\n")
    assert chapters.prepare(chosen(data_dir)) == "m-quick"
    assert (
        f"{os.path.relpath(str(folder))} is not taken: vocab.txt in {data_dir} is of another run"
        in capsys.readouterr().out
    )


def test_a_model_of_ones_own_comes_first(pretrained, capsys):
    _, data_dir = pretrained
    leave_marks(data_dir, "m")
    assert chapters.prepare(chosen(data_dir)) == "m" and "pretrained" not in capsys.readouterr().out


def test_a_branch_has_its_own_text_and_the_same_vocabulary(tmp_path):
    source = tmp_path / "data"
    (source / "corpus").mkdir(parents=True)
    for name in ("vocab.txt", "tokenizer_config.json", "corpus/train.txt", "corpus/valid.txt"):
        (source / name).write_text("uno\ndos\ntres\n")
    branch = chapters.branch(str(source), str(tmp_path / "branch"), lines=2)
    assert (tmp_path / "branch" / "corpus" / "train.txt").read_text() == "uno\ndos\n"
    assert (tmp_path / "branch" / "vocab.txt").read_text() == "uno\ndos\ntres\n" and branch == str(tmp_path / "branch")


def test_the_cost_of_building_is_that_of_text_of_the_size(data):
    folder = str(data[0])
    seconds = chapters.costs(folder, [0.002, 0.05])
    assert len(seconds) == 2 and min(seconds) > 0
    with open(os.path.join(folder, "corpus", "train.txt"), "rb") as file:
        text = file.read()
    for size in (0.002, 0.05):
        with open(os.path.join(folder, "cost", f"{size}-MB", "corpus", "train.txt"), "rb") as file:
            found = file.read()
        assert size * 1e6 - 200 < len(found) <= size * 1e6 and (text * 9)[: len(found)] == found
        built = manifest(folder, "cost", f"{size}-MB", "pretrain_tfrecords", "manifest.json")
        assert built["inputs"]["train.txt"]["bytes"] == len(found) and built["seconds"] in seconds
    assert chapters.costs(folder, [0.002, 0.05]) == seconds, "what was built is not built again"


def test_hyperparameters_follow_the_examples_that_are_there(tmp_path):
    usual = chapters.hyperparameters(chosen(tmp_path), num_train_steps=7)
    assert usual["max_seq_length"] == presets.read("sample")["MAX_SEQ_LENGTH"] and usual["num_train_steps"] == 7
    resolve(usual)
    files.write_json(str(tmp_path / "pretrain_tfrecords" / "manifest.json"), {"parameters": {"max_seq_length": 128}})
    found = chapters.hyperparameters(chosen(tmp_path))
    assert found == dict(usual, max_seq_length=128, num_train_steps=presets.read("sample")["NUM_TRAIN_STEPS"])
    assert chapters.quick(chosen(tmp_path))["max_seq_length"] == 128


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
    threshold = 0.05  # a conversion's; not the 0.5 of a model without one

    def word_probabilities(self, sentence):
        return [(word, 0.9 if word == "habla" else 0.1) for word in sentence.split()]

    def scores(self, sentences):
        """Of each sentence all words, with punctuation left on them: habla is suspicious, and so is what sings."""
        found = []
        for sentence in sentences:
            words = [Word(word, place, place, place + 1) for place, word in enumerate(sentence.split())]
            probabilities = {"¿El": 0.01, "pájaro": 0.02, "habla?": 0.9, "¿canta": 0.03}
            found.append(Score(Encoded([], [], words, False), [probabilities.get(word.text, 0.1) for word in words]))
        return found


class Generator:
    def fill_mask(self, sentence, top):
        assert sentence.count("[MASK]") == 1
        return [("##s", 0.4), ("canta", 0.3), ("habla", 0.2), ("salta", 0.1), (".", 0.1)]


def verdict(sentence):
    """The picture that belongs beside a sentence."""
    return plots.sentence_verdicts([(None, Discriminator().word_probabilities(sentence))], 0.05).png()


def test_the_slider_and_the_button_change_the_picture():
    pytest.importorskip("ipywidgets")
    from helpers.tutorial import widgets

    draws = [dict(STEPS, drawn=["[CLS]", word, "perros", "[SEP]"]) for word in ("los", "las", "dos", "sus")]
    walks = [draws[:2], draws[2:]]
    player = widgets.walk_player(walks, [0.15, 0.5])
    (slider, button), image = player.children[0].children, player.children[1]
    assert [label for label, _ in slider.options] == ["15%", "50%"]
    assert image.value == plots.walk(draws[0]).png()
    slider.value = 1
    assert image.value == plots.walk(draws[2]).png()
    button.click()
    assert image.value == plots.walk(draws[3]).png()
    button.click()
    assert image.value == plots.walk(draws[2]).png(), "after the last draw comes the first"


def test_a_sentence_is_judged_and_its_words_swapped():
    pytest.importorskip("ipywidgets")
    from helpers.tutorial import widgets

    box, row, image = widgets.sentence_explorer(Discriminator(), Generator(), "El pájaro canta.").children
    assert [button.description for button in row.children] == ["El", "pájaro", "canta."]
    assert image.value == verdict("El pájaro canta.")
    row.children[2].click()  # the generator's first guess is the word itself, the next one another
    assert box.value == "El pájaro habla." and image.value == verdict("El pájaro habla.")
    shown = []
    for _ in range(4):
        row.children[1].click()
        shown.append(box.value)
    assert shown == [f"El {word} habla." for word in ("canta", "habla", "salta", "canta")], "one after the other"
    box.value = "  "
    assert row.children == () and image.value == b""
    box.value = "El pájaro canta."
    assert image.value == verdict("El pájaro canta.")


def test_a_walk_goes_through_a_real_pair(tmp_path):
    """The models have random weights; what is said of a walk is what they say of its tokens."""
    torch = pytest.importorskip("torch")
    tiny_export = pytest.importorskip("tiny_export")
    from helpers import discriminator

    tiny_export.make(tmp_path / "discriminator", seed=1)
    tiny_export.make(tmp_path / "generator", "ElectraForMaskedLM", seed=2)
    (tmp_path / "hparams.json").write_text('{"temperature": 0.0001}')  # so low that it draws what it holds likeliest
    sentence, shares = "Los pájaros cantan.", [0.25, 0.5, 1.0]
    found = method.walks(str(tmp_path), sentence, shares, draws=3, seed=1)
    assert [len(draws) for draws in found] == [3, 3, 3]
    discriminator_model = discriminator.load(str(tmp_path / "discriminator"))
    generator = discriminator.load_generator(str(tmp_path / "generator"))
    for draws, count in zip(found, (1, 2, 4)):
        for steps in draws:
            tokens, masked, drawn = steps["tokens"], steps["masked"], steps["drawn"]
            assert tokens == ["[CLS]", "Los", "pájaros", "cantan", ".", "[SEP]"]
            assert masked[0] == "[CLS]" and masked[-1] == "[SEP]" and masked.count("[MASK]") == count
            assert drawn == [best[0][0] if best else token for best, token in zip(steps["guesses"], tokens)]
            assert steps["replaced"] == [int(a != b) for a, b in zip(drawn, tokens)]
            ids = discriminator_model.encoder.tokenizer.convert_tokens_to_ids(drawn)
            logits = discriminator_model.model(torch.tensor([ids]))[0].reshape(-1)
            assert steps["probabilities"] == pytest.approx(torch.sigmoid(logits).tolist(), abs=1e-3)
            for place, word in enumerate(tokens):
                assert (masked[place] == "[MASK]") == bool(steps["guesses"][place])
                if count == 1 and steps["guesses"][place]:
                    text = "Los pájaros cantan .".replace(word, "[MASK]")
                    told = generator.fill_mask(text, top=len(tiny_export.WORDS))
                    assert [name for name, _ in steps["guesses"][place]] == [name for name, _ in told[: method.GUESSES]]
                    assert steps["right"][place] == pytest.approx(dict(told)[word], abs=1e-3)
                elif not steps["guesses"][place]:
                    assert steps["right"][place] is None
    (tmp_path / "hparams.json").write_text('{"temperature": 1000.0}')  # all words are as likely
    (draws,) = method.walks(str(tmp_path), sentence, [1.0], draws=60, seed=1)
    assert any(steps["drawn"][1:-1] != [best[0][0] for best in steps["guesses"][1:-1]] for steps in draws)
    pairs = [pair for steps in draws for pair in zip(steps["tokens"], steps["drawn"], steps["replaced"])]
    assert all(replaced == (token != drawn) for token, drawn, replaced in pairs)
    assert sum(not replaced for _, _, replaced in pairs) > 2 * 60, "some are drawn right, and are no replacements"


def test_without_hands_each_word_is_swapped_in_turn_and_the_verdicts_are_counted():
    pytest.importorskip("ipywidgets")
    from helpers.tutorial import widgets

    found = widgets.swapped(Discriminator(), Generator(), "¿El pájaro canta?")
    assert found.judged == [
        ("El → canta", [("¿canta", 0.03), ("pájaro", 0.02), ("canta?", 0.1)]),
        ("pájaro → canta", [("¿El", 0.01), ("canta", 0.1), ("canta?", 0.1)]),
        ("canta → habla", [("¿El", 0.01), ("pájaro", 0.02), ("habla?", 0.9)]),
    ]
    assert found.rows == [
        ("El → canta", 0.03, "canta?"), ("pájaro → canta", 0.1, "canta, canta?"), ("canta → habla", 0.9, "habla?")
    ]  # fmt: skip
    said = "The swapped word is called a replacement in 2 of 3 swaps, another word alone in 1, nothing in 0."
    assert found.counts == said
    sure = Discriminator()
    sure.threshold = 0.95
    assert widgets.swapped(sure, Generator(), "¿El pájaro canta?").counts.endswith(
        "in 0 of 3 swaps, another word alone in 0, nothing in 3."
    )


def buttons(data_dir, **settings):
    """The parts of the trainer: its two buttons, the text and the picture below."""
    pytest.importorskip("ipywidgets")
    from helpers.tutorial import widgets

    (start, stop), text, image = (
        getattr(part, "children", part) for part in widgets.trainer(str(data_dir), "buttons", **settings).children
    )
    return types.SimpleNamespace(start=start, stop=stop, text=text, image=image)


def wait_for_end(trainer):
    for thread in threading.enumerate():
        if thread.name == "training":
            thread.join(300)
    assert not trainer.start.disabled and trainer.stop.disabled


def test_the_buttons_start_stop_and_resume_a_run(data):
    if not importlib.util.find_spec("tensorflow"):
        pytest.skip("needs TensorFlow")
    folder, settings, _ = data
    trainer = buttons(folder, **dict(settings.hparams, num_train_steps=2000, log_steps=5))
    assert trainer.stop.disabled and trainer.image.layout.display == "none"
    assert pretraining.status(str(folder), "buttons") is None, "nothing begins by itself"
    trainer.start.click()
    assert trainer.start.disabled and not trainer.stop.disabled
    while not trainer.image.value:
        assert trainer.start.disabled, f"it is over before a curve is shown: {trainer.text.value}"
        time.sleep(0.02)
    assert "<progress" in trainer.text.value and "then the other button goes on" in trainer.text.value
    assert bytes(trainer.image.value).startswith(b"\x89PNG") and trainer.image.layout.display is None
    trainer.stop.click()
    wait_for_end(trainer)
    stopped = pretraining.status(str(folder), "buttons")["checkpoint_step"]
    assert 0 < stopped < 2000 and trainer.start.description == "go on"
    assert "<progress" not in trainer.text.value, trainer.text.value
    trainer.start.click()
    wait_for_end(trainer)
    assert pretraining.status(str(folder), "buttons")["finished"] and trainer.start.description == "look again"
    metrics = pretraining.read_metrics(str(folder / "models" / "buttons"))
    assert bytes(trainer.image.value) == plots.training_curve(metrics, [stopped]).png()
    trainer.start.click()
    wait_for_end(trainer)
    assert trainer.text.value == "✓ All 2,000 steps are done."


def test_what_is_wrong_stands_beside_the_buttons(data):
    trainer = buttons(data[0], model_size="<big>")
    trainer.start.click()
    wait_for_end(trainer)
    assert "✗ " in trainer.text.value and "&lt;big&gt;" in trainer.text.value and "<big>" not in trainer.text.value


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
