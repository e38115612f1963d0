"""The main notebook, from its first cell to its last, on text of nine languages and on lines of one word."""

import json
import os

import pytest

from helpers.discriminator.encoder import clean
from helpers.tutorial import runner

pytest.importorskip("papermill")
pytest.importorskip("torch")

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
NOTEBOOK = os.path.join(ROOT, "notebooks", "electra_spanish.ipynb")
TEXTS = "chinese japanese korean thai arabic persian hindi russian turkish short_lines".split()
STEPS = 20
pytestmark = pytest.mark.slow


def said(notebook, name):
    (cell,) = [cell for cell in notebook["cells"] if cell["id"] == name]
    return "".join("".join(output.get("text", "")) for output in cell["outputs"])


@pytest.mark.parametrize("name", TEXTS)
def test_a_text_in_any_language_runs_to_the_end(name, tmp_path):
    data = tmp_path / "data"
    parameters = dict(
        PRESET="sample", CORPUS=os.path.join(ROOT, "tests", "cases", "text", name + ".txt"), TRAIN_SIZE="all",
        DATA_DIR=str(data), VOCAB="train:600", MAX_SEQ_LENGTH=64, NUM_TRAIN_STEPS=STEPS, TRAIN_BATCH_SIZE=8,
        HPARAMS=dict(eval_steps=0, num_eval_steps=2, eval_batch_size=8),
    )  # fmt: skip
    runner.run(NOTEBOOK, str(tmp_path / "run.ipynb"), parameters)
    notebook = json.loads((tmp_path / "run.ipynb").read_text(encoding="utf-8"))
    for cell in notebook["cells"]:
        for output in cell.get("outputs", []):
            assert output["output_type"] != "error" and output.get("name") != "stderr", (cell["id"], output)
    account = json.loads((data / "pretrain_tfrecords" / "manifest.json").read_text(encoding="utf-8"))["account"]
    assert account["tokens"] > 0 and account["unknown_share"] < 0.01
    summary = json.loads((data / "summary.json").read_text(encoding="utf-8"))
    assert summary["steps"] == STEPS
    assert [line.split()[0] for line in said(notebook, "summary").strip().splitlines()] == [
        "corpus", "steps", "time", "held-out", "verdict",
    ]  # fmt: skip
    held_out = clean((data / "corpus" / "valid.txt").read_text(encoding="utf-8"))  # as the model reads it
    if name == "short_lines":  # Spanish, but of words that stand alone
        assert summary["held_out"]["word_auc"] is None and summary["held_out"]["sentences"] == 0
    else:
        original, swapped = summary["verdict"]
        assert original in held_out and swapped not in held_out  # of the text's own language, not the article's
        assert "two from the held-out text" in said(notebook, "verdict")
        assert 0 <= summary["held_out"]["word_auc"] <= 1
