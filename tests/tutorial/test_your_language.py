"""Notebook 7 from its first cell to its last, for Spanish and for Turkish, on small settings."""

import json
import os
import re

import pytest
import turkish

from helpers.base.errors import TutorialError
from helpers.tutorial import runner

pytest.importorskip("papermill")
pytest.importorskip("torch")

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
NOTEBOOK = os.path.join(ROOT, "notebooks", "7_your_language.ipynb")
STEPS = 30
FORMS = {
    "es": dict(LANGUAGE="es", TRAIN_SIZE=3000),
    "tr": dict(LANGUAGE="tr", TRAIN_SIZE="all", CORPUS="turkish.txt", MODEL_SIZE="tiny"),
}
SMALL = dict(MACHINE="cpu", HOURS=0.02, NUM_TRAIN_STEPS=STEPS, VOCAB="train:600", TRAIN_BATCH_SIZE=16, ROUNDS=1)
pytestmark = pytest.mark.slow


def execute(folder, form, name):
    """Run the notebook; gives it as a dict."""
    path = str(folder / f"{name}.ipynb")
    form = dict(SMALL, DATA_DIR=str(folder / "data"), **form)
    if "CORPUS" in form:
        text = folder / form["CORPUS"]
        if not text.exists():
            text.write_text(turkish.text(), encoding="utf-8")
        form["CORPUS"] = str(text)
    runner.run(NOTEBOOK, path, form)
    with open(path, encoding="utf-8") as file:
        return json.load(file)


def outputs(notebook, name):
    (cell,) = [cell for cell in notebook["cells"] if cell["id"] == name]
    return cell["outputs"]


def text_of(notebook, name):
    return "".join(
        "".join(output.get("text", output.get("data", {}).get("text/plain", ""))) for output in outputs(notebook, name)
    )


@pytest.fixture(scope="module", params=list(FORMS))
def run(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp(request.param)
    return request.param, folder, execute(folder, FORMS[request.param], "first")


def test_it_runs_to_the_end_and_each_output_can_be_read_without_the_kernel(run):
    code, folder, notebook = run
    for cell in notebook["cells"]:
        for output in cell.get("outputs", []):
            assert output["output_type"] != "error" and output.get("name") != "stderr", (cell["id"], output)
            assert not any("widget" in kind for kind in output.get("data", {})), cell["id"]
    for name in ("pretrain", "verdict", "evaluation", *(["minimal"] if code == "es" else [])):
        assert any("image/png" in output.get("data", {}) for output in outputs(notebook, name)), name
    assert (code == "tr") == ("The text is not Spanish" in text_of(notebook, "minimal"))


def test_what_will_happen_is_shown_before_anything_starts(run):
    code, folder, notebook = run
    table, price = text_of(notebook, "propose"), text_of(notebook, "costs")
    assert re.search(rf"^NUM_TRAIN_STEPS +{STEPS} +the form$", table, re.MULTILINE)
    assert ("Spanish" if code == "es" else "Turkish") in table and "the form" in table
    for word in ("a step", "measured here", "pre-training", "memory", "disk", "price", f"{STEPS} steps"):
        assert word in price, word
    elsewhere = text_of(notebook, "elsewhere")
    assert all(card in elsewhere for card in ("cpu", "T4", "H100")) and "estimated" in elsewhere
    assert "This machine it is (cpu)." in text_of(notebook, "begin")
    assert set(os.listdir(str(folder / "data" / "models"))) == {f"electra-{code}"}, "what was tried is thrown away"


def test_what_was_asked_for_was_trained_and_measured(run):
    code, folder, notebook = run
    summary = json.loads((folder / "data" / "summary.json").read_text(encoding="utf-8"))
    assert summary["steps"] == STEPS and 0 <= summary["held_out"]["word_auc"] <= 1
    used = json.loads((folder / "data" / "models" / f"electra-{code}" / "hparams.json").read_text(encoding="utf-8"))
    assert used["train_batch_size"] == 16 and used["keep_checkpoint_max"] == 2 and used["model_size"] == "tiny"
    card = folder / "data" / "finetuned" / f"electra-{code}" / "README.md"
    assert "held-out sentences, each once as it is" in card.read_text(encoding="utf-8")
    assert "does not fit" in text_of(notebook, "finetune")
    said = text_of(notebook, "share")
    assert said.startswith("Not shared: a name in PUSH_TO") and f"# electra-{code}: ELECTRA discriminator" in said


def test_a_second_run_finds_all_of_it_done(run):
    code, folder, first = run
    notebook = execute(folder, FORMS[code], "second")
    assert "This is the proposal that was made before" in text_of(notebook, "propose")
    for name in ("corpus", "examples", "pretrain", "convert", "finetune"):
        assert "up to date" in text_of(notebook, name), name
    assert "estimated" in text_of(notebook, "elsewhere")
    found, before = (re.sub(r"in [\d.]+ s", "in … s", text_of(each, "evaluation")) for each in (notebook, first))
    assert found == before


def test_another_machine_is_shown_and_nothing_starts(tmp_path):
    path = tmp_path / "run.ipynb"
    form = dict(LANGUAGE="ca", MACHINE="A100", HOURS=24, DATA_DIR=str(tmp_path / "data"))
    with pytest.raises(TutorialError, match="MACHINE is A100, and this machine is none"):
        runner.run(NOTEBOOK, str(path), form)
    notebook = json.loads(path.read_text(encoding="utf-8"))
    assert "Catalan" in text_of(notebook, "propose") and "$" in text_of(notebook, "costs")
    assert os.listdir(str(tmp_path / "data")) == ["plan.json"]
