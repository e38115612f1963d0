"""The notebooks, run from top to bottom by papermill on the built-in corpus at a tiny setting."""

import gzip
import json
import os
import random
import subprocess
import sys

import pytest
from http_server import Server

from helpers import pretraining
from helpers.data import corpus, dataset, vocabulary
from helpers.data.corpus import download
from helpers.tutorial import presets
from helpers.tutorial.presets import parameters

pytest.importorskip("papermill")
pytest.importorskip("torch")

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SETTINGS = dict(
    CORPUS="sample", TRAIN_SIZE=3000, VOCAB="train:600", MODEL_SIZE="tiny", MAX_SEQ_LENGTH=32,
    ONE_SENTENCE_PER_EXAMPLE=True, NUM_TRAIN_STEPS=20, TRAIN_BATCH_SIZE=16, LEARNING_RATE=0.002, SEED=4,
    HPARAMS={"mask_prob": 0.25, "num_eval_steps": 4, "eval_batch_size": 32},
)  # fmt: skip
NAME = parameters.TABLE["MODEL_NAME"].default
TOKEN = "hf_thisMustNeverBeWrittenAnywhere"


def execute(folder, name, settings, notebook="electra_spanish", **environment):
    """Run a notebook as ``make tutorial`` does, on this interpreter alone; gives it as a dict."""
    (folder / "settings.json").write_text(json.dumps(SETTINGS))
    path = os.path.join(ROOT, "notebooks", notebook + ".ipynb")
    command = [sys.executable, "-m", "helpers.tutorial", "--notebook", path]
    command += ["--preset", str(folder / "settings.json")]
    for parameter, value in settings.items():
        command += ["-p", parameter, value if isinstance(value, str) else json.dumps(value)]
    environment = dict(os.environ, CUDA_VISIBLE_DEVICES="", ELECTRA_TF_PYTHON=sys.executable, **environment)
    done = subprocess.run(
        command + ["--output-dir", str(folder / name), "-p", "DATA_DIR", str(folder / "data")],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    assert done.returncode == 0, done.stdout.decode(errors="replace")[-3000:]
    return json.loads((folder / name / (notebook + ".ipynb")).read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tutorial")
    return folder, execute(folder, "first", {}, HF_TOKEN=TOKEN)


def test_the_hubs_token_is_written_nowhere(run):
    """Neither into the executed notebook and its HTML copy nor into DATA_DIR."""
    folder, _ = run
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert len(files) > 20 and {".ipynb", ".html", ".safetensors", ".json"} <= {path.suffix for path in files}
    assert not [path for path in files if TOKEN.encode() in path.read_bytes()]


@pytest.mark.slow
def test_opensubtitles_costs_what_is_used_of_it(tmp_path):
    """The notebook on a file of the shape that OPUS serves: no blank lines, far longer than what is asked for."""
    words = [
        "%s%s%d" % (first, second, number) for first in "bdfglmprst" for second in "aeiou" for number in range(200)
    ]
    draw = random.Random(0)
    lines = (" ".join(draw.choice(words) for _ in range(6)) for _ in range(150000))
    content = gzip.compress("".join(line + "\n" for line in lines).encode(), 1)
    settings = dict(CORPUS="opensubtitles", NUM_TRAIN_STEPS=4)
    with Server({"/v2016/mono/es.txt.gz": content}) as server:
        notebook = execute(tmp_path, "run", settings, ELECTRA_OPUS_URL=server.url())
        assert 0 < server.sent < 0.1 * len(content) + 2 * download.MIN_RANGE < 0.8 * len(content)
    check_outputs(notebook)
    assert "3,000 lines to train on" in text_of(notebook, "summary")


def outputs(notebook):
    for cell in notebook["cells"]:
        for output in cell.get("outputs", []):
            yield cell["id"], output


def text_of(notebook, name):
    said = [output for cell, output in outputs(notebook) if cell == name]
    return "".join("".join(o.get("text", o.get("data", {}).get("text/plain", ""))) for o in said)


def check_outputs(notebook):
    """No errors, nothing on stderr, nothing that needs a living kernel to be seen."""
    for name, output in outputs(notebook):
        assert output["output_type"] != "error" and output.get("name") != "stderr", (name, output)
        assert not any("widget" in kind for kind in output.get("data", {})), name


def test_every_output_can_be_read_without_the_kernel(run):
    _, notebook = run
    check_outputs(notebook)
    pictures = [name for name, output in outputs(notebook) if "image/png" in output.get("data", {})]
    assert pictures == [
        "overview", "batch", "hyperparameters", "pretrain", "picture", "evaluation", "generator", "real-text",
        "real-text-growth",
    ]  # fmt: skip


def test_without_a_network_the_run_goes_on_and_says_so(run):
    _, notebook = run
    said = text_of(notebook, "compare")
    assert said.startswith("There is nothing to compare with: skimai/electra-small-spanish") and "network" in said
    assert text_of(notebook, "share").startswith("Not shared: ")


def test_the_progress_of_training_ends_in_one_line(run):
    _, notebook = run
    assert "Pre-training: 20 steps in" in text_of(notebook, "pretrain") and "<progress" not in json.dumps(notebook)


def test_the_summary_is_on_the_page_and_in_a_file(run):
    folder, notebook = run
    lines = text_of(notebook, "summary").strip().splitlines()
    assert [line.split()[0] for line in lines] == ["corpus", "steps", "time", "held-out", "verdict"]
    summary = json.loads((folder / "data" / "summary.json").read_text(encoding="utf-8"))
    assert {"corpus", "steps", "seconds", "held_out", "verdict"} <= set(summary)
    assert summary["steps"] == 20 and summary["corpus"]["source"] == "built-in sample"
    assert 0 < summary["held_out"]["word_auc"] < 1 and 0 < summary["held_out"]["disc_auc"] < 1
    assert set(summary["verdict"]) == {"Los pájaros están cantando", "Los pájaros están hablando"}


def test_what_the_notebook_made_is_up_to_date_for_the_same_settings(run):
    """A cell that passed another value than the settings have would make it once more."""
    folder = run[0]
    settings = presets.load(str(folder / "settings.json"), dict(DATA_DIR=str(folder / "data"), MODEL_NAME=NAME))
    found = (
        corpus.prepare(
            settings.corpus, settings.data_dir, train_size=settings.train_size, seed=settings.seed, **settings.reading
        ),
        vocabulary.prepare(settings.vocab, settings.data_dir, hparams=settings.hparams),
        dataset.build(
            settings.data_dir,
            max_seq_length=settings.max_seq_length,
            one_sentence_per_example=settings.one_sentence_per_example,
            seed=settings.seed,
        ),
        pretraining.pretrain(settings.data_dir, NAME, **settings.hparams),
    )
    assert [made["up_to_date"] for made in found] == [True] * 4
    used = json.loads((folder / "data" / "models" / NAME / "hparams.json").read_text())
    assert {name: used[name] for name in settings.hparams} == settings.hparams


@pytest.mark.slow
def test_a_second_run_finds_everything_up_to_date(run):
    folder, first = run
    notebook = execute(folder, "second", {})
    for name in ("corpus", "vocabulary-make", "examples-make", "pretrain", "convert"):
        assert "up to date" in text_of(notebook, name), name
    verdict, before = (text_of(ran, "verdict").partition("[CLS]")[2] for ran in (notebook, first))  # loading aside
    assert verdict and verdict == before


@pytest.mark.slow
@pytest.mark.parametrize(
    "name, settings",
    [
        ("1_method", dict(COMPARISON_STEPS=4, INTERACTIVE=False)),
        ("2_data", dict(MEGABYTES=[0.1, 1])),
        ("3_pretraining", dict(NUM_TRAIN_STEPS=6, INTERACTIVE=False)),
        ("4_conversion", {}),
        ("5_discriminator", dict(INTERACTIVE=False)),
        ("6_fine_tuning", dict(ROUNDS=1, SIZES=[4, 8], SEEDS=[0], OBJECTIVE_STEPS=[2])),
    ],
)
def test_a_chapter_takes_what_is_there_and_runs(run, name, settings):
    folder, _ = run
    notebook = execute(folder, name, settings, name)
    check_outputs(notebook)
    assert "corpus     is there: " in text_of(notebook, "prepare")
    assert any("image/png" in output.get("data", {}) for _, output in outputs(notebook)) or name == "4_conversion"
