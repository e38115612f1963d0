"""The proposal for a language, a machine and some hours: what it chooses, what it costs, and what is refused."""

import json
import os
import re
import types

import pytest
from fake_machine import Machine

from helpers.base import files
from helpers.base.errors import TutorialError
from helpers.data import corpus, vocabulary
from helpers.data.corpus import sources
from helpers.pretraining import hyperparameters, sizes
from helpers.tutorial import plan, presets
from helpers.tutorial.plan import choices, costs, languages, machines

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
HOURS = (0.5, 8, 48)
WIKIPEDIA = "hf:wikimedia/wikipedia:config=20231101."
SIZES = list(choices.SIZES)


@pytest.fixture(autouse=True)
def no_card(monkeypatch, tmp_path):
    """The machine at hand has no graphics card, whatever runs the tests; its folder is a fresh one."""
    monkeypatch.setenv("PATH", str(tmp_path / "nothing"))
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    monkeypatch.chdir(tmp_path)


def proposed(**form):
    """The proposal for a form, for a machine that is not at hand."""
    return plan.propose(plan.check(dict(dict(MACHINE="T4", HOURS=8), **form)))


def rows(table):
    return {row[0]: row[1:] for row in table.rows}


@pytest.mark.parametrize("machine", list(machines.CARDS))
@pytest.mark.parametrize("code", ["es", "ca", "zh", "ko"])
def test_a_proposal_is_whole_and_fits_machine_and_time(code, machine):
    before = 0
    for hours in HOURS:
        found = proposed(LANGUAGE=code, MACHINE=machine, HOURS=hours)
        choice, card, language = found.choice, machines.CARDS[machine], languages.LANGUAGES[code]
        assert 0.5 * hours * 3600 < choice.seconds * choice.steps <= hours * 3600
        hparams = hyperparameters.resolve(found.settings.hparams)
        assert costs.memory(choice.hparams, hparams.gradient_accumulation_steps) < card.memory
        assert hparams.train_batch_size % hparams.gradient_accumulation_steps == 0
        assert choice.steps >= choices.LEAST[hparams.model_size]
        assert SIZES.index(hparams.model_size) >= before, "more hours, no smaller model"
        before = SIZES.index(hparams.model_size)
        pieces = choices.pieces_of(found.settings.vocab)
        assert pieces >= language.script.pieces and vocabulary.SMALLEST_SIZE <= pieces <= vocabulary.LARGEST_SIZE
        assert choices.FEWEST_LINES <= found.settings.train_size <= choices.MOST_LINES
        assert all(len(row) == 3 and all(row) for row in found.table().rows), "each value says where it is from"
        for table in (found.table(), found.costs(), found.elsewhere(), found.texts()):
            assert "None" not in str(table) and "nan" not in str(table)


@pytest.mark.parametrize(
    "form, size, text, vocab",
    [
        (dict(LANGUAGE="es", MACHINE="T4", HOURS=0.5), "small", "opensubtitles:es", "train:16000"),
        (dict(LANGUAGE="es", MACHINE="T4", HOURS=0.1), "tiny", "opensubtitles:es", "train:8000"),
        (dict(LANGUAGE="ca", MACHINE="A100", HOURS=30), "base", WIKIPEDIA + "ca", "train:30000"),
        (dict(LANGUAGE="PT-BR", MACHINE="l4", HOURS=10), "small", "opensubtitles:pt_br", "train:16000"),
        (dict(LANGUAGE="zh", MACHINE="T4", HOURS=0.1), "tiny", "opensubtitles:zh_cn", "train:12000"),
        (dict(LANGUAGE="sw", MACHINE="H100", HOURS=1), "small", WIKIPEDIA + "sw", "train:16000"),
    ],
)  # fmt: skip
def test_what_is_proposed(form, size, text, vocab):
    settings = proposed(**form).settings
    assert (settings.model_size, settings.corpus, settings.vocab) == (size, text, vocab)


def test_a_few_minutes_of_spanish_on_processors_need_no_network():
    spanish, machine = languages.LANGUAGES["es"], machines.find("cpu")[0]
    assert choices.proposed_corpus(spanish, machine, 0.05) == "sample"
    assert choices.proposed_corpus(spanish, machine, 0.5) == "opensubtitles:es"
    assert choices.proposed_corpus(languages.LANGUAGES["de"], machine, 0.05) == "opensubtitles:de"
    found = choices.choose(dict(HOURS=0.05), spanish, machine, 0.05, lambda hparams, one_sentence: 0.06)
    assert found.values["CORPUS"] == "sample" and found.values["VOCAB"] == "train:3500"
    assert found.values["ONE_SENTENCE_PER_EXAMPLE"] is True and found.steps == 2700
    assert found.values["LEARNING_RATE"] == presets.read("sample")["LEARNING_RATE"]
    few = choices.choose(dict(HOURS=0.01), spanish, machine, 0.01, lambda hparams, one_sentence: 0.06)
    assert few.steps == 540 and few.values["LEARNING_RATE"] == 0.001


def test_the_largest_model_that_gets_enough_steps_and_no_slow_one_is_tried():
    asked = []

    def pace(hparams, one_sentence):
        asked.append(hparams.model_size)
        return {"tiny": 0.05, "small": 2.0, "base": 60.0}[hparams.model_size]

    machine, spanish = machines.Machine("cpu", 16e9), languages.LANGUAGES["es"]
    assert choices.choose(dict(HOURS=0.5), spanish, machine, 0.5, pace).hparams.model_size == "tiny"
    assert asked == ["tiny"], "small is out of reach: its trial would be waste"
    assert choices.choose(dict(HOURS=24), spanish, machine, 24, pace).hparams.model_size == "small"


def test_settings_of_a_size_are_those_of_its_preset():
    for name, hours in (("quick", 0.1), ("gpu", 8)):
        preset, found = presets.read(name), proposed(HOURS=hours)
        settings = found.settings
        for field in ("MODEL_SIZE", "MAX_SEQ_LENGTH", "TRAIN_BATCH_SIZE", "LEARNING_RATE", "ONE_SENTENCE_PER_EXAMPLE"):
            assert getattr(settings, field.lower()) == preset[field]
            if field != "MODEL_SIZE":
                assert rows(found.table())[field][1] == f"as in the preset {name}"
        learned = {key: value for key, value in preset["HPARAMS"].items() if "eval" not in key}
        assert {key: settings.hparams[key] for key in learned} == learned
    base = proposed(MACHINE="H100", HOURS=48).settings.hparams
    assert (base["train_batch_size"], base["learning_rate"], base["generator_hidden_size"]) == (256, 2e-4, 1 / 3)


def test_the_form_wins():
    form = dict(
        CORPUS="texts", TRAIN_SIZE="5000", VOCAB="train:700", MODEL_SIZE="tiny", NUM_TRAIN_STEPS=40, DATA_DIR="there",
        MAX_SEQ_LENGTH=16, TRAIN_BATCH_SIZE=8, LEARNING_RATE=0.01, MODEL_NAME="m", HPARAMS={"mask_prob": 0.3}, SEED=5,
    )  # fmt: skip
    found = proposed(**form)
    shown, settings = rows(found.table()), found.settings
    for name, value in dict(form, TRAIN_SIZE=5000).items():
        if name not in ("HPARAMS", "DATA_DIR", "MODEL_NAME"):
            assert getattr(settings, name.lower()) == value and shown[name][1] == "the form", name
    assert settings.hparams["mask_prob"] == 0.3 and shown["HPARAMS: mask_prob"] == ["0.3", "the form"]
    assert (settings.data_dir, settings.model_name) == ("there", "m")
    assert settings.hparams["eval_steps"] == 8, "what is proposed follows from what was given"
    assert rows(found.costs())["pre-training"][1].startswith("40 steps")


def test_empty_fields_are_proposed_and_named_by_the_language():
    found = proposed(LANGUAGE="eu", DATA_DIR="", MODEL_NAME="", CORPUS="", NUM_TRAIN_STEPS=None, HPARAMS={})
    assert (found.settings.data_dir, found.settings.model_name) == ("./data/eu", "electra-eu")
    assert rows(found.table())["LANGUAGE"] == ["Basque", "the form"]


def test_the_notebook_finds_all_of_its_settings():
    with open(os.path.join(ROOT, "notebooks", "7_your_language.ipynb"), encoding="utf-8") as file:
        code = ["".join(cell["source"]) for cell in json.load(file)["cells"] if cell["cell_type"] == "code"]
    values = {}
    exec(next(cell for cell in code if cell.startswith("LANGUAGE = ")), values)
    settings = proposed(**{name: value for name, value in values.items() if name.isupper() and name != "MACHINE"})
    named = set(re.findall(r"\bsettings\.(\w+)", "\n".join(code)))
    assert len(named) > 10 and not [name for name in named if not hasattr(settings.settings, name)]
    assert (settings.settings.push_to, settings.settings.train_file, settings.settings.rounds) == ("", "", 6)


@pytest.mark.parametrize(
    "form, sentence",
    [
        (dict(LANGUAGE="spanish"), "LANGUAGE is 'spanish', and text is known for af, ar, .*: give one of these"),
        (dict(LANGUAGE="xx"), "or another language's code and its text in CORPUS"),
        (dict(LANGUAGE="ca", CORPUS="sample"), "CORPUS is 'sample', which is Spanish, and LANGUAGE is 'ca': leave"),
        (dict(MACHINE="K80"), "MACHINE is 'K80', which is not one of auto, cpu, T4, L4, V100, A100, H100"),
        (dict(HOURS=0), "HOURS is 0: give how many hours"),
        (dict(HOURS="soon"), "the notebook's parameter HOURS is 'soon': give a number"),
        (dict(HOURS=1e-4), "HOURS is 0.0001, enough for .* steps of the tiny model on T4: give 0.00.* or more"),
        (dict(MODEL_SIZE="huge"), "MODEL_SIZE is 'huge': give tiny, small, base or large"),
        (dict(LANGUAGES="es"), "no notebook has a parameter LANGUAGES: did you mean 'LANGUAGE'"),
        (dict(HPARAMS={"mask_probability": 0.2}), "unknown hyperparameter 'mask_probability'"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_one_sentence(form, sentence):
    with pytest.raises(TutorialError, match=sentence) as caught:
        proposed(**form)
    assert "\n" not in str(caught.value)


def test_a_language_that_is_not_known_is_trained_on_named_text():
    found = proposed(LANGUAGE="qu", CORPUS="texts")
    assert found.settings.corpus == "texts" and found.settings.model_name == "electra-qu"


@pytest.mark.parametrize("code", sorted(languages.LANGUAGES))
def test_each_text_is_one_that_the_corpus_step_reads(code, tmp_path):
    language = languages.LANGUAGES[code]
    assert len(language.corpora()) >= 2 and language.name[0].isupper()
    for source in language.corpora():
        identity = sources.find(source, str(tmp_path)).identity()
        assert identity["source"] in ("web", "hf")
        if identity["source"] == "web":
            assert identity["url"].endswith(f"/{language.subtitles}.txt.gz")


def test_a_proposal_is_kept_until_the_form_asks_for_something_else(capsys):
    first = proposed(HOURS=8)
    kept = files.read_json("data/es/plan.json")
    assert kept["asked"]["HOURS"] == 8
    kept["choice"]["values"]["NUM_TRAIN_STEPS"] = 12345  # so that one can tell it from one that is made anew
    files.write_json("data/es/plan.json", kept)
    capsys.readouterr()
    again = proposed(HOURS=8, ROUNDS=3, PUSH_TO="me/mine")  # fields that change nothing of it
    said = capsys.readouterr().out
    assert again.settings.num_train_steps == 12345 and "made before" in said and "another machine" not in said
    assert again.choice.hparams == first.choice.hparams and str(again.texts()) == str(first.texts())
    files.write_json("data/es/plan.json", dict(kept, machine="L4"))
    proposed(HOURS=8)
    assert "It was made for another machine (L4)" in capsys.readouterr().out
    assert proposed(HOURS=9).settings.num_train_steps != 12345
    assert proposed(HOURS=8).settings.num_train_steps == first.settings.num_train_steps


def test_another_machine_is_told_of_and_nothing_begins():
    found = proposed(MACHINE="H100")
    assert found.request.here is False and "estimated: 71%" in rows(found.costs())["a step"][1]
    with pytest.raises(
        TutorialError, match='MACHINE is H100, and this machine is none .cpu.: .* set MACHINE to "auto"'
    ):
        found.begin()
    assert list(rows(found.elsewhere())) == list(machines.CARDS)


def test_text_that_is_shorter_changes_the_vocabulary_and_is_said(capsys):
    found = proposed()
    assert found.settings.vocab == "train:16000"
    enough = dict(outputs={"train.txt": dict(lines=found.choice.lines)})
    assert found.with_text(enough) is found.settings and not capsys.readouterr().out
    settings = found.with_text(dict(outputs={"train.txt": dict(lines=250000)}))
    assert settings.vocab == "train:5000" and settings.num_train_steps == found.choice.steps
    said = capsys.readouterr().out
    assert "The text has 250,000 lines, not " in said and "times." in said
    own = proposed(VOCAB="train:9000")
    assert own.with_text(dict(outputs={"train.txt": dict(lines=100)})).vocab == "train:9000"


# ------------------------------------------------------------------------------------------------- arithmetic


def test_the_share_of_a_data_sheet_is_what_the_authors_got():
    """Of the bound of docs/performance.md's kind, 245 ms, four days for a million steps are 71%."""
    hparams = hyperparameters.resolve(machines.AUTHORS)
    bound = machines.step_bound(hparams, machines.V100_32_BITS, 900e9)
    assert bound == pytest.approx(0.245, abs=0.001) and machines.SHARE == pytest.approx(bound / 0.3456)
    by_data_sheet = machines.step_bound(hparams, 65e12, 320e9)
    assert machines.estimated_seconds(machines.CARDS["T4"], hparams) == pytest.approx(by_data_sheet / machines.SHARE)


def test_an_estimate_is_near_what_was_measured():
    """benchmarks/gpu.json: a step of small on an H200, of 989 TFLOP/s in 16 bits and 4,800 GB/s."""
    rows = {row["name"]: row for row in files.read_json(os.path.join(ROOT, "benchmarks", "gpu.json"))["rows"]}
    measured = rows["small, 30,522 words, TensorFlow, as shipped"]["step"]
    card = machines.Machine("H200", 141e9, 989e12, 4800e9)
    estimated = machines.estimated_seconds(card, hyperparameters.resolve(machines.AUTHORS))
    assert estimated == pytest.approx(measured, rel=0.1)


def test_the_preset_for_a_card_takes_as_long_as_it_says():
    """docs/scale.md: 37 minutes on a T4 at the peaks of its data sheet for 10,000 steps, 52 minutes as estimated."""
    hparams = hyperparameters.resolve(dict(presets.load("gpu").hparams, vocab_size=16000))
    card = machines.CARDS["T4"]
    assert 10000 * machines.step_bound(hparams, card.flops, card.bandwidth) / 60 == pytest.approx(37, abs=0.5)
    assert 10000 * machines.estimated_seconds(card, hparams) / 60 == pytest.approx(52, abs=0.5)
    assert "about 50 minutes on a T4" in presets.about("gpu")["TIME"]


def test_memory_is_what_was_measured_or_more():
    for size, (_, measured) in sizes.MEASURED.items():
        if measured:
            hparams = hyperparameters.resolve(dict(model_size=size, train_batch_size=32, vocab_size=30522))
            assert measured < costs.memory(hparams) / 1e6 < 2 * measured + 600
            assert costs.memory(hparams, 4) < costs.memory(hparams)


def test_price_and_disk():
    found = proposed(NUM_TRAIN_STEPS=1000, MODEL_SIZE="small", TRAIN_SIZE=1000000)
    hours = 1000 * found.choice.seconds / 3600
    assert rows(found.costs())["price"][0] == f"${0.35 * hours:.2f} to {0.55 * hours:.2f}"
    weights = costs.parameters(found.choice.hparams)
    text, examples = 32e6, 9e6 * 610 / 128
    disk = costs.disk(found.choice.hparams, 1000000, "opensubtitles:es", languages.LANGUAGES["es"])
    assert disk == pytest.approx(text + examples + weights * (12 * (2 + 2) + 8))
    assert costs.text_bytes(10, "opensubtitles:ru", languages.LANGUAGES["ru"]) == 10 * 63


def test_a_batch_that_does_not_fit_is_computed_in_parts():
    hparams = hyperparameters.resolve(dict(model_size="base", train_batch_size=256))
    assert choices.parts_for(hparams, machines.CARDS["H100"]) == 1
    parts = choices.parts_for(hparams, machines.CARDS["T4"])
    assert parts > 1 and 256 % parts == 0
    assert choices.parts_for(hparams, machines.Machine("unknown", None)) == 1
    assert choices.parts_for(hparams, machines.Machine("small", 1e9)) == 256


@pytest.mark.parametrize("value, found", [(7.9, 7), (123, 120), (98765, 98000), (10, 10), (0.4, 0)])
def test_numbers_are_cut_to_two_digits(value, found):
    assert choices.rounded(value) == found


# -------------------------------------------------------------------------------------------- the machine at hand


@pytest.mark.parametrize(
    "card, name",
    [
        ("Tesla T4", "T4"),
        ("NVIDIA L4", "L4"),
        ("NVIDIA A100-SXM4-40GB", "A100"),
        ("NVIDIA H100 80GB HBM3", "H100"),
        ("NVIDIA GeForce RTX 4090", "NVIDIA GeForce RTX 4090"),
        ("NVIDIA L40S", "NVIDIA L40S"),
    ],
)
def test_the_card_at_hand(card, name, monkeypatch, tmp_path):
    machine = Machine(tmp_path / "machine")
    machine.gpu(card, "8.0", memory="15360 MiB")
    monkeypatch.setenv("PATH", machine.bin)
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES")
    request = plan.check(dict(MACHINE="auto"))
    assert (request.machine.name, request.here) == (name, True) and request.machine.memory == 15360 << 20
    assert (request.machine.flops is not None) == (name in machines.CARDS)
    other = "T4" if name != "T4" else "A100"
    assert plan.check(dict(MACHINE=other)).here is False
    assert plan.check(dict(MACHINE="cpu")).machine.name == "cpu" and os.environ["CUDA_VISIBLE_DEVICES"] == ""


def test_drive_holds_data_and_proposal(monkeypatch, tmp_path):
    colab = types.ModuleType("google.colab")
    colab.drive = types.SimpleNamespace(mount=lambda place: None)
    monkeypatch.setitem(__import__("sys").modules, "google.colab", colab)
    monkeypatch.setattr(presets, "ON_DRIVE", str(tmp_path / "MyDrive" / "electra-spanish"))
    found = proposed(DRIVE=True, LANGUAGE="gl")
    folder = tmp_path / "MyDrive" / "electra-spanish" / "data" / "gl"
    assert found.settings.data_dir == str(folder) and json.loads((folder / "plan.json").read_text())["choice"]


# -------------------------------------------------------------------------------------------------- the task


def test_any_text_offers_a_task(tmp_path, capsys):
    text = tmp_path / "text.txt"
    words = "kuş deniz ağaç yol ev kapı masa gece gün su taş dağ".split()
    lines = [" ".join(words[(i * k + k) % 12] for k in range(1, 7)) + f" {i}" for i in range(400)]
    text.write_text("\n\n".join(lines) + "\n", encoding="utf-8")
    corpus.prepare(str(text), str(tmp_path / "data"), valid_size=100)
    found = plan.held_out_task(str(tmp_path / "data"))
    assert found.kind == "sentences" and found.labels == ["does not fit", "fits"]
    splits = [{example.inputs for example in split} for split in (found.train, found.valid, found.test)]
    assert all(splits) and not splits[0] & splits[1] and not (splits[0] | splits[1]) & splits[2]
    assert len(found.train) > len(found.test) >= 10
    half = [example.labels for example in found.test]
    assert half.count("fits") == len(half) / 2
    (tmp_path / "none" / "corpus").mkdir(parents=True)
    assert plan.held_out_task(str(tmp_path / "none")) is None
    assert "No task can be made: the held-out text has 0 different sentences" in capsys.readouterr().out


# ------------------------------------------------------------------------------------------- facts of elsewhere


def test_the_counts_of_a_step_are_those_of_its_graph():
    """Bytes for an operation and kernels, as benchmarks/step_arithmetic.py counts them, and its data sheets."""
    pytest.importorskip("helpers.pretraining.network.runtime")
    from benchmarks.step_arithmetic import CARDS, LAUNCH_SECONDS, Count
    from helpers.pretraining import flops

    for name, (_, half, bandwidth) in CARDS.items():
        assert (machines.CARDS[name].flops, machines.CARDS[name].bandwidth) == (half * 1e12, bandwidth * 1e9)
    assert LAUNCH_SECONDS == machines.KERNEL_SECONDS and CARDS["V100"][0] * 1e12 == machines.V100_32_BITS
    for name in ("quick", "gpu"):
        settings = presets.load(name)
        hparams = hyperparameters.resolve(dict(settings.hparams, vocab_size=choices.pieces_of(settings.vocab)))
        counted, size = Count(hparams, static_shapes=True), hparams.model_size
        expected = machines.BYTES_AN_OPERATION[size] * flops.step_flops(hparams)
        assert counted.bytes == pytest.approx(expected, rel=0.05)
        assert counted.kernels == pytest.approx(machines.KERNELS[size], rel=0.05)
